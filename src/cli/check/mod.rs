//! `walbound check`.

mod args;

use crate::facts::{Ask, Depth, Evidence, Verdict};
use crate::io::Terminal;
use crate::report::human::Look;
use crate::report::{CheckReport, check_human, check_json};

use super::answer;
use super::archive;
use super::args::Common;
use super::exit::{Exit, Failure};

pub use args::{Check, CheckFormat};

/// Judges one target and prints the answer.
pub(super) fn run(arguments: &Check, common: &Common) -> Result<Exit, Failure> {
    let target = arguments.target();
    let archive = archive::open(&arguments.location, &arguments.archive, common)?;
    let verdict = archive.judge(&Ask {
        target: &target,
        timeline: arguments.target_tli,
        backup_id: arguments.backup_id.as_deref(),
        depth: arguments.depth.map_or(Depth::Sparing, Depth::from),
    });
    let report = CheckReport {
        url: &arguments.location,
        server_name: archive.catalog().path.server(),
        target: &target,
        timeline: arguments.target_tli,
        verdict: &verdict,
    };
    let text = match arguments.format {
        CheckFormat::Json => check_json::render(&report),
        CheckFormat::Full => {
            let terminal = Terminal::detect(common.color.into());
            let look = Look {
                color: terminal.color,
                unicode: terminal.unicode,
                width: terminal.width,
            };
            check_human::render(&report, look)
        }
    };
    answer(&text)?;
    Ok(match verdict.verdict {
        Verdict::Reachable => Exit::Clean,
        Verdict::Unreachable => Exit::Findings,
        Verdict::Undecided => Exit::Undecided,
    })
}
