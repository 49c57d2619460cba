//! What is at stake when Flux ignores the value at a JSON pointer.
//!
//! Source: fluxcd/pkg `ssa/manager_apply.go` (computeDriftedPaths, applyDriftResult): of an object that exists, an
//! ignored value that differs is taken from the cluster, or left out where another manager owns it.

use crate::diagnostic::Severity;

/// Paths that decide what a recovery restores and where it archives.
const RECOVERY: [&[&str]; 5] = [
    &["spec", "bootstrap"],
    &["spec", "externalClusters"],
    &["spec", "plugins"],
    &["spec", "backup"],
    &["spec", "replica"],
];

/// Annotations that guard data or switch guards off. Source: CNPG `pkg/utils/labels_annotations.go`.
const GUARDS: [&str; 5] = [
    "cnpg.io/hibernation",
    "cnpg.io/reconciliationLoop",
    "cnpg.io/skipEmptyWalArchiveCheck",
    "kustomize.toolkit.fluxcd.io/prune",
    "kustomize.toolkit.fluxcd.io/ssa",
];

/// Paths whose pinned value may stop a restore.
const SIZING: [&[&str]; 6] = [
    &["spec", "imageName"],
    &["spec", "imageCatalogRef"],
    &["spec", "storage"],
    &["spec", "walStorage"],
    &["spec", "tablespaces"],
    &["spec", "postgresql", "parameters"],
];

/// What the operator fills into `initdb` when it is left out: such a rule hides defaults.
/// Source: CNPG `api/v1/cluster_defaults.go`.
const DEFAULTS: [&str; 3] = ["encoding", "localeCollate", "localeCType"];

/// What a pinned value does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stake {
    pub(super) severity: Severity,
    /// What does not take effect.
    pub(super) what: &'static str,
}

/// A JSON pointer's parts; `None` for a text that is none. Source: RFC 6901.
pub(super) fn parts(pointer: &str) -> Option<Vec<String>> {
    if pointer.is_empty() {
        return Some(Vec::new());
    }
    let rest = pointer.strip_prefix('/')?;
    let unescaped = |part: &str| part.replace("~1", "/").replace("~0", "~");
    Some(rest.split('/').map(unescaped).collect())
}

/// What is at stake for a Cluster; `None` where the value is a matter of operation only.
pub(super) fn of_cluster(parts: &[String]) -> Option<Stake> {
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let related = |path: &[&str]| path.starts_with(&parts) || parts.starts_with(path);
    if let ["spec", "bootstrap", "initdb", field, ..] = parts.as_slice()
        && DEFAULTS.contains(field)
    {
        return None;
    }
    let error = |what| {
        Some(Stake {
            severity: Severity::Error,
            what,
        })
    };
    let warning = |what| {
        Some(Stake {
            severity: Severity::Warning,
            what,
        })
    };
    match parts.as_slice() {
        [] => return error("any change of the Cluster"),
        ["spec"] => return error("any change of its spec, bootstrap and lineage with it,"),
        ["metadata"] => return error("a change of its metadata, annotations that guard data too,"),
        ["metadata", "annotations"] => return error("an annotation that guards data"),
        ["metadata", "annotations", key, ..] if GUARDS.contains(key) => {
            return error("the annotation");
        }
        _ => {}
    }
    let found = RECOVERY.iter().find(|path| related(path));
    if let Some(path) = found {
        return error(match path.get(1).copied() {
            Some("bootstrap") => "another bootstrap",
            Some("externalClusters") => "another recovery source",
            Some("replica") => "a promotion or demotion",
            _ => "another write lineage",
        });
    }
    if SIZING.iter().any(|path| related(path)) {
        return warning("another image, size or parameter, on which a restore may depend,");
    }
    if parts.starts_with(&["spec", "managed", "roles"]) {
        return warning("a change of the list of roles, which is pinned as a whole,");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn severity(pointer: &str) -> Option<Severity> {
        of_cluster(&parts(pointer)?).map(|stake| stake.severity)
    }

    #[test]
    fn what_a_recovery_rests_on_is_at_stake_above_and_below_the_field() {
        for pointer in [
            "",
            "/spec",
            "/spec/bootstrap",
            "/spec/bootstrap/recovery/recoveryTarget",
            "/spec/bootstrap/initdb",
            "/spec/bootstrap/initdb/database",
            "/spec/externalClusters/0/plugin/parameters/serverName",
            "/spec/plugins/0/enabled",
            "/spec/backup/barmanObjectStore",
            "/spec/replica/primary",
            "/metadata",
            "/metadata/annotations",
            "/metadata/annotations/cnpg.io~1hibernation",
        ] {
            assert_eq!(severity(pointer), Some(Severity::Error), "{pointer}");
        }
        for pointer in [
            "/spec/imageName",
            "/spec/storage/size",
            "/spec/postgresql",
            "/spec/managed/roles/0",
        ] {
            assert_eq!(severity(pointer), Some(Severity::Warning), "{pointer}");
        }
    }

    #[test]
    fn operation_and_defaults_are_not() {
        for pointer in [
            "/spec/instances",
            "/spec/resources",
            "/spec/bootstrap/initdb/encoding",
            "/status",
            "/metadata/annotations/example.org~1x",
            "spec/bootstrap",
            "/spec/bootstrapped",
            "/spec%2Fbootstrap",
        ] {
            assert_eq!(severity(pointer), None, "{pointer}");
        }
    }
}
