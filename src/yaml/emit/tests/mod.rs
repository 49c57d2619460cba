//! Expected texts: `kubectl kustomize`, kubectl 1.32.4.

mod stable;
mod strings;

use super::*;
use crate::text::FileId;
use crate::yaml::{Locator, Origin, expand, parse};

fn rendered(source: &str) -> Result<String, EmitError> {
    let documents = parse(source, &Locator::File(FileId(0))).unwrap();
    emit(&expand(&documents[0]).unwrap())
}

#[track_caller]
fn assert_rendered(source: &str, expected: &str) {
    assert_eq!(rendered(source).unwrap(), expected);
}

fn origin() -> Origin {
    Origin::Read(Span::new(FileId(0), 3, 7))
}

#[test]
fn lists_stand_below_their_key_and_nested_ones_behind_their_dash() {
    assert_rendered(
        r#"a: {b: [], c: {}, d: [1, [2, [x, {y: 1, z: [q]}]], {}, []], e: null, f: ~, g: ''}
h:
- - - deep
  - {k: v, l: {m: n}}
i: !!str 5
"#,
        r#"a:
  b: []
  c: {}
  d:
  - 1
  - - 2
    - - x
      - "y": 1
        z:
        - q
  - {}
  - []
  e: null
  f: null
  g: ""
h:
- - - deep
  - k: v
    l:
      m: "n"
i: "5"
"#,
    );
}

#[test]
fn keys_that_cannot_stand_before_a_colon_get_a_question_mark() {
    let source = r#"spec:
  ? "two\nlines"
  : {b: 1, a: [1, 2]}
  ? "{LONG}x"
  : [{a: 1, b: 2}, 3]
  ? "{K128}"
  : simple
  ? "{K129}"
  : "a\nb"
  ? "{E65}"
  : []
  "": empty
  "yes": 1
  n: 2
  456x: 3
  "456": 4
  "*": 5
  'a: b': 6
  "a\tb": 7
"#;
    let expected = r#"spec:
  "": empty
  '*': 5
  "456": 4
  456x: 3
  "a\tb": 7
  'a: b': 6
  ? {FOLDED}
  : - a: 1
      b: 2
    - 3
  {K128}: simple
  ? {K129}
  : |-
    a
    b
  "n": 2
  ? |-
    two
    lines
  : a:
    - 1
    - 2
    b: 1
  "yes": 1
  ? {E65}
  : []
"#;
    let filled = |text: &str| {
        text.replace("{LONG}", &"k ".repeat(64))
            .replace(
                "{FOLDED}",
                &format!("{}k\n    {}x", "k ".repeat(38), "k ".repeat(25)),
            )
            .replace("{K128}", &"k".repeat(128))
            .replace("{K129}", &"k".repeat(129))
            .replace("{E65}", &"é".repeat(65))
    };
    assert_rendered(&filled(source), &filled(expected));
}

#[test]
fn numbers_pass_through_json_and_come_out_as_go_prints_them() {
    for (source, expected) in [
        ("1e3", "1000"),
        ("1e6", "1000000"),
        ("1.0", "1"),
        ("-0.0", "0"),
        ("123456.5", "123456.5"),
        ("-123456.5", "-123456.5"),
        ("1234567.5", "1.2345675e+06"),
        ("0.0001", "0.0001"),
        ("0.00012", "0.00012"),
        ("0.00001", "1e-05"),
        ("1e-7", "1e-07"),
        ("1.5e-7", "1.5e-07"),
        ("1e20", "1e+20"),
        ("1e21", "1e+21"),
        ("18446744073709551616", "1.8446744073709552e+19"),
        ("18446744073709551615", "18446744073709551615"),
        ("-9223372036854775808", "-9223372036854775808"),
        ("-9223372036854775809", "-9.223372036854776e+18"),
        ("9.3e18", "9300000000000000000"),
        ("0.1", "0.1"),
        ("1.10", "1.1"),
        ("08", "8"),
        ("0755", "493"),
        ("0o17", "15"),
        ("0x1F", "31"),
        ("1_000", "1000"),
        ("749496419721022.25", "7.494964197210222e+14"),
        ("5e-324", "5e-324"),
        ("1.7976931348623157e308", "1.7976931348623157e+308"),
        ("5.684341886080802e-14", "5.684341886080802e-14"),
        ("100000.25", "100000.25"),
        ("0.30000000000000004", "0.30000000000000004"),
        ("123456789012345680", "123456789012345680"),
    ] {
        assert_rendered(&format!("k: {source}"), &format!("k: {expected}\n"));
    }
}

