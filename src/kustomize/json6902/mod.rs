//! JSON 6902 patches.
//!
//! kustomize turns the resource into JSON, hands it to a JSON patch library that is laxer than the RFC, and turns the
//! result back. The laxness and the way back (every number is a 64-bit float) are kept here.
//!
//! Source: `api/filters/patchjson6902`, `gopkg.in/evanphx/json-patch.v4` v4.12.0.

mod json;

use thiserror::Error;

use crate::text::Span;
use crate::yaml::scalar::{Dialect, canonical};
use crate::yaml::{Entry, Kind, Node, Origin};

use json::{equal, through_json};

/// Why operations cannot be read or applied.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
#[error("{message}")]
pub struct PatchError {
    /// The place of the operation, or of the part of it that is wrong.
    pub span: Span,
    /// What is wrong and what to do.
    pub message: String,
}

impl PatchError {
    fn new(span: Span, message: impl Into<String>) -> Self {
        Self {
            span,
            message: message.into(),
        }
    }
}

/// One operation.
#[derive(Debug, Clone)]
pub struct Operation {
    /// The whole operation in the patch.
    pub span: Span,
    /// What to do. A malformed operation is an error only when it is applied, as in kustomize: a patch whose target
    /// selects nothing never fails.
    action: Result<Action, PatchError>,
}

#[derive(Debug, Clone)]
enum Action {
    Add { path: Pointer, value: Node },
    Remove { path: Pointer },
    Replace { path: Pointer, value: Node },
    Move { from: Pointer, path: Pointer },
    Copy { from: Pointer, path: Pointer },
    Test { path: Pointer, value: Node },
}

/// Where an operation points.
#[derive(Debug, Clone)]
struct Pointer {
    span: Span,
    text: String,
    /// The keys of the maps and lists on the way.
    parents: Vec<String>,
    /// The key in the last of them; `None` for the empty path, which is the whole resource.
    last: Option<String>,
}

/// Reads a list of operations from an expanded node of the patch text.
///
/// Values are read as YAML 1.1 and turned into nodes that mean the same to every later reader; they keep the origin
/// of the patch text.
///
/// # Errors
/// When the node is no list of maps. A malformed operation is reported by [`apply`].
pub fn parse_operations(patch: &Node) -> Result<Vec<Operation>, PatchError> {
    let items = patch.as_sequence().ok_or_else(|| {
        PatchError::new(
            patch.span(),
            "a JSON 6902 patch is a list of operations; write `- op: …`",
        )
    })?;
    items.iter().map(parse_operation).collect()
}

fn parse_operation(item: &Node) -> Result<Operation, PatchError> {
    if item.as_mapping().is_none() {
        return Err(PatchError::new(
            item.span(),
            "an operation is a map with `op` and `path`",
        ));
    }
    let item = canonical(item, Dialect::Direct);
    Ok(Operation {
        span: item.span(),
        action: parse_action(&item),
    })
}

fn parse_action(item: &Node) -> Result<Action, PatchError> {
    let pointer = |name: &str| parse_pointer(item, name);
    let value = || match item.get("value") {
        Some(value) => value.clone(),
        None => Node::plain("null", Origin::Made { by: item.span() }),
    };
    let op = item.get("op");
    match op.and_then(Node::as_string).as_deref() {
        Some("add") => Ok(Action::Add {
            path: pointer("path")?,
            value: value(),
        }),
        Some("remove") => Ok(Action::Remove {
            path: pointer("path")?,
        }),
        Some("replace") => Ok(Action::Replace {
            path: pointer("path")?,
            value: value(),
        }),
        Some("move") => Ok(Action::Move {
            from: pointer("from")?,
            path: pointer("path")?,
        }),
        Some("copy") => Ok(Action::Copy {
            from: pointer("from")?,
            path: pointer("path")?,
        }),
        Some("test") => Ok(Action::Test {
            path: pointer("path")?,
            value: value(),
        }),
        _ => Err(PatchError::new(
            op.map_or(item.span(), Node::span),
            "unknown operation; `op` is add, remove, replace, move, copy or test",
        )),
    }
}

