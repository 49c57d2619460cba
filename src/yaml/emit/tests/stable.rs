//! What is written reads back, and is written the same again.

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::yaml::Style;

fn texts() -> impl Strategy<Value = String> {
    // Line breaks of YAML 1.1 only and control characters do not survive kustomize itself.
    let odd = "[a-z0-9 \t\n'\":#,\\-?*&!|>%@`{}\\[\\]~.+_é日🐘\u{a0}\u{feff}]{0,40}";
    let long = vec("[a-z0-9:#'\"\\\\é🐘\t-]{1,12}", 1..30);
    let awkward = [
        "",
        "yes",
        "0755",
        "1e3",
        "12:30",
        "2026-04-17",
        "~",
        "null",
        ".inf",
        "- a",
        "---",
        "...",
        " a",
        "a ",
        "a\n",
        "\n",
        "\n\n",
        " a\nb",
        "a \nb",
        "a\n\n",
        "<<",
        "=",
    ];
    prop_oneof![
        odd,
        long.prop_map(|words| words.join(" ")),
        select(awkward.to_vec()).prop_map(str::to_owned),
    ]
}

fn scalars() -> impl Strategy<Value = Node> {
    let plain = [
        "5",
        "0755",
        "1.5",
        "1234567.5",
        "1e-7",
        "true",
        "null",
        "",
        "2026-04-17",
        "18446744073709551615",
    ];
    prop_oneof![
        3 => texts().prop_map(|text| Node::string(text, origin())),
        1 => select(plain.to_vec()).prop_map(|text| Node::plain(text, origin())),
    ]
}

fn nodes() -> impl Strategy<Value = Node> {
    scalars().prop_recursive(4, 32, 6, |inner| {
        let list = vec(inner.clone(), 0..5);
        // A key `<<` would be read as a merge.
        let keys = texts().prop_filter("a merge key", |key| key != "<<");
        prop_oneof![
            list.prop_map(|items| Node::new(Kind::Sequence(items), origin())),
            btree_map(keys, inner, 0..6).prop_map(|entries| {
                let mut map = Node::mapping(origin());
                entries
                    .into_iter()
                    .for_each(|(key, value)| map.set(&key, value));
                map
            }),
        ]
    })
}

/// The values of a tree in JSON's eyes, maps in any order.
fn values(node: &Node) -> String {
    match &node.kind {
        Kind::Mapping(entries) => {
            let mut values: Vec<String> = entries
                .iter()
                .map(|entry| format!("{:?}: {}", entry.key.text(), values(&entry.value)))
                .collect();
            values.sort();
            format!("{values:?}")
        }
        Kind::Sequence(items) => format!("{:?}", items.iter().map(values).collect::<Vec<_>>()),
        _ => format!("{:?}", node.meaning()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn written_nodes_read_back_and_are_written_the_same_again(root in nodes()) {
        let mut document = Node::mapping(origin());
        document.set("root", root);
        let written = emit(&document).unwrap();
        let again = parse(&written, &Locator::File(FileId(0))).unwrap().remove(0).root;
        prop_assert_eq!(values(&again), values(&document), "{}", written);
        prop_assert_eq!(emit(&again).unwrap(), written);
    }

    #[test]
    fn a_string_of_any_characters_is_written_or_refused(text: String) {
        let mut document = Node::mapping(origin());
        document.set(&text, Node::string(text.as_str(), origin()));
        if let Ok(written) = emit(&document) {
            prop_assert!(written.ends_with(style::is_break));
            let raw = |c| style::is_printable(c) || matches!(c, '\u{2028}' | '\u{2029}');
            prop_assert!(written.chars().all(raw), "{:?}", written);
        }
    }

    #[test]
    fn a_string_is_plain_where_that_is_safe_and_nowhere_else(text in texts()) {
        let quoted = emit(&Node::string(text.as_str(), origin())).unwrap();
        let read = parse(&quoted, &Locator::File(FileId(0))).unwrap().remove(0).root;
        let found = read.as_string().unwrap_or_default();
        prop_assert_eq!(&found, &text, "{}", quoted);
        let scalar = read.as_scalar().unwrap();
        prop_assert_eq!(scalar.style == Style::Plain, stays_plain(&text));
    }
}
