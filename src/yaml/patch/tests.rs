use super::*;
use crate::text::{FileId, edit};
use crate::yaml::{Locator, parse};

/// One step of a path: a key, or the number of an item.
fn node_at<'n>(root: &'n Node, path: &[&str]) -> &'n Node {
    path.iter().fold(root, |node, step| {
        match (node.as_sequence(), step.parse::<usize>()) {
            (Some(items), Ok(at)) => &items[at],
            _ => node.get(step).unwrap(),
        }
    })
}

fn changed(
    source: &str,
    path: &[&str],
    change: impl Fn(&str, &Node) -> Result<Edit, PatchError>,
) -> Result<String, PatchError> {
    let documents = parse(source, &Locator::File(FileId(0))).unwrap();
    let edit = change(source, node_at(&documents[0].root, path))?;
    Ok(edit::apply(source, &[edit]).unwrap())
}

#[track_caller]
fn assert_set(source: &str, path: &[&str], new: &str, expected: &str) {
    let result = changed(source, path, |source, node| set_scalar(source, node, new));
    assert_eq!(result.as_deref(), Ok(expected), "{source:?}");
}

fn scalar(text: &str) -> NewValue {
    NewValue::Scalar(text.into())
}

fn mapping(entries: &[(&str, NewValue)]) -> NewValue {
    let entries = entries
        .iter()
        .map(|(key, value)| ((*key).into(), value.clone()));
    NewValue::Mapping(entries.collect())
}

#[track_caller]
fn assert_inserted(
    source: &str,
    path: &[&str],
    after: Option<&str>,
    (key, value): (&str, NewValue),
    expected: &str,
) {
    let result = changed(source, path, |source, node| {
        insert_entry(source, node, after, key, &value)
    });
    assert_eq!(result.as_deref(), Ok(expected), "{source:?}");
}

#[track_caller]
fn assert_removed(source: &str, path: &[&str], key: &str, expected: Result<&str, PatchError>) {
    let result = changed(source, path, |source, node| match key.parse() {
        Ok(index) => remove_item(source, node, index),
        Err(_) => remove_entry(source, node, key),
    });
    assert_eq!(result.as_deref(), expected.as_ref().copied(), "{source:?}");
}

#[test]
fn a_scalar_keeps_its_quotes_comment_and_anchor() {
    assert_set("a: old # note\n", &["a"], "new", "a: new # note\n");
    assert_set(
        "a: 'old'   # note\n",
        &["a"],
        "it's",
        "a: 'it''s'   # note\n",
    );
    assert_set("a: \"old\"\n", &["a"], "n\"w\\", "a: \"n\\\"w\\\\\"\n");
    assert_set("a: &x old\nb: *x\n", &["a"], "new", "a: &x new\nb: *x\n");
    assert_set("a: !!str 5\n", &["a"], "new", "a: !!str new\n");
    assert_set(
        "a:   old\r\nb: 1\r\n",
        &["a"],
        "new",
        "a:   new\r\nb: 1\r\n",
    );
    assert_set("\u{feff}a: old", &["a"], "new", "\u{feff}a: new");
    assert_set(
        "a: long\n  plain # c\nb: 1\n",
        &["a"],
        "new",
        "a: new # c\nb: 1\n",
    );
    assert_set("- a\n- b\n", &["1"], "c", "- a\n- c\n");
}

#[test]
fn a_plain_scalar_gets_quotes_where_the_text_would_be_retyped_or_misread() {
    for text in [
        "yes",
        "5",
        "1_000",
        "2026-04-17",
        "12:30",
        "",
        "null",
        "a: b",
        "a #b",
        "- a",
        "*x",
        "{a",
        " a",
        "<<",
    ] {
        assert_set("a: old\n", &["a"], text, &format!("a: \"{text}\"\n"));
    }
    assert_set(
        "a: old\n",
        &["a"],
        "a\tb\u{1}\n🐘",
        "a: \"a\\tb\\u0001\\n🐘\"\n",
    );
    assert_set("a: 'old'\n", &["a"], "a\nb", "a: \"a\\nb\"\n");
    assert_set("a: old\n", &["a"], "s3://b/c,d", "a: s3://b/c,d\n");
    assert_set("{a: old, b: 1}\n", &["a"], "c,d", "{a: \"c,d\", b: 1}\n");
    assert_set(
        "{a: old, b: 1}\n",
        &["a"],
        "s3://b",
        "{a: \"s3://b\", b: 1}\n",
    );
    assert_set(
        "a: [x, {y: old}]\n",
        &["a", "1", "y"],
        "n w",
        "a: [x, {y: n w}]\n",
    );
}

