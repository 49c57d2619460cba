//! `walbound timeline`: pictures of the archives of a real server, compared with those that people have looked at.
//!
//! `UPDATE=1 cargo test --test integration timeline` rewrites them; look at the change.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::workspace::{Answer, Workspace};

const CASES: [&str; 4] = ["forked", "gap", "mixed", "truncated"];

/// 2026-11-21 12:35:02 UTC, while the first backup of the fixtures ran.
const FIRST_UPLOAD: u64 = 1_795_264_502;

fn case(name: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    root.join("fixtures/archive").join(name)
}

/// How the files of an archive got their times.
#[derive(Clone, Copy)]
enum Stored {
    /// By the server, each when it was full.
    AsWritten,
    /// By somebody who copied it all a day later.
    Copied,
}

/// A copy of a fixture with upload times that are the same everywhere.
fn archive(name: &str, stored: Stored) -> Workspace {
    let workspace = Workspace::plain(&[]);
    copy(
        &case(name).join("bucket"),
        &workspace.path().join("bucket"),
        stored,
    );
    workspace
}

fn copy(from: &Path, to: &Path, stored: Stored) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target, stored);
            continue;
        }
        fs::copy(entry.path(), &target).unwrap();
        let name = entry.file_name().into_string().unwrap();
        let seconds = match stored {
            Stored::AsWritten => uploaded(&name),
            Stored::Copied => 86_400,
        };
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(FIRST_UPLOAD + seconds);
        File::options()
            .write(true)
            .open(&target)
            .unwrap()
            .set_modified(time)
            .unwrap();
    }
}

/// Seconds after the first upload: what backups and commits of the fixtures allow.
fn uploaded(name: &str) -> u64 {
    const BY_SEGMENT: [u64; 10] = [0, 2, 3, 3, 5, 6, 7, 8, 9, 10];
    let number = |range| u64::from_str_radix(name.get(range)?, 16).ok();
    match (number(0..8), number(16..24)) {
        (Some(timeline), Some(segment)) => {
            let at = usize::try_from(segment - 6).unwrap();
            BY_SEGMENT[at] + timeline - 1
        }
        _ => 0,
    }
}

fn draw(workspace: &Workspace, arguments: &[&str], variables: &[(&str, &str)]) -> Answer {
    let mut all = vec!["timeline", "bucket"];
    all.extend(arguments);
    let mut command = workspace.command(&all);
    for (name, value) in variables {
        command.env(name, value);
    }
    Answer::of(&mut command)
}

const ASCII: (&str, &str) = ("LC_ALL", "C");

