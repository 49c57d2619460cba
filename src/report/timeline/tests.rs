//! Pictures of archives that no fixture holds: very large, hostile and odd ones.

use std::collections::BTreeMap;
use std::io::Read;
use std::ops::ControlFlow;
use std::time::Instant as Clock;

use super::{TimelineReport, html, svg, text};
use crate::barman::backup_info::BackupTime;
use crate::barman::catalog::{HistoryFile, Oddities};
use crate::barman::layout::{SegmentDigits, TarContent};
use crate::barman::store::{Object, ObjectStore, StoreError};
use crate::barman::wal_files::{UploadBound, Variant};
use crate::barman::{
    Backup, BackupId, BackupInfo, BackupState, BackupStatus, Catalog, Compression, Run, ServerPath,
    TargetTimeline, TimelineFiles,
};
use crate::facts::{Depth, Goal, Opened, Question, Target, judge};
use crate::model::instant::Instant;
use crate::report::CheckReport;
use crate::report::human::Look;
use crate::wal::{
    Lsn, SegmentName, SegmentNumber, SegmentSize, SystemId, TimelineHistory, TimelineId,
};

/// 2026-01-01 00:00:00 UTC.
const START: i64 = 1_767_225_600;

/// Seconds between two uploads.
const PACE: i64 = 60;

struct Nothing;

impl ObjectStore for Nothing {
    fn list(
        &self,
        _: &str,
        _: Option<&str>,
        _: &mut dyn FnMut(Object) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        Ok(())
    }

    fn directories(&self, _: &str) -> Result<Vec<String>, StoreError> {
        Ok(Vec::new())
    }

    fn read(&self, key: &str) -> Result<Box<dyn Read + '_>, StoreError> {
        let what = key.to_owned();
        Err(StoreError::Missing { what })
    }
}

fn time(number: u64) -> Instant {
    Instant::from_seconds(START + PACE * i64::try_from(number).unwrap())
}

fn run(first: u64, last: u64) -> Run {
    let uploads = (first..=last).step_by(64).map(|number| UploadBound {
        last: SegmentNumber((number + 63).min(last)),
        latest: time((number + 63).min(last)),
    });
    Run {
        first: SegmentNumber(first),
        last: SegmentNumber(last),
        compression: Compression::Gzip,
        uniform_size: None,
        bytes: 1000 * (last - first + 1),
        smallest: 1000,
        largest: 1000,
        first_upload: time(first),
        last_upload: time(last),
        uploads: uploads.collect(),
    }
}

/// A backup that ran while this segment was written.
fn backup(number: u64, name: &str, system: u64) -> Backup {
    let size = SegmentSize::DEFAULT;
    let at = |seconds: i64| {
        let instant = Instant::from_micros(time(number).as_micros() + seconds * 1_000_000);
        Some(BackupTime {
            instant,
            zoned: true,
        })
    };
    let segment = SegmentName {
        timeline: TimelineId(1),
        number: SegmentNumber(number),
    };
    let segment = SegmentDigits::parse(&segment.file_name(size).to_string());
    let start = SegmentNumber(number).start(size).0;
    let info = BackupInfo {
        status: Some(BackupStatus::Done),
        begin_time: at(-50),
        end_time: at(-20),
        begin_lsn: Some(Lsn(start + 0x28)),
        end_lsn: Some(Lsn(start + 0x100)),
        begin_wal: segment,
        end_wal: segment,
        timeline: Some(TimelineId(1)),
        segment_size: Some(size),
        system_identifier: Some(SystemId(system)),
        server_version: Some(170_002),
        ..BackupInfo::default()
    };
    let part = crate::barman::backup::TarPart {
        part: 0,
        compression: Compression::None,
        size: 1,
    };
    Backup {
        id: BackupId::parse(name).unwrap(),
        state: BackupState::Read(Box::new(info)),
        tars: BTreeMap::from([(TarContent::Data, vec![part])]),
        label: false,
        keep: false,
        unknown: 0,
    }
}

