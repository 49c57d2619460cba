//! What a kustomization file refers to, whether or not it can be built.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::text::{FileId, FileTree, SourceMap, Span, normalized};
use crate::yaml::{DocumentStore, Kind, Node, comments};

/// The names kustomize knows. Source: kustomize `api/konfig/general.go`.
const NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// A directory that a kustomization lists, or lists in a comment.
#[derive(Debug, Clone)]
pub(super) struct Listed {
    /// The directory, without `.` and `..`.
    pub(super) directory: PathBuf,
    /// The path as written.
    pub(super) written: String,
    /// The path's place; of a commented line, the whole comment.
    pub(super) span: Span,
}

/// The references of one kustomization file.
#[derive(Debug)]
pub(super) struct References {
    /// The kustomization file.
    pub(super) file: FileId,
    /// Whether it is a Component.
    pub(super) is_component: bool,
    /// The key of the list of resources, or the start of the file.
    pub(super) list: Span,
    /// Directories under `resources`, `bases` and `components`.
    pub(super) directories: Vec<Listed>,
    /// Directories in commented-out list items.
    pub(super) commented: Vec<Listed>,
    /// Files under `resources` and `bases`.
    pub(super) resources: Vec<PathBuf>,
    /// Every file of the repository that any field names.
    pub(super) files: BTreeSet<FileId>,
}

/// Whether a path is named like a kustomization file.
pub(super) fn is_kustomization(path: &Path) -> bool {
    path.file_name()
        .and_then(|name| name.to_str())
        .is_some_and(|name| NAMES.contains(&name))
}

/// Reads the references of every kustomization, by directory. The YAML files of the repository are those in `store`.
pub(super) fn read_all(
    store: &mut DocumentStore<'_>,
    kustomizations: &BTreeMap<PathBuf, FileId>,
) -> BTreeMap<PathBuf, References> {
    kustomizations
        .iter()
        .map(|(directory, file)| (directory.clone(), read(store, directory, *file)))
        .collect()
}

fn read(store: &mut DocumentStore<'_>, directory: &Path, file: FileId) -> References {
    let tree = store.tree();
    let start = Span::new(file, 0, 0);
    let mut references = References {
        file,
        is_component: false,
        list: start,
        directories: Vec::new(),
        commented: Vec::new(),
        resources: Vec::new(),
        files: BTreeSet::new(),
    };
    let parsed = store.documents(file);
    let Ok(documents) = parsed.as_ref() else {
        return references;
    };
    let Some(root) = documents.first().map(|document| &document.root) else {
        return references;
    };
    let sources = store.sources();
    references.is_component = root.get("kind").and_then(Node::text) == Some("Component");
    for field in ["resources", "bases", "components"] {
        let Some(entry) = entry_ignoring_case(root, field) else {
            continue;
        };
        if references.list == start {
            references.list = entry.key.span();
        }
        for item in entry.value.as_sequence().unwrap_or(&[]) {
            let written = item.text().unwrap_or("");
            let path = normalized(&directory.join(written));
            if field != "components" && sources.find(&path).is_some() {
                references.resources.push(path);
                continue;
            }
            references
                .directories
                .extend(listed(tree, directory, written, item.span()));
        }
    }
    collect_files(root, directory, sources, &mut references.files);
    let text = &sources.file(file).text;
    for comment in comments(text, file, documents)
        .into_iter()
        .filter(|comment| comment.own_line)
    {
        let item = comment.text.trim_start_matches('#').trim_start();
        let Some(written) = item
            .strip_prefix("- ")
            .map(|rest| rest.split(" #").next().unwrap_or(rest).trim())
        else {
            continue;
        };
        references.commented.extend(listed(
            tree,
            directory,
            written.trim_matches(['"', '\'']),
            comment.span,
        ));
    }
    references
}

fn entry_ignoring_case<'n>(root: &'n Node, field: &str) -> Option<&'n crate::yaml::Entry> {
    root.as_mapping()?.iter().find(|entry| {
        entry
            .key
            .text()
            .is_some_and(|key| key.eq_ignore_ascii_case(field))
    })
}

fn listed(tree: &dyn FileTree, directory: &Path, written: &str, span: Span) -> Option<Listed> {
    if written.is_empty()
        || written.contains("://")
        || written.contains('\n')
        || Path::new(written).is_absolute()
    {
        return None;
    }
    let path = normalized(&directory.join(written));
    let is_root = NAMES
        .iter()
        .any(|name| tree.kind(&path.join(name)).is_some());
    is_root.then(|| Listed {
        directory: path,
        written: written.to_owned(),
        span,
    })
}

fn collect_files(node: &Node, directory: &Path, sources: &SourceMap, files: &mut BTreeSet<FileId>) {
    match &node.kind {
        Kind::Scalar(scalar) => {
            let text = scalar.text.as_ref();
            let path = text.split_once('=').map_or(text, |(_, path)| path);
            let plausible = !path.is_empty() && path.len() < 512 && !path.contains(['\n', ':']);
            if plausible {
                files.extend(sources.find(&normalized(&directory.join(path))));
            }
        }
        Kind::Sequence(items) => items
            .iter()
            .for_each(|item| collect_files(item, directory, sources, files)),
        Kind::Mapping(entries) => entries
            .iter()
            .for_each(|entry| collect_files(&entry.value, directory, sources, files)),
        Kind::Alias(_) => {}
    }
}
