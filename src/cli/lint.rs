//! `walbound lint`.

use std::path::{Path, PathBuf};

use crate::config::Config;
use crate::diagnostic::Safety;
use crate::facts::{CommitLog, NoHistory};
use crate::io::clock::{self, Stopwatch};
use crate::io::terminal::write_stderr;
use crate::io::{Disk, files, replace_all};
use crate::lint::{self, Input, Options, Outcome};
use crate::report::{Report, Totals, clean};
use crate::text::unified_diff;
use crate::text::{Change, counted};

use super::args::{Common, Lint};
use super::evidence::{self, Wish};
use super::exit::{Exit, Failure};
use super::settings::{Settings, shown_path, unreadable};
use super::{answer_diff, baseline, dormant, git, outputs, rules};

/// Checks, fixes where asked, and prints the findings.
pub(super) fn run(arguments: &Lint, common: &Common) -> Result<Exit, Failure> {
    let watch = Stopwatch::start();
    for name in arguments.select.iter().chain(&arguments.ignore) {
        rules::check_name(name)?;
    }
    let Gathered {
        settings,
        input,
        mut unread,
    } = gather(arguments, common)?;
    let config = configured(arguments, settings.config.clone());
    let git = git::open(&arguments.paths, &input);
    let base = match &arguments.since {
        Some(revision) => Some(git::base(&git, revision, &arguments.paths, &settings)?),
        None => None,
    };
    let no_history = NoHistory(git.as_ref().err().map(git::reason).unwrap_or_default());
    let history: &dyn CommitLog = match &git {
        Ok(repository) => repository,
        Err(_) => &no_history,
    };
    let wish = Wish {
        look: &arguments.look,
        depth: arguments.depth.into(),
        quiet: common.quiet,
    };
    let gathered = evidence::gather(wish, &settings, &input)?;
    unread.extend(gathered.unread);
    let options = Options {
        config: &config,
        select: &arguments.select,
        ignore: &arguments.ignore,
        now: clock::now(),
        archives: &gathered.archives,
        base: base.as_ref().map(git::BaseFiles::base),
        history,
    };
    if arguments.wants_fixes() {
        let changes = fixes(arguments, &input, &options)?;
        if arguments.diff {
            return print_diff(&settings.root, &changes, common);
        }
        apply(&changes, common)?;
    }
    let mut outcome = lint::run(&Disk, &input, &options);
    if arguments.dormant {
        dormant::add(&mut outcome, &input, &options);
    }
    unread.extend(
        outcome
            .unreadable
            .iter()
            .map(|(path, reason)| format!("{path}: {reason}")),
    );
    if outcome.summary.objects == 0 && outcome.findings.is_empty() && unread.is_empty() {
        return Err(nothing_to_check(&arguments.paths, outcome.summary.files));
    }
    baseline::apply(&mut outcome, arguments, common, &unread)?;
    let report = report(&outcome, &config, &unread, watch);
    outputs::give(&report, arguments, common)?;
    if common.verbose {
        write_stderr(&narrated(&report, &settings));
    }
    if !unread.is_empty() {
        return Err(Failure::new(unread.join("\n")).remedy("the rest was checked, see above"));
    }
    let fails = |found: &crate::diagnostic::Diagnostic| config.fail_on.fails(found.severity);
    Ok(if outcome.findings.iter().any(fails) {
        Exit::Findings
    } else {
        Exit::Clean
    })
}

/// What a run starts from.
struct Gathered {
    settings: Settings,
    input: Input,
    /// Directories that could not be read, as messages.
    unread: Vec<String>,
}