#[test]
fn an_absent_value_is_filled_in() {
    assert_set("a:\nb: 1\n", &["a"], "new", "a: new\nb: 1\n");
    assert_set(
        "a:  # note\nb: 1\n",
        &["a"],
        "new",
        "a: new  # note\nb: 1\n",
    );
    assert_set("a: &x\nb: 1\n", &["a"], "new", "a: &x new\nb: 1\n");
    assert_set("a:", &["a"], "new", "a: new");
    assert_set("- \n- b\n", &["0"], "new", "- new \n- b\n");
    assert_set("{a: , b: 1}", &["a"], "new", "{a: new , b: 1}");
}

#[test]
fn a_block_scalar_gives_way_to_one_line_only() {
    assert_set(
        "a: |\n  x\n  y\nb: 1\n",
        &["a"],
        "new",
        "a: \"new\"\nb: 1\n",
    );
    assert_set(
        "a: >-\r\n  x\r\nb: 1\r\n",
        &["a"],
        "new",
        "a: \"new\"\r\nb: 1\r\n",
    );
    assert_set("a: |-\n  x", &["a"], "new", "a: \"new\"");
    let refused = |source: &str, new: &str| changed(source, &["a"], |s, n| set_scalar(s, n, new));
    assert_eq!(refused("a: |\n  x\n", "y\nz"), Err(PatchError::BlockScalar));
    assert_eq!(
        refused("a: | # why\n  x\n", "y"),
        Err(PatchError::BlockScalar)
    );
}

#[test]
fn what_is_no_scalar_of_the_text_is_refused() {
    let set = |source: &str| changed(source, &["a"], |s, n| set_scalar(s, n, "x"));
    assert_eq!(set("a: {}\n"), Err(PatchError::NotA("scalar")));
    assert_eq!(
        set("a: !!int 5\n"),
        Err(PatchError::Tagged("tag:yaml.org,2002:int".into()))
    );
    let made = |source: &str| {
        changed(source, &["a"], |source, node| {
            let by = node.span();
            set_scalar(
                source,
                &Node::string("old", crate::yaml::Origin::Made { by }),
                "x",
            )
        })
    };
    assert_eq!(made("a: old\n"), Err(PatchError::NotInText));
    let other = |source: &str| changed(source, &["a"], |_, node| set_scalar("b: 1\n", node, "x"));
    assert_eq!(other("a: old old\n"), Err(PatchError::NotInText));
    assert_eq!(
        set("a: &x 1\n? *x\n: 2\n").as_deref(),
        Ok("a: &x x\n? *x\n: 2\n")
    );
}

#[test]
fn a_value_inside_a_literal_block_is_edited_in_its_place() {
    let source = "patches:\n- patch: |-\n    spec:\n      name: old # note\n      list:\n      - a\n  target: {}\n";
    let edited = |change: &dyn Fn(&Node) -> Result<Edit, PatchError>| {
        let file = FileId(0);
        let outer = parse(source, &Locator::File(file)).unwrap();
        let holder = node_at(&outer[0].root, &["patches", "0", "patch"]);
        let content = holder.text().unwrap();
        let inner = parse(content, &Locator::inside(source, holder.span(), content)).unwrap();
        edit::apply(source, &[change(&inner[0].root).unwrap()]).unwrap()
    };
    assert_eq!(
        edited(&|root| set_scalar(source, node_at(root, &["spec", "name"]), "new")),
        source.replace("old", "new")
    );
    assert_eq!(
        edited(&|root| insert_entry(
            source,
            node_at(root, &["spec"]),
            Some("name"),
            "more",
            &scalar("x")
        )),
        source.replace("# note\n", "# note\n      more: x\n")
    );
    assert_eq!(
        edited(&|root| insert_entry(source, root, None, "more", &mapping(&[("x", scalar("y"))]))),
        source.replace("- a\n", "- a\n    more:\n      x: \"y\"\n")
    );
    assert_eq!(
        edited(&|root| remove_entry(source, node_at(root, &["spec"]), "name")),
        source.replace("      name: old # note\n", "")
    );
    assert_eq!(
        edited(&|root| remove_item(source, node_at(root, &["spec", "list"]), 0)),
        source.replace("list:\n      - a\n", "list: []\n")
    );
}

