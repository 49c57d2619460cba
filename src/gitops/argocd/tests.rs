use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::*;
use crate::project::{Input, Project, load};
use crate::text::{EntryKind, FileTree, ReadError};

/// Files below `/repo`; those whose names end in something else than YAML are not listed, as on disk.
struct Memory(BTreeMap<PathBuf, String>);

impl FileTree for Memory {
    fn read(&self, path: &Path) -> Result<Arc<str>, ReadError> {
        let text = self.0.get(path).ok_or(ReadError::Missing)?;
        Ok(Arc::from(text.as_str()))
    }

    fn kind(&self, path: &Path) -> Option<EntryKind> {
        if self.0.contains_key(path) {
            return Some(EntryKind::File);
        }
        let holds_file = self.0.keys().any(|file| file.starts_with(path));
        holds_file.then_some(EntryKind::Directory)
    }

    fn canonical(&self, path: &Path) -> Result<PathBuf, ReadError> {
        let known = self.kind(path).map(|_| path.to_path_buf());
        known.ok_or(ReadError::Missing)
    }
}

const CLUSTER: &str = "apiVersion: postgresql.cnpg.io/v1\nkind: Cluster\nmetadata: {name: db}\nspec: {instances: 1}\n";

fn resolved(files: &[(&str, &str)]) -> (Project, Applications) {
    let place = |(path, text): &(&str, &str)| (Path::new("/repo").join(path), (*text).to_owned());
    let tree = Memory(files.iter().map(place).collect());
    let is_listed = |path: &&PathBuf| {
        let name = path.to_string_lossy();
        name.ends_with(".yaml") && !name.contains("/.")
    };
    let listed: Vec<PathBuf> = tree.0.keys().filter(is_listed).cloned().collect();
    let project = load(&tree, Path::new("/repo"), &Input::Files(&listed));
    let applications = Applications::of(&project, &tree);
    (project, applications)
}

/// `application: namespace/cluster` for each Cluster that is applied, then what is unknown.
fn applied(files: &[(&str, &str)]) -> Vec<String> {
    let (_, all) = resolved(files);
    let mut lines = Vec::new();
    for application in &all.list {
        let mark = if application.certainty == Certainty::Certain {
            ""
        } else {
            "?"
        };
        for applied in &application.applies {
            let namespace = applied.namespace.as_deref().unwrap_or("-");
            let name = applied.rendered.name();
            lines.push(format!("{}{mark}: {namespace}/{name}", application.name()));
        }
        lines.extend(
            application
                .unknown
                .iter()
                .map(|unknown| unknown.reason.clone()),
        );
    }
    lines.extend(all.unknown.iter().map(|unknown| unknown.reason.clone()));
    lines
}

fn application(source: &str) -> String {
    format!(
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: a, namespace: argocd}}\nspec:\n  source: {source}\n  destination: {{namespace: ns}}\n"
    )
}

fn of_source(source: &str, more: &[(&str, &str)]) -> Vec<String> {
    let text = application(source);
    let mut files = vec![("apps/a.yaml", text.as_str()), ("db/c.yaml", CLUSTER)];
    files.extend(more);
    applied(&files)
}

fn of_set(spec: &str, more: &[(&str, &str)]) -> Vec<String> {
    let text = format!(
        "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {{name: s, namespace: argocd}}\nspec: {spec}\n"
    );
    let mut files = vec![("sets/s.yaml", text.as_str())];
    files.extend(more);
    applied(&files)
}

#[test]
fn a_plain_directory_takes_what_its_options_say() {
    let below = ("db/more/d.yaml", CLUSTER.replace("name: db", "name: below"));
    let more = [(below.0, below.1.as_str())];
    assert_eq!(of_source("{path: db}", &more), ["a: ns/db"]);
    assert_eq!(
        of_source("{path: ./db/, directory: {recurse: true}}", &more),
        ["a: ns/db", "a: ns/below"]
    );
    let excluded = "{path: db, directory: {recurse: true, exclude: 'more/*'}}";
    assert_eq!(of_source(excluded, &more), ["a: ns/db"]);
    let included = "{path: db, directory: {recurse: true, include: '{more/d,x}.yaml'}}";
    assert_eq!(of_source(included, &more), ["a: ns/below"]);
}

#[test]
fn overrides_of_a_source_change_what_is_rendered() {
    let kustomization = [(
        "db/kustomization.yaml",
        "resources: [c.yaml]\nnamePrefix: x-\n",
    )];
    assert_eq!(of_source("{path: db}", &kustomization), ["a: ns/x-db"]);
    let prefixed = "{path: db, kustomize: {namePrefix: y-, nameSuffix: -z, namespace: own}}";
    assert_eq!(of_source(prefixed, &kustomization), ["a: own/y-db-z"]);
    let patched = "{path: db, kustomize: {patches: [{target: {kind: Cluster}, patch: '- {op: replace, path: /metadata/name, value: p}'}]}}";
    assert_eq!(of_source(patched, &kustomization), ["a: ns/x-p"]);
    let beside = [
        kustomization[0],
        (
            "db/.argocd-source.yaml",
            "kustomize: {namePrefix: all-}\npath: other\n",
        ),
        (
            "db/.argocd-source-a.yaml",
            "kustomize: {nameSuffix: -one}\n",
        ),
        (
            "db/.argocd-source-b.yaml",
            "kustomize: {nameSuffix: -two}\n",
        ),
    ];
    assert_eq!(of_source("{path: db}", &beside), ["a: ns/all-db-one"]);
}

