//! The recovery target time, read by two parsers that do not agree.
//!
//! Admission and the choice of the base backup use `ParseTargetTime` of cloudnative-pg/machinery: the timestamp parser
//! of lib/pq, then layouts of Go's `time.Parse`. The instance manager hands PostgreSQL a text: spellings with a `T`
//! are rewritten by `ConvertToPostgresFormat`, every other one goes through unchanged, and PostgreSQL reads it with
//! its own rules, during start-up, when no time zone abbreviation is known.

mod calendar;
mod iso;
mod postgres;
mod refusal;
mod spaced;

pub use postgres::{Fatal, Misreading, Part, Replay};
pub use refusal::Refused;

use super::instant::Instant;
use iso::Iso;
use spaced::Spaced;

/// A `recoveryTarget.targetTime` that admission accepts, and what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetTime {
    backup_instant: Instant,
    replay_instant: Option<Instant>,
    postgres_text: String,
    replay: Replay,
    zone: Zone,
    portability: Portability,
}

/// Who decides the time zone that PostgreSQL applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Zone {
    /// The text names an offset (or `Z`).
    Explicit,
    /// The text has a `T` and no zone: operators from 1.27.3 and 1.28.1 on rewrite it as UTC.
    ImpliedUtc,
    /// The text has no zone and goes through unchanged: the `timezone` setting of the server decides, while the base
    /// backup is chosen as if it were UTC.
    Server,
}

/// Whether every operator version does the same with the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Portability {
    /// It does.
    Everywhere,
    /// Operators before 1.27.3 and 1.28.0 write `Z` behind a blank, which PostgreSQL refuses at start-up.
    FatalBeforeRewrite,
    /// Operators before 1.27.3 and 1.28.0 let the `timezone` setting of the server decide.
    ServerZoneBeforeRewrite,
}

impl TargetTime {
    /// Reads a target time as `ParseTargetTime(nil, text)` and `ConvertToPostgresFormat(text)` of
    /// cloudnative-pg/machinery do, and judges the outcome as PostgreSQL 15 does.
    ///
    /// # Errors
    /// What admission refuses. An empty text is refused here; in a manifest it is the same as no target time.
    pub fn read(text: &str) -> Result<Self, Refused> {
        if let Some(spaced) = Spaced::parse(text) {
            return Ok(Self::from_spaced(text, &spaced));
        }
        match Iso::parse(text) {
            Ok(iso) => Ok(Self::from_iso(&iso)),
            Err(problem) => Err(Refused::of(text, problem)),
        }
    }

    /// The instant by which the operator chooses the base backup: impossible dates are normalised as Go does
    /// (30 February is 2 March), a missing zone is UTC.
    pub fn backup_instant(&self) -> Instant {
        self.backup_instant
    }

    /// The instant that PostgreSQL compares with, where it accepts the text, with UTC for a missing zone; otherwise that
    /// of [`TargetTime::backup_instant`]. The two differ in fractions of more than six digits.
    pub fn instant(&self) -> Instant {
        self.replay_instant.unwrap_or(self.backup_instant)
    }

    /// The value of `recovery_target_time`, as operators from 1.27.3 and 1.28.1 on write it.
    pub fn postgres_text(&self) -> &str {
        &self.postgres_text
    }

    /// What PostgreSQL makes of that value.
    pub fn replay(&self) -> Replay {
        self.replay
    }

    /// Who decides the zone.
    pub fn zone(&self) -> Zone {
        self.zone
    }

    /// Whether older operators do the same.
    pub fn portability(&self) -> Portability {
        self.portability
    }

    /// The same instant as `YYYY-MM-DD HH:MM:SS.ffffff+00`, the spelling that means the same to both parsers on every
    /// operator version. Where PostgreSQL accepts the text, its instant is taken, with UTC for a missing zone; where
    /// it does not, the instant that chooses the backup. `None` before year 1 and after year 9999.
    pub fn canonical(&self) -> Option<String> {
        self.instant().canonical()
    }

    fn from_spaced(text: &str, spaced: &Spaced<'_>) -> Self {
        let replay = postgres::judge_spaced(spaced);
        Self {
            backup_instant: Instant::clamped(spaced.admission_micros()),
            replay_instant: (replay == Replay::Accepted)
                .then(|| Instant::clamped(spaced.postgres_micros())),
            postgres_text: text.to_owned(),
            replay,
            zone: if spaced.names_zone() {
                Zone::Explicit
            } else {
                Zone::Server
            },
            portability: Portability::Everywhere,
        }
    }

