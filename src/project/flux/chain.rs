//! The chain of Kustomizations, followed from the top.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::kustomize::file::find;
use crate::kustomize::{Additions, Build, BuildError, Builder, Resource};
use crate::text::Span;
use crate::yaml::{Node, Origin};

use super::super::kept::Reuse;
use super::source::{Sources, reference};
use super::variables::{ConfigMap, Values};
use super::{Kustomization, Source, generated, is_kustomization};

/// Deepest chain that is followed.
const MAX_DEPTH: usize = 32;

/// Most Kustomizations that are followed: a chain that doubles at each step must end.
const MAX_KUSTOMIZATIONS: usize = 20_000;

/// What the chain is found in.
pub(in crate::project) struct Repository<'r> {
    /// The root of the repository.
    pub(in crate::project) top: &'r Path,
    /// Its YAML files, in order.
    pub(in crate::project) files: &'r [PathBuf],
    /// Every object as it stands in a file, and as a kustomization that Flux does not apply renders it.
    pub(in crate::project) objects: Vec<Node>,
}

/// What a Kustomization applies.
pub(in crate::project) struct Rendered {
    /// The Kustomization, as an index of [`Chain::kustomizations`].
    pub(in crate::project) by: usize,
    /// The directory.
    pub(in crate::project) directory: PathBuf,
    /// Whether Flux makes up a kustomization for the directory.
    pub(in crate::project) generated: bool,
    /// What came out.
    pub(in crate::project) build: Result<Arc<Build>, BuildError>,
}

/// Every Kustomization and what it applies.
#[derive(Default)]
pub(in crate::project) struct Chain {
    pub(in crate::project) kustomizations: Vec<Kustomization>,
    pub(in crate::project) rendered: Vec<Rendered>,
}

impl Chain {
    /// Renders another directory as a Kustomization would if its `spec.path` named it. One that it cannot build is no
    /// choice.
    pub(in crate::project) fn render_beside(
        &mut self,
        builder: &mut Builder<'_, '_>,
        by: usize,
        directory: PathBuf,
    ) {
        let Some(own) = self.kustomizations.get(by) else {
            return;
        };
        let additions = own.spec().map(Additions::of_flux);
        if let Some(Ok(additions)) = additions
            && let Ok(build) = builder.build_with(&directory, &additions, own.place.file)
        {
            self.rendered.push(Rendered {
                by,
                directory,
                generated: false,
                build: Ok(Arc::new(build)),
            });
        }
    }
}

/// Follows the chain. Beside it the builds that went well, by the directory and what is added to it.
pub(in crate::project) fn follow(
    builder: &mut Builder<'_, '_>,
    repository: &Repository<'_>,
    reuse: &Reuse<'_>,
) -> (Chain, BTreeMap<String, (Arc<Build>, bool)>) {
    let objects = &repository.objects;
    // Of one document the rendered form comes last and counts.
    let raw: BTreeMap<Span, &Node> = objects
        .iter()
        .filter(|node| is_kustomization(node))
        .map(|node| (place(node), node))
        .collect();
    if raw.is_empty() {
        return Default::default();
    }
    let mut follower = Follower {
        sources: Sources::of(objects.iter()),
        own: None,
        maps: objects.iter().filter_map(ConfigMap::read).collect(),
        builder,
        repository,
        reuse,
        built: BTreeMap::new(),
        chain: Chain::default(),
        below: BTreeSet::new(),
    };
    follower.own = follower.own_source(&raw);
    let graph = follower.graph(&raw);
    let tops = graph.tops(&raw);
    follower.run(&raw, &graph, &tops);
    // Some are seen only once variables of those above are known.
    let tops: Vec<Span> = tops
        .iter()
        .copied()
        .filter(|top| !follower.below.contains(top))
        .collect();
    if tops.len() < graph.tops(&raw).len() {
        follower.chain = Chain::default();
        follower.run(&raw, &graph, &tops);
    }
    let good = |(key, (build, generated)): (String, Built)| Some((key, (build.ok()?, generated)));
    let built = follower.built.into_iter().filter_map(good);
    (follower.chain, built.collect())
}

