//! A bucket of S3, or of a store that talks like it: the only network code.
//!
//! - [`connect`]: credentials, endpoint, time limits, retries. `failure` and `wording`: what an error
//!   means, in plain words.
//! - `page`: one page of a listing. `listing`: pages in order, several at a time, `packed` while
//!   they wait. `body`: the bytes of an object.
//!
//! The SDK works with futures. They are driven on the calling thread, so that nothing above knows of them, and only
//! requests that list and read are ever built.

mod body;
pub mod connect;
mod failure;
mod listing;
mod packed;
mod page;
mod wording;

use std::io::Read;
use std::ops::ControlFlow;

use crate::barman::store::{Object, ObjectStore, StoreError};

use body::Body;
use connect::Connection;
pub use connect::S3Options;
use listing::Listing;
use page::{Contents, Pages};

/// One bucket, to be read.
pub struct S3Store {
    connection: Connection,
}

/// A part of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Range {
    /// The first byte.
    offset: u64,
    /// How many at most; never 0.
    length: u64,
}

impl S3Store {
    /// Finds credentials, region and endpoint. Nothing is asked of the bucket yet.
    ///
    /// # Errors
    /// [`StoreError::Credentials`] when there are none, [`StoreError::Unreachable`] for an endpoint that is no URL.
    pub fn open(options: &S3Options) -> Result<Self, StoreError> {
        let connection = Connection::open(options)?;
        Ok(Self { connection })
    }
}

impl ObjectStore for S3Store {
    fn list(
        &self,
        prefix: &str,
        start_after: Option<&str>,
        visit: &mut dyn FnMut(Object) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        let mut listing = Listing::new(self.connection.shared(), prefix, start_after);
        // The visitor runs between the waits, so that it may use the store itself.
        while let Some(objects) = self.connection.wait(listing.next())? {
            for object in objects {
                if visit(object).is_break() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    fn directories(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        let mut pages = Pages::new(self.connection.shared(), prefix, None, Contents::Folders);
        let mut folders = Vec::new();
        while let Some(page) = self.connection.wait(pages.next())? {
            folders.extend(page.folders);
        }
        folders.dedup();
        Ok(folders)
    }

    fn read(&self, key: &str) -> Result<Box<dyn Read + '_>, StoreError> {
        Ok(Box::new(Body::open(&self.connection, key, None)?))
    }

    fn read_range(
        &self,
        key: &str,
        offset: u64,
        length: u64,
    ) -> Result<Box<dyn Read + '_>, StoreError> {
        if length == 0 {
            return Ok(Box::new(std::io::empty()));
        }
        let range = Range { offset, length };
        Ok(Box::new(Body::open(&self.connection, key, Some(range))?))
    }
}
