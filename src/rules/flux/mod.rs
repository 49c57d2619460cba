//! What Flux does with a Cluster that is not what Git says.

pub(super) mod force_recreates;
mod mark;
pub(super) mod pins_recovery;
mod pointer;
pub(super) mod prunes_cluster;
pub(super) mod remediation_uninstalls;
pub(super) mod ssa_if_not_present;
pub(super) mod ssa_ignores_cluster;
pub(super) mod suspended;
mod target;
