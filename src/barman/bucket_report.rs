//! S3 Inventory reports: a listing of a bucket that S3 wrote down, for buckets too large to be listed.
//!
//! Source: AWS, "Amazon S3 Inventory", `manifest.json` of version 2016-11-30.

use std::io::{BufRead, BufReader, Read};
use std::ops::ControlFlow;

use flate2::bufread::MultiGzDecoder;
use md5::{Digest, Md5};
use serde::Deserialize;
use thiserror::Error;

use super::store::{Object, ObjectStore, StoreError};
use crate::model::instant::Instant;

/// The largest manifest that is read, in bytes (16 MiB).
pub const LARGEST_MANIFEST: u64 = 16 << 20;

/// The longest line of a report, in bytes: a key has at most 1024, three times as many when it is spelt with `%`.
const LONGEST_LINE: u64 = 64 << 10;

/// A `manifest.json`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// The bucket that was listed.
    pub source_bucket: String,
    /// The bucket that the report was written to.
    pub destination_bucket: String,
    /// The parts of the report.
    pub files: Vec<DataFile>,
    columns: Columns,
}

/// One part of a report.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct DataFile {
    /// Its key in the destination bucket.
    pub key: String,
    size: u64,
    #[serde(rename = "MD5checksum")]
    md5: String,
}

/// Where the columns stand that matter here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Columns {
    key: usize,
    size: usize,
    modified: usize,
    latest: Option<usize>,
    deleted: Option<usize>,
}

/// Why a report cannot be used.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
pub enum ReportError {
    /// The manifest is no such document.
    #[error("it is no manifest of S3 Inventory: {0}")]
    Manifest(String),
    /// The manifest has more bytes than [`LARGEST_MANIFEST`].
    #[error("it is larger than {LARGEST_MANIFEST} bytes")]
    TooLarge,
    /// The MD5 of the manifest is not that of `manifest.checksum`.
    #[error("it does not match its manifest.checksum")]
    Checksum,
    /// A format other than CSV.
    #[error(
        "the report is in {0} format; only CSV can be read: choose it in the inventory configuration of the bucket"
    )]
    Format(String),
    /// A column is missing.
    #[error(
        "the report has no column `{0}`: add the field to the inventory configuration of the bucket"
    )]
    Column(&'static str),
    /// A part is not what the manifest says.
    #[error("`{key}`: {problem}")]
    Part {
        /// Its key.
        key: String,
        /// What is wrong.
        problem: String,
    },
    /// The store did not hand a part out.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The keys of the manifest that matter here.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    source_bucket: String,
    destination_bucket: String,
    file_format: String,
    file_schema: String,
    files: Vec<DataFile>,
}

impl Manifest {
    /// Reads a manifest; `checksum` is the text of `manifest.checksum`, where it is at hand.
    ///
    /// # Errors
    /// [`ReportError`], for formats that cannot be read too.
    pub fn parse(bytes: &[u8], checksum: Option<&str>) -> Result<Self, ReportError> {
        if bytes.len() as u64 > LARGEST_MANIFEST {
            return Err(ReportError::TooLarge);
        }
        if checksum.is_some_and(|checksum| {
            !checksum
                .trim()
                .eq_ignore_ascii_case(&hex(&Md5::digest(bytes)))
        }) {
            return Err(ReportError::Checksum);
        }
        let document: Document = serde_json::from_slice(bytes)
            .map_err(|error| ReportError::Manifest(error.to_string()))?;
        if document.file_format != "CSV" {
            return Err(ReportError::Format(document.file_format));
        }
        let names: Vec<&str> = document.file_schema.split(',').map(str::trim).collect();
        let place = |name: &str| names.iter().position(|own| *own == name);
        let needed = |name: &'static str| place(name).ok_or(ReportError::Column(name));
        let bucket = document.destination_bucket;
        let bucket = bucket.rsplit(':').next().unwrap_or_default().to_owned();
        Ok(Self {
            source_bucket: document.source_bucket,
            destination_bucket: bucket,
            files: document.files,
            columns: Columns {
                key: needed("Key")?,
                size: needed("Size")?,
                modified: needed("LastModifiedDate")?,
                latest: place("IsLatest"),
                deleted: place("IsDeleteMarker"),
            },
        })
    }

