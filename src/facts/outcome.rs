//! What a replayed stream means for the target, in codes and in words.

use super::prepared::Lost;
use super::recovery::{Base, Question, blank};
use super::replay::Stop;
use super::seen::{Seen, Xact};
use super::target::{Goal, instant};
use super::verdict::{
    Reason, ReasonCode, StopsAt, TargetVerdict, Verdict, WalRead, Warning, WarningCode, Window,
};
use super::walk::{Ground, READ_AHEAD_BYTES, Refusal, SURELY_READ_AHEAD, StreamEnd, Walked};
use crate::wal::{SegmentName, SegmentNumber};

/// Releases before this one promote at the end of WAL when the target was not reached; it is an error since.
const ENDS_WITH_ERROR_SINCE: u8 = 13;

/// The first release that reads ahead of the record it replays.
const READS_AHEAD_SINCE: u8 = 15;

/// A verdict with the reasons for it.
type Judged = (Verdict, Vec<Reason>);

/// Judges a target by what its replay came to.
pub(super) fn judge(
    question: &Question<'_>,
    base: &Base<'_>,
    walked: &Walked,
    ground: Ground<'_>,
) -> TargetVerdict {
    let view = View {
        question,
        base,
        walked,
        ground,
    };
    let (verdict, reasons) = view.verdict();
    let stops_at = (verdict == Verdict::Reachable).then(|| view.stops_at());
    let size = question.catalog.segment_size;
    let to_the_end = view.to_the_end();
    let seen = &walked.replayed.seen;
    TargetVerdict {
        verdict,
        wal: walked.read.map(|(first, last, count)| WalRead {
            first,
            last,
            count,
            size,
        }),
        last_commit: seen.last_commit.filter(|_| to_the_end),
        stops_at: stops_at.flatten(),
        window: view.window(),
        reasons,
        warnings: view.warnings(verdict),
        ..blank(question.depth)
    }
}

/// Everything at hand about one replay.
struct View<'v> {
    question: &'v Question<'v>,
    base: &'v Base<'v>,
    walked: &'v Walked,
    ground: Ground<'v>,
}