#[test]
fn a_block_entry_takes_the_indent_of_its_neighbours() {
    assert_inserted(
        "a: 1\nb: 2\n",
        &[],
        Some("a"),
        ("c", scalar("x")),
        "a: 1\nc: x\nb: 2\n",
    );
    assert_inserted(
        "a: 1\nb: 2\n",
        &[],
        None,
        ("c", scalar("5")),
        "a: 1\nb: 2\nc: \"5\"\n",
    );
    assert_inserted("a: 1", &[], None, ("c", scalar("x")), "a: 1\nc: x");
    assert_inserted(
        "a: 1\r\nb: 2\r\n",
        &[],
        Some("a"),
        ("c", scalar("x")),
        "a: 1\r\nc: x\r\nb: 2\r\n",
    );
    assert_inserted(
        "\u{feff}a: 1\n",
        &[],
        None,
        ("c", scalar("x")),
        "\u{feff}a: 1\nc: x\n",
    );
    assert_inserted(
        "l:\n- a: 1 # one\n  b: 2\n",
        &["l", "0"],
        Some("a"),
        ("c", scalar("x")),
        "l:\n- a: 1 # one\n  c: x\n  b: 2\n",
    );
    assert_inserted(
        "a:\n    b:\n        c: 1\nd: 2\n",
        &["a"],
        None,
        ("e", mapping(&[("f", scalar("x")), ("g", mapping(&[]))])),
        "a:\n    b:\n        c: 1\n    e:\n        f: x\n        g: {}\nd: 2\n",
    );
    assert_inserted(
        "a: |\n  text\n\nb: 2\n",
        &[],
        Some("a"),
        ("c", scalar("x")),
        "a: |\n  text\nc: x\n\nb: 2\n",
    );
    assert_inserted(
        "a: 1\n---\nb: 2\n",
        &[],
        None,
        ("c", scalar("x")),
        "a: 1\nc: x\n---\nb: 2\n",
    );
}

#[test]
fn comments_stay_with_the_entry_they_follow() {
    assert_inserted(
        "a:\n  b: 1\n  # c: 2\n# about d\nd: 3\n",
        &[],
        Some("a"),
        ("e", scalar("x")),
        "a:\n  b: 1\n  # c: 2\ne: x\n# about d\nd: 3\n",
    );
    assert_inserted(
        "a: 1 # one\n# about b\nb: 2\n",
        &[],
        Some("a"),
        ("c", scalar("x")),
        "a: 1 # one\nc: x\n# about b\nb: 2\n",
    );
}

#[test]
fn a_flow_entry_stays_in_its_brackets() {
    assert_inserted(
        "{a: 1, b: 2} # c\n",
        &[],
        Some("a"),
        ("c", scalar("x,y")),
        "{a: 1, c: \"x,y\", b: 2} # c\n",
    );
    assert_inserted(
        "{a: 1, }\n",
        &[],
        None,
        ("c", mapping(&[("d", scalar("x"))])),
        "{a: 1, c: {d: x}, }\n",
    );
    assert_inserted(
        "{\"a\": 1}\n",
        &[],
        None,
        ("c", scalar("x")),
        "{\"a\": 1, \"c\": \"x\"}\n",
    );
    assert_inserted(
        "k: {\n  a: 1, # one\n  b: 2 # two\n}\n",
        &["k"],
        Some("a"),
        ("c", scalar("x")),
        "k: {\n  a: 1, # one\n  c: x,\n  b: 2 # two\n}\n",
    );
    assert_inserted(
        "k: {\n  a: 1, # one\n  b: 2 # two\n}\n",
        &["k"],
        None,
        ("c", scalar("x")),
        "k: {\n  a: 1, # one\n  b: 2, # two\n  c: x\n}\n",
    );
    assert_inserted(
        "k: {\n  a: 1,\n}\n",
        &["k"],
        None,
        ("c", scalar("x")),
        "k: {\n  a: 1,\n  c: x,\n}\n",
    );
}

