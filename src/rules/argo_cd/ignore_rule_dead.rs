//! A rule that does nothing.

use crate::diagnostic::{Diagnostic, Severity};
use crate::gitops::argocd::ignore::{Finding, Verdict};
use crate::gitops::argocd::{Application, SyncOptions};
use crate::text::Spanned;

use super::super::rule::{Check, Context, Needs, Remedy, Rule};
use super::ignored::found;

/// As Argo CD compares it.
const RESPECT: &str = "RespectIgnoreDifferences=true";

/// Read from the annotation of a resource.
const FORCE: &str = "Force=true";

pub(in crate::rules) const RULE: Rule = Rule {
    id: "ignore-rule-dead",
    summary: "ignore rule that does nothing",
    severity: Severity::Note,
    remedy: Remedy::ByHand,
    needs: Needs::Manifests,
    explain: include_str!("../../../fixtures/rules/ignore-rule-dead/README.md"),
    check: Check::Project(check),
};

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let rules = context.ignores.findings.iter().filter_map(judged);
    let applications = context
        .applications
        .list
        .iter()
        .filter(|application| !application.applies.is_empty());
    rules
        .chain(applications.clone().flat_map(misspelt_options))
        .chain(applications.clone().filter_map(operation_without_options))
        .chain(applications.flat_map(options_elsewhere))
        .collect()
}

fn judged(finding: &Finding) -> Option<Diagnostic> {
    let Verdict::Dead(reason) = &finding.verdict else {
        return None;
    };
    let message = format!("`{}` ignores nothing: {reason}", finding.text.value);
    let help = "remove it: Argo CD compares as if it was not there";
    Some(found(&RULE, finding, message).help(help))
}

/// The option in another spelling, which Argo CD takes for one that it does not know.
fn misspelt_options(application: &Application) -> Vec<Diagnostic> {
    let options = application.sync_options();
    let misspelt = options.iter().filter(|option| {
        let plain: String = option
            .value
            .chars()
            .filter(|sign| !matches!(sign, ' ' | '"' | '\''))
            .collect();
        option.value != RESPECT && plain.eq_ignore_ascii_case(RESPECT)
    });
    let found = misspelt.map(|option| {
        let message = format!(
            "sync option `{}` does nothing: it is compared letter by letter",
            option.value
        );
        RULE.found_at(option.span, message).help(format!(
            "remove it; `{RESPECT}` would keep ignored fields on every sync"
        ))
    });
    found.collect()
}

/// An operation in the manifest that does not name the options of the Application: only Argo CD itself copies them.
fn operation_without_options(application: &Application) -> Option<Diagnostic> {
    let operation = application.object.node.entry("operation")?;
    let sync = operation.value.get("sync")?;
    if sync.get("syncOptions").is_some() || application.sync_options().is_empty() {
        return None;
    }
    let message = format!(
        "the operation in the manifest of application `{}` runs without its sync options",
        application.name()
    );
    let help = "remove `operation`: Argo CD writes it itself, and copies `spec.syncPolicy.syncOptions` into it";
    Some(RULE.found_at(operation.key.span(), message).help(help))
}

/// An option where Argo CD does not read it: `Force=true` is one of a resource, and what is ignored is respected by whole
/// applications. Source: Argo CD `gitops-engine/pkg/sync/sync_context.go`, `controller/sync.go`.
fn options_elsewhere(application: &Application) -> Vec<Diagnostic> {
    let dead = |option: &Spanned<String>, reader: &str, help: &str| {
        let message = format!("sync option `{}` does nothing here: {reader}", option.value);
        RULE.found_at(option.span, message).help(help)
    };
    let mut found = Vec::new();
    for option in application.sync_options() {
        if option.value == FORCE {
            let reader = "Argo CD reads it from the annotation of a resource only";
            found.push(dead(
                &option,
                reader,
                "remove it; on a Cluster it would delete the database",
            ));
        }
    }
    for applied in &application.applies {
        let options = SyncOptions::of(application, &applied.rendered.object);
        let own = options.of_resource_alone().iter();
        found.extend(own.filter(|option| option.value == RESPECT).map(|option| {
            let reader = "Argo CD reads it from the Application only";
            dead(
                option,
                reader,
                "remove it; without it every ignored field is still applied from Git",
            )
        }));
    }
    found
}
