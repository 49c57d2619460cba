//! Replacements: reading a source field and writing target fields.
//!
//! Selecting resources is the caller's; here is one source node or one target node.
//! Source: `api/filters/replacement` and `kyaml/yaml/match.go` of kustomize 5.5.0.

mod path;

use std::borrow::Cow;

use thiserror::Error;

use crate::text::{Span, Spanned};
use crate::yaml::scalar::{Dialect, Meaning, resolve};
use crate::yaml::{Kind, Node, Style};

use path::{Step, Writer, parse};

/// `options` of a source or target.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FieldOptions {
    /// Splits the text; absent or empty takes the whole.
    pub delimiter: Option<String>,
    /// Part to take or replace, from 0. In a target, a negative one puts the value before all parts, and one beyond the
    /// last puts it behind them.
    pub index: i64,
    /// Makes missing fields (targets only).
    pub create: bool,
}

impl FieldOptions {
    fn delimiter(&self) -> Option<&str> {
        self.delimiter.as_deref().filter(|text| !text.is_empty())
    }
}

/// Why a replacement cannot be made.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
#[error("{message}")]
pub struct ReplacementError {
    /// The place of the path or node that is wrong.
    pub span: Span,
    /// What is wrong and what to do.
    pub message: String,
}

impl ReplacementError {
    fn new(span: Span, message: impl Into<String>) -> Self {
        Self {
            span,
            message: message.into(),
        }
    }
}

/// Reads the source value from one resource; it keeps its origin.
///
/// # Errors
/// When the path is malformed or missing, the value empty, or the index out of range.
pub fn source_value(
    resource: &Node,
    path: &Spanned<String>,
    options: &FieldOptions,
) -> Result<Node, ReplacementError> {
    let found = find(resource, path)?;
    let empty = found.is_null()
        || found.as_mapping().is_some_and(<[_]>::is_empty)
        || found.as_sequence().is_some_and(<[_]>::is_empty);
    if empty {
        let message = format!("the source has nothing at {:?}", path.value);
        return Err(ReplacementError::new(path.span, message));
    }
    let Some(delimiter) = options.delimiter() else {
        return Ok(found.clone());
    };
    let text = found
        .text()
        .ok_or_else(|| ReplacementError::new(path.span, "`delimiter` needs a scalar field"))?;
    let part = usize::try_from(options.index)
        .ok()
        .and_then(|index| text.split(delimiter).nth(index))
        .ok_or_else(|| {
            let parts = text.split(delimiter).count();
            let message = format!(
                "`index` {} is beyond the {parts} parts of the source value",
                options.index
            );
            ReplacementError::new(path.span, message)
        })?;
    Ok(retexted(found, part))
}

/// The field a source path leads to.
fn find<'n>(resource: &'n Node, path: &Spanned<String>) -> Result<&'n Node, ReplacementError> {
    let missing = || {
        let message = format!("the source has no field {:?}", path.value);
        ReplacementError::new(path.span, message)
    };
    let mut at = resource;
    for step in parse(path)? {
        let found = match &step {
            Step::Blank => Some(at),
            Step::Field(name) if name == "-" => at.as_sequence().and_then(<[_]>::last),
            Step::Field(name) => at.get(name),
            Step::Index(index) => at.as_sequence().and_then(|items| items.get(*index)),
            Step::Element { field, value } => {
                let mut items = at.as_sequence().unwrap_or_default().iter();
                items.find(|item| {
                    let compared = if field.is_empty() {
                        Some(*item)
                    } else {
                        item.get(field)
                    };
                    compared.and_then(Node::text) == Some(value)
                })
            }
            Step::Every => {
                let message =
                    "`*` selects many values, but a source is one; name an element or an index";
                return Err(ReplacementError::new(path.span, message));
            }
        };
        at = found.ok_or_else(missing)?;
    }
    Ok(at)
}

/// The same scalar with another text: a string stays a string.
fn retexted(scalar: &Node, text: &str) -> Node {
    if class(scalar) == Class::Text {
        Node::string(text, scalar.origin)
    } else {
        Node::plain(text, scalar.origin)
    }
}

