//! How long the backups of a Cluster are kept, and where that is said.

use std::time::Duration;

use crate::model::archive::ObjectStore;
use crate::model::cluster::Cluster;
use crate::model::object::{Object, Place, same_namespace};
use crate::project::Project;

/// Where the retention of a Cluster's archive is said, or would be: the object and the path of the field.
pub(super) struct Retention<'p> {
    /// The Cluster itself for the in-tree store, else the ObjectStore.
    pub(super) object: &'p Object,
    path: &'static [&'static str],
}

impl<'p> Retention<'p> {
    /// Of the archive that a Cluster writes to. `None` where it has none or the ObjectStore is not among the manifests.
    pub(super) fn of(cluster: &'p Cluster, project: &'p Project) -> Option<Self> {
        let plugin = cluster.barman_plugin();
        let Some(name) = plugin.and_then(|plugin| plugin.object_store.as_ref()) else {
            return cluster.in_tree.then_some(Self {
                object: &cluster.object,
                path: &["spec", "backup", "retentionPolicy"],
            });
        };
        let namespace = cluster.object.namespace();
        let is_meant = |store: &&ObjectStore| {
            store.object.name.value == name.value
                && same_namespace(store.object.namespace(), namespace)
        };
        let mut beside = project
            .stores
            .iter()
            .filter(|store| store.build == cluster.build);
        let store = match beside.find(is_meant) {
            Some(store) => store,
            None => {
                let mut named = project.stores.iter().filter(is_meant);
                let only = named.next()?;
                // Of several stores with one name it is not known which one is meant.
                named
                    .all(|store| store.object.source() == only.object.source())
                    .then_some(only)?
            }
        };
        Some(Self {
            object: &store.object,
            path: &["spec", "retentionPolicy"],
        })
    }

    /// The policy as written.
    pub(super) fn policy(&self) -> Option<String> {
        self.object.value(self.path).map(|policy| policy.value)
    }

    /// Where the policy stands, or the nearest place where it could.
    pub(super) fn place(&self) -> Place {
        self.object.place(self.path)
    }
}

/// The longest time that a policy such as `30d`, `4w` or `1m` stands for; `None` for anything else.
/// Source: CNPG `api/v1/cluster_types.go` (the pattern of `retentionPolicy`).
pub(super) fn window(policy: &str) -> Option<Duration> {
    let unit = policy.chars().last()?;
    let number: u64 = policy.strip_suffix(unit)?.parse().ok()?;
    let days = match unit {
        'd' => 1,
        'w' => 7,
        'm' => 31,
        _ => return None,
    };
    let seconds = number.checked_mul(days)?.checked_mul(86_400)?;
    (number > 0).then_some(Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_is_a_number_of_days_weeks_or_months() {
        let days = |policy| window(policy).map(|window| window.as_secs() / 86_400);
        for (policy, expected) in [
            ("30d", Some(30)),
            ("4w", Some(28)),
            ("2m", Some(62)),
            ("0d", None),
            ("30", None),
            ("d", None),
            ("${DAYS}d", None),
            ("99999999999999999999d", None),
            ("9999999999999999m", None),
        ] {
            assert_eq!(days(policy), expected, "{policy}");
        }
    }
}
