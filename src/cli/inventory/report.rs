//! `--s3-inventory`: the WAL of an archive as an S3 Inventory report lists it.

use std::io::Read;
use std::path::Path;

use crate::barman::bucket_report::{DataFile, LARGEST_MANIFEST, Manifest, ReportError, Reported};
use crate::barman::{Destination, ObjectStore, StoreError};
use crate::cli::archive::{self, ArchiveOptions, Place};
use crate::cli::args::Common;
use crate::cli::exit::Failure;
use crate::io::DirectoryStore;

/// A manifest, and where its parts lie.
pub(super) struct Report {
    location: String,
    manifest: Manifest,
    parts: Parts,
}

/// Where the parts of a report lie.
enum Parts {
    /// In the bucket that the report was written to.
    Bucket(Box<dyn ObjectStore>),
    /// In a copy: beside the manifest, or in the folder `data` beside its own.
    Copy(Vec<(DirectoryStore, &'static str)>),
}

impl Report {
    /// Reads the manifest: `s3://bucket/key`, or a file.
    pub(super) fn open(
        location: &str,
        options: &ArchiveOptions,
        common: &Common,
    ) -> Result<Self, Failure> {
        let refused = |error: ReportError| refused(location, &error);
        let unreadable = |error: StoreError| archive::unreadable(&error);
        if location.starts_with("s3://") {
            let place = Destination::parse(location);
            let place = place.map_err(|error| Failure::new(error.to_string()))?;
            let store = bucket(&place.bucket, options, common)?;
            let manifest = manifest(&*store, &place.path).map_err(refused)?;
            let store = if manifest.destination_bucket == place.bucket {
                store
            } else {
                bucket(&manifest.destination_bucket, options, common)?
            };
            return Ok(Self {
                location: location.to_owned(),
                manifest,
                parts: Parts::Bucket(store),
            });
        }
        let path = Path::new(location);
        let folder = path.parent().filter(|folder| *folder != Path::new(""));
        let folder = folder.unwrap_or(Path::new("."));
        let beside = DirectoryStore::open(folder).map_err(unreadable)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let manifest = manifest(&beside, &name).map_err(refused)?;
        let above = DirectoryStore::open(&folder.join("..")).map_err(unreadable)?;
        Ok(Self {
            location: location.to_owned(),
            manifest,
            parts: Parts::Copy(vec![(beside, ""), (above, "data/")]),
        })
    }

    /// The archive with its WAL listed by the report.
    pub(super) fn lists(&self, place: Place, location: &str) -> Result<Place, Failure> {
        let bucket = Destination::parse(location).map(|destination| destination.bucket);
        if let Ok(bucket) = bucket
            && bucket != self.manifest.source_bucket
        {
            let source = &self.manifest.source_bucket;
            let message = format!("{}: it lists bucket `{source}`", self.location);
            return Err(Failure::new(message).remedy(format!("name a report on `{bucket}`")));
        }
        let prefix = place.path.wals();
        let objects = self.manifest.objects(&prefix, &|file| self.part(file));
        let objects = objects.map_err(|error| refused(&self.location, &error))?;
        let store = Reported::new(place.store, prefix, objects);
        Ok(Place {
            store: Box::new(store),
            path: place.path,
        })
    }

    fn part(&self, file: &DataFile) -> Result<Box<dyn Read + '_>, StoreError> {
        let copies = match &self.parts {
            Parts::Bucket(store) => return store.read(&file.key),
            Parts::Copy(copies) => copies,
        };
        let name = file.key.rsplit('/').next().unwrap_or_default();
        let mut missing = StoreError::Missing {
            what: file.key.clone(),
        };
        for (store, folder) in copies {
            match store.read(&format!("{folder}{name}")) {
                Ok(part) => return Ok(part),
                Err(error) => missing = error,
            }
        }
        Err(missing)
    }
}

/// A bucket, without looking for an archive in it.
fn bucket(
    name: &str,
    options: &ArchiveOptions,
    common: &Common,
) -> Result<Box<dyn ObjectStore>, Failure> {
    let options = ArchiveOptions {
        server: Some("-".to_owned()),
        ..options.clone()
    };
    archive::place(&format!("s3://{name}"), &options, common).map(|place| place.store)
}

fn manifest(store: &dyn ObjectStore, key: &str) -> Result<Manifest, ReportError> {
    let read = |key: &str| {
        let mut bytes = Vec::new();
        let mut limited = store.read(key)?.take(LARGEST_MANIFEST + 1);
        match limited.read_to_end(&mut bytes) {
            Ok(_) => Ok(bytes),
            Err(error) => Err(StoreError::Other {
                what: key.to_owned(),
                reason: error.to_string(),
            }),
        }
    };
    let folder = key
        .rfind('/')
        .map_or("", |slash| key.get(..=slash).unwrap_or_default());
    let checksum = match read(&format!("{folder}manifest.checksum")) {
        Ok(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
        Err(StoreError::Missing { .. }) => None,
        Err(error) => return Err(error.into()),
    };
    Manifest::parse(&read(key)?, checksum.as_deref())
}

fn refused(location: &str, error: &ReportError) -> Failure {
    Failure::new(format!("{location}: {error}"))
}
