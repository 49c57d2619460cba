//! `walbound check`.

mod args;

use std::path::Path;

use crate::barman::{Catalog, ObjectStore, ServerPath, StoreError};
use crate::facts::{self, Question, Verdict};
use crate::io::Terminal;
use crate::io::directory::{DirectoryStore, directory_at};
use crate::report::human::Look;
use crate::report::{CheckReport, check_human, check_json};

use super::answer;
use super::args::Common;
use super::exit::{Exit, Failure};

pub use args::{Check, CheckFormat};

/// Judges one target and prints the answer.
pub(super) fn run(arguments: &Check, common: &Common) -> Result<Exit, Failure> {
    let target = arguments.target();
    let Place { store, path } = place(&arguments.location, arguments.server.as_deref())?;
    let catalog = Catalog::read(&store, path).map_err(|error| unreadable(&error))?;
    let question = Question {
        store: &store,
        catalog: &catalog,
        target: &target,
        timeline: arguments.target_tli,
        backup_id: arguments.backup_id.as_deref(),
        depth: arguments.depth.into(),
        noted: None,
    };
    let verdict = facts::judge(&question);
    let report = CheckReport {
        url: &arguments.location,
        server_name: catalog.path.server(),
        target: &target,
        timeline: arguments.target_tli,
        verdict: &verdict,
    };
    let text = match arguments.format {
        CheckFormat::Json => check_json::render(&report),
        CheckFormat::Full => {
            let terminal = Terminal::detect(common.color.into());
            let look = Look {
                color: terminal.color,
                unicode: terminal.unicode,
                width: terminal.width,
            };
            check_human::render(&report, look)
        }
    };
    answer(&text)?;
    Ok(match verdict.verdict {
        Verdict::Reachable => Exit::Clean,
        Verdict::Unreachable => Exit::Findings,
        Verdict::Undecided => Exit::Undecided,
    })
}

/// An archive on this machine.
struct Place {
    store: DirectoryStore,
    path: ServerPath,
}

/// Finds the archive that a location means: one server of a destination, or the server's own directory.
fn place(location: &str, server: Option<&str>) -> Result<Place, Failure> {
    let directory = directory_at(location).ok_or_else(|| not_a_directory(location))?;
    let store = DirectoryStore::open(&directory).map_err(|error| unreadable(&error))?;
    if let Some(own) = own_server(&store, server)? {
        return own_directory(&store, &own);
    }
    let path = |server: &str| ServerPath::new("", server);
    if let Some(server) = server {
        let path = path(server);
        return Ok(Place { store, path });
    }
    let servers = servers(&store)?;
    match servers.as_slice() {
        [only] => {
            let path = path(only);
            Ok(Place { store, path })
        }
        [] => Err(
            Failure::new(format!("{location}: no archive of Barman Cloud is here")).remedy(
                "name the directory that holds the server's `base` and `wals`, or the one above it",
            ),
        ),
        several => Err(
            Failure::new(format!("{location} holds the archives of several servers")).remedy(
                format!("choose one with `--server`: {}", several.join(", ")),
            ),
        ),
    }
}

fn not_a_directory(location: &str) -> Failure {
    if location.starts_with("s3://") {
        return Failure::new(format!("{location}: S3 is not supported yet in this build"))
            .remedy("copy the bucket's `base` and `wals` to a directory and check that; upload times only matter for `--depth listing`");
    }
    Failure::new(format!(
        "{location}: is neither a directory nor a URL of one"
    ))
}

/// The name of the server whose directory the store is itself, unless another one was asked for.
fn own_server(store: &DirectoryStore, server: Option<&str>) -> Result<Option<String>, Failure> {
    if !is_archive(store, "")? {
        return Ok(None);
    }
    let own = store.root().file_name().and_then(|name| name.to_str());
    let own = own.filter(|own| server.is_none_or(|server| server == *own));
    Ok(own.map(str::to_owned))
}

fn own_directory(store: &DirectoryStore, server: &str) -> Result<Place, Failure> {
    let above = store.root().parent().unwrap_or(Path::new("/"));
    let store = DirectoryStore::open(above).map_err(|error| unreadable(&error))?;
    let path = ServerPath::new("", server);
    Ok(Place { store, path })
}

/// The directories that look like archives.
fn servers(store: &DirectoryStore) -> Result<Vec<String>, Failure> {
    let mut servers = Vec::new();
    for prefix in store.directories("").map_err(|error| unreadable(&error))? {
        if is_archive(store, &prefix)? {
            servers.push(prefix.trim_end_matches('/').to_owned());
        }
    }
    Ok(servers)
}

fn is_archive(store: &DirectoryStore, prefix: &str) -> Result<bool, Failure> {
    let inside = store
        .directories(prefix)
        .map_err(|error| unreadable(&error))?;
    let holds = |name: &str| inside.contains(&format!("{prefix}{name}/"));
    Ok(holds("base") || holds("wals"))
}

fn unreadable(error: &StoreError) -> Failure {
    Failure::new(error.to_string())
}
