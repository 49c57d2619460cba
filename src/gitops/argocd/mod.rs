//! Which Argo CD Application applies which Cluster.
//!
//! [`Applications::of`] finds the Applications of a repository and renders their sources; [`ignore`] tells what they
//! leave as it is.
//! Source of the behaviour: Argo CD `controller/`, `reposerver/repository/repository.go`, `util/app/`.

mod application;
mod application_set;
mod applications;
mod checkout;
mod config_map;
pub mod glob;
pub mod ignore;
mod origin;
pub mod path_match;
mod refresh;
mod rendering;
mod source;
mod sync_options;
pub mod template;

pub use application::{Application, Applied, Certainty, MadeBy, Rendering, Unknown};
pub use applications::Applications;
pub use config_map::ConfigMap;
pub use refresh::RefreshPaths;
pub use source::Source;
pub use sync_options::SyncOptions;

#[cfg(test)]
mod tests;
