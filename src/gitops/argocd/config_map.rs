//! The settings of Argo CD: the ConfigMap `argocd-cm`, and what writes it.
//!
//! Source: Argo CD `util/settings/settings.go`, the values of the chart `argo-cd`, the operator's `ArgoCD`.

use std::sync::Arc;

use crate::model::object::Object;
use crate::project::Project;
use crate::yaml::scalar::{Dialect, canonical};
use crate::yaml::{Document, Locator, Node, expand, parse};

/// One place that makes `argocd-cm`.
#[derive(Debug, Clone)]
pub struct ConfigMap {
    /// The keys of the ConfigMap, or those that are laid over the operator's own.
    pub data: Node,
    /// The `ArgoCD` of the operator, which writes keys of its own.
    pub operator: Option<Arc<Node>>,
}

impl ConfigMap {
    /// Every place of a repository that makes `argocd-cm`: manifests, values of the chart `argo-cd` in files,
    /// Applications and HelmReleases, and the operator's objects.
    pub fn all(project: &Project) -> Vec<Self> {
        let mut found = Vec::new();
        for steering in &project.steering {
            of_object(project, &steering.object, &mut found);
        }
        let documents = project
            .parsed
            .values()
            .filter_map(|parsed| parsed.as_ref().as_ref().ok())
            .flatten();
        for document in documents.filter(|document| is_values(document)) {
            if let Ok(values) = expand(document) {
                of_values(Some(&canonical(&values, Dialect::Direct)), &mut found);
            }
        }
        found
    }

    fn plain(data: &Node) -> Self {
        Self {
            data: data.clone(),
            operator: None,
        }
    }

    /// The lists of kinds that Argo CD leaves out and, behind it, of those that it takes alone; each a text in YAML.
    pub fn filters(&self) -> [Option<&Node>; 2] {
        let own = |key: &str, operators: &str| {
            let of_operator = self.operator.as_ref();
            let of_operator = of_operator.and_then(|own| own.at(&["spec", operators]));
            self.data.get(key).or(of_operator)
        };
        [
            own("resource.exclusions", "resourceExclusions"),
            own("resource.inclusions", "resourceInclusions"),
        ]
    }
}

fn of_object(project: &Project, object: &Object, found: &mut Vec<ConfigMap>) {
    match (object.group.as_str(), object.kind.as_str()) {
        ("", "ConfigMap") if object.name.value == "argocd-cm" => {
            found.extend(object.find(&["data"]).map(ConfigMap::plain));
        }
        ("argoproj.io", "ArgoCD") => {
            let extra = object.find(&["spec", "extraConfig"]);
            let nothing = || Node::mapping(object.node.origin);
            found.push(ConfigMap {
                data: extra.cloned().unwrap_or_else(nothing),
                operator: Some(object.node.clone()),
            });
        }
        ("argoproj.io", "Application") => {
            let one = object.find(&["spec", "source"]).into_iter();
            let several = object.find(&["spec", "sources"]);
            let several = several.and_then(Node::as_sequence).unwrap_or_default();
            for source in one.chain(several) {
                of_helm(project, source.get("helm"), found);
            }
        }
        (group, "HelmRelease") if group.starts_with("helm.toolkit.") => {
            of_values(object.find(&["spec", "values"]), found);
        }
        _ => {}
    }
}

fn of_helm(project: &Project, helm: Option<&Node>, found: &mut Vec<ConfigMap>) {
    of_values(helm.and_then(|helm| helm.get("valuesObject")), found);
    let text = helm.and_then(|helm| helm.get("values"));
    if let Some(Ok(values)) = text.map(|text| inner(project, text)) {
        of_values(Some(&values), found);
    }
}

/// Values of the argo-cd chart, as its own or under the name of a dependency.
fn of_values(values: Option<&Node>, found: &mut Vec<ConfigMap>) {
    let Some(values) = values else { return };
    let entries = values.as_mapping().unwrap_or_default().iter();
    let below = entries.map(|entry| &entry.value);
    for values in std::iter::once(values).chain(below) {
        for path in [["configs", "cm"], ["server", "config"]] {
            found.extend(values.at(&path).map(ConfigMap::plain));
        }
    }
}

/// Values files have neither kind nor version.
fn is_values(document: &Document) -> bool {
    let root = &document.root;
    root.as_mapping().is_some() && root.get("kind").is_none() && root.get("apiVersion").is_none()
}

/// YAML within a string, each node with its line in the file.
///
/// # Errors
/// When it is no string, or not YAML; in words.
pub(super) fn inner(project: &Project, value: &Node) -> Result<Node, String> {
    let text = value
        .text()
        .ok_or("the value has to be a string that holds YAML")?;
    let span = value.span();
    let locator = Locator::inside(&project.sources.file(span.file).text, span, text);
    let documents =
        parse(text, &locator).map_err(|error| format!("the value is not YAML: {error}"))?;
    let Some(document) = documents.first() else {
        return Ok(Node::mapping(value.origin));
    };
    let node = expand(document).map_err(|error| format!("the value is not YAML: {error}"))?;
    Ok(canonical(&node, Dialect::Direct))
}
