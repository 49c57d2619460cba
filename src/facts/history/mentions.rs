//! The server names that one YAML text speaks of.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::cluster::BARMAN_PLUGIN;
use crate::model::lineage::ServerName;
use crate::model::object::CNPG_GROUP;
use crate::text::FileId;
use crate::yaml::{Document, Entry, Kind, Locator, Node, comments, expand, parse};

/// Patches within patches are looked into this deep.
const MOST_LEVELS: usize = 3;

/// The longest text that is read for its `ConfigMap` alone, in bytes: variables stand in small ones.
const LONGEST_CONFIG_MAP: usize = 64 * 1024;

/// So many names of a text are looked for in its comments, so that no text takes long.
const MOST_STEMS: usize = 200;

/// What a name is there for. The order is that of importance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// A Cluster archives under it.
    Write,
    /// An external cluster is read under it.
    Read,
    /// It is in force because none is written: the Cluster's own name, or that of the external cluster.
    Default,
    /// A `serverName` elsewhere: values of a chart, a patch whose target cannot be told.
    Other,
    /// The value of a variable.
    Variable,
    /// Somebody wrote it into a comment.
    Comment,
}

/// One server name in one text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mention {
    /// The name; with variables in it where it has some.
    pub name: ServerName,
    /// What it is there for.
    pub role: Role,
    /// `metadata.name` of the Cluster around it.
    pub cluster: Option<String>,
    /// `barmanObjectName` or `destinationPath` beside it.
    pub store: Option<String>,
    /// The variable it is the value of.
    pub variable: Option<String>,
}

impl Mention {
    fn new(name: &str, role: Role) -> Self {
        Self {
            name: ServerName::new(name),
            role,
            cluster: None,
            store: None,
            variable: None,
        }
    }

    /// The role once it is known what server names are made of: the value of a variable has that of the names it
    /// goes into, and none where it goes into no name.
    pub(super) fn role_given(&self, substituted: &BTreeMap<String, Role>) -> Option<Role> {
        match &self.variable {
            None => Some(self.role),
            Some(variable) => substituted.get(variable).copied(),
        }
    }
}

/// Whether a text can hold a server name: a look that costs far less than reading it.
pub fn may_mention(text: &str) -> bool {
    text.contains("serverName")
        || text.contains("barmanObject")
        || text.contains("postBuild")
        || (text.len() <= LONGEST_CONFIG_MAP && text.contains("kind: ConfigMap"))
}

/// The names of a text, each once, in order. A text that is no YAML is searched line by line.
pub fn mentions(text: &str) -> Vec<Mention> {
    let file = FileId(0);
    let mut found = BTreeSet::new();
    match parse(text, &Locator::File(file)) {
        Ok(documents) => {
            for document in &documents {
                of_document(document, 0, &mut found);
            }
            let written = comments(text, file, &documents);
            let written = written.iter().map(|comment| comment.text.as_str());
            of_comments(written, &mut found);
        }
        Err(_) => found
            .extend(text.lines().filter_map(|line| {
                named_in_line(line).map(|name| Mention::new(name, Role::Other))
            })),
    }
    found.into_iter().collect()
}

/// The variables of a text in which Flux substitutes: `${NAME}`, `${NAME:=default}`.
pub fn variables(text: &str) -> impl Iterator<Item = &str> {
    text.split("${").skip(1).filter_map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_')?;
        rest.get(..end).filter(|name| !name.is_empty())
    })
}

fn of_document(document: &Document, level: usize, found: &mut BTreeSet<Mention>) {
    let Ok(root) = expand(document) else { return };
    let group = root
        .get("apiVersion")
        .and_then(Node::text)
        .and_then(|version| version.split('/').next());
    let kind = root.get("kind").and_then(Node::text);
    let name = root.at(&["metadata", "name"]).and_then(Node::text);
    let cluster = name.filter(|_| group == Some(CNPG_GROUP) && kind == Some("Cluster"));
    let mut walk = Walk {
        cluster,
        level,
        found,
    };
    walk.node(&root, Role::Other);
    if let Some(cluster) = cluster {
        defaults(&root, cluster, found);
    }
    match (group, kind) {
        (Some("kustomize.toolkit.fluxcd.io"), Some("Kustomization")) => {
            values(
                root.at(&["spec", "postBuild", "substitute"]),
                |_| true,
                found,
            );
        }
        (Some("v1"), Some("ConfigMap")) => {
            let constant = |key: &str| {
                key.bytes()
                    .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
            };
            values(root.get("data"), constant, found);
        }
        _ => {}
    }
}

