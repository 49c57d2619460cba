//! Recovery targets other than the time: LSN, transaction, restore point, timeline.
//!
//! Admission is `validateRecoveryTarget` in CNPG's internal/webhook/v1/cluster_webhook.go. PostgreSQL receives the
//! texts unchanged and reads numbers with C's rules, so that both may accept a text and mean different things. An
//! empty text is no target, for the operator and here.

use std::fmt;

/// The fields of `recoveryTarget` that say where a recovery ends. They exclude each other.
/// Source: CNPG `api/v1/cluster_types.go` (`RecoveryTarget`), `internal/webhook/v1/cluster_webhook.go`.
pub const GOALS: [&str; 5] = [
    "targetTime",
    "targetLSN",
    "targetXID",
    "targetName",
    "targetImmediate",
];

/// What happens to a target that is not in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Consequence {
    /// The operator's admission webhook refuses the Cluster.
    RefusedByAdmission,
    /// Admission accepts it, PostgreSQL does not start with it.
    FatalInPostgres,
    /// Both accept it and mean different things.
    ReadDifferently,
}

/// A position in the WAL, in bytes; written as two hexadecimal halves, `3/A1B2C3D4`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TargetLsn(u64);

impl TargetLsn {
    /// Reads `targetLSN`.
    ///
    /// # Errors
    /// What `LSN.Parse` of cloudnative-pg/machinery or `pg_lsn_in` of PostgreSQL refuses.
    pub fn read(text: &str) -> Result<Self, TargetLsnError> {
        let (high, low) = text.split_once('/').ok_or(TargetLsnError::Format)?;
        Ok(Self(Self::half(high)? << 32 | Self::half(low)?))
    }

    /// Bytes since the start of the WAL.
    pub fn as_u64(self) -> u64 {
        self.0
    }

    /// At most 32 bits: admission reads 64, PostgreSQL takes at most eight digits, even when they are zeros.
    fn half(text: &str) -> Result<u64, TargetLsnError> {
        if !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(TargetLsnError::Format);
        }
        let value = u64::from_str_radix(text, 16).map_err(|_| TargetLsnError::Format)?;
        if text.len() > 8 {
            return Err(TargetLsnError::TooManyDigits);
        }
        Ok(value)
    }
}

impl fmt::Display for TargetLsn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:X}/{:X}", self.0 >> 32, self.0 & u64::from(u32::MAX))
    }
}

/// What is wrong with a `targetLSN`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TargetLsnError {
    /// Not two hexadecimal numbers of at most 64 bits with a slash between them.
    #[error("an LSN is two hexadecimal numbers with a slash between them, such as `3/A1B2C3D4`")]
    Format,
    /// More than eight digits on one side.
    #[error("PostgreSQL takes at most eight hexadecimal digits on each side of the slash")]
    TooManyDigits,
}

impl TargetLsnError {
    /// What happens to such a target.
    pub fn consequence(self) -> Consequence {
        match self {
            Self::Format => Consequence::RefusedByAdmission,
            Self::TooManyDigits => Consequence::FatalInPostgres,
        }
    }
}

/// A transaction id, 32 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TargetXid(u32);

impl TargetXid {
    /// Reads `targetXID`: decimal digits without a sign.
    ///
    /// # Errors
    /// What admission refuses, and numbers that PostgreSQL reads as octal.
    pub fn read(text: &str) -> Result<Self, TargetXidError> {
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(TargetXidError::NotANumber);
        }
        let xid = text.parse().map_err(|_| TargetXidError::TooLarge)?;
        match as_postgres_reads(text) {
            postgres if postgres == u64::from(xid) => Ok(Self(xid)),
            postgres => Err(TargetXidError::Octal { postgres }),
        }
    }

    /// The number.
    pub fn as_u32(self) -> u32 {
        self.0
    }
}

