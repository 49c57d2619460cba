//! `walbound check`.

mod args;

use crate::facts::inventory::stale;
use crate::facts::{Ask, Depth, Goal, Target};
use crate::io::{Terminal, clock};
use crate::model::instant::Instant;
use crate::report::{CheckReport, check_human, check_json};

use super::args::Common;
use super::at_hand::{self, AtHand};
use super::exit::{Exit, Failure};
use super::{answer, look};

pub use args::{Check, CheckFormat, DepthArgument, TargetArguments};

/// Judges one target and prints the answer.
pub(super) fn run(arguments: &Check, common: &Common) -> Result<Exit, Failure> {
    let target = &arguments.target;
    let (timeline, backup_id) = (target.target_tli, target.backup_id.as_deref());
    // The parser asks for a target.
    let target = target.target().unwrap_or(Target {
        goal: Goal::Latest,
        inclusive: true,
    });
    let AtHand {
        url,
        evidence: archive,
    } = at_hand::at(&arguments.subject, common)?;
    let mut verdict = archive.judge(&Ask {
        target: &target,
        timeline,
        backup_id,
        depth: arguments.depth.map_or(Depth::Sparing, Depth::from),
    });
    let now = Instant::from_seconds(clock::now());
    let stale = archive.taken_at().and_then(|taken_at| stale(taken_at, now));
    verdict.warnings.extend(stale);
    let report = CheckReport {
        url: &url,
        server_name: archive.catalog().path.server(),
        target: &target,
        timeline,
        verdict: &verdict,
    };
    let text = match arguments.format {
        CheckFormat::Json => check_json::render(&report),
        CheckFormat::Full => {
            let terminal = Terminal::detect(common.color.into());
            let look = look(&terminal);
            check_human::render(&report, look)
        }
    };
    answer(&text)?;
    Ok(verdict.verdict.into())
}
