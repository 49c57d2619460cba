//! What the manifests mean: read-only views over rendered nodes.

pub mod archive;
pub mod backup;
pub mod checksums;
pub mod cluster;
pub mod cron;
pub mod identity;
pub mod image;
pub mod instant;
pub mod lineage;
pub mod object;
pub mod recovery_target;
pub mod target_time;
