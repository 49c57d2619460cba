use std::io::Write;

use super::*;
use crate::barman::backup::BackupProblem;
use crate::barman::backup_info::{BackupInfoError, BackupStatus};
use crate::barman::layout::TarContent;
use crate::barman::memory::MemoryStore;
use crate::wal::{Lsn, SegmentNumber};

const INFO: &str = "begin_time=2026-03-01 10:00:00+00:00
begin_wal=000000010000000000000002
begin_xlog=0/2000028
end_time=2026-03-01 10:00:03+00:00
end_wal=000000010000000000000002
end_xlog=0/2000100
status=DONE
tablespaces=None
timeline=1
xlog_segment_size=16777216
";

/// One complete backup in `cnpg/db`.
fn store() -> MemoryStore {
    let mut store = MemoryStore::default();
    let base = "cnpg/db/base/20260301T100000";
    store.put(&format!("{base}/backup.info"), 3, INFO.as_bytes());
    store.put(&format!("{base}/data.tar.gz"), 3, b"tar");
    store
}

fn path() -> ServerPath {
    ServerPath::new("cnpg", "db")
}

fn read(store: &MemoryStore) -> Catalog {
    Catalog::read(store, path()).unwrap()
}

fn put_segment(store: &mut MemoryStore, timeline: u32, number: u64, suffix: &str, bytes: &[u8]) {
    let name = segment(timeline, number);
    let key = path().segment(name, SegmentSize::DEFAULT, Compression::None);
    store.put(&(key + suffix), number as i64, bytes);
}

