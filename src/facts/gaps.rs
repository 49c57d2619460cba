//! Segments that a recovery would miss.

use super::timelines::Path;
use crate::barman::{Backup, BackupId, Catalog, TargetTimeline};
use crate::wal::{SegmentName, SegmentNumber, TimelineId};

/// Segments missing in a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// The backup whose recovery ends here.
    pub backup: BackupId,
    /// The first one missing.
    pub first: SegmentName,
    /// How many until the archive goes on; `None` where it does not.
    pub count: Option<u64>,
    /// Whether it cuts what the newest restorable backup leads to: no other backup gets around it.
    pub needed: bool,
}

/// The first gap behind each backup that can be restored, the newest backup first, each gap once.
///
/// The way is that of a recovery to the latest timeline, or where none leads through the backup, of its own timeline.
pub fn gaps(catalog: &Catalog) -> Vec<Gap> {
    let mut backups: Vec<&Backup> = catalog
        .backups
        .iter()
        // Old backups are kept for themselves, without the WAL behind them.
        .filter(|backup| backup.restorable() && !backup.keep)
        .collect();
    backups.sort_by_key(|backup| backup.info().and_then(|info| Some(info.end_time?.instant)));
    let mut found: Vec<Gap> = Vec::new();
    for (age, backup) in backups.into_iter().rev().enumerate() {
        let gap = Way::of(catalog, backup).and_then(|way| way.gap(backup, age == 0));
        let Some(gap) = gap else { continue };
        if !found.iter().any(|known| known.first == gap.first) {
            found.push(gap);
        }
    }
    found
}

/// The way of a recovery through the segments of an archive.
struct Way<'c> {
    catalog: &'c Catalog,
    path: Path,
    begin: SegmentName,
    /// The last segment without which the backup is not whole.
    whole: SegmentNumber,
}

impl<'c> Way<'c> {
    fn of(catalog: &'c Catalog, backup: &Backup) -> Option<Self> {
        let info = backup.info()?;
        let begin = info.begin_wal?.name(catalog.segment_size).ok()?;
        let whole = info.end_wal?.name(catalog.segment_size).ok()?.number;
        let redo = info.begin_lsn?;
        let path = |wanted| Path::find(&catalog.histories, wanted, begin.timeline).ok();
        let leads_through = |path: &Path| path.timeline_at(redo) == begin.timeline;
        let latest = path(TargetTimeline::Latest).filter(leads_through);
        Some(Self {
            catalog,
            path: latest.or_else(|| path(TargetTimeline::Current))?,
            begin,
            whole,
        })
    }

    fn gap(&self, backup: &Backup, needed: bool) -> Option<Gap> {
        let missing = self.unbroken();
        let goes_on = self.next_behind(missing);
        let is_gap = goes_on.is_some() || missing.number <= self.whole;
        is_gap.then(|| Gap {
            backup: backup.id.clone(),
            first: missing,
            count: goes_on.map(|next| next.0.saturating_sub(missing.number.0)),
            needed,
        })
    }

    /// The first segment that no timeline of the way has.
    fn unbroken(&self) -> SegmentName {
        let mut current = self.begin.timeline;
        let mut number = self.begin.number;
        while let Some((timeline, last)) = self.held(number, current) {
            current = timeline;
            number = last.next();
        }
        SegmentName {
            timeline: current,
            number,
        }
    }

    /// The timeline whose file is read, and the last segment up to which no other one is asked.
    fn held(
        &self,
        number: SegmentNumber,
        current: TimelineId,
    ) -> Option<(TimelineId, SegmentNumber)> {
        let size = self.catalog.segment_size;
        let mut candidates = self.path.candidates(number, Some(current), size);
        candidates.find_map(|timeline| {
            let files = self.catalog.timelines.get(&timeline)?;
            match files.run_holding(number) {
                Some(run) if timeline == self.path.target() => Some((timeline, run.last)),
                Some(_) => Some((timeline, number)),
                None => files
                    .partials
                    .contains_key(&number)
                    .then_some((timeline, number)),
            }
        })
    }

