//! Strategic merge patches.
//!
//! Patch and resource are walked together. Maps merge key by key, scalars and most lists are replaced, lists that the
//! schema gives keys merge item by item ([`keyed`]). A patched value keeps the patch's origin.
//!
//! Source of the behaviour: `kyaml/yaml/merge2` and `kyaml/yaml/walk` of kustomize 5.5.0, which also rewrite parts of
//! the resource that the patch does not mention: an absent value (`key:`) goes away, and keyed lists lose repeated and
//! empty items.

mod directive;
mod keyed;
mod lists;

use thiserror::Error;

use crate::text::Span;
use crate::yaml::{Entry, Kind, Node, Style};

use super::schema::{FieldRule, Schema, TypeRef};

use directive::{DIRECTIVE, Directive, directive, is_directive};

/// What became of the patched resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The patch was merged in.
    Merged,
    /// `$patch: delete` at the root: the caller removes the resource. Its node is untouched.
    Deleted,
}

/// Why a patch cannot be merged.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
pub enum MergeError {
    /// Patch and resource disagree about map, list and scalar.
    #[error(
        "the patch has a {patch} where the resource has a {resource}; give both the same shape"
    )]
    KindMismatch {
        /// The place in the patch.
        span: Span,
        /// The place in the resource.
        resource_span: Span,
        /// `map`, `list` or `scalar`.
        patch: &'static str,
        /// `map`, `list` or `scalar`.
        resource: &'static str,
    },
    /// `$patch` holds another word than delete, replace, merge.
    #[error("unknown patch strategy {word:?}; `$patch` takes delete, replace or merge")]
    UnknownDirective {
        /// The place of the word.
        span: Span,
        /// The word.
        word: String,
    },
    /// An item of a list that merges by key cannot hold the key.
    #[error("this list merges by key, so the item must be a {expected}")]
    ListItem {
        /// The item.
        span: Span,
        /// `map` or `scalar`.
        expected: &'static str,
    },
}

impl MergeError {
    /// The place to show first.
    pub fn span(&self) -> Span {
        match self {
            Self::KindMismatch { span, .. }
            | Self::UnknownDirective { span, .. }
            | Self::ListItem { span, .. } => *span,
        }
    }
}

/// Merges `patch` into `resource` the way kustomize does.
///
/// `api_version` and `kind` select the schema (those of the resource). Values that the patch brings keep the patch's
/// origins, all others those of the resource. Both trees are expanded (no aliases). The caller restores name, kind
/// and namespace where its options ask for it.
///
/// # Errors
/// When the shapes disagree or a directive is unknown; the resource is then partly merged.
pub fn strategic_merge(
    resource: &mut Node,
    patch: &Node,
    schema: &Schema,
    api_version: &str,
    kind: &str,
) -> Result<Outcome, MergeError> {
    let known = schema
        .kind_type(api_version, kind)
        .map_or(Known::Unknown, |of| Known::Map(Some(of)));
    match directive(patch)? {
        Some(Directive::Delete) => return Ok(Outcome::Deleted),
        // kustomize merges into the patch and then drops the result.
        Some(Directive::Replace) => return Ok(Outcome::Merged),
        Some(Directive::Merge) | None => {}
    }
    Merger { schema }.merge(resource, patch, known)?;
    Ok(Outcome::Merged)
}

/// What the schema says about a node.
#[derive(Debug, Clone, Copy)]
enum Known<'s> {
    /// Nothing. If it looks like a resource of a known kind, it is one.
    Unknown,
    /// A map of this type, or something below which nothing merges by key.
    Map(Option<TypeRef>),
    /// A list merged by these keys, by value if there are none.
    Keyed {
        keys: &'s [String],
        items: Option<TypeRef>,
    },
}

impl<'s> Known<'s> {
    fn of(rule: Option<&'s FieldRule>) -> Self {
        match rule {
            None => Self::Unknown,
            Some(FieldRule::Atomic) => Self::Map(None),
            Some(FieldRule::Child(of)) => Self::Map(Some(*of)),
            Some(FieldRule::Merge { keys, items }) => Self::Keyed {
                keys,
                items: *items,
            },
            Some(FieldRule::MergeSet) => Self::Keyed {
                keys: &[],
                items: None,
            },
        }
    }
}

