//! Which repository this is: the remotes of the checkout, against the addresses that Applications name.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::text::{EntryKind, FileTree, normalized};

/// The addresses under which the repository of a checkout is known.
#[derive(Debug, Default)]
pub(super) struct Remotes(BTreeSet<String>);

impl Remotes {
    /// Those of the Git configuration at the top of a checkout; none where it is no checkout.
    pub(super) fn of(tree: &dyn FileTree, top: &Path) -> Self {
        let configuration =
            directory(tree, top).and_then(|own| tree.read(&own.join("config")).ok());
        Self(configuration.map_or_else(BTreeSet::new, |text| addresses(&text)))
    }

    /// Only those that one of these addresses names too. Where none does, Argo CD reads a mirror, and nothing can be
    /// told from addresses.
    pub(super) fn confirmed<'u>(self, mut addresses: impl Iterator<Item = &'u str>) -> Self {
        if addresses.any(|own| self.0.contains(&plain(own))) {
            self
        } else {
            Self::default()
        }
    }

    /// Whether an address is that of another repository. One of the same name elsewhere may be a mirror.
    pub(super) fn is_other(&self, address: &str) -> bool {
        if self.0.is_empty() || address.is_empty() || address.contains("{{") {
            return false;
        }
        let address = plain(address);
        !self.0.iter().any(|own| name(own) == name(&address))
    }
}

/// The directory with the configuration; a linked worktree names another one.
fn directory(tree: &dyn FileTree, top: &Path) -> Option<PathBuf> {
    let own = top.join(".git");
    if tree.kind(&own)? == EntryKind::Directory {
        return Some(own);
    }
    let text = tree.read(&own).ok()?;
    let linked = normalized(&top.join(text.trim().strip_prefix("gitdir:")?.trim()));
    let common = tree.read(&linked.join("commondir")).ok();
    Some(match common {
        Some(common) => normalized(&linked.join(common.trim())),
        None => linked,
    })
}

/// `url` and `pushurl` of every remote. Source: git-config(1).
fn addresses(configuration: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut in_remote = false;
    for line in configuration.lines().map(str::trim) {
        if line.starts_with('[') {
            in_remote = line.starts_with("[remote ");
        } else if let Some((key, value)) = line.split_once('=')
            && in_remote
            && ["url", "pushurl"].contains(&key.trim().to_ascii_lowercase().as_str())
        {
            found.insert(plain(value.trim().trim_matches('"')));
        }
    }
    found
}

/// `host/path` of an address, however it is spelt. Source: Argo CD `util/git/git.go`, `NormalizeGitURL`.
fn plain(address: &str) -> String {
    let address = address.trim().to_ascii_lowercase();
    let rest = match address.split_once("://") {
        Some((_, rest)) => rest.to_owned(),
        // `git@host:path`
        None => address.replacen(':', "/", 1),
    };
    let rest = match rest.split_once('/') {
        Some((host, path)) => {
            let host = host.rsplit('@').next().unwrap_or(host);
            let host = host.split(':').next().unwrap_or(host);
            format!("{host}/{}", path.trim_start_matches('/'))
        }
        None => rest,
    };
    let rest = rest.trim_end_matches('/');
    rest.strip_suffix(".git").unwrap_or(rest).to_owned()
}

/// The last part of an address.
fn name(address: &str) -> &str {
    address.rsplit('/').next().unwrap_or(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIGURATION: &str = "[core]\n\turl = no\n[remote \"origin\"]\n\turl = git@git.example.org:Team/infra.git\n\tfetch = +refs/heads/*:refs/remotes/origin/*\n[branch \"main\"]\n\tremote = origin\n";

    fn remotes() -> Remotes {
        Remotes(addresses(CONFIGURATION))
    }

    #[test]
    fn one_repository_has_many_spellings() {
        for same in [
            "https://git.example.org/team/infra",
            "https://user:secret@git.example.org:8443/team/infra.git/",
            "ssh://git@git.example.org:22/team/infra.git",
            "git@git.example.org:team/infra.git",
        ] {
            assert_eq!(plain(same), "git.example.org/team/infra", "{same}");
        }
    }

    #[test]
    fn another_repository_is_told_only_where_this_one_is_named() {
        let here = [
            "https://git.example.org/team/infra.git",
            "https://git.example.org/team/apps.git",
        ];
        let known = remotes().confirmed(here.into_iter());
        assert!(!known.is_other(here[0]));
        assert!(known.is_other(here[1]));
        assert!(!known.is_other("http://mirror.svc/x/infra"), "a mirror");
        assert!(!known.is_other("{{ .repo }}"));
        let mirrored = remotes().confirmed(["http://gitea.svc/all/gitops"].into_iter());
        assert!(!mirrored.is_other("https://git.example.org/team/apps.git"));
        assert!(!Remotes::default().is_other("https://git.example.org/team/apps.git"));
    }
}
