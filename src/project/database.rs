//! What `DB` on the command line means.
//!
//! A database is one Cluster with all its renderings: overlays, those not in use too. A Flux Kustomization that fills
//! variables in makes a database of its own, so one component can stand for many.

use std::collections::BTreeMap;
use std::path::Path;

use thiserror::Error;

use crate::config::{self, Config};
use crate::model::archive::{ArchiveRef, StoreRef};
use crate::model::cluster::Cluster;
use crate::model::object::has_variable;
use crate::text::suggest::closest;
use crate::text::{Span, normalized};

use super::delivery::{Delivery, delivering};
use super::flux::Kustomization;
use super::{Build, Project};

/// One database of a repository.
#[derive(Debug, Clone)]
pub struct Database<'p> {
    /// The repository.
    pub project: &'p Project,
    /// `metadata.name` of its Cluster, as the cluster gets it.
    pub name: String,
    /// The namespace, of the manifest or of whoever applies it.
    pub namespace: Option<String>,
    /// Its entry in the configuration.
    pub configured: Option<&'p config::Database>,
    /// Every rendering, in the order of builds.
    pub clusters: Vec<&'p Cluster>,
    /// Who applies it, where the manifests tell.
    pub delivery: Option<Delivery>,
}

/// Why `DB` names no database.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
pub enum DatabaseError {
    /// There is no Cluster at all.
    #[error("no CloudNativePG Cluster is here")]
    Nothing,
    /// No name and no directory fits.
    #[error("no database is called `{asked}`{}", suggestion.as_deref().map(|name| format!("; did you mean `{name}`?")).unwrap_or_default())]
    Unknown {
        /// What was asked for.
        asked: String,
        /// A name that is close.
        suggestion: Option<String>,
        /// Every database, as shown to people.
        candidates: Vec<String>,
    },
    /// Several fit.
    #[error("`{asked}` is the name of several databases")]
    Ambiguous {
        /// What was asked for.
        asked: String,
        /// Those that fit, as shown to people.
        candidates: Vec<String>,
    },
}

impl DatabaseError {
    /// What to do.
    pub fn remedy(&self) -> String {
        match self {
            Self::Nothing => "run it in the repository that holds the manifests".to_owned(),
            Self::Unknown { candidates, .. } => {
                format!("the databases here: {}", some_of(candidates))
            }
            Self::Ambiguous { candidates, .. } => format!(
                "name one by `namespace/name` or by its directory: {}",
                some_of(candidates)
            ),
        }
    }
}

/// How many candidates an error names: as many as people read.
const MOST_CANDIDATES: usize = 10;

fn some_of(candidates: &[String]) -> String {
    let named = candidates.get(..MOST_CANDIDATES).unwrap_or(candidates);
    let mut text = named.join(", ");
    let more = candidates.len() - named.len();
    if more > 0 {
        text.push_str(&format!("; and {more} more, which `walbound status` lists"));
    }
    text
}

