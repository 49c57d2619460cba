//! A base backup is restored by the major version that took it.

use crate::diagnostic::Severity;
use crate::model::image;

use super::archived::{Looked, Recovery, unmet};
use super::rule::{Check, Context, Needs, Remedy, Rule};

pub(super) const RULE: Rule = Rule {
    id: "image-major-drift",
    summary: "image of another PostgreSQL major than the backup to restore",
    severity: Severity::Error,
    remedy: Remedy::ByHand,
    needs: Needs::Archive,
    explain: include_str!("../../fixtures/rules/image-major-drift/README.md"),
    check: Check::Recovery(check),
};

fn check(recovery: &Recovery<'_>, context: &Context<'_>) -> Looked {
    let source = recovery.source(context)?;
    let wanted = recovery.wanted()?;
    let Some(backup) = wanted.backup(source.catalog()) else {
        return Ok(Vec::new());
    };
    let Some(taken) = backup.info().and_then(|info| info.server_major()) else {
        return Ok(Vec::new());
    };
    let (major, place) = image::major(recovery.cluster).ok_or_else(|| {
        unmet(
            recovery.cluster,
            "the image does not name its major version",
        )
    })?;
    if major == taken {
        return Ok(Vec::new());
    }
    let message = format!(
        "recovery of `{}` with PostgreSQL {major} would restore backup {}, which PostgreSQL {taken} took",
        recovery.cluster.title(),
        backup.id
    );
    let finding = RULE
        .found(&recovery.cluster.object, place, message)
        .related(recovery.source.server_name.place.span, "recovery reads from here")
        .help(format!(
            "recover with an image of PostgreSQL {taken} and upgrade afterwards; with another major the server stops with `database files are incompatible with server`"
        ));
    Ok(vec![finding.seen_at(source.depth())])
}
