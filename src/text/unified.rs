//! Unified diffs.

use similar::algorithms::{Capture, Compact, Replace, myers};
use similar::udiff::UnifiedHunkHeader;
use similar::{ChangeTag, DiffOp};

/// Lines of context around a change, as many as Git shows.
const CONTEXT: usize = 3;

/// A unified diff with three lines of context, as `git diff` prints it; empty when nothing changed.
pub fn unified_diff(name: &str, before: &str, after: &str) -> String {
    if before == after {
        return String::new();
    }
    // As in Git, a carriage return ends no line.
    let old: Vec<&str> = before.split_inclusive('\n').collect();
    let new: Vec<&str> = after.split_inclusive('\n').collect();
    let mut diff = format!("--- a/{name}\n+++ b/{name}\n");
    for hunk in hunks(&old, &new) {
        diff.push_str(&format!("{}\n", UnifiedHunkHeader::new(&hunk)));
        for change in hunk.iter().flat_map(|part| part.iter_changes(&old, &new)) {
            diff.push(match change.tag() {
                ChangeTag::Equal => ' ',
                ChangeTag::Delete => '-',
                ChangeTag::Insert => '+',
            });
            diff.push_str(change.value());
            if !change.value().ends_with('\n') {
                diff.push_str("\n\\ No newline at end of file\n");
            }
        }
    }
    diff
}

/// What changes, with the context. The library's own entry brings all of its six algorithms into the program, half a
/// megabyte; this is the one that it takes by default.
fn hunks(old: &[&str], new: &[&str]) -> Vec<Vec<DiffOp>> {
    let mut found = Compact::new(Replace::new(Capture::new()), old, new);
    let Ok(()) = myers::diff(&mut found, old, 0..old.len(), new, 0..new.len());
    found.into_inner().into_inner().into_grouped_ops(CONTEXT)
}

#[cfg(test)]
mod tests {
    use super::*;

    // The expected texts are those of `git diff --no-index` (Git 2.47.3) without the lines that name blobs.

    #[test]
    fn changes_far_apart_are_hunks_of_their_own() {
        let before: String = (1..=20).map(|line| format!("{line}\n")).collect();
        let after = before.replace("\n4\n", "\nfour\n").replace("18\n", "");
        let expected = "--- a/x.yaml\n+++ b/x.yaml\n@@ -1,7 +1,7 @@\n 1\n 2\n 3\n-4\n+four\n 5\n 6\n 7\n@@ -15,6 +15,5 @@\n 15\n 16\n 17\n-18\n 19\n 20\n";
        assert_eq!(unified_diff("x.yaml", &before, &after), expected);
    }

    #[test]
    fn a_missing_newline_at_the_end_is_told_on_both_sides() {
        assert_eq!(
            unified_diff("x", "a\nb", "a\nc"),
            "--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+c\n\\ No newline at end of file\n"
        );
        assert_eq!(
            unified_diff("x", "a\nb", "a\nb\n"),
            "--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+b\n"
        );
    }

    #[test]
    fn a_new_file_begins_at_line_zero_and_carriage_returns_stay() {
        assert_eq!(
            unified_diff("x", "", "a\r\nb\rc\r\n"),
            "--- a/x\n+++ b/x\n@@ -0,0 +1,2 @@\n+a\r\n+b\rc\r\n"
        );
        assert_eq!(unified_diff("x", "a\n", "a\n"), "");
    }
}
