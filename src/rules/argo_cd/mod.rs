//! What Argo CD does with the databases of a repository.

mod ignored;

pub(super) mod ignore_rule_breaks_comparison;
pub(super) mod ignore_rule_dead;
pub(super) mod ignore_rule_undecided;
pub(super) mod protection_pinned;
pub(super) mod recovery_hidden;
pub(super) mod recovery_pinned;
