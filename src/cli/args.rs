//! What can be written on the command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::archive::LookOptions;
use super::bump::Bump;
use super::check::{Check, DepthArgument};
use super::completions::Completions;
use super::flip::Flip;
use super::inventory::InventoryArguments;
use super::man::ManPage;
use super::migrate::Migrate;
use super::new::New;
use super::outputs::{Format, Output};
use super::recover::Recover;
use super::schema::Schema;
use super::status::Status;
use super::timeline::Timeline;
use crate::config::{FailOn, OperatorVersion};
use crate::io::ColorChoice;

/// Finds what would defeat the recovery of CloudNativePG databases kept in Git, before the bad day.
#[derive(Debug, Parser)]
#[command(name = "walbound", version, max_term_width = 100)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Options of every command.
    #[command(flatten)]
    pub common: Common,
}

/// Options of every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Common options")]
pub struct Common {
    /// Read this file instead of the nearest .walbound.yaml
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Read no configuration file
    #[arg(long, global = true, conflicts_with = "config")]
    pub no_config: bool,
    /// Print findings and errors only
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Say on standard error what was read and what was left out
    #[arg(short, long, global = true)]
    pub verbose: bool,
    /// When to use colours
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub color: Color,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal; NO_COLOR and CLICOLOR_FORCE count
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl From<Color> for ColorChoice {
    fn from(color: Color) -> Self {
        match color {
            Color::Auto => Self::Auto,
            Color::Always => Self::Always,
            Color::Never => Self::Never,
        }
    }
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Check the manifests of a repository
    Lint(Lint),
    /// Print what `kustomize build` prints, byte for byte
    Render(Render),
    /// Turn a database's manifests to recovery, as one verified change
    Recover(Recover),
    /// Give a database a new write lineage
    Bump(Bump),
    /// Switch a database to the other bootstrap
    Flip(Flip),
    /// Move a database from in-tree Barman support to the Barman Cloud plugin, its lineages unchanged
    Migrate(Migrate),
    /// Tell whether a recovery target can be reached, with evidence
    Check(Check),
    /// Read archives into one file, to ask without them
    Inventory(InventoryArguments),
    /// Make the directory of a new database: base, both overlays and the switch between them
    New(New),
    /// Draw an archive: backups, WAL, gaps, timelines and the target
    Timeline(Timeline),
    /// One line for each database: what it would do, which lineages it writes and reads
    Status(Status),
    /// List the rules
    Rules(Rules),
    /// Tell what a rule finds, why it matters and what to do
    Explain(Explain),
    /// Print the JSON Schema of a file or an answer
    Schema(Schema),
    /// Print completions for a shell
    Completions(Completions),
    /// Print a manual page
    Man(ManPage),
}

/// `walbound lint`.
#[derive(Debug, Args)]
pub struct Lint {
    /// Files and directories; `-` reads rendered manifests from standard input
    #[arg(default_value = ".", value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// How to print the findings [default: full; github where GITHUB_ACTIONS is true]
    #[arg(long, value_enum)]
    pub format: Option<Format>,
    /// Write the findings to a file besides, in any format; may be repeated, all files are written or none
    #[arg(long, value_name = "FORMAT:PATH", conflicts_with = "diff")]
    pub output: Vec<Output>,
    /// Least severity that makes the run fail [default: error]
    #[arg(long, value_enum, value_name = "SEVERITY")]
    pub fail_on: Option<Threshold>,
    /// Run these rules only
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub select: Vec<String>,
    /// Do not run these rules
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub ignore: Vec<String>,
    /// Report only what the change since the merge base with this revision introduces, and tell what it does to each
    /// database
    #[arg(long, value_name = "REV")]
    pub since: Option<String>,
    /// Apply fixes that keep the meaning of the manifests
    #[arg(long)]
    pub fix: bool,
    /// Apply fixes that may change the meaning too; read the change afterwards
    #[arg(long)]
    pub unsafe_fixes: bool,
    /// Print the fixes as a diff and write nothing
    #[arg(long)]
    pub diff: bool,
    /// Check a recovery that stands in comments as if it were on
    #[arg(long)]
    pub dormant: bool,
    /// Accept the findings that this file lists; lines and files may move
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// Write the findings of this run into the baseline
    #[arg(long, requires = "baseline", conflicts_with_all = ["since", "select", "ignore", "diff"])]
    pub update_baseline: bool,
    /// CloudNativePG version the manifests are for
    #[arg(long, value_name = "X.Y.Z")]
    pub operator_version: Option<OperatorVersion>,
    /// Which archives to look into.
    #[command(flatten)]
    pub look: LookOptions,
    /// How closely to look into the archives; only records can show that a target is reached
    #[arg(long, value_enum, default_value_t = DepthArgument::Records, help_heading = "Archive")]
    pub depth: DepthArgument,
}

impl Lint {
    /// Whether fixes are to be planned: applied, or shown as a diff.
    pub fn wants_fixes(&self) -> bool {
        self.fix || self.unsafe_fixes || self.diff
    }
}

/// Least severity that makes a run fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Threshold {
    /// Errors
    Error,
    /// Errors and warnings
    Warning,
    /// Every finding
    Note,
    /// Nothing
    Never,
}

impl From<Threshold> for FailOn {
    fn from(threshold: Threshold) -> Self {
        match threshold {
            Threshold::Error => Self::Error,
            Threshold::Warning => Self::Warning,
            Threshold::Note => Self::Note,
            Threshold::Never => Self::Never,
        }
    }
}

/// `walbound render`.
#[derive(Debug, Args)]
pub struct Render {
    /// Directory with a kustomization file
    #[arg(value_name = "DIR")]
    pub directory: PathBuf,
    /// Print each Cluster with the defaults that the operator puts in
    #[arg(long)]
    pub defaults: bool,
    /// Write to this file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// `walbound rules`.
#[derive(Debug, Args)]
pub struct Rules {
    /// How to print the list
    #[arg(long, value_enum, default_value_t = ListFormat::Text)]
    pub format: ListFormat,
}

/// How to print the list of rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ListFormat {
    /// Columns
    Text,
    /// A JSON list
    Json,
    /// A Markdown table
    Markdown,
}

/// `walbound explain`.
#[derive(Debug, Args)]
pub struct Explain {
    /// Rule id
    #[arg(value_name = "RULE")]
    pub rule: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_definition_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn common_options_stand_before_or_behind_the_command() {
        for line in [
            ["walbound", "-q", "lint", "db"],
            ["walbound", "lint", "db", "-q"],
        ] {
            assert!(Arguments::try_parse_from(line).unwrap().common.quiet);
        }
    }

    #[test]
    fn rules_can_be_repeated_or_joined_by_commas() {
        let line = "walbound lint --select a,b --select c";
        let arguments = Arguments::try_parse_from(line.split(' ')).unwrap();
        let Command::Lint(lint) = arguments.command else {
            panic!("{arguments:?}");
        };
        assert_eq!(lint.select, ["a", "b", "c"]);
        assert_eq!(lint.paths, [PathBuf::from(".")]);
    }
}
