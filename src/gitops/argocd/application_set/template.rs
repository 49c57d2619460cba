//! The template of an ApplicationSet: merged, filled in, patched.

use crate::kustomize::merge::strategic_merge;
use crate::kustomize::schema::Schema;
use crate::text::{FileId, Span};
use crate::yaml::scalar::{Dialect, canonical};
use crate::yaml::{Entry, Kind, Locator, Node, Origin, Style, expand, parse};

use super::super::source::pointed;
use super::super::template::TemplateError;
use super::engine::Engine;
use super::parameters::Parameters;

/// The template of a generator, with what it leaves empty from the template of the set. Lists are taken whole.
/// Source: Argo CD `mergeGeneratorTemplate`, `dario.cat/mergo`.
pub(super) fn merged(own: &Node, base: &Node) -> Node {
    let (Kind::Mapping(_), Kind::Mapping(others)) = (&own.kind, &base.kind) else {
        return if is_empty(own) {
            base.clone()
        } else {
            own.clone()
        };
    };
    let mut merged_node = own.clone();
    for other in others {
        let Some(key) = other.key.text() else {
            continue;
        };
        let value = match own.get(key) {
            Some(own) => merged(own, &other.value),
            None => other.value.clone(),
        };
        merged_node.set(key, value);
    }
    merged_node
}

/// Whether Go calls a value empty.
fn is_empty(node: &Node) -> bool {
    match &node.kind {
        Kind::Sequence(items) => items.is_empty(),
        Kind::Mapping(entries) => entries.is_empty(),
        Kind::Scalar(_) => {
            node.is_null()
                || node.text() == Some("")
                || node.as_bool() == Some(false)
                || node.as_integer() == Some(0)
        }
        Kind::Alias(_) => true,
    }
}

/// The template with every text and key filled in. A text that asks for what is not known here stays as it is where the
/// parameters are open.
pub(super) fn filled(
    node: &Node,
    engine: Engine,
    parameters: &Parameters,
) -> Result<Node, (Span, TemplateError)> {
    // Argo CD fills nothing in where a generator gives no parameters at all.
    if parameters.values.is_empty() && parameters.open.is_none() {
        return Ok(node.clone());
    }
    let kind = match &node.kind {
        Kind::Scalar(_) => return scalar(node, engine, parameters),
        Kind::Sequence(items) => Kind::Sequence(
            items
                .iter()
                .map(|item| filled(item, engine, parameters))
                .collect::<Result<_, _>>()?,
        ),
        Kind::Mapping(entries) => Kind::Mapping(
            entries
                .iter()
                .map(|entry| {
                    Ok(Entry {
                        key: scalar(&entry.key, engine, parameters)?,
                        value: filled(&entry.value, engine, parameters)?,
                    })
                })
                .collect::<Result<_, _>>()?,
        ),
        Kind::Alias(_) => return Ok(node.clone()),
    };
    Ok(Node {
        kind,
        ..node.clone()
    })
}

fn scalar(
    node: &Node,
    engine: Engine,
    parameters: &Parameters,
) -> Result<Node, (Span, TemplateError)> {
    let Some(text) = node.text().filter(|text| text.contains("{{")) else {
        return Ok(node.clone());
    };
    match engine.fill(text, parameters) {
        Ok(filled) if filled == text => Ok(node.clone()),
        Ok(filled) => Ok(Node::string(filled, Origin::Made { by: node.span() })),
        Err(TemplateError::Unresolved(_)) if parameters.open.is_some() => Ok(node.clone()),
        Err(error) => Err((node.span(), error)),
    }
}

