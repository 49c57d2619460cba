//! The way from page to page and from record to record.

use super::event::{Event, Located, Span};
use super::lsn::{Lsn, TimelineId};
use super::page::{Major, PAGE_SIZE, PageError, PageHeader, SegmentHeader, SystemId};
use super::record::{Bytes, Checksum, LONGEST_RECORD, RECORD_HEADER, RecordError, RecordHeader};
use super::segment::SegmentSize;
use super::stream::{Damage, Expectations, OpenRecord, Visitor};
use super::xact;

/// Why a walk does not go on to the next page.
#[derive(Debug)]
pub(super) enum Stop {
    /// The rest of the segment is unused.
    Switched { at: Lsn },
    /// Nothing was written here so far.
    Unwritten { at: Lsn },
    /// The server would stop here.
    Damaged { at: Lsn, why: Damage },
}

/// Walks over the pages of a stream and keeps what leads from one to the next.
#[derive(Debug)]
pub(super) struct Walker {
    size: SegmentSize,
    system: Option<SystemId>,
    major: Option<Major>,
    timelines: Option<Vec<TimelineId>>,
    /// The timeline of the last page.
    timeline: TimelineId,
    /// The start of the last record.
    previous: Option<Lsn>,
    state: State,
}

/// What the next page begins with.
#[derive(Debug)]
enum State {
    /// Unknown: no page was read yet.
    Fresh,
    /// This position holds the first record to read.
    StartAt(Lsn),
    /// A new record.
    Between,
    /// The rest of a record that began before the first page read: its missing bytes.
    Skipping(u32),
    /// The rest of this record.
    Inside(Open),
}

/// A record of which the first part was read.
#[derive(Debug)]
struct Open {
    start: Lsn,
    total: u32,
    missing: u32,
    /// Its first bytes: the header, and as much as its meaning needs.
    kept: Vec<u8>,
    header: Option<RecordHeader>,
    checksum: Checksum,
}

impl Walker {
    pub(super) fn new(size: SegmentSize, expected: Expectations) -> Self {
        Self {
            size,
            system: expected.system,
            major: expected.major,
            timelines: expected.timelines,
            timeline: TimelineId(0),
            previous: None,
            state: State::Fresh,
        }
    }

    pub(super) fn start_at(&mut self, position: Lsn) {
        self.state = State::StartAt(position);
    }

    /// The record that the pages so far leave open.
    pub(super) fn open(&self) -> Option<OpenRecord> {
        match &self.state {
            State::Fresh | State::StartAt(_) | State::Between => None,
            State::Skipping(missing) => Some(OpenRecord {
                start: None,
                missing: *missing,
            }),
            State::Inside(open) => Some(OpenRecord {
                start: Some(open.start),
                missing: open.missing,
            }),
        }
    }

    /// Whether `page` was written as the page at `at`.
    pub(super) fn is_written(&self, at: Lsn, page: &[u8]) -> bool {
        PageHeader::parse(page).is_ok_and(|header| header.address == at)
    }

    /// Reads the next page, the one at `at`.
    pub(super) fn page<V: Visitor>(
        &mut self,
        at: Lsn,
        page: &[u8],
        visitor: &mut V,
    ) -> Result<(), Stop> {
        let first = at.0.is_multiple_of(self.size.bytes());
        if let State::StartAt(position) = self.state
            && position.0 >= at.0.saturating_add(PAGE_SIZE as u64)
        {
            return if first {
                self.header(at, page).map(|_| ())
            } else {
                Ok(())
            };
        }
        let header = self.header(at, page)?;
        match self.enter(at, page, &header, visitor)? {
            Some(offset) => self.records(at, page, offset, visitor),
            None => Ok(()),
        }
    }

