//! Paths as texts, without a look at the disk.

use std::path::{Component, Path, PathBuf};

/// The path without `.` and `..`.
pub fn normalized(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                clean.pop();
            }
            part => clean.push(part),
        }
    }
    clean
}
