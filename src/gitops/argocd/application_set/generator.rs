//! Generators: from a node to parameters.

use std::collections::BTreeMap;

use data_encoding::BASE64;

use crate::model::object::Object;
use crate::text::FileId;
use crate::yaml::scalar::{Dialect, canonical};
use crate::yaml::{Locator, Node, expand, parse};

use super::super::checkout::Checkout;
use super::super::template::go::normalized;
use super::super::template::{TemplateError, Value};
use super::engine::Engine;
use super::parameters::Parameters;
use super::selector::passes;
use super::{git, merge, template};

/// Most sets of parameters that one generator may give.
const MOST_SETS: usize = 20_000;
/// Deepest generators inside of each other; Argo CD takes two.
const DEEPEST: usize = 4;

/// The kinds of generators, in the order in which Argo CD asks them.
const KINDS: [&str; 9] = [
    "list",
    "clusters",
    "git",
    "scmProvider",
    "clusterDecisionResource",
    "pullRequest",
    "matrix",
    "merge",
    "plugin",
];

/// The generators of one entry, each with its kind.
pub(super) fn kinds(entry: &Node) -> impl Iterator<Item = (&'static str, &Node)> {
    KINDS.into_iter().filter_map(|kind| {
        let own = entry.get(kind)?;
        (!own.is_null() || kind == "clusters").then_some((kind, own))
    })
}

/// Why a generator gives no parameters that are known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) reason: String,
    /// Whether Argo CD refuses it too, so that there is nothing to be known.
    pub(super) is_broken: bool,
}

impl Failure {
    pub(super) fn unknown(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            is_broken: false,
        }
    }

    pub(super) fn broken(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            is_broken: true,
        }
    }

    /// Parameters of which nothing is known, unless there are none.
    pub(super) fn as_open(&self) -> Vec<Parameters> {
        if self.is_broken {
            Vec::new()
        } else {
            vec![Parameters::unknown(&self.reason)]
        }
    }
}

impl From<TemplateError> for Failure {
    fn from(error: TemplateError) -> Self {
        let is_broken = matches!(
            error,
            TemplateError::Malformed(_) | TemplateError::Failed(_)
        );
        Self {
            reason: error.to_string(),
            is_broken,
        }
    }
}

/// The generators of one ApplicationSet.
#[derive(Clone, Copy)]
pub(super) struct Generators<'g> {
    pub(super) checkout: &'g Checkout<'g>,
    pub(super) engine: Engine,
}

