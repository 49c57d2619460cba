//! Snippets for people: the source lines of every place a finding speaks of, labelled.

use std::collections::BTreeMap;
use std::fmt::{self, Write};
use std::path::Path;

use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, Severity as Level, SourceCode};
use textwrap::{WordSeparator, WordSplitter};

use crate::diagnostic::{Diagnostic, Fix, Label, Safety, Severity};
use crate::rules::{self, Rule};
use crate::text::FileId;

use super::frame::Frame;
use super::wrap::wrapped;
use super::{Report, clean};

/// How the text may look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// ANSI colours may be used.
    pub color: bool,
    /// Characters beyond ASCII may be used for drawing.
    pub unicode: bool,
    /// Columns to fit into.
    pub width: usize,
}

/// What reads the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// A person at a terminal: the closing line is wrapped at blanks.
    Terminal {
        /// Whether the id of a rule is a link to its page (OSC 8).
        links: bool,
    },
    /// A file or another program: the closing line is one line.
    Stream,
}

/// The findings with their source lines; unless `quiet`, what the change does to each database and the closing line.
pub fn render(report: &Report<'_>, look: Look, reader: Reader, quiet: bool) -> String {
    let handler = handler(look, reader == Reader::Terminal { links: true });
    let mut frames = BTreeMap::new();
    let mut text = String::new();
    for found in report.findings {
        let mut drawn = String::new();
        for label in std::iter::once(&found.primary).chain(&found.related) {
            let file = label.span.file;
            let frame = || Frame::new(report.sources.file(file));
            frames.entry(file).or_insert_with(frame);
        }
        for part in parts(found, &frames) {
            // Writing to a string cannot fail.
            let _ = handler.render_report(&mut drawn, &part);
        }
        // Empty source lines are drawn with a blank behind the bar.
        for line in drawn.lines() {
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text.push('\n');
    }
    if !quiet {
        for change in report.changes {
            let change = clean::line(change);
            let shown = if look.unicode {
                change.into_owned()
            } else {
                change.replace('→', "->")
            };
            let _ = writeln!(text, "{shown}");
        }
        if !report.changes.is_empty() {
            text.push('\n');
        }
        let closing = report.closing_line();
        let closing = match reader {
            Reader::Stream => closing,
            Reader::Terminal { .. } => wrapped(&closing, look.width, "", "  ").join("\n"),
        };
        let _ = writeln!(text, "{closing}");
    }
    text
}

fn handler(look: Look, links: bool) -> GraphicalReportHandler {
    let theme = match (look.unicode, look.color) {
        // Its colours are the sixteen of the terminal, which its owner can read, be it light or dark.
        (true, true) => GraphicalTheme::unicode(),
        (true, false) => GraphicalTheme::unicode_nocolor(),
        (false, true) => GraphicalTheme::ascii(),
        (false, false) => GraphicalTheme::none(),
    };
    GraphicalReportHandler::new_themed(theme)
        .with_width(look.width)
        .with_context_lines(1)
        // Names, paths and commands stay whole, so that they can be found and copied.
        .with_break_words(false)
        .with_word_separator(WordSeparator::AsciiSpace)
        .with_word_splitter(WordSplitter::NoHyphenation)
        .with_urls(links)
        // The id itself is the link.
        .with_link_display_text("")
        .without_syntax_highlighting()
}

/// miette draws one file in one report. The file to edit comes first with the message, then one part for each other
/// file; what to do stands below the last one.
fn parts<'f>(found: &Diagnostic, frames: &'f BTreeMap<FileId, Frame<'f>>) -> Vec<Part<'f>> {
    let mut files: Vec<FileId> = vec![found.primary.span.file];
    for label in &found.related {
        if !files.contains(&label.span.file) {
            files.push(label.span.file);
        }
    }
    let mut parts: Vec<Part<'f>> = files
        .iter()
        .filter_map(|file| Some((*file, frames.get(file)?)))
        .map(|(file, frame)| Part::new(found, file, frame))
        .collect();
    if let Some(last) = parts.last_mut() {
        let name = frames
            .get(&found.primary.span.file)
            .map_or("", |frame| frame.name());
        last.help = help(found, name);
    }
    parts
}

fn help(found: &Diagnostic, file: &str) -> Option<String> {
    let fix = found.fix.as_ref().map(offer);
    let builds = builds(&found.renderings, file);
    let text: Vec<String> = found
        .help
        .clone()
        .into_iter()
        .chain(fix)
        .chain(builds)
        .collect();
    (!text.is_empty()).then(|| clean::block(&text.join("\n")).into_owned())
}

/// Which builds show the finding, unless it is the one of the directory that holds the file.
fn builds(renderings: &[String], file: &str) -> Option<String> {
    const SHOWN: usize = 4;
    let own = |directory: &String| directory == "." || Path::new(file).starts_with(directory);
    if renderings.iter().all(own) {
        return None;
    }
    let shown = renderings[..renderings.len().min(SHOWN)].join(", ");
    let more = renderings.len().saturating_sub(SHOWN);
    let more = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    Some(format!("rendered by {shown}{more}"))
}

fn offer(fix: &Fix) -> String {
    let title = &fix.title;
    match fix.safety {
        Safety::Safe => format!("fix: {title} (`walbound lint --fix`)"),
        Safety::Unsafe => format!("fix: {title} (`walbound lint --unsafe-fixes`; read the change)"),
        Safety::Display => format!("possible change: {title}"),
    }
}

/// What is drawn of one finding in one file.
#[derive(Debug)]
struct Part<'f> {
    message: String,
    code: Option<String>,
    url: Option<String>,
    level: Level,
    help: Option<String>,
    labels: Vec<LabeledSpan>,
    frame: FrameRef<'f>,
}

