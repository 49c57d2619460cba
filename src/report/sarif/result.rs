//! One finding as a SARIF result.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::{Value, json};

use crate::diagnostic::{Diagnostic, Fix, Label, ObjectRef, Safety};
use crate::lint::Acceptance;
use crate::text::{Edit, FileId, SourceMap, Span};

use super::{LONGEST_TEXT, ROOT, index};

/// GitHub shows no more places of one result.
const MOST_PLACES: usize = 100;

pub(super) fn result(
    found: &Diagnostic,
    by: Option<&Acceptance>,
    (print, number): &(String, usize),
    sources: &SourceMap,
) -> Value {
    let related = found.related.iter().take(MOST_PLACES).enumerate();
    let mut result = json!({
        "ruleId": found.rule,
        "ruleIndex": index(found.rule),
        "level": found.severity.word(),
        "message": { "text": message(found) },
        "locations": [location(found, sources)],
        "relatedLocations": related
            .map(|(at, label)| other_place(at, label, sources))
            .collect::<Vec<_>>(),
        // The first is what GitHub tells alerts apart by; it wants a number behind the hash.
        "partialFingerprints": {
            "primaryLocationLineHash": format!("{print}:{number}"),
            "walbound/v1": print,
        },
        "properties": {
            "evidence": found.evidence.word(),
            "pointer": found.pointer,
        },
    });
    let fix = found.fix.as_ref();
    if let Some(fix) = fix.filter(|fix| fix.safety >= Safety::Unsafe) {
        result["fixes"] = json!([change(fix, sources)]);
    }
    if let Some(by) = by {
        result["suppressions"] = json!([suppression(by)]);
    }
    result
}

/// GitHub shows the first sentence where room is short.
fn message(found: &Diagnostic) -> String {
    let mut text = found.message.clone();
    if let Some(help) = &found.help {
        let _ = write!(text, ". Help: {help}");
    }
    match text.char_indices().nth(LONGEST_TEXT) {
        Some(_) => text.chars().take(LONGEST_TEXT - 1).chain(['…']).collect(),
        None => text,
    }
}

fn location(found: &Diagnostic, sources: &SourceMap) -> Value {
    let mut location = json!({ "physicalLocation": physical(found.primary.span, sources) });
    if !found.primary.text.is_empty() {
        location["message"] = json!({ "text": found.primary.text });
    }
    if let Some(object) = &found.object {
        location["logicalLocations"] = json!([logical(object)]);
    }
    location
}

fn other_place(at: usize, label: &Label, sources: &SourceMap) -> Value {
    json!({
        "id": at + 1,
        "physicalLocation": physical(label.span, sources),
        "message": { "text": label.text },
    })
}

fn logical(object: &ObjectRef) -> Value {
    let namespace = object.namespace.as_deref();
    let namespace = namespace.map_or(String::new(), |namespace| format!("{namespace}/"));
    json!({
        "name": object.name,
        "fullyQualifiedName": format!("{}/{namespace}{}", object.kind, object.name),
        "kind": "object",
    })
}

fn physical(span: Span, sources: &SourceMap) -> Value {
    json!({
        "artifactLocation": artifact(span.file, sources),
        "region": region(span, sources),
    })
}

fn artifact(file: FileId, sources: &SourceMap) -> Value {
    json!({ "uri": uri(&sources.file(file).name), "uriBaseId": ROOT })
}

/// Lines and columns from 1 on, the last column exclusive (section 3.30).
fn region(span: Span, sources: &SourceMap) -> Value {
    let (start, end) = sources.positions(span);
    json!({
        "startLine": start.line,
        "startColumn": start.column,
        "endLine": end.line,
        "endColumn": end.column,
    })
}

/// The path as a relative URI (RFC 3986): what is neither a slash nor unreserved is written as `%XX`.
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        let plain = byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte);
        if plain {
            uri.push(char::from(byte));
        } else {
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}

