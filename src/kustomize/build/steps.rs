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
        let mut loader = self.loader(root);
        let (set, tables) = (&mut all.set, &*all.tables);
        for entry in &file.patches_strategic_merge {
            patch::apply_legacy(&mut loader, set, schema, entry)?;
        }
        for entry in &file.patches {
            patch::apply_entry(&mut loader, set, schema, entry)?;
        }
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
            patch::apply_json_entry(&mut loader, set, entry)?;
        }
        for entry in &file.replicas {
            transform::replicas(set, entry, &tables.replicas)?;
        }
        for entry in &file.images {
            transform::image(set, entry, &tables.images)?;
        }
        for entry in &file.replacements {
            replace::run(&mut loader, set, entry)?;
        }
        all.files.extend(loader.into_used());
        let transformers = self.plugins(root, file, &file.transformers, all)?;
        let mut loader = self.loader(root);
        for plugin in &transformers {
            plugins::transform(&mut loader, &mut all.set, schema, plugin)?;
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
