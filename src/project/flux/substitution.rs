//! Variables replaced in an object.
//!
//! Flux replaces in the YAML text of an object, so a plain scalar is read anew afterwards: `"${N}"` becomes a number
//! where N is one, and a list where it is `[]`. Source: fluxcd/pkg `kustomize/kustomize_varsub.go`.

use std::borrow::Cow;
use std::cell::Cell;
use std::sync::Arc;

use crate::text::Span;
use crate::yaml::patch::written;
use crate::yaml::scalar::{Dialect, canonical};
use crate::yaml::{Entry, Kind, Locator, Node, Origin, Scalar, expand, parse};

use super::Kustomization;
use super::envsubst::{MAX_RESULT, substitute};

/// The label or annotation that keeps variables in an object as they are.
const OPT_OUT: &str = "kustomize.toolkit.fluxcd.io/substitute";

impl Kustomization {
    /// The object with this Kustomization's variables replaced, as far as they are known. What changes points at the
    /// scalar that holds the variable. Borrowed where there is nothing to replace.
    pub(in crate::project) fn substituted<'n>(&self, node: &'n Node) -> Cow<'n, Node> {
        let opted_out = ["labels", "annotations"].iter().any(|map| {
            let value = node.at(&["metadata", map, OPT_OUT]);
            value.and_then(Node::text) == Some("disabled")
        });
        if !self.substitutes || opted_out || !may_hold_variable(node) {
            return Cow::Borrowed(node);
        }
        Cow::Owned(self.replaced(node, &Cell::new(MAX_RESULT)))
    }

    /// Replaces until what it adds to the object is more than `left`.
    fn replaced(&self, node: &Node, left: &Cell<usize>) -> Node {
        let kind = match &node.kind {
            Kind::Scalar(scalar) => return self.scalar(node, scalar, left),
            Kind::Sequence(items) => {
                Kind::Sequence(items.iter().map(|item| self.replaced(item, left)).collect())
            }
            Kind::Mapping(entries) => Kind::Mapping(
                entries
                    .iter()
                    .map(|entry| Entry {
                        key: self.replaced(&entry.key, left),
                        value: self.replaced(&entry.value, left),
                    })
                    .collect(),
            ),
            Kind::Alias(anchor) => Kind::Alias(*anchor),
        };
        Node {
            kind,
            origin: node.origin,
            properties: node.properties.clone(),
        }
    }

    fn scalar(&self, node: &Node, scalar: &Scalar, left: &Cell<usize>) -> Node {
        let old = scalar.text.as_ref();
        let text = match substitute(old, &|name| self.lookup(name)) {
            Cow::Borrowed(_) => return node.clone(),
            Cow::Owned(text) if text == old => return node.clone(),
            Cow::Owned(text) if text.len() > left.get() => return node.clone(),
            Cow::Owned(text) => text,
        };
        left.set(left.get() - text.len());
        let by = node.span();
        let is_plain = written(old) == old;
        let replaced = if is_plain {
            read_anew(&text, by)
        } else if old.contains('\n') || !text.contains(['"', '\'', '\\']) {
            Some(Node::new(
                Kind::Scalar(Scalar {
                    text: Arc::from(text),
                    style: scalar.style,
                }),
                Origin::Made { by },
            ))
        } else {
            // The quotes around it would end early, or escapes would come to be.
            None
        };
        replaced.unwrap_or_else(|| node.clone())
    }
}

/// Whether a key or a value has the sign that variables and escaped signs begin with.
fn may_hold_variable(node: &Node) -> bool {
    match &node.kind {
        Kind::Scalar(scalar) => scalar.text.contains('$'),
        Kind::Sequence(items) => items.iter().any(may_hold_variable),
        Kind::Mapping(entries) => entries
            .iter()
            .any(|entry| may_hold_variable(&entry.key) || may_hold_variable(&entry.value)),
        Kind::Alias(_) => false,
    }
}

/// A plain scalar read again; `None` where the text would not stay one value.
fn read_anew(text: &str, by: Span) -> Option<Node> {
    let origin = Origin::Made { by };
    if text.is_empty() {
        return Some(Node::plain("", origin));
    }
    let documents = parse(text, &Locator::Opaque { whole: by }).ok()?;
    let [document] = documents.as_slice() else {
        return None;
    };
    let is_flow = text.starts_with(['[', '{']);
    if document.root.as_mapping().is_some() && !is_flow {
        return None;
    }
    let root = expand(document).ok()?;
    Some(canonical(&root, Dialect::Direct))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::flux::Source;
    use crate::text::{FileId, Spanned};

    fn replaced(text: &str) -> Node {
        let span = Span::new(FileId(0), 0, 0);
        let values = [
            ("N", "3"),
            ("EMPTY", "[]"),
            ("APP", "shop"),
            ("ODD", "a: b"),
            ("QUOTE", "a'b"),
        ];
        let known =
            |(name, value): (&str, &str)| (name.to_owned(), Spanned::new(value.to_owned(), span));
        let kustomization = Kustomization {
            name: "shop".into(),
            namespace: None,
            place: span,
            node: Node::mapping(Origin::Read(span)),
            source: Source::Here {
                directory: String::new(),
            },
            applied_by: None,
            substitutes: true,
            variables: values.into_iter().map(known).collect(),
            hidden_sources: Vec::new(),
        };
        let documents = parse(text, &Locator::File(FileId(0))).unwrap();
        kustomization.substituted(&documents[0].root).into_owned()
    }

    #[test]
    fn a_plain_text_is_read_anew_as_flux_reads_it() {
        let node = replaced(
            "n: \"${N}\"\nlist: ${X:=${EMPTY}}\nname: ${APP}-db\nodd: ${ODD}\nsentence: \"x: ${QUOTE}\"\n",
        );
        assert_eq!(node.get("n").and_then(Node::as_integer), Some(3));
        assert_eq!(
            node.get("list")
                .and_then(Node::as_sequence)
                .map(<[Node]>::len),
            Some(0)
        );
        assert_eq!(node.get("name").and_then(Node::text), Some("shop-db"));
        assert_eq!(
            node.get("odd").and_then(Node::text),
            Some("${ODD}"),
            "not one value any more"
        );
        assert_eq!(
            node.get("sentence").and_then(Node::text),
            Some("x: ${QUOTE}")
        );
    }

    #[test]
    fn what_is_replaced_points_at_the_scalar_that_holds_the_variable() {
        let node = replaced("name: ${APP}-db\nkept: x\n");
        let origin = |key: &str| node.get(key).map(|node| node.origin);
        assert!(matches!(origin("name"), Some(Origin::Made { by }) if by.range() == (6..15)));
        assert!(matches!(origin("kept"), Some(Origin::Read(_))));
    }

    #[test]
    fn an_object_can_opt_out() {
        for map in ["labels", "annotations"] {
            let text = format!(
                "metadata:\n  {map}:\n    kustomize.toolkit.fluxcd.io/substitute: disabled\n  name: ${{APP}}\n"
            );
            let node = replaced(&text);
            let name = node.at(&["metadata", "name"]).and_then(Node::text);
            assert_eq!(name, Some("${APP}"));
        }
    }
}
