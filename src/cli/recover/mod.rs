//! `walbound recover`.

mod args;

use std::mem::ManuallyDrop;
use std::panic::resume_unwind;
use std::path::PathBuf;
use std::thread::{self, ScopedJoinHandle};

use crate::config::Config;
use crate::diagnostic::Diagnostic;
use crate::io::git::{CommitError, Committer};
use crate::io::terminal::write_stderr;
use crate::io::{Disk, clock};
use crate::model::instant::Instant;
use crate::project::Database;
use crate::recover::bump::Wish;
use crate::recover::lineages::Lineages;
use crate::recover::plan::{Plan, Request, plan};
use crate::recover::proof::{Proof, prove};
use crate::recover::runbook::{self, Facts};
use crate::recover::{Draft, Refusal, beside, verify};
use crate::report::clean;

use super::answer;
use super::args::Common;
use super::bump::today;
use super::exit::{Exit, Failure};
use super::history;
use super::repository::{Repository, findings, refused};
use super::sight::ArchiveSight;

pub use args::{Recover, RunbookFormat};

/// Plans a recovery, verifies it in memory, and prints or writes the change.
pub(super) fn run(arguments: &Recover, common: &Common) -> Result<Exit, Failure> {
    let Some(repository) = Repository::open_for_change(arguments.database.as_deref(), common)?
    else {
        return Ok(Exit::Clean);
    };
    // The program ends with this: taking every tree apart would be a tenth of its time.
    let repository = ManuallyDrop::new(repository);
    let config = repository.config();
    let databases = match &arguments.database {
        Some(named) => vec![repository.database(named)?],
        None => repository.project.all_databases(config),
    };
    let now = clock::now();
    let sight = ArchiveSight::new(&arguments.look, &repository, common.quiet);
    let mut draft = repository.draft();
    let plans = thread::scope(|scope| {
        // What lint says of the repository as it is takes as long as the plan.
        let known = scope.spawn(|| findings(&Disk, &repository.project, config, now));
        let plans = planned(arguments, &repository, &databases, &sight, now, &mut draft)?;
        let known = || joined(known);
        verified(&repository, &databases, &plans, &draft, known, now).map(|()| plans)
    })?;
    let depth = arguments.depth.into();
    let proofs: Vec<Proof> = plans
        .iter()
        .map(|plan| prove(plan, &sight, depth))
        .collect();
    for (plan, proof) in plans.iter().zip(&proofs) {
        tell(plan, proof, common);
    }
    let changes = !(draft.changes().is_empty() && draft.creations().is_empty());
    if changes && let Some(exit) = stopped(arguments, &plans, &proofs) {
        return Ok(exit);
    }
    let runbook = |format| {
        let all = databases.iter().zip(&plans).zip(&proofs);
        all.map(|((database, plan), proof)| runbook_of(database, plan, proof, config, format))
            .collect::<String>()
    };
    if arguments.write {
        written(arguments, &repository, &draft, &plans, common)?;
        answer(&runbook(arguments.runbook.unwrap_or(RunbookFormat::Term)))?;
        return Ok(Exit::Clean);
    }
    match arguments.runbook {
        None => repository.print(&draft, common),
        Some(format) => {
            answer(&runbook(format))?;
            Ok(if changes { Exit::Findings } else { Exit::Clean })
        }
    }
}

/// Writes the change, and commits it where asked.
fn written(
    arguments: &Recover,
    repository: &Repository,
    draft: &Draft<'_>,
    plans: &[Plan],
    common: &Common,
) -> Result<(), Failure> {
    if !arguments.commit {
        return repository.write(draft, common);
    }
    let changed: Vec<PathBuf> = draft.changes().into_iter().map(|one| one.path).collect();
    let new: Vec<PathBuf> = draft.creations().into_iter().map(|one| one.path).collect();
    if changed.is_empty() && new.is_empty() {
        return Ok(());
    }
    // Whatever would stop the commit stops the change before anything is written.
    let committer = Committer::open(&repository.settings.root, &changed, &new)
        .map_err(|error| uncommitted(&error))?;
    repository.write(draft, common)?;
    let files: Vec<PathBuf> = changed.into_iter().chain(new).collect();
    let id = committer.commit(&files, &message(plans)).map_err(|error| {
        let failure = uncommitted(&error);
        Failure::new(format!("{}; the files are written", failure.message))
            .remedy("commit them with Git")
    })?;
    if !common.quiet {
        let short: String = id.chars().take(10).collect();
        write_stderr(&format!("committed {short}\n"));
    }
    Ok(())
}

fn uncommitted(error: &CommitError) -> Failure {
    let failure = Failure::new(format!("{error}; nothing was committed"));
    match error {
        CommitError::Nobody => failure.remedy(
            "`git config user.name NAME` and `git config user.email ADDRESS`, or leave `--commit` out",
        ),
        CommitError::Dirty(_) => failure.remedy("commit or stash them first"),
        CommitError::Busy(_) => failure.remedy("finish or abort it first"),
        _ => failure,
    }
}

/// The message of the commit: what is recovered from where to where.
fn message(plans: &[Plan]) -> String {
    let subject = match plans {
        [only] => match &only.beside {
            None => format!("recover {}", only.title),
            Some(name) => format!("recover {} as {name}", only.title),
        },
        several => format!("recover {} databases", several.len()),
    };
    let body = plans.iter().map(|plan| {
        let before = match &plan.beside {
            None => format!("{} -> ", plan.before),
            Some(_) => String::new(),
        };
        format!(
            "{}: source {}, target {}, write lineage {before}{}\n",
            plan.title,
            plan.source.server_name.value,
            plan.target_in_words(),
            plan.write.server_name.value
        )
    });
    format!("{subject}\n\n{}", body.collect::<String>())
}