impl<'f> Part<'f> {
    fn new(found: &Diagnostic, file: FileId, frame: &'f Frame<'f>) -> Self {
        let is_first = file == found.primary.span.file;
        let all = std::iter::once(&found.primary).chain(&found.related);
        let labels: Vec<&Label> = all.filter(|label| label.span.file == file).collect();
        let mut part = if is_first {
            Self {
                message: clean::line(&found.message).into_owned(),
                code: Some(format!("{}[{}]", found.severity, found.rule)),
                url: rules::find(found.rule).map(Rule::url),
                level: level(found.severity),
                help: None,
                labels: Vec::new(),
                frame: FrameRef(frame),
            }
        } else {
            Self {
                message: "together with".to_owned(),
                code: None,
                url: None,
                level: Level::Advice,
                help: None,
                labels: Vec::new(),
                frame: FrameRef(frame),
            }
        };
        part.place(&labels, is_first);
        part
    }

    fn place(&mut self, labels: &[&Label], has_primary: bool) {
        let frame = self.frame.0;
        let places: Vec<_> = labels.iter().map(|label| frame.shown(label.span)).collect();
        if places.iter().any(|place| frame.has_long_line(place)) {
            for label in labels {
                let text = clean::line(&label.text);
                let place = frame.place(label.span);
                let _ = write!(self.message, "\n{place}: {text}");
            }
            return;
        }
        for (at, (label, place)) in labels.iter().zip(places).enumerate() {
            let text = clean::line(&label.text).into_owned();
            // Two labels on the same bytes would be drawn side by side, one of them under nothing.
            let same = |known: &&mut LabeledSpan| *known.inner() == place;
            if let Some(known) = self.labels.iter_mut().find(same) {
                let both = [known.label().unwrap_or_default(), &text];
                let both = both.into_iter().filter(|text| !text.is_empty());
                known.set_label(Some(both.collect::<Vec<_>>().join("; ")));
                continue;
            }
            let text = Some(text).filter(|text| !text.is_empty());
            self.labels.push(if at == 0 && has_primary {
                LabeledSpan::new_primary_with_span(text, place)
            } else {
                LabeledSpan::new_with_span(text, place)
            });
        }
    }
}

fn level(severity: Severity) -> Level {
    match severity {
        Severity::Error => Level::Error,
        Severity::Warning => Level::Warning,
        Severity::Note => Level::Advice,
    }
}

/// Lets [`Part`] be printed for debugging, which errors must be, without its file.
struct FrameRef<'f>(&'f Frame<'f>);

impl fmt::Debug for FrameRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name())
    }
}

impl fmt::Display for Part<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Part<'_> {}

