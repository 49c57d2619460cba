//! The README shows what the program prints.

use std::fs;
use std::path::Path;
use std::process::Command;

fn readme() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    fs::read_to_string(path).unwrap()
}

/// The files whose blocks are checked, but for the tutorial, which has a test of its own.
const PAGES: [&str; 4] = [
    "README.md",
    "docs/README.md",
    "docs/ci.md",
    "docs/verdicts.md",
];

/// Each `$ walbound …` line that is followed by output in the same block, with that output.
pub(crate) fn shown_runs(readme: &str) -> Vec<(Vec<String>, String)> {
    let blocks = readme.split("```console\n").skip(1);
    let blocks = blocks.filter_map(|block| block.split("\n```").next());
    let mut runs = Vec::new();
    for block in blocks {
        let Some((first, output)) = block.split_once('\n') else {
            continue;
        };
        if let Some(command) = first.strip_prefix("$ walbound ")
            && !output.starts_with("$ ")
        {
            let words = command.split_whitespace().map(str::to_owned);
            runs.push((words.collect(), format!("{output}\n")));
        }
    }
    runs
}

/// The run time is the one thing that differs.
fn without_time(text: &str) -> String {
    let cut = |line: &str| match line.rsplit_once(", ") {
        Some((before, time)) if time.ends_with(" ms") => before.to_owned(),
        _ => line.to_owned(),
    };
    text.trim_end()
        .lines()
        .map(cut)
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn output_in_the_readme_is_what_the_program_prints() {
    let readme = readme();
    let runs = shown_runs(&readme);
    assert!(!runs.is_empty());
    for (arguments, shown) in runs {
        let output = Command::new(env!("CARGO_BIN_EXE_walbound"))
            .args(&arguments)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .env("LC_ALL", "C.UTF-8")
            .env_remove("COLUMNS")
            .env_remove("CLICOLOR_FORCE")
            .env_remove("GITHUB_ACTIONS")
            .output()
            .unwrap();
        let printed = String::from_utf8(output.stdout).unwrap();
        assert_eq!(
            without_time(&printed),
            without_time(&shown),
            "{arguments:?}"
        );
    }
}

#[test]
fn the_configuration_in_the_readme_is_read() {
    let readme = readme();
    let block = readme
        .split("```yaml\n")
        .find(|block| block.starts_with("operatorVersion"));
    let text = block.unwrap().split("```").next().unwrap();
    let ids: Vec<&str> = walbound::rules::RULES.iter().map(|rule| rule.id).collect();
    walbound::config::Config::parse(text, &ids).unwrap();
}

#[test]
fn files_that_the_pages_link_to_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for page in PAGES
        .into_iter()
        .chain(["docs/recovery.md", "docs/rules.md"])
    {
        let path = root.join(page);
        let text = fs::read_to_string(&path).unwrap();
        let links = text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next());
        let files = links.filter(|link| !link.contains("://"));
        for file in files {
            assert!(path.parent().unwrap().join(file).exists(), "{page}: {file}");
        }
    }
}