/// What is wrong with a `targetXID`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TargetXidError {
    /// Not decimal digits alone.
    #[error("a transaction id is a decimal number without a sign")]
    NotANumber,
    /// More than 32 bits.
    #[error("a transaction id is at most 4294967295")]
    TooLarge,
    /// A leading zero makes PostgreSQL read the number as octal.
    #[error(
        "PostgreSQL reads a number with a leading zero as octal: this is transaction {postgres}"
    )]
    Octal {
        /// The transaction that PostgreSQL looks for.
        postgres: u64,
    },
}

impl TargetXidError {
    /// What happens to such a target.
    pub fn consequence(self) -> Consequence {
        match self {
            Self::NotANumber | Self::TooLarge => Consequence::RefusedByAdmission,
            Self::Octal { .. } => Consequence::ReadDifferently,
        }
    }
}

/// What is wrong with a `targetName`, the name of a restore point. Admission refuses all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TargetNameError {
    /// 64 bytes or more (`MAXFNAMELEN` in PostgreSQL).
    #[error("the name of a restore point has at most 63 bytes, this one has {bytes}")]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// A character below U+0020, or U+007F.
    #[error("the name of a restore point has no control characters, this one has U+{code:04X}")]
    ControlCharacter {
        /// Its code point.
        code: u32,
    },
}

/// Checks `targetName`.
///
/// # Errors
/// What admission refuses.
pub fn check_target_name(text: &str) -> Result<(), TargetNameError> {
    let control = text.chars().find(char::is_ascii_control);
    if text.len() >= 64 {
        Err(TargetNameError::TooLong { bytes: text.len() })
    } else if let Some(control) = control {
        Err(TargetNameError::ControlCharacter {
            code: control.into(),
        })
    } else {
        Ok(())
    }
}

/// A `targetTLI`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TargetTimeline {
    /// `latest`, or nothing written, which PostgreSQL takes as `latest`.
    Latest,
    /// A timeline, 1 or larger. Only backups taken on exactly this timeline are considered.
    Number(u32),
}

impl TargetTimeline {
    /// Reads `targetTLI`.
    ///
    /// # Errors
    /// What admission refuses, and numbers that PostgreSQL reads differently.
    pub fn read(text: &str) -> Result<Self, TargetTimelineError> {
        if text.is_empty() || text == "latest" {
            return Ok(Self::Latest);
        }
        let number: i64 = text.parse().map_err(|_| TargetTimelineError::Format)?;
        if number < 1 {
            return Err(TargetTimelineError::Format);
        }
        let timeline = u32::try_from(number).map_err(|_| TargetTimelineError::TooLarge)?;
        match as_postgres_reads(text.trim_start_matches('+')) {
            postgres if postgres == u64::from(timeline) => Ok(Self::Number(timeline)),
            postgres => Err(TargetTimelineError::Octal { postgres }),
        }
    }
}

/// What is wrong with a `targetTLI`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TargetTimelineError {
    /// Neither `latest` nor a number from 1 on; `current` is refused too.
    #[error("a target timeline is `latest` or a number from 1 on")]
    Format,
    /// More than 32 bits: PostgreSQL keeps the lower ones.
    #[error("a timeline is at most 4294967295: PostgreSQL drops the higher bits")]
    TooLarge,
    /// A leading zero makes PostgreSQL read the number as octal.
    #[error("PostgreSQL reads a number with a leading zero as octal: this is timeline {postgres}")]
    Octal {
        /// The timeline that PostgreSQL looks for.
        postgres: u64,
    },
}

impl TargetTimelineError {
    /// What happens to such a target.
    pub fn consequence(self) -> Consequence {
        match self {
            Self::Format => Consequence::RefusedByAdmission,
            Self::TooLarge | Self::Octal { .. } => Consequence::ReadDifferently,
        }
    }
}

