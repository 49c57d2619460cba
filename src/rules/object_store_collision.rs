//! One ObjectStore belongs to one application.

use std::collections::BTreeMap;

use crate::diagnostic::{Diagnostic, Severity};
use crate::gitops::argocd::{Application, Certainty};
use crate::model::object::{BARMAN_GROUP, Object, has_variable};
use crate::project::Project;
use crate::project::flux::Kustomization;
use crate::text::Span;

use super::rule::{Check, Context, Needs, Remedy, Rule};

pub(super) const RULE: Rule = Rule {
    id: "object-store-collision",
    summary: "several applications apply an ObjectStore of one name and namespace",
    severity: Severity::Error,
    remedy: Remedy::ByHand,
    needs: Needs::Manifests,
    explain: include_str!("../../fixtures/rules/object-store-collision/README.md"),
    check: Check::Project(check),
};

/// Where an ObjectStore ends up: the destination, the namespace, the name.
type Target = (String, String, String);

/// An ObjectStore, and who applies it.
struct Owned<'c> {
    owner: String,
    store: &'c Object,
}

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let mut targets: BTreeMap<Target, Vec<Owned<'_>>> = BTreeMap::new();
    by_argo_cd(context, &mut targets);
    by_flux(context, &mut targets);
    let collisions = targets
        .iter()
        .filter_map(|(target, owned)| finding(target, owned));
    collisions.collect()
}

fn by_argo_cd<'c>(context: &'c Context<'_>, targets: &mut BTreeMap<Target, Vec<Owned<'c>>>) {
    for application in &context.applications.list {
        if application.certainty != Certainty::Certain {
            continue;
        }
        let Some(destination) = destination(application) else {
            continue;
        };
        let default = application.destination_namespace();
        let objects = application
            .renderings
            .iter()
            .flat_map(|rendering| &rendering.objects);
        for store in
            objects.filter(|object| object.group == BARMAN_GROUP && object.kind == "ObjectStore")
        {
            let namespace = store
                .namespace()
                .or(default.as_ref().map(|own| own.value.as_str()));
            let Some(namespace) = namespace else { continue };
            let target = (
                destination.clone(),
                namespace.to_owned(),
                store.name.value.clone(),
            );
            let owner = format!("Argo CD application `{}`", application.name());
            targets
                .entry(target)
                .or_default()
                .push(Owned { owner, store });
        }
    }
}

/// The Kubernetes cluster that an application is for, as it is written; `None` where only the controller knows.
fn destination(application: &Application) -> Option<String> {
    let field = |name| application.object.value(&["spec", "destination", name]);
    let own = field("server").or_else(|| field("name"));
    let own = own.map_or_else(String::new, |own| own.value);
    let is_local = matches!(
        own.as_str(),
        "" | "in-cluster" | "https://kubernetes.default.svc"
    );
    let known = !own.contains("{{");
    known.then(|| {
        if is_local {
            "in-cluster".to_owned()
        } else {
            own
        }
    })
}

fn by_flux<'c>(context: &'c Context<'_>, targets: &mut BTreeMap<Target, Vec<Owned<'c>>>) {
    let project = context.project;
    for store in &project.stores {
        let build = &project.builds[store.build];
        let own = build.flux.and_then(|index| project.flux.get(index));
        let Some(own) = own.filter(|own| !build.dormant && !own.is_for_another_cluster()) else {
            continue;
        };
        let name = &store.object.name.value;
        let Some(namespace) = store.object.namespace() else {
            continue;
        };
        if has_variable(namespace) || has_variable(name) {
            continue;
        }
        let owner = format!("Flux Kustomization `{}`", own.name);
        let target = (
            same_cluster(project, own),
            namespace.to_owned(),
            name.clone(),
        );
        targets.entry(target).or_default().push(Owned {
            owner,
            store: &store.object,
        });
    }
}

/// A word that Flux Kustomizations of one Kubernetes cluster share. Where the chain above is not here, those of one
/// directory do.
fn same_cluster(project: &Project, own: &Kustomization) -> String {
    let name = |place: Span| project.sources.file(place.file).name.as_str();
    match project.flux_top(own) {
        Some(top) => format!("Flux {} {}", name(top), top.start),
        None => {
            let directory = name(own.place).rsplit_once('/').map_or("", |(own, _)| own);
            format!("Flux {directory}/")
        }
    }
}

fn finding((_, namespace, name): &Target, owned: &[Owned<'_>]) -> Option<Diagnostic> {
    let first = owned.first()?;
    let other = owned.iter().find(|other| other.owner != first.owner)?;
    let message = format!(
        "{} and {} both apply ObjectStore `{name}` in namespace `{namespace}`",
        first.owner, other.owner
    );
    let place = other.store.place(&["metadata", "name"]);
    Some(
        RULE.found(other.store, place, message)
            .label(format!("applied by {}", other.owner))
            .related(first.store.name.span, format!("applied by {}", first.owner))
            .help("give each database an ObjectStore of its own name: the last one applied wins, and pruning one takes it from the other"),
    )
}
