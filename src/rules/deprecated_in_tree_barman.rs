//! In-tree Barman Cloud support is on its way out.

use crate::config::OperatorVersion;
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::cluster::Cluster;

use super::rule::{Check, Context, Needs, Remedy, Rule};

pub(super) const RULE: Rule = Rule {
    id: "deprecated-in-tree-barman",
    summary: "in-tree `barmanObjectStore`, which the Barman Cloud plugin replaces",
    severity: Severity::Warning,
    remedy: Remedy::ByHand,
    needs: Needs::Manifests,
    explain: include_str!("../../fixtures/rules/deprecated-in-tree-barman/README.md"),
    check: Check::Cluster(check),
};

/// One release line: from which release on the admission warning announces which removal.
///
/// The removal has moved with the releases. Source: the warning text at each tag, CNPG `internal/webhook/v1/cluster_webhook.go`.
struct Announcement {
    from: OperatorVersion,
    removal: OperatorVersion,
}

const fn version(major: u16, minor: u16, patch: u16) -> OperatorVersion {
    OperatorVersion {
        major,
        minor,
        patch,
    }
}

/// In order of releases; within one minor release the last row at or below the version counts.
const ANNOUNCEMENTS: [Announcement; 12] = [
    Announcement {
        from: version(1, 26, 0),
        removal: version(1, 28, 0),
    },
    Announcement {
        from: version(1, 26, 2),
        removal: version(1, 29, 0),
    },
    Announcement {
        from: version(1, 27, 0),
        removal: version(1, 28, 0),
    },
    Announcement {
        from: version(1, 27, 1),
        removal: version(1, 29, 0),
    },
    Announcement {
        from: version(1, 27, 4),
        removal: version(1, 30, 0),
    },
    Announcement {
        from: version(1, 28, 0),
        removal: version(1, 29, 0),
    },
    Announcement {
        from: version(1, 28, 2),
        removal: version(1, 30, 0),
    },
    Announcement {
        from: version(1, 28, 4),
        removal: version(1, 31, 0),
    },
    Announcement {
        from: version(1, 29, 0),
        removal: version(1, 30, 0),
    },
    Announcement {
        from: version(1, 29, 2),
        removal: version(1, 31, 0),
    },
    Announcement {
        from: version(1, 30, 0),
        removal: version(1, 31, 0),
    },
    Announcement {
        from: version(1, 31, 0),
        removal: version(1, 31, 0),
    },
];

/// The removal announced at a version; `None` before the deprecation.
fn announced(at: OperatorVersion) -> Option<OperatorVersion> {
    ANNOUNCEMENTS
        .iter()
        .rev()
        .find(|row| row.from <= at)
        .map(|row| row.removal)
}

fn check(cluster: &Cluster, context: &Context<'_>) -> Vec<Diagnostic> {
    let newest = version(1, 30, 0);
    let at = context.config.operator_version.unwrap_or(newest);
    let Some(removal) = announced(at) else {
        return Vec::new();
    };
    let own = cluster.in_tree.then(|| {
        cluster
            .object
            .place(&["spec", "backup", "barmanObjectStore"])
    });
    let entries = cluster
        .external_clusters
        .iter()
        .filter(|entry| entry.in_tree);
    let sources = entries.map(|entry| {
        cluster.object.place(&[
            "spec",
            "externalClusters",
            &entry.index,
            "barmanObjectStore",
        ])
    });
    let (severity, state) = if at >= removal {
        (
            Severity::Error,
            format!("CloudNativePG {at} no longer has in-tree Barman Cloud support"),
        )
    } else {
        (
            Severity::Warning,
            format!(
                "CloudNativePG {at} announces the removal of in-tree Barman Cloud support for {removal}"
            ),
        )
    };
    let help = format!(
        "{state}; `walbound migrate {}` moves it to the Barman Cloud plugin and keeps the lineage",
        cluster.name()
    );
    let message = format!(
        "cluster `{}` uses the in-tree `barmanObjectStore`",
        cluster.title()
    );
    let found = |place| {
        RULE.found(&cluster.object, place, message.clone())
            .severity(severity)
            .help(help.clone())
    };
    own.into_iter().chain(sources).map(found).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

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
                announced(version(major, minor, patch)),
                removal,
                "{major}.{minor}.{patch}"
            );
        }
    }
}
