//! An object held against the schema of its kind.

use std::sync::Arc;

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind;
use jsonschema::paths::LocationSegment;
use serde_json::Value;

use crate::config::OperatorVersion;
use crate::model::object::{BARMAN_GROUP, CNPG_GROUP, Object};
use crate::text::suggest::closest;
use crate::yaml::Node;

use super::compiled::{Compiled, compiled, document};
use super::document::Document;
use super::kinds::{KINDS, position};
use super::lookup::schema_at;
use super::manifest::{is_open, is_open_text, node_at, value};
use super::{Problem, Sort, unknown, words};

/// What the schema of an object's kind does not have of it, in the order of the schema.
///
/// `version` is the operator's, for its own kinds; `None` is the newest known one. Nothing for kinds without a schema.
pub fn problems(object: &Object, version: Option<OperatorVersion>) -> Vec<Problem> {
    let Some(kind) = position(&object.group, &object.kind) else {
        return Vec::new();
    };
    let Some(document) = document(kind) else {
        return Vec::new();
    };
    if let Some(first) = document.came_after(version) {
        let asked = version.map_or(String::new(), |version| version.to_string());
        return vec![Problem {
            help: Some(unknown::OTHER_RELEASE.to_owned()),
            sort: Sort::OtherRelease,
            ..plain(
                "kind",
                format!(
                    "{} is a kind of CloudNativePG since {first}, not of {asked}",
                    object.kind
                ),
            )
        }];
    }
    let api_version = object.node.get("apiVersion").and_then(Node::text);
    let api_version = api_version.and_then(|text| text.rsplit_once('/'));
    let Some((_, api_version)) = api_version else {
        return Vec::new();
    };
    let release = document.release_for(version);
    match compiled(kind, &document, api_version, release) {
        Some(compiled) => {
            let judged = Judged {
                object,
                kind: KINDS.get(kind).map_or("", |known| known.kind),
                api_version,
                may_be_newer: document.may_be_newer(version),
                version: version.unwrap_or(release),
                document: &document,
                compiled,
            };
            judged.problems()
        }
        None => wrong_version(object, api_version),
    }
}

/// The version of the API is one that the kind does not have. Of others' kinds, there may be newer ones.
fn wrong_version(object: &Object, api_version: &str) -> Vec<Problem> {
    if !is_complete(object) || is_open_text(api_version) {
        return Vec::new();
    }
    let message = format!("{} has no version `{api_version}`", object.kind);
    let help = format!("write `apiVersion: {}/v1`", object.group);
    vec![Problem {
        help: Some(help),
        ..plain("apiVersion", message)
    }]
}

/// Whether everything that reaches the API server is in the object. Those of GitOps controllers are often completed by
/// patches of whoever applies them, so nothing is called missing there.
fn is_complete(object: &Object) -> bool {
    [CNPG_GROUP, BARMAN_GROUP].contains(&object.group.as_str())
}

/// A violation of a field at the top.
fn plain(field: &str, message: String) -> Problem {
    Problem {
        sort: Sort::Violation,
        path: vec![field.to_owned()],
        is_key: false,
        message,
        help: None,
        may_be_newer: false,
    }
}

/// A place in an object: its path, and the same as people write it.
#[derive(Clone)]
pub(super) struct Place {
    pub(super) path: Vec<String>,
    pub(super) shown: String,
}

impl Place {
    fn of(error: &ValidationError<'_>) -> Self {
        let mut place = Self {
            path: Vec::new(),
            shown: String::new(),
        };
        for segment in error.instance_path() {
            place = match segment {
                LocationSegment::Property(name) => place.field(&name),
                LocationSegment::Index(at) => Self {
                    shown: format!("{}[{at}]", place.shown),
                    path: [place.path, vec![at.to_string()]].concat(),
                },
            };
        }
        place
    }

    /// The place of a field.
    pub(super) fn field(&self, name: &str) -> Self {
        let dot = if self.shown.is_empty() { "" } else { "." };
        Self {
            shown: format!("{}{dot}{name}", self.shown),
            path: [self.path.as_slice(), &[name.to_owned()]].concat(),
        }
    }
}

/// An object and what judges it.
pub(super) struct Judged<'o> {
    object: &'o Object,
    pub(super) kind: &'static str,
    pub(super) api_version: &'o str,
    /// The operator's version.
    pub(super) version: OperatorVersion,
    pub(super) may_be_newer: bool,
    pub(super) document: &'o Document,
    pub(super) compiled: Arc<Compiled>,
}