fn parse_pointer(item: &Node, name: &str) -> Result<Pointer, PatchError> {
    let node = item.get(name);
    let text = node.and_then(Node::as_string).ok_or_else(|| {
        PatchError::new(
            node.map_or(item.span(), Node::span),
            format!("this operation needs `{name}`, a path like /spec/instances"),
        )
    })?;
    // The text before the first slash is dropped: `spec/a` points at `/a`.
    let mut parents: Vec<String> = text
        .split('/')
        .skip(1)
        .map(|part| part.replace("~1", "/").replace("~0", "~"))
        .collect();
    let last = parents.pop();
    Ok(Pointer {
        span: node.map_or(item.span(), Node::span),
        text: text.into_owned(),
        parents,
        last,
    })
}

/// Applies all operations in order, then passes every number of the resource through a 64-bit float as kustomize does.
///
/// # Errors
/// When an operation is malformed or fails; the resource is then partly changed.
pub fn apply(resource: &mut Node, operations: &[Operation]) -> Result<(), PatchError> {
    for operation in operations {
        match &operation.action {
            Err(error) => return Err(error.clone()),
            Ok(action) => run(resource, action)?,
        }
    }
    through_json(resource);
    Ok(())
}

fn run(resource: &mut Node, action: &Action) -> Result<(), PatchError> {
    match action {
        Action::Add { path, value } => {
            let (parent, key) = path.parent(resource)?;
            add(parent, key, value.clone(), path)
        }
        Action::Remove { path } => {
            let (parent, key) = path.parent(resource)?;
            remove(parent, key, path).map(drop)
        }
        Action::Replace { path, value } => replace(resource, path, value),
        Action::Move { from, path } => {
            let (parent, key) = from.parent(resource)?;
            let value = remove(parent, key, from)?;
            let (parent, key) = path.parent(resource)?;
            add(parent, key, value, path)
        }
        Action::Copy { from, path } => {
            let (parent, key) = from.parent(resource)?;
            let value = get(parent, key, from)?.cloned();
            let (parent, key) = path.parent(resource)?;
            let made = || Node::plain("null", Origin::Made { by: from.span });
            add(parent, key, value.unwrap_or_else(made), path)
        }
        Action::Test { path, value } => test(resource, path, value),
    }
}

impl Pointer {
    fn missing(&self) -> PatchError {
        PatchError::new(
            self.span,
            format!("the resource has no {:?}; correct the path", self.text),
        )
    }

    /// The map or list that holds the last key.
    fn parent<'n>(&self, resource: &'n mut Node) -> Result<(&'n mut Node, &str), PatchError> {
        let last = self.last.as_deref().ok_or_else(|| self.missing())?;
        let mut at = resource;
        for key in &self.parents {
            at = step(at, key).ok_or_else(|| self.missing())?;
        }
        if at.as_scalar().is_some() {
            return Err(self.missing());
        }
        Ok((at, last))
    }
}

fn step<'n>(node: &'n mut Node, key: &str) -> Option<&'n mut Node> {
    match &node.kind {
        Kind::Mapping(_) => node.get_mut(key),
        Kind::Sequence(items) => {
            let at = index(key, items.len())?;
            node.as_sequence_mut()?.get_mut(at)
        }
        Kind::Scalar(_) | Kind::Alias(_) => None,
    }
}

/// An index below `length`; negative ones count from the end.
fn index(key: &str, length: usize) -> Option<usize> {
    let given: i64 = key.parse().ok()?;
    let at = if given < 0 {
        length.checked_sub(usize::try_from(given.unsigned_abs()).ok()?)?
    } else {
        usize::try_from(given).ok()?
    };
    (at < length).then_some(at)
}

