//! `.walbound.yaml`: what a repository asks of walbound.

mod glob;
mod read;
mod source;

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::path::PathBuf;
use std::str::FromStr;

use jiff::civil::Date;
use serde::Deserialize;

use crate::diagnostic::{ObjectRef, Severity};

pub use glob::Glob;
pub use read::ConfigError;
pub use source::ConfigSource;

/// The name of the file, looked for upwards to the Git root.
pub const FILE_NAME: &str = ".walbound.yaml";

/// The settings of a repository. Without a file, everything has its default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Config {
    /// The CloudNativePG version the manifests are for; `None` is the newest one known.
    pub operator_version: Option<OperatorVersion>,
    /// From which severity on findings fail a run.
    pub fail_on: FailOn,
    /// Files and directories to leave out, relative to the repository root.
    #[serde(deserialize_with = "read::list")]
    pub exclude: Vec<Glob>,
    /// How lineages are named.
    pub lineage: Lineage,
    /// Short names for the command line.
    #[serde(deserialize_with = "read::list")]
    pub databases: Vec<Database>,
    /// Severity of single rules, by rule id.
    #[serde(deserialize_with = "read::map")]
    pub rules: BTreeMap<String, Level>,
    /// Findings that are accepted, each with its reason.
    #[serde(deserialize_with = "read::list")]
    pub ignore: Vec<Ignore>,
    /// The file that all this was read from, where findings may point into it.
    #[serde(skip)]
    pub source: Option<ConfigSource>,
}

/// A CloudNativePG release, such as `1.30.0`; a missing patch number counts as 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct OperatorVersion {
    /// First number.
    pub major: u16,
    /// Second number.
    pub minor: u16,
    /// Third number.
    pub patch: u16,
}

impl FromStr for OperatorVersion {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers: Option<Vec<u16>> = text
            .strip_prefix('v')
            .unwrap_or(text)
            .split('.')
            .map(|part| part.parse().ok())
            .collect();
        match numbers.as_deref() {
            Some([major, minor, rest @ ..]) if rest.len() < 2 => Ok(Self {
                major: *major,
                minor: *minor,
                patch: rest.first().copied().unwrap_or(0),
            }),
            _ => Err(format!("`{text}` is not a version such as 1.30.0")),
        }
    }
}

impl TryFrom<String> for OperatorVersion {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl fmt::Display for OperatorVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

/// Whether a name stands for a rule: it is its id, or the family that the id begins with before a slash.
pub fn names_rule(name: &str, rule: &str) -> bool {
    let rest = rule.strip_prefix(name);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

impl Config {
    /// The level of a rule: its own, else that of its family.
    pub fn level(&self, rule: &str) -> Option<Level> {
        let family = rule.split_once('/').map_or(rule, |(family, _)| family);
        let own = self.rules.get(rule);
        own.or_else(|| self.rules.get(family)).copied()
    }
}

/// From which severity on findings fail a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FailOn {
    /// Errors only.
    #[default]
    Error,
    /// Errors and warnings.
    Warning,
    /// Every finding.
    Note,
    /// Nothing.
    Never,
}

impl FailOn {
    /// Whether a finding of this severity fails the run.
    pub fn fails(self, severity: Severity) -> bool {
        match self {
            Self::Error => severity >= Severity::Error,
            Self::Warning => severity >= Severity::Warning,
            Self::Note => true,
            Self::Never => false,
        }
    }
}

/// How lineages are named.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Lineage {
    /// Whether a recovery needs a new lineage.
    pub policy: LineagePolicy,
    /// The style of names, such as `{cluster}-v{n}`, where it is not to be taken from the repository.
    pub pattern: Option<String>,
}

/// Whether a recovery needs a new lineage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LineagePolicy {
    /// Each recovery writes to a new lineage.
    #[default]
    Versioned,
    /// Recovering into the lineage that is read is accepted.
    InPlace,
}

/// A database with a short name.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Database {
    /// The name used on the command line.
    pub name: String,
    /// Its directory, relative to the repository root.
    pub path: PathBuf,
    /// An inventory file of its archive.
    #[serde(default)]
    pub inventory: Option<PathBuf>,
}

/// What becomes of the findings of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// They are not reported.
    Off,
    /// They are notes.
    Note,
    /// They are warnings.
    Warning,
    /// They are errors.
    Error,
}

impl Level {
    /// The severity to report with; `None` when switched off.
    pub fn severity(self) -> Option<Severity> {
        match self {
            Self::Off => None,
            Self::Note => Some(Severity::Note),
            Self::Warning => Some(Severity::Warning),
            Self::Error => Some(Severity::Error),
        }
    }
}

