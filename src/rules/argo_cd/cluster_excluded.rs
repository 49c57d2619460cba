//! Argo CD manages the kinds that it is given.

use crate::diagnostic::{Diagnostic, Severity};
use crate::gitops::argocd::{Application, ConfigMap, glob};
use crate::model::cluster::Cluster;
use crate::model::object::CNPG_GROUP;
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
    check: Check::Project(check),
};

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let settings = ConfigMap::all(context.project);
    let lists: Vec<(&Node, &str)> = settings.iter().flat_map(hits).collect();
    if lists.is_empty() {
        return Vec::new();
    }
    let applied = context.project.clusters.iter().filter_map(|cluster| {
        let (application, _) = context.applications.of_cluster(cluster).next()?;
        Some((cluster, application))
    });
    let finding = |(cluster, application)| {
        let each = move |(list, label): &(&Node, &str)| excluded(cluster, application, list, label);
        lists.iter().map(each)
    };
    applied.flat_map(finding).collect()
}

/// The lists that leave Clusters out, each with what it does.
fn hits(settings: &ConfigMap) -> Vec<(&Node, &'static str)> {
    let [exclusions, inclusions] = settings.filters();
    let excluded = exclusions.filter(|list| filters(list).iter().any(is_hit));
    let left_out = inclusions.filter(|list| {
        let filters = filters(list);
        !filters.is_empty() && !filters.iter().any(is_hit)
    });
    let excluded = excluded.map(|list| (list, "leaves it out"));
    let left_out = left_out.map(|list| (list, "does not name it"));
    excluded.into_iter().chain(left_out).collect()
}

fn excluded(cluster: &Cluster, application: &Application, list: &Node, label: &str) -> Diagnostic {
    let message = format!(
        "Argo CD never applies cluster `{}`: its settings leave the kind out",
        cluster.name()
    );
    let object = &cluster.object;
    let mut finding = RULE
        .found(object, object.place(&["kind"]), message)
        .label(label);
    finding.primary.span = list.span();
    finding
        .related(
            application.place(),
            "renders the Cluster, and drops it with a warning",
        )
        .help("name the kinds that are meant, and not the whole of `postgresql.cnpg.io`")
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
    all("apiGroups", &|group| glob::matches(group, CNPG_GROUP))
        && all("kinds", &|kind| matches!(kind, "*" | "Cluster"))
        && all("clusters", &|cluster| cluster == "*")
}
