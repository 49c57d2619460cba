//! The rules that the operator itself applies when a manifest is sent to it: one for each check.

use std::sync::LazyLock;

use crate::admission::{self, Check as AdmissionCheck, Manifest, Refusal};
use crate::diagnostic::{Diagnostic, Evidence};
use crate::model::object::Object;

use super::rule::{Check, Needs, Remedy, Rule};

/// One rule for each check, in the order of the documentation.
pub static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| admission::checks().map(rule).collect());

fn rule(check: &'static AdmissionCheck) -> Rule {
    Rule {
        id: check.id,
        summary: check.refuses,
        severity: check.severity,
        remedy: Remedy::ByHand,
        needs: if check.needs_base() {
            Needs::Base
        } else {
            Needs::Manifests
        },
        explain: "",
        check: Check::Admission(check),
    }
}

impl Rule {
    /// What the check of this rule has to say of a manifest.
    pub(crate) fn refused(
        &self,
        check: &AdmissionCheck,
        object: &Object,
        manifest: &Manifest<'_>,
    ) -> Vec<Diagnostic> {
        let refusals = check.look(manifest).into_iter();
        refusals
            .map(|refusal| self.found_in(object, refusal))
            .collect()
    }

    fn found_in(&self, object: &Object, refusal: Refusal) -> Diagnostic {
        let path: Vec<&str> = refusal.path.iter().map(String::as_str).collect();
        let finding = self.found(object, object.place(&path), refusal.message);
        let finding = match refusal.help {
            Some(help) => finding.help(help),
            None => finding,
        };
        match self.needs {
            Needs::Base => Diagnostic {
                evidence: Evidence::History,
                ..finding
            },
            _ => finding,
        }
    }
}