/// What becomes of a value in its map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Keep,
    Clear,
}

/// What stands in the way of an unknown directive: a patch map onto nothing keeps it as a plain key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Strictness {
    Lenient,
    Strict,
}

struct Merger<'s> {
    schema: &'s Schema,
}

impl<'s> Merger<'s> {
    /// Both are there.
    fn merge(&self, into: &mut Node, patch: &Node, known: Known<'s>) -> Result<Fate, MergeError> {
        if patch.is_null() {
            return Ok(Fate::Clear);
        }
        if into.is_null() {
            let adopted = self.adopt(patch, known, Strictness::Lenient)?;
            return Ok(adopted.map_or(Fate::Clear, |adopted| {
                *into = adopted;
                Fate::Keep
            }));
        }
        match (&into.kind, &patch.kind) {
            (Kind::Mapping(_), Kind::Mapping(_)) => self.merge_map(into, patch, known),
            (Kind::Sequence(_), Kind::Sequence(_)) => match known {
                Known::Keyed { keys, items } => self.merge_keyed(into, patch, keys, items),
                Known::Unknown | Known::Map(_) => {
                    *into = patch.clone();
                    Ok(Fate::Keep)
                }
            },
            (Kind::Scalar(old), Kind::Scalar(new)) => {
                // kustomize keeps the quotes of the old value: a number over a quoted text becomes text.
                let quoted = old.style != Style::Plain && new.style == Style::Plain;
                *into = if quoted && patch.tag().is_none() {
                    Node::string(new.text.clone(), patch.origin)
                } else {
                    patch.clone()
                };
                Ok(Fate::Keep)
            }
            _ => Err(MergeError::KindMismatch {
                span: patch.span(),
                resource_span: into.span(),
                patch: shape(patch),
                resource: shape(into),
            }),
        }
    }

    fn merge_map(
        &self,
        into: &mut Node,
        patch: &Node,
        known: Known<'s>,
    ) -> Result<Fate, MergeError> {
        match directive(patch)? {
            Some(Directive::Delete) => return Ok(Fate::Clear),
            Some(Directive::Replace) => {
                if let Some(adopted) = self.adopt(patch, known, Strictness::Strict)? {
                    *into = adopted;
                }
                return Ok(Fate::Keep);
            }
            Some(Directive::Merge) | None => {}
        }
        let known = self.recognise(known, into, Some(patch));
        let brought: Vec<&Entry> = patch
            .as_mapping()
            .into_iter()
            .flatten()
            .filter(|entry| !is_directive(entry) && !has_key(into, &entry.key))
            .collect();
        self.each_value(into, |key, value| {
            let below = self.below(known, key);
            match patch.get(key) {
                Some(patch) if key != DIRECTIVE => self.merge(value, patch, below),
                _ => self.settle(value, below),
            }
        })?;
        for entry in brought {
            let below = self.below(known, entry.key.text().unwrap_or_default());
            if let Some(value) = self.adopt(&entry.value, below, Strictness::Lenient)?
                && let Some(entries) = into.as_mapping_mut()
            {
                let key = entry.key.clone();
                entries.push(Entry { key, value });
            }
        }
        Ok(Fate::Keep)
    }

    /// The patch says nothing about this value.
    fn settle(&self, value: &mut Node, known: Known<'s>) -> Result<Fate, MergeError> {
        match &value.kind {
            Kind::Scalar(scalar) => {
                let absent = scalar.text.is_empty() && value.is_null();
                Ok(if absent { Fate::Clear } else { Fate::Keep })
            }
            Kind::Mapping(_) => {
                let known = self.recognise(known, value, None);
                self.each_value(value, |key, value| {
                    self.settle(value, self.below(known, key))
                })?;
                Ok(Fate::Keep)
            }
            Kind::Sequence(_) => {
                if let Known::Keyed { keys, items } = known {
                    self.settle_keyed(value, keys, items)?;
                }
                Ok(Fate::Keep)
            }
            Kind::Alias(_) => Ok(Fate::Keep),
        }
    }

