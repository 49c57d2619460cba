//! Ignore rules for all applications: the ConfigMap `argocd-cm`, and what writes it.

use std::collections::BTreeMap;

use crate::gitops::argocd::config_map::{ConfigMap, inner};
use crate::project::Project;
use crate::text::Spanned;
use crate::yaml::Node;

use super::rule::{Entry, IgnoreRule};

/// What begins every key that customises resources.
const CUSTOMIZATIONS: &str = "resource.customizations";

/// Types that a key may name. Source: Argo CD `util/settings/settings.go`, `appendResourceOverridesFromSplitKeys`.
const TYPES: &[&str] = &[
    "health",
    "useOpenLibs",
    "actions",
    "ignoreDifferences",
    "ignoreResourceUpdates",
    "knownTypeFields",
];

/// The rules of the settings.
#[derive(Debug, Default)]
pub(super) struct Settings {
    pub(super) rules: Vec<IgnoreRule>,
    /// What keeps Argo CD from loading its settings, with the reason.
    pub(super) broken: Vec<Spanned<String>>,
}

impl Settings {
    /// Reads every place of a repository that makes `argocd-cm`.
    pub(super) fn of(project: &Project) -> Self {
        let mut all = Self::default();
        for map in ConfigMap::all(project) {
            let own = map.operator.as_deref().map(of_operator);
            all.config_map(project, &map.data, own.unwrap_or_default());
        }
        all
    }

    /// Reads the data of the ConfigMap. A key of its own replaces what the map of all keys says of a kind.
    fn config_map(
        &mut self,
        project: &Project,
        data: &Node,
        mut rules: BTreeMap<String, IgnoreRule>,
    ) {
        let entries = data.as_mapping().unwrap_or_default();
        let keyed = |key: &str| entries.iter().find(|entry| entry.key.text() == Some(key));
        if let Some(legacy) = keyed(CUSTOMIZATIONS)
            && let Err(reason) = legacy_rules(project, &legacy.value, &mut rules)
        {
            self.broken.push(Spanned::new(reason, legacy.key.span()));
        }
        for entry in entries {
            let key = entry.key.text().unwrap_or_default();
            let Some((kind, rest)) = split_key(key) else {
                continue;
            };
            match overridden(kind, rest) {
                Err(reason) => self.broken.push(Spanned::new(reason, entry.key.span())),
                Ok(_) if kind != "ignoreDifferences" => {}
                Ok(own) => match inner(project, &entry.value) {
                    Err(reason) => self.broken.push(Spanned::new(reason, entry.key.span())),
                    Ok(node) => {
                        let rule = IgnoreRule::of_settings(&own, entry.key.span(), &node);
                        rules.insert(own, rule);
                    }
                },
            }
        }
        self.rules.extend(
            rules
                .into_iter()
                .map(|(key, rule)| without_globbed_managers(&key, rule)),
        );
    }
}

/// The keys that the operator writes for `resourceIgnoreDifferences`; `extraConfig` is written over them.
fn of_operator(argocd: &Node) -> BTreeMap<String, IgnoreRule> {
    let mut own = BTreeMap::new();
    let ignored = argocd.at(&["spec", "resourceIgnoreDifferences"]);
    if let Some(all) = ignored.and_then(|ignored| ignored.entry("all")) {
        own.insert(
            "*/*".to_owned(),
            IgnoreRule::of_settings("*/*", all.key.span(), &all.value),
        );
    }
    let identifiers = ignored.and_then(|ignored| ignored.get("resourceIdentifiers"));
    for item in identifiers.and_then(Node::as_sequence).unwrap_or_default() {
        let text = |key| item.get(key).and_then(Node::text).unwrap_or_default();
        let key = format!("{}/{}", text("group"), text("kind"));
        if let Some(customization) = item.get("customization") {
            let place = item.get("kind").map_or(item.span(), Node::span);
            own.insert(
                key.clone(),
                IgnoreRule::of_settings(&key, place, customization),
            );
        }
    }
    own
}

/// Managers of the settings are looked up by the exact kind or for all kinds. Source: Argo CD `util/argo/diff/ignore.go`.
fn without_globbed_managers(key: &str, mut rule: IgnoreRule) -> IgnoreRule {
    if key != "*/*" && key.contains(['*', '?', '[', '{']) {
        rule.entries
            .retain(|entry| !matches!(entry, Entry::Manager(_)));
    }
    rule
}

/// `resource.customizations.TYPE.GROUP_KIND`: type and the rest.
fn split_key(key: &str) -> Option<(&str, &str)> {
    key.strip_prefix(CUSTOMIZATIONS)?
        .strip_prefix('.')?
        .split_once('.')
}

/// The kind that a key is about, as `group/Kind`.
fn overridden(kind: &str, rest: &str) -> Result<String, String> {
    if !TYPES.contains(&kind) {
        return Err(format!("`{kind}` is no type of customization"));
    }
    let parts: Vec<&str> = rest.split('_').collect();
    match parts.as_slice() {
        ["all"] => Ok("*/*".to_owned()),
        [kind] if !kind.is_empty() => Ok((*kind).to_owned()),
        [group, kind] => Ok(format!("{group}/{kind}")),
        _ => Err(format!(
            "`{rest}` is not `GROUP_KIND`: it has more than one `_`"
        )),
    }
}

/// `resource.customizations`: kinds, each with YAML in a string.
fn legacy_rules(
    project: &Project,
    value: &Node,
    rules: &mut BTreeMap<String, IgnoreRule>,
) -> Result<(), String> {
    let map = inner(project, value)?;
    for entry in map.as_mapping().unwrap_or_default() {
        let key = entry.key.text().unwrap_or_default();
        let Some(ignored) = entry.value.get("ignoreDifferences") else {
            continue;
        };
        if ignored.as_scalar().is_none() {
            return Err(format!(
                "`ignoreDifferences` of `{key}` is a map; it has to be a string that holds YAML"
            ));
        }
        let node = inner(project, ignored)?;
        rules.insert(
            key.to_owned(),
            IgnoreRule::of_settings(key, entry.key.span(), &node),
        );
    }
    Ok(())
}
