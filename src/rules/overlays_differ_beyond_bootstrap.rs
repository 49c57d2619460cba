//! The overlays of a database choose how it begins, and nothing else.

use crate::diagnostic::{Diagnostic, Severity};
use crate::model::cluster::{Cluster, Method, SKIP_EMPTY_ARCHIVE_CHECK};
use crate::project::Project;
use crate::yaml::{Kind, Node};

use super::archive_missing::is_kept;
use super::rule::{Check, Context, Needs, Remedy, Rule};
use super::{image_major_drift, recovery_shape_drift};

pub(super) const RULE: Rule = Rule {
    id: "overlays-differ-beyond-bootstrap",
    summary: "recovery overlay that changes more than the bootstrap",
    severity: Severity::Warning,
    remedy: Remedy::ByHand,
    needs: Needs::Manifests,
    explain: include_str!("../../fixtures/rules/overlays-differ-beyond-bootstrap/README.md"),
    check: Check::Cluster(check),
};

/// How many differences a finding points at.
const MOST: usize = 5;

type Path = Vec<String>;

fn check(cluster: &Cluster, context: &Context<'_>) -> Vec<Diagnostic> {
    let project = context.project;
    if cluster.methods != [Method::Recovery] {
        return Vec::new();
    }
    let mut siblings = project.siblings(cluster);
    let Some(initdb) = siblings.find(|other| is_choice(cluster, other, project)) else {
        return Vec::new();
    };
    let paths = differences(cluster, initdb);
    let Some(first) = paths.first() else {
        return Vec::new();
    };
    let shown: Vec<String> = paths
        .iter()
        .take(MOST)
        .map(|path| format!("`{}`", path.join(".")))
        .collect();
    let more = match paths.len().checked_sub(MOST) {
        Some(more) if more > 0 => format!(" and {more} more"),
        _ => String::new(),
    };
    let message = format!(
        "initdb and recovery of `{}` differ in {}{more}",
        cluster.title(),
        shown.join(", ")
    );
    let mut finding = RULE.found(
        &cluster.object,
        cluster.object.place(&steps(first)),
        message,
    );
    for path in paths.iter().take(MOST) {
        let there = initdb.object.place(&steps(path)).span;
        if there != finding.primary.span {
            finding = finding.related(there, "initdb renders this");
        }
    }
    vec![finding.help(
        "move what both need into the base: a switch from one overlay to the other otherwise changes the running database too",
    )]
}

fn steps(path: &[String]) -> Vec<&str> {
    path.iter().map(String::as_str).collect()
}

/// Whether two renderings are the overlays of one choice: one of them is in use and the other is not, or they stand
/// side by side and one is called after the recovery.
fn is_choice(recovery: &Cluster, other: &Cluster, project: &Project) -> bool {
    if other.methods != [Method::Initdb] {
        return false;
    }
    let [own, made] = [recovery, other].map(|cluster| &project.build_of(cluster).directory);
    let parts = |path: &str| -> Option<(String, String)> {
        let (parent, name) = path.rsplit_once('/')?;
        Some((parent.to_owned(), name.to_owned()))
    };
    let side_by_side = match (parts(own), parts(made)) {
        (Some((left, name)), Some((right, _))) => {
            left == right && (name.starts_with("recover") || name.starts_with("restor"))
        }
        _ => false,
    };
    project.is_dormant(recovery) != project.is_dormant(other) || side_by_side
}

/// The fields that differ, but for those that belong to the bootstrap and those that other rules speak of.
fn differences(recovery: &Cluster, initdb: &Cluster) -> Vec<Path> {
    let mut paths = Vec::new();
    compare(
        &recovery.object.node,
        &initdb.object.node,
        &mut Vec::new(),
        &mut paths,
    );
    let told = image_major_drift::between(recovery, initdb).is_some();
    let shape = recovery_shape_drift::fields(recovery, initdb);
    let lost = !is_kept(recovery) && is_kept(initdb);
    paths.retain(|path| {
        let path = steps(path);
        let by_shape = shape.iter().any(|field| path.starts_with(field));
        let by_major = told && matches!(path[..], ["spec", "imageName" | "imageCatalogRef", ..]);
        let by_archive = lost && matches!(path[..], ["spec", "plugins" | "backup", ..]);
        matters(&path) && !by_shape && !by_major && !by_archive
    });
    paths
}

/// Labels, and annotations of others, are the business of whoever applies the overlay.
fn matters(path: &[&str]) -> bool {
    match path {
        ["spec", "bootstrap" | "externalClusters", ..] => false,
        ["spec", ..] => true,
        ["metadata", "annotations", name] => {
            name.contains("cnpg.io/") && *name != SKIP_EMPTY_ARCHIVE_CHECK
        }
        _ => false,
    }
}

/// Adds the paths where two trees differ. Lists of different lengths are compared as a whole.
fn compare(left: &Node, right: &Node, path: &mut Path, found: &mut Vec<Path>) {
    if let (Some(own), Some(other)) = (left.as_sequence(), right.as_sequence())
        && own.len() == other.len()
    {
        for (index, (own, other)) in std::iter::zip(own, other).enumerate() {
            path.push(index.to_string());
            compare(own, other, path, found);
            path.pop();
        }
        return;
    }
    let (Some(own), Some(other)) = (left.as_mapping(), right.as_mapping()) else {
        if !same(left, right) {
            found.push(path.clone());
        }
        return;
    };
    for entry in own {
        let Some(key) = entry.key.text() else {
            continue;
        };
        path.push(key.to_owned());
        match right.get(key) {
            Some(value) => compare(&entry.value, value, path, found),
            None => all_of(&entry.value, path, found),
        }
        path.pop();
    }
    for entry in other {
        if let Some(key) = entry.key.text().filter(|key| left.get(key).is_none()) {
            path.push(key.to_owned());
            all_of(&entry.value, path, found);
            path.pop();
        }
    }
}

/// Maps whose entries other rules and readers tell apart.
const OPENED: [&str; 3] = ["annotations", "parameters", "postgresql"];

/// Adds a field that the other side lacks, some maps entry by entry.
fn all_of(node: &Node, path: &mut Path, found: &mut Vec<Path>) {
    let opened = path
        .last()
        .is_some_and(|last| OPENED.contains(&last.as_str()));
    let entries = node
        .as_mapping()
        .filter(|entries| opened && !entries.is_empty());
    let Some(entries) = entries else {
        found.push(path.clone());
        return;
    };
    for entry in entries {
        if let Some(key) = entry.key.text() {
            path.push(key.to_owned());
            all_of(&entry.value, path, found);
            path.pop();
        }
    }
}

/// Whether two nodes say the same; the order of keys and the style of scalars say nothing.
fn same(left: &Node, right: &Node) -> bool {
    match (&left.kind, &right.kind) {
        (Kind::Scalar(_), Kind::Scalar(_)) => left.text() == right.text(),
        (Kind::Sequence(left), Kind::Sequence(right)) => {
            left.len() == right.len() && std::iter::zip(left, right).all(|(l, r)| same(l, r))
        }
        (Kind::Mapping(own), Kind::Mapping(other)) => {
            let found = |entry: &crate::yaml::Entry| {
                let value = entry.key.text().and_then(|key| right.get(key));
                value.is_some_and(|value| same(&entry.value, value))
            };
            own.len() == other.len() && own.iter().all(found)
        }
        _ => false,
    }
}