    /// Checks a page header, in the order in which the server does.
    fn header(&mut self, at: Lsn, page: &[u8]) -> Result<PageHeader, Stop> {
        let header = match PageHeader::parse(page) {
            Err(PageError::UnknownVersion { magic: 0 }) if is_zero(page) => {
                return Err(self.unwritten(at));
            }
            parsed => parsed.map_err(|error| self.damaged(at, error))?,
        };
        let first = at.0.is_multiple_of(self.size.bytes());
        let checked = self.check(at, page, &header, first);
        match checked {
            Ok(()) => Ok(header),
            Err(PageError::Misplaced { found, .. }) if !first && self.is_recycled(at, found) => {
                Err(self.unwritten(at))
            }
            Err(error) => Err(self.damaged(at, error)),
        }
    }

    fn check(
        &mut self,
        at: Lsn,
        page: &[u8],
        header: &PageHeader,
        first: bool,
    ) -> Result<(), PageError> {
        let expected = *self.major.get_or_insert(header.major);
        if header.major != expected {
            let found = header.major;
            return Err(PageError::OtherVersion { expected, found });
        }
        if first || header.long.is_some() {
            self.check_segment(SegmentHeader::parse(page)?)?;
        }
        if header.address != at {
            return Err(PageError::Misplaced {
                expected: at,
                found: header.address,
            });
        }
        self.check_timeline(header.timeline)
    }

    fn check_segment(&mut self, segment: SegmentHeader) -> Result<(), PageError> {
        let expected = *self.system.get_or_insert(segment.system);
        if segment.system != expected {
            let found = segment.system;
            return Err(PageError::OtherSystem { expected, found });
        }
        if segment.segment_size != self.size {
            return Err(PageError::OtherSegmentSize {
                expected: self.size.bytes(),
                found: segment.segment_size.bytes(),
            });
        }
        Ok(())
    }

    fn check_timeline(&mut self, found: TimelineId) -> Result<(), PageError> {
        let previous = self.timeline;
        if found < previous {
            return Err(PageError::TimelineStepsBack { previous, found });
        }
        if found != previous
            && let Some(timelines) = &self.timelines
            && !timelines.contains(&found)
        {
            return Err(PageError::UnexpectedTimeline { found });
        }
        self.timeline = found;
        Ok(())
    }

    /// Whether a page that says it is at `found` is left over from an earlier use of the file: the server renames old
    /// segments and writes over them page by page.
    fn is_recycled(&self, at: Lsn, found: Lsn) -> bool {
        let back = at.0.checked_sub(found.0);
        back.is_some_and(|back| back.is_multiple_of(self.size.bytes()))
    }

    /// Gets over what the page begins with. The offset of the first record that begins on the page, if one can.
    fn enter<V: Visitor>(
        &mut self,
        at: Lsn,
        page: &[u8],
        header: &PageHeader,
        visitor: &mut V,
    ) -> Result<Option<usize>, Stop> {
        let size = header.size();
        let state = std::mem::replace(&mut self.state, State::Between);
        match state {
            State::Fresh => match header.continuation {
                Some(missing) => Ok(self.skip(missing, size)),
                None => Ok(Some(size)),
            },
            State::StartAt(position) => {
                let offset = usize::try_from(position.0.saturating_sub(at.0)).unwrap_or(PAGE_SIZE);
                let offset = if offset == 0 { size } else { offset };
                if offset < size {
                    return Err(damaged(position, RecordError::InsidePageHeader));
                }
                if offset == size && header.continuation.is_some() {
                    return Err(damaged(position, RecordError::UnexpectedContinuation));
                }
                Ok(Some(offset))
            }
            State::Between if header.continuation.is_some() => {
                Err(damaged(at, RecordError::UnexpectedContinuation))
            }
            State::Between => Ok(Some(size)),
            State::Skipping(_) | State::Inside(_) if header.overwrites => {
                match header.continuation {
                    Some(_) => Err(damaged(at, RecordError::UnexpectedContinuation)),
                    None => Ok(Some(size)),
                }
            }
            State::Skipping(missing) => {
                continues(header, missing).map_err(|error| damaged(at, error))?;
                Ok(self.skip(missing, size))
            }
            State::Inside(open) => {
                continues(header, open.missing).map_err(|error| damaged(open.start, error))?;
                self.carry_on(open, at, page, size, visitor)
            }
        }
    }