fn catalog(server: &str, backups: Vec<Backup>, runs: Vec<Run>) -> Catalog {
    let files = TimelineFiles {
        runs,
        ..TimelineFiles::default()
    };
    Catalog {
        path: ServerPath::new("cnpg", server),
        segment_size: SegmentSize::DEFAULT,
        segment_size_known: true,
        backups,
        timelines: BTreeMap::from([(TimelineId(1), files)]),
        histories: BTreeMap::new(),
        misplaced: Oddities::default(),
        foreign_size: Oddities::default(),
        unknown: Oddities::default(),
        near_misses: Vec::new(),
    }
}

fn history(timeline: u32, content: &str) -> (TimelineId, HistoryFile) {
    let timeline = TimelineId(timeline);
    let file = HistoryFile {
        compression: Compression::None,
        last_modified: time(0),
        content: Ok(TimelineHistory::parse(timeline, content.as_bytes()).unwrap()),
    };
    (timeline, file)
}

/// Text, picture and page of an archive, judged by its listing.
fn drawn(catalog: &Catalog, goal: Option<Goal>, look: Look) -> [String; 3] {
    drawn_with(catalog, goal, look, &[])
}

fn drawn_with(catalog: &Catalog, goal: Option<Goal>, look: Look, opened: &[Opened]) -> [String; 3] {
    let target = Target {
        goal: goal.clone().unwrap_or(Goal::Latest),
        inclusive: true,
    };
    let verdict = judge(&Question {
        store: &Nothing,
        catalog,
        target: &target,
        timeline: TargetTimeline::Latest,
        backup_id: None,
        depth: Depth::Listing,
        noted: None,
    });
    let report = TimelineReport {
        check: CheckReport {
            url: "s3://backups/cnpg",
            server_name: catalog.path.server(),
            target: &target,
            timeline: TargetTimeline::Latest,
            verdict: &verdict,
        },
        asked: goal.is_some(),
        catalog,
        opened,
        taken_at: None,
    };
    [
        text::render(&report, look, None),
        svg::render(&report),
        html::render(&report),
    ]
}

const PLAIN: Look = Look {
    color: false,
    unicode: true,
    width: 80,
};

fn at(number: u64) -> Goal {
    Goal::Time {
        choice: time(number),
        replay: time(number),
    }
}

/// The text on one line, so that it does not matter where rows are wrapped.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The line of a row.
fn row<'t>(text: &'t str, name: &str) -> &'t str {
    let start = format!("  {name:<13}");
    let line = text.lines().find(|line| line.starts_with(&start));
    line.unwrap_or_else(|| panic!("no row {name}: {text}"))
}

#[test]
fn a_million_segments_make_a_small_picture_at_once() {
    let backups: Vec<Backup> = (0..700)
        .map(|day| {
            let name = format!(
                "20{:02}{:02}{:02}T000000",
                20 + day / 336,
                1 + day / 28 % 12,
                1 + day % 28
            );
            backup(1 + day * 1440, &name, 7)
        })
        .collect();
    // Every hundredth segment is missing: ten thousand gaps.
    let runs = (0..10_000).map(|at| run(at * 100, at * 100 + 98)).collect();
    let catalog = catalog("db", backups, runs);
    let start = Clock::now();
    let pictures = drawn(&catalog, None, PLAIN);
    let zoomed = drawn(&catalog, Some(at(500_000)), PLAIN);
    assert!(start.elapsed().as_secs() < 10, "{:?}", start.elapsed());
    let [text, svg, html] = &pictures;
    assert!(text.lines().count() < 120, "{text}");
    assert!(
        svg.len() < 60_000 && html.len() < 400_000,
        "{} {}",
        svg.len(),
        html.len()
    );
    assert!(
        text.starts_with("db: 700 base backups, 990000 segments of WAL on 1 timeline, 9999 gaps\n")
    );
    // What has no place of its own is counted.
    assert!(text.contains("and 680 more base backups"), "{text}");
    assert!(
        text.contains("and 9993 more gaps of 9993 segments"),
        "{text}"
    );
    assert!(html.contains("and 199 more base backups"));
    assert!(html.contains("and 19499 more rows"));
    assert!(row(text, "timeline 1").contains('╳'));
    let [text, ..] = &zoomed;
    assert!(
        text.contains("the picture shows the marked part; 698 base backups elsewhere"),
        "{text}"
    );
}

