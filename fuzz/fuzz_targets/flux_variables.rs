//! Any text with variables of Flux in it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use walbound::project::flux::envsubst::{Lookup, MAX_RESULT, substitute};

fuzz_target!(|bytes: &[u8]| {
    let Some(text) = bytes.get(..bytes.len().min(64 * 1024)).and_then(|bytes| std::str::from_utf8(bytes).ok())
    else {
        return;
    };
    let lookup = |name: &str| match name.len() % 3 {
        0 => Lookup::Value("a/b.c-d"),
        1 => Lookup::Unset,
        _ => Lookup::Unknown,
    };
    let once = substitute(text, &lookup);
    if !text.contains('$') {
        assert_eq!(once, text);
    }
    assert!(once.len() <= 2 * MAX_RESULT + text.len());
});
