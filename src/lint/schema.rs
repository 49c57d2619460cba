//! Holds objects against the schemas of their kinds: once for each rendering, for all sorts of problems.

use std::collections::BTreeSet;

use crate::diagnostic::{Diagnostic, ObjectRef, Severity};
use crate::model::object::Object;
use crate::project::Project;
use crate::rules::{self, Check, Context, Rule};
use crate::schema::{Sort, problems};
use crate::text::on_all_cores;

use super::run::in_build;

/// What schemas do not have of the objects of all builds, told by these rules.
pub(super) fn examine(rules: &[&Rule], context: &Context<'_>) -> Vec<Diagnostic> {
    if rules.is_empty() {
        return Vec::new();
    }
    let project = context.project;
    let version = context.config.operator_version;
    let rule_of = |sort: Sort| {
        let mut rules = rules.iter();
        rules.find(|rule| matches!(rule.check, Check::Schema(own) if own == sort))
    };
    let objects: Vec<(&Object, usize)> = objects(project).collect();
    let found = on_all_cores(&objects, |(object, build)| {
        let own = project.builds.get(*build);
        let by_flux = own.is_some_and(|own| own.flux.is_some());
        let found = problems(object, version).into_iter();
        let found = found.filter_map(|problem| {
            let rule = rule_of(problem.sort)?;
            Some(rule.outside_schema(object, problem, by_flux))
        });
        in_build(project, found.collect(), *build).collect::<Vec<_>>()
    });
    found.into_iter().flatten().collect()
}

/// Every object of a kind that is looked at, with the build that renders it.
fn objects(project: &Project) -> impl Iterator<Item = (&Object, usize)> {
    let clusters = project.clusters.iter().map(|own| (&own.object, own.build));
    let stores = project.stores.iter().map(|own| (&own.object, own.build));
    let users = project.schedules.iter().chain(&project.backups);
    let users = users
        .chain(&project.poolers)
        .chain(&project.database_objects);
    let others = project.further.iter().map(|own| (&own.object, own.build));
    let steering = project.steering.iter();
    let steering = steering.filter_map(|own| Some((&own.object, own.build?)));
    clusters
        .chain(users.map(|own| (&own.object, own.build)))
        .chain(stores)
        .chain(others)
        .chain(steering)
}

/// Takes out what another rule tells of the same place of an object, for it has more to help.
pub(super) fn without_told(findings: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let place = |finding: &Diagnostic| Some((finding.object.clone()?, finding.pointer.clone()?));
    let told: BTreeSet<(ObjectRef, String)> = findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error && !is_of_schema(finding))
        .filter_map(place)
        .collect();
    findings
        .into_iter()
        .filter(|finding| {
            !is_of_schema(finding) || place(finding).is_none_or(|place| !told.contains(&place))
        })
        .collect()
}

fn is_of_schema(finding: &Diagnostic) -> bool {
    rules::find(finding.rule).is_some_and(|rule| matches!(rule.check, Check::Schema(_)))
}
