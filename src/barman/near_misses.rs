//! Where else an archive might be, when it is not where it was looked for.

use super::path::ServerPath;
use super::store::ObjectStore;

/// How many folders are looked into. Every one costs a request.
const MOST_LOOKS: usize = 64;

/// Prefixes that look like archives: other servers of the destination, a level too high or too low.
///
/// Only a help for people: a store that does not answer ends the search without an error.
pub(super) fn find(store: &dyn ObjectStore, path: &ServerPath) -> Vec<String> {
    let servers = path.servers_prefix();
    let mut open = vec![path.prefix(), servers.clone()];
    // The destination may already name the server.
    open.extend(parent(&servers));
    let mut found = Vec::new();
    let mut looks = 0;
    let mut depth = 0;
    while depth < 3 && !open.is_empty() {
        let mut deeper = Vec::new();
        for prefix in &open {
            if looks == MOST_LOOKS {
                break;
            }
            looks += 1;
            let inside = store.directories(prefix).unwrap_or_default();
            let is_archive = |name: &str| inside.contains(&format!("{prefix}{name}/"));
            if is_archive("base") || is_archive("wals") {
                found.push(prefix.clone());
            } else {
                deeper.extend(inside);
            }
        }
        open = deeper;
        depth += 1;
    }
    found.sort();
    found.dedup();
    found
}

/// The folder above; none for the top of the bucket.
fn parent(prefix: &str) -> Option<String> {
    let inner = prefix.strip_suffix('/')?;
    let above = inner.rfind('/').map_or("", |at| &inner[..=at]);
    Some(above.to_owned())
}
