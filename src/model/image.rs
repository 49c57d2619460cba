//! Which PostgreSQL a Cluster runs.

use super::cluster::Cluster;
use super::object::Place;

const IMAGE: [&str; 2] = ["spec", "imageName"];
const CATALOG_MAJOR: [&str; 3] = ["spec", "imageCatalogRef", "major"];

/// The major version that a Cluster is to run, and where it says so; `None` where the image does not tell it.
pub fn major(cluster: &Cluster) -> Option<(u32, Place)> {
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
