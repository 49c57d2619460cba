//! The resources of a text: cut into documents, checked, lists taken apart.
//!
//! Source: kustomize `kyaml/kio/byteio_reader.go` (cutting) and `api/resource/factory.go` (checks, lists).

use std::sync::Arc;

use crate::text::{FileId, Span, Spanned};
use crate::yaml::{Document, DocumentStore, Kind, Locator, Node, ParseError, expand, parse};

use super::error::{BuildError, ErrorKind};

/// The resources of a file, in order, as they enter a build.
///
/// # Errors
/// When the text is not YAML or a document is no Kubernetes object.
pub(super) fn of_file(
    store: &mut DocumentStore<'_>,
    file: FileId,
) -> Result<Vec<Node>, BuildError> {
    let text = Arc::clone(&store.sources().file(file).text);
    check_separators(&text, file)?;
    let parsed = store.documents(file);
    match parsed.as_ref() {
        // A piece that ends early, or that only its first document makes readable, needs the exact way.
        Ok(documents) if !ends_early(&text) => resources(documents),
        _ => resources(&pieces(&text, file)?),
    }
}

/// The resources of a text written inside a scalar of another file.
///
/// # Errors
/// As for a file.
pub(super) fn of_inline(
    store: &DocumentStore<'_>,
    inline: &Spanned<String>,
) -> Result<Vec<Node>, BuildError> {
    resources(&inline_documents(store, inline)?)
}

/// The YAML documents of a text written inside a scalar of another file.
pub(super) fn inline_documents(
    store: &DocumentStore<'_>,
    inline: &Spanned<String>,
) -> Result<Vec<Document>, ParseError> {
    let source = Arc::clone(&store.sources().file(inline.span.file).text);
    let trimmed = inline.value.trim_end();
    let content = trimmed.trim_start();
    let place = if content.len() == trimmed.len() {
        Locator::inside(&source, inline.span, &inline.value)
    } else {
        Locator::Opaque { whole: inline.span }
    };
    parse(content, &place)
}

/// After three dashes at the start of a line only blanks and a comment may follow.
fn check_separators(text: &str, file: FileId) -> Result<(), BuildError> {
    for (at, _) in text.match_indices("\n---") {
        let rest = &text[at + 4..];
        let Some(end) = rest.find('\n') else {
            continue;
        };
        let after = rest[..end].trim();
        if !after.is_empty() && !after.starts_with('#') {
            let span = Span::new(file, at + 1, at + 4 + rest[..end].trim_end().len());
            return Err(BuildError::invalid(
                span,
                format!("invalid document separator `---{}`", rest[..end].trim_end()),
            )
            .help("put only `---` on the line, and the content on the next one"));
        }
    }
    Ok(())
}

/// Whether a document may end before the next separator: by a `...` line, a directive, or dashes without a line end,
/// which separate nothing.
fn ends_early(text: &str) -> bool {
    let last = text.rfind('\n').map_or("", |at| &text[at + 1..]);
    last.starts_with("---")
        || text
            .lines()
            .any(|line| line.starts_with("...") || line.starts_with('%'))
}

/// The first document of each piece between separators.
fn pieces(text: &str, file: FileId) -> Result<Vec<Document>, BuildError> {
    let mut documents = Vec::new();
    let mut start = 0;
    let ends: Vec<usize> = text
        .match_indices("\n---")
        .filter(|(at, _)| text[at + 1..].contains('\n'))
        .map(|(at, _)| at + 1)
        .collect();
    for end in ends.into_iter().chain([text.len()]) {
        if let Some(piece) = text.get(start..end) {
            documents.extend(first_document(piece, start, file)?);
        }
        start = end + text[end..].find('\n').map_or(0, |line| line + 1);
    }
    Ok(documents)
}

