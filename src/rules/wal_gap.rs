//! Segments missing in the middle of an archive.

use crate::diagnostic::{Diagnostic, Severity};
use crate::facts::{AtHand, Gap, gaps};

use super::archived::{Lineage, Looked};
use super::rule::{Check, Context, Needs, Remedy, Rule};

pub(super) const RULE: Rule = Rule {
    id: "wal-gap",
    summary: "missing WAL segments",
    severity: Severity::Error,
    remedy: Remedy::ByHand,
    needs: Needs::Archive,
    explain: include_str!("../../fixtures/rules/wal-gap/README.md"),
    check: Check::Lineage(check),
};

fn check(lineage: &Lineage<'_>, context: &Context<'_>) -> Looked {
    let archive = lineage.at_hand(context)?;
    let gaps = gaps(archive.catalog());
    // The newest backup comes first, and one finding tells of all: they share their place.
    let Some((first, rest)) = gaps.split_first() else {
        return Ok(Vec::new());
    };
    Ok(vec![finding(lineage, archive, first, rest)])
}

fn finding(lineage: &Lineage<'_>, archive: AtHand<'_>, gap: &Gap, rest: &[Gap]) -> Diagnostic {
    let size = archive.catalog().segment_size;
    let name = gap.first.file_name(size);
    let missing = match gap.count {
        Some(1) => format!("segment {name} is missing"),
        Some(count) => format!("{count} segments from {name} on are missing"),
        None => format!(
            "segment {name}, without which backup {} is not whole, is missing",
            gap.backup
        ),
    };
    let more = match rest.len() {
        0 => String::new(),
        1 => "; so is WAL behind an older backup".to_owned(),
        count => format!("; so is WAL behind {count} older backups"),
    };
    let reach = match (gap.needed, gap.count) {
        (true, Some(_)) => format!(
            ": a recovery from backup {}, the newest, ends there, and loses what lies behind without an error where it has no target",
            gap.backup
        ),
        (true, None) => String::new(),
        (false, _) => format!(
            ": a recovery from backup {} ends there; newer backups are not affected",
            gap.backup
        ),
    };
    let message = format!("{missing} in `{}`{reach}{more}", lineage.name());
    let severity = match gap.needed {
        true => Severity::Error,
        false => Severity::Note,
    };
    RULE.found(&lineage.cluster.object, lineage.place(), message)
        .severity(severity)
        .help("look for the segment in `pg_wal` of the old instances and among the noncurrent versions of the bucket; take a base backup now, from which recovery works again")
        .seen_at(archive.depth())
}
