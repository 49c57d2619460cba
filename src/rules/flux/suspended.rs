//! A Cluster that Flux does not look after for now.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::{Diagnostic, Severity};
use crate::model::cluster::Cluster;
use crate::project::Project;
use crate::project::flux::{Kustomization, Release, SOURCE_GROUP};
use crate::rules::rule::{Check, Context, Needs, Remedy, Rule};
use crate::text::Span;
use crate::yaml::Node;

pub(in crate::rules) const RULE: Rule = Rule {
    id: "flux-suspended",
    summary: "suspended in Flux: a recovery in Git is not applied",
    severity: Severity::Error,
    remedy: Remedy::ByHand,
    needs: Needs::Manifests,
    explain: include_str!("../../../fixtures/rules/flux-suspended/README.md"),
    check: Check::Project(check),
};

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let project = context.project;
    let sources = SuspendedSources::of(project);
    let clusters = project.clusters.iter();
    let of_clusters = clusters.filter_map(|cluster| of_cluster(project, &sources, cluster));
    let of_releases = project.releases.iter().filter_map(of_release);
    of_clusters.chain(of_releases).collect()
}

fn of_cluster(
    project: &Project,
    sources: &SuspendedSources,
    cluster: &Cluster,
) -> Option<Diagnostic> {
    let own = project.flux_of(cluster)?;
    let (span, why) = stopped(project, sources, own)?;
    let dormant = project.is_dormant(cluster);
    let recovers = cluster.recovers() && !dormant;
    let message = if recovers {
        format!(
            "the recovery of cluster `{}` is not applied: {why}",
            cluster.title()
        )
    } else {
        format!(
            "no change of cluster `{}` is applied: {why}",
            cluster.title()
        )
    };
    let finding = RULE
        .found_at(span, message)
        .label("Flux stops here")
        .related(cluster.object.name.span, "the cluster")
        .help("set `suspend: false` before a recovery rests on it; `flux resume` alone is undone when Git is applied again");
    Some(Diagnostic {
        severity: severity(recovers),
        object: Some(cluster.object.reference()),
        ..finding
    })
}

fn severity(recovers: bool) -> Severity {
    if recovers {
        Severity::Error
    } else {
        Severity::Warning
    }
}

/// What keeps a Kustomization from applying anything: itself, its source, or one that it waits for.
fn stopped(
    project: &Project,
    sources: &SuspendedSources,
    own: &Kustomization,
) -> Option<(Span, String)> {
    let mut queue = vec![own];
    let mut seen: BTreeSet<Span> = BTreeSet::new();
    while let Some(next) = queue.pop() {
        if !seen.insert(next.place) {
            continue;
        }
        let waits = if next.place == own.place {
            String::new()
        } else {
            format!(", and Flux Kustomization `{}` waits for it", own.title())
        };
        if let Some(flag) = next.flag("suspend") {
            let why = format!("Flux Kustomization `{}` is suspended{waits}", next.title());
            return Some((flag.span(), why));
        }
        if let Some((span, name)) = sources.find(next) {
            return Some((span, format!("the source `{name}` is suspended{waits}")));
        }
        queue.extend(awaited(project, next));
    }
    None
}

/// Those that must have applied the same revision first. Source: kustomize-controller
/// `internal/controller/kustomization_controller.go` (checkDependencies); an expression of its own decides instead.
fn awaited<'p>(project: &'p Project, own: &Kustomization) -> Vec<&'p Kustomization> {
    let list = own
        .spec()
        .and_then(|spec| spec.get("dependsOn")?.as_sequence());
    let plain = list
        .unwrap_or_default()
        .iter()
        .filter(|entry| entry.get("readyExpr").is_none());
    let named = plain.filter_map(|entry| {
        let name = entry.get("name")?.text()?;
        let namespace = entry.get("namespace").and_then(Node::text);
        let mut found = project.flux.iter().filter(|other| {
            other.name == name
                && other.namespace.as_deref() == namespace.or(own.namespace.as_deref())
        });
        // Several clusters may have one of this name each.
        let first = found.next()?;
        found.next().is_none().then_some(first)
    });
    named.collect()
}

/// The declared sources that are suspended, by kind and name: no new commit arrives through them.
struct SuspendedSources(BTreeMap<(String, String), Span>);

impl SuspendedSources {
    fn of(project: &Project) -> Self {
        let parsed = project.parsed.values();
        let documents = parsed.filter_map(|own| own.as_ref().as_ref().ok());
        let mut declared: BTreeMap<(String, String), Vec<Option<Span>>> = BTreeMap::new();
        for root in documents.flatten().map(|document| &document.root) {
            let text = |path: &[&str]| root.at(path).and_then(Node::text);
            let version = text(&["apiVersion"]).unwrap_or_default();
            if !version.starts_with(SOURCE_GROUP) {
                continue;
            }
            if let (Some(kind), Some(name)) = (text(&["kind"]), text(&["metadata", "name"])) {
                let flag = root.at(&["spec", "suspend"]);
                let flag = flag.filter(|flag| flag.as_bool() == Some(true));
                let known = declared.entry((kind.to_owned(), name.to_owned()));
                known.or_default().push(flag.map(Node::span));
            }
        }
        // Several clusters may have one of this name each.
        let single = declared
            .into_iter()
            .filter_map(|(name, flags)| match flags.as_slice() {
                [Some(flag)] => Some((name, *flag)),
                _ => None,
            });
        Self(single.collect())
    }

    fn find(&self, own: &Kustomization) -> Option<(Span, String)> {
        let reference = own.spec()?.get("sourceRef")?;
        let text = |key| Some(reference.get(key)?.text()?.to_owned());
        let (kind, name) = (text("kind")?, text("name")?);
        let shown = format!("{kind} {name}");
        let flag = self.0.get(&(kind, name))?;
        Some((*flag, shown))
    }
}

fn of_release(release: &Release) -> Option<Diagnostic> {
    let path = ["spec", "suspend"];
    if release.object.flag(&path) != Some(true) {
        return None;
    }
    let name = &release.object.name.value;
    let message = format!("HelmRelease `{name}` is suspended: no change of its Cluster is applied");
    let finding = RULE
        .found(&release.object, release.object.place(&path), message)
        .label("Flux stops here")
        .help("set `suspend: false` before a recovery rests on it");
    Some(Diagnostic {
        severity: severity(release.recovers()),
        ..finding
    })
}
