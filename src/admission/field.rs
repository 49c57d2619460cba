//! A place in a manifest, and what stands there.

use crate::model::object::has_variable;
use crate::yaml::Node;

use super::Refusal;

/// One step down into a manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step<'m> {
    Key(&'m str),
    Index(usize),
}

/// A place in a manifest, whether something stands there or not.
///
/// A variable that something else substitutes (`${SIZE}`) and a value of the wrong shape are unknown, never empty: what
/// asks for them gets `None` and decides nothing. Wrong shapes are for the schema to tell.
#[derive(Debug, Clone)]
pub(super) struct Field<'m> {
    node: Option<&'m Node>,
    path: Vec<Step<'m>>,
}

impl<'m> Field<'m> {
    /// The manifest itself.
    pub(super) fn root(node: &'m Node) -> Self {
        Self {
            node: Some(node),
            path: Vec::new(),
        }
    }

    /// What stands under a key.
    pub(super) fn get(&self, key: &'m str) -> Self {
        let node = self.node.and_then(|node| node.get(key));
        self.step(Step::Key(key), node)
    }

    /// What stands down a path of keys.
    pub(super) fn at(&self, path: &[&'m str]) -> Self {
        path.iter().fold(self.clone(), |field, key| field.get(key))
    }

    fn step(&self, step: Step<'m>, node: Option<&'m Node>) -> Self {
        let mut path = Vec::with_capacity(self.path.len() + 1);
        path.extend_from_slice(&self.path);
        path.push(step);
        Self { node, path }
    }

    /// Whether something other than null stands here.
    pub(super) fn is_set(&self) -> bool {
        self.node.is_some_and(|node| !node.is_null())
    }

    /// Whether a map or list with something in it stands here.
    pub(super) fn has_content(&self) -> bool {
        let Some(node) = self.node else {
            return false;
        };
        let entries = node.as_mapping().map_or(0, <[_]>::len);
        entries + node.as_sequence().map_or(0, <[_]>::len) > 0
    }

    /// Whether a variable stands where anything may come.
    pub(super) fn is_variable(&self) -> bool {
        let text = self.node.and_then(Node::text);
        text.is_some_and(has_variable)
    }

    /// The text, empty where nothing stands, as Go reads an absent string.
    pub(super) fn text(&self) -> Option<&'m str> {
        self.raw_text().filter(|text| !has_variable(text))
    }

    /// The text with its variables.
    pub(super) fn raw_text(&self) -> Option<&'m str> {
        if self.is_set() {
            self.node?.text()
        } else {
            Some("")
        }
    }

    /// The text, where it is not empty.
    pub(super) fn given_text(&self) -> Option<&'m str> {
        self.text().filter(|text| !text.is_empty())
    }

    /// The integer, 0 where nothing stands.
    pub(super) fn number(&self) -> Option<i64> {
        self.number_or(0)
    }

    /// The integer, or this one where nothing stands.
    pub(super) fn number_or(&self, absent: i64) -> Option<i64> {
        if self.is_set() {
            self.node?.as_integer()
        } else {
            Some(absent)
        }
    }

    /// The boolean, or this one where nothing stands.
    pub(super) fn flag_or(&self, absent: bool) -> Option<bool> {
        if self.is_set() {
            self.node?.as_bool()
        } else {
            Some(absent)
        }
    }

    /// The items of a list; none where there is no list.
    pub(super) fn items(&self) -> Vec<Self> {
        let items = self.node.and_then(Node::as_sequence).unwrap_or(&[]);
        let item = |(at, node)| self.step(Step::Index(at), Some(node));
        items.iter().enumerate().map(item).collect()
    }

    /// The entries of a map with their keys; none where there is no map.
    pub(super) fn entries(&self) -> Vec<(&'m str, Self)> {
        let entries = self.node.and_then(Node::as_mapping).unwrap_or(&[]);
        let entry = |entry: &'m crate::yaml::Entry| {
            let key = entry.key.text()?;
            Some((key, self.step(Step::Key(key), Some(&entry.value))))
        };
        entries.iter().filter_map(entry).collect()
    }

    /// The items of a list, or the values of a map.
    pub(super) fn children(&self) -> Vec<Self> {
        let values = self.entries().into_iter().map(|(_, value)| value);
        self.items().into_iter().chain(values).collect()
    }

    /// The path as people write it: `spec.plugins[0].name`.
    pub(super) fn shown(&self) -> String {
        let mut shown = String::new();
        for step in &self.path {
            match step {
                Step::Index(at) => shown.push_str(&format!("[{at}]")),
                Step::Key(key) => {
                    if !shown.is_empty() {
                        shown.push('.');
                    }
                    shown.push_str(key);
                }
            }
        }
        shown
    }

    /// A refusal of what stands here.
    pub(super) fn refuse(&self, message: impl Into<String>) -> Refusal {
        let step = |step: &Step<'_>| match step {
            Step::Key(key) => (*key).to_owned(),
            Step::Index(at) => at.to_string(),
        };
        Refusal {
            path: self.path.iter().map(step).collect(),
            message: message.into(),
            help: None,
        }
    }
}

/// The later ones of the fields that have a text in common.
pub(super) fn repeated<'m>(
    fields: Vec<Field<'m>>,
    text: impl Fn(&Field<'m>) -> Option<String>,
) -> Vec<(Field<'m>, String)> {
    let mut seen = std::collections::BTreeSet::new();
    let mut again = Vec::new();
    for field in fields {
        if let Some(own) = text(&field)
            && !seen.insert(own.clone())
        {
            again.push((field, own));
        }
    }
    again
}
