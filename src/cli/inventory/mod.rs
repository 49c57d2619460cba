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
use crate::text::{FileTree, ReadError};

use super::answer;
use super::archive::{self, ArchiveOptions, Place};
use super::args::Common;
use super::check::DepthArgument;
use super::exit::{Exit, Failure};
use super::settings::unreadable;
use report::Report;

/// `walbound inventory`.
#[derive(Debug, Args)]
pub struct InventoryArguments {
    /// `s3://bucket/prefix`, or a directory laid out like the bucket: a destination, or one server's archive in it
    #[arg(value_name = "URL")]
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
    for place in places(arguments, common)? {
        let place = match &report {
            Some(report) => report.lists(place, &arguments.location)?,
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
        url: arguments.location.clone(),
        endpoint_url: arguments.archive.endpoint_url.clone(),
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
                "{}: {} base backups, {segments} segments",
                catalog.path.server(),
                catalog.backups.len()
            );
            write_stderr(&format!("{}\n", crate::report::clean::line(&line)));
        }
    }
    Ok(())
}

/// The archives at the location: the one that is named or the only one, else all.
fn places(arguments: &InventoryArguments, common: &Common) -> Result<Vec<Place>, Failure> {
    let (location, options) = (&arguments.location, &arguments.archive);
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

/// Reads an inventory file.
pub(super) fn known(file: &Path) -> Result<Vec<Known>, Failure> {
    let text = Disk.read(file).map_err(|error| match error {
        ReadError::NotUtf8 { .. } => refused(file, &error.to_string()),
        error => unreadable(file, &error),
    })?;
    Inventory::parse(&text)
        .and_then(|inventory| inventory.known())
        .map_err(|error| refused(file, &error.to_string()))
}

fn refused(file: &Path, problem: &str) -> Failure {
    Failure::new(format!("{}: not an inventory: {problem}", file.display()))
        .remedy("make it anew with `walbound inventory URL -o FILE`")
}
