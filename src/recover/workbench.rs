//! Edits of one rendering, one after the other, each planned on the text that the one before left.

use std::collections::BTreeSet;

use crate::config::Config;
use crate::model::cluster::{Cluster, Method};
use crate::project::{Database, Project};
use crate::text::Edit;

use super::draft::Scope;
use super::flip::{self, FlipRefusal};
use super::{Draft, Refusal};

/// A draft, and the rendering that is worked on.
pub(super) struct Workbench<'d, 't> {
    pub(super) draft: &'d mut Draft<'t>,
    scope: Scope,
    title: String,
    /// Directory of the build, as shown to people.
    directory: String,
    /// Whether Flux decides on its bootstrap elsewhere, which only the whole repository shows.
    above: bool,
}

impl<'d, 't> Workbench<'d, 't> {
    /// Works on the rendering of the database by the build of `cluster`.
    pub(super) fn new(
        draft: &'d mut Draft<'t>,
        database: &Database<'_>,
        cluster: &Cluster,
    ) -> Self {
        let scope = Scope::of(database, draft.top());
        Self {
            draft,
            scope,
            title: database.title(),
            directory: database.project.build_of(cluster).directory.clone(),
            above: flip::is_decided_above(database),
        }
    }

    /// Plans edits on the rendering as the draft has it now, and makes them. Whether there were any.
    pub(super) fn step(
        &mut self,
        plan: impl FnOnce(&Database<'_>, &Cluster) -> Result<Vec<Edit>, Refusal>,
    ) -> Result<bool, Refusal> {
        let project = self.draft.part(&self.scope);
        let config = Config::default();
        let all = project.all_databases(&config);
        let found = all.iter().find_map(|database| {
            let own = database.clusters.iter().find(|cluster| {
                database.title() == self.title
                    && project.build_of(cluster).directory == self.directory
            });
            own.map(|cluster| (database, *cluster))
        });
        let (database, cluster) = found.ok_or_else(|| Refusal::Unplanned {
            differences: vec![format!(
                "{} would be gone from {}",
                self.title, self.directory
            )],
        })?;
        let edits = plan(database, cluster)?;
        self.draft.edit(&project.sources, &edits)?;
        Ok(!edits.is_empty())
    }

    /// Switches the database to recovery where the repository has a switch. What the switch notes; `None` where there
    /// is no switch.
    ///
    /// # Errors
    /// When several switches fit, or none gives the recovery alone.
    pub(super) fn flip(&mut self) -> Result<Option<Vec<String>>, Refusal> {
        let project = if self.above {
            self.draft.project()
        } else {
            self.draft.part(&self.scope)
        };
        let config = Config::default();
        let all = project.all_databases(&config);
        let own = all.iter().find(|database| database.title() == self.title);
        let Some(database) = own else {
            return Ok(None);
        };
        match flip::plan(self.draft, database, Method::Recovery) {
            Ok(None) => Ok(Some(Vec::new())),
            Ok(Some(planned)) => {
                self.draft.edit(&project.sources, &planned.edits)?;
                self.follow()?;
                Ok(Some(planned.notes))
            }
            Err(FlipRefusal::NoSwitch { .. }) => Ok(None),
            Err(refusal) => Err(Refusal::Flip {
                message: refusal.to_string(),
            }),
        }
    }

    /// Goes on with the rendering that is in use now and recovers: another overlay may have a build of its own.
    fn follow(&mut self) -> Result<(), Refusal> {
        let config = Config::default();
        // Only the whole repository shows for certain what is in use.
        let project = self.draft.project();
        let all = project.all_databases(&config);
        let own = all.iter().find(|database| database.title() == self.title);
        let own = own.ok_or_else(|| Refusal::Renamed {
            title: self.title.clone(),
        })?;
        let live = own.live();
        let recovering = live.iter().find(|cluster| cluster.recovers());
        if let Some(cluster) = recovering {
            self.directory
                .clone_from(&project.build_of(cluster).directory);
        }
        Ok(())
    }

    /// The directory of the build that is worked on, as shown to people.
    pub(super) fn directory(&self) -> &str {
        &self.directory
    }

    /// Plans edits on every rendering of the database, one after the other, and makes them.
    pub(super) fn everywhere(
        &mut self,
        plan: impl Fn(&Database<'_>, &Cluster) -> Result<Vec<Edit>, Refusal>,
    ) -> Result<(), Refusal> {
        let directories = |project: &Project| {
            let clusters = project.clusters.iter();
            let directories = clusters.map(|cluster| project.build_of(cluster).directory.clone());
            directories.collect::<BTreeSet<String>>()
        };
        let own = self.directory.clone();
        for directory in directories(&self.draft.part(&self.scope)) {
            self.directory = directory;
            // A plain file of another database may stand in the same directory.
            if self.holds_own() {
                self.step(&plan)?;
            }
        }
        self.directory = own;
        Ok(())
    }

    fn holds_own(&self) -> bool {
        let project = self.draft.part(&self.scope);
        let config = Config::default();
        let all = project.all_databases(&config);
        all.iter().any(|database| {
            database.title() == self.title
                && database
                    .clusters
                    .iter()
                    .any(|cluster| project.build_of(cluster).directory == self.directory)
        })
    }
}