#[test]
fn one_long_run_costs_nothing() {
    let catalog = catalog(
        "db",
        vec![backup(5, "20260101T000005", 7)],
        vec![run(1, 1_000_000)],
    );
    let [text, svg, _] = drawn(&catalog, None, PLAIN);
    assert!(!row(&text, "timeline 1").contains('╳'), "{text}");
    assert!(svg.matches("class=\"wal\"").count() <= 2, "{svg}");
}

#[test]
fn the_picture_of_a_target_shows_a_day_on_both_sides() {
    let catalog = catalog(
        "db",
        vec![
            backup(5, "20260101T000005", 7),
            backup(9000, "20260107T000000", 7),
        ],
        vec![run(1, 20_000)],
    );
    let [text, svg, _] = drawn(&catalog, Some(at(10_000)), PLAIN);
    let target = row(&text, "target");
    let middle = target.chars().position(|c| c == '▼').unwrap();
    assert!((46..=48).contains(&middle), "{text}");
    assert!(
        text.contains("the picture shows the marked part; 1 base backup elsewhere"),
        "{text}"
    );
    assert!(svg.contains("the picture shows the dark part; 1 base backup elsewhere"));
    let [far, ..] = drawn(&catalog, Some(at(900_000)), PLAIN);
    assert!(
        row(&far, "target").contains("behind everything shown ▶"),
        "{far}"
    );
    assert!(far.lines().all(|line| line.chars().count() <= 80), "{far}");
}

#[test]
fn lines_fit_whatever_the_width() {
    let backups = (1..40).map(|at| backup(at * 3, &format!("20260101T0000{at:02}"), 7));
    let catalog = catalog(
        "a-long-server-name-v12",
        backups.collect(),
        vec![run(1, 150), run(155, 180)],
    );
    for width in [40, 80, 120, 200] {
        let look = Look { width, ..PLAIN };
        let [text, ..] = drawn(&catalog, Some(at(100)), look);
        for line in text.lines() {
            // The verdict and names are never cut.
            let long_word = line.trim().split(' ').any(|word| word.len() + 15 > width);
            let fits = line.chars().count() <= width || long_word || text.starts_with(line);
            assert!(fits, "{width}: {line}");
        }
    }
}

#[test]
fn colours_only_add_to_the_characters() {
    let catalog = catalog(
        "db",
        vec![backup(5, "20260101T000005", 7)],
        vec![run(1, 20), run(25, 30)],
    );
    let plain = drawn(&catalog, None, PLAIN);
    let coloured = drawn(
        &catalog,
        None,
        Look {
            color: true,
            ..PLAIN
        },
    );
    let mut bare = String::new();
    let mut rest = coloured[0].as_str();
    while let Some((before, code)) = rest.split_once("\u{1b}[") {
        bare.push_str(before);
        rest = code.split_once('m').unwrap().1;
    }
    bare.push_str(rest);
    assert_ne!(coloured[0], plain[0]);
    assert_eq!(bare, plain[0]);
    let ascii = drawn(
        &catalog,
        None,
        Look {
            unicode: false,
            ..PLAIN
        },
    );
    assert!(ascii[0].is_ascii(), "{}", ascii[0]);
    assert!(row(&ascii[0], "timeline 1").contains('X'));
}

#[test]
fn segments_lost_in_a_failover_are_a_gap_although_nothing_follows_on_their_timeline() {
    let mut catalog = catalog(
        "db",
        vec![backup(5, "20260101T000005", 7)],
        vec![run(1, 20)],
    );
    let files = TimelineFiles {
        runs: vec![run(24, 40)],
        ..TimelineFiles::default()
    };
    catalog.timelines.insert(TimelineId(2), files);
    let switch = SegmentNumber(24).start(SegmentSize::DEFAULT).0 + 0xE8;
    let content = format!("1\t{}\tno recovery target specified\n", Lsn(switch));
    let (timeline, file) = history(2, &content);
    catalog.histories.insert(timeline, file);
    let [text, _, html] = drawn(&catalog, None, PLAIN);
    assert!(
        flat(&text).contains(
            "000000010000000000000015 to 000000010000000000000017: 3 segments of timeline 1"
        ),
        "{text}"
    );
    assert!(row(&text, "timeline 1").contains('╳'), "{text}");
    assert!(html.contains("<td>MISSING</td>"));
    assert!(html.contains("parted from timeline 1 at 0/180000E8 (no recovery target specified)"));
}

