//! The field tables built into kustomize.
//!
//! Source: `api/internal/konfig/builtinpluginconsts` of kustomize 5.5.0. The tables there repeat the same pod fields
//! for every kind with pods; here the kinds are one list and the fields another.

mod references;

use std::borrow::Cow;

use super::fieldspec::FieldSpec;

pub use references::{NameReference, name_references};

/// `group`, `version`, `kind` as an entry writes them.
type Selector = (&'static str, &'static str, &'static str);

fn field(of: Selector, path: impl Into<Cow<'static, str>>, create: bool) -> FieldSpec {
    FieldSpec {
        group: of.0.into(),
        version: of.1.into(),
        kind: of.2.into(),
        path: path.into(),
        create,
    }
}

const ANY: Selector = ("", "", "");
const DEPLOYMENT: Selector = ("", "", "Deployment");
const REPLICA_SET: Selector = ("", "", "ReplicaSet");
const DAEMON_SET: Selector = ("", "", "DaemonSet");
const ANY_STATEFUL_SET: Selector = ("", "", "StatefulSet");
const STATEFUL_SET: Selector = ("apps", "", "StatefulSet");
const REPLICATION_CONTROLLER: Selector = ("", "v1", "ReplicationController");
const JOB: Selector = ("batch", "", "Job");
const INGRESS: Selector = ("", "", "Ingress");
const CRON_JOB: Selector = ("batch", "", "CronJob");

/// Names that get `namePrefix` and `nameSuffix`.
pub fn name_prefix() -> Vec<FieldSpec> {
    vec![field(ANY, "metadata/name", false)]
}

/// Fields that get the namespace besides `metadata.namespace`.
pub fn namespace() -> Vec<FieldSpec> {
    vec![
        field(("", "", "Namespace"), "metadata/name", true),
        field(
            ("apiregistration.k8s.io", "", "APIService"),
            "spec/service/namespace",
            true,
        ),
        field(
            ("apiextensions.k8s.io", "", "CustomResourceDefinition"),
            "spec/conversion/webhook/clientConfig/service/namespace",
            false,
        ),
    ]
}

/// `commonLabels`, and `labels` with `includeSelectors`: selectors, templates and metadata.
pub fn common_labels() -> Vec<FieldSpec> {
    const MATCH_LABELS: &str = "spec/selector/matchLabels";
    const NETWORK_POLICY: Selector = ("networking.k8s.io", "", "NetworkPolicy");
    let mut fields = vec![
        field(("", "v1", "Service"), "spec/selector", true),
        field(REPLICATION_CONTROLLER, "spec/selector", true),
    ];
    fields.extend(
        [DEPLOYMENT, REPLICA_SET, DAEMON_SET, STATEFUL_SET].map(|of| field(of, MATCH_LABELS, true)),
    );
    for of in [("apps", "", "Deployment"), STATEFUL_SET] {
        for path in [
            "affinity/podAffinity/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/labelSelector",
            "affinity/podAffinity/requiredDuringSchedulingIgnoredDuringExecution/labelSelector",
            "affinity/podAntiAffinity/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/labelSelector",
            "affinity/podAntiAffinity/requiredDuringSchedulingIgnoredDuringExecution/labelSelector",
            "topologySpreadConstraints/labelSelector",
        ] {
            fields.push(field(
                of,
                format!("spec/template/spec/{path}/matchLabels"),
                false,
            ));
        }
    }
    fields.extend([
        field(JOB, MATCH_LABELS, false),
        field(
            CRON_JOB,
            "spec/jobTemplate/spec/selector/matchLabels",
            false,
        ),
        field(("policy", "", "PodDisruptionBudget"), MATCH_LABELS, false),
        field(NETWORK_POLICY, "spec/podSelector/matchLabels", false),
        field(
            NETWORK_POLICY,
            "spec/ingress/from/podSelector/matchLabels",
            false,
        ),
        field(
            NETWORK_POLICY,
            "spec/egress/to/podSelector/matchLabels",
            false,
        ),
    ]);
    fields.extend(template_labels());
    fields
}

/// `labels` with neither `includeSelectors` nor `includeTemplates`.
pub fn metadata_labels() -> Vec<FieldSpec> {
    vec![field(ANY, "metadata/labels", true)]
}

/// `labels` with `includeTemplates`: metadata, pod templates, and volume claim templates that are there.
pub fn template_labels() -> Vec<FieldSpec> {
    let mut fields = metadata_labels();
    let template = |of| field(of, "spec/template/metadata/labels", true);
    fields.extend(
        [
            REPLICATION_CONTROLLER,
            DEPLOYMENT,
            REPLICA_SET,
            DAEMON_SET,
            STATEFUL_SET,
            JOB,
        ]
        .map(template),
    );
    fields.extend([
        field(
            STATEFUL_SET,
            "spec/volumeClaimTemplates[]/metadata/labels",
            true,
        ),
        field(CRON_JOB, "spec/jobTemplate/metadata/labels", true),
        field(
            CRON_JOB,
            "spec/jobTemplate/spec/template/metadata/labels",
            true,
        ),
    ]);
    fields
}

/// `commonAnnotations`: metadata and pod templates.
pub fn common_annotations() -> Vec<FieldSpec> {
    let mut fields = vec![field(ANY, "metadata/annotations", true)];
    let template = |of| field(of, "spec/template/metadata/annotations", true);
    fields.extend(
        [
            REPLICATION_CONTROLLER,
            DEPLOYMENT,
            REPLICA_SET,
            DAEMON_SET,
            ANY_STATEFUL_SET,
            JOB,
        ]
        .map(template),
    );
    fields.extend([
        field(CRON_JOB, "spec/jobTemplate/metadata/annotations", true),
        field(
            CRON_JOB,
            "spec/jobTemplate/spec/template/metadata/annotations",
            true,
        ),
    ]);
    fields
}

/// Image fields that are changed after those in lists called `containers` or `initContainers` at any depth.
///
/// All of them lie in such lists, so they are changed twice: a `tagSuffix` is appended twice.
pub fn images() -> Vec<FieldSpec> {
    ["spec/", "spec/template/spec/"]
        .iter()
        .flat_map(|pod| ["containers", "initContainers"].map(|list| format!("{pod}{list}[]/image")))
        .map(|path| field(ANY, path, true))
        .collect()
}

/// `replicas`.
pub fn replicas() -> Vec<FieldSpec> {
    [
        DEPLOYMENT,
        ("", "", "ReplicationController"),
        REPLICA_SET,
        ANY_STATEFUL_SET,
    ]
    .map(|of| field(of, "spec/replicas", true))
    .to_vec()
}

/// Fields in which `$(VAR)` is replaced.
pub fn var_references() -> Vec<FieldSpec> {
    let mut found = in_pods(
        &[
            (("", "", "CronJob"), "spec/jobTemplate/spec/template/spec"),
            (DAEMON_SET, "spec/template/spec"),
            (DEPLOYMENT, "spec/template/spec"),
            (("", "", "Job"), "spec/template/spec"),
            (("", "", "Pod"), "spec"),
            (REPLICA_SET, "spec/template/spec"),
            (ANY_STATEFUL_SET, "spec/template/spec"),
        ],
        &[
            "containers/args",
            "containers/command",
            "containers/env/value",
            "containers/volumeMounts/mountPath",
            "initContainers/args",
            "initContainers/command",
            "initContainers/env/value",
            "initContainers/volumeMounts/mountPath",
        ],
    );
    found.extend(fields(&[
        (
            ("", "", "CronJob"),
            "spec/jobTemplate/spec/template/volumes/nfs/server",
        ),
        (DAEMON_SET, "spec/template/spec/volumes/nfs/server"),
        (DEPLOYMENT, "spec/template/spec/volumes/nfs/server"),
        (DEPLOYMENT, "spec/template/metadata/annotations"),
        (INGRESS, "spec/rules/host"),
        (INGRESS, "spec/tls/hosts"),
        (INGRESS, "spec/tls/secretName"),
        (("", "", "Job"), "spec/template/spec/volumes/nfs/server"),
        (("", "", "Pod"), "spec/volumes/nfs/server"),
        (REPLICA_SET, "spec/template/spec/volumes/nfs/server"),
        (("", "", "Service"), "spec/ports/port"),
        (("", "", "Service"), "spec/ports/targetPort"),
        (
            ANY_STATEFUL_SET,
            "spec/volumeClaimTemplates/spec/nfs/server",
        ),
        (("", "", "PersistentVolume"), "spec/nfs/server"),
        (ANY, "metadata/labels"),
        (ANY, "metadata/annotations"),
    ]));
    found
}

fn in_pods(pods: &[(Selector, &str)], paths: &[&str]) -> Vec<FieldSpec> {
    let fields = |(of, pod): &(Selector, &str)| {
        let of = *of;
        let full = paths
            .iter()
            .map(|path| field(of, format!("{pod}/{path}"), false));
        full.collect::<Vec<_>>()
    };
    pods.iter().flat_map(fields).collect()
}

fn fields(entries: &[(Selector, &'static str)]) -> Vec<FieldSpec> {
    let all = entries.iter();
    all.map(|(of, path)| field(*of, *path, false)).collect()
}
