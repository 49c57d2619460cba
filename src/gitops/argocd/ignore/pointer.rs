//! JSON pointers as Argo CD applies them: `remove` of evanphx/json-patch 5.9.11 (its version 4 interface).

use serde_json::Value as Json;

/// Takes a pointer's value out. `false` where there is none, which Argo CD passes over.
///
/// What stands before the first `/` is not looked at.
pub(super) fn remove(object: &mut Json, pointer: &str) -> bool {
    let mut parts = pointer.split('/').skip(1).map(unescaped).peekable();
    let mut here = object;
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return take(here, &part);
        }
        let next = match here {
            Json::Object(entries) => entries.get_mut(&part),
            Json::Array(items) => position(&part, items.len()).and_then(|at| items.get_mut(at)),
            _ => None,
        };
        match next {
            Some(next) => here = next,
            None => return false,
        }
    }
    false
}

fn take(from: &mut Json, key: &str) -> bool {
    match from {
        Json::Object(entries) => entries.remove(key).is_some(),
        Json::Array(items) => match position(key, items.len()) {
            Some(at) => {
                items.remove(at);
                true
            }
            None => false,
        },
        _ => false,
    }
}

fn unescaped(part: &str) -> String {
    part.replace("~1", "/").replace("~0", "~")
}

/// An index as Go reads it: with a sign, counted from the end where it is negative.
fn position(text: &str, length: usize) -> Option<usize> {
    let at: i64 = text.parse().ok()?;
    let length = i64::try_from(length).ok()?;
    let at = if at < 0 { at + length } else { at };
    usize::try_from(at).ok().filter(|_| at < length)
}

/// Why a pointer can never meet anything in a Cluster; `None` where it may.
pub(super) fn dead(pointer: &str) -> Option<String> {
    let Some((before, path)) = pointer.split_once('/') else {
        return Some("a JSON pointer begins with `/` and is never met without".to_owned());
    };
    let parts: Vec<String> = path.split('/').map(unescaped).collect();
    let first = parts.first().map_or("", String::as_str);
    if !["apiVersion", "kind", "metadata", "spec", "status"].contains(&first) {
        return Some(if before.is_empty() {
            format!("a Cluster has no field `{first}` at its top")
        } else {
            format!(
                "what stands before the first `/` is dropped, and a Cluster has no field `{first}` at its top"
            )
        });
    }
    if parts.last().is_some_and(String::is_empty) {
        return Some("the `/` at its end names a field without a name".to_owned());
    }
    if let [metadata, texts, _, _, ..] = parts.as_slice()
        && metadata == "metadata"
        && ["annotations", "labels"].contains(&texts.as_str())
    {
        return Some("it is cut at every `/`; one within a name is written `~1`".to_owned());
    }
    let wild = parts
        .iter()
        .find(|part| part.contains(['*', '[']) || *part == "-");
    wild.map(|part| format!("a JSON pointer knows no `{part}`: list items have numbers"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// The answers are those of evanphx/json-patch 5.9.11.
    #[test]
    fn pointers_are_read_as_the_patch_library_does() {
        let left = |pointer: &str| {
            let mut object = json!({"spec": {"a/b": 1, "list": [1, 2, 3], "x~y": 2}});
            let met = remove(&mut object, pointer);
            (met, object)
        };
        assert_eq!(
            left("/spec/a~1b").1,
            json!({"spec": {"list": [1, 2, 3], "x~y": 2}})
        );
        assert_eq!(
            left("/spec/x~0y").1,
            json!({"spec": {"a/b": 1, "list": [1, 2, 3]}})
        );
        assert_eq!(left("/spec/list/-1").1["spec"]["list"], json!([1, 2]));
        assert_eq!(left("/spec/list/0").1["spec"]["list"], json!([2, 3]));
        assert_eq!(left("x/spec").1, json!({}));
        for missed in [
            "",
            "/",
            "spec",
            ".spec",
            "spec/list",
            "//spec",
            "/spec/",
            "/spec/list/3",
            "/spec/list/-4",
            "/spec/list/-",
            "/spec/a/b",
            "/spec%2Flist",
            "/nope/deep",
        ] {
            assert!(!left(missed).0, "{missed}");
        }
    }

    #[test]
    fn a_pointer_that_can_never_meet_anything_says_why() {
        for dead_one in [
            "",
            "spec",
            ".spec.bootstrap",
            "spec/bootstrap",
            "//spec/bootstrap",
            "/spec/bootstrap/",
            "/spec%2Fbootstrap",
            "/metadata/annotations/cnpg.io/hibernation",
            "/spec/plugins/*/enabled",
            "/spec/plugins/-",
        ] {
            assert!(dead(dead_one).is_some(), "{dead_one}");
        }
        for live in [
            "/spec/bootstrap",
            "x/spec",
            "/spec/plugins/-1",
            "/metadata/annotations/cnpg.io~1hibernation",
        ] {
            assert_eq!(dead(live), None, "{live}");
        }
    }
}
