//! Fixes until nothing changes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Fix, Safety};
use crate::facts::NoHistory;
use crate::text::edit::apply;
use crate::text::{Change, Edit, FileId, FileTree, SourceMap, Span};
use crate::yaml::{Locator, parse};

use super::overlaid::Overlaid;
use super::{Input, Options, run};

/// How often fixes may make way for further ones.
const ROUNDS: usize = 10;

/// The changes that the fixes of at least this safety amount to, in the order of paths. Writes nothing.
///
/// Each round applies the fixes that do not overlap and looks again. A fix whose result is no YAML is left out.
pub fn plan(
    tree: &dyn FileTree,
    input: &Input,
    options: &Options<'_>,
    least: Safety,
) -> Vec<Change> {
    let mut overlaid = Overlaid {
        below: tree,
        texts: BTreeMap::new(),
    };
    // No rule that needs the history offers a fix.
    let no_history = NoHistory("not needed for fixes".to_owned());
    let options = &Options {
        history: &no_history,
        ..*options
    };
    let mut originals: BTreeMap<PathBuf, Arc<str>> = BTreeMap::new();
    for _ in 0..ROUNDS {
        let outcome = run(&overlaid, input, options);
        let fixed = round(&outcome.sources, &outcome.findings, least);
        if fixed.is_empty() {
            break;
        }
        for (file, text) in fixed {
            let source = outcome.sources.file(file);
            originals
                .entry(source.path.clone())
                .or_insert_with(|| Arc::clone(&source.text));
            overlaid.texts.insert(source.path.clone(), text.into());
        }
    }
    let change = |(path, before): (PathBuf, Arc<str>)| {
        let after = overlaid.texts.remove(&path)?;
        (after != before).then_some(Change {
            path,
            before,
            after,
        })
    };
    originals.into_iter().filter_map(change).collect()
}

/// The texts after one round, by file.
fn round(sources: &SourceMap, findings: &[Diagnostic], least: Safety) -> BTreeMap<FileId, String> {
    let mut taken: BTreeMap<FileId, Vec<Edit>> = BTreeMap::new();
    let mut seen: BTreeSet<Vec<(Span, String)>> = BTreeSet::new();
    for fix in findings
        .iter()
        .filter_map(|finding| finding.fix.as_ref())
        .filter(|fix| fix.safety >= least)
    {
        let key = fix
            .edits
            .iter()
            .map(|edit| (edit.span, edit.text.clone()))
            .collect();
        if seen.insert(key) && fits(sources, &taken, fix) {
            for edit in &fix.edits {
                taken.entry(edit.span.file).or_default().push(edit.clone());
            }
        }
    }
    let text = |(file, edits): (FileId, Vec<Edit>)| {
        Some((file, apply(&sources.file(file).text, &edits).ok()?))
    };
    taken.into_iter().filter_map(text).collect()
}

/// Whether a fix can be added to those taken: every file still takes all edits and stays YAML.
fn fits(sources: &SourceMap, taken: &BTreeMap<FileId, Vec<Edit>>, fix: &Fix) -> bool {
    let files: BTreeSet<FileId> = fix.edits.iter().map(|edit| edit.span.file).collect();
    files.into_iter().all(|file| {
        let own = fix.edits.iter().filter(|edit| edit.span.file == file);
        let edits: Vec<Edit> = taken
            .get(&file)
            .into_iter()
            .flatten()
            .chain(own)
            .cloned()
            .collect();
        let result = apply(&sources.file(file).text, &edits);
        result.is_ok_and(|text| parse(&text, &Locator::File(file)).is_ok())
    })
}
