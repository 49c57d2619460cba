//! What the steps of a runbook depend on.

use crate::config::{Config, OperatorVersion};
use crate::facts::Goal;
use crate::model::archive::StoreRef;
use crate::model::cluster::Cluster;
use crate::project::{Controller, Database, Delivery};
use crate::recover::plan::Plan;
use crate::recover::proof::Proof;

use super::shell::word;

/// A controller, the name of its object, and the namespace of that.
pub type Applier = (Controller, String, Option<String>);

/// What the steps of a runbook depend on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// `namespace/name` of the Cluster that recovers.
    pub title: String,
    /// Its name.
    pub name: String,
    /// Its namespace, when it is known.
    pub namespace: Option<String>,
    /// `DB` for further commands of this program.
    pub database: String,
    /// The directory of the build that recovers, relative to the root of the repository.
    pub directory: String,
    /// Who applies the database: the controller, the name of its object, and the namespace of that.
    pub controller: Option<Applier>,
    /// Who applies it after the change, where the change hands it over to another one.
    pub successor: Option<Applier>,
    /// The lineage that is read.
    pub source: String,
    /// The lineage that is written from then on.
    pub write: String,
    /// The lineage that was written so far.
    pub before: String,
    /// `destinationPath` and `endpointURL` of the archive.
    pub archive: Option<(String, String)>,
    /// The target in words.
    pub target: String,
    /// Whether the target is a point before the end of the archive.
    pub has_target: bool,
    /// Whether backups go through the Barman Cloud plugin.
    pub plugin: bool,
    /// Name of the application's secret, where the manifest gives one.
    pub secret: Option<String>,
    /// Names of the Poolers before it.
    pub poolers: Vec<String>,
    /// Whether the repository switches overlays, so that the switch goes back afterwards.
    pub switched: bool,
    /// Whether an earlier try is gone on with.
    pub going_on: bool,
    /// Whether the Cluster is recovered beside the live one.
    pub beside: bool,
    /// Whether a Cluster of another name takes the place of the live one.
    pub renamed: bool,
    /// Name of the live Cluster.
    pub live: String,
    /// The database of the application.
    pub application: String,
    /// The system identifier of the base backup, when the archive was looked at.
    pub system: Option<String>,
    /// The timeline that is followed, when the archive was looked at.
    pub timeline: Option<u32>,
    /// The version of the operator.
    pub operator: Option<OperatorVersion>,
}

impl Facts {
    /// Gathers them. `database` is the state before the change.
    pub fn of(database: &Database<'_>, plan: &Plan, proof: &Proof, config: &Config) -> Self {
        let live = database.live();
        let cluster = live.first();
        let delivery = database.delivery.as_ref();
        let archive = match &plan.source.store {
            StoreRef::Known(store) => Some((store.destination.clone(), store.endpoint.clone())),
            _ => None,
        };
        let other = plan.beside.as_ref().or(plan.generation.as_ref());
        let name = other.unwrap_or(&database.name).clone();
        let title = match &database.namespace {
            Some(namespace) => format!("{namespace}/{name}"),
            None => name.clone(),
        };
        let (system, timeline) = judged(proof);
        let method = |cluster: &&Cluster| cluster.methods.first().copied();
        let bootstrap = |field: &'static str| {
            let method = cluster.and_then(method)?;
            let cluster = cluster?;
            cluster
                .object
                .value(&["spec", "bootstrap", method.key(), field])
        };
        let secret = cluster.and_then(|own| {
            let method = method(own)?;
            own.object
                .value(&["spec", "bootstrap", method.key(), "secret", "name"])
        });
        Self {
            title,
            live: database.name.clone(),
            namespace: database.namespace.clone(),
            database: database
                .configured
                .map_or_else(|| name.clone(), |own| own.name.clone()),
            name,
            directory: plan.directory.clone(),
            controller: delivery.map(applier),
            successor: successor(database, plan),
            source: plan.source.server_name.value.clone(),
            write: plan.write.server_name.value.clone(),
            before: plan.before.clone(),
            archive,
            target: plan.target_in_words(),
            has_target: plan.target.goal != Goal::Latest,
            plugin: cluster.is_none_or(|own| own.barman_plugin().is_some()),
            secret: secret.map(|secret| database.resolve(&secret.value)),
            poolers: poolers(database),
            switched: plan.overlay.is_some(),
            going_on: plan.going_on,
            beside: plan.beside.is_some(),
            renamed: plan.generation.is_some(),
            application: bootstrap("database")
                .map_or_else(|| "app".to_owned(), |own| database.resolve(&own.value)),
            system,
            timeline,
            operator: config.operator_version,
        }
    }

    /// `namespace/name` of the live Cluster.
    pub(super) fn live_title(&self) -> String {
        match &self.namespace {
            Some(namespace) => format!("{namespace}/{}", self.live),
            None => self.live.clone(),
        }
    }

    /// `kubectl` in the namespace.
    pub(super) fn kubectl(&self) -> String {
        match &self.namespace {
            Some(namespace) => format!("kubectl -n {}", word(namespace)),
            None => "kubectl -n \"$NAMESPACE\"".to_owned(),
        }
    }

    /// A query on the primary.
    pub(super) fn query(&self, cluster: &str, sql: &str) -> String {
        let kubectl = self.kubectl();
        let label = word(&format!(
            "cnpg.io/cluster={cluster},cnpg.io/instanceRole=primary"
        ));
        format!(
            "{kubectl} exec \"$({kubectl} get pod -l {label} -o name)\" -c postgres -- psql -XAtc {}",
            word(sql)
        )
    }
}

fn applier(delivery: &Delivery) -> Applier {
    let (name, namespace) = (delivery.name.clone(), delivery.namespace.clone());
    (delivery.controller, name, namespace)
}

/// The only Flux Kustomization of the build that recovers, where another one applied the database so far.
fn successor(database: &Database<'_>, plan: &Plan) -> Option<Applier> {
    let old = database.delivery.as_ref()?;
    if old.controller != Controller::Flux || old.directory == plan.directory {
        return None;
    }
    let all = database.project.deliveries();
    let mut fitting = all
        .iter()
        .filter(|own| own.controller == Controller::Flux && own.directory == plan.directory);
    let only = fitting.next().filter(|only| only.place != old.place)?;
    fitting.next().is_none().then(|| applier(only))
}

fn judged(proof: &Proof) -> (Option<String>, Option<u32>) {
    let Proof::Judged { verdict, .. } = proof else {
        return (None, None);
    };
    let backup = verdict.backup.as_ref();
    let system = backup.and_then(|backup| backup.info.system_identifier);
    (
        system.map(|system| system.to_string()),
        verdict.timeline.map(|timeline| timeline.0),
    )
}

fn poolers(database: &Database<'_>) -> Vec<String> {
    let mut names: Vec<String> = database
        .project
        .poolers
        .iter()
        .filter(|pooler| {
            database
                .clusters
                .iter()
                .any(|cluster| pooler.belongs_to(cluster.object.namespace(), cluster.name()))
        })
        .map(|pooler| database.resolve(&pooler.object.name.value))
        .collect();
    names.sort();
    names.dedup();
    names
}
