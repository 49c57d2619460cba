//! What single records of the transaction and the XLOG manager mean.

use super::event::{Event, XactEndKind, Xid};
use super::lsn::{Lsn, TimelineId};
use super::page::Major;
use super::record::{Bytes, RecordError, RecordHeader, main_data};
use super::time::Timestamp;

/// Resource managers. Source: PostgreSQL `src/include/access/rmgrlist.h`.
const XLOG_MANAGER: u8 = 0;
const XACT_MANAGER: u8 = 1;

/// How many bytes of a record are kept while it crosses pages, if its kind does not need more.
const ENOUGH: usize = 512;

/// The same for the end of a prepared transaction, whose number stands behind lists of subtransactions, files and
/// invalidations. Real ones have kilobytes; the bound keeps a forged length from filling the memory.
const ENOUGH_FOR_PREPARED: usize = 64 << 20;

/// How many bytes from the start of a record [`event`] needs at most.
pub(super) fn bytes_needed(header: &RecordHeader) -> usize {
    match xact_end(header) {
        Some(XactEndKind::CommitPrepared | XactEndKind::AbortPrepared) => ENOUGH_FOR_PREPARED,
        _ => ENOUGH,
    }
}

/// What a record of `header` means; `record` is its start, at least [`bytes_needed`] of it. `None` for kinds that make
/// no event.
///
/// # Errors
/// [`RecordError::Malformed`] if it is of a kind that makes an event but built in an unknown way.
pub(super) fn event(
    header: &RecordHeader,
    record: &[u8],
    major: Major,
) -> Result<Option<Event>, RecordError> {
    let decoded = if let Some(kind) = xact_end(header) {
        main_data(record, header.total).and_then(|main| xact(kind, header, main, major))
    } else if header.manager == XACT_MANAGER && header.info & XACT_OPERATION == PREPARE {
        Some(Event::Prepare { xid: header.xid })
    } else if header.manager != XLOG_MANAGER {
        return Ok(None);
    } else {
        let main = || main_data(record, header.total);
        match header.info & 0xF0 {
            CHECKPOINT_SHUTDOWN => main().and_then(|main| checkpoint(main, true)),
            CHECKPOINT_ONLINE => main().and_then(|main| checkpoint(main, false)),
            SWITCH => Some(Event::Switch),
            BACKUP_END => main().and_then(backup_end),
            RESTORE_POINT => main().and_then(restore_point),
            END_OF_RECOVERY => main().and_then(end_of_recovery),
            _ => return Ok(None),
        }
    };
    let malformed = RecordError::Malformed {
        manager: header.manager,
        info: header.info,
    };
    decoded.map(Some).ok_or(malformed)
}

/// Operations of the XLOG manager. Source: PostgreSQL `src/include/catalog/pg_control.h`.
const CHECKPOINT_SHUTDOWN: u8 = 0x00;
const CHECKPOINT_ONLINE: u8 = 0x10;
const SWITCH: u8 = 0x40;
const BACKUP_END: u8 = 0x50;
const RESTORE_POINT: u8 = 0x70;
const END_OF_RECOVERY: u8 = 0x90;

/// The part of the information about records of the XACT manager that tells the operation, and one of them.
/// Source: PostgreSQL `src/include/access/xact.h`.
const XACT_OPERATION: u8 = 0x70;
const PREPARE: u8 = 0x10;

/// Which end of a transaction a record is. Source: PostgreSQL `src/include/access/xact.h`.
fn xact_end(header: &RecordHeader) -> Option<XactEndKind> {
    if header.manager != XACT_MANAGER {
        return None;
    }
    match header.info & XACT_OPERATION {
        0x00 => Some(XactEndKind::Commit),
        0x20 => Some(XactEndKind::Abort),
        0x30 => Some(XactEndKind::CommitPrepared),
        0x40 => Some(XactEndKind::AbortPrepared),
        _ => None,
    }
}

fn xact(kind: XactEndKind, header: &RecordHeader, main: &[u8], major: Major) -> Option<Event> {
    let time = Timestamp::from_micros(main.i64_at(0)?);
    let xid = match kind {
        XactEndKind::Commit | XactEndKind::Abort => header.xid,
        XactEndKind::CommitPrepared => prepared_xid(header, main, major, true)?,
        XactEndKind::AbortPrepared => prepared_xid(header, main, major, false)?,
    };
    Some(Event::XactEnd { kind, xid, time })
}

/// The number of the transaction that was prepared, which stands behind lists of no interest.
///
/// Source: `ParseCommitRecord` and `ParseAbortRecord`, PostgreSQL `src/backend/access/rmgrdesc/xactdesc.c`.
fn prepared_xid(header: &RecordHeader, main: &[u8], major: Major, commit: bool) -> Option<Xid> {
    const HAS_INFO: u8 = 0x80;
    const DATABASE: u32 = 0x1;
    const SUBTRANSACTIONS: u32 = 0x2;
    const FILES: u32 = 0x4;
    const INVALIDATIONS: u32 = 0x8;
    const TWO_PHASE: u32 = 0x10;
    const DROPPED_STATISTICS: u32 = 0x100;
    if header.info & HAS_INFO == 0 {
        return None;
    }
    let present = main.u32_at(8)?;
    let mut at: usize = 12;
    if present & DATABASE != 0 {
        at += 8;
    }
    // Identifiers of dropped statistics grew to 64 bits.
    let statistics = if major.number() >= 18 { 16 } else { 12 };
    for (flag, width) in [
        (SUBTRANSACTIONS, 4),
        (FILES, 12),
        (DROPPED_STATISTICS, statistics),
        (INVALIDATIONS, 16),
    ] {
        if present & flag != 0 && (commit || flag != INVALIDATIONS) {
            let count = usize::try_from(main.u32_at(at)?).ok()?;
            at = at.checked_add(4)?.checked_add(count.checked_mul(width)?)?;
        }
    }
    let xid = Xid(main.u32_at(at)?);
    (present & TWO_PHASE != 0).then_some(xid)
}

/// Source: `CheckPoint`, PostgreSQL `src/include/catalog/pg_control.h`.
fn checkpoint(main: &[u8], shutdown: bool) -> Option<Event> {
    Some(Event::Checkpoint {
        redo: Lsn(main.u64_at(0)?),
        timeline: TimelineId(main.u32_at(8)?),
        previous_timeline: TimelineId(main.u32_at(12)?),
        time: Timestamp::from_unix_seconds(main.i64_at(64)?),
        shutdown,
    })
}

fn backup_end(main: &[u8]) -> Option<Event> {
    let start_point = Lsn(main.u64_at(0)?);
    Some(Event::BackupEnd { start_point })
}

/// Source: `xl_restore_point`, PostgreSQL `src/include/access/xlog_internal.h`.
fn restore_point(main: &[u8]) -> Option<Event> {
    let time = Timestamp::from_micros(main.i64_at(0)?);
    let field = main.get(8..72)?;
    let name = field.split(|byte| *byte == 0).next()?;
    let name = String::from_utf8_lossy(name).into_owned();
    Some(Event::RestorePoint { name, time })
}

/// Source: `xl_end_of_recovery`, PostgreSQL `src/include/access/xlog_internal.h`.
fn end_of_recovery(main: &[u8]) -> Option<Event> {
    Some(Event::EndOfRecovery {
        time: Timestamp::from_micros(main.i64_at(0)?),
        timeline: TimelineId(main.u32_at(8)?),
        previous_timeline: TimelineId(main.u32_at(12)?),
    })
}
