//! Where an archive lies: destinations, server names, and the keys made of them.
//!
//! Source: barman `cloud.py` (`CloudInterface`), `cloud_providers/aws_s3.py`.

use thiserror::Error;

use super::compression::Compression;
use super::layout::BackupId;
use crate::wal::{SegmentName, SegmentSize, TimelineId};

/// Where the archive of one server lies inside a bucket.
///
/// Barman joins the parts as POSIX paths: a `/` is put between two parts unless the left one ends with it, and no part
/// is cleaned up. So one `/` at the end of the destination is harmless and two are another place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerPath {
    path: String,
    server: String,
}

/// The bucket and the path of a `destinationPath`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    /// The bucket.
    pub bucket: String,
    /// The path inside it as barman uses it: slashes at its beginning removed, those at its end kept.
    pub path: String,
}

/// Why a text is no destination of an S3 archive.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
pub enum DestinationError {
    /// Another scheme, or none.
    #[error("`{text}` is not an S3 destination: it has to begin with `s3://`")]
    Scheme {
        /// The text, as it was.
        text: String,
    },
    /// Nothing between `s3://` and the next slash.
    #[error("`{text}` names no bucket")]
    Bucket {
        /// The text, as it was.
        text: String,
    },
}

impl Destination {
    /// Reads `s3://bucket/path`.
    /// Source: barman `cloud_providers/aws_s3.py`, `S3CloudInterface.__init__`.
    ///
    /// # Errors
    /// [`DestinationError`].
    pub fn parse(text: &str) -> Result<Self, DestinationError> {
        let rest = text
            .strip_prefix("s3://")
            .ok_or_else(|| DestinationError::Scheme {
                text: text.to_owned(),
            })?;
        let (bucket, path) = rest.split_once('/').unwrap_or((rest, ""));
        if bucket.is_empty() {
            return Err(DestinationError::Bucket {
                text: text.to_owned(),
            });
        }
        Ok(Self {
            bucket: bucket.to_owned(),
            path: path.trim_start_matches('/').to_owned(),
        })
    }
}

impl ServerPath {
    /// The archive of `server` below `path` (see [`Destination::path`]).
    pub fn new(path: &str, server: &str) -> Self {
        Self {
            path: path.to_owned(),
            server: server.to_owned(),
        }
    }

    /// The path inside the bucket, as [`Destination::path`].
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The server name.
    pub fn server(&self) -> &str {
        &self.server
    }

    /// The path below which the servers of this destination lie; empty, or with a `/` at its end.
    pub fn servers_prefix(&self) -> String {
        join(&self.path, "")
    }

    /// The prefix of everything of this server, with a `/` at its end.
    pub fn prefix(&self) -> String {
        join(&join(&self.path, &self.server), "")
    }

    /// The prefix of the base backups.
    pub fn base(&self) -> String {
        self.prefix() + "base/"
    }

    /// The prefix of WAL and histories.
    pub fn wals(&self) -> String {
        self.prefix() + "wals/"
    }

    /// The prefix of one base backup.
    pub fn backup(&self, id: &BackupId) -> String {
        format!("{}{id}/", self.base())
    }

    /// The key of the annotation that keeps a backup from being deleted.
    ///
    /// Its prefix is put together without looking for a `/` at the end of the destination, so that it can lie beside
    /// the backup it belongs to. Source: barman `annotations.py`.
    pub fn keep_annotation(&self, id: &BackupId) -> String {
        let mut key = self.path.clone();
        if !key.is_empty() {
            key.push('/');
        }
        key + &format!("{}/base/{id}/annotations/keep", self.server)
    }

    /// The key of a segment file.
    pub fn segment(
        &self,
        name: SegmentName,
        size: SegmentSize,
        compression: Compression,
    ) -> String {
        self.in_hash_directory(name, size, compression.suffix())
    }

    /// The key of the incomplete last segment of a timeline that was left.
    pub fn partial(
        &self,
        name: SegmentName,
        size: SegmentSize,
        compression: Compression,
    ) -> String {
        self.in_hash_directory(name, size, &format!(".partial{}", compression.suffix()))
    }

    /// The key of the history of a timeline.
    pub fn history(&self, timeline: TimelineId, compression: Compression) -> String {
        let suffix = compression.suffix();
        format!("{}{:08X}.history{suffix}", self.wals(), timeline.0)
    }

    fn in_hash_directory(&self, name: SegmentName, size: SegmentSize, rest: &str) -> String {
        let name = name.file_name(size).to_string();
        let directory = name.get(..16).unwrap_or_default();
        format!("{}{directory}/{name}{rest}", self.wals())
    }
}

/// Joins as Python's `posixpath.join` does.
fn join(left: &str, right: &str) -> String {
    if right.starts_with('/') {
        right.to_owned()
    } else if left.is_empty() || left.ends_with('/') {
        format!("{left}{right}")
    } else {
        format!("{left}/{right}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::barman::layout::SegmentDigits;
    use crate::wal::SegmentNumber;

    #[test]
    fn one_slash_at_the_end_of_the_destination_is_harmless_and_two_are_kept() {
        for (destination, prefix) in [
            ("s3://b/dir", "dir/srv/"),
            ("s3://b/dir/", "dir/srv/"),
            ("s3://b/dir//", "dir//srv/"),
            ("s3://b", "srv/"),
            ("s3://b/", "srv/"),
            ("s3://b//dir", "dir/srv/"),
        ] {
            let destination = Destination::parse(destination).unwrap();
            assert_eq!(destination.bucket, "b");
            assert_eq!(ServerPath::new(&destination.path, "srv").prefix(), prefix);
        }
        assert_eq!(ServerPath::new("dir", "/srv").prefix(), "/srv/");
    }

    #[test]
    fn the_keep_annotation_can_lie_beside_its_backup() {
        let id = BackupId::parse("20261121T060454").unwrap();
        let key = |path| ServerPath::new(path, "srv").keep_annotation(&id);
        assert_eq!(key("dir"), "dir/srv/base/20261121T060454/annotations/keep");
        assert_eq!(
            key("dir//"),
            "dir///srv/base/20261121T060454/annotations/keep"
        );
        assert_eq!(key(""), "srv/base/20261121T060454/annotations/keep");
    }

    #[test]
    fn other_schemes_and_empty_buckets_are_refused() {
        for text in ["gs://b/p", "b/p", "", "S3://b"] {
            let parsed = Destination::parse(text);
            assert!(
                matches!(parsed, Err(DestinationError::Scheme { .. })),
                "{text}"
            );
        }
        let parsed = Destination::parse("s3:///p");
        assert!(matches!(parsed, Err(DestinationError::Bucket { .. })));
    }

    #[test]
    fn keys_are_made_as_they_are_read() {
        let path = ServerPath::new("cnpg", "db");
        let size = SegmentSize::new(64 << 20).unwrap();
        let name = SegmentName {
            timeline: TimelineId(3),
            number: SegmentNumber(65),
        };
        assert_eq!(
            path.segment(name, size, Compression::Zstd),
            "cnpg/db/wals/0000000300000001/000000030000000100000001.zst"
        );
        assert_eq!(
            path.partial(name, size, Compression::None),
            "cnpg/db/wals/0000000300000001/000000030000000100000001.partial"
        );
        assert_eq!(
            path.history(TimelineId(10), Compression::Gzip),
            "cnpg/db/wals/0000000A.history.gz"
        );
        let digits = SegmentDigits::parse("000000030000000100000001").unwrap();
        assert_eq!(digits.name(size), Ok(name));
    }
}