    /// The objects below a prefix, in the order of keys. `open` hands out the bytes of a part.
    ///
    /// # Errors
    /// [`ReportError`], when a part has another size or checksum than the manifest says.
    pub fn objects<'s>(
        &self,
        prefix: &str,
        open: &dyn Fn(&DataFile) -> Result<Box<dyn Read + 's>, StoreError>,
    ) -> Result<Vec<Object>, ReportError> {
        let mut objects = Vec::new();
        for file in &self.files {
            let broken = |problem: String| ReportError::Part {
                key: file.key.clone(),
                problem,
            };
            let mut counted = Counted {
                source: open(file)?.take(file.size.saturating_add(1)),
                size: 0,
                md5: Md5::new(),
            };
            let lines = MultiGzDecoder::new(BufReader::new(&mut counted));
            self.read_lines(lines, prefix, &mut objects)
                .map_err(broken)?;
            if counted.size != file.size {
                return Err(broken(format!(
                    "it has {} bytes, the manifest says {}",
                    counted.size, file.size
                )));
            }
            if !hex(&counted.md5.finalize()).eq_ignore_ascii_case(&file.md5) {
                return Err(broken("its MD5 is not that of the manifest".to_owned()));
            }
        }
        objects.sort_by(|a: &Object, b: &Object| a.key.cmp(&b.key));
        objects.dedup_by(|a, b| a.key == b.key);
        Ok(objects)
    }

    fn read_lines(
        &self,
        source: impl Read,
        prefix: &str,
        objects: &mut Vec<Object>,
    ) -> Result<(), String> {
        let mut source = BufReader::new(source);
        let mut line = Vec::new();
        for number in 1_u64.. {
            line.clear();
            let mut limited = source.by_ref().take(LONGEST_LINE);
            let read = limited.read_until(b'\n', &mut line);
            if read.map_err(|error| error.to_string())? == 0 {
                break;
            }
            let text =
                std::str::from_utf8(&line).map_err(|_| format!("line {number} is not UTF-8"))?;
            if text.len() as u64 == LONGEST_LINE {
                return Err(format!("line {number} is too long"));
            }
            let object = self.object(text.trim_end_matches(['\n', '\r']));
            let object = object.ok_or_else(|| format!("line {number} is not in order"))?;
            objects.extend(object.filter(|object| object.key.starts_with(prefix)));
        }
        Ok(())
    }

    /// The object of a line; none inside for old versions and deleted objects.
    fn object(&self, line: &str) -> Option<Option<Object>> {
        let fields = fields(line)?;
        let field = |at: usize| fields.get(at).map(String::as_str);
        let is = |at: Option<usize>, word: &str| at.is_some_and(|at| field(at) == Some(word));
        if is(self.columns.latest, "false") || is(self.columns.deleted, "true") {
            return Some(None);
        }
        let modified: jiff::Timestamp = field(self.columns.modified)?.parse().ok()?;
        Some(Some(Object {
            key: decoded(field(self.columns.key)?)?,
            size: field(self.columns.size)?.parse().ok()?,
            last_modified: Instant::from_micros(modified.as_microsecond()),
        }))
    }
}