/// Looks for `serverName` below a node.
struct Walk<'w> {
    cluster: Option<&'w str>,
    level: usize,
    found: &'w mut BTreeSet<Mention>,
}

impl Walk<'_> {
    fn node(&mut self, node: &Node, side: Role) {
        match &node.kind {
            Kind::Scalar(scalar) => self.embedded(&scalar.text),
            Kind::Sequence(items) => items.iter().for_each(|item| self.node(item, side)),
            Kind::Mapping(entries) => {
                self.operation(node);
                for entry in entries {
                    self.entry(node, entry, side);
                }
            }
            Kind::Alias(_) => {}
        }
    }

    fn entry(&mut self, around: &Node, entry: &Entry, side: Role) {
        let key = entry.key.text().unwrap_or_default();
        if key == "serverName" {
            if let Some(name) = entry.value.text().filter(|name| !name.is_empty()) {
                let store = ["barmanObjectName", "destinationPath"]
                    .into_iter()
                    .find_map(|key| around.get(key).and_then(Node::text));
                self.add(name, side, store);
            }
            return;
        }
        let side = match key {
            "plugins" | "backup" if side == Role::Other => Role::Write,
            "externalClusters" if side == Role::Other => Role::Read,
            _ => side,
        };
        self.node(&entry.value, side);
    }

    /// A JSON 6902 operation that sets a server name.
    fn operation(&mut self, node: &Node) {
        let text = |key| node.get(key).and_then(Node::text);
        if let (Some(path), Some(name)) = (text("path"), text("value"))
            && path.ends_with("/serverName")
            && !name.is_empty()
        {
            let side = if path.starts_with("/spec/externalClusters/") {
                Role::Read
            } else if path.starts_with("/spec/plugins/") || path.starts_with("/spec/backup/") {
                Role::Write
            } else {
                Role::Other
            };
            self.add(name, side, None);
        }
    }

    /// A manifest or patch that is written within a string.
    fn embedded(&mut self, text: &str) {
        if self.level < MOST_LEVELS
            && text.contains("serverName")
            && text.contains(':')
            && let Ok(documents) = parse(text, &Locator::File(FileId(0)))
        {
            for document in &documents {
                of_document(document, self.level + 1, self.found);
            }
        }
    }

    fn add(&mut self, name: &str, role: Role, store: Option<&str>) {
        self.found.insert(Mention {
            cluster: self.cluster.map(str::to_owned),
            store: store.map(str::to_owned),
            ..Mention::new(name, role)
        });
        // `${NAME:=default}` alone is the default where nobody sets the variable.
        let default = name
            .strip_prefix("${")
            .and_then(|rest| rest.strip_suffix('}'))
            .and_then(|inner| inner.split_once(":="));
        if let Some((_, default)) = default.filter(|(_, default)| !default.contains("${")) {
            self.add(default, role, store);
        }
    }
}

/// The names that are in force because a Cluster says none.
fn defaults(root: &Node, cluster: &str, found: &mut BTreeSet<Mention>) {
    let list = |key| root.at(&["spec", key]).and_then(Node::as_sequence);
    let mut add = |name: &str, store: &Node| {
        found.insert(Mention {
            cluster: Some(cluster.to_owned()),
            store: store.text().map(str::to_owned),
            ..Mention::new(name, Role::Default)
        });
    };
    let externals = list("externalClusters").unwrap_or(&[]);
    let plugins = list("plugins").unwrap_or(&[]).iter();
    for plugin in plugins.chain(externals.iter().filter_map(|entry| entry.get("plugin"))) {
        let is_barman = plugin.get("name").and_then(Node::text) == Some(BARMAN_PLUGIN);
        if is_barman
            && plugin.at(&["parameters", "serverName"]).is_none()
            && let Some(store) = plugin.at(&["parameters", "barmanObjectName"])
        {
            add(cluster, store);
        }
    }
    let own = root.at(&["spec", "backup", "barmanObjectStore"]);
    let theirs = externals
        .iter()
        .filter_map(|entry| Some((entry.get("name")?.text()?, entry.get("barmanObjectStore")?)));
    for (name, store) in own.map(|store| (cluster, store)).into_iter().chain(theirs) {
        if store.get("serverName").is_none()
            && let Some(destination) = store.get("destinationPath")
        {
            add(name, destination);
        }
    }
}

