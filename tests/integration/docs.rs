//! The pages in `docs/` that are made from the program, and the tutorial, which shows what it prints.
//!
//! `UPDATE=1 cargo test --test integration docs` writes the generated pages anew; the tutorial is written by hand.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use clap::{Arg, Command, CommandFactory};
use walbound::cli::args::Arguments;
use walbound::rules::{Needs, RULES};

use crate::readme::shown_runs;
use crate::workspace::{Answer, Workspace};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn expect(name: &str, made: &str) {
    let path = root().join("docs").join(name);
    if std::env::var_os("UPDATE").is_some() {
        fs::write(path, made).unwrap();
        return;
    }
    let written = fs::read_to_string(path).unwrap_or_default();
    let advice = "write it anew with UPDATE=1 cargo test --test integration docs";
    assert!(written == made, "docs/{name} is out of date: {advice}");
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

fn needs(needs: Needs) -> &'static str {
    match needs {
        Needs::Archive => "an archive or an inventory",
        Needs::Base => "`--since`",
        Needs::History => "the Git history",
        Needs::Manifests | Needs::EveryCluster | Needs::EveryStore | Needs::EverySchedule => {
            "the manifests"
        }
    }
}

#[test]
fn the_rule_reference_lists_every_rule() {
    let mut page =
        "# Rules\n\nMade from the program; `walbound explain <rule>` prints the page of a rule. \
                    A rule whose needs are not met is reported as skipped, never as passed.\n\n\
                    | Rule | Severity | Fix | Needs | Finds |\n|---|---|---|---|---|\n"
            .to_owned();
    for rule in RULES.iter().filter(|rule| !rule.id.contains('/')) {
        let id = rule.id;
        assert!(
            root()
                .join(format!("fixtures/rules/{id}/README.md"))
                .exists()
        );
        writeln!(
            page,
            "| [`{id}`](../fixtures/rules/{id}/README.md) | {} | {} | {} | {} |",
            rule.severity,
            rule.remedy.word(),
            needs(rule.needs),
            cell(rule.summary)
        )
        .unwrap();
    }
    let checks = RULES
        .iter()
        .filter(|rule| rule.id.starts_with("admission/"));
    writeln!(
        page,
        "\n`admission/<id>`: {} checks of the operator itself, [all of them](../fixtures/admission/TABLE.md). \
         `admission` stands for all in options, configuration and allows.",
        checks.count()
    )
    .unwrap();
    expect("rules.md", &page);
}

/// What stands before the help of an option: `-o`, `--output <FILE>`.
fn spelled(argument: &Arg) -> String {
    let value = argument.get_value_names().and_then(|names| names.first());
    let value = value.filter(|_| argument.get_action().takes_values());
    let Some(long) = argument.get_long() else {
        return format!(
            "`{}`",
            value.map_or(argument.get_id().as_str(), |name| name.as_str())
        );
    };
    let short = argument
        .get_short()
        .map_or(String::new(), |short| format!("`-{short}`, "));
    let value = value.map_or(String::new(), |name| format!(" {name}"));
    format!("{short}`--{long}{value}`")
}

fn told(argument: &Arg) -> String {
    let mut text = argument
        .get_help()
        .map_or(String::new(), ToString::to_string);
    let values: Vec<String> = argument
        .get_possible_values()
        .iter()
        .filter(|_| argument.get_action().takes_values())
        .map(|value| format!("`{}`", value.get_name()))
        .collect();
    if !values.is_empty() {
        write!(text, "; one of {}", values.join(", ")).unwrap();
    }
    let defaults: Vec<String> = argument
        .get_default_values()
        .iter()
        .filter(|_| argument.get_action().takes_values())
        .map(|value| format!("`{}`", value.to_string_lossy()))
        .collect();
    if !defaults.is_empty() {
        write!(text, " (default {})", defaults.join(", ")).unwrap();
    }
    cell(&text)
}

fn table(page: &mut String, command: &Command, global: bool) {
    let own = command.get_arguments().filter(|argument| {
        let id = argument.get_id();
        argument.is_global_set() == global
            && id != "help"
            && id != "version"
            && !argument.is_hide_set()
    });
    let rows: Vec<String> = own
        .map(|argument| format!("| {} | {} |", spelled(argument), told(argument)))
        .collect();
    if !rows.is_empty() {
        write!(page, "| | |\n|---|---|\n{}\n\n", rows.join("\n")).unwrap();
    }
}

