//! Path patterns.

use serde::Deserialize;

/// A path pattern: `*` and `?` stay within a segment, `**` as a whole segment stands for any number of segments.
///
/// A pattern that matches a directory covers everything below it. Paths use `/` and are relative.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub struct Glob(String);

impl Glob {
    /// A pattern. A leading `./` or `/` and a trailing `/` mean nothing.
    pub fn new(pattern: impl Into<String>) -> Self {
        let pattern: String = pattern.into();
        let pattern = pattern.strip_prefix("./").unwrap_or(&pattern);
        Self(pattern.trim_matches('/').to_owned())
    }

    /// Whether the pattern matches the path or a directory above it.
    pub fn matches(&self, path: &str) -> bool {
        let pattern: Vec<&str> = self.0.split('/').collect();
        let path: Vec<&str> = path.split('/').collect();
        // `reached[n]`: the pattern so far matches the first n segments. One row per pattern segment keeps the
        // work at patterns × segments, whatever the stars.
        let mut reached = vec![false; path.len() + 1];
        reached[0] = true;
        for segment in &pattern {
            let mut next = vec![false; path.len() + 1];
            if *segment == "**" {
                let mut any = false;
                for (at, slot) in next.iter_mut().enumerate() {
                    any |= reached[at];
                    *slot = any;
                }
            } else {
                for (at, name) in path.iter().enumerate() {
                    next[at + 1] = reached[at] && segment_matches(segment, name);
                }
            }
            reached = next;
        }
        reached.iter().skip(1).any(|reached| *reached)
    }
}

impl From<String> for Glob {
    fn from(pattern: String) -> Self {
        Self::new(pattern)
    }
}

/// `*` and `?` within one segment; on a mismatch only the latest star gives way, so the work is bounded.
fn segment_matches(pattern: &str, name: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    let (mut p, mut n) = (0, 0);
    let mut star = None;
    while n < name.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, n));
                p += 1;
            }
            Some(wanted) if *wanted == '?' || *wanted == name[n] => {
                p += 1;
                n += 1;
            }
            _ => {
                let Some((star_p, star_n)) = star else {
                    return false;
                };
                star = Some((star_p, star_n + 1));
                p = star_p + 1;
                n = star_n + 1;
            }
        }
    }
    pattern[p..].iter().all(|rest| *rest == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_keep_to_their_segments() {
        for (pattern, path, expected) in [
            ("**/charts/**", "charts/x.yaml", true),
            ("**/charts/**", "a/b/charts/c/d.yaml", true),
            ("**/charts/**", "a/mycharts/x.yaml", false),
            ("db/scratch/**", "db/scratch/a/b.yaml", true),
            ("db/scratch/**", "db/scratches/b.yaml", false),
            ("db/*.yaml", "db/a.yaml", true),
            ("db/*.yaml", "db/a/b.yaml", false),
            ("db/a?.yaml", "db/ab.yaml", true),
            ("db/a?.yaml", "db/a.yaml", false),
            ("*/base", "db/base/x/y.yaml", true),
            ("./db/", "db/a.yaml", true),
            ("/db", "db", true),
            ("*-v*-*.yaml", "a-v1-b.yaml", true),
            ("**", "anything/at/all", true),
            ("ü?", "üé", true),
            ("a", "b", false),
        ] {
            assert_eq!(
                Glob::new(pattern).matches(path),
                expected,
                "{pattern} {path}"
            );
        }
    }

    #[test]
    fn many_stars_take_no_time() {
        let pattern = "*a".repeat(200);
        let path = "a".repeat(4000) + "b";
        assert!(!Glob::new(pattern).matches(&path));
        let deep = vec!["**/x"; 60].join("/");
        assert!(!Glob::new(deep).matches(&vec!["x"; 59].join("/")));
    }
}
