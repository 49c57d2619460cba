//! Folded scalars as they come out of the reference, which writes and reads them once more on the way.
//!
//! kustomize turns a resource into JSON by way of YAML text (kyaml `RNode.MarshalJSON`), and go-yaml v3 keeps the folded
//! style there. Its writer adds a line break so that the reader does not fold the one before, but looks at the start of
//! the whole text to decide (`yaml_emitter_write_folded_scalar` in `emitterc.go` begins its search at 0). So line breaks
//! before deeper lines and at the end of `>+` texts become more, and a text that starts deeper loses some.

use super::style::{self, Chosen};

/// The text of a folded scalar after the reference has written and read it.
pub(super) fn refolded(text: &str) -> String {
    let has_other_breaks = text.contains(|c| c != '\n' && style::is_break(c));
    // Texts that cannot be folded are written in double quotes. There v3 is as strict as v2, tabs aside.
    let folds = style::choose(&text.replace('\t', "x")) == Ok(Chosen::Literal);
    if has_other_breaks || !folds {
        return text.to_owned();
    }
    let keeps_breaks = !starts_deeper(text.trim_start_matches('\n'));
    let mut result = String::with_capacity(text.len() + 8);
    let mut rest = text;
    let mut line = None;
    while !rest.is_empty() {
        let after = rest.trim_start_matches('\n');
        let count = rest.len() - after.len();
        let end = after.find('\n').unwrap_or(after.len());
        let next = (end > 0).then_some(&after[..end]);
        breaks(&mut result, count, line, next, keeps_breaks);
        result.push_str(&after[..end]);
        rest = &after[end..];
        line = next;
    }
    result
}

/// Appends what becomes of `count` line breaks between two lines, or at the start or end of the text.
fn breaks(
    result: &mut String,
    count: usize,
    before: Option<&str>,
    after: Option<&str>,
    keeps_breaks: bool,
) {
    let added = usize::from(keeps_breaks && before.is_some_and(|line| !starts_deeper(line)));
    let written = count + added;
    let read = match (before, after) {
        (Some(before), Some(after)) if !starts_deeper(before) && !starts_deeper(after) => {
            if written == 1 {
                result.push(' ');
            }
            written - 1
        }
        // A single break at the end is clipped, more are kept.
        (Some(_), None) if count == 1 => 1,
        (Some(_), _) => written,
        (None, _) => count,
    };
    result.extend(std::iter::repeat_n('\n', read));
}

fn starts_deeper(line: &str) -> bool {
    line.is_empty() || line.starts_with([' ', '\t'])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each pair is the text of a folded scalar and what `kubectl kustomize` made of it.
    #[test]
    fn deeper_lines_move_away_as_in_the_reference() {
        for (text, expected) in [
            ("x\n\n", "x\n\n\n"),
            ("x\n  y\n\n", "x\n\n  y\n\n"),
            ("  lead\nx y\nz\n", "  lead\nx y z\n"),
            ("x\n\n  y\nz", "x\n\n\n  y\nz"),
            ("x\n\ttab\nz\n", "x\n\n\ttab\nz\n"),
            ("x 🐘\n  y", "x 🐘\n  y"),
            ("x é\n  y\n\n\nz\n  w", "x é\n\n  y\n\n\nz\n\n  w"),
            ("\n\n", "\n\n"),
            ("\nx\n  y", "\nx\n\n  y"),
            ("x\n  y\n", "x\n\n  y\n"),
            ("x trailing \n  y", "x trailing \n  y"),
            ("\nx\n\n  y\nz\nw", "\nx\n\n\n  y\nz\nw"),
            ("x y z\n", "x y z\n"),
            ("  l\nx\n  y", "  l\nx\n  y"),
            ("x\n\n  y\n\n\n", "x\n\n\n  y\n\n\n"),
            ("a\n b\n\n\n c\nd\n", "a\n\n b\n\n\n c\nd\n"),
        ] {
            assert_eq!(refolded(text), expected, "{text:?}");
        }
    }
}
