//! S3-compatible stores often refuse the checksums of newer SDKs.

use crate::diagnostic::{Diagnostic, Severity};
use crate::model::archive::ObjectStore;
use crate::model::checksums::{self, SETTINGS};
use crate::model::cluster::Cluster;
use crate::model::object::{Object, same_namespace};
use crate::yaml::Node;

use super::rule::{Check, Context, Needs, Remedy, Rule};

pub(super) const RULE: Rule = Rule {
    id: "checksum-env-missing",
    summary: "S3-compatible store without the checksum settings",
    severity: Severity::Note,
    remedy: Remedy::ByHand,
    needs: Needs::Manifests,
    explain: include_str!("../../fixtures/rules/checksum-env-missing/README.md"),
    check: Check::Project(check),
};

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let stores = context.project.stores.iter();
    stores.filter_map(|store| judge(store, context)).collect()
}

fn judge(store: &ObjectStore, context: &Context<'_>) -> Option<Diagnostic> {
    let configuration = store.object.find(&["spec", "configuration"])?;
    if !checksums::matter(configuration)
        || has_settings(
            &store.object,
            &["spec", "instanceSidecarConfiguration", "env"],
        )
    {
        return None;
    }
    let uses = |cluster: &&Cluster| {
        let mut plugins = cluster
            .all_plugins()
            .filter_map(|plugin| plugin.object_store.as_ref());
        same_namespace(cluster.object.namespace(), store.object.namespace())
            && plugins.any(|name| name.value == store.object.name.value)
    };
    let mut users = context.project.clusters.iter().filter(uses).peekable();
    // The sidecar gets the variables of the instance too.
    if users.peek().is_none()
        || users.all(|cluster| has_settings(&cluster.object, &["spec", "env"]))
    {
        return None;
    }
    let message = format!(
        "ObjectStore `{}` has an S3-compatible endpoint and no checksum settings",
        store.object.name.value
    );
    let place = store
        .object
        .place(&["spec", "configuration", "endpointURL"]);
    let help = format!(
        "set {} to `when_required` in `spec.instanceSidecarConfiguration.env`; many S3-compatible services refuse uploads with the checksums that newer SDKs send by default",
        SETTINGS.map(|name| format!("`{name}`")).join(" and ")
    );
    Some(RULE.found(&store.object, place, message).help(help))
}

fn has_settings(object: &Object, path: &[&str]) -> bool {
    let env = object
        .find(path)
        .and_then(Node::as_sequence)
        .unwrap_or_default();
    let named = |name: &&str| {
        env.iter()
            .any(|entry| entry.get("name").and_then(Node::text) == Some(*name))
    };
    SETTINGS.iter().all(named)
}
