//! Lineages: the server names under which an archive keeps its backups and WAL.
//!
//! A name is only read to *propose* the next one in the style seen. Whether two names are one lineage is a question
//! of equality, and gaps and jumps in the numbers are normal.

mod dates;
mod shape;

use std::fmt;

use jiff::civil::Date;

pub use dates::DateFormat;

use dates::{read_date, spell_date};
use shape::Shape;

/// A Barman server name: the folder below the destination path that holds `base/` and `wals/`. Any text; compared
/// byte by byte.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServerName(String);

/// How a server name counts its generations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LineageStyle {
    /// `postgres16-v6`.
    VersionSuffix,
    /// `postgres16-08`: digits with a leading zero.
    ZeroPadded {
        /// How many digits.
        width: usize,
    },
    /// `postgres18-0`, `app-backup-1`.
    Counter,
    /// `postgres-v17-3`: a PostgreSQL major version and a counter.
    MajorVersion,
    /// `keycloak-db-20260526`, also with a counter for several on one day.
    Dated {
        /// The spelling of the date.
        format: DateFormat,
    },
    /// `postgres16-v1.0.5`.
    Dotted,
    /// `postgres17`: digits that belong to the name, most often the major version.
    Glued,
    /// `postgres`: no number at the end.
    Plain,
    /// `${APP}`, `{{ .Values.name }}`: the value is made elsewhere.
    Variable,
}

impl LineageStyle {
    /// Whether names of both styles count on from each other: `08`, `09`, `10` do, and dates however they are spelt.
    pub fn is_like(self, other: Self) -> bool {
        let counts = |style| matches!(style, Self::Counter | Self::ZeroPadded { .. });
        let dated = |style| matches!(style, Self::Dated { .. });
        self == other || (counts(self) && counts(other)) || (dated(self) && dated(other))
    }
}

impl ServerName {
    /// A server name as written in a manifest.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// How it counts.
    pub fn style(&self) -> LineageStyle {
        Shape::of(&self.0).style()
    }

    /// Its number within its style: the counter, or the date as `YYYYMMDD` (with `hhmmss` where it has a time).
    ///
    /// `None` for styles without one number and for numbers beyond 64 bits. Only numbers of one style compare.
    pub fn generation(&self) -> Option<u64> {
        match Shape::of(&self.0) {
            Shape::Version { digits, .. }
            | Shape::Major { digits, .. }
            | Shape::Counter { digits, .. } => digits.parse().ok(),
            Shape::Dated { date, .. } => date.replace('-', "").parse().ok(),
            Shape::Dotted { .. } | Shape::Glued | Shape::Plain | Shape::Variable => None,
        }
    }

    /// What stands before the counter or the date: `postgres16-v` of `postgres16-v6`. `None` for names without one.
    pub fn counted_stem(&self) -> Option<&str> {
        match Shape::of(&self.0) {
            Shape::Version { before, .. }
            | Shape::Major { before, .. }
            | Shape::Counter { before, .. }
            | Shape::Dotted { before, .. }
            | Shape::Dated { before, .. } => Some(before),
            Shape::Glued | Shape::Plain | Shape::Variable => None,
        }
    }

    /// A name for the next lineage, in the style of this one. `today` is for dated names.
    ///
    /// A name without a counter gets `-v2`, and a dated name that is not older than `today` gets a counter. `None`
    /// for an empty name and for one made of variables: the value must change where it is made. The caller checks
    /// that nobody used the proposal, and asks again with it when somebody did.
    pub fn next(&self, today: Date) -> Option<Self> {
        let name = match Shape::of(&self.0) {
            _ if self.0.is_empty() => return None,
            Shape::Variable => return None,
            Shape::Version { before, digits }
            | Shape::Major { before, digits }
            | Shape::Counter { before, digits }
            | Shape::Dotted { before, digits } => format!("{before}{}", incremented(digits)),
            Shape::Dated {
                before,
                date,
                format,
                counter,
            } => next_dated(before, date, format, counter, today),
            Shape::Glued | Shape::Plain => format!("{}-v2", self.0),
        };
        Some(Self(name))
    }
}