/// The values of variables, of those that `wanted` names.
fn values(map: Option<&Node>, wanted: impl Fn(&str) -> bool, found: &mut BTreeSet<Mention>) {
    for entry in map.and_then(Node::as_mapping).unwrap_or(&[]) {
        if let (Some(variable), Some(value)) = (entry.key.text(), entry.value.text())
            && wanted(variable)
            && !value.is_empty()
            && value.len() <= 253
            && !value.contains(char::is_whitespace)
        {
            found.insert(Mention {
                variable: Some(variable.to_owned()),
                ..Mention::new(value, Role::Variable)
            });
        }
    }
}

/// Whether a word of a comment says that what follows is still to come. `nextcloud` is a name like any other.
pub fn announces(word: &str) -> bool {
    word.trim_matches(['.', '-', '_'])
        .eq_ignore_ascii_case("next")
}

/// Names that people keep in comments: those that differ from a name of the text in the counter alone, `v8` for
/// short where the text counts with a `v`, and values that are commented out.
fn of_comments<'t>(comments: impl Iterator<Item = &'t str>, found: &mut BTreeSet<Mention>) {
    let known: Vec<(String, Option<String>)> = found
        .iter()
        .take(MOST_STEMS)
        .map(|mention| {
            let stem = mention.name.counted_stem().map(str::to_owned);
            (mention.name.as_str().to_owned(), stem)
        })
        .collect();
    let mut add = |name: &str| {
        let is_new = !found.iter().any(|mention| mention.name.as_str() == name);
        if is_new {
            found.insert(Mention::new(name, Role::Comment));
        }
    };
    for comment in comments {
        if let Some(name) = named_in_line(comment) {
            add(name);
        }
        let is_inside = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
        for word in comment.split(|c: char| !is_inside(c)) {
            // `next time it will be db-v5` speaks of a name that nobody used yet.
            if announces(word) {
                break;
            }
            let word = word.trim_matches(['.', '-', '_']);
            for (name, stem) in &known {
                if let Some(meant) = meant_by(word, name, stem.as_deref()) {
                    add(&meant);
                }
            }
        }
    }
}

/// The name that a word of a comment stands for, beside a name of the same text.
fn meant_by(word: &str, name: &str, stem: Option<&str>) -> Option<String> {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    match stem {
        Some(stem) => {
            if word.strip_prefix(stem).is_some_and(is_number) {
                return Some(word.to_owned());
            }
            let counts_with_v = stem.ends_with("-v") || stem.ends_with("_v");
            let number = word.strip_prefix('v').filter(|rest| is_number(rest))?;
            counts_with_v.then(|| format!("{stem}{number}"))
        }
        None => {
            let rest = word.strip_prefix(name)?;
            let counted =
                rest.starts_with(['-', '_']) && ServerName::new(word).counted_stem().is_some();
            counted.then(|| word.to_owned())
        }
    }
}

/// The literal value of `serverName:` in a line; no alias, no template.
fn named_in_line(line: &str) -> Option<&str> {
    let (before, rest) = line.split_once("serverName:")?;
    if before.ends_with(|c: char| c.is_alphanumeric()) {
        return None;
    }
    let mut words = rest.split_whitespace();
    let first = words.next()?;
    let value = if first.starts_with('&') {
        words.next()?
    } else {
        first
    };
    let value = value.trim_matches(['"', '\'', ',', '}', ']']);
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    (!value.is_empty() && value.chars().all(is_name)).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        let mentions = mentions(text).into_iter();
        let mut lines: Vec<String> = mentions
            .map(|found| {
                let cluster = found.cluster.unwrap_or_default();
                let store = found.store.unwrap_or_default();
                format!("{:?} {} {cluster} {store}", found.role, found.name)
            })
            .map(|line| line.trim_end().to_owned())
            .collect();
        lines.sort();
        lines
    }

    const CLUSTER: &str = "\
apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata: { name: postgres16 }
spec:
  plugins:
    - name: barman-cloud.cloudnative-pg.io
      parameters: &store
        barmanObjectName: garage
        serverName: &current postgres16-v6
        # v4 abandoned, see `postgres16-v5`. Next time it will be postgres16-v7!
        # PostgreSQL v16; serverName: older
  externalClusters:
    - name: &previous postgres16-v4
      plugin:
        name: barman-cloud.cloudnative-pg.io
        parameters: { <<: *store, serverName: *previous }