#[test]
fn keys_are_in_natural_order() {
    let expected = [
        "$x",
        "/x",
        "_x",
        "~x",
        "9",
        "10",
        "A",
        "B",
        "a",
        "a b",
        "a-b",
        "a.b",
        "a_b",
        "a1",
        "a01",
        "a9",
        "a10",
        "aB",
        "aa",
        "ab",
        "b",
        "x①",
        "x0",
        "x00",
        "x9",
        "x10",
        "x010",
        "x1000",
        "x100a",
        "x٣",
        "x99999999999999999999",
        "z",
        "ªa",
        "é",
        "日",
    ];
    let mut root = Node::mapping(origin());
    for key in expected.iter().rev() {
        root.set(key, Node::plain("0", origin()));
    }
    let written = emit(&root).unwrap();
    let found: Vec<&str> = written
        .lines()
        .map(|line| line.trim_end_matches(": 0").trim_matches('"'))
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn keys_whose_order_contradicts_itself_are_still_written_in_one_order() {
    let keys = (0..400).map(|n| match n % 3 {
        0 => format!("{n}:{n}x"),
        1 => format!("{n}e{n}"),
        _ => n.to_string(),
    });
    let mut root = Node::mapping(origin());
    for key in keys {
        root.set(&key, Node::plain("0", origin()));
    }
    let written = emit(&root).unwrap();
    assert_eq!(written.lines().count(), 400);
    assert_eq!(emit(&root).unwrap(), written);
}

#[test]
fn many_keys_are_sorted_like_few() {
    let mut root = Node::mapping(origin());
    for n in (0..100).rev() {
        root.set(&format!("k{n}"), Node::plain("0", origin()));
    }
    let expected: String = (0..100).map(|n| format!("k{n}: 0\n")).collect();
    assert_eq!(emit(&root).unwrap(), expected);
}

#[test]
fn what_json_cannot_hold_is_refused_with_its_place() {
    let span = |start, end| Span::new(FileId(0), start, end);
    for (source, expected) in [
        ("a: {5: x}", EmitError::KeyNotString(span(4, 5))),
        ("a: {true: x}", EmitError::KeyNotString(span(4, 8))),
        ("a: {2026-04-17: x}", EmitError::KeyNotString(span(4, 14))),
        ("a: {!x b: x}", EmitError::KeyNotString(span(7, 8))),
        ("a: {[b]: x}", EmitError::KeyNotString(span(4, 7))),
        ("~: x", EmitError::KeyNotString(span(0, 1))),
        (
            "a: {b: 1, c: 2, b: 3}",
            EmitError::DuplicateKey {
                key: "b".into(),
                span: span(16, 17),
            },
        ),
        ("a: -.INF", EmitError::NotFinite("-.INF".into(), span(3, 8))),
        ("a: .nan", EmitError::NotFinite(".nan".into(), span(3, 7))),
        ("a: \"\\x7f\"", EmitError::ControlCharacter(span(3, 9))),
        ("a: \"\\uFFFE\"", EmitError::ControlCharacter(span(3, 11))),
        ("\"a\\x85b\": 1", EmitError::ControlCharacter(span(0, 8))),
    ] {
        assert_eq!(rendered(source), Err(expected), "{source:?}");
    }
}

#[test]
fn keys_of_the_root_may_be_any_scalar_but_null() {
    assert_rendered(
        "true: x\n0755: y\n!!str 5: z\n",
        "\"5\": z\n\"0755\": \"y\"\n\"true\": x\n",
    );
}
