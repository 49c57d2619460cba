//! The checksums that newer AWS SDKs send with every upload, and which many S3-compatible services refuse.

use crate::yaml::Node;

/// The variables that make the SDK leave checksums out, each with the value `when_required`.
/// Source: plugin-barman-cloud `web/docs/object_stores.md`.
pub const SETTINGS: [&str; 2] = [
    "AWS_REQUEST_CHECKSUM_CALCULATION",
    "AWS_RESPONSE_CHECKSUM_VALIDATION",
];

/// Whether a store speaks S3 and is not Amazon's own. `configuration` is that of an ObjectStore or a
/// `barmanObjectStore`.
pub fn matter(configuration: &Node) -> bool {
    let endpoint = configuration
        .get("endpointURL")
        .and_then(Node::text)
        .unwrap_or_default();
    let host = endpoint
        .split_once("://")
        .map_or(endpoint, |(_, rest)| rest);
    let host = host.split(['/', ':']).next().unwrap_or_default();
    let other = ["azureCredentials", "googleCredentials"]
        .iter()
        .any(|key| configuration.get(key).is_some_and(|node| !node.is_null()));
    let amazon = host.ends_with(".amazonaws.com") || host.ends_with(".amazonaws.com.cn");
    !endpoint.is_empty() && !other && !amazon
}
