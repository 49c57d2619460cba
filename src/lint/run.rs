//! The engine: the only place that loops over rules and items.

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::Offset;

use crate::config::{Level, names_rule};
use crate::diagnostic::{Diagnostic, Severity};
use crate::facts::{Change, LineageHistory, NoHistory};
use crate::gitops::argocd::Applications;
use crate::gitops::argocd::ignore::Survey;
use crate::model::archive::ArchiveRef;
use crate::model::cluster::Cluster;
use crate::model::instant::Instant;
use crate::project::{self, Hidden, Project};
use crate::rules::{Check, Context, Lineage, Looked, Needs, RULES, Recovery, Rule, Unmet};
use crate::text::FileTree;
use crate::text::on_all_cores;

use super::introduced::keep_introduced;
use super::{Base, Input, Options, Outcome, Skipped, Summary, admission, allow, schema, unmet};

/// Why rules about a change are skipped.
pub(super) const NO_BASE: &str = "no base revision, `--since` names one";

/// The name shown for standard input.
const STDIN: &str = "<stdin>";

/// Reads the input and applies every enabled rule. With a base revision, what that revision has too is left out.
pub fn run(tree: &dyn FileTree, input: &Input, options: &Options<'_>) -> Outcome {
    let mut project = load(tree, input).as_applied();
    if let Some(source) = &options.config.source {
        // Findings may point into it. A file that was read already keeps its number.
        let (path, name) = (source.path.clone(), source.name.clone());
        project.sources.add(path, name, Arc::clone(&source.text));
    }
    let mut outcome = match options.base {
        None => judge(tree, &project, options, None),
        Some(base) => since(tree, base, &project, options),
    };
    outcome.sources = project.sources;
    outcome.unreadable = project.unreadable;
    outcome
}

/// What the change from one revision to the other introduces, and what it does.
fn since(tree: &dyn FileTree, base: Base<'_>, project: &Project, options: &Options<'_>) -> Outcome {
    let before = &load(base.tree, base.input).as_applied();
    let change = Change::between(before, project);
    let mut outcome = judge(tree, project, options, Some(&change));
    let nothing = NoHistory(String::new());
    let plain = Options {
        base: None,
        history: &nothing,
        ..*options
    };
    let old = judge(base.tree, before, &plain, None);
    let findings = std::mem::take(&mut outcome.findings);
    outcome.findings = keep_introduced(findings, &project.sources, &old.findings, &before.sources);
    outcome.changes = change.in_words();
    outcome
}

fn load(tree: &dyn FileTree, input: &Input) -> Project {
    match input {
        Input::Paths { root, files } => project::load(tree, root, &project::Input::Files(files)),
        Input::Stdin(text) => project::load(
            tree,
            Path::new(""),
            &project::Input::Text {
                name: STDIN,
                text: Arc::clone(text),
            },
        ),
    }
}

/// Every archive that the manifests name, each once: what [`Options::archives`] should hold for the rules to speak.
pub fn archives(tree: &dyn FileTree, input: &Input) -> Vec<ArchiveRef> {
    let project = load(tree, input).as_applied();
    let lineages = Lineage::all(&project).into_iter();
    lineages.map(|lineage| lineage.archive).collect()
}

/// Applies every enabled rule to a repository that is loaded already from `tree`. Its files are not part of the outcome,
/// and a base revision is not looked at.
pub fn examine(tree: &dyn FileTree, project: &Project, options: &Options<'_>) -> Outcome {
    judge(tree, &project.as_applied(), options, None)
}

fn judge(
    tree: &dyn FileTree,
    project: &Project,
    options: &Options<'_>,
    change: Option<&Change>,
) -> Outcome {
    let enabled: Vec<&Rule> = RULES
        .iter()
        .copied()
        .filter(|rule| is_enabled(rule, options))
        .collect();
    let history = history(project, &enabled, options);
    let applications = Applications::of(project, tree);
    let context = Context {
        project,
        config: options.config,
        now: Instant::from_seconds(options.now),
        archives: options.archives,
        applications: &applications,
        ignores: &Survey::of(project, &applications),
        change,
        history: history.as_ref().ok(),
    };
    let left_out = |(reason, files): (&String, &Vec<String>)| Skipped {
        rule: None,
        reason: reason.clone(),
        count: files.len(),
        files: files.clone(),
    };
    let mut skipped: Vec<Skipped> = project.skipped.iter().map(left_out).collect();
    skipped.extend(unmet::unknown_applications(&applications, project));
    let (findings, unmet) = found(&enabled, &context, &history, options);
    skipped.extend(unmet);
    let today = Timestamp::from_second(options.now)
        .map(|now| Offset::UTC.to_datetime(now).date())
        .unwrap_or_default();
    let judged = allow::apply(project, options.config, today, &enabled, findings);
    let mut findings: Vec<Diagnostic> =
        judged.kept.into_iter().map(Diagnostic::shortened).collect();
    for finding in &mut findings {
        finding.severity = configured(finding.rule, finding.severity, options);
    }
    sort(project, &mut findings);
    let summary = Summary {
        files: project.files,
        objects: project.objects,
        clusters: project.databases(),
    };
    let mut accepted = judged.accepted;
    accepted.sort_by_cached_key(|accepted| place(project, &accepted.finding));
    Outcome {
        findings,
        accepted,
        asked: enabled.iter().map(|rule| rule.id).collect(),
        skipped,
        summary,
        ..Outcome::default()
    }
}