fn runbook_of(
    database: &Database<'_>,
    plan: &Plan,
    proof: &Proof,
    config: &Config,
    format: RunbookFormat,
) -> String {
    let facts = Facts::of(database, plan, proof, config);
    let steps = runbook::steps(&facts);
    let text = match format {
        RunbookFormat::Term => runbook::terminal(&facts, &steps),
        RunbookFormat::Md => runbook::markdown(&facts, &steps),
        RunbookFormat::Sh => runbook::script(&facts, &steps),
    };
    clean::block(&text).into_owned()
}

fn planned(
    arguments: &Recover,
    repository: &Repository,
    databases: &[Database<'_>],
    sight: &ArchiveSight<'_>,
    now: i64,
    draft: &mut Draft<'_>,
) -> Result<Vec<Plan>, Failure> {
    let config = repository.config();
    let target = arguments.target();
    if let Some(reason) = target.goal.refusal() {
        return Err(Failure::new(reason));
    }
    let request = Request {
        wish: Wish {
            from: arguments.from.as_deref(),
            to: arguments.to.as_deref(),
            pattern: config.lineage.pattern.as_deref(),
        },
        policy: config.lineage.policy,
        target: &target,
        timeline: arguments.target.target_tli,
        backup_id: arguments.target.backup_id.as_deref(),
        now: Instant::from_seconds(now),
        today: today(now),
    };
    let mut past = Lineages::default();
    let gap = history::add(repository, &mut past);
    let mut plans: Vec<Plan> = Vec::new();
    for database in databases {
        let mut lineages = Lineages::of(&repository.project, database);
        lineages.join(&past);
        for other in &plans {
            lineages.add(&other.write.server_name.value, "chosen in this change");
        }
        let planned = match &arguments.beside {
            None => plan(draft, database, &lineages, &request, sight),
            Some(name) => beside::plan(draft, database, &lineages, &request, name, sight),
        };
        let mut planned = planned.map_err(|refusal| refused(&refusal))?;
        planned.notes.extend(gap.clone());
        plans.push(planned);
    }
    Ok(plans)
}

/// Why a change is neither printed nor written, as the exit code of the run; said on standard error.
fn stopped(arguments: &Recover, plans: &[Plan], proofs: &[Proof]) -> Option<Exit> {
    if arguments.unverified {
        return None;
    }
    if proofs.iter().any(Proof::is_unreachable) {
        write_stderr("nothing was changed: the archive says that this recovery would fail\n");
        return Some(Exit::Findings);
    }
    let open = plans.iter().zip(proofs);
    let open = open.filter(|(plan, proof)| !proof.bears_out(plan)).count();
    // With nothing to look at, the diff alone is worth showing.
    let asked = arguments.look.archive.is_some() || !arguments.look.inventory.is_empty();
    let looked = asked || proofs.iter().any(|proof| *proof != Proof::Nothing);
    if open == 0 || !(arguments.write || looked) {
        return None;
    }
    write_stderr(
        "nothing was changed: nobody could verify that the archive bears this recovery out\n  help: let it look with `--archive` or at an inventory of the whole destination, or accept that with `--unverified`\n",
    );
    Some(Exit::Undecided)
}

/// What a thread has found.
fn joined<T>(thread: ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| resume_unwind(panic))
}

/// What must hold before anything is written. `known` tells the findings in the repository as it is.
fn verified(
    repository: &Repository,
    databases: &[Database<'_>],
    plans: &[Plan],
    draft: &Draft<'_>,
    known: impl FnOnce() -> Vec<Diagnostic>,
    now: i64,
) -> Result<(), Failure> {
    let config = repository.config();
    let after = ManuallyDrop::new(draft.project());
    let pairs: Vec<(&Database<'_>, &Plan)> = databases.iter().zip(plans).collect();
    let (proved, found) = thread::scope(|scope| {
        let found = scope.spawn(|| findings(draft, &after, config, now));
        let proved = match pairs.as_slice() {
            [(database, plan)] if plan.beside.is_some() => {
                beside::verify(database, plan, &after, config)
            }
            pairs => verify::recovered(pairs, &repository.project, &after, config),
        };
        (proved, joined(found))
    });
    proved.map_err(|refusal| refused(&refusal))?;
    let mut known = known();
    for (database, plan) in &pairs {
        known = beside::known(&known, database, plan);
    }
    let errors = verify::new_errors(&known, &found);
    if errors.is_empty() {
        return Ok(());
    }
    Err(refused(&Refusal::Worse { errors }))
}

fn tell(plan: &Plan, proof: &Proof, common: &Common) {
    if common.quiet {
        return;
    }
    let (read, write) = (
        &plan.source.server_name.value,
        &plan.write.server_name.value,
    );
    let line = match &plan.beside {
        None => format!(
            "{}: reads {read}, writes {} → {write}",
            plan.title, plan.before
        ),
        Some(name) => format!("{name} beside {}: reads {read}, writes {write}", plan.title),
    };
    let notes = plan.notes.iter().map(|note| format!("note: {note}"));
    let lines = std::iter::once(line)
        .chain(proof.sentences(plan))
        .chain(notes);
    for line in lines {
        write_stderr(&format!("{}\n", clean::line(&line)));
    }
}
