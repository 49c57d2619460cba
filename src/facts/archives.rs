//! The archives of a run, found by what a manifest says of them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::evidence::{Ask, Evidence, Opened};
use super::verdict::{Depth, TargetVerdict};
use super::wanted::Wanted;
use crate::barman::Catalog;
use crate::model::archive::{ArchiveRef, StoreRef};
use crate::model::instant::Instant;

/// The archives that a run may look at. Empty without `--inventory` and `--archive`.
#[derive(Default)]
pub struct Archives {
    known: Vec<KnownArchive>,
    /// How closely they are looked at, where that is not left to each.
    depth: Option<Depth>,
    /// Several rules ask the same, and an answer can take a while: whoever asks second waits for it.
    answers: Mutex<Answers>,
}

/// What was found out so far, by the number of the archive.
#[derive(Default)]
struct Answers {
    judged: Vec<(usize, Wanted, Arc<TargetVerdict>)>,
    opened: Vec<(usize, Arc<Vec<Opened>>)>,
}

/// One archive of a run.
pub struct KnownArchive {
    /// `endpointURL`; `None` where the evidence does not tell it, and any will do.
    pub endpoint: Option<String>,
    /// `destinationPath`; `None` where the evidence does not tell it, and the server name alone decides.
    pub destination: Option<String>,
    /// `serverName`.
    pub server_name: String,
    /// What is at hand, or in one sentence why it could not be had.
    pub evidence: Result<Box<dyn Evidence>, String>,
}

impl KnownArchive {
    /// Whether it may lie at this place. One `/` at the end changes nothing for Barman, two do.
    fn is_at(&self, endpoint: &str, destination: &str) -> bool {
        let same = |own: &Option<String>, other: &str| match own {
            Some(own) => trimmed(own) == trimmed(other),
            None => true,
        };
        same(&self.endpoint, endpoint) && same(&self.destination, destination)
    }
}

fn trimmed(text: &str) -> &str {
    text.strip_suffix('/').unwrap_or(text)
}

impl Archives {
    /// Adds an archive.
    pub fn add(&mut self, archive: KnownArchive) {
        self.known.push(archive);
    }

    /// Looks no closer than this.
    #[must_use]
    pub fn at_depth(self, depth: Depth) -> Self {
        Self {
            depth: Some(depth),
            ..self
        }
    }

    /// Whether nothing is at hand at all.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// What is at hand about the archive that a manifest names: `None` when it is not among those of this run.
    pub fn find(&self, archive: &ArchiveRef) -> Option<Result<&dyn Evidence, &str>> {
        let at = self.position(archive)?;
        let known = self.known.get(at)?;
        Some(known.evidence.as_deref().map_err(String::as_str))
    }

    /// As [`Archives::find`], with what was found out about it so far.
    pub fn look_up(&self, archive: &ArchiveRef) -> Option<Result<AtHand<'_>, &str>> {
        let at = self.position(archive)?;
        let evidence = self.find(archive)?;
        Some(evidence.map(|evidence| AtHand {
            archives: self,
            at,
            evidence,
        }))
    }

    /// The other archives of the destination of this one, as far as they are at hand.
    pub fn beside(&self, archive: &ArchiveRef) -> Vec<AtHand<'_>> {
        let StoreRef::Known(store) = &archive.store else {
            return Vec::new();
        };
        let own = self.position(archive);
        let others = self.known.iter().enumerate().filter(|(at, known)| {
            own != Some(*at) && known.is_at(&store.endpoint, &store.destination)
        });
        let at_hand = others.filter_map(|(at, known)| {
            Some(AtHand {
                archives: self,
                at,
                evidence: known.evidence.as_deref().ok()?,
            })
        });
        at_hand.collect()
    }

    /// One asker at a time. What one of them that panicked leaves behind is whole: answers are added when they are known.
    fn answers(&self) -> MutexGuard<'_, Answers> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn position(&self, archive: &ArchiveRef) -> Option<usize> {
        let StoreRef::Known(store) = &archive.store else {
            return None;
        };
        self.known.iter().position(|known| {
            known.server_name == archive.server_name.value
                && known.is_at(&store.endpoint, &store.destination)
        })
    }
}

/// An archive that can be asked.
#[derive(Clone, Copy)]
pub struct AtHand<'a> {
    archives: &'a Archives,
    at: usize,
    evidence: &'a dyn Evidence,
}

impl<'a> AtHand<'a> {
    /// Its server name.
    pub fn server_name(&self) -> &'a str {
        self.catalog().path.server()
    }

    /// What its listing shows.
    pub fn catalog(&self) -> &'a Catalog {
        self.evidence.catalog()
    }

    /// When it was looked at; `None` for an archive that is looked at now.
    pub fn taken_at(&self) -> Option<Instant> {
        self.evidence.taken_at()
    }

    /// How closely it is looked at.
    pub fn depth(&self) -> Depth {
        let own = self.evidence.depth();
        self.archives.depth.map_or(own, |asked| asked.min(own))
    }

    /// Whether the recovery that a manifest asks for ends where it should. Asked once, answered from memory after.
    pub fn judge(&self, wanted: &Wanted) -> Arc<TargetVerdict> {
        let known = |(at, asked, verdict): &(usize, Wanted, Arc<TargetVerdict>)| {
            (*at == self.at && asked == wanted).then(|| Arc::clone(verdict))
        };
        let mut answers = self.archives.answers();
        let before = answers.judged.iter().find_map(known);
        before.unwrap_or_else(|| {
            let verdict = Arc::new(self.evidence.judge(&Ask {
                target: &wanted.target,
                timeline: wanted.timeline,
                backup_id: wanted.backup_id.as_deref(),
                depth: self.depth(),
            }));
            let entry = (self.at, wanted.clone(), Arc::clone(&verdict));
            answers.judged.push(entry);
            verdict
        })
    }

    /// Which systems wrote some of its segments; none are told at depth `listing`.
    pub fn opened(&self) -> Arc<Vec<Opened>> {
        if self.depth() < Depth::Headers {
            return Arc::default();
        }
        let known =
            |(at, opened): &(usize, Arc<Vec<Opened>>)| (*at == self.at).then(|| Arc::clone(opened));
        let mut answers = self.archives.answers();
        let before = answers.opened.iter().find_map(known);
        before.unwrap_or_else(|| {
            let opened = Arc::new(self.evidence.opened());
            answers.opened.push((self.at, Arc::clone(&opened)));
            opened
        })
    }
}