impl Generators<'_> {
    /// The parameters of a generator, filtered by its selector.
    pub(super) fn parameters(
        self,
        kind: &str,
        own: &Node,
        selector: Option<&Node>,
    ) -> Result<Vec<Parameters>, Failure> {
        self.nested(kind, own, selector, 0)
    }

    fn nested(
        self,
        kind: &str,
        own: &Node,
        selector: Option<&Node>,
        depth: usize,
    ) -> Result<Vec<Parameters>, Failure> {
        if depth > DEEPEST {
            return Err(Failure::broken("generators are nested too deep"));
        }
        let mut sets = match kind {
            "list" => self.list(own)?,
            "git" => git::parameters(self, own)?,
            "clusters" => self.clusters(own)?,
            "matrix" => self.matrix(own, depth)?,
            "merge" => self.merge(own, depth)?,
            other => {
                let reason =
                    format!("only the controller knows what the generator `{other}` gives");
                return Err(Failure::unknown(reason));
            }
        };
        sets.retain(|set| passes(selector, set));
        if sets.len() > MOST_SETS {
            return Err(Failure::unknown(
                "the generator gives too many parameters to look at",
            ));
        }
        Ok(sets)
    }

    /// `list`: elements as they are; without Go templates only texts. Source: `generators/list.go`.
    fn list(self, own: &Node) -> Result<Vec<Parameters>, Failure> {
        let mut sets = Vec::new();
        for element in own
            .get("elements")
            .and_then(Node::as_sequence)
            .unwrap_or(&[])
        {
            let Value::Map(element) = Value::read(element) else {
                return Err(Failure::broken("an element of the list is no map"));
            };
            let values = if self.engine.is_go {
                element
            } else {
                flat_element(element)?
            };
            sets.push(Parameters { values, open: None });
        }
        let text = own
            .get("elementsYaml")
            .and_then(Node::text)
            .unwrap_or_default();
        match read_yaml(text)? {
            value if value.is_nothing() => {}
            Value::List(items) => {
                for item in items {
                    let Value::Map(values) = item else {
                        return Err(Failure::broken("an element of `elementsYaml` is no map"));
                    };
                    sets.push(Parameters { values, open: None });
                }
            }
            _ => return Err(Failure::broken("`elementsYaml` is no list")),
        }
        Ok(sets)
    }

    /// `clusters`: the Secrets that the repository declares, and any number that it does not.
    fn clusters(self, own: &Node) -> Result<Vec<Parameters>, Failure> {
        let reason = "only the controller knows its clusters";
        let mut sets = Vec::new();
        for secret in self.checkout.steering("Secret") {
            let Some(mut set) = cluster(secret, self.engine.is_go) else {
                continue;
            };
            let labels = Parameters {
                values: labels(secret),
                open: None,
            };
            if passes(own.get("selector"), &labels) {
                self.add_values(own, &mut set)?;
                sets.push(set);
            }
        }
        sets.push(Parameters::unknown(reason));
        Ok(sets)
    }

    /// `values`: texts filled in from the other parameters. Source: `generators/value_interpolation.go`.
    pub(super) fn add_values(self, own: &Node, set: &mut Parameters) -> Result<(), Failure> {
        let mut filled = BTreeMap::new();
        for entry in own.get("values").and_then(Node::as_mapping).unwrap_or(&[]) {
            let (Some(key), Some(text)) = (entry.key.text(), entry.value.text()) else {
                continue;
            };
            let text = self.engine.fill(text, set)?;
            filled.insert(key.to_owned(), Value::Text(text));
        }
        if filled.is_empty() {
            return Ok(());
        }
        if self.engine.is_go {
            set.values.insert("values".to_owned(), Value::Map(filled));
        } else {
            let named = filled
                .into_iter()
                .map(|(key, value)| (format!("values.{key}"), value));
            set.values.extend(named);
        }
        Ok(())
    }

    /// `matrix`: each of the first with each of the second, which is filled in from the first.
    fn matrix(self, own: &Node, depth: usize) -> Result<Vec<Parameters>, Failure> {
        let [first, second] = own
            .get("generators")
            .and_then(Node::as_sequence)
            .unwrap_or(&[])
        else {
            return Err(Failure::broken("`matrix` takes exactly two generators"));
        };
        let mut sets = Vec::new();
        for left in self.child(first, None, depth)? {
            for right in self.child(second, Some(&left), depth)? {
                sets.push(merge::product(&left, right, self.engine.is_go)?);
                if sets.len() > MOST_SETS {
                    return Err(Failure::unknown(
                        "the matrix gives too many parameters to look at",
                    ));
                }
            }
        }
        Ok(sets)
    }

    fn merge(self, own: &Node, depth: usize) -> Result<Vec<Parameters>, Failure> {
        let children = own
            .get("generators")
            .and_then(Node::as_sequence)
            .unwrap_or(&[]);
        if children.len() < 2 {
            return Err(Failure::broken("`merge` takes at least two generators"));
        }
        let keys: Vec<&str> = own
            .get("mergeKeys")
            .and_then(Node::as_sequence)
            .unwrap_or(&[])
            .iter()
            .filter_map(Node::text)
            .collect();
        let mut all = Vec::new();
        for child in children {
            all.push(self.child(child, None, depth)?);
        }
        merge::joined(all, &keys, self.engine.is_go)
    }

    /// The parameters of a generator inside of another. What is unknown of it is unknown of the whole.
    fn child(
        self,
        entry: &Node,
        outer: Option<&Parameters>,
        depth: usize,
    ) -> Result<Vec<Parameters>, Failure> {
        let mut found = kinds(entry);
        let (Some((kind, own)), None) = (found.next(), found.next()) else {
            return Err(Failure::broken(
                "a nested generator has not exactly one kind",
            ));
        };
        let selector = entry.get("selector");
        let answer = match outer.filter(|outer| !outer.values.is_empty() || outer.open.is_some()) {
            None => self.nested(kind, own, selector, depth + 1),
            Some(outer) => template::interpolated(own, self.engine, outer)
                .map_err(Failure::from)
                .and_then(|own| self.nested(kind, &own, selector, depth + 1)),
        };
        match answer {
            Err(failure) if !failure.is_broken => Ok(failure.as_open()),
            answer => answer,
        }
    }
}

