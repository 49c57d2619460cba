//! Strict, case-insensitive access to the fields of a map.
//!
//! A kustomization is read as YAML 1.1, turned into JSON and decoded by Go: names match in any case, an unknown name
//! is an error, a null is an absent value, and nothing is coerced (`namespace: n` is a boolean, so an error).

use std::borrow::Cow;

use crate::text::{Span, Spanned};
use crate::yaml::scalar::{Dialect, Meaning, resolve};
use crate::yaml::{Kind, Node};

use crate::kustomize::error::{BuildError, ErrorKind};

/// Texts by key, in byte order of the keys.
pub type Pairs = Vec<(String, Spanned<String>)>;

/// How a map is read: kinds of files differ.
#[derive(Debug, Clone, Copy)]
pub(in crate::kustomize) struct Reading {
    /// Whether an unknown field is an error.
    strict: bool,
    /// Whether a key that comes twice is an error; elsewhere the last one wins.
    unique: bool,
    /// Whether numbers and booleans are accepted for strings.
    coerce: bool,
    dialect: Dialect,
}

impl Reading {
    /// A kustomization.
    pub(in crate::kustomize) const KUSTOMIZATION: Self = Self {
        strict: true,
        unique: false,
        coerce: false,
        dialect: Dialect::Direct,
    };
    /// A file of `configurations`.
    pub(in crate::kustomize) const CONFIGURATION: Self = Self {
        strict: true,
        unique: true,
        coerce: true,
        dialect: Dialect::Direct,
    };
    /// A file of `replacements`.
    pub(in crate::kustomize) const REPLACEMENT: Self = Self {
        strict: false,
        unique: false,
        coerce: true,
        dialect: Dialect::Direct,
    };
    /// The configuration of a builtin transformer, which is read as a resource first.
    pub(in crate::kustomize) const PLUGIN: Self = Self {
        strict: false,
        unique: false,
        coerce: true,
        dialect: Dialect::Kustomize,
    };

    fn meaning(self, node: &Node) -> Option<Meaning<'_>> {
        node.as_scalar()
            .map(|scalar| resolve(&scalar.text, scalar.style, node.tag(), self.dialect))
    }

    fn is_null(self, node: &Node) -> bool {
        matches!(self.meaning(node), Some(Meaning::Null))
    }

    /// The string a node holds; a null is the empty string, as in Go.
    fn string(self, node: &Node, path: &str) -> Result<Spanned<String>, BuildError> {
        let text = match self.meaning(node) {
            Some(Meaning::Text(text)) => text.into_owned(),
            Some(Meaning::Null) => String::new(),
            Some(other) if self.coerce => json_text(other).into_owned(),
            _ => return Err(self.wrong_type(node, path, "a string")),
        };
        Ok(Spanned::new(text, node.span()))
    }

    /// An error about a value of another type, which names both.
    fn wrong_type(self, node: &Node, path: &str, wanted: &str) -> BuildError {
        let found = match (&node.kind, self.meaning(node)) {
            (Kind::Sequence(_), _) => "a list",
            (Kind::Mapping(_), _) => "a map",
            (_, Some(Meaning::Bool(_))) => "a boolean",
            (_, Some(Meaning::Null)) => "null",
            (_, Some(Meaning::Text(_))) => "a string",
            _ => "a number",
        };
        let path = if path.is_empty() {
            "the kustomization"
        } else {
            path
        };
        let error = BuildError::invalid(
            node.span(),
            format!("`{path}` must be {wanted} and is {found}"),
        );
        match (wanted, node.text()) {
            ("a string", Some(text)) if !text.contains('\n') => {
                error.help(format!("put it in quotes: \"{text}\""))
            }
            _ => error,
        }
    }
}

/// A scalar as Go turns it into text.
fn json_text(meaning: Meaning<'_>) -> Cow<'_, str> {
    match meaning {
        Meaning::Text(text) => text,
        Meaning::Null => Cow::Borrowed("null"),
        Meaning::Bool(value) => Cow::Borrowed(if value { "true" } else { "false" }),
        Meaning::Integer(value) => Cow::Owned(value.to_string()),
        Meaning::Unsigned(value) => Cow::Owned(value.to_string()),
        Meaning::Float(value) => Cow::Owned(value.to_string()),
    }
}

struct Field<'n> {
    name: Cow<'n, str>,
    key: &'n Node,
    value: &'n Node,
    taken: bool,
}

