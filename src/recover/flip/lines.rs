//! Lines of a kustomization that are switched on and off by comments.

use crate::model::cluster::Method;
use crate::project::delivery::Controller;
use crate::project::{Database, Project, Switch};
use crate::text::FileId;
use crate::yaml::patch::{PatchError, commented_entries, commented_items};
use crate::yaml::{Document, Node};

use super::sheet::Sheet;
use super::{Candidate, label};

/// A list by its path from the top of a document.
type ListPath = &'static [&'static str];

/// Lists whose lines people switch: those of kustomizations, of Flux Kustomizations, and of Argo CD Applications.
const LISTS: [ListPath; 9] = [
    &["resources"],
    &["bases"],
    &["components"],
    &["patches"],
    &["patchesStrategicMerge"],
    &["patchesJson6902"],
    &["spec", "components"],
    &["spec", "patches"],
    &["spec", "source", "kustomize", "components"],
];

/// Whether a list holds what changes objects that are there anyway: taking one out takes no object away.
fn changes_only(list: ListPath) -> bool {
    !matches!(list, ["resources" | "bases"])
}

/// The ways to let a switch select an overlay with this method.
pub(super) fn of_switch(project: &Project, switch: &Switch, wanted: Method) -> Vec<Candidate> {
    let others: Vec<_> = switch
        .active()
        .filter(|choice| choice.method != wanted)
        .collect();
    let fits = |active| {
        let choices = switch.choices.iter();
        choices.filter(move |choice| choice.method == wanted && choice.active == active)
    };
    let off = |sheet: &mut Sheet| {
        others.iter().try_for_each(|choice| {
            let start = choice.span.range().start;
            in_some_list(sheet, |sheet, list| sheet.item_off(list, start))
        })
    };
    let name = &project.sources.file(switch.file).name;
    let new = |choice: Option<&crate::project::Choice>| {
        let mut sheet = Sheet::of(&project.sources, switch.file);
        let done = choice
            .map_or(Ok(()), |choice| {
                let start = choice.span.range().start;
                in_some_list(&mut sheet, |sheet, list| sheet.item_on(list, start))
            })
            .and_then(|()| off(&mut sheet));
        let chosen = choice.or_else(|| fits(true).next());
        let written = chosen.map_or("", |choice| choice.written.as_str());
        Candidate::of(format!("select {written} in {name}"), done, &sheet)
    };
    if fits(true).next().is_some() {
        return vec![new(None)];
    }
    fits(false).map(|choice| new(Some(choice))).collect()
}

fn in_some_list(
    sheet: &mut Sheet,
    mut change: impl FnMut(&mut Sheet, ListPath) -> Result<(), PatchError>,
) -> Result<(), PatchError> {
    let mut result = Err(PatchError::NoComment);
    for list in LISTS {
        result = change(sheet, list);
        if result.is_ok() {
            break;
        }
    }
    result
}

/// A line that can be switched.
struct Line {
    list: ListPath,
    start: usize,
    shown: String,
}

/// The lines of one kustomization.
struct Lines {
    on: Vec<Line>,
    off: Vec<Line>,
    /// Whole lists in comments.
    lists: Vec<CommentedList>,
}

/// A whole list in a comment.
struct CommentedList {
    document: usize,
    /// The map it belongs to.
    above: &'static [&'static str],
    key: String,
    start: usize,
}

/// Every switch of one line of a kustomization, then every swap of two in one list.
pub(super) fn of_kustomization(
    project: &Project,
    file: FileId,
) -> (Vec<Candidate>, Vec<Candidate>) {
    let sources = &project.sources;
    let source = sources.file(file);
    let name = &source.name;
    let parsed = project.parsed.get(&file).map(|parsed| parsed.as_ref());
    let Some(Ok(documents)) = parsed else {
        return (Vec::new(), Vec::new());
    };
    let lines = lines(&source.text, documents);
    let candidate = |title: String, change: &dyn Fn(&mut Sheet) -> Result<(), PatchError>| {
        let mut sheet = Sheet::of(sources, file);
        let done = change(&mut sheet);
        Candidate::of(format!("{title} in {name}"), done, &sheet)
    };
    let mut single = Vec::new();
    for line in &lines.off {
        let title = format!("switch on `{}`", line.shown);
        single.push(candidate(title, &|sheet| {
            sheet.item_on(line.list, line.start)
        }));
    }
    for list in &lines.lists {
        let title = format!("switch on `{}`", list.key);
        single.push(candidate(title, &|sheet| {
            sheet.on(list.document, list.above, list.start, None)
        }));
    }
    for line in lines.on.iter().filter(|line| changes_only(line.list)) {
        let title = format!("comment out `{}`", line.shown);
        single.push(candidate(title, &|sheet| {
            sheet.item_off(line.list, line.start)
        }));
    }
    let mut swaps = Vec::new();
    for on in &lines.off {
        for off in lines.on.iter().filter(|off| off.list == on.list) {
            let title = format!("switch on `{}` instead of `{}`", on.shown, off.shown);
            swaps.push(candidate(title, &|sheet| {
                sheet.item_on(on.list, on.start)?;
                sheet.item_off(off.list, off.start)
            }));
        }
    }
    (single, swaps)
}

