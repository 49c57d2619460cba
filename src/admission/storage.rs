//! Volumes.

use super::Refusal;
use super::check::{Check, Look};
use super::field::Field;
use super::manifest::Manifest;
use super::quantity::Quantity;

pub(super) static CHECKS: &[Check] = &[
    Check::error(
        "admission/storage-size-parse",
        "storage.size",
        "size that is no amount",
        Look::Whole(|manifest| unreadable(&manifest.spec(&["storage"]))),
    ),
    Check::error(
        "admission/storage-size-missing",
        "storage.size",
        "volume without a size",
        Look::Whole(|manifest| missing(&manifest.spec(&["storage"]))),
    ),
    Check::error(
        "admission/walstorage-size-parse",
        "walStorage.size",
        "size that is no amount",
        Look::Whole(|manifest| unreadable(&wal(manifest)?)),
    ),
    Check::error(
        "admission/walstorage-size-missing",
        "walStorage.size",
        "volume without a size",
        Look::Whole(|manifest| missing(&wal(manifest)?)),
    ),
    Check::error(
        "admission/ephemeral-conflict",
        "ephemeralVolumeSource",
        "volume for temporary data with a limit that is for none",
        Look::Whole(ephemeral),
    ),
];

fn wal<'m>(manifest: &Manifest<'m>) -> Option<Field<'m>> {
    let storage = manifest.spec(&["walStorage"]);
    storage.is_set().then_some(storage)
}

/// The size that the template of the volume claim asks for.
pub(super) fn template_size<'m>(storage: &Field<'m>) -> Field<'m> {
    storage.at(&["pvcTemplate", "resources", "requests", "storage"])
}

/// The size of a volume, where it can be told. Source: CNPG `api/v1/cluster_funcs.go` (`GetSizeOrNil`).
pub(super) fn size_of(storage: &Field<'_>) -> Option<Quantity> {
    match storage.get("size").text()? {
        "" if !storage.get("pvcTemplate").is_set() => None,
        "" => match template_size(storage).text()? {
            "" => Some(Quantity::ZERO),
            text => Quantity::read(text),
        },
        text => Quantity::read(text),
    }
}

/// A size that is given and no amount.
pub(super) fn unreadable(storage: &Field<'_>) -> Option<Refusal> {
    let field = storage.get("size");
    let text = field.given_text()?;
    Quantity::read(text).is_none().then(|| {
        field
            .refuse(format!("`{text}` is no size"))
            .help("write a number with a unit: `10Gi`")
    })
}

/// A size that is not given, in one way or the other.
pub(super) fn missing(storage: &Field<'_>) -> Option<Refusal> {
    let field = storage.get("size");
    let template = template_size(storage);
    let asked = match template.text()? {
        "" => Quantity::ZERO,
        text => Quantity::read(text)?,
    };
    let unknown = storage.is_variable() || storage.get("pvcTemplate").is_variable();
    (field.text()?.is_empty() && asked.is_zero() && !unknown).then(|| {
        let message = format!("`{}` has no size", storage.shown());
        field
            .refuse(message)
            .help("add `size`, or a storage request in `pvcTemplate`")
    })
}

fn ephemeral(manifest: &Manifest<'_>) -> Option<Refusal> {
    let volume = manifest.spec(&["ephemeralVolumeSource"]);
    let limit = manifest.spec(&["ephemeralVolumesSizeLimit", "temporaryData"]);
    (volume.is_set() && limit.is_set()).then(|| {
        let message = "temporary data has a volume of its own, and a limit that is for shared ones";
        limit
            .refuse(message)
            .help("remove `temporaryData`, or `ephemeralVolumeSource`")
    })
}