impl Judged<'_> {
    fn problems(&self) -> Vec<Problem> {
        let instance = value(&self.object.node);
        let errors = self.compiled.validator.iter_errors(&instance);
        errors.flat_map(|error| self.problem(&error)).collect()
    }

    /// The schema of a place in this release.
    pub(super) fn schema_at(&self, path: &[String]) -> Option<&Value> {
        schema_at(&self.compiled.definitions, self.api_version, path)
    }

    /// The definitions of all releases.
    pub(super) fn every_release(&self) -> &Value {
        &self.document.whole["$defs"]
    }

    fn problem(&self, error: &ValidationError<'_>) -> Vec<Problem> {
        let place = Place::of(error);
        let node = node_at(&self.object.node, &place.path);
        if node.is_some_and(is_open) {
            return Vec::new();
        }
        if let ValidationErrorKind::AdditionalProperties { unexpected } = error.kind() {
            let fields = unexpected.iter();
            return fields
                .filter_map(|name| unknown::field(self, &place, name))
                .collect();
        }
        let items = node.and_then(Node::as_sequence).unwrap_or_default();
        if matches!(error.kind(), ValidationErrorKind::UniqueItems) && items.iter().any(is_open) {
            return Vec::new();
        }
        let is_missing = matches!(error.kind(), ValidationErrorKind::Required { .. });
        if is_missing && !is_complete(self.object) {
            return Vec::new();
        }
        let problem = match self.rule_of(error, &place) {
            Some(rule) => self.broken(rule, &place),
            None => self.refused(error, &place),
        };
        problem.into_iter().collect()
    }

    /// The rule between fields that an error comes from.
    fn rule_of(&self, error: &ValidationError<'_>, place: &Place) -> Option<&Value> {
        let (_, after) = error.schema_path().as_str().rsplit_once("/allOf/")?;
        let number: usize = after.split('/').next()?.parse().ok()?;
        let rule = self.schema_at(&place.path)?.get("allOf")?.get(number)?;
        rule.get("title").map(|_| rule)
    }

    /// A rule between fields that does not hold, unless a variable stands in one of them.
    fn broken(&self, rule: &Value, place: &Place) -> Option<Problem> {
        let node = node_at(&self.object.node, &place.path)?;
        let fields = rule["x-fields"].as_array().into_iter().flatten();
        let fields: Vec<&str> = fields.filter_map(Value::as_str).collect();
        let values: Vec<&Node> = fields.iter().filter_map(|name| node.get(name)).collect();
        let is_missing = values.is_empty() && !is_complete(self.object);
        if is_missing || values.iter().any(|value| is_open(value)) {
            return None;
        }
        let first = fields.iter().find(|name| node.get(name).is_some());
        let path = first.map_or(place.path.clone(), |name| place.field(name).path);
        let words = rule["title"].as_str().unwrap_or_default();
        let shown = self.name_of(place);
        Some(Problem {
            path,
            ..self.violation(place, format!("{shown} breaks the rule that {words}"))
        })
    }

    fn refused(&self, error: &ValidationError<'_>, place: &Place) -> Option<Problem> {
        let value = error.instance().as_ref();
        let words = words::refusal(error.kind(), value)?;
        let message = format!("{} {words}", self.name_of(place));
        let problem = self.violation(place, message);
        let ValidationErrorKind::Enum { options } = error.kind() else {
            return Some(Problem {
                help: words::type_help(error.kind(), value),
                ..problem
            });
        };
        let text = value.as_str().unwrap_or_default();
        if let Some(releases) = unknown::value(self, place, value) {
            return Some(Problem {
                sort: Sort::OtherRelease,
                message: format!(
                    "`{text}` is a value of `{}` in CloudNativePG {releases}, not in {}",
                    place.shown, self.version
                ),
                help: Some(unknown::OTHER_RELEASE.to_owned()),
                ..problem
            });
        }
        let known = options.as_array().into_iter().flatten();
        let known: Vec<&str> = known.filter_map(Value::as_str).collect();
        let meant = closest(text, &known).map(|known| format!("did you mean `{known}`?"));
        Some(Problem {
            may_be_newer: self.may_be_newer && meant.is_none(),
            help: meant,
            ..problem
        })
    }

    fn name_of(&self, place: &Place) -> String {
        match place.shown.as_str() {
            "" => format!("the {}", self.kind),
            shown => format!("`{shown}`"),
        }
    }

    fn violation(&self, place: &Place, message: String) -> Problem {
        Problem {
            sort: Sort::Violation,
            path: place.path.clone(),
            is_key: false,
            message,
            help: None,
            may_be_newer: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::FileId;
    use crate::yaml::scalar::{Dialect, canonical};
    use crate::yaml::{Locator, expand, parse};

    /// What is found in an object, each as its message.
    fn found(text: &str, version: Option<&str>) -> Vec<Problem> {
        let documents = parse(text, &Locator::File(FileId(0))).unwrap();
        let node = canonical(&expand(&documents[0]).unwrap(), Dialect::Direct);
        let version = version.map(|version| version.parse().unwrap());
        problems(&Object::new(node).unwrap(), version)
    }

    fn cluster(spec: &str) -> String {
        format!(
            "{{apiVersion: postgresql.cnpg.io/v1, kind: Cluster, metadata: {{name: shop}}, spec: {{{spec}}}}}"
        )
    }

    fn messages(problems: &[Problem]) -> Vec<&str> {
        let messages = problems.iter().map(|problem| problem.message.as_str());
        messages.collect()
    }

    #[test]
    fn what_a_variable_or_template_decides_is_not_refused() {
        for value in ["\"${N}\"", "\"{{ n }}\"", "$(N)"] {
            for field in ["instances", "logLevel", "resources", "plugins", "bootstrap"] {
                let text = cluster(&format!("{field}: {value}"));
                assert_eq!(found(&text, None), [], "{text}");
            }
        }
        let text = cluster("bootstrap: {initdb: {icuLocale: de, localeProvider: \"${P}\"}}");
        assert_eq!(found(&text, None), []);
        let text = cluster("bootstrap: {initdb: {icuLocale: de, localeProvider: libc}}");
        assert_eq!(
            messages(&found(&text, None)),
            [
                "`spec.bootstrap.initdb` breaks the rule that `icuLocale` is not set or `localeProvider` is `icu`"
            ]
        );
    }

    #[test]
    fn a_field_out_of_place_is_told_where_it_belongs() {
        for (spec, help) in [
            ("imagename: a", "did you mean `imageName`?"),
            (
                "bootstrap: {recovery: {database: a, backupId: b}}",
                "`backupID` belongs in `spec.bootstrap.recovery.recoveryTarget`",
            ),
            ("bootstrap: {recovery: {gone: b}}", "the API server"),
            (
                "bootstrap: {recovery: {targetTime: a}}",
                "`targetTime` belongs in `spec.bootstrap.recovery.recoveryTarget`",
            ),
            (
                "backup: {volumeSnapshot: {retentionPolicy: 7d}}",
                "`retentionPolicy` belongs in `spec.backup`",
            ),
        ] {
            let found = found(&cluster(spec), None);
            assert_eq!(found.len(), 1, "{spec}: {found:?}");
            assert_eq!(found[0].sort, Sort::UnknownField);
            let told = found[0].help.as_deref().unwrap_or_default();
            assert!(told.starts_with(help), "{spec}: {told}");
        }
    }

    #[test]
    fn fields_values_and_kinds_of_other_releases_are_told_with_them() {
        let text = cluster("primaryLease: {}");
        assert_eq!(found(&text, Some("1.30.0")), []);
        let old = found(&text, Some("1.29.1"));
        assert_eq!(old[0].sort, Sort::OtherRelease);
        assert_eq!(
            messages(&old),
            ["`spec.primaryLease` is a field of CloudNativePG since 1.30.0, not of 1.29.1"]
        );
        let text = cluster(
            "backup: {barmanObjectStore: {destinationPath: \"s3://b\", data: {compression: lz4}}}",
        );
        for (version, refused) in [
            ("1.28.3", true),
            ("1.28.4", false),
            ("1.28.9", false),
            ("1.29.1", true),
            ("1.29.2", false),
        ] {
            assert_eq!(
                found(&text, Some(version)).len(),
                usize::from(refused),
                "{version}"
            );
        }
        assert_eq!(
            messages(&found(&text, Some("1.29.1"))),
            [
                "`lz4` is a value of `spec.backup.barmanObjectStore.data.compression` in CloudNativePG since 1.28.4, \
              1.29.2, not in 1.29.1"
            ]
        );
        let role = "{apiVersion: postgresql.cnpg.io/v1, kind: DatabaseRole, metadata: {name: a}}";
        assert_eq!(
            messages(&found(role, Some("1.29.2"))),
            ["DatabaseRole is a kind of CloudNativePG since 1.30.0, not of 1.29.2"]
        );
    }

    #[test]
    fn a_newer_operator_may_know_more() {
        let text = cluster("somethingNew: {}");
        assert!(found(&text, Some("1.31.0"))[0].may_be_newer);
        assert!(!found(&text, Some("1.30.4"))[0].may_be_newer);
        let misspelt = cluster("imagename: a");
        assert!(!found(&misspelt, Some("1.31.0"))[0].may_be_newer);
    }

    #[test]
    fn nothing_is_missing_from_what_a_patch_may_complete() {
        let text = "{apiVersion: kustomize.toolkit.fluxcd.io/v1, kind: Kustomization, metadata: {name: a}, spec: {}}";
        assert_eq!(found(text, None), []);
        let store = "{apiVersion: barmancloud.cnpg.io/v1, kind: ObjectStore, metadata: {name: a}, spec: {configuration: {}}}";
        assert_eq!(
            messages(&found(store, None)),
            ["`spec.configuration` lacks `destinationPath`"]
        );
    }

    #[test]
    fn a_version_that_a_kind_does_not_have_is_refused_for_kinds_of_cloudnativepg_only() {
        let text = "{apiVersion: postgresql.cnpg.io/v2, kind: Backup, metadata: {name: a}}";
        assert_eq!(messages(&found(text, None)), ["Backup has no version `v2`"]);
        let text =
            "{apiVersion: helm.toolkit.fluxcd.io/v9, kind: HelmRelease, metadata: {name: a}}";
        assert_eq!(found(text, None), []);
    }
}