#[test]
fn the_command_reference_lists_every_command_and_option() {
    let program = Arguments::command();
    let mut page = "# Commands\n\nMade from the program; `walbound <command> --help` prints the same. Exit codes: 0 clean, \
                    reachable or nothing to change; 1 findings, unreachable or a change that would be made; 2 wrong use or \
                    nothing to check; 3 undecided.\n\n## Every command\n\n"
        .to_owned();
    table(&mut page, &program, true);
    for command in program.get_subcommands() {
        let about = command
            .get_about()
            .map_or(String::new(), ToString::to_string);
        write!(page, "## walbound {}\n\n{about}.\n\n", command.get_name()).unwrap();
        table(&mut page, command, false);
    }
    expect("cli.md", &format!("{}\n", page.trim_end()));
}

/// Whether the printed lines are those shown, where `…` stands for any lines and, at the end of a line, for its rest.
fn matches(shown: &[&str], printed: &[&str]) -> bool {
    match shown.split_first() {
        None => printed.is_empty(),
        Some((&"…", rest)) => {
            (0..=printed.len()).any(|skipped| matches(rest, &printed[skipped..]))
        }
        Some((line, rest)) => printed.split_first().is_some_and(|(first, others)| {
            let same = match line.strip_suffix('…') {
                Some(start) => first.starts_with(start),
                None => line == first,
            };
            same && matches(rest, others)
        }),
    }
}

#[test]
fn the_pattern_of_the_tutorial_can_fail() {
    assert!(matches(&["a", "…", "d"], &["a", "b", "c", "d"]));
    assert!(matches(&["ab…"], &["abc"]));
    assert!(!matches(&["a", "…", "d"], &["a", "b"]));
    assert!(!matches(&["a"], &["a", "b"]));
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target: PathBuf = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// The words of a command line, with quotes as in a shell.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (at, part) in line.split('\'').enumerate() {
        match at % 2 {
            0 => words.extend(part.split_whitespace().map(str::to_owned)),
            _ => words.push(part.to_owned()),
        }
    }
    words
}

#[test]
fn the_tutorial_shows_what_the_program_prints() {
    let page = fs::read_to_string(root().join("docs/recovery.md")).unwrap();
    let workspace = Workspace::repository(&[]);
    copy(
        &root().join("fixtures/examples/overlay-switch"),
        workspace.path(),
    );
    let runs = shown_runs(&page);
    assert!(runs.len() > 4, "{runs:?}");
    for (arguments, shown) in runs {
        let arguments = words(&arguments.join(" "));
        let mut command = workspace.command(&arguments);
        command.env("COLUMNS", "120");
        if arguments[0] == "check" {
            command.current_dir(root());
        }
        let answer = Answer::of(&mut command);
        let printed: Vec<&str> = answer.out.trim_end().lines().collect();
        let shown: Vec<&str> = shown.trim_end().lines().collect();
        assert!(
            matches(&shown, &printed),
            "{arguments:?}\n{}{}",
            answer.out,
            answer.err
        );
    }
    // The last step shows no output.
    let answer = workspace.run(&["flip", "bookshelf-database", "initdb", "--write"]);
    assert_eq!(answer.code, Some(0), "{}", answer.err);
    let switch = "infrastructure/database/cloudnative-pg/bookshelf/kustomization.yaml";
    let text = workspace.read(switch);
    assert!(
        text.contains("  - overlays/initdb\n  # - overlays/recovery\n"),
        "{text}"
    );
}

#[test]
fn completions_and_manual_pages_are_printed() {
    let workspace = Workspace::plain(&[]);
    for (shell, mark) in [
        ("bash", "complete -F _walbound"),
        ("zsh", "#compdef walbound"),
        ("fish", "complete -c walbound"),
        ("powershell", "Register-ArgumentCompleter"),
        ("nushell", "export extern \"walbound lint\""),
    ] {
        let answer = workspace.run(&["completions", shell]);
        assert_eq!(answer.code, Some(0), "{}", answer.err);
        assert!(answer.out.contains(mark), "{shell}: {}", answer.out);
        assert!(answer.out.contains("update-baseline"), "{shell}");
    }
    for (arguments, name) in [
        (&["man"][..], "walbound"),
        (&["man", "lint"], "walbound-lint"),
    ] {
        let answer = workspace.run(arguments);
        assert_eq!(answer.code, Some(0), "{}", answer.err);
        assert!(
            answer.out.contains(&format!(".TH {name} 1")),
            "{}",
            answer.out
        );
    }
    let unknown = workspace.run(&["man", "lnt"]);
    assert_eq!(unknown.code, Some(2));
    assert!(
        unknown.err.contains("did you mean `lint`?"),
        "{}",
        unknown.err
    );
}
