//! Ignore rules that never end, in a pull request that anybody may open.

use std::time::{Duration, Instant};

use super::{assert_fault_found, assert_says, bounded, faulty};

/// Expressions that run for ever, or for longer than anybody waits, in any jq.
const ENDLESS: [&str; 8] = [
    "def f: f; f",
    "[range(1e9)] | .[0]",
    "repeat(.)",
    "last(range(1e12))",
    "[limit(1e8; repeat(1))]",
    "reduce range(1e9) as $i (0; . + $i)",
    "until(false; .)",
    "[..] | map([..]) | map([..]) | map([..]) | combinations",
];

/// A release build takes less than a second for each; this is a debug build on a busy machine.
const FOR_EACH: Duration = Duration::from_secs(4);

#[test]
fn rules_that_never_end_are_undecided_in_little_time() {
    let workspace = faulty();
    let rules: Vec<String> = ENDLESS
        .iter()
        .map(|rule| format!("      - '{rule}'\n"))
        .collect();
    workspace.put(
        "argocd/application.yaml",
        &format!(
            "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: db, namespace: argocd}}\nspec:\n  \
             source: {{repoURL: https://git.example.org/infra.git, path: db, targetRevision: HEAD}}\n  \
             destination: {{namespace: db}}\n  ignoreDifferences:\n    - group: '*'\n      kind: '*'\n      \
             jqPathExpressions:\n{}",
            rules.concat()
        ),
    );
    let started = Instant::now();
    let answer = bounded(&workspace, &["lint", "--format", "concise"]);
    let took = started.elapsed();
    assert_fault_found(&answer);
    assert_says(&answer, "ignore-rule-undecided");
    let most = FOR_EACH * u32::try_from(ENDLESS.len()).unwrap();
    assert!(took < most, "{took:?}");
}
