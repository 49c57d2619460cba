//! Lineages of one database are named alike.

use crate::diagnostic::{Diagnostic, Severity};
use crate::model::cluster::Cluster;
use crate::model::lineage::{LineageStyle, ServerName};

use super::own_history::OwnHistory;
use super::rule::{Check, Context, Needs, Remedy, Rule};

pub(super) const RULE: Rule = Rule {
    id: "lineage-style-broken",
    summary: "write lineage that is named unlike all earlier ones",
    severity: Severity::Warning,
    remedy: Remedy::ByHand,
    needs: Needs::History,
    explain: include_str!("../../fixtures/rules/lineage-style-broken/README.md"),
    check: Check::Cluster(check),
};

/// A style is told from this many names on.
const LEAST_NAMES: usize = 2;

fn check(cluster: &Cluster, context: &Context<'_>) -> Vec<Diagnostic> {
    // A repository that stops counting says so with the annotation.
    if cluster.skips_empty_archive_check() {
        return Vec::new();
    }
    let Some(own) = OwnHistory::of_new_lineage(cluster, context) else {
        return Vec::new();
    };
    let earlier = earlier(&own);
    let Some(last) = earlier.last().filter(|_| earlier.len() >= LEAST_NAMES) else {
        return Vec::new();
    };
    let like_last = |name: &ServerName| name.style().is_like(last.style());
    if !earlier.iter().all(|name| like_last(name)) || like_last(&own.name) {
        return Vec::new();
    }
    let message = format!(
        "cluster `{}` writes to `{}`, which is named unlike its {} earlier lineages",
        cluster.title(),
        own.name,
        earlier.len()
    );
    let finding = RULE
        .found(
            &cluster.object,
            own.write.server_name.place.clone(),
            message,
        )
        .label(format!("the one before is `{last}`"));
    let help = "keep to one way of counting, so that the next person and the next command can tell which lineage is newest";
    vec![finding.by_history().help(help)]
}

/// The names that a database wrote under before the present one, each once, oldest first.
fn earlier<'h>(own: &OwnHistory<'h>) -> Vec<&'h ServerName> {
    let first_use = |name: &ServerName| {
        let uses = own.history.uses(name, |seen| own.has(seen));
        uses.first().map(|first| first.by.first.position)
    };
    let since = first_use(&own.name);
    let mut names: Vec<(u32, &ServerName)> = own
        .history
        .names
        .keys()
        .filter(|name| **name != own.name && name.style() != LineageStyle::Variable)
        .filter_map(|name| Some((first_use(name)?, name)))
        .filter(|(first, _)| since.is_none_or(|since| *first < since))
        .collect();
    names.sort();
    names.into_iter().map(|(_, name)| name).collect()
}