impl miette::Diagnostic for Part<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        let code = self.code.as_ref()?;
        Some(Box::new(code))
    }

    fn url<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        let url = self.url.as_ref()?;
        Some(Box::new(url))
    }

    fn severity(&self) -> Option<Level> {
        Some(self.level)
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        let help = self.help.as_ref()?;
        Some(Box::new(help))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(self.frame.0)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::Example;
    use crate::text::{Edit, Span};

    const ASCII: Look = Look {
        color: false,
        unicode: false,
        width: 100,
    };

    fn render(report: &Report<'_>, look: Look, quiet: bool) -> String {
        super::render(report, look, Reader::Stream, quiet)
    }

    fn shown(example: &Example, found: Diagnostic) -> String {
        render(&example.report(&[found]), ASCII, true)
    }

    #[test]
    fn every_file_is_shown_with_its_lines_and_the_help_comes_last() {
        let example = Example::new(&[
            ("db/cluster.yaml", "a: 1\nserverName: gitea-v6\nb: 2\n"),
            ("db/recovery.yaml", "c: 3\n\nserverName: gitea-v6\n"),
        ]);
        let label = Label::new(example.span(0, "gitea-v6"), "new WAL would be written here");
        let found = example
            .finding(label)
            .related(example.span(1, "gitea-v6"), "recovery reads from here")
            .help("choose a new name: `walbound bump gitea`");
        let expected = "\
error[write-lineage-is-source]

  x cluster `gitea` archives into `gitea-v6`, its own source
   ,-[db/cluster.yaml:2:13]
 1 | a: 1
 2 | serverName: gitea-v6
   :             ^^^^|^^^
   :                 `-- new WAL would be written here
 3 | b: 2
   `----
  > together with
   ,-[db/recovery.yaml:3:13]
 2 |
 3 | serverName: gitea-v6
   :             ^^^^|^^^
   :                 `-- recovery reads from here
   `----
  help: choose a new name: `walbound bump gitea`

";
        assert_eq!(shown(&example, found), expected);
    }

    #[test]
    fn places_far_apart_in_one_file_get_a_frame_each() {
        let text = format!("first: 1\n{}last: 2\n", "x: y\n".repeat(40));
        let example = Example::new(&[("a.yaml", &text)]);
        let label = Label::new(example.span(0, "last"), "here");
        let found = example
            .finding(label)
            .related(example.span(0, "first"), "and here");
        let shown = shown(&example, found);
        assert!(shown.contains("[a.yaml:1:1]"), "{shown}");
        assert!(shown.contains("[a.yaml:42:1]"), "{shown}");
        assert!(shown.lines().count() < 20, "{shown}");
    }

    #[test]
    fn a_span_of_many_lines_is_shown_by_its_first() {
        let text = format!("spec:\n{}", "  x: y\n".repeat(40));
        let example = Example::new(&[("a.yaml", &text)]);
        let whole = Span::new(FileId(0), 0, text.len());
        let shown = shown(&example, example.finding(Label::new(whole, "this")));
        assert!(shown.contains("1 | spec:\n   : ^^|^^\n"), "{shown}");
        assert!(shown.lines().count() < 12, "{shown}");
    }

    #[test]
    fn the_end_of_the_file_and_an_empty_file_can_be_shown() {
        for text in ["a: 1\n", "a: 1", "", "\n", "\u{feff}", "a: 1\r\n\r\n"] {
            let example = Example::new(&[("a.yaml", text)]);
            for at in [0, text.len()] {
                let place = Span::new(FileId(0), at, at);
                let shown = shown(&example, example.finding(Label::new(place, "missing here")));
                assert!(shown.contains("[a.yaml:"), "{text:?} {shown}");
                assert!(!shown.contains("Failed"), "{text:?} {shown}");
            }
        }
    }

    #[test]
    fn crlf_a_byte_order_mark_and_wide_characters_keep_the_underline_in_place() {
        let example = Example::new(&[("a.yaml", "\u{feff}a: 1\r\nnäme: 'x' # ü\r\nb: 2\r\n")]);
        let shown = shown(
            &example,
            example.finding(Label::new(example.span(0, "'x'"), "here")),
        );
        assert!(shown.contains("[a.yaml:2:7]"), "{shown}");
        assert!(
            shown.contains("2 | näme: 'x' # ü\n   :       ^|^\n"),
            "{shown}"
        );
        assert!(!shown.contains('\r'));
    }

    #[test]
    fn hostile_text_cannot_steer_the_terminal() {
        let example = Example::new(&[(
            "a\u{1b}.yaml",
            "k: \"\u{1b}]0;pwned\u{7}\u{9b}2J\u{202e}\"\n",
        )]);
        let mut found = example.finding(Label::new(example.span(0, "\"\u{1b}"), "x\u{1b}[1m"));
        found.message.push('\u{1b}');
        found.help = Some("see\u{1b}[2J\nnext".to_owned());
        let shown = shown(&example, found);
        let bad = |character: &char| *character != '\n' && super::clean::is_unsafe(*character);
        assert_eq!(shown.chars().find(bad), None, "{shown:?}");
    }

    #[test]
    fn a_line_of_great_length_is_named_not_drawn() {
        let text = format!("{{\"a\": \"{}\", \"b\": 1}}", "x".repeat(100_000));
        let example = Example::new(&[("a.yaml", &text)]);
        let shown = shown(
            &example,
            example.finding(Label::new(example.span(0, "\"b\""), "here")),
        );
        assert!(shown.contains("a.yaml:1:100011: here"), "{}", &shown[..300]);
        assert!(shown.len() < 1000);
    }

    #[test]
    fn two_labels_on_one_place_become_one() {
        let example = Example::new(&[("a.yaml", "serverName: x\n")]);
        let place = example.span(0, "x");
        let found = example.finding(Label::new(place, "written here"));
        let shown = shown(&example, found.related(place, "read here"));
        assert!(shown.contains("`-- written here; read here"), "{shown}");
    }

    #[test]
    fn a_fix_is_offered_with_the_option_that_applies_it() {
        let example = Example::new(&[("a.yaml", "schedule: 0 0 * * *\n")]);
        let place = example.span(0, "0 0 * * *");
        let fix = Fix {
            title: "prepend `0 `".to_owned(),
            safety: Safety::Safe,
            edits: vec![Edit::new(place, "0 0 0 * * *")],
        };
        let shown = shown(&example, example.finding(Label::new(place, "")).fix(fix));
        assert!(
            shown.contains("help: fix: prepend `0 ` (`walbound lint --fix`)"),
            "{shown}"
        );
    }

    #[test]
    fn several_builds_that_show_one_finding_are_named() {
        let example = Example::new(&[("a.yaml", "a: 1\n")]);
        let mut found = example.finding(Label::new(example.span(0, "1"), ""));
        found.renderings = ["a", "b", "c", "d", "e", "f"].map(str::to_owned).to_vec();
        let text = shown(&example, found.clone());
        assert!(text.contains("rendered by a, b, c, d and 2 more"), "{text}");
        found.renderings = vec![".".to_owned()];
        assert!(!shown(&example, found).contains("rendered by"));
    }

    #[test]
    fn names_and_paths_are_never_broken() {
        let example = Example::new(&[("a.yaml", "a: 1\n")]);
        let path = "clusters/production/cloudnative-pg/overlays/recovery/kustomization.yaml";
        let words = format!(
            "{} {path} `walbound bump gitea-database-v6`",
            "word ".repeat(12)
        );
        let found = example
            .finding(Label::new(example.span(0, "1"), ""))
            .help(words);
        let shown = shown(&example, found);
        assert!(shown.contains(path), "{shown}");
        assert!(shown.contains("gitea-database-v6`"), "{shown}");
    }

    #[test]
    fn the_rule_id_links_to_its_page_where_that_is_asked_for() {
        let example = Example::new(&[("a.yaml", "a: 1\n")]);
        let findings = [example.finding(Label::new(example.span(0, "1"), ""))];
        let report = example.report(&findings);
        let text = super::render(&report, ASCII, Reader::Terminal { links: true }, true);
        let url = rules::find("write-lineage-is-source").unwrap().url();
        let link =
            format!("\u{1b}]8;;{url}\u{1b}\\error[write-lineage-is-source] \u{1b}]8;;\u{1b}\\");
        assert!(text.starts_with(&link), "{text:?}");
        assert!(!render(&report, ASCII, true).contains("https://"));
    }

    #[test]
    fn the_closing_line_is_wrapped_for_people_and_whole_for_programs() {
        let example = Example::new(&[]);
        let mut report = example.report(&[]);
        let skipped = [crate::lint::Skipped {
            rule: Some("wal-gap"),
            reason: "no inventory for the-first-database, the-second-database".to_owned(),
            count: 2,
            files: Vec::new(),
        }];
        report.skipped = &skipped;
        let narrow = Look { width: 60, ..ASCII };
        let at_terminal = Reader::Terminal { links: false };
        let text = super::render(&report, narrow, at_terminal, false);
        assert!(
            text.lines().count() > 1 && text.lines().all(|line| line.len() <= 60),
            "{text}"
        );
        let joined = text
            .lines()
            .map(str::trim_start)
            .collect::<Vec<_>>()
            .join(" ");
        assert_eq!(joined, report.closing_line());
        assert_eq!(render(&report, narrow, false).lines().count(), 1);
    }

    #[test]
    fn colour_is_used_only_where_asked_for() {
        let example = Example::new(&[("a.yaml", "a: 1\n")]);
        let findings = [example.finding(Label::new(example.span(0, "1"), "here"))];
        let report = example.report(&findings);
        let look = |color, unicode| Look {
            color,
            unicode,
            ..ASCII
        };
        assert!(render(&report, look(true, true), true).contains("\u{1b}["));
        assert!(!render(&report, look(false, true), true).contains('\u{1b}'));
        assert!(render(&report, look(false, true), true).contains('╭'));
        assert!(render(&report, look(false, false), true).is_ascii());
    }
}