    /// The resource has nothing here: the patch without its nulls and directives, or `None` when nothing is left.
    fn adopt(
        &self,
        patch: &Node,
        known: Known<'s>,
        strictness: Strictness,
    ) -> Result<Option<Node>, MergeError> {
        if patch.is_null() {
            return Ok(None);
        }
        match (&patch.kind, known) {
            (Kind::Mapping(entries), _) => self.adopt_map(patch, entries, known, strictness),
            (Kind::Sequence(_), Known::Keyed { keys, items }) => {
                self.adopt_keyed(patch, keys, items, strictness)
            }
            _ => Ok(Some(patch.clone())),
        }
    }

    fn adopt_map(
        &self,
        patch: &Node,
        entries: &[Entry],
        known: Known<'s>,
        strictness: Strictness,
    ) -> Result<Option<Node>, MergeError> {
        let found = match directive(patch) {
            Err(error) if strictness == Strictness::Strict => return Err(error),
            found => found.ok(),
        };
        if found == Some(Some(Directive::Delete)) {
            return Ok(None);
        }
        let known = self.recognise(known, patch, None);
        let mut adopted = Vec::with_capacity(entries.len());
        for entry in entries {
            if found.is_some() && is_directive(entry) {
                continue;
            }
            let below = self.below(known, entry.key.text().unwrap_or_default());
            if let Some(value) = self.adopt(&entry.value, below, Strictness::Strict)? {
                let key = entry.key.clone();
                adopted.push(Entry { key, value });
            }
        }
        Ok(Some(Node::new(Kind::Mapping(adopted), patch.origin)))
    }

    /// Visits the values of a map and drops those that come out as [`Fate::Clear`].
    fn each_value(
        &self,
        map: &mut Node,
        mut visit: impl FnMut(&str, &mut Node) -> Result<Fate, MergeError>,
    ) -> Result<(), MergeError> {
        let mut failed = None;
        if let Some(entries) = map.as_mapping_mut() {
            entries.retain_mut(|entry| {
                if failed.is_some() {
                    return true;
                }
                let key = entry.key.text().unwrap_or_default();
                visit(key, &mut entry.value).map_or_else(
                    |error| {
                        failed = Some(error);
                        true
                    },
                    |fate| fate == Fate::Keep,
                )
            });
        }
        failed.map_or(Ok(()), Err)
    }

