//! The file as a whole: lines, keys, and where each value goes.

use super::field::Field;
use super::{BackupInfo, BackupInfoError, LARGEST_BACKUP_INFO};
use crate::wal::SystemId;

/// Keys that Barman writes and no recovery depends on.
const KNOWN: &[&str] = &[
    "backup_id",
    "children_backup_ids",
    "compression",
    "config_file",
    "copy_stats",
    "data_checksums",
    "deduplicated_size",
    "encryption",
    "hba_file",
    "ident_file",
    "included_files",
    "mode",
    "parent_backup_id",
    "pgdata",
    "server_name",
    "size",
    "summarize_wal",
];

impl BackupInfo {
    /// Reads a `backup.info`: lines `key=value`, blanks around both sides left out; empty lines and lines that begin
    /// with `#` are skipped; of several lines with one key the last one counts.
    /// Source: barman `infofile.py`, `FieldListFile.load`.
    ///
    /// # Errors
    /// [`BackupInfoError`], with the first line that is not in order.
    pub fn parse(bytes: &[u8]) -> Result<Self, BackupInfoError> {
        if bytes.len() as u64 > LARGEST_BACKUP_INFO {
            return Err(BackupInfoError::TooLarge);
        }
        let text = std::str::from_utf8(bytes).map_err(|error| {
            let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
            BackupInfoError::NotUtf8 {
                line: 1 + before.iter().filter(|byte| **byte == b'\n').count(),
            }
        })?;
        let mut info = Self::default();
        for (line, text) in (1..).zip(text.split('\n')) {
            let text = text.trim();
            if text.is_empty() || text.starts_with('#') {
                continue;
            }
            let (key, value) = text
                .split_once('=')
                .ok_or(BackupInfoError::NoAssignment { line })?;
            info.set(Field {
                line,
                key: key.trim(),
                value: value.trim(),
            })?;
        }
        Ok(info)
    }

