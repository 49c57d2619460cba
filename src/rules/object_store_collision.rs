//! One ObjectStore belongs to one application.

use std::collections::BTreeMap;

use crate::diagnostic::{Diagnostic, Severity};
use crate::gitops::argocd::{Application, Certainty};
use crate::model::object::{BARMAN_GROUP, Object, has_variable};
use crate::project::Controller;
use crate::project::delivery::delivering;

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
    let deliveries = project.deliveries();
    for store in &project.stores {
        let build = &project.builds[store.build];
        if build.dormant {
            continue;
        }
        let own = delivering(&deliveries, &build.directory);
        for delivery in own
            .into_iter()
            .filter(|delivery| delivery.controller == Controller::Flux)
        {
            let namespace = delivery
                .target_namespace
                .as_deref()
                .or(store.object.namespace());
            let namespace = namespace.map(|own| delivery.resolve(own));
            let name = delivery.resolve(&store.object.name.value);
            let Some(namespace) =
                namespace.filter(|own| !has_variable(own) && !has_variable(&name))
            else {
                continue;
            };
            let owner = format!("Flux Kustomization `{}`", delivery.name);
            let target = ("Flux".to_owned(), namespace, name);
            targets.entry(target).or_default().push(Owned {
                owner,
                store: &store.object,
            });
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
