//! Whether the archives bear a recovery out.

use crate::facts::{Ask, Depth, TargetVerdict, Verdict};
use crate::model::instant::Instant;

use super::lineages::Occupancy;
use super::plan::Plan;
use super::sight::{NOTHING_AT_HAND, Seen, Sight};

/// What the archives say of a recovery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// The target is judged.
    Judged {
        /// The answer, with its reasons.
        verdict: Box<TargetVerdict>,
        /// When the evidence was taken; `None` for an archive that was looked at now.
        taken_at: Option<Instant>,
    },
    /// There was nothing to look at.
    Nothing,
    /// Nobody could look, and why.
    Unseen(String),
}

/// Looks at the archive that the recovery reads from.
pub fn prove(plan: &Plan, sight: &dyn Sight, depth: Depth) -> Proof {
    let ask = Ask {
        target: &plan.target,
        timeline: plan.timeline,
        backup_id: plan.backup_id.as_deref(),
        depth,
    };
    match sight.look(&plan.source) {
        Seen::Nothing => Proof::Nothing,
        Seen::Failed(reason) => Proof::Unseen(reason),
        Seen::There(evidence) => Proof::Judged {
            verdict: Box::new(evidence.judge(&ask)),
            taken_at: evidence.taken_at(),
        },
    }
}

impl Proof {
    /// Whether the target is proved to be reachable.
    pub fn is_reachable(&self) -> bool {
        matches!(self, Self::Judged { verdict, .. } if verdict.verdict == Verdict::Reachable)
    }

    /// Whether the target is proved to be reachable, and the write lineage to be empty where it has to be.
    pub fn bears_out(&self, plan: &Plan) -> bool {
        let in_place = plan.before == plan.write.server_name.value;
        self.is_reachable() && (in_place || plan.occupancy == Occupancy::Empty)
    }

    /// Whether the target is proved not to be reachable.
    pub fn is_unreachable(&self) -> bool {
        matches!(self, Self::Judged { verdict, .. } if verdict.verdict == Verdict::Unreachable)
    }

    /// What is known, in one sentence for each fact, without final stops.
    pub fn sentences(&self, plan: &Plan) -> Vec<String> {
        let source = &plan.source.server_name.value;
        let mut sentences = Vec::new();
        let mut unseen = |reason: &str| {
            sentences.push(format!(
                "not verified: whether the target can be reached from `{source}`: {reason}"
            ));
        };
        match self {
            Self::Nothing => unseen(NOTHING_AT_HAND),
            Self::Unseen(reason) => unseen(reason),
            Self::Judged { verdict, taken_at } => {
                let depth = verdict.depth.word();
                let word = verdict.verdict.word();
                let age = taken_at.map_or(String::new(), |at| format!(", as of {at}"));
                sentences.push(format!("target in `{source}`: {word} (by {depth}{age})"));
                let kept = verdict.stops_at.and_then(|stops| stops.kept);
                if let Some(kept) = kept {
                    sentences.push(format!(
                        "last transaction kept: {} at {}",
                        kept.xid.0, kept.lsn
                    ));
                }
                sentences.extend(verdict.reasons.iter().map(|reason| reason.message.clone()));
                sentences.extend(
                    verdict
                        .warnings
                        .iter()
                        .map(|one| format!("warning: {}", one.message)),
                );
            }
        }
        if let Occupancy::Unknown(reason) = &plan.occupancy {
            let write = &plan.write.server_name.value;
            sentences.push(format!(
                "not verified: whether the archive is empty under `{write}`: {reason}"
            ));
        }
        sentences
    }
}
