//! Rules for what stands beside a Cluster: object stores and schedules.

use serde_json::json as value;

use crate::model::object::Object;

use super::damage::{Damage, field};
use super::json::{Lists, json, only_in};
use super::normaliser::{Normalised, Normaliser};
use super::rule::Entry;
use super::sample::{Sample, merged};
use super::verdict::{Effect, Effects};

/// Whether rules for an object are judged.
pub(super) fn counts(object: &Object) -> bool {
    object.group.ends_with("cnpg.io")
        && ["ObjectStore", "ScheduledBackup"].contains(&object.kind.as_str())
}

/// The object with the fields that may be pinned though Git does not set them.
pub(super) fn sample(object: &Object) -> Sample {
    let example = match object.kind.as_str() {
        "ScheduledBackup" => {
            value!({"spec": {"suspend": false, "schedule": "0 0 0 * * *", "method": "plugin"}})
        }
        _ => {
            value!({"spec": {"retentionPolicy": "30d", "configuration": {"destinationPath": "s3://backups/db"}}})
        }
    };
    Sample::from(merged(&example, &json(&object.node)))
}

/// What an entry takes out of an object that backups depend on; nothing where it fails.
pub(super) fn effects(
    normaliser: &Normaliser<'_>,
    entry: &Entry,
    object: &Object,
    sample: &Sample,
) -> Effects {
    let Normalised::Left(left) = normaliser.apply(entry, sample) else {
        return Effects::new();
    };
    let mut effects = Effects::new();
    for leaf in only_in(&sample.json, &left, Lists::Whole) {
        if let Some(damage) = Damage::of_companion(&object.kind, &leaf) {
            let effect: &mut Effect = effects.entry(damage).or_default();
            effect.fields.insert(field(&leaf));
        }
    }
    effects
}
