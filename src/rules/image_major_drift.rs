//! A base backup is restored by the major version that took it.

use crate::diagnostic::Severity;
use crate::model::cluster::Cluster;
use crate::model::object::Place;

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

const IMAGE: [&str; 2] = ["spec", "imageName"];
const CATALOG_MAJOR: [&str; 3] = ["spec", "imageCatalogRef", "major"];

fn check(recovery: &Recovery<'_>, context: &Context<'_>) -> Looked {
    let source = recovery.source(context)?;
    let wanted = recovery.wanted()?;
    let Some(backup) = wanted.backup(source.catalog()) else {
        return Ok(Vec::new());
    };
    let Some(taken) = backup.info().and_then(|info| info.server_major()) else {
        return Ok(Vec::new());
    };
    let (major, place) = image(recovery.cluster).ok_or_else(|| {
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

/// The major version that a Cluster is to run, and where it says so.
fn image(cluster: &Cluster) -> Option<(u32, Place)> {
    let object = &cluster.object;
    if let Some(image) = object.value(&IMAGE) {
        return Some((major_of(&image.value)?, object.place(&IMAGE)));
    }
    let major = object.value(&CATALOG_MAJOR)?.value.parse().ok()?;
    Some((major, object.place(&CATALOG_MAJOR)))
}

/// The number that the tag of an image begins with. Source: machinery `pkg/image/reference`, CNPG `api/v1` (tags).
fn major_of(image: &str) -> Option<u32> {
    let name = image.rsplit('/').next()?;
    let (_, tag) = name.split('@').next()?.split_once(':')?;
    let digits = tag.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = tag.split_at(digits);
    let ends = rest.is_empty() || rest.starts_with(['.', '-', '_']);
    number.parse().ok().filter(|major| ends && *major >= 10)
}

#[cfg(test)]
mod tests {
    use super::major_of;

    #[test]
    fn the_major_is_what_the_tag_begins_with() {
        for (image, major) in [
            ("ghcr.io/cloudnative-pg/postgresql:17.2-6", Some(17)),
            ("ghcr.io/cloudnative-pg/postgresql:18", Some(18)),
            ("postgresql:16-bookworm@sha256:0123", Some(16)),
            ("localhost:5000/pg:15.18", Some(15)),
            ("localhost:5000/pg", None),
            ("ghcr.io/cloudnative-pg/postgresql@sha256:0123", None),
            ("pg:latest", None),
            ("pg:${MAJOR}", None),
            ("pg:20260101T0000", None),
            ("pg:9.6", None),
        ] {
            assert_eq!(major_of(image), major, "{image}");
        }
    }
}
