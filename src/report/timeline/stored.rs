//! Whether the times at which files were stored tell when they were written.

use super::mark::Mark;
use crate::barman::{BackupInfo, Catalog};
use crate::model::instant::Instant;

/// How far the clocks of server and store may be apart.
const SKEW_MICROS: i64 = 300_000_000;

/// How long after a lone backup its first segment may be uploaded.
const LATE_MICROS: i64 = 24 * 3_600_000_000;

/// Whether segments were uploaded while the database wrote them, as backups show that lie between them. A copy of an
/// archive has the time of copying everywhere.
pub(super) fn uploads_tell_time(catalog: &Catalog, marks: &[Mark<'_>]) -> bool {
    let known: Vec<(&BackupInfo, Instant, Instant)> = marks
        .iter()
        .filter_map(Mark::info)
        .filter_map(|info| Some((info, uploaded(catalog, info)?)))
        .map(|(info, (after, by))| (info, after, by))
        .collect();
    let later =
        |time: Instant, micros: i64| Instant::from_micros(time.as_micros().saturating_add(micros));
    let believable = |(info, after, by): &(&BackupInfo, Instant, Instant),
                      limit: Option<Instant>| {
        let begun = info.begin_time.map(|time| time.instant);
        let not_early = begun.is_none_or(|begun| later(*by, SKEW_MICROS) >= begun);
        not_early && limit.is_none_or(|limit| *after <= limit)
    };
    if let [one] = known.as_slice() {
        let ended = one.0.end_time.or(one.0.begin_time);
        return believable(one, ended.map(|time| later(time.instant, LATE_MICROS)));
    }
    if known.is_empty() {
        let mut runs = catalog.timelines.values().flat_map(|files| &files.runs);
        return catalog.timelines.is_empty()
            || runs.any(|run| run.count() > 1 && run.first_upload < run.last_upload);
    }
    let pairs = known.iter().zip(known.iter().skip(1));
    let good = pairs.filter(|(one, next)| {
        let ended = next.0.end_time.or(next.0.begin_time);
        believable(one, ended.map(|time| later(time.instant, SKEW_MICROS)))
    });
    good.count() * 2 >= known.len() - 1
}

/// Between which times a backup's first segment was uploaded.
fn uploaded(catalog: &Catalog, info: &BackupInfo) -> Option<(Instant, Instant)> {
    let name = info.begin_wal?.name(catalog.segment_size).ok()?;
    let run = catalog.run_holding(name)?;
    let by = run.uploaded_by(name.number)?;
    let at = run
        .uploads
        .partition_point(|bound| bound.last < name.number);
    let before = at.checked_sub(1).and_then(|at| run.uploads.get(at));
    // An entry that stands for one segment tells its time exactly.
    let alone = run
        .uploads
        .get(at)
        .is_some_and(|bound| before.map_or(run.first, |before| before.last.next()) == bound.last);
    let after = before.map_or(run.first_upload, |before| before.latest);
    Some((if alone { by } else { after }, by))
}
