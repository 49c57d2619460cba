//! Synchronous replication and the quorum of a failover.

use super::Refusal;
use super::check::{Check, Look, Release};
use super::defaults::{FAILOVER_QUORUM, go_boolean};
use super::field::Field;
use super::manifest::Manifest;

pub(super) static CHECKS: &[Check] = &[
    Check::error(
        "admission/minsync-negative",
        "minSyncReplicas",
        "negative number of synchronous replicas",
        Look::Whole(|manifest| negative(manifest, "minSyncReplicas")),
    ),
    Check::error(
        "admission/minsync-gt-max",
        "minSyncReplicas",
        "least number of synchronous replicas above the greatest",
        Look::Whole(crossed),
    ),
    Check::error(
        "admission/maxsync-negative",
        "maxSyncReplicas",
        "negative number of synchronous replicas",
        Look::Whole(|manifest| negative(manifest, "maxSyncReplicas")),
    ),
    Check::error(
        "admission/maxsync-ge-instances",
        "maxSyncReplicas",
        "as many synchronous replicas as instances",
        Look::Whole(too_many),
    ),
    Check::error(
        "admission/sync-legacy-and-new",
        "postgresql.synchronous",
        "synchronous replication configured in both ways",
        Look::Whole(both_ways),
    ),
    Check::error(
        "admission/sync-number",
        "postgresql.synchronous.number",
        "more synchronous standbys than there can be",
        Look::Whole(number),
    ),
    Check::error(
        "admission/sync-election-labels",
        "postgresql.syncReplicaElectionConstraint.nodeLabelsAntiAffinity",
        "election by node labels without labels",
        Look::Whole(election),
    ),
    Check::error(
        "admission/fq-annot-bool",
        "metadata.annotations[alpha.cnpg.io/failoverQuorum]",
        "value that is no boolean",
        Look::Whole(quorum_value),
    )
    .since(&[Release(27, 0)]),
    Check::error(
        "admission/fq-annot-sync",
        "metadata.annotations[alpha.cnpg.io/failoverQuorum]",
        "quorum without synchronous replication",
        Look::Whole(quorum_alone),
    )
    .since(&[Release(28, 0)]),
    Check::error(
        "admission/fq-number",
        "postgresql.synchronous.number",
        "quorum that external standbys can satisfy alone",
        Look::Whole(quorum_number),
    )
    .since(&[Release(28, 0)]),
];

fn negative(manifest: &Manifest<'_>, field: &'static str) -> Option<Refusal> {
    let field = manifest.spec(&[field]);
    (field.number()? < 0).then(|| field.refuse("a number of replicas cannot be negative"))
}

fn crossed(manifest: &Manifest<'_>) -> Option<Refusal> {
    let least = manifest.spec(&["minSyncReplicas"]);
    let greatest = manifest.spec(&["maxSyncReplicas"]).number()?;
    let number = least.number()?;
    (number > greatest).then(|| {
        least.refuse(format!(
            "`minSyncReplicas` is {number}, `maxSyncReplicas` {greatest}"
        ))
    })
}

fn too_many(manifest: &Manifest<'_>) -> Option<Refusal> {
    let field = manifest.spec(&["maxSyncReplicas"]);
    let (number, instances) = (field.number()?, manifest.instances()?);
    (number >= instances).then(|| {
        let message = format!("{number} synchronous replicas need more than {instances} instances");
        field.refuse(message)
    })
}

fn synchronous<'m>(manifest: &Manifest<'m>) -> Option<Field<'m>> {
    let section = manifest.spec(&["postgresql", "synchronous"]);
    section.is_set().then_some(section)
}

fn both_ways(manifest: &Manifest<'_>) -> Option<Refusal> {
    let section = synchronous(manifest)?;
    let mut legacy = ["minSyncReplicas", "maxSyncReplicas"].into_iter();
    let legacy = legacy.find(|field| manifest.spec(&[field]).number().is_some_and(|n| n > 0))?;
    let message = format!("`{legacy}` and `postgresql.synchronous` exclude each other");
    Some(section.refuse(message).help(format!("remove `{legacy}`")))
}

/// How many standbys outside of the Cluster are named.
fn named_standbys(section: &Field<'_>) -> Option<i64> {
    let lists = ["standbyNamesPre", "standbyNamesPost"].map(|list| section.get(list));
    if lists.iter().any(Field::is_variable) {
        return None;
    }
    let count = lists.iter().map(|list| list.items().len()).sum::<usize>();
    i64::try_from(count).ok()
}

fn number(manifest: &Manifest<'_>) -> Option<Refusal> {
    let section = synchronous(manifest)?;
    let field = section.get("number");
    let number = field.number()?;
    let candidates = manifest.instances()? + named_standbys(&section)?;
    (number >= candidates).then(|| {
        let message = format!(
            "{number} synchronous standbys are asked for, at most {} can be there",
            candidates - 1
        );
        field.refuse(message)
    })
}

fn election(manifest: &Manifest<'_>) -> Option<Refusal> {
    let section = manifest.spec(&["postgresql", "syncReplicaElectionConstraint"]);
    let enabled = section.get("enabled");
    let labels = section.get("nodeLabelsAntiAffinity");
    (enabled.flag_or(false)? && !labels.has_content() && !labels.is_variable()).then(|| {
        let message = "replicas are to be elected by labels of their nodes, and no label is named";
        enabled
            .refuse(message)
            .help("list labels in `nodeLabelsAntiAffinity`")
    })
}

fn quorum_value(manifest: &Manifest<'_>) -> Option<Refusal> {
    let field = manifest.annotation(FAILOVER_QUORUM)?;
    let text = field.text()?;
    go_boolean(text).is_none().then(|| {
        field
            .refuse(format!("`{text}` is no boolean"))
            .help("write `true` or `false`, in quotes")
    })
}

fn quorum_alone(manifest: &Manifest<'_>) -> Option<Refusal> {
    let field = manifest.annotation(FAILOVER_QUORUM)?;
    let active = go_boolean(field.text()?)?;
    (active && synchronous(manifest).is_none()).then(|| {
        let message = "a quorum needs synchronous replication";
        field
            .refuse(message)
            .help("add `spec.postgresql.synchronous`")
    })
}

fn quorum_number(manifest: &Manifest<'_>) -> Option<Refusal> {
    let section = synchronous(manifest)?;
    let field = section.get("number");
    let (number, outside) = (field.number()?, named_standbys(&section)?);
    (section.get("failoverQuorum").flag_or(false)? && number <= outside).then(|| {
        let message = format!(
            "with {outside} standbys outside of the cluster, {number} synchronous ones prove nothing about those inside"
        );
        field.refuse(message).help(format!("ask for at least {}", outside + 1))
    })
}