fn get<'n>(parent: &'n Node, key: &str, path: &Pointer) -> Result<Option<&'n Node>, PatchError> {
    match &parent.kind {
        Kind::Sequence(items) => {
            let at = index(key, items.len()).ok_or_else(|| path.missing())?;
            Ok(items.get(at))
        }
        _ => Ok(parent.get(key)),
    }
}

fn add(parent: &mut Node, key: &str, value: Node, path: &Pointer) -> Result<(), PatchError> {
    match &mut parent.kind {
        Kind::Sequence(items) => {
            let at = if key == "-" {
                items.len()
            } else {
                index(key, items.len() + 1).ok_or_else(|| {
                    let length = items.len();
                    let message = format!(
                        "{:?} is no place in a list of {length}; use an index up to {length}, or `-`",
                        path.text
                    );
                    PatchError::new(path.span, message)
                })?
            };
            items.insert(at, value);
        }
        Kind::Mapping(_) => set(parent, key, value, path.span),
        Kind::Scalar(_) | Kind::Alias(_) => return Err(path.missing()),
    }
    Ok(())
}

/// Like [`Node::set`], but a new key points at the path that names it.
fn set(map: &mut Node, key: &str, value: Node, by: Span) {
    if let Some(old) = map.get_mut(key) {
        *old = value;
    } else if let Some(entries) = map.as_mapping_mut() {
        let key = Node::string(key, Origin::Made { by });
        entries.push(Entry { key, value });
    }
}

fn remove(parent: &mut Node, key: &str, path: &Pointer) -> Result<Node, PatchError> {
    let removed = match &mut parent.kind {
        Kind::Sequence(items) => index(key, items.len()).map(|at| items.remove(at)),
        _ => parent.remove(key),
    };
    removed.ok_or_else(|| path.missing())
}

fn replace(resource: &mut Node, path: &Pointer, value: &Node) -> Result<(), PatchError> {
    if path.last.is_none() && path.text.is_empty() {
        if value.as_mapping().is_none() {
            let message = "a whole resource can only be replaced by a map";
            return Err(PatchError::new(value.span(), message));
        }
        *resource = value.clone();
        return Ok(());
    }
    let (parent, key) = path.parent(resource)?;
    match &mut parent.kind {
        Kind::Sequence(items) => {
            let at = index(key, items.len()).ok_or_else(|| path.missing())?;
            items[at] = value.clone();
        }
        // A missing key is added: the library does not look.
        _ => set(parent, key, value.clone(), path.span),
    }
    Ok(())
}