/// A decimal number as C's `strtoul` with base 0 reads it: octal after a leading zero, up to the first digit that is
/// none.
fn as_postgres_reads(digits: &str) -> u64 {
    let (radix, digits) = match digits.strip_prefix('0') {
        Some(octal) => (8, octal),
        None => (10, digits),
    };
    digits
        .chars()
        .map_while(|digit| digit.to_digit(radix))
        .fold(0, |sum: u64, digit| {
            sum.saturating_mul(radix.into())
                .saturating_add(digit.into())
        })
}

/// Which fields of a `recoveryTarget` are given: non-empty texts, and `targetImmediate` whenever it is not null.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct GivenTargets {
    /// `targetImmediate`, even `false`.
    pub immediate: bool,
    /// `targetLSN`.
    pub lsn: bool,
    /// `targetName`.
    pub name: bool,
    /// `targetTime`.
    pub time: bool,
    /// `targetXID`.
    pub xid: bool,
}

impl GivenTargets {
    /// The names of the given fields, in alphabetical order. Admission refuses more than one
    /// (`validateTargetExclusiveness`).
    pub fn fields(self) -> Vec<&'static str> {
        [
            (self.immediate, "targetImmediate"),
            (self.lsn, "targetLSN"),
            (self.name, "targetName"),
            (self.time, "targetTime"),
            (self.xid, "targetXID"),
        ]
        .into_iter()
        .filter_map(|(given, field)| given.then_some(field))
        .collect()
    }

    /// The fields that tell nothing about which base backup to take. With one of them admission requires `backupID`,
    /// unless `volumeSnapshots` is given.
    pub fn fields_needing_backup_id(self) -> Vec<&'static str> {
        Self {
            lsn: false,
            time: false,
            ..self
        }
        .fields()
    }
}

#[cfg(test)]
mod tests {
    use super::{
        Consequence, GivenTargets, TargetLsn, TargetLsnError, TargetNameError, TargetTimeline,
        TargetTimelineError, TargetXid, TargetXidError, check_target_name,
    };

    #[test]
    fn an_lsn_is_two_hexadecimal_halves() {
        for (text, value, written) in [
            ("0/0", 0, "0/0"),
            ("0/3000060", 0x300_0060, "0/3000060"),
            ("3/a1B2C3d4", 0x3_A1B2_C3D4, "3/A1B2C3D4"),
            ("00000001/00000002", 0x1_0000_0002, "1/2"),
            ("FFFFFFFF/FFFFFFFF", u64::MAX, "FFFFFFFF/FFFFFFFF"),
        ] {
            let lsn = TargetLsn::read(text).unwrap();
            assert_eq!(lsn.as_u64(), value, "{text}");
            assert_eq!(lsn.to_string(), written);
        }
    }

    #[test]
    fn what_is_no_lsn_is_refused_by_admission() {
        for text in [
            "",
            "/",
            "A",
            "A/",
            "/A",
            "0x1/2",
            "+1/2",
            "1/-2",
            "1/2/3",
            " 1/2",
            "1/2 ",
            "1_0/1",
            "G/1",
            "11112222333344445/0",
            "é/1",
        ] {
            assert_eq!(
                TargetLsn::read(text),
                Err(TargetLsnError::Format),
                "{text:?}"
            );
        }
        assert_eq!(
            TargetLsnError::Format.consequence(),
            Consequence::RefusedByAdmission
        );
    }

    #[test]
    fn an_lsn_with_nine_digits_is_fatal_in_postgres_only() {
        for text in ["100000000/0", "0/100000000", "000000001/0"] {
            let refused = TargetLsn::read(text).unwrap_err();
            assert_eq!(refused, TargetLsnError::TooManyDigits, "{text}");
            assert_eq!(refused.consequence(), Consequence::FatalInPostgres);
        }
    }

