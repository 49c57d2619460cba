//! In which formats `lint` answers, and where to.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::ValueEnum;

use crate::io::outputs::write_reports;
use crate::io::terminal::{DEFAULT_WIDTH, write_stderr};
use crate::io::{Terminal, actions};
use crate::report::human::{Look, Reader};
use crate::report::sarif::Suppressed;
use crate::report::{
    Report, concise, github, gitlab, human, json, jsonl, junit, sarif, step_summary,
};
use crate::text::suggest::closest;

use super::args::{Common, Lint};
use super::exit::Failure;
use super::{answer, look};

/// How to print findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// With their source lines
    Full,
    /// One line each
    Concise,
    /// As a JSON document
    Json,
    /// As JSON, one finding a line, the summary last
    Jsonl,
    /// As SARIF 2.1.0, for code scanning
    Sarif,
    /// As workflow commands of GitHub Actions, with a table in the summary of the step
    Github,
    /// As GitLab's Code Quality report
    Gitlab,
    /// As JUnit XML
    Junit,
}

/// A report in a file: `FORMAT:PATH`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// How to print the findings.
    pub format: Format,
    /// The file.
    pub path: PathBuf,
}

impl FromStr for Output {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let names: Vec<String> = Format::value_variants()
            .iter()
            .filter_map(|format| Some(format.to_possible_value()?.get_name().to_owned()))
            .collect();
        let Some((name, path)) = text.split_once(':').filter(|(_, path)| !path.is_empty()) else {
            return Err("write FORMAT:PATH, such as sarif:walbound.sarif".to_owned());
        };
        let format = Format::from_str(name, false).map_err(|_| {
            let known: Vec<&str> = names.iter().map(String::as_str).collect();
            let near = closest(name, &known).map(|near| format!("; did you mean `{near}`?"));
            format!(
                "`{name}` is no format; there are {}{}",
                names.join(", "),
                near.unwrap_or_default()
            )
        })?;
        if path == "-" {
            return Err(format!(
                "for standard output write `--format {name}` instead"
            ));
        }
        Ok(Self {
            format,
            path: path.into(),
        })
    }
}

/// Prints the report, and writes it to every file that was asked for.
pub(super) fn give(report: &Report<'_>, arguments: &Lint, common: &Common) -> Result<(), Failure> {
    let format = arguments.format.unwrap_or_else(|| {
        if actions::is_workflow() {
            Format::Github
        } else {
            Format::Full
        }
    });
    let files: Vec<(&Path, String)> = arguments
        .output
        .iter()
        .map(|output| (output.path.as_path(), in_file(report, output.format)))
        .collect();
    write_reports(&files).map_err(|error| {
        Failure::new(error.to_string())
            .remedy("`--output` needs a directory that can be written to")
    })?;
    let text = match format {
        Format::Full => {
            let terminal = Terminal::detect(common.color.into());
            let look = look(&terminal);
            let links = terminal.links;
            let reader = match terminal.interactive || links {
                true => Reader::Terminal { links },
                false => Reader::Stream,
            };
            human::render(report, look, reader, common.quiet)
        }
        Format::Concise => concise::render(report, common.quiet),
        Format::Github => github::render(report, common.quiet),
        other => in_file(report, other),
    };
    answer(&text)?;
    // The list has no place for what was skipped.
    if format == Format::Gitlab && !common.quiet {
        write_stderr(&format!("{}\n", report.closing_line()));
    }
    match actions::step_summary() {
        Some(file) if format == Format::Github => summarise(report, &file),
        _ => Ok(()),
    }
}

/// The report for a file: complete, and without what only a terminal can show.
fn in_file(report: &Report<'_>, format: Format) -> String {
    match format {
        Format::Full => {
            let look = Look {
                color: false,
                unicode: true,
                width: DEFAULT_WIDTH,
            };
            human::render(report, look, Reader::Stream, false)
        }
        Format::Concise => concise::render(report, false),
        Format::Json => json::render(report),
        Format::Jsonl => jsonl::render(report),
        Format::Sarif if actions::is_workflow() => sarif::render(report, Suppressed::LeftOut),
        Format::Sarif => sarif::render(report, Suppressed::Listed),
        Format::Github => github::render(report, false),
        Format::Gitlab => gitlab::render(report),
        Format::Junit => junit::render(report),
    }
}

fn summarise(report: &Report<'_>, file: &Path) -> Result<(), Failure> {
    actions::append(file, &step_summary::render(report)).map_err(|error| {
        Failure::new(format!("cannot write {}: {error}", file.display()))
            .remedy("the runner names this file in GITHUB_STEP_SUMMARY")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_output_is_a_format_and_a_path() {
        let output: Output = "sarif:C:\\a:b.sarif".parse().unwrap();
        assert_eq!(output.format, Format::Sarif);
        assert_eq!(output.path, PathBuf::from("C:\\a:b.sarif"));
        for (text, told) in [
            ("walbound.sarif", "FORMAT:PATH"),
            ("sarif:", "FORMAT:PATH"),
            ("sarf:a", "did you mean `sarif`?"),
            ("json:-", "--format json"),
        ] {
            let error = text.parse::<Output>().unwrap_err();
            assert!(error.contains(told), "{text}: {error}");
        }
    }
}
