//! Random documents, random changes: the result says the old thing with one change, and no comment is lost.

use std::fmt::Write;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::*;
use crate::text::{FileId, edit};
use crate::yaml::{Locator, parse};

/// What a document says and how it is written.
#[derive(Debug, Clone)]
enum Shape {
    Absent,
    Scalar(&'static str),
    Literal(Vec<&'static str>),
    Map(Vec<Shape>, bool),
    List(Vec<Shape>, bool),
}

/// How the author writes.
#[derive(Debug, Clone)]
struct Author {
    map_step: usize,
    list_step: usize,
    comments: bool,
    crlf: bool,
    mark: bool,
    unterminated: bool,
}

const KEYS: [&str; 6] = ["a", "'b'", "\"c\"", "some-key", "é", "\"x: y\""];
const SCALARS: [&str; 8] = [
    "plain",
    "two words",
    "'it''s'",
    "\"q \\\" \\t\"",
    "5",
    "yes",
    "2026-04-17",
    "s3://b",
];

fn shapes() -> impl Strategy<Value = Shape> {
    let leaf = prop_oneof![
        4 => select(SCALARS.to_vec()).prop_map(Shape::Scalar),
        1 => Just(Shape::Absent),
        1 => vec(select(vec!["line", " indented", "", "k: v"]), 0..3).prop_map(|mut lines| {
            lines.insert(0, "first");
            Shape::Literal(lines)
        }),
    ];
    leaf.prop_recursive(4, 24, 5, |inner| {
        prop_oneof![
            3 => (vec(inner.clone(), 0..5), prop::bool::weighted(0.2)).prop_map(|(v, f)| Shape::Map(v, f)),
            1 => (vec(inner, 0..5), prop::bool::weighted(0.2)).prop_map(|(v, f)| Shape::List(v, f)),
        ]
    })
}

fn authors() -> impl Strategy<Value = Author> {
    (select(vec![2, 4]), select(vec![0, 2]), any::<[bool; 4]>()).prop_map(
        |(map_step, list_step, [comments, crlf, mark, unterminated])| Author {
            map_step,
            list_step,
            comments,
            crlf,
            mark,
            unterminated,
        },
    )
}

fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        select(vec![
            "new", "yes", "0755", "a: b", "it's", "a\tb", "", "- x", "x, y", "🐘 é", "<<", "null"
        ])
        .prop_map(str::to_owned),
        "[a-z:,' \"\\\\-]{0,12}",
    ]
}

fn values() -> impl Strategy<Value = NewValue> {
    let leaf = texts().prop_map(NewValue::Scalar);
    leaf.prop_recursive(2, 6, 3, |inner| {
        vec(inner, 0..3).prop_map(|values| {
            let keys = ["n1", "yes", "n 3"].map(str::to_owned);
            NewValue::Mapping(keys.into_iter().zip(values).collect())
        })
    })
}

/// Writes a document with a map at its root.
struct Writer<'a> {
    author: &'a Author,
    out: String,
}

impl Writer<'_> {
    fn document(author: &Author, children: &[Shape]) -> String {
        let mut writer = Writer {
            author,
            out: String::new(),
        };
        writer.map(children, 0, false);
        let mut text = writer.out;
        if author.unterminated {
            text.truncate(text.trim_end_matches('\n').len());
        }
        if author.crlf {
            text = text.replace('\n', "\r\n");
        }
        let mark = if author.mark { "\u{feff}" } else { "" };
        format!("{mark}{text}")
    }

    fn note(&mut self) {
        if self.author.comments {
            self.out.push_str(" # note");
        }
        self.out.push('\n');
    }

    fn map(&mut self, children: &[Shape], column: usize, mut inline: bool) {
        for (key, child) in KEYS.iter().zip(children) {
            if !std::mem::take(&mut inline) {
                if self.author.comments {
                    let _ = writeln!(self.out, "{}# about it", " ".repeat(column));
                }
                self.out.push_str(&" ".repeat(column));
            }
            let _ = write!(self.out, "{key}:");
            match child {
                Shape::Map(inner, false) if !inner.is_empty() => {
                    self.note();
                    self.map(inner, column + self.author.map_step, false);
                }
                Shape::List(inner, false) if !inner.is_empty() => {
                    self.note();
                    self.list(inner, column + self.author.list_step, false);
                }
                _ => self.leaf(child, column + self.author.map_step),
            }
        }
    }

    fn list(&mut self, children: &[Shape], column: usize, mut inline: bool) {
        for child in children {
            if !std::mem::take(&mut inline) {
                self.out.push_str(&" ".repeat(column));
            }
            self.out.push('-');
            match child {
                Shape::Map(inner, false) if !inner.is_empty() => {
                    self.out.push(' ');
                    self.map(inner, column + 2, true);
                }
                Shape::List(inner, false) if !inner.is_empty() => {
                    self.out.push(' ');
                    self.list(inner, column + 2, true);
                }
                _ => self.leaf(child, column + 2),
            }
        }
    }

    fn leaf(&mut self, shape: &Shape, column: usize) {
        match shape {
            Shape::Literal(lines) => {
                self.out.push_str(" |\n");
                for line in lines {
                    let blanks = if line.is_empty() { 0 } else { column };
                    let _ = writeln!(self.out, "{}{line}", " ".repeat(blanks));
                }
            }
            Shape::Absent => self.note(),
            _ => {
                self.out.push(' ');
                self.flow(shape);
                self.note();
            }
        }
    }

    fn flow(&mut self, shape: &Shape) {
        match shape {
            Shape::Absent => self.out.push('~'),
            Shape::Scalar(text) => self.out.push_str(text),
            Shape::Literal(_) => self.out.push_str("\"li\\nes\""),
            Shape::Map(children, _) => {
                self.out.push('{');
                for (at, (key, child)) in KEYS.iter().zip(children).enumerate() {
                    self.out.push_str(if at > 0 { ", " } else { "" });
                    let _ = write!(self.out, "{key}: ");
                    self.flow(child);
                }
                self.out.push('}');
            }
            Shape::List(children, _) => {
                self.out.push('[');
                for (at, child) in children.iter().enumerate() {
                    self.out.push_str(if at > 0 { ", " } else { "" });
                    self.flow(child);
                }
                self.out.push(']');
            }
        }
    }
}

