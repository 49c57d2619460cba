//! How positions, numbers and systems are spelt in an inventory.

use std::fmt::Display;
use std::str::FromStr;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serializer};

/// As text, by `Display` and `FromStr`; only the spelling that is written is read.
pub(super) mod text {
    use super::{Deserialize, Deserializer, Display, Error, FromStr, Serializer};

    pub(in super::super) fn serialize<T: Display, S: Serializer>(
        value: &T,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_str(value)
    }

    pub(in super::super) fn deserialize<'de, T, D>(from: D) -> Result<T, D::Error>
    where
        T: FromStr<Err: Display>,
        D: Deserializer<'de>,
    {
        let text = String::deserialize(from)?;
        text.parse().map_err(D::Error::custom)
    }
}

/// The same, or null.
pub(super) mod optional {
    use super::{Deserialize, Deserializer, Display, Error, FromStr, Serializer};

    pub(in super::super) fn serialize<T: Display, S: Serializer>(
        value: &Option<T>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => to.collect_str(value),
            None => to.serialize_none(),
        }
    }

    pub(in super::super) fn deserialize<'de, T, D>(from: D) -> Result<Option<T>, D::Error>
    where
        T: FromStr<Err: Display>,
        D: Deserializer<'de>,
    {
        let text: Option<String> = Option::deserialize(from)?;
        text.map(|text| text.parse().map_err(D::Error::custom))
            .transpose()
    }
}

/// A system identifier as text, or null: it does not fit into the numbers of every reader of JSON.
pub(super) mod system {
    use super::{Deserialize, Deserializer, Error, Serializer};
    use crate::wal::SystemId;

    pub(in super::super) fn serialize<S: Serializer>(
        value: &Option<SystemId>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        super::optional::serialize(value, to)
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<SystemId>, D::Error> {
        let text: Option<String> = Option::deserialize(from)?;
        let number = text.map(|text| text.parse().map_err(D::Error::custom));
        Ok(number.transpose()?.map(SystemId))
    }
}

/// 16 hexadecimal digits.
pub(super) mod hexadecimal {
    use super::{Deserialize, Deserializer, Error, Serializer};

    pub(in super::super) fn serialize<S: Serializer>(
        value: &u64,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_str(&format_args!("{value:016x}"))
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<u64, D::Error> {
        let text = String::deserialize(from)?;
        u64::from_str_radix(&text, 16).map_err(D::Error::custom)
    }
}

/// The number of a timeline.
pub(super) mod timeline {
    use super::{Deserialize, Deserializer, Serializer};
    use crate::wal::TimelineId;

    pub(in super::super) fn serialize<S: Serializer>(
        value: &TimelineId,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.serialize_u32(value.0)
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<TimelineId, D::Error> {
        u32::deserialize(from).map(TimelineId)
    }
}

/// The number of a segment in the stream: its first position divided by the segment size.
pub(super) mod segment {
    use super::{Deserialize, Deserializer, Serializer};
    use crate::wal::SegmentNumber;

    pub(in super::super) fn serialize<S: Serializer>(
        value: &SegmentNumber,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.serialize_u64(value.0)
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<SegmentNumber, D::Error> {
        u64::deserialize(from).map(SegmentNumber)
    }
}

/// The number of a major version, or null.
pub(super) mod major {
    use super::{Deserialize, Deserializer, Error, Serializer};
    use crate::wal::page::Major;

    pub(in super::super) fn serialize<S: Serializer>(
        value: &Option<Major>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        match value {
            Some(major) => to.serialize_u8(major.number()),
            None => to.serialize_none(),
        }
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Major>, D::Error> {
        let number: Option<u8> = Option::deserialize(from)?;
        let major =
            |number| Major::from_number(number).ok_or("no version of PostgreSQL known here");
        number.map(major).transpose().map_err(D::Error::custom)
    }
}

/// A value or null that has to be there.
pub(super) fn required<'de, T, D>(from: D) -> Result<Option<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    Option::deserialize(from)
}
