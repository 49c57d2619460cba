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
    /// A problem of this rule as a finding.
    pub(crate) fn outside_schema(&self, object: &Object, problem: Problem) -> Diagnostic {
        let place = place(object, &problem);
        let mut finding = self.found(object, place, problem.message);
        finding.help = problem.help;
        if problem.may_be_newer {
            // A release that this build does not know may have it.
            finding.severity = Severity::Warning;
        }
        finding
    }
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
