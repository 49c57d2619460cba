//! `lint --baseline`: findings that are accepted because they were there before.

use std::path::Path;

use crate::io::Disk;
use crate::io::replace::replace_file;
use crate::io::terminal::write_stderr;
use crate::lint::{Baseline, Outcome};
use crate::text::{FileTree, ReadError};

use super::args::{Common, Lint};
use super::exit::Failure;
use super::settings::unreadable;

/// Takes the findings of the baseline out of the outcome, or makes the baseline anew from it.
pub(super) fn apply(
    outcome: &mut Outcome,
    arguments: &Lint,
    common: &Common,
    unread: &[String],
) -> Result<(), Failure> {
    let Some(file) = &arguments.baseline else {
        return Ok(());
    };
    if arguments.update_baseline {
        if !unread.is_empty() {
            return Err(Failure::new(unread.join("\n")).remedy(
                "the baseline was not written: it would lack the findings of what could not be read",
            ));
        }
        let baseline = Baseline::of(outcome);
        write(file, &baseline, common)?;
        outcome.accept(&baseline);
        return Ok(());
    }
    let gone = outcome.accept(&read(file)?);
    if gone > 0 && !common.quiet {
        let noun = if gone == 1 { "finding" } else { "findings" };
        write_stderr(&format!(
            "note: {gone} {noun} of {} can no longer be found; `--update-baseline` takes such out\n",
            file.display()
        ));
    }
    Ok(())
}

fn read(file: &Path) -> Result<Baseline, Failure> {
    let text = Disk.read(file).map_err(|error| match error {
        ReadError::Missing => Failure::new(format!("{}: {error}", file.display()))
            .remedy("make it with `--update-baseline`"),
        error => unreadable(file, &error),
    })?;
    Baseline::parse(&text).map_err(|error| {
        Failure::new(format!("{}: not a baseline: {error}", file.display()))
            .remedy("make it anew with `--update-baseline`")
    })
}

fn write(file: &Path, baseline: &Baseline, common: &Common) -> Result<(), Failure> {
    replace_file(file, &baseline.render())
        .map_err(|error| Failure::new(format!("cannot write {}: {error}", file.display())))?;
    if !common.quiet {
        let count = baseline.len();
        let noun = if count == 1 { "finding" } else { "findings" };
        write_stderr(&format!("wrote {}: {count} {noun}\n", file.display()));
    }
    Ok(())
}
