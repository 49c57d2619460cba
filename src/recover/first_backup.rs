//! A Backup that a repository keeps for the time right after a recovery, named after the lineage it goes to.
//!
//! Backups cannot be changed once they exist, so the next recovery needs another name.

use crate::text::Edit;
use crate::yaml::Origin;
use crate::yaml::patch::set_scalar;

use super::Refusal;
use super::workbench::Workbench;

/// Renames the Backups of the rendering whose names hold the lineage `before`, or its number, to hold `after`.
pub(super) fn rename(
    bench: &mut Workbench<'_, '_>,
    before: &str,
    after: &str,
) -> Result<(), Refusal> {
    bench.step(|database, cluster| {
        let project = database.project;
        let mut edits: Vec<Edit> = Vec::new();
        let own = project.backups.iter().filter(|backup| {
            backup.build == cluster.build
                && backup.belongs_to(cluster.object.namespace(), cluster.name())
        });
        for backup in own {
            let object = &backup.object;
            let Some(name) = renamed(&object.name.value, before, after) else {
                continue;
            };
            let Some(node) = object.find(&["metadata", "name"]) else {
                continue;
            };
            if !matches!(node.origin, Origin::Read(_)) {
                continue;
            }
            let source = &project.sources.file(node.span().file).text;
            let edit = set_scalar(source, node, &name);
            edits.push(edit.map_err(|error| Refusal::patch(project, node.span(), &error))?);
        }
        Ok(edits)
    })?;
    Ok(())
}

fn renamed(name: &str, before: &str, after: &str) -> Option<String> {
    if before == after {
        return None;
    }
    if name.contains(before) {
        return Some(name.replacen(before, after, 1));
    }
    let (number, new) = (counter(before)?, counter(after)?);
    let parts: Vec<&str> = name.split('-').collect();
    let at = parts.iter().rposition(|part| *part == number)?;
    let mut parts = parts;
    parts[at] = new;
    Some(parts.join("-"))
}

/// `v6` of `postgres16-v6`.
pub(super) fn counter(lineage: &str) -> Option<&str> {
    let last = lineage.rsplit('-').next()?;
    let digits = last.strip_prefix('v')?;
    (!digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit())).then_some(last)
}

#[cfg(test)]
mod tests {
    use super::renamed;

    #[test]
    fn the_lineage_or_its_number_changes_and_other_names_stay() {
        let table = [
            ("db-v5-first", "db-v5", "db-v6", Some("db-v6-first")),
            (
                "after-recovery-v5",
                "db-v5",
                "db-v6",
                Some("after-recovery-v6"),
            ),
            ("after-recovery-v55", "db-v5", "db-v6", None),
            ("nightly", "db-v5", "db-v6", None),
            ("db-v5-first", "db-v5", "db-v5", None),
            (
                "db-20260101",
                "db-20260101",
                "db-20260202",
                Some("db-20260202"),
            ),
        ];
        for (name, before, after, expected) in table {
            assert_eq!(renamed(name, before, after).as_deref(), expected, "{name}");
        }
    }
}