#[test]
fn an_empty_parent_gets_its_first_entry_below_it() {
    let new = || ("c", scalar("x"));
    assert_inserted("a:\nb: 1\n", &["a"], None, new(), "a:\n  c: x\nb: 1\n");
    assert_inserted(
        "a: {} # note\nb: 1\n",
        &["a"],
        None,
        new(),
        "a: # note\n  c: x\nb: 1\n",
    );
    assert_inserted(
        "a: # note\nb: 1\n",
        &["a"],
        None,
        new(),
        "a: # note\n  c: x\nb: 1\n",
    );
    assert_inserted("a: null", &["a"], None, new(), "a:\n  c: x");
    assert_inserted(
        "a: &x {}\r\nb: *x\r\n",
        &["a"],
        None,
        new(),
        "a: &x\r\n  c: x\r\nb: *x\r\n",
    );
    assert_inserted(
        "z:\n    y: 1\na: {}\n",
        &["a"],
        None,
        new(),
        "z:\n    y: 1\na:\n    c: x\n",
    );
    assert_inserted(
        "- {}\n- \n",
        &["0"],
        None,
        ("c", mapping(&[("d", scalar("x"))])),
        "- c:\n    d: x\n- \n",
    );
    assert_inserted("- {}\n-\n", &["1"], None, new(), "- {}\n- c: x\n");
    assert_inserted("{a: {}, b: }\n", &["a"], None, new(), "{a: {c: x}, b: }\n");
    assert_inserted(
        "{a: {}, b: }\n",
        &["b"],
        None,
        new(),
        "{a: {}, b: {c: x} }\n",
    );
    assert_inserted("{}\n", &[], None, new(), "c: x\n");
    let result = changed("a: { # c\n  }\n", &["a"], |s, n| {
        insert_entry(s, n, None, "c", &scalar("x"))
    });
    assert_eq!(result, Err(PatchError::Comment));
}

#[test]
fn impossible_insertions_say_why() {
    let insert = |source: &str, after: Option<&str>, key: &str| {
        changed(source, &["a"], |s, n| {
            insert_entry(s, n, after, key, &scalar("x"))
        })
    };
    assert_eq!(
        insert("a: {b: 1}\n", None, "b"),
        Err(PatchError::KeyExists("b".into()))
    );
    assert_eq!(
        insert("a: {b: 1}\n", Some("z"), "c"),
        Err(PatchError::NoSuchKey("z".into()))
    );
    assert_eq!(insert("a: text\n", None, "c"), Err(PatchError::NotA("map")));
    assert_eq!(insert("a: []\n", None, "c"), Err(PatchError::NotA("map")));
    assert_eq!(
        insert("a:\n  b: |\n    text", None, "c"),
        Err(PatchError::Entangled)
    );
}

