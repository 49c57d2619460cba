//! One server name, several databases.

use std::collections::BTreeMap;

use crate::diagnostic::Severity;
use crate::facts::AtHand;
use crate::wal::SystemId;

use super::archived::{Lineage, Looked};
use super::rule::{Check, Context, Needs, Remedy, Rule};

pub(super) const RULE: Rule = Rule {
    id: "lineage-mixed-systems",
    summary: "lineage that several database systems have written to",
    severity: Severity::Error,
    remedy: Remedy::ByHand,
    needs: Needs::Archive,
    explain: include_str!("../../fixtures/rules/lineage-mixed-systems/README.md"),
    check: Check::Lineage(check),
};

/// How many backups or segments of one system are named.
const MOST_NAMES: usize = 4;

/// What one system left.
#[derive(Default)]
struct Left {
    backups: Vec<String>,
    segments: Vec<String>,
}

impl Left {
    fn words(&self) -> String {
        let named = |noun: &str, names: &[String]| {
            let more = names.len().saturating_sub(MOST_NAMES);
            let first: Vec<&str> = names.iter().take(MOST_NAMES).map(String::as_str).collect();
            let plural = if names.len() == 1 { "" } else { "s" };
            let more = if more > 0 {
                format!(" and {more} more")
            } else {
                String::new()
            };
            format!("{noun}{plural} {}{more}", first.join(", "))
        };
        // Where there are backups, they say enough.
        match self.backups.is_empty() {
            false => named("backup", &self.backups),
            true => named("segment", &self.segments),
        }
    }
}

fn systems(archive: AtHand<'_>) -> BTreeMap<SystemId, Left> {
    let mut systems: BTreeMap<SystemId, Left> = BTreeMap::new();
    let catalog = archive.catalog();
    for backup in &catalog.backups {
        if let Some(system) = backup.info().and_then(|info| info.system_identifier) {
            let left = systems.entry(system).or_default();
            left.backups.push(backup.id.to_string());
        }
    }
    for opened in archive.opened().iter() {
        if let Ok(system) = opened.system {
            let name = opened.name.file_name(catalog.segment_size).to_string();
            systems.entry(system).or_default().segments.push(name);
        }
    }
    systems
}

fn check(lineage: &Lineage<'_>, context: &Context<'_>) -> Looked {
    let archive = lineage.at_hand(context)?;
    let systems = systems(archive);
    if systems.len() < 2 {
        return Ok(Vec::new());
    }
    let each: Vec<String> = systems
        .iter()
        .map(|(system, left)| format!("{system} ({})", left.words()))
        .collect();
    let message = format!(
        "{} database systems have archived into `{}`: {}",
        systems.len(),
        lineage.name(),
        each.join(", ")
    );
    let finding = RULE
        .found(&lineage.cluster.object, lineage.place(), message)
        .help("WAL of one system ends the replay of another; name the backup to restore in `backupID`, and archive into a server name that no lineage has used yet");
    Ok(vec![finding.seen_at(archive.depth())])
}
