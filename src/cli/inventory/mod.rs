//! `walbound inventory`.

mod report;

use std::path::{Path, PathBuf};

use clap::Args;

use crate::facts::Depth;
use crate::facts::inventory::{Heading, Inventory, Known, Lineage, Noted};
use crate::io::replace::replace_file;
use crate::io::terminal::write_stderr;
use crate::io::{Disk, clock};
use crate::model::instant::Instant;
use crate::text::{FileTree, ReadError, counted};

use super::answer;
use super::archive::{self, ArchiveOptions, Place};
use super::args::Common;
use super::at_hand;
use super::check::DepthArgument;
use super::exit::{Exit, Failure};
use super::settings::unreadable;
use report::Report;

/// `walbound inventory`.
#[derive(Debug, Args)]
pub struct InventoryArguments {
    /// A database; or `s3://bucket/prefix` or a directory laid out like the bucket: a destination, or one server's archive in it
    #[arg(value_name = "DB|URL")]
    pub location: String,
    /// Which archive there; without `--server` all that lie there.
    #[command(flatten)]
    pub archive: ArchiveOptions,
    /// Write to this file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Take over from the file what has not changed, and read only what is new
    #[arg(long, requires = "output")]
    pub update: bool,
    /// List the WAL by this S3 Inventory report, and by the bucket itself only what came later: a manifest.json, as
    /// `s3://bucket/key` or a file
    #[arg(long, value_name = "MANIFEST")]
    pub s3_inventory: Option<String>,
    /// How closely to look; only records can show that a target is reached
    #[arg(long, value_enum, default_value_t = DepthArgument::Records)]
    pub depth: DepthArgument,
    /// Leave out where the archive lies
    #[arg(long)]
    pub redact: bool,
}

/// Reads archives into one file.
pub(super) fn run(arguments: &InventoryArguments, common: &Common) -> Result<Exit, Failure> {
    let earlier = earlier(arguments)?;
    let depth = arguments.depth.into();
    let taken_at = Instant::from_seconds(clock::now());
    let report = arguments.s3_inventory.as_deref();
    let report = report.map(|manifest| Report::open(manifest, &arguments.archive, common));
    let report = report.transpose()?;
    let mut lineages = Vec::new();
    let subject = subject(arguments, common)?;
    for place in places(&subject, common)? {
        let place = match &report {
            Some(report) => report.lists(place, &subject.location)?,
            None => place,
        };
        let server = place.path.server();
        let same = |known: &&Known| known.catalog.path.server() == server;
        let noted = earlier.iter().find(same).map(|known| &known.noted);
        lineages.push(read(place, depth, noted)?);
    }
    lineages.sort_by(|a, b| a.catalog.path.server().cmp(b.catalog.path.server()));
    let heading = Heading {
        taken_at,
        whole: is_whole(&subject, &lineages),
        url: subject.location,
        endpoint_url: subject.options.endpoint_url,
        depth,
        redact: arguments.redact,
    };
    let text = Inventory::new(&heading, &lineages)
        .render()
        .map_err(|error| Failure::new(error.to_string()))?;
    write(arguments.output.as_deref(), &text, &lineages, common)?;
    Ok(Exit::Clean)
}

fn read(place: Place, depth: Depth, earlier: Option<&Noted>) -> Result<Lineage, Failure> {
    let Place { store, path } = place;
    Lineage::read(&*store, path, depth, earlier, &|_| {})
        .map_err(|error| archive::unreadable(&error))
}

fn write(
    output: Option<&Path>,
    text: &str,
    lineages: &[Lineage],
    common: &Common,
) -> Result<(), Failure> {
    let Some(file) = output else {
        return answer(text);
    };
    replace_file(file, text)
        .map_err(|error| Failure::new(format!("cannot write {}: {error}", file.display())))?;
    if !common.quiet {
        for lineage in lineages {
            let catalog = &lineage.catalog;
            let segments: u64 = catalog.timelines.values().map(|files| files.count()).sum();
            let line = format!(
                "{}: {}, {} of WAL",
                catalog.path.server(),
                counted(catalog.backups.len(), "base backup"),
                counted(segments, "segment")
            );
            write_stderr(&format!("{}\n", crate::report::clean::line(&line)));
        }
    }
    Ok(())
}

/// What is to be read.
struct Subject {
    location: String,
    options: ArchiveOptions,
}

/// The location itself, or the archive that the manifests of a database name.
fn subject(arguments: &InventoryArguments, common: &Common) -> Result<Subject, Failure> {
    let location = arguments.location.as_str();
    if location.contains("://") || Disk.kind(Path::new(location)).is_some() {
        return Ok(Subject {
            location: location.to_owned(),
            options: arguments.archive.clone(),
        });
    }
    let (location, options) = at_hand::named(location, &arguments.archive, common)?;
    Ok(Subject { location, options })
}

/// Whether the location was a destination and everything in it was read.
fn is_whole(subject: &Subject, lineages: &[Lineage]) -> bool {
    let location = subject.location.trim_end_matches('/');
    let is_folder_of = |lineage: &Lineage| {
        let server = lineage.catalog.path.server();
        location
            .strip_suffix(server)
            .is_some_and(|above| above.ends_with('/') || above.is_empty())
    };
    subject.options.server.is_none() && !lineages.iter().any(is_folder_of)
}

/// The archives at the location: the one that is named or the only one, else all.
fn places(subject: &Subject, common: &Common) -> Result<Vec<Place>, Failure> {
    let (location, options) = (&subject.location, &subject.options);
    let failure = match archive::place(location, options, common) {
        Ok(place) => return Ok(vec![place]),
        Err(failure) => failure,
    };
    if options.server.is_some() {
        return Err(failure);
    }
    let at = |server: &str| {
        let options = ArchiveOptions {
            server: Some(server.to_owned()),
            ..options.clone()
        };
        archive::place(location, &options, common)
    };
    // Whatever the name, the path tells where servers lie.
    let Ok(Place { store, path }) = at("-") else {
        return Err(failure);
    };
    let servers = archive::servers(&*store, location, &path.servers_prefix())?;
    if servers.len() < 2 {
        return Err(failure);
    }
    servers.iter().map(|server| at(server)).collect()
}

/// What the file that is to be brought up to date tells; nothing where there is none yet.
fn earlier(arguments: &InventoryArguments) -> Result<Vec<Known>, Failure> {
    match arguments.output.as_deref().filter(|_| arguments.update) {
        Some(file) if Disk.kind(file).is_some() => known(file),
        _ => Ok(Vec::new()),
    }
}

/// What an inventory file knows.
pub(super) fn known(file: &Path) -> Result<Vec<Known>, Failure> {
    Ok(read_file(file)?.1)
}

/// Reads an inventory file: the whole, and what it knows.
pub(super) fn read_file(file: &Path) -> Result<(Inventory, Vec<Known>), Failure> {
    let text = Disk.read(file).map_err(|error| match error {
        ReadError::NotUtf8 { .. } => refused(file, &error.to_string()),
        error => unreadable(file, &error),
    })?;
    Inventory::parse(&text)
        .and_then(|inventory| {
            let known = inventory.known()?;
            Ok((inventory, known))
        })
        .map_err(|error| refused(file, &error.to_string()))
}

fn refused(file: &Path, problem: &str) -> Failure {
    Failure::new(format!("{}: not an inventory: {problem}", file.display()))
        .remedy("make it anew with `walbound inventory URL -o FILE`")
}
