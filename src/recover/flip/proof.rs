//! Proof, before anything is written, that a flip does what was asked for and nothing else.

use std::collections::BTreeMap;

use crate::config::Config;
use crate::diagnostic::Severity;
use crate::facts::{Archives, NoHistory};
use crate::lint::{self, Input, Options};
use crate::model::cluster::Method;
use crate::project::{Database, Project};
use crate::recover::difference::{self, Allowed};
use crate::recover::{Draft, Refusal};

use super::FlipRefusal;

/// What a proof needs to know of the run.
#[derive(Clone, Copy)]
pub struct Run<'a> {
    /// The repository's configuration.
    pub config: &'a Config,
    /// Seconds since 1970-01-01T00:00:00Z.
    pub now: i64,
    /// The archives at hand.
    pub archives: &'a Archives,
}

/// Proves that the draft `after` gives this database of `before` the bootstrap `wanted`, changes no other database,
/// and brings no error.
///
/// # Errors
/// When it does not.
pub fn prove(
    before: &Draft<'_>,
    after: &Draft<'_>,
    database: &Database<'_>,
    wanted: Method,
    run: Run<'_>,
) -> Result<(), FlipRefusal> {
    let project = after.project();
    let found = new_state(database, &project, run.config)?;
    if !super::is(&found, wanted) {
        let methods: Vec<&str> = found
            .live()
            .iter()
            .flat_map(|own| own.methods.iter().map(|method| method.key()))
            .collect();
        return Err(FlipRefusal::Change(Refusal::Unplanned {
            differences: vec![format!(
                "{} would have bootstrap {}",
                found.title(),
                methods.join(" and ")
            )],
        }));
    }
    let titles = [database.title(), found.title()];
    let own = own_directories(database, &found, run.config);
    let allowed = Allowed {
        databases: &titles,
        namesakes: &difference::namesakes(database.project, run.config, [database]),
        field: &|_, _| true,
        object: &|key| {
            let directory = key.rsplit(" in ").next().unwrap_or_default();
            key.starts_with("Backup ") || own.iter().any(|own| own == directory)
        },
    };
    let rendered = difference::renderings(database.project, run.config);
    difference::compare(rendered, database.project, &project, run.config, &allowed)?;
    let errors = gained(&errors(before, run), &errors(after, run));
    if errors.is_empty() {
        Ok(())
    } else {
        Err(FlipRefusal::Errors { errors })
    }
}

/// The database in the changed repository: under its title, or the one that was not there before.
fn new_state<'p>(
    database: &Database<'_>,
    after: &'p Project,
    config: &'p Config,
) -> Result<Database<'p>, FlipRefusal> {
    let title = database.title();
    let mut all = after.all_databases(config);
    let path = |own: &Database<'_>| {
        own.clusters.first().map(|cluster| {
            let file = cluster.object.source().file;
            own.project.sources.file(file).path.clone()
        })
    };
    let same = |own: &Database<'_>| own.title() == title && path(own) == path(database);
    if let Some(at) = all.iter().position(same) {
        return Ok(all.swap_remove(at));
    }
    let before: Vec<String> = database
        .project
        .all_databases(config)
        .iter()
        .map(Database::described)
        .collect();
    let mut new = all
        .into_iter()
        .filter(|own| own.title() == title || !before.contains(&own.described()));
    match (new.next(), new.next()) {
        (Some(only), None) => Ok(only),
        _ => Err(FlipRefusal::Change(Refusal::Unplanned {
            differences: vec![format!("{} would be gone", database.described())],
        })),
    }
}

/// Directories whose builds hold nothing but this database, before or after.
fn own_directories(before: &Database<'_>, after: &Database<'_>, config: &Config) -> Vec<String> {
    let mut own = Vec::new();
    for database in [before, after] {
        let all = database.project.all_databases(config);
        let directories = |database: &Database<'_>| -> Vec<String> {
            let clusters = database.clusters.iter();
            clusters
                .map(|cluster| database.project.build_of(cluster).directory.clone())
                .collect()
        };
        let others: Vec<String> = all
            .iter()
            .filter(|other| other.described() != database.described())
            .flat_map(directories)
            .collect();
        own.extend(
            directories(database)
                .into_iter()
                .filter(|directory| !others.contains(directory)),
        );
    }
    own
}

/// How often each error occurs, wherever it stands.
fn errors(draft: &Draft<'_>, run: Run<'_>) -> BTreeMap<String, usize> {
    let input = Input::Paths {
        root: draft.top().to_path_buf(),
        files: draft.files(),
    };
    let no_history = NoHistory("the diff alone is judged".to_owned());
    let options = Options {
        config: run.config,
        select: &[],
        ignore: &[],
        now: run.now,
        archives: run.archives,
        base: None,
        history: &no_history,
    };
    let outcome = lint::run(draft, &input, &options);
    let mut counted = BTreeMap::new();
    for finding in outcome.findings {
        if finding.severity == Severity::Error {
            let shown = format!("{} ({})", finding.message, finding.rule);
            *counted.entry(shown).or_default() += 1;
        }
    }
    counted
}

fn gained(before: &BTreeMap<String, usize>, after: &BTreeMap<String, usize>) -> Vec<String> {
    let more = |(error, count): &(&String, &usize)| {
        before.get(*error).copied().unwrap_or_default() < **count
    };
    let gained = after.iter().filter(more);
    gained.map(|(error, _)| error.clone()).collect()
}
