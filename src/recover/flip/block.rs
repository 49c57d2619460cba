//! A bootstrap block in comments, in the document that holds the one in force or could hold it.

use crate::model::cluster::{Cluster, Method};
use crate::project::Database;
use crate::text::Span;
use crate::yaml::patch::PatchError;
use crate::yaml::{Node, expand};

use super::Candidate;
use super::sheet::Sheet;

/// The ways to switch a bootstrap block on, and the one in force off.
pub(super) fn candidates(database: &Database<'_>, wanted: Method) -> Vec<Candidate> {
    in_documents(database, &|block| block.switched_on(wanted))
}

/// The ways to comment the recovery out and leave no bootstrap.
pub(super) fn without(database: &Database<'_>) -> Vec<Candidate> {
    in_documents(database, &Block::switched_off)
}

fn in_documents(
    database: &Database<'_>,
    candidate_of: &dyn Fn(&Block) -> Option<Candidate>,
) -> Vec<Candidate> {
    let mut places: Vec<Span> = Vec::new();
    for cluster in database.live() {
        let own = cluster.object.find(&["spec", "bootstrap"]).map(Node::span);
        for place in std::iter::once(cluster.object.source()).chain(own) {
            if !places.contains(&place) {
                places.push(place);
            }
        }
    }
    let mut found: Vec<Candidate> = Vec::new();
    for place in places {
        let Some(block) = Block::find(database, place) else {
            continue;
        };
        let candidate = candidate_of(&block);
        found.extend(candidate.filter(|new| !found.iter().any(|known| known.edits == new.edits)));
    }
    found
}

/// Whether nothing says how the cluster is made, so that the operator makes an empty one.
pub(super) fn is_default(cluster: &Cluster) -> bool {
    cluster.methods.is_empty()
}

/// The document of a Cluster or of a patch for it.
struct Block {
    sheet: Sheet,
    document: usize,
    name: String,
}

impl Block {
    fn find(database: &Database<'_>, place: Span) -> Option<Self> {
        let sources = &database.project.sources;
        let sheet = Sheet::of(sources, place.file);
        let document = sheet.documents().iter().position(|document| {
            let own = document.root.span();
            own.start <= place.start && place.end <= own.end
        })?;
        let root = &sheet.documents().get(document)?.root.clone();
        let is_cluster = root.get("kind").and_then(Node::text) == Some("Cluster");
        let spec = root.get("spec")?.as_mapping();
        (is_cluster && spec.is_some()).then(|| Self {
            sheet,
            document,
            name: sources.file(place.file).name.clone(),
        })
    }

    fn switched_on(&self, wanted: Method) -> Option<Candidate> {
        let active = self.methods(&self.sheet);
        let whole = self
            .has_comment("bootstrap")
            .then(|| self.whole(&active, wanted));
        let done = match (whole, self.within(&active, wanted)) {
            (Some(Err(_)) | None, Some(done)) => Some(done),
            (whole, _) => whole,
        };
        let title = format!("switch on `bootstrap.{}`", wanted.key());
        done.map(|done| self.candidate(&title, done))
    }

    fn switched_off(&self) -> Option<Candidate> {
        let recovers = self.methods(&self.sheet) == [Method::Recovery.key()];
        recovers.then(|| self.candidate("comment out `bootstrap`", self.none()))
    }

    fn candidate(&self, title: &str, done: Result<Sheet, PatchError>) -> Candidate {
        let title = format!("{title} in {}", self.name);
        match done {
            Ok(sheet) => Candidate::of(title, Ok(()), &sheet),
            Err(error) => Candidate::of(title, Err(error), &self.sheet),
        }
    }

    /// Swaps entries of `bootstrap`; `None` when none in comments fits.
    fn within(&self, active: &[String], wanted: Method) -> Option<Result<Sheet, PatchError>> {
        let root = &self.sheet.documents().get(self.document)?.root.clone();
        root.at(&["spec", "bootstrap"])?;
        let path = ["spec", "bootstrap"];
        let mut on = None;
        for start in self.starts(&self.sheet, wanted.key()) {
            let mut sheet = self.sheet.clone();
            if sheet.on(self.document, &path, start, None).is_ok() {
                on = Some(sheet);
                break;
            }
        }
        let mut sheet = on?;
        let off = active
            .iter()
            .try_for_each(|other| sheet.off(self.document, &path, other));
        Some(off.and_then(|()| self.with_source(sheet, wanted)))
    }

