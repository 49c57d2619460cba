//! What a sync with `RespectIgnoreDifferences=true` applies to an object that exists.
//!
//! Source: Argo CD `controller/sync.go`, `normalizeTargetResources` and `restoreNonIgnoredFields`. Releases before 2.8.15,
//! 2.9.11 and 2.10.6 kept only what Git and the object both had; they lose no less than what is computed here.

use serde_json::{Map, Value as Json};

/// The manifest that 2.8.15 to 3.3.12 and 3.4.0 to 3.4.4 apply: an ignored field that only the object has brings its whole
/// list along.
pub(super) fn applied_by_older(live: &Json, normalised_git: &Json, normalised_live: &Json) -> Json {
    let mut applied = normalised_git.clone();
    if let Some(mut patch) = difference(normalised_live, live) {
        if let Some(patch) = patch.as_object_mut() {
            patch.remove("status");
        }
        merge(&mut applied, &patch);
    }
    applied
}

/// The manifest that 3.3.13, 3.4.5, 3.5.0 and later apply, made from that of older ones: values that the rule left alone in
/// Git are put back, so it differs from Git's in no more than that one.
pub(super) fn applied_by_current(
    mut older: Json,
    git: &Json,
    normalised_git: &Json,
    normalised_live: &Json,
) -> Json {
    if let (Some(applied), Some(git), Some(normalised)) = (
        older.as_object_mut(),
        git.as_object(),
        normalised_git.as_object(),
    ) {
        restore(applied, git, normalised, normalised_live.as_object());
    }
    older
}

/// The JSON merge patch from one object to another; `None` where they are the same.
fn difference(from: &Json, to: &Json) -> Option<Json> {
    let (Json::Object(old), Json::Object(new)) = (from, to) else {
        return (from != to).then(|| to.clone());
    };
    let gone = old
        .keys()
        .filter(|key| !new.contains_key(*key))
        .map(|key| (key.clone(), Json::Null));
    let changed = new.iter().filter_map(|(key, value)| {
        let patch = match old.get(key) {
            Some(old) => difference(old, value)?,
            None => value.clone(),
        };
        Some((key.clone(), patch))
    });
    let patch: Map<String, Json> = gone.chain(changed).collect();
    (!patch.is_empty()).then_some(Json::Object(patch))
}

/// Applies a JSON merge patch (RFC 7396).
fn merge(target: &mut Json, patch: &Json) {
    let Json::Object(changes) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Json::Object(Map::new());
    }
    let Json::Object(entries) = target else {
        return;
    };
    for (key, change) in changes {
        if change.is_null() {
            entries.remove(key);
        } else {
            merge(entries.entry(key.clone()).or_insert(Json::Null), change);
        }
    }
}

/// Puts back what the rule did not touch, and takes out what came from the object without being ignored.
fn restore(
    applied: &mut Map<String, Json>,
    git: &Map<String, Json>,
    normalised_git: &Map<String, Json>,
    normalised_live: Option<&Map<String, Json>>,
) {
    for (key, wanted) in git {
        let untouched = normalised_git.get(key);
        if let (Some(Json::Object(applied)), Json::Object(wanted), Some(Json::Object(untouched))) =
            (applied.get_mut(key), wanted, untouched)
        {
            let live = normalised_live
                .and_then(|live| live.get(key))
                .and_then(Json::as_object);
            restore(applied, wanted, untouched, live);
        } else if untouched == Some(wanted) && applied.get(key) != Some(wanted) {
            applied.insert(key.clone(), wanted.clone());
        }
    }
    applied.retain(|key, _| {
        git.contains_key(key) || !normalised_live.is_some_and(|live| live.contains_key(key))
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn without(object: &Json, pointer: &str) -> Json {
        let mut object = object.clone();
        super::super::pointer::remove(&mut object, pointer);
        object
    }

    #[derive(Clone, Copy, PartialEq)]
    enum Release {
        Current,
        Older,
    }

    fn result(release: Release, git: &Json, live: &Json, pointer: &str) -> Json {
        let (left, there) = (without(git, pointer), without(live, pointer));
        let older = applied_by_older(live, &left, &there);
        match release {
            Release::Older => older,
            Release::Current => applied_by_current(older, git, &left, &there),
        }
    }

    #[test]
    fn an_ignored_field_is_the_one_of_the_object() {
        let (git, live) = (
            json!({"a": {"x": 1}, "b": 1}),
            json!({"a": {"y": 2}, "b": 2, "status": 1}),
        );
        let both = [Release::Current, Release::Older];
        for release in both {
            assert_eq!(
                result(release, &git, &live, "/a"),
                json!({"a": {"y": 2}, "b": 1})
            );
            assert_eq!(
                result(release, &git, &json!({"b": 2}), "/a"),
                json!({"b": 1})
            );
            assert_eq!(
                result(release, &json!({"b": 1}), &live, "/a"),
                json!({"a": {"y": 2}, "b": 1})
            );
        }
    }

    /// argo-cd#27136
    #[test]
    fn a_default_in_a_list_brings_the_whole_list_along_in_older_releases_only() {
        let git = json!({"plugins": [{"name": "p", "lineage": 2}]});
        let live = json!({"plugins": [{"name": "p", "lineage": 1, "enabled": true}]});
        let pointer = "/plugins/0/enabled";
        assert_eq!(result(Release::Older, &git, &live, pointer), live);
        assert_eq!(result(Release::Current, &git, &live, pointer), git);
        let own = json!({"plugins": [{"name": "p", "lineage": 2, "enabled": false}]});
        assert_eq!(result(Release::Current, &own, &live, pointer), live);
    }
}
