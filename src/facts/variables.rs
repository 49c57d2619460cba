//! The values that Flux substitutes, as far as the repository tells.

use std::collections::BTreeMap;

use crate::project::Project;
use crate::yaml::Node;

/// The values of each variable, with the files that give them.
#[derive(Debug, Default)]
pub struct Variables {
    values: BTreeMap<String, BTreeMap<String, Vec<String>>>,
}

impl Variables {
    /// Reads `spec.postBuild.substitute` of every Flux Kustomization, and the constants of every ConfigMap.
    pub fn of(project: &Project) -> Self {
        let mut variables = Self::default();
        for (file, parsed) in &project.parsed {
            let Ok(documents) = parsed.as_ref() else {
                continue;
            };
            for document in documents {
                let root = &document.root;
                let version = root.get("apiVersion").and_then(Node::text).unwrap_or("");
                let map = match root.get("kind").and_then(Node::text) {
                    Some("Kustomization") if version.starts_with("kustomize.toolkit.") => {
                        root.at(&["spec", "postBuild", "substitute"])
                    }
                    Some("ConfigMap") => root.get("data"),
                    _ => None,
                };
                let name = &project.sources.file(*file).name;
                for entry in map.and_then(Node::as_mapping).unwrap_or(&[]) {
                    if let (Some(variable), Some(value)) = (entry.key.text(), entry.value.text()) {
                        variables.add(variable, value, name);
                    }
                }
            }
        }
        variables
    }

    fn add(&mut self, variable: &str, value: &str, file: &str) {
        let values = self.values.entry(variable.to_owned()).or_default();
        let files = values.entry(value.to_owned()).or_default();
        files.push(file.to_owned());
    }

    /// The text with its variables replaced; `None` where one has no value here, or several.
    pub fn resolve(&self, text: &str) -> Option<String> {
        let mut resolved = String::new();
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once("${") {
            let (inner, after) = behind.split_once('}')?;
            let (name, default) = match inner.split_once(":=") {
                Some((name, default)) => (name, Some(default)),
                None => (inner, None),
            };
            let values = self.values.get(name);
            let mut values = values.into_iter().flat_map(BTreeMap::keys);
            let value = match (values.next(), values.next(), default) {
                (Some(value), None, _) => value.as_str(),
                (None, _, Some(default)) if !default.contains("${") => default,
                _ => return None,
            };
            resolved.push_str(before);
            resolved.push_str(value);
            rest = after;
        }
        resolved.push_str(rest);
        Some(resolved)
    }

    /// The files in which some variable has this value.
    pub fn files_with(&self, value: &str) -> impl Iterator<Item = &str> {
        let values = self.values.values();
        values
            .filter_map(move |values| values.get(value))
            .flatten()
            .map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_with_one_value_or_a_default_is_resolved() {
        let mut variables = Variables::default();
        variables.add("CURRENT", "db-v3", "a/ks.yaml");
        variables.add("CURRENT", "db-v3", "b/ks.yaml");
        variables.add("APP", "gitea", "a/ks.yaml");
        variables.add("APP", "forgejo", "b/ks.yaml");
        let resolve = |text: &str| variables.resolve(text);
        assert_eq!(resolve("plain").as_deref(), Some("plain"));
        assert_eq!(resolve("x-${CURRENT}-y").as_deref(), Some("x-db-v3-y"));
        assert_eq!(
            resolve("${NONE:=db}-${CURRENT:=q}").as_deref(),
            Some("db-db-v3")
        );
        for unknown in ["${APP}", "${APP:=x}", "${NONE}", "${OPEN", "${N:=${M}}"] {
            assert_eq!(resolve(unknown), None, "{unknown}");
        }
        let files: Vec<&str> = variables.files_with("db-v3").collect();
        assert_eq!(files, ["a/ks.yaml", "b/ks.yaml"]);
    }
}