/// Writes the value into every field of one resource that the path reaches.
///
/// A scalar field keeps its type and takes the value's text; any other field is replaced by the value. Written nodes
/// have the value's origin.
///
/// # Errors
/// When the path is malformed, or missing without `create`, or a field cannot hold the value.
pub fn write_target(
    resource: &mut Node,
    path: &Spanned<String>,
    options: &FieldOptions,
    value: &Node,
) -> Result<(), ReplacementError> {
    let steps = parse(path)?;
    let mut writer = Writer {
        path,
        create: options.create.then_some(value),
        visit: &mut |field, made| put(field, made, options, value, path.span),
    };
    if writer.walk(resource, &steps)? == 0 {
        let create = if options.create {
            ""
        } else {
            "; set `create: true` to make it"
        };
        let message = format!("the target has no field {:?}{create}", path.value);
        return Err(ReplacementError::new(path.span, message));
    }
    Ok(())
}

fn put(
    field: &mut Node,
    made: bool,
    options: &FieldOptions,
    value: &Node,
    span: Span,
) -> Result<(), ReplacementError> {
    let mut text = Cow::Borrowed(
        value
            .text()
            .filter(|_| !value.is_null())
            .unwrap_or_default(),
    );
    if let Some(delimiter) = options.delimiter() {
        let old = field
            .text()
            .ok_or_else(|| ReplacementError::new(span, "`delimiter` needs a scalar field"))?;
        text = join_parts(old, delimiter, options.index, &text).into();
    }
    if field.as_scalar().is_none() {
        *field = value.clone();
        return Ok(());
    }
    let new = if made {
        // Nobody says what a new field is, so its text decides: `"5"` becomes 5.
        Node::plain(text.as_ref(), value.origin)
    } else {
        let found = class(field);
        if found == Class::Text {
            Node::string(text.as_ref(), value.origin)
        } else {
            let new = Node::plain(text.as_ref(), value.origin);
            if !holds(found, class(&new)) {
                let message = format!("{text:?} does not fit a field that holds {}", found.shown());
                return Err(ReplacementError::new(span, message));
            }
            new
        }
    };
    *field = new;
    Ok(())
}

fn join_parts(old: &str, delimiter: &str, index: i64, part: &str) -> String {
    let mut parts: Vec<&str> = old.split(delimiter).collect();
    match usize::try_from(index) {
        Err(_) => parts.insert(0, part),
        Ok(index) => match parts.get_mut(index) {
            Some(old) => *old = part,
            None => parts.push(part),
        },
    }
    parts.join(delimiter)
}

/// The types that go-yaml tells apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Null,
    Bool,
    Integer,
    Float,
    Timestamp,
    Text,
}

impl Class {
    fn shown(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool => "a boolean",
            Self::Integer => "an integer",
            Self::Float => "a number",
            Self::Timestamp => "an unquoted timestamp; quote it",
            Self::Text => "a string",
        }
    }
}

fn class(node: &Node) -> Class {
    match node.meaning() {
        Some(Meaning::Null) => Class::Null,
        Some(Meaning::Bool(_)) => Class::Bool,
        Some(Meaning::Integer(_) | Meaning::Unsigned(_)) => Class::Integer,
        Some(Meaning::Float(_)) => Class::Float,
        Some(Meaning::Text(_)) if is_timestamp(node) => Class::Timestamp,
        Some(Meaning::Text(_)) | None => Class::Text,
    }
}

/// A plain scalar whose text is rewritten when it is read is a timestamp, even where the text comes out the same.
fn is_timestamp(node: &Node) -> bool {
    let plain = matches!(&node.kind, Kind::Scalar(scalar) if scalar.style == Style::Plain);
    let text = node.text().unwrap_or_default();
    let read = resolve(text, Style::Plain, None, Dialect::Kustomize);
    plain && node.tag().is_none() && matches!(read, Meaning::Text(Cow::Owned(_)))
}

