//! Verdicts without reading WAL: names, sizes and upload times, and at most the first page of some segments.
//!
//! They can show that a target is out of reach, never that it is within.

use super::recovery::{Base, Question, blank};
use super::systems;
use super::target::Goal;
use super::verdict::{
    Depth, Reason, ReasonCode, TargetVerdict, Verdict, WalRead, Warning, WarningCode,
};
use super::walk::Ground;
use super::way::Way;
use crate::model::instant::Instant;
use crate::wal::SegmentName;

/// How far the clocks of the server and of the store may be apart.
pub(super) const CLOCK_SKEW_MICROS: i64 = 3_600_000_000;

/// Judges a target by the listing.
pub(super) fn judge(question: &Question<'_>, base: &Base<'_>, ground: Ground<'_>) -> TargetVerdict {
    let way = Way::from(ground, base.begin.number);
    let reason = window_gap(base, ground, &way)
        .or_else(|| other_system(question, base, ground))
        .or_else(|| beyond(question, &way));
    let message = "names, sizes and upload times cannot show that a target is reached: only the records can (`--depth records`)";
    TargetVerdict {
        verdict: match reason {
            Some(_) => Verdict::Unreachable,
            None => Verdict::Undecided,
        },
        wal: way.first().zip(way.last()).map(|(first, last)| WalRead {
            first,
            last,
            count: way.count(),
            size: ground.catalog.segment_size,
        }),
        reasons: reason.into_iter().collect(),
        warnings: vec![Warning::new(WarningCode::ListingOnly, message)],
        ..blank(question.depth)
    }
}

fn window_gap(base: &Base<'_>, ground: Ground<'_>, way: &Way) -> Option<Reason> {
    (way.missing <= base.end.number).then(|| {
        let name = SegmentName {
            number: way.missing,
            ..base.end
        };
        let message = format!(
            "segment {}, without which backup {} is not whole, is missing",
            name.file_name(ground.catalog.segment_size),
            base.backup.id
        );
        Reason::new(ReasonCode::WalGap, message)
    })
}

/// WAL of another system in the place of the backup's own.
fn other_system(question: &Question<'_>, base: &Base<'_>, ground: Ground<'_>) -> Option<Reason> {
    let expected = base.system;
    if question.depth < Depth::Headers {
        return None;
    }
    let mut needed = [base.begin.number, base.end.number].into_iter();
    needed.find_map(|number| {
        let key = ground.find(number, None)?.key;
        let found = systems::of_object(question, &key)?;
        (found != expected).then(|| {
            let message = format!(
                "`{key}` belongs to database system {found}, backup {} to {expected}",
                base.backup.id
            );
            Reason::new(ReasonCode::SystemIdentifierMismatch, message)
        })
    })
}

/// A target behind everything that is archived without a gap.
fn beyond(question: &Question<'_>, way: &Way) -> Option<Reason> {
    let catalog = question.catalog;
    let last = way.last()?;
    match &question.target.goal {
        Goal::Time { replay, .. } => {
            let uploaded = uploaded_by(question, last)?;
            let latest =
                Instant::from_micros(uploaded.as_micros().saturating_add(CLOCK_SKEW_MICROS));
            (*replay > latest).then(|| {
                let message = format!(
                    "segment {}, the last one without a gap, was uploaded at {uploaded}: no transaction in it ended after {replay}",
                    last.file_name(catalog.segment_size)
                );
                Reason::new(ReasonCode::NoCommitAfterTarget, message)
            })
        }
        Goal::Lsn(position) => {
            let end = way.missing.start(catalog.segment_size);
            (*position >= end).then(|| {
                let message = format!("the archive ends at {end}, before {position}");
                Reason::new(ReasonCode::LsnBeyondEnd, message)
            })
        }
        _ => None,
    }
}

/// Nothing in the segment was written after this time.
fn uploaded_by(question: &Question<'_>, name: SegmentName) -> Option<Instant> {
    let files = question.catalog.timelines.get(&name.timeline)?;
    if let Some(run) = files.run_holding(name.number) {
        return run.uploaded_by(name.number);
    }
    let partials = files.partials.get(&name.number)?.iter();
    partials.map(|partial| partial.last_modified).max()
}
