//! Keys that tell the findings of one report apart and stay the same from run to run.

use std::collections::BTreeMap;

use crate::diagnostic::Diagnostic;
use crate::lint::fingerprint;
use crate::text::SourceMap;

/// The fingerprint of each finding and its number among those with the same one, from 1 on.
pub(super) fn numbered<'a>(
    findings: impl IntoIterator<Item = &'a Diagnostic>,
    sources: &SourceMap,
) -> Vec<(String, usize)> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let number = |found: &Diagnostic| {
        let print = fingerprint(found, sources);
        let count = seen.entry(print.clone()).or_default();
        *count += 1;
        (print, *count)
    };
    findings.into_iter().map(number).collect()
}
