//! Values that the reference keeps once and shows in several places.
//!
//! A label or annotation that one transformer adds to several maps of a resource is one YAML node there, held by all
//! of them. Whoever later overwrites it in one place changes every place: an overlay that sets only
//! `metadata.labels` also changes the selector that its base made. A JSON patch writes the resource anew and so ends it.
//! Source: kustomize `api/filters/filtersutil/setters.go` (SetEntry), `kyaml/yaml/fns.go` (FieldSetter).

use std::sync::Arc;

use crate::yaml::{Kind, Node, Origin};

/// The places of one shared value.
struct Group {
    text: Arc<str>,
    places: Vec<Vec<Place>>,
}

/// A step that finds its child again after a merge: by key in a map, by position in a list.
#[derive(Clone)]
enum Place {
    Key(Arc<str>),
    Item(usize),
}

/// The shared values of a resource at one moment.
pub(super) struct Shared {
    groups: Vec<Group>,
}

impl Shared {
    /// Finds made strings with one text in memory.
    pub(super) fn of(node: &Node) -> Self {
        let mut found = Self { groups: Vec::new() };
        found.collect(node, &mut Vec::new());
        found.groups.retain(|group| group.places.len() > 1);
        found
    }

    fn collect(&mut self, node: &Node, path: &mut Vec<Place>) {
        match &node.kind {
            Kind::Scalar(scalar) if matches!(node.origin, Origin::Made { .. }) => {
                let known = self
                    .groups
                    .iter_mut()
                    .find(|group| Arc::ptr_eq(&group.text, &scalar.text));
                match known {
                    Some(group) => group.places.push(path.clone()),
                    None => self.groups.push(Group {
                        text: Arc::clone(&scalar.text),
                        places: vec![path.clone()],
                    }),
                }
            }
            Kind::Scalar(_) | Kind::Alias(_) => {}
            Kind::Sequence(items) => {
                for (at, item) in items.iter().enumerate() {
                    path.push(Place::Item(at));
                    self.collect(item, path);
                    path.pop();
                }
            }
            Kind::Mapping(entries) => {
                for entry in entries {
                    let Some(key) = entry.key.as_scalar() else {
                        continue;
                    };
                    path.push(Place::Key(Arc::clone(&key.text)));
                    self.collect(&entry.value, path);
                    path.pop();
                }
            }
        }
    }

    /// Carries a value that was overwritten in one place to the others that still hold the old one.
    pub(super) fn carry(&self, node: &mut Node) {
        for group in &self.groups {
            let is_old = |found: &Node| {
                found
                    .as_scalar()
                    .is_some_and(|scalar| Arc::ptr_eq(&scalar.text, &group.text))
            };
            let new = group
                .places
                .iter()
                .filter_map(|path| at(node, path))
                .rfind(|found| found.as_scalar().is_some() && !is_old(found))
                .cloned();
            let Some(new) = new else { continue };
            for path in &group.places {
                if let Some(place) = at_mut(node, path).filter(|place| place.as_scalar().is_some())
                {
                    *place = new.clone();
                }
            }
        }
    }
}

/// Gives every made string a text of its own.
pub(super) fn unshare(node: &mut Node) {
    let made = matches!(node.origin, Origin::Made { .. });
    match &mut node.kind {
        Kind::Scalar(scalar) if made => scalar.text = Arc::from(scalar.text.as_ref()),
        Kind::Scalar(_) | Kind::Alias(_) => {}
        Kind::Sequence(items) => items.iter_mut().for_each(unshare),
        Kind::Mapping(entries) => entries
            .iter_mut()
            .for_each(|entry| unshare(&mut entry.value)),
    }
}

fn at<'n>(node: &'n Node, path: &[Place]) -> Option<&'n Node> {
    path.iter().try_fold(node, |node, place| match place {
        Place::Key(key) => node.get(key),
        Place::Item(at) => node.as_sequence()?.get(*at),
    })
}

fn at_mut<'n>(node: &'n mut Node, path: &[Place]) -> Option<&'n mut Node> {
    path.iter().try_fold(node, |node, place| match place {
        Place::Key(key) => node.get_mut(key),
        Place::Item(at) => node.as_sequence_mut()?.get_mut(*at),
    })
}

#[cfg(test)]
mod tests {
    use crate::kustomize::memory::Memory;

    /// What `kubectl kustomize` makes of a label that base and overlay set: the selector follows it.
    #[test]
    fn overwriting_a_label_changes_the_selector_that_came_with_it() {
        let rendered = tree("labels: [{pairs: {lane: two}}]\n").render("").unwrap();
        assert_eq!(rendered.text, SERVICE.replace("one", "two"));
    }

    #[test]
    fn a_json_patch_changes_the_one_place_it_names() {
        let patch = "patches:\n- target: {kind: Service}\n  patch: |-\n    - {op: replace, path: /metadata/labels/lane, value: two}\n";
        let rendered = tree(patch).render("").unwrap();
        assert_eq!(rendered.text, SERVICE.replacen("one", "two", 1));
    }

    const SERVICE: &str = "apiVersion: v1\nkind: Service\nmetadata:\n  labels:\n    lane: one\n  name: db\nspec:\n  selector:\n    lane: one\n";

    fn tree(overlay: &str) -> Memory {
        Memory::new(&[
            (
                "base/kustomization.yaml",
                "resources: [s.yaml]\nlabels: [{pairs: {lane: one}, includeSelectors: true}]\n",
            ),
            (
                "base/s.yaml",
                "apiVersion: v1\nkind: Service\nmetadata: {name: db}\n",
            ),
            (
                "kustomization.yaml",
                &format!("resources: [base]\n{overlay}"),
            ),
        ])
    }
}