    /// Where the archive goes on. What lies behind the place where the way leaves a timeline is not on it.
    fn next_behind(&self, missing: SegmentName) -> Option<SegmentNumber> {
        let size = self.catalog.segment_size;
        let timelines = self
            .path
            .timelines()
            .filter(|timeline| *timeline >= missing.timeline);
        let next = timelines.filter_map(|timeline| {
            let files = self.catalog.timelines.get(&timeline)?;
            let run = files.runs.iter().find(|run| run.last > missing.number)?;
            let next = run.first.max(missing.number.next());
            let left = self.path.leaves(timeline);
            let on_way = left.is_none_or(|at| next <= SegmentNumber::holding(at, size));
            on_way.then_some(next)
        });
        next.min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::barman::ServerPath;
    use crate::barman::memory::MemoryStore;

    const INFO: &str = "begin_offset=40\nbegin_time=2026-01-01 00:00:00+00:00\nbegin_wal=000000010000000000000002\nbegin_xlog=0/2000028\nend_offset=80\nend_time=2026-01-01 00:00:01+00:00\nend_wal=000000010000000000000003\nend_xlog=0/3000050\nstatus=DONE\nsystemid=7\ntimeline=1\nxlog_segment_size=16777216\n";

    /// The gaps behind one backup on timeline 1 with these segments and this history of timeline 2.
    fn found(segments: &[&str], history: Option<&str>) -> Vec<(String, Option<u64>, bool)> {
        let mut store = MemoryStore::default();
        store.put("db/base/20260101T000000/backup.info", 0, INFO.as_bytes());
        store.put("db/base/20260101T000000/data.tar", 0, b"x");
        for segment in segments {
            store.put(&format!("db/wals/{}/{segment}.gz", &segment[..16]), 0, b"x");
        }
        if let Some(history) = history {
            store.put("db/wals/00000002.history", 0, history.as_bytes());
        }
        let catalog = Catalog::read(&store, ServerPath::new("", "db")).unwrap();
        let shown = |gap: Gap| {
            let name = gap.first.file_name(catalog.segment_size).to_string();
            (name, gap.count, gap.needed)
        };
        gaps(&catalog).into_iter().map(shown).collect()
    }

    #[test]
    fn an_archive_that_ends_has_no_gap_and_one_that_goes_on_has() {
        let whole = ["000000010000000000000002", "000000010000000000000003"];
        assert!(found(&whole, None).is_empty());
        let gap = [whole[0], whole[1], "000000010000000000000006"];
        let name = "000000010000000000000004".to_owned();
        assert_eq!(found(&gap, None), [(name, Some(2), true)]);
    }

    #[test]
    fn a_backup_without_its_last_segment_has_a_gap_at_the_end() {
        let name = "000000010000000000000003".to_owned();
        let segments = ["000000010000000000000002"];
        assert_eq!(found(&segments, None), [(name, None, true)]);
    }

    #[test]
    fn a_new_timeline_fills_what_the_old_one_lacks() {
        let history = Some("1\t0/4000100\tr\n");
        let switched = [
            "000000010000000000000002",
            "000000010000000000000003",
            "000000020000000000000004",
            "000000020000000000000005",
        ];
        assert!(found(&switched, history).is_empty());
        let name = "000000010000000000000004".to_owned();
        let lost = [switched[0], switched[1], switched[3]];
        assert_eq!(found(&lost, history), [(name, Some(1), true)]);
    }

    #[test]
    fn what_was_written_behind_the_fork_is_no_sign_of_a_gap() {
        let segments = [
            "000000010000000000000002",
            "000000010000000000000003",
            "000000010000000000000004",
            "000000010000000000000009",
            "000000020000000000000004",
        ];
        assert!(found(&segments, Some("1\t0/4000100\tr\n")).is_empty());
    }
}