    /// A map of which nothing is known may be a resource inside a resource: then its own kind tells.
    fn recognise(&self, known: Known<'s>, first: &Node, second: Option<&Node>) -> Known<'s> {
        if !matches!(known, Known::Unknown) {
            return known;
        }
        std::iter::once(first)
            .chain(second)
            .find_map(|map| {
                let kind = map.get("kind")?.text()?;
                self.schema.kind_type(map.get("apiVersion")?.text()?, kind)
            })
            .map_or(Known::Unknown, |of| Known::Map(Some(of)))
    }

    fn below(&self, known: Known<'s>, key: &str) -> Known<'s> {
        match known {
            Known::Unknown => Known::Unknown,
            Known::Map(Some(of)) => Known::of(self.schema.field(of, key)),
            Known::Map(None) | Known::Keyed { .. } => Known::Map(None),
        }
    }
}

fn has_key(map: &Node, key: &Node) -> bool {
    key.text().is_some_and(|key| map.entry(key).is_some())
}

fn shape(node: &Node) -> &'static str {
    match node.kind {
        Kind::Scalar(_) | Kind::Alias(_) => "scalar",
        Kind::Sequence(_) => "list",
        Kind::Mapping(_) => "map",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::FileId;
    use crate::yaml::{Locator, emit::emit, parse};

    fn read(file: u32, text: &str) -> Node {
        let documents = parse(text, &Locator::File(FileId(file))).unwrap();
        documents[0].root.clone()
    }

    fn merge_spec(resource: &str, patch: &str) -> Result<(Node, Outcome), MergeError> {
        let head = "{apiVersion: postgresql.cnpg.io/v1, kind: Cluster, ";
        let mut node = read(0, &format!("{head}spec: {resource}}}"));
        let patch = read(1, &format!("{head}spec: {patch}}}"));
        let kind = ("postgresql.cnpg.io/v1", "Cluster");
        let outcome = strategic_merge(&mut node, &patch, Schema::builtin(), kind.0, kind.1)?;
        Ok((node, outcome))
    }

    /// The merged spec as kustomize writes it, or the error.
    fn merged(resource: &str, patch: &str) -> String {
        match merge_spec(resource, patch) {
            Ok((node, _)) => emit(node.get("spec").unwrap()).unwrap(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn maps_merge_and_scalars_and_lists_are_replaced() {
        let merged = merged(
            "{a: {b: 1, c: 2}, l: [1, 2], k: 3}",
            "{a: {b: 3, d: 4}, l: [{$patch: delete}]}",
        );
        assert_eq!(
            merged,
            "a:\n  b: 3\n  c: 2\n  d: 4\nk: 3\nl:\n- $patch: delete\n"
        );
    }

    #[test]
    fn nulls_of_the_patch_delete_and_nulls_of_the_resource_stay() {
        let merged = merged(
            "{a: 1, b: ~, m: {x: 1}}",
            "{a: null, c: null, m: {x: ~}, n: {y: ~, z: 1}}",
        );
        assert_eq!(merged, "b: null\nm: {}\n\"n\":\n  z: 1\n");
    }

    #[test]
    fn an_absent_value_of_the_resource_goes_away() {
        assert_eq!(
            merged("{a: , l: [{b: , c: 1}]}", "{}"),
            "l:\n- b: null\n  c: 1\n"
        );
    }

    #[test]
    fn a_plain_value_over_a_quoted_one_is_text() {
        let merged = merged(
            "{a: '3', b: \"x\", c: 3, d: x}",
            "{a: 0755, b: true, c: '5', d: 2}",
        );
        assert_eq!(merged, "a: \"0755\"\nb: \"true\"\nc: \"5\"\nd: 2\n");
    }

    #[test]
    fn directives_in_maps_delete_and_replace() {
        let resource = "{a: {b: 1}, c: {d: 1, e: 2}}";
        let patch = "{a: {$patch: delete}, c: {$patch: replace, f: 3}, n: {$patch: delete}, o: {$patch: merge, p: 1}}";
        assert_eq!(merged(resource, patch), "c:\n  f: 3\no:\n  p: 1\n");
    }

    #[test]
    fn the_root_can_be_deleted_and_not_replaced() {
        let root = |word: &str| {
            let mut resource = read(0, "{kind: K, spec: {a: 1}}");
            let patch = read(1, &format!("{{kind: K, $patch: {word}, spec: {{b: 2}}}}"));
            let outcome = strategic_merge(&mut resource, &patch, Schema::builtin(), "v1", "K");
            (outcome, emit(&resource).unwrap())
        };
        let unchanged = "kind: K\nspec:\n  a: 1\n".to_owned();
        assert_eq!(root("delete"), (Ok(Outcome::Deleted), unchanged.clone()));
        assert_eq!(root("replace"), (Ok(Outcome::Merged), unchanged));
    }

    #[test]
    fn different_shapes_and_unknown_directives_are_errors() {
        assert_eq!(
            merged("{a: {b: 1}}", "{a: 1}"),
            "the patch has a scalar where the resource has a map; give both the same shape"
        );
        assert_eq!(
            merged("{a: {b: 1}}", "{a: {$patch: remove}}"),
            "unknown patch strategy \"remove\"; `$patch` takes delete, replace or merge"
        );
    }

    #[test]
    fn values_keep_the_file_they_come_from() {
        let (node, _) =
            merge_spec("{a: 1, m: {b: 1, c: 2}}", "{a: 2, m: {b: 3, d: {e: 4}}}").unwrap();
        let file = |path: &[&str]| node.get("spec").unwrap().at(path).unwrap().span().file.0;
        assert_eq!(
            [file(&["a"]), file(&["m", "b"]), file(&["m", "d", "e"])],
            [1, 1, 1]
        );
        assert_eq!([file(&["m"]), file(&["m", "c"])], [0, 0]);
    }

    #[test]
    fn a_resource_inside_a_custom_resource_merges_by_its_own_kind() {
        let pod = |container: &str| {
            format!("{{t: {{apiVersion: v1, kind: Pod, spec: {{containers: [{container}]}}}}}}")
        };
        let merged = merged(&pod("{name: a, image: one}"), &pod("{name: a, tty: true}"));
        let containers = "    containers:\n    - image: one\n      name: a\n      tty: true\n";
        assert_eq!(
            merged,
            format!("t:\n  apiVersion: v1\n  kind: Pod\n  spec:\n{containers}")
        );
    }
}
