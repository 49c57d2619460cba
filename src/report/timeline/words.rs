//! What the picture shows, in words: for the rows below a text and for the tables of a page.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::lane::{Lane, Origin, Piece, PieceKind, names};
use super::mark::{Mark, SystemRow};
use super::picture::Picture;
use super::view::Axis;
use crate::facts::verdict::WarningCode;
use crate::facts::{Depth, Verdict};
use crate::model::instant::Instant;
use crate::text::{bytes, counted};

/// `2026-11-21 12:35:03 UTC`, and the local time where a zone is given.
pub(super) fn moment(instant: Instant, zone: Option<&TimeZone>) -> String {
    let text = instant.to_string();
    let Some(seconds) = text.get(..19).filter(|_| text.ends_with("+00")) else {
        return text;
    };
    let local = zone.and_then(|zone| local(instant, zone));
    match local {
        Some(local) => format!("{seconds} UTC ({local})"),
        None => format!("{seconds} UTC"),
    }
}

/// The time on the clocks of a zone: with its day where that is another one. `None` where the zone keeps UTC.
fn local(instant: Instant, zone: &TimeZone) -> Option<String> {
    let utc = Timestamp::from_microsecond(instant.as_micros()).ok()?;
    let here = utc.to_zoned(zone.clone());
    (here.offset().seconds() != 0).then_some(())?;
    let same_day = here.date() == utc.to_zoned(TimeZone::UTC).date();
    let form = if same_day {
        "%H:%M:%S %Z"
    } else {
        "%Y-%m-%d %H:%M:%S %Z"
    };
    Some(here.strftime(form).to_string())
}

/// What is there, in one line.
pub(super) fn summary(picture: &Picture<'_>) -> String {
    let segments = picture.lanes.iter().map(Lane::segments).sum::<u64>();
    let missing = picture.lanes.iter().flat_map(Lane::missing).count();
    let mut text = format!(
        "{}, {} of WAL on {}, {}",
        counted(picture.marks.len(), "base backup"),
        counted(segments, "segment"),
        counted(picture.lanes.len(), "timeline"),
        match missing {
            0 => "no gap".to_owned(),
            count => counted(count, "gap"),
        }
    );
    if picture.systems.len() > 1 {
        text.push_str(&format!(", {} database systems", picture.systems.len()));
    }
    text
}

/// What the picture rests on, and up to when it tells anything.
pub(super) fn evidence(picture: &Picture<'_>, zone: Option<&TimeZone>) -> String {
    let depth = match picture.report.check.verdict.depth {
        Depth::Listing => {
            "names, sizes and upload times; what the WAL holds was not read (`--depth records` does)"
        }
        Depth::Headers => {
            "names, sizes, upload times and first pages; not every record was read (`--depth records` does)"
        }
        Depth::Sparing | Depth::Records => {
            "names, sizes, upload times, and every record that the recovery would read"
        }
    };
    let mut text = match picture.report.taken_at {
        Some(at) => format!("{depth}; taken {}", moment(at, zone)),
        None => depth.to_owned(),
    };
    let pieces = picture.lanes.iter().flat_map(Lane::present);
    if let Some(newest) = pieces.map(|piece| piece.uploads.1).max() {
        let newest = moment(newest, zone);
        text.push_str(&format!("; the newest WAL file was stored {newest}"));
    }
    text
}

/// Rows about the whole archive where no target was asked for.
pub(super) fn archive_rows(
    picture: &Picture<'_>,
    zone: Option<&TimeZone>,
) -> Vec<(&'static str, String)> {
    let check = &picture.report.check;
    let mut rows = vec![(
        "archive",
        format!("{}, server {}", check.url, check.server_name),
    )];
    let verdict = check.verdict;
    if verdict.verdict == Verdict::Unreachable {
        let reasons = verdict.reasons.iter();
        rows.extend(reasons.map(|reason| {
            let text = format!("nothing can be recovered: {}", reason.message);
            ("problem", format!("{text} [{}]", reason.code.word()))
        }));
    }
    let warnings = verdict.warnings.iter();
    let warnings = warnings.filter(|warning| warning.code != WarningCode::ListingOnly);
    rows.extend(warnings.map(|warning| {
        let text = format!("{} [{}]", warning.message, warning.code.word());
        ("warning", text)
    }));
    if let Some((earliest, latest)) = picture.reachable_times() {
        let (earliest, latest) = (moment(earliest, zone), moment(latest, zone));
        let text = format!("from the newest base backup: {earliest} to {latest}");
        rows.push(("can restore", text));
    }
    rows
}

/// One base backup in a sentence.
pub(super) fn backup(mark: &Mark<'_>, asked: bool, zone: Option<&TimeZone>) -> String {
    let mut parts = vec![mark.backup.id.to_string()];
    if let Some(info) = mark.info() {
        let ended = info.end_time.map(|time| ("ended", time));
        let began = info.begin_time.map(|time| ("began", time));
        if let Some((word, time)) = ended.or(began) {
            parts.push(format!("{word} {}", moment(time.instant, zone)));
        }
        if let Some(timeline) = info.timeline {
            parts.push(format!("timeline {timeline}"));
        }
        parts.extend(info.end_lsn.map(|lsn| format!("at {lsn}")));
        parts.extend(
            info.cluster_size
                .map(|size| format!("{} of data", bytes(size))),
        );
    }
    if mark.backup.keep {
        parts.push("kept".to_owned());
    }
    let mut text = parts.join(", ");
    for remark in remarks(mark, asked) {
        text.push_str("; ");
        text.push_str(&remark);
    }
    text
}

