//! From text to [`Config`], with the place of every mistake.

use std::collections::BTreeMap;
use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Deserializer};
use thiserror::Error;

use crate::text::suggest::closest;
use crate::text::{FileId, Position, SourceMap, Span};
use crate::yaml::{self, Locator, Node};

use super::Config;

/// What is wrong with a configuration file.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
#[error("{message}{}", suggestion.as_deref().map(|name| format!("; did you mean `{name}`?")).unwrap_or_default())]
pub struct ConfigError {
    /// Where the mistake stands.
    pub at: Position,
    /// What is wrong, without the place.
    pub message: String,
    /// The name that was probably meant.
    pub suggestion: Option<String>,
}

impl Config {
    /// Reads a configuration file. `rules` holds every known rule id.
    ///
    /// # Errors
    /// The first mistake: bad YAML, an unknown key, value or rule, an ignored finding without place or reason.
    pub fn parse(text: &str, rules: &[&str]) -> Result<Self, ConfigError> {
        // serde_yaml takes a byte order mark for content.
        let body = text.strip_prefix('\u{feff}').unwrap_or(text);
        if body.lines().all(is_blank) {
            return Ok(Self::default());
        }
        let mut config: Self = serde_yaml::from_str(body).map_err(|error| explain(&error))?;
        let places = Places::new(body);
        places.check(&config, rules)?;
        let before = text.len() - body.len();
        for (at, entry) in config.ignore.iter_mut().enumerate() {
            let until = places.ignore(at).and_then(|entry| entry.get("until"));
            let span = until.map(|until| until.span().range());
            entry.until_at = span.map(|span| span.start + before..span.end + before);
        }
        Ok(config)
    }
}

fn is_blank(line: &str) -> bool {
    let line = line.trim_start();
    line.is_empty() || line.starts_with('#') || line == "---"
}

/// serde names the unknown word first and then the known ones, each in backticks.
fn explain(error: &serde_yaml::Error) -> ConfigError {
    let (line, column) = error
        .location()
        .map_or((1, 1), |at| (at.line(), at.column()));
    let full = error.to_string();
    let message = full
        .strip_suffix(&format!(" at line {line} column {column}"))
        .unwrap_or(&full);
    let mut words = message.split('`').skip(1).step_by(2);
    let unknown = words.next().filter(|_| message.contains("unknown "));
    let known: Vec<&str> = words.collect();
    ConfigError {
        at: Position { line, column },
        message: message.to_owned(),
        suggestion: unknown
            .and_then(|word| closest(word, &known))
            .map(str::to_owned),
    }
}

/// The same file as a tree with places, for the mistakes that only walbound can see.
struct Places {
    sources: SourceMap,
    root: Option<Node>,
}

impl Places {
    fn new(text: &str) -> Self {
        let mut sources = SourceMap::default();
        let file = sources.add("config".into(), String::new(), text.into());
        let root = yaml::parse(text, &Locator::File(file))
            .ok()
            .and_then(|documents| documents.into_iter().next())
            .map(|document| document.root);
        Self { sources, root }
    }

    fn check(&self, config: &Config, rules: &[&str]) -> Result<(), ConfigError> {
        let levels = self.root.as_ref().and_then(|root| root.get("rules"));
        let mut seen: Vec<&str> = Vec::new();
        for entry in levels.and_then(Node::as_mapping).unwrap_or_default() {
            let id = entry.key.text().unwrap_or_default();
            self.known(id, Some(&entry.key), rules)?;
            if seen.contains(&id) {
                return Err(self.error(Some(&entry.key), format!("rule `{id}` is set twice")));
            }
            seen.push(id);
        }
        for (at, ignore) in config.ignore.iter().enumerate() {
            let entry = self.ignore(at);
            let value = |key: &str| entry.and_then(|entry| entry.get(key)).or(entry);
            self.known(&ignore.rule, value("rule"), rules)?;
            if ignore.path.is_none() && ignore.object.is_none() {
                let message = "an ignored finding needs `path` or `object`; to switch a rule off, use `rules`";
                return Err(self.error(entry, message.to_owned()));
            }
            if ignore.reason.trim().is_empty() {
                return Err(self.error(value("reason"), "the reason is empty".to_owned()));
            }
        }
        Ok(())
    }

    /// The entry with this number under `ignore`.
    fn ignore(&self, at: usize) -> Option<&Node> {
        let entries = self.root.as_ref()?.get("ignore")?;
        entries.as_sequence()?.get(at)
    }

    fn known(&self, id: &str, place: Option<&Node>, rules: &[&str]) -> Result<(), ConfigError> {
        if rules.contains(&id) {
            return Ok(());
        }
        Err(ConfigError {
            suggestion: closest(id, rules).map(str::to_owned),
            ..self.error(place, format!("unknown rule `{id}`"))
        })
    }

    fn error(&self, place: Option<&Node>, message: String) -> ConfigError {
        let span = place.map_or(Span::new(FileId(0), 0, 0), Node::span);
        ConfigError {
            at: self.sources.positions(span).0,
            message,
            suggestion: None,
        }
    }
}

