//! Directories built one inside the other, each once.
//!
//! Source of the order of steps: kustomize `api/internal/target/kusttarget.go` (accumulateTarget).

mod steps;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::text::{FileId, Span, Spanned};
use crate::yaml::{DocumentStore, expand};

use crate::kustomize::Additions;
use crate::kustomize::accumulated::{Accumulated, CustomSchema, refuse_unsupported, warnings};
use crate::kustomize::documents;
use crate::kustomize::error::{BuildError, ErrorKind};
use crate::kustomize::file::{Kustomization, find};
use crate::kustomize::loader::{Found, Loader};
use crate::kustomize::provenance::Provenance;
use crate::kustomize::resource::Resource;
use crate::kustomize::schema::Schema;
use crate::kustomize::tables::configure;
use crate::kustomize::{finish, generate, plugins, references, vars};

/// Most directories that include each other. The reference has no limit; nobody nests deeper than ten.
const MAX_DIRECTORIES: usize = 100;

/// A finished build.
#[derive(Debug)]
pub struct Build {
    /// The resources in the order of the output.
    pub resources: Vec<Resource>,
    /// Deprecated fields in use, one line each, in the words that the reference prints.
    pub warnings: Vec<String>,
    /// Every file and directory that took part, without symbolic links.
    pub files: Vec<PathBuf>,
    /// What a partial build does without.
    pub left_out: Vec<BuildError>,
}

/// Builds directories and keeps what each gave, so that a base under many overlays is built once.
pub struct Builder<'s, 't> {
    store: &'s mut DocumentStore<'t>,
    kustomizations: BTreeMap<PathBuf, Arc<Kustomization>>,
    built: BTreeMap<(PathBuf, Option<PathBuf>), Arc<Accumulated>>,
    schema: Option<CustomSchema>,
    /// The directories that are being built, outermost first.
    chain: Vec<PathBuf>,
    /// Files below it may be named from outside.
    files_below: Option<PathBuf>,
    partial: bool,
}

impl<'s, 't> Builder<'s, 't> {
    /// A builder that reads through `store`.
    pub fn new(store: &'s mut DocumentStore<'t>) -> Self {
        Self {
            store,
            kustomizations: BTreeMap::new(),
            built: BTreeMap::new(),
            schema: None,
            chain: Vec::new(),
            files_below: None,
            partial: false,
        }
    }

    /// Takes files from anywhere below `top`, as Flux does. Source: fluxcd/pkg `kustomize/kustomize.go`, which builds
    /// with `LoadRestrictionsNone` within its copy of the repository; kubectl and Argo CD refuse files outside the
    /// kustomization's directory.
    #[must_use]
    pub fn unrestricted(mut self, top: &Path) -> Self {
        self.files_below = self.store.tree().canonical(top).ok();
        self
    }

    /// Leaves out what walbound cannot build (charts, remote resources, plugins) and tells it in
    /// [`Build::left_out`], instead of failing.
    #[must_use]
    pub fn partial(mut self) -> Self {
        self.partial = true;
        self
    }

    fn loader(&mut self, root: &Path) -> Loader<'_, 't> {
        Loader::new(self.store, root.to_path_buf(), self.files_below.as_deref())
    }

