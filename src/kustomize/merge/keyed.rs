//! Lists that merge by the keys of their items: what becomes of patch, resource and each pair of items.

use crate::yaml::{Kind, Node};

use super::directive::{DIRECTIVE, Directive, directive, take_directive};
use super::lists::{self, Lists, PatchItems};
use super::{Fate, Known, MergeError, Merger, Strictness, TypeRef};

impl<'s> Merger<'s> {
    pub(super) fn merge_keyed(
        &self,
        into: &mut Node,
        patch: &Node,
        keys: &'s [String],
        items: Option<TypeRef>,
    ) -> Result<Fate, MergeError> {
        let mut brought = patch.as_sequence().unwrap_or_default().to_vec();
        match take_directive(&mut brought)? {
            Some(Directive::Delete) => return Ok(Fate::Clear),
            Some(Directive::Replace) => {
                let merged = self.run(brought, None, PatchItems::Same, keys, items)?;
                *into = Node::new(Kind::Sequence(merged), patch.origin);
            }
            Some(Directive::Merge) | None => {
                let own = into.as_sequence_mut().map(std::mem::take);
                let own = own.unwrap_or_default();
                let numbers = (own.len()..own.len() + brought.len()).collect();
                let lists = PatchItems::Own(numbers);
                let merged = self.run(own, Some(brought), lists, keys, items)?;
                into.kind = Kind::Sequence(merged);
            }
        }
        Ok(Fate::Keep)
    }

    pub(super) fn settle_keyed(
        &self,
        list: &mut Node,
        keys: &'s [String],
        items: Option<TypeRef>,
    ) -> Result<(), MergeError> {
        let Some(own) = list.as_sequence_mut() else {
            return Ok(());
        };
        if lists::is_orderly(own, keys) {
            for item in own {
                self.settle(item, Known::Map(items))?;
            }
        } else {
            let taken = std::mem::take(own);
            *own = self.run(taken, None, PatchItems::Absent, keys, items)?;
        }
        Ok(())
    }

    pub(super) fn adopt_keyed(
        &self,
        patch: &Node,
        keys: &'s [String],
        items: Option<TypeRef>,
        strictness: Strictness,
    ) -> Result<Option<Node>, MergeError> {
        let mut brought = patch.as_sequence().unwrap_or_default().to_vec();
        if strictness == Strictness::Strict
            && take_directive(&mut brought)? == Some(Directive::Delete)
        {
            return Ok(None);
        }
        let merged = self.run(brought, None, PatchItems::Same, keys, items)?;
        Ok(Some(Node::new(Kind::Sequence(merged), patch.origin)))
    }

    fn run(
        &self,
        own: Vec<Node>,
        brought: Option<Vec<Node>>,
        patch: PatchItems,
        keys: &'s [String],
        items: Option<TypeRef>,
    ) -> Result<Vec<Node>, MergeError> {
        let keys: Vec<&str> = if keys.is_empty() {
            vec![""]
        } else {
            keys.iter().map(String::as_str).collect()
        };
        let resource = (0..own.len()).collect();
        let mut all = own;
        all.extend(brought.into_iter().flatten());
        let mut lists = Lists {
            keys: &keys,
            items: all,
            resource,
            patch,
        };
        let merged = lists.merge(|lists, resource, patch| {
            self.merge_item(lists, resource, patch, Known::Map(items))
        })?;
        Ok(lists.collect(&merged))
    }

    /// Merges one pair of items; the number of the result, or `None` when nothing is left.
    fn merge_item(
        &self,
        lists: &mut Lists<'_>,
        resource: Option<usize>,
        patch: Option<usize>,
        known: Known<'s>,
    ) -> Result<Option<usize>, MergeError> {
        let strictness = match (resource, patch) {
            (None, None) => return Ok(None),
            (Some(at), None) => {
                let fate = self.settle(&mut lists.items[at], known)?;
                return Ok((fate == Fate::Keep).then_some(at));
            }
            (Some(into), Some(at)) if into != at => {
                let found = directive(&lists.items[at])?;
                if found != Some(Directive::Replace) {
                    let patch = lists.items[at].clone();
                    // A second look at the same patch item finds no directive any more.
                    lists.items[at].remove(DIRECTIVE);
                    let fate = self.merge(&mut lists.items[into], &patch, known)?;
                    return Ok((fate == Fate::Keep).then_some(into));
                }
                Strictness::Strict
            }
            (Some(_), _) => Strictness::Strict,
            (None, _) => Strictness::Lenient,
        };
        let Some(at) = patch else {
            return Ok(None);
        };
        let adopted = self.adopt(&lists.items[at], known, strictness)?;
        match adopted {
            Some(node) => lists.items[at] = node,
            None => {
                lists.items[at].remove(DIRECTIVE);
                return Ok(None);
            }
        }
        Ok(Some(at))
    }
}

