//! Argo CD notices every change that a Cluster renders from.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::diagnostic::{Diagnostic, Severity};
use crate::gitops::argocd::{Application, RefreshPaths, Rendering};
use crate::kustomize::file::FILE_NAMES;
use crate::model::cluster::Cluster;
use crate::project::Project;
use crate::rules::rule::{Check, Context, Needs, Remedy, Rule};
use crate::text::{Span, normalized};
use crate::yaml::Node;

pub(in crate::rules) const RULE: Rule = Rule {
    id: "stale-manifests",
    summary: "Argo CD does not watch every file that the Cluster renders from",
    severity: Severity::Error,
    remedy: Remedy::ByHand,
    needs: Needs::Manifests,
    explain: include_str!("../../../fixtures/rules/stale-manifests/README.md"),
    check: Check::Project(check),
};

/// How many files a message names, and how many are shown.
const MOST_NAMED: usize = 3;

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for application in &context.applications.list {
        let mut judged = BTreeSet::new();
        for applied in &application.applies {
            if judged.insert(applied.rendering) {
                let rendering = &application.renderings[applied.rendering];
                found.extend(finding(
                    application,
                    rendering,
                    &applied.rendered,
                    context.project,
                ));
            }
        }
    }
    found
}

fn finding(
    application: &Application,
    rendering: &Rendering,
    cluster: &Cluster,
    project: &Project,
) -> Option<Diagnostic> {
    let watched = RefreshPaths::of(application, &application.sources[rendering.source])?;
    let files = files(rendering, project);
    let missed: Vec<&(String, &Path)> = files
        .iter()
        .filter(|(name, _)| !watched.cover(name))
        .collect();
    if missed.is_empty() {
        return None;
    }
    let (own, database) = (application.name(), cluster.name());
    let doubled = watched.doubled(&rendering.directory);
    let message = match doubled {
        Some(path) => format!(
            "Argo CD application `{own}` watches `{path}`, which is not there, and serves old manifests of cluster `{database}` as new"
        ),
        None => format!(
            "Argo CD application `{own}` does not notice changes of {}, from which cluster `{database}` is rendered",
            named(&missed)
        ),
    };
    let place = application.object.place(&[
        "metadata",
        "annotations",
        "argocd.argoproj.io/manifest-generate-paths",
    ]);
    let mut finding = RULE.found(&application.object, place, message);
    finding.primary.span = watched.place;
    finding.primary.text = if doubled.is_some() {
        "joined to the path of the source, for want of a `/` at its start".to_owned()
    } else {
        "manifests stay as they were unless something here changes".to_owned()
    };
    for (_, path) in missed.iter().take(MOST_NAMED) {
        if let Some(span) = start_of(project, path) {
            finding = finding.related(span, "not watched");
        }
    }
    let value = match doubled {
        Some(_) => {
            let written = project.sources.text(watched.place);
            format!("/{}", written.trim_matches(['"', '\'']))
        }
        None => covering(rendering, &missed),
    };
    Some(finding.help(format!(
        "write `argocd.argoproj.io/manifest-generate-paths: {value}`, or remove the annotation; then refresh the application hard, once: what is cached stays wrong"
    )))
}

/// Every file that matters to the Clusters of a rendering, named from the top of the repository.
fn files<'r>(rendering: &'r Rendering, project: &Project) -> Vec<(String, &'r Path)> {
    let parents: BTreeSet<&Path> = rendering
        .files
        .iter()
        .filter_map(|file| file.parent())
        .collect();
    let files: Vec<&Path> = rendering
        .files
        .iter()
        .map(PathBuf::as_path)
        .filter(|file| !parents.contains(file))
        .collect();
    let mut kustomizations: BTreeMap<&Path, &Node> = BTreeMap::new();
    let mut databases = Vec::new();
    for file in &files {
        match (
            first_document(project, file).filter(|_| is_kustomization(file)),
            file.parent(),
        ) {
            (Some(root), Some(directory)) => {
                kustomizations.insert(directory, root);
            }
            _ if matters(file, project) => databases.push(*file),
            _ => {}
        }
    }
    let reach = Reach {
        kustomizations: &kustomizations,
        databases: &databases,
    };
    let top = project.top.join(&rendering.directory);
    let counts = |file: &&Path| match file.parent() {
        Some(directory) if is_kustomization(file) => {
            directory == top || reach.a_database(directory, &mut BTreeSet::new())
        }
        _ => databases.contains(file),
    };
    let named = |file: &'r Path| {
        let name = file.strip_prefix(&project.top).ok()?;
        Some((name.to_string_lossy().replace('\\', "/"), file))
    };
    files
        .iter()
        .copied()
        .filter(counts)
        .filter_map(named)
        .collect()
}

