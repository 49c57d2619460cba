//! Target times in long stretches of WAL: decided by some segments instead of all.
//!
//! What is decoded: the segments of the base backup, the first transaction of some segments until the place of the
//! target is found, all around that place, and the borders between timelines and runs. What is not decoded is only
//! known to be listed without a gap and with sizes that can be right. So
//!
//! - reachable means: a transaction beyond the target was found and checked, and nothing in the listing stands between;
//! - unreachable does not rest on the order of times: every segment was decoded, or uploaded too early to hold a
//!   transaction beyond the target.

mod locate;
mod reads;

use super::outcome;
use super::recovery::{Base, Question, blank};
use super::replay::Replay;
use super::shallow::CLOCK_SKEW_MICROS;
use super::target::{self, Goal};
use super::verdict::{Depth, Reason, ReasonCode, TargetVerdict, Window};
use super::walk::{Ground, READ_AHEAD_BYTES, StreamEnd, Walked};
use super::way::Way;
use crate::model::instant::Instant;
use crate::wal::{SegmentName, SegmentNumber};
use locate::{Between, Until};
use reads::{Fed, Halt, Peek, Reads};

/// A stretch of more segments than this is not decoded whole unless that is asked for.
pub(super) const LONG: u64 = 512;

/// How many objects a search reads at most; some more are left for the systems in the archive.
const MOST_READS: u32 = 34;

/// A base backup of more segments than this is decoded at its two ends only.
const WINDOW: u64 = 12;

/// So many segments at the end of the archive are decoded at least, to tell the last transaction.
const TAIL: u64 = 3;

/// Judges a target time over a long stretch; `None` where reading all of it is no trouble. `anyhow`: it turned out to
/// be long.
pub(super) fn judge(
    question: &Question<'_>,
    base: &Base<'_>,
    ground: Ground<'_>,
    anyhow: bool,
) -> Option<TargetVerdict> {
    let Goal::Time { replay: time, .. } = &question.target.goal else {
        return None;
    };
    let way = Way::from(ground, base.begin.number);
    let gap_in_window = way.missing <= base.end.number;
    if gap_in_window || !(anyhow || is_long(ground, &way, *time)) {
        return None;
    }
    let timelines = ground.path.timelines().collect();
    let search = Search {
        question,
        base,
        ground,
        way,
        end: None,
        reads: Reads::new(ground, base.system),
        replay: Replay::new(question.target, base.start, timelines),
        time: *time,
        until: Until {
            time: question.target.goal.timestamp()?,
            inclusive: question.target.inclusive,
        },
    };
    search.run()
}

/// Whether many segments lie between the backup and the target, as far as the upload times tell.
fn is_long(ground: Ground<'_>, way: &Way, time: Instant) -> bool {
    let Some(begin) = way.parts.first().filter(|_| way.count() > LONG) else {
        return false;
    };
    let name = SegmentName {
        timeline: begin.timeline,
        number: begin.first,
    };
    let run = ground.catalog.run_holding(name);
    // Copied since: the times tell nothing.
    if run.is_none_or(|run| run.first_upload > time) {
        return true;
    }
    way.first_after(ground, time)
        .is_none_or(|(first, _)| first.0.saturating_sub(begin.first.0) > LONG)
}

/// A search under way.
struct Search<'s> {
    question: &'s Question<'s>,
    base: &'s Base<'s>,
    ground: Ground<'s>,
    way: Way,
    /// Where the stream ends, if that is not where a segment is missing.
    end: Option<StreamEnd>,
    reads: Reads<'s>,
    /// What the segments of the backup came to.
    replay: Replay<'s>,
    time: Instant,
    until: Until,
}

impl<'s> Search<'s> {
    fn run(mut self) -> Option<TargetVerdict> {
        match self.decide() {
            Ok(verdict) => verdict.map(|verdict| self.noted(verdict)),
            Err(halt) => {
                let verdict = TargetVerdict {
                    reasons: vec![self.halted(&halt)],
                    ..blank(Depth::Headers)
                };
                Some(self.noted(verdict))
            }
        }
    }