/// The place that tells a document.
fn place(node: &Node) -> Span {
    node.get("kind").map_or(node.span(), Node::span)
}

/// Who renders whom, and which ConfigMaps, as the files stand.
#[derive(Default)]
struct Graph {
    children: BTreeMap<Span, BTreeSet<Span>>,
    maps: BTreeMap<Span, Vec<ConfigMap>>,
}

impl Graph {
    /// The Kustomizations that no other one applies, and one of each circle.
    fn tops(&self, raw: &BTreeMap<Span, &Node>) -> Vec<Span> {
        let applied: BTreeSet<&Span> = self
            .children
            .iter()
            .flat_map(|(parent, children)| children.iter().filter(move |child| *child != parent))
            .collect();
        let mut tops: Vec<Span> = raw
            .keys()
            .filter(|own| !applied.contains(own))
            .copied()
            .collect();
        let mut reached: BTreeSet<Span> = BTreeSet::new();
        tops.iter().for_each(|top| self.reach(*top, &mut reached));
        for own in raw.keys() {
            if !reached.contains(own) {
                tops.push(*own);
                self.reach(*own, &mut reached);
            }
        }
        tops.sort();
        tops
    }

    fn reach(&self, top: Span, reached: &mut BTreeSet<Span>) {
        let mut queue = vec![top];
        while let Some(next) = queue.pop() {
            if reached.insert(next) {
                queue.extend(self.children.get(&next).into_iter().flatten());
            }
        }
    }

    /// The ConfigMaps that come into the cluster with this Kustomization at the top.
    fn maps_below(&self, top: Span) -> Vec<ConfigMap> {
        let mut reached = BTreeSet::new();
        self.reach(top, &mut reached);
        let maps = reached.iter().filter_map(|own| self.maps.get(own));
        maps.flatten().cloned().collect()
    }
}

type Built = (Result<Arc<Build>, BuildError>, bool);

struct Follower<'f, 's, 't> {
    builder: &'f mut Builder<'s, 't>,
    repository: &'f Repository<'f>,
    /// Builds that need not be made again.
    reuse: &'f Reuse<'f>,
    sources: Sources,
    /// The source that brought this repository into the cluster.
    own: Option<(String, String)>,
    /// Every ConfigMap.
    maps: Vec<ConfigMap>,
    built: BTreeMap<String, Built>,
    chain: Chain,
    /// Those that another one applies.
    below: BTreeSet<Span>,
}

