//! Which lists merge by key, and which kinds have no namespace.
//!
//! The built-in rules are those of the Kubernetes OpenAPI document v1.21.2 that kustomize 5.5.0 carries. No custom
//! resource is in it, so every list of a custom resource is replaced as a whole.

mod openapi;

use std::collections::BTreeMap;
use std::sync::OnceLock;

use crate::yaml::Node;

/// The built-in rules as a file of this project; see its `note`.
const BUILTIN: &str = include_str!("../../../schemas/kustomize-1.21.2.json");

/// A type of a [`Schema`]: its number there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TypeRef(u32);

/// How a patch meets one field of a type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldRule {
    /// A list here is replaced as a whole; a map merges with nothing known below it.
    Atomic,
    /// A map of this type; a list is replaced as a whole.
    Child(TypeRef),
    /// A list merged by these keys of its items.
    Merge {
        /// One key field, or two.
        keys: Vec<String>,
        /// The type of the items, where anything is known of them.
        items: Option<TypeRef>,
    },
    /// A list of scalars merged as a set.
    MergeSet,
}

/// The fields of one type.
#[derive(Debug, Default)]
struct TypeRules {
    fields: BTreeMap<String, FieldRule>,
    /// The rule of all other fields (`additionalProperties`).
    others: Option<FieldRule>,
}

/// The merge rules of a set of kinds.
#[derive(Debug, Default)]
pub struct Schema {
    types: Vec<TypeRules>,
    /// apiVersion, then kind.
    kinds: BTreeMap<String, BTreeMap<String, TypeRef>>,
    /// The tables leave out known fields below which nothing merges.
    pruned: bool,
}

impl Schema {
    /// The rules of the built-in kinds, read on first use.
    pub fn builtin() -> &'static Self {
        static BUILT: OnceLock<Schema> = OnceLock::new();
        BUILT.get_or_init(|| match serde_json::from_str(BUILTIN) {
            Ok(tables) => Self::from_tables(&tables),
            // The file is part of the program; a test reads it.
            Err(_) => Self::default(),
        })
    }

    /// The rules of an OpenAPI document (`openapi.path`). They take the place of the built-in ones for the whole build.
    ///
    /// Definitions with `x-kubernetes-group-version-kind` name kinds; `x-kubernetes-patch-strategy`,
    /// `x-kubernetes-patch-merge-key` and `x-kubernetes-list-map-keys` make lists merge. Anything else is ignored.
    pub fn from_openapi(document: &Node) -> Self {
        openapi::read(document)
    }

    /// The type of a kind, or `None` when the schema does not know it and every list below it is replaced as a whole.
    pub fn kind_type(&self, api_version: &str, kind: &str) -> Option<TypeRef> {
        self.kinds.get(api_version)?.get(kind).copied()
    }

    /// The rule of a field, or `None` when the schema says nothing about it.
    pub fn field(&self, of: TypeRef, name: &str) -> Option<&FieldRule> {
        let rules = self.types.get(of.0 as usize)?;
        rules
            .fields
            .get(name)
            .or(rules.others.as_ref())
            .or(self.pruned.then_some(&FieldRule::Atomic))
    }

    fn from_tables(tables: &serde_json::Value) -> Self {
        let mut schema = Self {
            pruned: true,
            ..Self::default()
        };
        let Some(types) = tables["types"].as_object() else {
            return schema;
        };
        let numbers: BTreeMap<&str, TypeRef> = types
            .keys()
            .zip(0..)
            .map(|(name, number)| (name.as_str(), TypeRef(number)))
            .collect();
        let number = |name: &serde_json::Value| numbers.get(name.as_str()?).copied();
        for fields in types.values() {
            let fields = fields.as_object().into_iter().flatten();
            let fields = fields.map(|(name, rule)| (name.clone(), table_rule(rule, &number)));
            schema.types.push(TypeRules {
                fields: fields.collect(),
                others: None,
            });
        }
        for (api_version, by_type) in tables["kinds"].as_object().into_iter().flatten() {
            let of_version = schema.kinds.entry(api_version.clone()).or_default();
            for (name, kinds) in by_type.as_object().into_iter().flatten() {
                let Some(number) = numbers.get(name.as_str()) else {
                    continue;
                };
                for kind in strings(kinds) {
                    of_version.insert(kind, *number);
                }
            }
        }
        schema
    }
}

