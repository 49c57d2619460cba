//! The `walbound.status/1` document, described by `schemas/status.schema.json`.

use serde::Serialize;

use super::{Backup, Fact, Findings, Lineage, Source, StatusReport, StatusRow};
use crate::facts::verdict::Window;
use crate::gitops::{Applier, Appliers};
use crate::project::Controller;
use crate::report::check_json::rfc3339;
use crate::report::json::escape;

/// The name and version of the document. It changes when a key changes its meaning or goes away.
pub const SCHEMA: &str = "walbound.status/1";

/// The rows as indented JSON with a final line break.
pub fn render(report: &StatusReport) -> String {
    let document = Document {
        schema: SCHEMA,
        databases: report.rows.iter().map(Entry::new).collect(),
        other_findings: Counts::new(report.elsewhere),
    };
    // Strings and numbers only: writing them to memory cannot fail.
    let text = serde_json::to_string_pretty(&document).unwrap_or_default();
    escape(&text) + "\n"
}

#[derive(Serialize)]
struct Document<'a> {
    schema: &'a str,
    databases: Vec<Entry<'a>>,
    other_findings: Counts,
}

#[derive(Serialize)]
struct Entry<'a> {
    name: Option<&'a str>,
    namespace: Option<&'a str>,
    cluster: &'a str,
    directory: &'a str,
    mode: &'a str,
    write_lineage: Option<Archive<'a>>,
    source_lineage: Option<SourcePart<'a>>,
    last_backup: Option<BackupPart<'a>>,
    window: Option<WindowPart>,
    unknown: Vec<Unknown<'a>>,
    applied_by: AppliedBy<'a>,
    findings: Counts,
}

impl<'a> Entry<'a> {
    fn new(row: &'a StatusRow) -> Self {
        let (last_backup, no_backup) = split(&row.last_backup);
        let (window, no_window) = split(&row.window);
        let why = |what, reason: Option<&'a str>| {
            Some(Unknown {
                what,
                reason: reason?,
            })
        };
        Self {
            name: row.name.as_deref(),
            namespace: row.namespace.as_deref(),
            cluster: &row.cluster,
            directory: &row.directory,
            mode: row.mode.word(),
            write_lineage: row.write_lineage.as_ref().map(Archive::new),
            source_lineage: row.source_lineage.as_ref().map(SourcePart::new),
            last_backup: last_backup.and_then(Option::as_ref).map(BackupPart::new),
            window: window.map(WindowPart::new),
            unknown: why("last_backup", no_backup)
                .into_iter()
                .chain(why("window", no_window))
                .collect(),
            applied_by: AppliedBy::new(&row.applied_by),
            findings: Counts::new(row.findings),
        }
    }
}

fn split<T>(fact: &Fact<T>) -> (Option<&T>, Option<&str>) {
    match fact {
        Fact::Known(value) => (Some(value), None),
        Fact::Unknown(reason) => (None, Some(reason)),
    }
}

#[derive(Serialize)]
struct Archive<'a> {
    server_name: &'a str,
    destination: Option<&'a str>,
    endpoint: Option<&'a str>,
}

impl<'a> Archive<'a> {
    fn new(lineage: &'a Lineage) -> Self {
        Self {
            server_name: &lineage.server_name,
            destination: lineage.destination.as_deref(),
            endpoint: lineage.endpoint.as_deref(),
        }
    }
}

#[derive(Serialize)]
struct SourcePart<'a> {
    #[serde(flatten)]
    archive: Archive<'a>,
    in_use: bool,
}

impl<'a> SourcePart<'a> {
    fn new(source: &'a Source) -> Self {
        Self {
            archive: Archive::new(&source.lineage),
            in_use: source.in_use,
        }
    }
}

#[derive(Serialize)]
struct BackupPart<'a> {
    id: &'a str,
    end_time: Option<String>,
}

impl<'a> BackupPart<'a> {
    fn new(backup: &'a Backup) -> Self {
        Self {
            id: &backup.id,
            end_time: backup.ended.map(rfc3339),
        }
    }
}

#[derive(Serialize)]
struct WindowPart {
    earliest: Option<String>,
    latest: Option<String>,
}

impl WindowPart {
    fn new(window: &Window) -> Self {
        Self {
            earliest: window.earliest.map(rfc3339),
            latest: window.latest.map(rfc3339),
        }
    }
}

#[derive(Serialize)]
struct AppliedBy<'a> {
    objects: Vec<ApplierPart<'a>>,
    unknown: Option<&'a str>,
}

impl<'a> AppliedBy<'a> {
    fn new(appliers: &'a Appliers) -> Self {
        let known = appliers.as_ref().ok().into_iter().flatten();
        Self {
            objects: known.map(ApplierPart::new).collect(),
            unknown: appliers.as_ref().err().map(String::as_str),
        }
    }
}

#[derive(Serialize)]
struct ApplierPart<'a> {
    controller: &'static str,
    kind: &'static str,
    namespace: Option<&'a str>,
    name: &'a str,
    generated_by: Option<&'a str>,
    doubt: Option<&'a str>,
}

impl<'a> ApplierPart<'a> {
    fn new(applier: &'a Applier) -> Self {
        Self {
            controller: match applier.controller {
                Controller::ArgoCd => "argocd",
                Controller::Flux => "flux",
            },
            kind: applier.kind,
            namespace: applier.namespace.as_deref(),
            name: &applier.name,
            generated_by: applier.generated_by.as_deref(),
            doubt: applier.doubt.as_deref(),
        }
    }
}

#[derive(Serialize)]
struct Unknown<'a> {
    what: &'static str,
    reason: &'a str,
}

#[derive(Serialize)]
struct Counts {
    errors: usize,
    warnings: usize,
    notes: usize,
}

impl Counts {
    fn new(findings: Findings) -> Self {
        Self {
            errors: findings.errors,
            warnings: findings.warnings,
            notes: findings.notes,
        }
    }
}
