//! Image names: matching and rewriting.
//!
//! Source: `api/filters/imagetag` and `api/internal/image` of kustomize 5.5.0.

use regex::Regex;
use thiserror::Error;

use crate::text::{Span, Spanned};
use crate::yaml::{Kind, Node, Origin};

use super::selector::last_line;

/// One entry of `images`, as written.
#[derive(Debug, Clone)]
pub struct ImageFields {
    /// The image to change, a regular expression; absent matches nothing.
    pub name: Option<Spanned<String>>,
    /// Replaces the name.
    pub new_name: Option<String>,
    /// Replaces the tag.
    pub new_tag: Option<String>,
    /// Replaces the digest.
    pub digest: Option<String>,
    /// Appended to the old tag.
    pub tag_suffix: Option<String>,
    /// Origin of a rewritten image (the entry, or its new tag).
    pub made_by: Span,
}

/// Why an entry cannot be used.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
#[error("image name {name:?} is not a regular expression: {reason}")]
pub struct ImageError {
    /// The place of the name.
    pub span: Span,
    /// The name as written.
    pub name: String,
    /// What the parser says.
    pub reason: String,
}

/// An entry ready to apply.
#[derive(Debug, Clone)]
pub struct ImageRule {
    name: Regex,
    new_name: Option<String>,
    new_tag: Option<String>,
    digest: Option<String>,
    tag_suffix: Option<String>,
    made_by: Span,
}

impl ImageRule {
    /// Compiles the entry once.
    ///
    /// # Errors
    /// When its name is no regular expression.
    pub fn compile(fields: &ImageFields) -> Result<Self, ImageError> {
        let name = fields.name.as_ref();
        let text = name.map_or("", |name| name.value.as_str());
        // The alternatives of a name with `|` are not grouped, in kustomize either.
        let tag = "[a-zA-Z0-9_.{}-]*";
        let name = Regex::new(&format!("^{text}(:{tag})?(@sha256:{tag})?$")).map_err(|error| {
            ImageError {
                span: name.map_or(fields.made_by, |name| name.span),
                name: text.to_owned(),
                reason: last_line(&error),
            }
        })?;
        let given = |field: &Option<String>| field.clone().filter(|text| !text.is_empty());
        Ok(Self {
            name,
            new_name: given(&fields.new_name),
            new_tag: given(&fields.new_tag),
            digest: given(&fields.digest),
            tag_suffix: given(&fields.tag_suffix),
            made_by: fields.made_by,
        })
    }

    /// The new image, or `None` when the entry is not about this one.
    pub fn rewrite(&self, image: &str) -> Option<String> {
        if !self.name.is_match(image) {
            return None;
        }
        let (name, tag, digest) = split(image);
        let (mut tag, mut digest) = (tag.to_owned(), digest.to_owned());
        // A new tag or digest takes the place of both.
        if self.new_tag.is_some() || self.digest.is_some() {
            tag = self.new_tag.clone().unwrap_or_default();
            digest = self.digest.clone().unwrap_or_default();
        } else if let Some(suffix) = &self.tag_suffix {
            tag.push_str(suffix);
            digest.clear();
        }
        let mut image = self.new_name.clone().unwrap_or_else(|| name.to_owned());
        for (mark, part) in [(':', tag), ('@', digest)] {
            if !part.is_empty() {
                image.push(mark);
                image.push_str(&part);
            }
        }
        Some(image)
    }

    /// Rewrites `image` in the items of every `containers` and `initContainers` list at any depth.
    ///
    /// The caller leaves out custom resource definitions.
    pub fn apply_to_containers(&self, resource: &mut Node) {
        match &mut resource.kind {
            Kind::Sequence(items) => {
                for item in items {
                    self.apply_to_containers(item);
                }
            }
            Kind::Mapping(entries) => {
                for entry in entries {
                    self.apply_to_containers(&mut entry.value);
                    let lists = ["containers", "initContainers"];
                    if entry.key.text().is_some_and(|key| lists.contains(&key)) {
                        let items = entry.value.as_sequence_mut();
                        for item in items.into_iter().flatten() {
                            if let Some(image) = item.get_mut("image") {
                                self.apply_to_scalar(image);
                            }
                        }
                    }
                }
            }
            Kind::Scalar(_) | Kind::Alias(_) => {}
        }
    }

    /// Rewrites one scalar (a configured image field); anything but a scalar is left alone.
    pub fn apply_to_scalar(&self, node: &mut Node) {
        let Some(new) = node.text().and_then(|image| self.rewrite(image)) else {
            return;
        };
        if node.text() != Some(new.as_str()) {
            *node = Node::string(new, Origin::Made { by: self.made_by });
        }
    }
}

/// Name, tag and digest: `[host[:port]/]name[:tag][@digest]`. A colon before the first slash belongs to the host.
fn split(image: &str) -> (&str, &str, &str) {
    let host = image.find('/').unwrap_or(0);
    let find = |mark| image[host..].find(mark).map(|at| at + host);
    match (find(':'), find('@')) {
        (None, None) => (image, "", ""),
        (Some(colon), None) => (&image[..colon], &image[colon + 1..], ""),
        (Some(colon), Some(at)) if colon < at => {
            (&image[..colon], &image[colon + 1..at], &image[at + 1..])
        }
        (_, Some(at)) => (&image[..at], "", &image[at + 1..]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::FileId;

    const SPAN: Span = Span {
        file: FileId(0),
        start: 0,
        end: 0,
    };

    fn rule(name: &str, [new_name, new_tag, digest, tag_suffix]: [&str; 4]) -> ImageRule {
        let given = |text: &str| Some(text.to_owned());
        ImageRule::compile(&ImageFields {
            name: Some(Spanned::new(name.to_owned(), SPAN)),
            new_name: given(new_name),
            new_tag: given(new_tag),
            digest: given(digest),
            tag_suffix: given(tag_suffix),
            made_by: SPAN,
        })
        .unwrap()
    }

    #[test]
    fn tag_and_digest_replace_each_other() {
        for (name, fields, image, expected) in [
            ("nginx", ["", "2", "", ""], "nginx:1", Some("nginx:2")),
            (
                "nginx",
                ["", "2", "", ""],
                "nginx:1@sha256:ab",
                Some("nginx:2"),
            ),
            (
                "nginx",
                ["", "", "sha256:cd", ""],
                "nginx:1",
                Some("nginx@sha256:cd"),
            ),
            (
                "nginx",
                ["", "2", "sha256:cd", ""],
                "nginx",
                Some("nginx:2@sha256:cd"),
            ),
            (
                "nginx",
                ["", "", "", "-x"],
                "nginx:1@sha256:ab",
                Some("nginx:1-x"),
            ),
            (
                "nginx",
                ["my/nginx", "", "", ""],
                "nginx:1@sha256:ab",
                Some("my/nginx:1@sha256:ab"),
            ),
            (
                "host:5000/a",
                ["", "2", "", ""],
                "host:5000/a:1",
                Some("host:5000/a:2"),
            ),
            ("nginx", ["", "2", "", ""], "reg/nginx:1", None),
            ("ng.*", ["", "2", "", ""], "nginx-x", Some("nginx-x:2")),
            ("", ["", "2", "", ""], "nginx", None),
        ] {
            assert_eq!(
                rule(name, fields).rewrite(image).as_deref(),
                expected,
                "{name} {image}"
            );
        }
    }
}