/// The first document of a piece; what follows a `...` is not looked at, as in the reference.
fn first_document(piece: &str, start: usize, file: FileId) -> Result<Option<Document>, BuildError> {
    let offset = u32::try_from(start).unwrap_or(u32::MAX);
    let place = Locator::Block {
        file,
        lines: vec![(0, offset)],
    };
    let error = match parse(piece, &place) {
        Ok(documents) => return Ok(documents.into_iter().next()),
        Err(error) => error,
    };
    let ends = piece
        .match_indices('\n')
        .map(|(at, _)| at + 1)
        .filter(|at| {
            let next = &piece[*at..];
            ["...", "---", "{"]
                .iter()
                .any(|start| next.starts_with(start))
        });
    for end in ends {
        if let Ok(documents) = parse(&piece[..end], &place) {
            return Ok(documents.into_iter().next());
        }
    }
    Err(error.into())
}

fn resources(documents: &[Document]) -> Result<Vec<Node>, BuildError> {
    let mut found = Vec::with_capacity(documents.len());
    for document in documents {
        if !is_empty(&document.root) {
            let node = expand(document)?;
            check(&node)?;
            found.push(node);
        }
    }
    flatten(found)
}

fn is_empty(node: &Node) -> bool {
    match &node.kind {
        Kind::Scalar(_) => node.is_null(),
        Kind::Sequence(items) => items.is_empty(),
        Kind::Mapping(entries) => entries.is_empty(),
        Kind::Alias(_) => false,
    }
}

/// A resource is a map with a kind and, unless it is a list, a name.
fn check(node: &Node) -> Result<(), BuildError> {
    let found = match &node.kind {
        Kind::Mapping(_) => None,
        Kind::Sequence(_) => Some("list"),
        Kind::Scalar(_) | Kind::Alias(_) => Some("scalar"),
    };
    if let Some(found) = found {
        let message = format!("the document is a {found}, not a Kubernetes object");
        return Err(BuildError::invalid(node.span(), message)
            .help("an object is a map with apiVersion, kind and metadata.name"));
    }
    let start = first_key(node);
    let Some(kind) = node.get("kind").and_then(filled) else {
        return Err(BuildError::invalid(start, "the object has no kind").help("add `kind:`"));
    };
    if let Some(metadata) = node.get("metadata")
        && !metadata.is_null()
        && metadata.as_mapping().is_none()
    {
        return Err(BuildError::invalid(
            metadata.span(),
            "metadata must be a map",
        ));
    }
    let annotations = node.at(&["metadata", "annotations"]);
    if let Some(list) = annotations.filter(|found| found.as_sequence().is_some()) {
        return Err(BuildError::invalid(
            list.span(),
            "metadata.annotations must be a map",
        ));
    }
    let has_name = node.at(&["metadata", "name"]).and_then(filled).is_some();
    if has_name || kind.ends_with("List") {
        return Ok(());
    }
    Err(
        BuildError::invalid(start, format!("the {kind} has no metadata.name"))
            .help("add `metadata.name`"),
    )
}

/// The text of a scalar that is neither null nor empty.
fn filled(node: &Node) -> Option<&str> {
    node.text()
        .filter(|text| !text.is_empty() && !node.is_null())
}

/// The place to show for a document: its first key, since the whole would underline everything.
fn first_key(node: &Node) -> Span {
    node.as_mapping()
        .and_then(|entries| entries.first())
        .map_or(node.span(), |entry| entry.key.span())
}

