//! Patterns of paths, as the programs read them.

use std::iter::Peekable;
use std::str::Chars;

/// A part of a pattern.
#[derive(Debug, Clone, PartialEq)]
enum Part {
    /// `*`
    Star,
    /// `?`
    One,
    /// `[a-z]`, negated or not.
    Class(bool, Vec<(char, char)>),
    /// A character.
    Literal(char),
}

/// Go's `path.Match`: `*` and `?` stay inside of one name, `[a-z]`, `[^a-z]`, `\` takes away the meaning; there is
/// neither `**` nor `{a,b}`. `None` for a malformed pattern.
pub fn go_match(pattern: &str, path: &str) -> Option<bool> {
    let parts = parts(pattern, &GO)?;
    Some(matches(&parts, path, |c| c != '/'))
}

/// The patterns of `git ls-files`: `*`, `?` and classes cross `/`, and a pattern that names a directory names all in it.
pub fn git_match(pattern: &str, path: &str) -> bool {
    let pattern = pattern.strip_prefix("./").unwrap_or(pattern);
    let below = pattern.trim_end_matches('/');
    if path == pattern
        || below.is_empty()
        || path
            .strip_prefix(below)
            .is_some_and(|rest| rest.starts_with('/'))
    {
        return true;
    }
    parts(pattern, &GIT).is_some_and(|parts| matches(&parts, path, |_| true))
}

/// The patterns of doublestar: those of [`go_match`], with `**` for any number of directories and `{a,b}`.
pub fn double_star(pattern: &str, path: &str) -> Option<bool> {
    let mut any = false;
    for pattern in alternatives(pattern)? {
        let names: Vec<&str> = pattern.split('/').collect();
        let parts: Vec<&str> = path.split('/').collect();
        any |= directories(&names, &parts)?;
    }
    Some(any)
}

/// Most patterns that the braces of one may stand for.
const MOST_ALTERNATIVES: usize = 256;

/// The patterns that braces stand for. `None` where there are too many, or a brace is left open.
fn alternatives(pattern: &str) -> Option<Vec<String>> {
    let mut done = Vec::new();
    let mut open = vec![pattern.to_owned()];
    while let Some(pattern) = open.pop() {
        if done.len() + open.len() > MOST_ALTERNATIVES {
            return None;
        }
        let Some(start) = pattern.find('{') else {
            done.push(pattern);
            continue;
        };
        let (mut depth, mut cuts, mut end) = (0, vec![start], None);
        for (at, character) in pattern.char_indices().skip_while(|(at, _)| *at < start) {
            match character {
                '{' => depth += 1,
                ',' if depth == 1 => cuts.push(at),
                '}' => {
                    depth -= 1;
                    if depth == 0 {
                        end = Some(at);
                        break;
                    }
                }
                _ => {}
            }
        }
        cuts.push(end?);
        for pair in cuts.windows(2).rev() {
            let [from, to] = pair else { continue };
            let middle = &pattern[from + 1..*to];
            open.push(format!(
                "{}{middle}{}",
                &pattern[..start],
                &pattern[end? + 1..]
            ));
        }
    }
    Some(done)
}

/// Matches names one by one; which names of the path the first ones of the pattern can end at is kept as a set, so that
/// many `**` cost no more than one.
fn directories(names: &[&str], path: &[&str]) -> Option<bool> {
    let mut reached = vec![false; path.len() + 1];
    reached[0] = true;
    for name in names {
        let mut next = vec![false; path.len() + 1];
        if *name == "**" {
            let mut any = false;
            for (at, own) in reached.iter().enumerate() {
                any |= own;
                next[at] = any;
            }
        } else {
            for (at, part) in path.iter().enumerate() {
                next[at + 1] = go_match(name, part)? && reached[at];
            }
        }
        reached = next;
    }
    Some(reached[path.len()])
}

/// How a program reads character classes.
struct Dialect {
    /// What turns a class around.
    negations: &'static [char],
    /// Whether `-` and `]` stand for themselves only behind `\`; else a `]` at the start and a `-` at the end do.
    strict: bool,
}

/// Source: Go `path/match.go`.
const GO: Dialect = Dialect {
    negations: &['^'],
    strict: true,
};

/// Source: Git `wildmatch.c`.
const GIT: Dialect = Dialect {
    negations: &['!', '^'],
    strict: false,
};

/// The rest of a pattern.
type Rest<'p> = Peekable<Chars<'p>>;

/// The parts of a pattern; `None` for a malformed one.
fn parts(pattern: &str, dialect: &Dialect) -> Option<Vec<Part>> {
    let mut parts = Vec::new();
    let mut rest = pattern.chars().peekable();
    while let Some(character) = rest.next() {
        parts.push(match character {
            '*' => Part::Star,
            '?' => Part::One,
            '\\' => Part::Literal(rest.next()?),
            '[' => dialect.class(&mut rest)?,
            other => Part::Literal(other),
        });
    }
    Some(parts)
}

