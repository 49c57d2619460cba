//! Which fields name other resources.

use std::borrow::Cow;

use super::super::fieldspec::FieldSpec;
use super::{
    ANY_STATEFUL_SET, DAEMON_SET, DEPLOYMENT, INGRESS, REPLICA_SET, STATEFUL_SET, Selector, fields,
    in_pods,
};

/// A kind that others refer to, and the fields that do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameReference {
    /// API group of the named resources; empty accepts every group.
    pub group: Cow<'static, str>,
    /// Version; empty accepts every version.
    pub version: Cow<'static, str>,
    /// Kind.
    pub kind: Cow<'static, str>,
    /// The fields that hold such a name.
    pub fields: Vec<FieldSpec>,
}

/// Kinds with a pod spec, and where it stands, in the order of the ConfigMap and Secret tables.
const PODS: [(Selector, &str); 8] = [
    (("", "v1", "Pod"), "spec"),
    (("", "", "PodTemplate"), "template/spec"),
    (DEPLOYMENT, "spec/template/spec"),
    (REPLICA_SET, "spec/template/spec"),
    (DAEMON_SET, "spec/template/spec"),
    (ANY_STATEFUL_SET, "spec/template/spec"),
    (("", "", "Job"), "spec/template/spec"),
    (("", "", "CronJob"), "spec/jobTemplate/spec/template/spec"),
];

/// Kinds with a pod spec in the tables of service accounts, claims and priority classes. ReplicaSet and PodTemplate
/// are not among them.
const OTHER_PODS: [(Selector, &str); 7] = [
    (("", "", "Pod"), "spec"),
    (ANY_STATEFUL_SET, "spec/template/spec"),
    (DEPLOYMENT, "spec/template/spec"),
    (("", "", "ReplicationController"), "spec/template/spec"),
    (("", "", "CronJob"), "spec/jobTemplate/spec/template/spec"),
    (("", "", "Job"), "spec/template/spec"),
    (DAEMON_SET, "spec/template/spec"),
];

const CLUSTER_ROLE: Selector = ("", "", "ClusterRole");
const RBAC: &str = "rbac.authorization.k8s.io";
const RESOURCE_NAMES: &str = "rules/resourceNames";

fn named(of: Selector, fields: Vec<FieldSpec>) -> NameReference {
    NameReference {
        group: of.0.into(),
        version: of.1.into(),
        kind: of.2.into(),
        fields,
    }
}

/// Fields that name other resources, in the order in which kustomize looks.
pub fn name_references() -> Vec<NameReference> {
    let scaled = [
        "Deployment",
        "ReplicationController",
        "ReplicaSet",
        "StatefulSet",
    ];
    let mut tables: Vec<NameReference> = scaled
        .map(|kind| {
            let scaler = ("", "", "HorizontalPodAutoscaler");
            named(
                ("", "", kind),
                fields(&[(scaler, "spec/scaleTargetRef/name")]),
            )
        })
        .into();
    tables.extend([config_map(), secret(), service()]);
    tables.extend(roles_and_accounts());
    tables.extend(storage_and_classes());
    tables
}

fn config_map() -> NameReference {
    let mut found = in_pods(
        &PODS,
        &[
            "volumes/configMap/name",
            "containers/env/valueFrom/configMapKeyRef/name",
            "initContainers/env/valueFrom/configMapKeyRef/name",
            "containers/envFrom/configMapRef/name",
            "initContainers/envFrom/configMapRef/name",
            "volumes/projected/sources/configMap/name",
        ],
    );
    found.extend(fields(&[
        (("", "", "Node"), "spec/configSource/configMap"),
        (("", "", "Role"), RESOURCE_NAMES),
        (CLUSTER_ROLE, RESOURCE_NAMES),
        (
            INGRESS,
            r"metadata/annotations/nginx.ingress.kubernetes.io\/fastcgi-params-configmap",
        ),
    ]));
    named(("", "v1", "ConfigMap"), found)
}

