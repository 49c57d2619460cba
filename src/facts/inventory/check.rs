//! Whether an index read from a file can be one: its parts are in their order and not larger than any that is written.

use super::index::{CommitIndex, LONGEST_WHY, Signs, Streamed, Window};
use super::signs::{MOST_CHANGES, MOST_POINTS};
use super::tally::{Ends, MOST_LISTED, Tally};
use crate::barman::inventory::Mistake;
use crate::wal::Lsn;

impl CommitIndex {
    /// Checks what the types do not.
    pub(super) fn check(&self) -> Result<(), Mistake> {
        for (at, window) in self.windows.iter().enumerate() {
            window.check().map_err(|m| m.in_item("windows", at))?;
        }
        for (at, stream) in self.streams.iter().enumerate() {
            stream.check().map_err(|m| m.in_item("streams", at))?;
        }
        for (at, junction) in self.junctions.iter().enumerate() {
            let checked = junction.crossing.check("crossing", None);
            checked
                .and_then(|_| junction.signs.check())
                .map_err(|m| m.in_item("junctions", at))?;
        }
        Ok(())
    }
}

impl Window {
    fn check(&self) -> Result<(), Mistake> {
        if self.files.iter().any(|files| files.first > files.last) {
            return Err(Mistake::at("files", "`last` lies before `first`"));
        }
        let before = self.before.check("before", None)?;
        self.after.check("after", before)?;
        if let Some(whole) = &self.whole
            && (whole.record > Some(whole.at) || whole.next.is_some_and(|next| next < whole.at))
        {
            return Err(Mistake::at("whole", "its positions are not in their order"));
        }
        self.signs.check()
    }
}

impl Streamed {
    fn check(&self) -> Result<(), Mistake> {
        let mut last = self.first;
        let mut record = None;
        for (at, bucket) in self.buckets.iter().enumerate() {
            if bucket.last < last {
                let mistake = Mistake::at("last", "the buckets are not in their order");
                return Err(mistake.in_item("buckets", at));
            }
            last = bucket.last;
            let checked = bucket.held.check("held", record);
            record = checked.map_err(|m| m.in_item("buckets", at))?.or(record);
        }
        if let Some(end) = &self.end
            && end.why.len() > LONGEST_WHY
        {
            return Err(Mistake::at("end.why", "it is too long"));
        }
        self.signs.check()
    }
}

impl Signs {
    fn check(&self) -> Result<(), Mistake> {
        let sizes = [
            ("timelines", self.timelines.len(), MOST_CHANGES),
            ("pages", self.pages.len(), MOST_CHANGES),
            ("restore_points", self.restore_points.len(), MOST_POINTS),
        ];
        let too_many = sizes.into_iter().find(|(_, found, most)| found > most);
        if let Some((field, _, most)) = too_many {
            return Err(Mistake::at(field, format!("more than {most}")).inside("signs"));
        }
        let marks = self
            .timelines
            .is_sorted_by(|a, b| a.mark().at < b.mark().at);
        let pages = self.pages.is_sorted_by_key(|row| row.segment);
        let points = self.restore_points.is_sorted_by(|a, b| a.at < b.at);
        if marks && pages && points {
            return Ok(());
        }
        Err(Mistake::at("signs", "what it lists is not in its order"))
    }
}

impl Tally {
    /// The last record. `before` is that of what stands before.
    fn check(&self, field: &str, before: Option<Lsn>) -> Result<Option<Lsn>, Mistake> {
        let mistake = |problem: &str| Err(Mistake::at(field, problem));
        if (self.records == 0) != self.last.is_none() || self.last.is_none() != self.end.is_none() {
            return mistake("`records`, `last` and `end` do not agree");
        }
        if self.last >= self.end && self.last.is_some() {
            return mistake("`end` does not lie behind `last`");
        }
        let within = |at: Lsn| Some(at) > before && Some(at) <= self.last;
        match &self.transactions {
            Ends::Listed(ends) => {
                if ends.len() > MOST_LISTED || ends.len() as u64 > self.records {
                    return mistake("too many transactions are listed");
                }
                let ascending = ends.is_sorted_by(|a, b| a.xact.lsn < b.xact.lsn);
                if !ascending || !ends.iter().all(|end| within(end.xact.lsn)) {
                    return mistake("the transactions do not lie among its records");
                }
            }
            Ends::Summed(sum) => {
                let ends = [Some(sum.first), Some(sum.newest), sum.last_commit];
                let inside = ends.iter().flatten().all(|end| within(end.xact.lsn));
                let first = sum.first.xact.lsn <= sum.newest.xact.lsn
                    && sum.first.xact.time <= sum.newest.xact.time;
                let count = (1..=self.records).contains(&sum.count);
                if !inside || !first || !count || sum.lowest > sum.highest {
                    return mistake("the sum of the transactions contradicts itself");
                }
            }
        }
        Ok(self.last)
    }
}
