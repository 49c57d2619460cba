//! What an existing Cluster does not let itself be changed into.

use super::Refusal;
use super::check::{Check, Look, Release};
use super::field::Field;
use super::image;
use super::manifest::Manifest;
use super::replica::{follows, follows_in};
use super::storage::size_of;

pub(super) static CHECKS: &[Check] = &[
    Check::error(
        "admission/image-downgrade",
        "imageName",
        "older major version of PostgreSQL",
        Look::Change(|before, after| major_change(before, after, Major::Down)),
    )
    .since(MAJOR),
    Check::error(
        "admission/image-upgrade-floor",
        "imageName",
        "upgrade to a major version before 16",
        Look::Change(|before, after| major_change(before, after, Major::Floor)),
    )
    .since(MAJOR),
    Check::error(
        "admission/image-and-params",
        "imageName",
        "image and parameters changed at once, with updates by switchover",
        Look::Change(image_and_parameters),
    ),
    Check::error(
        "admission/storage-shrink",
        "storage",
        "smaller volume",
        Look::Change(|before, after| {
            shrunk(&before.at(&["spec", "storage"]), &after.spec(&["storage"]))
        }),
    ),
    Check::error(
        "admission/walstorage-removed",
        "walStorage",
        "WAL volume taken away",
        Look::Change(wal_volume_gone),
    ),
    Check::error(
        "admission/walstorage-shrink",
        "walStorage",
        "smaller WAL volume",
        Look::Change(|before, after| {
            shrunk(
                &before.at(&["spec", "walStorage"]),
                &after.spec(&["walStorage"]),
            )
        }),
    ),
    Check::error(
        "admission/tbs-section-removed",
        "tablespaces",
        "all tablespaces taken away",
        Look::Change(tablespaces_gone),
    ),
    Check::error(
        "admission/tbs-removed",
        "tablespaces",
        "tablespace taken away",
        Look::Change(tablespace_gone),
    ),
    Check::error(
        "admission/tbs-shrink",
        "tablespaces[].storage",
        "smaller volume of a tablespace",
        Look::Change(tablespace_shrunk),
    ),
    Check::error(
        "admission/gid-immutable",
        "postgresGID",
        "other group",
        Look::Change(|before, after| identifier(before, after, "postgresGID")),
    ),
    Check::error(
        "admission/uid-immutable",
        "postgresUID",
        "other user",
        Look::Change(|before, after| identifier(before, after, "postgresUID")),
    ),
    Check::error(
        "admission/slotprefix-change",
        "replicationSlots.highAvailability.slotPrefix",
        "other prefix while the slots are on",
        Look::Change(prefix),
    ),
    Check::error(
        "admission/wal-level-to-minimal",
        "postgresql.parameters.wal_level",
        "minimal WAL for an existing Cluster",
        Look::Change(wal_level),
    ),
    Check::error(
        "admission/replica-flip-busy",
        "replica.enabled",
        "other role while the roles are being switched",
        Look::Change(role),
    ),
];

const MAJOR: &[Release] = &[Release(26, 0)];

/// What is wrong with a change of the major version.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Major {
    Down,
    Floor,
}

/// The operator compares with the version that wrote the data, which the status tells; without one, the base revision's
/// image is that version.
fn major_change(before: &Field<'_>, after: &Manifest<'_>, wanted: Major) -> Vec<Refusal> {
    let look = || {
        let status = before.at(&["status", "pgDataImageInfo", "majorVersion"]);
        let old = match u32::try_from(status.number()?).ok()? {
            0 => image::major(before)?,
            known => known,
        };
        let new = image::major(&after.at(&[]))?;
        let catalog = after.spec(&["imageCatalogRef"]);
        let field = if catalog.is_set() {
            catalog.get("major")
        } else {
            after.spec(&["imageName"])
        };
        match wanted {
            Major::Down if new < old => Some(
                field
                    .refuse(format!(
                        "PostgreSQL {old} wrote the data, PostgreSQL {new} cannot read it"
                    ))
                    .help("recover a backup of the older version into a new Cluster"),
            ),
            Major::Floor if new > old && new < 16 => Some(
                field
                    .refuse(format!(
                        "the operator does not upgrade PostgreSQL {old} to {new}"
                    ))
                    .help("upgrade to PostgreSQL 16 or newer"),
            ),
            _ => None,
        }
    };
    look().into_iter().collect()
}

/// The parameters as text, in order; `None` where one is not known.
fn parameters(spec: &Field<'_>) -> Option<std::collections::BTreeMap<String, String>> {
    let entries = spec.at(&["postgresql", "parameters"]).entries().into_iter();
    entries
        .map(|(name, field)| Some((name.to_owned(), field.raw_text()?.to_owned())))
        .collect()
}

fn image_and_parameters(before: &Field<'_>, after: &Manifest<'_>) -> Vec<Refusal> {
    let look = || {
        let field = after.spec(&["imageName"]);
        let changed = before.at(&["spec", "imageName"]).text()? != field.text()?;
        let switchover = after.spec(&["primaryUpdateMethod"]).text()? == "switchover";
        if !changed || !switchover {
            return None;
        }
        let (old, new) = (
            parameters(&before.get("spec"))?,
            parameters(&after.spec(&[]))?,
        );
        let names = old.keys().chain(new.keys());
        let mut differing: Vec<&str> = names
            .filter(|name| old.get(*name) != new.get(*name))
            .map(String::as_str)
            .collect();
        differing.sort_unstable();
        differing.dedup();
        let message = format!(
            "image and parameters change at once ({}), and updates are by switchover",
            differing.join(", ")
        );
        let help = "change one of them first, and the other when all instances run with it";
        (!differing.is_empty()).then(|| field.refuse(message).help(help))
    };
    look().into_iter().collect()
}