fn gather(arguments: &Lint, common: &Common) -> Result<Gathered, Failure> {
    let dash = Path::new("-");
    if arguments.paths.iter().any(|path| path == dash) {
        if arguments.paths.len() > 1 {
            return Err(Failure::new("`-` cannot be combined with other paths"));
        }
        let text =
            files::read_stdin().map_err(|error| unreadable(Path::new("standard input"), &error))?;
        return Ok(Gathered {
            settings: Settings::find(Path::new("."), common)?,
            input: Input::Stdin(text),
            unread: Vec::new(),
        });
    }
    let first = arguments
        .paths
        .first()
        .map_or(Path::new("."), PathBuf::as_path);
    let settings = Settings::find(first, common)?;
    let listing = settings.yaml_below(&arguments.paths)?;
    let unread = listing.unreadable.iter();
    let unread = unread
        .map(|(path, reason)| format!("{}: {reason}", shown_path(&settings.root, path)))
        .collect();
    let root = settings.root.clone();
    Ok(Gathered {
        settings,
        input: Input::Paths {
            root,
            files: listing.files,
        },
        unread,
    })
}

/// The command line wins over the file.
fn configured(arguments: &Lint, config: Config) -> Config {
    Config {
        operator_version: arguments.operator_version.or(config.operator_version),
        fail_on: arguments.fail_on.map_or(config.fail_on, Into::into),
        ..config
    }
}

fn nothing_to_check(paths: &[PathBuf], files: usize) -> Failure {
    let paths: Vec<String> = paths
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    let paths = paths.join(", ");
    let message = if files == 0 {
        format!("nothing to check: no YAML file in {paths}")
    } else {
        format!(
            "nothing to check: no Kubernetes manifest in {paths} ({} read)",
            counted(files, "YAML file")
        )
    };
    Failure::new(message).remedy("name the directory that holds the manifests")
}

fn report<'r>(
    outcome: &'r Outcome,
    config: &Config,
    unread: &'r [String],
    watch: Stopwatch,
) -> Report<'r> {
    Report {
        sources: &outcome.sources,
        findings: &outcome.findings,
        accepted: &outcome.accepted,
        asked: &outcome.asked,
        fail_on: config.fail_on,
        skipped: &outcome.skipped,
        unread,
        changes: &outcome.changes,
        totals: Totals {
            files: outcome.summary.files,
            objects: outcome.summary.objects,
            clusters: outcome.summary.clusters,
            elapsed_ms: watch.elapsed_ms(),
        },
    }
}

/// What `--verbose` adds: where the run stood and what it left out, one line each.
fn narrated(report: &Report<'_>, settings: &Settings) -> String {
    let config = settings.config_file.as_ref();
    let config = config.map_or("none".to_owned(), |file| file.display().to_string());
    let mut text = format!(
        "paths are relative to: {}\nconfiguration: {config}\n",
        settings.root.display()
    );
    for skip in report.skipped {
        match skip.rule {
            Some(rule) => text.push_str(&format!("skipped: {rule}: {}\n", skip.reason)),
            None => text.extend(
                skip.files
                    .iter()
                    .map(|file| format!("skipped: {}: {}\n", clean::line(file), skip.reason)),
            ),
        }
    }
    text
}

fn fixes(arguments: &Lint, input: &Input, options: &Options<'_>) -> Result<Vec<Change>, Failure> {
    if matches!(input, Input::Stdin(_)) {
        return Err(
            Failure::new("manifests from standard input cannot be fixed")
                .remedy("run `walbound lint --fix` on the directory they are rendered from"),
        );
    }
    let least = if arguments.unsafe_fixes {
        Safety::Unsafe
    } else {
        Safety::Safe
    };
    Ok(lint::plan(&Disk, input, options, least))
}

fn print_diff(root: &Path, changes: &[Change], common: &Common) -> Result<Exit, Failure> {
    let diffs = changes.iter().map(|change| {
        unified_diff(
            &shown_path(root, &change.path),
            &change.before,
            &change.after,
        )
    });
    answer_diff(&diffs.collect::<String>(), common)?;
    Ok(if changes.is_empty() {
        Exit::Clean
    } else {
        Exit::Findings
    })
}

fn apply(changes: &[Change], common: &Common) -> Result<(), Failure> {
    replace_all(changes).map_err(|error| {
        Failure::new(error.to_string()).remedy("run the command again when the file is at rest")
    })?;
    if !common.quiet && !changes.is_empty() {
        let files = if changes.len() == 1 { "file" } else { "files" };
        write_stderr(&format!("fixed {} {files}\n", changes.len()));
    }
    Ok(())
}
