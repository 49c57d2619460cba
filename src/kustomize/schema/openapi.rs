//! OpenAPI documents of the user's own (`openapi.path`).

use std::collections::BTreeMap;

use crate::yaml::Node;

use super::{FieldRule, Schema, TypeRef, TypeRules};

/// The rules of a document; what is not about merging is ignored.
pub(super) fn read(document: &Node) -> Schema {
    let mut reader = OpenApi {
        definitions: document.get("definitions"),
        known: BTreeMap::new(),
        schema: Schema::default(),
    };
    reader.read_kinds();
    reader.schema
}

/// Reads an OpenAPI document; definitions may refer to themselves, so each gets its number before its fields.
struct OpenApi<'d> {
    definitions: Option<&'d Node>,
    known: BTreeMap<&'d str, TypeRef>,
    schema: Schema,
}

impl<'d> OpenApi<'d> {
    fn read_kinds(&mut self) {
        let definitions = self.definitions.and_then(Node::as_mapping);
        for entry in definitions.into_iter().flatten() {
            let kinds = entry.value.get("x-kubernetes-group-version-kind");
            let Some(kinds) = kinds.and_then(Node::as_sequence) else {
                continue;
            };
            let Some(number) = entry.key.text().and_then(|name| self.definition(name)) else {
                continue;
            };
            for gvk in kinds {
                let part = |name| gvk.get(name).and_then(Node::text).unwrap_or("");
                let api_version = match part("group") {
                    "" => part("version").to_owned(),
                    group => format!("{group}/{}", part("version")),
                };
                let of_version = self.schema.kinds.entry(api_version).or_default();
                of_version.insert(part("kind").to_owned(), number);
            }
        }
    }

    fn definition(&mut self, name: &'d str) -> Option<TypeRef> {
        if let Some(known) = self.known.get(name) {
            return Some(*known);
        }
        let node = self.definitions?.get(name)?;
        Some(self.add(node, Some(name)))
    }

    fn add(&mut self, node: &'d Node, name: Option<&'d str>) -> TypeRef {
        let number = TypeRef(u32::try_from(self.schema.types.len()).unwrap_or(u32::MAX));
        self.schema.types.push(TypeRules::default());
        if let Some(name) = name {
            self.known.insert(name, number);
        }
        let properties = node.get("properties").and_then(Node::as_mapping);
        let mut rules = TypeRules::default();
        for property in properties.into_iter().flatten() {
            if let (Some(name), Some(rule)) = (property.key.text(), self.rule(&property.value)) {
                rules.fields.insert(name.to_owned(), rule);
            }
        }
        let others = node.get("additionalProperties");
        rules.others = others
            .filter(|others| others.as_mapping().is_some())
            .and_then(|others| self.rule(others));
        self.schema.types[number.0 as usize] = rules;
        number
    }

    /// The node that a chain of `$ref` ends at, and its name if it is a definition. Circles end at `None`.
    fn resolve(&self, node: &'d Node) -> Option<(&'d Node, Option<&'d str>)> {
        let mut found = (node, None);
        for _ in 0..64 {
            let Some(reference) = found.0.get("$ref").and_then(Node::text) else {
                return Some(found);
            };
            let name = reference.strip_prefix("#/definitions/")?;
            found = (self.definitions?.get(name)?, Some(name));
        }
        None
    }

    fn type_of(&mut self, node: &'d Node) -> Option<TypeRef> {
        match self.resolve(node)? {
            (_, Some(name)) => self.definition(name),
            (node, None) => Some(self.add(node, None)),
        }
    }

    fn rule(&mut self, property: &'d Node) -> Option<FieldRule> {
        let (resolved, _) = self.resolve(property)?;
        let strategy = resolved
            .get("x-kubernetes-patch-strategy")
            .and_then(Node::text);
        let merges = strategy.is_some_and(|words| words.split(',').any(|word| word == "merge"));
        if !merges {
            return self.type_of(property).map(FieldRule::Child);
        }
        let keys = match resolved.get("x-kubernetes-list-map-keys") {
            Some(keys) => keys.as_sequence().unwrap_or_default().iter().collect(),
            None => Vec::from_iter(resolved.get("x-kubernetes-patch-merge-key")),
        };
        let keys: Vec<String> = keys
            .into_iter()
            .filter_map(|key| key.text().map(str::to_owned))
            .collect();
        if keys.is_empty() {
            return Some(FieldRule::MergeSet);
        }
        let is_array = resolved.get("type").and_then(Node::text) == Some("array");
        let items = resolved.get("items").filter(|_| is_array);
        let items = items.and_then(|items| self.type_of(items));
        Some(FieldRule::Merge { keys, items })
    }
}
