//! Random documents, random changes: the result says the old thing with one change, and no comment is lost.

use std::fmt::Write;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::*;
use crate::text::{FileId, edit};
use crate::yaml::{Locator, expand, parse};

mod value;

use value::Value;

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

impl Author {
    fn ended(&self, text: String) -> String {
        if self.crlf {
            text.replace('\n', "\r\n")
        } else {
            text
        }
    }
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
    let leaf = prop_oneof![
        4 => texts().prop_map(NewValue::Scalar),
        1 => select(vec!["true", "5", "null"]).prop_map(|text| NewValue::Plain(text.to_owned())),
    ];
    leaf.prop_recursive(2, 6, 3, |inner| {
        prop_oneof![
            3 => vec(inner.clone(), 0..3).prop_map(|values| {
                let keys = ["n1", "yes", "n 3"].map(str::to_owned);
                NewValue::Mapping(keys.into_iter().zip(values).collect())
            }),
            1 => vec(inner, 0..3).prop_map(NewValue::Sequence),
        ]
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
        let text = author.ended(text);
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

/// Any value with children, and the place of one of them.
fn pick_child(root: &Node, index: Index, child: Index) -> Option<(Vec<usize>, &Node, usize)> {
    let (path, node) = pick(root, index, |node| size(node) > 0)?;
    Some((path, node, child.index(size(node))))
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
        let Some((path, node, at)) = pick_child(&root, index, child) else {
            return Ok(());
        };
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
        assert_changed(&source, result.unwrap(), &path, |parent| parent.drop_child(at))?;
    }

    #[test]
    fn a_child_commented_out_comes_back_with_the_same_bytes(
        (author, source) in documents(), index: Index, child: Index,
    ) {
        let root = root(&source);
        let Some((path, node, at)) = pick_child(&root, index, child) else {
            return Ok(());
        };
        let result = match node.as_mapping() {
            Some(entries) => comment_entry(&source, node, entries[at].key.text().unwrap()),
            None => comment_item(&source, node, at),
        };
        let edit = match result {
            Ok(edit) => edit,
            Err(PatchError::Flow | PatchError::SharedLine) => return Ok(()),
            Err(PatchError::WouldEmpty) if path.is_empty() && size(node) == 1 => return Ok(()),
            Err(PatchError::Entangled) if ends_in_open_block(&author, &source) => return Ok(()),
            Err(error) => return Err(TestCaseError::fail(format!("{error}\n{source}"))),
        };
        let lines = edit.span;
        let only = size(node) == 1;
        let after = assert_changed(&source, edit, &path, |parent| match parent {
            parent if only => *parent = Value::Scalar(String::new()),
            parent => parent.drop_child(at),
        })?;
        prop_assert!(comments(&after) > comments(&source));
        let root = self::root(&after);
        let mut all = Vec::new();
        nodes(&root, &[], &mut all);
        let (_, parent) = all.into_iter().find(|(own, _)| *own == path).unwrap();
        let back = match node.as_mapping() {
            Some(_) => uncomment_entry(&after, parent, lines, None),
            None => uncomment_item(&after, parent, lines),
        };
        prop_assert_eq!(edit::apply(&after, &[back.unwrap()]).unwrap(), source);
    }

    #[test]
    fn setting_a_path_changes_that_path(
        (author, source) in documents(), index: Index, deeper in 0..3_usize, value in values(),
    ) {
        let root = root(&source);
        let wanted = |node: &Node| deeper == 0 || node.as_mapping().is_some() || node.is_null();
        let Some((path, node)) = pick(&root, index, wanted) else {
            return Ok(());
        };
        let new = &["new", "deep"][..deeper];
        let keys = keys_of(&root, &path);
        let keys: Vec<&str> = keys.iter().map(String::as_str).chain(new.iter().copied()).collect();
        let result = set_paths(&source, &root, &[(&keys, value.clone())]);
        let edits = match result {
            Ok(edits) => edits,
            Err(PatchError::Entangled) if ends_in_open_block(&author, &source) => return Ok(()),
            Err(PatchError::Comment) if size(node) > 0 => return Ok(()),
            Err(PatchError::WouldEmpty | PatchError::NotA(_)) if path.is_empty() => return Ok(()),
            Err(error) => return Err(TestCaseError::fail(format!("{error} {keys:?}\n{source}"))),
        };
        let after = edit::apply(&source, &edits).unwrap();
        let mut expected = Value::of(&root);
        let place = expected.at(&path);
        if !new.is_empty() && matches!(place, Value::Scalar(_)) {
            *place = Value::Map(Vec::new());
        }
        let set = new.iter().skip(1).rev().fold(Value::of_new(&value), |value, key| {
            Value::Map(vec![((*key).to_owned(), value)])
        });
        match (new.first(), place) {
            (Some(key), Value::Map(entries)) => entries.push(((*key).to_owned(), set)),
            (_, place) => *place = set,
        }
        let same = Value::of(&self::root(&after)).sorted() == expected.sorted();
        prop_assert!(same, "{keys:?} {value:?}\n{source}\n---\n{after}");
        let end = if deeper == 0 { size(node) > 0 } else { false };
        prop_assert!(end || comments(&after) == comments(&source));
    }

    #[test]
    fn what_aliases_share_changes_in_one_place_only(
        author in authors(), children in vec(shapes(), 1..5), place in 0..4_usize, index: Index,
        new in texts(),
    ) {
        let source = sharing(&author, &children);
        let document = parse(&source, &Locator::File(FileId(0))).unwrap().remove(0);
        let before = expand(&document).unwrap();
        let part = &before.as_mapping().unwrap()[place].value;
        let Some((below, _)) = pick(part, index, |node| node.as_scalar().is_some()) else {
            return Ok(());
        };
        let path = [&[place], below.as_slice()].concat();
        let keys = keys_of(&before, &path);
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        let new = NewValue::Scalar(new);
        let result = set_paths(&source, &document.root, &[(&keys, new.clone())]);
        let edits = match result {
            Ok(edits) => edits,
            Err(PatchError::BlockScalar | PatchError::Comment) => return Ok(()),
            Err(error) => return Err(TestCaseError::fail(format!("{error} {keys:?}\n{source}"))),
        };
        let after = edit::apply(&source, &edits).unwrap();
        let mut expected = Value::of(&before);
        *expected.at(&path) = Value::of_new(&new);
        let document = parse(&after, &Locator::File(FileId(0))).unwrap().remove(0);
        let found = Value::of(&expand(&document).unwrap());
        prop_assert!(found.sorted() == expected.sorted(), "{keys:?}\n{source}\n---\n{after}");
    }
}

fn size(node: &Node) -> usize {
    let entries = node.as_mapping().unwrap_or_default().len();
    entries + node.as_sequence().unwrap_or_default().len()
}

/// The way to a value as keys and list indexes.
fn keys_of(root: &Node, path: &[usize]) -> Vec<String> {
    let mut node = root;
    let mut keys = Vec::new();
    for at in path {
        if let Some(entries) = node.as_mapping() {
            keys.push(entries[*at].key.text().unwrap().to_owned());
            node = &entries[*at].value;
        } else {
            keys.push(at.to_string());
            node = &node.as_sequence().unwrap()[*at];
        }
    }
    keys
}

/// A map with an anchor, and three places that use it.
fn sharing(author: &Author, children: &[Shape]) -> String {
    let mut writer = Writer {
        author,
        out: String::from("p: &p\n"),
    };
    writer.map(children, author.map_step, false);
    let text = writer.out + "q: *p # the same\nr:\n  <<: *p\n  z: 1\ns:\n- t: {u: *p}\n- *p\n";
    author.ended(text)
}
