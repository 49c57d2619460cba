//! Who applies which directory: Flux Kustomizations, Argo CD Applications and ApplicationSets.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::config::Glob;
use crate::text::{Span, Spanned, normalized};
use crate::yaml::{Document, Node};

use super::Project;
use super::flux::Kustomization;
use super::flux::envsubst::{Lookup, substitute};

/// The controller of a [`Delivery`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Controller {
    /// Flux.
    Flux,
    /// Argo CD.
    ArgoCd,
}

/// An object that tells a controller to apply a directory of this repository.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// The controller.
    pub controller: Controller,
    /// Name of the Kustomization or Application.
    pub name: String,
    /// Its namespace.
    pub namespace: Option<String>,
    /// The directory, relative to the root of the repository, with `/`; empty for the root.
    pub directory: String,
    /// The namespace for objects that name none.
    pub target_namespace: Option<String>,
    /// Whether the controller replaces variables.
    pub substitutes: bool,
    /// The variables it is known to replace, each with its value and where that stands.
    pub variables: BTreeMap<String, Spanned<String>>,
    /// Where further variables come from that cannot be read here: `Secret cluster-secrets`.
    pub hidden_sources: Vec<String>,
    /// Where the object stands.
    pub place: Span,
}

impl Delivery {
    /// The text as the cluster gets it. Variables that cannot be known stay.
    pub fn resolve(&self, text: &str) -> String {
        if !self.substitutes {
            return text.to_owned();
        }
        let lookup = |name: &str| match self.variables.get(name) {
            Some(value) => Lookup::Value(&value.value),
            None if self.hidden_sources.is_empty() => Lookup::Unset,
            None => Lookup::Unknown,
        };
        substitute(text, &lookup).into_owned()
    }
}

impl Project {
    /// Every delivery that the manifests tell of: those of Flux, then those of Argo CD in the order of files.
    pub fn deliveries(&self) -> Vec<Delivery> {
        let documents: Vec<&Document> = self
            .parsed
            .values()
            .filter_map(|parsed| parsed.as_ref().as_ref().ok())
            .flatten()
            .collect();
        let mut found: Vec<Delivery> = self
            .flux
            .iter()
            .filter_map(Kustomization::delivery)
            .collect();
        for document in &documents {
            let group = document
                .root
                .get("apiVersion")
                .and_then(Node::text)
                .and_then(|version| version.split('/').next());
            let kind = document.root.get("kind").and_then(Node::text);
            match (group, kind) {
                (Some("argoproj.io"), Some("Application")) => {
                    found.extend(application(&document.root));
                }
                (Some("argoproj.io"), Some("ApplicationSet")) => {
                    found.extend(self.application_set(&document.root));
                }
                _ => {}
            }
        }
        found
    }

    /// An Application for each directory with a build that a Git generator's path matches.
    fn application_set(&self, root: &Node) -> Vec<Delivery> {
        let generators = list(root, &["spec", "generators"]);
        let globs: Vec<(&str, bool)> = generators
            .iter()
            .flat_map(|generator| list(generator, &["git", "directories"]))
            .filter_map(|entry| {
                let glob = entry.get("path").and_then(Node::text)?;
                let excluded = entry.get("exclude").and_then(Node::as_bool) == Some(true);
                Some((glob, excluded))
            })
            .collect();
        let template = |path: &[&str], directory: &str| {
            let text = root.at(path).and_then(Node::text)?;
            filled(text, directory)
        };
        let matches = |directory: &str| {
            let on = |wanted| {
                globs
                    .iter()
                    .any(|(glob, excluded)| *excluded == wanted && names(glob, directory))
            };
            on(false) && !on(true)
        };
        let directories = self.builds.iter().map(|build| build.directory.as_str());
        directories
            .filter(|directory| matches(directory))
            .filter_map(|directory| {
                let path = template(&["spec", "template", "spec", "source", "path"], directory);
                let applied = path.unwrap_or_else(|| directory.to_owned());
                Some(Delivery {
                    controller: Controller::ArgoCd,
                    name: template(&["spec", "template", "metadata", "name"], directory)?,
                    namespace: text(root, &["metadata", "namespace"]),
                    directory: relative(&applied),
                    target_namespace: template(
                        &["spec", "template", "spec", "destination", "namespace"],
                        directory,
                    ),
                    substitutes: false,
                    variables: BTreeMap::new(),
                    hidden_sources: Vec::new(),
                    place: root.span(),
                })
            })
            .collect()
    }
}

/// Whether a path of a Git generator names this very directory, not one above it.
fn names(path: &str, directory: &str) -> bool {
    let glob = Glob::new(path);
    let above = directory.rsplit_once('/').map(|(above, _)| above);
    let further = path.contains("**") || !above.is_some_and(|above| glob.matches(above));
    glob.matches(directory) && further
}

/// The delivery whose directory holds the given one most closely.
pub fn delivering<'d>(deliveries: &'d [Delivery], directory: &str) -> Vec<&'d Delivery> {
    let holds = |delivery: &&Delivery| lies_below(directory, &delivery.directory);
    // Of directories that hold one and the same, the longer path is the closer one.
    let depth = |delivery: &Delivery| own(&delivery.directory).len();
    let holding = || deliveries.iter().filter(holds);
    let deepest = holding().map(depth).max();
    holding()
        .filter(|delivery| Some(depth(delivery)) == deepest)
        .collect()
}

