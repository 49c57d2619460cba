//! One Application, as the controller sees it.

use std::path::PathBuf;

use crate::model::cluster::Cluster;
use crate::model::object::Object;
use crate::text::{Span, Spanned};
use crate::yaml::Node;

use super::Source;
use super::application_set::CASCADE;

/// How an Application came to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MadeBy {
    /// It stands in the repository, or a build renders it.
    Manifest,
    /// An ApplicationSet generates it.
    Set {
        /// Name of the ApplicationSet.
        name: String,
        /// Where that stands.
        place: Span,
        /// The parameters it is generated with, `key=value`, for people.
        parameters: String,
    },
}

/// Whether an Application is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Certainty {
    /// It is.
    Certain,
    /// It may be, or may look otherwise; the reason says why.
    Possible(String),
}

/// Something that cannot be known from a checkout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    /// The place that asks for it.
    pub span: Span,
    /// What is unknown, and why; without the name of the application.
    pub reason: String,
}

/// What one source of an Application renders.
#[derive(Debug, Clone)]
pub struct Rendering {
    /// Index of the source.
    pub source: usize,
    /// The directory that is rendered, relative to the top of the repository, with `/`; empty for the top.
    pub directory: String,
    /// Every file that takes part, without symbolic links.
    pub files: Vec<PathBuf>,
    /// What is rendered besides Clusters, as far as walbound looks at it: object stores, schedules, ConfigMaps, Secrets
    /// and objects of controllers.
    pub objects: Vec<Object>,
}

/// A Cluster that an Application applies.
#[derive(Debug, Clone)]
pub struct Applied {
    /// Index in [`Project::clusters`](crate::project::Project::clusters) of the rendering that this is, or of one that
    /// comes from the same manifest.
    pub cluster: usize,
    /// The Cluster as the Application renders it: names, labels and patches of the source are applied.
    pub rendered: Cluster,
    /// The namespace it gets: its own, else that of the destination.
    pub namespace: Option<String>,
    /// Index of the rendering that holds it.
    pub rendering: usize,
}

/// An Application, as the controller sees it.
#[derive(Debug, Clone)]
pub struct Application {
    /// The object; each value knows the line that it comes from, templates included.
    pub object: Object,
    /// How it came to be.
    pub made_by: MadeBy,
    /// Whether it is there.
    pub certainty: Certainty,
    /// Its sources, in order.
    pub sources: Vec<Source>,
    /// What its sources render, as far as that can be known.
    pub renderings: Vec<Rendering>,
    /// The Clusters that it applies.
    pub applies: Vec<Applied>,
    /// What of it cannot be known.
    pub unknown: Vec<Unknown>,
}

impl Application {
    pub(super) fn new(object: Object, made_by: MadeBy, certainty: Certainty) -> Self {
        let sources = Source::all(&object);
        Self {
            object,
            made_by,
            certainty,
            sources,
            renderings: Vec::new(),
            applies: Vec::new(),
            unknown: Vec::new(),
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.object.name.value
    }

    /// Whether a value of it still asks for what only the controller knows.
    pub fn is_unresolved(&self, node: &Node) -> bool {
        matches!(self.made_by, MadeBy::Set { .. })
            && matches!(self.certainty, Certainty::Possible(_))
            && node.text().is_some_and(|text| text.contains("{{"))
    }

    /// `spec`.
    pub fn spec(&self) -> Option<&Node> {
        self.object.node.get("spec")
    }

    /// Where to point for the Application as a whole: its name.
    pub fn place(&self) -> Span {
        self.object.name.span
    }

    /// The namespace for objects that name none.
    pub fn destination_namespace(&self) -> Option<Spanned<String>> {
        self.object.value(&["spec", "destination", "namespace"])
    }

    /// `spec.syncPolicy.syncOptions`, as written.
    pub fn sync_options(&self) -> Vec<Spanned<String>> {
        let options = self
            .object
            .find(&["spec", "syncPolicy", "syncOptions"])
            .and_then(Node::as_sequence)
            .unwrap_or(&[]);
        options
            .iter()
            .filter_map(|option| Some(Spanned::new(option.text()?.to_owned(), option.span())))
            .collect()
    }

    /// The sync option of exactly this text: Argo CD compares it as a whole, case and blanks included.
    pub fn sync_option(&self, option: &str) -> Option<Span> {
        let options = self.sync_options();
        let own = options.into_iter().find(|own| own.value == option)?;
        Some(own.span)
    }

    /// `spec.syncPolicy.automated`, where it is in force.
    pub fn automated(&self) -> Option<&Node> {
        let automated = self.object.find(&["spec", "syncPolicy", "automated"])?;
        let is_on = automated.get("enabled").and_then(Node::as_bool) != Some(false);
        (!automated.is_null() && is_on).then_some(automated)
    }

    /// Where a finalizer lets Argo CD delete everything with the Application.
    pub fn cascade(&self) -> Option<Span> {
        let finalizers = self
            .object
            .find(&["metadata", "finalizers"])?
            .as_sequence()?;
        let cascades = |node: &&Node| {
            let text = node.text().unwrap_or_default();
            text == CASCADE
                || text
                    .strip_prefix(CASCADE)
                    .is_some_and(|rest| rest.starts_with('/'))
        };
        finalizers.iter().find(cascades).map(Node::span)
    }

    /// An annotation of the Application.
    pub fn annotation(&self, name: &str) -> Option<Spanned<String>> {
        self.object.annotation(name)
    }
}
