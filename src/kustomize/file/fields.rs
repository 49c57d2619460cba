//! Strict, case-insensitive access to the fields of a map.
//!
//! A kustomization is read as YAML 1.1, turned into JSON and decoded by Go: names match in any case, an unknown name
//! is an error, a null is an absent value, and nothing is coerced (`namespace: n` is a boolean, so an error).

use std::borrow::Cow;

use crate::text::{Span, Spanned};
use crate::yaml::scalar::{Dialect, Meaning, resolve};
use crate::yaml::{Kind, Node};

use crate::kustomize::error::{BuildError, ErrorKind};

/// The meaning of a scalar in a kustomization; `None` for lists and maps.
pub(in crate::kustomize) fn meaning(node: &Node) -> Option<Meaning<'_>> {
    node.as_scalar()
        .map(|scalar| resolve(&scalar.text, scalar.style, node.tag(), Dialect::Direct))
}

fn is_null(node: &Node) -> bool {
    matches!(meaning(node), Some(Meaning::Null))
}

/// A key as it reads in JSON: Go writes other scalars as text.
fn key_text(key: &Node) -> Option<Cow<'_, str>> {
    Some(match meaning(key)? {
        Meaning::Text(text) => text,
        Meaning::Null => Cow::Borrowed("null"),
        Meaning::Bool(value) => Cow::Borrowed(if value { "true" } else { "false" }),
        Meaning::Integer(value) => Cow::Owned(value.to_string()),
        Meaning::Unsigned(value) => Cow::Owned(value.to_string()),
        Meaning::Float(value) => Cow::Owned(value.to_string()),
    })
}

struct Field<'n> {
    name: Cow<'n, str>,
    key: &'n Node,
    value: &'n Node,
    taken: bool,
}

/// The fields of one map. Take what is known, then [`Fields::finish`].
pub(in crate::kustomize) struct Fields<'n> {
    place: String,
    span: Span,
    fields: Vec<Field<'n>>,
    known: Vec<&'static str>,
}

impl<'n> Fields<'n> {
    /// The fields of `node`; a null has none. `place` is the path of the node from the top, empty at the top.
    pub(in crate::kustomize) fn new(node: &'n Node, place: String) -> Result<Self, BuildError> {
        let mut fields: Vec<Field<'n>> = Vec::new();
        match &node.kind {
            Kind::Mapping(entries) => {
                for entry in entries {
                    let name = key_text(&entry.key).ok_or_else(|| {
                        BuildError::invalid(entry.key.span(), "a field name must be a scalar")
                    })?;
                    let field = Field {
                        name,
                        key: &entry.key,
                        value: &entry.value,
                        taken: false,
                    };
                    // The last one wins, without a word.
                    match fields.iter_mut().find(|known| known.name == field.name) {
                        Some(known) => *known = field,
                        None => fields.push(field),
                    }
                }
            }
            _ if is_null(node) => {}
            _ => return Err(wrong_type(node, &place, "a map")),
        }
        // Go sees the fields in byte order, so of `Resources` and `resources` the latter wins.
        fields.sort_by(|left, right| left.name.cmp(&right.name));
        Ok(Self {
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
    pub(in crate::kustomize) fn take(&mut self, name: &'static str) -> Option<(&'n Node, &'n Node)> {
        self.known.push(name);
        let mut found = None;
        for field in &mut self.fields {
            if field.name.eq_ignore_ascii_case(name) {
                field.taken = true;
                if !is_null(field.value) {
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
        let text = string_of(value, &self.path(name))?;
        Ok((!text.value.is_empty()).then_some(text))
    }

    /// A boolean; absent is false.
    pub(in crate::kustomize) fn bool(&mut self, name: &'static str) -> Result<bool, BuildError> {
        match self.take(name) {
            None => Ok(false),
            Some((_, value)) => match meaning(value) {
                Some(Meaning::Bool(value)) => Ok(value),
                _ => Err(wrong_type(value, &self.path(name), "`true` or `false`")),
            },
        }
    }

    /// An integer.
    pub(in crate::kustomize) fn integer(&mut self, name: &'static str) -> Result<Option<i64>, BuildError> {
        match self.take(name) {
            None => Ok(None),
            Some((_, value)) => match meaning(value) {
                Some(Meaning::Integer(value)) => Ok(Some(value)),
                _ => Err(wrong_type(value, &self.path(name), "an integer")),
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
            .ok_or_else(|| wrong_type(value, &path, "a list"))?;
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
                    .map(|(item, path)| string_of(item, &path))
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
        items
            .into_iter()
            .map(|(item, path)| {
                let mut fields = Fields::new(item, path)?;
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
        let mut fields = Fields::new(value, self.path(name))?;
        let value = read(&mut fields)?;
        fields.finish()?;
        Ok(Some(value))
    }

    /// A map from text to text, in byte order of the keys. Keys keep their case.
    pub(in crate::kustomize) fn pairs(
        &mut self,
        name: &'static str,
    ) -> Result<Option<Vec<(String, Spanned<String>)>>, BuildError> {
        let Some((_, value)) = self.take(name) else {
            return Ok(None);
        };
        let path = self.path(name);
        let fields = Fields::new(value, path.clone())?;
        fields
            .fields
            .iter()
            .map(|field| {
                let text = string_of(field.value, &format!("{path}.{}", field.name))?;
                Ok((field.name.clone().into_owned(), text))
            })
            .collect::<Result<_, _>>()
            .map(Some)
    }

    /// Refuses every field that was not asked for.
    pub(in crate::kustomize) fn finish(self) -> Result<(), BuildError> {
        let Some(field) = self.fields.iter().find(|field| !field.taken) else {
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

/// The string a node holds; a null is the empty string, as in Go.
pub(in crate::kustomize) fn string_of(node: &Node, path: &str) -> Result<Spanned<String>, BuildError> {
    match meaning(node) {
        Some(Meaning::Text(text)) => Ok(Spanned::new(text.into_owned(), node.span())),
        Some(Meaning::Null) => Ok(Spanned::new(String::new(), node.span())),
        _ => Err(wrong_type(node, path, "a string")),
    }
}

/// An error about a value of another type, which names both.
fn wrong_type(node: &Node, path: &str, wanted: &str) -> BuildError {
    let found = match (&node.kind, meaning(node)) {
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
