//! A runbook as text, as Markdown and as a script.

use std::fmt::Write;

use super::{Command, Facts, Step};

/// Numbered steps for a terminal.
pub fn terminal(facts: &Facts, steps: &[Step]) -> String {
    let steps = cleaned(steps);
    let mut text = format!("{}\n", heading(facts));
    for (at, step) in steps.iter().enumerate() {
        // Writing to a `String` does not fail.
        let _ = write!(text, "\n{:>2}. {}\n", at + 1, step.title);
        for command in &step.run {
            if let Some(what) = &command.destroys {
                let _ = writeln!(text, "    DESTROYS {what}");
            }
            let _ = writeln!(text, "    run      {}", command.line);
        }
        for line in &step.expect {
            let _ = writeln!(text, "    expect   {line}");
        }
        for line in &step.stop_if {
            let _ = writeln!(text, "    stop if  {line}");
        }
    }
    text
}

/// A Markdown document.
pub fn markdown(facts: &Facts, steps: &[Step]) -> String {
    let steps = cleaned(steps);
    let mut text = format!("# {}\n", heading(facts));
    for (at, step) in steps.iter().enumerate() {
        let _ = write!(text, "\n## {}. {}\n\nRun:\n\n```sh\n", at + 1, step.title);
        for command in &step.run {
            if let Some(what) = &command.destroys {
                let _ = writeln!(text, "# DESTROYS {what}");
            }
            let _ = writeln!(text, "{}", command.line);
        }
        text.push_str("```\n");
        for (title, lines) in [("Expect", &step.expect), ("Stop if", &step.stop_if)] {
            if !lines.is_empty() {
                let _ = write!(text, "\n{title}:\n\n");
            }
            for line in lines {
                let _ = writeln!(text, "- {line}");
            }
        }
    }
    text
}

/// A script for a POSIX shell that waits after each step. What destroys something is a comment.
pub fn script(facts: &Facts, steps: &[Step]) -> String {
    let steps = cleaned(steps);
    let mut text = format!(
        "#!/bin/sh\n# {}\n# Lines that destroy something are comments. Read each step, then press Enter.\nset -u\npause() {{ printf 'Go on? [Enter, or Ctrl-C to stop] '; read -r _; }}\n",
        heading(facts)
    );
    for (at, step) in steps.iter().enumerate() {
        let _ = write!(text, "\n# {}. {}\n", at + 1, step.title);
        for line in &step.expect {
            let _ = writeln!(text, "#   expect: {line}");
        }
        for line in &step.stop_if {
            let _ = writeln!(text, "#   stop if: {line}");
        }
        for command in &step.run {
            match &command.destroys {
                Some(what) => {
                    let _ = writeln!(text, "# DESTROYS {what}:\n# {}", command.line);
                }
                None => {
                    let _ = writeln!(text, "{}", command.line);
                }
            }
        }
        text.push_str("pause\n");
    }
    text
}

/// The steps with each text on one line.
fn cleaned(steps: &[Step]) -> Vec<Step> {
    let lines = |lines: &[String]| lines.iter().map(|line| one_line(line)).collect();
    let command = |command: &Command| Command {
        line: one_line(&command.line),
        destroys: command.destroys.as_deref().map(one_line),
    };
    let step = |step: &Step| Step {
        title: one_line(&step.title),
        run: step.run.iter().map(command).collect(),
        expect: lines(&step.expect),
        stop_if: lines(&step.stop_if),
    };
    steps.iter().map(step).collect()
}

fn heading(facts: &Facts) -> String {
    let operator = facts.operator.map_or(String::new(), |version| {
        format!(", CloudNativePG {version}")
    });
    let namespace = if facts.namespace.is_none() {
        "; set NAMESPACE first"
    } else {
        ""
    };
    let text = format!(
        "Recovery of {}: {} from `{}`, writing `{}`{operator}{namespace}",
        facts.title, facts.target, facts.source, facts.write
    );
    one_line(&text)
}

/// Names come from manifests: none may begin a line of its own.
fn one_line(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { '?' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> Facts {
        Facts {
            title: "db/a".into(),
            name: "a".into(),
            namespace: Some("db".into()),
            database: "a".into(),
            directory: "apps/a".into(),
            controller: None,
            successor: None,
            source: "a-v1\nrm -rf /".into(),
            write: "a-v2".into(),
            before: "a-v1".into(),
            archive: Some(("s3://b/p".into(), String::new())),
            target: "everything that is archived".into(),
            has_target: false,
            plugin: true,
            secret: None,
            poolers: vec!["a-rw".into()],
            switched: true,
            going_on: false,
            beside: false,
            renamed: false,
            live: "a".into(),
            application: "app".into(),
            system: Some("7650550815038537755".into()),
            timeline: Some(1),
            operator: None,
        }
    }

    #[test]
    fn a_script_has_what_destroys_in_comments_and_no_line_of_a_manifest() {
        let facts = facts();
        let steps = super::super::steps(&facts);
        let text = script(&facts, &steps);
        let deleting: Vec<&str> = text
            .lines()
            .filter(|line| line.contains(" delete "))
            .collect();
        assert_eq!(deleting.len(), 2);
        assert!(
            deleting.iter().all(|line| line.starts_with("# kubectl")),
            "{deleting:?}"
        );
        assert!(text.contains("# DESTROYS Cluster db/a:"));
        assert!(
            !text
                .lines()
                .any(|line| line.trim_start().starts_with("rm "))
        );
    }

    #[test]
    fn every_step_says_what_to_run_what_to_expect_and_when_to_stop() {
        for beside in [false, true] {
            let facts = Facts { beside, ..facts() };
            for step in super::super::steps(&facts) {
                assert!(!step.run.is_empty(), "{step:?}");
                assert!(!step.expect.is_empty(), "{step:?}");
                assert!(!step.stop_if.is_empty(), "{step:?}");
                let destroys = step.run.iter().any(|one| one.destroys.is_some());
                assert!(!(beside && destroys), "the live Cluster stays: {step:?}");
            }
        }
    }

    #[test]
    fn every_form_numbers_the_steps() {
        let facts = facts();
        let steps = super::super::steps(&facts);
        let last = steps.len();
        assert!(terminal(&facts, &steps).contains(&format!("\n{last}. Record the lineages\n")));
        assert!(markdown(&facts, &steps).contains(&format!("\n## {last}. Record the lineages\n")));
        assert!(script(&facts, &steps).contains(&format!("\n# {last}. Record the lineages\n")));
    }
}
