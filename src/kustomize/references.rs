//! Fields that name a renamed resource get its new name.
//!
//! One pass over the finished set. Source: kustomize `api/filters/nameref/nameref.go`,
//! `api/internal/accumulator/namereferencetransformer.go`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::text::Span;
use crate::yaml::{Kind, Node, Origin};

use super::error::{BuildError, field_error};
use super::fieldspec::{FieldSpec, Gvk, Leaf, for_each};
use super::fieldspecs::NameReference;
use super::resource::{Resource, ResourceId};
use super::set::{ResourceSet, name_span};

/// What is known of a resource while others are being changed.
struct Known {
    id: ResourceId,
    previous: Vec<ResourceId>,
    prefixes: Vec<Arc<str>>,
    suffixes: Vec<Arc<str>>,
    name_span: Span,
}

impl Known {
    fn of(resource: &Resource) -> Self {
        Self {
            id: resource.id().clone(),
            previous: resource.previous_ids().to_vec(),
            prefixes: resource.prefixes().to_vec(),
            suffixes: resource.suffixes().to_vec(),
            name_span: name_span(resource),
        }
    }

    fn original(&self) -> &ResourceId {
        self.previous.first().unwrap_or(&self.id)
    }
}

/// Updates every field of the table that names a renamed resource.
///
/// # Errors
/// When several renamed resources could be meant, or a field of the table has an unexpected shape.
pub(super) fn update(set: &mut ResourceSet, table: &[NameReference]) -> Result<(), BuildError> {
    let known: Vec<Known> = set.items().iter().map(Known::of).collect();
    let candidates = Candidates::new(&known);
    let fields = candidates.relevant(table);
    if fields.is_empty() {
        return Ok(());
    }
    for (at, resource) in set.items_mut().iter_mut().enumerate() {
        let Some(own) = known.get(at) else { continue };
        let original = own.original().gvk();
        let applicable = [original.kind, ""]
            .into_iter()
            .flat_map(|kind| fields.get(kind).into_iter().flatten())
            .filter(|(_, spec)| spec.selects(original));
        let mut referrer: Option<Referrer<'_>> = None;
        for (reference, spec) in applicable {
            let referrer = referrer.get_or_insert_with(|| Referrer::new(own, resource.node()));
            let field = Field {
                candidates: &candidates,
                referrer,
                reference,
                spec,
            };
            field.update(resource)?;
        }
    }
    Ok(())
}

/// The renamed resources, by earlier kind and name.
struct Candidates<'k> {
    all: &'k [Known],
    by_name: BTreeMap<(&'k str, &'k str), Vec<&'k Known>>,
    kinds: BTreeSet<&'k str>,
}

type FieldsByKind<'t> = BTreeMap<&'t str, Vec<(&'t NameReference, &'t FieldSpec)>>;

impl<'k> Candidates<'k> {
    fn new(all: &'k [Known]) -> Self {
        let mut by_name: BTreeMap<(&str, &str), Vec<&Known>> = BTreeMap::new();
        let mut kinds = BTreeSet::new();
        for known in all {
            // Name and kind may come from different times, as in the reference.
            let ids = &known.previous;
            let places: BTreeSet<(&str, &str)> = ids
                .iter()
                .flat_map(|kind| ids.iter().map(|name| (kind.kind(), name.name())))
                .flat_map(|(kind, name)| [(kind, name), ("", name)])
                .collect();
            for place in places {
                kinds.insert(place.0);
                by_name.entry(place).or_default().push(known);
            }
        }
        Self {
            all,
            by_name,
            kinds,
        }
    }

    /// The fields of the table that may name one of these, by kind of the referrer.
    fn relevant<'t>(&self, table: &'t [NameReference]) -> FieldsByKind<'t> {
        let mut fields = FieldsByKind::new();
        let referenced = table
            .iter()
            .filter(|reference| self.kinds.contains(reference.kind.as_ref()));
        for reference in referenced {
            for spec in &reference.fields {
                fields
                    .entry(spec.kind.as_ref())
                    .or_default()
                    .push((reference, spec));
            }
        }
        fields
    }
}