impl Follower<'_, '_, '_> {
    /// The source of the Kustomization that applies itself, else the one that most others name.
    fn own_source(&self, raw: &BTreeMap<Span, &Node>) -> Option<(String, String)> {
        let mut counted: BTreeMap<(String, String), usize> = BTreeMap::new();
        for node in raw.values() {
            let found =
                self.sources
                    .resolve(node, None, self.builder.store().tree(), self.repository.top);
            if let (Some(reference), Source::Here { .. }) = (reference(node), found) {
                let bootstrap = if reference.1 == "flux-system" {
                    raw.len()
                } else {
                    0
                };
                *counted.entry(reference).or_insert(bootstrap) += 1;
            }
        }
        let most = counted.into_iter().max_by_key(|(_, count)| *count);
        most.map(|(reference, _)| reference)
    }

    fn graph(&mut self, raw: &BTreeMap<Span, &Node>) -> Graph {
        let mut graph = Graph::default();
        for (own, node) in raw {
            let read = self.read(node, None, &[]);
            let Some((Ok(build), _)) = self.build(&read) else {
                continue;
            };
            let nodes = || build.resources.iter().map(Resource::node);
            let children = nodes().filter(|node| is_kustomization(node)).map(place);
            graph.children.insert(*own, children.collect());
            graph
                .maps
                .insert(*own, nodes().filter_map(ConfigMap::read).collect());
        }
        graph
    }

    fn run(&mut self, raw: &BTreeMap<Span, &Node>, graph: &Graph, tops: &[Span]) {
        for top in tops {
            let maps = graph.maps_below(*top);
            if let Some(node) = raw.get(top) {
                self.visit(node, None, &mut Vec::new(), &maps);
            }
        }
    }

    fn read(&self, node: &Node, applied_by: Option<usize>, maps: &[ConfigMap]) -> Kustomization {
        let text = |key| {
            let value = node.at(&["metadata", key]).and_then(Node::text);
            value.map(str::to_owned)
        };
        let namespace = text("namespace");
        let values = Values::read(node, namespace.as_deref(), &[maps, &self.maps]);
        let tree = self.builder.store().tree();
        Kustomization {
            name: text("name").unwrap_or_default(),
            namespace,
            place: place(node),
            node: node.clone(),
            source: self
                .sources
                .resolve(node, self.own.as_ref(), tree, self.repository.top),
            applied_by,
            substitutes: values.substitutes,
            variables: values.known,
            hidden_sources: values.hidden_sources,
        }
    }

    /// Follows one Kustomization and those that it applies.
    fn visit(
        &mut self,
        node: &Node,
        applied_by: Option<usize>,
        above: &mut Vec<Span>,
        maps: &[ConfigMap],
    ) {
        if above.len() >= MAX_DEPTH || self.chain.kustomizations.len() >= MAX_KUSTOMIZATIONS {
            return;
        }
        let mut own = self.read(node, applied_by, maps);
        let mut built = self.build(&own);
        if let Some(again) = itself(&own, built.as_ref()) {
            own = self.read(&again, applied_by, maps);
            built = self.build(&own);
        }
        let index = self.chain.kustomizations.len();
        above.push(own.place);
        self.chain.kustomizations.push(own.clone());
        if let Some((build, generated)) = built {
            let found = build.clone();
            if let Some(directory) = self.directory(&own) {
                self.chain.rendered.push(Rendered {
                    by: index,
                    directory,
                    generated,
                    build,
                });
            }
            if let Ok(build) = found {
                for child in build.resources.iter().map(Resource::node) {
                    if is_kustomization(child) && !above.contains(&place(child)) {
                        self.below.insert(place(child));
                        let child = own.applied(child);
                        self.visit(&child, Some(index), above, maps);
                    }
                }
            }
        }
        above.pop();
    }

    fn directory(&self, own: &Kustomization) -> Option<PathBuf> {
        match &own.source {
            // Joined with nothing, a path would end in a slash.
            Source::Here { directory } if directory.is_empty() => {
                Some(self.repository.top.to_path_buf())
            }
            Source::Here { directory } => Some(self.repository.top.join(directory)),
            Source::Unknown(_) => None,
        }
    }

    /// What a Kustomization applies, before variables; whether Flux makes up the kustomization for it.
    fn build(&mut self, own: &Kustomization) -> Option<Built> {
        let directory = self.directory(own)?;
        let empty = Node::mapping(Origin::Read(own.place));
        let spec = own.spec().unwrap_or(&empty);
        let mut additions = match Additions::of_flux(spec) {
            Ok(additions) => additions,
            Err(error) => return Some((Err(error), false)),
        };
        let tree = self.builder.store().tree();
        let ignores = own.is("ignoreMissingComponents");
        additions
            .components
            .retain(|component| !ignores || tree.kind(&directory.join(&component.value)).is_some());
        let key = format!("{}\n{additions:?}", directory.display());
        if let Some(known) = self.built.get(&key) {
            return Some(known.clone());
        }
        if let Some((build, generated)) = self.reuse.by_flux(&key, &directory) {
            let built = (Ok(build), generated);
            self.built.insert(key, built.clone());
            return Some(built);
        }
        let generated = find(tree, &directory).is_empty();
        if generated {
            let asked = spec.get("path").map_or(own.place, Node::span);
            additions.resources =
                generated::resources(tree, self.repository.files, &directory, asked);
        }
        let build = self
            .builder
            .build_with(&directory, &additions, own.place.file);
        let built = (build.map(Arc::new), generated);
        self.built.insert(key, built.clone());
        Some(built)
    }
}

/// A Kustomization as it applies itself, where that changes it.
fn itself(own: &Kustomization, built: Option<&Built>) -> Option<Node> {
    let (Ok(build), _) = built? else { return None };
    let mut nodes = build.resources.iter().map(Resource::node);
    let again = nodes.find(|node| is_kustomization(node) && place(node) == own.place)?;
    Some(own.applied(again))
}
