//! The kustomization file, typed, every value with its place.
//!
//! Source of the fields: kustomize `api/types/kustomization.go`. Reading is strict as there: an unknown field is an
//! error. Fields that walbound cannot build are read too, so that a repository with them can still be understood.

pub(super) mod configuration;
pub(super) mod copies;
mod fields;
pub(super) mod sections;

use std::path::{Path, PathBuf};

use crate::text::{EntryKind, FileId, FileTree, Span, Spanned};
use crate::yaml::{DocumentStore, Node, expand};

use super::error::{BuildError, ErrorKind};
use super::fieldspec::FieldSpec;
use super::image::ImageFields;
use super::replacement::FieldOptions;
use super::selector::TargetFields;

pub use fields::Pairs;
pub(super) use fields::{Fields, Reading};

/// The names a kustomization file may have, in the order in which they are looked for.
pub const FILE_NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// The kustomization files of a directory: none, one, or too many.
pub fn find(tree: &dyn FileTree, dir: &Path) -> Vec<PathBuf> {
    FILE_NAMES
        .iter()
        .map(|name| dir.join(name))
        .filter(|path| tree.kind(path) == Some(EntryKind::File))
        .collect()
}

/// One kustomization file.
#[derive(Debug, Clone)]
pub struct Kustomization {
    /// The file.
    pub file: FileId,
    /// Its path.
    pub path: PathBuf,
    /// Whether it is a `Component`.
    pub is_component: bool,
    /// `resources`, then `bases`.
    pub resources: Vec<Spanned<String>>,
    /// `components`.
    pub components: Vec<Spanned<String>>,
    /// `patches`.
    pub patches: Vec<PatchEntry>,
    /// `patchesStrategicMerge`: inline texts or paths.
    pub patches_strategic_merge: Vec<Spanned<String>>,
    /// `patchesJson6902`.
    pub patches_json6902: Vec<PatchEntry>,
    /// `namespace`.
    pub namespace: Option<Spanned<String>>,
    /// `namePrefix`.
    pub name_prefix: Option<Spanned<String>>,
    /// `nameSuffix`.
    pub name_suffix: Option<Spanned<String>>,
    /// `labels`.
    pub labels: Vec<LabelEntry>,
    /// `commonLabels`, by key.
    pub common_labels: Pairs,
    /// `commonAnnotations`, by key.
    pub common_annotations: Pairs,
    /// `images`, then `imageTags`.
    pub images: Vec<ImageFields>,
    /// `replicas`.
    pub replicas: Vec<ReplicaEntry>,
    /// `configMapGenerator`.
    pub config_maps: Vec<GeneratorEntry>,
    /// `secretGenerator`.
    pub secrets: Vec<GeneratorEntry>,
    /// `generatorOptions`.
    pub generator_options: Option<GeneratorOptions>,
    /// `replacements`.
    pub replacements: Vec<ReplacementEntry>,
    /// `vars`.
    pub vars: Vec<VarEntry>,
    /// `configurations`.
    pub configurations: Vec<Spanned<String>>,
    /// `crds`.
    pub crds: Vec<Spanned<String>>,
    /// `openapi`.
    pub openapi: Option<OpenApi>,
    /// `generators`.
    pub generators: Vec<Spanned<String>>,
    /// `transformers`.
    pub transformers: Vec<Spanned<String>>,
    /// `validators`.
    pub validators: Vec<Spanned<String>>,
    /// `buildMetadata`.
    pub build_metadata: Vec<Spanned<String>>,
    /// `sortOptions`.
    pub sort: Option<SortOptions>,
    /// The first Helm field with content.
    pub helm: Option<Spanned<&'static str>>,
    /// Deprecated fields in use, in the order in which the reference warns.
    pub deprecated: Vec<Spanned<&'static str>>,
}

/// An entry of `patches` or `patchesJson6902`.
#[derive(Debug, Clone)]
pub struct PatchEntry {
    /// The whole entry.
    pub span: Span,
    /// The patch file.
    pub path: Option<Spanned<String>>,
    /// The patch itself; the span is that of the scalar with its quotes or block header.
    pub patch: Option<Spanned<String>>,
    /// Which resources it changes.
    pub target: Option<TargetFields>,
    /// Whether a strategic merge may change `metadata.name`.
    pub allow_name_change: bool,
    /// Whether a strategic merge may change `kind`.
    pub allow_kind_change: bool,
}

/// An entry of `labels`.
#[derive(Debug, Clone)]
pub struct LabelEntry {
    /// The whole entry.
    pub span: Span,
    /// The labels, by key.
    pub pairs: Pairs,
    /// Whether selectors and templates get them too.
    pub include_selectors: bool,
    /// Whether templates get them too.
    pub include_templates: bool,
    /// More fields that get them.
    pub fields: Vec<FieldSpec>,
}

