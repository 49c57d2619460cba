//! Target times in archives of a million segments.

use std::sync::OnceLock;
use std::sync::atomic::Ordering;

use walbound::barman::{Catalog, ServerPath, TargetTimeline};
use walbound::facts::{self, Depth, Goal, Question, ReasonCode, Target, TargetVerdict, Verdict};
use walbound::model::instant::Instant;

use crate::endless::{BACKUP, EPOCH, Endless, every_five_minutes};

const MILLION: u64 = 1_000_000;
const SECOND: i64 = 1_000_000;
const MOST_READS: u32 = 40;

/// How many objects were read.
fn reads(store: &Endless) -> u32 {
    store.reads.load(Ordering::Relaxed)
}

fn catalog(store: &Endless) -> Catalog {
    Catalog::read(store, ServerPath::new("", "db")).unwrap()
}

/// The listing of a million segments, read once.
fn million() -> &'static Catalog {
    static CATALOG: OnceLock<Catalog> = OnceLock::new();
    CATALOG.get_or_init(|| catalog(&Endless::new(MILLION)))
}

fn judged(store: &Endless, catalog: &Catalog, micros: i64, depth: Depth) -> TargetVerdict {
    store.reads.store(0, Ordering::Relaxed);
    let time = Instant::from_micros(micros);
    let goal = Goal::Time {
        choice: time,
        replay: time,
    };
    facts::judge(&Question {
        store,
        catalog,
        target: &Target {
            goal,
            inclusive: true,
        },
        timeline: TargetTimeline::Latest,
        backup_id: None,
        depth,
        noted: None,
    })
}

/// The verdict with few reads.
fn sparing(store: &Endless, catalog: &Catalog, micros: i64) -> TargetVerdict {
    let verdict = judged(store, catalog, micros, Depth::Sparing);
    assert!(reads(store) <= MOST_READS, "{}", reads(store));
    verdict
}

fn stop(verdict: &TargetVerdict) -> Option<u32> {
    assert_eq!(verdict.verdict, Verdict::Reachable, "{:?}", verdict.reasons);
    verdict.stops_at?.kept.map(|xact| xact.xid.0)
}

fn codes(verdict: &TargetVerdict) -> Vec<ReasonCode> {
    verdict.reasons.iter().map(|reason| reason.code).collect()
}

fn at(number: u64) -> i64 {
    every_five_minutes(number).unwrap()
}

#[test]
fn a_time_within_a_million_segments_is_found_with_few_reads() {
    let store = Endless::new(MILLION);
    for number in [700, 4095, 250_000, 500_001, 777_777, MILLION - 1] {
        for (after, kept) in [
            (0, 0),
            (59 * SECOND, 0),
            (60 * SECOND, 1),
            (299 * SECOND, 1),
        ] {
            let verdict = sparing(&store, million(), at(number) + after);
            assert_eq!(
                stop(&verdict),
                Some(Endless::first_xid(number) + kept),
                "{number}"
            );
            assert_eq!(verdict.depth, Depth::Headers);
            assert!(
                verdict
                    .notes
                    .iter()
                    .any(|note| note.contains("--depth records"))
            );
            assert_eq!(verdict.wal.unwrap().first.number.0, BACKUP);
        }
    }
}

#[test]
fn a_time_behind_a_million_segments_is_out_of_reach() {
    let store = Endless::new(MILLION);
    let last = at(MILLION) + 60 * SECOND;
    for after in [0, SECOND, 1800 * SECOND, 86_400 * SECOND] {
        let verdict = sparing(&store, million(), last + after);
        assert_eq!(verdict.verdict, Verdict::Unreachable);
        assert_eq!(codes(&verdict), [ReasonCode::NoCommitAfterTarget]);
        assert_eq!(
            verdict.last_commit.unwrap().xid.0,
            Endless::first_xid(MILLION) + 1
        );
        assert_eq!(verdict.window.latest, Some(Instant::from_micros(last)));
    }
    assert_eq!(
        stop(&sparing(&store, million(), last - 1)),
        Some(Endless::first_xid(MILLION))
    );
}

#[test]
fn headers_decide_a_time_in_a_long_stretch_and_of_a_short_one_what_lies_behind_it() {
    let store = Endless::new(MILLION);
    let within = judged(&store, million(), at(500_001), Depth::Headers);
    assert_eq!(stop(&within), Some(Endless::first_xid(500_001)));
    assert!(reads(&store) <= MOST_READS, "{}", reads(&store));

    let store = Endless::new(BACKUP + 100);
    let catalog = catalog(&store);
    let within = judged(&store, &catalog, at(BACKUP + 50), Depth::Headers);
    assert_eq!(within.verdict, Verdict::Undecided);
    let last = at(BACKUP + 100) + 60 * SECOND;
    let behind = judged(&store, &catalog, last, Depth::Headers);
    assert_eq!(behind.verdict, Verdict::Unreachable);
    assert_eq!(codes(&behind), [ReasonCode::NoCommitAfterTarget]);
    assert!(reads(&store) < 20, "{}", reads(&store));
}

#[test]
fn near_targets_and_explicit_depths_are_decided_by_every_record() {
    let store = Endless::new(BACKUP + 700);
    let catalog = catalog(&store);
    let near = judged(&store, &catalog, at(BACKUP + 100), Depth::Sparing);
    assert_eq!(
        (near.depth, stop(&near)),
        (Depth::Records, Some(Endless::first_xid(BACKUP + 100)))
    );
    for number in [BACKUP + 640, BACKUP + 700] {
        let sparing = sparing(&store, &catalog, at(number));
        let all = judged(&store, &catalog, at(number), Depth::Records);
        assert!(reads(&store) > 500);
        assert_eq!(all.depth, Depth::Records);
        assert_eq!(stop(&all), stop(&sparing));
    }
}

