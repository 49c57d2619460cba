use crate::text::{Edit, FileId, edit};
use crate::yaml::patch::{
    PatchError, comment_entry, comment_item, commented_entries, commented_items, uncomment_entry,
    uncomment_item,
};
use crate::yaml::{Locator, Node, parse};

fn changed(
    source: &str,
    path: &[&str],
    change: impl FnOnce(&Node) -> Result<Edit, PatchError>,
) -> Result<String, PatchError> {
    let documents = parse(source, &Locator::File(FileId(0))).unwrap();
    let root = documents.iter().map(|document| &document.root);
    let node = root.filter_map(|root| root.at(path)).next_back().unwrap();
    Ok(edit::apply(source, &[change(node)?]).unwrap())
}

/// Switches the entry on, and checks that switching it off gives the text in the tool's own style.
fn on(source: &str, path: &[&str], key: &str) -> Result<String, PatchError> {
    changed(source, path, |node| {
        let found = commented_entries(source, node)?;
        let entry = found
            .iter()
            .find(|entry| entry.key.as_deref() == Some(key))
            .ok_or(PatchError::NoComment)?;
        uncomment_entry(source, node, entry.span, None)
    })
}

#[track_caller]
fn assert_on(source: &str, path: &[&str], key: &str, expected: &str) {
    assert_eq!(on(source, path, key).as_deref(), Ok(expected));
}

const PLAIN: &str = "spec:\n  a: 1\n  bootstrap:\n    recovery:\n      source: x # note\n  z: 2\n";

#[test]
fn every_way_to_comment_a_block_out_is_understood() {
    for block in [
        "  # bootstrap:\n  #   recovery:\n  #     source: x # note\n",
        "  #bootstrap:\n  #  recovery:\n  #    source: x # note\n",
        "#  bootstrap:\n#    recovery:\n#      source: x # note\n",
        "#bootstrap:\n#  recovery:\n#    source: x # note\n",
        "# bootstrap:\n#   recovery:\n#     source: x # note\n",
        "#   bootstrap:\n#     recovery:\n#       source: x # note\n",
        "  # bootstrap:\n    # recovery:\n    #   source: x # note\n",
        " #  bootstrap:\n #    recovery:\n #      source: x # note\n",
        "  # bootstrap:\n#     recovery:\n#       source: x # note\n",
    ] {
        let source = format!("spec:\n  a: 1\n{block}  z: 2\n");
        assert_on(&source, &["spec"], "bootstrap", PLAIN);
    }
}

#[test]
fn lists_under_their_key_and_blank_lines_belong_to_the_block() {
    assert_on(
        "a:\n- 1\n# l:\n# - name: x\n#   on: y\n#\n# - z\n# About b.\nb: 1\n",
        &[],
        "l",
        "a:\n- 1\nl:\n- name: x\n  on: y\n\n- z\n# About b.\nb: 1\n",
    );
    assert_on(
        "a: 1\r\n# l:\r\n#   - x\r\n",
        &[],
        "l",
        "a: 1\r\nl:\r\n  - x\r\n",
    );
    assert_on(
        "a: 1\n#patches:\n#- p: é\n#  q: 1",
        &[],
        "patches",
        "a: 1\npatches:\n- p: é\n  q: 1",
    );
}

#[test]
fn sentences_stay_comments() {
    assert_on(
        "a: 1\n# r:\n#   s: x\n#   (see the runbook)\n#   t: y\nb: 1\n",
        &[],
        "r",
        "a: 1\nr:\n  s: x\n#   (see the runbook)\n  t: y\nb: 1\n",
    );
    let source = "resources:\n  - a\n  # - b   # the other one\n  #   swap both lines\n";
    let result = changed(source, &["resources"], |node| {
        let found = commented_items(source, node)?;
        uncomment_item(source, node, found[0].span)
    });
    assert_eq!(
        result.as_deref(),
        Ok("resources:\n  - a\n  - b   # the other one\n  #   swap both lines\n")
    );
}

#[test]
fn text_within_a_commented_block_is_no_sentence() {
    assert_on(
        "a: 1\n# t: |\n#   Some words.\n#    more\nb: 1\n",
        &[],
        "t",
        "a: 1\nt: |\n  Some words.\n   more\nb: 1\n",
    );
}

