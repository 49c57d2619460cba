//! The recovery that a manifest asks for.

use thiserror::Error;

use super::target::{Goal, Target};
use crate::barman::{Backup, Catalog, Request, TargetTimeline, selection};
use crate::model::cluster::Cluster;
use crate::model::object::has_variable;
use crate::model::recovery_target::GOALS;
use crate::model::recovery_target::{
    TargetLsn, TargetTimeline as Written, TargetXid, check_target_name,
};
use crate::model::target_time::{Replay, TargetTime, Zone};
use crate::wal::{Lsn, TimelineId, Xid};

/// Where a recovery is to end, over which timeline, and from which base backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The target.
    pub target: Target,
    /// `targetTLI`.
    pub timeline: TargetTimeline,
    /// `backupID`.
    pub backup_id: Option<String>,
}

/// Why a manifest does not tell what it asks for.
#[derive(Debug, Clone, Copy, Error, PartialEq, Eq)]
pub enum NoTarget {
    /// Something else puts a value in place of a variable.
    #[error("a variable stands in the recovery target")]
    Variable,
    /// Admission or PostgreSQL refuses it, or they read it differently.
    #[error("the recovery target is not valid")]
    Refused,
    /// The time has no zone: the one of the server decides.
    #[error("the target time has no zone")]
    ServerZone,
    /// The data comes from disk snapshots or from a Backup object, not from a base backup that the archive chooses.
    #[error("the recovery does not start from a base backup of the archive")]
    OtherStart,
}

/// `spec.bootstrap.recovery.recoveryTarget`.
pub const RECOVERY_TARGET: [&str; 4] = ["spec", "bootstrap", "recovery", "recoveryTarget"];

impl Wanted {
    /// Reads `bootstrap.recovery` of a cluster that has one.
    ///
    /// # Errors
    /// [`NoTarget`].
    pub fn of(cluster: &Cluster) -> Result<Self, NoTarget> {
        if cluster.has_data_from_elsewhere() {
            return Err(NoTarget::OtherStart);
        }
        let goal = match given(cluster).as_slice() {
            [] => Goal::Latest,
            [only] => goal(only, &text(cluster, only)?.unwrap_or_default())?,
            _ => return Err(NoTarget::Refused),
        };
        let timeline = match text(cluster, "targetTLI")? {
            None => TargetTimeline::Latest,
            Some(text) => match Written::read(&text).map_err(|_| NoTarget::Refused)? {
                Written::Latest => TargetTimeline::Latest,
                Written::Number(number) => TargetTimeline::Exactly(TimelineId(number)),
            },
        };
        let exclusive = cluster.object.flag(&field("exclusive"));
        Ok(Self {
            target: Target {
                goal,
                inclusive: exclusive != Some(true),
            },
            timeline,
            backup_id: text(cluster, "backupID")?,
        })
    }

    /// The field that names the target; `None` when everything is to be replayed.
    pub fn field(cluster: &Cluster) -> Option<&'static str> {
        given(cluster).first().copied()
    }

    /// The base backup that the operator would restore.
    pub fn backup<'c>(&self, catalog: &'c Catalog) -> Option<&'c Backup> {
        let request = Request {
            backup_id: self.backup_id.as_deref(),
            criterion: self.target.goal.criterion(),
            timeline: self.timeline,
        };
        let choice = selection::choose(&catalog.backups, &request).ok()?;
        Some(choice.backup)
    }
}

fn field(name: &str) -> [&str; 5] {
    let [spec, bootstrap, recovery, target] = RECOVERY_TARGET;
    [spec, bootstrap, recovery, target, name]
}

/// A field's text; empty ones do not count.
fn text(cluster: &Cluster, name: &str) -> Result<Option<String>, NoTarget> {
    let written = cluster.object.value(&field(name)).map(|text| text.value);
    match written {
        Some(text) if has_variable(&text) => Err(NoTarget::Variable),
        other => Ok(other),
    }
}

fn given(cluster: &Cluster) -> Vec<&'static str> {
    let is_given = |name: &&str| cluster.object.value(&field(name)).is_some();
    GOALS.into_iter().filter(is_given).collect()
}

