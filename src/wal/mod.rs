//! PostgreSQL's write-ahead log, majors 12 to 18: from the bytes of segments to the records that recovery targets are
//! compared with.
//!
//! - [`lsn`]: positions and timelines; [`segment`]: names, numbers and sizes of segments; [`time`]: WAL timestamps.
//! - [`history`]: timeline history files.
//! - [`page`]: page headers. [`record`]: record headers and checksums. `xact`: what single records mean.
//! - [`event`]: the records worth keeping. [`stream`]: the reader over consecutive segments; `walk`: its way from page
//!   to page.
//!
//! Nothing here knows about archives, compression or recovery rules. Every byte is checked the way the server checks
//! it (page address, system identifier, back links, CRC-32C), because a record that the server would refuse must never
//! make a recovery target look reachable.

pub mod event;
pub mod history;
pub mod lsn;
pub mod page;
pub mod record;
pub mod segment;
pub mod stream;
pub mod time;
mod walk;
mod xact;

pub use event::{Event, Located, Span, XactEndKind, Xid};
pub use history::TimelineHistory;
pub use lsn::{Lsn, TimelineId};
pub use page::{Major, SegmentHeader, SystemId};
pub use segment::{SegmentName, SegmentNumber, SegmentSize};
pub use stream::{
    Damage, Expectations, OpenRecord, SegmentEnd, StreamDecoder, StreamError, Visitor,
};
pub use time::Timestamp;
