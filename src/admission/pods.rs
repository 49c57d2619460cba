//! The pods of a Cluster: its name, where they run, their environment, how they are updated.

use super::Refusal;
use super::check::{Check, Look, Release};
use super::field::Field;
use super::label::{is_dns_label, is_label_key, is_label_value};
use super::manifest::Manifest;

pub(super) static CHECKS: &[Check] = &[
    Check::error(
        "admission/cluster-name-dns",
        "metadata.name",
        "name that is no DNS label",
        Look::Whole(name_form),
    ),
    Check::error(
        "admission/cluster-name-len",
        "metadata.name",
        "name of more than 50 characters",
        Look::Whole(name_length),
    ),
    Check::error(
        "admission/update-strategy-enum",
        "primaryUpdateStrategy",
        "strategy other than unsupervised and supervised",
        Look::Whole(strategy),
    ),
    Check::error(
        "admission/update-strategy-single",
        "primaryUpdateStrategy",
        "supervised updates of a single instance",
        Look::Whole(supervised_alone),
    ),
    Check::error(
        "admission/anti-affinity-type",
        "affinity.podAntiAffinityType",
        "anti-affinity other than preferred and required",
        Look::Whole(anti_affinity),
    ),
    Check::error(
        "admission/toleration-key",
        "affinity.tolerations[].key",
        "key that is no label",
        Look::Each(TOLERATIONS, toleration_key),
    ),
    Check::error(
        "admission/toleration-key-empty",
        "affinity.tolerations[].operator",
        "toleration without key whose operator is not Exists",
        Look::Each(TOLERATIONS, toleration_key_empty),
    ),
    Check::error(
        "admission/toleration-seconds",
        "affinity.tolerations[].effect",
        "seconds for an effect other than NoExecute",
        Look::Each(TOLERATIONS, toleration_seconds),
    ),
    Check::error(
        "admission/toleration-value",
        "affinity.tolerations[].value",
        "value that is no value of a label",
        Look::Each(TOLERATIONS, toleration_value),
    ),
    Check::error(
        "admission/toleration-exists-value",
        "affinity.tolerations[].value",
        "value with the operator Exists",
        Look::Each(TOLERATIONS, toleration_exists_value),
    ),
    Check::error(
        "admission/toleration-operator",
        "affinity.tolerations[].operator",
        "operator other than Equal and Exists",
        Look::Each(TOLERATIONS, toleration_operator),
    ),
    Check::error(
        "admission/toleration-effect",
        "affinity.tolerations[].effect",
        "effect that Kubernetes does not have",
        Look::Each(TOLERATIONS, toleration_effect),
    ),
    Check::error(
        "admission/env-reserved",
        "env[].name",
        "environment variable of the operator or of PostgreSQL's clients",
        Look::Each(&["spec", "env"], |item, _| {
            let field = item.get("name");
            let name = field.text()?;
            is_reserved(name)
                .then(|| field.refuse(format!("environment variable `{name}` is the operator's")))
        }),
    ),
    Check::error(
        "admission/sa-exclusive",
        "serviceAccountName",
        "service account named and described",
        Look::Whole(service_account),
    )
    .since(&[Release(29, 0)]),
    Check::error(
        "admission/lease-duration",
        "primaryLease.leaseDurationSeconds",
        "lease not longer than the time to renew it",
        Look::Whole(lease_duration),
    )
    .since(LEASE),
    Check::error(
        "admission/lease-renew",
        "primaryLease.renewDeadlineSeconds",
        "time to renew not longer than 1.2 times the pause between tries",
        Look::Whole(lease_renewal),
    )
    .since(LEASE),
];

const TOLERATIONS: &[&str] = &["spec", "affinity", "tolerations"];
const LEASE: &[Release] = &[Release(30, 0)];

fn name_form(manifest: &Manifest<'_>) -> Option<Refusal> {
    let field = manifest.at(&["metadata", "name"]);
    let name = field.given_text()?;
    (!is_dns_label(name)).then(|| {
        field
            .refuse(format!("cluster name `{name}` is no DNS label"))
            .help("begin with a letter; go on with lower-case letters, digits and dashes")
    })
}

fn name_length(manifest: &Manifest<'_>) -> Option<Refusal> {
    let field = manifest.at(&["metadata", "name"]);
    let length = field.given_text()?.len();
    (length > 50).then(|| {
        field.refuse(format!(
            "a cluster name has at most 50 characters, this one has {length}"
        ))
    })
}

fn strategy(manifest: &Manifest<'_>) -> Option<Refusal> {
    let field = manifest.spec(&["primaryUpdateStrategy"]);
    let strategy = field.given_text()?;
    let known = ["unsupervised", "supervised"].contains(&strategy);
    (!known).then(|| {
        field.refuse(format!(
            "`{strategy}` is no strategy: unsupervised or supervised"
        ))
    })
}

fn supervised_alone(manifest: &Manifest<'_>) -> Option<Refusal> {
    let field = manifest.spec(&["primaryUpdateStrategy"]);
    (field.text()? == "supervised" && manifest.instances()? == 1).then(|| {
        let message = "a single instance has no replica to switch over to";
        field
            .refuse(message)
            .help("write `unsupervised`, or run several instances")
    })
}