fn goal(field: &str, text: &str) -> Result<Goal, NoTarget> {
    let refused = NoTarget::Refused;
    match field {
        "targetTime" => time(text),
        "targetLSN" => TargetLsn::read(text)
            .map(|position| Goal::Lsn(Lsn(position.as_u64())))
            .map_err(|_| refused),
        "targetXID" => TargetXid::read(text)
            .map(|xid| Goal::Xid(Xid(xid.as_u32())))
            .map_err(|_| refused),
        "targetName" => check_target_name(text)
            .map(|()| Goal::Name(text.to_owned()))
            .map_err(|_| refused),
        // `false` is written to no setting.
        _ if text == "true" => Ok(Goal::Immediate),
        _ => Ok(Goal::Latest),
    }
}

fn time(text: &str) -> Result<Goal, NoTarget> {
    let read = TargetTime::read(text).map_err(|_| NoTarget::Refused)?;
    if read.replay() != Replay::Accepted {
        return Err(NoTarget::Refused);
    }
    if read.zone() == Zone::Server {
        return Err(NoTarget::ServerZone);
    }
    Ok(Goal::Time {
        choice: read.backup_instant(),
        replay: read.instant(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::object::Object;
    use crate::text::FileId;
    use crate::yaml::{Locator, parse};

    fn wanted(target: &str) -> Result<Wanted, NoTarget> {
        let text = format!(
            "apiVersion: postgresql.cnpg.io/v1\nkind: Cluster\nmetadata: {{name: db}}\nspec:\n  bootstrap:\n    recovery:\n      source: old\n      recoveryTarget: {target}\n"
        );
        let documents = parse(&text, &Locator::File(FileId(0))).unwrap();
        let root = documents.into_iter().next().unwrap().root;
        Wanted::of(&Cluster::new(Object::new(root).unwrap(), 0))
    }

    fn goal_of(target: &str) -> Result<Goal, NoTarget> {
        wanted(target).map(|wanted| wanted.target.goal)
    }

    #[test]
    fn each_field_is_a_goal_and_none_is_the_end_of_the_archive() {
        assert_eq!(goal_of("null"), Ok(Goal::Latest));
        assert_eq!(goal_of("{targetTime: ''}"), Ok(Goal::Latest));
        assert_eq!(
            goal_of("{targetLSN: 0/70000D8}"),
            Ok(Goal::Lsn(Lsn(0x700_00D8)))
        );
        assert_eq!(goal_of("{targetXID: '735'}"), Ok(Goal::Xid(Xid(735))));
        assert_eq!(
            goal_of("{targetName: here}"),
            Ok(Goal::Name("here".to_owned()))
        );
        assert_eq!(goal_of("{targetImmediate: true}"), Ok(Goal::Immediate));
        assert_eq!(goal_of("{targetImmediate: false}"), Ok(Goal::Latest));
        let time = goal_of("{targetTime: 2026-08-21T15:30:00Z}").unwrap();
        assert!(matches!(time, Goal::Time { choice, replay } if choice == replay));
    }

    #[test]
    fn what_goes_with_the_goal_is_read_as_written() {
        let all = wanted("{backupID: 20260101T000001, targetTLI: '2', exclusive: true}").unwrap();
        assert_eq!(all.backup_id.as_deref(), Some("20260101T000001"));
        assert_eq!(all.timeline, TargetTimeline::Exactly(TimelineId(2)));
        assert!(!all.target.inclusive);
        assert!(wanted("{}").unwrap().target.inclusive);
    }

    #[test]
    fn what_cannot_be_known_is_not_guessed() {
        for (target, reason) in [
            ("{targetTime: '${WHEN}'}", NoTarget::Variable),
            ("{targetTime: '2026-08-21 15:30:00'}", NoTarget::ServerZone),
            ("{targetTime: '2026-08-21 15:30:00Z'}", NoTarget::Refused),
            ("{targetTime: yesterday}", NoTarget::Refused),
            ("{targetLSN: '7'}", NoTarget::Refused),
            ("{targetXID: '7', targetName: x}", NoTarget::Refused),
            ("{targetTLI: current}", NoTarget::Refused),
        ] {
            assert_eq!(wanted(target), Err(reason), "{target}");
        }
    }
}