fn holds(field: Class, value: Class) -> bool {
    field == value || (field == Class::Float && value == Class::Integer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::FileId;
    use crate::yaml::{Locator, emit, parse as parse_yaml};

    const TARGET: &str = "
q: \"x\"
p: x
i: 3
b: true
f: 1.5
n: null
d: 2026-01-01
m: {a: b}
image: reg/app:1
list:
- {name: ax, v: 1}
- {name: b, v: 1}
dotted: {a.b/c: 1}
";

    fn read(text: &str) -> Node {
        let documents = parse_yaml(text, &Locator::File(FileId(0))).unwrap();
        documents[0].root.clone()
    }

    fn at(path: &str) -> Spanned<String> {
        Spanned::new(path.to_owned(), Span::new(FileId(0), 0, 0))
    }

    fn source(text: &str, path: &str) -> Result<String, ReplacementError> {
        let value = source_value(&read(text), &at(path), &FieldOptions::default())?;
        Ok(emit::emit(&value).unwrap().trim_end().to_owned())
    }

    /// Writes the plain or quoted `value` and shows the field at `path` (or `shown`, if that differs).
    fn written(
        value: &str,
        path: &str,
        options: &FieldOptions,
        shown: &str,
    ) -> Result<String, ReplacementError> {
        let mut target = read(TARGET);
        write_target(&mut target, &at(path), options, &read(value))?;
        source(&emit::emit(&target).unwrap(), shown)
    }

    #[test]
    fn existing_scalars_keep_their_type() {
        for (value, path, expected) in [
            ("7", "q", Some("\"7\"")),
            ("'5'", "i", Some("5")),
            ("'5'", "f", Some("5")),
            ("\"true\"", "b", Some("true")),
            ("5", "p", Some("\"5\"")),
            ("2026-04-17", "p", Some("\"2026-04-17\"")),
            ("2026-04-17", "d", Some("\"2026-04-17T00:00:00Z\"")),
            ("0755", "i", Some("493")),
            ("abc", "m", Some("abc")),
            ("abc", "i", None),
            ("1.5", "i", None),
            ("5", "n", None),
            ("5", "d", None),
        ] {
            let found = written(value, path, &FieldOptions::default(), path).ok();
            assert_eq!(found.as_deref(), expected, "{value} into {path}");
        }
    }

    #[test]
    fn a_made_field_takes_its_type_from_the_text() {
        let create = FieldOptions {
            create: true,
            ..FieldOptions::default()
        };
        assert_eq!(
            written("'5'", "new.deep", &create, "new.deep"),
            Ok("5".to_owned())
        );
        assert_eq!(
            written("{a: 1}", "new", &create, "new"),
            Ok("a: 1".to_owned())
        );
        let element = "list.[name=z].v";
        assert_eq!(
            written("2", element, &create, "list.2.v"),
            Ok("2".to_owned())
        );
        assert!(written("2", element, &FieldOptions::default(), "list.2.v").is_err());
        assert!(written("2", "list.3.v", &create, "list.3.v").is_err());
    }

    #[test]
    fn elements_of_a_target_match_by_unanchored_pattern() {
        let options = FieldOptions::default();
        assert_eq!(
            written("9", "list.[name=x].v", &options, "list.0.v"),
            Ok("9".to_owned())
        );
        assert_eq!(
            written("9", "list.*.v", &options, "list.1.v"),
            Ok("9".to_owned())
        );
        assert_eq!(
            written("9", "dotted.[a.b/c]", &options, "dotted.a\\.b/c"),
            Ok("9".to_owned())
        );
    }

    #[test]
    fn a_delimiter_replaces_one_part() {
        for (index, expected) in [
            (0, "x:1"),
            (1, "reg/app:x"),
            (5, "reg/app:1:x"),
            (-1, "x:reg/app:1"),
        ] {
            let options = FieldOptions {
                delimiter: Some(":".to_owned()),
                index,
                create: false,
            };
            let found = written("x", "image", &options, "image");
            assert_eq!(found.as_deref(), Ok(expected), "{index}");
        }
    }

    #[test]
    fn sources_select_exactly_one_value() {
        let text = "{l: [{n: ax, v: 1}, {n: x, v: 2}], s: [a, b], e: {}, z: ~}";
        assert_eq!(source(text, "l.[n=x].v"), Ok("2".to_owned()));
        assert_eq!(source(text, "s.-"), Ok("b".to_owned()));
        assert_eq!(source(text, "s.[=a]"), Ok("a".to_owned()));
        for wrong in ["l.*.v", "s.5", "e", "z", "none", "l.[n]"] {
            assert!(source(text, wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_part_of_a_string_stays_a_string() {
        let options = FieldOptions {
            delimiter: Some(".".to_owned()),
            index: 1,
            create: false,
        };
        let value = source_value(&read("{v: a.5.c}"), &at("v"), &options).unwrap();
        assert_eq!(value.as_string().as_deref(), Some("5"));
        let beyond = FieldOptions {
            index: 3,
            ..options
        };
        assert!(source_value(&read("{v: a.5.c}"), &at("v"), &beyond).is_err());
    }
}