/// The resource whose fields are looked at.
struct Referrer<'k> {
    known: &'k Known,
    /// Namespaces of the service accounts that a RoleBinding names.
    subject_namespaces: BTreeSet<String>,
    /// Group and kind of `roleRef`.
    role: Option<(String, String)>,
}

impl<'k> Referrer<'k> {
    fn new(known: &'k Known, node: &Node) -> Self {
        let text = |map: &Node, key| map.get(key).and_then(Node::text).map(str::to_owned);
        let subjects = match known.id.kind() {
            "RoleBinding" => node.get("subjects").and_then(Node::as_sequence),
            _ => None,
        };
        let subject_namespaces = subjects
            .into_iter()
            .flatten()
            .filter(|subject| text(subject, "kind").as_deref() == Some("ServiceAccount"))
            .filter_map(|subject| text(subject, "namespace"))
            .collect();
        let role = node
            .get("roleRef")
            .and_then(|role| Some((text(role, "apiGroup")?, text(role, "kind")?)));
        Self {
            known,
            subject_namespaces,
            role,
        }
    }

    /// Whether a field of this resource can mean `other`, going by namespaces.
    fn reaches(&self, other: &Known) -> bool {
        let (own, other) = (&self.known.id, &other.id);
        own.is_cluster_scoped()
            || other.is_cluster_scoped()
            || own.effective_namespace() == other.effective_namespace()
            || (other.kind() == "ServiceAccount"
                && self.subject_namespaces.contains(other.namespace()))
    }

    /// Whether `other` is in the reference's first, wider selection.
    fn may_reach(&self, other: &Known) -> bool {
        self.reaches(other) || self.subject_namespaces.contains(other.id.namespace())
    }
}

/// One field of one referrer.
struct Field<'f, 'k> {
    candidates: &'f Candidates<'k>,
    referrer: &'f Referrer<'k>,
    reference: &'f NameReference,
    spec: &'f FieldSpec,
}

