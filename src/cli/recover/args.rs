//! What can be written behind `walbound recover`.

use clap::{Args, ValueEnum};

use crate::barman::TargetTimeline;
use crate::cli::check::args::{DepthArgument, GoalArguments, timeline};
use crate::cli::sight::SightOptions;
use crate::facts::Target;

/// `walbound recover`.
#[derive(Debug, Args)]
pub struct Recover {
    /// A name from the configuration, a Cluster name, `namespace/name`, or a directory
    #[arg(value_name = "DB", required_unless_present = "all")]
    pub database: Option<String>,
    /// Recover every database of the repository in one change
    #[arg(long, conflicts_with_all = ["database", "from", "to", "beside"])]
    pub all: bool,
    /// The lineage to read [default: where the database archives now, or what an active recovery reads]
    #[arg(long, value_name = "LINEAGE")]
    pub from: Option<String>,
    /// The lineage to write afterwards [default: the next unused one in the style seen]
    #[arg(long, value_name = "LINEAGE")]
    pub to: Option<String>,
    /// Recover into a second Cluster of this name and leave the live one alone
    #[arg(long = "as", value_name = "NAME", id = "beside")]
    pub beside: Option<String>,
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
    /// Write the change instead of printing it
    #[arg(long)]
    pub write: bool,
    /// Commit the change too, and nothing else; hooks are not run, and nothing is pushed
    #[arg(long, requires = "write")]
    pub commit: bool,
    /// Print the runbook in this form [default: `term` after `--write`]
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub runbook: Option<RunbookFormat>,
    /// Write although nobody could check that the archive reaches the target
    #[arg(long)]
    pub unverified: bool,
    /// What the recovery is checked against.
    #[command(flatten)]
    pub sight: SightOptions,
    /// How closely to look at the archive; only records can show that a target is reached
    #[arg(long, value_enum, default_value_t = DepthArgument::Records, help_heading = "Archive")]
    pub depth: DepthArgument,
}

/// How to print the runbook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RunbookFormat {
    /// For a terminal
    Term,
    /// Markdown
    Md,
    /// A script for a shell; what destroys something is a comment
    Sh,
}

impl Recover {
    /// The target; everything that is archived where none is named.
    pub fn target(&self) -> Target {
        self.goal.target(!self.exclusive)
    }
}
