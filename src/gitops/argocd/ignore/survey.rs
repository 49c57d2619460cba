//! Every ignore rule of a repository, judged for every Cluster that it is meant for.

use std::collections::btree_map::Entry as Slot;
use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::{ObjectRef, Severity};
use crate::gitops::argocd::{Application, Applications, MadeBy};
use crate::jq::{Refusal, Room};
use crate::model::cluster::Cluster;
use crate::model::object::Object;
use crate::project::Project;
use crate::text::{Span, Spanned, on_all_cores};

use super::companion;
use super::damage::Damage;
use super::json::json;
use super::loose::{self, Loose};
use super::normaliser::Normaliser;
use super::rule::{Declared, Entry, IgnoreRule};
use super::sample::Samples;
use super::settings::Settings;
use super::verdict::{Effects, Verdict, judge};

/// The sync option, exactly as Argo CD compares it.
const RESPECT: &str = "RespectIgnoreDifferences=true";

/// What was found about one ignored field, over all Clusters that it concerns.
#[derive(Debug, Clone)]
pub struct Finding {
    /// What it does.
    pub verdict: Verdict,
    /// How bad that is.
    pub severity: Severity,
    /// The field, pattern or manager as written, and where.
    pub text: Spanned<String>,
    /// Whether it names a field manager instead of fields.
    pub is_manager: bool,
    /// Where the rule is declared.
    pub declared: Declared,
    /// Where the application respects ignored differences, if it does.
    pub respected: Option<Span>,
    /// The first object it concerns: a Cluster, or what backups need.
    pub cluster: Option<ObjectRef>,
    /// Names of all of that kind.
    pub clusters: BTreeSet<String>,
    /// The applications.
    pub applications: BTreeSet<String>,
}

/// The answers for a repository, in the order of places.
#[derive(Debug, Default)]
pub struct Survey {
    /// What was found; rules that do no harm are not among it.
    pub findings: Vec<Finding>,
    /// What ApplicationSets leave to the cluster.
    pub loose: Vec<Loose>,
}

impl Survey {
    /// Judges every rule of a repository.
    pub fn of(project: &Project, applications: &Applications) -> Self {
        let settings = Settings::of(project);
        let declares = |application: &Application| {
            application
                .object
                .find(&["spec", "ignoreDifferences"])
                .is_some()
        };
        let own = |cluster: &Cluster| IgnoreRule::of_cluster(&cluster.object).is_some();
        let nothing = settings.rules.is_empty()
            && settings.broken.is_empty()
            && !applications.list.iter().any(declares)
            && !project.clusters.iter().any(own);
        if project.clusters.is_empty() || (nothing && !loose::declares(project)) {
            return Self::default();
        }
        let judged = Room::with(|room| Self {
            loose: loose::all(project, applications, room),
            ..Judge::new(project, room, &settings).all(applications)
        });
        judged.unwrap_or_default()
    }
}

/// Applications that one thread judges before it takes the next ones.
const PART: usize = 4;

/// What tells findings apart; the last is the kind of the objects.
type Key = (Span, String, Option<Span>, u8, String);

struct Judge<'j> {
    project: &'j Project,
    settings: &'j Settings,
    normaliser: Normaliser<'j>,
    /// By entry and by what the rule is tried on.
    known: BTreeMap<(String, String), Verdict>,
    found: BTreeMap<Key, Finding>,
}

/// For whom a rule is judged.
struct Concerned<'j> {
    object: &'j Object,
    namespace: Option<&'j str>,
    application: Option<&'j Application>,
    respected: Option<Span>,
}

impl<'j> Judge<'j> {
    fn new(project: &'j Project, room: &'j Room, settings: &'j Settings) -> Self {
        Self {
            project,
            settings,
            normaliser: Normaliser::new(room),
            known: BTreeMap::new(),
            found: BTreeMap::new(),
        }
    }

    fn all(mut self, applications: &Applications) -> Survey {
        for broken in &self.settings.broken {
            let verdict = Verdict::Breaks(broken.value.clone());
            let text = Spanned::new(String::new(), broken.span);
            self.add(
                Severity::Error,
                verdict,
                &Entry::Pointer(text),
                Declared::Settings,
                None,
            );
        }
        for rule in &self.settings.rules {
            self.near_miss(rule);
        }
        let (project, settings) = (self.project, self.settings);
        let parts: Vec<&[Application]> = applications.list.chunks(PART).collect();
        for found in on_all_cores(&parts, |part| judged_apart(project, settings, part)) {
            self.absorb(found);
        }
        for cluster in &self.project.clusters {
            let applied = applications.of_cluster(cluster).next().is_some();
            if !applied && !self.project.is_dormant(cluster) {
                let concerned = Concerned {
                    object: &cluster.object,
                    namespace: cluster.object.namespace(),
                    application: None,
                    respected: None,
                };
                self.cluster(&concerned, cluster, &[]);
            }
        }
        Survey {
            findings: self.found.into_values().collect(),
            loose: Vec::new(),
        }
    }

