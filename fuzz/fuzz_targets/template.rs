//! Any text as a template of an ApplicationSet, in both engines.

#![no_main]

use libfuzzer_sys::fuzz_target;
use walbound::gitops::argocd::template::go::{self, MissingKey};
use walbound::gitops::argocd::template::{Value, fast};
use walbound::text::FileId;
use walbound::yaml::{Locator, parse};

/// What templates ask for.
const PARAMETERS: &str = "{name: shop, n: 3, yes: true, nothing: null, list: [b, a, b], map: {k: v}, path: {path: db/shop, segments: [db, shop]}}";

/// The most that a template may give.
const MOST_BYTES: usize = 4 << 20;

fuzz_target!(|template: &str| {
    let documents = parse(PARAMETERS, &Locator::File(FileId(0))).expect("a constant");
    let data = Value::read(&documents[0].root);
    for missing in [MissingKey::Nothing, MissingKey::Error, MissingKey::Open] {
        if let Ok(text) = go::fill(template, &data, missing) {
            assert!(text.len() <= template.len() + MOST_BYTES);
        }
    }
    if let Value::Map(values) = data {
        let _ = fast::fill(template, &values, false);
    }
});