#[test]
fn items_are_inserted_like_entries() {
    let insert = |source: &str, path: &[&str], after: Option<usize>, value: NewValue| {
        changed(source, path, |s, n| insert_item(s, n, after, &value)).unwrap()
    };
    assert_eq!(
        insert("a:\n- x\n- y\n", &["a"], Some(0), scalar("no")),
        "a:\n- x\n- \"no\"\n- y\n"
    );
    assert_eq!(
        insert("a:\n  - x # c\n", &["a"], None, scalar("z")),
        "a:\n  - x # c\n  - z\n"
    );
    let map = mapping(&[("b", scalar("x")), ("c", mapping(&[("d", scalar("v"))]))]);
    assert_eq!(
        insert("a:\n- x: 1\n", &["a"], None, map.clone()),
        "a:\n- x: 1\n- b: x\n  c:\n    d: v\n"
    );
    assert_eq!(
        insert("a: [x]\n", &["a"], None, map),
        "a: [x, {b: x, c: {d: v}}]\n"
    );
    assert_eq!(insert("a: []\n", &["a"], None, scalar("z")), "a:\n  - z\n");
    assert_eq!(
        insert("b:\n- 1\na: []\n", &["a"], None, scalar("z")),
        "b:\n- 1\na:\n- z\n"
    );
    assert_eq!(
        insert("a: []\n", &["a"], None, mapping(&[])),
        "a:\n  - {}\n"
    );
    let missing = changed("a: [x]\n", &["a"], |s, n| {
        insert_item(s, n, Some(1), &scalar("z"))
    });
    assert_eq!(missing, Err(PatchError::NoSuchItem(1)));
}

#[test]
fn a_block_entry_goes_with_its_line() {
    assert_removed("a: 1\nb: 2 # two\nc: 3\n", &[], "b", Ok("a: 1\nc: 3\n"));
    assert_removed("a: 1\nb: 2", &[], "b", Ok("a: 1"));
    assert_removed("a: 1\r\nb: 2\r\n", &[], "b", Ok("a: 1\r\n"));
    assert_removed("\u{feff}a: 1\nb: 2\n", &[], "a", Ok("\u{feff}b: 2\n"));
    assert_removed(
        "a: 1\n# about b\nb: |\n  x\n\nc: 3\n",
        &[],
        "b",
        Ok("a: 1\n# about b\n\nc: 3\n"),
    );
    assert_removed("- a: 1 # c\n  b: 2\n", &["0"], "a", Ok("- b: 2\n"));
    assert_removed(
        "- a: 1\n  # about b\n  b: 2\n",
        &["0"],
        "a",
        Ok("-\n  # about b\n  b: 2\n"),
    );
    assert_removed(
        "a: &x 1\nb: &y 2\nc: *y\n",
        &[],
        "a",
        Ok("b: &y 2\nc: *y\n"),
    );
    assert_removed("a: &x 1\nc: *x\n", &[], "a", Err(PatchError::Entangled));
}

#[test]
fn the_last_child_leaves_an_empty_collection() {
    assert_removed("a:\n  b: 1\nc: 2\n", &["a"], "b", Ok("a: {}\nc: 2\n"));
    assert_removed("a: # why\n  b: 1 # c", &["a"], "b", Ok("a: {} # why"));
    assert_removed(
        "a: &x # why\n  # more\n  b: |\n    t\nc: *x\n",
        &["a"],
        "b",
        Ok("a: &x {} # why\n  # more\nc: *x\n"),
    );
    assert_removed("a:\n- x\nc: 2\n", &["a"], "0", Ok("a: []\nc: 2\n"));
    assert_removed("- a: 1\n- b\n", &["0"], "a", Ok("- {}\n- b\n"));
    assert_removed("a: {b: 1}\n", &["a"], "b", Ok("a: {}\n"));
    assert_removed("a: 1\n", &[], "a", Err(PatchError::WouldEmpty));
    assert_removed("a: { # c\n  b: 1}\n", &["a"], "b", Err(PatchError::Comment));
}

#[test]
fn a_flow_entry_goes_with_its_comma() {
    assert_removed("{a: 1, b: 2, c: 3}", &[], "a", Ok("{b: 2, c: 3}"));
    assert_removed("{a: 1, b: 2, c: 3}", &[], "b", Ok("{a: 1, c: 3}"));
    assert_removed("{a: 1, b: 2, c: 3}", &[], "c", Ok("{a: 1, b: 2}"));
    assert_removed("a: [x, y]\n", &["a"], "1", Ok("a: [x]\n"));
    assert_removed("{a: 1, # one\n b: 2}", &[], "b", Err(PatchError::Comment));
    assert_removed("{a: 1}", &[], "z", Err(PatchError::NoSuchKey("z".into())));
    assert_removed("a: [x]\n", &["a"], "1", Err(PatchError::NoSuchItem(1)));
}
