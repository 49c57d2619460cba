//! What rules could not look at for want of an archive.

use std::collections::BTreeMap;

use crate::gitops::argocd::Applications;
use crate::project::Project;
use crate::rules::{Cause, Rule, Unmet};

use super::Skipped;

/// How many databases a reason names.
const MOST_NAMES: usize = 5;

/// What a rule that needs an archive misses when none is at hand: every database that has one.
pub(super) fn everything(project: &Project) -> Vec<Unmet> {
    let has_archive = |cluster: &&crate::model::cluster::Cluster| {
        cluster.archives_to(&project.stores).is_some()
            || (cluster.recovers() && cluster.recovers_from(&project.stores).is_some())
    };
    let unmet = project
        .clusters
        .iter()
        .filter(has_archive)
        .map(|cluster| Unmet {
            database: cluster.name().to_owned(),
            cause: Cause::NoEvidence,
        });
    unmet.collect()
}

/// What Argo CD applies that cannot be known here, once for each reason.
pub(super) fn unknown_applications(applications: &Applications, project: &Project) -> Vec<Skipped> {
    let of_sets = applications.unknown.iter();
    let own = applications
        .list
        .iter()
        .flat_map(|application| &application.unknown);
    let mut reasons: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for unknown in of_sets.chain(own) {
        let name = &project.sources.file(unknown.span.file).name;
        reasons
            .entry(&unknown.reason)
            .or_default()
            .push(name.clone());
    }
    let entry = |(reason, mut files): (&str, Vec<String>)| {
        let count = files.len();
        files.dedup();
        Skipped {
            rule: None,
            reason: format!("Argo CD application: {reason}"),
            count,
            files,
        }
    };
    reasons.into_iter().map(entry).collect()
}

/// One entry for each reason, with the databases in it.
pub(super) fn skipped(rule: &Rule, unmet: Vec<Unmet>) -> Vec<Skipped> {
    let mut causes: BTreeMap<Cause, Vec<String>> = BTreeMap::new();
    for Unmet { database, cause } in unmet {
        let databases = causes.entry(cause).or_default();
        if !databases.contains(&database) {
            databases.push(database);
        }
    }
    let entry = |(cause, mut databases): (Cause, Vec<String>)| {
        let count = databases.len();
        databases.sort();
        let names = names(&databases);
        Skipped {
            rule: Some(rule.id),
            reason: match cause {
                Cause::NoEvidence => format!("no inventory for {names}"),
                Cause::Reason(reason) => format!("{names}: {reason}"),
            },
            count,
            files: Vec::new(),
        }
    };
    causes.into_iter().map(entry).collect()
}

fn names(databases: &[String]) -> String {
    match databases.get(..MOST_NAMES) {
        Some(first) if databases.len() > MOST_NAMES => {
            let more = databases.len() - MOST_NAMES;
            format!("{} and {more} more", first.join(", "))
        }
        _ => databases.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::RULES;

    fn unmet(database: &str, cause: Cause) -> Unmet {
        Unmet {
            database: database.to_owned(),
            cause,
        }
    }

    #[test]
    fn databases_with_one_reason_share_an_entry_and_count_once() {
        let denied = || Cause::Reason("access is denied".to_owned());
        let all = vec![
            unmet("b", Cause::NoEvidence),
            unmet("a", Cause::NoEvidence),
            unmet("c", denied()),
            unmet("b", Cause::NoEvidence),
        ];
        let found: Vec<_> = skipped(RULES[0], all)
            .into_iter()
            .map(|skip| (skip.reason, skip.count))
            .collect();
        assert_eq!(
            found,
            [
                ("no inventory for a, b".to_owned(), 2),
                ("c: access is denied".to_owned(), 1)
            ]
        );
    }

    #[test]
    fn a_long_list_of_databases_is_cut() {
        let all = (1..=8).map(|n| unmet(&format!("db{n}"), Cause::NoEvidence));
        let found = skipped(RULES[0], all.collect());
        assert_eq!(
            found[0].reason,
            "no inventory for db1, db2, db3, db4, db5 and 3 more"
        );
        assert_eq!(found[0].count, 8);
    }
}
