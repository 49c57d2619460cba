//! Which changes make Argo CD render an Application anew.
//!
//! Source: Argo CD `util/app/path/path.go` (`GetSourceRefreshPaths`, `AppFilesHaveChanged`).

use crate::text::{Span, Spanned};

use super::path_match::go_match;
use super::source::clean;
use super::{Application, Source};

/// The annotation with the paths to watch, separated by `;`.
const GENERATE_PATHS: &str = "argocd.argoproj.io/manifest-generate-paths";

/// The paths that are watched for one source.
#[derive(Debug, Clone)]
pub struct RefreshPaths {
    /// The annotation.
    pub place: Span,
    /// Each path from the top of the repository, beside it as it is written.
    pub paths: Vec<(String, String)>,
}

impl RefreshPaths {
    /// The paths of a source; `None` where every change counts, and where only the controller knows them.
    pub fn of(application: &Application, source: &Source) -> Option<Self> {
        let Spanned { value, span } = application.annotation(GENERATE_PATHS)?;
        if value.contains("{{") {
            return None;
        }
        let own = source.path.as_ref().map_or("", |path| path.value.as_str());
        let absolute = |item: &str| match item.strip_prefix('/') {
            Some(below) => below.to_owned(),
            None => clean(&format!("{own}/{item}")),
        };
        let items = value
            .split(';')
            .map(str::trim)
            .filter(|item| !item.is_empty());
        let paths: Vec<_> = items
            .map(|item| (absolute(item), item.to_owned()))
            .collect();
        (!paths.is_empty()).then_some(Self { place: span, paths })
    }

    /// Whether a change of a file, named from the top of the repository, is noticed. Versions disagree about absolute
    /// paths with `..`, so these cover nothing.
    pub fn cover(&self, file: &str) -> bool {
        self.paths.iter().any(|(path, written)| {
            let is_devious = written.starts_with('/') && path.split('/').any(|name| name == "..");
            !is_devious && covers(path, file)
        })
    }

    /// A path that is the directory of the source twice over, because it lacks the `/` at its start.
    pub fn doubled(&self, directory: &str) -> Option<&str> {
        let doubled = format!("{directory}/{directory}");
        let found = self.paths.iter().find(|(path, _)| *path == doubled);
        found
            .filter(|_| !directory.is_empty())
            .map(|(path, _)| path.as_str())
    }
}

fn covers(path: &str, file: &str) -> bool {
    let cleaned = clean(path);
    let is_below = cleaned.is_empty()
        || file
            .strip_prefix(&*cleaned)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    is_below || go_match(&format!("/{path}"), &format!("/{file}")) == Some(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_covers_itself_what_is_below_and_what_its_pattern_matches() {
        assert!(covers("db/shop", "db/shop/base/c.yaml"));
        assert!(covers("db/shop/c.yaml", "db/shop/c.yaml"));
        assert!(covers("", "db/c.yaml"));
        assert!(covers("db/*/c.yaml", "db/shop/c.yaml"));
        assert!(!covers("db/sh", "db/shop/c.yaml"));
        assert!(
            !covers("db/*", "db/shop/c.yaml"),
            "a pattern does not name what is below"
        );
    }
}
