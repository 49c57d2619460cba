//! New values for fields of a rendered Cluster, written where the old ones live.
//!
//! A rendered value points at its source: a literal in a base, a patch, or an anchor that several fields share; or its
//! text is a variable that Flux fills in from another file. The edit goes there. Where an anchor is shared by fields
//! that must differ from now on, the fields that leave get values of their own.

use std::collections::BTreeMap;

use crate::model::cluster::Cluster;
use crate::project::variable::{Piece, pieces};
use crate::project::{Database, Project};
use crate::text::{Edit, Span};
use crate::yaml::patch::{NewValue, set_paths, set_scalar};
use crate::yaml::{Document, Kind, Node, Origin, expand};

use super::{Refusal, bump};

/// Fields of one rendered Cluster and their new values, by path.
pub(super) type Values = BTreeMap<Vec<String>, String>;

/// The edits that give the fields of a rendering their new values. Every field exists already.
pub(super) fn set(
    database: &Database<'_>,
    cluster: &Cluster,
    values: &Values,
) -> Result<Vec<Edit>, Refusal> {
    let mut groups: BTreeMap<Span, Vec<(&Vec<String>, &str)>> = BTreeMap::new();
    for (path, new) in values {
        let node = find(cluster, path).ok_or_else(|| Refusal::no_place(cluster, path))?;
        let Origin::Read(span) = node.origin else {
            return Err(made(database, node));
        };
        groups.entry(span).or_default().push((path, new));
    }
    let mut edits: Vec<Edit> = Vec::new();
    for (span, planned) in groups {
        for edit in at_place(database, cluster, span, &planned)? {
            if !edits.contains(&edit) {
                edits.push(edit);
            }
        }
    }
    Ok(edits)
}

fn find<'c>(cluster: &'c Cluster, path: &[String]) -> Option<&'c Node> {
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    cluster.object.find(&path)
}

fn made(database: &Database<'_>, node: &Node) -> Refusal {
    Refusal::Made {
        place: database.project.sources.describe(node.span()),
    }
}

/// The edits for the fields whose values all stand at one place.
fn at_place(
    database: &Database<'_>,
    cluster: &Cluster,
    span: Span,
    planned: &[(&Vec<String>, &str)],
) -> Result<Vec<Edit>, Refusal> {
    let node = planned
        .first()
        .and_then(|(path, _)| find(cluster, path))
        .ok_or_else(|| Refusal::no_place(cluster, &[]))?;
    let old = node.text().unwrap_or_default();
    let wanted: BTreeMap<&Vec<String>, &str> = planned.iter().copied().collect();
    let uses = uses(&cluster.object.node, span);
    // Fields nobody plans to change keep what they have; so do those whose variable says the right thing already.
    let new_of = |path: &Vec<String>| wanted.get(path).copied().unwrap_or(old);
    let first = uses.first().map_or(old, new_of);
    if uses.iter().all(|path| new_of(path) == first) {
        if first == old || database.resolve(old) == first {
            return Ok(Vec::new());
        }
        return write(database, node, first);
    }
    shared(database, node, &uses, &wanted)
}

/// The edits for fields that share one value through anchors and are to differ.
fn shared(
    database: &Database<'_>,
    node: &Node,
    uses: &[Vec<String>],
    wanted: &BTreeMap<&Vec<String>, &str>,
) -> Result<Vec<Edit>, Refusal> {
    let (project, span) = (database.project, node.span());
    let refused = || Refusal::shared(project, span);
    let root = object_at(project, span, uses).ok_or_else(refused)?;
    let old = node.text().unwrap_or_default();
    let new_of = |path: &Vec<String>| wanted.get(path).copied().unwrap_or(old);
    let mut edits = Vec::new();
    let mut changes: Vec<&Vec<String>> = Vec::new();
    if old.contains("${") {
        // The value may have to change in another file, and every field that shares it follows.
        let own = uses.iter().find(|path| stands_at(root, path, span));
        let kept = own.map_or(old, new_of);
        if kept != old {
            edits.extend(write(database, node, kept)?);
        }
        changes.extend(uses.iter().filter(|path| new_of(path) != kept));
        if changes.iter().any(|path| !wanted.contains_key(path)) {
            return Err(refused());
        }
    } else {
        changes.extend(uses.iter().filter(|path| new_of(path) != old));
    }
    let keys: Vec<Vec<&str>> = changes
        .iter()
        .map(|path| path.iter().map(String::as_str).collect())
        .collect();
    let planned: Vec<(&[&str], NewValue)> = std::iter::zip(&keys, &changes)
        .map(|(keys, path)| (keys.as_slice(), NewValue::Scalar(new_of(path).to_owned())))
        .collect();
    let source = &project.sources.file(span.file).text;
    edits.extend(set_paths(source, root, &planned).map_err(|_| refused())?);
    Ok(edits)
}

