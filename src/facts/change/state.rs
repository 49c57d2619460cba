//! What one revision says of a database, as far as a recovery is concerned.

use std::sync::Arc;

use crate::model::archive::ArchiveRef;
use crate::model::cluster::{Cluster, Method};
use crate::model::image;
use crate::model::lineage::ServerName;
use crate::model::object::has_variable;
use crate::project::Project;
use crate::yaml::{Kind, Node};

/// The role of a database in a replica topology.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReplicaRole {
    /// It stands alone, or leads.
    Primary,
    /// It follows another cluster, by name where one is named.
    Follows(Option<String>),
}

/// What one revision says of a database.
#[derive(Debug, Clone)]
pub struct State {
    /// Name of the Cluster.
    pub name: String,
    /// `namespace/name`, or the name alone.
    pub title: String,
    /// The bootstrap methods; more than one is refused by admission.
    pub methods: Vec<Method>,
    /// `spec.bootstrap` as text, without regard to order and spelling.
    pub bootstrap: String,
    /// `bootstrap.recovery.recoveryTarget`, its fields in order.
    pub target: Option<Vec<(String, String)>>,
    /// Where `bootstrap.recovery` reads from.
    pub source: Option<ArchiveRef>,
    /// Where the cluster archives to.
    pub write: Option<ArchiveRef>,
    /// The major version of PostgreSQL, where the image tells it.
    pub major: Option<u32>,
    /// Its role.
    pub replica: ReplicaRole,
    /// Whether `replica.primary` names the leader of a topology.
    pub in_topology: bool,
    /// `replica.promotionToken`.
    pub token: Option<String>,
    /// The whole object, with the values of the variables that the repository tells.
    pub manifest: Arc<Node>,
}

impl State {
    pub(super) fn of(cluster: &Cluster, project: &Project) -> Self {
        let at = |path: &[&str]| cluster.object.value(path).map(|value| value.value);
        let bootstrap = cluster.object.find(&["spec", "bootstrap"]);
        let follows = || {
            let source = cluster.replica.as_ref()?.source.as_ref()?;
            Some(source.value.clone())
        };
        Self {
            name: cluster.name().to_owned(),
            title: cluster.title(),
            methods: cluster.methods.clone(),
            bootstrap: bootstrap.map(shape).unwrap_or_default(),
            target: target(cluster),
            source: cluster.recovers_from(&project.stores),
            write: cluster.archives_to(&project.stores),
            major: image::major(cluster).map(|(major, _)| major),
            replica: if cluster.is_replica() {
                ReplicaRole::Follows(follows())
            } else {
                ReplicaRole::Primary
            },
            in_topology: at(&["spec", "replica", "primary"]).is_some(),
            token: at(&["spec", "replica", "promotionToken"]),
            manifest: cluster.object.node.clone(),
        }
    }

    /// Whether it recovers.
    pub fn recovers(&self) -> bool {
        self.methods.contains(&Method::Recovery)
    }

    /// The name that it writes under, where no variable hides it.
    pub fn write_name(&self) -> Option<ServerName> {
        let name = &self.write.as_ref()?.server_name.value;
        (!has_variable(name)).then(|| ServerName::new(name.as_str()))
    }
}

fn target(cluster: &Cluster) -> Option<Vec<(String, String)>> {
    let target = cluster
        .object
        .find(&["spec", "bootstrap", "recovery", "recoveryTarget"])?;
    let mut fields: Vec<(String, String)> = target
        .as_mapping()?
        .iter()
        .filter_map(|entry| Some((entry.key.text()?.to_owned(), entry.value.text()?.to_owned())))
        .filter(|(_, value)| !value.is_empty())
        .collect();
    fields.sort();
    (!fields.is_empty()).then_some(fields)
}

/// A text that two nodes share when they say the same.
fn shape(node: &Node) -> String {
    match &node.kind {
        Kind::Scalar(scalar) => format!("{:?}", scalar.text),
        Kind::Sequence(items) => {
            let items: Vec<String> = items.iter().map(shape).collect();
            format!("[{}]", items.join(","))
        }
        Kind::Mapping(entries) => {
            let mut entries: Vec<String> = entries
                .iter()
                .map(|entry| format!("{}:{}", shape(&entry.key), shape(&entry.value)))
                .collect();
            entries.sort();
            format!("{{{}}}", entries.join(","))
        }
        Kind::Alias(_) => String::new(),
    }
}
