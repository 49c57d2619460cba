//! What can be written behind `walbound recover`.

use clap::{Args, ValueEnum};

use crate::cli::archive::LookOptions;
use crate::cli::check::{DepthArgument, TargetArguments};
use crate::facts::{Goal, Target};

/// `walbound recover`.
#[derive(Debug, Args)]
#[command(mut_group("GoalArguments", |group| group.required(false)))]
pub struct Recover {
    /// A name from the configuration, a Cluster name, `namespace/name`, or a directory
    #[arg(value_name = "DB", required_unless_present = "all")]
    pub database: Option<String>,
    /// Recover every database of the repository in one change
    #[arg(long, conflicts_with_all = ["database", "from", "to", "beside"])]
    pub all: bool,
    /// Recover into a second Cluster of this name beside the live one, which stays untouched
    #[arg(long = "as", value_name = "NAME")]
    pub beside: Option<String>,
    /// The lineage to read [default: where the database archives now, or what an active recovery reads]
    #[arg(long, value_name = "LINEAGE")]
    pub from: Option<String>,
    /// The lineage to write afterwards [default: the next unused one in the style seen]
    #[arg(long, value_name = "LINEAGE")]
    pub to: Option<String>,
    /// The target [default: everything that is archived].
    #[command(flatten)]
    pub target: TargetArguments,
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
    pub look: LookOptions,
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
        self.target.target().unwrap_or(Target {
            goal: Goal::Latest,
            inclusive: true,
        })
    }
}
