//! Writes the schema of a kind from the CustomResourceDefinitions of its releases; `schemas/README.md` tells how.
//!
//! ```text
//! cargo run --example crd-schema -- [--any-release] DIRECTORY > schemas/crd/KIND.json
//! ```
//!
//! DIRECTORY holds one file for each release, `1.30.0.yaml`, with the definition as upstream publishes it.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program of its own, which reads files and prints"
)]

mod cel;
mod convert;
mod merge;
mod share;

use std::path::Path;
use std::process::ExitCode;

use serde_json::{Map, Value, json};

fn main() -> ExitCode {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let any = arguments
        .first()
        .is_some_and(|word| word == "--any-release");
    if any {
        arguments.remove(0);
    }
    let [directory] = arguments.as_slice() else {
        eprintln!("usage: crd-schema [--any-release] DIRECTORY");
        return ExitCode::from(2);
    };
    match schema(Path::new(directory), any) {
        Ok((text, left_out)) => {
            for rule in left_out {
                eprintln!("no schema tells: {rule}");
            }
            print!("{text}");
            ExitCode::SUCCESS
        }
        Err(reason) => {
            eprintln!("{reason}");
            ExitCode::from(2)
        }
    }
}

/// A release, as its numbers.
type Release = (u64, u64, u64);

/// The document of the kind that a directory's files define, and the CEL rules that it cannot hold.
fn schema(directory: &Path, any: bool) -> Result<(String, Vec<String>), String> {
    let mut releases = Vec::new();
    for (release, text) in files(directory)? {
        let definition = serde_yaml::from_str(&text)
            .map_err(|error| format!("{}: {error}", in_words(release)))?;
        releases.push((release, definition));
    }
    document(&releases, any)
}

/// The files of a directory by release, oldest first.
fn files(directory: &Path) -> Result<Vec<(Release, String)>, String> {
    let failed = |error: std::io::Error| format!("{}: {error}", directory.display());
    let mut files = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let release = release(&name).ok_or(format!("{}: no release", path.display()))?;
        files.push((release, std::fs::read_to_string(&path).map_err(failed)?));
    }
    files.sort();
    if files.is_empty() {
        return Err(format!("{}: no files", directory.display()));
    }
    Ok(files)
}

fn release(name: &str) -> Option<Release> {
    let numbers: Option<Vec<u64>> = name.split('.').map(|part| part.parse().ok()).collect();
    match numbers?.as_slice() {
        [major, minor, patch] => Some((*major, *minor, *patch)),
        _ => None,
    }
}

fn in_words((major, minor, patch): Release) -> String {
    format!("{major}.{minor}.{patch}")
}

/// The document: every version of the API, all releases in one.
fn document(releases: &[(Release, Value)], any: bool) -> Result<(String, Vec<String>), String> {
    let newest = &releases.last().ok_or("no releases")?.1["spec"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (group, kind) = (text(&newest["group"]), text(&newest["names"]["kind"]));
    let labels: Vec<String> = releases.iter().map(|(own, _)| in_words(*own)).collect();
    let mut left_out = Vec::new();
    let mut versions: Map<String, Value> = Map::new();
    let converted: Vec<Vec<(String, Value)>> = releases
        .iter()
        .map(|(_, definition)| convert::versions(definition, &mut left_out))
        .collect();
    let mut names: Vec<&String> = converted.iter().flatten().map(|(name, _)| name).collect();
    names.sort();
    names.dedup();
    for name in names {
        let of_release = |versions: &Vec<(String, Value)>| {
            let own = versions.iter().find(|(own, _)| own == name);
            own.map(|(_, schema)| schema.clone())
        };
        let of_releases: Vec<Option<Value>> = converted.iter().map(of_release).collect();
        let merged = if any {
            merge::any(&of_releases.into_iter().flatten().collect::<Vec<_>>())
        } else {
            if of_releases.contains(&None) {
                return Err(format!("not every release has {name}: say --any-release"));
            }
            merge::releases(&of_releases, &labels)
        };
        versions.insert(name.clone(), merged);
    }
    left_out.sort();
    left_out.dedup();
    let mut head = Map::new();
    head.insert(
        "$schema".into(),
        json!("https://json-schema.org/draft/2020-12/schema"),
    );
    head.insert("title".into(), json!(format!("{kind}.{group}")));
    head.insert("x-releases".into(), json!(labels));
    head.insert("x-any-release".into(), json!(any));
    Ok((share::written(head, versions), left_out))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn definition(schema: &str) -> Value {
        let schema: Value = serde_yaml::from_str(schema).unwrap();
        json!({ "spec": {
            "group": "example.org", "names": { "kind": "Thing" },
            "versions": [{ "name": "v1", "schema": { "openAPIV3Schema": {
                "type": "object", "description": "words", "properties": { "spec": schema },
            } } }],
        } })
    }

    #[test]
    fn a_document_holds_every_release_and_no_description() {
        let old = definition("{type: object, properties: {a: {type: string, description: words}}}");
        let new = definition("{type: object, properties: {a: {type: string}, b: {type: integer}}}");
        let (text, left_out) = document(&[((1, 2, 0), old), ((1, 3, 0), new)], false).unwrap();
        let document: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(document["title"], "Thing.example.org");
        assert_eq!(document["x-releases"], json!(["1.2.0", "1.3.0"]));
        let spec = &document["$defs"]["v1"]["properties"]["spec"];
        assert_eq!(spec["x-in"], json!({ "b": [["1.3.0"]] }));
        assert!(!text.contains("words"), "{text}");
        assert!(left_out.is_empty());
    }

    #[test]
    fn files_are_named_by_release() {
        assert_eq!(release("1.30.0"), Some((1, 30, 0)));
        assert_eq!(release("v1.30.0"), None);
        assert_eq!(release("1.30"), None);
    }
}
