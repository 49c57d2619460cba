//! Any bytes as `backup.info`.

#![no_main]

use libfuzzer_sys::fuzz_target;
use walbound::barman::BackupInfo;

fuzz_target!(|bytes: &[u8]| {
    match BackupInfo::parse(bytes) {
        Ok(info) => {
            let _ = (info.finished_for_operator(), info.server_major());
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
