//! What a GitOps controller will do with the databases of a repository.
//!
//! - [`argocd`]: Argo CD: which Application applies which Cluster.
//!
//! Nothing here asks a controller. What only a running one can know is a value of its own: unknown, with the reason.

mod applier;
pub mod argocd;

pub use applier::{Applier, Appliers, appliers};