#[test]
fn upload_times_that_tell_nothing_leave_the_halving() {
    let mut store = Endless::new(MILLION);
    store.uploaded = |_| i64::MAX / 2;
    let copied = catalog(&store);
    for number in [17, 40_000, 999_999] {
        let verdict = sparing(&store, &copied, at(number));
        assert_eq!(stop(&verdict), Some(Endless::first_xid(number)));
    }
    // A later transaction could be anywhere.
    let verdict = sparing(&store, &copied, at(MILLION) + 61 * SECOND);
    assert_eq!(verdict.verdict, Verdict::Undecided);
    assert_eq!(codes(&verdict), [ReasonCode::ObjectUnreadable]);
}

#[test]
fn idle_segments_are_passed() {
    let mut store = Endless::new(20_000);
    store.time = |number| {
        let idle = number % 1000 >= 990 || (12_000..12_300).contains(&number);
        every_five_minutes(number).filter(|_| !idle)
    };
    let catalog = catalog(&store);
    for (number, kept) in [(5989, 5989), (5995, 5989), (9000, 9000), (9999, 9989)] {
        let verdict = sparing(&store, &catalog, at(number) + 60 * SECOND);
        assert_eq!(
            stop(&verdict),
            Some(Endless::first_xid(kept) + 1),
            "{number}"
        );
    }
    // Longer than what may be read: never a guess.
    let verdict = sparing(&store, &catalog, at(12_100));
    assert_eq!(verdict.verdict, Verdict::Undecided);
    let verdict = sparing(&store, &catalog, at(20_000) - 10 * SECOND);
    assert_eq!(stop(&verdict), Some(Endless::first_xid(19_989) + 1));
}

#[test]
fn times_that_step_back_never_make_up_a_stop() {
    fn jumpy(number: u64) -> Option<i64> {
        let back = (number * 7919 % 13) as i64 * 700 * SECOND;
        Some(every_five_minutes(number)? - back)
    }
    let mut store = Endless::new(30_000);
    store.time = jumpy;
    let catalog = catalog(&store);
    let newest = (BACKUP..=store.last).filter_map(jumpy).max().unwrap() + 60 * SECOND;
    for number in (1000..30_000).step_by(997) {
        let verdict = sparing(&store, &catalog, at(number));
        if at(number) < newest {
            assert_ne!(verdict.verdict, Verdict::Unreachable, "{number}");
        }
        if let Some(stop) = verdict.stops_at {
            let decided = (stop.position.0 / crate::endless::SIZE, stop.position.0);
            assert!(
                jumpy(decided.0).unwrap() + 60 * SECOND > at(number),
                "{number}"
            );
        }
    }
    let verdict = sparing(&store, &catalog, newest);
    assert_ne!(verdict.verdict, Verdict::Reachable);
}

#[test]
fn a_gap_ends_the_stretch() {
    let mut store = Endless::new(20_000);
    store.missing.insert(9000);
    let catalog = catalog(&store);
    let verdict = sparing(&store, &catalog, at(15_000));
    assert_eq!(verdict.verdict, Verdict::Unreachable);
    assert_eq!(
        codes(&verdict),
        [ReasonCode::NoCommitAfterTarget, ReasonCode::WalGap]
    );
    assert_eq!(
        stop(&sparing(&store, &catalog, at(8000))),
        Some(Endless::first_xid(8000))
    );
}

#[test]
fn damage_at_the_place_of_the_target_is_found() {
    let mut store = Endless::new(20_000);
    store.damaged = Some(9001);
    let catalog = catalog(&store);
    let verdict = sparing(&store, &catalog, at(9000) + 60 * SECOND);
    assert_ne!(
        verdict.verdict,
        Verdict::Reachable,
        "{:?}",
        verdict.stops_at
    );
    let verdict = sparing(&store, &catalog, at(9000) + 59 * SECOND);
    assert_eq!(stop(&verdict), Some(Endless::first_xid(9000)));
}

#[test]
fn the_border_between_timelines_is_read() {
    let mut store = Endless::new(20_000);
    store.fork = Some(5000);
    let whole = catalog(&store);
    let verdict = sparing(&store, &whole, at(15_000));
    assert_eq!(stop(&verdict), Some(Endless::first_xid(15_000)));
    assert_eq!(codes(&verdict), [ReasonCode::TimelineNotReachable]);
    // Without it, the old timeline's segment is read instead, and the new one does not link to it.
    store.missing_on_two.insert(5000);
    let broken = catalog(&store);
    let verdict = sparing(&store, &broken, at(15_000));
    assert_eq!(
        verdict.verdict,
        Verdict::Unreachable,
        "{:?}",
        verdict.stops_at
    );
    let all = judged(&store, &broken, at(15_000), Depth::Records);
    assert_eq!(all.verdict, Verdict::Unreachable);
}

#[test]
fn a_target_before_the_backup_is_refused_without_a_search() {
    let store = Endless::new(20_000);
    let catalog = catalog(&store);
    let verdict = sparing(&store, &catalog, EPOCH - SECOND);
    assert_eq!(codes(&verdict), [ReasonCode::NoBaseBackupBeforeTarget]);
    // Whose the WAL is.
    assert_eq!(reads(&store), 2);
}
