//! `walbound new`.

mod args;

use std::path::{Path, PathBuf};

use crate::generate::{self, Controller, Credentials, Method, NewDatabase, NewFile, Primary};
use crate::io::terminal::write_stderr;
use crate::io::{Disk, TreeError, create_tree};
use crate::model::archive::StoreRef;
use crate::model::cluster::Cluster;
use crate::recover::new_overlay;
use crate::text::unified_diff;
use crate::text::{EntryKind, FileTree};

use super::answer_diff;
use super::args::Common;
use super::exit::{Exit, Failure};
use super::repository::{Repository, refused};
use super::settings::{Settings, shown_path, working_directory};

pub use args::New;
use args::{ControllerArgument, MethodArgument};

/// Makes the directory of a new database, or shows it.
pub(super) fn run(arguments: &New, common: &Common) -> Result<Exit, Failure> {
    if arguments.recovery_overlay {
        return recovery_overlay(arguments, common);
    }
    let named = arguments.path.clone();
    let directory = working_directory()?.join(named.unwrap_or_else(|| (&arguments.name).into()));
    let settings = Settings::find(&nearest_existing(&directory), common)?;
    let shown = shown_path(&settings.root, &directory);
    let database = match &arguments.replica_of {
        Some(primary) => replica(arguments, &shown, primary, common)?,
        None => database(arguments, &shown)?,
    };
    let files = generate::files(&database).map_err(|error| Failure::new(error.to_string()))?;
    if Disk.kind(&directory).is_some() {
        return unchanged(&directory, &shown, &files, common);
    }
    if arguments.dry_run {
        let diff = |file: &NewFile| {
            unified_diff(&format!("{shown}/{}", file.path.display()), "", &file.text)
        };
        answer_diff(&files.iter().map(diff).collect::<String>(), common)?;
        return Ok(Exit::Findings);
    }
    let texts: Vec<(&Path, &str)> = files
        .iter()
        .map(|file| (file.path.as_path(), file.text.as_str()))
        .collect();
    create_tree(&directory, &texts).map_err(|error| match error {
        TreeError::Exists { .. } => exists(&shown),
        other => Failure::new(other.to_string()),
    })?;
    if !common.quiet {
        write_stderr(&summary(&database, &shown, &files));
    }
    Ok(Exit::Clean)
}

/// Gives a database that is there already something to switch to.
fn recovery_overlay(arguments: &New, common: &Common) -> Result<Exit, Failure> {
    let repository = Repository::open_for_change(Some(&arguments.name), common)?;
    let Some(repository) = repository else {
        return Ok(Exit::Clean);
    };
    let database = repository.database(&arguments.name)?;
    let mut draft = repository.draft();
    new_overlay::add(&mut draft, &database, repository.config())
        .map_err(|refusal| refused(&refusal))?;
    repository.settle(&draft, !arguments.dry_run, common)
}

fn database(arguments: &New, shown: &str) -> Result<NewDatabase, Failure> {
    let name = arguments.name.clone();
    let database = arguments
        .database
        .clone()
        .unwrap_or_else(|| name.replace('-', "_"));
    let credentials = match &arguments.external_secret {
        Some(text) => {
            let (store, key) = text.split_once(':').ok_or_else(|| {
                Failure::new(format!("--external-secret `{text}`: the entry is missing")).remedy(
                    "write the ClusterSecretStore and the entry, such as `vault:storage/backups`",
                )
            })?;
            Credentials::External {
                store: store.to_owned(),
                key: key.to_owned(),
            }
        }
        None => Credentials::Secret(
            arguments
                .secret
                .clone()
                .unwrap_or_else(|| format!("{name}-s3")),
        ),
    };
    Ok(NewDatabase {
        namespace: arguments.namespace.clone().unwrap_or_else(|| name.clone()),
        owner: arguments.owner.clone().unwrap_or_else(|| database.clone()),
        database,
        owner_secret: arguments.owner_secret.clone(),
        instances: arguments.instances,
        image: arguments.image.clone(),
        storage: arguments.storage.clone(),
        storage_class: arguments.storage_class.clone(),
        method: match arguments.method {
            MethodArgument::Plugin => Method::Plugin,
            MethodArgument::InTree => Method::InTree,
        },
        destination: arguments.destination.clone().unwrap_or_default(),
        endpoint: arguments.endpoint_url.clone(),
        credentials,
        pooler: arguments.pooler,
        pod_monitor: arguments.pod_monitor,
        prometheus_rule: arguments.prometheus_rule,
        controller: controller(arguments, shown),
        replica_of: None,
        name,
    })
}

