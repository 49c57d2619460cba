//! Any text as an inventory file, and targets judged by what it tells.

#![no_main]

use libfuzzer_sys::fuzz_target;
use walbound::barman::TargetTimeline;
use walbound::facts::inventory::Inventory;
use walbound::facts::{Ask, Depth, Evidence, Goal, Target};
use walbound::model::instant::Instant;
use walbound::wal::{Lsn, Xid};

fuzz_target!(|text: &str| {
    let Ok(inventory) = Inventory::parse(text) else {
        return;
    };
    let Ok(lineages) = inventory.known() else {
        return;
    };
    let time = Instant::from_seconds(1_795_271_700);
    let goals = [
        Goal::Latest,
        Goal::Immediate,
        Goal::Time {
            choice: time,
            replay: time,
        },
        Goal::Lsn(Lsn(0x0100_0000)),
        Goal::Xid(Xid(730)),
    ];
    for known in &lineages {
        for goal in &goals {
            let target = Target {
                goal: goal.clone(),
                inclusive: true,
            };
            let verdict = known.judge(&Ask {
                target: &target,
                timeline: TargetTimeline::Latest,
                backup_id: None,
                depth: Depth::Records,
            });
            assert!(verdict.depth <= Depth::Records);
        }
    }
});