/// What is special about a base backup.
pub(super) fn remarks(mark: &Mark<'_>, asked: bool) -> Vec<String> {
    let mut remarks = Vec::new();
    if mark.chosen {
        let text = if asked {
            "the recovery starts from it"
        } else {
            "a recovery without a target starts from it"
        };
        remarks.push(text.to_owned());
    }
    if let Some(problem) = &mark.problem {
        let trap = if mark.is_trap() {
            ", yet the operator takes it for a good one"
        } else {
            ""
        };
        remarks.push(format!(
            "CANNOT BE RESTORED ({}): {}{trap}",
            problem.kind.word(),
            problem.message
        ));
    }
    let system = mark.info().and_then(|info| info.system_identifier);
    if let Some(system) = system.filter(|_| mark.foreign) {
        remarks.push(format!("of ANOTHER DATABASE SYSTEM, {system}"));
    }
    remarks
}

/// Base backups that are only counted, in one sentence; `None` without any.
pub(super) fn folded_backups(marks: &[&Mark<'_>], zone: Option<&TimeZone>) -> Option<String> {
    let (first, last) = (marks.first()?, marks.last()?);
    let bad = marks.iter().filter(|mark| mark.problem.is_some()).count();
    let mut text = format!("and {}", counted(marks.len(), "more base backup"));
    if let (Some(first), Some(last)) = (first.time(), last.time()) {
        let (first, last) = (moment(first, zone), moment(last, zone));
        text.push_str(&format!(", from {first} to {last}"));
    }
    if bad > 0 {
        text.push_str(&format!("; {bad} of them cannot be restored"));
    }
    Some(text)
}

/// Missing segments in a sentence.
pub(super) fn gap(picture: &Picture<'_>, lane: &Lane, piece: &Piece) -> String {
    let (first, last) = names(picture.report.catalog, lane.timeline, piece);
    let aside = if piece.aside && picture.report.asked {
        "; the recovery does not come by"
    } else {
        ""
    };
    let count = counted(piece.count(), "segment");
    if piece.count() == 1 {
        format!("{first}: {count} of timeline {}{aside}", lane.timeline)
    } else {
        format!(
            "{first} to {last}: {count} of timeline {}{aside}",
            lane.timeline
        )
    }
}

/// The state of a piece, for tables.
pub(super) fn piece_word(piece: &Piece) -> &'static str {
    match (piece.kind, piece.aside) {
        (PieceKind::Whole, false) => "there",
        (PieceKind::Whole, true) => "there, left aside",
        (PieceKind::Foreign, _) => "OF ANOTHER DATABASE SYSTEM",
        (PieceKind::Partial, _) => "only a .partial file",
        (PieceKind::Missing, false) => "MISSING",
        (PieceKind::Missing, true) => "MISSING, left aside",
    }
}

/// Where a timeline comes from, in a sentence.
pub(super) fn origin(lane: &Lane) -> String {
    match &lane.origin {
        Origin::First => "the first one".to_owned(),
        Origin::Parted {
            parent,
            switch,
            reason,
            ..
        } => {
            let mut text = format!("parted from timeline {parent} at {switch}");
            if !reason.is_empty() {
                text.push_str(&format!(" ({reason})"));
            }
            text
        }
        Origin::Unknown(why) => why.clone(),
    }
}

/// The same in a few words.
pub(super) fn origin_short(lane: &Lane) -> String {
    match &lane.origin {
        Origin::First => String::new(),
        Origin::Parted { parent, switch, .. } => format!("from {parent} at {switch}"),
        Origin::Unknown(_) => "history not usable".to_owned(),
    }
}

/// A server's version as people write it, `17.2`.
pub(super) fn server(version: u32) -> String {
    format!("{}.{}", version / 10_000, version % 10_000)
}

pub(super) fn is_missing(piece: &Piece) -> bool {
    piece.kind == PieceKind::Missing
}

/// A system that backups are of, in a sentence.
pub(super) fn system(row: &SystemRow, zone: Option<&TimeZone>) -> String {
    let mut text = format!("{}: {}", row.system, counted(row.backups, "base backup"));
    if row.segments > 0 {
        let segments = counted(row.segments, "segment");
        text.push_str(&format!(", {segments} of those looked at"));
    }
    if let Some((first, last)) = row.ended {
        let (first, last) = (moment(first, zone), moment(last, zone));
        text.push_str(&format!(", backups from {first} to {last}"));
    }
    text
}

/// What the axis counts, for people who have to trust it.
pub(super) fn axis(axis: Axis) -> &'static str {
    match axis {
        Axis::Time => {
            "time in UTC: of backups when they ran, of WAL when it was uploaded, which is somewhat later than it was written"
        }
        Axis::Position => {
            "position in the WAL, older to the left; not time, since the files were stored at other times than those of the backups, as in a copy"
        }
    }
}