/// Takes over from the primary what has to be the same.
fn replica(
    arguments: &New,
    shown: &str,
    primary: &str,
    common: &Common,
) -> Result<NewDatabase, Failure> {
    let repository = Repository::open(Some(primary), common)?;
    let primary = repository.database(primary)?;
    let title = primary.title();
    let unknown = |what: &str| {
        Failure::new(format!("{what} of the primary `{title}` cannot be told from the manifests"))
            .remedy("a replica cluster needs the destination path and server name of its primary, written out")
    };
    let archive = primary
        .archives_to()
        .ok_or_else(|| unknown("the archive"))?;
    if archive.has_variable() {
        return Err(unknown("the value of a variable in the archive"));
    }
    let StoreRef::Known(store) = archive.store else {
        return Err(unknown("the object store"));
    };
    let mut database = database(arguments, shown)?;
    let live = primary.live();
    let own = |path: &[&str]| {
        let value = |cluster: &&Cluster| cluster.object.value(path);
        let text = live.iter().find_map(value)?.value;
        Some(primary.resolve(&text))
    };
    let identity = |field: &[&str]| {
        let in_method = |method| own(&[&["spec", "bootstrap", method], field].concat());
        in_method("initdb").or_else(|| in_method("recovery"))
    };
    if let (None, Some(name)) = (&arguments.database, identity(&["database"])) {
        database.database = name;
    }
    if let (None, Some(owner)) = (&arguments.owner, identity(&["owner"])) {
        database.owner = owner;
    }
    if database.owner_secret.is_none() {
        database.owner_secret = identity(&["secret", "name"]);
    }
    if let (None, Some(namespace)) = (&arguments.namespace, &primary.namespace) {
        database.namespace.clone_from(namespace);
    }
    // A physical replica cannot run another major version.
    if let Some(image) = own(&["spec", "imageName"]) {
        database.image = image;
    }
    if live
        .iter()
        .any(|cluster| cluster.object.find(&["spec", "tablespaces"]).is_some())
    {
        return Err(Failure::new(format!(
            "the primary `{title}` has tablespaces, which `new` does not write"
        ))
        .remedy("copy `spec.tablespaces` by hand: the replica needs the same ones"));
    }
    database.replica_of = Some(Primary {
        name: primary.name.clone(),
        destination: store.destination,
        endpoint: Some(store.endpoint).filter(|endpoint| !endpoint.is_empty()),
        server_name: archive.server_name.value,
    });
    Ok(database)
}

fn controller(arguments: &New, shown: &str) -> Option<Controller> {
    let path = shown.to_owned();
    Some(match arguments.gitops? {
        ControllerArgument::Argocd => Controller::ArgoCd {
            repository: arguments.repo_url.clone().unwrap_or_default(),
            path,
        },
        ControllerArgument::Flux => Controller::Flux { path },
    })
}

/// The directory itself or the one above it that is there.
fn nearest_existing(directory: &Path) -> PathBuf {
    let is_directory = |path: &&Path| Disk.kind(path) == Some(EntryKind::Directory);
    directory
        .ancestors()
        .find(is_directory)
        .unwrap_or(Path::new("/"))
        .to_path_buf()
}

/// Running twice changes nothing; a directory with other content is left alone.
fn unchanged(
    directory: &Path,
    shown: &str,
    files: &[NewFile],
    common: &Common,
) -> Result<Exit, Failure> {
    let same = |file: &NewFile| {
        Disk.read(&directory.join(&file.path))
            .is_ok_and(|text| *text == *file.text)
    };
    if !files.iter().all(same) {
        return Err(exists(shown));
    }
    if !common.quiet {
        write_stderr(&format!("{shown} holds this database already\n"));
    }
    Ok(Exit::Clean)
}

fn exists(shown: &str) -> Failure {
    Failure::new(format!("{shown} exists and holds something else"))
        .remedy("name another directory with `--path`; nothing was written")
}

fn summary(database: &NewDatabase, shown: &str, files: &[NewFile]) -> String {
    let mut text = format!("made {shown} with {} files\n", files.len());
    match &database.credentials {
        Credentials::Secret(secret) => {
            text += &format!(
                "next: the Secret `{secret}` in namespace `{}` with ACCESS_KEY_ID and ACCESS_SECRET_KEY\n",
                database.namespace
            );
        }
        Credentials::External { store, key } => {
            text += &format!(
                "next: the entry `{key}` of the store `{store}` with ACCESS_KEY_ID and ACCESS_SECRET_KEY\n"
            );
        }
    }
    if let Some(primary) = &database.replica_of {
        text += &format!(
            "next: read REPLICA.md; `{}` has to name the topology too\n",
            primary.name
        );
    }
    if let Some(secret) = &database.owner_secret {
        text += &format!(
            "next: the Secret `{secret}` with username `{}` and a password\n",
            database.owner
        );
    }
    text
}
