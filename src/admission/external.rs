//! External clusters.

use super::Refusal;
use super::check::{Check, Look, Release};
use super::field::{Field, repeated};
use super::manifest::Manifest;

pub(super) static CHECKS: &[Check] = &[
    Check::error(
        "admission/ext-no-access",
        "externalClusters[]",
        "external cluster without connection, plugin or object store",
        Look::Each(LIST, without_access),
    ),
    Check::error(
        "admission/ext-name-unsafe",
        "externalClusters[].name",
        "name that is no name of a file",
        Look::Each(LIST, unsafe_name),
    )
    .since(SAFE_PATHS),
    Check::error(
        "admission/ext-ssl-unsafe",
        "externalClusters[].sslCert, sslKey, sslRootCert",
        "name or key of a certificate that is no name of a file",
        Look::Many(unsafe_certificates),
    )
    .since(SAFE_PATHS),
    Check::error(
        "admission/ext-name-dup",
        "externalClusters[].name",
        "two external clusters of one name",
        Look::Many(same_name),
    ),
];

const LIST: &[&str] = &["spec", "externalClusters"];
const SAFE_PATHS: &[Release] = &[Release(28, 4), Release(29, 2)];

/// The external cluster with this name.
pub(super) fn find<'m>(manifest: &Manifest<'m>, name: &str) -> Option<Field<'m>> {
    let mut entries = manifest.at(LIST).items().into_iter();
    entries.find(|entry| entry.get("name").raw_text() == Some(name))
}

/// The refusal of a name that no external cluster has.
pub(super) fn unknown(manifest: &Manifest<'_>, field: &Field<'_>) -> Option<Refusal> {
    let name = field.text()?;
    let list = manifest.at(LIST);
    let entries = list.items();
    let open = list.is_variable() || entries.iter().any(|entry| entry.get("name").is_variable());
    if open || find(manifest, name).is_some() {
        return None;
    }
    let names: Vec<String> = entries
        .iter()
        .filter_map(|entry| Some(format!("`{}`", entry.get("name").text()?)))
        .collect();
    let help = if names.is_empty() {
        "there are no external clusters".to_owned()
    } else {
        format!("there are {}", names.join(", "))
    };
    Some(
        field
            .refuse(format!("external cluster `{name}` is not defined"))
            .help(help),
    )
}

/// Whether an entry tells how to reach its data.
pub(super) fn has_access(entry: &Field<'_>) -> bool {
    let connection = entry.get("connectionParameters");
    connection.has_content()
        || connection.is_variable()
        || entry.get("barmanObjectStore").is_set()
        || entry.get("plugin").is_set()
}

fn without_access<'m>(entry: &Field<'m>, _: &Manifest<'m>) -> Option<Refusal> {
    let name = entry.get("name").raw_text().unwrap_or("");
    (!has_access(entry)).then(|| {
        entry
            .refuse(format!(
                "external cluster `{name}` tells no way to its data"
            ))
            .help("give it `plugin`, `connectionParameters` or `barmanObjectStore`")
    })
}

/// Whether a text would lead out of the directory that it names a file in.
fn is_unsafe(text: &str) -> bool {
    matches!(text, "." | "..") || text.contains(['/', '\\'])
}

fn unsafe_text(field: &Field<'_>) -> Option<Refusal> {
    let text = field.text()?;
    is_unsafe(text).then(|| {
        let message = format!("`{text}` cannot be the name of a file");
        field
            .refuse(message)
            .help("write it without slashes; the operator stores certificates under this name")
    })
}

fn unsafe_name<'m>(entry: &Field<'m>, _: &Manifest<'m>) -> Option<Refusal> {
    unsafe_text(&entry.get("name"))
}

fn unsafe_certificates(manifest: &Manifest<'_>) -> Vec<Refusal> {
    let entries = manifest.at(LIST).items();
    let selectors = entries
        .iter()
        .flat_map(|entry| ["sslCert", "sslKey", "sslRootCert"].map(|selector| entry.get(selector)));
    let fields = selectors.flat_map(|selector| [selector.get("name"), selector.get("key")]);
    fields.filter_map(|field| unsafe_text(&field)).collect()
}

fn same_name(manifest: &Manifest<'_>) -> Vec<Refusal> {
    let names = manifest.at(LIST).items().into_iter();
    let names = names.map(|entry| entry.get("name")).collect();
    repeated(names, |field| field.text().map(str::to_owned))
        .into_iter()
        .map(|(field, name)| field.refuse(format!("external cluster `{name}` is defined twice")))
        .collect()
}
