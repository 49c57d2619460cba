//! What the manifests mean.

pub mod cron;
pub mod instant;
pub mod target_time;