/// An entry of `replicas`.
#[derive(Debug, Clone)]
pub struct ReplicaEntry {
    /// The whole entry.
    pub span: Span,
    /// Current or previous name of the workload.
    pub name: Option<Spanned<String>>,
    /// The number of replicas.
    pub count: i64,
}

/// An entry of `configMapGenerator` or `secretGenerator`.
#[derive(Debug, Clone)]
pub struct GeneratorEntry {
    /// The whole entry.
    pub span: Span,
    /// `metadata.name` without hash.
    pub name: Option<Spanned<String>>,
    /// `metadata.namespace`.
    pub namespace: Option<Spanned<String>>,
    /// `create`, `merge` or `replace`.
    pub behavior: Option<Spanned<String>>,
    /// `key=value` entries.
    pub literals: Vec<Spanned<String>>,
    /// `path` or `key=path` entries.
    pub files: Vec<Spanned<String>>,
    /// Paths of env files (`envs`, then `env`).
    pub envs: Vec<Spanned<String>>,
    /// Options of this entry.
    pub options: Option<GeneratorOptions>,
    /// `type` of a Secret.
    pub of_type: Option<Spanned<String>>,
}

/// `generatorOptions`, or `options` of one generator.
#[derive(Debug, Clone, Default)]
pub struct GeneratorOptions {
    /// Labels of the object, by key.
    pub labels: Pairs,
    /// Annotations of the object, by key.
    pub annotations: Pairs,
    /// Whether the name gets no hash.
    pub disable_name_suffix_hash: bool,
    /// The place of `immutable: true`.
    pub immutable: Option<Span>,
}

/// An entry of `replacements`.
#[derive(Debug, Clone)]
pub struct ReplacementEntry {
    /// The whole entry.
    pub span: Span,
    /// A file with one replacement or a list of them.
    pub path: Option<Spanned<String>>,
    /// Where the value comes from.
    pub source: Option<ReplacementSource>,
    /// Where it goes; `None` when the field is absent.
    pub targets: Option<Vec<ReplacementTarget>>,
}

/// The source of a replacement.
#[derive(Debug, Clone)]
pub struct ReplacementSource {
    /// The whole map.
    pub span: Span,
    /// The resource, by exact values.
    pub select: ExactFields,
    /// The field; absent is `metadata.name`.
    pub field_path: Option<Spanned<String>>,
    /// Which part of it.
    pub options: FieldOptions,
}

/// A target of a replacement.
#[derive(Debug, Clone)]
pub struct ReplacementTarget {
    /// The whole map.
    pub span: Span,
    /// The resources, by exact values.
    pub select: Option<ExactFields>,
    /// Resources to leave out.
    pub reject: Vec<ExactFields>,
    /// The fields; empty is `metadata.name`.
    pub field_paths: Vec<Spanned<String>>,
    /// How to write.
    pub options: FieldOptions,
}

/// A selection by exact values, as replacements use it; absent accepts everything.
#[derive(Debug, Clone, Default)]
pub struct ExactFields {
    /// API group.
    pub group: Option<Spanned<String>>,
    /// API version.
    pub version: Option<Spanned<String>>,
    /// Kind.
    pub kind: Option<Spanned<String>>,
    /// Name.
    pub name: Option<Spanned<String>>,
    /// Namespace.
    pub namespace: Option<Spanned<String>>,
    /// Label selector.
    pub label_selector: Option<Spanned<String>>,
    /// Annotation selector.
    pub annotation_selector: Option<Spanned<String>>,
}

/// An entry of `vars`.
#[derive(Debug, Clone)]
pub struct VarEntry {
    /// The whole entry.
    pub span: Span,
    /// The name in `$(NAME)`.
    pub name: Option<Spanned<String>>,
    /// The object it is read from.
    pub object: ExactFields,
    /// The field; absent is `metadata.name`.
    pub field_path: Option<Spanned<String>>,
}

/// `openapi`.
#[derive(Debug, Clone)]
pub struct OpenApi {
    /// The place of the field.
    pub span: Span,
    /// The version of the built-in schema.
    pub version: Option<Spanned<String>>,
    /// A schema file.
    pub path: Option<Spanned<String>>,
}

/// `sortOptions`.
#[derive(Debug, Clone)]
pub struct SortOptions {
    /// The whole map.
    pub span: Span,
    /// `legacy` or `fifo`.
    pub order: Option<Spanned<String>>,
    /// `orderFirst` and `orderLast`, when `legacySortOptions` is there.
    pub legacy: Option<LegacyLists>,
}

/// `legacySortOptions`.
#[derive(Debug, Clone)]
pub struct LegacyLists {
    /// Kinds that come first, in this order.
    pub first: Vec<Spanned<String>>,
    /// Kinds that come last, in this order.
    pub last: Vec<Spanned<String>>,
}