fn test(resource: &mut Node, path: &Pointer, value: &Node) -> Result<(), PatchError> {
    let passed = if path.last.is_none() && path.text.is_empty() {
        equal(resource, value)
    } else {
        let (parent, key) = path.parent(resource)?;
        match get(parent, key, path)? {
            Some(found) => equal(found, value),
            None => value.is_null(),
        }
    };
    if passed {
        return Ok(());
    }
    let message = format!(
        "the test of {:?} fails: the resource has another value",
        path.text
    );
    Err(PatchError::new(value.span(), message))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::FileId;
    use crate::yaml::{Locator, emit::emit, parse};

    fn read(file: u32, text: &str) -> Node {
        let documents = parse(text, &Locator::File(FileId(file))).unwrap();
        documents[0].root.clone()
    }

    fn patched(resource: &str, operations: &str) -> Result<String, PatchError> {
        let mut node = read(0, resource);
        apply(&mut node, &parse_operations(&read(1, operations))?)?;
        Ok(emit(&node).unwrap())
    }

    #[test]
    fn operations_do_what_the_reference_does() {
        for (resource, operations, expected) in [
            (
                "{a: 1}",
                "[{op: add, path: /b, value: 2}]",
                Some("a: 1\nb: 2\n"),
            ),
            (
                "{a: 1}",
                "[{op: replace, path: /b, value: 2}]",
                Some("a: 1\nb: 2\n"),
            ),
            ("{a: 1}", "[{op: add, path: /b/c, value: 2}]", None),
            ("{a: 1}", "[{op: remove, path: /b}]", None),
            ("{a: 1}", "[{op: remove, path: x/a}]", Some("{}\n")),
            ("{a: 1}", "[{op: add, path: a, value: 2}]", None),
            (
                "{a/b: 1}",
                "[{op: replace, path: /a~1b, value: 2}]",
                Some("a/b: 2\n"),
            ),
            (
                "{l: [1, 2]}",
                "[{op: add, path: /l/-, value: 3}]",
                Some("l:\n- 1\n- 2\n- 3\n"),
            ),
            (
                "{l: [1, 2]}",
                "[{op: add, path: /l/-2, value: 3}]",
                Some("l:\n- 1\n- 3\n- 2\n"),
            ),
            ("{l: [1, 2]}", "[{op: add, path: /l/3, value: 3}]", None),
            (
                "{l: [1, 2]}",
                "[{op: remove, path: /l/-1}]",
                Some("l:\n- 1\n"),
            ),
            ("{l: [1, 2]}", "[{op: replace, path: /l/2, value: 3}]", None),
            (
                "{a: {b: 1}}",
                "[{op: move, from: /a/b, path: /c}]",
                Some("a: {}\nc: 1\n"),
            ),
            (
                "{a: {b: 1}}",
                "[{op: copy, from: /a/x, path: /c}]",
                Some("a:\n  b: 1\nc: null\n"),
            ),
            (
                "{a: {b: 1}}",
                "[{op: test, path: /a, value: {b: 1.0}}]",
                Some("a:\n  b: 1\n"),
            ),
            (
                "{a: {b: 1}}",
                "[{op: test, path: /a, value: {b: '1'}}]",
                None,
            ),
            (
                "{a: 1}",
                "[{op: test, path: /b, value: null}]",
                Some("a: 1\n"),
            ),
            (
                "{a: 1}",
                "[{op: replace, path: '', value: {b: 2}}]",
                Some("b: 2\n"),
            ),
            ("{a: 1}", "[{op: put, path: /a, value: 2}]", None),
        ] {
            let found = patched(resource, operations).ok();
            assert_eq!(found.as_deref(), expected, "{resource} {operations}");
        }
    }

    #[test]
    fn values_are_yaml_1_1_and_dates_stay_strings() {
        let operations = "[{op: add, path: /v, value: {a: yes, b: 0755, c: 2026-04-17, d: 1e3}}]";
        let expected = "v:\n  a: true\n  b: 493\n  c: \"2026-04-17\"\n  d: 1000\n";
        assert_eq!(patched("{}", operations).as_deref(), Ok(expected));
    }

    #[test]
    fn untouched_integers_lose_digits_beyond_a_float() {
        let resource = "{a: 9007199254740993, b: 12345678901234567890, c: , d: 9007199254740992}";
        let expected =
            "a: 9007199254740992\nb: 12345678901234567000\nc: null\nd: 9007199254740992\n";
        assert_eq!(patched(resource, "[]").as_deref(), Ok(expected));
    }

    #[test]
    fn a_malformed_operation_fails_only_when_it_is_applied() {
        let operations = parse_operations(&read(1, "[{op: bogus}, {op: add, path: 5}]")).unwrap();
        assert_eq!(operations.len(), 2);
        assert!(apply(&mut read(0, "{}"), &operations).is_err());
        assert!(parse_operations(&read(1, "{op: add, path: /a}")).is_err());
        assert!(parse_operations(&read(1, "[a]")).is_err());
    }

    #[test]
    fn added_values_point_at_the_patch() {
        let mut node = read(0, "{a: {b: 1}}");
        let operations = parse_operations(&read(1, "[{op: add, path: /a/c, value: yes}]")).unwrap();
        apply(&mut node, &operations).unwrap();
        let file = |path: &[&str]| node.at(path).unwrap().span().file;
        assert_eq!(file(&["a", "c"]), FileId(1));
        assert_eq!(file(&["a", "b"]), FileId(0));
    }
}