#[cfg(test)]
mod tests {
    use crate::kustomize::merge::strategic_merge;
    use crate::kustomize::schema::Schema;
    use crate::text::FileId;
    use crate::yaml::{Locator, Node, emit::emit, parse};

    fn merged(api_version: &str, kind: &str, resource: &str, patch: &str) -> String {
        let read = |spec: &str| {
            let text = format!("{{apiVersion: {api_version}, kind: {kind}, spec: {spec}}}");
            let documents = parse(&text, &Locator::File(FileId(0))).unwrap();
            documents[0].root.clone()
        };
        let mut node = read(resource);
        strategic_merge(
            &mut node,
            &read(patch),
            Schema::builtin(),
            api_version,
            kind,
        )
        .unwrap();
        node.get("spec")
            .map_or(String::new(), |spec: &Node| emit(spec).unwrap())
    }

    fn pod(resource: &str, patch: &str) -> String {
        let spec = |containers: &str| format!("{{containers: {containers}}}");
        let merged = merged("v1", "Pod", &spec(resource), &spec(patch));
        merged
            .strip_prefix("containers:")
            .unwrap_or(&merged)
            .trim_start()
            .to_owned()
    }

    fn ports(resource: &str, patch: &str) -> String {
        let spec = |ports: &str| format!("{{ports: {ports}}}");
        let merged = merged("v1", "Service", &spec(resource), &spec(patch));
        merged
            .strip_prefix("ports:")
            .unwrap_or(&merged)
            .trim_start()
            .to_owned()
    }

    #[test]
    fn patched_items_come_first_and_the_others_follow() {
        let merged = pod(
            "[{name: a, image: one}, {name: b}, {name: c, tty: true}]",
            "[{name: c, tty: null, image: three}, {name: n}]",
        );
        assert_eq!(
            merged,
            "- image: three\n  name: c\n- name: \"n\"\n- image: one\n  name: a\n- name: b\n"
        );
    }

    #[test]
    fn directives_delete_items_and_replace_or_clear_the_list() {
        let resource = "[{name: a}, {name: b}]";
        assert_eq!(pod(resource, "[{name: a, $patch: delete}]"), "- name: b\n");
        assert_eq!(
            pod(resource, "[{$patch: replace}, {name: c}]"),
            "- name: c\n"
        );
        assert_eq!(pod(resource, "[{$patch: delete}]"), "{}\n");
    }

    #[test]
    fn replacing_an_item_that_is_there_changes_nothing() {
        let merged = pod(
            "[{name: a, image: one}]",
            "[{name: a, $patch: replace, image: two}]",
        );
        assert_eq!(merged, "- image: one\n  name: a\n");
    }

    #[test]
    fn a_patch_item_without_the_key_empties_the_list() {
        let merged = pod("[{name: a}, {name: b}]", "[{image: none}, {name: z}]");
        assert_eq!(merged, "- name: z\n");
    }

    #[test]
    fn a_list_the_patch_does_not_mention_loses_repeated_items() {
        let resource =
            "{containers: [{name: a, image: one, tty: }, {name: b}, {name: a, image: two}]}";
        let containers = "- image: two\n  name: a\n- name: b\n";
        assert_eq!(
            merged("v1", "Pod", resource, "{x: 1}"),
            format!("containers:\n{containers}x: 1\n")
        );
    }

    #[test]
    fn finalizers_merge_as_a_set() {
        let read = |finalizers: &str| {
            let text =
                format!("{{apiVersion: v1, kind: Pod, metadata: {{finalizers: {finalizers}}}}}");
            let documents = parse(&text, &Locator::File(FileId(0))).unwrap();
            documents[0].root.clone()
        };
        let mut node = read("[a, b]");
        strategic_merge(&mut node, &read("[c, a]"), Schema::builtin(), "v1", "Pod").unwrap();
        let finalizers = node.at(&["metadata", "finalizers"]).unwrap();
        assert_eq!(emit(finalizers).unwrap(), "- c\n- a\n- b\n");
    }

    #[test]
    fn ports_without_protocol_match_by_port_alone() {
        let merged = ports("[{port: 80, name: a}, {port: 81}]", "[{port: 80, name: b}]");
        assert_eq!(merged, "- name: b\n  port: 80\n- port: 81\n");
    }

    #[test]
    fn a_patch_item_without_the_protocol_of_the_resource_is_lost() {
        let merged = ports("[{port: 80, protocol: UDP}]", "[{port: 80, name: b}]");
        assert_eq!(merged, "- port: 80\n  protocol: UDP\n");
    }
}
