//! Lines of a kustomization that are switched on and off by comments.

use crate::model::cluster::Method;
use crate::project::{Database, Project, Switch};
use crate::text::FileId;
use crate::yaml::patch::{PatchError, commented_entries, commented_items};
use crate::yaml::{Document, Node};

use super::Candidate;
use super::sheet::Sheet;

/// Lists of a kustomization whose lines people switch.
const LISTS: [&str; 6] = [
    "resources",
    "bases",
    "components",
    "patches",
    "patchesStrategicMerge",
    "patchesJson6902",
];

/// Lists of what changes objects that are there anyway: taking one out takes no object away.
const CHANGERS: [&str; 4] = [
    "components",
    "patches",
    "patchesStrategicMerge",
    "patchesJson6902",
];

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
            in_some_list(sheet, |sheet, key| sheet.item_off(key, start))
        })
    };
    let name = &project.sources.file(switch.file).name;
    let new = |choice: Option<&crate::project::Choice>| {
        let mut sheet = Sheet::of(&project.sources, switch.file);
        let done = choice
            .map_or(Ok(()), |choice| {
                let start = choice.span.range().start;
                in_some_list(&mut sheet, |sheet, key| sheet.item_on(key, start))
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
    mut change: impl FnMut(&mut Sheet, &str) -> Result<(), PatchError>,
) -> Result<(), PatchError> {
    let mut result = Err(PatchError::NoComment);
    for key in LISTS {
        result = change(sheet, key);
        if result.is_ok() {
            break;
        }
    }
    result
}

/// A line that can be switched.
struct Line {
    list: &'static str,
    start: usize,
    shown: String,
}

/// The lines of one kustomization.
struct Lines {
    on: Vec<Line>,
    off: Vec<Line>,
    /// Whole lists in comments: key and place.
    lists: Vec<(String, usize)>,
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
    let Some(lines) = documents.first().map(|own| lines(&source.text, own)) else {
        return (Vec::new(), Vec::new());
    };
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
    for (key, start) in &lines.lists {
        let title = format!("switch on `{key}`");
        single.push(candidate(title, &|sheet| sheet.on(0, &[], *start, None)));
    }
    for line in lines.on.iter().filter(|line| CHANGERS.contains(&line.list)) {
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

fn lines(text: &str, document: &Document) -> Lines {
    let root = &document.root;
    let mut lines = Lines {
        on: Vec::new(),
        off: Vec::new(),
        lists: Vec::new(),
    };
    for list in LISTS {
        let Some(node) = root.get(list) else { continue };
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
    let entries = commented_entries(text, root).unwrap_or_default();
    lines.lists.extend(entries.into_iter().filter_map(|entry| {
        let key = entry.key.filter(|key| LISTS.contains(&key.as_str()))?;
        let is_list = entry.value.as_sequence().is_some();
        is_list.then(|| (key, entry.span.range().start))
    }));
    lines
}

/// A line as people know it: the path in it, where there is one.
fn shown(item: &Node) -> String {
    let path = item
        .text()
        .or_else(|| item.get("path").and_then(Node::text));
    path.map_or_else(|| "an inline patch".to_owned(), str::to_owned)
}

/// The kustomizations in which lines may switch a database.
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
    let files = project.sources.iter();
    files
        .filter(|(_, file)| is_kustomization(&file.name))
        .map(|(id, _)| id)
        .collect()
}
