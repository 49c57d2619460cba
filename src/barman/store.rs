//! A read-only view of an object store.
//!
//! No method writes or deletes, so that no code of this project can.

use std::io::{self, Read};
use std::ops::ControlFlow;
use std::sync::Arc;

use thiserror::Error;

use crate::model::instant::Instant;

/// One object, as a listing tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// The whole key, without the bucket.
    pub key: String,
    /// Bytes as stored.
    pub size: u64,
    /// When the store took it. An upper bound for every time inside, up to the difference of the two clocks; S3 tells
    /// whole seconds.
    pub last_modified: Instant,
}

/// A bucket, or something that looks like one.
///
/// Keys are compared and listed by their UTF-8 bytes, as S3 does.
pub trait ObjectStore: Send + Sync {
    /// Shows every object whose key begins with `prefix` and is greater than `start_after`, in the order of keys.
    /// The listing ends early when `visit` breaks.
    ///
    /// # Errors
    /// When the store does not answer. An empty listing is no error; a bucket that does not exist is.
    fn list(
        &self,
        prefix: &str,
        start_after: Option<&str>,
        visit: &mut dyn FnMut(Object) -> ControlFlow<()>,
    ) -> Result<(), StoreError>;

    /// What follows `prefix` in the keys, up to and including the next `/`, each once and sorted: the folders in the
    /// folder `prefix`, as whole prefixes that end with `/`.
    ///
    /// # Errors
    /// As [`ObjectStore::list`].
    fn directories(&self, prefix: &str) -> Result<Vec<String>, StoreError>;

    /// The bytes of one object.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when there is no such object.
    fn read(&self, key: &str) -> Result<Box<dyn Read + '_>, StoreError>;

    /// At most `length` bytes of one object from `offset` on; fewer where the object ends. Stores that can begin in the
    /// middle of an object have their own way.
    ///
    /// # Errors
    /// As [`ObjectStore::read`].
    fn read_range(
        &self,
        key: &str,
        offset: u64,
        length: u64,
    ) -> Result<Box<dyn Read + '_>, StoreError> {
        let mut reader = self.read(key)?;
        io::copy(&mut reader.by_ref().take(offset), &mut io::sink()).map_err(|error| {
            StoreError::Other {
                what: key.to_owned(),
                reason: error.to_string(),
            }
        })?;
        Ok(Box::new(reader.take(length)))
    }
}

/// A store of any kind, so that callers need not know which, or one that several archives share.
macro_rules! through {
    ($pointer:ident) => {
        impl<S: ObjectStore + ?Sized> ObjectStore for $pointer<S> {
            fn list(
                &self,
                prefix: &str,
                start_after: Option<&str>,
                visit: &mut dyn FnMut(Object) -> ControlFlow<()>,
            ) -> Result<(), StoreError> {
                (**self).list(prefix, start_after, visit)
            }

            fn directories(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
                (**self).directories(prefix)
            }

            fn read(&self, key: &str) -> Result<Box<dyn Read + '_>, StoreError> {
                (**self).read(key)
            }

            fn read_range(
                &self,
                key: &str,
                offset: u64,
                length: u64,
            ) -> Result<Box<dyn Read + '_>, StoreError> {
                (**self).read_range(key, offset, length)
            }
        }
    };
}

through!(Box);
through!(Arc);

/// Why a store did not answer.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
pub enum StoreError {
    /// No such object, bucket or directory.
    #[error("{what} does not exist")]
    Missing {
        /// What was asked for.
        what: String,
    },
    /// It may exist, but these credentials or permissions do not show it.
    #[error("access to {what} is denied: {reason}")]
    Denied {
        /// What was asked for.
        what: String,
        /// The store's own words.
        reason: String,
    },
    /// The bucket is not there, so nothing can be said about its objects.
    #[error("the bucket `{bucket}` does not exist at {endpoint}")]
    NoBucket {
        /// The bucket.
        bucket: String,
        /// Where it was looked for.
        endpoint: String,
        /// What to do.
        remedy: String,
    },
    /// There are no credentials, or the store does not accept them: unknown, wrong, expired.
    #[error("{what} cannot be read: {reason}")]
    Credentials {
        /// What was asked for.
        what: String,
        /// The reason, in plain words and without any part of the credentials.
        reason: String,
        /// What to do.
        remedy: String,
    },
    /// Nobody is there who talks S3: name, port, TLS, region or a server of another kind.
    #[error("{what} cannot be read: {reason}")]
    Unreachable {
        /// What was asked for.
        what: String,
        /// The reason, in plain words.
        reason: String,
        /// What to do.
        remedy: String,
    },
    /// Anything else: network, a broken disk, an answer that makes no sense.
    #[error("{what} cannot be read: {reason}")]
    Other {
        /// What was asked for.
        what: String,
        /// The reason, in plain words.
        reason: String,
    },
}

impl StoreError {
    /// What to do about it, where that is known.
    pub fn remedy(&self) -> Option<&str> {
        match self {
            Self::Missing { .. } | Self::Denied { .. } | Self::Other { .. } => None,
            Self::NoBucket { remedy, .. }
            | Self::Credentials { remedy, .. }
            | Self::Unreachable { remedy, .. } => Some(remedy),
        }
    }
}
