//! Services and roles that the operator manages.

use super::Refusal;
use super::check::{Check, Look};
use super::field::{Field, repeated};
use super::manifest::Manifest;

pub(super) static CHECKS: &[Check] = &[
    Check::error(
        "admission/svc-rw-disabled",
        "managed.services.disabledDefaultServices[]",
        "service of the primary switched off",
        Look::Each(
            &["spec", "managed", "services", "disabledDefaultServices"],
            primary_service_off,
        ),
    ),
    Check::error(
        "admission/svc-reserved",
        "managed.services.additional[]",
        "service with a name of the operator's own",
        Look::Each(SERVICES, reserved_service),
    ),
    Check::error(
        "admission/svc-dup",
        "managed.services.additional",
        "two services of one name",
        Look::Many(same_service),
    ),
    Check::error(
        "admission/svc-selector",
        "managed.services.additional[]",
        "service with a selector",
        Look::Each(SERVICES, service_selector),
    ),
    Check::error(
        "admission/svc-name",
        "managed.services.additional[]",
        "service without a name",
        Look::Each(SERVICES, nameless_service),
    ),
    Check::error(
        "admission/role-dup",
        "managed.roles[].name",
        "two roles of one name",
        Look::Many(same_role),
    ),
    Check::error(
        "admission/role-connlimit",
        "managed.roles[].connectionLimit",
        "limit below -1",
        Look::Each(ROLES, connection_limit),
    ),
    Check::error(
        "admission/role-reserved",
        "managed.roles[].name",
        "role of PostgreSQL or of the operator",
        Look::Each(ROLES, reserved_role),
    ),
    Check::error(
        "admission/role-password",
        "managed.roles[].disablePassword",
        "password both given and switched off",
        Look::Each(ROLES, password),
    ),
];

const SERVICES: &[&str] = &["spec", "managed", "services", "additional"];
const ROLES: &[&str] = &["spec", "managed", "roles"];

fn primary_service_off<'m>(item: &Field<'m>, _: &Manifest<'m>) -> Option<Refusal> {
    (item.text()? == "rw").then(|| {
        item.refuse("the service of the primary cannot be switched off")
            .help("only `ro` and `r` can be")
    })
}

fn service_name<'m>(item: &Field<'m>) -> Field<'m> {
    item.at(&["serviceTemplate", "metadata", "name"])
}

fn reserved_service<'m>(item: &Field<'m>, manifest: &Manifest<'m>) -> Option<Refusal> {
    let field = service_name(item);
    let name = field.text()?;
    let cluster = manifest.at(&["metadata", "name"]).text()?;
    let suffix = name.strip_prefix(cluster)?;
    ["-rw", "-r", "-ro", "-any"].contains(&suffix).then(|| {
        let message = format!("`{name}` is the name of one of the operator's services");
        field.refuse(message)
    })
}

fn same_service(manifest: &Manifest<'_>) -> Vec<Refusal> {
    let items = manifest.at(SERVICES).items();
    let names = items.iter().map(service_name).collect();
    repeated(names, |field| field.text().map(str::to_owned))
        .into_iter()
        .map(|(field, name)| field.refuse(format!("service `{name}` is defined twice")))
        .collect()
}

fn service_selector<'m>(item: &Field<'m>, _: &Manifest<'m>) -> Option<Refusal> {
    let selector = item.at(&["serviceTemplate", "spec", "selector"]);
    selector.has_content().then(|| {
        selector
            .refuse("the operator chooses the pods of a service")
            .help("remove the selector; `selectorType` chooses among rw, ro and r")
    })
}

fn nameless_service<'m>(item: &Field<'m>, _: &Manifest<'m>) -> Option<Refusal> {
    let field = service_name(item);
    field
        .text()?
        .is_empty()
        .then(|| field.refuse("the service has no name"))
}

fn same_role(manifest: &Manifest<'_>) -> Vec<Refusal> {
    let items = manifest.at(ROLES).items().into_iter();
    let names = items.map(|item| item.get("name")).collect();
    repeated(names, |field| field.text().map(str::to_owned))
        .into_iter()
        .map(|(field, name)| field.refuse(format!("role `{name}` is defined twice")))
        .collect()
}

fn connection_limit<'m>(item: &Field<'m>, _: &Manifest<'m>) -> Option<Refusal> {
    let field = item.get("connectionLimit");
    let limit = field.number_or(-1)?;
    (limit < -1).then(|| {
        let message = format!("a role cannot have {limit} connections");
        field
            .refuse(message)
            .help("write a number from 0 on, or -1 for no limit")
    })
}

/// Source: CNPG `pkg/postgres/roles.go`.
fn reserved_role<'m>(item: &Field<'m>, _: &Manifest<'m>) -> Option<Refusal> {
    let field = item.get("name");
    let name = field.text()?;
    let own = ["postgres", "streaming_replica"].contains(&name);
    (own || name.starts_with("cnpg_") || name.starts_with("pg_")).then(|| {
        field.refuse(format!(
            "role `{name}` is PostgreSQL's or the operator's own"
        ))
    })
}

fn password<'m>(item: &Field<'m>, _: &Manifest<'m>) -> Option<Refusal> {
    let disabled = item.get("disablePassword");
    let secret = item.get("passwordSecret");
    (disabled.flag_or(false)? && secret.is_set()).then(|| {
        let message = "the role gets a password, and passwords are switched off for it";
        disabled
            .refuse(message)
            .help("keep `disablePassword` or `passwordSecret`")
    })
}