impl<'p> Database<'p> {
    /// The renderings in use; all of them where none is.
    pub fn live(&self) -> Vec<&'p Cluster> {
        let used: Vec<&Cluster> = self
            .clusters
            .iter()
            .copied()
            .filter(|cluster| !self.project.is_dormant(cluster))
            .collect();
        if used.is_empty() {
            self.clusters.clone()
        } else {
            used
        }
    }

    /// The renderings by overlays that are not in use.
    pub fn dormant(&self) -> impl Iterator<Item = &'p Cluster> {
        let project = self.project;
        self.clusters
            .iter()
            .copied()
            .filter(move |cluster| project.is_dormant(cluster))
    }

    /// The build that renders it.
    pub fn build(&self) -> Option<&'p Build> {
        self.live()
            .first()
            .map(|cluster| self.project.build_of(cluster))
    }

    /// Its directory, as shown to people.
    pub fn directory(&self) -> &'p str {
        self.build().map_or("", |build| build.directory.as_str())
    }

    /// `namespace/name`, or the name alone.
    pub fn title(&self) -> String {
        match &self.namespace {
            Some(namespace) => format!("{namespace}/{}", self.name),
            None => self.name.clone(),
        }
    }

    /// Title and directory, to tell databases apart.
    pub fn described(&self) -> String {
        format!("`{}` in {}", self.title(), self.directory())
    }

    /// The text with the variables filled in that are known.
    pub fn resolve(&self, text: &str) -> String {
        match &self.delivery {
            Some(delivery) => delivery.resolve(text),
            None => text.to_owned(),
        }
    }

    /// The archive as the cluster gets it, with the variables filled in that are known.
    pub fn resolved(&self, mut archive: ArchiveRef) -> ArchiveRef {
        archive.server_name.value = self.resolve(&archive.server_name.value);
        if let StoreRef::Known(store) = &mut archive.store {
            store.destination = self.resolve(&store.destination);
            store.endpoint = self.resolve(&store.endpoint);
        }
        archive
    }

    /// Where it archives to now.
    pub fn archives_to(&self) -> Option<ArchiveRef> {
        let archive = self
            .live()
            .into_iter()
            .find_map(|cluster| cluster.archives_to(&self.project.stores))?;
        Some(self.resolved(archive))
    }

    /// Where its recovery in use reads from.
    pub fn recovers_from(&self) -> Option<ArchiveRef> {
        let recovering = self.live().into_iter().filter(|cluster| cluster.recovers());
        let archive = recovering
            .filter_map(|cluster| cluster.recovers_from(&self.project.stores))
            .next()?;
        Some(self.resolved(archive))
    }

    fn lies_in(&self, directory: &str) -> bool {
        let sources = &self.project.sources;
        self.clusters.iter().any(|cluster| {
            let build = &self.project.build_of(cluster).directory;
            let file = &sources.file(cluster.object.source().file).name;
            let below = |path: &str| Path::new(path).starts_with(directory);
            directory == "." || below(build) || below(file)
        })
    }
}

impl Project {
    /// Every database, in the order of titles and directories.
    pub fn all_databases<'p>(&'p self, config: &'p Config) -> Vec<Database<'p>> {
        let deliveries = self.deliveries();
        let mut groups: BTreeMap<Key, Database<'p>> = BTreeMap::new();
        for cluster in &self.clusters {
            let directory = &self.build_of(cluster).directory;
            let own = self.flux_of(cluster).and_then(Kustomization::delivery);
            let appliers = match &own {
                Some(own) => vec![own],
                None => delivering(&deliveries, directory),
            };
            // Several appliers matter only where each makes another name of it.
            let fills = has_variable(cluster.name());
            let appliers: Vec<Option<&Delivery>> = match appliers.as_slice() {
                [] => vec![None],
                several if fills => several.iter().copied().map(Some).collect(),
                [first, ..] => vec![Some(first)],
            };
            for delivery in appliers {
                let database = self.database(cluster, delivery);
                let key = (
                    database.namespace.clone(),
                    database.name.clone(),
                    cluster.object.source(),
                );
                let known = groups.entry(key).or_insert_with(|| database.clone());
                // Who applies what is in use counts, not who could apply the other overlay.
                let mut own = known.clusters.iter();
                if own.all(|own| self.is_dormant(own)) {
                    known.delivery = database.delivery;
                }
                known.clusters.push(cluster);
            }
        }
        self.join_dormant(&mut groups);
        let mut all: Vec<Database<'p>> = groups.into_values().collect();
        for database in &mut all {
            database.configured = config
                .databases
                .iter()
                .find(|entry| database.lies_in(&shown(&entry.path)));
        }
        all.sort_by_cached_key(|database| (database.title(), database.directory().to_owned()));
        all
    }

