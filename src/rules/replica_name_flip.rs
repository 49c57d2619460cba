//! Where the name of a Cluster decides its role, renaming it changes the role.

use crate::diagnostic::{Diagnostic, Severity};
use crate::model::cluster::Cluster;
use crate::model::object::has_variable;
use crate::yaml::Node;

use super::rule::{Check, Context, Needs, Remedy, Rule};

pub(super) const RULE: Rule = Rule {
    id: "replica-name-flip",
    summary: "overlay that renames a Cluster whose name decides its role",
    severity: Severity::Warning,
    remedy: Remedy::ByHand,
    needs: Needs::Manifests,
    explain: include_str!("../../fixtures/rules/replica-name-flip/README.md"),
    check: Check::Cluster(check),
};

fn check(cluster: &Cluster, context: &Context<'_>) -> Vec<Diagnostic> {
    let object = &cluster.object;
    let Some(primary) = object.value(&["spec", "replica", "primary"]) else {
        return Vec::new();
    };
    let decided = ["enabled", "self"].into_iter().any(|field| {
        let node = object.find(&["spec", "replica", field]);
        node.is_some_and(|node| !node.is_null() && node.text() != Some(""))
    });
    let written = context
        .origin(object)
        .and_then(|root| root.at(&["metadata", "name"]));
    let Some(own) = written.and_then(Node::text).filter(|_| !decided) else {
        return Vec::new();
    };
    let unknown = [own, cluster.name(), primary.value.as_str()]
        .into_iter()
        .any(has_variable);
    if own == cluster.name() || unknown {
        return Vec::new();
    }
    let role = if cluster.is_replica() {
        "a replica"
    } else {
        "the primary"
    };
    let message = format!(
        "an overlay renames cluster `{own}` to `{}`, and by that name it is {role}",
        cluster.title()
    );
    let mut finding = RULE
        .found(object, object.place(&["metadata", "name"]), message)
        .related(primary.span, format!("the primary is `{}`", primary.value));
    if let Some(written) = written {
        finding = finding.related(written.span(), "the name before");
    }
    vec![finding.help(
        "write `replica.self`, the name of this cluster in the topology; without it `metadata.name` is compared with `primary`, and a prefix or suffix of an overlay makes a replica of the primary",
    )]
}
