//! Where else an archive might be, when it is not where it was looked for.

use std::collections::BTreeSet;

use super::path::ServerPath;
use super::store::ObjectStore;

/// How many folders are looked into. Every one costs a request.
const MOST_LOOKS: usize = 64;

/// How many levels below the starting points are looked at.
const DEEPEST: usize = 3;

/// Prefixes that look like archives: other servers of the destination, a level too high or too low.
///
/// Only a help for people: a folder that cannot be listed is passed over.
pub(super) fn find(store: &dyn ObjectStore, path: &ServerPath) -> Vec<String> {
    let servers = path.servers_prefix();
    // The destination may already name the server, or lie beside the right one.
    let mut level = BTreeSet::from([path.prefix(), servers.clone()]);
    level.extend(above(&servers));
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for _ in 0..DEEPEST {
        let mut below = BTreeSet::new();
        for prefix in level {
            if seen.len() == MOST_LOOKS || !seen.insert(prefix.clone()) {
                continue;
            }
            let inside = store.directories(&prefix).unwrap_or_default();
            let holds = |name: &str| inside.contains(&format!("{prefix}{name}/"));
            if holds("base") || holds("wals") {
                found.push(prefix);
            } else {
                below.extend(inside);
            }
        }
        level = below;
    }
    found.sort();
    found
}

/// The folder above; none for the top of the bucket.
fn above(prefix: &str) -> Option<String> {
    let inner = prefix.strip_suffix('/')?;
    let end = inner.rfind('/').map_or(0, |slash| slash + 1);
    inner.get(..end).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::barman::memory::MemoryStore;

    fn near(path: &str, server: &str) -> Vec<String> {
        let mut store = MemoryStore::default();
        for key in [
            "cnpg/gitea/base/20260301T100000/backup.info",
            "cnpg/gitea-v2/wals/0000000100000000/000000010000000000000001.gz",
            "cnpg/old/gitea/gitea/wals/00000002.history",
            "cnpg/notes.txt",
            "other/base/x",
        ] {
            store.put(key, 0, b"");
        }
        find(&store, &ServerPath::new(path, server))
    }

    #[test]
    fn other_servers_of_the_destination_are_found() {
        let found = near("cnpg", "gitee");
        assert_eq!(found, ["cnpg/gitea-v2/", "cnpg/gitea/", "other/"]);
    }

    #[test]
    fn a_destination_that_names_the_server_already_is_found() {
        assert!(near("cnpg/gitea", "gitea").contains(&"cnpg/gitea/".to_owned()));
        assert!(near("cnpg/old", "gitea").contains(&"cnpg/old/gitea/gitea/".to_owned()));
        assert!(near("", "gitea").contains(&"cnpg/gitea/".to_owned()));
    }

    #[test]
    fn a_large_bucket_is_not_searched_whole() {
        let mut store = MemoryStore::default();
        for number in 0..1000 {
            store.put(&format!("{number}/base/x"), 0, b"");
        }
        let found = find(&store, &ServerPath::new("", "none"));
        assert!(
            found.len() < MOST_LOOKS && !found.is_empty(),
            "{}",
            found.len()
        );
        assert!(store.requests() <= MOST_LOOKS);
    }
}