/// The first document of a text, as `sigs.k8s.io/yaml` reads it.
pub(super) fn read_yaml(text: &str) -> Result<Value, Failure> {
    let broken = |error: String| Failure::broken(format!("not valid YAML: {error}"));
    let documents =
        parse(text, &Locator::File(FileId(0))).map_err(|error| broken(error.to_string()))?;
    let Some(document) = documents.first() else {
        return Ok(Value::Null);
    };
    let root = expand(document).map_err(|error| broken(error.to_string()))?;
    Ok(Value::read(&canonical(&root, Dialect::Direct)))
}

/// An element without Go templates: texts, and texts under `values`.
fn flat_element(element: BTreeMap<String, Value>) -> Result<BTreeMap<String, Value>, Failure> {
    let no_text = |key: &str| Failure::broken(format!("`{key}` of a list element is no string"));
    let mut flat = BTreeMap::new();
    for (key, value) in element {
        match value {
            Value::Map(values) if key == "values" => {
                for (key, value) in values {
                    match value {
                        Value::Text(_) => flat.insert(format!("values.{key}"), value),
                        _ => return Err(no_text(&key)),
                    };
                }
            }
            Value::Text(_) => {
                flat.insert(key, value);
            }
            _ => return Err(no_text(&key)),
        }
    }
    Ok(flat)
}

fn labels(secret: &Object) -> BTreeMap<String, Value> {
    match secret.find(&["metadata", "labels"]).map(Value::read) {
        Some(Value::Map(labels)) => labels,
        _ => BTreeMap::new(),
    }
}

/// The parameters of a declared cluster. Source: `generators/cluster.go`.
fn cluster(secret: &Object, is_go: bool) -> Option<Parameters> {
    let kind = secret.value(&["metadata", "labels", "argocd.argoproj.io/secret-type"])?;
    if kind.value != "cluster" {
        return None;
    }
    let field = |name: &str| {
        let plain = secret.find(&["stringData", name]).and_then(Node::text);
        let encoded = secret.find(&["data", name]).and_then(Node::text);
        plain.map(str::to_owned).or_else(|| {
            let bytes = BASE64.decode(encoded?.trim().as_bytes()).ok()?;
            String::from_utf8(bytes).ok()
        })
    };
    let name = field("name")?;
    let text = |text: String| Value::Text(text);
    let mut values = BTreeMap::from([
        ("nameNormalized".to_owned(), text(normalized(&name))),
        ("server".to_owned(), text(field("server")?)),
        (
            "project".to_owned(),
            text(field("project").unwrap_or_default()),
        ),
        ("name".to_owned(), text(name)),
    ]);
    let annotations = secret.find(&["metadata", "annotations"]).map(Value::read);
    let metadata = BTreeMap::from([
        ("labels".to_owned(), Value::Map(labels(secret))),
        (
            "annotations".to_owned(),
            annotations.unwrap_or(Value::Map(BTreeMap::new())),
        ),
    ]);
    if is_go {
        values.insert("metadata".to_owned(), Value::Map(metadata));
    } else {
        let flat = Value::Map(metadata);
        if let Value::Map(parts) = flat {
            for (part, entries) in parts {
                if let Value::Map(entries) = entries {
                    let named = entries.into_iter();
                    values.extend(
                        named.map(|(key, value)| (format!("metadata.{part}.{key}"), value)),
                    );
                }
            }
        }
    }
    Some(Parameters { values, open: None })
}