/// Findings that are accepted.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Ignore {
    /// The rule.
    pub rule: String,
    /// The files it is accepted in.
    #[serde(default)]
    pub path: Option<Glob>,
    /// The object it is accepted for.
    #[serde(default)]
    pub object: Option<ObjectName>,
    /// Why it is accepted; never empty.
    pub reason: String,
    /// The last day it is accepted on (UTC).
    #[serde(default, deserialize_with = "read::date")]
    pub until: Option<Date>,
    /// Where the last day stands: bytes of the file.
    #[serde(skip)]
    pub until_at: Option<Range<usize>>,
}

impl Ignore {
    /// Whether the entry speaks of this finding, whatever the day. `path` is relative to the repository root.
    pub fn covers(&self, rule: &str, path: &str, object: Option<&ObjectRef>) -> bool {
        let names = |wanted: &ObjectName| object.is_some_and(|object| wanted.matches(object));
        names_rule(&self.rule, rule)
            && self.path.as_ref().is_none_or(|glob| glob.matches(path))
            && self.object.as_ref().is_none_or(names)
    }

    /// Whether its last day is over.
    pub fn expired(&self, today: Date) -> bool {
        self.until.is_some_and(|until| today > until)
    }
}

/// An object by kind, namespace and name: `Cluster/db/scratch`, or `Cluster/scratch` in any namespace.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct ObjectName {
    kind: String,
    namespace: Option<String>,
    name: String,
}

impl ObjectName {
    /// Whether this names the object.
    pub fn matches(&self, object: &ObjectRef) -> bool {
        self.kind == object.kind
            && self.name == object.name
            && (self.namespace.is_none() || self.namespace == object.namespace)
    }
}

impl TryFrom<String> for ObjectName {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let parts: Vec<&str> = text.split('/').collect();
        let (kind, namespace, name) = match parts.as_slice() {
            [kind, name] => (*kind, None, *name),
            [kind, namespace, name] => (*kind, Some((*namespace).to_owned()), *name),
            _ => ("", None, ""),
        };
        if kind.is_empty() || name.is_empty() || namespace.as_deref() == Some("") {
            return Err(format!(
                "`{text}` names no object; write Kind/namespace/name"
            ));
        }
        Ok(Self {
            kind: kind.to_owned(),
            namespace,
            name: name.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(namespace: Option<&str>) -> ObjectRef {
        ObjectRef {
            group: "postgresql.cnpg.io".to_owned(),
            kind: "Cluster".to_owned(),
            namespace: namespace.map(str::to_owned),
            name: "scratch".to_owned(),
        }
    }

    #[test]
    fn an_object_without_namespace_is_meant_in_every_namespace() {
        let name = |text: &str| ObjectName::try_from(text.to_owned());
        assert!(
            name("Cluster/scratch")
                .unwrap()
                .matches(&object(Some("db")))
        );
        assert!(
            name("Cluster/db/scratch")
                .unwrap()
                .matches(&object(Some("db")))
        );
        assert!(
            !name("Cluster/db/scratch")
                .unwrap()
                .matches(&object(Some("web")))
        );
        assert!(!name("Cluster/db/scratch").unwrap().matches(&object(None)));
        assert!(name("scratch").is_err());
        assert!(name("Cluster//scratch").is_err());
    }

    #[test]
    fn an_entry_with_path_and_object_needs_both() {
        let entry = Ignore {
            rule: "single-instance".to_owned(),
            path: Some(Glob::new("db/**")),
            object: ObjectName::try_from("Cluster/scratch".to_owned()).ok(),
            reason: "small".to_owned(),
            until: None,
            until_at: None,
        };
        let object = object(None);
        assert!(entry.covers("single-instance", "db/a.yaml", Some(&object)));
        assert!(!entry.covers("single-instance", "web/a.yaml", Some(&object)));
        assert!(!entry.covers("single-instance", "db/a.yaml", None));
        assert!(!entry.covers("cron-invalid", "db/a.yaml", Some(&object)));
    }

    #[test]
    fn versions_order_by_number_and_may_lack_the_patch() {
        let version = |text: &str| text.parse::<OperatorVersion>();
        assert!(version("1.9.0").unwrap() < version("1.30").unwrap());
        assert_eq!(version("v1.30.1").unwrap().to_string(), "1.30.1");
        assert!(version("1").is_err());
        assert!(version("1.30.0.1").is_err());
        assert!(version("1.x").is_err());
    }

    #[test]
    fn fail_on_counts_its_severity_and_worse() {
        assert!(FailOn::Warning.fails(Severity::Error));
        assert!(!FailOn::Error.fails(Severity::Warning));
        assert!(FailOn::Note.fails(Severity::Note));
        assert!(!FailOn::Never.fails(Severity::Error));
    }
}
