//! Which document gets which ObjectStore, and all texts that follow from it.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::backup::ClusterUser;
use crate::model::checksums;
use crate::project::{BuildKind, Project};
use crate::recover::Draft;
use crate::text::{Edit, FileId, Span};
use crate::yaml::{Node, Origin};

use super::files::{Beside, Files, file_name};
use super::gather::{Gathered, Rendering};
use super::lines::line_break;
use super::listing::Part;
use super::sheet::{Parameters, Reading, Sheet, Unfit, Wanted};
use super::stanza::Piece;
use super::store::{StoreText, means_same, reads_alike};
use super::{Base, Refusal, schedule};

/// What one document is to say, and the ObjectStores that go beside it.
struct Assigned {
    wanted: Wanted,
    /// The store of the write lineage: its name, and whether this document makes it or changes it.
    own: Option<(String, bool)>,
    fresh: Vec<Fresh>,
    namespace: Option<String>,
    checksums_known: bool,
}

/// A new ObjectStore of a recovery source.
struct Fresh {
    name: String,
    /// Index of [`Sheet::sources`].
    source: usize,
}

/// Writes the migration into the draft. What is worth saying about it.
///
/// # Errors
/// When something stands where it cannot be edited.
pub(super) fn write(
    draft: &mut Draft<'_>,
    project: &Project,
    gathered: &Gathered<'_>,
    base: Option<Base<'_>>,
) -> Result<Vec<String>, Refusal> {
    let mut planner = Planner {
        project,
        gathered,
        base,
        obstacles: gathered.obstacles.clone(),
        names: project
            .stores
            .iter()
            .map(|store| store.object.name.value.clone())
            .collect(),
        notes: Vec::new(),
    };
    let assigned = planner.assign();
    let files = planner.files(draft, &assigned);
    if !planner.obstacles.is_empty() {
        let title = gathered.titles.first().cloned().unwrap_or_default();
        let obstacles = planner.obstacles.into_iter().collect();
        return Err(Refusal::Obstacles { title, obstacles });
    }
    files.write(draft)?;
    Ok(planner.notes)
}

struct Planner<'g, 'p> {
    project: &'p Project,
    gathered: &'g Gathered<'p>,
    /// The revision that the change is merged into.
    base: Option<Base<'g>>,
    obstacles: BTreeSet<String>,
    /// Names of ObjectStores in use.
    names: BTreeSet<String>,
    notes: Vec<String>,
}

impl<'g, 'p> Planner<'g, 'p> {
    fn refuse(&mut self, place: Span, why: &str) {
        let place = self.project.sources.describe(place);
        self.obstacles.insert(format!("{place}: {why}"));
    }