    fn application(&mut self, application: &Application) {
        if application.applies.is_empty() {
            return;
        }
        let rules = IgnoreRule::of_application(application);
        for rule in &rules {
            self.near_miss(rule);
        }
        for applied in &application.applies {
            let concerned = Concerned {
                object: &applied.rendered.object,
                namespace: applied.namespace.as_deref(),
                application: Some(application),
                respected: application.sync_option(RESPECT),
            };
            self.unusable(&concerned, &rules);
            self.cluster(&concerned, &self.project.clusters[applied.cluster], &rules);
        }
        let renderings = application.applies.iter().map(|applied| applied.rendering);
        for rendering in renderings.collect::<BTreeSet<usize>>() {
            let objects = application.renderings[rendering].objects.iter();
            for object in objects.filter(|object| companion::counts(object)) {
                let destination = application.destination_namespace();
                let namespace = destination.as_ref().map(|own| own.value.as_str());
                let concerned = Concerned {
                    object,
                    namespace: object.namespace().or(namespace),
                    application: Some(application),
                    respected: application.sync_option(RESPECT),
                };
                self.companion(&concerned, &rules);
            }
        }
    }

    /// Rules that Argo CD cannot use, whatever they are meant for: all are read before anything is compared.
    /// Source: Argo CD `util/argo/normalizers/diff_normalizer.go`, `NewIgnoreNormalizer`.
    fn unusable(&mut self, concerned: &Concerned<'_>, rules: &[IgnoreRule]) {
        let settings = self.settings;
        for rule in rules.iter().chain(&settings.rules) {
            for entry in rule
                .entries
                .iter()
                .filter(|entry| !is_unresolved(entry, concerned))
            {
                if let Some(Refusal::Broken(reason)) = self.normaliser.refusal(entry) {
                    let verdict = Verdict::Breaks(reason);
                    self.add(
                        Severity::Error,
                        verdict,
                        entry,
                        rule.declared,
                        Some(concerned),
                    );
                }
            }
        }
    }

    /// Rules for an object store or a schedule.
    fn companion(&mut self, concerned: &Concerned<'_>, rules: &[IgnoreRule]) {
        let settings = self.settings;
        let all = rules.iter().chain(&settings.rules);
        let meant = all.filter(|rule| rule.means(concerned.object, concerned.namespace));
        let mut sample = None;
        for rule in meant {
            let sample = sample.get_or_insert_with(|| companion::sample(concerned.object));
            for entry in rule
                .entries
                .iter()
                .filter(|entry| !is_unresolved(entry, concerned))
            {
                let effects = companion::effects(&self.normaliser, entry, concerned.object, sample);
                let (pinned, hidden) = (effects.clone(), effects);
                self.sort(Verdict::Effects { pinned, hidden }, rule, entry, concerned);
            }
        }
    }

    /// Takes what was found elsewhere; what was known before counts first.
    fn absorb(&mut self, found: BTreeMap<Key, Finding>) {
        for (key, other) in found {
            match self.found.entry(key) {
                Slot::Vacant(slot) => {
                    slot.insert(other);
                }
                Slot::Occupied(mut own) => {
                    let own = own.get_mut();
                    if other.severity > own.severity {
                        own.severity = other.severity;
                        own.verdict = other.verdict;
                    }
                    own.cluster = own.cluster.take().or(other.cluster);
                    own.clusters.extend(other.clusters);
                    own.applications.extend(other.applications);
                }
            }
        }
    }

    fn near_miss(&mut self, rule: &IgnoreRule) {
        if let (Some(reason), Some(entry)) = (rule.near_miss(), rule.entries.first()) {
            self.add(
                Severity::Note,
                Verdict::Dead(reason),
                entry,
                rule.declared,
                None,
            );
        }
    }

    fn cluster(&mut self, concerned: &Concerned<'_>, cluster: &Cluster, rules: &[IgnoreRule]) {
        let own = IgnoreRule::of_cluster(concerned.object);
        let all: Vec<&IgnoreRule> = rules
            .iter()
            .chain(&self.settings.rules)
            .chain(&own)
            .collect();
        let mut samples: Option<(String, Samples)> = None;
        for rule in all {
            if !rule.means(concerned.object, concerned.namespace) {
                continue;
            }
            let (shape, samples) = samples.get_or_insert_with(|| self.samples(concerned, cluster));
            for entry in &rule.entries {
                let verdict = if is_unresolved(entry, concerned) {
                    Verdict::Undecided(
                        "the template leaves a part of it to a running Argo CD".to_owned(),
                    )
                } else {
                    let key = (format!("{entry:?}"), shape.clone());
                    let known = self.known.get(&key).cloned();
                    let verdict = known.unwrap_or_else(|| judge(&self.normaliser, entry, samples));
                    self.known.insert(key, verdict.clone());
                    verdict
                };
                self.sort(verdict, rule, entry, concerned);
            }
        }
    }

