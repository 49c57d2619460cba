//! Whose WAL some segments hold: those at both ends of every run, and those around the base backups.

use std::collections::{BTreeMap, BTreeSet};

use crate::barman::{Catalog, ObjectStore};
use crate::facts::recovery::base;
use crate::facts::systems;
use crate::facts::timelines::Path;
use crate::facts::walk::{Ground, Pick};
use crate::wal::{SegmentName, SegmentNumber, SystemId};

/// How many segments are opened at most.
const MOST_LOOKS: usize = 4096;

/// The system of each of these segments, by the last part of its key.
pub(super) fn read(store: &dyn ObjectStore, catalog: &Catalog) -> BTreeMap<String, SystemId> {
    let keys = names(catalog).into_iter().filter_map(|name| {
        let path = Path::only(name.timeline);
        let ground = Ground {
            store,
            catalog,
            path: &path,
            pick: Pick::Whole,
        };
        ground.object(name).map(|found| found.key)
    });
    let told = keys.take(MOST_LOOKS).filter_map(|key| {
        let system = systems::header(store, catalog, &key).ok()?;
        let name = key.rsplit('/').next().unwrap_or(&key).to_owned();
        Some((name, system))
    });
    told.collect()
}

fn names(catalog: &Catalog) -> BTreeSet<SegmentName> {
    let mut names: BTreeSet<SegmentName> =
        systems::telling(catalog).map(|(name, _)| name).collect();
    for backup in &catalog.backups {
        let Ok(base) = base(catalog, backup) else {
            continue;
        };
        let (begin, end) = (base.begin.number, base.end.number);
        let before = begin.0.checked_sub(1).map(SegmentNumber);
        for number in before.into_iter().chain([begin, end, end.next()]) {
            let timelines = catalog.timelines.keys();
            names.extend(timelines.map(|timeline| SegmentName {
                timeline: *timeline,
                number,
            }));
        }
    }
    names
}
