//! Options of a sync that hold for one resource.
//!
//! Source: Argo CD `gitops-engine/pkg/sync/sync_context.go`, `gitops-engine/pkg/utils/kube`, `resource.HasAnnotationOption`.

use crate::model::object::Object;
use crate::text::{Span, Spanned};

use super::Application;

/// The annotation of a resource with its own options, separated by commas.
const RESOURCE_OPTIONS: &str = "argocd.argoproj.io/sync-options";

/// The options of an Application and of one resource of it.
#[derive(Debug, Clone, Default)]
pub struct SyncOptions {
    of_application: Vec<Spanned<String>>,
    of_resource: Vec<Spanned<String>>,
}

impl SyncOptions {
    /// Those that hold for a rendered object.
    pub fn of(application: &Application, object: &Object) -> Self {
        let annotation = object.annotation(RESOURCE_OPTIONS);
        let own = annotation.into_iter().flat_map(|annotation| {
            let options: Vec<_> = annotation
                .value
                .split(',')
                .map(|option| Spanned::new(option.trim().to_owned(), annotation.span))
                .collect();
            options
        });
        Self {
            of_application: application.sync_options(),
            of_resource: own.collect(),
        }
    }

    /// Where the resource says exactly this.
    pub fn of_resource(&self, option: &str) -> Option<Span> {
        place(&self.of_resource, option)
    }

    /// Where the resource, or else the Application, says exactly this.
    pub fn anywhere(&self, option: &str) -> Option<Span> {
        self.of_resource(option)
            .or_else(|| place(&self.of_application, option))
    }

    /// What `key=` is set to: by the resource, else by the Application.
    pub fn value(&self, key: &str) -> Option<&str> {
        let set = |options: &'_ [Spanned<String>]| {
            options.iter().position(|option| {
                option
                    .value
                    .strip_prefix(key)
                    .is_some_and(|rest| rest.starts_with('='))
            })
        };
        let option = match (set(&self.of_resource), set(&self.of_application)) {
            (Some(at), _) => &self.of_resource[at],
            (None, Some(at)) => &self.of_application[at],
            (None, None) => return None,
        };
        option.value.get(key.len() + 1..)
    }

    /// What the resource alone says, each option with its place.
    pub fn of_resource_alone(&self) -> &[Spanned<String>] {
        &self.of_resource
    }

    /// Whether `Prune` or `Delete` keeps the resource, or asks a person first.
    pub fn keeps(&self, key: &str) -> bool {
        matches!(self.value(key), Some("false" | "confirm"))
    }
}

fn place(options: &[Spanned<String>], option: &str) -> Option<Span> {
    let own = options.iter().find(|own| own.value == option)?;
    Some(own.span)
}