    /// The store, to show places of errors and resources.
    pub fn store(&self) -> &DocumentStore<'t> {
        self.store
    }

    /// Builds a directory as `kustomize build` does.
    ///
    /// # Errors
    /// When anything in it or below is missing, malformed, contradictory or unsupported.
    pub fn build(&mut self, dir: &Path) -> Result<Build, BuildError> {
        let root = self.root(dir)?;
        let kustomization = self.kustomization(&root, None)?;
        self.build_root(root, &kustomization)
    }

    /// Builds a directory with fields added to its kustomization. A directory without one is built from
    /// [`Additions::resources`]; `asked` is the file that asks for it.
    ///
    /// # Errors
    /// As for [`Builder::build`].
    pub fn build_with(
        &mut self,
        dir: &Path,
        additions: &Additions,
        asked: FileId,
    ) -> Result<Build, BuildError> {
        let root = self.root(dir)?;
        let kustomization = if find(self.store.tree(), &root).is_empty() {
            additions.generated(asked, &root)
        } else {
            additions.applied(&*self.kustomization(&root, None)?)
        };
        self.build_root(root, &kustomization)
    }

    /// Builds a directory as if its kustomization listed these components.
    ///
    /// # Errors
    /// As for [`Builder::build`].
    pub fn build_with_components(
        &mut self,
        dir: &Path,
        components: &[Spanned<String>],
    ) -> Result<Build, BuildError> {
        let root = self.root(dir)?;
        let mut kustomization = Kustomization::clone(&*self.kustomization(&root, None)?);
        kustomization.components = components.to_vec();
        self.build_root(root, &kustomization)
    }

    fn build_root(
        &mut self,
        root: PathBuf,
        kustomization: &Kustomization,
    ) -> Result<Build, BuildError> {
        self.chain.clear();
        self.schema = None;
        self.set_schema(kustomization, &root)?;
        let mut all = self.directory(root.clone(), kustomization, Accumulated::new())?;
        let set = &mut all.set;
        finish::add_hashes(set)?;
        references::update(set, &all.tables.name_references)?;
        vars::resolve(set, &all.vars, &all.tables.var_references)?;
        finish::drop_local(set);
        finish::sort(set, kustomization.sort.as_ref())?;
        let metadata = finish::Metadata::read(&kustomization.build_metadata)?;
        metadata.label(set)?;
        finish::tidy_annotations(set);
        metadata.annotate(set, &root);
        all.files.append(&mut all.directories);
        Ok(Build {
            resources: all.set.into_items(),
            warnings: warnings(&all.deprecated),
            files: all.files.into_iter().collect(),
            left_out: all.left_out,
        })
    }

    fn root(&self, dir: &Path) -> Result<PathBuf, BuildError> {
        self.store.tree().canonical(dir).map_err(|error| {
            let path = self.store.shown(dir);
            BuildError::of(dir, ErrorKind::Unreadable { path, error })
                .help("give a directory with a kustomization.yaml")
        })
    }

    /// The kustomization of a directory, read once.
    fn kustomization(
        &mut self,
        dir: &Path,
        asked: Option<Span>,
    ) -> Result<Arc<Kustomization>, BuildError> {
        if let Some(known) = self.kustomizations.get(dir) {
            return Ok(Arc::clone(known));
        }
        let shown = self.store.shown(dir);
        let error = |kind| match asked {
            Some(span) => BuildError::at(span, kind),
            None => BuildError::of(dir, kind),
        };
        let path = match find(self.store.tree(), dir).as_slice() {
            [path] => path.clone(),
            [] => {
                return Err(error(ErrorKind::NoKustomization(shown))
                    .help("add a kustomization.yaml, or list the files one by one"));
            }
            _ => {
                return Err(error(ErrorKind::SeveralKustomizations(shown))
                    .help("keep one of kustomization.yaml, kustomization.yml, Kustomization"));
            }
        };
        let read = Arc::new(Kustomization::read(self.store, &path)?);
        self.kustomizations
            .insert(dir.to_path_buf(), Arc::clone(&read));
        Ok(read)
    }

    /// Takes the schema of `openapi`, unless one is set.
    fn set_schema(&mut self, file: &Kustomization, root: &Path) -> Result<(), BuildError> {
        let Some(openapi) = &file.openapi else {
            return Ok(());
        };
        if self.schema.is_some() {
            return Ok(());
        }
        match (&openapi.path, &openapi.version) {
            (Some(path), Some(_)) => Err(BuildError::invalid(
                path.span,
                "openapi has either `path` or `version`, not both",
            )),
            (None, Some(version)) if version.value != "v1.21.2" => {
                let message = format!("openapi version `{}` is not known", version.value);
                Err(BuildError::invalid(version.span, message)
                    .help("v1.21.2 is the only version, and the default"))
            }
            (Some(path), None) => {
                let mut loader = self.loader(root);
                let opened = loader.open(path, "schema file")?;
                let documents = loader.store().documents(opened);
                let documents = documents.as_ref().as_ref().map_err(Clone::clone)?;
                let Some(document) = documents.first() else {
                    return Err(BuildError::invalid(path.span, "the schema file is empty"));
                };
                let schema = Arc::new(Schema::from_openapi(&expand(document)?));
                let path = self.store.sources().file(opened).path.clone();
                self.schema = Some(CustomSchema { path, schema });
                Ok(())
            }
            (None, _) => Ok(()),
        }
    }

    /// Runs one kustomization on what is there: nothing, or the parent's set for a component.
    fn directory(
        &mut self,
        root: PathBuf,
        file: &Kustomization,
        mut all: Accumulated,
    ) -> Result<Accumulated, BuildError> {
        let partial = self.partial;
        all.without(partial, refuse_unsupported(file))?;
        all.deprecated.extend(file.deprecated.iter().cloned());
        all.files.insert(file.path.clone());
        all.directories.insert(root.clone());
        self.chain.push(root.clone());
        for entry in &file.resources {
            let depth = self.chain.len();
            let added = self.resource(&root, entry, &mut all);
            all.without(partial, added)?;
            self.chain.truncate(depth);
        }
        let mut loader = self.loader(&root);
        configure(&mut loader, &mut all.tables, &file.configurations)?;
        let global = file.generator_options.as_ref();
        for (entries, is_secret, kind) in [
            (&file.config_maps, false, "ConfigMapGenerator"),
            (&file.secrets, true, "SecretGenerator"),
        ] {
            for entry in entries {
                let provenance = Provenance::Generator {
                    configured_in: file.path.clone(),
                    kind: kind.into(),
                    name: "".into(),
                };
                let made = generate::run(
                    &mut loader,
                    &mut all.set,
                    entry,
                    is_secret,
                    global,
                    provenance,
                );
                all.without_match(made)?;
            }
        }
        all.files.extend(loader.into_used());
        let generators = self.plugins(&root, file, &file.generators, &mut all)?;
        let mut loader = self.loader(&root);
        for plugin in &generators {
            let made = plugins::generate(&mut loader, &mut all.set, plugin);
            all.without(partial, made)?;
        }
        all.files.extend(loader.into_used());
        for entry in &file.components {
            let found = self.loader(&root).directory(entry, "component");
            if let Some(dir) = all.without(partial, found)? {
                all = self.component(dir, entry, all)?;
            }
        }
        self.transform(&root, file, &mut all)?;
        vars::register(&mut all.set, &mut all.vars, &file.vars)?;
        all.schema.clone_from(&self.schema);
        self.chain.pop();
        Ok(all)
    }

    /// Appends a file or a directory of `resources`.
    fn resource(
        &mut self,
        root: &Path,
        entry: &Spanned<String>,
        all: &mut Accumulated,
    ) -> Result<(), BuildError> {
        let mut loader = self.loader(root);
        let dir = match loader.find(entry, "resource")? {
            Found::Directory(dir) => dir,
            Found::File(path) => {
                let provenance = Arc::new(Provenance::File(path));
                let opened = loader.open(entry, "resource")?;
                let nodes = documents::of_file(loader.store(), opened)?;
                all.files.extend(loader.into_used());
                for node in nodes {
                    all.set
                        .append(Resource::read(node, &provenance)?)
                        .map_err(|error| error.related(entry.span, "listed here"))?;
                }
                return Ok(());
            }
        };
        let built = self.child(dir, entry)?;
        all.absorb(&built, entry.span)
    }

    /// A directory of `resources`, built or remembered.
    fn child(
        &mut self,
        dir: PathBuf,
        entry: &Spanned<String>,
    ) -> Result<Arc<Accumulated>, BuildError> {
        self.check_chain(&dir, entry)?;
        let file = self.kustomization(&dir, Some(entry.span))?;
        if file.is_component {
            return Err(BuildError::invalid(
                entry.span,
                format!("`{}` is a component", entry.value),
            )
            .help("list it under `components`"));
        }
        let schema = self.schema.as_ref().map(|custom| custom.path.clone());
        let key = (dir, schema);
        if let Some(known) = self.built.get(&key).map(Arc::clone) {
            for inner in &known.directories {
                self.check_chain(inner, entry)?;
            }
            self.schema.clone_from(&known.schema);
            return Ok(known);
        }
        self.set_schema(&file, &key.0)?;
        let built = Arc::new(self.directory(key.0.clone(), &file, Accumulated::new())?);
        self.built.insert(key, Arc::clone(&built));
        Ok(built)
    }

    /// Runs a component on everything accumulated so far.
    fn component(
        &mut self,
        dir: PathBuf,
        entry: &Spanned<String>,
        all: Accumulated,
    ) -> Result<Accumulated, BuildError> {
        self.check_chain(&dir, entry)?;
        let file = self.kustomization(&dir, Some(entry.span))?;
        if !file.is_component {
            return Err(BuildError::invalid(
                entry.span,
                format!("`{}` is a Kustomization, not a Component", entry.value),
            )
            .help("list it under `resources`, or set `kind: Component` in it"));
        }
        self.set_schema(&file, &dir)?;
        self.directory(dir, &file, all)
    }

    /// Refuses a directory that holds one of those being built.
    fn check_chain(&self, dir: &Path, entry: &Spanned<String>) -> Result<(), BuildError> {
        if let Some(at) = self.chain.iter().position(|open| open.starts_with(dir)) {
            let open = self.chain.iter().skip(at).map(PathBuf::as_path);
            let shown = open
                .chain([dir])
                .map(|path| self.store.shown(path))
                .collect();
            return Err(BuildError::at(entry.span, ErrorKind::Cycle(shown))
                .help("a directory cannot include itself or one above it"));
        }
        if self.chain.len() >= MAX_DIRECTORIES {
            return Err(
                BuildError::at(entry.span, ErrorKind::TooDeep(MAX_DIRECTORIES))
                    .help("the limit is walbound's own; the reference has none"),
            );
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::Builder;
    use crate::kustomize::memory::Memory;
    use crate::text::FileTree;
    use crate::yaml::{DocumentStore, Origin};

    const CLUSTER: &str = "apiVersion: postgresql.cnpg.io/v1\nkind: Cluster\nmetadata:\n  name: ledger\nspec:\n  instances: 3\n";

    #[test]
    fn a_base_under_two_overlays_is_read_once_and_built_for_each() {
        let tree = Memory::new(&[
            ("base/kustomization.yaml", "resources: [c.yaml]\n"),
            ("base/c.yaml", CLUSTER),
            (
                "a/kustomization.yaml",
                "resources: [../base]\nnamespace: a\n",
            ),
            (
                "b/kustomization.yaml",
                "resources: [../base]\nnamespace: b\n",
            ),
            ("kustomization.yaml", "resources: [a, b]\n"),
        ]);
        let mut store = DocumentStore::new(&tree, PathBuf::from("/repo"));
        let mut builder = Builder::new(&mut store);
        let build = builder.build(Path::new("/repo")).unwrap();
        let namespaces: Vec<&str> = build.resources.iter().map(|r| r.id().namespace()).collect();
        assert_eq!(namespaces, ["a", "b"]);
        let shown: Vec<String> = build.files.iter().map(|f| store.shown(f)).collect();
        assert_eq!(
            shown,
            [
                ".",
                "a",
                "a/kustomization.yaml",
                "b",
                "b/kustomization.yaml",
                "base",
                "base/c.yaml",
                "base/kustomization.yaml",
                "kustomization.yaml"
            ]
        );
    }

    #[test]
    fn values_remember_the_line_that_set_them() {
        let tree = Memory::new(&[
            ("base/kustomization.yaml", "resources: [c.yaml]\n"),
            ("base/c.yaml", CLUSTER),
            (
                "kustomization.yaml",
                "resources: [base]\nnamespace: restore\npatches:\n- patch: |-\n    apiVersion: postgresql.cnpg.io/v1\n    kind: Cluster\n    metadata:\n      name: ledger\n    spec:\n      logLevel: debug\n",
            ),
        ]);
        let mut store = DocumentStore::new(&tree, PathBuf::from("/repo"));
        let build = Builder::new(&mut store).build(Path::new("/repo")).unwrap();
        let node = build.resources[0].node();
        let place = |keys: &[&str]| store.sources().describe(node.at(keys).unwrap().span());
        assert_eq!(place(&["spec", "instances"]), "base/c.yaml:6:14");
        assert_eq!(place(&["spec", "logLevel"]), "kustomization.yaml:10:17");
        assert_eq!(place(&["metadata", "namespace"]), "kustomization.yaml:2:12");
        let made = node.at(&["metadata", "namespace"]).unwrap().origin;
        assert!(matches!(made, Origin::Made { .. }));
    }

    #[test]
    fn directories_that_include_each_other_are_refused_with_the_chain() {
        let tree = Memory::new(&[
            ("a/kustomization.yaml", "resources:\n- ../b\n"),
            ("b/kustomization.yaml", "resources:\n- ../a\n"),
        ]);
        let refusal = tree.refusal("a");
        assert!(
            refusal
                .starts_with("b/kustomization.yaml:2:3: directories include each other: a → b → a"),
            "{refusal}"
        );
    }

    #[test]
    fn a_remembered_directory_is_still_checked_for_cycles() {
        // `outer` is built first, on its own; below `outer/inner` it would hold the directory that includes it.
        let tree = Memory::new(&[
            ("kustomization.yaml", "resources: [other, outer/inner]\n"),
            ("other/kustomization.yaml", "resources: [../outer]\n"),
            ("outer/kustomization.yaml", "resources: []\n"),
            (
                "outer/inner/kustomization.yaml",
                "resources: [../../other]\n",
            ),
        ]);
        let refusal = tree.refusal("");
        assert!(
            refusal.contains("outer/inner/kustomization.yaml:1:13: directories include each other"),
            "{refusal}"
        );
    }

    #[test]
    fn a_very_long_chain_ends_with_an_error() {
        let files: Vec<(String, String)> = (0..300)
            .map(|at| {
                (
                    format!("d{at}/kustomization.yaml"),
                    format!("resources: [../d{}]\n", at + 1),
                )
            })
            .collect();
        let files: Vec<(&str, &str)> = files
            .iter()
            .map(|(path, text)| (path.as_str(), text.as_str()))
            .collect();
        let refusal = Memory::new(&files).refusal("d0");
        assert!(refusal.contains("more than 100 levels deep"), "{refusal}");
    }

    #[test]
    fn the_same_base_twice_names_the_entry_that_brought_it() {
        let tree = Memory::new(&[
            ("base/kustomization.yaml", "resources: [c.yaml]\n"),
            ("base/c.yaml", CLUSTER),
            ("a/kustomization.yaml", "resources: [../base]\n"),
            ("kustomization.yaml", "resources: [base, a]\n"),
        ]);
        let refusal = tree.refusal("");
        assert!(refusal.contains("Cluster `ledger`"), "{refusal}");
        assert!(
            refusal.contains("kustomization.yaml:1:19: included here"),
            "{refusal}"
        );
    }

    #[test]
    fn what_needs_programs_or_the_network_is_unsupported_not_ignored() {
        for (text, what) in [
            ("helmCharts: [{name: x}]\n", "field `helmCharts`"),
            (
                "resources: [\"https://example.org/x.yaml\"]\n",
                "remote resource",
            ),
            ("crds: [x.yaml]\n", "field `crds`"),
            (
                "buildMetadata: [transformerAnnotations]\n",
                "buildMetadata `transformerAnnotations`",
            ),
        ] {
            let tree = Memory::new(&[("kustomization.yaml", text)]);
            let error = tree.render("").unwrap_err();
            assert!(error.is_unsupported(), "{text}");
            assert!(error.to_string().starts_with(what), "{error}");
        }
    }

    #[test]
    fn deprecated_fields_warn_once_for_each_place() {
        let tree = Memory::new(&[
            ("base/kustomization.yaml", "commonLabels: {a: b}\n"),
            ("a/kustomization.yaml", "resources: [../base]\n"),
            ("b/kustomization.yaml", "bases: [../base]\n"),
            ("kustomization.yaml", "resources: [a, b]\n"),
        ]);
        let warnings = tree.render("").unwrap().warnings;
        assert_eq!(warnings.len(), 2);
        // Words of `kubectl kustomize`.
        assert_eq!(
            warnings[1],
            "# Warning: 'bases' is deprecated. Please use 'resources' instead. Run 'kustomize edit fix' to update your Kustomization automatically."
        );
    }

    #[test]
    fn a_directory_needs_exactly_one_kustomization_file() {
        let none = Memory::new(&[("a/x.yaml", "")]);
        assert!(none.refusal("a").contains("has no kustomization file"));
        let two = Memory::new(&[("kustomization.yaml", ""), ("Kustomization", "")]);
        assert!(two.kind(Path::new("/repo/Kustomization")).is_some());
        assert!(two.refusal("").contains("more than one kustomization file"));
    }
}
