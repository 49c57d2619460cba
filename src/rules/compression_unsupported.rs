//! Compressions that a release of the operator takes.

use crate::config::OperatorVersion;
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::cluster::Cluster;
use crate::model::object::has_variable;

use super::rule::{Check, Context, Needs, Remedy, Rule};

pub(super) const RULE: Rule = Rule {
    id: "compression-unsupported",
    summary: "compression that the operator version does not know",
    severity: Severity::Error,
    remedy: Remedy::ByHand,
    needs: Needs::Manifests,
    explain: include_str!("../../fixtures/rules/compression-unsupported/README.md"),
    check: Check::Cluster(check),
};

const fn version(major: u16, minor: u16, patch: u16) -> OperatorVersion {
    OperatorVersion {
        major,
        minor,
        patch,
    }
}

/// The newest release whose values are known.
const NEWEST: OperatorVersion = version(1, 30, 0);

/// Values of every release. Source: CNPG `config/crd/bases/postgresql.cnpg.io_clusters.yaml` at each tag.
const ALWAYS: [&str; 3] = ["bzip2", "gzip", "snappy"];

/// Values that came later: for what, which, and since which patch release of each minor one.
const LATER: [(&str, &[&str], [OperatorVersion; 3]); 2] = [
    (
        "wal",
        &["lz4", "xz", "zstd"],
        [version(1, 24, 4), version(1, 25, 2), version(1, 26, 0)],
    ),
    (
        "data",
        &["lz4"],
        [version(1, 28, 4), version(1, 29, 2), version(1, 30, 0)],
    ),
];

/// Whether the in-tree store of a release takes the value.
fn is_known(part: &str, value: &str, at: OperatorVersion) -> bool {
    let since = |releases: &[OperatorVersion; 3]| {
        let own = releases
            .iter()
            .find(|release| (release.major, release.minor) == (at.major, at.minor));
        own.map_or(at > releases[2], |release| at >= *release)
    };
    ALWAYS.contains(&value)
        || LATER.iter().any(|(own, values, releases)| {
            *own == part && values.contains(&value) && since(releases)
        })
}

fn check(cluster: &Cluster, context: &Context<'_>) -> Vec<Diagnostic> {
    let at = context.config.operator_version.unwrap_or(NEWEST);
    if at > NEWEST {
        // What it takes is not known here; the rules of the schemas warn of what no known release takes.
        return Vec::new();
    }
    let paths = cluster.in_tree_stores();
    let mut found = Vec::new();
    for (path, part) in paths
        .iter()
        .flat_map(|path| ["wal", "data"].map(|part| (path, part)))
    {
        let path = [path.as_slice(), &[part, "compression"]].concat();
        let Some(value) = cluster.object.value(&path) else {
            continue;
        };
        if has_variable(&value.value) || is_known(part, &value.value, at) {
            continue;
        }
        let message = format!(
            "CloudNativePG {at} does not know the compression `{}` for {part}",
            value.value
        );
        let known: Vec<&str> = ["bzip2", "gzip", "lz4", "snappy", "xz", "zstd"]
            .into_iter()
            .filter(|value| is_known(part, value, at))
            .collect();
        let finding = RULE.found(&cluster.object, cluster.object.place(&path), message);
        found.push(finding.help(format!(
            "use one of {}; the API server refuses the Cluster",
            known.join(", ")
        )));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_minor_release_has_its_own_first_patch_release() {
        for (part, value, at, known) in [
            ("wal", "lz4", version(1, 24, 3), false),
            ("wal", "lz4", version(1, 24, 4), true),
            ("wal", "zstd", version(1, 25, 1), false),
            ("wal", "xz", version(1, 26, 0), true),
            ("wal", "xz", version(1, 23, 9), false),
            ("data", "lz4", version(1, 28, 3), false),
            ("data", "lz4", version(1, 28, 4), true),
            ("data", "lz4", version(1, 29, 1), false),
            ("data", "lz4", version(1, 31, 0), true),
            ("data", "zstd", version(1, 31, 0), false),
            ("wal", "", version(1, 30, 0), false),
            ("data", "gzip", version(1, 20, 0), true),
        ] {
            assert_eq!(is_known(part, value, at), known, "{part} {value} {at}");
        }
    }
}