    fn from_iso(iso: &Iso) -> Self {
        let instant = Instant::clamped(iso.micros());
        let (zone, portability) = match iso.offset_minutes {
            None => (Zone::ImpliedUtc, Portability::ServerZoneBeforeRewrite),
            Some(0) => (Zone::Explicit, Portability::FatalBeforeRewrite),
            Some(_) => (Zone::Explicit, Portability::Everywhere),
        };
        Self {
            backup_instant: instant,
            replay_instant: None,
            postgres_text: iso.postgres_text(),
            replay: postgres::judge_iso(iso),
            zone,
            portability,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Portability, Replay, TargetTime, Zone};

    fn read(text: &str) -> TargetTime {
        TargetTime::read(text).unwrap_or_else(|refused| panic!("{text:?}: {refused}"))
    }

    fn backup_time(target: &TargetTime) -> String {
        target.backup_instant().to_string()
    }

    /// With a `T`: text, instant for the backup, text for PostgreSQL, zone, portability. Values of machinery built
    /// with Go 1.27; PostgreSQL 15 accepts all of them.
    const WITH_T: &[(&str, &str, &str, Zone, Portability)] = {
        use Portability::{Everywhere, FatalBeforeRewrite, ServerZoneBeforeRewrite};
        use Zone::{Explicit, ImpliedUtc};
        &[
            (
                "2026-08-21T15:30:00Z",
                "2026-08-21 15:30:00.000000+00",
                "2026-08-21 15:30:00.000000+00:00",
                Explicit,
                FatalBeforeRewrite,
            ),
            (
                "2026-08-21T15:30:00.123Z",
                "2026-08-21 15:30:00.123000+00",
                "2026-08-21 15:30:00.123000+00:00",
                Explicit,
                FatalBeforeRewrite,
            ),
            (
                "2026-08-21T15:30:00.123456789Z",
                "2026-08-21 15:30:00.123456+00",
                "2026-08-21 15:30:00.123456+00:00",
                Explicit,
                FatalBeforeRewrite,
            ),
            (
                "2026-08-21T15:30:00,5Z",
                "2026-08-21 15:30:00.500000+00",
                "2026-08-21 15:30:00.500000+00:00",
                Explicit,
                FatalBeforeRewrite,
            ),
            (
                "2026-08-21T5:30:00Z",
                "2026-08-21 05:30:00.000000+00",
                "2026-08-21 05:30:00.000000+00:00",
                Explicit,
                FatalBeforeRewrite,
            ),
            (
                "2026-08-21T15:30:00+00:00",
                "2026-08-21 15:30:00.000000+00",
                "2026-08-21 15:30:00.000000+00:00",
                Explicit,
                FatalBeforeRewrite,
            ),
            (
                "2026-08-21T15:30:00-00:00",
                "2026-08-21 15:30:00.000000+00",
                "2026-08-21 15:30:00.000000+00:00",
                Explicit,
                FatalBeforeRewrite,
            ),
            (
                "2026-08-21T15:30:00+02:00",
                "2026-08-21 13:30:00.000000+00",
                "2026-08-21 15:30:00.000000+02:00",
                Explicit,
                Everywhere,
            ),
            (
                "2026-08-21T15:30:00-15:59",
                "2026-08-22 07:29:00.000000+00",
                "2026-08-21 15:30:00.000000-15:59",
                Explicit,
                Everywhere,
            ),
            (
                "2026-08-21T15:30:00",
                "2026-08-21 15:30:00.000000+00",
                "2026-08-21 15:30:00.000000+00:00",
                ImpliedUtc,
                ServerZoneBeforeRewrite,
            ),
            (
                "2026-08-21T15:30:00.25",
                "2026-08-21 15:30:00.250000+00",
                "2026-08-21 15:30:00.250000+00:00",
                ImpliedUtc,
                ServerZoneBeforeRewrite,
            ),
        ]
    };

    #[test]
    fn a_time_with_t_is_rewritten_for_postgres() {
        for (text, instant, postgres, zone, portability) in WITH_T {
            let target = read(text);
            assert_eq!(backup_time(&target), *instant, "{text:?}");
            assert_eq!(target.postgres_text(), *postgres, "{text:?}");
            assert_eq!(target.replay(), Replay::Accepted, "{text:?}");
            assert_eq!(target.zone(), *zone, "{text:?}");
            assert_eq!(target.portability(), *portability, "{text:?}");
            assert_eq!(target.canonical().as_deref(), Some(*instant), "{text:?}");
        }
    }

    /// With a blank, accepted by both: text, instant for the backup, zone.
    const WITH_BLANK: &[(&str, &str, Zone)] = &[
        (
            "2026-08-21 15:30:00",
            "2026-08-21 15:30:00.000000+00",
            Zone::Server,
        ),
        (
            "2026-08-21 15:30:00.5",
            "2026-08-21 15:30:00.500000+00",
            Zone::Server,
        ),
        ("2026-08-21", "2026-08-21 00:00:00.000000+00", Zone::Server),
        (
            "2026-08-21 15:30:00+02",
            "2026-08-21 13:30:00.000000+00",
            Zone::Explicit,
        ),
        (
            "2026-08-21 15:30:00+02:00",
            "2026-08-21 13:30:00.000000+00",
            Zone::Explicit,
        ),
        (
            "2026-08-21 15:30:00+02:00:30",
            "2026-08-21 13:29:30.000000+00",
            Zone::Explicit,
        ),
        (
            "2026-08-21 15:30:00-07:30",
            "2026-08-21 23:00:00.000000+00",
            Zone::Explicit,
        ),
        (
            "2026-08-21 15:30:00.000000+00",
            "2026-08-21 15:30:00.000000+00",
            Zone::Explicit,
        ),
        (
            "2026-08-21 15:30:00.5-00:30",
            "2026-08-21 16:00:00.500000+00",
            Zone::Explicit,
        ),
        (
            "2026-08-21 15:30:00-15:59:59",
            "2026-08-22 07:29:59.000000+00",
            Zone::Explicit,
        ),
        // The end of the day and second 60 exist for PostgreSQL too.
        (
            "2026-08-21 24:00:00",
            "2026-08-22 00:00:00.000000+00",
            Zone::Server,
        ),
        (
            "2026-08-21 15:30:60",
            "2026-08-21 15:31:00.000000+00",
            Zone::Server,
        ),
        (
            "2026-08-21 15:30:60.5",
            "2026-08-21 15:31:00.500000+00",
            Zone::Server,
        ),
        (
            "2028-02-29 00:00:00",
            "2028-02-29 00:00:00.000000+00",
            Zone::Server,
        ),
        (
            "126-08-21 15:30:00",
            "0126-08-21 15:30:00.000000+00",
            Zone::Server,
        ),
        (
            "002026-08-21 15:30:00",
            "2026-08-21 15:30:00.000000+00",
            Zone::Server,
        ),
        (
            "0001-01-01 00:00:00 BC",
            "-62167219200000000 microseconds since 1970",
            Zone::Server,
        ),
        (
            "0005-02-29 BC",
            "-62288352000000000 microseconds since 1970",
            Zone::Server,
        ),
        (
            "2026-08-21 15:30:00+02:00:30 BC",
            "-126049948230000000 microseconds since 1970",
            Zone::Explicit,
        ),
        (
            "4714-11-24 00:00:00 BC",
            "-210866803200000000 microseconds since 1970",
            Zone::Server,
        ),
        // The backup side is clamped here.
        (
            "294276-12-31 23:59:59.999999",
            "9223372036854775807 microseconds since 1970",
            Zone::Server,
        ),
        (
            "294277-01-01 00:00:00+01",
            "9223372036854775807 microseconds since 1970",
            Zone::Explicit,
        ),
    ];

    #[test]
    fn a_time_with_a_blank_goes_through_unchanged() {
        for (text, instant, zone) in WITH_BLANK {
            let target = read(text);
            assert_eq!(backup_time(&target), *instant, "{text:?}");
            assert_eq!(target.postgres_text(), *text);
            assert_eq!(target.replay(), Replay::Accepted, "{text:?}");
            assert_eq!(target.zone(), *zone, "{text:?}");
            assert_eq!(target.portability(), Portability::Everywhere, "{text:?}");
        }
    }

    #[test]
    fn the_canonical_spelling_keeps_the_instant_of_the_replay() {
        // Admission drops a fraction of more than nine digits and cuts the seventh; PostgreSQL rounds.
        for (text, backup, canonical) in [
            ("2026-08-21 15:30:00.1234567", "00.123456", "00.123457"),
            ("2026-08-21 15:30:00.1111111111", "00.000000", "00.111111"),
            ("2026-08-21 15:30:00.9999999", "00.999999", "01.000000"),
        ] {
            let target = read(text);
            assert_eq!(
                backup_time(&target),
                format!("2026-08-21 15:30:{backup}+00")
            );
            let canonical = format!("2026-08-21 15:30:{canonical}+00");
            assert_eq!(target.canonical(), Some(canonical));
        }
    }

    #[test]
    fn a_canonical_spelling_is_its_own_and_works_everywhere() {
        for (text, _, _, _, _) in WITH_T {
            let canonical = read(text).canonical().unwrap();
            let again = read(&canonical);
            assert_eq!(again.canonical().as_deref(), Some(canonical.as_str()));
            assert_eq!(again.backup_instant(), read(text).backup_instant());
            assert_eq!(again.replay(), Replay::Accepted);
            assert_eq!(again.zone(), Zone::Explicit);
            assert_eq!(again.portability(), Portability::Everywhere);
        }
        assert_eq!(read("2026-08-21 BC").canonical(), None);
    }
}