fn shrunk(before: &Field<'_>, after: &Field<'_>) -> Vec<Refusal> {
    let smaller = || {
        let (old, new) = (size_of(before)?, size_of(after)?);
        if new >= old {
            return None;
        }
        let field = if after.get("size").is_set() {
            after.get("size")
        } else {
            super::storage::template_size(after)
        };
        let written = |storage: &Field<'_>| {
            let own = storage.get("size").given_text();
            own.or_else(|| super::storage::template_size(storage).given_text())
                .unwrap_or("0")
                .to_owned()
        };
        let message = format!(
            "the volume shrinks from {} to {}",
            written(before),
            written(after)
        );
        let help = "volumes only grow; for a smaller one recover into a new Cluster";
        Some(field.refuse(message).help(help))
    };
    smaller().into_iter().collect()
}

fn wal_volume_gone(before: &Field<'_>, after: &Manifest<'_>) -> Vec<Refusal> {
    let field = after.spec(&["walStorage"]);
    let gone = before.at(&["spec", "walStorage"]).is_set() && !field.is_set();
    let message = "the WAL volume is taken away, which an existing Cluster does not allow";
    gone.then(|| field.refuse(message)).into_iter().collect()
}

fn tablespaces_gone(before: &Field<'_>, after: &Manifest<'_>) -> Vec<Refusal> {
    let field = after.spec(&["tablespaces"]);
    let gone = before.at(&["spec", "tablespaces"]).has_content() && !field.is_set();
    let message = "all tablespaces are taken away, which an existing Cluster does not allow";
    gone.then(|| field.refuse(message)).into_iter().collect()
}

/// The tablespaces of before, each with what it is now. None where all are taken away.
fn tablespaces<'m>(
    before: &Field<'m>,
    after: &Manifest<'m>,
) -> Vec<(&'m str, Field<'m>, Option<Field<'m>>)> {
    let list = after.spec(&["tablespaces"]);
    if !list.is_set() || list.is_variable() {
        return Vec::new();
    }
    let old = before.at(&["spec", "tablespaces"]).items().into_iter();
    old.filter_map(|item| {
        let name = item.get("name").text()?;
        let mut now = list.items().into_iter();
        let now = now.find(|item| item.get("name").raw_text() == Some(name));
        Some((name, item, now))
    })
    .collect()
}

fn tablespace_gone(before: &Field<'_>, after: &Manifest<'_>) -> Vec<Refusal> {
    let list = after.spec(&["tablespaces"]);
    let open = list
        .items()
        .iter()
        .any(|item| item.get("name").is_variable());
    let all = tablespaces(before, after).into_iter();
    all.filter(|(_, _, now)| now.is_none() && !open)
        .map(|(name, ..)| {
            let message = format!(
                "tablespace `{name}` is taken away, which an existing Cluster does not allow"
            );
            list.refuse(message)
        })
        .collect()
}

fn tablespace_shrunk(before: &Field<'_>, after: &Manifest<'_>) -> Vec<Refusal> {
    let all = tablespaces(before, after).into_iter();
    all.filter_map(|(_, old, new)| Some((old.get("storage"), new?.get("storage"))))
        .flat_map(|(old, new)| shrunk(&old, &new))
        .collect()
}

fn identifier(before: &Field<'_>, after: &Manifest<'_>, name: &'static str) -> Vec<Refusal> {
    let look = || {
        let field = after.spec(&[name]);
        let old = before.at(&["spec", name]).number_or(26)?;
        let new = field.number_or(26)?;
        (old != new).then(|| field.refuse(format!("`{name}` is {old} and stays so")))
    };
    look().into_iter().collect()
}

fn prefix(before: &Field<'_>, after: &Manifest<'_>) -> Vec<Refusal> {
    let look = || {
        let path = ["replicationSlots", "highAvailability"];
        let old = before.get("spec").at(&path);
        let field = after.spec(&path).get("slotPrefix");
        let changed = old.get("slotPrefix").text()? != field.text()?;
        let message = "the prefix of the slots changes while they are on";
        (old.get("enabled").flag_or(true)? && changed).then(|| {
            field
                .refuse(message)
                .help("switch `highAvailability` off first, then on with the other prefix")
        })
    };
    look().into_iter().collect()
}

fn wal_level(before: &Field<'_>, after: &Manifest<'_>) -> Vec<Refusal> {
    let look = || {
        let field = after.parameter("wal_level");
        let old = before
            .at(&["spec", "postgresql", "parameters", "wal_level"])
            .text()?;
        let to_minimal = field.text()? == "minimal" && old != "minimal" && !old.is_empty();
        let message = format!(
            "the WAL level goes from {old} to minimal, which an existing Cluster does not allow"
        );
        to_minimal.then(|| field.refuse(message))
    };
    look().into_iter().collect()
}

fn role(before: &Field<'_>, after: &Manifest<'_>) -> Vec<Refusal> {
    let look = || {
        let busy = after.at(&["status", "switchReplicaClusterStatus", "inProgress"]);
        let name = before.at(&["metadata", "name"]).text()?;
        let flips = follows_in(&before.get("spec"), name)? != follows(after)?;
        let message = "the role changes while an earlier change of roles is under way";
        (busy.flag_or(false)? && flips).then(|| {
            after
                .spec(&["replica", "enabled"])
                .refuse(message)
                .help("wait until it has ended")
        })
    };
    look().into_iter().collect()
}
