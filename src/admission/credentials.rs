//! Credentials of an object store.
//!
//! Source: barman-cloud `pkg/api/config.go` and `pkg/api/webhooks/config.go`. The operator applies it to
//! `spec.backup.barmanObjectStore` alone; ObjectStores and external clusters have the same stanza, and nobody looks at it
//! until the archive is needed.

use crate::model::object::Object;

use super::Refusal;
use super::field::Field;

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Problem {
    None,
    Many,
    S3Partial,
    S3None,
    S3Many,
    AzureOneOf,
    AzureConnection,
    AzureAccount,
    GoogleNone,
    GoogleBoth,
}

/// What is wrong with the credentials of the stanza at a path of an object, if it is there.
pub fn object_store(object: &Object, path: &[&str]) -> Vec<Refusal> {
    let mut field = Field::root(&object.node);
    for step in path {
        // An index leads into a list.
        field = match step.parse::<usize>() {
            Ok(at) => match field.items().into_iter().nth(at) {
                Some(item) => item,
                None => return Vec::new(),
            },
            Err(_) => field.get(step),
        };
    }
    problems(&field)
        .into_iter()
        .map(|(_, refusal)| refusal)
        .collect()
}

/// All problems of a stanza, if it is there.
pub(super) fn problems(store: &Field<'_>) -> Vec<(Problem, Refusal)> {
    if !store.is_set() || store.is_variable() {
        return Vec::new();
    }
    let providers = ["s3Credentials", "azureCredentials", "googleCredentials"];
    let given: Vec<&str> = providers
        .into_iter()
        .filter(|provider| store.get(provider).is_set())
        .collect();
    let mut found = Vec::new();
    match given.as_slice() {
        [] => found.push((
            Problem::None,
            store
                .refuse("the object store has no credentials")
                .help("add `s3Credentials`, `azureCredentials` or `googleCredentials`; with a role of the machine, `inheritFromIAMRole: true` and its like"),
        )),
        [_] => {}
        [_, second, ..] => found.push((
            Problem::Many,
            store
                .get(second)
                .refuse(format!("the object store has several credentials: {}", given.join(", ")))
                .help("keep one of them"),
        )),
    }
    for provider in given {
        let section = store.get(provider);
        if section.is_variable() {
            continue;
        }
        found.extend(match provider {
            "s3Credentials" => s3(&section),
            "azureCredentials" => azure(&section),
            _ => google(&section),
        });
    }
    found
}

fn s3(section: &Field<'_>) -> Vec<(Problem, Refusal)> {
    let Some(inherits) = section.get("inheritFromIAMRole").flag_or(false) else {
        return Vec::new();
    };
    let (id, secret) = (section.get("accessKeyId"), section.get("secretAccessKey"));
    let mut found = Vec::new();
    let keys = match (id.is_set(), secret.is_set()) {
        (true, false) => {
            found.push((
                Problem::S3Partial,
                id.refuse("`accessKeyId` is given without `secretAccessKey`"),
            ));
            true
        }
        (false, true) => {
            found.push((
                Problem::S3Partial,
                secret.refuse("`secretAccessKey` is given without `accessKeyId`"),
            ));
            true
        }
        (both, _) => both,
    };
    match (inherits, keys) {
        (false, false) => found.push((
            Problem::S3None,
            section
                .refuse("S3 credentials name neither keys nor a role")
                .help("give `accessKeyId` and `secretAccessKey`, or `inheritFromIAMRole: true`"),
        )),
        (true, true) => found.push((
            Problem::S3Many,
            section
                .get("inheritFromIAMRole")
                .refuse("S3 credentials name both keys and the role of the machine")
                .help("keep one of them"),
        )),
        _ => {}
    }
    found
}

fn azure(section: &Field<'_>) -> Vec<(Problem, Refusal)> {
    let flags = ["inheritFromAzureAD", "useDefaultAzureCredentials"];
    let keys = ["storageKey", "storageSasToken"];
    let mut methods = Vec::new();
    for flag in flags {
        match section.get(flag).flag_or(false) {
            None => return Vec::new(),
            Some(true) => methods.push(flag),
            Some(false) => {}
        }
    }
    let given = keys.into_iter().filter(|key| section.get(key).is_set());
    let explicit: Vec<&str> = given.collect();
    methods.extend(&explicit);
    let account = section.get("storageAccount").is_set();
    let connection = section.get("connectionString");
    let mut found = Vec::new();
    if !connection.is_set() && methods.len() != 1 {
        let message = if methods.is_empty() {
            "Azure credentials name no way to log in".to_owned()
        } else {
            format!(
                "Azure credentials name several ways to log in: {}",
                methods.join(", ")
            )
        };
        let help = "give exactly one of `storageKey`, `storageSasToken`, `inheritFromAzureAD: true` and `useDefaultAzureCredentials: true`, or a `connectionString` alone";
        found.push((Problem::AzureOneOf, section.refuse(message).help(help)));
    }
    if connection.is_set() && (account || !methods.is_empty()) {
        let message =
            "an Azure connection string holds all credentials, and others are given beside it";
        found.push((Problem::AzureConnection, connection.refuse(message)));
    }
    if let Some(key) = explicit.first().filter(|_| !account) {
        let message = format!("`{key}` is given without `storageAccount`");
        found.push((Problem::AzureAccount, section.get(key).refuse(message)));
    }
    found
}

fn google(section: &Field<'_>) -> Vec<(Problem, Refusal)> {
    let secret = section.get("applicationCredentials");
    match (
        section.get("gkeEnvironment").flag_or(false),
        secret.is_set(),
    ) {
        (Some(false), false) => vec![(
            Problem::GoogleNone,
            section
                .refuse("Google credentials name neither a Secret nor the GKE environment")
                .help("give `applicationCredentials`, or `gkeEnvironment: true`"),
        )],
        (Some(true), true) => vec![(
            Problem::GoogleBoth,
            secret.refuse("Google credentials name both a Secret and the GKE environment"),
        )],
        _ => Vec::new(),
    }
}