";

    #[test]
    fn names_are_found_on_both_sides_and_in_comments() {
        assert_eq!(
            shown(CLUSTER),
            [
                "Comment older",
                "Comment postgres16-v16",
                "Comment postgres16-v5",
                "Read postgres16-v4 postgres16 garage",
                "Write postgres16-v6 postgres16 garage",
            ]
        );
    }

    #[test]
    fn a_cluster_that_says_none_writes_under_its_own_name() {
        let text = "\
apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata: { name: db }
spec:
  backup: { barmanObjectStore: { destinationPath: s3://b/ } }
  externalClusters:
    - name: old
      barmanObjectStore: { destinationPath: s3://b/ }
    - name: older
      plugin: { name: barman-cloud.cloudnative-pg.io, parameters: { barmanObjectName: x } }
";
        assert_eq!(
            shown(text),
            [
                "Default db db s3://b/",
                "Default db db x",
                "Default old db s3://b/"
            ]
        );
    }

    #[test]
    fn a_comment_that_announces_the_next_name_is_no_use_of_it() {
        let text = "\
spec:
  plugins:
    - name: barman-cloud.cloudnative-pg.io
      isWALArchiver: true
      parameters:
        barmanObjectName: store
        # db-v2 was lost; the next one is db-v4, then v5
        serverName: db-v3 # next time: db-v4
";
        let found = mentions(text);
        let names: Vec<&str> = found.iter().map(|found| found.name.as_str()).collect();
        assert_eq!(names, ["db-v2", "db-v3"]);
    }

    #[test]
    fn a_database_whose_own_name_begins_with_next_has_a_past() {
        let text = "\
spec:
  plugins:
    - name: barman-cloud.cloudnative-pg.io
      isWALArchiver: true
      parameters:
        barmanObjectName: store
        # nextcloud: nextcloud-db-v2 was lost, nextcloud-db-v4 was a try
        serverName: nextcloud-db-v3
";
        let found = mentions(text);
        let names: Vec<&str> = found.iter().map(|found| found.name.as_str()).collect();
        assert_eq!(
            names,
            ["nextcloud-db-v2", "nextcloud-db-v3", "nextcloud-db-v4"]
        );
    }

    #[test]
    fn values_of_variables_are_kept_with_the_variable() {
        let text = "\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: { name: db }
spec:
  postBuild:
    substitute:
      # db-20260101 was lost
      CURRENT: db-20260719
      NOTE: two words
---
apiVersion: v1
kind: ConfigMap
data: { PREVIOUS: db-20260501, config.json: '{}' }
";
        let found = mentions(text);
        let pairs: Vec<_> = found
            .iter()
            .map(|found| (found.variable.as_deref(), found.name.as_str()))
            .collect();
        assert_eq!(
            pairs,
            [
                (None, "db-20260101"),
                (Some("PREVIOUS"), "db-20260501"),
                (Some("CURRENT"), "db-20260719"),
            ]
        );
    }

    #[test]
    fn variables_and_their_defaults_are_names() {
        let text = "spec: { plugins: [{ parameters: { serverName: '${APP:=gitea-v3}' } }] }";
        assert_eq!(shown(text), ["Write ${APP:=gitea-v3}", "Write gitea-v3"]);
        let found: Vec<&str> = variables("${APP}-${GENERATION:=2}$(X)${").collect();
        assert_eq!(found, ["APP", "GENERATION"]);
    }

    #[test]
    fn patches_within_kustomizations_are_read() {
        let text = "\
patches:
  - target: { kind: Cluster }
    patch: |
      - op: replace
        path: /spec/externalClusters/0/plugin/parameters/serverName
        value: db-v3
      - { op: remove, path: /spec/plugins/0/parameters/serverName }
  - patch: |-
      apiVersion: postgresql.cnpg.io/v1
      kind: Cluster
      metadata: { name: db }
      spec: { backup: { barmanObjectStore: { serverName: db-v4 } } }
";
        assert_eq!(shown(text), ["Read db-v3", "Write db-v4 db"]);
    }

    #[test]
    fn what_is_no_yaml_is_searched_by_lines() {
        let text = "{{ if x }}\nserverName: &a \"db-v2\"\nserverName: {{ .name }}\nnoserverName: q\n{{ end }}\n";
        assert_eq!(shown(text), ["Other db-v2"]);
        assert!(may_mention(text) && !may_mention("kind: Deployment"));
    }
}