fn anti_affinity(manifest: &Manifest<'_>) -> Option<Refusal> {
    let field = manifest.spec(&["affinity", "podAntiAffinityType"]);
    let kind = field.given_text()?;
    let known = ["preferred", "required"].contains(&kind);
    (!known).then(|| {
        field.refuse(format!(
            "`{kind}` is no anti-affinity: preferred or required"
        ))
    })
}

fn toleration_key<'m>(item: &Field<'m>, _: &Manifest<'m>) -> Option<Refusal> {
    let field = item.get("key");
    let key = field.given_text()?;
    (!is_label_key(key)).then(|| field.refuse(format!("`{key}` is no key of a taint")))
}

fn toleration_key_empty<'m>(item: &Field<'m>, _: &Manifest<'m>) -> Option<Refusal> {
    let operator = item.get("operator");
    let empty = item.get("key").text()?.is_empty();
    (empty && operator.text()? != "Exists").then(|| {
        let message = "a toleration without key takes the operator Exists";
        operator
            .refuse(message)
            .help("name a key, or tolerate everything with `operator: Exists`")
    })
}

fn toleration_seconds<'m>(item: &Field<'m>, _: &Manifest<'m>) -> Option<Refusal> {
    let seconds = item.get("tolerationSeconds");
    (seconds.is_set() && item.get("effect").text()? != "NoExecute")
        .then(|| seconds.refuse("`tolerationSeconds` needs the effect NoExecute"))
}

fn toleration_value<'m>(item: &Field<'m>, _: &Manifest<'m>) -> Option<Refusal> {
    let field = item.get("value");
    let equal = ["", "Equal"].contains(&item.get("operator").text()?);
    let value = field.text()?;
    (equal && !is_label_value(value))
        .then(|| field.refuse(format!("`{value}` is no value of a taint")))
}

fn toleration_exists_value<'m>(item: &Field<'m>, _: &Manifest<'m>) -> Option<Refusal> {
    let field = item.get("value");
    let exists = item.get("operator").text()? == "Exists";
    (exists && !field.text()?.is_empty())
        .then(|| field.refuse("the operator Exists takes no value"))
}

fn toleration_operator<'m>(item: &Field<'m>, _: &Manifest<'m>) -> Option<Refusal> {
    let field = item.get("operator");
    let operator = field.given_text()?;
    let known = ["Equal", "Exists"].contains(&operator);
    (!known).then(|| field.refuse(format!("`{operator}` is no operator: Equal or Exists")))
}

fn toleration_effect<'m>(item: &Field<'m>, _: &Manifest<'m>) -> Option<Refusal> {
    let field = item.get("effect");
    let effect = field.given_text()?;
    let known = ["NoSchedule", "PreferNoSchedule", "NoExecute"].contains(&effect);
    (!known).then(|| {
        field.refuse(format!(
            "`{effect}` is no effect: NoSchedule, PreferNoSchedule or NoExecute"
        ))
    })
}

/// Whether an environment variable is not the user's. Source: CNPG `pkg/postgres/environment.go`.
pub(super) fn is_reserved(name: &str) -> bool {
    let name = name.to_uppercase();
    name.starts_with("CNPG_")
        || name.starts_with("PG")
        || ["POD_NAME", "NAMESPACE", "CLUSTER_NAME"].contains(&name.as_str())
}

fn service_account(manifest: &Manifest<'_>) -> Option<Refusal> {
    let name = manifest.spec(&["serviceAccountName"]);
    let template = manifest.spec(&["serviceAccountTemplate"]);
    let named = name.is_set() && name.raw_text() != Some("");
    (named && template.is_set()).then(|| {
        let message = "an account that exists is named, and one to be made is described";
        name.refuse(message)
            .help("keep `serviceAccountName` or `serviceAccountTemplate`")
    })
}

fn lease<'m>(
    manifest: &Manifest<'m>,
    name: &'static str,
    default: i64,
) -> Option<(Field<'m>, i64)> {
    let section = manifest.spec(&["primaryLease"]);
    let field = section.get(name);
    let seconds = field.number_or(default)?;
    section.is_set().then_some((field, seconds))
}

fn lease_duration(manifest: &Manifest<'_>) -> Option<Refusal> {
    let (field, duration) = lease(manifest, "leaseDurationSeconds", 15)?;
    let (_, renewal) = lease(manifest, "renewDeadlineSeconds", 10)?;
    (duration <= renewal).then(|| {
        let message = format!("a lease of {duration} s ends before the {renewal} s to renew it");
        field
            .refuse(message)
            .help("make the lease longer than `renewDeadlineSeconds`")
    })
}

fn lease_renewal(manifest: &Manifest<'_>) -> Option<Refusal> {
    let (field, renewal) = lease(manifest, "renewDeadlineSeconds", 10)?;
    let (_, pause) = lease(manifest, "retryPeriodSeconds", 2)?;
    (renewal.saturating_mul(5) <= pause.saturating_mul(6)).then(|| {
        let message =
            format!("{renewal} s to renew the lease leave no time for tries every {pause} s");
        field
            .refuse(message)
            .help("more than 1.2 times `retryPeriodSeconds` is needed")
    })
}
