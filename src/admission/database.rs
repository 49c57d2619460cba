//! Database.

use super::Refusal;
use super::check::{Check, Kind, Look, Release};
use super::field::{Field, repeated};
use super::manifest::Manifest;

pub(super) static CHECKS: &[Check] = &[
    Check::error(
        "admission/db-ext-dup",
        "extensions[].name",
        "extension given twice",
        Look::Many(|manifest| twice(manifest, "extensions", "extension")),
    )
    .of(Kind::Database)
    .since(FIRST),
    Check::error(
        "admission/db-schema-dup",
        "schemas[].name",
        "schema given twice",
        Look::Many(|manifest| twice(manifest, "schemas", "schema")),
    )
    .of(Kind::Database)
    .since(FIRST),
    Check::error(
        "admission/db-fdw-dup",
        "fdws[].name",
        "foreign data wrapper given twice",
        Look::Many(|manifest| twice(manifest, "fdws", "foreign data wrapper")),
    )
    .of(Kind::Database)
    .since(FOREIGN),
    Check::error(
        "admission/db-server-dup",
        "servers[].name",
        "foreign server given twice",
        Look::Many(|manifest| twice(manifest, "servers", "foreign server")),
    )
    .of(Kind::Database)
    .since(FOREIGN),
    Check::error(
        "admission/db-option-dup",
        "fdws[].options, servers[].options",
        "option given twice",
        Look::Many(|manifest| twice_within(manifest, "options", "option")),
    )
    .of(Kind::Database)
    .since(FOREIGN),
    Check::error(
        "admission/db-usage-dup",
        "fdws[].usage, servers[].usage",
        "usage given twice",
        Look::Many(|manifest| twice_within(manifest, "usage", "usage for")),
    )
    .of(Kind::Database)
    .since(FOREIGN),
    Check::error(
        "admission/db-server-fdw",
        "servers[].fdw",
        "server of a wrapper that is not given",
        Look::Each(&["spec", "servers"], unknown_wrapper),
    )
    .of(Kind::Database)
    .since(FOREIGN),
];

const FIRST: &[Release] = &[Release(26, 0)];
const FOREIGN: &[Release] = &[Release(28, 0)];

/// The later ones of the items with a name that an earlier one has.
fn doubles(list: Field<'_>, what: &str) -> Vec<Refusal> {
    let names = list.items().into_iter().map(|item| item.get("name"));
    repeated(names.collect(), |field| field.text().map(str::to_owned))
        .into_iter()
        .map(|(field, name)| field.refuse(format!("{what} `{name}` is given twice")))
        .collect()
}

fn twice(manifest: &Manifest<'_>, list: &'static str, what: &str) -> Vec<Refusal> {
    doubles(manifest.spec(&[list]), what)
}

fn twice_within(manifest: &Manifest<'_>, list: &'static str, what: &str) -> Vec<Refusal> {
    let owners = ["fdws", "servers"].map(|owners| manifest.spec(&[owners]).items());
    let lists = owners.iter().flatten().map(|owner| owner.get(list));
    lists.flat_map(|list| doubles(list, what)).collect()
}

fn unknown_wrapper<'m>(item: &Field<'m>, manifest: &Manifest<'m>) -> Option<Refusal> {
    let field = item.get("fdw");
    let name = field.text()?;
    if item.get("ensure").text()? == "absent" {
        return None;
    }
    let wrappers = manifest.spec(&["fdws"]);
    if wrappers.is_variable() {
        return None;
    }
    let names: Option<Vec<&str>> = wrappers
        .items()
        .iter()
        .map(|wrapper| wrapper.get("name").text())
        .collect();
    (!names?.contains(&name)).then(|| {
        let message = format!("foreign data wrapper `{name}` is not given in `fdws`");
        field
            .refuse(message)
            .help("add it there; one that the database has already counts only when it is listed")
    })
}