fn is_kustomization(file: &Path) -> bool {
    let name = file.file_name().and_then(|name| name.to_str());
    name.is_some_and(|name| FILE_NAMES.contains(&name))
}

fn first_document<'p>(project: &'p Project, file: &Path) -> Option<&'p Node> {
    let id = project.sources.find(file)?;
    let documents = project.parsed.get(&id)?.as_ref().as_ref().ok()?;
    documents.first().map(|document| &document.root)
}

/// Which kustomizations have to do with databases.
struct Reach<'r> {
    kustomizations: &'r BTreeMap<&'r Path, &'r Node>,
    /// Files that can change a database.
    databases: &'r [&'r Path],
}

impl Reach<'_> {
    /// Whether a kustomization takes a file that can change a database, itself or through those that it lists. What a
    /// Component does is done to everything.
    fn a_database(&self, directory: &Path, seen: &mut BTreeSet<PathBuf>) -> bool {
        let Some(root) = self.kustomizations.get(directory) else {
            return false;
        };
        if !seen.insert(directory.to_path_buf()) {
            return false;
        }
        if root.get("kind").and_then(Node::text) == Some("Component")
            || self
                .databases
                .iter()
                .any(|file| file.starts_with(directory))
        {
            return true;
        }
        let lists = ["resources", "bases", "components"].into_iter();
        let entries = lists
            .filter_map(|list| root.get(list)?.as_sequence())
            .flatten();
        entries.filter_map(Node::text).any(|entry| {
            let below = normalized(&directory.join(entry));
            self.a_database(&below, seen)
        })
    }
}

/// Whether a file can change a database: all do but manifests of other things.
fn matters(file: &Path, project: &Project) -> bool {
    let Some(id) = project.sources.find(file) else {
        return true;
    };
    let parsed = project.parsed.get(&id).map(AsRef::as_ref);
    let Some(Ok(documents)) = parsed else {
        return true;
    };
    let group = |root: &Node| {
        let version = root.get("apiVersion").and_then(Node::text)?;
        root.get("kind")?;
        Some(
            version
                .split_once('/')
                .map_or("", |(group, _)| group)
                .to_owned(),
        )
    };
    documents
        .iter()
        .any(|document| match group(&document.root) {
            None => true,
            Some(group) => group.ends_with("cnpg.io") || group == "builtin",
        })
}

fn named(missed: &[&(String, &Path)]) -> String {
    let first: Vec<String> = missed
        .iter()
        .take(MOST_NAMED)
        .map(|(name, _)| format!("`{name}`"))
        .collect();
    match missed
        .len()
        .checked_sub(MOST_NAMED)
        .filter(|more| *more > 0)
    {
        Some(more) => format!("{} and {more} more", first.join(", ")),
        None => first.join(", "),
    }
}

/// The value that would cover everything: the directory of the source, and those of what it misses.
fn covering(rendering: &Rendering, missed: &[&(String, &Path)]) -> String {
    let mut paths = BTreeSet::from([format!("/{}", rendering.directory)]);
    for (name, _) in missed {
        let directory = name.rsplit_once('/').map_or("", |(directory, _)| directory);
        paths.insert(format!("/{directory}"));
    }
    let kept: Vec<&str> = paths
        .iter()
        .filter(|path| {
            !paths.iter().any(|other| {
                let below = path.strip_prefix(other.trim_end_matches('/'));
                path != &other && below.is_some_and(|rest| rest.starts_with('/'))
            })
        })
        .map(String::as_str)
        .collect();
    kept.join(";")
}

/// The first key of a file.
fn start_of(project: &Project, path: &Path) -> Option<Span> {
    let root = first_document(project, path)?;
    let first = root.as_mapping().and_then(<[_]>::first);
    Some(first.map_or(root.span(), |entry| entry.key.span()))
}
