//! Extensions from images.

use std::sync::LazyLock;

use regex::Regex;

use super::Refusal;
use super::check::{Check, Look, Release};
use super::field::{Field, repeated};
use super::manifest::Manifest;
use super::pods::is_reserved;

pub(super) static CHECKS: &[Check] = &[
    Check::error(
        "admission/ext-image-name-empty",
        "postgresql.extensions[].name",
        "extension without a name",
        Look::Each(LIST, nameless),
    )
    .since(FIRST),
    Check::error(
        "admission/ext-image-name-dup",
        "postgresql.extensions[].name",
        "two extensions of one name",
        Look::Many(same_name),
    )
    .since(FIRST),
    Check::error(
        "admission/ext-image-name-collision",
        "postgresql.extensions[].name",
        "two names that become one name of a volume",
        Look::Many(same_volume),
    )
    .since(&[Release(27, 3), Release(28, 1)]),
    Check::error(
        "admission/ext-image-reference",
        "postgresql.extensions[].image.reference",
        "extension without an image, and no catalog to take it from",
        Look::Many(without_image),
    )
    .since(&[Release(27, 4), Release(28, 2)]),
    Check::error(
        "admission/ext-image-path-empty",
        "postgresql.extensions[]",
        "empty path",
        Look::Many(empty_path),
    )
    .since(PATHS),
    Check::error(
        "admission/ext-image-path-dup",
        "postgresql.extensions[]",
        "path given twice",
        Look::Many(same_path),
    )
    .since(PATHS),
    Check::error(
        "admission/ext-image-path-escape",
        "postgresql.extensions[]",
        "path that leads out of the extension",
        Look::Many(escaping_path),
    )
    .since(PATHS),
    Check::error(
        "admission/ext-image-env-reserved",
        "postgresql.extensions[].env[].name",
        "environment variable of the operator or of PostgreSQL's clients",
        Look::Many(reserved_variable),
    )
    .since(PATHS),
    Check::error(
        "admission/ext-image-env-dedicated",
        "postgresql.extensions[].env[].name",
        "PATH or LD_LIBRARY_PATH, which have fields of their own",
        Look::Many(variable_with_field),
    )
    .since(PATHS),
    Check::error(
        "admission/ext-image-env-placeholder",
        "postgresql.extensions[].env[].value",
        "placeholder other than `${image_root}`",
        Look::Many(unknown_placeholder),
    )
    .since(PATHS),
    Check::error(
        "admission/ext-image-env-dup",
        "postgresql.extensions[].env[].name",
        "environment variable given twice",
        Look::Many(same_variable),
    )
    .since(PATHS),
];

const LIST: &[&str] = &["spec", "postgresql", "extensions"];
const FIRST: &[Release] = &[Release(26, 0)];
const PATHS: &[Release] = &[Release(29, 0)];

/// The lists of paths.
const PATH_LISTS: [&str; 4] = [
    "extension_control_path",
    "dynamic_library_path",
    "ld_library_path",
    "bin_path",
];

fn name_of(field: &Field<'_>) -> Option<String> {
    field.given_text().map(str::to_owned)
}

fn nameless<'m>(item: &Field<'m>, _: &Manifest<'m>) -> Option<Refusal> {
    let field = item.get("name");
    field
        .text()?
        .is_empty()
        .then(|| field.refuse("the extension has no name"))
}

fn names<'m>(manifest: &Manifest<'m>) -> Vec<Field<'m>> {
    let items = manifest.at(LIST).items().into_iter();
    items.map(|item| item.get("name")).collect()
}

fn same_name(manifest: &Manifest<'_>) -> Vec<Refusal> {
    repeated(names(manifest), name_of)
        .into_iter()
        .map(|(field, name)| field.refuse(format!("extension `{name}` is defined twice")))
        .collect()
}

/// The extensions that admission looks at in detail: those with a name that none before has.
fn judged<'m>(manifest: &Manifest<'m>) -> Vec<Field<'m>> {
    let mut seen = std::collections::BTreeSet::new();
    let mut items = manifest.at(LIST).items();
    items.retain(|item| name_of(&item.get("name")).is_some_and(|name| seen.insert(name)));
    items
}

fn same_volume(manifest: &Manifest<'_>) -> Vec<Refusal> {
    let names = judged(manifest).into_iter().map(|item| item.get("name"));
    let volume = |field: &Field<'_>| Some(format!("ext-{}", name_of(field)?.replace('_', "-")));
    repeated(names.collect(), volume)
        .into_iter()
        .map(|(field, volume)| {
            field
                .refuse(format!("another extension gets the volume `{volume}` too"))
                .help("`_` and `-` are the same in the name of a volume")
        })
        .collect()
}

fn without_image(manifest: &Manifest<'_>) -> Vec<Refusal> {
    if manifest.spec(&["imageCatalogRef"]).is_set() {
        return Vec::new();
    }
    let items = judged(manifest).into_iter();
    items
        .filter_map(|item| {
            let field = item.at(&["image", "reference"]);
            let name = item.get("name").text()?;
            let help = "add `image.reference`, or take the image from an image catalog";
            field.text()?.is_empty().then(|| {
                field
                    .refuse(format!("extension `{name}` has no image"))
                    .help(help)
            })
        })
        .collect()
}

