//! Lists of components that choose a bootstrap: `components` of a kustomization, `spec.components` of a Flux
//! Kustomization, `spec.source.kustomize.components` of an Argo CD Application.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::kustomize::{self, Additions, BuildError, Builder};
use crate::model::cluster::Method;
use crate::text::{FileId, Span, Spanned, normalized};
use crate::yaml::patch::commented_items;
use crate::yaml::{Entry, Node};

use super::deliver::Applied;
use super::flux::{Chain, group, is_kustomization};
use super::load::{Loader, clusters_of};
use super::reference::{Listed, References};
use super::switch::{Base, Choice, Switch};

/// `spec.components` of a Flux Kustomization as it stands in its file.
#[derive(Debug)]
pub(super) struct ComponentList {
    file: FileId,
    key: Span,
    active: Vec<Spanned<String>>,
    commented: Vec<Spanned<String>>,
}

impl Loader<'_> {
    /// The lists of components in Flux Kustomizations, by the place of the document.
    pub(super) fn component_lists(
        &mut self,
        manifests: &[FileId],
    ) -> BTreeMap<Span, ComponentList> {
        let mut lists = BTreeMap::new();
        for file in manifests {
            let parsed = self.store.documents(*file);
            let Ok(documents) = parsed.as_ref() else {
                continue;
            };
            let text = &self.store.sources().file(*file).text;
            for root in documents.iter().map(|document| &document.root) {
                let spec = root.get("spec").filter(|_| is_kustomization(root));
                let entry = spec.and_then(|spec| spec.entry("components"));
                let (Some(entry), Some(kind)) = (entry, root.get("kind")) else {
                    continue;
                };
                let list = ComponentList::of(*file, entry, text);
                lists.insert(kind.span(), list);
            }
        }
        lists
    }

    /// The lists of components in Argo CD Applications.
    pub(super) fn application_lists(&mut self, manifests: &[FileId]) -> Vec<ApplicationList> {
        let mut lists = Vec::new();
        for file in manifests {
            let parsed = self.store.documents(*file);
            let Ok(documents) = parsed.as_ref() else {
                continue;
            };
            let text = &self.store.sources().file(*file).text;
            for root in documents.iter().map(|document| &document.root) {
                let is_one = root.get("kind").and_then(Node::text) == Some("Application")
                    && group(root) == Some("argoproj.io");
                let source = root.at(&["spec", "source"]).filter(|_| is_one);
                let path = source.and_then(|source| source.get("path")?.text());
                let kustomize = source.and_then(|source| source.get("kustomize"));
                let entry = kustomize.and_then(|kustomize| kustomize.entry("components"));
                let (Some(path), Some(kustomize), Some(entry)) = (path, kustomize, entry) else {
                    continue;
                };
                lists.push(ApplicationList {
                    directory: normalized(&self.top.join(path.trim_start_matches('/'))),
                    kustomize: kustomize.clone(),
                    list: ComponentList::of(*file, entry, text),
                });
            }
        }
        lists
    }
}

/// `spec.source.kustomize.components` of an Argo CD Application as it stands in its file.
#[derive(Debug)]
pub(super) struct ApplicationList {
    /// What the Application renders.
    directory: PathBuf,
    /// `spec.source.kustomize`.
    kustomize: Node,
    list: ComponentList,
}

impl ComponentList {
    fn of(file: FileId, entry: &Entry, text: &str) -> Self {
        let spanned = |node: &Node, span| Some(Spanned::new(node.text()?.to_owned(), span));
        let items = entry.value.as_sequence().unwrap_or_default().iter();
        let commented = commented_items(text, &entry.value).unwrap_or_default();
        Self {
            file,
            key: entry.key.span(),
            active: items
                .filter_map(|item| spanned(item, item.span()))
                .collect(),
            commented: commented
                .iter()
                .filter_map(|item| spanned(&item.value, item.span))
                .collect(),
        }
    }

