//! What merging a migration does to what runs, as far as the revision tells that it is merged into.

use crate::config::{Config, OperatorVersion};
use crate::model::archive::ArchiveRef;
use crate::model::backup::ClusterUser;
use crate::model::cluster::Cluster;
use crate::model::object::same_namespace;
use crate::project::{Database, Project};
use crate::yaml::Node;

use super::store::means_same;
use super::{AFTERWARDS, FIRST_RELEASE, Migration};

/// From this release on the plugin is advised. Source: plugin-barman-cloud `web/docs/intro.md`.
const ADVISED_RELEASE: OperatorVersion = OperatorVersion {
    major: 1,
    minor: 27,
    patch: 0,
};

/// Fields of `spec` that a migration moves itself, and those that say nothing to instances that run.
const NO_NEWS: [&str; 4] = ["backup", "plugins", "externalClusters", "bootstrap"];

/// The revision that a migration is merged into: what runs until then.
#[derive(Debug, Clone, Copy)]
pub struct Base<'b> {
    /// The repository as that revision has it.
    pub project: &'b Project,
    /// The release of the operator that the configuration of that revision names.
    pub operator_version: Option<OperatorVersion>,
}

impl<'b> Base<'b> {
    /// Whether that revision has this Backup already.
    pub(super) fn has(&self, backup: &ClusterUser) -> bool {
        let own = &backup.object;
        self.project.backups.iter().any(|old| {
            old.object.name.value == own.name.value
                && same_namespace(old.object.namespace(), own.namespace())
        })
    }

    /// The database as that revision has it.
    fn twin(&self, database: &Database<'_>, config: &'b Config) -> Option<Database<'b>> {
        let mut all = self.project.all_databases(config).into_iter();
        all.find(|old| old.name == database.name && old.namespace == database.namespace)
    }
}

/// What has to be done before `after` is merged, and what happens then; `after` are the databases as migrated.
pub(super) fn notes(base: Base<'_>, after: &[Database<'_>], config: &Config) -> Vec<String> {
    let mut notes = vec![prerequisites(base, config)];
    for database in after {
        notes.extend(restart(base, database, config));
    }
    notes
}

/// What a migration does that was made since the base revision; `None` where none was.
pub(super) fn made(base: Base<'_>, database: &Database<'_>, config: &Config) -> Option<Migration> {
    let old = base.twin(database, config)?;
    let was = old.live().first()?.in_tree;
    let is = database.live().first()?.barman_plugin().is_some();
    (was && is).then(|| {
        let mut notes = notes(base, std::slice::from_ref(database), config);
        notes.push(AFTERWARDS.to_owned());
        Migration {
            titles: vec![database.title()],
            notes,
        }
    })
}

fn prerequisites(base: Base<'_>, config: &Config) -> String {
    let operator = match base.operator_version {
        None => {
            "CloudNativePG 1.26 or later (1.27 is advised), which the base revision does not tell"
                .to_owned()
        }
        Some(old) if old < FIRST_RELEASE => {
            let new = config.operator_version.unwrap_or(ADVISED_RELEASE);
            format!(
                "CloudNativePG {old} of the base revision is too old: upgrade the operator to {new} with a change of its own, and wait until it runs"
            )
        }
        Some(old) if old < ADVISED_RELEASE => {
            format!(
                "CloudNativePG {old} of the base revision will do, {ADVISED_RELEASE} or later is advised"
            )
        }
        Some(old) => format!("CloudNativePG {old} of the base revision is recent enough"),
    };
    let databases = base.project.all_databases(config);
    let uses = |database: &&Database<'_>| {
        let live = database.live();
        live.iter().any(|cluster| cluster.barman_plugin().is_some())
    };
    let plugin = match databases.iter().find(uses) {
        Some(user) => format!(
            "the Barman Cloud plugin is in use by `{}` at the base revision, and needed in each Kubernetes cluster",
            user.title()
        ),
        None => "nothing at the base revision uses the Barman Cloud plugin: install it beside the operator in its namespace, with cert-manager".to_owned(),
    };
    format!("before merging: {operator}; {plugin}")
}

/// What the instances of a database do when the change is merged.
fn restart(base: Base<'_>, database: &Database<'_>, config: &Config) -> Vec<String> {
    let title = database.title();
    let Some(new) = database.live().first().copied() else {
        return Vec::new();
    };
    let twin = base.twin(database, config);
    let Some((old, twin)) = twin
        .as_ref()
        .and_then(|twin| Some((*twin.live().first()?, twin)))
    else {
        return vec![format!(
            "{title} is new since the base revision: no instance of it runs that would restart"
        )];
    };
    match (old.barman_plugin(), new.barman_plugin()) {
        (None, Some(_)) => {}
        // Where only a recovery source moves, the instances stay as they are.
        (_, None) => return Vec::new(),
        (Some(_), Some(_)) => {
            return vec![format!(
                "{title} has the plugin at the base revision already: no instance restarts for it"
            )];
        }
    }
    let mut notes = vec![format!(
        "{title}: the instances restart one by one, because each gets a sidecar{}",
        manner(new)
    )];
    notes.extend(archive(&title, twin.archives_to(), database.archives_to()));
    let others = changed(old, new);
    if !others.is_empty() {
        notes.push(format!(
            "{title}: {} changed since the base revision too and would reach the instances with the same restart: merge it apart, so that it can be told what went wrong",
            others.join(", ")
        ));
    }
    notes
}

/// What is special about the restart of a Cluster.
fn manner(cluster: &Cluster) -> &'static str {
    let says = |field: &str| cluster.object.find(&["spec", field]).and_then(Node::text);
    match (says("instances"), says("primaryUpdateStrategy")) {
        (None | Some("1"), _) => "; there is one, so the database is away meanwhile",
        (_, Some("supervised")) => {
            "; the primary waits for a switchover by hand (`primaryUpdateStrategy: supervised`)"
        }
        _ => "",
    }
}

fn archive(title: &str, old: Option<ArchiveRef>, new: Option<ArchiveRef>) -> Option<String> {
    let (old, new) = (old?, new?);
    Some(match old.same_archive(&new) {
        Some(true) => format!(
            "{title}: the archive stays where it is at the base revision, and older backups stay restorable"
        ),
        Some(false) => format!(
            "{title}: the write lineage is `{}` at the base revision and another place since: merge that apart, for the plugin removes Backup objects that its lineage does not hold",
            old.server_name.value
        ),
        None => format!(
            "{title}: whether the archive stays where it is at the base revision cannot be told, because a value is not known"
        ),
    })
}

/// The fields of `spec` with other values, those left out that a migration changes.
fn changed(old: &Cluster, new: &Cluster) -> Vec<String> {
    let fields = |cluster: &'_ Cluster| -> Vec<String> {
        let spec = cluster.object.find(&["spec"]).and_then(Node::as_mapping);
        let keys = spec.unwrap_or_default().iter();
        keys.filter_map(|entry| entry.key.text().map(str::to_owned))
            .collect()
    };
    let mut names = fields(old);
    names.extend(fields(new));
    names.sort();
    names.dedup();
    names.retain(|name| !NO_NEWS.contains(&name.as_str()));
    names.retain(|name| {
        let path = ["spec", name];
        match (old.object.find(&path), new.object.find(&path)) {
            (Some(old), Some(new)) => !means_same(old, new),
            _ => true,
        }
    });
    names.iter().map(|name| format!("`spec.{name}`")).collect()
}
