//! Which database, owner and secret a bootstrap method works with.

use crate::text::Spanned;

use super::cluster::{Cluster, Method};
use super::object::{Place, has_variable};

/// What admission fills in for a missing database. Source: CNPG `api/v1/cluster_defaults.go`.
pub const DEFAULT_DATABASE: &str = "app";

/// A value in force, written or by default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effective {
    /// The value.
    pub value: String,
    /// Whether the manifest says it.
    pub explicit: bool,
    /// Where it stands, or the nearest place where it could be written.
    pub place: Place,
}

/// Database, owner and secret of one bootstrap method, with admission's defaults.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// `database`, by default `app`.
    pub database: Effective,
    /// `owner`, by default the database's name.
    pub owner: Effective,
    /// `secret.name`; without one the operator makes credentials up.
    pub secret: Option<Spanned<String>>,
}

impl Identity {
    /// Reads what `bootstrap.<method>` of a cluster works with.
    pub fn of(cluster: &Cluster, method: Method) -> Self {
        let object = &cluster.object;
        let effective = |field, default: &str| {
            let path = ["spec", "bootstrap", method.key(), field];
            let written = object.value(&path);
            Effective {
                explicit: written.is_some(),
                value: written.map_or_else(|| default.to_owned(), |written| written.value),
                place: object.place(&path),
            }
        };
        let database = effective("database", DEFAULT_DATABASE);
        let owner = effective("owner", &database.value);
        let secret = object.value(&["spec", "bootstrap", method.key(), "secret", "name"]);
        Self {
            database,
            owner,
            secret,
        }
    }

    /// Whether a variable stands for part of it.
    pub fn has_variable(&self) -> bool {
        let secret = self
            .secret
            .as_ref()
            .is_some_and(|secret| has_variable(&secret.value));
        has_variable(&self.database.value) || has_variable(&self.owner.value) || secret
    }
}
