//! Findings that people accepted: allows in the manifests, ignores in the configuration.

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::config::{Config, Ignore, names_rule};
use crate::diagnostic::Diagnostic;
use crate::project::Project;
use crate::rules::{self, Needs, Rule};
use crate::text::suggest::closest;
use crate::text::{FileId, SourceFile, Span};
use crate::yaml::{Comment, comments};

use super::{Acceptance, Accepted};

/// What is left after accepting.
pub(super) struct Judged {
    /// The findings to report, those about allows included.
    pub(super) kept: Vec<Diagnostic>,
    /// Those that were accepted.
    pub(super) accepted: Vec<Accepted>,
}

/// Which findings an allow covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    File,
    /// A 1-based line.
    Line(usize),
}

/// One rule of one `# walbound: allow(…)` comment.
#[derive(Debug)]
struct Allow {
    rule: String,
    reach: Reach,
    span: Span,
    reason: String,
    used: bool,
    /// It stands in a string, which may as well be no patch but any text: it is honoured and not judged.
    quoted: bool,
}

/// Takes accepted findings out and adds those about allows that are unused or say no reason.
pub(super) fn apply(
    project: &Project,
    config: &Config,
    today: Date,
    enabled: &[&Rule],
    findings: Vec<Diagnostic>,
) -> Judged {
    let mut allows: BTreeMap<FileId, Vec<Allow>> = BTreeMap::new();
    for (file, source) in project.sources.iter() {
        // Most files have none; looking for the word is cheap.
        if source.text.contains("walbound:") {
            allows.insert(file, read(project, file, source));
        }
    }
    let (mut kept, mut accepted) = (Vec::new(), Vec::new());
    for finding in findings {
        let by = allowed(project, &finding, &mut allows)
            .or_else(|| ignored(project, config, today, &finding));
        match by {
            Some(by) => accepted.push(Accepted { finding, by }),
            None => kept.push(finding),
        }
    }
    let is_enabled = |id: &str| {
        let mut rules = enabled.iter().filter(|rule| names_rule(id, rule.id));
        // What rests on Git comes and goes with the change under review, so its allows wait for the next one.
        rules.any(|rule| !matches!(rule.needs, Needs::Base | Needs::History))
    };
    for allow in allows.values().flatten().filter(|allow| !allow.quoted) {
        kept.extend(
            about(allow, &is_enabled)
                .into_iter()
                .filter(|finding| is_enabled(finding.rule)),
        );
    }
    if is_enabled(rules::ignore_expired::RULE.id) {
        kept.extend(expired(project, config, today));
    }
    Judged { kept, accepted }
}

/// The entries of the configuration whose last day is over, where the run knows the file.
fn expired(project: &Project, config: &Config, today: Date) -> Vec<Diagnostic> {
    let source = config.source.as_ref();
    let Some(file) = source.and_then(|source| project.sources.find(&source.path)) else {
        return Vec::new();
    };
    let about = |entry: &Ignore| {
        let until = entry.until.filter(|_| entry.expired(today))?;
        let place = entry.until_at.clone()?;
        let span = Span::new(file, place.start, place.end);
        let message = format!("ignored `{}`: the last day was {until}", entry.rule);
        let finding = rules::ignore_expired::RULE.found_at(span, message);
        Some(finding.help(
            "mend what was accepted and delete the entry, or set a later day; its findings are reported again",
        ))
    };
    config.ignore.iter().filter_map(about).collect()
}

/// The first allow that covers the finding; each that does is used.
fn allowed(
    project: &Project,
    finding: &Diagnostic,
    allows: &mut BTreeMap<FileId, Vec<Allow>>,
) -> Option<Acceptance> {
    let span = finding.primary.span;
    let allows = allows.get_mut(&span.file)?;
    let line = project
        .sources
        .file(span.file)
        .position(span.start as usize)
        .line;
    let mut by = None;
    for allow in allows
        .iter_mut()
        .filter(|allow| names_rule(&allow.rule, finding.rule))
    {
        if allow.reach == Reach::File || allow.reach == Reach::Line(line) {
            allow.used = true;
            by = by.or_else(|| {
                let reason = allow.reason.clone();
                Some(Acceptance::Comment { reason })
            });
        }
    }
    by
}

fn ignored(
    project: &Project,
    config: &Config,
    today: Date,
    finding: &Diagnostic,
) -> Option<Acceptance> {
    let path = &project.sources.file(finding.primary.span.file).name;
    let covers = |entry: &&Ignore| entry.covers(finding.rule, path, finding.object.as_ref());
    let mut entries = config.ignore.iter().filter(covers);
    let entry = entries.find(|entry| !entry.expired(today))?;
    let reason = entry.reason.clone();
    Some(Acceptance::Configuration { reason })
}

