//! The shape of the source: layers, file sizes, and who may touch the world.

use std::fs;
use std::path::{Path, PathBuf};

/// Lower layers first. Modules in one row do not use each other.
const LAYERS: &[&[&str]] = &[
    &["text"],
    &["diagnostic"],
    &["yaml"],
    &["config"],
    &["model", "wal", "jq"],
    &["kustomize", "barman", "admission", "schema"],
    &["project"],
    &["gitops"],
    &["facts"],
    &["rules"],
    &["lint"],
    &["recover", "generate"],
    &["migrate"],
    &["report", "io"],
    &["cli"],
];

/// Lines of a file, tests included. Longer ones are to be split by concept.
const MOST_LINES: usize = 600;

fn rank(module: &str) -> usize {
    let place = LAYERS.iter().position(|row| row.contains(&module));
    place.unwrap_or_else(|| panic!("`{module}` has no layer: add it to LAYERS"))
}

fn rust_files() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    assert!(found.len() > 10, "{found:?}");
    found
}

/// The top-level module of a file; none for the crate roots.
fn module_of(path: &Path) -> Option<String> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let first = path.strip_prefix(source).unwrap().iter().next()?;
    let name = first.to_str()?.trim_end_matches(".rs");
    (!matches!(name, "lib" | "main")).then(|| name.to_owned())
}

/// The text without comments that fill a line.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let lines = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

/// The modules named behind each `crate::`, in a brace list too.
fn used_modules(code: &str) -> Vec<&str> {
    let word = |text: &'_ str| {
        text.find(|c: char| !c.is_alphanumeric() && c != '_')
            .unwrap_or(text.len())
    };
    let mut used = Vec::new();
    for rest in code.split("crate::").skip(1) {
        let Some(list) = rest.strip_prefix('{') else {
            used.push(&rest[..word(rest)]);
            continue;
        };
        let mut depth = 0;
        let mut at_start = true;
        for (at, character) in list.char_indices() {
            match character {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => at_start = true,
                _ if at_start && character.is_alphabetic() => {
                    used.push(&list[at..at + word(&list[at..])]);
                    at_start = false;
                }
                _ => {}
            }
        }
    }
    used
}

#[test]
fn the_reader_of_imports_sees_brace_lists() {
    let code = "use crate::{text::{A, B}, yaml};\nlet x = crate::io::now();";
    assert_eq!(used_modules(code), ["text", "yaml", "io"]);
}

#[test]
fn a_module_uses_only_the_layers_below_it() {
    for path in rust_files() {
        let Some(own) = module_of(&path) else {
            continue;
        };
        for used in used_modules(&code(&path)) {
            let allowed = used == own || rank(used) < rank(&own);
            assert!(allowed, "{}: `{own}` must not use `{used}`", path.display());
        }
    }
}

#[test]
fn no_file_is_too_long_to_read() {
    for path in rust_files() {
        let lines = fs::read_to_string(&path).unwrap().lines().count();
        assert!(lines <= MOST_LINES, "{}: {lines} lines", path.display());
    }
}

#[test]
fn only_io_touches_files_clock_and_environment() {
    for path in rust_files() {
        let own = module_of(&path);
        if own.as_deref() == Some("io") {
            continue;
        }
        let text = code(&path);
        // Tests may touch what they like; they stand at the end of a file.
        let text = text.split("#[cfg(test)]").next().unwrap_or_default();
        for banned in [
            "std::fs",
            "std::env",
            "SystemTime",
            "std::net",
            "std::process::Command",
        ] {
            // The program hands its arguments over.
            let allowed = own.is_none() && banned == "std::env";
            assert!(
                allowed || !text.contains(banned),
                "{}: {banned}",
                path.display()
            );
        }
    }
}

#[test]
fn only_the_s3_reader_uses_the_sdk_and_its_runtime() {
    let reader = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/io/s3");
    let mut users = 0;
    for path in rust_files() {
        let text = code(&path);
        let names = [
            "use aws_",
            "aws_sdk_s3::",
            "aws_config::",
            "use tokio",
            "tokio::",
        ];
        let used = names.iter().any(|name| text.contains(name));
        let inside = path.starts_with(&reader);
        assert!(inside || !used, "{}", path.display());
        users += usize::from(used);
    }
    assert!(users >= 4, "{users}");
}

#[test]
fn the_program_is_a_thin_shell_around_the_library() {
    let main = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/main.rs");
    assert!(fs::read_to_string(main).unwrap().lines().count() <= 30);
}
