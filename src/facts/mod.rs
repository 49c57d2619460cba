//! What is known beyond the manifests.
//!
//! - [`evidence`]: an archive as it is at hand. [`archives`]: those of a run.
//! - [`wanted`]: the recovery that a manifest asks for. [`descent`]: whether a lineage was recovered from another.
//!   [`gaps`]: segments that are missing.
//! - [`history`]: the server names that Git remembers. [`change`]: what a change does to each database.
//!   [`variables`]: what Flux substitutes. [`inventory`]: an archive in one file.
//! - [`target`]: recovery targets. [`verdict`]: the answer whether one can be reached.
//! - [`recovery`]: how the answer is found: the base backup, the way over timelines (`timelines`), the segments
//!   (`walk`), the records (`replay`, `mark` for their timelines, `seen` for what they hold, `reach` for the
//!   times to end at, `prepared` for transactions that nobody finds again, `before` for those before the backup); `shallow` for listings and page headers, `way` and `search` for target times in
//!   long stretches, `systems` for what else is in the archive, `outcome` for the words.
//!
//! A target is called reachable only when every record that PostgreSQL would replay was read and checked; over a long
//! stretch, unless all of it was asked for, when the records around the target time were. What cannot be read is
//! undecided, with its reason.

pub mod archives;
mod before;
pub mod change;
pub mod descent;
pub mod evidence;
pub mod gaps;
pub mod history;
pub mod inventory;
mod mark;
pub mod options;
mod outcome;
mod prepared;
mod reach;
pub mod recovery;
mod replay;
mod search;
mod seen;
mod shallow;
mod systems;
pub mod target;
mod timelines;
pub mod verdict;
mod walk;
pub mod wanted;
mod way;

pub use archives::{Archives, AtHand, KnownArchive};
pub use change::Change;
pub use descent::{Descent, descent};
pub use evidence::{Ask, Evidence, Live, Opened};
pub use gaps::{Gap, gaps};
pub use history::{CommitLog, LineageHistory, NoHistory};
pub use inventory::{Inventory, Known};
pub use recovery::{Question, judge};
pub use seen::Xact;
pub use target::{Goal, Target};
pub use verdict::{
    Depth, Reason, ReasonCode, StopsAt, TargetVerdict, Verdict, Warning, WarningCode,
};
pub use wanted::{NoTarget, Wanted};