fn about(allow: &Allow, is_enabled: &dyn Fn(&str) -> bool) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    if !allow.reason.chars().any(char::is_alphanumeric) {
        let finding = rules::allow_without_reason::RULE.found_at(
            allow.span,
            format!("allow of `{}` gives no reason", allow.rule),
        );
        found.push(finding.help("write behind the parenthesis why this is accepted"));
    }
    if allow.used {
        return found;
    }
    let ids = rules::names();
    if !ids.contains(&allow.rule.as_str()) {
        let finding =
            rules::unused_allow::RULE.found_at(allow.span, format!("`{}` is no rule", allow.rule));
        let help = closest(&allow.rule, &ids).map_or_else(
            || "`walbound rules` lists them".to_owned(),
            |near| format!("did you mean `{near}`?"),
        );
        found.push(finding.help(help));
    } else if is_enabled(&allow.rule) {
        let finding = rules::unused_allow::RULE.found_at(
            allow.span,
            format!("allow of `{}` suppresses nothing", allow.rule),
        );
        found.push(finding.help("remove it; it would hide the next finding"));
    }
    found
}

fn read(project: &Project, file: FileId, source: &SourceFile) -> Vec<Allow> {
    let Some(Ok(documents)) = project.parsed.get(&file).map(|parsed| parsed.as_ref()) else {
        return Vec::new();
    };
    let own = comments(&source.text, file, documents);
    let quoted = embedded(file, source, &own);
    let mut allows = allows_of(source, &own, false);
    allows.extend(allows_of(source, &quoted, true));
    allows
}

fn allows_of(source: &SourceFile, comments: &[Comment], quoted: bool) -> Vec<Allow> {
    let line_of = |comment: &Comment| source.position(comment.span.start as usize).line;
    let lines: Vec<usize> = comments.iter().map(line_of).collect();
    let mut allows = Vec::new();
    for (at, comment) in comments.iter().enumerate() {
        let Some(written) = comment.text.strip_prefix("walbound:") else {
            continue;
        };
        let reach = if comment.own_line {
            below(comments, &lines, at)
        } else {
            lines[at]
        };
        let read = parse(written.trim(), reach, comment.span).into_iter();
        allows.extend(read.map(|allow| Allow { quoted, ..allow }));
    }
    allows
}

/// Allows in a patch that is written inside a kustomization: text to the outer file, comments to the inner one.
fn embedded(file: FileId, source: &SourceFile, known: &[Comment]) -> Vec<Comment> {
    let text = &source.text;
    let marks = text.match_indices("# walbound:").map(|(start, _)| start);
    let comment = |start: usize| {
        let end = text[start..]
            .find(['\n', '\r'])
            .map_or(text.len(), |length| start + length);
        let line = text[..start].rfind(['\n', '\r']).map_or(0, |at| at + 1);
        Comment {
            span: Span::new(file, start, end),
            text: text[start + 1..end].trim().to_owned(),
            own_line: text[line..start].trim().is_empty(),
        }
    };
    let is_new = |comment: &Comment| !known.iter().any(|known| known.span == comment.span);
    marks.map(comment).filter(is_new).collect()
}

/// The line that a comment on its own line speaks of: the next one that is no comment.
fn below(comments: &[Comment], lines: &[usize], at: usize) -> usize {
    let mut line = lines[at] + 1;
    for (comment, own) in comments.iter().zip(lines).skip(at + 1) {
        if !comment.own_line || *own != line {
            break;
        }
        line += 1;
    }
    line
}

/// Reads `allow(rule, rule) reason` or `allow-file(rule) reason`.
fn parse(written: &str, line: usize, span: Span) -> Vec<Allow> {
    let (reach, rest) = match (
        written.strip_prefix("allow-file("),
        written.strip_prefix("allow("),
    ) {
        (Some(rest), _) => (Reach::File, rest),
        (None, Some(rest)) => (Reach::Line(line), rest),
        (None, None) => return Vec::new(),
    };
    let Some((ids, reason)) = rest.split_once(')') else {
        return Vec::new();
    };
    let reason = reason.trim();
    let ids = ids.split(',').map(str::trim).filter(|id| !id.is_empty());
    ids.map(|id| Allow {
        rule: id.to_owned(),
        reach,
        span,
        reason: reason.to_owned(),
        used: false,
        quoted: false,
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_allow_names_rules_and_a_reason() {
        let span = Span::new(FileId(0), 0, 1);
        let read = |text| {
            parse(text, 7, span)
                .into_iter()
                .map(|allow| (allow.rule, allow.reach, allow.reason))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            read("allow(cron-invalid) kept for the drill"),
            [(
                "cron-invalid".to_owned(),
                Reach::Line(7),
                "kept for the drill".to_owned()
            )]
        );
        assert_eq!(
            read("allow(a, b)"),
            [
                ("a".to_owned(), Reach::Line(7), String::new()),
                ("b".to_owned(), Reach::Line(7), String::new())
            ]
        );
        assert_eq!(
            read("allow-file(a) why"),
            [("a".to_owned(), Reach::File, "why".to_owned())]
        );
        assert_eq!(read("allow a"), []);
        assert_eq!(read("allow(a"), []);
    }
}
