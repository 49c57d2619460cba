//! What kind of file a text is, before anything is concluded from it.

use crate::text::SourceFile;
use crate::yaml::{Document, Kind, Node, ParseError};

use super::reference::is_kustomization;

/// Why files are left out whose values only the holder of a key can read.
pub const ENCRYPTED: &str = "encrypted with SOPS";

/// Why a file is left out.
pub(super) enum Verdict {
    /// It is read.
    Manifest,
    /// It is left out for this reason.
    Skip(&'static str),
    /// It should hold manifests and does not parse.
    Broken,
}

/// Whether a file is one that walbound answers for: CloudNativePG manifests, or a kustomization.
pub fn is_manifest_text(file: &SourceFile) -> bool {
    is_kustomization(&file.path) || looks_like_cnpg(&file.text)
}

/// Whether a text looks like it holds CloudNativePG manifests: an `apiVersion` line of one of its groups.
pub(super) fn looks_like_cnpg(text: &str) -> bool {
    text.contains("cnpg.io/v1")
        && text.lines().any(|line| {
            line.trim_start_matches(['-', ' ', '\t'])
                .starts_with("apiVersion")
                && line.contains("cnpg.io/")
        })
}

/// Go templates and Helm charts use `{{`; inside quotes it is ordinary YAML, so only files that fail to parse are judged by it.
fn looks_like_template(text: &str) -> bool {
    text.contains("{{") && text.contains("}}")
}

/// Judges a file from its parse result. `in_chart` says that a `Chart.yaml` stands above its `templates` directory.
pub(super) fn judge(
    file: &SourceFile,
    parsed: &Result<Vec<Document>, ParseError>,
    in_chart: bool,
) -> Verdict {
    match parsed {
        _ if in_chart => Verdict::Skip("Helm chart template"),
        Err(_) if looks_like_template(&file.text) => Verdict::Skip("template, not plain YAML"),
        Err(_) if looks_like_cnpg(&file.text) => Verdict::Broken,
        Err(_) => Verdict::Skip("not valid YAML"),
        Ok(documents)
            if documents
                .iter()
                .any(|document| is_encrypted(&document.root)) =>
        {
            Verdict::Skip(ENCRYPTED)
        }
        Ok(documents)
            if documents
                .iter()
                .any(|document| has_custom_tag(&document.root)) =>
        {
            Verdict::Skip("custom YAML tags")
        }
        Ok(_) => Verdict::Manifest,
    }
}

/// Whether a document is encrypted by SOPS: a top-level `sops` map with a message authentication code.
fn is_encrypted(root: &Node) -> bool {
    root.at(&["sops", "mac"]).is_some()
}

/// Whether any node carries a tag that is not YAML's own.
fn has_custom_tag(node: &Node) -> bool {
    let own = node
        .tag()
        .is_some_and(|tag| !tag.starts_with("tag:yaml.org,2002:"));
    own || match &node.kind {
        Kind::Scalar(_) | Kind::Alias(_) => false,
        Kind::Sequence(items) => items.iter().any(has_custom_tag),
        Kind::Mapping(entries) => entries
            .iter()
            .any(|entry| has_custom_tag(&entry.key) || has_custom_tag(&entry.value)),
    }
}
