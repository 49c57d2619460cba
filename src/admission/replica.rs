//! Replica clusters.

use super::Refusal;
use super::check::{Check, Look};
use super::external;
use super::field::Field;
use super::manifest::Manifest;
use super::token;

pub(super) static CHECKS: &[Check] = &[
    Check::error(
        "admission/replica-enabled-and-primary",
        "replica.enabled",
        "`enabled` together with `primary`",
        Look::Whole(enabled_and_primary),
    ),
    Check::error(
        "admission/replica-bootstrap-kind",
        "replica",
        "new replica cluster that is neither recovered nor copied",
        Look::Whole(bootstrap_kind),
    )
    .told_by("replica-without-recovery-bootstrap"),
    Check::error(
        "admission/replica-source-unknown",
        "replica.source",
        "source that is no external cluster",
        Look::Whole(unknown_source),
    ),
    Check::error(
        "admission/replica-self-unknown",
        "replica.self",
        "own name that is no external cluster",
        Look::Whole(|manifest| unknown_name(manifest, "self")),
    ),
    Check::error(
        "admission/replica-primary-unknown",
        "replica.primary",
        "primary that is no external cluster",
        Look::Whole(|manifest| unknown_name(manifest, "primary")),
    ),
    Check::error(
        "admission/token-with-delay",
        "replica.promotionToken",
        "promotion token with a delay of replay",
        Look::Whole(token_with_delay),
    ),
    Check::error(
        "admission/token-on-replica",
        "replica.promotionToken",
        "promotion token for a cluster that still follows",
        Look::Whole(token_on_replica),
    ),
    Check::error(
        "admission/token-format",
        "replica.promotionToken",
        "promotion token that is no JSON in base64",
        Look::Whole(token_format),
    ),
    Check::error(
        "admission/token-content",
        "replica.promotionToken",
        "promotion token that lacks a part",
        Look::Whole(token_content),
    ),
];

/// The section, where there is one.
fn replica<'m>(manifest: &Manifest<'m>) -> Option<Field<'m>> {
    let replica = manifest.spec(&["replica"]);
    replica.is_set().then_some(replica)
}

/// Whether the Cluster follows another; `None` where a variable decides.
pub(super) fn follows(manifest: &Manifest<'_>) -> Option<bool> {
    follows_in(&manifest.spec(&[]), manifest.name())
}

/// The same of a `spec`.
pub(super) fn follows_in(spec: &Field<'_>, name: &str) -> Option<bool> {
    let replica = spec.get("replica");
    if !replica.is_set() {
        return Some(false);
    }
    let enabled = replica.get("enabled");
    if enabled.is_set() {
        return enabled.flag_or(false);
    }
    let own = match replica.get("self").text()? {
        "" => name,
        own => own,
    };
    Some(own != replica.get("primary").text()?)
}

fn enabled_and_primary(manifest: &Manifest<'_>) -> Option<Refusal> {
    let replica = replica(manifest)?;
    let (enabled, primary) = (replica.get("enabled"), replica.get("primary"));
    let both = enabled.is_set() && primary.raw_text() != Some("");
    both.then(|| {
        let message = "`enabled` and `primary` both say whether this cluster follows";
        enabled
            .refuse(message)
            .help("in a topology of named clusters drop `enabled`, else drop `primary`")
    })
}

fn bootstrap_kind(manifest: &Manifest<'_>) -> Option<Refusal> {
    let replica = replica(manifest)?;
    let bootstrap = manifest.spec(&["bootstrap"]);
    let copied = bootstrap.get("recovery").is_set() || bootstrap.get("pg_basebackup").is_set();
    // In a topology of names this is also how a primary is demoted, which is accepted.
    let named = replica
        .get("primary")
        .raw_text()
        .is_some_and(|primary| !primary.is_empty());
    let is_new = manifest.is_created() || (manifest.is_new() && !named);
    (is_new && follows(manifest)? && !copied).then(|| {
        replica
            .refuse("a new replica cluster cannot start from an empty database")
            .help("bootstrap it with `recovery` or `pg_basebackup` from its source")
    })
}

fn unknown_source(manifest: &Manifest<'_>) -> Option<Refusal> {
    external::unknown(manifest, &replica(manifest)?.get("source"))
}

fn unknown_name(manifest: &Manifest<'_>, field: &'static str) -> Option<Refusal> {
    let field = replica(manifest)?.get(field);
    field.given_text()?;
    external::unknown(manifest, &field)
}

/// The token, as far as the checks before have not ended the work of admission.
fn token<'m>(manifest: &Manifest<'m>) -> Option<(Field<'m>, &'m str)> {
    let field = replica(manifest)?.get("promotionToken");
    let text = field.given_text()?;
    Some((field, text))
}

fn token_with_delay(manifest: &Manifest<'_>) -> Option<Refusal> {
    token(manifest)?;
    let delay = replica(manifest)?.get("minApplyDelay");
    let message = "a cluster that is promoted by token cannot delay replay";
    delay.is_set().then(|| {
        delay
            .refuse(message)
            .help("remove `minApplyDelay` in the same change")
    })
}

fn token_on_replica(manifest: &Manifest<'_>) -> Option<Refusal> {
    let (field, _) = token(manifest)?;
    if token_with_delay(manifest).is_some() {
        return None;
    }
    follows(manifest)?.then(|| {
        let message =
            "a promotion token is for the cluster that becomes the primary, this one follows";
        field
            .refuse(message)
            .help("name this cluster in `primary`, or remove the token")
    })
}

/// What the token holds, where the cluster is a primary.
fn read_token<'m>(
    manifest: &Manifest<'m>,
) -> Option<(Field<'m>, Result<Vec<&'static str>, &'static str>)> {
    let (field, text) = token(manifest)?;
    let ended = token_with_delay(manifest).is_some() || follows(manifest)?;
    (!ended).then(|| (field, token::missing_parts(text)))
}

fn token_format(manifest: &Manifest<'_>) -> Option<Refusal> {
    let (field, read) = read_token(manifest)?;
    let problem = read.err()?;
    let help = "copy `status.demotionToken` of the demoted primary unchanged";
    Some(
        field
            .refuse(format!("the promotion token cannot be read: {problem}"))
            .help(help),
    )
}

fn token_content(manifest: &Manifest<'_>) -> Option<Refusal> {
    let (field, read) = read_token(manifest)?;
    let missing = read.ok().filter(|missing| !missing.is_empty())?;
    let message = format!("the promotion token lacks {}", missing.join(", "));
    Some(
        field
            .refuse(message)
            .help("copy `status.demotionToken` of the demoted primary unchanged"),
    )
}