/// The Application with `templatePatch` merged in; every value of the patch points at the patch as a whole. The project
/// stays. Source: Argo CD `applicationset/controllers/template/patch.go`.
pub(super) fn patched(
    application: &Node,
    patch: &Node,
    engine: Engine,
    parameters: &Parameters,
) -> Result<Node, (Span, TemplateError)> {
    let span = patch.span();
    let failed = |message: String| (span, TemplateError::Failed(message));
    let text = patch.text().unwrap_or_default();
    let text = engine
        .fill(text, parameters)
        .map_err(|error| (span, error))?;
    let documents = parse(&text, &Locator::File(FileId(0)))
        .map_err(|error| failed(format!("`templatePatch` is not valid YAML: {error}")))?;
    let Some(document) = documents.first() else {
        return Ok(application.clone());
    };
    let root = expand(document).map_err(|error| failed(error.to_string()))?;
    let root = pointed(
        &canonical(&root, Dialect::Direct),
        Origin::Made { by: span },
    );
    if root.is_null() {
        return Ok(application.clone());
    }
    let mut patched = application.clone();
    strategic_merge(
        &mut patched,
        &root,
        Schema::builtin(),
        "argoproj.io/v1alpha1",
        "Application",
    )
    .map_err(|error| failed(error.to_string()))?;
    join_finalizers(&mut patched, application, &root);
    if let (Some(project), Some(spec)) = (
        application.at(&["spec", "project"]),
        patched.get_mut("spec"),
    ) {
        spec.set("project", project.clone());
    }
    Ok(patched)
}

/// Finalizers of a patch come behind those that are there, unless it takes one away by name. Source: apimachinery
/// `ObjectMeta.finalizers` (`patchStrategy: merge`).
fn join_finalizers(patched: &mut Node, application: &Node, patch: &Node) {
    const TAKEN: &str = "$deleteFromPrimitiveList/finalizers";
    let list = |node: &Node, key: &str| -> Vec<Node> {
        let items = node.at(&["metadata", key]).and_then(Node::as_sequence);
        items.unwrap_or_default().to_vec()
    };
    let (added, taken) = (list(patch, "finalizers"), list(patch, TAKEN));
    if added.is_empty() && taken.is_empty() {
        return;
    }
    let has = |list: &[Node], own: &Node| list.iter().any(|other| other.text() == own.text());
    let mut all = list(application, "finalizers");
    all.extend(
        added
            .into_iter()
            .filter(|own| !has(&list(application, "finalizers"), own)),
    );
    all.retain(|own| !has(&taken, own));
    let mut finalizers = Node::sequence(patch.origin);
    if let Some(items) = finalizers.as_sequence_mut() {
        *items = all;
    }
    if let Some(metadata) = patched.get_mut("metadata") {
        metadata.remove(TAKEN);
        metadata.set("finalizers", finalizers);
    }
}

/// A generator with every text filled in from the parameters of the one before it. In `values`, what it does not give
/// stays for the generator itself. Source: Argo CD `RenderGeneratorParams`.
pub(super) fn interpolated(
    generator: &Node,
    engine: Engine,
    parameters: &Parameters,
) -> Result<Node, TemplateError> {
    let mut filled_node = generator.clone();
    let Some(entries) = filled_node.as_mapping_mut() else {
        return Ok(filled_node);
    };
    for entry in entries {
        let is_values = entry.key.text() == Some("values");
        match entry.key.text() {
            Some("template") => {}
            _ if is_values => {
                for value in entry.value.as_mapping_mut().map_or(&mut [][..], |own| own) {
                    let text = value.value.text().unwrap_or_default();
                    match engine.strict().fill(text, parameters) {
                        Ok(text) => {
                            let by = Origin::Made {
                                by: value.value.span(),
                            };
                            value.value = Node::string(text, by);
                        }
                        Err(TemplateError::Failed(_)) => {}
                        Err(error) => return Err(error),
                    }
                }
            }
            _ => entry.value = strictly_filled(&entry.value, engine, parameters)?,
        }
    }
    Ok(filled_node)
}

/// As [`filled`], but what is not known here is an error.
fn strictly_filled(
    node: &Node,
    engine: Engine,
    parameters: &Parameters,
) -> Result<Node, TemplateError> {
    let found = filled(node, engine, parameters).map_err(|(_, error)| error)?;
    let open = parameters.open.is_some();
    match first_template(&found).filter(|_| open) {
        Some(text) => Err(TemplateError::Unresolved(text)),
        None => Ok(found),
    }
}

fn first_template(node: &Node) -> Option<String> {
    match &node.kind {
        Kind::Scalar(scalar) => (scalar.style != Style::Plain || scalar.text.contains("{{"))
            .then(|| scalar.text.to_string())
            .filter(|text| text.contains("{{")),
        Kind::Sequence(items) => items.iter().find_map(first_template),
        Kind::Mapping(entries) => entries
            .iter()
            .find_map(|entry| first_template(&entry.value)),
        Kind::Alias(_) => None,
    }
}