/// A tree without places and quotes; what is not a string is marked.
#[derive(Debug, Clone, PartialEq)]
enum Value {
    Scalar(String),
    Map(Vec<(String, Value)>),
    List(Vec<Value>),
}

impl Value {
    fn text(text: &str) -> Self {
        Self::Scalar(format!("\"{text}\""))
    }

    fn of(node: &Node) -> Self {
        match &node.kind {
            Kind::Mapping(entries) => Self::Map(
                entries
                    .iter()
                    .map(|entry| (entry.key.text().unwrap().to_owned(), Self::of(&entry.value)))
                    .collect(),
            ),
            Kind::Sequence(items) => Self::List(items.iter().map(Self::of).collect()),
            _ => match node.as_string() {
                Some(text) => Self::text(&text),
                None => Self::Scalar(node.text().unwrap().to_owned()),
            },
        }
    }

    fn of_new(value: &NewValue) -> Self {
        match value {
            NewValue::Scalar(text) => Self::text(text),
            NewValue::Mapping(entries) => Self::Map(
                entries
                    .iter()
                    .map(|(key, value)| (key.clone(), Self::of_new(value)))
                    .collect(),
            ),
        }
    }

    fn at(&mut self, path: &[usize]) -> &mut Self {
        path.iter().fold(self, |value, step| match value {
            Self::Map(entries) => &mut entries[*step].1,
            Self::List(items) => &mut items[*step],
            Self::Scalar(_) => unreachable!("scalars have no children"),
        })
    }
}

/// Every value of a tree with the way to it, keys left out.
fn nodes<'n>(node: &'n Node, path: &[usize], found: &mut Vec<(Vec<usize>, &'n Node)>) {
    found.push((path.to_vec(), node));
    let children: Vec<&Node> = match &node.kind {
        Kind::Mapping(entries) => entries.iter().map(|entry| &entry.value).collect(),
        Kind::Sequence(items) => items.iter().collect(),
        _ => Vec::new(),
    };
    for (at, child) in children.into_iter().enumerate() {
        nodes(child, &[path, &[at]].concat(), found);
    }
}

fn root(text: &str) -> Node {
    parse(text, &Locator::File(FileId(0)))
        .unwrap()
        .remove(0)
        .root
}

/// Applies an edit and checks it against `change`, made on the value at the path.
fn assert_changed(
    source: &str,
    edit: Edit,
    path: &[usize],
    change: impl FnOnce(&mut Value),
) -> Result<String, TestCaseError> {
    let after = edit::apply(source, &[edit]).unwrap();
    let mut expected = Value::of(&root(source));
    change(expected.at(path));
    prop_assert_eq!(
        Value::of(&root(&after)),
        expected,
        "{}\n---\n{}",
        source,
        &after
    );
    let bare = after.replace("\r\n", "");
    prop_assert!(!source.contains('\r') || !bare.contains('\n'), "{after:?}");
    Ok(after)
}

