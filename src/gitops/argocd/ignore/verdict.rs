//! What one ignored field does to one Cluster.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use crate::jq::Refusal;

use super::damage::{Damage, field};
use super::json::{Lists, at, only_in};
use super::normaliser::{Normalised, Normaliser};
use super::pin::{applied_by_current, applied_by_older};
use super::pointer;
use super::rule::Entry;
use super::sample::Samples;

/// What is lost of a kind of field.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Effect {
    /// The fields, as people write them.
    pub fields: BTreeSet<String>,
    /// Whether only releases before 3.3.13 and 3.4.5 do so.
    pub older_only: bool,
}

/// What becomes of a Cluster's fields.
pub(super) type Effects = BTreeMap<Damage, Effect>;

/// The answer for one entry of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// What an existing object keeps when the application respects ignored differences, and what is not seen as a
    /// difference either way. Both may be empty.
    Effects {
        /// Kept by an existing object.
        pinned: Effects,
        /// Left out of the comparison.
        hidden: Effects,
    },
    /// It never meets anything, and why.
    Dead(String),
    /// It stops the comparison of every application that it is for, and why.
    Breaks(String),
    /// It cannot be told, and why.
    Undecided(String),
}

/// Managers that are Argo CD itself.
const ARGO_CD: &[&str] = &["argocd-controller", "argocd-application-controller"];

/// Managers that stand for people and pipelines.
const BY_HAND: &[&str] = &[
    "kubectl",
    "kubectl-client-side-apply",
    "kubectl-create",
    "kubectl-edit",
    "kubectl-patch",
    "kubectl-replace",
    "helm",
    "kustomize-controller",
    "helm-controller",
    "Terraform",
];

/// Judges an entry.
pub(super) fn judge(normaliser: &Normaliser<'_>, entry: &Entry, samples: &Samples) -> Verdict {
    match entry {
        Entry::Manager(name) => return by_manager(&name.value),
        Entry::Pointer(pointer) => {
            if let Some(reason) = pointer::dead(&pointer.value) {
                return Verdict::Dead(reason);
            }
        }
        Entry::Expression(_) => match normaliser.refusal(entry) {
            Some(Refusal::Broken(reason)) => return Verdict::Breaks(reason),
            Some(Refusal::Undecided(reason)) => return Verdict::Undecided(reason),
            None => {}
        },
    }
    let results = results(normaliser, entry, samples);
    let (mut doubt, mut passed, mut met) = (None, None, false);
    let mut hidden = Effects::new();
    for (sample, result) in samples.all.iter().zip(&results) {
        match result {
            Normalised::Broken(reason) => return Verdict::Breaks(reason.clone()),
            Normalised::Undecided(reason) => doubt = doubt.or(Some(reason.clone())),
            Normalised::Passed(reason) => passed = passed.or(Some(reason.clone())),
            Normalised::Same => met = true,
            Normalised::Left(left) => {
                met = true;
                add_hidden(&mut hidden, &sample.json, left);
            }
        }
    }
    let mut pinned = Effects::new();
    for pair in &samples.pairs {
        let side = |at: usize| Side::of(&samples.all[at].json, &results[at]);
        add_pinned(&mut pinned, &side(pair.git), &side(pair.live));
    }
    match (doubt, passed) {
        _ if !pinned.is_empty() || !hidden.is_empty() => Verdict::Effects { pinned, hidden },
        (Some(reason), _) => Verdict::Undecided(reason),
        (None, Some(reason)) if !met => {
            Verdict::Dead(format!("it fails on every Cluster: {reason}"))
        }
        _ => Verdict::Effects { pinned, hidden },
    }
}

/// What an entry does to each sample. One that is undecided time and again is not tried on the rest.
fn results(normaliser: &Normaliser<'_>, entry: &Entry, samples: &Samples) -> Vec<Normalised> {
    const MOST_DOUBTS: usize = 2;
    let mut doubts = 0;
    let mut results: Vec<Normalised> = Vec::with_capacity(samples.all.len());
    for sample in &samples.all {
        let last = results.last().filter(|_| doubts == MOST_DOUBTS);
        let result = match last {
            Some(last) => last.clone(),
            None => normaliser.apply(entry, sample),
        };
        if doubts < MOST_DOUBTS {
            doubts = match result {
                Normalised::Undecided(_) => doubts + 1,
                _ => 0,
            };
        }
        results.push(result);
    }
    results
}

