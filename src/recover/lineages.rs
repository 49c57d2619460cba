//! Which server names were used, as far as anything at hand tells, and the next one that was not.

use std::collections::BTreeMap;

use jiff::civil::Date;
use thiserror::Error;

use crate::facts::history::mentions::announces;
use crate::model::lineage::{LineageStyle, ServerName};
use crate::project::{Database, Project};
use crate::yaml::comments;

/// How many names are tried before giving up: far more than any repository has lineages.
const MOST_TRIES: usize = 10_000;

/// Where a server name was met.
pub type Trace = String;

/// Server names that must not be used again, each with one place where it was met.
#[derive(Debug, Clone, Default)]
pub struct Lineages {
    seen: BTreeMap<String, Trace>,
}

/// What an archive holds under a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Occupancy {
    /// Nothing.
    Empty,
    /// Something.
    Occupied,
    /// Nobody can tell, and why.
    Unknown(String),
}

/// Why no next name can be proposed.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
pub enum NoNextLineage {
    /// The name is made of variables that are not known here.
    #[error("the server name `{0}` is made of variables whose values are not known here")]
    Variable(String),
    /// `lineage.pattern` has no place for a number or a date, or one that is not known.
    #[error(
        "`lineage.pattern` is `{0}`: it needs `{{n}}` or `{{date}}`, and may hold `{{cluster}}`"
    )]
    Pattern(String),
    /// Every name that was tried is in use.
    #[error("no unused name was found after `{0}`")]
    Exhausted(String),
}

impl Lineages {
    /// Every server name that the manifests hold: values, variables, names of Clusters, and what comments next to a
    /// lineage record. A comment that announces the next name does not count.
    pub fn of(project: &Project, database: &Database<'_>) -> Self {
        let mut lineages = Self::default();
        for cluster in &project.clusters {
            let sources = cluster.external_clusters.iter().filter_map(|entry| {
                let plugin = entry.plugin.as_ref()?.server_name.as_ref()?;
                Some((plugin.value.clone(), plugin.span))
            });
            let own = cluster.archives_to(&project.stores);
            let own = own.map(|archive| {
                let name = archive.server_name;
                (name.value, name.place.span)
            });
            let read = cluster.recovers_from(&project.stores);
            let read =
                read.map(|archive| (archive.server_name.value, archive.server_name.place.span));
            for (name, span) in sources.chain(own).chain(read) {
                let place = project.sources.describe(span);
                lineages.add(&database.resolve(&name), &place);
            }
        }
        if let Some(delivery) = &database.delivery {
            for value in delivery.variables.values() {
                lineages.add(&value.value, &project.sources.describe(value.span));
            }
        }
        lineages
    }

    /// Adds a name.
    pub fn add(&mut self, name: &str, place: &str) {
        self.seen
            .entry(name.to_owned())
            .or_insert_with(|| place.to_owned());
    }

    /// Adds all names of another collection.
    pub fn join(&mut self, other: &Self) {
        for (name, place) in &other.seen {
            self.add(name, place);
        }
    }

    /// Where the name was met: among those added, or as a word of any file.
    pub fn find(&self, project: &Project, database: &Database<'_>, name: &str) -> Option<Trace> {
        self.seen
            .get(name)
            .cloned()
            .or_else(|| word_in_files(project, name))
            .or_else(|| number_in_log(project, database, name))
    }

    /// The first name after `current` that nobody used, in its style or that of `pattern`.
    ///
    /// # Errors
    /// When there is none.
    pub fn next(
        &self,
        database: &Database<'_>,
        current: &str,
        pattern: Option<&str>,
        today: Date,
        occupied: &mut dyn FnMut(&str) -> bool,
    ) -> Result<ServerName, NoNextLineage> {
        let project = database.project;
        let mut name = self.start(database, current, pattern, today)?;
        for _ in 0..MOST_TRIES {
            let free = self.find(project, database, name.as_str()).is_none();
            if free && !occupied(name.as_str()) {
                return Ok(name);
            }
            name = name
                .next(today)
                .ok_or_else(|| NoNextLineage::Variable(current.to_owned()))?;
        }
        Err(NoNextLineage::Exhausted(current.to_owned()))
    }

    /// The first candidate: after the highest number that was met in the family of the current name.
    fn start(
        &self,
        database: &Database<'_>,
        current: &str,
        pattern: Option<&str>,
        today: Date,
    ) -> Result<ServerName, NoNextLineage> {
        let unknown = || NoNextLineage::Variable(current.to_owned());
        if let Some(pattern) = pattern {
            return self.by_pattern(database, current, pattern, today);
        }
        let own = ServerName::new(current);
        let mut highest = own.clone();
        for name in self.seen.keys().map(ServerName::new) {
            let related = stem(name.as_str()) == stem(current) && counts_alike(&name, &own);
            if related && name.generation() > highest.generation() {
                highest = name;
            }
        }
        highest.next(today).ok_or_else(unknown)
    }