/// One field of the project's own table: a type name, or an object with `keys` and `items`.
fn table_rule(
    rule: &serde_json::Value,
    number: &dyn Fn(&serde_json::Value) -> Option<TypeRef>,
) -> FieldRule {
    if let Some(child) = number(rule) {
        return FieldRule::Child(child);
    }
    let keys = strings(&rule["keys"]);
    if keys.is_empty() {
        FieldRule::MergeSet
    } else {
        FieldRule::Merge {
            keys,
            items: number(&rule["items"]),
        }
    }
}

fn strings(list: &serde_json::Value) -> Vec<String> {
    let items = list.as_array().into_iter().flatten();
    items
        .filter_map(|item| item.as_str().map(str::to_owned))
        .collect()
}

/// Whether kustomize takes this kind for cluster-scoped. Every kind it does not know counts as namespaced, which goes
/// for all custom resources.
///
/// Source: the paths of the OpenAPI document v1.21.2 (`kyaml/openapi`). A schema of the user's own does not change it.
pub fn is_cluster_scoped(api_version: &str, kind: &str) -> bool {
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    let kinds: &[&str] = match group {
        "" => &[
            "ComponentStatus",
            "Namespace",
            "Node",
            "NodeProxyOptions",
            "PersistentVolume",
        ],
        "admissionregistration.k8s.io" => &[
            "MutatingWebhookConfiguration",
            "ValidatingWebhookConfiguration",
        ],
        "apiextensions.k8s.io" => &["CustomResourceDefinition"],
        "apiregistration.k8s.io" => &["APIService"],
        "certificates.k8s.io" => &["CertificateSigningRequest"],
        "flowcontrol.apiserver.k8s.io" => &["FlowSchema", "PriorityLevelConfiguration"],
        "networking.k8s.io" => &["IngressClass"],
        "node.k8s.io" => &["RuntimeClass"],
        "policy" => &["PodSecurityPolicy"],
        "rbac.authorization.k8s.io" => &["ClusterRole", "ClusterRoleBinding"],
        "scheduling.k8s.io" => &["PriorityClass"],
        "storage.k8s.io" => &["CSIDriver", "CSINode", "StorageClass", "VolumeAttachment"],
        _ => return false,
    };
    let versions: &[&str] = match group {
        "" => &["v1"],
        "flowcontrol.apiserver.k8s.io" | "policy" => &["v1beta1"],
        _ => &["v1", "v1beta1"],
    };
    versions.contains(&version) && kinds.contains(&kind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::FileId;
    use crate::yaml::{Locator, parse};

    fn rule<'s>(schema: &'s Schema, kind: (&str, &str), path: &[&str]) -> Option<&'s FieldRule> {
        let mut at = schema.kind_type(kind.0, kind.1)?;
        let (last, parents) = path.split_last()?;
        for name in parents {
            at = match schema.field(at, name)? {
                FieldRule::Child(child) => *child,
                FieldRule::Merge { items, .. } => (*items)?,
                FieldRule::Atomic | FieldRule::MergeSet => return None,
            };
        }
        schema.field(at, last)
    }

    #[test]
    fn container_ports_of_every_workload_merge_by_port_and_protocol() {
        for (api_version, kind, path) in [
            ("apps/v1", "Deployment", vec!["spec", "template"]),
            ("apps/v1", "StatefulSet", vec!["spec", "template"]),
            (
                "batch/v1",
                "CronJob",
                vec!["spec", "jobTemplate", "spec", "template"],
            ),
            ("v1", "Pod", vec![]),
        ] {
            let mut path = path;
            path.extend(["spec", "containers", "ports"]);
            let found = rule(Schema::builtin(), (api_version, kind), &path);
            let Some(FieldRule::Merge { keys, .. }) = found else {
                panic!("{kind}: {found:?}");
            };
            assert_eq!(keys, &["containerPort", "protocol"], "{kind}");
        }
    }

    #[test]
    fn finalizers_of_known_kinds_merge_as_a_set() {
        let schema = Schema::builtin();
        let found = rule(schema, ("v1", "ConfigMap"), &["metadata", "finalizers"]);
        assert_eq!(found, Some(&FieldRule::MergeSet));
    }

    #[test]
    fn custom_resources_and_newer_kinds_have_no_type() {
        let schema = Schema::builtin();
        assert_eq!(schema.kind_type("postgresql.cnpg.io/v1", "Cluster"), None);
        assert_eq!(
            schema.kind_type("autoscaling/v2", "HorizontalPodAutoscaler"),
            None
        );
        assert!(
            schema
                .kind_type("autoscaling/v1", "HorizontalPodAutoscaler")
                .is_some()
        );
    }

    #[test]
    fn lists_without_a_strategy_are_atomic() {
        let schema = Schema::builtin();
        let path = ["spec", "template", "spec", "tolerations"];
        assert_eq!(
            rule(schema, ("apps/v1", "Deployment"), &path),
            Some(&FieldRule::Atomic)
        );
    }

    #[test]
    fn an_openapi_document_can_give_custom_resources_merge_keys() {
        let text = r##"
definitions:
  cluster:
    x-kubernetes-group-version-kind: [{group: postgresql.cnpg.io, version: v1, kind: Cluster}]
    properties:
      spec: {$ref: "#/definitions/spec"}
      lost: {$ref: "#/definitions/none"}
  spec:
    properties:
      externalClusters:
        type: array
        items: {$ref: "#/definitions/spec"}
        x-kubernetes-patch-strategy: merge,retainKeys
        x-kubernetes-patch-merge-key: name
      parents: {properties: {again: {$ref: "#/definitions/spec"}}}
    additionalProperties: {type: array, x-kubernetes-patch-strategy: merge}
"##;
        let documents = parse(text, &Locator::File(FileId(0))).unwrap();
        let schema = Schema::from_openapi(&documents[0].root);
        let cluster = ("postgresql.cnpg.io/v1", "Cluster");
        let clusters = rule(&schema, cluster, &["spec", "externalClusters"]);
        let again = rule(
            &schema,
            cluster,
            &["spec", "parents", "again", "externalClusters"],
        );
        let Some(FieldRule::Merge { keys, items }) = clusters else {
            panic!("{clusters:?}");
        };
        assert_eq!(
            (keys.as_slice(), items.is_some()),
            (&["name".to_owned()][..], true)
        );
        assert_eq!(again, clusters);
        assert_eq!(
            rule(&schema, cluster, &["spec", "any"]),
            Some(&FieldRule::MergeSet)
        );
        assert_eq!(rule(&schema, cluster, &["lost"]), None);
        assert_eq!(schema.kind_type("v1", "Pod"), None);
    }

    #[test]
    fn cluster_scope_goes_by_exact_version() {
        assert!(is_cluster_scoped("v1", "Namespace"));
        assert!(is_cluster_scoped("policy/v1beta1", "PodSecurityPolicy"));
        assert!(!is_cluster_scoped("policy/v1", "PodSecurityPolicy"));
        assert!(!is_cluster_scoped(
            "postgresql.cnpg.io/v1",
            "ClusterImageCatalog"
        ));
        assert!(!is_cluster_scoped("example.com/v1", "Namespace"));
    }
}