#[test]
fn pictures_are_those_that_were_looked_at() {
    let time = ["--target-time", "2026-11-21 12:35:08.047433+00"];
    let late = ["--target-time", "2026-11-21 13:00:00+00"];
    let mut different = Vec::new();
    for name in CASES {
        for (file, stored, arguments, variables) in [
            ("timeline.txt", Stored::AsWritten, &[][..], &[][..]),
            ("timeline-target.txt", Stored::AsWritten, &time, &[]),
            (
                "timeline-copy.txt",
                Stored::Copied,
                &late,
                &[ASCII, ("COLUMNS", "120")],
            ),
        ] {
            let answer = draw(&archive(name, stored), arguments, variables);
            assert_eq!(answer.err, "");
            let file = case(name).join(file);
            if std::env::var_os("UPDATE").is_some() {
                fs::write(&file, &answer.out).unwrap();
            } else if fs::read_to_string(&file).ok().as_deref() != Some(&answer.out) {
                different.push(format!("{}:\n{}", file.display(), answer.out));
            }
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
}

/// What is true of every picture, whatever it looks like.
#[test]
fn pictures_fit_and_leave_nothing_out() {
    for name in CASES {
        for stored in [Stored::AsWritten, Stored::Copied] {
            let workspace = archive(name, stored);
            for columns in [80, 120] {
                let width = columns.to_string();
                let answer = draw(&workspace, &["--latest"], &[("COLUMNS", &width), ASCII]);
                assert!(answer.out.is_ascii(), "{}", answer.out);
                for line in answer.out.lines() {
                    // A key is never cut, so that it can be copied.
                    assert!(line.len() <= columns || line.contains(".gz`"), "{line}");
                }
                for backup in ["20260101T000001", "20260101T000002"] {
                    let listed = answer.out.lines().filter(|line| line.contains(backup));
                    assert!(listed.count() > 0, "{}", answer.out);
                }
                let lanes = answer
                    .out
                    .lines()
                    .filter(|line| line.starts_with("  timeline "));
                assert_eq!(lanes.count(), if name == "forked" { 2 } else { 1 });
            }
        }
    }
}

#[test]
fn the_missing_segment_lies_where_it_is_missing() {
    // Segments 06 to 0F are ten; 0C is the seventh.
    let answer = draw(&archive("gap", Stored::Copied), &[], &[("COLUMNS", "115")]);
    let lane = answer
        .out
        .lines()
        .find(|line| line.starts_with("  timeline 1"));
    let lane: Vec<char> = lane.unwrap().chars().skip(15).collect();
    let shown: String = lane.chunks(10).map(|cells| cells[5]).collect();
    assert_eq!(shown, "━━━━━━╳━━━", "{}", answer.out);
}

#[test]
fn the_exit_code_is_that_of_the_verdict() {
    let reachable = ["--target-time", "2026-11-21 12:35:08.047433+00"];
    let unreachable = ["--target-time", "2026-11-21 13:00:00+00"];
    let undecided = [&reachable[..], &["--depth", "listing"]].concat();
    let workspace = archive("forked", Stored::AsWritten);
    for (arguments, code) in [
        (&[][..], 0),
        (&reachable, 0),
        (&unreachable, 1),
        (&undecided, 3),
        (&["--latest", "--target-immediate"], 2),
        (&["--target-time", "2026-11-21 12:35:05"], 2),
        (&["--server", "other"], 2),
    ] {
        let answer = draw(&workspace, arguments, &[]);
        assert_eq!(answer.code, Some(code), "{arguments:?}: {}", answer.err);
        let checked = workspace.run(&[&["check", "bucket"], arguments].concat());
        if code != 2 && !arguments.is_empty() {
            assert_eq!(checked.code, Some(code));
            let verdict = checked.out.lines().next().unwrap();
            assert!(answer.out.starts_with(verdict), "{}", answer.out);
        }
    }
}

#[test]
fn pages_say_what_check_says_and_are_the_same_every_time() {
    let workspace = archive("gap", Stored::AsWritten);
    let target = ["--target-name", "before-fork"];
    let write = |file: &str| draw(&workspace, &[&target[..], &["-o", file]].concat(), &[]);
    let answer = write("one.html");
    assert_eq!(
        (answer.code, answer.out.as_str()),
        (Some(1), ""),
        "{}",
        answer.err
    );
    write("two.html");
    let page = workspace.read("one.html");
    assert_eq!(page, workspace.read("two.html"));
    let verdict =
        r#"<h1><span class="verdict unreachable">unreachable</span> restore point `before-fork`"#;
    assert!(page.contains(verdict), "{page}");
    for part in [
        "[restore-point-not-found]",
        "20260101T000001",
        "20260101T000002",
        "00000001000000000000000C",
        "prefers-color-scheme: dark",
        "<svg ",
    ] {
        assert!(page.contains(part), "{part}");
    }
    for part in ["<script", "http-equiv=\"refresh", "<link", "<iframe"] {
        assert!(!page.contains(part), "{part}");
    }
    let picture = write("one.svg");
    assert_eq!(picture.code, Some(1));
    assert!(workspace.read("one.svg").starts_with("<svg xmlns="));
    write("one.txt");
    let text = draw(&workspace, &target, &[]).out;
    assert_eq!(workspace.read("one.txt"), text);
}

#[test]
fn a_file_of_another_kind_is_refused_before_anything_is_read() {
    let workspace = archive("gap", Stored::AsWritten);
    for file in ["picture.png", "picture", "none/picture.html"] {
        let answer = draw(&workspace, &["-o", file], &[]);
        assert_eq!((answer.code, answer.out.as_str()), (Some(2), ""), "{file}");
        assert!(answer.err.contains(file), "{}", answer.err);
        assert!(!workspace.path().join(file).exists());
    }
}

#[test]
fn an_empty_place_is_no_picture_and_names_what_is_nearby() {
    let info = "status=DONE\n";
    let workspace = Workspace::plain(&[("bucket/gitea-v1/base/20260101T000001/backup.info", info)]);
    let answer = draw(&workspace, &["--server", "gitea-v2"], &[]);
    assert_eq!((answer.code, answer.out.as_str()), (Some(2), ""));
    assert!(
        answer.err.contains("nothing is archived under `gitea-v2/`"),
        "{}",
        answer.err
    );
    assert!(answer.err.contains("gitea-v1/"), "{}", answer.err);
    let asked = draw(&workspace, &["--server", "gitea-v2", "--latest"], &[]);
    assert_eq!(asked.code, Some(1), "{}", asked.err);
}

#[test]
fn the_zone_of_the_machine_does_not_change_what_is_written_down() {
    let workspace = archive("forked", Stored::AsWritten);
    let here = draw(&workspace, &[], &[("TZ", "UTC")]);
    let there = draw(&workspace, &[], &[("TZ", "Asia/Tokyo")]);
    assert_eq!(here.out, there.out);
}