fn segment(timeline: u32, number: u64) -> SegmentName {
    SegmentName {
        timeline: TimelineId(timeline),
        number: SegmentNumber(number),
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

/// The problems of the only backup.
fn problems(store: &MemoryStore) -> Vec<BackupProblem> {
    read(store).backups[0].problems()
}

fn with_info(info: &str) -> MemoryStore {
    let mut store = store();
    store.put(
        "cnpg/db/base/20260301T100000/backup.info",
        3,
        info.as_bytes(),
    );
    store
}

#[test]
fn segments_of_several_timelines_with_a_gap_and_a_partial_are_gathered() {
    let mut store = store();
    for number in [1, 2, 3, 0xFF, 0x100, 0x101] {
        put_segment(&mut store, 1, number, ".gz", b"x");
    }
    put_segment(&mut store, 1, 2, ".00000028.backup.gz", b"x");
    put_segment(&mut store, 1, 0x102, ".partial.gz", b"x");
    put_segment(&mut store, 2, 0x102, ".zst", b"x");
    let history = gzip(b"1\t1/2000000\tno recovery target specified\n");
    store.put("cnpg/db/wals/00000002.history.gz", 9, &history);
    let catalog = read(&store);

    assert_eq!(catalog.backups.len(), 1);
    assert!(catalog.segment_size_known && !catalog.is_empty());
    let first = &catalog.timelines[&TimelineId(1)];
    let runs: Vec<_> = first
        .runs
        .iter()
        .map(|run| (run.first.0, run.last.0))
        .collect();
    assert_eq!(
        runs,
        [(1, 3), (0xFF, 0x101)],
        "a run goes on over the border of a log"
    );
    assert_eq!(first.backup_histories, 1);
    assert_eq!(catalog.run_holding(segment(1, 0x102)), None);
    assert_eq!(
        catalog.partial_key(segment(1, 0x102)),
        Some((
            "cnpg/db/wals/0000000100000001/000000010000000100000002.partial.gz".to_owned(),
            Compression::Gzip
        ))
    );
    assert_eq!(
        catalog.segment_key(segment(2, 0x102)),
        Some((
            "cnpg/db/wals/0000000200000001/000000020000000100000002.zst".to_owned(),
            Compression::Zstd
        ))
    );
    let history = catalog.histories[&TimelineId(2)].content.as_ref().unwrap();
    assert_eq!(history.switch_from(TimelineId(1)), Some(Lsn(0x1_0200_0000)));
}

#[test]
fn the_segment_size_of_the_newest_backup_decides_about_names() {
    let info = INFO.replace("16777216", "67108864");
    let mut store = with_info(&info);
    store.put(
        "cnpg/db/wals/0000000100000001/000000010000000100000002",
        1,
        b"x",
    );
    store.put(
        "cnpg/db/wals/0000000100000001/000000010000000100000041",
        1,
        b"x",
    );
    let catalog = read(&store);
    assert_eq!(catalog.segment_size.bytes(), 64 << 20);
    assert_eq!(catalog.timelines[&TimelineId(1)].runs[0].first.0, 66);
    assert_eq!(
        catalog.foreign_size.examples,
        ["cnpg/db/wals/0000000100000001/000000010000000100000041"]
    );
}

#[test]
fn what_does_not_belong_there_is_counted() {
    let mut store = store();
    put_segment(&mut store, 1, 1, ".gz.tmp", b"x");
    store.put("cnpg/db/base/latest", 1, b"x");
    store.put("cnpg/db/base/", 1, b"");
    store.put("cnpg/db/base/20260301T100000/notes.txt", 1, b"x");
    store.put("cnpg/db/wals/000000010000000000000001.gz", 1, b"x");
    let catalog = read(&store);
    assert_eq!(
        catalog.unknown.examples,
        [
            "cnpg/db/base/latest",
            "cnpg/db/wals/0000000100000000/000000010000000000000001.gz.tmp",
        ]
    );
    assert_eq!(
        (catalog.misplaced.count, catalog.backups[0].unknown),
        (1, 1)
    );
    assert!(
        catalog.timelines.is_empty(),
        "a misplaced segment is not found by a restore"
    );
}

#[test]
fn examples_are_few_and_the_count_is_whole() {
    let mut store = store();
    for number in 0..100 {
        store.put(&format!("cnpg/db/wals/{number}"), 1, b"x");
    }
    let unknown = read(&store).unknown;
    assert_eq!(
        (unknown.count, unknown.examples.len()),
        (100, Oddities::MOST_EXAMPLES)
    );
}

#[test]
fn histories_that_cannot_be_used_say_why() {
    let mut store = store();
    store.put("cnpg/db/wals/00000006.history", 1, b"nonsense\n");
    store.put("cnpg/db/wals/00000003.history.gz", 1, b"no gzip");
    store.deny("cnpg/db/wals/00000004.history");
    store.put("cnpg/db/wals/00000005.history", 1, &vec![b'\n'; 2 << 20]);
    let catalog = read(&store);
    let told = |timeline| match &catalog.histories[&TimelineId(timeline)].content {
        Err(problem) => problem.to_string(),
        Ok(history) => format!("{history:?}"),
    };
    assert_eq!(told(6), "line 1: expected the number of a timeline");
    assert_eq!(
        told(3),
        "the object is not in gzip format as its suffix says"
    );
    assert!(told(4).ends_with("is denied: AccessDenied"), "{}", told(4));
    assert_eq!(told(5), "the content has more than 1048576 bytes");
}

#[test]
fn several_objects_of_one_history_must_agree() {
    let mut store = store();
    let history = gzip(b"1\t1/2000000\tno recovery target specified\n");
    store.put("cnpg/db/wals/00000002.history.gz", 9, &history);
    store.put(
        "cnpg/db/wals/00000002.history",
        1,
        b"1\t1/2000000\tno recovery target specified\n",
    );
    assert!(read(&store).histories[&TimelineId(2)].content.is_ok());
    store.put(
        "cnpg/db/wals/00000002.history",
        1,
        b"1\t1/3000000\tno recovery target specified\n",
    );
    let content = &read(&store).histories[&TimelineId(2)].content;
    assert_eq!(*content, Err(HistoryProblem::Contradicting));
}

#[test]
fn a_complete_backup_has_no_problems() {
    let catalog = read(&store());
    let backup = catalog.backup("20260301T100000").unwrap();
    assert!(backup.restorable() && backup.usable_for_operator());
    assert_eq!(backup.stored_bytes(), 3);
    assert!(catalog.backup("20260301T100001").is_none());
}

#[test]
fn a_failed_backup_without_data_is_usable_for_the_operator_only() {
    let info = INFO.replace("DONE", "FAILED") + "error=failure uploading data\n";
    let mut store = with_info(&info);
    store.remove("cnpg/db/base/20260301T100000/data.tar.gz");
    let catalog = read(&store);
    assert!(catalog.backups[0].usable_for_operator());
    let told: Vec<_> = problems(&store).iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "the backup is FAILED: failure uploading data",
            "data.tar is missing"
        ]
    );
}

