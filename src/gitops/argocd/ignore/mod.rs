//! What Argo CD ignores, and what that does to a Cluster.
//!
//! - `rule`, `settings`: ignore rules, from every place that declares them.
//! - `pointer`, `normaliser`: what a rule takes out of an object. `pin`: what a sync makes of that.
//! - `sample`: objects to try a rule on. `damage`: what it means to lose a field. `verdict`: the answer for one rule and
//!   one Cluster. `survey`: the answers for a repository.
//! - `companion`: object stores and schedules. `loose`: what an ApplicationSet leaves to the cluster.
//!
//! Rules are run, never read for what they look like. On creation Argo CD applies Git's manifest as it is: a rule can
//! keep a change from an existing object, and nothing else.
//! Source of the behaviour: Argo CD `util/argo/normalizers`, `controller/sync.go`, `util/settings/settings.go`.

mod companion;
mod damage;
mod json;
mod loose;
mod normaliser;
mod pin;
mod pointer;
mod rule;
mod sample;
mod settings;
mod survey;
mod verdict;

#[cfg(test)]
mod matrix;

pub use damage::Damage;
pub use loose::Loose;
pub use rule::{Declared, Entry, IgnoreRule};
pub use survey::{Finding, Survey};
pub use verdict::{Effect, Verdict};
