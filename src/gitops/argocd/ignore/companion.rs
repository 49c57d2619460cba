//! Rules for what stands beside a Cluster: object stores and schedules.

use serde_json::{Value as Json, json};

use crate::model::object::Object;

use super::damage::{Damage, field};
use super::json::{Lists, json, leaves};
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
            json!({"spec": {"suspend": false, "schedule": "0 0 0 * * *", "method": "plugin"}})
        }
        _ => {
            json!({"spec": {"retentionPolicy": "30d", "configuration": {"destinationPath": "s3://backups/db"}}})
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
    let shown = |json: &Json| -> Vec<(Vec<String>, String)> {
        let leaves = leaves(json, Lists::Whole).into_iter();
        leaves
            .map(|(leaf, value)| (leaf, value.to_string()))
            .collect()
    };
    let left = shown(&left);
    let mut effects = Effects::new();
    for own in shown(&sample.json) {
        if let Some(damage) = Damage::of_companion(&object.kind, &own.0)
            && !left.contains(&own)
        {
            let effect: &mut Effect = effects.entry(damage).or_default();
            effect.fields.insert(field(&own.0));
        }
    }
    effects
}