    fn by_pattern(
        &self,
        database: &Database<'_>,
        current: &str,
        pattern: &str,
        today: Date,
    ) -> Result<ServerName, NoNextLineage> {
        let wrong = || NoNextLineage::Pattern(pattern.to_owned());
        let date = format!("{:04}{:02}{:02}", today.year(), today.month(), today.day());
        let filled = pattern
            .replace("{cluster}", &database.name)
            .replace("{date}", &date);
        let dated = pattern.contains("{date}");
        let Some((before, after)) = filled.split_once("{n}") else {
            return if dated && !filled.contains(['{', '}']) {
                Ok(ServerName::new(filled))
            } else {
                Err(wrong())
            };
        };
        // A number that is not the last thing could not be counted on.
        if !after.is_empty() || before.contains(['{', '}']) {
            return Err(wrong());
        }
        let number = |name: &str| name.strip_prefix(before)?.parse::<u64>().ok();
        let highest = self.seen.keys().filter_map(|name| number(name)).max();
        let start = highest
            .max(number(current))
            .or_else(|| ServerName::new(current).generation().filter(|_| !dated))
            .map_or(1, |highest| highest.saturating_add(1));
        Ok(ServerName::new(format!("{before}{start}")))
    }
}

/// Whether the numbers of two names can be compared: `-09` is followed by `-10`.
fn counts_alike(one: &ServerName, other: &ServerName) -> bool {
    let plain = |name: &ServerName| {
        matches!(
            name.style(),
            LineageStyle::Counter | LineageStyle::ZeroPadded { .. }
        )
    };
    one.style() == other.style() || (plain(one) && plain(other))
}

/// The name without the digits at its end.
fn stem(name: &str) -> &str {
    name.trim_end_matches(|c: char| c.is_ascii_digit())
}

/// The first file that holds the name as a word, but for comments that announce it.
fn word_in_files(project: &Project, name: &str) -> Option<Trace> {
    let is_part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || "-_".contains(c));
    for (_, file) in project.sources.iter() {
        let mut from = 0;
        while let Some(found) = file.text.get(from..).and_then(|rest| rest.find(name)) {
            let at = from + found;
            let end = at + name.len();
            from = end;
            let before = file.text[..at].chars().next_back();
            let after = file.text[end..].chars().next();
            if is_part(before) || is_part(after) || is_announced(&file.text, at) {
                continue;
            }
            let position = file.position(at);
            return Some(format!(
                "{}:{}:{}",
                file.name, position.line, position.column
            ));
        }
    }
    None
}

/// Whether the place is in a comment that speaks of the next time.
fn is_announced(text: &str, at: usize) -> bool {
    let start = text[..at].rfind(['\n', '\r']).map_or(0, |line| line + 1);
    let before = &text[start..at];
    let mut words = before.split(|c: char| !(c.is_alphanumeric() || "-_.".contains(c)));
    before.contains('#') && words.any(announces)
}

/// A log of lineages in comments, `v3  2026-01-20  abandoned`, in the file that holds the write lineage.
fn number_in_log(project: &Project, database: &Database<'_>, name: &str) -> Option<Trace> {
    let digits = &name[stem(name).len()..];
    if digits.is_empty() || !stem(name).ends_with(['v', 'V']) {
        return None;
    }
    let short = format!("v{digits}");
    for cluster in &database.clusters {
        let Some(archive) = cluster.archives_to(&project.stores) else {
            continue;
        };
        let file = archive.server_name.place.span.file;
        let Some(Ok(documents)) = project.parsed.get(&file).map(|parsed| parsed.as_ref()) else {
            continue;
        };
        let text = &project.sources.file(file).text;
        let found = comments(text, file, documents).into_iter().find(|comment| {
            let mut words = comment
                .text
                .split(|c: char| !(c.is_alphanumeric() || "-_.".contains(c)));
            let named = words.any(|word| word.trim_end_matches('.') == short);
            comment.own_line && named && !is_announced(text, comment.span.range().end)
        });
        if let Some(comment) = found {
            return Some(project.sources.describe(comment.span));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::is_announced;

    #[test]
    fn only_the_word_next_announces_a_name() {
        for (text, expected) in [
            ("name: x # next time: db-v5", true),
            ("# The Next. one is db-v5", true),
            ("# nextcloud: v4 was lost, db-v5", false),
            ("next: db-v5", false),
        ] {
            assert_eq!(is_announced(text, text.len()), expected, "{text}");
        }
    }
}
