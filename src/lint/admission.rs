//! Runs the checks of admission: the defaults of an object are put in once, then all checks look at it.

use std::collections::BTreeSet;

use crate::admission::{self, Kind, Manifest, defaults};
use crate::config::{Level, OperatorVersion, names_rule};
use crate::diagnostic::{Diagnostic, Severity};
use crate::facts::Change;
use crate::facts::change::State;
use crate::model::backup::ClusterUser;
use crate::model::cluster::Cluster;
use crate::model::object::{Object, same_namespace};
use crate::rules::{self, Check, Context, Needs, Rule};
use crate::text::on_all_cores;
use crate::yaml::Node;

use super::run::{NO_BASE, in_build};
use super::{Options, Skipped};

/// What stands of the rules that need a base revision where there is none.
pub(super) fn skipped(rules: &[&Rule], change: Option<&Change>) -> Option<Skipped> {
    let waiting = rules
        .iter()
        .filter(|rule| rule.needs == Needs::Base)
        .count();
    (change.is_none() && waiting > 0).then(|| Skipped {
        rule: Some(admission::FAMILY),
        reason: NO_BASE.to_owned(),
        count: waiting,
        files: Vec::new(),
    })
}

/// Shows every object to the checks of its kind.
pub(super) fn examine(rules: &[&Rule], context: &Context<'_>) -> Vec<Diagnostic> {
    if rules.is_empty() {
        return Vec::new();
    }
    let project = context.project;
    let version = context.config.operator_version.unwrap_or(defaults::NEWEST);
    let run = Run {
        rules,
        context,
        version,
    };
    let clusters = project.clusters.iter().map(Item::Cluster);
    let users = [
        (Kind::Backup, &project.backups),
        (Kind::ScheduledBackup, &project.schedules),
        (Kind::Pooler, &project.poolers),
        (Kind::Database, &project.database_objects),
    ];
    let users = users
        .into_iter()
        .flat_map(|(kind, users)| users.iter().map(move |user| Item::User(kind, user)));
    let items: Vec<Item<'_>> = clusters.chain(users).collect();
    let found = on_all_cores(&items, |item| {
        let (found, build) = match *item {
            Item::Cluster(cluster) => (run.cluster(cluster), cluster.build),
            Item::User(kind, user) => {
                let manifest = Manifest::new(&user.object, &user.object.node, version);
                (run.judged(kind, &user.object, &manifest), user.build)
            }
        };
        in_build(project, found, build).collect::<Vec<_>>()
    });
    found.into_iter().flatten().collect()
}

/// An object that admission looks at.
enum Item<'i> {
    Cluster(&'i Cluster),
    /// One that belongs to a Cluster, of this kind.
    User(Kind, &'i ClusterUser),
}

struct Run<'r> {
    rules: &'r [&'r Rule],
    context: &'r Context<'r>,
    version: OperatorVersion,
}

impl Run<'_> {
    fn cluster(&self, cluster: &Cluster) -> Vec<Diagnostic> {
        let mut stored = Node::clone(&cluster.object.node);
        defaults::fill(&mut stored, self.version);
        let change = self.context.change.and_then(|change| change.of(cluster));
        let both = change.and_then(|change| change.both());
        let both = both.filter(|(before, after)| is_same_object(before, after));
        let made_anew = both.is_some_and(|(before, after)| before.bootstrap != after.bootstrap);
        let before = both.map(|(before, _)| {
            let mut before = Node::clone(&before.manifest);
            defaults::fill(&mut before, self.version);
            before
        });
        let manifest = Manifest::new(&cluster.object, &stored, self.version);
        let manifest = match &before {
            Some(before) => manifest.after(before),
            None if self.context.change.is_some() => manifest.created(),
            None => manifest,
        };
        let mut found = self.judged(Kind::Cluster, &cluster.object, &manifest);
        if made_anew {
            found.iter_mut().for_each(soften);
        }
        found
    }

    fn judged(&self, kind: Kind, object: &Object, manifest: &Manifest<'_>) -> Vec<Diagnostic> {
        let disabled = kind != Kind::ScheduledBackup && admission::is_disabled(object);
        let mut findings = Vec::new();
        for rule in self.rules {
            let Check::Admission(check) = rule.check else {
                continue;
            };
            // Switched off, only the word about that is left.
            let speaks = !disabled || check.kind == Kind::Any;
            if check.kind.covers(kind) && speaks {
                findings.extend(rule.refused(check, object, manifest));
            }
        }
        findings
    }
}

/// Whether both are one object to the API server; with another name, one is deleted and one created.
fn is_same_object(before: &State, after: &State) -> bool {
    let namespace = |state: &'_ State| {
        let node = state.manifest.at(&["metadata", "namespace"]);
        node.and_then(Node::text).map(str::to_owned)
    };
    before.name == after.name
        && same_namespace(namespace(before).as_deref(), namespace(after).as_deref())
}

/// Makes a warning of what only an existing Cluster is refused, where the change asks for a new one: a bootstrap is read
/// when a Cluster is created, so the old one is deleted first.
fn soften(finding: &mut Diagnostic) {
    let of_update = rules::find(finding.rule).is_some_and(|rule| rule.needs == Needs::Base);
    if !of_update || finding.severity != Severity::Error {
        return;
    }
    finding.severity = Severity::Warning;
    let help = "`bootstrap` changes too, which takes a new Cluster: it is refused while the old one is there";
    finding.help = Some(match finding.help.take() {
        Some(own) => format!("{own}; {help}"),
        None => help.to_owned(),
    });
}

/// Takes out what another rule tells of the same object with more to help, or would tell if it were not off.
pub(super) fn without_told(findings: Vec<Diagnostic>, options: &Options<'_>) -> Vec<Diagnostic> {
    let told: BTreeSet<_> = findings
        .iter()
        .filter(|finding| told_by(finding).is_none())
        .map(|finding| (finding.rule, finding.object.clone()))
        .collect();
    let is_off = |rule: &str| {
        let ignored = options.ignore.iter().any(|name| names_rule(name, rule));
        ignored || options.config.level(rule) == Some(Level::Off)
    };
    let is_told = |finding: &Diagnostic| {
        told_by(finding)
            .is_some_and(|rule| is_off(rule) || told.contains(&(rule, finding.object.clone())))
    };
    findings
        .into_iter()
        .filter(|finding| !is_told(finding))
        .collect()
}

/// The rule that tells a finding of admission with more to help.
fn told_by(finding: &Diagnostic) -> Option<&'static str> {
    match rules::find(finding.rule)?.check {
        Check::Admission(check) => check.told_by,
        _ => None,
    }
}
