//! What a check is: data and one function.

use crate::config::OperatorVersion;
use crate::diagnostic::Severity;

use super::Refusal;
use super::field::Field;
use super::manifest::Manifest;

/// The kinds that admission judges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Cluster.
    Cluster,
    /// Backup.
    Backup,
    /// ScheduledBackup.
    ScheduledBackup,
    /// Pooler.
    Pooler,
    /// Database.
    Database,
    /// Every kind but ScheduledBackup, whose admission cannot be switched off.
    Any,
}

impl Kind {
    /// The name of the kind.
    pub fn word(self) -> &'static str {
        match self {
            Self::Cluster => "Cluster",
            Self::Backup => "Backup",
            Self::ScheduledBackup => "ScheduledBackup",
            Self::Pooler => "Pooler",
            Self::Database => "Database",
            Self::Any => "Cluster, Backup, Pooler, Database",
        }
    }

    /// Whether a check of this kind looks at objects of that one.
    pub fn covers(self, kind: Self) -> bool {
        self == kind || (self == Self::Any && kind != Self::ScheduledBackup)
    }
}

/// A release of the operator, 1.x.y: the minor and the patch number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Release(pub u16, pub u16);

/// In which releases of the operator a check exists: for each release line that got it late, the first release with it.
/// Later lines have it; earlier ones have not. Empty is every release since 1.24.0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Releases(pub &'static [Release]);

impl Releases {
    /// Whether this operator has the check.
    pub fn has(self, version: OperatorVersion) -> bool {
        let Some(first) = self.0.first() else {
            return true;
        };
        let minor = if version.major > 1 {
            u16::MAX
        } else {
            version.minor
        };
        let line = self.0.iter().rfind(|release| release.0 <= minor);
        minor >= first.0
            && line.is_none_or(|release| release.0 < minor || release.1 <= version.patch)
    }

    /// The releases in words; none for all.
    pub fn in_words(self) -> Option<String> {
        let release = |release: &Release| format!("1.{}.{}", release.0, release.1);
        let all: Vec<String> = self.0.iter().map(release).collect();
        (!all.is_empty()).then(|| all.join(", "))
    }
}

/// How a check looks at a manifest. A function that cannot decide returns nothing.
#[derive(Clone, Copy)]
pub(super) enum Look {
    /// At all of it, for one finding.
    Whole(fn(&Manifest<'_>) -> Option<Refusal>),
    /// At each item of the list, or each value of the map, at this path.
    Each(
        &'static [&'static str],
        for<'m> fn(&Field<'m>, &Manifest<'m>) -> Option<Refusal>,
    ),
    /// At all of it, for many findings.
    Many(fn(&Manifest<'_>) -> Vec<Refusal>),
    /// At what it was before and is now.
    Change(for<'m> fn(&Field<'m>, &Manifest<'m>) -> Vec<Refusal>),
}

/// A check.
pub struct Check {
    /// `admission/` and the name of the mistake.
    pub id: &'static str,
    /// The kind that it looks at.
    pub kind: Kind,
    /// Error where the operator refuses, warning where it warns.
    pub severity: Severity,
    /// The field, without `spec.` where it is in the spec.
    pub field: &'static str,
    /// What is refused, in a few words.
    pub refuses: &'static str,
    /// The operators that have it.
    pub releases: Releases,
    /// The rule that tells the same mistake with more to help.
    pub told_by: Option<&'static str>,
    pub(super) look: Look,
}

impl Check {
    /// A check of a Cluster that refuses it.
    pub(super) const fn error(
        id: &'static str,
        field: &'static str,
        refuses: &'static str,
        look: Look,
    ) -> Self {
        Self {
            id,
            kind: Kind::Cluster,
            severity: Severity::Error,
            field,
            refuses,
            releases: Releases(&[]),
            told_by: None,
            look,
        }
    }

    /// A check of a Cluster that warns.
    pub(super) const fn warning(
        id: &'static str,
        field: &'static str,
        refuses: &'static str,
        look: Look,
    ) -> Self {
        let mut check = Self::error(id, field, refuses, look);
        check.severity = Severity::Warning;
        check
    }

    /// The same for another kind.
    pub(super) const fn of(mut self, kind: Kind) -> Self {
        self.kind = kind;
        self
    }

    /// The first release of each release line that got it late.
    pub(super) const fn since(mut self, releases: &'static [Release]) -> Self {
        self.releases = Releases(releases);
        self
    }

    /// The rule that tells the same with more to help.
    pub(super) const fn told_by(mut self, rule: &'static str) -> Self {
        self.told_by = Some(rule);
        self
    }

    /// The id without the family.
    pub fn name(&self) -> &'static str {
        self.id.split_once('/').map_or(self.id, |(_, name)| name)
    }

    /// Whether it compares with what was there before.
    pub fn needs_base(&self) -> bool {
        matches!(self.look, Look::Change(_))
    }

    /// Looks at a manifest of its kind. Nothing for an operator that does not have the check.
    pub fn look(&self, manifest: &Manifest<'_>) -> Vec<Refusal> {
        if !self.releases.has(manifest.version()) {
            return Vec::new();
        }
        match self.look {
            Look::Whole(look) => look(manifest).into_iter().collect(),
            Look::Many(look) => look(manifest),
            Look::Each(path, look) => {
                let children = manifest.at(path).children();
                children
                    .iter()
                    .filter_map(|child| look(child, manifest))
                    .collect()
            }
            Look::Change(look) => manifest
                .before()
                .map(|before| look(&before, manifest))
                .unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_that_came_to_several_release_lines_is_told_by_line() {
        let releases = Releases(&[Release(25, 3), Release(26, 1)]);
        let has = |version: &str| releases.has(version.parse().unwrap());
        for version in ["1.25.3", "1.25.4", "1.26.1", "1.27.0", "1.30.0", "2.0.0"] {
            assert!(has(version), "{version}");
        }
        for version in ["1.24.9", "1.25.2", "1.26.0"] {
            assert!(!has(version), "{version}");
        }
        assert!(Releases(&[]).has("1.24.0".parse().unwrap()));
    }
}
