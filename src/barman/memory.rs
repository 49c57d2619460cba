//! An object store for tests.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Read};
use std::ops::{Bound, ControlFlow};
use std::sync::atomic::{AtomicUsize, Ordering};

use super::store::{Object, ObjectStore, StoreError};
use crate::model::instant::Instant;

/// Objects by key: upload time in seconds, and bytes or why they are not handed out.
#[derive(Default)]
pub(crate) struct MemoryStore {
    objects: BTreeMap<String, (i64, Result<Vec<u8>, StoreError>)>,
    requests: AtomicUsize,
    /// Lists keys from the last to the first, as no store may.
    pub(crate) backwards: bool,
}

impl MemoryStore {
    pub(crate) fn put(&mut self, key: &str, seconds: i64, bytes: &[u8]) {
        let object = (seconds, Ok(bytes.to_vec()));
        self.objects.insert(key.to_owned(), object);
    }

    pub(crate) fn deny(&mut self, key: &str) {
        let denied = StoreError::Denied {
            what: key.to_owned(),
            reason: "AccessDenied".to_owned(),
        };
        self.objects.insert(key.to_owned(), (0, Err(denied)));
    }

    pub(crate) fn remove(&mut self, key: &str) {
        self.objects.remove(key);
    }

    pub(crate) fn requests(&self) -> usize {
        self.requests.load(Ordering::Relaxed)
    }

    fn count(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }
}

impl ObjectStore for MemoryStore {
    fn list(
        &self,
        prefix: &str,
        start_after: Option<&str>,
        visit: &mut dyn FnMut(Object) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        self.count();
        let from = start_after.map_or(Bound::Unbounded, Bound::Excluded);
        let found = self.objects.range::<str, _>((from, Bound::Unbounded));
        let mut found: Vec<_> = found.filter(|(key, _)| key.starts_with(prefix)).collect();
        if self.backwards {
            found.reverse();
        }
        for (key, (seconds, content)) in found {
            let object = Object {
                key: key.clone(),
                size: content.as_ref().map_or(0, |bytes| bytes.len() as u64),
                last_modified: Instant::from_seconds(*seconds),
            };
            if visit(object).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn directories(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        self.count();
        let inside = self.objects.keys().filter_map(|key| {
            let (folder, _) = key.strip_prefix(prefix)?.split_once('/')?;
            Some(format!("{prefix}{folder}/"))
        });
        Ok(inside.collect::<BTreeSet<_>>().into_iter().collect())
    }

    fn read(&self, key: &str) -> Result<Box<dyn Read + '_>, StoreError> {
        self.count();
        match self.objects.get(key) {
            Some((_, Ok(bytes))) => Ok(Box::new(Cursor::new(bytes))),
            Some((_, Err(error))) => Err(error.clone()),
            None => Err(StoreError::Missing {
                what: key.to_owned(),
            }),
        }
    }
}
