//! The resources of a build so far, in order, found by identity without a scan.

use std::collections::HashMap;

use crate::text::Span;
use crate::yaml::Origin;

use super::error::{BuildError, ErrorKind};
use super::resource::{Resource, ResourceId};

type Index = HashMap<ResourceId, Vec<usize>>;

/// Resources in the order in which they came.
///
/// The indexes are made on demand and dropped by everything that may change an identity.
#[derive(Debug, Default)]
pub(super) struct ResourceSet {
    items: Vec<Resource>,
    current: Option<Index>,
    any: Option<Index>,
}

impl Clone for ResourceSet {
    fn clone(&self) -> Self {
        Self {
            items: self.items.clone(),
            current: None,
            any: None,
        }
    }
}

impl ResourceSet {
    /// Adds a resource.
    ///
    /// # Errors
    /// When one with its identity is there; the error names both places.
    pub(super) fn append(&mut self, resource: Resource) -> Result<(), BuildError> {
        let at = self.items.len();
        let current = self
            .current
            .get_or_insert_with(|| current_index(&self.items));
        let known = current.entry(resource.id().clone()).or_default();
        if let Some(first) = known.first().and_then(|at| self.items.get(*at)) {
            return Err(duplicate(first, &resource));
        }
        known.push(at);
        self.any = None;
        self.items.push(resource);
        Ok(())
    }

    /// Adds many resources.
    ///
    /// # Errors
    /// When one with the identity of another is there.
    pub(super) fn append_all(
        &mut self,
        resources: impl IntoIterator<Item = Resource>,
    ) -> Result<(), BuildError> {
        resources
            .into_iter()
            .try_for_each(|resource| self.append(resource))
    }

    /// The resources in order.
    pub(super) fn items(&self) -> &[Resource] {
        &self.items
    }

    /// The resources, to change anything.
    pub(super) fn items_mut(&mut self) -> &mut Vec<Resource> {
        self.current = None;
        self.any = None;
        &mut self.items
    }

    /// The resources, to change anything but identities.
    pub(super) fn contents_mut(&mut self) -> &mut [Resource] {
        &mut self.items
    }

    /// Gives the resources away.
    pub(super) fn into_items(self) -> Vec<Resource> {
        self.items
    }

    /// The positions of resources that have or had this identity.
    pub(super) fn find_any(&mut self, id: &ResourceId) -> &[usize] {
        let index = self.any.get_or_insert_with(|| any_index(&self.items));
        index.get(id).map_or(&[], Vec::as_slice)
    }

    /// Refuses two resources with one current identity.
    ///
    /// # Errors
    /// When there are such; the error is about `by`, which made them so.
    pub(super) fn check_unique(&mut self, by: Span) -> Result<(), BuildError> {
        let index = current_index(&self.items);
        let twice = self.items.iter().enumerate().find_map(|(at, resource)| {
            let places = index.get(resource.id())?;
            (places.len() > 1 && places.first() != Some(&at)).then(|| (resource, places.first()))
        });
        let Some((resource, first)) = twice else {
            self.current = Some(index);
            return Ok(());
        };
        let mut error = BuildError::at(by, ErrorKind::Duplicate(resource.id().to_string()))
            .related(place(resource), "one of them");
        if let Some(first) = first.and_then(|at| self.items.get(*at)) {
            error = error.related(place(first), "the other one");
        }
        Err(error)
    }

    /// Drops resources by position, ascending.
    pub(super) fn remove(&mut self, positions: &[usize]) {
        if positions.is_empty() {
            return;
        }
        let mut at = 0;
        self.items_mut().retain(|_| {
            at += 1;
            positions.binary_search(&(at - 1)).is_err()
        });
    }
}

fn current_index(items: &[Resource]) -> Index {
    let mut index = Index::with_capacity(items.len());
    for (at, resource) in items.iter().enumerate() {
        index.entry(resource.id().clone()).or_default().push(at);
    }
    index
}

fn any_index(items: &[Resource]) -> Index {
    let mut index = Index::with_capacity(items.len());
    for (at, resource) in items.iter().enumerate() {
        for id in resource.all_ids() {
            let places = index.entry(id.clone()).or_default();
            if places.last() != Some(&at) {
                places.push(at);
            }
        }
    }
    index
}

/// The place of a resource's name.
pub(super) fn name_span(resource: &Resource) -> Span {
    let node = resource.node();
    node.at(&["metadata", "name"]).unwrap_or(node).span()
}

/// The place in the source to show for a resource: its name, or its kind when the name was made.
fn place(resource: &Resource) -> Span {
    let node = resource.node();
    let name = node.at(&["metadata", "name"]);
    let read = name.filter(|name| matches!(name.origin, Origin::Read(_)));
    read.or_else(|| node.get("kind")).unwrap_or(node).span()
}

fn duplicate(first: &Resource, second: &Resource) -> BuildError {
    let places = (place(first), place(second));
    let error = BuildError::at(places.1, ErrorKind::Duplicate(second.id().to_string()));
    if places.0 == places.1 {
        error.help("the same file or base is listed twice; remove one of the entries")
    } else {
        error
            .related(places.0, "first defined here")
            .help("rename one of them or remove it from `resources`")
    }
}
