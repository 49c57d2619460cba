//! Against what gojq 0.12.19 itself did (`fixtures/jq`).

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use super::*;

fn within<T: Send>(work: impl FnOnce(&Room) -> T + Send) -> T {
    Room::with(work).unwrap()
}

fn fixtures() -> Json {
    serde_json::from_str(include_str!("../../fixtures/jq/expressions.json")).unwrap()
}

/// What is different from gojq's answer, and how often nothing was decided.
fn compared(fixtures: &Json) -> (Vec<String>, BTreeMap<String, usize>) {
    let documents = fixtures["documents"].as_array().unwrap();
    let mut different = Vec::new();
    let mut undecided = BTreeMap::new();
    within(|room| {
        for entry in fixtures["expressions"].as_array().unwrap() {
            let text = entry["expression"].as_str().unwrap();
            let refused = entry["refused"] == true;
            let deletion = match (Deletion::of(room, text), refused) {
                (Err(Refusal::Undecided(reason)), _) => {
                    *undecided.entry(reason).or_default() += 1;
                    continue;
                }
                (Err(Refusal::Broken(_)), true) => continue,
                (Err(broken), false) => {
                    different.push(format!("{text}: gojq runs it, we say {broken}"));
                    continue;
                }
                (Ok(_), true) => {
                    different.push(format!("{text}: gojq refuses it"));
                    continue;
                }
                (Ok(deletion), false) => deletion,
            };
            for (document, left) in documents.iter().zip(entry["left"].as_array().unwrap()) {
                let own = deletion.run(room, &Document::from(document));
                let same = match &own {
                    Outcome::Undecided(reason) => {
                        *undecided.entry(reason.clone()).or_default() += 1;
                        true
                    }
                    Outcome::Skipped(_) => *left == json!({"skipped": true}),
                    Outcome::Same => equal(document, left),
                    Outcome::Left(own) => equal(own, left),
                };
                if !same {
                    different.push(format!("{text}: gojq {left}, we {own:?}"));
                }
            }
        }
    });
    (different, undecided)
}

/// Numbers by value: `1` and `1.0` are one.
fn equal(left: &Json, right: &Json) -> bool {
    Val::from(left).compare(&Val::from(right)).is_eq()
}

#[test]
fn every_decided_answer_is_that_of_gojq() {
    let (different, undecided) = compared(&fixtures());
    assert!(different.is_empty(), "{}", different.join("\n"));
    let answers: usize = undecided.values().sum();
    assert!(answers < 60, "{undecided:#?}");
}

#[test]
fn what_never_ends_is_undecided_at_once() {
    let fixtures = fixtures();
    let own = [
        "def f: f, f; f",
        "def f: [f]; f",
        "[limit(100000; repeat(1))]",
        "reduce range(1e9) as $i (.; [.])",
        "\"x\" * 1e9",
        "reduce range(60) as $i (\"x\"; . + .)",
        "[range(1e6)] | combinations(9)",
        "[..] | map([..]) | map([..])",
        "label $f | repeat(.)",
        "\"(a*)*b\" as $r | (\"a\" * 9000) | test($r)",
    ];
    let recorded = fixtures["endless"]
        .as_array()
        .unwrap()
        .iter()
        .map(|text| text.as_str().unwrap());
    let started = Instant::now();
    let mut count = 0;
    within(|room| {
        for text in recorded.chain(own) {
            let outcome = Deletion::of(room, text)
                .map(|deletion| deletion.run(room, &Document::from(&fixtures["documents"][0])));
            let decided = !matches!(
                outcome,
                Err(Refusal::Undecided(_)) | Ok(Outcome::Undecided(_))
            );
            // Some of ours end after all, without a path.
            assert!(
                !decided || matches!(outcome, Ok(Outcome::Skipped(_))),
                "{text}: {outcome:?}"
            );
            count += 1;
        }
    });
    // Without optimisation, on a busy machine.
    assert!(
        started.elapsed() < Duration::from_secs(count),
        "{:?}",
        started.elapsed()
    );
}

#[test]
fn nesting_of_any_kind_has_a_limit() {
    let nested = [
        ("[", "]"),
        ("(", ")"),
        ("{a:", "}"),
        ("-", ""),
        ("if . then ", " else . end"),
        (". | ", ""),
        ("try ", ""),
        ("def f: ", "; f"),
        ("\"\\(", ")\""),
        (". as $x | ", ""),
        (".[", "]"),
        ("reduce ", " as $x (.; .)"),
        (". // ", ""),
        (".a = ", ""),
        ("first(", ")"),
        ("label $x | ", ""),
        (". as [", "] | ."),
        ("{a: . | ", "}"),
    ];
    within(|room| {
        for (open, close) in nested {
            let most = (LONGEST - 10) / (open.len() + close.len());
            let text = format!("{}.{}", open.repeat(most), close.repeat(most));
            let outcome = Deletion::of(room, &text)
                .map(|deletion| deletion.run(room, &Document::from(&json!({"kind": "K"}))));
            let bounded = matches!(
                outcome,
                Err(_) | Ok(Outcome::Undecided(_) | Outcome::Skipped(_))
            );
            assert!(bounded, "{open}: {outcome:?}");
        }
        assert!(matches!(
            Deletion::of(room, &" ".repeat(LONGEST + 1)),
            Err(Refusal::Undecided(_))
        ));
    });
}
