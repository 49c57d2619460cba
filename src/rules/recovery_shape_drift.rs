//! The recovered Cluster can hold what the backup holds.

use crate::diagnostic::{Diagnostic, Severity};
use crate::model::cluster::{Cluster, Method};
use crate::yaml::Node;

use super::rule::{Check, Context, Needs, Remedy, Rule};

pub(super) const RULE: Rule = Rule {
    id: "recovery-shape-drift",
    summary: "recovery that renders a smaller shape of cluster than initdb",
    severity: Severity::Error,
    remedy: Remedy::ByHand,
    needs: Needs::Manifests,
    explain: include_str!("../../fixtures/rules/recovery-shape-drift/README.md"),
    check: Check::Cluster(check),
};

/// Settings that a server which replays WAL must not have lower than the one that wrote it, and what they are where
/// nothing is said. Sources: PostgreSQL `CheckRequiredParameterValues` in src/backend/access/transam/xlogrecovery.c,
/// `postgresql.conf.sample`; CNPG `pkg/postgres/configuration.go`.
const SETTINGS: [(&[&str], u64); 5] = [
    (
        &["spec", "postgresql", "parameters", "max_connections"],
        100,
    ),
    (
        &["spec", "postgresql", "parameters", "max_worker_processes"],
        32,
    ),
    (&["spec", "postgresql", "parameters", "max_wal_senders"], 10),
    (
        &[
            "spec",
            "postgresql",
            "parameters",
            "max_prepared_transactions",
        ],
        0,
    ),
    (
        &[
            "spec",
            "postgresql",
            "parameters",
            "max_locks_per_transaction",
        ],
        64,
    ),
];

const TABLESPACES: &[&str] = &["spec", "tablespaces"];
const WAL_STORAGE: &[&str] = &["spec", "walStorage"];

fn check(cluster: &Cluster, context: &Context<'_>) -> Vec<Diagnostic> {
    if cluster.methods != [Method::Recovery] {
        return Vec::new();
    }
    let mut siblings = context.project.siblings(cluster);
    let Some(initdb) = siblings.find(|other| other.methods == [Method::Initdb]) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    found.extend(tablespaces(cluster, initdb));
    found.extend(wal_storage(cluster, initdb));
    let lowered = SETTINGS
        .iter()
        .filter_map(|setting| lowered(cluster, initdb, setting));
    found.extend(lowered);
    found
}

/// The fields that this rule speaks of for two renderings of one Cluster.
pub(super) fn fields(cluster: &Cluster, initdb: &Cluster) -> Vec<&'static [&'static str]> {
    let mut fields = Vec::new();
    fields.extend(tablespaces(cluster, initdb).map(|_| TABLESPACES));
    fields.extend(wal_storage(cluster, initdb).map(|_| WAL_STORAGE));
    let lowered = SETTINGS
        .iter()
        .filter(|setting| lowered(cluster, initdb, setting).is_some());
    fields.extend(lowered.map(|(path, _)| *path));
    fields
}

fn tablespaces(cluster: &Cluster, initdb: &Cluster) -> Option<Diagnostic> {
    let names = |cluster: &Cluster| -> Vec<String> {
        let list = cluster.object.find(TABLESPACES).and_then(Node::as_sequence);
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
    let there = initdb.object.place(TABLESPACES);
    Some(finding.related(there.span, "initdb has them").help(
        "give the recovery the same tablespaces; the backup has their data, which needs a place",
    ))
}

fn wal_storage(cluster: &Cluster, initdb: &Cluster) -> Option<Diagnostic> {
    let has = |cluster: &Cluster| {
        let storage = cluster.object.find(WAL_STORAGE);
        storage.is_some_and(|node| !node.is_null())
    };
    if has(cluster) || !has(initdb) {
        return None;
    }
    let message = format!(
        "recovery of `{}` has no `walStorage`, initdb has",
        cluster.title()
    );
    // Not the place of the tablespaces, or only one of the two is told.
    let place = cluster.object.place(&["spec", "bootstrap"]);
    let finding = RULE.found(&cluster.object, place, message);
    let there = initdb.object.place(WAL_STORAGE);
    Some(finding.related(there.span, "initdb has it").help(
        "give the recovery the same `walStorage`; without it all WAL of the replay goes to the data volume, which may be too small for both",
    ))
}

fn lowered(
    cluster: &Cluster,
    initdb: &Cluster,
    (path, default): &(&'static [&'static str], u64),
) -> Option<Diagnostic> {
    let number = |cluster: &Cluster| match cluster.object.value(path) {
        None => Some(*default),
        Some(written) => written.value.parse().ok(),
    };
    let (own, made) = (number(cluster)?, number(initdb)?);
    if own >= made {
        return None;
    }
    let name = path.last().copied().unwrap_or_default();
    let message = format!(
        "recovery of `{}` has `{name}` {own}, initdb {made}",
        cluster.title()
    );
    let finding = RULE.found(&cluster.object, cluster.object.place(path), message);
    let there = initdb.object.place(path);
    Some(finding.related(there.span, format!("initdb has {made}")).help(format!(
        "give the recovery `{name}` of {made} or more: a server that replays WAL must not have less than the one that wrote it, and afterwards the database has less than its users had"
    )))
}
