//! A recovery without a target restores the newest backup, of whichever database it is.

use crate::barman::Backup;
use crate::diagnostic::Severity;
use crate::facts::Goal;
use crate::wal::SystemId;

use super::archived::{Looked, Recovery};
use super::rule::{Check, Context, Needs, Remedy, Rule};

pub(super) const RULE: Rule = Rule {
    id: "latest-is-other-system",
    summary: "recovery of the latest state restores another database system",
    severity: Severity::Error,
    remedy: Remedy::ByHand,
    needs: Needs::Archive,
    explain: include_str!("../../fixtures/rules/latest-is-other-system/README.md"),
    check: Check::Recovery(check),
};

fn check(recovery: &Recovery<'_>, context: &Context<'_>) -> Looked {
    let source = recovery.source(context)?;
    let wanted = recovery.wanted()?;
    if wanted.backup_id.is_some() || wanted.target.goal != Goal::Latest {
        return Ok(Vec::new());
    }
    let catalog = source.catalog();
    let Some((chosen, own)) = wanted
        .backup(catalog)
        .and_then(|backup| Some((backup, system(backup)?)))
    else {
        return Ok(Vec::new());
    };
    let mut others = catalog
        .backups
        .iter()
        .rev()
        .filter(|backup| backup.usable_for_operator());
    let other = others.find(|backup| system(backup).is_some_and(|system| system != own));
    let Some((other, earlier)) = other.and_then(|other| Some((other, system(other)?))) else {
        return Ok(Vec::new());
    };
    let name = &recovery.source.server_name;
    let message = format!(
        "recovery of `{}` would restore backup {} of database system {own}; backup {} in `{}` is of {earlier}",
        recovery.cluster.title(),
        chosen.id,
        other.id,
        name.value
    );
    let place = recovery.target_place();
    let finding = RULE
        .found(&recovery.cluster.object, place, message)
        .related(name.place.span, "recovery reads from here")
        .help(format!(
            "find out which of the two is the database you want; the other system is restored with `recoveryTarget.backupID: {}`",
            other.id
        ));
    Ok(vec![finding.seen_at(source.depth())])
}

fn system(backup: &Backup) -> Option<SystemId> {
    backup.info()?.system_identifier
}
