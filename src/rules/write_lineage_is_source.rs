//! A recovering cluster must not archive into the lineage it recovers from.

use crate::diagnostic::{Diagnostic, Severity};
use crate::model::archive::ArchiveRef;
use crate::model::cluster::Cluster;

use super::rule::{Check, Context, Needs, Remedy, Rule};

pub(super) const RULE: Rule = Rule {
    id: "write-lineage-is-source",
    summary: "recovery archives into the lineage it recovers from",
    severity: Severity::Error,
    remedy: Remedy::ByHand,
    needs: Needs::Manifests,
    explain: include_str!("../../fixtures/rules/write-lineage-is-source/README.md"),
    check: Check::Cluster(check),
};

/// Archive target and recovery source of a recovering cluster, when both are one prefix.
pub(super) fn own_source(
    cluster: &Cluster,
    context: &Context<'_>,
) -> Option<(ArchiveRef, ArchiveRef)> {
    if !cluster.recovers() {
        return None;
    }
    let target = cluster.archives_to(&context.project.stores)?;
    let source = cluster.recovers_from(&context.project.stores)?;
    (target.same_archive(&source) == Some(true)).then_some((target, source))
}

fn check(cluster: &Cluster, context: &Context<'_>) -> Vec<Diagnostic> {
    let Some((target, source)) = own_source(cluster, context) else {
        return Vec::new();
    };
    if cluster.skips_empty_archive_check() {
        return Vec::new();
    }
    let name = &target.server_name.value;
    let message = format!(
        "cluster `{}` archives into `{name}`, the lineage it recovers from",
        cluster.title()
    );
    let (target_place, source_place) = (target.server_name.place, source.server_name.place.span);
    let finding = RULE.found(&cluster.object, target_place.clone(), message).help(format!(
        "give the archive a server name that no lineage has used yet and keep `{name}` as the source; as it stands the restore stops with `Expected empty archive`"
    ));
    if target_place.span == source_place {
        return vec![finding.label("archive and source share this value")];
    }
    let written = if target.server_name.explicit {
        "new WAL would be written here"
    } else {
        "archives under the cluster's own name by default"
    };
    let read = if source.server_name.explicit {
        "recovery reads from here"
    } else {
        "recovery reads the default name"
    };
    vec![finding.label(written).related(source_place, read)]
}
