//! Any text as the name of an object.

#![no_main]

use libfuzzer_sys::fuzz_target;
use walbound::barman::layout::{BackupFile, BackupId, WalFile, WalKey};
use walbound::wal::SegmentSize;

fuzz_target!(|name: &str| {
    let _ = (BackupId::parse(name), BackupFile::parse(name));
    let Some(key) = WalKey::parse(name) else {
        return;
    };
    if let WalFile::Segment(digits) | WalFile::Partial(digits) = key.file
        && let Ok(segment) = digits.name(SegmentSize::DEFAULT)
    {
        let file = segment.file_name(SegmentSize::DEFAULT).to_string();
        assert!(name.contains(&file), "{name} became {file}");
    }
});
