//! Who applies a Cluster.

use std::collections::BTreeSet;

use crate::model::cluster::Cluster;
use crate::project::flux::Source;
use crate::project::{Controller, Project};

use super::argocd::{Application, Applications, Certainty, MadeBy};

/// An object of a GitOps controller that applies a Cluster.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Applier {
    /// The controller.
    pub controller: Controller,
    /// `Application` or `Kustomization`.
    pub kind: &'static str,
    /// Its namespace, where it is known.
    pub namespace: Option<String>,
    /// Its name; what only the controller knows of it stays as it is written.
    pub name: String,
    /// The ApplicationSet that generates it.
    pub generated_by: Option<String>,
    /// Why it may be otherwise, where that cannot be known here.
    pub doubt: Option<String>,
}

/// Who applies a Cluster, or why that is not known.
pub type Appliers = Result<BTreeSet<Applier>, String>;

/// Everybody who applies one of these renderings of a database. `applications` are those of the project.
///
/// # Errors
/// Nobody is known; why, in words.
pub fn appliers(project: &Project, applications: &Applications, clusters: &[&Cluster]) -> Appliers {
    let mut found = BTreeSet::new();
    for cluster in clusters {
        let own = applications.of_cluster(cluster);
        found.extend(own.map(|(application, _)| of_application(application)));
        found.extend(project.flux_of(cluster).map(|own| Applier {
            controller: Controller::Flux,
            kind: "Kustomization",
            namespace: own.namespace.clone(),
            name: own.name.clone(),
            generated_by: None,
            doubt: None,
        }));
    }
    if found.is_empty() {
        Err(unknown(project, applications))
    } else {
        Ok(found)
    }
}

fn of_application(application: &Application) -> Applier {
    let object = &application.object;
    Applier {
        controller: Controller::ArgoCd,
        kind: "Application",
        namespace: object.namespace().map(str::to_owned),
        name: application.name().to_owned(),
        generated_by: match &application.made_by {
            MadeBy::Manifest => None,
            MadeBy::Set { name, .. } => Some(name.clone()),
        },
        doubt: match &application.certainty {
            Certainty::Certain => None,
            Certainty::Possible(reason) => Some(reason.clone()),
        },
    }
}

/// Why nobody is known to apply a Cluster.
fn unknown(project: &Project, applications: &Applications) -> String {
    if applications.list.is_empty() && applications.unknown.is_empty() && project.flux.is_empty() {
        return "this repository has neither an Argo CD Application nor a Flux Kustomization"
            .to_owned();
    }
    let of_lists = applications.list.iter().flat_map(|own| &own.unknown);
    let of_argocd = applications.unknown.iter().chain(of_lists);
    let of_flux = project.flux.iter().filter_map(|own| match own.source {
        Source::Unknown(reason) => Some(format!("Kustomization `{}`: {reason}", own.title())),
        Source::Here { .. } => None,
    });
    let reasons: BTreeSet<String> = of_argocd
        .map(|unknown| unknown.reason.clone())
        .chain(of_flux)
        .collect();
    let nobody =
        "no Argo CD Application or Flux Kustomization of this repository is known to apply it";
    match reasons.first() {
        None => nobody.to_owned(),
        Some(first) if reasons.len() == 1 => format!("{nobody}; {first}"),
        Some(first) => format!(
            "{nobody}; {first}, and {} more cannot be told",
            reasons.len() - 1
        ),
    }
}
