//! What is read from S3 is what lies there.

use std::time::Duration;

use super::fake::{Act, Fake, Habits, Request};
use super::{check, check_directory, fixture, run, with_credentials};
use crate::check_database::repository;
use crate::workspace::Answer;

const TARGETS: [&[&str]; 4] = [
    &["--latest"],
    &["--target-time", "2026-11-21 12:35:07+00"],
    &["--target-immediate", "--backup-id", "20260101T000002"],
    &["--target-name", "before-fork", "--depth", "headers"],
];

/// Checks all targets against a service with these habits, and compares with the directory.
fn same_as_the_directory(
    habits: Habits,
    rule: impl Fn(&Request) -> Act + Send + Sync + Clone + 'static,
) -> Vec<Request> {
    let mut requests = Vec::new();
    for case in ["forked", "truncated"] {
        for target in TARGETS {
            let (directory, bucket) = fixture(case, "cnpg/");
            let fake = Fake::with(bucket, habits, rule.clone());
            let url = "s3://backups/cnpg";
            let expected = check_directory(&directory, url, target);
            let (found, code) = check(&fake.endpoint, url, target);
            // Keys are told as they are in the bucket.
            let found = found.to_string().replace("cnpg/db/", "db/");
            let (expected, expected_code) = expected;
            assert_eq!(found, expected.to_string(), "{case} {target:?}");
            assert_eq!(code, expected_code);
            requests.extend(fake.requests());
        }
    }
    requests
}

#[test]
fn an_archive_in_s3_is_judged_as_the_same_directory_is() {
    same_as_the_directory(Habits::default(), |_| Act::Answer);
}

#[test]
fn pages_of_one_key_and_strange_tokens_change_nothing() {
    let habits = Habits {
        page: 1,
        strange_tokens: true,
        encodes: false,
    };
    same_as_the_directory(habits, |_| Act::Answer);
}

#[test]
fn a_cut_off_body_is_resumed_where_it_ended() {
    let requests = same_as_the_directory(Habits::default(), |request| {
        let first = request.kind == "get" && request.range.is_none();
        if first { Act::Cut(100) } else { Act::Answer }
    });
    let resumed = |request: &&Request| request.range.is_some_and(|(from, _)| from == 100);
    assert!(requests.iter().filter(resumed).count() > 4);
}

#[test]
fn a_service_that_ignores_ranges_is_read_right() {
    same_as_the_directory(Habits::default(), |request| {
        match (request.kind, request.range) {
            ("get", None) => Act::Cut(100),
            ("get", Some(_)) => Act::Whole,
            _ => Act::Answer,
        }
    });
}

#[test]
fn slow_answers_are_waited_for() {
    let (directory, bucket) = fixture("forked", "");
    let fake = Fake::with(bucket, Habits::default(), |request| {
        let pause = Duration::from_millis(300);
        match request.number {
            2 => Act::Wait(pause),
            number if number % 3 == 0 => Act::Slow(pause),
            _ => Act::Answer,
        }
    });
    let url = "s3://backups/db";
    let expected = check_directory(&directory, url, TARGETS[0]);
    assert_eq!(check(&fake.endpoint, url, TARGETS[0]), expected);
}

#[test]
fn a_body_that_never_comes_whole_is_an_error_and_not_damage() {
    let (_, bucket) = fixture("forked", "");
    let fake = Fake::with(bucket, Habits::default(), |request| {
        let segment = request.kind == "get" && request.key.contains("00000B");
        if segment { Act::Cut(10) } else { Act::Answer }
    });
    let target = ["--latest", "--backup-id", "20260101T000002"];
    let (document, code) = check(&fake.endpoint, "s3://backups/db", &target);
    assert_eq!(document["verdict"], "undecided", "{document:#}");
    assert_eq!(code, Some(3));
    let reasons = document["reasons"].to_string();
    assert!(reasons.contains("object-unreadable"), "{reasons}");
    assert!(reasons.contains("broke off"), "{reasons}");
}

#[test]
fn names_with_every_kind_of_character_are_found_and_read() {
    for encodes in [true, false] {
        for server in ["git+ea db", "grüße ✓", "a&b<c>'d\"", "100%25", "a=b?c#d"] {
            let (directory, bucket) = fixture("forked", &format!("{server}/"));
            let habits = Habits {
                encodes,
                ..Habits::default()
            };
            let fake = Fake::with(bucket, habits, |_| Act::Answer);
            let url = format!("s3://backups/{server}");
            let expected = check_directory(&directory, &url, TARGETS[1]);
            assert_eq!(
                check(&fake.endpoint, &url, TARGETS[1]),
                expected,
                "{server}"
            );
        }
    }
}

#[test]
fn the_archive_of_a_database_is_read_where_its_manifests_say() {
    let (_, bucket) = fixture("forked", "cnpg/");
    let fake = Fake::start(bucket);
    let workspace = repository("s3://backups/cnpg", &fake.endpoint);
    let arguments = ["check", "gitea-db", "--archive", "--latest"];
    let answer = Answer::of(&mut with_credentials(&workspace, &arguments));
    assert_eq!(answer.code, Some(0), "{}", answer.err);
    assert!(
        answer.out.contains("s3://backups/cnpg, server db\n"),
        "{}",
        answer.out
    );
    let answer = run(
        &fake.endpoint,
        &["check", "s3://backups/cnpg", "--server", "db", "--latest"],
    );
    assert_eq!(answer.code, Some(0), "{}", answer.err);
}