    fn sheet(&self, at: usize) -> &Sheet<'p> {
        &self.gathered.sheets[at]
    }

    /// The renderings that a document is part of.
    fn renderings(&self, at: usize) -> impl Iterator<Item = &Rendering<'p>> {
        let all = self.gathered.renderings.iter();
        all.filter(move |rendering| rendering.parts.contains(&at))
    }

    /// The document that makes the ObjectStore of a rendering: the Cluster itself, else the only patch with one.
    fn maker(&self, rendering: &Rendering<'p>) -> Option<usize> {
        let with_store = |at: &&usize| self.sheet(**at).write.is_some();
        let mut makers: Vec<usize> = rendering.parts.iter().filter(with_store).copied().collect();
        if let Some(own) = makers.iter().find(|at| self.sheet(**at).holder.is_resource) {
            return Some(*own);
        }
        makers.pop().filter(|_| makers.is_empty())
    }

    fn assign(&mut self) -> Vec<Assigned> {
        let mut own: BTreeMap<usize, String> = BTreeMap::new();
        for at in 0..self.gathered.sheets.len() {
            let Some(name) = self.renderings(at).find_map(|rendering| {
                (self.maker(rendering) == Some(at)).then(|| rendering.cluster.name().to_owned())
            }) else {
                continue;
            };
            let name = self.free_name(&name, &["backup", "archive", "object-store"]);
            own.insert(at, name);
        }
        (0..self.gathered.sheets.len())
            .map(|at| self.assigned(at, &own))
            .collect()
    }

    fn assigned(&mut self, at: usize, own: &BTreeMap<usize, String>) -> Assigned {
        let stores: BTreeSet<Option<String>> = self
            .renderings(at)
            .filter(|rendering| rendering.cluster.in_tree)
            .map(|rendering| own.get(&self.maker(rendering)?).cloned())
            .collect();
        let place = self.sheet(at).holder.place();
        let store = match stores.into_iter().collect::<Vec<_>>().as_slice() {
            [] => None,
            [Some(only)] => Some(only.clone()),
            _ => {
                self.refuse(place, "the in-tree store is put together from several patches: write it into the Cluster, or into one patch");
                None
            }
        };
        let makes = own.contains_key(&at);
        let plugin = store.as_ref().and_then(|store| {
            let server_name = self.server_name(at, makes);
            (makes || server_name.is_some()).then(|| Parameters {
                store: store.clone(),
                server_name,
            })
        });
        let (sources, fresh) = self.sources(at, store.as_deref());
        let first = self.renderings(at).next();
        let namespace = first.and_then(|rendering| self.namespace(at, rendering));
        let checksums_known = first.is_some_and(|rendering| has_checksums(rendering));
        Assigned {
            wanted: Wanted { plugin, sources },
            own: store.map(|store| (store, makes)),
            fresh,
            namespace,
            checksums_known,
        }
    }

    /// The namespace to write into an ObjectStore: what the document says, else what the Cluster's own one says.
    fn namespace(&self, at: usize, rendering: &Rendering<'p>) -> Option<String> {
        let own = self.sheet(at).holder.get(&["metadata", "namespace"]);
        let read = || {
            let node = rendering.cluster.object.find(&["metadata", "namespace"])?;
            let in_kustomization = |span: Span| {
                let name = self.project.sources.file(span.file).path.file_name();
                crate::recover::KUSTOMIZATIONS
                    .iter()
                    .any(|known| name.is_some_and(|name| name == *known))
            };
            matches!(node.origin, Origin::Read(span) if !in_kustomization(span)).then_some(node)
        };
        own.or_else(read).and_then(Node::text).map(str::to_owned)
    }

    /// The server name that a document writes out: its own, or in the one that makes the store what it is by default.
    fn server_name(&mut self, at: usize, makes: bool) -> Option<Piece> {
        let written = self.sheet(at).write.as_ref()?.server_name.clone();
        if written.is_some() || !makes {
            return written;
        }
        let others = |rendering: &&Rendering<'p>| {
            let mut parts = rendering.parts.iter();
            parts.all(|part| {
                self.sheet(*part)
                    .write
                    .as_ref()
                    .is_none_or(|stanza| stanza.server_name.is_none())
            })
        };
        let bare: BTreeSet<String> = self
            .renderings(at)
            .filter(others)
            .map(|rendering| rendering.cluster.name().to_owned())
            .collect();
        let any = self
            .renderings(at)
            .next()
            .map(|rendering| rendering.cluster.name().to_owned());
        match bare.into_iter().collect::<Vec<_>>().as_slice() {
            [only] => Some(Piece::new("serverName", only)),
            [] => any.map(|name| Piece::new("serverName", &name)),
            several => {
                self.notes.push(format!(
                    "`serverName` stays unwritten, because one document makes Clusters with several names: {}",
                    several.join(", ")
                ));
                None
            }
        }
    }

    /// The plugin of each recovery source in a document, and the stores that are new.
    fn sources(&mut self, at: usize, own: Option<&str>) -> (Vec<Reading>, Vec<Fresh>) {
        let mut wanted = Vec::new();
        let mut fresh: Vec<Fresh> = Vec::new();
        for index in 0..self.sheet(at).sources.len() {
            let source = &self.sheet(at).sources[index];
            let configuration = &source.stanza.configuration;
            let server_name = source
                .stanza
                .server_name
                .clone()
                .unwrap_or_else(|| Piece::new("serverName", &source.name));
            let shares = |rendering: &Rendering<'p>| {
                let own = rendering
                    .cluster
                    .object
                    .find(&["spec", "backup", "barmanObjectStore"]);
                own.is_some_and(|own| reads_alike(configuration, own))
            };
            let shared = own.filter(|_| self.renderings(at).all(shares));
            let twin = fresh.iter().find(|fresh| {
                means_same(
                    &self.sheet(at).sources[fresh.source].stanza.configuration,
                    configuration,
                )
            });
            let twin = twin.map(|twin| twin.name.clone());
            let (store, shares) = match (shared, twin) {
                (Some(own), _) => (own.to_owned(), true),
                (None, Some(twin)) => (twin, true),
                (None, None) => {
                    let cluster = self
                        .renderings(at)
                        .next()
                        .map(|rendering| rendering.cluster.name().to_owned());
                    let name = self.free_name(
                        &cluster.unwrap_or_default(),
                        &["source", "source-2", "source-3", "source-4"],
                    );
                    fresh.push(Fresh {
                        name: name.clone(),
                        source: index,
                    });
                    (name, false)
                }
            };
            let parameters = Parameters {
                store,
                server_name: Some(server_name),
            };
            wanted.push(Reading { parameters, shares });
        }
        (wanted, fresh)
    }

    /// A name for an ObjectStore that none has yet.
    fn free_name(&mut self, cluster: &str, endings: &[&str]) -> String {
        let mut names = endings.iter().map(|ending| format!("{cluster}-{ending}"));
        let free = names.find(|name| !self.names.contains(name));
        let name = free.unwrap_or_else(|| format!("{cluster}-{}", self.names.len()));
        self.names.insert(name.clone());
        name
    }

    fn files(&mut self, draft: &Draft<'_>, assigned: &[Assigned]) -> Files<'p> {
        let mut files = Files::new(self.project);
        let mut edits: BTreeMap<FileId, Vec<Edit>> = BTreeMap::new();
        let gathered = self.gathered;
        for (sheet, assigned) in gathered.sheets.iter().zip(assigned) {
            match sheet.edits(&assigned.wanted) {
                Ok(own) => edits.entry(sheet.holder.file).or_default().extend(own),
                Err((place, why)) => self.refuse(place, &why),
            }
        }
        for (file, edits) in edits {
            let done = files.edit(file, &edits);
            self.refuse_unless(done);
        }
        self.schedules(&mut files);
        for (at, assigned) in assigned.iter().enumerate() {
            self.stores(draft, at, assigned, &mut files);
        }
        files
    }

    fn refuse_unless(&mut self, done: Result<(), Unfit>) {
        if let Err((place, why)) = done {
            self.refuse(place, &why);
        }
    }

    fn schedules(&mut self, files: &mut Files<'p>) {
        let mut documents = BTreeSet::new();
        for rendering in self
            .gathered
            .renderings
            .iter()
            .filter(|one| one.cluster.in_tree)
        {
            let cluster = rendering.cluster;
            for own in schedule::in_tree(&self.project.schedules, cluster) {
                documents.extend(self.document(own));
            }
            for backup in schedule::in_tree(&self.project.backups, cluster) {
                if schedule::is_new(backup, self.base) {
                    documents.extend(self.document(backup));
                    continue;
                }
                let place = self.project.sources.describe(backup.object.source());
                self.notes.push(format!(
                    "{place}: Backup `{}` stays as it is, because a Backup cannot be changed once it exists; a new one needs `method: plugin` and `pluginConfiguration`",
                    backup.object.name.value
                ));
            }
        }
        self.notes.dedup();
        for (file, document) in documents {
            let text = files.text(file);
            match schedule::with_plugin(text, document) {
                Ok(changed) => *text = changed,
                Err(error) => self.refuse(
                    Span::new(file, 0, 0),
                    &format!("the backup cannot be edited: {error}"),
                ),
            }
        }
    }

    /// The document to edit of a schedule or Backup.
    fn document(&mut self, own: &ClusterUser) -> Option<(FileId, usize)> {
        let document = schedule::document(self.project, own);
        if document.is_none() {
            let kind = &own.object.kind;
            let why = format!("this {kind} is not a document of a file: write it as one");
            self.refuse(own.object.source(), &why);
        }
        document
    }

    /// The ObjectStores that go beside a document, and the lines that list their files.
    fn stores(&mut self, draft: &Draft<'_>, at: usize, assigned: &Assigned, files: &mut Files<'p>) {
        let gathered = self.gathered;
        let sheet = &gathered.sheets[at];
        let mut resources: Vec<StoreText<'_>> = Vec::new();
        let mut patches: Vec<StoreText<'_>> = Vec::new();
        if let Some((name, makes)) = &assigned.own {
            let elsewhere = self.retention_elsewhere(at);
            let stanza = sheet.write.as_ref();
            let speaks_s3 = stanza.is_some_and(|stanza| checksums::matter(&stanza.configuration));
            let text = StoreText {
                name,
                namespace: assigned.namespace.as_deref(),
                retention: sheet
                    .retention
                    .as_ref()
                    .or_else(|| elsewhere.filter(|_| *makes)),
                configuration: stanza,
                checksums: speaks_s3 && !assigned.checksums_known,
            };
            let says_something =
                text.retention.is_some() || stanza.is_some_and(|stanza| !stanza.pieces.is_empty());
            if *makes {
                resources.push(text);
            } else if says_something && (stanza.is_some() || !sheet.holder.is_resource) {
                patches.push(text);
            }
        }
        for Fresh { name, source } in &assigned.fresh {
            let stanza = &sheet.sources[*source].stanza;
            resources.push(StoreText {
                name,
                namespace: assigned.namespace.as_deref(),
                retention: None,
                configuration: Some(stanza),
                checksums: checksums::matter(&stanza.configuration) && !assigned.checksums_known,
            });
        }
        self.add_file(draft, at, Part::Resource, &resources, files);
        self.add_file(draft, at, Part::Patch, &patches, files);
    }

    /// The retention policy that a Cluster says whose store is made by a patch.
    fn retention_elsewhere(&self, at: usize) -> Option<&'g Piece> {
        let gathered = self.gathered;
        let parts = gathered
            .renderings
            .iter()
            .filter(|rendering| rendering.parts.contains(&at))
            .flat_map(|rendering| &rendering.parts);
        let mut sheets = parts.map(|part| &gathered.sheets[*part]);
        let own = sheets.find(|sheet| sheet.holder.is_resource && sheet.write.is_none())?;
        own.retention.as_ref()
    }

    fn add_file(
        &mut self,
        draft: &Draft<'_>,
        at: usize,
        part: Part,
        stores: &[StoreText<'_>],
        files: &mut Files<'p>,
    ) {
        let Some(first) = stores.first() else {
            return;
        };
        let sheet = &self.gathered.sheets[at];
        let line_break = line_break(sheet.text);
        let documents: Option<Vec<String>> =
            stores.iter().map(|store| store.write(line_break)).collect();
        let Some(documents) = documents else {
            let why =
                "a value of the in-tree store cannot be written elsewhere: write it as a plain map";
            self.refuse(sheet.holder.place(), why);
            return;
        };
        let stem = match part {
            Part::Resource => "object-store",
            Part::Patch => "object-store-patch",
        };
        let plain = |rendering: &Rendering<'_>| {
            self.project.build_of(rendering.cluster).kind == BuildKind::Plain
        };
        let beside = Beside {
            holder: &sheet.holder,
            part,
            plain: self.renderings(at).all(plain),
            names: [
                format!("{stem}.yaml"),
                format!("{}-{stem}.yaml", file_name(first.name)),
            ],
            text: documents.join(&format!("---{line_break}")),
        };
        self.refuse_unless(files.add(draft, beside));
    }
}

/// Whether the instances have the checksum settings already, which the sidecar gets too.
fn has_checksums(rendering: &Rendering<'_>) -> bool {
    let env = rendering
        .cluster
        .object
        .find(&["spec", "env"])
        .and_then(Node::as_sequence)
        .unwrap_or_default();
    checksums::SETTINGS.iter().all(|name| {
        env.iter()
            .any(|entry| entry.get("name").and_then(Node::text) == Some(name))
    })
}
