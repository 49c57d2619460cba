//! The ObjectStore that takes over from an in-tree store, and patches of it.

use crate::model::checksums;
use crate::yaml::Node;
use crate::yaml::patch::written;

use super::lines;
use super::stanza::{Piece, Stanza};

/// An ObjectStore, whole or as a patch.
pub(super) struct StoreText<'s> {
    /// `metadata.name`.
    pub(super) name: &'s str,
    /// `metadata.namespace`.
    pub(super) namespace: Option<&'s str>,
    /// `spec.retentionPolicy`.
    pub(super) retention: Option<&'s Piece>,
    /// `spec.configuration`.
    pub(super) configuration: Option<&'s Stanza>,
    /// Whether the sidecar gets the [`checksums::SETTINGS`].
    pub(super) checksums: bool,
}

impl StoreText<'_> {
    /// The document; `None` where a value cannot be written.
    pub(super) fn write(&self, line_break: &str) -> Option<String> {
        let mut text = format!(
            "apiVersion: barmancloud.cnpg.io/v1\nkind: ObjectStore\nmetadata:\n  name: {}\n",
            written(self.name)
        );
        if let Some(namespace) = self.namespace {
            text += &format!("  namespace: {}\n", written(namespace));
        }
        text += "spec:\n";
        if let Some(retention) = self.retention {
            text += &retention.write(2, "\n")?;
        }
        if let Some(stanza) = self
            .configuration
            .filter(|stanza| !stanza.pieces.is_empty())
        {
            let head = stanza
                .head
                .as_ref()
                .map_or(String::new(), |head| format!(" {head}"));
            text += &format!("  configuration:{head}\n");
            for piece in &stanza.pieces {
                text += &piece.write(4, "\n")?;
            }
        }
        if self.checksums {
            text += "  instanceSidecarConfiguration:\n    env:\n      # S3-compatible stores often refuse the checksums that newer SDKs send.\n";
            for name in checksums::SETTINGS {
                text += &format!("      - name: {name}\n        value: when_required\n");
            }
        }
        Some(lines::shifted(&text, 0, 0, line_break))
    }
}

/// Whether two stores hold the same objects, open with the same keys and read them alike: what a recovery source may
/// share with the store that is written to.
pub(super) fn reads_alike(source: &Node, own: &Node) -> bool {
    let same = |key: &str| match (present(source, key), present(own, key)) {
        (None, None) => true,
        (Some(one), Some(other)) => means_same(one, other),
        _ => false,
    };
    let reading = [
        "destinationPath",
        "endpointURL",
        "endpointCA",
        "s3Credentials",
        "azureCredentials",
        "googleCredentials",
    ];
    reading.into_iter().all(same) && (present(source, "wal").is_none() || same("wal"))
}

fn present<'n>(node: &'n Node, key: &str) -> Option<&'n Node> {
    node.get(key).filter(|node| !node.is_null())
}

/// Whether two values say the same, whatever the order of keys.
pub(super) fn means_same(one: &Node, other: &Node) -> bool {
    if let (Some(one), Some(other)) = (one.as_mapping(), other.as_mapping()) {
        return one.len() == other.len()
            && one.iter().all(|entry| {
                let key = entry.key.text().unwrap_or_default();
                let twin = other.iter().find(|other| other.key.text() == Some(key));
                twin.is_some_and(|twin| means_same(&entry.value, &twin.value))
            });
    }
    if let (Some(one), Some(other)) = (one.as_sequence(), other.as_sequence()) {
        return one.len() == other.len()
            && one
                .iter()
                .zip(other)
                .all(|(one, other)| means_same(one, other));
    }
    one.text().is_some() && one.text() == other.text() && one.is_null() == other.is_null()
}
