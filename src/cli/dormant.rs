//! `lint --dormant`: a recovery that stands in comments is checked as if it were on.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use crate::diagnostic::Diagnostic;
use crate::io::Disk;
use crate::lint::{self, Input, Options, Outcome, Skipped, fingerprint};
use crate::model::cluster::Method;
use crate::project::{self, Database};
use crate::recover::Draft;
use crate::recover::flip::{self, Flip, FlipRefusal};
use crate::rules::unused_allow;
use crate::text::{FileId, SourceMap, Span};

/// Adds to the outcome what each database would give if its commented-out recovery were switched on.
pub(super) fn add(outcome: &mut Outcome, input: &Input, options: &Options<'_>) {
    let Input::Paths { root, files } = input else {
        return;
    };
    let project = project::load(&Disk, root, &project::Input::Files(files));
    let draft = Draft::new(&Disk, root, files);
    for database in project.all_databases(options.config) {
        // An overlay that nothing selects is built and checked anyway.
        if database.clusters.iter().any(|cluster| cluster.recovers()) {
            continue;
        }
        match flip::plan(&draft, &database, Method::Recovery) {
            Ok(Some(flip)) => {
                let mut switched = Draft::new(&Disk, root, files);
                match switched.edit(&project.sources, &flip.edits) {
                    Ok(()) => judge(outcome, &switched, root, (&database, &flip), options),
                    Err(refusal) => skip(outcome, &database, &refusal.to_string()),
                }
            }
            Ok(None) | Err(FlipRefusal::NoSwitch { .. }) => {}
            Err(refusal) => skip(outcome, &database, &refusal.to_string()),
        }
    }
}

fn skip(outcome: &mut Outcome, database: &Database<'_>, reason: &str) {
    let files = database.clusters.first().map(|cluster| {
        let file = cluster.object.source().file;
        database.project.sources.file(file).name.clone()
    });
    outcome.skipped.push(Skipped {
        rule: None,
        reason: format!("recovery in comments: {reason}"),
        count: 1,
        files: files.into_iter().collect(),
    });
}

/// Lints the repository with the recovery switched on, and keeps what was not found before.
fn judge(
    outcome: &mut Outcome,
    switched: &Draft<'_>,
    root: &Path,
    (database, flip): (&Database<'_>, &Flip),
    options: &Options<'_>,
) {
    let input = Input::Paths {
        root: root.to_path_buf(),
        files: switched.files(),
    };
    let options = Options {
        base: None,
        ..*options
    };
    let found = lint::run(switched, &input, &options);
    let mut known: BTreeMap<String, usize> = BTreeMap::new();
    for finding in &outcome.findings {
        let print = fingerprint(finding, &outcome.sources);
        *known.entry(print).or_default() += 1;
    }
    let title = database.title();
    let note = format!(
        "found as if the recovery of {title} that stands in comments were on: {}",
        flip.title
    );
    for finding in found.findings {
        let left = known.get_mut(&fingerprint(&finding, &found.sources));
        match left {
            Some(count) if *count > 0 => *count -= 1,
            // It judges the files as they are.
            _ if finding.rule == unused_allow::RULE.id => {}
            _ => {
                let finding = moved(finding, &found.sources, &mut outcome.sources, &title);
                let help = match &finding.help {
                    Some(help) => format!("{help}\n{note}"),
                    None => note.clone(),
                };
                outcome.findings.push(finding.help(help));
            }
        }
    }
}

/// The finding with its places in the other map. Its fix fits the text that nobody wrote, and is left out.
fn moved(mut finding: Diagnostic, from: &SourceMap, to: &mut SourceMap, title: &str) -> Diagnostic {
    finding.fix = None;
    let labels = finding.related.iter_mut();
    for label in std::iter::once(&mut finding.primary).chain(labels) {
        let file = same_text(label.span.file, from, to, title);
        label.span = Span { file, ..label.span };
    }
    finding
}

/// The file with this text in the other map; one that the switch changes is there a second time.
fn same_text(file: FileId, from: &SourceMap, to: &mut SourceMap, title: &str) -> FileId {
    let source = from.file(file);
    if let Some(known) = to.find(&source.path)
        && to.file(known).text == source.text
    {
        return known;
    }
    let path = source.path.join(format!("recovery of {title}"));
    to.add(path, source.name.clone(), Arc::clone(&source.text))
}