    fn decide(&mut self) -> Result<Option<TargetVerdict>, Halt> {
        self.refuse_mixtures()?;
        self.end_at_bad_size();
        let window = self.window()?;
        if window.end.is_some() || self.replay.broke_off() {
            return Ok(None);
        }
        if self.replay.stop().is_some() {
            return Ok(None);
        }
        if !self.replay.is_consistent() {
            let message = format!(
                "the end of backup {} is not where its backup.info says",
                self.base.backup.id
            );
            return Err(Halt::Unclear(message));
        }
        let first = window.next;
        // Where everything was uploaded until then, there is nothing to find.
        if let Some(guess) = self.reads.first_after(&self.way, self.time) {
            let (between, ends) =
                locate::locate(&mut self.reads, &mut self.way, first, self.until, guess)?;
            if let Some(Peek::Ends(end)) = ends {
                self.end = Some(end);
            }
            if let Some(verdict) = self.around(first, between)? {
                return Ok(Some(verdict));
            }
        }
        self.absent(first).map(Some)
    }

    /// What makes it uncertain which segments a recovery would be given.
    fn refuse_mixtures(&self) -> Result<(), Halt> {
        let catalog = self.ground.catalog;
        for part in &self.way.parts {
            let files = catalog.timelines.get(&part.timeline);
            let mut duplicates = files.into_iter().flat_map(|files| &files.duplicates);
            if duplicates.any(|group| group.first <= part.last && group.last >= part.first) {
                let message = "the archive has several objects for some segments, and which one a restore gets depends on Barman's version";
                return Err(Halt::Unclear(message.to_owned()));
            }
        }
        let mut others = catalog.backups.iter().filter(|backup| {
            let system = backup.info().and_then(|info| info.system_identifier);
            system.is_some_and(|system| system != self.base.system)
        });
        match others.next() {
            Some(other) => Err(Halt::Unclear(format!(
                "backup {} is of another database system, whose segments may stand between",
                other.id
            ))),
            None => Ok(()),
        }
    }

    /// Cuts the way off at the first objects whose size cannot be right.
    fn end_at_bad_size(&mut self) {
        let catalog = self.ground.catalog;
        let size = catalog.segment_size.bytes();
        let bad = self.way.parts.iter().find(|part| {
            let name = SegmentName {
                timeline: part.timeline,
                number: part.first,
            };
            let run = catalog.run_holding(name);
            run.and_then(|run| run.uniform_size)
                .is_some_and(|uniform| uniform != size)
        });
        if let Some(bad) = bad {
            self.end = Some(StreamEnd::WrongSize {
                key: bad.first_key(self.ground),
                why: "the listing shows another size than that of a segment".to_owned(),
            });
            self.way.end_before(bad.first);
        }
    }

