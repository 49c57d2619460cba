//! Argo CD manages the kinds that it is given.

use crate::diagnostic::{Diagnostic, Severity};
use crate::gitops::argocd::path_match::glob_match;
use crate::model::cluster::Cluster;
use crate::model::object::{CNPG_GROUP, Object};
use crate::project::Steering;
use crate::rules::rule::{Check, Context, Needs, Remedy, Rule};
use crate::text::FileId;
use crate::yaml::{Locator, Node, expand, parse};

pub(in crate::rules) const RULE: Rule = Rule {
    id: "cluster-excluded",
    summary: "Argo CD is told to leave the kind Cluster alone",
    severity: Severity::Error,
    remedy: Remedy::ByHand,
    needs: Needs::Manifests,
    explain: include_str!("../../../fixtures/rules/cluster-excluded/README.md"),
    check: Check::Cluster(check),
};

fn check(cluster: &Cluster, context: &Context<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let Some((application, _)) = context.applications.of_cluster(cluster).next() else {
        return found;
    };
    for settings in context.project.steering.iter().filter_map(settings) {
        let excluded = settings
            .exclusions
            .filter(|list| filters(list).iter().any(is_hit));
        let left_out = settings.inclusions.filter(|list| {
            let filters = filters(list);
            !filters.is_empty() && !filters.iter().any(is_hit)
        });
        for (list, label) in [(excluded, "leaves it out"), (left_out, "does not name it")] {
            let Some(list) = list else { continue };
            let message = format!(
                "Argo CD never applies cluster `{}`: its settings leave the kind out",
                cluster.name()
            );
            let object = &cluster.object;
            let mut finding = RULE
                .found(object, object.place(&["kind"]), message)
                .label(label);
            finding.primary.span = list.span();
            found.push(
                finding
                    .related(
                        application.place(),
                        "renders the Cluster, and drops it with a warning",
                    )
                    .help(
                        "name the kinds that are meant, and not the whole of `postgresql.cnpg.io`",
                    ),
            );
        }
    }
    found
}

/// The lists of kinds that Argo CD leaves out or takes alone, each a text in YAML.
struct Settings<'s> {
    exclusions: Option<&'s Node>,
    inclusions: Option<&'s Node>,
}

/// Of the ConfigMap `argocd-cm`, or of the operator's `ArgoCD`.
fn settings(steering: &Steering) -> Option<Settings<'_>> {
    let object: &Object = &steering.object;
    let is_map =
        object.group.is_empty() && object.kind == "ConfigMap" && object.name.value == "argocd-cm";
    let is_operators = object.group == "argoproj.io" && object.kind == "ArgoCD";
    let (exclusions, inclusions) = if is_map {
        (
            ["data", "resource.exclusions"],
            ["data", "resource.inclusions"],
        )
    } else if is_operators {
        (
            ["spec", "resourceExclusions"],
            ["spec", "resourceInclusions"],
        )
    } else {
        return None;
    };
    Some(Settings {
        exclusions: object.find(&exclusions),
        inclusions: object.find(&inclusions),
    })
}

/// The entries of a list; none where it is not YAML, which Argo CD reports itself.
fn filters(list: &Node) -> Vec<Node> {
    let text = list.text().unwrap_or_default();
    let documents = parse(text, &Locator::File(FileId(0))).unwrap_or_default();
    let root = documents.first().and_then(|document| expand(document).ok());
    root.as_ref()
        .and_then(Node::as_sequence)
        .unwrap_or(&[])
        .to_vec()
}

/// Whether an entry covers Clusters everywhere. Groups are patterns, kinds are not; what is absent covers everything.
/// Source: Argo CD `util/settings/filtered_resource.go`.
fn is_hit(filter: &Node) -> bool {
    let all = |key: &str, hits: &dyn Fn(&str) -> bool| {
        let entries = filter.get(key).and_then(Node::as_sequence).unwrap_or(&[]);
        entries.is_empty() || entries.iter().filter_map(Node::text).any(hits)
    };
    all("apiGroups", &|group| glob_match(group, CNPG_GROUP))
        && all("kinds", &|kind| matches!(kind, "*" | "Cluster"))
        && all("clusters", &|cluster| cluster == "*")
}
