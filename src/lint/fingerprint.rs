//! What makes two findings of two runs the same.

use sha2::{Digest, Sha256};

use crate::diagnostic::Diagnostic;
use crate::text::SourceMap;

/// Tells whether two runs speak of the same finding: 32 hexadecimal digits over rule, object, pointer and the text of
/// the primary place. Lines may move without changing it. A finding about no object is known by its file instead.
pub fn fingerprint(found: &Diagnostic, sources: &SourceMap) -> String {
    let subject = match &found.object {
        Some(object) => [
            object.group.as_str(),
            &object.kind,
            object.namespace.as_deref().unwrap_or_default(),
            &object.name,
        ],
        None => [&sources.file(found.primary.span.file).name, "", "", ""],
    };
    let pointer = found.pointer.as_deref().unwrap_or_default();
    let value = sources.text(found.primary.span);
    let mut hash = Sha256::new();
    for part in [found.rule].iter().chain(&subject).chain(&[pointer, value]) {
        // With its length in front, no part can pass for the end of another.
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let digest = hash.finalize();
    digest
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
