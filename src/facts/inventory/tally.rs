//! Sums over records in a row.

use serde::{Deserialize, Serialize};

use super::spelling;
use crate::facts::seen::Xact;
use crate::wal::{Lsn, Span, Timestamp, Xid};

/// How many ends of transactions are listed one by one; more are summed up.
pub(super) const MOST_LISTED: usize = 8;

/// What is kept of records in a row.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tally {
    /// How many.
    pub(super) records: u64,
    /// Their bytes, those skipped behind a switch left out.
    pub(super) bytes: u64,
    /// The last record.
    #[serde(with = "spelling::optional")]
    pub(super) last: Option<Lsn>,
    /// The position behind it.
    #[serde(with = "spelling::optional")]
    pub(super) end: Option<Lsn>,
    /// The transactions that end in them.
    pub(super) transactions: Ends,
}

/// Ends of transactions in a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Ends {
    /// Every one, in the order of the stream.
    Listed(Vec<Ended>),
    /// More than are listed.
    Summed(Sum),
}

/// The end of one transaction, with the position behind its record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "Row", try_from = "Row")]
pub(super) struct Ended {
    pub(super) xact: Xact,
    pub(super) end: Lsn,
}

/// Time in microseconds since 1970, record, the position behind it, transaction, whether it took effect.
#[derive(Serialize, Deserialize)]
struct Row(
    i64,
    #[serde(with = "spelling::text")] Lsn,
    #[serde(with = "spelling::text")] Lsn,
    u32,
    bool,
);

/// What is kept of many ends of transactions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sum {
    /// How many.
    pub(super) count: u64,
    /// The first one in the stream.
    pub(super) first: Ended,
    /// The one with the highest time; of several the first.
    pub(super) newest: Ended,
    /// The last one in the stream that took effect.
    #[serde(deserialize_with = "spelling::required")]
    pub(super) last_commit: Option<Ended>,
    /// The lowest transaction number.
    pub(super) lowest: u32,
    /// The highest transaction number.
    pub(super) highest: u32,
}

impl Default for Ends {
    fn default() -> Self {
        Self::Listed(Vec::new())
    }
}

impl From<Ended> for Row {
    fn from(Ended { xact, end }: Ended) -> Self {
        let time = xact.time.to_unix_micros();
        Self(time, xact.lsn, end, xact.xid.0, xact.committed)
    }
}

impl TryFrom<Row> for Ended {
    type Error = &'static str;

    fn try_from(Row(time, lsn, end, xid, committed): Row) -> Result<Self, Self::Error> {
        if end <= lsn {
            return Err("the end of a record lies behind its begin");
        }
        let xact = Xact {
            time: Timestamp::from_unix_micros(time),
            lsn,
            xid: Xid(xid),
            committed,
        };
        Ok(Self { xact, end })
    }
}

impl Sum {
    fn of(end: Ended) -> Self {
        Self {
            count: 1,
            first: end,
            newest: end,
            last_commit: Some(end).filter(|end| end.xact.committed),
            lowest: end.xact.xid.0,
            highest: end.xact.xid.0,
        }
    }

    /// Adds what follows in the stream.
    fn add(&mut self, next: Self) {
        self.count = self.count.saturating_add(next.count);
        if self.newest.xact.time < next.newest.xact.time {
            self.newest = next.newest;
        }
        self.last_commit = next.last_commit.or(self.last_commit);
        self.lowest = self.lowest.min(next.lowest);
        self.highest = self.highest.max(next.highest);
    }
}

impl Ends {
    /// The sum; `None` when there is none.
    pub(super) fn sum(&self) -> Option<Sum> {
        match self {
            Self::Listed(ends) => {
                let mut ends = ends.iter().copied().map(Sum::of);
                let first = ends.next()?;
                Some(ends.fold(first, |mut sum, end| {
                    sum.add(end);
                    sum
                }))
            }
            Self::Summed(sum) => Some(*sum),
        }
    }

    /// Every end, where they are listed.
    pub(super) fn listed(&self) -> Option<&[Ended]> {
        match self {
            Self::Listed(ends) => Some(ends),
            Self::Summed(_) => None,
        }
    }

    /// Adds what follows in the stream. At most `most` ends stay listed.
    fn add(&mut self, next: &Self, most: usize) {
        if let (Self::Listed(ends), Self::Listed(others)) = (&mut *self, next)
            && ends.len().saturating_add(others.len()) <= most
        {
            ends.extend_from_slice(others);
            return;
        }
        *self = match (self.sum(), next.sum()) {
            (Some(mut sum), Some(next)) => {
                sum.add(next);
                Self::Summed(sum)
            }
            (Some(sum), None) | (None, Some(sum)) => Self::Summed(sum),
            (None, None) => Self::default(),
        };
    }
}

impl Tally {
    /// One record.
    pub(super) fn of(span: Span, bytes: u64, xact: Option<Xact>) -> Self {
        let end = |xact| Ended {
            xact,
            end: span.end,
        };
        Self {
            records: 1,
            bytes,
            last: Some(span.start),
            end: Some(span.end),
            transactions: Ends::Listed(xact.map(end).into_iter().collect()),
        }
    }

    /// Adds one record.
    pub(super) fn push(&mut self, span: Span, bytes: u64, xact: Option<Xact>, most: usize) {
        self.records += 1;
        self.bytes = self.bytes.saturating_add(bytes);
        self.last = Some(span.start);
        self.end = Some(span.end);
        let Some(xact) = xact else {
            return;
        };
        let end = Ended {
            xact,
            end: span.end,
        };
        match &mut self.transactions {
            Ends::Summed(sum) => sum.add(Sum::of(end)),
            ends => ends.add(&Ends::Listed(vec![end]), most),
        }
    }

    /// Adds the records that follow.
    pub(super) fn add(&mut self, next: &Self, most: usize) {
        self.records = self.records.saturating_add(next.records);
        self.bytes = self.bytes.saturating_add(next.bytes);
        self.last = next.last.or(self.last);
        self.end = next.end.or(self.end);
        self.transactions.add(&next.transactions, most);
    }
}
