//! New values for fields of a rendered Cluster, written where the old ones live.
//!
//! A rendered value points at its source: a literal in a base, a patch, or an anchor that several fields share; or its
//! text is a variable that Flux fills in from another file. The edit goes there. Where an anchor is shared by fields
//! that must differ from now on, the fields that leave get values of their own.

use std::collections::BTreeMap;

use crate::model::cluster::Cluster;
use crate::project::Database;
use crate::project::variable::{Piece, pieces};
use crate::text::{Edit, Span};
use crate::yaml::patch::set_scalar;
use crate::yaml::{Kind, Node, Origin};

use super::Refusal;
use super::anchors::{self, Way};

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
    let project = database.project;
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
    let source = &project.sources.file(span.file).text;
    let ways: Vec<(&Vec<String>, Way<'_>)> = uses
        .iter()
        .map(|path| {
            let way = anchors::way(project, span, path);
            way.map(|way| (path, way))
                .ok_or_else(|| Refusal::shared(project, span))
        })
        .collect::<Result<_, _>>()?;
    let own = ways.iter().find(|(_, way)| way.is_own());
    let kept = own.map_or(old, |(path, _)| new_of(path));
    let mut edits = Vec::new();
    if kept != old {
        edits.extend(write(database, node, kept)?);
    }
    for (path, way) in &ways {
        if !way.is_own() && new_of(path) != kept {
            let rendered = &cluster.object.node;
            let edit = way.localized(source, rendered, new_of(path));
            edits.push(edit.ok_or_else(|| Refusal::shared(project, span))?);
        }
    }
    Ok(edits)
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
    if old.starts_with("ENC[") || project.sources.file(span.file).text.contains("\nsops:") {
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