/// Counts and hashes what is read.
struct Counted<R> {
    source: R,
    size: u64,
    md5: Md5,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let read = self.source.read(into)?;
        self.size += read as u64;
        self.md5.update(into.get(..read).unwrap_or_default());
        Ok(read)
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Fields in double quotes, with commas between; a quote inside is doubled.
fn fields(line: &str) -> Option<Vec<String>> {
    let mut fields = Vec::new();
    let mut rest = line;
    loop {
        let inside = rest.strip_prefix('"')?;
        let mut field = String::new();
        let mut from = inside;
        rest = loop {
            let (text, behind) = from.split_once('"')?;
            field.push_str(text);
            match behind.strip_prefix('"') {
                Some(more) => {
                    field.push('"');
                    from = more;
                }
                None => break behind,
            }
        };
        fields.push(field);
        match rest.strip_prefix(',') {
            Some(more) => rest = more,
            None => return rest.is_empty().then_some(fields),
        }
    }
}

/// Undoes URL encoding, in which `+` is a blank.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
                let (high, low) = (digit(rest.next())?, digit(rest.next())?);
                u8::try_from(high * 16 + low).ok()?
            }
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

/// A store whose WAL was listed by a report; what came later is listed by the store itself.
pub struct Reported {
    store: Box<dyn ObjectStore>,
    prefix: String,
    objects: Vec<Object>,
}

impl Reported {
    /// `objects` are those that the report lists below `prefix`, in the order of keys.
    pub fn new(store: Box<dyn ObjectStore>, prefix: String, objects: Vec<Object>) -> Self {
        Self {
            store,
            prefix,
            objects,
        }
    }

    /// The objects of one timeline, by the eight digits that its keys begin with.
    fn timeline<'k>(&self, key: &'k str) -> &'k str {
        let rest = key.strip_prefix(&self.prefix).unwrap_or(key);
        rest.get(..8).unwrap_or(rest)
    }
}

impl ObjectStore for Reported {
    fn list(
        &self,
        prefix: &str,
        start_after: Option<&str>,
        visit: &mut dyn FnMut(Object) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        if prefix != self.prefix || start_after.is_some() || self.objects.is_empty() {
            return self.store.list(prefix, start_after, visit);
        }
        let mut groups = self
            .objects
            .chunk_by(|a, b| self.timeline(&a.key) == self.timeline(&b.key))
            .peekable();
        while let Some(group) = groups.next() {
            for object in group {
                if visit(object.clone()).is_break() {
                    return Ok(());
                }
            }
            let next = groups.peek().and_then(|group| group.first());
            let last = group.last().map(|object| object.key.as_str());
            let mut over = false;
            self.store.list(prefix, last, &mut |object| {
                if next.is_some_and(|next| object.key >= next.key) {
                    return ControlFlow::Break(());
                }
                let flow = visit(object);
                over = flow.is_break();
                flow
            })?;
            if over {
                return Ok(());
            }
        }
        Ok(())
    }

    fn directories(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        self.store.directories(prefix)
    }

