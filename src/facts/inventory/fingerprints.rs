//! Whether objects are still those that an index was made of.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::barman::wal_files::Variant;
use crate::wal::{SegmentName, SegmentNumber, TimelineId};

/// A sum over the objects of every segment of a listing: 16 bytes a segment.
///
/// Sums of neighbours add up, so that a range is compared without looking at its segments one by one.
#[derive(Debug, Clone, Default)]
pub struct Fingerprints {
    timelines: BTreeMap<TimelineId, Vec<(SegmentNumber, u64)>>,
}

impl Fingerprints {
    /// Takes the next object of the listing, in the order of keys.
    pub fn add(&mut self, name: SegmentName, object: &Variant) {
        let SegmentName { timeline, number } = name;
        let print = of_object(name, object);
        let sums = self.timelines.entry(timeline).or_default();
        let before = sums.last().map_or(0, |(_, sum)| *sum);
        let sum = before.wrapping_add(print);
        match sums.last_mut() {
            Some((last, old)) if *last == number => *old = sum,
            _ => sums.push((number, sum)),
        }
    }

    /// The sum over the objects of some segments of one timeline, ends included.
    pub(super) fn sum(
        &self,
        timeline: TimelineId,
        first: SegmentNumber,
        last: SegmentNumber,
    ) -> u64 {
        let Some(sums) = self.timelines.get(&timeline) else {
            return 0;
        };
        let up_to = |number: SegmentNumber, inclusive: bool| {
            let at = sums
                .partition_point(|(found, _)| *found < number || (inclusive && *found == number));
            let before = at.checked_sub(1).and_then(|at| sums.get(at));
            before.map_or(0, |(_, sum)| *sum)
        };
        up_to(last, true).wrapping_sub(up_to(first, false))
    }
}

fn of_object(name: SegmentName, object: &Variant) -> u64 {
    let text = format!(
        "{} {} {} {} {} {}",
        name.timeline,
        name.number.0,
        object.partial,
        object.compression,
        object.size,
        object.last_modified.as_micros()
    );
    let digest = Sha256::digest(text.as_bytes());
    let first: [u8; 8] = std::array::from_fn(|at| digest.get(at).copied().unwrap_or_default());
    u64::from_be_bytes(first)
}
