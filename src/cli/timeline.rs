//! `walbound timeline`.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::barman::Catalog;
use crate::facts::{Ask, Depth, Evidence, Goal, Target};
use crate::io::terminal::write_stderr;
use crate::io::{Terminal, clock, files};
use crate::report::CheckReport;
use crate::report::human::Look;
use crate::report::timeline::{TimelineReport, html, svg, text};

use super::answer;
use super::args::Common;
use super::at_hand::{self, AtHand, Subject};
use super::check::{DepthArgument, TargetArguments};
use super::exit::{Exit, Failure};

/// `walbound timeline`.
#[derive(Debug, Args)]
#[command(mut_group("GoalArguments", |group| group.required(false)))]
pub struct Timeline {
    /// What to draw.
    #[command(flatten)]
    pub subject: Subject,
    /// The target, if there is one.
    #[command(flatten)]
    pub target: TargetArguments,
    /// How closely to look [default: as `check` with a target, listing without]
    #[arg(long, value_enum)]
    pub depth: Option<DepthArgument>,
    /// Write to this file: a page (.html), a picture (.svg) or text (.txt)
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// Columns of a text that goes nowhere in particular.
const WIDTH: usize = 80;

/// What is written to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Html,
    Svg,
    Text,
}

/// Draws one archive. The exit code is that of the target's verdict, where there is a target.
pub(super) fn run(arguments: &Timeline, common: &Common) -> Result<Exit, Failure> {
    let output = match &arguments.output {
        Some(file) => Some((file.as_path(), format_of(file)?)),
        None => None,
    };
    let AtHand { url, evidence } = at_hand::at(&arguments.subject, common)?;
    draw(arguments, common, &url, &*evidence, output)
}

fn draw(
    arguments: &Timeline,
    common: &Common,
    url: &str,
    evidence: &dyn Evidence,
    output: Option<(&Path, Format)>,
) -> Result<Exit, Failure> {
    let options = &arguments.target;
    let asked = options.target();
    if asked.is_none() {
        something_to_draw(evidence.catalog())?;
    }
    let end = Target {
        goal: Goal::Latest,
        inclusive: true,
    };
    let target = asked.as_ref().unwrap_or(&end);
    // A file that was made of an archive has its records at hand; reading them from a bucket takes a reason.
    let depth = arguments.depth.map_or(
        match (&asked, evidence.taken_at()) {
            (None, None) => Depth::Listing,
            _ => Depth::Sparing,
        },
        Depth::from,
    );
    let verdict = evidence.judge(&Ask {
        target,
        timeline: options.target_tli,
        backup_id: options.backup_id.as_deref(),
        depth,
    });
    // Whose the WAL is costs a look at single segments; a picture of the listing alone does without.
    let opened = if depth >= Depth::Headers {
        evidence.opened()
    } else {
        Vec::new()
    };
    let report = TimelineReport {
        check: CheckReport {
            url,
            server_name: evidence.catalog().path.server(),
            target,
            timeline: options.target_tli,
            verdict: &verdict,
        },
        asked: asked.is_some(),
        catalog: evidence.catalog(),
        opened: &opened,
        taken_at: evidence.taken_at(),
    };
    match output {
        Some((file, format)) => write(&report, file, format, common)?,
        None => answer(&on_terminal(&report, common))?,
    }
    Ok(match asked {
        Some(_) => verdict.verdict.into(),
        None => Exit::Clean,
    })
}

/// Nothing is no picture. With a target it is an answer.
fn something_to_draw(catalog: &Catalog) -> Result<(), Failure> {
    if !catalog.is_empty() {
        return Ok(());
    }
    let failure = Failure::new(format!(
        "nothing is archived under `{}`",
        catalog.path.prefix()
    ));
    Err(match catalog.near_misses.as_slice() {
        [] => failure.remedy("check the server name and the destination path"),
        near => failure.remedy(format!("archives nearby: {}", near.join(", "))),
    })
}

fn format_of(file: &Path) -> Result<Format, Failure> {
    let suffix = file.extension().and_then(|suffix| suffix.to_str());
    match suffix.map(str::to_ascii_lowercase).as_deref() {
        Some("html" | "htm") => Ok(Format::Html),
        Some("svg") => Ok(Format::Svg),
        Some("txt") => Ok(Format::Text),
        _ => Err(
            Failure::new(format!("{}: the suffix tells no format", file.display()))
                .remedy("use .html for a page, .svg for a picture, .txt for text"),
        ),
    }
}

fn on_terminal(report: &TimelineReport<'_>, common: &Common) -> String {
    let terminal = Terminal::detect_or(common.color.into(), WIDTH);
    let look = Look {
        color: terminal.color,
        unicode: terminal.unicode,
        width: terminal.width,
    };
    let zone = terminal.interactive.then(clock::local_zone);
    text::render(report, look, zone.as_ref())
}

fn write(
    report: &TimelineReport<'_>,
    file: &Path,
    format: Format,
    common: &Common,
) -> Result<(), Failure> {
    let look = Look {
        color: false,
        unicode: true,
        width: WIDTH,
    };
    let text = match format {
        Format::Html => html::render(report),
        Format::Svg => svg::render(report),
        Format::Text => text::render(report, look, None),
    };
    files::write_output(file, &text)
        .map_err(|error| Failure::new(format!("cannot write {}: {error}", file.display())))?;
    if !common.quiet {
        write_stderr(&format!("written: {}\n", file.display()));
    }
    Ok(())
}