/// Field managers are known in a cluster only; what a manager writes is known by its name.
fn by_manager(name: &str) -> Verdict {
    let effects = |damages: &[Damage]| {
        let effect = |damage: &Damage| {
            (
                *damage,
                Effect {
                    fields: ["spec".to_owned()].into(),
                    older_only: false,
                },
            )
        };
        damages.iter().map(effect).collect::<Effects>()
    };
    let (pinned, hidden): (&[Damage], &[Damage]) =
        if ARGO_CD.contains(&name) || BY_HAND.contains(&name) {
            (&[Damage::Lineage], &[Damage::Lineage])
        } else if name == "manager" {
            // The operator writes a Cluster's spec only where its webhooks are off.
            (&[Damage::Parameters], &[])
        } else {
            (&[], &[])
        };
    Verdict::Effects {
        pinned: effects(pinned),
        hidden: effects(hidden),
    }
}

fn add(effects: &mut Effects, damage: Damage, leaf: &[String], older_only: bool) {
    let new = !effects.contains_key(&damage);
    let effect = effects.entry(damage).or_default();
    effect.fields.insert(field(leaf));
    effect.older_only = older_only && (new || effect.older_only);
}

/// The leaves that the comparison does not see.
fn add_hidden(hidden: &mut Effects, before: &Json, after: &Json) {
    let initdb = lost_initdb(before, after);
    for leaf in only_in(before, after, Lists::Items) {
        if let Some(damage) = Damage::of(&leaf) {
            add(hidden, whole(damage, initdb), &leaf, false);
        }
    }
}

/// Whether `initdb` goes as a whole, so that another method may stand beside the one of the object.
fn lost_initdb(before: &Json, after: &Json) -> bool {
    let own = |json: &Json| {
        let initdb = at(json, &["spec", "bootstrap", "initdb"]);
        initdb
            .and_then(Json::as_object)
            .is_some_and(|initdb| !initdb.is_empty())
    };
    own(before) && !own(after)
}

fn whole(damage: Damage, initdb: bool) -> Damage {
    if initdb && damage == Damage::InitdbField {
        Damage::Initdb
    } else {
        damage
    }
}

/// One of the two objects of a sync, before and after the rule.
struct Side<'s> {
    object: &'s Json,
    normalised: &'s Json,
}

impl<'s> Side<'s> {
    fn of(object: &'s Json, result: &'s Normalised) -> Self {
        let normalised = match result {
            Normalised::Left(left) => left,
            _ => object,
        };
        Self { object, normalised }
    }

    fn is_touched(&self) -> bool {
        !std::ptr::eq(self.object, self.normalised)
    }
}

/// The leaves of Git that a sync would not apply, and those that it would add to them.
fn add_pinned(pinned: &mut Effects, git: &Side<'_>, live: &Side<'_>) {
    if !git.is_touched() && !live.is_touched() {
        return;
    }
    let initdb =
        lost_initdb(git.object, git.normalised) || lost_initdb(live.object, live.normalised);
    let (left, there) = (git.normalised, live.normalised);
    let older = applied_by_older(live.object, left, there);
    let damaged = |result: &Json| -> Vec<(Damage, Vec<String>)> {
        let leaves = differing(git.object, result).into_iter();
        let of_leaf = |leaf: Vec<String>| Some((whole(Damage::of(&leaf)?, initdb), leaf));
        leaves.filter_map(of_leaf).collect()
    };
    let by_older = damaged(&older);
    // What current releases do, older ones do too.
    if by_older.is_empty() {
        return;
    }
    let current = applied_by_current(older, git.object, left, there);
    for (damage, leaf) in damaged(&current) {
        add(pinned, damage, &leaf, false);
    }
    for (damage, leaf) in by_older {
        let known = pinned
            .get(&damage)
            .is_some_and(|effect| effect.fields.contains(&field(&leaf)));
        if !known {
            add(pinned, damage, &leaf, true);
        }
    }
}

/// The leaves that are different, missing or new; lists count as a whole.
fn differing(git: &Json, result: &Json) -> BTreeSet<Vec<String>> {
    let mut leaves = only_in(git, result, Lists::Whole);
    leaves.extend(only_in(result, git, Lists::Whole));
    leaves
}