    /// Replays the segments of the base backup: all, or those at the ends if nothing between can be beyond the target.
    fn window(&mut self) -> Result<Fed, Halt> {
        let Base {
            start, begin, end, ..
        } = *self.base;
        let size = self.ground.catalog.segment_size;
        let is_short = end.number.0.saturating_sub(begin.number.0) < WINDOW;
        let checkpoint = SegmentNumber::holding(start.checkpoint, size);
        let head = if is_short { end.number } else { checkpoint };
        if head.0.saturating_sub(begin.number.0) >= WINDOW {
            return Err(Halt::Exhausted);
        }
        // A backup taken on a standby may be whole only with the first record of the next segment.
        let more = |next: SegmentNumber, replay: &Replay<'_>| {
            next <= end.number || (!replay.is_consistent() && next.0 <= end.number.0 + 2)
        };
        let fed = self.reads.feed(
            &self.way,
            begin.number,
            Some(start.redo),
            &mut self.replay,
            |next, replay| next <= head || (is_short && more(next, replay)),
        )?;
        if is_short || fed.end.is_some() {
            return Ok(fed);
        }
        let tail = SegmentNumber(end.number.0.saturating_sub(1)).max(fed.next);
        let early = self.surely_before();
        let late = self.reads.first_after(&self.way, early);
        if late.is_some_and(|(first, _)| first < tail) {
            return Err(Halt::Exhausted);
        }
        self.resume(tail);
        self.reads
            .feed(&self.way, tail, None, &mut self.replay, more)
    }

    /// Nothing in a segment that was uploaded until then can be beyond the target.
    fn surely_before(&self) -> Instant {
        Instant::from_micros(self.time.as_micros().saturating_sub(CLOCK_SKEW_MICROS))
    }

    fn resume(&mut self, at: SegmentNumber) {
        let position = at.start(self.ground.catalog.segment_size);
        self.replay.resume(self.ground.path.timeline_at(position));
    }

    /// Decodes what lies around the place found. `None` when replay does not stop there.
    fn around(
        &mut self,
        first: SegmentNumber,
        between: Between,
    ) -> Result<Option<TargetVerdict>, Halt> {
        let Some(high) = between.high else {
            return Ok(None);
        };
        if !self.joints(first, high)? {
            return Ok(None);
        }
        let window = self.replay.clone();
        // A record that begins in the segment before is told only when that is read too.
        let mut low = if between.low < first {
            between.low
        } else {
            between.low.max(first)
        };
        loop {
            self.replay = window.clone();
            self.resume(low);
            let fed =
                self.reads.feed(
                    &self.way,
                    low,
                    None,
                    &mut self.replay,
                    |next, replay| match replay.stop() {
                        Some(stop) => {
                            stop.bytes_behind <= READ_AHEAD_BYTES
                                && next.0 <= high.0.saturating_add(2)
                        }
                        None => next <= high,
                    },
                )?;
            let Some(stop) = self.replay.stop().copied() else {
                self.replay = window;
                if let Some(end) = fed.end {
                    self.end = Some(end);
                    self.way.end_before(fed.next);
                }
                return Ok(None);
            };
            // The last transaction kept, if it is not far.
            if stop.kept.is_none() && low > first && self.reads.left() > TAIL {
                low = SegmentNumber(low.0.saturating_sub(2)).max(first);
                continue;
            }
            let mut verdict = self.judged(fed.end.unwrap_or(StreamEnd::NotFollowed), high);
            if stop.kept.is_none() {
                verdict.stops_at = None;
            }
            return Ok(Some(verdict));
        }
    }

    /// Whether the stream goes over the borders of all parts up to a segment; otherwise the way is cut off.
    fn joints(&mut self, first: SegmentNumber, last: SegmentNumber) -> Result<bool, Halt> {
        let pairs: Vec<_> = self
            .way
            .parts
            .iter()
            .zip(self.way.parts.iter().skip(1))
            .map(|(before, part)| (before.timeline != part.timeline, part.first))
            .filter(|(_, number)| *number > first && *number <= last)
            .collect();
        for (switches, number) in pairs {
            let end = if switches {
                self.switch(number)?
            } else {
                self.reads.check_head(&self.way, number)?
            };
            if let Some(end) = end {
                self.end = Some(end);
                self.way.end_before(number);
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Reads over the border to a timeline's first segment. A timeline whose segment with the switch is missing does
    /// not link to what was read instead.
    fn switch(&mut self, number: SegmentNumber) -> Result<Option<StreamEnd>, Halt> {
        let before = SegmentNumber(number.0.saturating_sub(1));
        let position = before.start(self.ground.catalog.segment_size);
        let mut replay = self.replay.clone();
        replay.resume(self.ground.path.timeline_at(position));
        let fed = self
            .reads
            .feed(&self.way, before, None, &mut replay, |next, _| {
                next <= number
            })?;
        if replay.broke_off() {
            let message = format!("the records around segment {} switch timelines", number.0);
            return Err(Halt::Unclear(message));
        }
        Ok(fed.end)
    }

    /// Shows that no transaction is beyond the target, or finds one after all.
    fn absent(&mut self, first: SegmentNumber) -> Result<TargetVerdict, Halt> {
        let missing = self.way.missing;
        let tail = SegmentNumber(missing.0.saturating_sub(TAIL)).max(first);
        let mut begin = self.begin_of_tail(self.time, tail).max(first);
        let window = self.replay.clone();
        loop {
            if missing.0.saturating_sub(begin.0) > self.reads.left() {
                return Err(Halt::Exhausted);
            }
            self.replay = window.clone();
            let fed = self.feed_tail(first, begin)?;
            if self.replay.stop().is_some() {
                return self.found_after_all(first, fed);
            }
            // Older segments that were uploaded after the newest transaction found may hold a newer one.
            let newest = self.replay.newest().map(|xact| target::instant(xact.time));
            let needed = newest.map(|newest| self.begin_of_tail(newest, begin).max(first));
            match needed {
                Some(needed)
                    if needed < begin
                        && missing.0.saturating_sub(needed.0) <= self.reads.left() =>
                {
                    begin = needed;
                }
                _ => {
                    let is_newest = needed.is_some_and(|needed| needed >= begin);
                    let mut verdict = self.beyond_the_end(fed);
                    // Nor was it seen whether the stream goes on from part to part.
                    if !is_newest || self.way.parts.len() > 1 {
                        verdict.window = Window {
                            earliest: verdict.window.earliest,
                            ..Window::default()
                        };
                    }
                    if newest.is_none() {
                        self.explain_idle_tail(&mut verdict, missing.0.saturating_sub(begin.0));
                    }
                    return Ok(verdict);
                }
            }
        }
    }

    /// The first segment that may hold a transaction which ended after `time`, at most `tail`.
    fn begin_of_tail(&self, time: Instant, tail: SegmentNumber) -> SegmentNumber {
        let early = Instant::from_micros(time.as_micros().saturating_sub(CLOCK_SKEW_MICROS));
        let late = self.reads.first_after(&self.way, early);
        late.map_or(tail, |(late, _)| late.min(tail))
    }

    fn feed_tail(&mut self, first: SegmentNumber, begin: SegmentNumber) -> Result<Fed, Halt> {
        // A record that begins with the last segment of the backup ends here.
        let begin = if begin == first {
            SegmentNumber(begin.0.saturating_sub(1))
        } else {
            begin
        };
        self.resume(begin);
        self.replay.forget_ends();
        self.reads
            .feed(&self.way, begin, None, &mut self.replay, |_, _| true)
    }

    fn found_after_all(&mut self, first: SegmentNumber, fed: Fed) -> Result<TargetVerdict, Halt> {
        let high = SegmentNumber(fed.next.0.saturating_sub(1));
        if self.joints(first, high)? {
            return Ok(self.judged(fed.end.unwrap_or(StreamEnd::NotFollowed), high));
        }
        let message = "the stream ends before the place of the target, at a border of timelines";
        Err(Halt::Unclear(message.to_owned()))
    }

    fn beyond_the_end(&mut self, fed: Fed) -> TargetVerdict {
        let missing = self.way.missing;
        let last = self.way.last();
        let name = SegmentName {
            timeline: last.map_or(self.base.begin.timeline, |last| last.timeline),
            number: missing,
        };
        let end = fed.end.or(self.end.take());
        self.judged(end.unwrap_or(StreamEnd::Missing { name }), missing)
    }

    /// Where the last segments hold no transaction, the last one is not known.
    fn explain_idle_tail(&self, verdict: &mut TargetVerdict, count: u64) {
        verdict.last_commit = None;
        let mut reasons = verdict.reasons.iter_mut();
        let missed = reasons.find(|reason| reason.code == ReasonCode::NoCommitAfterTarget);
        if let Some(missed) = missed {
            missed.message = format!(
                "no transaction ended after {} in the WAL that can be replayed: the last {count} segments hold none, and those before were uploaded until then",
                self.time
            );
        }
    }

    /// The verdict that the replay came to.
    fn judged(&self, end: StreamEnd, last: SegmentNumber) -> TargetVerdict {
        let read = self.way.parts.first().map(|begin| {
            let first = SegmentName {
                timeline: begin.timeline,
                number: begin.first,
            };
            let last = SegmentNumber(last.0.min(self.way.missing.0.saturating_sub(1)));
            let part = self.way.part_of(last).unwrap_or(begin);
            let last = SegmentName {
                timeline: part.timeline,
                number: last,
            };
            (
                first,
                last,
                last.number.0.saturating_sub(first.number.0) + 1,
            )
        });
        let walked = Walked {
            replayed: self.replay.clone().finish(),
            end,
            read,
            ambiguous: None,
            major: self.reads.major(),
        };
        TargetVerdict {
            depth: Depth::Headers,
            ..outcome::judge(self.question, self.base, &walked, self.ground)
        }
    }

    /// Why there is no answer.
    fn halted(&self, halt: &Halt) -> Reason {
        let message = match halt {
            Halt::Exhausted => format!(
                "some of {} segments do not suffice to decide about {}",
                self.way.count(),
                self.time
            ),
            Halt::Unclear(message) => message.clone(),
            Halt::Unreadable { key, why } => format!("`{key}`: {why}"),
        };
        Reason::new(ReasonCode::ObjectUnreadable, message)
    }

    /// Says how little was read.
    fn noted(&self, mut verdict: TargetVerdict) -> TargetVerdict {
        let count = verdict.wal.map_or(self.way.count(), |wal| wal.count);
        let skipped = count.saturating_sub(self.reads.decoded());
        verdict.notes.push(format!(
            "{skipped} of {count} segments were not decoded: they are listed without a gap, but damage in them would not show; `--depth records` decodes them all"
        ));
        verdict
    }
}