    /// Gets over the rest of a record that is not read, from `offset` on.
    fn skip(&mut self, missing: u32, offset: usize) -> Option<usize> {
        let here = (PAGE_SIZE - offset).min(missing as usize);
        // Not above `missing`.
        let rest = missing - here as u32;
        if rest > 0 {
            self.state = State::Skipping(rest);
            return None;
        }
        Some(aligned(offset + here))
    }

    /// Adds this page's part of a record, and tells the record if that was the last part.
    fn carry_on<V: Visitor>(
        &mut self,
        mut open: Open,
        at: Lsn,
        page: &[u8],
        offset: usize,
        visitor: &mut V,
    ) -> Result<Option<usize>, Stop> {
        let rest = page.get(offset..).unwrap_or_default();
        let part = rest.get(..open.missing as usize).unwrap_or(rest);
        open.add(part);
        self.check_link_of(&open)?;
        if open.missing > 0 {
            self.state = State::Inside(open);
            return Ok(None);
        }
        let behind = aligned(offset + part.len());
        let span = Span {
            start: open.start,
            end: Lsn(at.0.saturating_add(behind as u64)),
        };
        // A record is longer than its header, or it would not have been opened.
        if let Some(header) = open.header {
            self.complete(&header, &open.kept, open.checksum, span, visitor)?;
        }
        Ok(Some(behind))
    }

    /// Reads the records from `offset` to the end of the page.
    fn records<V: Visitor>(
        &mut self,
        at: Lsn,
        page: &[u8],
        mut offset: usize,
        visitor: &mut V,
    ) -> Result<(), Stop> {
        while let Some(rest) = page.get(offset..)
            && !rest.is_empty()
        {
            let start = Lsn(at.0.saturating_add(offset as u64));
            let total = rest.u32_at(0).unwrap_or_default();
            if total == 0 && is_zero(rest) {
                return Err(Stop::Unwritten { at: start });
            }
            if (total as usize) < RECORD_HEADER || total > LONGEST_RECORD {
                return Err(damaged(start, RecordError::Length { found: total }));
            }
            let Some(record) = rest.get(..total as usize) else {
                let open = Open::new(start, total, rest);
                self.check_link_of(&open)?;
                self.state = State::Inside(open);
                return Ok(());
            };
            offset = aligned(offset + record.len());
            let span = Span {
                start,
                end: Lsn(at.0.saturating_add(offset as u64)),
            };
            self.whole(record, span, visitor)?;
        }
        Ok(())
    }

    /// A record that lies on one page.
    fn whole<V: Visitor>(
        &mut self,
        record: &[u8],
        span: Span,
        visitor: &mut V,
    ) -> Result<(), Stop> {
        let Some((_, body)) = record.split_at_checked(RECORD_HEADER) else {
            return Ok(());
        };
        let Some(header) = RecordHeader::parse(record) else {
            return Ok(());
        };
        self.check_link(&header, span.start)?;
        let mut checksum = Checksum::default();
        checksum.add(body);
        self.complete(&header, record, checksum, span, visitor)
    }

    fn check_link_of(&self, open: &Open) -> Result<(), Stop> {
        match &open.header {
            Some(header) => self.check_link(header, open.start),
            None => Ok(()),
        }
    }

    /// Whether a record follows the one before. The first one may follow any, if that lies before it.
    fn check_link(&self, header: &RecordHeader, start: Lsn) -> Result<(), Stop> {
        let fits = match self.previous {
            Some(previous) => header.previous == previous,
            None => header.previous < start,
        };
        if fits {
            return Ok(());
        }
        let link = RecordError::Link {
            expected: self.previous.unwrap_or(start),
            found: header.previous,
        };
        Err(damaged(start, link))
    }

