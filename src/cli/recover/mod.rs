//! `walbound recover`.

mod args;

use crate::config::Config;
use crate::facts::Archives;
use crate::io::terminal::write_stderr;
use crate::io::{Disk, clock};
use crate::lint;
use crate::model::instant::Instant;
use crate::project::{Database, Project};
use crate::recover::bump::Wish;
use crate::recover::lineages::Lineages;
use crate::recover::plan::{Plan, Request, plan};
use crate::recover::sight::Blind;
use crate::recover::{Draft, Refusal, verify};
use crate::report::clean;

use super::args::Common;
use super::bump::today;
use super::exit::{Exit, Failure};
use super::repository::{Repository, refused};

pub use args::Recover;

/// Plans a recovery, verifies it in memory, and prints or writes the change.
pub(super) fn run(arguments: &Recover, common: &Common) -> Result<Exit, Failure> {
    let repository = Repository::open(arguments.database.as_deref(), common)?;
    let config = repository.config();
    let databases = match &arguments.database {
        Some(named) => vec![repository.database(named)?],
        None => repository.project.all_databases(config),
    };
    let now = clock::now();
    let mut draft = Draft::new(&Disk, &repository.settings.root, &repository.files);
    let mut plans = Vec::new();
    for database in &databases {
        let target = arguments.target();
        let request = Request {
            wish: Wish {
                from: arguments.from.as_deref(),
                to: arguments.to.as_deref(),
                pattern: config.lineage.pattern.as_deref(),
            },
            policy: config.lineage.policy,
            target: &target,
            timeline: arguments.target_tli,
            backup_id: arguments.backup_id.as_deref(),
            now: Instant::from_seconds(now),
            today: today(now),
        };
        let lineages = Lineages::of(&repository.project, database);
        let planned = plan(&mut draft, database, &lineages, &request, &Blind);
        plans.push(planned.map_err(|refusal| refused(&refusal))?);
    }
    verified(&repository, &databases, &plans, &draft, now)?;
    for plan in &plans {
        tell(plan, common);
    }
    repository.settle(&draft.changes(), arguments.write, common)
}

/// What must hold before anything is written.
fn verified(
    repository: &Repository,
    databases: &[Database<'_>],
    plans: &[Plan],
    draft: &Draft<'_>,
    now: i64,
) -> Result<(), Failure> {
    let config = repository.config();
    let after = draft.project();
    let pairs: Vec<(&Database<'_>, &Plan)> = databases.iter().zip(plans).collect();
    verify::recovered(&pairs, &repository.project, &after, config)
        .map_err(|refusal| refused(&refusal))?;
    let errors = verify::new_errors(
        &findings(&repository.project, config, now),
        &findings(&after, config, now),
    );
    if errors.is_empty() {
        return Ok(());
    }
    Err(refused(&Refusal::Worse { errors }))
}

fn findings(project: &Project, config: &Config, now: i64) -> Vec<crate::diagnostic::Diagnostic> {
    let options = lint::Options {
        config,
        select: &[],
        ignore: &[],
        now,
        archives: &Archives::default(),
    };
    lint::examine(project, &options).findings
}

fn tell(plan: &Plan, common: &Common) {
    if common.quiet {
        return;
    }
    let line = format!(
        "{}: reads {}, writes {} → {}",
        plan.title, plan.source.server_name.value, plan.before, plan.write.server_name.value
    );
    write_stderr(&format!("{}\n", clean::line(&line)));
    for note in &plan.notes {
        write_stderr(&format!("note: {}\n", clean::line(note)));
    }
}
