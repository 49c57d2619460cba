//! What the manifests mean.

pub mod cron;
pub mod instant;
pub mod lineage;
pub mod recovery_target;
pub mod suggest;
pub mod target_time;
