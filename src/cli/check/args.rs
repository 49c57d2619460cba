//! What can be written behind `walbound check`.

use clap::{Args, ValueEnum};

use crate::barman::TargetTimeline;
use crate::cli::at_hand::Subject;
use crate::facts::{Depth, Goal, Target};
use crate::model::target_time::{Replay, TargetTime, Zone};
use crate::wal::{Lsn, TimelineId, Xid};

/// `walbound check`.
#[derive(Debug, Args)]
pub struct Check {
    /// What to ask.
    #[command(flatten)]
    pub subject: Subject,
    /// The target.
    #[command(flatten)]
    pub target: TargetArguments,
    /// How closely to look; only records can show that a target is reached. Not set: all records, but of more than 512
    /// segments before a target time only those that decide
    #[arg(long, value_enum)]
    pub depth: Option<DepthArgument>,
    /// How to print the answer
    #[arg(long, value_enum, default_value_t = CheckFormat::Full)]
    pub format: CheckFormat,
}

/// Where a recovery is to end, and how it gets there.
#[derive(Debug, Args)]
pub struct TargetArguments {
    /// Where the recovery is to end.
    #[command(flatten)]
    pub goal: GoalArguments,
    /// End before the target instead of behind it
    #[arg(long, help_heading = "Target")]
    pub exclusive: bool,
    /// Timeline to follow: `latest` or a number
    #[arg(long, value_name = "TIMELINE", default_value = "latest", value_parser = timeline, help_heading = "Target")]
    pub target_tli: TargetTimeline,
    /// Base backup to start from, instead of the one that the operator would choose
    #[arg(long, value_name = "ID", help_heading = "Target")]
    pub backup_id: Option<String>,
}

/// Exactly one of these.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct GoalArguments {
    /// Replay everything that is archived
    #[arg(long, help_heading = "Target")]
    pub latest: bool,
    /// A point in time with its zone, such as `2026-08-21 15:30:00+00`
    #[arg(long, value_name = "TIME", value_parser = time, help_heading = "Target")]
    pub target_time: Option<Goal>,
    /// A WAL position, such as `16/B374D848`
    #[arg(long, value_name = "LSN", value_parser = lsn, help_heading = "Target")]
    pub target_lsn: Option<Goal>,
    /// A transaction
    #[arg(long, value_name = "XID", value_parser = xid, help_heading = "Target")]
    pub target_xid: Option<Goal>,
    /// A restore point
    #[arg(long, value_name = "NAME", value_parser = name, help_heading = "Target")]
    pub target_name: Option<Goal>,
    /// As soon as the base backup is whole
    #[arg(long, help_heading = "Target")]
    pub target_immediate: bool,
}

/// How closely to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DepthArgument {
    /// Names, sizes and upload times
    Listing,
    /// The first page of some segments besides; for a target time, the records of some
    Headers,
    /// Every record that the recovery would read
    Records,
}

/// How to print the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CheckFormat {
    /// For people
    Full,
    /// As a JSON document
    Json,
}

impl From<DepthArgument> for Depth {
    fn from(depth: DepthArgument) -> Self {
        match depth {
            DepthArgument::Listing => Self::Listing,
            DepthArgument::Headers => Self::Headers,
            DepthArgument::Records => Self::Records,
        }
    }
}

impl TargetArguments {
    /// The target; `None` without any, which only some commands accept. The parser sees to it that there is one at
    /// most.
    pub fn target(&self) -> Option<Target> {
        let GoalArguments {
            latest,
            target_time,
            target_lsn,
            target_xid,
            target_name,
            target_immediate,
        } = &self.goal;
        let named = [target_time, target_lsn, target_xid, target_name];
        let named = named.into_iter().flatten().next().cloned();
        let goal = match named {
            Some(goal) => goal,
            None if *target_immediate => Goal::Immediate,
            None if *latest => Goal::Latest,
            None => return None,
        };
        let inclusive = !self.exclusive;
        Some(Target { goal, inclusive })
    }
}

fn time(text: &str) -> Result<Goal, String> {
    let read = TargetTime::read(text).map_err(|refused| refused.to_string())?;
    match read.replay() {
        Replay::Accepted => {}
        Replay::Misread(reason) => return Err(reason.to_string()),
        Replay::Fatal(reason) => return Err(reason.to_string()),
    }
    if read.zone() != Zone::Explicit {
        return Err("it has no time zone: add `+00` for UTC, or the offset".to_owned());
    }
    Ok(Goal::Time {
        choice: read.backup_instant(),
        replay: read.instant(),
    })
}

fn lsn(text: &str) -> Result<Goal, String> {
    let position: Result<Lsn, _> = text.parse();
    position.map(Goal::Lsn).map_err(|error| error.to_string())
}

/// The operator takes 32 bits. The numbers below 3 are no transactions of users.
fn xid(text: &str) -> Result<Goal, String> {
    const FIRST_NORMAL: u32 = 3;
    let number = text.parse().ok().filter(|number| *number >= FIRST_NORMAL);
    let number = number.ok_or("a transaction is a number from 3 to 4294967295")?;
    Ok(Goal::Xid(Xid(number)))
}

/// A name that the server would not start with is a target like others: it gets an answer. An empty one is none.
fn name(text: &str) -> Result<Goal, String> {
    match text {
        "" => Err("the name of a restore point is not empty".to_owned()),
        text => Ok(Goal::Name(text.to_owned())),
    }
}

fn timeline(text: &str) -> Result<TargetTimeline, String> {
    if text == "latest" {
        return Ok(TargetTimeline::Latest);
    }
    let number = text.parse().ok().filter(|number| *number > 0);
    let number = number.ok_or("a timeline is `latest` or a number from 1 on")?;
    Ok(TargetTimeline::Exactly(TimelineId(number)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_needs_a_zone_and_must_be_one_that_postgres_accepts() {
        for good in [
            "2026-08-21 15:30:00+00",
            "2026-08-21T15:30:00Z",
            "2026-08-21T17:30:00+02:00",
        ] {
            let Ok(Goal::Time { choice, replay }) = time(good) else {
                panic!("{good}");
            };
            assert_eq!(choice.to_string(), "2026-08-21 15:30:00.000000+00");
            assert_eq!(choice, replay);
        }
        for bad in [
            "2026-08-21 15:30:00",
            "2026-08-21T15:30:00",
            "2026-08-21 15:30:00Z",
            "2026-02-30 10:00:00+00",
            "yesterday",
            "",
        ] {
            assert!(time(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn other_targets_are_read_as_the_operator_accepts_them() {
        assert_eq!(lsn("0/70000D8"), Ok(Goal::Lsn(Lsn(0x700_00D8))));
        assert!(lsn("70000D8").is_err());
        assert_eq!(xid("735"), Ok(Goal::Xid(Xid(735))));
        for bad in ["2", "4294967296", "-3", "x"] {
            assert!(xid(bad).is_err(), "{bad}");
        }
        assert_eq!(name("before"), Ok(Goal::Name("before".to_owned())));
        assert!(name("").is_err());
        assert_eq!(timeline("latest"), Ok(TargetTimeline::Latest));
        assert_eq!(timeline("2"), Ok(TargetTimeline::Exactly(TimelineId(2))));
        for bad in ["0", "current", "", "-1"] {
            assert!(timeline(bad).is_err(), "{bad}");
        }
    }
}