impl View<'_> {
    fn verdict(&self) -> Judged {
        let replayed = &self.walked.replayed;
        if let Some(panic) = &replayed.panic {
            let message = format!(
                "the record at {} is of timeline {}, but timeline {} is replayed: PostgreSQL gives up there",
                panic.at, panic.found, panic.expected
            );
            let reason = Reason::new(ReasonCode::WalDamaged, message);
            return (Verdict::Unreachable, vec![reason]);
        }
        if let Some(lost) = replayed.lost.filter(|lost| lost.during.is_some()) {
            return self.not_found_again(&lost);
        }
        let judged = match &replayed.stop {
            Some(stop) if !stop.consistent => (Verdict::Unreachable, self.too_early(stop)),
            // Nothing that PostgreSQL would accept as the start of a recovery.
            _ if replayed.consistent && !replayed.seen.checkpoint => self.no_checkpoint(),
            Some(stop) => self.read_ahead(stop),
            None => self.ended(),
        };
        match &replayed.lost {
            Some(lost) if judged.0 == Verdict::Reachable => self.not_found_again(lost),
            _ => judged,
        }
    }

    /// A prepared transaction that the server misses.
    fn not_found_again(&self, lost: &Lost) -> Judged {
        let Lost {
            xid,
            at,
            file,
            replayed,
            ..
        } = lost;
        let place = match lost.during {
            Some(during) => format!("at the checkpoint at {during}"),
            None => "where the recovery ends".to_owned(),
        };
        let mut message = format!(
            "transaction {xid}, prepared at {at}, is not ended {place}: PostgreSQL restored its record with the file of timeline {file}, looks for it in that of timeline {replayed}, and gives up"
        );
        let number = SegmentNumber::holding(*at, self.question.catalog.segment_size);
        let own = SegmentName {
            timeline: *replayed,
            number,
        };
        if self.ground.object(own).is_some() {
            message.push_str(&format!(
                "; with `--target-tli {replayed}` it restores that one"
            ));
        }
        let verdict = match lost.surely {
            true => Verdict::Unreachable,
            false => Verdict::Undecided,
        };
        let reason = Reason::new(ReasonCode::TimelineNotReachable, message);
        (verdict, vec![reason])
    }

    fn no_checkpoint(&self) -> Judged {
        let message = format!(
            "the checkpoint of backup {} is not at {}, where its label says",
            self.base.backup.id, self.base.start.checkpoint
        );
        let reason = Reason::new(ReasonCode::BackupNotFinished, message);
        (Verdict::Undecided, vec![reason])
    }

    /// The server looks for the checkpoint before it replays anything.
    fn too_early(&self, stop: &Stop) -> Vec<Reason> {
        let no_checkpoint = !self.walked.replayed.seen.checkpoint && self.to_the_end();
        let cause = no_checkpoint.then(|| self.cause());
        let stop = self.before_consistency(stop);
        cause.into_iter().chain([stop]).collect()
    }

    fn before_consistency(&self, stop: &Stop) -> Reason {
        let whole = self.walked.replayed.seen.consistent_at;
        let whole = whole.or(self.base.info.end_lsn);
        let whole = whole.map_or("later".to_owned(), |at| format!("at {at}"));
        let by = stop.decided_by.map_or(String::new(), |xact| {
            format!(
                ", because of transaction {} that ended at {}",
                xact.xid,
                instant(xact.time)
            )
        });
        let message = format!(
            "replay would stop at {}{}{by}, but the data of backup {} is whole only {whole}",
            stop.at,
            if stop.exact { "" } else { " or before" },
            self.base.backup.id
        );
        Reason::new(ReasonCode::TargetBeforeConsistency, message)
    }

    /// A good stop, unless the server stumbles over a file that it fetches too early.
    fn read_ahead(&self, stop: &Stop) -> Judged {
        let near = self.reads_ahead() && stop.bytes_behind <= READ_AHEAD_BYTES;
        let surely = if stop.records_behind <= SURELY_READ_AHEAD && !stop.is_ahead_open {
            Verdict::Unreachable
        } else {
            Verdict::Undecided
        };
        match &self.walked.end {
            StreamEnd::Damaged { key, at, why } if near && why.ends_what_is_before() => {
                let message = format!(
                    "`{key}` lies behind the target, but PostgreSQL reads ahead and ends the replay where it meets this at {at}: {why}"
                );
                let verdict = match why {
                    Refusal::Noted(_) => Verdict::Undecided,
                    _ => surely,
                };
                (verdict, vec![Reason::new(ReasonCode::WalDamaged, message)])
            }
            StreamEnd::WrongSize { key, why } if near => {
                let message = format!(
                    "`{key}` lies behind the target, but PostgreSQL reads ahead and gives up on a file of the wrong size: {why}"
                );
                (surely, vec![Reason::new(ReasonCode::WalDamaged, message)])
            }
            StreamEnd::Unreadable { key, why } if near => {
                let message = format!(
                    "`{key}` lies behind the target, but PostgreSQL reads ahead, and what a restore gets for it is not known: {why}"
                );
                (
                    Verdict::Undecided,
                    vec![Reason::new(ReasonCode::ObjectUnreadable, message)],
                )
            }
            _ => (Verdict::Reachable, Vec::new()),
        }
    }

    /// Whether the server looks at WAL before it replays it.
    fn reads_ahead(&self) -> bool {
        let major = self.walked.major;
        major.is_none_or(|major| major.number() >= READS_AHEAD_SINCE)
    }

    /// The stream ended before the target.
    fn ended(&self) -> Judged {
        let cause = self.cause();
        match &self.walked.end {
            StreamEnd::Unreadable { .. } | StreamEnd::TooLong => {
                return (Verdict::Undecided, vec![cause]);
            }
            // Wrong sizes are an error in every release, with and without a target.
            StreamEnd::WrongSize { .. } => return (Verdict::Unreachable, vec![cause]),
            _ => {}
        }
        let consistent = self.walked.replayed.consistent;
        if let StreamEnd::Damaged { why, .. } = &self.walked.end
            && self.question.target.goal == Goal::Latest
            && consistent
            && self.reads_ahead()
            && why.ends_what_is_before()
        {
            // Somewhere before, by the distance of reading ahead; perhaps before the data is whole.
            return (Verdict::Undecided, vec![cause]);
        }
        if self.question.target.goal == Goal::Latest {
            return if consistent {
                (Verdict::Reachable, self.lost().into_iter().collect())
            } else {
                (Verdict::Unreachable, vec![cause])
            };
        }
        let mut reasons = Vec::new();
        if consistent {
            reasons.extend(self.missed());
            reasons.extend(self.lost());
        } else {
            reasons.push(cause);
            reasons.extend(self.missed());
        }
        self.mention_old_release(&mut reasons);
        (Verdict::Unreachable, reasons)
    }

    /// What ends the stream, as a reason.
    fn cause(&self) -> Reason {
        let size = self.question.catalog.segment_size;
        let (code, message) = match &self.walked.end {
            StreamEnd::Missing { name } => (
                ReasonCode::WalGap,
                format!(
                    "segment {} is missing{}",
                    name.file_name(size),
                    self.behind(*name)
                ),
            ),
            StreamEnd::Unwritten { key, at } => (
                ReasonCode::WalDamaged,
                format!("nothing was written behind {at} in `{key}`"),
            ),
            StreamEnd::Damaged { key, at, why } => (
                match why {
                    Refusal::OtherSystem { .. } => ReasonCode::SystemIdentifierMismatch,
                    Refusal::OtherVersion { .. } | Refusal::Damage(_) | Refusal::Noted(_) => {
                        ReasonCode::WalDamaged
                    }
                },
                format!("PostgreSQL stops reading `{key}` at {at}: {why}"),
            ),
            StreamEnd::WrongSize { key, why } => (
                ReasonCode::WalDamaged,
                format!("PostgreSQL gives up on `{key}`, a file of the wrong size: {why}"),
            ),
            StreamEnd::Unreadable { key, why } => {
                (ReasonCode::ObjectUnreadable, format!("`{key}`: {why}"))
            }
            StreamEnd::NotFollowed | StreamEnd::TooLong => (
                ReasonCode::ObjectUnreadable,
                "the archive was not read to its end".to_owned(),
            ),
        };
        Reason::new(code, message)
    }

    fn behind(&self, missing: SegmentName) -> String {
        let size = self.question.catalog.segment_size;
        match self.ground.beyond(missing.number) {
            Some(newest) => format!(
                ", although the archive goes on up to {}",
                newest.file_name(size)
            ),
            None => String::new(),
        }
    }

    /// The cause, where WAL lies behind the end of the stream: none of it is ever replayed.
    fn lost(&self) -> Option<Reason> {
        let beyond = match &self.walked.end {
            StreamEnd::Missing { name } => self.ground.beyond(name.number).is_some(),
            StreamEnd::Unwritten { .. } => {
                let (_, last, _) = self.walked.read?;
                self.ground.beyond(last.number).is_some()
            }
            StreamEnd::Damaged { .. } => true,
            _ => false,
        };
        beyond.then(|| {
            let mut cause = self.cause();
            cause
                .message
                .push_str("; what lies behind is never replayed");
            cause
        })
    }

    /// The target that no record met.
    fn missed(&self) -> Option<Reason> {
        let seen = &self.walked.replayed.seen;
        let target = self.question.target;
        let (code, message) = match &target.goal {
            Goal::Latest | Goal::Immediate => return None,
            Goal::Time { replay, .. } => {
                let after = if target.inclusive {
                    "after"
                } else {
                    "at or after"
                };
                (
                    ReasonCode::NoCommitAfterTarget,
                    format!(
                        "no transaction ended {after} {replay} in the WAL that can be replayed{}",
                        newest(seen)
                    ),
                )
            }
            Goal::Lsn(position) => (
                ReasonCode::LsnBeyondEnd,
                format!(
                    "no record begins at or after {position} in the WAL that can be replayed{}",
                    seen.last_record
                        .map_or(String::new(), |at| format!("; the last one begins at {at}"))
                ),
            ),
            Goal::Xid(xid) => (
                ReasonCode::XidNotFound,
                format!(
                    "transaction {xid} does not end in the WAL that can be replayed, {}",
                    self.stretch()
                ),
            ),
            Goal::Name(name) => (
                ReasonCode::RestorePointNotFound,
                format!(
                    "no restore point `{name}` is in the WAL that can be replayed, {}{}",
                    self.stretch(),
                    restore_points(seen)
                ),
            ),
        };
        Some(Reason::new(code, message))
    }

    fn stretch(&self) -> String {
        let redo = self.base.start.redo;
        let end = self.walked.replayed.seen.end.unwrap_or(redo);
        format!("from {redo} to {end}")
    }

    fn mention_old_release(&self, reasons: &mut [Reason]) {
        let old = self
            .walked
            .major
            .filter(|major| major.number() < ENDS_WITH_ERROR_SINCE);
        if let (Some(major), Some(first), true) =
            (old, reasons.first_mut(), self.walked.replayed.consistent)
        {
            let kept = self.walked.replayed.kept.map_or_else(
                || "the data of the base backup".to_owned(),
                |xact| {
                    let (xid, time) = (xact.xid, instant(xact.time));
                    format!("data up to transaction {xid}, which ended at {time}")
                },
            );
            first.message.push_str(&format!(
                "; PostgreSQL {major} would not fail, but start with {kept}"
            ));
        }
    }

    fn stops_at(&self) -> Option<StopsAt> {
        let replayed = &self.walked.replayed;
        match &replayed.stop {
            Some(stop) => stop.exact.then_some(StopsAt {
                position: stop.at,
                kept: stop.kept,
            }),
            None => Some(StopsAt {
                position: replayed.seen.end?,
                kept: replayed.kept,
            }),
        }
    }

    fn to_the_end(&self) -> bool {
        !matches!(self.walked.end, StreamEnd::NotFollowed | StreamEnd::TooLong)
    }

    fn window(&self) -> Window {
        let replayed = &self.walked.replayed;
        let seen = &replayed.seen;
        let whole = seen.consistent_at.filter(|_| seen.checkpoint);
        let missed = replayed.lost.and_then(|lost| lost.during);
        let gives_up = replayed.panic.map(|panic| panic.at).or(missed);
        if whole.is_none_or(|whole| gives_up.is_some_and(|at| at < whole)) {
            return Window::default();
        }
        let ended = self.base.info.end_time.map(|time| time.instant);
        let earliest = ended.max(seen.newest_before_consistency.map(instant));
        // Where the server gives up, what lies behind was not looked at, and it may read ahead into it.
        let latest = if gives_up.is_some() || self.ends_early() {
            replayed.reached.far
        } else {
            replayed.reached.newest
        };
        if gives_up.is_none() && !self.to_the_end() {
            return Window {
                earliest,
                ..Window::default()
            };
        }
        let latest = latest.filter(|xact| Some(instant(xact.time)) > earliest);
        latest.map_or_else(Window::default, |xact| Window {
            earliest,
            latest: Some(instant(xact.time)),
            last: Some(xact.lsn),
        })
    }

    /// Whether a server that reads ahead meets the end of the stream in a way that ends the replay before it.
    fn ends_early(&self) -> bool {
        let meets = match &self.walked.end {
            StreamEnd::Damaged { why, .. } => why.ends_what_is_before(),
            StreamEnd::WrongSize { .. } | StreamEnd::Unreadable { .. } => true,
            _ => false,
        };
        meets && self.reads_ahead()
    }

    fn warnings(&self, verdict: Verdict) -> Vec<Warning> {
        let foreign = match &self.walked.end {
            StreamEnd::Damaged {
                key,
                why: Refusal::OtherSystem { found, .. },
                ..
            } => Some(Warning::new(
                WarningCode::OtherSystemInLineage,
                format!("another database system, {found}, has archived here: `{key}` is of it"),
            )),
            _ => None,
        };
        foreign
            .into_iter()
            .chain(self.newer_data(verdict))
            .collect()
    }

    /// A backup that ended after the target time holds what happened until then.
    fn newer_data(&self, verdict: Verdict) -> Option<Warning> {
        let Goal::Time { replay, .. } = &self.question.target.goal else {
            return None;
        };
        let ended = self.base.info.end_time?.instant;
        (verdict == Verdict::Reachable && *replay < ended).then(|| {
            let message = format!(
                "backup {} ended at {ended}, after the target: the recovery succeeds, but keeps transactions that ended later than {replay}",
                self.base.backup.id
            );
            Warning::new(WarningCode::NewerDataThanTarget, message)
        })
    }
}

fn newest(seen: &Seen) -> String {
    let Some(Xact { time, lsn, xid, .. }) = seen.newest else {
        return "; it holds no transaction at all".to_owned();
    };
    format!(
        "; the last one, {xid}, ended at {} (record {lsn})",
        instant(time)
    )
}

fn restore_points(seen: &Seen) -> String {
    if seen.restore_points.is_empty() {
        return String::new();
    }
    format!("; there are: {}", seen.restore_points.join(", "))
}