impl<'k> Field<'_, 'k> {
    fn update(&self, resource: &mut Resource) -> Result<(), BuildError> {
        let place = name_span(resource);
        let origin = Origin::Made { by: place };
        let mut failed = None;
        // The kind was checked against the original identity; the path counts for the current one.
        let spec = FieldSpec {
            group: "".into(),
            version: "".into(),
            kind: "".into(),
            ..self.spec.clone()
        };
        for_each(
            resource.node_mut(),
            &spec,
            Leaf::Nothing,
            origin,
            &mut |node| {
                if failed.is_none() {
                    failed = self.visit(node).err();
                }
                Ok(())
            },
        )
        .map_err(|error| field_error(place, error))?;
        failed.map_or(Ok(()), Err)
    }

    fn visit(&self, node: &mut Node) -> Result<(), BuildError> {
        if node.is_null() {
            return Ok(());
        }
        match &mut node.kind {
            Kind::Scalar(_) => self.scalar(node),
            Kind::Mapping(_) => self.mapping(node),
            Kind::Sequence(items) => items.iter_mut().try_for_each(|item| match item.kind {
                Kind::Sequence(_) => Ok(()),
                _ => self.visit(item),
            }),
            Kind::Alias(_) => Ok(()),
        }
    }

    fn scalar(&self, node: &mut Node) -> Result<(), BuildError> {
        let old = node.text().unwrap_or_default();
        let names = self.named(old).collect();
        let same = |left: &Known, right: &Known| left.id.name() == right.id.name();
        let Some(target) = self.choose(names, node.span(), same)? else {
            return Ok(());
        };
        if target.id.name() != old {
            *node = Node::plain(
                target.id.name(),
                Origin::Made {
                    by: target.name_span,
                },
            );
        }
        Ok(())
    }

    /// A map with `name` and perhaps `namespace`, such as a subject or the service of a webhook.
    fn mapping(&self, node: &mut Node) -> Result<(), BuildError> {
        let Some(old) = node.get("name").and_then(Node::text).map(str::to_owned) else {
            return Err(BuildError::invalid(
                node.span(),
                "this refers to another resource and has no `name`",
            ));
        };
        let namespace = node.get("namespace").and_then(Node::text);
        let names = match namespace {
            None => self.named(&old).collect(),
            Some(namespace) => self.in_namespace(&old, namespace),
        };
        let same = |left: &Known, right: &Known| {
            left.id.name() == right.id.name() && left.id.namespace() == right.id.namespace()
        };
        let Some(target) = self.choose(names, node.span(), same)? else {
            return Ok(());
        };
        let (name, namespace) = (target.id.name(), target.id.namespace());
        let origin = Origin::Made {
            by: target.name_span,
        };
        if name != old {
            node.set("name", Node::string(name, origin));
        }
        let known = node.get("namespace").and_then(Node::text);
        if !namespace.is_empty() && known != Some(namespace) {
            node.set("namespace", Node::string(namespace, origin));
        }
        Ok(())
    }

    /// The renamed resources of the wanted kind that once had this name.
    fn named<'n>(&'n self, name: &'n str) -> impl Iterator<Item = &'k Known> + use<'n, 'k> {
        let key = (self.reference.kind.as_ref(), name);
        let wanted = Gvk {
            group: self.reference.group.as_ref(),
            version: self.reference.version.as_ref(),
            kind: self.reference.kind.as_ref(),
        };
        self.candidates
            .by_name
            .get(&key)
            .into_iter()
            .flatten()
            .copied()
            .filter(move |known| was(known, wanted))
            .filter(|known| self.is_role(known) && self.referrer.reaches(known))
    }

    /// As [`Field::named`], in the namespace the field states: by original namespaces if any resource had it, else
    /// by current ones.
    fn in_namespace(&self, name: &str, namespace: &str) -> Vec<&'k Known> {
        let original = |known: &Known| known.original().effective_namespace() == namespace;
        let by_original = self.candidates.all.iter().any(|known| {
            !known.original().is_cluster_scoped()
                && original(known)
                && self.referrer.may_reach(known)
        });
        self.named(name)
            .filter(|known| !known.id.is_cluster_scoped())
            .filter(|known| {
                if by_original {
                    original(known)
                } else {
                    known.id.effective_namespace() == namespace
                }
            })
            .collect()
    }

    fn is_role(&self, known: &Known) -> bool {
        match &self.referrer.role {
            Some((group, kind)) if self.spec.path.ends_with("roleRef/name") => was(
                known,
                Gvk {
                    group,
                    version: "",
                    kind,
                },
            ),
            _ => true,
        }
    }

    /// The one that is meant; `None` when no one is.
    fn choose(
        &self,
        mut found: Vec<&'k Known>,
        place: Span,
        same: impl Fn(&Known, &Known) -> bool,
    ) -> Result<Option<&'k Known>, BuildError> {
        if found.len() > 1 {
            found.retain(|known| same_chain(self.referrer.known, known, true));
        }
        if found.len() > 1 {
            found.retain(|known| same_chain(self.referrer.known, known, false));
        }
        let Some(first) = found.first() else {
            return Ok(None);
        };
        if found.iter().all(|known| same(first, known)) {
            return Ok(Some(first));
        }
        let names: Vec<String> = found.iter().map(|known| known.id.to_string()).collect();
        let mut error = BuildError::invalid(
            place,
            format!("this name may mean any of {}", names.join(", ")),
        )
        .help("give the resources different names before they are prefixed");
        for known in found {
            error = error.related(known.name_span, "may be meant");
        }
        Err(error)
    }
}

/// Whether an earlier identity was of this group, version and kind; empty parts accept everything.
fn was(known: &Known, wanted: Gvk<'_>) -> bool {
    let fits = |wanted: &str, found: &str| wanted.is_empty() || wanted == found;
    known.previous.iter().any(|id| {
        let found = id.gvk();
        fits(wanted.group, found.group)
            && fits(wanted.version, found.version)
            && fits(wanted.kind, found.kind)
    })
}

/// Whether two resources went through the same prefixes and suffixes.
fn same_chain(left: &Known, right: &Known, allow_empty: bool) -> bool {
    let same = |left: &[Arc<str>], right: &[Arc<str>]| {
        let (short, long) = if left.len() <= right.len() {
            (left, right)
        } else {
            (right, left)
        };
        if short.is_empty() {
            return allow_empty || long.is_empty();
        }
        long.ends_with(short)
    };
    same(&left.prefixes, &right.prefixes) && same(&left.suffixes, &right.suffixes)
}