    /// Gives overlays that are not in use to the database of their base: the root that selects one of them may be
    /// what sets the namespace.
    fn join_dormant<'p>(&'p self, groups: &mut BTreeMap<Key, Database<'p>>) {
        let is_dormant = |database: &Database<'_>| {
            let mut clusters = database.clusters.iter();
            clusters.all(|cluster| self.is_dormant(cluster))
        };
        let (dormant, live): (Vec<Key>, Vec<Key>) = groups
            .keys()
            .cloned()
            .partition(|key| groups.get(key).is_some_and(is_dormant));
        for key in dormant {
            let mut same = live
                .iter()
                .filter(|(_, name, source)| *name == key.1 && *source == key.2);
            if let (Some(only), None) = (same.next(), same.next())
                && let Some(database) = groups.remove(&key)
                && let Some(home) = groups.get_mut(only)
            {
                home.clusters.extend(database.clusters);
                home.clusters.sort_by_key(|cluster| cluster.build);
            }
        }
    }

    fn database<'p>(&'p self, cluster: &Cluster, delivery: Option<&Delivery>) -> Database<'p> {
        let resolve = |text: &str| match delivery {
            Some(delivery) => delivery.resolve(text),
            None => text.to_owned(),
        };
        let own = cluster.object.namespace().map(resolve);
        Database {
            project: self,
            name: resolve(cluster.name()),
            namespace: own.or_else(|| delivery?.target_namespace.clone()),
            configured: None,
            clusters: Vec::new(),
            delivery: delivery.cloned(),
        }
    }

    /// The database that `asked` names: a name from the configuration, a Cluster name, `namespace/name`, or a
    /// directory. `directory` is the path as shown to people where `asked` is one on this disk.
    ///
    /// # Errors
    /// When none or several fit.
    pub fn find_database<'p>(
        &'p self,
        config: &'p Config,
        asked: &str,
        directory: Option<&str>,
    ) -> Result<Database<'p>, DatabaseError> {
        let mut all = self.all_databases(config);
        if all.is_empty() {
            return Err(DatabaseError::Nothing);
        }
        let ways: [&dyn Fn(&Database<'p>) -> bool; 4] = [
            &|database| database.configured.is_some_and(|own| own.name == asked),
            &|database| database.name == asked,
            &|database| is_title(database, asked),
            &|database| directory.is_some_and(|directory| database.lies_in(directory)),
        ];
        for fits in ways {
            let found: Vec<usize> = (0..all.len()).filter(|at| fits(&all[*at])).collect();
            match found.as_slice() {
                [] => {}
                [only] => return Ok(all.swap_remove(*only)),
                several => {
                    return Err(DatabaseError::Ambiguous {
                        asked: asked.to_owned(),
                        candidates: several.iter().map(|at| all[*at].described()).collect(),
                    });
                }
            }
        }
        Err(unknown(asked, &all))
    }
}

/// Namespace, name and source document.
type Key = (Option<String>, String, Span);

/// A namespace that nobody tells may be any.
fn is_title(database: &Database<'_>, asked: &str) -> bool {
    let Some((namespace, name)) = asked.split_once('/') else {
        return false;
    };
    let fits = database
        .namespace
        .as_deref()
        .is_none_or(|own| own == namespace);
    database.name == name && fits
}

fn unknown(asked: &str, all: &[Database<'_>]) -> DatabaseError {
    let mut names: Vec<&str> = Vec::new();
    for database in all {
        names.extend(database.configured.map(|own| own.name.as_str()));
        names.push(&database.name);
    }
    let last = asked.rsplit('/').next().unwrap_or(asked);
    let suggestion = closest(asked, &names).or_else(|| closest(last, &names));
    DatabaseError::Unknown {
        asked: asked.to_owned(),
        suggestion: suggestion.map(str::to_owned),
        candidates: all.iter().map(Database::described).collect(),
    }
}

fn shown(path: &Path) -> String {
    let clean = normalized(path);
    let shown = clean.to_string_lossy().replace('\\', "/");
    if shown.is_empty() {
        ".".to_owned()
    } else {
        shown
    }
}
