//! Backup and ScheduledBackup.

use crate::model::cron::Schedule;

use super::Refusal;
use super::check::{Check, Kind, Look, Release};
use super::manifest::Manifest;

pub(super) static CHECKS: &[Check] = &[
    Check::error(
        "admission/backup-online-barman",
        "online",
        "`online` for a method other than volume snapshots",
        Look::Whole(|manifest| snapshot_only(manifest, "online")),
    )
    .of(Kind::Backup),
    Check::error(
        "admission/backup-onlinecfg-barman",
        "onlineConfiguration",
        "`onlineConfiguration` for a method other than volume snapshots",
        Look::Whole(|manifest| snapshot_only(manifest, "onlineConfiguration")),
    )
    .of(Kind::Backup),
    Check::error(
        "admission/backup-plugin-config",
        "pluginConfiguration",
        "backup by a plugin that is not named",
        Look::Whole(plugin),
    )
    .of(Kind::Backup)
    .told_by("plugin-configuration-missing"),
    Check::error(
        "admission/backup-deadline-int",
        "metadata.annotations[cnpg.io/volumeSnapshotDeadline]",
        "deadline that is no number",
        Look::Whole(deadline),
    )
    .of(Kind::Backup)
    .since(&[Release(25, 2)]),
    Check::error(
        "admission/sb-cron-invalid",
        "schedule",
        "schedule that the operator does not read",
        Look::Whole(unreadable),
    )
    .of(Kind::ScheduledBackup)
    .told_by("cron-invalid"),
    Check::warning(
        "admission/sb-cron-fields",
        "schedule",
        "schedule of other than six fields",
        Look::Whole(field_count),
    )
    .of(Kind::ScheduledBackup)
    .told_by("cron-five-fields"),
    Check::error(
        "admission/sb-online-barman",
        "online",
        "`online` for a method other than volume snapshots",
        Look::Whole(|manifest| snapshot_only(manifest, "online")),
    )
    .of(Kind::ScheduledBackup),
    Check::error(
        "admission/sb-onlinecfg-barman",
        "onlineConfiguration",
        "`onlineConfiguration` for a method other than volume snapshots",
        Look::Whole(|manifest| snapshot_only(manifest, "onlineConfiguration")),
    )
    .of(Kind::ScheduledBackup),
];

/// The method; the in-tree object store where none is given.
fn method<'m>(manifest: &Manifest<'m>) -> Option<&'m str> {
    match manifest.spec(&["method"]).text()? {
        "" => Some("barmanObjectStore"),
        method => Some(method),
    }
}

fn snapshot_only(manifest: &Manifest<'_>, name: &'static str) -> Option<Refusal> {
    let field = manifest.spec(&[name]);
    let in_tree = method(manifest)? == "barmanObjectStore";
    (in_tree && field.is_set()).then(|| {
        let help = "add `method: volumeSnapshot`, or remove it; without a method the in-tree object store is meant";
        field.refuse(format!("`{name}` is for volume snapshots")).help(help)
    })
}

fn plugin(manifest: &Manifest<'_>) -> Option<Refusal> {
    let name = manifest.spec(&["pluginConfiguration", "name"]);
    (method(manifest)? == "plugin" && name.text()?.is_empty()).then(|| {
        let field = if name.is_set() {
            name
        } else {
            manifest.spec(&["method"])
        };
        let help = "name it in `pluginConfiguration.name`";
        field
            .refuse("a plugin is to take the backup, and none is named")
            .help(help)
    })
}

fn deadline(manifest: &Manifest<'_>) -> Option<Refusal> {
    let field = manifest.annotation("cnpg.io/volumeSnapshotDeadline")?;
    let text = field.given_text()?;
    text.parse::<i64>().is_err().then(|| {
        field
            .refuse(format!("`{text}` is no number"))
            .help("write the number of minutes, in quotes")
    })
}

fn unreadable(manifest: &Manifest<'_>) -> Option<Refusal> {
    let field = manifest.spec(&["schedule"]);
    let error = Schedule::parse(field.text()?).err()?;
    Some(field.refuse(format!("the schedule is refused: {error}")))
}

/// The operator counts the fields of `@daily` and its like too, and finds one. These say what they mean, and are left
/// alone.
fn field_count(manifest: &Manifest<'_>) -> Option<Refusal> {
    let field = manifest.spec(&["schedule"]);
    let text = field.given_text()?;
    let fields = text.split_whitespace().count();
    (fields != 6 && !text.starts_with('@') && Schedule::parse(text).is_ok()).then(|| {
        let message = format!("the schedule `{text}` is not made of six fields");
        field
            .refuse(message)
            .help("the first field are the seconds")
    })
}
