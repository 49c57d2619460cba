//! Objects of an archive that cannot be read.

use crate::barman::BackupState;
use crate::diagnostic::Severity;
use crate::facts::{AtHand, Depth};

use super::archived::{Lineage, Looked, unmet};
use super::rule::{Check, Context, Needs, Remedy, Rule};

pub(super) const RULE: Rule = Rule {
    id: "object-unreadable",
    summary: "object of the archive that cannot be read",
    severity: Severity::Error,
    remedy: Remedy::ByHand,
    needs: Needs::Archive,
    explain: include_str!("../../fixtures/rules/object-unreadable/README.md"),
    check: Check::Lineage(check),
};

/// An object, and why it cannot be read.
type Unreadable = (String, String);

fn check(lineage: &Lineage<'_>, context: &Context<'_>) -> Looked {
    let archive = lineage.at_hand(context)?;
    let objects = unreadable(archive);
    let Some(((object, why), rest)) = objects.split_first() else {
        if archive.depth() < Depth::Headers {
            let reason = "no object was opened at depth `listing`";
            return Err(unmet(lineage.cluster, reason));
        }
        return Ok(Vec::new());
    };
    let more = match rest.len() {
        0 => String::new(),
        1 => "; nor can one other object".to_owned(),
        count => format!("; nor can {count} other objects"),
    };
    let message = format!("`{object}` cannot be read: {why}{more}");
    let finding = RULE
        .found(&lineage.cluster.object, lineage.place(), message)
        .help("a recovery that needs it fails, or loses what lies behind; look for an earlier version of the object, and check that the recovery's credentials may read it");
    Ok(vec![finding.seen_at(archive.depth())])
}

/// Backups, histories and segments, as far as they were opened.
fn unreadable(archive: AtHand<'_>) -> Vec<Unreadable> {
    let catalog = archive.catalog();
    let backups = catalog.backups.iter().filter_map(|backup| {
        let why = match &backup.state {
            BackupState::Unreadable(error) => error.to_string(),
            BackupState::Invalid(error) => error.to_string(),
            BackupState::Read(_) | BackupState::Missing => return None,
        };
        Some((catalog.path.backup(&backup.id) + "backup.info", why))
    });
    let histories = catalog.histories.iter().filter_map(|(timeline, file)| {
        let why = file.content.as_ref().err()?.to_string();
        Some((catalog.path.history(*timeline, file.compression), why))
    });
    let opened = archive.opened();
    let segments = opened.iter().filter_map(|opened| {
        let why = opened.system.as_ref().err()?;
        Some((opened.key.clone(), why.clone()))
    });
    backups.chain(histories).chain(segments).collect()
}
