//! What the definitions of the kinds do not have: one rule for each sort of it.

mod field_unknown;
mod operator_version_field;
mod schema_violation;

use crate::diagnostic::{Diagnostic, Severity};
use crate::model::object::{Object, Place};
use crate::schema::Problem;

use super::rule::Rule;

pub(super) use field_unknown::RULE as FIELD_UNKNOWN;
pub(super) use operator_version_field::RULE as OPERATOR_VERSION_FIELD;
pub(super) use schema_violation::RULE as SCHEMA_VIOLATION;

impl Rule {
    /// A problem of this rule as a finding. `by_flux` tells that Flux applies what the object is rendered with.
    pub(crate) fn outside_schema(
        &self,
        object: &Object,
        problem: Problem,
        by_flux: bool,
    ) -> Diagnostic {
        let place = place(object, &problem);
        let lost = is_label(&problem) && (by_flux || is_of_flux(object));
        let mut finding = self.found(object, place, problem.message);
        finding.help = problem.help;
        if problem.may_be_newer {
            // A release that this build does not know may have it.
            finding.severity = Severity::Warning;
        }
        if lost {
            finding.severity = Severity::Warning;
            finding.help = Some("quote the value: Flux applies the object without any of its labels where one is no string, and everybody else refuses it".to_owned());
        }
        finding
    }
}

/// Whether the problem is the value of a label.
fn is_label(problem: &Problem) -> bool {
    let path: Vec<&str> = problem.path.iter().map(String::as_str).collect();
    matches!(path.as_slice(), ["metadata", "labels", _]) && !problem.is_key
}

/// Whether the object steers Flux, and is so applied by Flux too: it puts its own labels in the place of labels that
/// it cannot read. Source: fluxcd/pkg `ssa/manager.go` (`SetOwnerLabels`), apimachinery `Unstructured.GetLabels`.
fn is_of_flux(object: &Object) -> bool {
    object.group.ends_with(".toolkit.fluxcd.io")
}

/// The place of a problem; its key where that is the mistake.
fn place(object: &Object, problem: &Problem) -> Place {
    let path: Vec<&str> = problem.path.iter().map(String::as_str).collect();
    let place = object.place(&path);
    let Some((name, above)) = path.split_last().filter(|_| problem.is_key) else {
        return place;
    };
    let entry = object.find(above).and_then(|map| map.entry(name));
    Place {
        span: entry.map_or(place.span, |entry| entry.key.span()),
        ..place
    }
}