#[test]
fn a_partial_stands_in_for_a_missing_segment_and_is_no_gap() {
    let mut catalog = catalog(
        "db",
        vec![backup(5, "20260101T000005", 7)],
        vec![run(1, 20)],
    );
    let partial = Variant {
        partial: true,
        compression: Compression::Gzip,
        size: 9,
        last_modified: time(25),
    };
    let files = catalog.timelines.get_mut(&TimelineId(1)).unwrap();
    files.partials.insert(SegmentNumber(21), vec![partial]);
    // This one is there as a whole too.
    files.partials.insert(SegmentNumber(3), vec![partial]);
    let [text, _, html] = drawn(&catalog, None, PLAIN);
    assert!(
        text.starts_with("db: 1 base backup, 21 segments of WAL on 1 timeline, no gap\n"),
        "{text}"
    );
    assert!(row(&text, "timeline 1").ends_with('╍'), "{text}");
    assert_eq!(html.matches("only a .partial file").count(), 1);
}

#[test]
fn backups_that_cannot_be_restored_have_small_letters_and_their_reason() {
    let mut failed = backup(9, "20260101T000009", 7);
    if let BackupState::Read(info) = &mut failed.state {
        info.status = Some(BackupStatus::Failed);
        info.error = Some("upload of \"data\" <failed>".to_owned());
    }
    let alone = backup(50, "20260101T000050", 7);
    let foreign = backup(12, "20260101T000012", 8);
    let good = backup(15, "20260101T000015", 7);
    let catalog = catalog("db", vec![failed, foreign, good, alone], vec![run(1, 20)]);
    let [text, svg, html] = drawn(&catalog, None, PLAIN);
    assert!(text.contains("\n  a            20260101T000009"), "{text}");
    assert!(
        flat(&text).contains("CANNOT BE RESTORED (failed)"),
        "{text}"
    );
    assert!(flat(&text).contains("yet the operator"), "{text}");
    assert!(text.contains("\n  d            20260101T000050"), "{text}");
    assert!(
        flat(&text).contains("CANNOT BE RESTORED (unusable): segment"),
        "{text}"
    );
    assert!(flat(&text).contains("ANOTHER DATABASE SYSTEM, 8"), "{text}");
    assert!(text.contains("\n  system       8: 1 base backup"), "{text}");
    assert!(html.contains("upload of &quot;data&quot; &lt;failed&gt;"));
    assert!(svg.contains("class=\"strike\""));
}

#[test]
fn segments_of_another_system_are_marked_where_they_are_known() {
    let catalog = catalog(
        "db",
        vec![backup(5, "20260101T000005", 7)],
        vec![run(1, 65)],
    );
    let opened: Vec<Opened> = [(1, Ok(7)), (30, Ok(9)), (40, Err("denied"))]
        .into_iter()
        .map(|(number, system)| Opened {
            name: SegmentName {
                timeline: TimelineId(1),
                number: SegmentNumber(number),
            },
            key: String::new(),
            system: system.map(SystemId).map_err(str::to_owned),
        })
        .collect();
    let [text, svg, html] = drawn_with(&catalog, None, PLAIN, &opened);
    assert_eq!(row(&text, "timeline 1").matches('▒').count(), 1, "{text}");
    assert!(
        text.contains("  system       9: 0 base backups, 1 segment of those looked at"),
        "{text}"
    );
    assert!(svg.contains("WAL of another database system"), "{svg}");
    assert!(
        html.contains("<td>OF ANOTHER DATABASE SYSTEM</td>"),
        "{html}"
    );
    // The segments around it are still there.
    assert!(
        text.contains("65 segments of WAL on 1 timeline, no gap, 2 database systems"),
        "{text}"
    );
}