/// The fields of one map. Take what is known, then [`Fields::finish`].
pub(in crate::kustomize) struct Fields<'n> {
    reading: Reading,
    place: String,
    span: Span,
    fields: Vec<Field<'n>>,
    known: Vec<&'static str>,
}

impl<'n> Fields<'n> {
    /// The fields of `node`; a null has none. `place` is the path of the node from the top, empty at the top.
    pub(in crate::kustomize) fn new(
        node: &'n Node,
        place: String,
        reading: Reading,
    ) -> Result<Self, BuildError> {
        let mut fields: Vec<Field<'n>> = Vec::new();
        match &node.kind {
            Kind::Mapping(entries) => {
                for entry in entries {
                    let key = reading.meaning(&entry.key).ok_or_else(|| {
                        BuildError::invalid(entry.key.span(), "a field name must be a scalar")
                    })?;
                    let name = json_text(key);
                    let field = Field {
                        name,
                        key: &entry.key,
                        value: &entry.value,
                        taken: false,
                    };
                    match fields.iter_mut().find(|known| known.name == field.name) {
                        Some(known) if reading.unique => {
                            let message = format!("key `{}` comes twice", known.name);
                            return Err(BuildError::invalid(field.key.span(), message)
                                .related(known.key.span(), "first here"));
                        }
                        Some(known) => *known = field,
                        None => fields.push(field),
                    }
                }
            }
            _ if reading.is_null(node) => {}
            _ => return Err(reading.wrong_type(node, &place, "a map")),
        }
        // Go sees the fields in byte order, so of `Resources` and `resources` the latter wins.
        fields.sort_by(|left, right| left.name.cmp(&right.name));
        Ok(Self {
            reading,
            place,
            span: node.span(),
            fields,
            known: Vec::new(),
        })
    }

    /// The place of the whole map.
    pub(in crate::kustomize) fn span(&self) -> Span {
        self.span
    }