/// A list; `key:` without a value is an empty one.
pub(super) fn list<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// A map; `key:` without a value is an empty one.
pub(super) fn map<'de, D, T>(deserializer: D) -> Result<BTreeMap<String, T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// A day, `YYYY-MM-DD`.
pub(super) fn date<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Date>, D::Error> {
    struct Day;

    impl serde::de::Visitor<'_> for Day {
        type Value = Date;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a day such as 2026-12-31")
        }

        fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Date, E> {
            text.parse()
                .map_err(|_| E::invalid_value(serde::de::Unexpected::Str(text), &self))
        }
    }

    deserializer.deserialize_str(Day).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{FailOn, Level, LineagePolicy};

    const RULES: &[&str] = &[
        "single-instance",
        "scheduled-backup-missing",
        "cron-invalid",
    ];

    fn message(text: &str) -> String {
        let error = Config::parse(text, RULES).unwrap_err();
        format!("{}:{}: {error}", error.at.line, error.at.column)
    }

    #[test]
    fn every_key_is_read() {
        let text = r#"
operatorVersion: "1.30.0"
failOn: warning
exclude: ["**/charts/**"]
lineage:
  policy: in-place
  pattern: "{cluster}-v{n}"
databases:
  - name: gitea
    path: infrastructure/database/gitea
    inventory: .walbound/gitea.json
rules:
  single-instance: off
  cron-invalid: note
ignore:
  - rule: scheduled-backup-missing
    path: db/scratch/**
    reason: throw-away database
    until: 2026-12-31
"#;
        let config = Config::parse(text, RULES).unwrap();
        assert_eq!(config.operator_version.unwrap().to_string(), "1.30.0");
        assert_eq!(config.fail_on, FailOn::Warning);
        assert!(config.exclude[0].matches("a/charts/b.yaml"));
        assert_eq!(config.lineage.policy, LineagePolicy::InPlace);
        assert_eq!(config.lineage.pattern.as_deref(), Some("{cluster}-v{n}"));
        assert_eq!(config.databases[0].name, "gitea");
        assert_eq!(config.rules["single-instance"], Level::Off);
        assert_eq!(config.rules["cron-invalid"], Level::Note);
        let until = config.ignore[0].until_at.clone().unwrap();
        assert_eq!(&text[until], "2026-12-31");
        let marked = format!("\u{feff}{text}");
        let config = Config::parse(&marked, RULES).unwrap();
        let until = config.ignore[0].until_at.clone().unwrap();
        assert_eq!(&marked[until], "2026-12-31");
        assert!(!config.ignore[0].expired(jiff::civil::date(2026, 12, 31)));
        assert!(config.ignore[0].expired(jiff::civil::date(2027, 1, 1)));
    }

    #[test]
    fn an_empty_file_or_key_is_the_default() {
        for text in [
            "",
            "# nothing yet\n",
            "---\n",
            "rules:\nignore:\nexclude:\n",
        ] {
            assert_eq!(
                Config::parse(text, RULES),
                Ok(Config::default()),
                "{text:?}"
            );
        }
    }

    #[test]
    fn mistakes_name_their_place_and_the_likely_word() {
        let cases = [
            (
                "exclude: []\nfailon: error\n",
                "2:1: unknown field `failon`",
                "did you mean `failOn`?",
            ),
            (
                "lineage:\n  policy: inplace\n",
                "2:11: lineage.policy: unknown variant `inplace`",
                "did you mean `in-place`?",
            ),
            (
                "rules:\n  # big ones only\n  single-instances: off\n",
                "3:3: unknown rule `single-instances`",
                "did you mean `single-instance`?",
            ),
            (
                "rules:\n  single-instance: of\n",
                "2:20: rules.single-instance: unknown variant `of`",
                "did you mean `off`?",
            ),
            (
                "ignore:\n  - path: a\n    rule: cron-invald\n    reason: x\n",
                "3:11: unknown rule `cron-invald`",
                "did you mean `cron-invalid`?",
            ),
        ];
        for (text, start, end) in cases {
            let message = message(text);
            assert!(message.starts_with(start), "{message}");
            assert!(message.ends_with(end), "{message}");
        }
    }

    #[test]
    fn a_word_like_no_other_gets_no_suggestion() {
        let error = Config::parse("rules:\n  zebra: off\n", RULES).unwrap_err();
        assert_eq!(error.suggestion, None);
    }

    #[test]
    fn an_ignored_finding_needs_a_reason_and_a_place() {
        let entry = |rest: &str| format!("ignore:\n  - rule: cron-invalid\n{rest}");
        let missing = message(&entry("    path: a\n"));
        assert!(missing.contains("missing field `reason`"), "{missing}");
        let empty = message(&entry("    path: a\n    reason: ' '\n"));
        assert_eq!(empty, "4:13: the reason is empty");
        let nowhere = message(&entry("    reason: x\n"));
        assert!(
            nowhere.starts_with("2:5: an ignored finding needs"),
            "{nowhere}"
        );
        let day = message(&entry("    path: a\n    reason: x\n    until: tomorrow\n"));
        assert!(day.contains("a day such as 2026-12-31"), "{day}");
    }

    #[test]
    fn a_rule_set_twice_is_refused() {
        let text = "rules:\n  cron-invalid: off\n  cron-invalid: note\n";
        assert_eq!(message(text), "3:3: rule `cron-invalid` is set twice");
    }

    #[test]
    fn bad_yaml_and_other_shapes_are_errors_with_a_line() {
        assert!(message("exclude: [a\n").contains(':'));
        assert!(message("- a\n").starts_with("1:1: "));
        assert!(message("operatorVersion: latest\n").contains("`latest` is not a version"));
    }
}