#[test]
fn many_timelines_are_counted() {
    let mut catalog = catalog(
        "db",
        vec![backup(5, "20260101T000005", 7)],
        vec![run(1, 20)],
    );
    for number in 2..300 {
        let (timeline, file) = history(number, "1\t0/5000000\tno recovery target specified\n");
        catalog.histories.insert(timeline, file);
    }
    let [text, svg, html] = drawn(&catalog, None, PLAIN);
    let drawn = text.lines().filter(|line| line.starts_with("  timeline "));
    assert_eq!(drawn.count(), 12, "{text}");
    assert!(
        text.contains("and 287 more timelines with 0 segments, left aside"),
        "{text}"
    );
    assert!(svg.contains("and 259 more timelines"));
    assert!(html.contains("<td class=\"number\">299</td>"));
}

#[test]
fn hostile_names_are_shown_and_do_nothing() {
    let name = "x\"><script>alert(1)</script>\u{1b}[2J\u{202e}&amp;";
    let mut backup = backup(5, "20260101T000005", 7);
    if let BackupState::Read(info) = &mut backup.state {
        info.status = Some(BackupStatus::Failed);
        info.error = Some("</td></table><img src=x onerror=alert(1)>".to_owned());
    }
    let mut catalog = catalog(name, vec![backup], vec![run(1, 20)]);
    let (timeline, file) = history(2, "1\t0/5000000\t</svg><script>\n");
    catalog.histories.insert(timeline, file);
    for goal in [None, Some(Goal::Name("<b>'\"".to_owned()))] {
        let [text, svg, html] = drawn(&catalog, goal, PLAIN);
        assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text}");
        for page in [&svg, &html] {
            assert!(
                !page.contains("<script") && !page.contains("<img"),
                "{page}"
            );
            assert!(!page.contains(['\u{1b}', '\u{202e}']), "{page}");
            assert!(page.contains("x&quot;&gt;&lt;script&gt;"), "{page}");
            well_formed(page);
        }
    }
}

#[test]
fn pages_are_well_formed_and_ask_for_nothing() {
    let catalog = catalog(
        "db",
        vec![backup(5, "20260101T000005", 7)],
        vec![run(1, 20), run(30, 31)],
    );
    for goal in [
        None,
        Some(at(12)),
        Some(Goal::Immediate),
        Some(Goal::Lsn(Lsn(1))),
    ] {
        let [_, svg, html] = drawn(&catalog, goal, PLAIN);
        well_formed(&svg);
        well_formed(&html);
        for word in ["http:", "https:", "url(", "@import", "src=", "href"] {
            let page = html.replace("http://www.w3.org/", "");
            assert!(!page.contains(word), "{word}");
        }
    }
}

#[test]
fn the_largest_numbers_and_times_do_no_harm() {
    let far = u64::MAX / SegmentSize::DEFAULT.bytes();
    let mut last = run(3, 3);
    last.first = SegmentNumber(far);
    last.last = SegmentNumber(far);
    last.first_upload = Instant::from_micros(i64::MIN);
    last.last_upload = Instant::from_micros(i64::MAX);
    let mut odd = backup(5, "20260101T000005", 7);
    if let BackupState::Read(info) = &mut odd.state {
        info.end_lsn = Some(Lsn(u64::MAX));
    }
    let catalog = catalog("db", vec![odd], vec![run(1, 20), last]);
    for goal in [None, Some(at(10)), Some(Goal::Lsn(Lsn(u64::MAX)))] {
        for page in &drawn(&catalog, goal, PLAIN)[1..] {
            well_formed(page);
        }
    }
}

/// Reads a document with a parser that is not this project's; tags have to match.
fn well_formed(document: &str) {
    use xmlparser::{ElementEnd, Token, Tokenizer};
    let mut open: Vec<String> = Vec::new();
    let mut name = String::new();
    let mut seen = 0;
    for token in Tokenizer::from(document) {
        match token.unwrap_or_else(|error| panic!("{error}: {document}")) {
            Token::ElementStart { local, .. } => {
                seen += 1;
                name = local.to_string();
            }
            Token::ElementEnd { end, .. } => match end {
                ElementEnd::Open => open.push(name.clone()),
                ElementEnd::Close(_, local) => {
                    assert_eq!(open.pop().as_deref(), Some(local.as_str()))
                }
                ElementEnd::Empty => {}
            },
            Token::Text { text } => assert!(!text.contains('<'), "{text}"),
            _ => {}
        }
    }
    assert!(open.is_empty() && seen > 3, "{open:?}");
}
