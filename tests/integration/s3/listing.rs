//! Listings: large, odd, and broken off.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::fake::{Act, Bucket, Fake, Habits, error};
use super::{check, command, run};
use crate::workspace::Workspace;

/// A position that no archive here holds, so that the answer tells how far it goes.
const LISTING: [&str; 4] = ["--target-lsn", "FFFFFFFF/0", "--depth", "listing"];

/// The end of that many segments, the way the answer tells it.
fn ends_behind(segments: usize) -> String {
    let end = (segments as u64 + 1) << 24;
    format!(
        "the archive ends at {:X}/{:X}, before",
        end >> 32,
        end as u32
    )
}

#[test]
fn a_million_segments_cost_a_thousand_requests_and_little_memory() {
    const SEGMENTS: usize = 1_000_000;
    let fake = Fake::start(Bucket::segments(SEGMENTS));
    let workspace = Workspace::plain(&[]);
    let all = [
        &["check", "s3://backups/db", "--format", "json"],
        &LISTING[..],
    ]
    .concat();
    let mut command = command(&workspace, &fake.endpoint, &all);
    let mut child = command
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::inherit())
        .spawn()
        .unwrap();
    let mut most = 0;
    let status = loop {
        most = most.max(peak_memory(child.id()).unwrap_or(0));
        match child.try_wait().unwrap() {
            Some(status) => break status,
            None => std::thread::sleep(Duration::from_millis(2)),
        }
    };
    let requests = fake.requests().len();
    println!("{requests} requests, {most} KiB");
    assert_eq!(status.code(), Some(1));
    assert!(requests <= 1050, "{requests} requests");
    assert!(most > 0 && most < 64 << 10, "{most} KiB");
}

/// The most memory that a running program has held since it was started, in KiB.
///
/// What the system counts when a child has ended (`ru_maxrss`) begins with the memory of the parent that forked it,
/// here that of all tests that run beside this one.
fn peak_memory(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse().ok()
}

#[test]
fn a_large_listing_is_complete_and_in_order() {
    // Were a segment lost, told twice or out of order, the answer would tell of a gap or of disorder.
    for (page, segments) in [(1000, 5000), (7, 9000), (256, 10_000), (300, 25_601)] {
        let habits = Habits {
            page,
            strange_tokens: true,
            ..Habits::default()
        };
        let fake = Fake::with(Bucket::segments(segments), habits, |_| Act::Answer);
        let (found, _) = check(&fake.endpoint, "s3://backups/db", &LISTING);
        let reason = found["reasons"][0]["message"].as_str().unwrap();
        assert!(reason.starts_with(&ends_behind(segments)), "{reason}");
    }
}

#[test]
fn a_busy_service_is_asked_again_for_the_same_page() {
    let times = AtomicUsize::new(0);
    let fake = Fake::with(
        Bucket::segments(20_000),
        Habits::default(),
        move |request| match request.number % 4 {
            1 => {
                let time = times.fetch_add(1, Ordering::Relaxed);
                match time % 3 {
                    0 => error(503, "SlowDown", "Please reduce your request rate."),
                    1 => error(500, "InternalError", "We encountered an internal error."),
                    _ => Act::Cut(1000),
                }
            }
            3 if request.number > 8 => Act::HangUp,
            _ => Act::Answer,
        },
    );
    let (found, code) = check(&fake.endpoint, "s3://backups/db", &LISTING);
    let reason = found["reasons"][0]["message"].as_str().unwrap();
    assert!(reason.starts_with(&ends_behind(20_000)), "{reason}");
    assert_eq!(code, Some(1));
    let requests = fake.requests();
    let tokens = |number: usize| {
        (
            requests[number].token.clone(),
            requests[number].start_after.clone(),
        )
    };
    assert_eq!(tokens(0), tokens(1));
}

#[test]
fn credentials_that_expire_in_the_middle_end_the_run_in_plain_words() {
    let fake = Fake::with(
        Bucket::segments(100_000),
        Habits::default(),
        |request| match request.number {
            0..=20 => Act::Answer,
            _ => error(400, "ExpiredToken", "The provided token has expired."),
        },
    );
    let all = [&["check", "s3://backups/db"], &LISTING[..]].concat();
    let answer = run(&fake.endpoint, &all);
    assert_eq!((answer.code, answer.out.as_str()), (Some(2), ""));
    assert!(
        answer.err.contains("the credentials have expired"),
        "{}",
        answer.err
    );
    assert!(
        answer.err.contains("help: get new credentials"),
        "{}",
        answer.err
    );
}

#[test]
fn a_listing_out_of_order_or_without_end_is_refused() {
    let fake = Fake::with(Bucket::segments(50), Habits::default(), |request| {
        let wals = request.kind == "list" && request.key.contains("wals");
        if wals { Act::Reversed } else { Act::Answer }
    });
    let all = [&["check", "s3://backups/db"], &LISTING[..]].concat();
    let answer = run(&fake.endpoint, &all);
    assert_eq!(answer.code, Some(2));
    assert!(answer.err.contains("out of order"), "{}", answer.err);

    let endless = "<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken></ListBucketResult>";
    let fake = Fake::with(Bucket::segments(50), Habits::default(), move |_| {
        Act::Instead(200, endless.to_owned())
    });
    let answer = run(&fake.endpoint, &all);
    assert_eq!(answer.code, Some(2));
    assert!(
        answer.err.contains("announces more keys, but shows none"),
        "{}",
        answer.err
    );
    assert!(fake.requests().len() < 10);
}
