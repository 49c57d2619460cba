//! A root selects exactly one of its bootstrap overlays.

use crate::diagnostic::{Diagnostic, Severity};
use crate::project::Switch;

use super::rule::{Check, Context, Needs, Remedy, Rule};

pub(super) const RULE: Rule = Rule {
    id: "overlay-choice",
    summary: "root selects none or several of its bootstrap overlays",
    severity: Severity::Error,
    remedy: Remedy::ByHand,
    needs: Needs::Manifests,
    explain: include_str!("../../fixtures/rules/overlay-choice/README.md"),
    check: Check::Project(check),
};

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    context
        .project
        .switches
        .iter()
        .filter_map(|switch| Some(applied(finding(switch)?, switch, context)))
        .collect()
}

/// Names the applications that apply the directory of the switch.
fn applied(finding: Diagnostic, switch: &Switch, context: &Context<'_>) -> Diagnostic {
    let file = &context.project.sources.file(switch.file).name;
    let directory = file.rsplit_once('/').map_or("", |(directory, _)| directory);
    let applications = context.applications.list.iter();
    let own = applications.filter(|application| {
        let mut renderings = application.renderings.iter();
        renderings.any(|rendering| rendering.directory == directory)
    });
    own.fold(finding, |finding, application| {
        let text = format!("Argo CD application `{}` applies it", application.name());
        finding.related(application.place(), text)
    })
}

fn finding(switch: &Switch) -> Option<Diagnostic> {
    let methods: Vec<&str> = switch.active().map(|choice| choice.method.key()).collect();
    let finding = match methods.as_slice() {
        [_] => return None,
        [] => RULE
            .found_at(
                switch.list,
                format!(
                    "no bootstrap overlay of cluster `{}` is selected",
                    switch.cluster
                ),
            )
            .label("the cluster is not rendered at all")
            .help("uncomment exactly one of the overlays"),
        _ => {
            let second = switch
                .active()
                .nth(1)
                .map_or(switch.list, |choice| choice.span);
            let message = format!(
                "{} bootstrap overlays of cluster `{}` are selected: {}",
                methods.len(),
                switch.cluster,
                methods.join(", ")
            );
            RULE.found_at(second, message)
                .label("selected as well")
                .help("keep exactly one of the overlays and comment the others out")
        }
    };
    let primary = finding.primary.span;
    let others = switch
        .choices
        .iter()
        .filter(|choice| choice.span != primary);
    Some(others.fold(finding, |finding, choice| {
        let state = if choice.active {
            "selected"
        } else {
            "commented out"
        };
        finding.related(choice.span, format!("{} ({state})", choice.method.key()))
    }))
}