/// What the rules find, the same finding of several renderings once, and what they could not look at.
fn found(
    enabled: &[&'static Rule],
    context: &Context<'_>,
    history: &Result<LineageHistory, String>,
    options: &Options<'_>,
) -> (Vec<Diagnostic>, Vec<Skipped>) {
    let (admission, others): (Vec<&Rule>, Vec<&Rule>) = enabled
        .iter()
        .partition(|rule| matches!(rule.check, Check::Admission(_)));
    let without_archives = match options.archives.is_empty() {
        true => unmet::everything(context.project),
        false => Vec::new(),
    };
    let asked = on_all_cores(&others, |rule| {
        ask(rule, context, history, &without_archives)
    });
    let mut skipped = Vec::new();
    let mut findings = Vec::new();
    for (found, missed) in asked {
        findings.extend(found);
        skipped.extend(missed);
    }
    let of_schema: Vec<&Rule> = enabled
        .iter()
        .copied()
        .filter(|rule| matches!(rule.check, Check::Schema(_)))
        .collect();
    findings.extend(schema::examine(&of_schema, context));
    findings.extend(admission::examine(&admission, context));
    skipped.extend(admission::skipped(&admission, context.change));
    let mut findings = schema::without_told(admission::without_told(findings, options));
    for finding in &mut findings {
        finding.severity = configured(finding.rule, finding.severity, options);
    }
    (merged(findings), skipped)
}

/// What one rule finds, and what it could not look at. `without_archives` is what rules that need an archive miss where
/// none is at hand.
fn ask(
    rule: &'static Rule,
    context: &Context<'_>,
    history: &Result<LineageHistory, String>,
    without_archives: &[Unmet],
) -> (Vec<Diagnostic>, Vec<Skipped>) {
    let unmet = unmet_by_files(rule.needs, context.project.hidden)
        .map(str::to_owned)
        .or_else(|| unmet_by_git(rule.needs, context.change, history));
    let (findings, mut skipped) = match unmet {
        Some(reason) => (Vec::new(), vec![left_out_rule(rule, reason)]),
        None if rule.needs == Needs::Archive && context.archives.is_empty() => {
            let findings = match rule.check {
                Check::ClusterAndRecovery(check, _) => each_cluster(check, context),
                _ => Vec::new(),
            };
            (findings, unmet::skipped(rule, without_archives.to_vec()))
        }
        None => {
            let mut missed = Vec::new();
            let findings = check(rule, context, &mut missed);
            (findings, unmet::skipped(rule, missed))
        }
    };
    // What is found in a part of the history is true; what is not found there is not.
    if rule.needs == Needs::History
        && let Ok(LineageHistory { gap: Some(gap), .. }) = history
    {
        skipped.push(left_out_rule(rule, gap.clone()));
    }
    (findings, skipped)
}

fn left_out_rule(rule: &Rule, reason: String) -> Skipped {
    Skipped {
        rule: Some(rule.id),
        reason,
        count: 1,
        files: Vec::new(),
    }
}

/// The history, read only where a rule needs it and a Cluster archives.
fn history(
    project: &Project,
    enabled: &[&Rule],
    options: &Options<'_>,
) -> Result<LineageHistory, String> {
    let wanted = enabled.iter().any(|rule| rule.needs == Needs::History);
    let archives = |cluster: &Cluster| cluster.archives_to(&project.stores).is_some();
    if wanted && project.clusters.iter().any(archives) {
        options.history.lineages()
    } else {
        Ok(LineageHistory::default())
    }
}

/// Why a rule cannot be right without Git.
fn unmet_by_git(
    needs: Needs,
    change: Option<&Change>,
    history: &Result<LineageHistory, String>,
) -> Option<String> {
    match (needs, history) {
        (Needs::Base, _) if change.is_none() => Some(NO_BASE.to_owned()),
        (Needs::History, Err(reason)) => Some(reason.clone()),
        _ => None,
    }
}

/// Calls the rule for each item. What it could not look at is added to `missed`.
fn check(rule: &Rule, context: &Context<'_>, missed: &mut Vec<Unmet>) -> Vec<Diagnostic> {
    let project = context.project;
    let in_build = |findings, build| in_build(project, findings, build);
    match rule.check {
        Check::Cluster(check) => each_cluster(check, context),
        Check::Schedule(check) => project
            .schedules
            .iter()
            .flat_map(|item| in_build(check(item, context), item.build))
            .collect(),
        Check::Backup(check) => {
            let items = project.schedules.iter().chain(&project.backups);
            items
                .flat_map(|item| in_build(check(item, context), item.build))
                .collect()
        }
        Check::Recovery(check) => each_recovery(check, context, missed),
        Check::ClusterAndRecovery(manifests, archive) => {
            let mut found = each_cluster(manifests, context);
            found.extend(each_recovery(archive, context, missed));
            found
        }
        Check::Lineage(check) => Lineage::all(project)
            .iter()
            .flat_map(|item| in_build(taken(check(item, context), missed), item.cluster.build))
            .collect(),
        Check::Project(check) => check(context),
        // All checks of an object are made together: its defaults are put in once, and its schema is asked once.
        Check::Admission(_) | Check::Schema(_) | Check::Suppression => Vec::new(),
    }
}

fn each_cluster(
    check: fn(&Cluster, &Context<'_>) -> Vec<Diagnostic>,
    context: &Context<'_>,
) -> Vec<Diagnostic> {
    let project = context.project;
    let clusters = project.clusters.iter();
    clusters
        .flat_map(|item| in_build(project, check(item, context), item.build))
        .collect()
}

fn each_recovery(
    check: fn(&Recovery<'_>, &Context<'_>) -> Looked,
    context: &Context<'_>,
    missed: &mut Vec<Unmet>,
) -> Vec<Diagnostic> {
    let project = context.project;
    let recoveries = project.clusters.iter();
    recoveries
        .filter_map(|cluster| Recovery::of(cluster, project))
        .flat_map(|item| {
            let found = taken(check(&item, context), missed);
            in_build(project, found, item.cluster.build)
        })
        .collect()
}

/// Says which build shows the findings.
pub(super) fn in_build(
    project: &Project,
    findings: Vec<Diagnostic>,
    build: usize,
) -> impl Iterator<Item = Diagnostic> {
    let build = &project.builds[build];
    let state = if build.dormant { " (not selected)" } else { "" };
    let directory = format!("{}{state}", build.directory);
    findings.into_iter().map(move |mut finding| {
        finding.renderings.push(directory.clone());
        finding
    })
}

fn taken(looked: Looked, missed: &mut Vec<Unmet>) -> Vec<Diagnostic> {
    looked.unwrap_or_else(|unmet| {
        missed.push(unmet);
        Vec::new()
    })
}

fn is_enabled(rule: &Rule, options: &Options<'_>) -> bool {
    let named = |list: &[String]| list.iter().any(|name| names_rule(name, rule.id));
    let off = options.config.level(rule.id) == Some(Level::Off);
    let selected = if options.select.is_empty() {
        !off
    } else {
        named(options.select)
    };
    selected && !named(options.ignore)
}

/// Why a rule cannot be right, when files that could not be read may hold what it would call missing.
fn unmet_by_files(needs: Needs, hidden: Hidden) -> Option<&'static str> {
    match needs {
        Needs::EveryCluster if hidden.clusters => {
            Some("files that could not be read may define the Cluster")
        }
        Needs::EveryStore if hidden.stores => {
            Some("files that could not be read may define the ObjectStore")
        }
        Needs::EverySchedule if hidden.schedules => {
            Some("files that could not be read may define the ScheduledBackup")
        }
        _ => None,
    }
}

/// The severity that the configuration gives a rule; a selected rule that is off there keeps its own.
fn configured(rule: &str, own: Severity, options: &Options<'_>) -> Severity {
    options
        .config
        .level(rule)
        .and_then(Level::severity)
        .unwrap_or(own)
}

/// One finding that several overlays lead to is one finding that names them.
fn merged(findings: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut kept: Vec<Diagnostic> = Vec::with_capacity(findings.len());
    let mut known = std::collections::BTreeMap::new();
    for finding in findings {
        let key = (finding.rule, finding.primary.span, finding.pointer.clone());
        match known.get(&key) {
            None => {
                known.insert(key, kept.len());
                kept.push(finding);
            }
            Some(at) => {
                let first: &mut Diagnostic = &mut kept[*at];
                let mut renderings = std::mem::take(&mut first.renderings);
                renderings.extend(finding.renderings.iter().cloned());
                if finding.severity > first.severity {
                    *first = finding;
                }
                renderings.sort();
                renderings.dedup();
                first.renderings = renderings;
            }
        }
    }
    kept
}

fn sort(project: &Project, findings: &mut [Diagnostic]) {
    findings.sort_by_cached_key(|finding| place(project, finding));
}

/// What findings are ordered by.
fn place(project: &Project, finding: &Diagnostic) -> impl Ord + use<> {
    let span = finding.primary.span;
    let name = project.sources.file(span.file).name.clone();
    (
        name,
        span.start,
        span.end,
        finding.rule,
        finding.message.clone(),
    )
}
