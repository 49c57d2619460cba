//! A base backup is restored by the major version that took it.

use crate::diagnostic::{Diagnostic, Severity};
use crate::model::cluster::{Cluster, Method};
use crate::model::image;
use crate::model::object::Place;

use super::archived::{Looked, Recovery, unmet};
use super::rule::{Check, Context, Needs, Remedy, Rule};

pub(super) const RULE: Rule = Rule {
    id: "image-major-drift",
    summary: "image of another PostgreSQL major than the backup to restore",
    severity: Severity::Error,
    remedy: Remedy::ByHand,
    needs: Needs::Archive,
    explain: include_str!("../../fixtures/rules/image-major-drift/README.md"),
    check: Check::ClusterAndRecovery(by_manifests, by_archive),
};

/// The major version of a recovery and that of what wrote the backup, where they differ, with the places that say so.
pub(super) fn between(recovery: &Cluster, writer: &Cluster) -> Option<Drift> {
    let (own, place) = image::major(recovery)?;
    let (other, written) = image::major(writer)?;
    (own != other).then_some(Drift {
        own,
        place,
        other,
        written,
    })
}

/// Two major versions that should be one.
pub(super) struct Drift {
    own: u32,
    place: Place,
    other: u32,
    written: Place,
}

fn by_manifests(cluster: &Cluster, context: &Context<'_>) -> Vec<Diagnostic> {
    if !cluster.recovers() {
        return Vec::new();
    }
    let is_initdb = |other: &&Cluster| other.methods == [Method::Initdb];
    let sibling = context.project.siblings(cluster).find(is_initdb);
    if let Some(drift) = sibling.and_then(|initdb| between(cluster, initdb)) {
        return vec![told(
            cluster,
            &drift,
            "its initdb overlay",
            "initdb says this",
        )];
    }
    let writer = writer_of_source(cluster, context);
    let drift = writer.and_then(|writer| Some((between(cluster, writer)?, writer.title())));
    let finding = drift.map(|(drift, name)| {
        let whose = format!("cluster `{name}`, which writes what it reads,");
        told(cluster, &drift, &whose, "the backups are of this version")
    });
    finding.into_iter().collect()
}

fn told(cluster: &Cluster, drift: &Drift, whose: &str, label: &str) -> Diagnostic {
    let Drift {
        own,
        place,
        other,
        written,
    } = drift;
    let message = format!(
        "recovery of `{}` runs PostgreSQL {own}, {whose} runs {other}",
        cluster.title()
    );
    RULE.found(&cluster.object, place.clone(), message)
        .related(written.span, label)
        .help(format!(
            "recover with an image of PostgreSQL {other} and upgrade afterwards; a base backup starts on the major version that took it only"
        ))
}

/// Another Cluster in use that archives where this one is recovered from.
fn writer_of_source<'c>(cluster: &Cluster, context: &Context<'c>) -> Option<&'c Cluster> {
    let project = context.project;
    let source = cluster.recovers_from(&project.stores)?;
    let name = source.server_name.value.as_str();
    let mut others = project.clusters.iter().filter(|other| {
        let plugin = other.barman_plugin();
        let server = plugin.and_then(|plugin| plugin.server_name.as_ref());
        // The names first: looking stores up for every pair of Clusters takes long.
        let may_be = other.in_tree || server.map_or(other.name(), |own| own.value.as_str()) == name;
        may_be && other.object.reference() != cluster.object.reference()
    });
    let writes = |other: &&Cluster| {
        let target = other.archives_to(&project.stores);
        !project.is_dormant(other)
            && target.is_some_and(|target| target.same_archive(&source) == Some(true))
    };
    others.find(writes)
}

fn by_archive(recovery: &Recovery<'_>, context: &Context<'_>) -> Looked {
    let source = recovery.source(context)?;
    let wanted = recovery.wanted()?;
    let Some(backup) = wanted.backup(source.catalog()) else {
        return Ok(Vec::new());
    };
    let Some(taken) = backup.info().and_then(|info| info.server_major()) else {
        return Ok(Vec::new());
    };
    let (major, place) = image::major(recovery.cluster).ok_or_else(|| {
        unmet(
            recovery.cluster,
            "the image does not name its major version",
        )
    })?;
    if major == taken {
        return Ok(Vec::new());
    }
    let message = format!(
        "recovery of `{}` with PostgreSQL {major} would restore backup {}, which PostgreSQL {taken} took",
        recovery.cluster.title(),
        backup.id
    );
    let finding = RULE
        .found(&recovery.cluster.object, place, message)
        .related(recovery.source.server_name.place.span, "recovery reads from here")
        .help(format!(
            "recover with an image of PostgreSQL {taken} and upgrade afterwards; with another major the server stops with `database files are incompatible with server`"
        ));
    Ok(vec![finding.seen_at(source.depth())])
}
