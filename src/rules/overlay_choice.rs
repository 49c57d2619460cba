//! A root selects exactly one of its bootstrap overlays.

use crate::diagnostic::{Diagnostic, Severity};
use crate::model::cluster::Cluster;
use crate::project::flux::Kustomization;
use crate::project::{Project, Switch};
use crate::yaml::Node;

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
    let project = context.project;
    let switches = project.switches.iter();
    let in_lists = switches.filter_map(|switch| Some(applied(finding(switch)?, switch, context)));
    in_lists.chain(side_by_side(project)).collect()
}

/// Overlays of one Cluster that two Flux Kustomizations of one cluster apply.
fn side_by_side(project: &Project) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let live: Vec<&Cluster> = project
        .clusters
        .iter()
        .filter(|cluster| !project.is_dormant(cluster))
        .collect();
    for (at, second) in live.iter().enumerate() {
        let other = live[..at].iter().find(|first| {
            first.object.source() == second.object.source()
                && first.object.reference() == second.object.reference()
                && first.methods != second.methods
        });
        let Some(first) = other else { continue };
        let (Some(one), Some(two)) = (project.flux_of(first), project.flux_of(second)) else {
            continue;
        };
        let same = one.place != two.place && project.flux_top(one) == project.flux_top(two);
        if !same || [one, two].iter().any(|own| own.is_for_another_cluster()) {
            continue;
        }
        let path = |own: &Kustomization| {
            let path = own.spec().and_then(|spec| spec.get("path"));
            path.map_or(own.place, Node::span)
        };
        let finding = RULE
            .found_at(
                path(two),
                format!(
                    "2 bootstrap overlays of cluster `{}` are applied by Flux: {} and {}",
                    second.title(),
                    keys(first),
                    keys(second)
                ),
            )
            .label(format!("{} (applied as well)", keys(second)))
            .related(path(one), format!("{} (applied)", keys(first)))
            .help("keep one of the two Flux Kustomizations, or name another overlay in one `spec.path`");
        found.push(finding);
    }
    found
}

fn keys(cluster: &Cluster) -> String {
    let keys: Vec<&str> = cluster.methods.iter().map(|method| method.key()).collect();
    if keys.is_empty() {
        "no bootstrap".to_owned()
    } else {
        keys.join(" and ")
    }
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
    let what = if switch.in_place {
        "component"
    } else {
        "overlay"
    };
    let finding = match methods.as_slice() {
        [_] => return None,
        [] if switch.default.is_some() => return None,
        [] => {
            let cluster = &switch.cluster;
            let message = format!("no bootstrap {what} of cluster `{cluster}` is selected");
            let follows = match switch.in_place {
                true => "without a bootstrap a new Cluster gets an empty database `app`",
                false => "the cluster is not rendered at all",
            };
            RULE.found_at(switch.list, message)
                .label(follows)
                .help(format!("uncomment exactly one of the {what}s"))
        }
        _ => {
            let second = switch
                .active()
                .nth(1)
                .map_or(switch.list, |choice| choice.span);
            let message = format!(
                "{} bootstrap {what}s of cluster `{}` are selected: {}",
                methods.len(),
                switch.cluster,
                methods.join(", ")
            );
            RULE.found_at(second, message)
                .label("selected as well")
                .help(format!(
                    "keep exactly one of the {what}s and comment the others out"
                ))
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
