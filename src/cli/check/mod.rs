//! `walbound check`.

mod args;

use crate::facts::inventory::stale;
use crate::facts::{Ask, Depth, Verdict};
use crate::io::{Terminal, clock};
use crate::model::instant::Instant;
use crate::report::human::Look;
use crate::report::{CheckReport, check_human, check_json};

use super::answer;
use super::args::Common;
use super::evidence;
use super::exit::{Exit, Failure};

pub use args::{Check, CheckFormat, DepthArgument};

/// Judges one target and prints the answer.
pub(super) fn run(arguments: &Check, common: &Common) -> Result<Exit, Failure> {
    let target = arguments.target();
    let inventory = arguments.inventory.as_deref();
    let archive = evidence::at(&arguments.location, inventory, &arguments.archive, common)?;
    let mut verdict = archive.judge(&Ask {
        target: &target,
        timeline: arguments.target_tli,
        backup_id: arguments.backup_id.as_deref(),
        depth: arguments.depth.map_or(Depth::Sparing, Depth::from),
    });
    let now = Instant::from_seconds(clock::now());
    let stale = archive.taken_at().and_then(|taken_at| stale(taken_at, now));
    verdict.warnings.extend(stale);
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