    fn set(&mut self, field: Field<'_>) -> Result<(), BackupInfoError> {
        match field.key {
            "status" => self.status = field.status()?,
            "backup_name" => self.backup_name = field.text(),
            "begin_time" => self.begin_time = field.time()?,
            "end_time" => self.end_time = field.time()?,
            "begin_xlog" => self.begin_lsn = field.lsn()?,
            "end_xlog" => self.end_lsn = field.lsn()?,
            "begin_wal" => self.begin_wal = field.segment()?,
            "end_wal" => self.end_wal = field.segment()?,
            "begin_offset" => self.begin_offset = field.number()?,
            "end_offset" => self.end_offset = field.number()?,
            "timeline" => self.timeline = field.timeline()?,
            "xlog_segment_size" => self.segment_size = field.segment_size()?,
            "systemid" => self.system_identifier = field.number()?.map(SystemId),
            "version" => self.server_version = field.number()?,
            "backup_label" => self.backup_label = field.label()?,
            "tablespaces" => self.tablespaces = field.tablespaces()?.unwrap_or_default(),
            "snapshots_info" => self.snapshots = field.filled(),
            "error" => self.error = field.text(),
            "cluster_size" => self.cluster_size = field.number()?,
            key if KNOWN.contains(&key) => {}
            key => self.unknown_keys.push(key.to_owned()),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::barman::backup_info::{BackupStatus, Tablespace};
    use crate::barman::layout::SegmentDigits;
    use crate::wal::{Lsn, SegmentSize, TimelineId};

    const DONE: &str = r"backup_label='START WAL LOCATION: 0/2B000028 (file 00000002000000000000002B)\nCHECKPOINT LOCATION: 0/2B000060\nBACKUP METHOD: streamed\nBACKUP FROM: standby\nSTART TIME: 2026-03-01 10:00:00 UTC\nLABEL: Barman backup cloud 20260301T100000\nSTART TIMELINE: 2\n'
backup_name=backup-20260301100000
begin_offset=40
begin_time=2026-03-01 10:00:00.123456+00:00
begin_wal=00000002000000000000002B
begin_xlog=0/2B000028
children_backup_ids=None
cluster_size=23224009
compression=None
copy_stats={'total_time': 5.3, 'copy_time_per_item': {'data': 0.2}}
data_checksums=on
end_offset=256
end_time=2026-03-01 11:00:03+01:00
end_wal=00000002000000000000002C
end_xlog=0/2C000100
error=None
included_files=['/x/postgresql.auto.conf']
mode=None
pgdata=/var/lib/postgresql/data/pgdata
server_name=cloud
status=DONE
systemid=7710501376146580713
tablespaces=[('fast', 16385, '/var/lib/postgresql/tablespaces/fast/data')]
timeline=2
version=170002
xlog_segment_size=16777216
";

    #[test]
    fn a_finished_backup_is_read_whole() {
        let info = BackupInfo::parse(DONE.as_bytes()).unwrap();
        assert_eq!(info.status, Some(BackupStatus::Done));
        assert_eq!(info.backup_name.as_deref(), Some("backup-20260301100000"));
        let time = |time: Option<crate::barman::backup_info::BackupTime>| time.unwrap().instant;
        assert_eq!(
            time(info.begin_time).to_string(),
            "2026-03-01 10:00:00.123456+00"
        );
        assert_eq!(
            time(info.end_time).to_string(),
            "2026-03-01 10:00:03.000000+00"
        );
        assert_eq!(info.begin_lsn, Some(Lsn(0x2B00_0028)));
        assert_eq!(info.end_lsn, Some(Lsn(0x2C00_0100)));
        assert_eq!(
            info.end_wal,
            SegmentDigits::parse("00000002000000000000002C")
        );
        assert_eq!((info.begin_offset, info.end_offset), (Some(40), Some(256)));
        assert_eq!(info.timeline, Some(TimelineId(2)));
        assert_eq!(info.segment_size, Some(SegmentSize::DEFAULT));
        assert_eq!(
            info.system_identifier,
            Some(SystemId(7_710_501_376_146_580_713))
        );
        assert_eq!(info.server_major(), Some(17));
        let label = info.backup_label.clone().unwrap();
        assert_eq!(label.checkpoint, Some(Lsn(0x2B00_0060)));
        assert_eq!(label.start_timeline, Some(TimelineId(2)));
        assert!(label.from_standby && label.text.ends_with("START TIMELINE: 2\n"));
        assert_eq!(
            info.tablespaces,
            [Tablespace {
                name: "fast".to_owned(),
                oid: 16385,
                location: "/var/lib/postgresql/tablespaces/fast/data".to_owned(),
            }]
        );
        assert!(!info.snapshots && info.error.is_none() && info.unknown_keys.is_empty());
        assert!(info.finished_for_operator());
    }

    #[test]
    fn a_backup_that_only_started_has_no_end() {
        let text = "backup_label=None\nbegin_time=2026-03-01 10:00:00+00:00\nend_time=None\nstatus=STARTED\n";
        let info = BackupInfo::parse(text.as_bytes()).unwrap();
        assert_eq!(info.status, Some(BackupStatus::Started));
        assert!(info.end_time.is_none() && info.backup_label.is_none());
        assert!(!info.finished_for_operator());
    }

    #[test]
    fn a_failed_backup_with_both_times_is_finished_for_the_operator() {
        let text = DONE
            .replace("status=DONE", "status=FAILED")
            .replace("error=None", "error=no space = no backup");
        let info = BackupInfo::parse(text.as_bytes()).unwrap();
        assert_eq!(info.error.as_deref(), Some("no space = no backup"));
        assert!(info.finished_for_operator());
    }

    #[test]
    fn blanks_comments_unknown_keys_and_line_ends_do_no_harm() {
        let text = "# by hand\r\n\r\n  status =  DONE \r\nnew_in_barman_9={'a': 1}\r\nsnapshots_info={'p': 'aws'}\r\nstatus=FAILED";
        let info = BackupInfo::parse(text.as_bytes()).unwrap();
        assert_eq!(
            info.status,
            Some(BackupStatus::Failed),
            "the last line counts"
        );
        assert_eq!(info.unknown_keys, ["new_in_barman_9"]);
        assert!(info.snapshots);
        assert_eq!(BackupInfo::parse(b"").unwrap(), BackupInfo::default());
    }

    #[test]
    fn errors_name_their_line_and_key() {
        for (text, message) in [
            (
                "a=b\nstatus=FINE",
                "line 2: `status` is not a status of a backup",
            ),
            ("\nstatus", "line 2 has no `=`: expected `key=value`"),
            (
                "end_time=yesterday",
                "line 1: `end_time` is not a time such as 2026-11-21 06:04:54.947107+00:00",
            ),
            (
                "begin_xlog=28",
                "line 1: `begin_xlog` is not a WAL position such as 16/B374D848",
            ),
            (
                "end_wal=00000001",
                "line 1: `end_wal` is not the name of a WAL segment",
            ),
            ("systemid=-1", "line 1: `systemid` is not a number"),
            (
                "timeline=0",
                "line 1: `timeline` is not the number of a timeline",
            ),
            (
                "xlog_segment_size=1000",
                "line 1: `xlog_segment_size` is not a size of WAL segments",
            ),
            (
                "backup_label=x",
                "line 1: `backup_label` is not a quoted text",
            ),
            (
                "tablespaces=[('a', 1)]",
                "line 1: `tablespaces` is not a list of tablespaces, each with name, number and directory",
            ),
        ] {
            let error = BackupInfo::parse(text.as_bytes()).unwrap_err();
            assert_eq!(error.to_string(), message);
        }
        assert_eq!(
            BackupInfo::parse(b"a=b\n\xff=c"),
            Err(BackupInfoError::NotUtf8 { line: 2 })
        );
        assert_eq!(
            BackupInfo::parse(&vec![b'\n'; 2 << 20]),
            Err(BackupInfoError::TooLarge)
        );
    }

    proptest! {
        #[test]
        fn hostile_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = BackupInfo::parse(&bytes);
        }

        #[test]
        fn hostile_values_never_panic(key in 0_usize..19, value in "\\PC{0,60}") {
            let keys = [
                "status", "begin_time", "end_time", "begin_xlog", "end_xlog", "begin_wal", "end_wal", "begin_offset",
                "end_offset", "timeline", "xlog_segment_size", "systemid", "version", "backup_label", "tablespaces",
                "snapshots_info", "error", "cluster_size", "backup_name",
            ];
            let _ = BackupInfo::parse(format!("{}={value}", keys[key]).as_bytes());
        }

        #[test]
        fn cutting_a_real_file_anywhere_never_panics(at in 0_usize..1000, byte in any::<u8>()) {
            let mut bytes = DONE.as_bytes().to_vec();
            let at = at.min(bytes.len() - 1);
            bytes[at] = byte;
            let _ = BackupInfo::parse(&bytes);
            bytes.truncate(at);
            let _ = BackupInfo::parse(&bytes);
        }
    }
}
