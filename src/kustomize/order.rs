//! The order of the output.
//!
//! Source: `SortOrderTransformer` of kustomize 5.5.0. `sortOptions: {order: fifo}` needs no comparison.

use std::cmp::Ordering;

use super::fieldspec::Gvk;

/// What the order looks at in one resource. `namespace` is the effective one, empty where there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SortId<'a> {
    /// Group, version, kind.
    pub gvk: Gvk<'a>,
    /// Effective namespace.
    pub namespace: &'a str,
    /// Name.
    pub name: &'a str,
}

const FIRST: [&str; 22] = [
    "Namespace",
    "ResourceQuota",
    "StorageClass",
    "CustomResourceDefinition",
    "ServiceAccount",
    "PodSecurityPolicy",
    "Role",
    "ClusterRole",
    "RoleBinding",
    "ClusterRoleBinding",
    "ConfigMap",
    "Secret",
    "Endpoints",
    "Service",
    "LimitRange",
    "PriorityClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "Deployment",
    "StatefulSet",
    "CronJob",
    "PodDisruptionBudget",
];
const LAST: [&str; 2] = [
    "MutatingWebhookConfiguration",
    "ValidatingWebhookConfiguration",
];

/// The order called `legacy`, with its two lists of kinds. It is also the order of a build without `sortOptions`.
#[derive(Debug, Clone)]
pub struct LegacyOrder {
    first: Vec<String>,
    last: Vec<String>,
}

impl LegacyOrder {
    /// An order with lists of its own (`legacySortOptions`); an omitted list is empty.
    pub fn new(first: Vec<String>, last: Vec<String>) -> Self {
        Self { first, last }
    }

    /// Compares two resources: rank of the kind, then group, version and kind, then namespace and name.
    pub fn compare<'a>(&self, left: SortId<'a>, right: SortId<'a>) -> Ordering {
        if left.gvk == right.gvk {
            let parts = |id: SortId<'a>| [or(id.namespace, "~X"), or(id.name, "~N")];
            return joined(parts(left), b'|').cmp(joined(parts(right), b'|'));
        }
        let ranks = self.rank(left.gvk.kind).cmp(&self.rank(right.gvk.kind));
        ranks.then_with(|| {
            let order = by_gvk(left.gvk, right.gvk);
            let namespaces = left.gvk.kind == "Namespace" && right.gvk.kind == "Namespace";
            let is_core = left.gvk.group.is_empty() || right.gvk.group.is_empty();
            if namespaces && is_core {
                order.reverse()
            } else {
                order
            }
        })
    }

    /// Negative for the first kinds, positive for the last, 0 for all others. In both lists, the last place counts.
    fn rank(&self, kind: &str) -> isize {
        let place = |list: &[String]| list.iter().rposition(|known| known == kind);
        if let Some(at) = place(&self.last) {
            return at.cast_signed() + 1;
        }
        place(&self.first).map_or(0, |at| at.cast_signed() - self.first.len().cast_signed())
    }
}

impl Default for LegacyOrder {
    fn default() -> Self {
        let owned = |kinds: &[&str]| kinds.iter().map(|kind| (*kind).to_owned()).collect();
        Self::new(owned(&FIRST), owned(&LAST))
    }
}

fn by_gvk<'a>(left: Gvk<'a>, right: Gvk<'a>) -> Ordering {
    let parts = |gvk: Gvk<'a>| {
        [
            or(gvk.group, "~G"),
            or(gvk.version, "~V"),
            or(gvk.kind, "~K"),
        ]
    };
    joined(parts(left), b'_').cmp(joined(parts(right), b'_'))
}

/// The bytes of the parts with a separator between them. Comparing these is not the same as comparing part by part.
fn joined<const N: usize>(parts: [&str; N], separator: u8) -> impl Iterator<Item = u8> {
    let parts = parts.into_iter().enumerate();
    parts.flat_map(move |(index, part)| {
        let before = (index > 0).then_some(separator);
        before.into_iter().chain(part.bytes())
    })
}

fn or<'a>(text: &'a str, absent: &'static str) -> &'a str {
    if text.is_empty() { absent } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id<'a>(
        api_version: &'a str,
        kind: &'a str,
        namespace: &'a str,
        name: &'a str,
    ) -> SortId<'a> {
        SortId {
            gvk: Gvk::new(api_version, kind),
            namespace,
            name,
        }
    }

    fn sorted(order: &LegacyOrder, mut ids: Vec<SortId<'_>>) -> Vec<String> {
        ids.sort_by(|left, right| order.compare(*left, *right));
        let shown = ids.iter();
        shown
            .map(|id| format!("{}/{}/{}", id.gvk.kind, id.namespace, id.name))
            .collect()
    }

    #[test]
    fn namespaces_lead_and_webhooks_end_and_core_kinds_follow_named_groups() {
        let order = LegacyOrder::default();
        let ids = vec![
            id(
                "admissionregistration.k8s.io/v1",
                "ValidatingWebhookConfiguration",
                "",
                "w",
            ),
            id("v1", "Pod", "", "p"),
            id("postgresql.cnpg.io/v1", "Cluster", "", "c"),
            id("v1", "Secret", "", "s"),
            id("v1", "Namespace", "", "n"),
        ];
        assert_eq!(
            sorted(&order, ids),
            [
                "Namespace//n",
                "Secret//s",
                "Cluster//c",
                "Pod//p",
                "ValidatingWebhookConfiguration//w"
            ]
        );
    }

    #[test]
    fn a_missing_namespace_sorts_behind_real_ones() {
        let order = LegacyOrder::default();
        let ids = vec![
            id("v1", "Secret", "", "a"),
            id("v1", "Secret", "zone", "b"),
            id("v1", "Secret", "app", "c"),
        ];
        assert_eq!(
            sorted(&order, ids),
            ["Secret/app/c", "Secret/zone/b", "Secret//a"]
        );
    }

    #[test]
    fn a_core_namespace_precedes_a_namespace_of_another_group() {
        let order = LegacyOrder::default();
        let ids = vec![
            id("example.com/v1", "Namespace", "", "theirs"),
            id("v1", "Namespace", "", "core"),
        ];
        assert_eq!(
            sorted(&order, ids),
            ["Namespace//core", "Namespace//theirs"]
        );
    }

    #[test]
    fn lists_of_its_own_replace_both_ranks() {
        let order = LegacyOrder::new(vec!["Cluster".to_owned()], vec!["Namespace".to_owned()]);
        let ids = vec![
            id("v1", "Namespace", "", "n"),
            id("v1", "Secret", "", "s"),
            id("postgresql.cnpg.io/v1", "Cluster", "", "c"),
        ];
        assert_eq!(
            sorted(&order, ids),
            ["Cluster//c", "Secret//s", "Namespace//n"]
        );
    }
}