fn secret() -> NameReference {
    let mut found = in_pods(
        &PODS,
        &[
            "volumes/secret/secretName",
            "containers/env/valueFrom/secretKeyRef/name",
            "initContainers/env/valueFrom/secretKeyRef/name",
            "containers/envFrom/secretRef/name",
            "initContainers/envFrom/secretRef/name",
            "imagePullSecrets/name",
            "volumes/projected/sources/secret/name",
        ],
    );
    let storage_class = ("", "", "StorageClass");
    found.extend(fields(&[
        (INGRESS, "spec/tls/secretName"),
        (
            INGRESS,
            r"metadata/annotations/ingress.kubernetes.io\/auth-secret",
        ),
        (
            INGRESS,
            r"metadata/annotations/nginx.ingress.kubernetes.io\/auth-secret",
        ),
        (
            INGRESS,
            r"metadata/annotations/nginx.ingress.kubernetes.io\/auth-tls-secret",
        ),
        (("", "", "ServiceAccount"), "imagePullSecrets/name"),
        (storage_class, "parameters/secretName"),
        (storage_class, "parameters/adminSecretName"),
        (storage_class, "parameters/userSecretName"),
        (storage_class, "parameters/secretRef"),
        (("", "", "Role"), RESOURCE_NAMES),
        (CLUSTER_ROLE, RESOURCE_NAMES),
        (
            ("serving.knative.dev", "v1", "Service"),
            "spec/template/spec/containers/env/valueFrom/secretKeyRef/name",
        ),
        (("", "", "PersistentVolume"), "spec/azureFile/secretName"),
    ]));
    named(("", "v1", "Secret"), found)
}

fn service() -> NameReference {
    const ADMISSION: &str = "admissionregistration.k8s.io";
    const WEBHOOK: &str = "webhooks/clientConfig/service";
    let found = fields(&[
        (STATEFUL_SET, "spec/serviceName"),
        (INGRESS, "spec/rules/http/paths/backend/serviceName"),
        (INGRESS, "spec/backend/serviceName"),
        (INGRESS, "spec/rules/http/paths/backend/service/name"),
        (INGRESS, "spec/defaultBackend/service/name"),
        (
            ("apiregistration.k8s.io", "", "APIService"),
            "spec/service/name",
        ),
        ((ADMISSION, "", "ValidatingWebhookConfiguration"), WEBHOOK),
        ((ADMISSION, "", "MutatingWebhookConfiguration"), WEBHOOK),
    ]);
    named(("", "v1", "Service"), found)
}

fn roles_and_accounts() -> [NameReference; 3] {
    const ROLE_BINDING: Selector = (RBAC, "", "RoleBinding");
    const CLUSTER_ROLE_BINDING: Selector = (RBAC, "", "ClusterRoleBinding");
    let mut accounts = fields(&[
        (ROLE_BINDING, "subjects"),
        (CLUSTER_ROLE_BINDING, "subjects"),
    ]);
    accounts.extend(in_pods(&OTHER_PODS, &["serviceAccountName"]));
    [
        named(
            (RBAC, "", "Role"),
            fields(&[(ROLE_BINDING, "roleRef/name")]),
        ),
        named(
            (RBAC, "", "ClusterRole"),
            fields(&[
                (ROLE_BINDING, "roleRef/name"),
                (CLUSTER_ROLE_BINDING, "roleRef/name"),
            ]),
        ),
        named(("", "v1", "ServiceAccount"), accounts),
    ]
}

fn storage_and_classes() -> [NameReference; 6] {
    const CLAIM: Selector = ("", "", "PersistentVolumeClaim");
    [
        named(
            ("", "v1", "PersistentVolumeClaim"),
            in_pods(&OTHER_PODS, &["volumes/persistentVolumeClaim/claimName"]),
        ),
        named(
            ("", "v1", "PersistentVolume"),
            fields(&[(CLAIM, "spec/volumeName"), (CLUSTER_ROLE, RESOURCE_NAMES)]),
        ),
        named(
            ("storage.k8s.io", "v1", "StorageClass"),
            fields(&[
                (("", "", "PersistentVolume"), "spec/storageClassName"),
                (CLAIM, "spec/storageClassName"),
                (
                    ANY_STATEFUL_SET,
                    "spec/volumeClaimTemplates/spec/storageClassName",
                ),
            ]),
        ),
        named(
            ("scheduling.k8s.io", "v1", "PriorityClass"),
            in_pods(&OTHER_PODS, &["priorityClassName"]),
        ),
        // The group is wrong in kustomize, so this entry never applies.
        named(
            ("networking.k8s.io/v1", "v1", "IngressClass"),
            fields(&[(INGRESS, "spec/ingressClassName")]),
        ),
        named(
            (
                "admissionregistration.k8s.io",
                "",
                "ValidatingAdmissionPolicy",
            ),
            fields(&[(
                (
                    "admissionregistration.k8s.io",
                    "",
                    "ValidatingAdmissionPolicyBinding",
                ),
                "spec/policyName",
            )]),
        ),
    ]
}
