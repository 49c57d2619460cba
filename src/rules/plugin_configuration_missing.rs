//! A backup by a plugin says by which.

use crate::diagnostic::{Diagnostic, Severity};
use crate::model::backup::{BackupMethod, ClusterUser};

use super::rule::{Check, Context, Needs, Remedy, Rule};

pub(super) const RULE: Rule = Rule {
    id: "plugin-configuration-missing",
    summary: "backup by a plugin that is not named",
    severity: Severity::Error,
    remedy: Remedy::ByHand,
    needs: Needs::Manifests,
    explain: include_str!("../../fixtures/rules/plugin-configuration-missing/README.md"),
    check: Check::Backup(check),
};

fn check(backup: &ClusterUser, _: &Context<'_>) -> Vec<Diagnostic> {
    let named = backup
        .object
        .value(&["spec", "pluginConfiguration", "name"]);
    if backup.method() != Some(BackupMethod::Plugin) || named.is_some() {
        return Vec::new();
    }
    let message = format!(
        "{} `{}` uses method `plugin` and names none",
        backup.object.kind, backup.object.name.value
    );
    let place = backup.object.place(&["spec", "method"]);
    let help = format!(
        "add `pluginConfiguration` with `name: {}`; a ScheduledBackup without it is accepted, and every backup it makes is refused",
        crate::model::cluster::BARMAN_PLUGIN
    );
    vec![RULE.found(&backup.object, place, message).help(help)]
}
