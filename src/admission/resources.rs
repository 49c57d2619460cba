//! Processor and memory.

use super::Refusal;
use super::check::{Check, Look, Release};
use super::field::Field;
use super::manifest::Manifest;
use super::quantity::Quantity;
use super::settings::size;

pub(super) static CHECKS: &[Check] = &[
    Check::error(
        "admission/res-cpu",
        "resources.requests.cpu",
        "request above the limit",
        Look::Whole(|manifest| above_limit(manifest, "cpu")),
    ),
    Check::error(
        "admission/res-mem",
        "resources.requests.memory",
        "request above the limit",
        Look::Whole(|manifest| above_limit(manifest, "memory")),
    ),
    Check::error(
        "admission/res-ephemeral",
        "resources.requests.ephemeral-storage",
        "request above the limit",
        Look::Whole(|manifest| above_limit(manifest, "ephemeral-storage")),
    ),
    Check::error(
        "admission/res-hugepages-eq",
        "resources.requests",
        "huge pages whose request is not the limit",
        Look::Many(pages_differ),
    )
    .since(HUGE_PAGES),
    Check::error(
        "admission/res-hugepages-need",
        "resources",
        "huge pages without processor or memory",
        Look::Whole(pages_alone),
    )
    .since(HUGE_PAGES),
    Check::error(
        "admission/res-shared-buffers",
        "resources.requests.memory",
        "less memory than shared buffers",
        Look::Whole(buffers),
    ),
];

const HUGE_PAGES: &[Release] = &[Release(25, 3), Release(26, 1)];

/// An amount; nothing where none is given.
fn amount(field: &Field<'_>) -> Option<Quantity> {
    match field.text()? {
        "" => Some(Quantity::ZERO),
        text => Quantity::read(text),
    }
}

fn resource<'m>(manifest: &Manifest<'m>, side: &'static str, name: &'static str) -> Field<'m> {
    manifest.spec(&["resources", side, name])
}

fn above_limit(manifest: &Manifest<'_>, name: &'static str) -> Option<Refusal> {
    let request = resource(manifest, "requests", name);
    let limit = resource(manifest, "limits", name);
    let (asked, most) = (amount(&request)?, amount(&limit)?);
    (!asked.is_zero() && !most.is_zero() && asked > most).then(|| {
        let (asked, most) = (request.text().unwrap_or(""), limit.text().unwrap_or(""));
        request.refuse(format!("{name} request {asked} is above the limit {most}"))
    })
}

/// Huge pages of one side.
fn pages<'m>(manifest: &Manifest<'m>, side: &'static str) -> Vec<(&'m str, Field<'m>)> {
    let mut entries = manifest.spec(&["resources", side]).entries();
    entries.retain(|(name, _)| name.starts_with("hugepages-"));
    entries
}

fn pages_differ(manifest: &Manifest<'_>) -> Vec<Refusal> {
    let limits = pages(manifest, "limits");
    let requests = pages(manifest, "requests").into_iter();
    requests
        .filter_map(|(name, request)| {
            let (_, limit) = limits.iter().find(|(limit, _)| *limit == name)?;
            (amount(&request)? != amount(limit)?)
                .then(|| request.refuse(format!("the request of {name} must be its limit")))
        })
        .collect()
}

fn pages_alone(manifest: &Manifest<'_>) -> Option<Refusal> {
    let mut pages = pages(manifest, "limits");
    pages.extend(self::pages(manifest, "requests"));
    let (_, first) = pages.first()?;
    for side in ["requests", "limits"] {
        for name in ["cpu", "memory"] {
            if !amount(&resource(manifest, side, name))?.is_zero() {
                return None;
            }
        }
    }
    Some(first.refuse("huge pages need a request or limit of cpu or memory beside them"))
}

fn buffers(manifest: &Manifest<'_>) -> Option<Refusal> {
    let parameter = manifest.parameter("shared_buffers");
    let wanted = size(parameter.given_text()?)?;
    let request = resource(manifest, "requests", "memory");
    let memory = amount(&request)?;
    let mut pages = pages(manifest, "limits");
    pages.extend(self::pages(manifest, "requests"));
    let fits = |(_, field): &(&str, Field<'_>)| amount(field).is_none_or(|pages| wanted <= pages);
    let enough = memory.is_zero() || wanted <= memory || pages.iter().any(fits);
    (!enough).then(|| {
        let (asked, buffers) = (request.text().unwrap_or(""), parameter.text().unwrap_or(""));
        request.refuse(format!(
            "memory request {asked} is below `shared_buffers` of {buffers}"
        ))
    })
}
