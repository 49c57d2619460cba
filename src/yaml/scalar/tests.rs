//! Expected values: `kubectl kustomize` and `kubectl annotate --local -o json`, kubectl 1.32.4.

use super::*;

const STRING: &str = "string";

/// A meaning in the words of the tables: strings with quotes, or the bare word `string` for an unchanged one.
fn described(text: &str, style: Style, tag: Option<&str>, dialect: Dialect) -> String {
    match resolve(text, style, tag, dialect) {
        Meaning::Null => "null".into(),
        Meaning::Bool(value) => value.to_string(),
        Meaning::Integer(value) => format!("i{value}"),
        Meaning::Unsigned(value) => format!("u{value}"),
        Meaning::Float(value) => format!("f{value:?}"),
        Meaning::Text(value) if value == text => STRING.into(),
        Meaning::Text(value) => format!("\"{value}\""),
    }
}

fn check(table: &[(&str, &str)], dialects: &[Dialect]) {
    for (text, expected) in table {
        for dialect in dialects {
            let found = described(text, Style::Plain, None, *dialect);
            assert_eq!(&found, expected, "{text:?} in {dialect:?}");
        }
    }
}

const BOTH: [Dialect; 2] = [Dialect::Kustomize, Dialect::Direct];

#[test]
fn words_mean_the_same_in_both_dialects_but_for_those_of_yaml_1_1() {
    let same = [
        ("", "null"),
        ("~", "null"),
        ("null", "null"),
        ("Null", "null"),
        ("NULL", "null"),
        ("nULL", STRING),
        ("true", "true"),
        ("True", "true"),
        ("TRUE", "true"),
        ("tRUE", STRING),
        ("false", "false"),
        ("False", "false"),
        ("FALSE", "false"),
        ("yEs", STRING),
        ("oN", STRING),
        ("nan", STRING),
        ("NaN", STRING),
        ("inf", STRING),
        ("falsey", STRING),
        ("none", STRING),
        ("<<", STRING),
        ("=", STRING),
        ("truth", STRING),
        ("é", STRING),
    ];
    check(&same, &BOTH);
    let booleans = [
        ("y", "true"),
        ("Y", "true"),
        ("yes", "true"),
        ("Yes", "true"),
        ("YES", "true"),
        ("on", "true"),
        ("On", "true"),
        ("ON", "true"),
        ("n", "false"),
        ("N", "false"),
        ("no", "false"),
        ("No", "false"),
        ("NO", "false"),
        ("off", "false"),
        ("Off", "false"),
        ("OFF", "false"),
    ];
    check(&booleans, &[Dialect::Direct]);
    check(
        &booleans.map(|(text, _)| (text, STRING)),
        &[Dialect::Kustomize],
    );
}

#[test]
fn integers_follow_the_notation_of_go() {
    let same = [
        ("0", "i0"),
        ("5", "i5"),
        ("+5", "i5"),
        ("-5", "i-5"),
        ("00", "i0"),
        ("007", "i7"),
        ("0755", "i493"),
        ("-0755", "i-493"),
        ("0o17", "i15"),
        ("0O17", "i15"),
        ("-0o5", "i-5"),
        ("0x1F", "i31"),
        ("0X1f", "i31"),
        ("-0x1F", "i-31"),
        ("+0x1F", "i31"),
        ("0b11", "i3"),
        ("0B11", "i3"),
        ("-0b11", "i-3"),
        ("0b-1", "i-1"),
        ("0b+1", "i1"),
        ("-0b-1", STRING),
        ("1_000", "i1000"),
        ("1__0", "i10"),
        ("1_", "i1"),
        ("0_7", "i7"),
        ("0x_1F", "i31"),
        ("0x1_F", "i31"),
        ("_1", STRING),
        ("0x", STRING),
        ("0b", STRING),
        ("0o", STRING),
        ("+", STRING),
        ("-", STRING),
        ("-_", STRING),
        ("-x", STRING),
        ("+-5", STRING),
        ("--5", STRING),
        ("0x+5", STRING),
        ("0o8", STRING),
        ("0b2", STRING),
        ("1,000", STRING),
        ("10Gi", STRING),
        ("100m", STRING),
        ("9223372036854775807", "i9223372036854775807"),
        ("-9223372036854775808", "i-9223372036854775808"),
        ("-9223372036854775809", "f-9.223372036854776e18"),
        ("18446744073709551616", "f1.8446744073709552e19"),
        ("+18446744073709551615", "f1.8446744073709552e19"),
        ("0xFFFFFFFFFFFFFFFFF", STRING),
        ("02000000000000000000000", "f2e21"),
        ("20260417", "i20260417"),
    ];
    check(&same, &BOTH);
    let large = [
        ("9223372036854775808", "u9223372036854775808"),
        ("18446744073709551615", "u18446744073709551615"),
        ("0xFFFFFFFFFFFFFFFF", "u18446744073709551615"),
        ("01777777777777777777777", "u18446744073709551615"),
        ("0o-5", "i-5"),
        ("0o+1", "i1"),
    ];
    check(&large, &[Dialect::Kustomize]);
    let large = [
        ("9223372036854775808", "f9.223372036854776e18"),
        ("18446744073709551615", "f1.8446744073709552e19"),
        ("0o-5", STRING),
    ];
    check(&large, &[Dialect::Direct]);
}

