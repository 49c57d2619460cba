//! `${NAME}` in manifests, which Flux replaces when it applies them.
//!
//! Source: fluxcd/pkg `envsubst`, kustomize-controller `docs/spec/v1/kustomizations.md` (post build variable substitution).

use std::ops::Range;

/// A part of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Taken as it is.
    Text(Range<usize>),
    /// `${NAME}`, `${NAME:=default}` or `${NAME:-default}`.
    Variable {
        /// The bytes of the name.
        name: Range<usize>,
        /// The bytes of the default.
        default: Option<Range<usize>>,
    },
    /// A form with another meaning, such as `${NAME/a/b}`, or an unclosed brace.
    Other(Range<usize>),
}

/// Cuts a text at its variables. `$${NAME}` is text.
pub fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut plain = 0;
    let mut at = 0;
    while let Some(found) = text.get(at..).and_then(|rest| rest.find("${")) {
        let start = at + found;
        if start > 0 && text.as_bytes()[start - 1] == b'$' {
            at = start + 2;
            continue;
        }
        if plain < start {
            pieces.push(Piece::Text(plain..start));
        }
        let end = closing(text, start + 2);
        pieces.push(match end {
            Some(end) => {
                variable(text, start + 2..end).unwrap_or_else(|| Piece::Other(start..(end + 1)))
            }
            None => Piece::Other(start..text.len()),
        });
        at = end.map_or(text.len(), |end| end + 1);
        plain = at;
    }
    if plain < text.len() {
        pieces.push(Piece::Text(plain..text.len()));
    }
    pieces
}

/// The brace that closes the one before `from`; defaults may hold variables of their own.
fn closing(text: &str, from: usize) -> Option<usize> {
    let mut depth = 0;
    for (at, byte) in text.bytes().enumerate().skip(from) {
        match byte {
            b'{' => depth += 1,
            b'}' if depth == 0 => return Some(at),
            b'}' => depth -= 1,
            _ => {}
        }
    }
    None
}

fn variable(text: &str, inside: Range<usize>) -> Option<Piece> {
    let content = &text[inside.clone()];
    let length = content
        .bytes()
        .take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
        .count();
    let name = inside.start..inside.start + length;
    let rest = &content[length..];
    if length == 0 {
        return None;
    }
    if rest.is_empty() {
        return Some(Piece::Variable {
            name,
            default: None,
        });
    }
    let default = rest
        .strip_prefix(":=")
        .or_else(|| rest.strip_prefix(":-"))?;
    (!default.contains("${")).then(|| Piece::Variable {
        name,
        default: Some(inside.end - default.len()..inside.end),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        let show = |piece: Piece| match piece {
            Piece::Text(range) => format!("'{}'", &text[range]),
            Piece::Other(range) => format!("?{}", &text[range]),
            Piece::Variable { name, default } => match default {
                Some(default) => format!("{}={}", &text[name], &text[default]),
                None => text[name].to_owned(),
            },
        };
        pieces(text).into_iter().map(show).collect()
    }

    #[test]
    fn variables_are_told_from_text_and_from_forms_nobody_resolves_here() {
        let table: &[(&str, &[&str])] = &[
            ("db-v3", &["'db-v3'"]),
            ("${APP}", &["APP"]),
            ("a-${APP}-v3", &["'a-'", "APP", "'-v3'"]),
            ("${V:=db-v3}", &["V=db-v3"]),
            ("${V:-}x", &["V=", "'x'"]),
            ("$${APP}", &["'$${APP}'"]),
            ("${V:=${W}}", &["?${V:=${W}}"]),
            ("${V/a/b}", &["?${V/a/b}"]),
            ("${", &["?${"]),
            ("${}", &["?${}"]),
            ("", &[]),
        ];
        for (text, expected) in table {
            assert_eq!(shown(text), *expected, "{text}");
        }
    }
}