#[test]
fn every_tablespace_and_every_part_has_to_be_there() {
    let info = INFO.replace(
        "tablespaces=None",
        "tablespaces=[('a', 16385, '/a'), ('b', 16386, '/b')]",
    );
    let mut store = with_info(&info);
    let base = "cnpg/db/base/20260301T100000";
    for (name, bytes) in [
        ("data_0002.tar.gz", "x"),
        ("16385.tar.gz", ""),
        ("16386.tar.gz", "x"),
        ("16386_0001.tar.gz", "x"),
    ] {
        store.put(&format!("{base}/{name}"), 3, bytes.as_bytes());
    }
    let missing = BackupProblem::TarPartMissing {
        content: TarContent::Data,
        part: 1,
    };
    let empty = BackupProblem::TarEmpty {
        content: TarContent::Tablespace(16385),
        part: 0,
    };
    assert_eq!(problems(&store), [missing, empty]);
    store.remove(&format!("{base}/16386.tar.gz"));
    store.remove(&format!("{base}/16386_0001.tar.gz"));
    assert_eq!(
        problems(&store)[2],
        BackupProblem::TarMissing {
            content: TarContent::Tablespace(16386)
        }
    );
}

#[test]
fn backups_that_did_not_finish_say_how_far_they_got() {
    let started =
        with_info("begin_time=2026-03-01 10:00:00+00:00\nend_time=None\nstatus=STARTED\n");
    let told = problems(&started);
    assert!(matches!(
        told[0],
        BackupProblem::NotDone {
            status: BackupStatus::Started,
            ..
        }
    ));
    assert_eq!(told[1], BackupProblem::FieldMissing { field: "end_time" });
    assert!(!read(&started).backups[0].usable_for_operator());

    let snapshots = with_info(&(INFO.to_owned() + "snapshots_info={'provider': 'aws'}\n"));
    assert_eq!(problems(&snapshots), [BackupProblem::Snapshots]);
}

#[test]
fn a_backup_info_that_cannot_be_used_says_why() {
    let broken = with_info("status=DONE\nend_time=soon\n");
    assert!(matches!(
        problems(&broken)[..],
        [BackupProblem::InfoInvalid(BackupInfoError::Value {
            line: 2,
            ..
        })]
    ));
    let huge = with_info(&"#\n".repeat(1 << 20));
    assert_eq!(
        problems(&huge),
        [BackupProblem::InfoInvalid(BackupInfoError::TooLarge)]
    );
    let mut hidden = store();
    hidden.deny("cnpg/db/base/20260301T100000/backup.info");
    assert!(matches!(
        problems(&hidden)[..],
        [BackupProblem::InfoUnreadable(StoreError::Denied { .. })]
    ));
    let mut absent = store();
    absent.remove("cnpg/db/base/20260301T100000/backup.info");
    assert_eq!(problems(&absent), [BackupProblem::InfoMissing]);
}

#[test]
fn an_empty_archive_names_those_nearby() {
    let store = store();
    let catalog = Catalog::read(&store, ServerPath::new("cnpg", "dv")).unwrap();
    assert!(catalog.is_empty());
    assert_eq!(catalog.near_misses, ["cnpg/db/"]);
    assert!(read(&store).near_misses.is_empty());
}

#[test]
fn a_store_that_lists_out_of_order_is_refused() {
    let mut store = store();
    store.backwards = true;
    let read = Catalog::read(&store, path());
    assert!(matches!(read, Err(StoreError::Other { .. })), "{read:?}");
}

#[test]
fn two_listings_and_one_request_for_each_small_file_are_enough() {
    let mut store = store();
    for number in 1..1000 {
        put_segment(&mut store, 1, number, "", b"");
    }
    store.put("cnpg/db/wals/00000002.history", 1, b"1\t0/3000000\tx\n");
    read(&store);
    assert_eq!(store.requests(), 4);
}