/// The lists of paths of all extensions.
fn path_lists<'m>(manifest: &Manifest<'m>) -> Vec<Vec<Field<'m>>> {
    let items = judged(manifest);
    let lists = items
        .iter()
        .flat_map(|item| PATH_LISTS.map(|list| item.get(list).items()));
    lists.collect()
}

fn empty_path(manifest: &Manifest<'_>) -> Vec<Refusal> {
    let paths = path_lists(manifest).into_iter().flatten();
    paths
        .filter(|path| path.text() == Some(""))
        .map(|path| path.refuse("the path is empty"))
        .collect()
}

fn same_path(manifest: &Manifest<'_>) -> Vec<Refusal> {
    let lists = path_lists(manifest).into_iter();
    // A path that leads out is not remembered by admission, and told once for each time.
    let local = |field: &Field<'_>| name_of(field).filter(|path| !leads_out(path));
    lists
        .flat_map(|list| repeated(list, local))
        .map(|(field, path)| field.refuse(format!("path `{path}` is given twice")))
        .collect()
}

fn escaping_path(manifest: &Manifest<'_>) -> Vec<Refusal> {
    let paths = path_lists(manifest).into_iter().flatten();
    paths
        .filter_map(|field| {
            let path = field.given_text()?;
            leads_out(path)
                .then(|| field.refuse(format!("path `{path}` leads out of the extension")))
        })
        .collect()
}

/// Whether a path goes above where it starts; a leading slash means nothing.
fn leads_out(path: &str) -> bool {
    let mut depth: i64 = 0;
    for part in path.trim_start_matches('/').split('/') {
        match part {
            "" | "." => {}
            ".." if path.starts_with('/') && depth == 0 => {}
            ".." => depth -= 1,
            _ => depth += 1,
        }
        if depth < 0 {
            return true;
        }
    }
    false
}

/// The environment variables of each extension.
fn variables<'m>(manifest: &Manifest<'m>) -> Vec<Vec<Field<'m>>> {
    let items = judged(manifest).into_iter();
    items.map(|item| item.get("env").items()).collect()
}

fn reserved_variable(manifest: &Manifest<'_>) -> Vec<Refusal> {
    let all = variables(manifest).into_iter().flatten();
    all.filter_map(|item| {
        let field = item.get("name");
        let name = field.text()?;
        is_reserved(name)
            .then(|| field.refuse(format!("environment variable `{name}` is the operator's")))
    })
    .collect()
}

fn variable_with_field(manifest: &Manifest<'_>) -> Vec<Refusal> {
    let all = variables(manifest).into_iter().flatten();
    all.filter_map(|item| {
        let field = item.get("name");
        let own = match field.text()? {
            "PATH" => "bin_path",
            "LD_LIBRARY_PATH" => "ld_library_path",
            _ => return None,
        };
        Some(field.refuse(format!("the paths for this variable belong into `{own}`")))
    })
    .collect()
}

fn same_variable(manifest: &Manifest<'_>) -> Vec<Refusal> {
    let lists = variables(manifest).into_iter();
    lists
        .flat_map(|list| {
            let names = list.into_iter().map(|item| item.get("name"));
            repeated(names.collect(), |field| field.text().map(str::to_owned))
        })
        .map(|(field, name)| field.refuse(format!("environment variable `{name}` is given twice")))
        .collect()
}

/// `${name}` behind one dollar or more; the pattern is a constant that compiles.
static PLACEHOLDER: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(\$+)\{([^}]+)\}").ok());

/// Whether `${name}` may be meant for something else that substitutes variables: its name is in capitals, as theirs
/// mostly are, or has a default.
fn may_be_variable(name: &str) -> bool {
    let capital = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    name.bytes().all(capital) || name.contains([':', '-', '='])
}

fn unknown_placeholder(manifest: &Manifest<'_>) -> Vec<Refusal> {
    let Some(placeholder) = PLACEHOLDER.as_ref() else {
        return Vec::new();
    };
    let all = variables(manifest).into_iter().flatten();
    all.filter_map(|item| {
        let field = item.get("value");
        let text = field.raw_text()?;
        let mut found = placeholder.captures_iter(text).filter_map(|found| {
            let (dollars, name) = (found.get(1)?.as_str(), found.get(2)?.as_str());
            // Two dollars stand for one.
            (dollars.len() % 2 == 1 && name != "image_root").then(|| name.to_owned())
        });
        let unknown = found.next()?;
        (!may_be_variable(&unknown)).then(|| {
            let message = format!("placeholder `${{{unknown}}}` is not known to the operator");
            field
                .refuse(message)
                .help("only `${image_root}` is replaced; `$${…}` stands for itself")
        })
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::leads_out;

    #[test]
    fn paths_stay_inside_or_not() {
        for inside in [
            "lib", "a/../b", "./a", "a/..", ".", "/lib", "/../lib", "a//b",
        ] {
            assert!(!leads_out(inside), "{inside}");
        }
        for outside in ["..", "../lib", "a/../../b", "./.."] {
            assert!(leads_out(outside), "{outside}");
        }
    }
}
