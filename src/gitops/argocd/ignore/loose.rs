//! What Applications in the cluster may have that Git does not tell: `ignoreApplicationDifferences` of their set.
//!
//! Source: Argo CD `applicationset/controllers/applicationset_controller.go`, `applicationset/utils/createOrUpdate.go`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};

use crate::gitops::argocd::{Application, Applications, MadeBy};
use crate::jq::Room;
use crate::model::object::Object;
use crate::project::Project;
use crate::text::Spanned;
use crate::yaml::Node;

use super::json::{at, json};
use super::normaliser::{Normalised, Normaliser};
use super::rule::{Entry, entries};
use super::sample::{Sample, merged};

/// The fields that decide what becomes of a recovery, each with its path.
const FIELDS: [(&str, &[&str]); 3] = [
    ("spec.ignoreDifferences", &["spec", "ignoreDifferences"]),
    (
        "spec.syncPolicy.syncOptions",
        &["spec", "syncPolicy", "syncOptions"],
    ),
    (
        "the annotation `argocd.argoproj.io/skip-reconcile`",
        &["metadata", "annotations", SKIP],
    ),
];

const SKIP: &str = "argocd.argoproj.io/skip-reconcile";

/// A field of the Applications of a set that the set does not bring back to what Git says.
#[derive(Debug, Clone)]
pub struct Loose {
    /// Name of the ApplicationSet.
    pub set: String,
    /// The path as written, and where.
    pub text: Spanned<String>,
    /// What it covers, as people write it.
    pub fields: BTreeSet<&'static str>,
}

/// Whether a set has such fields at all.
pub(super) fn declares(project: &Project) -> bool {
    sets(project).any(|set| {
        set.find(&["spec", "ignoreApplicationDifferences"])
            .is_some()
    })
}

fn sets(project: &Project) -> impl Iterator<Item = &Object> {
    let objects = project.steering.iter().map(|own| &own.object);
    objects.filter(|own| own.group == "argoproj.io" && own.kind == "ApplicationSet")
}

/// Those of every set that applies a Cluster.
pub(super) fn all(project: &Project, applications: &Applications, room: &Room) -> Vec<Loose> {
    let normaliser = Normaliser::new(room);
    let mut generated: BTreeMap<&str, Vec<&Application>> = BTreeMap::new();
    for application in applications
        .list
        .iter()
        .filter(|own| !own.applies.is_empty())
    {
        if let MadeBy::Set { name, .. } = &application.made_by {
            generated.entry(name).or_default().push(application);
        }
    }
    let mut found = Vec::new();
    for set in sets(project) {
        let name = &set.name.value;
        let rules = set.find(&["spec", "ignoreApplicationDifferences"]);
        let rules = rules.and_then(Node::as_sequence).unwrap_or_default();
        for rule in rules {
            let meant = rule
                .get("name")
                .and_then(Node::text)
                .filter(|name| !name.is_empty());
            let own = generated.get(name.as_str()).into_iter().flatten();
            let mut own = own.filter(|own| meant.is_none_or(|meant| meant == own.name()));
            let Some(application) = own.next() else {
                continue;
            };
            let sample = Sample::from(merged(&example(), &json(&application.object.node)));
            for entry in entries(rule) {
                let fields = covered(&normaliser, &entry, &sample);
                if !fields.is_empty() {
                    found.push(Loose {
                        set: name.clone(),
                        text: entry.text().clone(),
                        fields,
                    });
                }
            }
        }
    }
    found
}

/// An Application with every field that counts.
fn example() -> Json {
    json!({
        "metadata": {"annotations": {SKIP: "true"}},
        "spec": {
            "ignoreDifferences": [{"kind": "Cluster"}],
            "syncPolicy": {"syncOptions": ["RespectIgnoreDifferences=true"]},
        },
    })
}

fn covered(normaliser: &Normaliser<'_>, entry: &Entry, sample: &Sample) -> BTreeSet<&'static str> {
    let Normalised::Left(left) = normaliser.apply(entry, sample) else {
        return BTreeSet::new();
    };
    let fields = FIELDS.iter();
    let gone = fields.filter(|(_, path)| at(&left, path) != at(&sample.json, path));
    gone.map(|(name, _)| *name).collect()
}