    /// Swaps whole blocks.
    fn whole(&self, active: &[String], wanted: Method) -> Result<Sheet, PatchError> {
        let mut sheet = self.sheet.clone();
        if !active.is_empty() {
            sheet.off(self.document, &["spec"], "bootstrap")?;
        }
        let first = self.switched(sheet.clone(), wanted);
        first.or_else(|error| {
            // The block may need an anchor of the external clusters.
            let sheet = self.sources_on(sheet).ok_or(error)?;
            self.switched(sheet, wanted)
        })
    }

    /// Switches the commented block with this method on, or only this method of it.
    fn switched(&self, sheet: Sheet, wanted: Method) -> Result<Sheet, PatchError> {
        let mut result = Err(PatchError::NoComment);
        for start in self.starts(&sheet, "bootstrap") {
            for only in [None, Some(wanted.key())] {
                let mut tried = sheet.clone();
                if tried.on(self.document, &["spec"], start, only).is_ok()
                    && self.methods(&tried) == [wanted.key()]
                {
                    result = self.with_source(tried, wanted);
                }
                if result.is_ok() {
                    return result;
                }
            }
        }
        result
    }

    /// Leaves no bootstrap at all.
    fn none(&self) -> Result<Sheet, PatchError> {
        let mut sheet = self.sheet.clone();
        sheet
            .off(self.document, &["spec"], "bootstrap")
            .or_else(|_| {
                // The external clusters may use an anchor of the block.
                sheet.off(self.document, &["spec"], "externalClusters")?;
                sheet.off(self.document, &["spec"], "bootstrap")
            })?;
        Ok(sheet)
    }

    /// Switches the external cluster on that the recovery names, where it is in comments.
    fn with_source(&self, sheet: Sheet, wanted: Method) -> Result<Sheet, PatchError> {
        if wanted != Method::Recovery || self.knows_source(&sheet) != Some(false) {
            return Ok(sheet);
        }
        let known = self.sources_on(sheet.clone());
        Ok(known
            .filter(|sheet| self.knows_source(sheet) == Some(true))
            .unwrap_or(sheet))
    }

    fn sources_on(&self, sheet: Sheet) -> Option<Sheet> {
        self.starts(&sheet, "externalClusters")
            .into_iter()
            .find_map(|start| {
                let mut tried = sheet.clone();
                let on = tried.on(self.document, &["spec"], start, None);
                on.is_ok().then_some(tried)
            })
    }

    /// Whether the source of the recovery is among the external clusters of this document; `None` without a source.
    fn knows_source(&self, sheet: &Sheet) -> Option<bool> {
        let documents = sheet.documents();
        let root = expand(documents.get(self.document)?).ok()?;
        let source = root
            .at(&["spec", "bootstrap", "recovery", "source"])
            .and_then(Node::text)?;
        let entries = root
            .at(&["spec", "externalClusters"])
            .and_then(Node::as_sequence)
            .unwrap_or_default();
        let is_source = |entry: &Node| entry.get("name").and_then(Node::text) == Some(source);
        Some(entries.iter().any(is_source))
    }

    /// The methods in force in this document.
    fn methods(&self, sheet: &Sheet) -> Vec<String> {
        let documents = sheet.documents();
        let bootstrap = documents
            .get(self.document)
            .and_then(|document| document.root.at(&["spec", "bootstrap"]));
        let entries = bootstrap.and_then(Node::as_mapping).unwrap_or_default();
        entries
            .iter()
            .filter_map(|entry| entry.key.text().map(str::to_owned))
            .collect()
    }

    fn has_comment(&self, key: &str) -> bool {
        !self.starts(&self.sheet, key).is_empty()
    }

    /// Where comments begin with this key.
    fn starts(&self, sheet: &Sheet, key: &str) -> Vec<usize> {
        let begins = |text: &str| {
            let rest = text
                .strip_prefix(key)
                .and_then(|rest| rest.strip_prefix(':'));
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
        };
        let comments = sheet.comments();
        let own = comments
            .iter()
            .filter(|comment| comment.own_line && begins(&comment.text));
        own.map(|comment| comment.span.range().start).collect()
    }
}
