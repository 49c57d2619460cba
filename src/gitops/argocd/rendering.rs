//! What a source renders.

use crate::model::object::Object;
use crate::project::{BuildKind, Project};

use super::application::{Application, Applied, Rendering, Unknown};

/// Renders every source of an application.
pub(super) fn render(application: &mut Application, project: &Project) {
    let destination = application.destination_namespace().map(|own| own.value);
    for index in 0..application.sources.len() {
        let source = &application.sources[index];
        let place = source.node.span();
        let Some(directory) = source.directory() else {
            let what = if source.chart.is_some() {
                "a chart of a Helm repository"
            } else {
                "a source without a path in this repository"
            };
            if source.reference.is_none() {
                application.unknown.push(Unknown {
                    span: place,
                    reason: format!("{what} cannot be rendered here"),
                });
            }
            continue;
        };
        let mut rendering = Rendering {
            source: index,
            directory,
            files: Vec::new(),
            objects: Vec::new(),
        };
        for build in builds_of(project, &rendering.directory) {
            rendering
                .files
                .extend(project.builds[build].files.iter().cloned());
            rendering.objects.extend(others(project, build));
            for (index, cluster) in project.clusters.iter().enumerate() {
                if cluster.build == build {
                    application.applies.push(Applied {
                        cluster: index,
                        rendered: cluster.clone(),
                        namespace: cluster
                            .object
                            .namespace()
                            .map(str::to_owned)
                            .or_else(|| destination.clone()),
                        rendering: application.renderings.len(),
                    });
                }
            }
        }
        application.renderings.push(rendering);
    }
}

/// The builds of a directory.
fn builds_of<'p>(project: &'p Project, directory: &'p str) -> impl Iterator<Item = usize> + 'p {
    let shown = if directory.is_empty() { "." } else { directory };
    let builds = project.builds.iter().enumerate();
    builds
        .filter(move |(_, build)| build.kind != BuildKind::Input && build.directory == shown)
        .map(|(index, _)| index)
}

/// What a build renders besides Clusters.
fn others(project: &Project, build: usize) -> impl Iterator<Item = Object> {
    let stores = project.stores.iter().map(|own| (own.build, &own.object));
    let users = [&project.schedules, &project.backups, &project.poolers];
    let users = users
        .into_iter()
        .flatten()
        .map(|own| (own.build, &own.object));
    let steering = project.steering.iter();
    let steering = steering.filter_map(|own| Some((own.build?, &own.object)));
    stores
        .chain(users)
        .chain(steering)
        .filter(move |(own, _)| *own == build)
        .map(|(_, object)| object.clone())
}
