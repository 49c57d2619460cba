//! Flux: which Kustomizations there are as they reach the cluster, and what each applies.
//!
//! A Kustomization may be changed by the one that applies it: by `spec.patches`, by variables, by common metadata. So
//! the chain is followed from the top, and every Kustomization here is what the API server gets.
//!
//! Source: kustomize-controller `api/v1/kustomization_types.go` and `internal/controller/kustomization_controller.go`,
//! fluxcd/pkg `kustomize` (July 2026).

mod applied;
mod chain;
pub mod envsubst;
mod generated;
mod glob;
mod release;
mod source;
mod substitution;
mod variables;

use std::collections::BTreeMap;

use crate::text::{Span, Spanned};
use crate::yaml::Node;

use super::delivery::{Controller, Delivery};
use envsubst::Lookup;

pub(in crate::project) use chain::{Chain, Rendered, Repository, follow};
pub use release::Release;
pub use source::Source;

/// API group of Kustomizations.
pub const GROUP: &str = "kustomize.toolkit.fluxcd.io";

/// API group of HelmReleases.
pub const HELM_GROUP: &str = "helm.toolkit.fluxcd.io";

/// API group of sources.
pub const SOURCE_GROUP: &str = "source.toolkit.fluxcd.io";

/// A Flux Kustomization as it reaches the cluster.
#[derive(Debug, Clone)]
pub struct Kustomization {
    /// `metadata.name`.
    pub name: String,
    /// `metadata.namespace`.
    pub namespace: Option<String>,
    /// The place of its `kind`, which tells its document.
    pub place: Span,
    /// The object, with patches and variables of whoever applies it.
    pub node: Node,
    /// Where what it applies comes from.
    pub source: Source,
    /// The Kustomization that applies it, as an index of `Project::flux`; `None` for one that people apply, and for
    /// one that applies itself.
    pub applied_by: Option<usize>,
    /// Whether it replaces variables.
    pub substitutes: bool,
    /// The variables with known values, each with the place of the value.
    pub variables: BTreeMap<String, Spanned<String>>,
    /// Where further variables come from that cannot be read here: `Secret cluster-secrets`.
    pub hidden_sources: Vec<String>,
}

impl Kustomization {
    /// Its `spec`.
    pub fn spec(&self) -> Option<&Node> {
        self.node.get("spec")
    }

    /// Whether it applies to another Kubernetes cluster than the one it lives in.
    pub fn is_for_another_cluster(&self) -> bool {
        self.spec()
            .is_some_and(|spec| spec.get("kubeConfig").is_some())
    }

    /// Whether `spec` has this field and it is true.
    pub fn is(&self, field: &str) -> bool {
        self.flag(field).is_some()
    }

    /// The value of a field of `spec` that is true.
    pub fn flag(&self, field: &str) -> Option<&Node> {
        let value = self.spec()?.get(field)?;
        (value.as_bool() == Some(true)).then_some(value)
    }

    /// `namespace/name`, or the name alone.
    pub fn title(&self) -> String {
        match &self.namespace {
            Some(namespace) => format!("{namespace}/{}", self.name),
            None => self.name.clone(),
        }
    }

    /// What is known of one of its variables.
    pub fn lookup(&self, name: &str) -> Lookup<'_> {
        match self.variables.get(name) {
            Some(value) => Lookup::Value(&value.value),
            None if self.hidden_sources.is_empty() => Lookup::Unset,
            None => Lookup::Unknown,
        }
    }

    /// It as a delivery, where it applies a directory of this repository.
    pub(in crate::project) fn delivery(&self) -> Option<Delivery> {
        let Source::Here { directory } = &self.source else {
            return None;
        };
        let spec = self.spec();
        let target = spec.and_then(|spec| spec.get("targetNamespace"));
        Some(Delivery {
            controller: Controller::Flux,
            name: self.name.clone(),
            namespace: self.namespace.clone(),
            directory: directory.clone(),
            target_namespace: target.and_then(Node::text).map(str::to_owned),
            substitutes: self.substitutes,
            variables: self.variables.clone(),
            hidden_sources: self.hidden_sources.clone(),
            place: self.place,
        })
    }
}

/// Group of an object's `apiVersion`.
pub(in crate::project) fn group(node: &Node) -> Option<&str> {
    let version = node.get("apiVersion").and_then(Node::text)?;
    version.split_once('/').map(|(group, _)| group)
}

/// Whether an object is a Flux Kustomization.
pub(in crate::project) fn is_kustomization(node: &Node) -> bool {
    node.get("kind").and_then(Node::text) == Some("Kustomization") && group(node) == Some(GROUP)
}