impl Dialect {
    /// What stands between `[` and `]`.
    fn class(&self, rest: &mut Rest<'_>) -> Option<Part> {
        let negated = rest.next_if(|next| self.negations.contains(next)).is_some();
        let mut ranges = Vec::new();
        while ranges.is_empty() || rest.next_if_eq(&']').is_none() {
            let first = self.character(rest)?;
            let last = if self.is_range(rest) {
                rest.next();
                self.character(rest)?
            } else {
                first
            };
            ranges.push((first, last));
        }
        Some(Part::Class(negated, ranges))
    }

    fn is_range(&self, rest: &Rest<'_>) -> bool {
        let mut ahead = rest.clone();
        ahead.next() == Some('-') && (self.strict || ahead.next().is_some_and(|next| next != ']'))
    }

    fn character(&self, rest: &mut Rest<'_>) -> Option<char> {
        match rest.next()? {
            '\\' => rest.next(),
            '-' | ']' if self.strict => None,
            other => Some(other),
        }
    }
}

/// Whether the whole text matches. A star that failed is never tried again before the last one, so the time is at most
/// the product of both lengths.
fn matches(parts: &[Part], text: &str, crosses: impl Fn(char) -> bool) -> bool {
    let text: Vec<char> = text.chars().collect();
    let (mut part, mut at) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    loop {
        let fits = match (parts.get(part), text.get(at)) {
            (None, None) => return true,
            (Some(Part::Star), _) => {
                retry = Some((part, at));
                part += 1;
                continue;
            }
            (Some(Part::One), Some(c)) => crosses(*c),
            (Some(Part::Class(negated, ranges)), Some(c)) => {
                let inside = ranges
                    .iter()
                    .any(|(first, last)| (first..=last).contains(&c));
                inside != *negated && crosses(*c)
            }
            (Some(Part::Literal(own)), Some(c)) => own == c,
            _ => false,
        };
        if fits {
            part += 1;
            at += 1;
            continue;
        }
        match retry {
            Some((star, from)) if from < text.len() && crosses(text[from]) => {
                retry = Some((star, from + 1));
                part = star + 1;
                at = from + 1;
            }
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_of_go_stay_inside_of_one_name() {
        assert_eq!(go_match("db/*", "db/shop"), Some(true));
        assert_eq!(go_match("db/*", "db/shop/base"), Some(false));
        assert_eq!(go_match("db/*", "db"), Some(false));
        assert_eq!(go_match("db/**", "db/shop/base"), Some(false));
        assert_eq!(go_match("*/*", "a/b"), Some(true));
        assert_eq!(go_match("db/[a-m]*", "db/shop"), Some(false));
        assert_eq!(go_match("db/[^a-m]?op", "db/shop"), Some(true));
        assert_eq!(go_match("db/[^n-z]?op", "db/shop"), Some(false));
        assert_eq!(go_match("{a,b}", "a"), Some(false));
        assert_eq!(go_match("[", "a"), None);
        assert_eq!(go_match("a*b*c", "aXbYc"), Some(true));
        assert_eq!(go_match("a*b*c", "aXbYd"), Some(false));
    }

    // `git ls-files` 2.39 lists exactly these.
    #[test]
    fn stars_of_git_cross_directories() {
        assert!(git_match("apps/*.yaml", "apps/a/b/c.yaml"));
        assert!(git_match("apps/**/config.json", "apps/a/b/config.json"));
        assert!(!git_match("apps/**/config.json", "apps/config.json"));
        assert!(git_match("apps", "apps/a.yaml"));
        assert!(git_match("apps/", "apps/a.yaml"));
        assert!(!git_match("app", "apps/a.yaml"));
        assert!(git_match("apps/[!b].yaml", "apps/a.yaml"));
        assert!(!git_match("*.yml", "a.yaml"));
    }

    #[test]
    fn double_stars_stand_for_any_number_of_directories() {
        assert_eq!(double_star("apps/**/c.yaml", "apps/c.yaml"), Some(true));
        assert_eq!(double_star("apps/**/c.yaml", "apps/a/b/c.yaml"), Some(true));
        assert_eq!(double_star("apps/*.yaml", "apps/a/c.yaml"), Some(false));
        assert_eq!(
            double_star("{apps,db}/*.{yaml,json}", "db/c.json"),
            Some(true)
        );
        assert_eq!(double_star("**/**/**/x", "a/b/c/d"), Some(false));
        assert_eq!(double_star("{a", "a"), None);
    }

    #[test]
    fn a_hostile_pattern_takes_no_time() {
        let path = "a".repeat(2_000);
        assert_eq!(
            go_match(&"*a".repeat(500).replace("a*", "*"), &(path.clone() + "b")),
            Some(false)
        );
        assert!(!git_match(&("*a".repeat(200) + "b"), &path));
        assert_eq!(double_star(&"{a,b}".repeat(30), "a"), None);
    }
}
