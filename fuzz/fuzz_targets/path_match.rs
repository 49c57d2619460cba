//! Any text as a pattern, and any as a path.

#![no_main]

use libfuzzer_sys::fuzz_target;
use walbound::gitops::argocd::glob;
use walbound::gitops::argocd::path_match::{double_star, git_match, go_match};

fuzz_target!(|words: (&str, &str)| {
    let (pattern, path) = words;
    let inside = go_match(pattern, path);
    // Within one name, and without what only one of them knows, the patterns mean the same.
    let is_plain = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '*' | '?'));
    if is_plain(pattern) && is_plain(path) && !path.is_empty() && !pattern.is_empty() && !pattern.contains("**") {
        assert_eq!(inside, Some(glob::matches(pattern, path)), "{pattern} {path}");
        assert_eq!(inside, double_star(pattern, path), "{pattern} {path}");
    }
    let _ = (git_match(pattern, path), glob::matches(pattern, path), double_star(pattern, path));
});
