//! What is known beyond the manifests.
//!
//! - [`evidence`]: an archive as it is at hand. [`archives`]: those of a run.
//! - [`target`]: recovery targets. [`verdict`]: the answer whether one can be reached.
//! - [`recovery`]: how the answer is found: the base backup, the way over timelines (`timelines`), the segments
//!   (`walk`), the records (`replay`, `seen` for what they hold, `before` for
//!   those before the backup); `shallow` for listings and page headers, `systems` for what else is in the
//!   archive, `outcome` for the words.
//!
//! A target is called reachable only when every record that PostgreSQL would replay was read and checked. What cannot
//! be read is undecided, with its reason.

pub mod archives;
mod before;
pub mod evidence;
pub mod inventory;
mod options;
mod outcome;
mod pieces;
pub mod recovery;
mod replay;
mod seen;
mod shallow;
mod systems;
pub mod target;
mod timelines;
pub mod verdict;
mod walk;

pub use archives::{Archives, KnownArchive};
pub use evidence::{Ask, Evidence, Live};
pub use recovery::{Question, judge};
pub use seen::Xact;
pub use target::{Goal, Target};
pub use verdict::{
    Depth, Reason, ReasonCode, StopsAt, TargetVerdict, Verdict, Warning, WarningCode,
};
