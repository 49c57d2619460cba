//! A backup uses the method its cluster has.

use crate::diagnostic::{Diagnostic, Fix, Safety, Severity};
use crate::model::backup::{BackupMethod, ClusterUser};
use crate::model::cluster::{BARMAN_PLUGIN, Cluster};
use crate::yaml::patch::{self, NewValue};

use super::rule::{Check, Context, Needs, Remedy, Rule};

pub(super) const RULE: Rule = Rule {
    id: "backup-method-mismatch",
    summary: "backup method that its cluster does not have",
    severity: Severity::Error,
    remedy: Remedy::Unsafe,
    needs: Needs::Manifests,
    explain: include_str!("../../fixtures/rules/backup-method-mismatch/README.md"),
    check: Check::Backup(check),
};

fn check(backup: &ClusterUser, context: &Context<'_>) -> Vec<Diagnostic> {
    let Some(method) = backup.method() else {
        return Vec::new();
    };
    let clusters = candidates(backup, context);
    // Of clusters with one name in several places, one that fits is enough.
    let problems: Option<Vec<_>> = clusters
        .iter()
        .map(|cluster| problem(backup, method, cluster))
        .collect();
    let (Some(cluster), Some(problem)) = (
        clusters.first(),
        problems.and_then(|all| all.into_iter().next()),
    ) else {
        return Vec::new();
    };
    let explicit = backup.object.value(&["spec", "method"]).is_some();
    let place = backup.object.place(if explicit {
        &["spec", "method"]
    } else {
        &["metadata", "name"]
    });
    let finding = RULE
        .found(
            &backup.object,
            place,
            format!(
                "{} `{}` {problem}",
                backup.object.kind, backup.object.name.value
            ),
        )
        .related(cluster.object.name.span, "the cluster");
    let switch = method == BackupMethod::BarmanObjectStore && cluster.barman_plugin().is_some();
    let help = if switch {
        "write `method: plugin` and `pluginConfiguration.name`; the default method is `barmanObjectStore`, and every backup would fail"
    } else {
        "choose the method the cluster is set up for; every backup would fail"
    };
    let fix = if switch {
        use_plugin(backup, context)
    } else {
        None
    };
    vec![finding.help(help).maybe_fix(fix)]
}

/// The clusters a backup can mean: those of its own build, else those of the overlays in use, else any.
fn candidates<'c>(backup: &ClusterUser, context: &'c Context<'_>) -> Vec<&'c Cluster> {
    let project = context.project;
    let own = |cluster: &&Cluster| backup.belongs_to(cluster.object.namespace(), cluster.name());
    let rank = |cluster: &Cluster| (cluster.build != backup.build, project.is_dormant(cluster));
    let named: Vec<&Cluster> = project.clusters.iter().filter(own).collect();
    let best = named.iter().map(|cluster| rank(cluster)).min();
    named
        .into_iter()
        .filter(|cluster| Some(rank(cluster)) == best)
        .collect()
}

fn problem(backup: &ClusterUser, method: BackupMethod, cluster: &Cluster) -> Option<String> {
    let name = cluster.title();
    match method {
        BackupMethod::BarmanObjectStore if cluster.in_tree => None,
        BackupMethod::BarmanObjectStore => Some(format!(
            "uses method `barmanObjectStore`, cluster `{name}` has no in-tree object store"
        )),
        BackupMethod::VolumeSnapshot => {
            let has = cluster
                .object
                .find(&["spec", "backup", "volumeSnapshot"])
                .is_some();
            (!has).then(|| {
                format!(
                    "uses method `volumeSnapshot`, cluster `{name}` has no `backup.volumeSnapshot`"
                )
            })
        }
        BackupMethod::Plugin => {
            let wanted = backup
                .object
                .value(&["spec", "pluginConfiguration", "name"])?;
            let has = cluster.plugins.iter().any(|plugin| {
                plugin.enabled
                    && plugin
                        .name
                        .as_ref()
                        .is_some_and(|own| own.value == wanted.value)
            });
            (!has).then(|| {
                format!(
                    "uses plugin `{}`, which cluster `{name}` does not have",
                    wanted.value
                )
            })
        }
    }
}

fn use_plugin(backup: &ClusterUser, context: &Context<'_>) -> Option<Fix> {
    let spec = context.written(backup.object.find(&["spec"])?.span())?;
    let source = context.source(spec.span());
    let keys: Vec<&str> = spec
        .as_mapping()?
        .iter()
        .filter_map(|entry| entry.key.text())
        .collect();
    if keys.contains(&"pluginConfiguration") {
        return None;
    }
    let configuration = NewValue::Mapping(vec![(
        "name".to_owned(),
        NewValue::Scalar(BARMAN_PLUGIN.to_owned()),
    )]);
    let plugin = NewValue::Scalar("plugin".to_owned());
    let edits = match spec.get("method") {
        Some(method) => vec![
            patch::set_scalar(source, method, "plugin").ok()?,
            patch::insert_entry(
                source,
                spec,
                Some("method"),
                "pluginConfiguration",
                &configuration,
            )
            .ok()?,
        ],
        // Two insertions need two places: behind the first key and behind the last.
        None if keys.len() > 1 => vec![
            patch::insert_entry(source, spec, keys.first().copied(), "method", &plugin).ok()?,
            patch::insert_entry(
                source,
                spec,
                keys.last().copied(),
                "pluginConfiguration",
                &configuration,
            )
            .ok()?,
        ],
        None => return None,
    };
    Some(Fix {
        title: "use the Barman Cloud plugin".to_owned(),
        safety: Safety::Unsafe,
        edits,
    })
}