    /// The place of a field: its path from the top.
    fn path(&self, name: &str) -> String {
        if self.place.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.place)
        }
    }

    /// Key and value of a field, unless absent or null.
    pub(in crate::kustomize) fn take(
        &mut self,
        name: &'static str,
    ) -> Option<(&'n Node, &'n Node)> {
        self.known.push(name);
        let mut found = None;
        for field in &mut self.fields {
            if field.name.eq_ignore_ascii_case(name) {
                field.taken = true;
                if !self.reading.is_null(field.value) {
                    found = Some((field.key, field.value));
                }
            }
        }
        found
    }

    /// The place of a field's key, if the field is there.
    pub(in crate::kustomize) fn key_span(&mut self, name: &'static str) -> Option<Span> {
        self.take(name).map(|(key, _)| key.span())
    }

    /// A string; an empty one counts as absent.
    pub(in crate::kustomize) fn string(
        &mut self,
        name: &'static str,
    ) -> Result<Option<Spanned<String>>, BuildError> {
        let Some((_, value)) = self.take(name) else {
            return Ok(None);
        };
        let text = self.reading.string(value, &self.path(name))?;
        Ok((!text.value.is_empty()).then_some(text))
    }

    /// A boolean; absent is false.
    pub(in crate::kustomize) fn bool(&mut self, name: &'static str) -> Result<bool, BuildError> {
        match self.take(name) {
            None => Ok(false),
            Some((_, value)) => match self.reading.meaning(value) {
                Some(Meaning::Bool(value)) => Ok(value),
                _ => Err(self
                    .reading
                    .wrong_type(value, &self.path(name), "`true` or `false`")),
            },
        }
    }

    /// The keys of a map of booleans that are true.
    pub(in crate::kustomize) fn flags(
        &mut self,
        name: &'static str,
    ) -> Result<Vec<String>, BuildError> {
        let Some((_, value)) = self.take(name) else {
            return Ok(Vec::new());
        };
        let path = self.path(name);
        let mut flags = Vec::new();
        for field in Fields::new(value, path.clone(), self.reading)?.fields {
            match self.reading.meaning(field.value) {
                Some(Meaning::Bool(true)) => flags.push(field.name.into_owned()),
                Some(Meaning::Bool(false) | Meaning::Null) => {}
                _ => {
                    let path = format!("{path}.{}", field.name);
                    return Err(self
                        .reading
                        .wrong_type(field.value, &path, "`true` or `false`"));
                }
            }
        }
        Ok(flags)
    }

    /// An integer.
    pub(in crate::kustomize) fn integer(
        &mut self,
        name: &'static str,
    ) -> Result<Option<i64>, BuildError> {
        match self.take(name) {
            None => Ok(None),
            Some((_, value)) => match self.reading.meaning(value) {
                Some(Meaning::Integer(value)) => Ok(Some(value)),
                _ => Err(self
                    .reading
                    .wrong_type(value, &self.path(name), "an integer")),
            },
        }
    }

    /// The items of a list with their paths, `None` when the field is absent.
    pub(in crate::kustomize) fn list(
        &mut self,
        name: &'static str,
    ) -> Result<Option<Vec<(&'n Node, String)>>, BuildError> {
        let Some((_, value)) = self.take(name) else {
            return Ok(None);
        };
        let path = self.path(name);
        let items = value
            .as_sequence()
            .ok_or_else(|| self.reading.wrong_type(value, &path, "a list"))?;
        Ok(Some(
            items
                .iter()
                .enumerate()
                .map(|(at, item)| (item, format!("{path}[{at}]")))
                .collect(),
        ))
    }

    /// A list of strings.
    pub(in crate::kustomize) fn strings(
        &mut self,
        name: &'static str,
    ) -> Result<Option<Vec<Spanned<String>>>, BuildError> {
        self.list(name)?
            .map(|items| {
                items
                    .into_iter()
                    .map(|(item, path)| self.reading.string(item, &path))
                    .collect()
            })
            .transpose()
    }

    /// A list of maps, each read by `read`.
    pub(in crate::kustomize) fn maps<T>(
        &mut self,
        name: &'static str,
        mut read: impl FnMut(&mut Fields<'n>) -> Result<T, BuildError>,
    ) -> Result<Option<Vec<T>>, BuildError> {
        let Some(items) = self.list(name)? else {
            return Ok(None);
        };
        let reading = self.reading;
        items
            .into_iter()
            .map(|(item, path)| {
                let mut fields = Fields::new(item, path, reading)?;
                let value = read(&mut fields)?;
                fields.finish()?;
                Ok(value)
            })
            .collect::<Result<_, _>>()
            .map(Some)
    }

    /// A map, read by `read`.
    pub(in crate::kustomize) fn map<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&mut Fields<'n>) -> Result<T, BuildError>,
    ) -> Result<Option<T>, BuildError> {
        let Some((_, value)) = self.take(name) else {
            return Ok(None);
        };
        let mut fields = Fields::new(value, self.path(name), self.reading)?;
        let value = read(&mut fields)?;
        fields.finish()?;
        Ok(Some(value))
    }

    /// A map from text to text, in byte order of the keys. Keys keep their case.
    pub(in crate::kustomize) fn pairs(
        &mut self,
        name: &'static str,
    ) -> Result<Option<Pairs>, BuildError> {
        let Some((_, value)) = self.take(name) else {
            return Ok(None);
        };
        let path = self.path(name);
        let fields = Fields::new(value, path.clone(), self.reading)?;
        fields
            .fields
            .iter()
            .map(|field| {
                let text = self
                    .reading
                    .string(field.value, &format!("{path}.{}", field.name))?;
                Ok((field.name.clone().into_owned(), text))
            })
            .collect::<Result<_, _>>()
            .map(Some)
    }

    /// Refuses every field that was not asked for.
    pub(in crate::kustomize) fn finish(self) -> Result<(), BuildError> {
        let unknown = self.fields.iter().find(|field| !field.taken);
        let Some(field) = unknown.filter(|_| self.reading.strict) else {
            return Ok(());
        };
        let place = if self.place.is_empty() {
            "the kustomization".to_owned()
        } else {
            format!("`{}`", self.place)
        };
        let error = BuildError::at(
            field.key.span(),
            ErrorKind::UnknownField {
                field: field.name.clone().into_owned(),
                place,
            },
        );
        Err(error.help(match self.closest(&field.name) {
            Some(name) => format!("did you mean `{name}`?"),
            None => format!("known fields are {}", self.known.join(", ")),
        }))
    }

    fn closest(&self, name: &str) -> Option<&'static str> {
        let name = name.to_ascii_lowercase();
        self.known
            .iter()
            .map(|known| {
                let distance = strsim::damerau_levenshtein(&known.to_ascii_lowercase(), &name);
                (distance, *known)
            })
            .min()
            .filter(|(distance, known)| *distance <= 1 + known.len() / 4)
            .map(|(_, known)| known)
    }
}