impl Kustomization {
    /// A kustomization that says nothing, for a directory that has none.
    pub(super) fn empty(file: FileId, path: PathBuf) -> Self {
        Self {
            file,
            path,
            is_component: false,
            resources: Vec::new(),
            components: Vec::new(),
            patches: Vec::new(),
            patches_strategic_merge: Vec::new(),
            patches_json6902: Vec::new(),
            namespace: None,
            name_prefix: None,
            name_suffix: None,
            labels: Vec::new(),
            common_labels: Pairs::new(),
            common_annotations: Pairs::new(),
            images: Vec::new(),
            replicas: Vec::new(),
            config_maps: Vec::new(),
            secrets: Vec::new(),
            generator_options: None,
            replacements: Vec::new(),
            vars: Vec::new(),
            configurations: Vec::new(),
            crds: Vec::new(),
            openapi: None,
            generators: Vec::new(),
            transformers: Vec::new(),
            validators: Vec::new(),
            build_metadata: Vec::new(),
            sort: None,
            helm: None,
            deprecated: Vec::new(),
        }
    }

    /// Reads a kustomization file.
    ///
    /// # Errors
    /// When it cannot be read, is not YAML, is empty, or has an unknown field or a value of another type.
    pub fn read(store: &mut DocumentStore<'_>, path: &Path) -> Result<Self, BuildError> {
        let file = store.open(path).map_err(|error| {
            let shown = store.shown(path);
            BuildError::of(path, ErrorKind::Unreadable { path: shown, error })
        })?;
        let documents = store.documents(file);
        let documents = documents.as_ref().as_ref().map_err(Clone::clone)?;
        let empty = || {
            BuildError::at(Span::new(file, 0, 0), ErrorKind::EmptyKustomization)
                .help("list the resources to build under `resources`")
        };
        // Further documents are not looked at, as in the reference.
        let root: Node = expand(documents.first().ok_or_else(empty)?)?;
        let mut fields = Fields::new(&root, String::new(), Reading::KUSTOMIZATION)?;
        let read = sections::kustomization(&mut fields, file, path)?;
        fields.finish()?;
        read.ok_or_else(empty)
    }

    /// The directory of the file.
    pub fn directory(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new("/"))
    }
}

#[cfg(test)]
mod tests {
    use crate::kustomize::memory::Memory;

    fn refusal(text: &str) -> String {
        Memory::new(&[("kustomization.yaml", text)]).refusal("")
    }

    #[test]
    fn an_unknown_field_is_named_with_the_nearest_known_one() {
        let refusal = refusal("resources: []\npatches:\n- path: x.yaml\n  traget: {}\n");
        assert_eq!(
            refusal,
            "kustomization.yaml:4:3: unknown field `traget` in `patches[0]`\n  help: did you mean `target`?"
        );
    }

    #[test]
    fn nothing_is_coerced_to_a_string() {
        // YAML 1.1: `n` is a boolean. The reference refuses these two as well.
        assert_eq!(
            refusal("resources: []\nnamespace: n\n"),
            "kustomization.yaml:2:12: `namespace` must be a string and is a boolean\n  help: put it in quotes: \"n\""
        );
        assert!(
            refusal("labels:\n- pairs: {round: 3}\n")
                .contains("`labels[0].pairs.round` must be a string and is a number")
        );
    }

    #[test]
    fn field_names_match_in_any_case_and_the_last_of_equal_keys_wins() {
        let tree = Memory::new(&[
            (
                "kustomization.yaml",
                "RESOURCES: [c.yaml]\nnamePrefix: a-\nnamePrefix: b-\n",
            ),
            ("c.yaml", "kind: ConfigMap\nmetadata: {name: x}\n"),
        ]);
        assert_eq!(
            tree.render("").unwrap().text,
            "kind: ConfigMap\nmetadata:\n  name: b-x\n"
        );
    }

    #[test]
    fn a_file_without_content_is_empty_and_an_empty_list_is_content() {
        for text in [
            "",
            "# comment\n",
            "kind: Kustomization\n",
            "resources:\n",
            "namespace: \"\"\n",
        ] {
            assert!(
                refusal(text).contains("the kustomization is empty"),
                "{text:?}"
            );
        }
        for text in ["resources: []\n", "metadata: {name: x}\n", "namespace: x\n"] {
            let tree = Memory::new(&[("kustomization.yaml", text)]);
            assert_eq!(tree.render("").unwrap().text, "", "{text:?}");
        }
    }

    #[test]
    fn another_kind_or_version_is_refused() {
        assert!(refusal("kind: Config\nresources: []\n").contains("kind `Config`"));
        assert!(refusal("apiVersion: v1\nresources: []\n").contains("apiVersion `v1`"));
    }
}