/// The document and one of its nodes that passes the filter, if there is one.
fn pick(root: &Node, index: Index, wanted: impl Fn(&Node) -> bool) -> Option<(Vec<usize>, &Node)> {
    let mut found = Vec::new();
    nodes(root, &[], &mut found);
    found.retain(|(_, node)| wanted(node));
    (!found.is_empty()).then(|| found.swap_remove(index.index(found.len())))
}

fn comments(text: &str) -> usize {
    text.matches('#').count()
}

/// A literal block that ends the text without a line break cannot be followed by anything.
fn ends_in_open_block(author: &Author, source: &str) -> bool {
    author.unterminated && source.contains("|")
}

fn documents() -> impl Strategy<Value = (Author, String)> {
    (authors(), vec(shapes(), 1..6)).prop_map(|(author, children)| {
        let text = Writer::document(&author, &children);
        (author, text)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn setting_a_scalar_changes_that_scalar(
        (_, source) in documents(), index: Index, new in texts(),
    ) {
        let root = root(&source);
        let Some((path, node)) = pick(&root, index, |node| node.as_scalar().is_some()) else {
            return Ok(());
        };
        let edit = set_scalar(&source, node, &new).unwrap();
        let after = assert_changed(&source, edit, &path, |value| *value = Value::text(&new))?;
        prop_assert_eq!(comments(&after), comments(&source));
    }

    #[test]
    fn inserting_an_entry_changes_its_map(
        (author, source) in documents(), index: Index, place: Option<Index>, value in values(),
    ) {
        let root = root(&source);
        let is_map = |node: &Node| node.as_mapping().is_some() || node.is_null();
        let Some((path, node)) = pick(&root, index, is_map) else {
            return Ok(());
        };
        let entries = node.as_mapping().unwrap_or_default();
        let after = place
            .filter(|_| !entries.is_empty())
            .map(|place| place.index(entries.len()));
        let after_key = after.and_then(|at| entries[at].key.text());
        let result = insert_entry(&source, node, after_key, "new", &value);
        if result == Err(PatchError::Entangled) && ends_in_open_block(&author, &source) {
            return Ok(());
        }
        let at = after.map_or(entries.len(), |at| at + 1);
        let after = assert_changed(&source, result.unwrap(), &path, |parent| {
            if let Value::Scalar(_) = parent {
                *parent = Value::Map(Vec::new());
            }
            let Value::Map(entries) = parent else { return };
            entries.insert(at, ("new".into(), Value::of_new(&value)));
        })?;
        prop_assert_eq!(comments(&after), comments(&source));
    }

    #[test]
    fn inserting_an_item_changes_its_list(
        (author, source) in documents(), index: Index, place: Option<Index>, value in values(),
    ) {
        let root = root(&source);
        let is_list = |node: &Node| node.as_sequence().is_some() || node.is_null();
        let Some((path, node)) = pick(&root, index, is_list) else {
            return Ok(());
        };
        let count = node.as_sequence().unwrap_or_default().len();
        let after = place.filter(|_| count > 0).map(|place| place.index(count));
        let result = insert_item(&source, node, after, &value);
        if result == Err(PatchError::Entangled) && ends_in_open_block(&author, &source) {
            return Ok(());
        }
        let at = after.map_or(count, |at| at + 1);
        let after = assert_changed(&source, result.unwrap(), &path, |parent| {
            if let Value::Scalar(_) = parent {
                *parent = Value::List(Vec::new());
            }
            let Value::List(items) = parent else { return };
            items.insert(at, Value::of_new(&value));
        })?;
        prop_assert_eq!(comments(&after), comments(&source));
    }

    #[test]
    fn removing_a_child_changes_its_parent(
        (author, source) in documents(), index: Index, child: Index,
    ) {
        let root = root(&source);
        let size = |node: &Node| {
            let entries = node.as_mapping().unwrap_or_default().len();
            entries + node.as_sequence().unwrap_or_default().len()
        };
        let Some((path, node)) = pick(&root, index, |node| size(node) > 0) else {
            return Ok(());
        };
        let at = child.index(size(node));
        let result = match node.as_mapping() {
            Some(entries) => remove_entry(&source, node, entries[at].key.text().unwrap()),
            None => remove_item(&source, node, at),
        };
        if result == Err(PatchError::WouldEmpty) && path.is_empty() && size(node) == 1 {
            return Ok(());
        }
        if result == Err(PatchError::Entangled) && ends_in_open_block(&author, &source) {
            return Ok(());
        }
        assert_changed(&source, result.unwrap(), &path, |parent| match parent {
            Value::Map(entries) => drop(entries.remove(at)),
            Value::List(items) => drop(items.remove(at)),
            Value::Scalar(_) => {}
        })?;
    }
}
