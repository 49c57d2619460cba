//! A recovery that stands in comments, which a migration leaves as it is.

use std::collections::BTreeSet;

use crate::project::Project;
use crate::text::Span;
use crate::yaml::{Comment, comments};

use super::gather::Gathered;

/// What is to be mended by hand in the comments of the documents that changed.
pub(super) fn notes(before: &Project, gathered: &Gathered<'_>, after: &Project) -> Vec<String> {
    let files: BTreeSet<_> = gathered.sheets.iter().map(|it| it.holder.file).collect();
    let stale = files.into_iter().filter_map(|file| {
        let old = before.sources.file(file);
        let id = after.sources.find(&old.path)?;
        let new = &after.sources.file(id).text;
        let documents = after.parsed.get(&id)?.as_ref().as_ref().ok()?;
        let stale = stale(&comments(new, id, documents), &old.text, new)?;
        Some(told(&after.sources.describe(stale.place), &stale.lost))
    });
    stale.collect()
}

/// Comments that a migration makes useless.
struct Stale {
    /// The first of them.
    place: Span,
    /// The names of anchors that they refer to and that are gone.
    lost: BTreeSet<String>,
}

fn stale(comments: &[Comment], old: &str, new: &str) -> Option<Stale> {
    let lost = |comment: &Comment| -> BTreeSet<String> {
        let names = aliases(&comment.text).into_iter();
        let gone = |name: &&str| has_anchor(old, name) && !has_anchor(new, name);
        names.filter(gone).map(str::to_owned).collect()
    };
    let mut found = comments
        .iter()
        .filter(|comment| is_in_tree(&comment.text) || !lost(comment).is_empty());
    let first = found.next()?;
    Some(Stale {
        place: first.span,
        lost: comments.iter().flat_map(lost).collect(),
    })
}

fn told(place: &str, lost: &BTreeSet<String>) -> String {
    let names: Vec<String> = lost.iter().map(|name| format!("`*{name}`")).collect();
    let nowhere = match names.len() {
        0 => String::new(),
        1 => format!(", and the alias {} leads nowhere now", names.join("")),
        _ => format!(", and the aliases {} lead nowhere now", names.join(", ")),
    };
    format!(
        "{place}: what stands in comments here is still for the in-tree store{nowhere}: write it for the plugin, before a recovery needs it"
    )
}

/// Whether a comment holds the key of an in-tree store.
fn is_in_tree(comment: &str) -> bool {
    let held = comment.trim_start_matches(['#', '-', ' ']);
    held.starts_with("barmanObjectStore:")
}

/// The names of aliases in a text.
fn aliases(text: &str) -> Vec<&str> {
    let starts = text.match_indices('*').filter(|(at, _)| {
        let before = text[..*at].chars().next_back();
        before.is_none_or(|before| " [{,".contains(before))
    });
    let names = starts.map(|(at, star)| name_at(&text[at + star.len()..]));
    names.filter(|name| !name.is_empty()).collect()
}

fn has_anchor(text: &str, name: &str) -> bool {
    let mut anchors = text.match_indices('&');
    anchors.any(|(at, sign)| name_at(&text[at + sign.len()..]) == name)
}

/// The name of an anchor or alias that begins a text.
fn name_at(text: &str) -> &str {
    let end = text.find(|c: char| c.is_whitespace() || ",[]{}".contains(c));
    &text[..end.unwrap_or(text.len())]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::FileId;
    use crate::yaml::{Locator, parse};

    fn said(old: &str, new: &str) -> Option<String> {
        let documents = parse(new, &Locator::File(FileId(0))).unwrap();
        let comments = comments(new, FileId(0), &documents);
        stale(&comments, old, new).map(|stale| told("here", &stale.lost))
    }

    #[test]
    fn words_about_the_store_are_no_recovery() {
        for comment in [
            "# moved away from barmanObjectStore",
            "# 2 * 3 * x",
            "#   source: *previous",
        ] {
            let text = format!("a: &previous 1\n{comment}\n");
            assert_eq!(said(&text, &text), None, "{comment}");
        }
    }

    #[test]
    fn aliases_are_named_when_their_anchors_go() {
        let old = "a: &key x\nb: &kept y\n# c: *key\n# d: [*kept, *key]\n# e: &own z\n# f: *own\n";
        let new = old.replace("&key ", "");
        let said = said(old, &new).unwrap();
        assert!(said.contains("alias `*key` leads nowhere"), "{said}");
    }

    #[test]
    fn a_store_in_comments_is_found_in_lists_too() {
        for line in ["#   barmanObjectStore:", "#- barmanObjectStore: {}"] {
            let text = format!("a: 1\n{line}\n");
            assert!(said(&text, &text).is_some(), "{line}");
        }
    }
}