#[test]
fn floats_take_leading_zeros_and_refuse_what_overflows() {
    let same = [
        ("08", "f8.0"),
        ("-08", "f-8.0"),
        ("0778", "f778.0"),
        ("0788", "f788.0"),
        ("08.5", "f8.5"),
        ("0e5", "f0.0"),
        ("1e3", "f1000.0"),
        ("12e03", "f12000.0"),
        ("1.", "f1.0"),
        ("1.0", "f1.0"),
        ("1.10", "f1.1"),
        (".5", "f0.5"),
        ("+.5", "f0.5"),
        ("-.5", "f-0.5"),
        (".5e3", "f500.0"),
        ("1_0.5", "f10.5"),
        (".5_5", "f0.55"),
        ("-.5_5", "f-0.55"),
        ("+._5", "f0.5"),
        (".5e1_0", "f5000000000.0"),
        ("._5", STRING),
        (".5_", STRING),
        (".5__5", STRING),
        (".e3", STRING),
        (".", STRING),
        ("..", STRING),
        (".5.5", STRING),
        ("1.2.3", STRING),
        ("1e", STRING),
        ("1e+", STRING),
        ("15.3-bookworm", STRING),
        ("1e400", STRING),
        ("-1e400", STRING),
        (".1e999", STRING),
        ("1e-400", "f0.0"),
        ("-0.0", "f-0.0"),
        (".inf", "finf"),
        ("+.INF", "finf"),
        ("-.Inf", "f-inf"),
        (".nan", "fNaN"),
        (".NAN", "fNaN"),
        (".nAn", STRING),
        ("12:30", STRING),
        ("12:30:45", STRING),
        ("190:20:30", STRING),
    ];
    check(&same, &BOTH);
}

#[test]
fn kustomize_rewrites_timestamps() {
    let rewritten = [
        ("2026-04-17", "2026-04-17T00:00:00Z"),
        ("2026-4-7", "2026-04-07T00:00:00Z"),
        ("2024-02-29", "2024-02-29T00:00:00Z"),
        ("0000-01-01", "0000-01-01T00:00:00Z"),
        ("2026-04-17t23:59:59Z", "2026-04-17T23:59:59Z"),
        ("2026-4-7T3:5:9Z", "2026-04-07T03:05:09Z"),
        ("2026-04-17T23:59:59.120Z", "2026-04-17T23:59:59.12Z"),
        ("2026-04-17T23:59:59.000Z", "2026-04-17T23:59:59Z"),
        (
            "2026-04-17T23:59:59.1234567891Z",
            "2026-04-17T23:59:59.123456789Z",
        ),
        ("2026-04-17T23:59:59,5Z", "2026-04-17T23:59:59.5Z"),
        ("2026-04-17T23:59:59+00:00", "2026-04-17T23:59:59Z"),
        ("2026-04-17T23:59:59-00:00", "2026-04-17T23:59:59Z"),
        ("2026-04-17T23:59:59+05:60", "2026-04-17T23:59:59+06:00"),
        (
            "2001-12-14t21:59:43.10-05:00",
            "2001-12-14T21:59:43.1-05:00",
        ),
        ("2026-04-17 23:59:59", "2026-04-17T23:59:59Z"),
        ("2026-04-17  3:9:9", "2026-04-17T03:09:09Z"),
        ("2026-04-17 23:59:59,50", "2026-04-17T23:59:59.5Z"),
    ];
    for (text, expected) in rewritten {
        let expected = format!("\"{expected}\"");
        assert_eq!(
            described(text, Style::Plain, None, Dialect::Kustomize),
            expected,
            "{text:?}"
        );
        assert_eq!(
            described(text, Style::Plain, None, Dialect::Direct),
            STRING,
            "{text:?}"
        );
        assert_eq!(
            described(text, Style::Single, None, Dialect::Kustomize),
            STRING,
            "{text:?}"
        );
        assert!(needs_quotes(text), "{text:?}");
    }
}