    #[test]
    fn a_transaction_is_a_decimal_number_of_32_bits() {
        for (text, expected) in [
            ("0", Ok(0)),
            ("3", Ok(3)),
            ("007", Ok(7)),
            ("4294967295", Ok(u32::MAX)),
            ("4294967296", Err(TargetXidError::TooLarge)),
            ("99999999999999999999999", Err(TargetXidError::TooLarge)),
            ("", Err(TargetXidError::NotANumber)),
            ("+5", Err(TargetXidError::NotANumber)),
            ("-1", Err(TargetXidError::NotANumber)),
            ("0x10", Err(TargetXidError::NotANumber)),
            ("1_000", Err(TargetXidError::NotANumber)),
            ("abc", Err(TargetXidError::NotANumber)),
            // PostgreSQL 15 logs `starting point-in-time recovery to XID 8`, and XID 0.
            ("010", Err(TargetXidError::Octal { postgres: 8 })),
            ("08", Err(TargetXidError::Octal { postgres: 0 })),
        ] {
            assert_eq!(
                TargetXid::read(text).map(TargetXid::as_u32),
                expected,
                "{text:?}"
            );
        }
    }

    #[test]
    fn a_leading_zero_is_read_differently_and_the_rest_refused() {
        assert_eq!(
            TargetXidError::Octal { postgres: 8 }.consequence(),
            Consequence::ReadDifferently
        );
        assert_eq!(
            TargetXidError::TooLarge.consequence(),
            Consequence::RefusedByAdmission
        );
        assert_eq!(
            TargetTimelineError::TooLarge.consequence(),
            Consequence::ReadDifferently
        );
        assert_eq!(
            TargetTimelineError::Format.consequence(),
            Consequence::RefusedByAdmission
        );
    }

    #[test]
    fn a_restore_point_has_63_bytes_and_no_control_characters() {
        let too_long = |bytes| Err(TargetNameError::TooLong { bytes });
        let control = |code| Err(TargetNameError::ControlCharacter { code });
        for (text, expected) in [
            ("before-migration".to_owned(), Ok(())),
            ("a".repeat(63), Ok(())),
            ("a".repeat(64), too_long(64)),
            ("é".repeat(31), Ok(())),
            ("é".repeat(32), too_long(64)),
            ("a\nb".to_owned(), control(0x0A)),
            ("a\0".to_owned(), control(0)),
            ("\u{7f}".to_owned(), control(0x7F)),
            ("a\u{85}b".to_owned(), Ok(())),
        ] {
            assert_eq!(check_target_name(&text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_timeline_is_latest_or_a_positive_number() {
        use TargetTimeline::{Latest, Number};
        use TargetTimelineError::{Format, Octal, TooLarge};
        for (text, expected) in [
            ("", Ok(Latest)),
            ("latest", Ok(Latest)),
            ("1", Ok(Number(1))),
            ("+2", Ok(Number(2))),
            ("01", Ok(Number(1))),
            ("4294967295", Ok(Number(u32::MAX))),
            ("current", Err(Format)),
            ("Latest", Err(Format)),
            ("0", Err(Format)),
            ("-1", Err(Format)),
            ("0x1", Err(Format)),
            ("1.0", Err(Format)),
            ("9223372036854775808", Err(Format)),
            ("4294967296", Err(TooLarge)),
            // PostgreSQL 15: `recovery target timeline 8 does not exist`.
            ("010", Err(Octal { postgres: 8 })),
            ("+08", Err(Octal { postgres: 0 })),
        ] {
            assert_eq!(TargetTimeline::read(text), expected, "{text:?}");
        }
    }

    #[test]
    fn given_targets_are_named() {
        assert!(GivenTargets::default().fields().is_empty());
        let given = GivenTargets {
            immediate: true,
            lsn: true,
            time: true,
            ..GivenTargets::default()
        };
        assert_eq!(
            given.fields(),
            ["targetImmediate", "targetLSN", "targetTime"]
        );
        assert_eq!(given.fields_needing_backup_id(), ["targetImmediate"]);
    }
}
