//! Tablespaces.

use super::Refusal;
use super::check::{Check, Look, Release};
use super::field::{Field, repeated};
use super::manifest::Manifest;
use super::storage;

pub(super) static CHECKS: &[Check] = &[
    Check::error(
        "admission/tbs-size-parse",
        "tablespaces[].storage.size",
        "size that is no amount",
        Look::Each(LIST, |item, _| storage::unreadable(&item.get("storage"))),
    ),
    Check::error(
        "admission/tbs-size-missing",
        "tablespaces[].storage.size",
        "volume without a size",
        Look::Each(LIST, |item, _| storage::missing(&item.get("storage"))),
    ),
    Check::error(
        "admission/tbs-name-dup",
        "tablespaces[].name",
        "two tablespaces of one name, in whatever case",
        Look::Many(same_name),
    ),
    Check::error(
        "admission/tbs-name-invalid",
        "tablespaces[].name",
        "name that PostgreSQL does not take",
        Look::Many(invalid_names),
    ),
    Check::error(
        "admission/tbs-name-collision",
        "tablespaces[].name",
        "two names that become one name of a volume",
        Look::Many(same_volume),
    )
    .since(&[Release(27, 4), Release(28, 2)]),
];

const LIST: &[&str] = &["spec", "tablespaces"];

/// The names; `None` where one is not known.
pub(super) fn names<'m>(manifest: &Manifest<'m>) -> Option<Vec<&'m str>> {
    let list = manifest.at(LIST);
    if list.is_variable() {
        return None;
    }
    let items = list.items();
    items.iter().map(|item| item.get("name").text()).collect()
}

fn name_fields<'m>(manifest: &Manifest<'m>) -> Vec<Field<'m>> {
    let items = manifest.at(LIST).items().into_iter();
    items.map(|item| item.get("name")).collect()
}

fn folded(field: &Field<'_>) -> Option<String> {
    field.text().map(str::to_lowercase)
}

fn same_name(manifest: &Manifest<'_>) -> Vec<Refusal> {
    let again = repeated(name_fields(manifest), folded).into_iter();
    again
        .map(|(field, name)| field.refuse(format!("tablespace `{name}` is defined twice")))
        .collect()
}

/// The names that admission goes on to look at: each but the repetitions.
fn first_ones<'m>(manifest: &Manifest<'m>) -> Vec<Field<'m>> {
    let mut seen = std::collections::BTreeSet::new();
    let mut fields = name_fields(manifest);
    fields.retain(|field| folded(field).is_some_and(|name| seen.insert(name)));
    fields
}

/// Why PostgreSQL does not take a name. Source: CNPG `pkg/postgres/identifier.go`.
fn problem(name: &str) -> Option<&'static str> {
    let mut bytes = name.bytes();
    let first = bytes
        .next()
        .is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_');
    let rest = bytes.all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$'));
    if name.starts_with("pg_") {
        Some("names that begin with `pg_` are PostgreSQL's own")
    } else if !first || !rest {
        Some("a name is made of letters, digits, `_` and `$`, and begins with a letter or `_`")
    } else if name.len() > 63 {
        Some("a name has at most 63 characters")
    } else {
        None
    }
}

fn invalid_names(manifest: &Manifest<'_>) -> Vec<Refusal> {
    let fields = first_ones(manifest).into_iter();
    fields
        .filter_map(|field| {
            let name = field.text()?;
            let problem = problem(name)?;
            Some(field.refuse(format!("`{name}` is no name of a tablespace: {problem}")))
        })
        .collect()
}

fn same_volume(manifest: &Manifest<'_>) -> Vec<Refusal> {
    let volume = |field: &Field<'_>| {
        let name = field.text()?;
        // A leading `_` becomes a digit, which no name begins with.
        let name = name
            .strip_prefix('_')
            .map_or(name.to_owned(), |rest| format!("1{rest}"));
        Some(format!(
            "tbs-{}",
            name.to_lowercase().replace(['_', '$'], "-")
        ))
    };
    repeated(first_ones(manifest), volume)
        .into_iter()
        .map(|(field, volume)| {
            let message = format!("another tablespace gets the volume `{volume}` too");
            field
                .refuse(message)
                .help("choose a name that differs in more than `_`, `$` and case")
        })
        .collect()
}