#[test]
fn other_date_shapes_are_strings_that_need_no_quotes() {
    for text in [
        "2026-04-31",
        "2023-02-29",
        "1900-02-29",
        "2026-13-01",
        "2026-00-01",
        "2026-01-00",
        "2026-04",
        "02026-04-17",
        "2026-004-17",
        "2026-04-017",
        "2026-04-17x",
        "2026-04-17T23:59:59",
        "2026-04-17T23:59Z",
        "2026-04-17T23:59:59z",
        "2026-04-17T23:59:59.Z",
        "2026-04-17T23:59:59+05:61",
        "2026-04-17T23:59:59+0200",
        "2026-04-17T23:59:59+02",
        "2026-04-17T24:00:00Z",
        "2026-04-17T23:60:00Z",
        "2026-04-17T23:59:60Z",
        "2026-04-17 23:59:59Z",
        "2026-04-17 23:59:59 +02:00",
        "2026-04-17T",
        "2026-04-17 ",
        "20260417T235959",
    ] {
        assert_eq!(
            described(text, Style::Plain, None, Dialect::Kustomize),
            STRING,
            "{text:?}"
        );
        assert!(!needs_quotes(text), "{text:?}");
    }
}

#[test]
fn base_60_numbers_are_strings_that_need_quotes() {
    for text in [
        "12:30",
        "12:30:45",
        "190:20:30",
        "1:1",
        "-1_0:05",
        "12:30.5_",
        "1_:59.",
    ] {
        assert!(needs_quotes(text), "{text:?}");
    }
    for text in [
        "1:60", "12:", ":12", "1::2", "1:234", "_1:20", "12:30x", "a:12", "12.5:30", "12",
    ] {
        assert!(!number::is_sexagesimal(text), "{text:?}");
    }
}

#[test]
fn explicit_tags_decide() {
    use Style::{Double, Plain};
    let table = [
        ("5", Plain, "str", STRING, STRING),
        ("", Plain, "str", STRING, STRING),
        ("null", Plain, "str", STRING, STRING),
        ("2024-01-01", Plain, "str", STRING, STRING),
        ("yes", Plain, "str", STRING, STRING),
        ("5", Double, "int", "i5", "i5"),
        ("0755", Double, "int", "i493", "i493"),
        ("0x1F", Plain, "int", "i31", "i31"),
        ("3", Plain, "float", "f3.0", "f3.0"),
        ("1e3", Double, "float", "f1000.0", "f1000.0"),
        (
            "9223372036854775807",
            Plain,
            "float",
            "f9.223372036854776e18",
            "f9.223372036854776e18",
        ),
        ("true", Double, "bool", "true", "true"),
        ("yes", Plain, "bool", STRING, "true"),
        ("", Double, "null", "null", "null"),
        ("null", Double, "null", "null", "null"),
        ("aGk=", Plain, "binary", "\"hi\"", "\"hi\""),
        ("aG\nk=", Double, "binary", "\"hi\"", "\"hi\""),
        ("/w==", Plain, "binary", "\"\u{fffd}\"", "\"\u{fffd}\""),
        (
            "2024-01-01",
            Double,
            "timestamp",
            "\"2024-01-01T00:00:00Z\"",
            STRING,
        ),
        ("5", Plain, "merge", STRING, STRING),
        ("5", Plain, "set", STRING, STRING),
    ];
    for (text, style, tag, kustomize, direct) in table {
        let tag = format!("tag:yaml.org,2002:{tag}");
        assert_eq!(
            described(text, style, Some(&tag), Dialect::Kustomize),
            kustomize,
            "{tag} {text:?}"
        );
        assert_eq!(
            described(text, style, Some(&tag), Dialect::Direct),
            direct,
            "{tag} {text:?}"
        );
    }
    for dialect in BOTH {
        assert_eq!(described("5", Plain, Some("!custom"), dialect), STRING);
        assert_eq!(described("5", Double, Some("!"), dialect), STRING);
    }
    assert_eq!(described("5", Plain, Some("!"), Dialect::Kustomize), "i5");
    assert_eq!(described("5", Plain, Some("!"), Dialect::Direct), STRING);
}
