//! Objects that wait to be told, in little room: a million of them are not to take a hundred megabytes.

use crate::barman::store::Object;
use crate::model::instant::Instant;

/// The objects of a page. Keys stand in one text, without the beginning that all of them share.
pub(super) struct Packed {
    shared: String,
    rests: String,
    entries: Vec<Entry>,
}

struct Entry {
    /// Where the rest of the key ends in [`Packed::rests`].
    end: usize,
    size: u64,
    last_modified: Instant,
}

impl Packed {
    /// Packs objects whose keys begin with `prefix`.
    pub(super) fn new(prefix: &str, objects: &[Object]) -> Self {
        let rest = |object: &'_ Object| object.key.len().saturating_sub(prefix.len());
        let mut rests = String::with_capacity(objects.iter().map(rest).sum());
        let mut entries = Vec::with_capacity(objects.len());
        for object in objects {
            rests.push_str(object.key.get(prefix.len()..).unwrap_or_default());
            entries.push(Entry {
                end: rests.len(),
                size: object.size,
                last_modified: object.last_modified,
            });
        }
        Self {
            shared: prefix.to_owned(),
            rests,
            entries,
        }
    }

    /// The objects.
    pub(super) fn unpack(self) -> Vec<Object> {
        let mut begin = 0;
        let object = |entry: Entry| {
            let rest = self.rests.get(begin..entry.end).unwrap_or_default();
            begin = entry.end;
            Object {
                key: format!("{}{rest}", self.shared),
                size: entry.size,
                last_modified: entry.last_modified,
            }
        };
        self.entries.into_iter().map(object).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_packed_comes_out_again() {
        let object = |key: &str, size| Object {
            key: key.to_owned(),
            size,
            last_modified: Instant::from_seconds(size as i64 * 7),
        };
        let objects = [
            object("db/ü/", 0),
            object("db/ü/a", 1),
            object("db/ü/✓b", 2),
        ];
        assert_eq!(Packed::new("db/ü/", &objects).unpack(), objects);
        assert!(Packed::new("db/", &[]).unpack().is_empty());
    }
}
