//! Any bytes as a timeline history.

#![no_main]

use libfuzzer_sys::fuzz_target;
use walbound::wal::{Lsn, TimelineHistory, TimelineId};

fuzz_target!(|bytes: &[u8]| {
    let Ok(history) = TimelineHistory::parse(TimelineId(7), bytes) else {
        return;
    };
    let stretches = history.stretches();
    assert_eq!(stretches.len(), history.ancestors().len() + 1);
    for stretch in stretches {
        assert!(history.contains(stretch.timeline));
    }
    for position in [0, 1, u64::MAX] {
        assert!(history.contains(history.timeline_at(Lsn(position))));
    }
});
