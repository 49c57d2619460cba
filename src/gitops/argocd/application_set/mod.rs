//! The Applications that an ApplicationSet generates.
//!
//! Source: Argo CD `applicationset/controllers/template/`, `applicationset/generators/`.

mod engine;
mod generator;
mod git;
mod merge;
mod parameters;
mod selector;
mod template;

use crate::model::object::Object;
use crate::text::Span;
use crate::yaml::{Node, Origin};

use super::application::{Application, Certainty, MadeBy, Unknown};
use super::checkout::Checkout;
use super::template::TemplateError;

use engine::Engine;
use generator::Generators;
use parameters::Parameters;

/// What Argo CD deletes with an Application that has it: everything that it applied.
pub(super) const CASCADE: &str = "resources-finalizer.argocd.argoproj.io";

/// What an ApplicationSet gives.
#[derive(Default)]
pub(super) struct Generated {
    pub(super) applications: Vec<Application>,
    pub(super) unknown: Vec<Unknown>,
}

/// Generates the Applications of a set.
pub(super) fn generate(set: &Object, checkout: &Checkout<'_>) -> Generated {
    let mut generated = Generated::default();
    let engine = Engine::of(set);
    let empty = Node::mapping(Origin::Made { by: set.name.span });
    let base = set.find(&["spec", "template"]).unwrap_or(&empty);
    let generators = set
        .find(&["spec", "generators"])
        .and_then(Node::as_sequence);
    for generator in generators.unwrap_or(&[]) {
        for (kind, own) in generator::kinds(generator) {
            let merged = own.get("template").map(|own| template::merged(own, base));
            let source = Generators { checkout, engine };
            let mut unknown = None;
            let sets = match source.parameters(kind, own, generator.get("selector")) {
                Ok(sets) => sets,
                Err(failure) => {
                    let span = own.span();
                    let reason = failure.reason.clone();
                    // What is open is said with the Application that stands for it.
                    if failure.is_broken {
                        generated.unknown.push(Unknown { span, reason });
                    } else {
                        unknown = Some(Unknown { span, reason });
                    }
                    failure.as_open()
                }
            };
            for parameters in &sets {
                let maker = Maker {
                    set,
                    engine,
                    parameters,
                    place: own.span(),
                    unknown: unknown.as_ref(),
                };
                match maker.application(merged.as_ref().unwrap_or(base)) {
                    Ok(application) => generated.applications.push(application),
                    Err((span, error)) => {
                        let reason = error.to_string();
                        let unknown = unknown.clone().unwrap_or(Unknown { span, reason });
                        generated.unknown.push(unknown);
                    }
                }
            }
        }
    }
    generated
}

/// Makes one Application.
struct Maker<'m> {
    set: &'m Object,
    engine: Engine,
    parameters: &'m Parameters,
    place: Span,
    /// What the generator leaves open.
    unknown: Option<&'m Unknown>,
}

impl Maker<'_> {
    fn application(&self, template: &Node) -> Result<Application, (Span, TemplateError)> {
        let filled = template::filled(template, self.engine, self.parameters)?;
        let mut node = self.wrapped(&filled);
        let mut unknown = Vec::new();
        if let Some(patch) = self.set.find(&["spec", "templatePatch"]) {
            match template::patched(&node, patch, self.engine, self.parameters) {
                Ok(patched) => node = patched,
                Err((
                    span,
                    error @ (TemplateError::Unresolved(_) | TemplateError::Unsupported(_)),
                )) => {
                    unknown.push(Unknown {
                        span,
                        reason: format!("`templatePatch`: {error}"),
                    });
                }
                Err(error) => return Err(error),
            }
        }
        let malformed = || {
            let error = TemplateError::Failed("the Application has no name".to_owned());
            (self.place, error)
        };
        let object = Object::new(node).ok_or_else(malformed)?;
        let made_by = MadeBy::Set {
            name: self.set.name.value.clone(),
            place: self.set.name.span,
            parameters: self.parameters.shown(),
        };
        let certainty = match (&self.parameters.open, unknown.first()) {
            (Some(reason), _) => Certainty::Possible(reason.clone()),
            (None, Some(unknown)) => Certainty::Possible(unknown.reason.clone()),
            (None, None) => Certainty::Certain,
        };
        let mut application = Application::new(object, made_by, certainty);
        application.unknown = self.unknown.cloned().into_iter().chain(unknown).collect();
        Ok(application)
    }

    /// The Application around a filled template: it is in the namespace of the set, and deletes what it applied unless
    /// the set says otherwise. Source: `RenderTemplateParams` in Argo CD `applicationset/utils/utils.go`.
    fn wrapped(&self, filled: &Node) -> Node {
        let by = Origin::Made {
            by: self.set.source(),
        };
        let mut node = Node::mapping(by);
        node.set("apiVersion", Node::string("argoproj.io/v1alpha1", by));
        node.set("kind", Node::string("Application", by));
        let mut metadata = filled.get("metadata").cloned().unwrap_or(Node::mapping(by));
        metadata.remove("namespace");
        if let Some(namespace) = &self.set.namespace {
            let origin = Origin::Made { by: namespace.span };
            metadata.set("namespace", Node::string(namespace.value.as_str(), origin));
        }
        let own = metadata.get("finalizers").and_then(Node::as_sequence);
        let keeps = ["spec", "syncPolicy", "preserveResourcesOnDeletion"];
        if own.is_none_or(<[Node]>::is_empty) && self.set.flag(&keeps) != Some(true) {
            let by = Origin::Made {
                by: self.set.name.span,
            };
            let mut finalizers = Node::sequence(by);
            if let Some(list) = finalizers.as_sequence_mut() {
                list.push(Node::string(CASCADE, by));
            }
            metadata.set("finalizers", finalizers);
        }
        node.set("metadata", metadata);
        if let Some(spec) = filled.get("spec") {
            node.set("spec", spec.clone());
        }
        node
    }
}
