//! HelmReleases that hold a Cluster. Charts are not rendered here, so only what a release says of itself is known.
//!
//! Source: helm-controller `api/v2/helmrelease_types.go`.

use std::path::Path;

use crate::model::object::{CNPG_GROUP, Object};
use crate::text::{SourceMap, normalized};
use crate::yaml::{Kind, Node};

use crate::project::Steering;

use super::{HELM_GROUP, SOURCE_GROUP, group};

/// A HelmRelease that holds a Cluster of CloudNativePG.
#[derive(Debug, Clone)]
pub struct Release {
    /// The object.
    pub object: Object,
    /// Index of the build that rendered it.
    pub build: usize,
}

impl Release {
    /// The release that an object is.
    pub(in crate::project) fn of(steering: &Steering) -> Option<Self> {
        let object = &steering.object;
        let is_release = object.group == HELM_GROUP && object.kind == "HelmRelease";
        Some(Self {
            build: steering.build.filter(|_| is_release)?,
            object: object.clone(),
        })
    }

    /// The list `spec.driftDetection.ignore`, where drift is looked for at all.
    pub fn drift_ignores(&self) -> &[Node] {
        let detection = self.object.find(&["spec", "driftDetection"]);
        let mode = detection.and_then(|own| own.get("mode")?.text());
        let list = detection.filter(|_| matches!(mode, Some("enabled" | "warn")));
        list.and_then(|own| own.get("ignore")?.as_sequence())
            .unwrap_or_default()
    }

    /// Whether its values ask for a recovery: `mode: recovery` of the chart `cluster`, or a bootstrap written out.
    pub fn recovers(&self) -> bool {
        let values = self.object.find(&["spec", "values"]);
        values.is_some_and(|values| {
            values.get("mode").and_then(Node::text) == Some("recovery")
                || any(values, &|node| {
                    let bootstrap = node.get("bootstrap").and_then(|own| own.get("recovery"));
                    bootstrap.is_some_and(|recovery| !recovery.is_null())
                })
        })
    }

    /// Whether the release says that a Cluster is in it: the chart, the values, or what it ignores.
    pub(in crate::project) fn holds_cluster(
        &self,
        objects: &[&Node],
        sources: &SourceMap,
        top: &Path,
    ) -> bool {
        self.is_chart_of_clusters(objects) || self.says_so() || self.local_chart(sources, top)
    }

    /// The chart `cluster` of CloudNativePG, from a Helm or OCI repository.
    fn is_chart_of_clusters(&self, objects: &[&Node]) -> bool {
        let text = |path: &[&str]| self.object.find(path).and_then(Node::text);
        let is_upstream = |text: &str| text.contains("cloudnative-pg") || text.contains("cnpg");
        let url = |name: &str| {
            let mut named = objects.iter().filter(|node| {
                group(node) == Some(SOURCE_GROUP)
                    && node.at(&["metadata", "name"]).and_then(Node::text) == Some(name)
            });
            named.find_map(|node| node.at(&["spec", "url"])?.text())
        };
        if text(&["spec", "chart", "spec", "chart"]) == Some("cluster") {
            let source = text(&["spec", "chart", "spec", "sourceRef", "name"]);
            let source = source.unwrap_or_default();
            return is_upstream(source) || url(source).is_some_and(is_upstream);
        }
        let source = text(&["spec", "chartRef", "name"]).and_then(url);
        source
            .is_some_and(|url| is_upstream(url) && url.trim_end_matches('/').ends_with("/cluster"))
    }

    fn says_so(&self) -> bool {
        let names_cluster = |rule: &Node| {
            let text = |field| rule.at(&["target", field]).and_then(Node::text);
            let of_cnpg =
                text("group").is_none_or(|group| group.is_empty() || group.contains("cnpg"));
            of_cnpg && text("kind") == Some("Cluster")
        };
        let values = self.object.find(&["spec", "values"]);
        let manifest = |node: &Node| {
            let text = node.text().unwrap_or_default();
            let version = node.get("apiVersion").and_then(Node::text);
            let of_cnpg = version.is_some_and(|version| version.starts_with(CNPG_GROUP));
            let inline = text.contains(CNPG_GROUP) && text.contains("kind: Cluster");
            inline || (of_cnpg && node.get("kind").and_then(Node::text) == Some("Cluster"))
        };
        self.drift_ignores().iter().any(names_cluster)
            || values.is_some_and(|values| any(values, &manifest))
    }

    /// A chart of this repository whose templates make Clusters.
    fn local_chart(&self, sources: &SourceMap, top: &Path) -> bool {
        let text = |path: &[&str]| self.object.find(path).and_then(Node::text);
        let kind = text(&["spec", "chart", "spec", "sourceRef", "kind"]);
        let chart = text(&["spec", "chart", "spec", "chart"]);
        let Some(chart) = chart.filter(|_| kind == Some("GitRepository")) else {
            return false;
        };
        let templates = normalized(&top.join(chart.trim_start_matches('/'))).join("templates");
        let mut below = sources
            .iter()
            .filter(|(_, file)| file.path.starts_with(&templates));
        below.any(|(_, file)| file.text.contains(CNPG_GROUP) && file.text.contains("kind: Cluster"))
    }
}

/// Whether a node or one below it is meant.
fn any(node: &Node, meant: &dyn Fn(&Node) -> bool) -> bool {
    meant(node)
        || match &node.kind {
            Kind::Scalar(_) | Kind::Alias(_) => false,
            Kind::Sequence(items) => items.iter().any(|item| any(item, meant)),
            Kind::Mapping(entries) => entries.iter().any(|entry| any(&entry.value, meant)),
        }
}
