use super::*;
use crate::text::{FileId, edit};
use crate::yaml::{Locator, parse};

fn set(source: &str, changes: &[(&[&str], NewValue)]) -> Result<String, PatchError> {
    let documents = parse(source, &Locator::File(FileId(0))).unwrap();
    let edits = set_paths(source, &documents[0].root, changes)?;
    Ok(edit::apply(source, &edits).unwrap())
}

fn text(value: &str) -> NewValue {
    NewValue::Scalar(value.to_owned())
}

#[track_caller]
fn assert_set(source: &str, keys: &[&str], value: NewValue, expected: &str) {
    assert_eq!(set(source, &[(keys, value)]).as_deref(), Ok(expected));
}

#[test]
fn missing_maps_are_created_below_what_exists() {
    assert_set(
        "spec:\n  bootstrap:\n    recovery:\n      source: a # why\n  plugins: []\n",
        &[
            "spec",
            "bootstrap",
            "recovery",
            "recoveryTarget",
            "targetTime",
        ],
        text("2026-06-19 05:30:00.000000+00"),
        "spec:\n  bootstrap:\n    recovery:\n      source: a # why\n      recoveryTarget:\n        targetTime: \"2026-06-19 05:30:00.000000+00\"\n  plugins: []\n",
    );
    assert_set(
        "spec:\n    instances: 1\n",
        &["spec", "bootstrap", "recovery", "source"],
        text("a"),
        "spec:\n    instances: 1\n    bootstrap:\n        recovery:\n            source: a\n",
    );
    assert_set(
        "spec:\r\n  bootstrap: {} # empty\r\n",
        &["spec", "bootstrap", "recovery", "source"],
        text("a"),
        "spec:\r\n  bootstrap: # empty\r\n    recovery:\r\n      source: a\r\n",
    );
}

#[test]
fn several_paths_below_one_map_are_one_insertion() {
    let changes: &[(&[&str], NewValue)] = &[
        (&["r", "source"], text("b")),
        (&["r", "database"], text("app")),
        (&["r", "recoveryTarget", "targetLSN"], text("0/1")),
        (
            &["r", "recoveryTarget", "exclusive"],
            NewValue::Plain("true".into()),
        ),
    ];
    assert_eq!(
        set("r:\n  source: a\nz: 1\n", changes).as_deref(),
        Ok(
            "r:\n  source: b\n  database: app\n  recoveryTarget:\n    targetLSN: 0/1\n    exclusive: true\nz: 1\n"
        )
    );
    assert_eq!(
        set("a: x\n", &[(&["a"], text("x"))]).as_deref(),
        Ok("a: x\n")
    );
}

#[test]
fn an_item_is_added_to_a_list_or_starts_one() {
    let entry = || NewValue::Mapping(vec![("name".into(), text("b")), ("on".into(), text("x"))]);
    assert_set(
        "l:\n- name: a\n",
        &["l", "-"],
        entry(),
        "l:\n- name: a\n- name: b\n  \"on\": x\n",
    );
    assert_set(
        "a:\n  b:\n  - 1\n  l:\n",
        &["a", "l", "-"],
        entry(),
        "a:\n  b:\n  - 1\n  l:\n  - name: b\n    \"on\": x\n",
    );
    assert_set(
        "a: 1\n",
        &["l", "-"],
        entry(),
        "a: 1\nl:\n  - name: b\n    \"on\": x\n",
    );
}

#[test]
fn an_alias_gets_a_value_of_its_own() {
    let source = "w: &v v6 # writes\nr: *v # reads\nq: *v\n";
    assert_set(
        source,
        &["r"],
        text("v5"),
        "w: &v v6 # writes\nr: v5 # reads\nq: *v\n",
    );
    assert_set(
        source,
        &["w"],
        text("v7"),
        "w: &v v7 # writes\nr: v6 # reads\nq: v6\n",
    );
    assert_eq!(
        set(source, &[(&["w"], text("v7")), (&["r"], text("v6"))]).as_deref(),
        Ok("w: &v v7 # writes\nr: v6 # reads\nq: v6\n")
    );
}

