//! The patch that an annotation applies to every pod.
//!
//! Admission builds a pod and tries the patch on it. Here there is no pod, so only what holds for each of them is
//! decided: it has `metadata`, `spec` and `status`, and one container at that time. Source: CNPG `pkg/specs/pods.go`.

use serde_json::Value;

use super::Refusal;
use super::field::Field;
use super::manifest::Manifest;

const ANNOTATION: &str = "cnpg.io/podPatch";

/// The operations, or why there are none.
fn operations(text: &str) -> Result<Vec<Value>, &'static str> {
    match serde_json::from_str(text) {
        Err(_) => Err("it is not JSON"),
        Ok(Value::Null) => Ok(Vec::new()),
        Ok(Value::Array(items)) if items.iter().all(|item| item.is_object() || item.is_null()) => {
            Ok(items)
        }
        Ok(_) => Err("it is not a list of operations"),
    }
}

fn annotation<'m>(
    manifest: &Manifest<'m>,
) -> Option<(Field<'m>, Result<Vec<Value>, &'static str>)> {
    let field = manifest.annotation(ANNOTATION)?;
    let operations = operations(field.text()?);
    Some((field, operations))
}

pub(super) fn decode(manifest: &Manifest<'_>) -> Option<Refusal> {
    let (field, operations) = annotation(manifest)?;
    let problem = operations.err()?;
    let help = "write a JSON Patch: `[{\"op\": \"add\", \"path\": \"/spec/…\", \"value\": …}]`";
    Some(
        field
            .refuse(format!("the patch of the pods cannot be read: {problem}"))
            .help(help),
    )
}

pub(super) fn apply(manifest: &Manifest<'_>) -> Option<Refusal> {
    let (field, operations) = annotation(manifest)?;
    let mut containers_known = true;
    for operation in operations.ok()? {
        if let Some(problem) = problem(&operation, containers_known) {
            return Some(field.refuse(format!("the patch of the pods does not fit: {problem}")));
        }
        let path = text(&operation, "path").unwrap_or("");
        // What stands below is not followed.
        containers_known &= !path.starts_with("/spec/containers") && path.matches('/').count() > 1;
    }
    None
}

fn text<'v>(operation: &'v Value, key: &str) -> Option<&'v str> {
    operation.get(key)?.as_str()
}

/// Why an operation fails on every pod.
fn problem(operation: &Value, containers_known: bool) -> Option<String> {
    let Some(kind) = text(operation, "op") else {
        return Some("an operation has no `op`".to_owned());
    };
    let paths: &[(&str, bool)] = match kind {
        "add" => &[("path", true)],
        "remove" | "replace" | "test" => &[("path", false)],
        "move" | "copy" => &[("from", false), ("path", true)],
        other => return Some(format!("`{other}` is no operation")),
    };
    paths.iter().find_map(|(key, adds)| {
        let Some(path) = text(operation, key) else {
            return Some(format!("`{kind}` has no `{key}`"));
        };
        let missing = is_missing(path, *adds, kind == "test", containers_known);
        missing.then(|| format!("no pod has `{path}`"))
    })
}

/// Whether no pod has this place; with `adds`, the place that it is put into.
fn is_missing(path: &str, adds: bool, test: bool, containers_known: bool) -> bool {
    let Some(rest) = path.strip_prefix('/') else {
        return false;
    };
    let steps: Vec<&str> = rest.split('/').collect();
    match steps.as_slice() {
        // A test of an absent place may ask for nothing there; the kind of a pod may be there.
        ["metadata" | "spec" | "status" | "kind" | "apiVersion"] => false,
        [_] => !adds && !test,
        ["spec", "containers", index, below @ ..] if containers_known => {
            let Ok(index) = index.parse::<usize>() else {
                return false;
            };
            let most = usize::from(adds && below.is_empty());
            index > most
        }
        ["metadata" | "spec" | "status", ..] => false,
        _ => !test,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem_of(patch: &str) -> Option<String> {
        let operations = operations(patch).unwrap();
        operations
            .iter()
            .find_map(|operation| problem(operation, true))
    }

    #[test]
    fn what_fails_on_every_pod_is_told() {
        for patch in [
            r#"[{"op": "replace", "path": "/specs", "value": 1}]"#,
            r#"[{"op": "add", "path": "/specs/hostname", "value": "x"}]"#,
            r#"[{"op": "replace", "path": "/spec/containers/1/image", "value": "x"}]"#,
            r#"[{"op": "add", "path": "/spec/containers/2", "value": {}}]"#,
            r#"[{"op": "patch", "path": "/spec"}]"#,
            r#"[{"op": "add"}]"#,
            r#"[{"path": "/spec"}]"#,
            r#"[{"op": "move", "from": "/meta", "path": "/metadata/x"}]"#,
            "[null]",
        ] {
            assert!(problem_of(patch).is_some(), "{patch}");
        }
    }

    #[test]
    fn what_may_fit_is_left_alone() {
        for patch in [
            "[]",
            "null",
            r#"[{"op": "add", "path": "/spec/containers/-", "value": {}}]"#,
            r#"[{"op": "add", "path": "/spec/containers/1", "value": {}}]"#,
            r#"[{"op": "replace", "path": "/spec/containers/0/image", "value": "x"}]"#,
            r#"[{"op": "remove", "path": "/spec/hostname"}]"#,
            r#"[{"op": "add", "path": "/kind", "value": "Pod"}]"#,
        ] {
            assert_eq!(problem_of(patch), None, "{patch}");
        }
    }
}
