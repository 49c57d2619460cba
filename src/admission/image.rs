//! The image of PostgreSQL.

use crate::config::OperatorVersion;
use crate::yaml::Node;

use super::Refusal;
use super::check::{Check, Look, Release, Releases};
use super::field::Field;
use super::manifest::Manifest;

pub(super) static CHECKS: &[Check] = &[
    Check::error(
        "admission/image-latest",
        "imageName",
        "image without tag, or with the tag `latest`",
        Look::Whole(latest),
    ),
    Check::error(
        "admission/image-digest-only",
        "imageName",
        "image with a digest and no tag",
        Look::Whole(digest_only),
    ),
    Check::error(
        "admission/image-tag-version",
        "imageName",
        "image whose tag does not begin with a version of PostgreSQL",
        Look::Whole(tag_version),
    ),
    Check::error(
        "admission/image-pull-policy",
        "imagePullPolicy",
        "pull policy other than Always, Never and IfNotPresent",
        Look::Whole(pull_policy),
    ),
    Check::error(
        "admission/pg-too-old",
        "imageName",
        "PostgreSQL older than the operator runs",
        Look::Whole(too_old),
    ),
];

/// The tag of an image. Source: machinery `pkg/image/reference/imagename.go`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tag<'i> {
    /// Neither tag nor digest: `latest` is meant.
    None,
    /// A digest alone.
    DigestOnly,
    Named(&'i str),
}

fn tag(image: &str) -> Tag<'_> {
    const DIGEST: &str = "@sha256:";
    let digest = image.rfind(DIGEST).filter(|at| {
        let hash = &image[at + DIGEST.len()..];
        !hash.is_empty() && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
    });
    let name = digest.map_or(image, |at| &image[..at]);
    // The tag begins behind the first colon that no slash follows.
    let last = name.rfind('/').map_or(0, |slash| slash + 1);
    match name[last..].split_once(':') {
        Some((_, tag)) if !tag.is_empty() => Tag::Named(tag),
        _ if digest.is_some() => Tag::DigestOnly,
        _ => Tag::None,
    }
}

/// The major version that a tag begins with. Source: machinery `pkg/postgres/version/version.go` (`FromTag`).
fn version_of(tag: &str) -> Option<u32> {
    // Digits, each followed by at most one point.
    let bytes = tag.as_bytes();
    let mut end = 0;
    while bytes.get(end).is_some_and(u8::is_ascii_digit) {
        end += 1;
        end += usize::from(bytes.get(end) == Some(&b'.'));
    }
    let mut parts = tag[..end].split('.');
    let major = parts.next()?.parse().ok()?;
    parts
        .next()
        .is_none_or(|minor| minor.parse::<u32>().is_ok())
        .then_some(major)
}

/// The major version of PostgreSQL that a `spec` asks for; `None` where it cannot be told.
pub(super) fn major_of(spec: &Node) -> Option<u32> {
    if let Some(catalog) = spec.get("imageCatalogRef").filter(|node| !node.is_null()) {
        let major = catalog.get("major").and_then(Node::as_integer)?;
        return u32::try_from(major).ok();
    }
    match tag(spec.get("imageName")?.text()?) {
        Tag::Named(tag) => version_of(tag),
        Tag::None | Tag::DigestOnly => None,
    }
}

/// The same of a manifest.
pub(super) fn major(root: &Field<'_>) -> Option<u32> {
    let spec = root.get("spec");
    let catalog = spec.get("imageCatalogRef");
    if catalog.is_set() {
        return u32::try_from(catalog.get("major").number()?).ok();
    }
    match tag(spec.get("imageName").text()?) {
        Tag::Named(tag) => version_of(tag),
        Tag::None | Tag::DigestOnly => None,
    }
}

fn image<'m>(manifest: &Manifest<'m>) -> Option<(Field<'m>, &'m str)> {
    let field = manifest.spec(&["imageName"]);
    let image = field.given_text()?;
    Some((field, image))
}

fn latest(manifest: &Manifest<'_>) -> Option<Refusal> {
    let (field, image) = image(manifest)?;
    let message = match tag(image) {
        Tag::None => format!("image `{image}` has no tag"),
        Tag::Named("latest") => format!("image `{image}` has the tag `latest`"),
        _ => return None,
    };
    let help = "name the version of PostgreSQL in the tag, such as `:17.6`; upgrades could not be seen otherwise";
    Some(field.refuse(message).help(help))
}

fn digest_only(manifest: &Manifest<'_>) -> Option<Refusal> {
    let (field, image) = image(manifest)?;
    let message = "image is named by digest alone";
    let help = "put the tag before the digest: `name:17.6@sha256:…`";
    (tag(image) == Tag::DigestOnly).then(|| field.refuse(message).help(help))
}

fn tag_version(manifest: &Manifest<'_>) -> Option<Refusal> {
    let (field, image) = image(manifest)?;
    match tag(image) {
        Tag::Named(tag) if tag != "latest" && version_of(tag).is_none() => {
            let message = format!("tag `{tag}` does not begin with a version of PostgreSQL");
            Some(
                field
                    .refuse(message)
                    .help("begin the tag with the version, such as `17.6` or `17.6-mine`"),
            )
        }
        _ => None,
    }
}

fn pull_policy(manifest: &Manifest<'_>) -> Option<Refusal> {
    let field = manifest.spec(&["imagePullPolicy"]);
    let policy = field.given_text()?;
    let known = ["Always", "Never", "IfNotPresent"].contains(&policy);
    (!known).then(|| {
        field.refuse(format!(
            "`{policy}` is no pull policy: Always, Never or IfNotPresent"
        ))
    })
}

fn too_old(manifest: &Manifest<'_>) -> Option<Refusal> {
    let major = major(&manifest.at(&[]))?;
    let oldest = oldest(manifest.version());
    let catalog = manifest.spec(&["imageCatalogRef"]);
    let field = if catalog.is_set() {
        catalog.get("major")
    } else {
        manifest.spec(&["imageName"])
    };
    (major < oldest).then(|| {
        field.refuse(format!(
            "PostgreSQL {major} is not supported: {oldest} or newer"
        ))
    })
}

/// The oldest PostgreSQL that an operator takes.
fn oldest(version: OperatorVersion) -> u32 {
    let thirteen = Releases(&[Release(24, 4), Release(25, 2)]);
    match (thirteen.has(version), version.minor) {
        (true, _) => 13,
        (false, 25) => 12,
        (false, _) => 11,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_told_from_ports_and_digests() {
        for (image, expected) in [
            (
                "ghcr.io/cloudnative-pg/postgresql:17.2-6",
                Tag::Named("17.2-6"),
            ),
            ("localhost:5000/pg", Tag::None),
            ("localhost:5000/pg:16", Tag::Named("16")),
            ("pg", Tag::None),
            ("pg:16@sha256:0aF", Tag::Named("16")),
            ("pg@sha256:0aF", Tag::DigestOnly),
            ("pg@sha256:xyz", Tag::Named("xyz")),
            ("pg:", Tag::None),
        ] {
            assert_eq!(tag(image), expected, "{image}");
        }
    }

    #[test]
    fn a_tag_begins_with_a_version() {
        for (tag, major) in [
            ("17", Some(17)),
            ("17.2-6", Some(17)),
            ("13.3.2.1-1", Some(13)),
            ("17rc1", Some(17)),
            ("16-minimal", Some(16)),
            ("16.", None),
            ("16.-x", None),
            ("v16", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(version_of(tag), major, "{tag}");
        }
    }
}
