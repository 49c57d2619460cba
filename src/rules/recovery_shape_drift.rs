//! The recovered Cluster can hold what the backup holds.

use crate::diagnostic::{Diagnostic, Severity};
use crate::model::cluster::{Cluster, Method};
use crate::model::image;
use crate::yaml::Node;

use super::rule::{Check, Context, Needs, Remedy, Rule};

pub(super) const RULE: Rule = Rule {
    id: "recovery-shape-drift",
    summary: "recovery that renders another shape of cluster than initdb",
    severity: Severity::Error,
    remedy: Remedy::ByHand,
    needs: Needs::Manifests,
    explain: include_str!("../../fixtures/rules/recovery-shape-drift/README.md"),
    check: Check::Cluster(check),
};

fn check(cluster: &Cluster, context: &Context<'_>) -> Vec<Diagnostic> {
    if cluster.methods != [Method::Recovery] {
        return Vec::new();
    }
    let mut siblings = context.project.siblings(cluster);
    let Some(initdb) = siblings.find(|other| other.methods == [Method::Initdb]) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    found.extend(major(cluster, initdb));
    found.extend(tablespaces(cluster, initdb));
    found.extend(wal_storage(cluster, initdb));
    found
}

fn major(cluster: &Cluster, initdb: &Cluster) -> Option<Diagnostic> {
    let (own, place) = image::major(cluster)?;
    let (made, other) = image::major(initdb)?;
    if own == made {
        return None;
    }
    let message = format!(
        "recovery of `{}` runs PostgreSQL {own}, initdb {made}",
        cluster.title()
    );
    let finding = RULE.found(&cluster.object, place, message);
    Some(finding.related(other.span, "initdb says this").help(
        "a physical backup is restored by the major version that took it; recover first and upgrade afterwards",
    ))
}

fn tablespaces(cluster: &Cluster, initdb: &Cluster) -> Option<Diagnostic> {
    let names = |cluster: &Cluster| -> Vec<String> {
        let list = cluster
            .object
            .find(&["spec", "tablespaces"])
            .and_then(Node::as_sequence);
        let names = list
            .unwrap_or_default()
            .iter()
            .filter_map(|entry| entry.get("name")?.text());
        names.map(str::to_owned).collect()
    };
    let own = names(cluster);
    let missing: Vec<String> = names(initdb)
        .into_iter()
        .filter(|name| !own.contains(name))
        .collect();
    if missing.is_empty() {
        return None;
    }
    let message = format!(
        "recovery of `{}` lacks tablespaces that initdb has: {}",
        cluster.title(),
        missing.join(", ")
    );
    let place = cluster.object.place(&["spec", "bootstrap", "recovery"]);
    let finding = RULE.found(&cluster.object, place, message);
    let there = initdb.object.place(&["spec", "tablespaces"]);
    Some(finding.related(there.span, "initdb has them").help(
        "give the recovery the same tablespaces; the backup has their data, which needs a place",
    ))
}

fn wal_storage(cluster: &Cluster, initdb: &Cluster) -> Option<Diagnostic> {
    let path = ["spec", "walStorage"];
    let has = |cluster: &Cluster| {
        cluster
            .object
            .find(&path)
            .is_some_and(|node| !node.is_null())
    };
    if has(cluster) || !has(initdb) {
        return None;
    }
    let message = format!(
        "recovery of `{}` has no `walStorage`, initdb has",
        cluster.title()
    );
    let place = cluster.object.place(&["spec", "bootstrap", "recovery"]);
    let finding = RULE.found(&cluster.object, place, message);
    let there = initdb.object.place(&path);
    // The data itself is restored all the same.
    Some(finding.severity(Severity::Warning).related(there.span, "initdb has it").help(
        "give the recovery the same `walStorage`; without it all WAL of the replay goes to the data volume",
    ))
}
