//! What Flux is told to ignore does not change in a Cluster that exists.

use crate::diagnostic::{Diagnostic, Severity};
use crate::model::object::Object;
use crate::project::flux::{Kustomization, Release};
use crate::rules::rule::{Check, Context, Needs, Remedy, Rule};
use crate::yaml::Node;

use super::pointer::{Stake, of_cluster, parts};
use super::target::matches;

pub(in crate::rules) const RULE: Rule = Rule {
    id: "flux-pins-recovery",
    summary: "Flux ignores what a recovery has to change",
    severity: Severity::Error,
    remedy: Remedy::ByHand,
    needs: Needs::Manifests,
    explain: include_str!("../../../fixtures/rules/flux-pins-recovery/README.md"),
    check: Check::Project(check),
};

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let project = context.project;
    let kustomizations = project.flux.iter().enumerate();
    let pinned = kustomizations.flat_map(|(index, own)| {
        let objects = applied(context, index);
        of_kustomization(own, &objects)
    });
    let hidden = project.releases.iter().flat_map(of_release);
    pinned.chain(hidden).collect()
}

/// The objects that a Kustomization applies and that matter here.
fn applied<'c>(context: &'c Context<'_>, index: usize) -> Vec<&'c Object> {
    let project = context.project;
    let own = |build: usize| project.builds[build].flux == Some(index);
    let clusters = project.clusters.iter().map(|one| (&one.object, one.build));
    let stores = project.stores.iter().map(|one| (&one.object, one.build));
    let schedules = project.schedules.iter().map(|one| (&one.object, one.build));
    let all = clusters.chain(stores).chain(schedules);
    all.filter(|(_, build)| own(*build))
        .map(|(object, _)| object)
        .collect()
}

fn of_kustomization(own: &Kustomization, objects: &[&Object]) -> Vec<Diagnostic> {
    let rules = own
        .spec()
        .and_then(|spec| spec.get("ignore")?.as_sequence());
    let mut found = Vec::new();
    for rule in rules.unwrap_or_default() {
        for path in paths(rule) {
            // What is not known here may be meant.
            let meant = |object: &&&Object| matches(rule.get("target"), object) != Some(false);
            let staked = objects.iter().rev().filter(meant);
            let staked = staked.filter_map(|object| Some((*object, stake(object, path)?)));
            found.extend(
                staked
                    .max_by_key(|(_, stake)| stake.severity)
                    .map(|(object, stake)| pinned(own, path, object, stake)),
            );
        }
    }
    found
}

fn paths(rule: &Node) -> impl Iterator<Item = &Node> {
    let paths = rule.get("paths").and_then(Node::as_sequence);
    paths.unwrap_or_default().iter()
}

fn stake(object: &Object, path: &Node) -> Option<Stake> {
    let text = path.text()?;
    let Some(parts) = parts(text) else {
        return Some(Stake {
            severity: Severity::Note,
            what: "",
        });
    };
    if object.kind == "Cluster" {
        return of_cluster(&parts);
    }
    let is_spec = parts.first().is_none_or(|first| first == "spec");
    is_spec.then_some(Stake {
        severity: Severity::Warning,
        what: "a change that backups rest on",
    })
}

fn pinned(own: &Kustomization, path: &Node, object: &Object, stake: Stake) -> Diagnostic {
    let pointer = path.text().unwrap_or_default();
    let (kind, name) = (&object.kind, &object.name.value);
    let finding = if stake.severity == Severity::Note {
        let message = format!("`{pointer}` is no JSON pointer: it begins without `/`");
        RULE.found_at(path.span(), message)
            .label("ignores nothing")
            .help(format!(
                "write `/{}`, or remove it",
                pointer.replace('.', "/").trim_start_matches('/')
            ))
    } else {
        let message = format!(
            "Flux Kustomization `{}` ignores `{pointer}`: in {kind} `{name}`, once it exists, {} in Git does not take effect",
            own.title(),
            stake.what
        );
        RULE.found_at(path.span(), message)
            .label("an existing object keeps its value, or loses it where another manager owns it")
            .help("remove the path: CloudNativePG changes nothing there that Flux would undo. Safe to ignore are fields that another controller writes, such as `/spec/instances` under an autoscaler")
    };
    Diagnostic {
        severity: stake.severity,
        object: Some(object.reference()),
        ..finding.related(object.name.span, format!("the {kind}"))
    }
}

/// Drift detection of Helm only looks away: an upgrade writes what the chart says.
fn of_release(release: &Release) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for rule in release.drift_ignores() {
        let kind = rule.at(&["target", "kind"]).and_then(Node::text);
        if kind.is_some_and(|kind| !kind.is_empty() && kind != "Cluster") {
            continue;
        }
        for path in paths(rule) {
            let pointer = path.text().unwrap_or_default();
            let stake = parts(pointer).and_then(|parts| of_cluster(&parts));
            if stake.is_none_or(|stake| stake.severity != Severity::Error) {
                continue;
            }
            let message = format!(
                "HelmRelease `{}` does not see drift at `{pointer}` of its Cluster",
                release.object.name.value
            );
            let finding = RULE
                .found_at(path.span(), message)
                .label("corrected at the next upgrade only")
                .related(release.object.name.span, "the release")
                .help("remove the path, so that what differs from Git is seen before a recovery rests on it");
            found.push(Diagnostic {
                severity: Severity::Warning,
                object: Some(release.object.reference()),
                ..finding
            });
        }
    }
    found
}
