//! The generator `git`: directories and files. Source: Argo CD `generators/git.go`, `applicationset/services/repo_service.go`.

use std::collections::{BTreeMap, BTreeSet};

use crate::yaml::Node;

use super::super::path_match::{double_star, git_match, go_match};
use super::super::template::Value;
use super::super::template::go::{normalized, path_base, path_directory};
use super::generator::{Failure, Generators, read_yaml};
use super::parameters::Parameters;

/// The setting that makes patterns of files those of doublestar.
const NEW_GLOBBING: &str = "applicationsetcontroller.enable.new.git.file.globbing";

pub(super) fn parameters(source: Generators<'_>, own: &Node) -> Result<Vec<Parameters>, Failure> {
    let address = own.get("repoURL").and_then(Node::text).unwrap_or_default();
    if source.checkout.is_other_repository(address) {
        return Err(Failure::unknown(
            "the generator `git` reads another repository",
        ));
    }
    let list = |key| own.get(key).and_then(Node::as_sequence).unwrap_or(&[]);
    let (directories, files) = (list("directories"), list("files"));
    let sets = if !directories.is_empty() {
        of_directories(source, own, directories)?
    } else if !files.is_empty() {
        of_files(source, own, files)?
    } else {
        return Err(Failure::broken(
            "the generator `git` names neither directories nor files",
        ));
    };
    if sets.is_empty() {
        // The generator may well be about another repository.
        return Err(Failure::unknown(
            "nothing in this repository matches the generator `git`",
        ));
    }
    Ok(sets)
}

/// The patterns to take, and those to leave out.
fn patterns(entries: &[Node]) -> (Vec<&str>, Vec<&str>) {
    let (mut included, mut excluded) = (Vec::new(), Vec::new());
    for entry in entries {
        let Some(path) = entry.get("path").and_then(Node::text) else {
            continue;
        };
        match entry.get("exclude").and_then(Node::as_bool) {
            Some(true) => excluded.push(path),
            _ => included.push(path),
        }
    }
    (included, excluded)
}

fn of_directories(
    source: Generators<'_>,
    own: &Node,
    entries: &[Node],
) -> Result<Vec<Parameters>, Failure> {
    let (included, excluded) = patterns(entries);
    let names = |patterns: &[&str], directory: &str| {
        patterns
            .iter()
            .any(|pattern| go_match(pattern, directory) == Some(true))
    };
    let is_hidden = |directory: &str| directory.split('/').any(|name| name.starts_with('.'));
    let mut sets = Vec::new();
    for directory in &source.checkout.directories {
        if is_hidden(directory) || !names(&included, directory) || names(&excluded, directory) {
            continue;
        }
        let mut set = Parameters::default();
        add_path(&mut set, directory, None, prefix(own), source.engine.is_go);
        source.add_values(own, &mut set)?;
        sets.push(set);
    }
    Ok(sets)
}

fn prefix(own: &Node) -> Option<&str> {
    own.get("pathParamPrefix")
        .and_then(Node::text)
        .filter(|prefix| !prefix.is_empty())
}

/// The parameters that tell of a path.
fn add_path(
    set: &mut Parameters,
    directory: &str,
    file: Option<&str>,
    prefix: Option<&str>,
    is_go: bool,
) {
    let basename = path_base(directory);
    let mut path = BTreeMap::from([
        ("path".to_owned(), Value::Text(directory.to_owned())),
        (
            "basenameNormalized".to_owned(),
            Value::Text(normalized(&basename)),
        ),
        ("basename".to_owned(), Value::Text(basename)),
    ]);
    if let Some(file) = file {
        path.insert("filename".to_owned(), Value::Text(file.to_owned()));
        path.insert(
            "filenameNormalized".to_owned(),
            Value::Text(normalized(file)),
        );
    }
    let segments = directory.split('/');
    if is_go {
        let segments = segments.map(|part| Value::Text(part.to_owned())).collect();
        path.insert("segments".to_owned(), Value::List(segments));
        match prefix {
            Some(prefix) => {
                let inner = BTreeMap::from([("path".to_owned(), Value::Map(path))]);
                set.values.insert(prefix.to_owned(), Value::Map(inner));
            }
            None => {
                set.values.insert("path".to_owned(), Value::Map(path));
            }
        }
        return;
    }
    let name = prefix.map_or_else(|| "path".to_owned(), |prefix| format!("{prefix}.path"));
    for (at, segment) in segments
        .enumerate()
        .filter(|(_, segment)| !segment.is_empty())
    {
        set.values
            .insert(format!("{name}[{at}]"), Value::Text(segment.to_owned()));
    }
    for (key, value) in path {
        let key = if key == "path" {
            name.clone()
        } else {
            format!("{name}.{key}")
        };
        set.values.insert(key, value);
    }
}

fn of_files(
    source: Generators<'_>,
    own: &Node,
    entries: &[Node],
) -> Result<Vec<Parameters>, Failure> {
    let (included, excluded) = patterns(entries);
    let is_new = source.checkout.parameter(NEW_GLOBBING) == Some("true");
    let names = |patterns: &[&str], file: &str| {
        patterns.iter().any(|pattern| {
            if is_new {
                double_star(pattern, file) == Some(true)
            } else {
                git_match(pattern, file)
            }
        })
    };
    let mut files: BTreeSet<String> = source
        .checkout
        .files
        .iter()
        .filter(|file| names(&included, file) && !names(&excluded, file))
        .map(|file| (*file).to_owned())
        .collect();
    // Files that are no manifests, such as JSON, were not listed; one that is named outright can be looked up.
    let named = included
        .iter()
        .filter(|path| !path.contains(['*', '?', '[', '{']));
    files.extend(
        named
            .filter(|path| !names(&excluded, path))
            .filter(|path| {
                source
                    .checkout
                    .tree
                    .read(&source.checkout.path(path))
                    .is_ok()
            })
            .map(|path| (*path).to_owned()),
    );
    let mut sets = Vec::new();
    for file in &files {
        let path = source.checkout.path(file);
        let text = source
            .checkout
            .tree
            .read(&path)
            .map_err(|error| Failure::unknown(format!("`{file}` cannot be read: {error}")))?;
        let objects = match read_yaml(&text)? {
            Value::Map(object) => vec![Value::Map(object)],
            Value::List(objects) => objects,
            value if value.is_nothing() => vec![Value::Map(BTreeMap::new())],
            _ => return Err(Failure::broken(format!("`{file}` holds no map"))),
        };
        for object in objects {
            let Value::Map(object) = object else {
                return Err(Failure::broken(format!("`{file}` holds no list of maps")));
            };
            sets.push(of_file(source, own, file, object)?);
        }
    }
    Ok(sets)
}

fn of_file(
    source: Generators<'_>,
    own: &Node,
    file: &str,
    object: BTreeMap<String, Value>,
) -> Result<Parameters, Failure> {
    let is_go = source.engine.is_go;
    let mut set = Parameters::default();
    if is_go {
        set.values = object;
    } else {
        let flat = Value::Map(object).flattened().into_iter();
        set.values = flat
            .map(|(key, value)| (key, Value::Text(value.printed())))
            .collect();
    }
    let directory = path_directory(file);
    add_path(
        &mut set,
        &directory,
        Some(&path_base(file)),
        prefix(own),
        is_go,
    );
    source.add_values(own, &mut set)?;
    Ok(set)
}
