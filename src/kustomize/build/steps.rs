//! The steps of one kustomization that change what is there.

use std::path::Path;
use std::sync::Arc;

use crate::kustomize::accumulated::Accumulated;
use crate::kustomize::error::BuildError;
use crate::kustomize::file::Kustomization;
use crate::kustomize::provenance::Provenance;
use crate::kustomize::resource::Resource;
use crate::kustomize::schema::Schema;
use crate::kustomize::transform::{End, NamespaceRule, Subjects};
use crate::kustomize::{documents, patch, plugins, replace, transform};
use crate::text::Spanned;

use super::Builder;

impl Builder<'_, '_> {
    /// Runs the transformers of one kustomization, always in this order.
    pub(super) fn transform(
        &mut self,
        root: &Path,
        file: &Kustomization,
        all: &mut Accumulated,
    ) -> Result<(), BuildError> {
        let custom = self
            .schema
            .as_ref()
            .map(|custom| Arc::clone(&custom.schema));
        let schema: &Schema = custom.as_deref().unwrap_or(Schema::builtin());
        let partial = self.partial;
        let mut loader = self.loader(root);
        for entry in &file.patches_strategic_merge {
            let applied = patch::apply_legacy(&mut loader, &mut all.set, schema, entry);
            all.without_match(applied)?;
        }
        for entry in &file.patches {
            let applied = patch::apply_entry(&mut loader, &mut all.set, schema, entry);
            all.without_match(applied)?;
        }
        let (set, tables) = (&mut all.set, &*all.tables);
        if let Some(namespace) = &file.namespace {
            let rule = NamespaceRule {
                namespace,
                fields: &tables.namespace,
                subjects: Subjects::NamedDefault,
                unset_only: false,
            };
            transform::namespace(set, &rule)?;
        }
        if let Some(prefix) = &file.name_prefix {
            transform::rename(set, prefix, End::Prefix, &tables.name_prefix)?;
        }
        if let Some(suffix) = &file.name_suffix {
            transform::rename(set, suffix, End::Suffix, &tables.name_suffix)?;
        }
        for entry in &file.labels {
            transform::labels(set, entry, tables)?;
        }
        transform::set_entries(set, &file.common_labels, &tables.common_labels)?;
        transform::set_entries(set, &file.common_annotations, &tables.common_annotations)?;
        for entry in &file.patches_json6902 {
            let applied = patch::apply_json_entry(&mut loader, &mut all.set, entry);
            all.without_match(applied)?;
        }
        for entry in &file.replicas {
            let scaled = transform::replicas(&mut all.set, entry, &all.tables.replicas);
            all.without_match(scaled)?;
        }
        for entry in &file.images {
            transform::image(&mut all.set, entry, &all.tables.images)?;
        }
        for entry in &file.replacements {
            let replaced = replace::run(&mut loader, &mut all.set, entry);
            all.without_match(replaced)?;
        }
        all.files.extend(loader.into_used());
        let transformers = self.plugins(root, file, &file.transformers, all)?;
        let mut loader = self.loader(root);
        for plugin in &transformers {
            let done = plugins::transform(&mut loader, &mut all.set, schema, plugin);
            all.without(partial, done)?;
        }
        all.files.extend(loader.into_used());
        Ok(())
    }

    /// The configurations that entries of `transformers` or `generators` name: inline texts first, then files and
    /// directories.
    pub(super) fn plugins(
        &mut self,
        root: &Path,
        file: &Kustomization,
        entries: &[Spanned<String>],
        all: &mut Accumulated,
    ) -> Result<Vec<Resource>, BuildError> {
        let inline = Arc::new(Provenance::File(file.path.clone()));
        let mut found = Accumulated::new();
        let mut paths = Vec::new();
        for entry in entries {
            match documents::of_inline(self.store, entry) {
                Ok(nodes) => {
                    for node in nodes {
                        found.set.append(Resource::read(node, &inline)?)?;
                    }
                }
                Err(error) if entry.value.contains('\n') => return Err(error),
                Err(_) => paths.push(entry),
            }
        }
        for entry in paths {
            self.resource(root, entry, &mut found)?;
        }
        all.files.append(&mut found.files);
        all.directories.append(&mut found.directories);
        Ok(found.set.into_items())
    }
}
