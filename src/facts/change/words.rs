//! A change in words, for the person who reviews it.

use std::collections::BTreeSet;

use crate::model::archive::ArchiveRef;
use crate::model::cluster::Method;

use super::{DatabaseChange, ReplicaRole, State};

/// One line for each database that the change does something to, in the order of their titles.
pub(super) fn lines(databases: &[DatabaseChange]) -> Vec<String> {
    let short = short_names(databases);
    let mut lines: Vec<String> = databases
        .iter()
        .filter_map(|database| {
            let parts = match (&database.before, &database.after) {
                (Some(before), Some(after)) => changed(before, after),
                (None, Some(after)) => new(after),
                (Some(before), None) => gone(before),
                (None, None) => return None,
            };
            let state = database.after.as_ref().or(database.before.as_ref())?;
            let name = if short.contains(state.name.as_str()) {
                &state.name
            } else {
                &state.title
            };
            (!parts.is_empty()).then(|| format!("db {name}: {}", parts.join(", ")))
        })
        .collect();
    lines.sort();
    lines.dedup();
    lines
}

/// The names that one database alone has.
fn short_names(databases: &[DatabaseChange]) -> BTreeSet<&str> {
    let titles: BTreeSet<(&str, &str)> = databases
        .iter()
        .filter_map(|database| database.after.as_ref().or(database.before.as_ref()))
        .map(|state| (state.name.as_str(), state.title.as_str()))
        .collect();
    let is_alone = |name: &str| titles.iter().filter(|(other, _)| *other == name).count() == 1;
    let names = titles.iter().map(|(name, _)| *name);
    names.filter(|name| is_alone(name)).collect()
}

fn changed(before: &State, after: &State) -> Vec<String> {
    let mut parts = Vec::new();
    if before.name != after.name {
        parts.push(format!("renamed from {}", before.name));
    }
    let (old, new) = (bootstrap(before), bootstrap(after));
    let switched = old != new;
    if switched {
        parts.push(format!("{old} → {new}"));
    }
    let turned = after.recovers() && !before.recovers();
    match (name(&before.source), name(&after.source)) {
        (_, Some(now)) if turned => parts.push(format!("reads {now}")),
        (Some(was), Some(now)) if was != now && after.recovers() => {
            parts.push(format!("reads {was} → {now}"));
        }
        _ => {}
    }
    match (name(&before.write), name(&after.write)) {
        (Some(was), Some(now)) if was != now => parts.push(format!("writes {was} → {now}")),
        (Some(_), Some(now)) if turned => parts.push(format!("still writes {now}")),
        (None, Some(now)) => parts.push(format!("archives from now on, writes {now}")),
        (Some(was), None) => parts.push(format!("no longer archives, wrote {was}")),
        _ => {}
    }
    match (before.major, after.major) {
        (Some(was), Some(now)) if was != now => parts.push(format!("PostgreSQL {was} → {now}")),
        _ => {}
    }
    parts.extend(replica(before, after));
    if after.recovers() && (turned || before.target != after.target) {
        target(after, &mut parts);
    } else if after.recovers() && parts.is_empty() && before.bootstrap != after.bootstrap {
        parts.push("bootstrap.recovery edited".to_owned());
    } else if parts.is_empty() && before.bootstrap != after.bootstrap {
        parts.push(format!("bootstrap.{new} edited"));
    }
    parts
}

/// Puts the target behind the last part, after a semicolon.
fn target(state: &State, parts: &mut Vec<String>) {
    let target = match &state.target {
        None => "target latest".to_owned(),
        Some(fields) => {
            let fields: Vec<String> = fields
                .iter()
                .map(|(field, value)| format!("{field} {value}"))
                .collect();
            format!("target {}", fields.join(", "))
        }
    };
    match parts.last_mut() {
        Some(last) => *last = format!("{last}; {target}"),
        None => parts.push(target),
    }
}

fn replica(before: &State, after: &State) -> Option<String> {
    let followed = |name: &Option<String>| name.clone().unwrap_or_else(|| "another cluster".into());
    match (&before.replica, &after.replica) {
        (ReplicaRole::Primary, ReplicaRole::Follows(name)) => {
            Some(format!("becomes a replica of {}", followed(name)))
        }
        (ReplicaRole::Follows(name), ReplicaRole::Primary) => {
            Some(format!("promoted, followed {} before", followed(name)))
        }
        (ReplicaRole::Follows(was), ReplicaRole::Follows(now)) if was != now => {
            Some(format!("follows {} → {}", followed(was), followed(now)))
        }
        _ => None,
    }
}

fn new(state: &State) -> Vec<String> {
    let mut parts = vec![format!("new, {}", bootstrap(state))];
    parts.extend(name(&state.source).map(|name| format!("reads {name}")));
    parts.extend(name(&state.write).map(|name| format!("writes {name}")));
    if let ReplicaRole::Follows(Some(followed)) = &state.replica {
        parts.push(format!("a replica of {followed}"));
    }
    if state.recovers() {
        target(state, &mut parts);
    }
    parts
}

fn gone(state: &State) -> Vec<String> {
    let wrote = name(&state.write).map(|name| format!("wrote {name}"));
    std::iter::once("removed".to_owned()).chain(wrote).collect()
}

fn bootstrap(state: &State) -> String {
    let methods: Vec<&str> = state.methods.iter().map(|method| method.key()).collect();
    match state.methods.as_slice() {
        [] => "no bootstrap".to_owned(),
        [Method::PgBasebackup] => "pg_basebackup".to_owned(),
        _ => methods.join(" and "),
    }
}

fn name(archive: &Option<ArchiveRef>) -> Option<&str> {
    archive
        .as_ref()
        .map(|archive| archive.server_name.value.as_str())
}