    /// Its components that may change a bootstrap, and those in force that do not.
    fn sorted(
        &self,
        builder: &Builder<'_, '_>,
        all: &BTreeMap<PathBuf, References>,
        directory: &Path,
    ) -> (Vec<Candidate>, Vec<Spanned<String>>) {
        let mut candidates = Vec::new();
        let mut kept = Vec::new();
        let active = self.active.iter().map(|item| (item, true));
        let commented = self.commented.iter().map(|item| (item, false));
        for (item, active) in active.chain(commented) {
            let directory = normalized(&directory.join(&item.value));
            if speaks_of_bootstrap(builder, all, &directory) {
                candidates.push(Candidate {
                    written: item.clone(),
                    directory,
                    active,
                });
            } else if active {
                kept.push(item.clone());
            }
        }
        (candidates, kept)
    }
}

/// One component of a list.
struct Candidate {
    written: Spanned<String>,
    directory: PathBuf,
    active: bool,
}

/// A list of components and how to build with others in it.
struct List<'l> {
    file: FileId,
    key: Span,
    candidates: Vec<Candidate>,
    /// Components in force that do not speak of a bootstrap.
    kept: Vec<Spanned<String>>,
    build: &'l mut dyn FnMut(Vec<Spanned<String>>) -> Result<kustomize::Build, BuildError>,
}

/// The switches of kustomizations that list components.
pub(super) fn of_kustomizations(
    builder: &mut Builder<'_, '_>,
    all: &BTreeMap<PathBuf, References>,
) -> Vec<Switch> {
    let mut found = Vec::new();
    for (directory, own) in all.iter().filter(|(_, own)| !own.is_component) {
        let component = |listed: &&Listed| {
            let own = all.get(&listed.directory);
            own.is_some_and(|own| own.is_component)
        };
        let spanned = |listed: &Listed| Spanned::new(listed.written.clone(), listed.span);
        let mut list = Vec::new();
        let mut kept = Vec::new();
        let active = own.directories.iter().map(|listed| (listed, true));
        let commented = own.commented.iter().map(|listed| (listed, false));
        for (listed, active) in active
            .chain(commented)
            .filter(|(listed, _)| component(listed))
        {
            if speaks_of_bootstrap(builder, all, &listed.directory) {
                list.push(Candidate {
                    written: spanned(listed),
                    directory: listed.directory.clone(),
                    active,
                });
            } else if active {
                kept.push(spanned(listed));
            }
        }
        let mut build = |components: Vec<_>| builder.build_with_components(directory, &components);
        found.extend(switches(List {
            file: own.file,
            key: own.list,
            candidates: list,
            kept,
            build: &mut build,
        }));
    }
    found
}

/// The switches of Flux Kustomizations that list components.
pub(super) fn of_flux(
    builder: &mut Builder<'_, '_>,
    all: &BTreeMap<PathBuf, References>,
    chain: &Chain,
    lists: &BTreeMap<Span, ComponentList>,
) -> Vec<Switch> {
    let mut found: Vec<Switch> = Vec::new();
    for rendered in &chain.rendered {
        let own = &chain.kustomizations[rendered.by];
        let Some(list) = lists.get(&own.place) else {
            continue;
        };
        let Some(Ok(additions)) = own.spec().map(Additions::of_flux) else {
            continue;
        };
        // A patch may have changed the list since.
        let same = additions.components.len() == list.active.len();
        if !same || rendered.generated || found.iter().any(|known| known.list == list.key) {
            continue;
        }
        let (candidates, kept) = list.sorted(builder, all, &rendered.directory);
        let mut build = |components: Vec<_>| {
            let additions = with_components(&additions, components);
            builder.build_with(&rendered.directory, &additions, own.place.file)
        };
        found.extend(switches(List {
            file: list.file,
            key: list.key,
            candidates,
            kept,
            build: &mut build,
        }));
    }
    found
}

