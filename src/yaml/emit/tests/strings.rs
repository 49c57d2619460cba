//! Each string and what kubectl 1.32.4 writes for it.

use super::*;

/// Writes each string as a value in column 8, whose further lines have an indent of four.
fn check(table: &[(&str, &str)]) {
    for (text, expected) in table {
        let mut inner = Node::mapping(origin());
        inner.set("k00x", Node::string(*text, origin()));
        let mut root = Node::mapping(origin());
        root.set("spec", inner);
        let written = emit(&root).unwrap();
        let written = written.strip_suffix('\n').unwrap_or(&written);
        assert_eq!(written, format!("spec:\n  k00x: {expected}"), "{text:?}");
    }
}

#[test]
fn strings_that_yaml_1_1_retypes_get_double_quotes() {
    check(WORDS);
}

#[test]
fn strings_that_look_like_syntax_get_single_quotes() {
    check(INDICATORS);
}

#[test]
fn unprintable_characters_are_escaped() {
    check(SPECIAL);
}

#[test]
fn texts_of_several_lines_are_literal_blocks_where_they_may_be() {
    check(LINES);
}

#[test]
fn long_texts_are_folded_at_the_first_space_beyond_column_80() {
    check(FOLDS);
}

const WORDS: &[(&str, &str)] = &[
    ("", "\"\""),
    ("yes", "\"yes\""),
    ("No", "\"No\""),
    ("ON", "\"ON\""),
    ("y", "\"y\""),
    ("n", "\"n\""),
    ("Y", "\"Y\""),
    ("yEs", "yEs"),
    ("true", "\"true\""),
    ("tRUE", "tRUE"),
    ("~", "\"~\""),
    ("~a", "~a"),
    ("null", "\"null\""),
    ("Nullx", "Nullx"),
    ("1", "\"1\""),
    ("-5", "\"-5\""),
    ("+5", "\"+5\""),
    ("1_000", "\"1_000\""),
    ("0755", "\"0755\""),
    ("08", "\"08\""),
    ("0x1F", "\"0x1F\""),
    ("0x1G", "0x1G"),
    ("1e3", "\"1e3\""),
    ("15.3", "\"15.3\""),
    ("1.", "\"1.\""),
    (".5", "\".5\""),
    (".5_5", "\".5_5\""),
    (".", "."),
    ("..", ".."),
    (".inf", "\".inf\""),
    ("-.Inf", "\"-.Inf\""),
    (".nan", "\".nan\""),
    ("NaN", "NaN"),
    ("12:30", "\"12:30\""),
    ("190:20:30", "\"190:20:30\""),
    ("1:60", "1:60"),
    ("2026-04-17", "\"2026-04-17\""),
    ("2026-04-17 23:59:59", "\"2026-04-17 23:59:59\""),
    ("2026-04-17 23:59:59,5", "\"2026-04-17 23:59:59,5\""),
    (
        "2026-04-17 23:59:59.000000+00:00",
        "2026-04-17 23:59:59.000000+00:00",
    ),
    ("2026-04-31", "2026-04-31"),
    ("20260417T235959", "20260417T235959"),
    ("10Gi", "10Gi"),
    ("<<", "<<"),
    ("=", "="),
];
const INDICATORS: &[(&str, &str)] = &[
    ("a b", "a b"),
    ("a: b", "'a: b'"),
    ("a:b", "a:b"),
    (":a", ":a"),
    ("a:", "'a:'"),
    ("a :b", "a :b"),
    (": a", "': a'"),
    ("a #b", "'a #b'"),
    ("a#b", "a#b"),
    ("#a", "'#a'"),
    ("-a", "-a"),
    ("- a", "'- a'"),
    ("-", "'-'"),
    ("--", "--"),
    ("?", "'?'"),
    ("? a", "'? a'"),
    ("?a", "?a"),
    ("---", "'---'"),
    ("--- a", "'--- a'"),
    ("---a", "'---a'"),
    ("...", "'...'"),
    (".... a", "'.... a'"),
    ("..a", "..a"),
    (" a", "' a'"),
    ("a ", "'a '"),
    ("% a", "'% a'"),
    ("@daily", "'@daily'"),
    ("`a", "'`a'"),
    ("!a", "'!a'"),
    ("&a", "'&a'"),
    ("*a", "'*a'"),
    ("* * * * *", "'* * * * *'"),
    ("0 0 2 * * *", "0 0 2 * * *"),
    ("[a", "'[a'"),
    ("{a", "'{a'"),
    ("}a", "'}a'"),
    ("]a", "']a'"),
    ("a]", "a]"),
    (",a", "',a'"),
    ("a,b", "a,b"),
    ("|", "'|'"),
    ("> a", "'> a'"),
    ("{{ x }}", "'{{ x }}'"),
    ("it's", "it's"),
    ("it's: ok", "'it''s: ok'"),
    ("'q'", "'''q'''"),
    ("\"q\"", "'\"q\"'"),
    ("a\"b", "a\"b"),
    ("a\\b", "a\\b"),
    ("$x y", "$x y"),
    ("/x y", "/x y"),
    ("_x y", "_x y"),
];
const SPECIAL: &[(&str, &str)] = &[
    ("a\tb", "\"a\\tb\""),
    ("é", "é"),
    ("日本 語", "日本 語"),
    ("\u{a0}a", "\u{a0}a"),
    ("🐘", "\"\\U0001F418\""),
    ("\u{1}\u{1f}", "\"\\x01\\x1F\""),
    (
        "\u{0}\u{7}\u{8}\u{b}\u{c}\r\u{1b}",
        "\"\\0\\a\\b\\v\\f\\r\\e\"",
    ),
    ("\u{feff}a b\u{a0}é", "\"\\uFEFF\\x61\\x20\\x62\\_\\xE9\""),
    ("a\u{feff}b", "\"a\\uFEFFb\""),
    ("a\u{2028}", "'a\u{2028}'"),
    ("a\u{2028}b", "'a\u{2028}    b'"),
    ("a\u{2028} b", "\"a\\L b\""),
    ("it's\u{2029}x", "'it''s\u{2029}    x'"),
    ("a \u{85} b", "a b"),
    ("a\u{85}\u{85}b", "|-\n    a\n    b"),
    ("\u{85}", "' '"),
    ("<>&", "<>&"),
];
const LINES: &[(&str, &str)] = &[
    ("a\n", "|\n    a"),
    ("a\nb", "|-\n    a\n    b"),
    ("a\n\n", "|+\n    a\n"),
    ("\n", "|2+\n"),
    ("\n\n", "|2+\n\n"),
    ("\na", "|2-\n\n    a"),
    (" a\nb", "|2-\n     a\n    b"),
    ("a \nb", "\"a \\nb\""),
    ("a\n b", "|-\n    a\n     b"),
    ("a\n\n\nb\n", "|\n    a\n\n\n    b"),
    ("a\nb ", "\"a\\nb \""),
    ("a\r\nb", "\"a\\r\\nb\""),
    ("a\tb\nc", "\"a\\tb\\nc\""),
    ("🐘\nb", "\"\\U0001F418\\nb\""),
    ("yes\n", "|\n    yes"),
    ("a\nb\u{2028}", "|\n    a\n    b\u{2028}"),
    ("a\nb\u{2028}c", "|-\n    a\n    b\u{2028}    c"),
    ("# a\n- b: c\n", "|\n    # a\n    - b: c"),
];
const FOLDS: &[(&str, &str)] = &[
    (
        "word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word",
        "word word word word word word word word word word word word word word word\n    word word word word word word word word word word word word word word word",
    ),
    (
        "it's: x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x y",
        "'it''s: x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x\n    x x x x x x x x x x x x x x x x x y'",
    ),
    (
        "a\tx  y x  y x  y x  y x  y x  y x  y x  y x  y x  y x  y x  y x  y x  y x  y x  y x  y x  y x  y x  y x  y x  y x  y x  y x  y x  y x  y x  y x  y x  y",
        "\"a\\tx  y x  y x  y x  y x  y x  y x  y x  y x  y x  y x  y x  y x  y x  y\n    x  y x  y x  y x  y x  y x  y x  y x  y x  y x  y x  y x  y x  y x  y x  y x  y\"",
    ),
    (
        "x  y x  y x  y x  y x  y x  y x  y x  y x  y x  y x  y x  y x  y x  y x  y x  y x  y x  y x  y x  y z",
        "x  y x  y x  y x  y x  y x  y x  y x  y x  y x  y x  y x  y x  y x  y x  y\n    x  y x  y x  y x  y x  y z",
    ),
    (
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    ),
    (
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa b",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n    b",
    ),
    (
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa b",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n    b",
    ),
    (
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa b",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n    b",
    ),
    (
        "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa b",
        "'''aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n    b'",
    ),
    (
        "\txxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx ",
        "\"\\txxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx \"",
    ),
    (
        "\txxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx  y  z ",
        "\"\\txxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n    \\ y  z \"",
    ),
    (
        " xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx y",
        "' xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n    y'",
    ),
    (
        "éééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééé ab éééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééé c",
        "éééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééé\n    ab éééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééé\n    c",
    ),
    (
        "\t\u{1}\t\u{1}\t\u{1}\t\u{1}\t\u{1}\t\u{1}\t\u{1}\t\u{1}\t\u{1}\t\u{1}\t\u{1}\t\u{1}\t\u{1}\t\u{1}\t\u{1}\t\u{1}\t\u{1}\t\u{1}\t\u{1}\t\u{1} a",
        "\"\\t\\x01\\t\\x01\\t\\x01\\t\\x01\\t\\x01\\t\\x01\\t\\x01\\t\\x01\\t\\x01\\t\\x01\\t\\x01\\t\\x01\\t\\x01\\t\\x01\\t\\x01\\t\\x01\\t\\x01\\t\\x01\\t\\x01\\t\\x01\n    a\"",
    ),
];