#[test]
fn a_directory_that_another_one_includes_is_built_by_itself() {
    let more = [
        ("db/kustomization.yaml", "resources: [c.yaml]\n"),
        (
            "top/kustomization.yaml",
            "resources: [../db]\nnamePrefix: top-\n",
        ),
    ];
    assert_eq!(of_source("{path: db}", &more), ["a: ns/db"]);
    assert_eq!(of_source("{path: top}", &more), ["a: ns/top-db"]);
}

#[test]
fn what_cannot_be_rendered_is_said() {
    assert_eq!(
        of_source("{chart: pg, repoURL: https://charts.example.org}", &[]),
        ["charts of a Helm repository cannot be rendered here"]
    );
    assert_eq!(
        of_source("{path: db}", &[("db/Chart.yaml", "name: x\n")]),
        ["Helm charts cannot be rendered here"]
    );
    assert_eq!(
        of_source("{path: gone}", &[]),
        ["the path `gone` is not in this repository"]
    );
    assert_eq!(
        of_source("{path: /db}", &[]),
        ["Argo CD refuses the absolute path `/db`"]
    );
    assert_eq!(
        of_source("{path: db, plugin: {name: x}}", &[]),
        ["only the controller knows what a plugin renders"]
    );
    assert_eq!(
        of_source("{path: db, targetRevision: v1.2.0}", &[]),
        ["the revision `v1.2.0` may differ from what is checked out"]
    );
}

#[test]
fn several_sources_are_one_application() {
    let text = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a}\nspec:\n  sources:\n  - {repoURL: x, ref: values}\n  - {path: db}\n  - {path: other}\n";
    let other = CLUSTER.replace("{name: db}", "{name: o, namespace: own}");
    let files = [
        ("apps/a.yaml", text),
        ("db/c.yaml", CLUSTER),
        ("other/c.yaml", &other),
    ];
    assert_eq!(applied(&files), ["a: -/db", "a: own/o"]);
}

const TEMPLATE: &str = "template: {metadata: {name: '{{path.basename}}'}, spec: {source: {path: '{{path}}'}, destination: {namespace: '{{path[0]}}'}}}";

#[test]
fn git_directories_are_matched_name_by_name() {
    let files = [
        ("db/one/c.yaml", CLUSTER),
        ("db/two/c.yaml", CLUSTER),
        ("db/two/deep/c.yaml", CLUSTER),
    ];
    let git = |directories: &str| {
        format!("{{generators: [{{git: {{directories: {directories}}}}}], {TEMPLATE}}}")
    };
    assert_eq!(
        of_set(&git("[{path: db/*}]"), &files),
        ["one: db/db", "two: db/db"]
    );
    assert_eq!(
        of_set(
            &git("[{path: db/*}, {path: '*/two', exclude: true}]"),
            &files
        ),
        ["one: db/db"]
    );
    assert_eq!(
        of_set(&git("[{path: nowhere/*}]"), &files),
        ["nothing in this repository matches the generator `git`"]
    );
}

#[test]
fn git_files_give_their_content() {
    let template = "template: {metadata: {name: '{{ .name }}-{{ .path.basename }}'}, spec: {source: {path: '{{ .path.path }}'}, destination: {namespace: '{{ .values.ns }}'}}}";
    let set = |files: &str| {
        format!(
            "{{goTemplate: true, generators: [{{git: {{files: {files}, values: {{ns: '{{{{ .team.name | default \"none\" }}}}'}}}}}}], {template}}}"
        )
    };
    let files = [
        ("db/one/c.yaml", CLUSTER),
        (
            "db/one/config.json",
            "{\"name\": \"j\", \"team\": {\"name\": \"t\"}}",
        ),
        ("db/two/c.yaml", CLUSTER),
        (
            "db/two/config.yaml",
            "- {name: a, team: {}}\n- {name: b, team: {name: x}}\n",
        ),
    ];
    assert_eq!(
        of_set(&set("[{path: db/one/config.json}]"), &files),
        ["j-one: t/db"]
    );
    assert_eq!(
        of_set(&set("[{path: 'db/*config.yaml'}]"), &files),
        ["a-two: none/db", "b-two: x/db"]
    );
}