/// Whether a clean path is that of a directory or of something in it.
fn lies_below(path: &str, directory: &str) -> bool {
    let directory = own(directory);
    let rest = path.strip_prefix(directory);
    directory.is_empty() || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// A directory's path; empty for the root of the repository.
fn own(directory: &str) -> &str {
    if directory == "." { "" } else { directory }
}

fn application(root: &Node) -> Vec<Delivery> {
    let single = root.at(&["spec", "source"]).into_iter();
    let sources = single.chain(list(root, &["spec", "sources"]));
    let delivery = |source: &Node| {
        Some(Delivery {
            controller: Controller::ArgoCd,
            name: text(root, &["metadata", "name"])?,
            namespace: text(root, &["metadata", "namespace"]),
            directory: relative(&text(source, &["path"])?),
            target_namespace: text(root, &["spec", "destination", "namespace"]),
            substitutes: false,
            variables: BTreeMap::new(),
            hidden_sources: Vec::new(),
            place: root.get("kind").map_or(root.span(), Node::span),
        })
    };
    sources.filter_map(delivery).collect()
}

fn list<'n>(node: &'n Node, path: &[&str]) -> &'n [Node] {
    node.at(path).and_then(Node::as_sequence).unwrap_or(&[])
}

fn text(node: &Node, path: &[&str]) -> Option<String> {
    node.at(path).and_then(Node::text).map(str::to_owned)
}

/// A path from the root of the repository, without `.` and `..`.
fn relative(path: &str) -> String {
    let clean: PathBuf = normalized(Path::new(path.trim_start_matches('/')));
    clean.to_string_lossy().replace('\\', "/")
}

/// A template of an ApplicationSet with the two values of a Git directory filled in; `None` when it asks for more.
fn filled(template: &str, directory: &str) -> Option<String> {
    let basename = directory.rsplit('/').next().unwrap_or(directory);
    let mut filled = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        let (expression, behind) = after.split_once("}}")?;
        filled.push_str(before);
        filled.push_str(match expression.trim().trim_start_matches('.') {
            "path.basename" => basename,
            "path" | "path.path" => directory,
            _ => return None,
        });
        rest = behind;
    }
    filled.push_str(rest);
    Some(filled)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::FileId;

    fn delivery(variables: &[(&str, &str)], hidden: &[&str]) -> Delivery {
        let span = Span::new(FileId(0), 0, 0);
        let known = |(name, value): &(&str, &str)| {
            ((*name).to_owned(), Spanned::new((*value).to_owned(), span))
        };
        Delivery {
            controller: Controller::Flux,
            name: "apps".into(),
            namespace: None,
            directory: "apps".into(),
            target_namespace: None,
            substitutes: true,
            variables: variables.iter().map(known).collect(),
            hidden_sources: hidden.iter().map(|name| (*name).to_owned()).collect(),
            place: span,
        }
    }

    #[test]
    fn known_variables_are_filled_in_and_others_stay() {
        let one = delivery(&[("APP", "photos")], &[]);
        assert_eq!(one.resolve("${APP}-db-${N:=v3}"), "photos-db-v3");
        assert_eq!(one.resolve("${APP}-${OTHER}-x"), "photos-${OTHER}-x");
        let hidden = delivery(&[], &["Secret s"]);
        assert_eq!(
            hidden.resolve("${N:=v3}"),
            "${N:=v3}",
            "the Secret may hold it"
        );
        let mut none = delivery(&[("APP", "photos")], &[]);
        none.substitutes = false;
        assert_eq!(none.resolve("${APP}"), "${APP}");
    }

    #[test]
    fn the_closest_delivery_counts() {
        let mut near = delivery(&[], &[]);
        near.directory = "apps/photos/app".into();
        let all = [delivery(&[], &[]), near];
        let names = |directory| {
            let found = delivering(&all, directory).into_iter();
            found.map(|d| d.directory.clone()).collect::<Vec<_>>()
        };
        assert_eq!(names("apps/photos/app"), ["apps/photos/app"]);
        assert_eq!(names("apps/photos"), ["apps"]);
        assert_eq!(names("appsx"), [""; 0]);
        let mut top = delivery(&[], &[]);
        top.directory = ".".into();
        let all = [top, delivery(&[], &[])];
        assert_eq!(delivering(&all, "appsx")[0].directory, ".");
        assert_eq!(delivering(&all, "apps/photos")[0].directory, "apps");
        assert_eq!(delivering(&all, ".")[0].directory, ".");
    }

    #[test]
    fn a_generator_names_directories_and_not_those_below() {
        assert!(names("db/*", "db/shop"));
        assert!(!names("db/*", "db/shop/overlays"));
        assert!(!names("db/*", "apps/shop"));
        assert!(names("db/**", "db/shop/overlays"));
    }

    #[test]
    fn templates_know_the_directory_and_nothing_else() {
        assert_eq!(
            filled("db-{{ .path.basename }}", "a/b").as_deref(),
            Some("db-b")
        );
        assert_eq!(filled("{{path}}", "a/b").as_deref(), Some("a/b"));
        assert_eq!(filled("{{ .values.x }}", "a/b"), None);
    }
}
