//! Schemas ready to judge, each compiled once in a run.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use jsonschema::{Draft, PatternOptions, Validator};
use serde_json::{Value, json};

use crate::config::OperatorVersion;

use super::document::Document;
use super::kinds::KINDS;

/// The schema of one version of a kind's API, as one release has it.
pub(super) struct Compiled {
    /// The definitions of this release.
    pub(super) definitions: Value,
    /// Their judge.
    pub(super) validator: Validator,
}

/// The files that were read, by the number of their kind.
type Documents = Mutex<BTreeMap<usize, Option<Arc<Document>>>>;

/// A kind's number, the version of its API, and a release.
type Key = (usize, String, OperatorVersion);

static DOCUMENTS: LazyLock<Documents> = LazyLock::new(Mutex::default);
static COMPILED: LazyLock<Mutex<BTreeMap<Key, Option<Arc<Compiled>>>>> =
    LazyLock::new(Mutex::default);

/// The schema file of a kind.
pub(super) fn document(kind: usize) -> Option<Arc<Document>> {
    let mut documents = DOCUMENTS.lock().unwrap_or_else(PoisonError::into_inner);
    let document = documents
        .entry(kind)
        .or_insert_with(|| Document::read(KINDS.get(kind)?.text).map(Arc::new));
    document.clone()
}

/// The schema of a version of a kind's API in a release; `None` where there is none.
pub(super) fn compiled(
    kind: usize,
    document: &Document,
    api_version: &str,
    release: OperatorVersion,
) -> Option<Arc<Compiled>> {
    let mut known = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    let key = (kind, api_version.to_owned(), release);
    let compiled = known
        .entry(key)
        .or_insert_with(|| compile(document, api_version, release).map(Arc::new));
    compiled.clone()
}

fn compile(document: &Document, api_version: &str, release: OperatorVersion) -> Option<Compiled> {
    let definitions = document.at(release);
    definitions.get(api_version)?;
    let schema = json!({
        "$ref": format!("#/$defs/{api_version}"),
        "$defs": definitions,
    });
    // Kubernetes matches patterns with RE2, whose syntax is that of the `regex` crate.
    let options = jsonschema::options()
        .with_draft(Draft::Draft202012)
        .with_pattern_options(PatternOptions::regex());
    let validator = options.build(&schema).ok()?;
    Some(Compiled {
        definitions,
        validator,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_schema_of_every_release_compiles() {
        for (kind, described) in KINDS.iter().enumerate() {
            let document = document(kind).unwrap();
            let title = document.whole["title"].as_str().unwrap();
            assert_eq!(title, format!("{}.{}", described.kind, described.group));
            let versions = document.whole["$defs"].as_object().unwrap().keys();
            let versions: Vec<&String> = versions
                .filter(|name| name.starts_with('v') && name[1..].starts_with(char::is_numeric))
                .collect();
            assert!(!versions.is_empty(), "{title}");
            let newest = [document.newest()];
            let releases = match document.releases() {
                [] => &newest,
                releases => releases,
            };
            // The first and the last of each line: each differs from its neighbours.
            for version in versions {
                for release in releases.iter().step_by(4).chain(&newest) {
                    assert!(
                        compile(&document, version, *release).is_some(),
                        "{title} {version} {release}"
                    );
                }
            }
        }
    }
}
