//! Annotations that the operator reads.

use super::Refusal;
use super::check::{Check, Look, Release};
use super::defaults::{LIVENESS_PINGER, liveness_pinger};
use super::manifest::Manifest;
use super::pod_patch;

pub(super) static CHECKS: &[Check] = &[
    Check::error(
        "admission/hibernation-value",
        "metadata.annotations[cnpg.io/hibernation]",
        "value other than on and off",
        Look::Whole(hibernation),
    ),
    Check::error(
        "admission/podpatch-decode",
        "metadata.annotations[cnpg.io/podPatch]",
        "value that is no JSON Patch",
        Look::Whole(pod_patch::decode),
    )
    .since(FIRST),
    Check::error(
        "admission/podpatch-apply",
        "metadata.annotations[cnpg.io/podPatch]",
        "patch that fits no pod of the operator",
        Look::Whole(pod_patch::apply),
    )
    .since(FIRST),
    Check::error(
        "admission/liveness-pinger",
        "metadata.annotations[alpha.cnpg.io/livenessPinger]",
        "value that is no JSON, or lacks `enabled`",
        Look::Whole(pinger),
    )
    .since(FIRST),
];

const FIRST: &[Release] = &[Release(26, 0)];

fn hibernation(manifest: &Manifest<'_>) -> Option<Refusal> {
    let field = manifest.annotation("cnpg.io/hibernation")?;
    let text = field.text()?;
    let known = ["on", "off"].contains(&text);
    (!known).then(|| {
        field
            .refuse(format!("`{text}` does not say whether to hibernate"))
            .help("write `\"on\"` or `\"off\"`, in quotes")
    })
}

fn pinger(manifest: &Manifest<'_>) -> Option<Refusal> {
    let field = manifest.annotation(LIVENESS_PINGER)?;
    let problem = liveness_pinger(field.text()?).err()?;
    Some(field.refuse(format!("the annotation cannot be read: {problem}")))
}