    fn samples(&self, concerned: &Concerned<'_>, cluster: &Cluster) -> (String, Samples) {
        let mut object = json(&concerned.object.node);
        if let (Some(namespace), Some(metadata)) = (concerned.namespace, object.get_mut("metadata"))
        {
            metadata["namespace"] = namespace.into();
        }
        let overlays = self
            .project
            .siblings(cluster)
            .map(|other| json(&other.object.node));
        let mut overlays: Vec<_> = overlays.filter(|other| *other != object).collect();
        overlays.dedup();
        let shape = format!("{object}{overlays:?}");
        (shape, Samples::of(object, overlays))
    }

    /// Makes findings of a verdict.
    fn sort(
        &mut self,
        verdict: Verdict,
        rule: &IgnoreRule,
        entry: &Entry,
        concerned: &Concerned<'_>,
    ) {
        let mut add =
            |severity, verdict| self.add(severity, verdict, entry, rule.declared, Some(concerned));
        match verdict {
            Verdict::Breaks(_) => add(Severity::Error, verdict),
            Verdict::Undecided(_) => add(Severity::Warning, verdict),
            // What means other kinds too may live on them.
            Verdict::Dead(_) if rule.kind.contains('*') || rule.group.contains('*') => {}
            Verdict::Dead(_) => add(Severity::Note, verdict),
            Verdict::Effects { pinned, hidden } => {
                let effects = if concerned.respected.is_some() {
                    pinned
                } else {
                    hidden
                };
                let (guards, recovery): (Effects, Effects) = effects
                    .into_iter()
                    .partition(|(damage, _)| *damage == Damage::Protection);
                for part in [recovery, guards] {
                    let severity = severity_of(&part, concerned.respected.is_some());
                    let (pinned, hidden) = match concerned.respected {
                        Some(_) => (part, Effects::new()),
                        None => (Effects::new(), part),
                    };
                    if let Some(severity) = severity {
                        add(severity, Verdict::Effects { pinned, hidden });
                    }
                }
            }
        }
    }

    fn add(
        &mut self,
        severity: Severity,
        verdict: Verdict,
        entry: &Entry,
        declared: Declared,
        concerned: Option<&Concerned<'_>>,
    ) {
        let text = entry.text();
        let respected = concerned.and_then(|concerned| concerned.respected);
        let rank = match &verdict {
            Verdict::Effects { pinned, hidden } => u8::from(
                pinned.contains_key(&Damage::Protection)
                    || hidden.contains_key(&Damage::Protection),
            ),
            Verdict::Breaks(_) => 2,
            Verdict::Undecided(_) => 3,
            Verdict::Dead(_) => 4,
        };
        let kind = concerned.map_or(String::new(), |concerned| concerned.object.kind.clone());
        let key = (text.span, text.value.clone(), respected, rank, kind);
        let finding = self.found.entry(key).or_insert_with(|| Finding {
            verdict: verdict.clone(),
            severity,
            text: text.clone(),
            is_manager: matches!(entry, Entry::Manager(_)),
            declared,
            respected,
            cluster: concerned.map(|concerned| concerned.object.reference()),
            clusters: BTreeSet::new(),
            applications: BTreeSet::new(),
        });
        if severity > finding.severity {
            finding.severity = severity;
            finding.verdict = verdict;
        }
        if let Some(concerned) = concerned {
            finding.clusters.insert(concerned.object.name.value.clone());
            finding.applications.extend(
                concerned
                    .application
                    .map(|application| application.name().to_owned()),
            );
        }
    }
}

/// What is found about some applications.
fn judged_apart(
    project: &Project,
    settings: &Settings,
    applications: &[Application],
) -> BTreeMap<Key, Finding> {
    let found = Room::with(|room| {
        let mut judge = Judge::new(project, room, settings);
        applications.iter().for_each(|own| judge.application(own));
        judge.found
    });
    found.unwrap_or_default()
}

/// Whether a generated Application still has a template where the value should be.
fn is_unresolved(entry: &Entry, concerned: &Concerned<'_>) -> bool {
    let generated = concerned
        .application
        .is_some_and(|application| matches!(application.made_by, MadeBy::Set { .. }));
    generated && entry.text().value.contains("{{")
}

/// How bad effects are together; `None` where there is nothing to say.
fn severity_of(effects: &Effects, respected: bool) -> Option<Severity> {
    if respected {
        return effects.keys().map(|damage| damage.when_pinned()).max();
    }
    let everything = [
        Damage::Bootstrap,
        Damage::Lineage,
        Damage::Sources,
        Damage::Replica,
        Damage::Storage,
    ];
    if everything.iter().all(|damage| effects.contains_key(damage)) {
        return Some(Severity::Error);
    }
    effects
        .keys()
        .filter_map(|damage| damage.when_hidden())
        .max()
}