    fn read(&self, key: &str) -> Result<Box<dyn Read + '_>, StoreError> {
        self.store.read(key)
    }

    fn read_range(
        &self,
        key: &str,
        offset: u64,
        length: u64,
    ) -> Result<Box<dyn Read + '_>, StoreError> {
        self.store.read_range(key, offset, length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::barman::memory::MemoryStore;
    use std::io::Write;

    const SCHEMA: &str = "Bucket, Key, VersionId, IsLatest, IsDeleteMarker, Size, LastModifiedDate";

    fn packed(lines: &str) -> Vec<u8> {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(lines.as_bytes()).unwrap();
        packed.finish().unwrap()
    }

    fn manifest(format: &str, schema: &str, part: &[u8]) -> String {
        format!(
            r#"{{"sourceBucket":"b","destinationBucket":"arn:aws:s3:::reports","version":"2016-11-30",
            "creationTimestamp":"1795219200000","fileFormat":"{format}","fileSchema":"{schema}",
            "files":[{{"key":"b/daily/data/1.csv.gz","size":{},"MD5checksum":"{}"}}]}}"#,
            part.len(),
            hex(&Md5::digest(part))
        )
    }

    const LINES: &str = concat!(
        "\"b\",\"db/wals/a%2Bb+c\",\"v2\",\"true\",\"false\",\"7\",\"2026-11-21T06:04:54.000Z\"\n",
        "\"b\",\"db/wals/old\",\"v1\",\"false\",\"false\",\"7\",\"2026-11-20T06:04:54.000Z\"\n",
        "\"b\",\"db/wals/gone\",\"v3\",\"true\",\"true\",\"\",\"2026-11-21T06:04:54.000Z\"\n",
        "\"b\",\"other/x\",\"v1\",\"true\",\"false\",\"7\",\"2026-11-20T06:04:54.000Z\"\n",
    );

    fn objects(manifest: &Manifest, part: &[u8]) -> Result<Vec<Object>, ReportError> {
        manifest.objects("db/wals/", &|_| Ok(Box::new(part)))
    }

    #[test]
    fn a_report_lists_the_newest_version_of_what_was_not_deleted() {
        let part = packed(LINES);
        let manifest = Manifest::parse(manifest("CSV", SCHEMA, &part).as_bytes(), None).unwrap();
        assert_eq!(manifest.destination_bucket, "reports");
        let listed = objects(&manifest, &part).unwrap();
        assert_eq!(listed.len(), 1);
        assert_eq!(listed[0].key, "db/wals/a+b c");
        assert_eq!(
            listed[0].last_modified.rfc3339(),
            "2026-11-21T06:04:54.000000Z"
        );
    }

    #[test]
    fn a_report_that_is_not_whole_or_of_another_format_is_refused() {
        let part = packed(LINES);
        let text = manifest("CSV", SCHEMA, &part);
        let good = Manifest::parse(text.as_bytes(), None).unwrap();
        for broken in [
            &part[..part.len() - 1],
            &[],
            b"no gzip",
            &[&part[..], b"x"].concat(),
        ] {
            let refused = objects(&good, broken);
            assert!(
                matches!(refused, Err(ReportError::Part { .. })),
                "{refused:?}"
            );
        }
        let sum = hex(&Md5::digest(text.as_bytes()));
        assert!(Manifest::parse(text.as_bytes(), Some(&format!("{sum}\n"))).is_ok());
        assert_eq!(
            Manifest::parse(text.as_bytes(), Some("0")),
            Err(ReportError::Checksum)
        );
        for format in ["ORC", "Parquet"] {
            let refused = Manifest::parse(manifest(format, SCHEMA, &part).as_bytes(), None);
            assert_eq!(refused, Err(ReportError::Format(format.to_owned())));
        }
        let refused = Manifest::parse(manifest("CSV", "Bucket, Key", &part).as_bytes(), None);
        assert_eq!(refused, Err(ReportError::Column("Size")));
    }

    #[test]
    fn what_came_after_the_report_is_listed_on_every_timeline() {
        let name = |timeline: u32, number: u32| {
            format!("db/wals/{timeline:08X}00000000/{timeline:08X}00000000{number:08X}")
        };
        let mut store = MemoryStore::default();
        let mut reported = Vec::new();
        let mut expected = Vec::new();
        for (timeline, number) in [(1, 1), (1, 2), (1, 3), (2, 3), (2, 4), (3, 4)] {
            let key = name(timeline, number);
            store.put(&key, 0, b"x");
            expected.push(key.clone());
            if (timeline, number) != (1, 3) && (timeline, number) != (2, 4) && timeline < 3 {
                reported.push(Object {
                    key,
                    size: 1,
                    last_modified: Instant::from_seconds(0),
                });
            }
        }
        let store = Reported::new(Box::new(store), "db/wals/".to_owned(), reported);
        let mut found = Vec::new();
        let listed = store.list("db/wals/", None, &mut |object| {
            found.push(object.key);
            ControlFlow::Continue(())
        });
        listed.unwrap();
        assert_eq!(found, expected);
    }
}
