//! What of the history is that of one database.

use crate::diagnostic::Diagnostic;
use crate::facts::LineageHistory;
use crate::facts::change::State;
use crate::facts::history::Seen;
use crate::model::archive::ArchiveRef;
use crate::model::cluster::Cluster;
use crate::model::lineage::ServerName;
use crate::model::object::has_variable;
use crate::text::Span;

use super::rule::{Context, Rule};

/// A database, the lineage that it writes to now, and the history.
pub(super) struct OwnHistory<'c> {
    cluster: &'c Cluster,
    context: &'c Context<'c>,
    pub(super) history: &'c LineageHistory,
    pub(super) write: ArchiveRef,
    /// The name that it writes under, variables replaced.
    pub(super) name: ServerName,
    /// Whether it is the only database of its name, so that moves between directories can be followed.
    is_alone: bool,
}

impl<'c> OwnHistory<'c> {
    /// The history of a database whose write lineage the change under review makes, or that no base revision judges.
    /// `None` where it is as before, switched off, by default or unknown.
    pub(super) fn of_new_lineage(cluster: &'c Cluster, context: &'c Context<'c>) -> Option<Self> {
        let project = context.project;
        let history = context.history?;
        let write = cluster.archives_to(&project.stores)?;
        if project.is_dormant(cluster) || !write.server_name.explicit {
            return None;
        }
        if has_variable(&write.server_name.value) {
            return None;
        }
        let name = ServerName::new(write.server_name.value.as_str());
        let before = context
            .changed(cluster)
            .and_then(|(before, _)| before.write_name());
        if before.as_ref() == Some(&name) {
            return None;
        }
        let mut titles: Vec<String> = project
            .clusters
            .iter()
            .filter(|other| other.name() == cluster.name())
            .map(Cluster::title)
            .collect();
        titles.dedup();
        Some(Self {
            is_alone: titles.len() == 1,
            cluster,
            context,
            history,
            write,
            name,
        })
    }

    /// Whether a sighting is of this database and of the bucket that it writes to now. One name in two buckets is two
    /// lineages: the ObjectStore has to have the same name. Another Cluster counts when it stood in the same
    /// directory, as the generations of one database do.
    pub(super) fn has(&self, seen: &Seen) -> bool {
        let same_store = match (&seen.store, self.store()) {
            (Some(then), Some(now)) => then.trim_end_matches('/') == now.trim_end_matches('/'),
            _ => true,
        };
        let same_name = seen.cluster.as_deref() == Some(self.cluster.name());
        same_store && (same_name && self.is_alone || self.is_beside(&seen.path))
    }

    /// `barmanObjectName` or `destinationPath`, as written.
    fn store(&self) -> Option<String> {
        let plugin = self.cluster.barman_plugin();
        match plugin.and_then(|plugin| plugin.object_store.as_ref()) {
            Some(store) => Some(store.value.clone()),
            None => self
                .cluster
                .object
                .value(&["spec", "backup", "barmanObjectStore", "destinationPath"])
                .map(|destination| destination.value),
        }
    }

    /// Whether a file stands in a directory of the database: of its Cluster, of its server name, or of the variable
    /// that the name is made of.
    fn is_beside(&self, path: &str) -> bool {
        let sources = &self.context.project.sources;
        let places = [
            self.cluster.object.source(),
            self.write.server_name.place.span,
        ];
        let mut own = places
            .map(|span| sources.file(span.file).name.as_str())
            .into_iter();
        let mut of_variable = self.variable_places();
        own.any(|own| directory(own) == directory(path))
            || of_variable.any(|span| sources.file(span.file).name == path)
    }

    /// Where variables of the database have the server name as their value.
    fn variable_places(&self) -> impl Iterator<Item = Span> {
        let flux = self.context.project.flux_of(self.cluster);
        let values = flux.into_iter().flat_map(|own| own.variables.values());
        let fitting = values.filter(|value| value.value == self.name.as_str());
        fitting.map(|value| value.span)
    }
}

/// A database whose write lineage is known on both sides of a change.
pub(super) struct Rewritten<'c> {
    cluster: &'c Cluster,
    pub(super) before: &'c State,
    pub(super) after: &'c State,
    /// The lineage now.
    pub(super) write: &'c ArchiveRef,
    /// The names before and now, variables replaced.
    pub(super) was: ServerName,
    pub(super) now: ServerName,
}

impl<'c> Rewritten<'c> {
    /// `None` where the change has no such database, or a name is unknown.
    pub(super) fn of(cluster: &'c Cluster, context: &'c Context<'c>) -> Option<Self> {
        let (before, after) = context.changed(cluster)?;
        Some(Self {
            cluster,
            was: before.write_name()?,
            now: after.write_name()?,
            write: after.write.as_ref()?,
            before,
            after,
        })
    }

    /// A finding at the new name, beside the old one.
    pub(super) fn found(&self, rule: &Rule, message: String, help: String) -> Diagnostic {
        let place = self.write.server_name.place.clone();
        let finding = rule.found(&self.cluster.object, place, message);
        let label = format!("the base revision writes `{}`", self.was);
        finding.label(label).by_history().help(help)
    }
}

fn directory(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(directory, _)| directory)
}