/// Replaces lists by their items, which follow the other documents.
fn flatten(nodes: Vec<Node>) -> Result<Vec<Node>, BuildError> {
    let mut queue = std::collections::VecDeque::from(nodes);
    let mut flat = Vec::with_capacity(queue.len());
    while let Some(mut node) = queue.pop_front() {
        let is_list = node
            .get("kind")
            .and_then(Node::text)
            .is_some_and(|kind| kind.ends_with("List"));
        if !is_list || node.get("items").is_none() {
            if node.get("metadata").is_none() {
                let origin = node.origin;
                node.set("metadata", Node::mapping(origin));
            }
            flat.push(node);
            continue;
        }
        let Some(items) = node.remove("items") else {
            continue;
        };
        let span = items.span();
        match items.kind {
            Kind::Sequence(items) => {
                for item in items.into_iter().filter(|item| !is_empty(item)) {
                    check(&item)?;
                    queue.push_back(item);
                }
            }
            Kind::Scalar(_) if items.is_null() => {}
            _ => {
                return Err(BuildError::at(
                    span,
                    ErrorKind::Invalid("`items` of a list must be a list".to_owned()),
                ));
            }
        }
    }
    Ok(flat)
}

#[cfg(test)]
mod tests {
    use crate::kustomize::memory::Memory;

    const KUSTOMIZATION: (&str, &str) = ("kustomization.yaml", "resources: [r.yaml]\n");

    fn names(text: &str) -> Vec<String> {
        let rendered = Memory::new(&[KUSTOMIZATION, ("r.yaml", text)])
            .render("")
            .unwrap();
        let names = rendered
            .text
            .lines()
            .filter_map(|line| line.strip_prefix("  name: "));
        names.map(str::to_owned).collect()
    }

    fn refusal(text: &str) -> String {
        Memory::new(&[KUSTOMIZATION, ("r.yaml", text)]).refusal("")
    }

    #[test]
    fn lists_are_replaced_by_their_items_at_any_depth() {
        let text = "kind: List\nitems:\n- kind: BList\n  items:\n  - {kind: B, metadata: {name: inner}}\n  - null\n- {kind: A, metadata: {name: outer}}\n---\nkind: C\nmetadata: {name: alone}\n";
        assert_eq!(names(text), ["outer", "inner", "alone"]);
    }

    #[test]
    fn what_follows_the_end_of_a_document_is_not_looked_at() {
        let text =
            "kind: A\nmetadata: {name: one}\n...\n[ broken\n---\nkind: A\nmetadata: {name: two}\n";
        assert_eq!(names(text), ["one", "two"]);
        let json = "{\"kind\":\"A\",\"metadata\":{\"name\":\"one\"}}\n{\"kind\":\"A\",\"metadata\":{\"name\":\"two\"}}\n";
        assert_eq!(names(json), ["one"]);
    }

    #[test]
    fn dashes_with_a_text_behind_them_separate_nothing() {
        let refusal = refusal("kind: A\nmetadata: {name: one}\n--- next\nkind: B\n");
        assert!(
            refusal.starts_with("r.yaml:3:1: invalid document separator `--- next`"),
            "{refusal}"
        );
        // Without a line end behind it the reference does not see a separator.
        assert_eq!(names("kind: A\nmetadata: {name: one}\n--- x"), ["one"]);
    }

    #[test]
    fn a_document_must_be_an_object_with_kind_and_name() {
        for (text, message) in [
            ("- a\n", "r.yaml:1:1: the document is a list"),
            ("a\n", "r.yaml:1:1: the document is a scalar"),
            (
                "metadata: {name: a}\n",
                "r.yaml:1:1: the object has no kind",
            ),
            ("kind: A\n", "r.yaml:1:1: the A has no metadata.name"),
            (
                "kind: A\nmetadata: {generateName: a-}\n",
                "r.yaml:1:1: the A has no metadata.name",
            ),
            (
                "kind: A\nmetadata: x\n",
                "r.yaml:2:11: metadata must be a map",
            ),
        ] {
            let found = refusal(text);
            assert!(found.starts_with(message), "{found}");
        }
    }

    #[test]
    fn errors_in_a_piece_point_into_the_file() {
        let refusal = refusal("kind: A\nmetadata: {name: one}\n---\nkind: B\nmetadata: [\n");
        assert!(refusal.starts_with("r.yaml:"), "{refusal}");
        assert!(refusal.contains("not valid YAML"), "{refusal}");
    }
}