#[test]
fn one_entry_of_a_commented_map_can_be_switched_on_alone() {
    let source = "spec:\n  a: 1\n#  bootstrap:\n#    recovery:\n#      source: x\n#    initdb:\n#      import: *gone\n";
    assert_eq!(
        on(source, &["spec"], "bootstrap"),
        Err(PatchError::NoComment)
    );
    let at = |word: &str| {
        let start = source.find(word).unwrap();
        crate::text::Span::new(FileId(0), start, start + 1)
    };
    let result = changed(source, &["spec"], |node| {
        uncomment_entry(source, node, at("#  bootstrap"), Some("recovery"))
    });
    assert_eq!(
        result.as_deref(),
        Ok(
            "spec:\n  a: 1\n  bootstrap:\n    recovery:\n      source: x\n#    initdb:\n#      import: *gone\n"
        )
    );
}

#[test]
fn an_empty_parent_takes_its_commented_children() {
    let source = "bootstrap:\n    # initdb:\n    #   database: app\nz: 1\n";
    assert_on(
        source,
        &["bootstrap"],
        "initdb",
        "bootstrap:\n    initdb:\n      database: app\nz: 1\n",
    );
    let source = "resources:\n# - a\n# - b\nz: 1\n";
    let result = changed(source, &["resources"], |node| {
        let found = commented_items(source, node)?;
        assert_eq!(found.len(), 2);
        assert_eq!(found[1].value.text(), Some("b"));
        uncomment_item(source, node, found[1].span)
    });
    assert_eq!(result.as_deref(), Ok("resources:\n# - a\n- b\nz: 1\n"));
}

#[test]
fn what_would_change_the_meaning_of_the_rest_is_refused() {
    // The alias below would mean the anchor in the comment.
    assert_eq!(
        on("a: &x 1\n# b: &x 2\nc: *x\n", &[], "b"),
        Err(PatchError::NoComment)
    );
    assert_eq!(on("a: 1\n# b: *x\n", &[], "b"), Err(PatchError::NoComment));
    assert_eq!(
        on("a: {b: 1,\n # c: 2\n}\n", &["a"], "c"),
        Err(PatchError::NoComment)
    );
}

#[test]
fn an_item_is_commented_out_with_its_notes_and_comes_back() {
    let source = "resources:\n  - overlays/initdb   # normal\n                      # (every day)\n  - name: x\n\n    b: |\n      t\n  # about c\n  - c";
    let off = |index| {
        changed(source, &["resources"], |node| {
            comment_item(source, node, index)
        })
        .unwrap()
    };
    assert_eq!(
        off(0),
        source.replace(
            "  - overlays/initdb   # normal\n                      # (every day)\n",
            "  # - overlays/initdb   # normal\n  #                     # (every day)\n"
        )
    );
    assert_eq!(
        off(1),
        source.replace(
            "  - name: x\n\n    b: |\n      t\n",
            "  # - name: x\n\n  #   b: |\n  #     t\n"
        )
    );
    assert_eq!(off(2), source.replace("  - c", "  # - c"));
}

#[test]
fn impossible_comments_say_why() {
    let off = |source: &str, path: &[&str], key: &str| {
        changed(source, path, |node| comment_entry(source, node, key))
    };
    assert_eq!(off("a: {b: 1}\n", &["a"], "b"), Err(PatchError::Flow));
    assert_eq!(off("a: 1\n", &[], "a"), Err(PatchError::WouldEmpty));
    assert_eq!(
        off("a: &x 1\nb: *x\n", &[], "a"),
        Err(PatchError::Entangled)
    );
    assert_eq!(
        off("a: 1\n", &[], "b"),
        Err(PatchError::NoSuchKey("b".into()))
    );
    assert_eq!(
        off("a: two\n  lines\nb: 1\n", &[], "a"),
        Err(PatchError::OneWay)
    );
    let source = "l:\n- a: 1\n  b: 2\n";
    let documents = parse(source, &Locator::File(FileId(0))).unwrap();
    let item = &documents[0].root.get("l").unwrap().as_sequence().unwrap()[0];
    assert_eq!(
        comment_entry(source, item, "a"),
        Err(PatchError::SharedLine)
    );
}