#[test]
fn a_matrix_fills_the_second_generator_in_from_the_first() {
    let set = "{goTemplate: true, goTemplateOptions: ['missingkey=error'], generators: [{matrix: {generators: [{list: {elements: [{stage: live, only: one}]}}, {git: {directories: [{path: '{{ .stage }}/{{ .only }}'}]}}]}}], template: {metadata: {name: '{{ .stage }}-{{ .path.basename }}'}, spec: {source: {path: '{{ .path.path }}'}}}}";
    let files = [("live/one/c.yaml", CLUSTER), ("live/two/c.yaml", CLUSTER)];
    assert_eq!(of_set(set, &files), ["live-one: -/db"]);
}

#[test]
fn a_merge_lays_the_others_over_the_first() {
    let set = "{generators: [{merge: {mergeKeys: [name], generators: [{list: {elements: [{name: a, ns: one}, {name: b, ns: one}]}}, {list: {elements: [{name: b, ns: two}, {name: c, ns: three}]}}]}}], template: {metadata: {name: '{{name}}'}, spec: {source: {path: db}, destination: {namespace: '{{ns}}'}}}}";
    assert_eq!(
        of_set(set, &[("db/c.yaml", CLUSTER)]),
        ["a: one/db", "b: two/db"]
    );
}

#[test]
fn selectors_look_at_all_parameters() {
    let set = "{generators: [{list: {elements: [{name: a, env: test}, {name: b, env: live}]}, selector: {matchExpressions: [{key: env, operator: NotIn, values: [test]}]}}], template: {metadata: {name: '{{name}}'}, spec: {source: {path: db}}}}";
    assert_eq!(of_set(set, &[("db/c.yaml", CLUSTER)]), ["b: -/db"]);
}

#[test]
fn what_only_the_controller_knows_is_possible_and_said_once() {
    let set = "{generators: [{clusters: {}}], template: {metadata: {name: '{{name}}-db'}, spec: {source: {path: db}, destination: {namespace: ns}}}}";
    let files = [("db/c.yaml", CLUSTER)];
    assert_eq!(of_set(set, &files), ["{{name}}-db?: ns/db"]);
    let plugin = set.replace("clusters: {}", "plugin: {configMapRef: {name: x}}");
    let reason = "only the controller knows what the generator `plugin` gives";
    assert_eq!(of_set(&plugin, &files), ["{{name}}-db?: ns/db", reason]);
    let unknown = set
        .replace("{{name}}-db", "{{ x }}")
        .replace("generators:", "goTemplate: true, generators:")
        .replace("{{ x }}", "{{ nosuch 1 }}")
        .replace("clusters: {}", "list: {elements: [{a: b}]}");
    assert_eq!(
        of_set(&unknown, &files),
        ["the template function `nosuch` is not known here"]
    );
}

#[test]
fn declared_clusters_are_known() {
    let set = "{generators: [{clusters: {selector: {matchLabels: {env: live}}}}], template: {metadata: {name: '{{nameNormalized}}-{{metadata.labels.env}}'}, spec: {source: {path: db}, destination: {server: '{{server}}', namespace: ns}}}}";
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: far, labels: {argocd.argoproj.io/secret-type: cluster, env: live}}\nstringData: {name: Far, server: 'https://far.example.org'}\n";
    let files = [("db/c.yaml", CLUSTER), ("clusters/far.yaml", secret)];
    assert_eq!(of_set(set, &files)[0], "far-live: ns/db");
}

#[test]
fn a_patch_is_merged_into_each_application_and_leaves_the_project() {
    let set = "{goTemplate: true, generators: [{list: {elements: [{name: a, ns: x}]}}], templatePatch: 'spec: {project: evil, destination: {namespace: \"{{ .ns }}\"}, syncPolicy: {syncOptions: [New=true]}}', template: {metadata: {name: '{{ .name }}'}, spec: {project: p, source: {path: db}, syncPolicy: {syncOptions: [Old=true]}}}}";
    let text = format!(
        "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {{name: s}}\nspec: {set}\n"
    );
    let (_, all) = resolved(&[("sets/s.yaml", &text), ("db/c.yaml", CLUSTER)]);
    let own = &all.list[0];
    assert_eq!(own.applies[0].namespace.as_deref(), Some("x"));
    let options: Vec<String> = own
        .sync_options()
        .into_iter()
        .map(|option| option.value)
        .collect();
    assert_eq!(options, ["New=true"]);
    assert_eq!(own.object.value(&["spec", "project"]).unwrap().value, "p");
    assert!(own.cascade().is_some(), "sets add the finalizer");
}

#[test]
fn each_cluster_knows_its_applications() {
    let text = application("{path: db}");
    let (project, all) = resolved(&[
        ("apps/a.yaml", &text),
        ("db/c.yaml", CLUSTER),
        ("by-hand/c.yaml", CLUSTER),
    ]);
    let names = |at: usize| {
        all.of_cluster(&project.clusters[at])
            .map(|(own, _)| own.name())
            .collect::<Vec<_>>()
    };
    let applied = project
        .clusters
        .iter()
        .position(|own| project.build_of(own).directory == "db")
        .unwrap();
    assert_eq!(names(applied), ["a"]);
    assert_eq!(names(1 - applied), [""; 0]);
}