    /// Judges a record that was read whole, and tells it. `record` is its start, as much as its meaning needs.
    fn complete<V: Visitor>(
        &mut self,
        header: &RecordHeader,
        record: &[u8],
        checksum: Checksum,
        mut span: Span,
        visitor: &mut V,
    ) -> Result<(), Stop> {
        let computed = checksum.finish(record);
        let stored = header.checksum;
        if computed != stored {
            let error = RecordError::Checksum { stored, computed };
            return Err(damaged(span.start, error));
        }
        let event = match self.major {
            Some(major) => xact::event(header, record, major),
            None => Ok(None),
        };
        let event = event.map_err(|error| damaged(span.start, error))?;
        self.previous = Some(span.start);
        let Some(event) = event else {
            visitor.record(span);
            return Ok(());
        };
        let switches = event == Event::Switch;
        if switches {
            let size = self.size.bytes();
            span.end = Lsn(span.end.0.div_ceil(size).saturating_mul(size));
        }
        visitor.record(span);
        let Span { start, end } = span;
        visitor.event(Located { start, end, event });
        if switches {
            return Err(Stop::Switched { at: start });
        }
        Ok(())
    }

    /// Nothing is written at the page at `at`; the record that should carry on there is lost with it.
    fn unwritten(&self, at: Lsn) -> Stop {
        Stop::Unwritten {
            at: self.expected_record(at),
        }
    }

    fn damaged(&self, at: Lsn, error: PageError) -> Stop {
        Stop::Damaged {
            at: self.expected_record(at),
            why: error.into(),
        }
    }

    /// The record that a reader of the page at `at` is after.
    fn expected_record(&self, at: Lsn) -> Lsn {
        match &self.state {
            State::Inside(open) => open.start,
            State::StartAt(position) => *position,
            State::Fresh | State::Between | State::Skipping(_) => at,
        }
    }
}

impl Open {
    /// A record of `total` bytes of which a page has the first ones.
    fn new(start: Lsn, total: u32, part: &[u8]) -> Self {
        let mut open = Self {
            start,
            total,
            missing: total,
            kept: Vec::new(),
            header: None,
            checksum: Checksum::default(),
        };
        open.add(part);
        open
    }

    /// Adds the next bytes, at most those that are missing.
    fn add(&mut self, mut part: &[u8]) {
        // Not above `missing`, a 32-bit number.
        self.missing = self.missing.saturating_sub(part.len() as u32);
        if self.header.is_none() {
            let (header, body) = part.split_at(part.len().min(RECORD_HEADER - self.kept.len()));
            self.kept.extend_from_slice(header);
            self.header = RecordHeader::parse(&self.kept);
            part = body;
        }
        if let Some(header) = &self.header {
            self.checksum.add(part);
            let needed = xact::bytes_needed(header).min(self.total as usize);
            let wanted = needed.saturating_sub(self.kept.len()).min(part.len());
            self.kept
                .extend_from_slice(part.get(..wanted).unwrap_or_default());
        }
    }
}

/// Whether a page carries on a record of which `missing` bytes are to come.
fn continues(header: &PageHeader, missing: u32) -> Result<(), RecordError> {
    match header.continuation {
        None => Err(RecordError::ContinuationMissing),
        Some(found) if found != missing => Err(RecordError::ContinuationLength {
            expected: missing,
            found,
        }),
        Some(_) => Ok(()),
    }
}

fn damaged(at: Lsn, error: RecordError) -> Stop {
    Stop::Damaged {
        at,
        why: error.into(),
    }
}

fn is_zero(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte == 0)
}

/// Records begin at multiples of eight bytes.
fn aligned(offset: usize) -> usize {
    offset.next_multiple_of(8)
}
