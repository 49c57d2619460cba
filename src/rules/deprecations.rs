//! What each release of the operator deprecates, and when in-tree Barman support goes.
//!
//! Source: the warnings of CNPG `internal/webhook/v1/cluster_webhook.go` at each tag, `docs/src/release_notes`.

use crate::config::{Config, OperatorVersion};

/// The newest release that the tables know.
const NEWEST: OperatorVersion = version(1, 30, 0);

const fn version(major: u16, minor: u16, patch: u16) -> OperatorVersion {
    OperatorVersion {
        major,
        minor,
        patch,
    }
}

/// The release that the manifests are for.
pub(super) fn version_of(config: &Config) -> OperatorVersion {
    config.operator_version.unwrap_or(NEWEST)
}

/// The first releases that deprecate something: one for each minor release with patch releases of its own, in order.
/// From the last one on every release does.
pub(super) type Since = &'static [OperatorVersion];

/// `monitoring.enablePodMonitor` of Clusters and Poolers.
pub(super) const POD_MONITOR: Since = &[
    version(1, 25, 4),
    version(1, 26, 2),
    version(1, 27, 1),
    version(1, 28, 0),
];

/// A deprecated field of the Cluster.
pub(super) struct Field {
    /// Its path.
    pub(super) path: &'static [&'static str],
    /// Since when.
    pub(super) since: Since,
    /// What to do.
    pub(super) successor: &'static str,
}

/// Fields without a rule of their own.
pub(super) const FIELDS: [Field; 6] = [
    Field {
        path: &["spec", "bootstrap", "initdb", "options"],
        since: &[version(1, 10, 0)],
        successor: "write the explicit fields of `initdb`, such as `encoding` or `dataChecksums`; they are ignored where `options` is set",
    },
    Field {
        path: &["spec", "nodeMaintenanceWindow"],
        since: &[version(1, 23, 0)],
        successor: "use `enablePDB`",
    },
    Field {
        path: &["spec", "minSyncReplicas"],
        since: &[version(1, 24, 0)],
        successor: "use `postgresql.synchronous`",
    },
    Field {
        path: &["spec", "maxSyncReplicas"],
        since: &[version(1, 24, 0)],
        successor: "use `postgresql.synchronous`",
    },
    Field {
        path: &["metadata", "annotations", "alpha.cnpg.io/livenessPinger"],
        since: &[version(1, 27, 0)],
        successor: "use `probes.liveness.isolationCheck`",
    },
    Field {
        path: &["metadata", "annotations", "alpha.cnpg.io/failoverQuorum"],
        since: &[version(1, 28, 0)],
        successor: "use `postgresql.synchronous.failoverQuorum`; the annotation overrides it",
    },
];

/// Whether a release deprecates what these releases deprecate.
pub(super) fn is_deprecated(since: Since, at: OperatorVersion) -> bool {
    let own = since
        .iter()
        .find(|first| (first.major, first.minor) == (at.major, at.minor));
    match (own, since.last()) {
        (Some(first), _) => at >= *first,
        (None, Some(last)) => at > *last,
        (None, None) => false,
    }
}

/// From which release on the admission warning announces which removal of in-tree Barman support.
struct Announcement {
    from: OperatorVersion,
    removal: OperatorVersion,
}

const fn announcement(from: OperatorVersion, removal: OperatorVersion) -> Announcement {
    Announcement { from, removal }
}

/// In order of releases; the removal has moved with them.
const IN_TREE_BARMAN: [Announcement; 12] = [
    announcement(version(1, 26, 0), version(1, 28, 0)),
    announcement(version(1, 26, 2), version(1, 29, 0)),
    announcement(version(1, 27, 0), version(1, 28, 0)),
    announcement(version(1, 27, 1), version(1, 29, 0)),
    announcement(version(1, 27, 4), version(1, 30, 0)),
    announcement(version(1, 28, 0), version(1, 29, 0)),
    announcement(version(1, 28, 2), version(1, 30, 0)),
    announcement(version(1, 28, 4), version(1, 31, 0)),
    announcement(version(1, 29, 0), version(1, 30, 0)),
    announcement(version(1, 29, 2), version(1, 31, 0)),
    announcement(version(1, 30, 0), version(1, 31, 0)),
    announcement(version(1, 31, 0), version(1, 31, 0)),
];

/// The removal of in-tree Barman support that a release announces; `None` before the deprecation.
pub(super) fn removal_of_in_tree_barman(at: OperatorVersion) -> Option<OperatorVersion> {
    let mut rows = IN_TREE_BARMAN.iter().rev();
    rows.find(|row| row.from <= at).map(|row| row.removal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patch_releases_of_older_lines_have_their_own_start() {
        for (at, expected) in [
            (version(1, 24, 9), false),
            (version(1, 25, 3), false),
            (version(1, 25, 4), true),
            (version(1, 26, 1), false),
            (version(1, 27, 0), false),
            (version(1, 27, 1), true),
            (version(1, 28, 0), true),
            (version(1, 31, 0), true),
        ] {
            assert_eq!(is_deprecated(POD_MONITOR, at), expected, "{at}");
        }
    }

    #[test]
    fn the_announced_removal_follows_the_release() {
        let rows = [
            ((1, 25, 4), None),
            ((1, 26, 1), Some((1, 28, 0))),
            ((1, 26, 3), Some((1, 29, 0))),
            ((1, 27, 0), Some((1, 28, 0))),
            ((1, 27, 3), Some((1, 29, 0))),
            ((1, 27, 4), Some((1, 30, 0))),
            ((1, 28, 1), Some((1, 29, 0))),
            ((1, 28, 3), Some((1, 30, 0))),
            ((1, 28, 4), Some((1, 31, 0))),
            ((1, 29, 1), Some((1, 30, 0))),
            ((1, 29, 2), Some((1, 31, 0))),
            ((1, 30, 0), Some((1, 31, 0))),
        ];
        for ((major, minor, patch), removal) in rows {
            let removal = removal.map(|(major, minor, patch)| version(major, minor, patch));
            assert_eq!(
                removal_of_in_tree_barman(version(major, minor, patch)),
                removal,
                "{major}.{minor}.{patch}"
            );
        }
    }
}