fn change(fix: &Fix, sources: &SourceMap) -> Value {
    let mut files: BTreeMap<FileId, Vec<&Edit>> = BTreeMap::new();
    for edit in &fix.edits {
        files.entry(edit.span.file).or_default().push(edit);
    }
    let of_file = |(file, edits): (FileId, Vec<&Edit>)| {
        let replacements = edits.into_iter().map(|edit| {
            json!({
                "deletedRegion": region(edit.span, sources),
                "insertedContent": { "text": edit.text },
            })
        });
        json!({
            "artifactLocation": artifact(file, sources),
            "replacements": replacements.collect::<Vec<_>>(),
        })
    };
    let warning = match fix.safety {
        Safety::Safe => "",
        _ => " (may change what the manifests mean)",
    };
    json!({
        "description": { "text": format!("{}{warning}", fix.title) },
        "artifactChanges": files.into_iter().map(of_file).collect::<Vec<_>>(),
    })
}

fn suppression(by: &Acceptance) -> Value {
    let (kind, reason) = match by {
        Acceptance::Comment { reason } => ("inSource", reason.as_str()),
        Acceptance::Configuration { reason } => ("external", reason.as_str()),
        Acceptance::Baseline => ("external", "in the baseline"),
    };
    json!({ "kind": kind, "status": "accepted", "justification": reason })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::Example;

    fn of(example: &Example, found: &Diagnostic) -> Value {
        result(found, None, &("f".to_owned(), 1), &example.sources)
    }

    #[test]
    fn regions_count_characters_and_leave_the_byte_order_mark_out() {
        let text = "\u{feff}näme: 'gitea-v6'\r\nb: ü\r\n";
        let example = Example::new(&[("db/ä b:c.yaml", text)]);
        let label = Label::new(example.span(0, "'gitea-v6'"), "");
        let found = example
            .finding(label)
            .related(example.span(0, "ü"), "read here");
        let result = of(&example, &found);
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(
            place["region"],
            json!({ "startLine": 1, "startColumn": 7, "endLine": 1, "endColumn": 17 })
        );
        assert_eq!(place["artifactLocation"]["uri"], "db/%C3%A4%20b%3Ac.yaml");
        let other = &result["relatedLocations"][0];
        assert_eq!(other["physicalLocation"]["region"]["startLine"], 2);
        assert_eq!(other["message"]["text"], "read here");
        let object = &result["locations"][0]["logicalLocations"][0];
        assert_eq!(object["fullyQualifiedName"], "Cluster/db/gitea");
    }

    #[test]
    fn a_fix_replaces_regions_and_one_for_display_is_left_out() {
        let example = Example::new(&[("a.yaml", "a: 1\n"), ("b.yaml", "b: 1\n")]);
        let fix = |safety| Fix {
            title: "write 2".to_owned(),
            safety,
            edits: vec![
                Edit::new(example.span(1, "1"), "2"),
                Edit::new(example.span(0, "1"), "2"),
            ],
        };
        let finding = || example.finding(Label::new(example.span(0, "1"), ""));
        let result = of(&example, &finding().fix(fix(Safety::Unsafe)));
        let change = &result["fixes"][0];
        assert_eq!(
            change["description"]["text"],
            "write 2 (may change what the manifests mean)"
        );
        let files = change["artifactChanges"].as_array().unwrap();
        assert_eq!(files.len(), 2);
        let replacement = &files[1]["replacements"][0];
        assert_eq!(files[1]["artifactLocation"]["uri"], "b.yaml");
        assert_eq!(replacement["deletedRegion"]["startColumn"], 4);
        assert_eq!(replacement["insertedContent"]["text"], "2");
        assert!(
            of(&example, &finding().fix(fix(Safety::Display)))
                .get("fixes")
                .is_none()
        );
    }

    #[test]
    fn a_long_message_is_cut_where_github_would() {
        let example = Example::new(&[("a.yaml", "a: 1\n")]);
        let found = example.finding(Label::new(example.span(0, "1"), ""));
        let result = of(&example, &found.help("ü".repeat(2000)));
        let text = result["message"]["text"].as_str().unwrap();
        assert_eq!(text.chars().count(), LONGEST_TEXT);
        assert!(text.ends_with("ü…"));
    }
}
