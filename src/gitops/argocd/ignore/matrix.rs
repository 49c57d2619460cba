//! What a sync applies, against what Argo CD's own code applied (`fixtures/argocd/matrix.yaml`).

use std::collections::BTreeSet;

use serde_json::Value as Json;

use crate::jq::Room;
use crate::model::object::Object;
use crate::text::FileId;
use crate::yaml::{Locator, Node, parse};

use super::json::{Lists, json, leaves};
use super::normaliser::{Normalised, Normaliser};
use super::pin::{applied_by_current, applied_by_older};
use super::rule::{Entry, IgnoreRule};
use super::sample::Sample;

fn node(value: &Json) -> Node {
    let documents = parse(&value.to_string(), &Locator::File(FileId(0))).unwrap();
    documents[0].root.clone()
}

fn rules(case: &Json) -> Vec<IgnoreRule> {
    let own = case["ignoreDifferences"].as_array().into_iter().flatten();
    let mut rules: Vec<IgnoreRule> = own
        .filter_map(|rule| IgnoreRule::read(&node(rule)))
        .collect();
    for (key, value) in case["system_overrides"].as_object().into_iter().flatten() {
        let node = node(&value["ignoreDifferences"]);
        rules.push(IgnoreRule::of_settings(key, node.span(), &node));
    }
    rules
}

fn with_annotations(mut object: Json, annotations: &Json) -> Json {
    for (key, value) in annotations.as_object().into_iter().flatten() {
        object["metadata"]["annotations"][key] = value.clone();
    }
    object
}

/// `/spec/bootstrap` of every leaf that only the first object has.
fn only_in(first: &Json, second: &Json, with_values: bool) -> BTreeSet<String> {
    let shown = |object: &Json| -> BTreeSet<(Vec<String>, String)> {
        let text = |value: &Json| {
            if with_values {
                value.to_string()
            } else {
                String::new()
            }
        };
        leaves(object, Lists::Whole)
            .into_iter()
            .map(|(leaf, value)| (leaf, text(value)))
            .collect()
    };
    let second = shown(second);
    let only = shown(first)
        .into_iter()
        .filter(|leaf| !second.contains(leaf));
    only.map(|(leaf, _)| format!("/{}/{}", leaf[0], leaf[1]))
        .collect()
}

fn listed(value: &Json) -> BTreeSet<String> {
    value
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|text| Some(text.as_str()?.to_owned()))
        .collect()
}

#[test]
fn a_sync_applies_what_argo_cd_applies() {
    let text = include_str!("../../../../fixtures/argocd/matrix.yaml");
    let matrix: Json = serde_yaml::from_str(text).unwrap();
    let (git, live) = (&matrix["fixtures"]["git"], &matrix["fixtures"]["live"]);
    let mut checked = 0;
    Room::with(|room| {
        let normaliser = Normaliser::new(room);
        for case in matrix["ignore_cases"].as_array().unwrap() {
            let id = case["id"].as_str().unwrap();
            let git = with_annotations(git.clone(), &case["resource_annotation"]);
            let git = with_annotations(git, &case["git_change"]["ann"]);
            let object = Object::new(node(&git)).unwrap();
            let meant = rules(case)
                .into_iter()
                .filter(|rule| rule.means(&object, Some("ns")));
            let entries: Vec<Entry> = meant.flat_map(|rule| rule.entries).collect();
            if entries
                .iter()
                .any(|entry| matches!(entry, Entry::Manager(_)))
            {
                continue;
            }
            let mut broken = false;
            let mut normalised = |object: &Json| {
                entries.iter().fold(object.clone(), |object, entry| {
                    match normaliser.apply(entry, &Sample::from(object.clone())) {
                        Normalised::Left(left) => left,
                        Normalised::Same | Normalised::Passed(_) => object,
                        Normalised::Broken(_) => {
                            broken = true;
                            object
                        }
                        Normalised::Undecided(reason) => panic!("{id}: {reason}"),
                    }
                })
            };
            let (own, theirs) = (normalised(&git), normalised(live));
            let expected = &case["expect"];
            assert_eq!(broken, expected["comparison_error"] == true, "{id}");
            let respected = case["syncOptions"]
                .as_array()
                .unwrap()
                .iter()
                .any(|option| option == "RespectIgnoreDifferences=true");
            if !broken && respected {
                let older = applied_by_older(live, &own, &theirs);
                let result = applied_by_current(older, &git, &own, &theirs);
                assert_eq!(
                    only_in(&git, &result, true),
                    listed(&expected["lost_on_update"]),
                    "{id}: lost"
                );
                let added = listed(&expected["live_only_fields_added_under"]);
                assert_eq!(only_in(&result, &git, false), added, "{id}: added");
            }
            checked += 1;
        }
    })
    .unwrap();
    assert!(checked > 40, "{checked}");
    assert_eq!(json(&node(git)), *git);
}