#[test]
fn a_shared_block_is_merged_beside_the_value_that_differs() {
    let source =
        "w:\n  parameters: &p\n    store: s\n    serverName: v6\nr:\n  - parameters: *p # same\n";
    assert_set(
        source,
        &["w", "parameters", "serverName"],
        text("v7"),
        "w:\n  parameters: &p\n    store: s\n    serverName: v7\nr:\n  - parameters: # same\n      <<: *p\n      serverName: v6\n",
    );
    assert_set(
        source,
        &["r", "0", "parameters", "serverName"],
        text("v5"),
        "w:\n  parameters: &p\n    store: s\n    serverName: v6\nr:\n  - parameters: # same\n      <<: *p\n      serverName: v5\n",
    );
    assert_set(
        "a: &a {b: {c: 1, d: x}}\ne: {f: *a}\n",
        &["e", "f", "b", "d"],
        text("v"),
        "a: &a {b: {c: 1, d: x}}\ne: {f: {<<: *a, b: {c: 1, d: v}}}\n",
    );
    // A key that the others lack cannot be hidden from them: they get the whole old value.
    assert_set(
        "a: &a\n  b: 1\nc: *a\n",
        &["a", "new"],
        text("x"),
        "a: &a\n  b: 1\n  new: x\nc:\n  b: 1\n",
    );
}

#[test]
fn a_map_that_merges_overrides() {
    let source = "w: &p\n  store: s\n  serverName: v6\nr:\n  <<: *p\n  x: 1\n";
    assert_set(
        source,
        &["r", "serverName"],
        text("v5"),
        "w: &p\n  store: s\n  serverName: v6\nr:\n  <<: *p\n  x: 1\n  serverName: v5\n",
    );
    assert_set(
        source,
        &["w", "serverName"],
        text("v7"),
        "w: &p\n  store: s\n  serverName: v7\nr:\n  <<: *p\n  x: 1\n  serverName: v6\n",
    );
    assert_set(
        "w: &p\n  serverName: v6\nr:\n  <<: *p\n  serverName: v5\n",
        &["w", "serverName"],
        text("v7"),
        "w: &p\n  serverName: v7\nr:\n  <<: *p\n  serverName: v5\n",
    );
    assert_eq!(
        set(source, &[(&["w", "new"], text("x"))]),
        Err(PatchError::Shared)
    );
}

#[test]
fn a_value_is_replaced_by_a_block_and_back() {
    let block = || NewValue::Mapping(vec![("b".into(), text("x"))]);
    assert_set(
        "a: 1 # c\nz: 2\n",
        &["a"],
        block(),
        "a: # c\n  b: x\nz: 2\n",
    );
    assert_set(
        "a:\n    q: 1\nz: 2\n",
        &["a"],
        block(),
        "a:\n    b: x\nz: 2\n",
    );
    assert_set("a:\n- q\nz: 2\n", &["a"], block(), "a:\n  b: x\nz: 2\n");
    assert_set(
        "a: # c\n  q: 1\nz: 2\n",
        &["a"],
        text("x"),
        "a: x # c\nz: 2\n",
    );
    assert_set("a: {q: 1}", &["a"], block(), "a:\n  b: x");
    assert_set("{a: {q: 1}}\n", &["a"], block(), "{a: {b: x}}\n");
    assert_set("a: |\n  t\nz: 2\n", &["a"], block(), "a:\n  b: x\nz: 2\n");
    assert_set("- 1\n- q: 1\n", &["1"], block(), "- 1\n- b: x\n");
    assert_eq!(
        set("a:\n  q: 1 # why\nz: 2\n", &[(&["a"], block())]),
        Err(PatchError::Comment)
    );
}

#[test]
fn a_path_through_a_scalar_is_refused() {
    assert_eq!(
        set("a: 1\n", &[(&["a", "b"], text("x"))]),
        Err(PatchError::NotA("map"))
    );
    assert_eq!(
        set("a: []\n", &[(&["a", "3"], text("x"))]),
        Err(PatchError::NoSuchKey("3".into()))
    );
}
