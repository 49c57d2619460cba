//! What the manifests mean.

pub mod cron;