impl fmt::Display for ServerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn next_dated(
    before: &str,
    date: &str,
    format: DateFormat,
    counter: Option<&str>,
    today: Date,
) -> String {
    let is_older = read_date(date, format).is_some_and(|date| date < today);
    match counter {
        _ if is_older => format!("{before}{}", spell_date(today, format)),
        Some(counter) => format!("{before}{date}-{}", incremented(counter)),
        None => format!("{before}{date}-2"),
    }
}

/// The next number in decimal digits, as wide as before. Works on the digits, so that no number is too large.
fn incremented(digits: &str) -> String {
    let kept = digits.trim_end_matches('9');
    let zeros = "0".repeat(digits.len() - kept.len());
    let mut chars = kept.chars();
    match chars.next_back().and_then(|last| last.to_digit(10)) {
        Some(last) => format!("{}{}{zeros}", chars.as_str(), last + 1),
        None => format!("1{zeros}"),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::{Date, date};

    use super::DateFormat::{Compact, CompactWithTime, Dashed};
    use super::LineageStyle::{
        Counter, Dated, Dotted, Glued, MajorVersion, Plain, Variable, VersionSuffix, ZeroPadded,
    };
    use super::{LineageStyle, ServerName};

    const TODAY: Date = date(2026, 11, 21);

    /// Name, style, generation, next name on 21 November 2026.
    const NAMES: &[(&str, LineageStyle, Option<u64>, Option<&str>)] = &[
        (
            "postgres16-v6",
            VersionSuffix,
            Some(6),
            Some("postgres16-v7"),
        ),
        (
            "temporal-database-v11",
            VersionSuffix,
            Some(11),
            Some("temporal-database-v12"),
        ),
        ("postgres-v0", VersionSuffix, Some(0), Some("postgres-v1")),
        (
            "postgres17-v9",
            VersionSuffix,
            Some(9),
            Some("postgres17-v10"),
        ),
        (
            "postgres17-v10",
            VersionSuffix,
            Some(10),
            Some("postgres17-v11"),
        ),
        (
            "postgres17-v99",
            VersionSuffix,
            Some(99),
            Some("postgres17-v100"),
        ),
        ("postgres_V3", VersionSuffix, Some(3), Some("postgres_V4")),
        ("db-v01", VersionSuffix, Some(1), Some("db-v02")),
        ("v3", VersionSuffix, Some(3), Some("v4")),
        (
            "postgres16-08",
            ZeroPadded { width: 2 },
            Some(8),
            Some("postgres16-09"),
        ),
        (
            "postgres16-09",
            ZeroPadded { width: 2 },
            Some(9),
            Some("postgres16-10"),
        ),
        (
            "postgres16-006",
            ZeroPadded { width: 3 },
            Some(6),
            Some("postgres16-007"),
        ),
        (
            "postgres16-099",
            ZeroPadded { width: 3 },
            Some(99),
            Some("postgres16-100"),
        ),
        ("postgres18-0", Counter, Some(0), Some("postgres18-1")),
        ("postgres18-1", Counter, Some(1), Some("postgres18-2")),
        (
            "gitea-postgresql-17-backup-1",
            Counter,
            Some(1),
            Some("gitea-postgresql-17-backup-2"),
        ),
        ("app_9", Counter, Some(9), Some("app_10")),
        (
            "postgres-v17-3",
            MajorVersion,
            Some(3),
            Some("postgres-v17-4"),
        ),
        (
            "postgres-v17-09",
            MajorVersion,
            Some(9),
            Some("postgres-v17-10"),
        ),
        (
            "postgres-v18-20260822",
            Dated { format: Compact },
            Some(20_260_822),
            Some("postgres-v18-20261121"),
        ),
        (
            "keycloak-db-20260526",
            Dated { format: Compact },
            Some(20_260_526),
            Some("keycloak-db-20261121"),
        ),
        (
            "zitadel-20261121",
            Dated { format: Compact },
            Some(20_261_121),
            Some("zitadel-20261121-2"),
        ),
        (
            "zitadel-20261121-2",
            Dated { format: Compact },
            Some(20_261_121),
            Some("zitadel-20261121-3"),
        ),
        (
            "zitadel-20260719-4",
            Dated { format: Compact },
            Some(20_260_719),
            Some("zitadel-20261121"),
        ),
        (
            "zitadel-20270101",
            Dated { format: Compact },
            Some(20_270_101),
            Some("zitadel-20270101-2"),
        ),
        (
            "db-2026-05-26",
            Dated { format: Dashed },
            Some(20_260_526),
            Some("db-2026-11-21"),
        ),
        (
            "db-2026-11-21",
            Dated { format: Dashed },
            Some(20_261_121),
            Some("db-2026-11-21-2"),
        ),
        (
            "db-2026-11-21-9",
            Dated { format: Dashed },
            Some(20_261_121),
            Some("db-2026-11-21-10"),
        ),
        (
            "postgres-20251230000000",
            Dated {
                format: CompactWithTime,
            },
            Some(20_251_230_000_000),
            Some("postgres-20261121000000"),
        ),
        (
            "postgres-20261121093000",
            Dated {
                format: CompactWithTime,
            },
            Some(20_261_121_093_000),
            Some("postgres-20261121093000-2"),
        ),
        // Digits that are no date count as they are.
        (
            "db-20261331",
            Counter,
            Some(20_261_331),
            Some("db-20261332"),
        ),
        (
            "db-20260229",
            Counter,
            Some(20_260_229),
            Some("db-20260230"),
        ),
        (
            "db-19991231",
            Counter,
            Some(19_991_231),
            Some("db-19991232"),
        ),
        (
            "db-20251230250000",
            Counter,
            Some(20_251_230_250_000),
            Some("db-20251230250001"),
        ),
        (
            "db-2026-13-01",
            ZeroPadded { width: 2 },
            Some(1),
            Some("db-2026-13-02"),
        ),
        ("db20260526", Glued, None, Some("db20260526-v2")),
        ("postgres16-v1.0.5", Dotted, None, Some("postgres16-v1.0.6")),
        ("postgres-17.9", Dotted, None, Some("postgres-17.10")),
        ("host.example.5", Glued, None, Some("host.example.5-v2")),
        ("postgres-v1..5", Glued, None, Some("postgres-v1..5-v2")),
        ("postgres17", Glued, None, Some("postgres17-v2")),
        ("postgresv3", Glued, None, Some("postgresv3-v2")),
        ("12", Glued, None, Some("12-v2")),
        ("-5", Glued, None, Some("-5-v2")),
        ("postgres", Plain, None, Some("postgres-v2")),
        ("jangar-db-live", Plain, None, Some("jangar-db-live-v2")),
        ("pg-nuc", Plain, None, Some("pg-nuc-v2")),
        ("postgres-v3s", Plain, None, Some("postgres-v3s-v2")),
        ("postgres-vv", Plain, None, Some("postgres-vv-v2")),
        ("база-данных", Plain, None, Some("база-данных-v2")),
        ("база-3", Counter, Some(3), Some("база-4")),
        ("é2345678", Glued, None, Some("é2345678-v2")),
        ("${APP}", Variable, None, None),
        ("${APP}-v3", Variable, None, None),
        ("postgres-${GENERATION:=2}", Variable, None, None),
        ("$(CLUSTER)-1", Variable, None, None),
        ("{{ .Values.name }}-1", Variable, None, None),
        ("", Plain, None, None),
        // No number is too large to go on.
        (
            "db-v18446744073709551615",
            VersionSuffix,
            Some(u64::MAX),
            Some("db-v18446744073709551616"),
        ),
        (
            "db-v18446744073709551616",
            VersionSuffix,
            None,
            Some("db-v18446744073709551617"),
        ),
        (
            "db-99999999999999999999999",
            Counter,
            None,
            Some("db-100000000000000000000000"),
        ),
    ];

    #[test]
    fn names_are_recognised_by_their_style() {
        for (name, style, generation, _) in NAMES {
            let name = ServerName::new(*name);
            assert_eq!(name.style(), *style, "{name}");
            assert_eq!(name.generation(), *generation, "{name}");
        }
    }

    #[test]
    fn the_next_name_keeps_the_style() {
        for (name, _, _, next) in NAMES {
            let proposed = ServerName::new(*name).next(TODAY);
            assert_eq!(proposed.as_ref().map(ServerName::as_str), *next, "{name}");
        }
    }

    #[test]
    fn proposals_can_be_asked_for_again_and_never_repeat() {
        for (name, ..) in NAMES {
            let mut seen = vec![ServerName::new(*name)];
            for _ in 0..30 {
                let Some(next) = seen.last().unwrap().next(TODAY) else {
                    break;
                };
                assert!(!seen.contains(&next), "{name}: {next} again");
                seen.push(next);
            }
        }
    }
}