/// The document that is the object itself: each of these fields, its aliases and merges resolved, stands at the place.
fn object_at<'p>(project: &'p Project, place: Span, fields: &[Vec<String>]) -> Option<&'p Node> {
    let documents = project.parsed.get(&place.file)?.as_ref().as_ref().ok()?;
    let is_own = |document: &&Document| {
        expand(document).is_ok_and(|whole| {
            let mut fields = fields.iter();
            fields.all(|path| stands_at(&whole, path, place))
        })
    };
    documents.iter().find(is_own).map(|document| &document.root)
}

fn stands_at(root: &Node, path: &[String], place: Span) -> bool {
    let found = path.iter().try_fold(root, |node, step| match &node.kind {
        Kind::Sequence(items) => items.get(step.parse::<usize>().ok()?),
        _ => node.get(step),
    });
    found.is_some_and(|node| matches!(node.kind, Kind::Scalar(_)) && node.span() == place)
}

/// Every path of an object whose scalar stands at this place.
fn uses(node: &Node, span: Span) -> Vec<Vec<String>> {
    fn walk(node: &Node, span: Span, path: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
        let mut step = |step: String, child: &Node| {
            path.push(step);
            walk(child, span, path, found);
            path.pop();
        };
        match &node.kind {
            Kind::Scalar(_) => {
                if node.origin == Origin::Read(span) {
                    found.push(path.clone());
                }
            }
            Kind::Sequence(items) => {
                for (at, item) in items.iter().enumerate() {
                    step(at.to_string(), item);
                }
            }
            Kind::Mapping(entries) => {
                for entry in entries {
                    step(
                        entry.key.text().unwrap_or_default().to_owned(),
                        &entry.value,
                    );
                }
            }
            Kind::Alias(_) => {}
        }
    }
    let mut found = Vec::new();
    walk(node, span, &mut Vec::new(), &mut found);
    found
}

/// The edits that make a scalar of a rendering, wherever its text is made, say `new`.
fn write(database: &Database<'_>, node: &Node, new: &str) -> Result<Vec<Edit>, Refusal> {
    let old = node.text().unwrap_or_default();
    if !old.contains("${") {
        return scalar(database, node, new);
    }
    let parts = pieces(old);
    let delivery = database
        .delivery
        .as_ref()
        .filter(|delivery| delivery.substitutes);
    let hidden = || Refusal::Variable {
        text: old.to_owned(),
        place: database.project.sources.describe(node.span()),
        sources: delivery.map_or_else(Vec::new, |delivery| delivery.hidden_sources.clone()),
    };
    if let [Piece::Variable { name, default }] = parts.as_slice() {
        let known = delivery.and_then(|delivery| delivery.variables.get(&old[name.clone()]));
        return match (known, default) {
            (Some(value), _) => variable(database, value.span, &value.value, new),
            (None, Some(default)) if delivery.is_some_and(|own| own.hidden_sources.is_empty()) => {
                let text = format!("{}{new}{}", &old[..default.start], &old[default.end..]);
                scalar(database, node, &text)
            }
            _ => Err(hidden()),
        };
    }
    // `${APP}-v3`: what stands behind the last variable can change, if the rest is known.
    let (Some(Piece::Text(tail)), true) = (parts.last(), delivery.is_some()) else {
        return Err(hidden());
    };
    let front = &old[..tail.start];
    let resolved = database.resolve(front);
    match new.strip_prefix(&resolved) {
        Some(rest) if !resolved.contains("${") => scalar(database, node, &format!("{front}{rest}")),
        _ => Err(hidden()),
    }
}

/// The value of a variable in another file.
fn variable(
    database: &Database<'_>,
    span: Span,
    old: &str,
    new: &str,
) -> Result<Vec<Edit>, Refusal> {
    let project = database.project;
    let place = || project.sources.describe(span);
    if old.starts_with(bump::ENCRYPTED) {
        return Err(Refusal::Encrypted { place: place() });
    }
    let written = project
        .written(span)
        .ok_or_else(|| Refusal::Made { place: place() })?;
    scalar(database, written, new)
}

fn scalar(database: &Database<'_>, node: &Node, new: &str) -> Result<Vec<Edit>, Refusal> {
    let project = database.project;
    let source = &project.sources.file(node.span().file).text;
    let edit = set_scalar(source, node, new);
    let edit = edit.map_err(|error| Refusal::patch(project, node.span(), &error))?;
    Ok(vec![edit])
}