fn lines(text: &str, documents: &[Document]) -> Lines {
    let mut lines = Lines {
        on: Vec::new(),
        off: Vec::new(),
        lists: Vec::new(),
    };
    for (at, document) in documents.iter().enumerate() {
        let is_flux = label::is_flux(&document.root);
        // Of a kustomization further documents are not looked at.
        if !is_flux && at > 0 {
            continue;
        }
        let own = LISTS.into_iter().filter(|list| (list.len() > 1) == is_flux);
        for list in own {
            of_list(text, &document.root, list, &mut lines);
        }
        let above: &[&str] = if is_flux { &["spec"] } else { &[] };
        let map = document.root.at(above);
        let entries = map.and_then(|map| commented_entries(text, map).ok());
        let entries = entries.unwrap_or_default().into_iter();
        lines.lists.extend(entries.filter_map(|entry| {
            let is_own = |list: &ListPath| {
                (list.len() > 1) == is_flux && list.last().copied() == entry.key.as_deref()
            };
            let known = LISTS.iter().any(is_own) && entry.value.as_sequence().is_some();
            Some(CommentedList {
                document: at,
                above,
                key: entry.key.filter(|_| known)?,
                start: entry.span.range().start,
            })
        }));
    }
    lines
}

fn of_list(text: &str, root: &Node, list: ListPath, lines: &mut Lines) {
    let Some(node) = root.at(list) else { return };
    let line = |node: &Node, start| Line {
        list,
        start,
        shown: shown(node),
    };
    let items = node.as_sequence().unwrap_or_default();
    let own = items
        .iter()
        .map(|item| line(item, item.span().range().start));
    lines.on.extend(own);
    let commented = commented_items(text, node).unwrap_or_default();
    let own = commented
        .iter()
        .map(|item| line(&item.value, item.span.range().start));
    lines.off.extend(own);
}

/// A line as people know it: the path in it, where there is one.
fn shown(item: &Node) -> String {
    let path = item
        .text()
        .or_else(|| item.get("path").and_then(Node::text));
    path.map_or_else(|| "an inline patch".to_owned(), str::to_owned)
}

/// The kustomizations in which lines may switch a database, and the file of the Flux Kustomization that applies it.
pub(super) fn kustomizations(database: &Database<'_>) -> Vec<FileId> {
    let project = database.project;
    let mut directories: Vec<&str> = Vec::new();
    for cluster in &database.clusters {
        let build = project.build_of(cluster).directory.as_str();
        directories.push(build);
        let mut above = project
            .sources
            .file(cluster.object.source().file)
            .name
            .as_str();
        while let Some((parent, _)) = above.rsplit_once('/') {
            let within =
                build == "." || parent == build || parent.starts_with(&format!("{build}/"));
            if !within {
                break;
            }
            directories.push(parent);
            above = parent;
        }
    }
    let is_kustomization = |name: &str| {
        let (directory, file) = name.rsplit_once('/').unwrap_or((".", name));
        let known = ["kustomization.yaml", "kustomization.yml", "Kustomization"].contains(&file);
        known && directories.contains(&directory)
    };
    let delivery = database.delivery.as_ref();
    let flux = delivery.filter(|own| own.controller == Controller::Flux);
    let flux = flux.map(|own| own.place.file);
    let files = project.sources.iter();
    files
        .filter(|(id, file)| is_kustomization(&file.name) || Some(*id) == flux)
        .map(|(id, _)| id)
        .collect()
}
