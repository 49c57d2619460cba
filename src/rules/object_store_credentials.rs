//! Credentials of object stores that nobody checks before they are needed.

use crate::admission::{Refusal, object_store_credentials};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::object::Object;

use super::rule::{Check, Context, Needs, Remedy, Rule};

pub(super) const RULE: Rule = Rule {
    id: "object-store-credentials",
    summary: "credentials of an object store that cannot work",
    severity: Severity::Error,
    remedy: Remedy::ByHand,
    needs: Needs::Manifests,
    explain: include_str!("../../fixtures/rules/object-store-credentials/README.md"),
    check: Check::Project(check),
};

/// ObjectStores and external clusters; admission looks at `spec.backup` itself.
fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let project = context.project;
    let mut findings = Vec::new();
    for store in &project.stores {
        let path = ["spec", "configuration"];
        findings.extend(problems(&store.object, &path));
    }
    for cluster in &project.clusters {
        for entry in &cluster.external_clusters {
            let path = [
                "spec",
                "externalClusters",
                &entry.index,
                "barmanObjectStore",
            ];
            findings.extend(problems(&cluster.object, &path));
        }
    }
    findings
}

fn problems(object: &Object, path: &[&str]) -> Vec<Diagnostic> {
    let found = |refusal: Refusal| {
        let path: Vec<&str> = refusal.path.iter().map(String::as_str).collect();
        let finding = RULE.found(object, object.place(&path), refusal.message);
        match refusal.help {
            Some(help) => finding.help(help),
            None => finding,
        }
    };
    let refusals = object_store_credentials(object, path).into_iter();
    refusals.map(found).collect()
}
