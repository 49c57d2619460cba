//! The application of a database is not paused.

use crate::diagnostic::{Diagnostic, Severity};
use crate::rules::rule::{Check, Context, Needs, Remedy, Rule};

pub(in crate::rules) const RULE: Rule = Rule {
    id: "reconcile-skipped",
    summary: "Application of a Cluster is paused in Git",
    severity: Severity::Error,
    remedy: Remedy::ByHand,
    needs: Needs::Manifests,
    explain: include_str!("../../../fixtures/rules/reconcile-skipped/README.md"),
    check: Check::Project(check),
};

const SKIP: &str = "argocd.argoproj.io/skip-reconcile";

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for application in &context.applications.list {
        let Some(skip) = application
            .annotation(SKIP)
            .filter(|skip| is_true(&skip.value))
        else {
            continue;
        };
        let Some(first) = application.applies.first() else {
            continue;
        };
        let message = format!(
            "Argo CD ignores application `{}`, so no change to cluster `{}` arrives",
            application.name(),
            first.rendered.name()
        );
        let place = application.object.place(&["metadata", "annotations", SKIP]);
        let mut finding = RULE
            .found(&application.object, place, message)
            .label("neither refreshed nor synced")
            .related(first.rendered.object.name.span, "applied by it")
            .help("remove the annotation; to pause for the time of a recovery, set it on the running Application and take it off afterwards");
        finding.primary.span = skip.span;
        found.push(finding);
    }
    found
}

/// Go's `strconv.ParseBool`.
fn is_true(value: &str) -> bool {
    matches!(value, "1" | "t" | "T" | "TRUE" | "true" | "True")
}
