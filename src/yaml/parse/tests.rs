use super::*;
use crate::text::FileId;

fn read(text: &str) -> Vec<Document> {
    parse(text, &Locator::File(FileId(0))).unwrap()
}

fn span_text<'a>(text: &'a str, keys: &[&str]) -> &'a str {
    let documents = read(text);
    &text[documents[0].root.at(keys).unwrap().span().range()]
}

/// Every node of every document, with its source text.
fn walk<'n>(node: &'n Node, visit: &mut dyn FnMut(&'n Node)) {
    visit(node);
    match &node.kind {
        Kind::Sequence(items) => items.iter().for_each(|item| walk(item, visit)),
        Kind::Mapping(entries) => entries.iter().for_each(|entry| {
            walk(&entry.key, visit);
            walk(&entry.value, visit);
        }),
        _ => {}
    }
}

fn same(a: &Node, b: &Node) -> bool {
    a.tag() == b.tag() && same_content(a, b)
}

fn same_content(a: &Node, b: &Node) -> bool {
    match (&a.kind, &b.kind) {
        (Kind::Scalar(a), Kind::Scalar(b)) => a == b,
        (Kind::Sequence(a), Kind::Sequence(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Kind::Mapping(a), Kind::Mapping(b)) => {
            a.len() == b.len()
                && a.iter()
                    .zip(b)
                    .all(|(a, b)| same(&a.key, &b.key) && same(&a.value, &b.value))
        }
        (Kind::Alias(_), Kind::Alias(_)) => true,
        _ => false,
    }
}

/// The text of a span, read by itself at the column where it stands, gives the node again.
fn assert_spans(text: &str) {
    let body_start = if text.starts_with('\u{feff}') { 3 } else { 0 };
    for document in read(text) {
        walk(&document.root, &mut |node| {
            let span = node.span().range();
            if matches!(node.kind, Kind::Alias(_)) {
                assert!(text[span.clone()].starts_with('*'), "{:?}", &text[span]);
                return;
            }
            let line = text[..span.start]
                .rfind(['\n', '\r'])
                .map_or(body_start, |at| at + 1);
            let column = text[line..span.start].chars().count();
            let block = text[span.clone()].starts_with(['|', '>']);
            let alone = format!(
                "{}{}",
                if block {
                    String::new()
                } else {
                    " ".repeat(column)
                },
                &text[span.clone()]
            );
            let Ok(again) = parse(&alone, &Locator::File(FileId(0))) else {
                let has_alias = {
                    let mut found = false;
                    walk(node, &mut |node| {
                        found |= matches!(node.kind, Kind::Alias(_))
                    });
                    found
                };
                assert!(has_alias, "does not parse alone: {alone:?} of {text:?}");
                return;
            };
            let root = again.first().map(|document| &document.root);
            let absent = span.is_empty() && node.text() == Some("");
            assert!(
                absent || root.is_some_and(|root| same_content(node, root)),
                "{alone:?} of {text:?}\n{node:?}\n{root:?}"
            );
        });
    }
}

#[test]
fn values_have_exact_spans_in_every_style() {
    let text = "k: &n plain text # note\nq: 'it''s'\nd: \"a\\\"b\"\nl: |\n  one\n  two\n\nf: {x: old, y: [1, 2,],}\ns:\n- a\n- b: c\nnull:\nz: !!str 5\n";
    assert_eq!(span_text(text, &["k"]), "plain text");
    assert_eq!(span_text(text, &["q"]), "'it''s'");
    assert_eq!(span_text(text, &["d"]), "\"a\\\"b\"");
    assert_eq!(span_text(text, &["l"]), "|\n  one\n  two\n");
    assert_eq!(span_text(text, &["f"]), "{x: old, y: [1, 2,],}");
    assert_eq!(span_text(text, &["f", "y"]), "[1, 2,]");
    assert_eq!(span_text(text, &["s"]), "- a\n- b: c");
    assert_eq!(span_text(text, &["null"]), "");
    assert_eq!(span_text(text, &["z"]), "5");
    assert_spans(text);
}

#[test]
fn spans_hold_in_odd_documents() {
    for text in [
        "",
        "# only a comment\n",
        "---\n",
        "a: 1",
        "\u{feff}a: 1\nb: é\n",
        "a: 1\r\nb:\r\n  - x\r\n  - |\r\n    t\r\n",
        "a:\n  # c\n  b: 1\n---\n# head\nc: 2\n...\n---\n- 1\n",
        "? a\n: 1\n? - b\n: 2\n",
        "- - a\n  - b\n-\n  - c\n- \n- d",
        "a: &a\n  b: 1\nc: *a\n",
        "&a b: 1\n",
        "a: &x\n  &y b: 1\n",
        "k: >-\n  folded\n  text\n\n\nz: 1\n",
        "k: |2\n    two\n   one\n",
        "k: |+\n  a\n\n\nz: |\nw: >+\n\n",
        "a: long plain\n  text over\n\n  lines\nb: 2\n",
        "[a, {b: c}, 'd', \"e\", ]",
        "{a: , b, c: [],}",
        "a: [x: 1, y]\n",
        "日本: {語: [é, ü]}\nx: 🐘 y\n",
        "a: !t {b: 1}\nc: !<tag:x,2000:y> z\n",
        "a: !!null\nb: &e\nc: 1\n",
        "\"q\" : 1\n'r': 2\n",
        "a: 'multi\n  line'\nb: \"x\\\n  y\"\n",
        "- a: 1\n  b:\n  - c\n  - d: e\n- f\n",
        "a: |\n  no newline",
        "a: |\n  blanks\n\n  ",
        "a: |\n",
    ] {
        assert_spans(text);
    }
}

#[test]
fn brackets_may_close_in_the_column_of_their_key() {
    let text =
        "k:\n  a: [\n    x, 'y',\n    # note\n\n  ]\n  é: {\r\n  c: 1,\n}\n  d: 2\nl:\n- [\n]\n";
    assert_spans(text);
    assert_eq!(
        span_text(text, &["k", "a"]),
        "[\n    x, 'y',\n    # note\n\n  ]"
    );
    assert_eq!(span_text(text, &["k", "d"]), "2");
    let hash = "k:\n  a: [\n    'x # y',\n  ]\n";
    assert!(
        parse(hash, &Locator::File(FileId(0))).is_err(),
        "a # may be text: the line is left alone"
    );
}

#[test]
fn a_literal_without_final_newline_has_none() {
    assert_eq!(
        read("a: |\n  x")[0].root.get("a").unwrap().text(),
        Some("x")
    );
    assert_eq!(
        read("a: |\n  x\n")[0].root.get("a").unwrap().text(),
        Some("x\n")
    );
    assert_eq!(
        read("a: |\n  x\n\nb: 1")[0].root.get("a").unwrap().text(),
        Some("x\n")
    );
}

/// The values are those of `kubectl kustomize`.
#[test]
fn blanks_behind_the_last_line_add_nothing_to_a_block() {
    for (text, value) in [
        ("|\n  x\n\n  ", "x\n"),
        ("|\n  x\n ", "x\n"),
        ("|\n  x\n    ", "x\n  "),
        ("|+\n  x\n\n  ", "x\n\n"),
        ("|-\n  x\n\n  ", "x"),
        (">\n  x\n\n  ", "x\n"),
        ("|", ""),
        ("|\n", ""),
        ("|\n  ", ""),
        ("|+\n  ", ""),
    ] {
        let documents = read(&format!("k: {text}"));
        assert_eq!(
            documents[0].root.get("k").unwrap().text(),
            Some(value),
            "{text:?}"
        );
    }
}

#[test]
fn document_markers_are_known() {
    let documents = read("a: 1\n---\nb: 2\n--- # c\nd: 1\n");
    let markers: Vec<_> = documents
        .iter()
        .map(|document| document.marker.map(|span| span.start))
        .collect();
    assert_eq!(markers, [None, Some(5), Some(14)]);
}

#[test]
fn deep_nesting_and_broken_text_end_with_an_error() {
    let place = Locator::File(FileId(0));
    assert!(matches!(
        parse(&"- ".repeat(10_000), &place).unwrap_err().kind,
        ParseErrorKind::TooDeep(_)
    ));
    assert!(parse(&"[".repeat(10_000), &place).is_err());
    assert!(parse(&"{a: ".repeat(10_000), &place).is_err());
    let nul = parse("a: 1\0\nb: 2", &place).unwrap_err();
    assert_eq!((nul.kind, nul.span.start), (ParseErrorKind::Nul, 4));
    let broken = parse("a: 1\nb: [1\nc: 2\n", &place).unwrap_err();
    assert!(
        matches!(broken.kind, ParseErrorKind::Syntax(_)),
        "{broken:?}"
    );
    assert!(parse("a: *nowhere\n", &place).is_err());
}

mod random {
    use super::*;
    use proptest::prelude::*;

    /// YAML text in many styles, built from a tree of text fragments.
    fn scalar() -> impl Strategy<Value = String> {
        prop_oneof![
            "[a-zé][a-z0-9é._/-]{0,8}( [a-z]{1,5}){0,2}",
            "'[a-z é:#]{0,8}'",
            "\"[a-z é:#,]{0,8}\"",
            Just(String::new()),
            Just("!!str 5".to_owned()),
            "&[abx] [a-z]{1,4}",
        ]
    }

    fn block(depth: u32) -> BoxedStrategy<Vec<String>> {
        let leaf = scalar().prop_map(|text| vec![text]);
        if depth == 0 {
            return leaf.boxed();
        }
        let flow = (scalar(), scalar()).prop_map(|(a, b)| vec![format!("{{k: {a}, l: [x, {b}]}}")]);
        let literal = (
            "[|>][+-]?",
            prop::collection::vec("[a-zé]{1,6}( #? ?[a-z]{1,3})?", 1..4),
        )
            .prop_map(|(header, lines)| {
                std::iter::once(header)
                    .chain(lines.into_iter().map(|line| format!("  {line}")))
                    .collect()
            });
        let map = prop::collection::vec((block(depth - 1), 0..3usize), 1..4).prop_map(|values| {
            let mut lines = Vec::new();
            for (at, (value, gap)) in values.into_iter().enumerate() {
                lines.extend((0..gap).map(|gap| {
                    if gap == 0 {
                        String::new()
                    } else {
                        "# note: x".to_owned()
                    }
                }));
                nest(&mut lines, &format!("k{at}:"), value, "  ");
            }
            lines
        });
        let list = prop::collection::vec(block(depth - 1), 1..4).prop_map(|values| {
            let mut lines = Vec::new();
            for value in values {
                nest(&mut lines, "-", value, "  ");
            }
            lines
        });
        prop_oneof![2 => leaf, 1 => flow, 1 => literal, 3 => map, 2 => list].boxed()
    }

    /// Puts the lines of a value under a key or dash.
    fn nest(lines: &mut Vec<String>, head: &str, value: Vec<String>, indent: &str) {
        let inline = value.len() == 1 || value[0].starts_with(['|', '>']);
        let collection = value[0].starts_with('-')
            || value[0].contains(":")
            || value[0].is_empty()
            || value[0].starts_with('#');
        if inline && (value.len() > 1 || !collection || value[0].starts_with(['{', '\'', '"'])) {
            lines.push(format!("{head} {}", value[0]).trim_end().to_owned());
            lines.extend(value[1..].iter().map(|line| format!("{indent}{line}")));
        } else {
            lines.push(head.to_owned());
            lines.extend(value.iter().map(|line| {
                if line.is_empty() {
                    line.clone()
                } else {
                    format!("{indent}{line}")
                }
            }));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn every_span_reads_back_as_its_node(lines in block(4), crlf: bool, bom: bool, last_break: bool) {
            let end = if crlf { "\r\n" } else { "\n" };
            let mut text = lines.join(end);
            if last_break {
                text += end;
            }
            if bom {
                text.insert(0, '\u{feff}');
            }
            prop_assume!(parse(&text, &Locator::File(FileId(0))).is_ok());
            assert_spans(&text);
        }
    }
}