fn with_components(additions: &Additions, components: Vec<Spanned<String>>) -> Additions {
    Additions {
        components,
        ..additions.clone()
    }
}

/// The switches of Argo CD Applications that list components.
pub(super) fn of_argocd(
    builder: &mut Builder<'_, '_>,
    all: &BTreeMap<PathBuf, References>,
    lists: &[ApplicationList],
) -> Vec<Switch> {
    let mut found = Vec::new();
    for ApplicationList {
        directory,
        kustomize,
        list,
    } in lists
    {
        let Ok(additions) = Additions::of_argocd(kustomize) else {
            continue;
        };
        let (candidates, kept) = list.sorted(builder, all, directory);
        let mut build = |components: Vec<_>| {
            let additions = with_components(&additions, components);
            builder.build_with(directory, &additions, list.file)
        };
        found.extend(switches(List {
            file: list.file,
            key: list.key,
            candidates,
            kept,
            build: &mut build,
        }));
    }
    found
}

/// The directories that exactly one Application applies with components, and with what.
pub(super) fn applied(lists: &[ApplicationList]) -> BTreeMap<PathBuf, Applied> {
    let mut found: BTreeMap<PathBuf, Option<Applied>> = BTreeMap::new();
    for own in lists {
        let additions = Additions::of_argocd(&own.kustomize).ok();
        let applied = additions.map(|additions| Applied {
            additions,
            asked: own.list.file,
        });
        found
            .entry(own.directory.clone())
            .and_modify(|other| *other = None)
            .or_insert(applied);
    }
    found
        .into_iter()
        .filter_map(|(directory, own)| Some((directory, own?)))
        .collect()
}

/// Whether a component may change a bootstrap: only those are worth a build.
fn speaks_of_bootstrap(
    builder: &Builder<'_, '_>,
    all: &BTreeMap<PathBuf, References>,
    directory: &Path,
) -> bool {
    let sources = builder.store().sources();
    all.get(directory).is_some_and(|own| {
        let mut files = own.files.iter().chain([&own.file]);
        files.any(|file| sources.file(*file).text.contains("bootstrap"))
    })
}

fn switches(list: List<'_>) -> Vec<Switch> {
    if list.candidates.len() < 2 {
        return Vec::new();
    }
    let Ok(base) = (list.build)(list.kept.clone()).map(|build| methods(&build)) else {
        return Vec::new();
    };
    let mut groups: BTreeMap<Base, Vec<Choice>> = BTreeMap::new();
    for candidate in &list.candidates {
        let mut components = list.kept.clone();
        components.push(candidate.written.clone());
        let Ok(with) = (list.build)(components) else {
            continue;
        };
        for (cluster, methods) in methods(&with) {
            let [method] = methods.as_slice() else {
                continue;
            };
            if base.get(&cluster) != Some(&methods) {
                groups.entry(cluster).or_default().push(Choice {
                    written: candidate.written.value.clone(),
                    directory: candidate.directory.clone(),
                    span: candidate.written.span,
                    active: candidate.active,
                    method: *method,
                });
            }
        }
    }
    let mut found = Vec::new();
    for (cluster, mut choices) in groups {
        choices.sort_by_key(|choice| choice.span);
        let differ = choices
            .iter()
            .any(|choice| choice.method != choices[0].method);
        if !differ {
            continue;
        }
        let default = match base.get(&cluster).map(Vec::as_slice) {
            Some([method]) => Some(*method),
            _ => None,
        };
        found.push(Switch {
            file: list.file,
            list: list.key,
            base: cluster.0,
            cluster: cluster.1,
            choices,
            in_place: true,
            default,
        });
    }
    found
}

/// The bootstrap methods of each Cluster of a build.
fn methods(build: &kustomize::Build) -> BTreeMap<Base, Vec<Method>> {
    let clusters = clusters_of(build).into_iter();
    clusters
        .map(|own| ((own.object.source(), own.name().to_owned()), own.methods))
        .collect()
}
