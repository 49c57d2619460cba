//! Words of a template.

use super::{TemplateError, Value};

/// A word inside of brackets.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    /// A name or keyword.
    Word(String),
    /// `.name`
    Field(String),
    /// `$name`, without `$`.
    Variable(String),
    /// A string, number, character or boolean.
    Constant(Value),
    /// `.`
    Dot,
    /// `|`
    Pipe,
    /// `(`
    Open,
    /// `)`
    Close,
    /// `,`
    Comma,
    /// `:=`
    Declare,
    /// `=`
    Assign,
    /// Blanks.
    Space,
}

/// Text, or what stands in a pair of brackets.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Item {
    /// Text outside of brackets.
    Text(String),
    /// The words between brackets.
    Action(Vec<Token>),
}

fn malformed<T>(message: impl Into<String>) -> Result<T, TemplateError> {
    Err(TemplateError::Malformed(message.into()))
}

/// Splits a template into texts and actions. Comments are gone, and blanks beside `{{-` and `-}}`.
pub(super) fn items(template: &str) -> Result<Vec<Item>, TemplateError> {
    let mut items = Vec::new();
    let mut rest = template;
    let mut trim_next = false;
    while let Some((text, behind)) = rest.split_once("{{") {
        let trimmed_start = behind.starts_with('-')
            && behind[1..].starts_with(|blank: char| blank.is_ascii_whitespace());
        let text = if trim_next {
            text.trim_start_matches(is_blank)
        } else {
            text
        };
        let text = if trimmed_start {
            text.trim_end_matches(is_blank)
        } else {
            text
        };
        if !text.is_empty() {
            items.push(Item::Text(text.to_owned()));
        }
        let inner = if trimmed_start { &behind[1..] } else { behind };
        let (action, after, trims) = match comment(inner)? {
            Some((after, trims)) => (None, after, trims),
            None => {
                let (tokens, after, trims) = tokens(inner)?;
                (Some(Item::Action(tokens)), after, trims)
            }
        };
        items.extend(action);
        trim_next = trims;
        rest = after;
    }
    let rest = if trim_next {
        rest.trim_start_matches(is_blank)
    } else {
        rest
    };
    if !rest.is_empty() {
        items.push(Item::Text(rest.to_owned()));
    }
    Ok(items)
}

fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\r' | '\n')
}

/// Behind a comment, and whether it trims what follows.
fn comment(inner: &str) -> Result<Option<(&str, bool)>, TemplateError> {
    let Some(body) = inner.trim_start_matches(is_blank).strip_prefix("/*") else {
        return Ok(None);
    };
    let Some((_, after)) = body.split_once("*/") else {
        return malformed("a comment does not end");
    };
    if let Some(after) = after.strip_prefix("}}") {
        return Ok(Some((after, false)));
    }
    let trimming = after
        .strip_prefix(is_blank)
        .and_then(|after| after.trim_start_matches(is_blank).strip_prefix("-}}"));
    match trimming {
        Some(after) => Ok(Some((after, true))),
        None => malformed("a comment ends before its brackets"),
    }
}

/// The words up to `}}`, what follows, and whether that is to be trimmed.
fn tokens(inner: &str) -> Result<(Vec<Token>, &str, bool), TemplateError> {
    let mut tokens = Vec::new();
    let mut rest = inner;
    loop {
        if let Some(after) = rest.strip_prefix("}}") {
            return Ok((tokens, after, false));
        }
        if rest.starts_with(is_blank) {
            let after = rest.trim_start_matches(is_blank);
            if let Some(after) = after.strip_prefix("-}}") {
                return Ok((tokens, after, true));
            }
            tokens.push(Token::Space);
            rest = after;
            continue;
        }
        let Some(first) = rest.chars().next() else {
            return malformed("`{{` has no `}}`");
        };
        let (token, after) = token(first, rest)?;
        tokens.push(token);
        rest = after;
    }
}

fn token(first: char, rest: &str) -> Result<(Token, &str), TemplateError> {
    let simple = |token, length: usize| Ok((token, &rest[length..]));
    match first {
        '|' => simple(Token::Pipe, 1),
        '(' => simple(Token::Open, 1),
        ')' => simple(Token::Close, 1),
        ',' => simple(Token::Comma, 1),
        '=' => simple(Token::Assign, 1),
        ':' if rest.starts_with(":=") => simple(Token::Declare, 2),
        '"' => string(rest),
        '`' => match rest[1..].split_once('`') {
            Some((text, after)) => Ok((Token::Constant(Value::Text(text.to_owned())), after)),
            None => malformed("a raw string does not end"),
        },
        '\'' => character(rest),
        '$' => {
            let (name, after) = name(&rest[1..]);
            Ok((Token::Variable(name.to_owned()), after))
        }
        '.' if !rest[1..].starts_with(|next: char| next.is_ascii_digit()) => {
            let (name, after) = name(&rest[1..]);
            let token = if name.is_empty() {
                Token::Dot
            } else {
                Token::Field(name.to_owned())
            };
            Ok((token, after))
        }
        '+' | '-' | '.' | '0'..='9' => number(rest),
        first if first == '_' || first.is_alphabetic() => {
            let (name, after) = name(rest);
            let token = match name {
                "true" => Token::Constant(Value::Bool(true)),
                "false" => Token::Constant(Value::Bool(false)),
                name => Token::Word(name.to_owned()),
            };
            Ok((token, after))
        }
        other => malformed(format!("unexpected {other:?}")),
    }
}

fn name(text: &str) -> (&str, &str) {
    let end = text
        .find(|character: char| character != '_' && !character.is_alphanumeric())
        .unwrap_or(text.len());
    text.split_at(end)
}

/// An interpreted string: Go's escapes.
fn string(rest: &str) -> Result<(Token, &str), TemplateError> {
    let mut text = String::new();
    let mut characters = rest.char_indices().skip(1);
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Ok((Token::Constant(Value::Text(text)), &rest[at + 1..])),
            '\n' => break,
            '\\' => text.push(escape(&mut characters)?),
            other => text.push(other),
        }
    }
    malformed("a string does not end")
}

fn character(rest: &str) -> Result<(Token, &str), TemplateError> {
    let mut characters = rest.char_indices().skip(1);
    let value = match characters.next() {
        Some((_, '\\')) => escape(&mut characters)?,
        Some((_, other)) => other,
        None => return malformed("a character does not end"),
    };
    match characters.next() {
        Some((at, '\'')) => Ok((
            Token::Constant(Value::Integer(i64::from(u32::from(value)))),
            &rest[at + 1..],
        )),
        _ => malformed("a character does not end"),
    }
}

fn escape(characters: &mut impl Iterator<Item = (usize, char)>) -> Result<char, TemplateError> {
    let Some((_, kind)) = characters.next() else {
        return malformed("an escape does not end");
    };
    let digits = match kind {
        'n' => return Ok('\n'),
        't' => return Ok('\t'),
        'r' => return Ok('\r'),
        'a' => return Ok('\u{7}'),
        'b' => return Ok('\u{8}'),
        'f' => return Ok('\u{c}'),
        'v' => return Ok('\u{b}'),
        '\\' | '"' | '\'' => return Ok(kind),
        'x' => 2,
        'u' => 4,
        'U' => 8,
        other => return malformed(format!("unknown escape `\\{other}`")),
    };
    let text: String = characters.take(digits).map(|(_, digit)| digit).collect();
    let code = u32::from_str_radix(&text, 16).ok().and_then(char::from_u32);
    code.map_or_else(|| malformed("an escape names no character"), Ok)
}

fn number(rest: &str) -> Result<(Token, &str), TemplateError> {
    let sign = usize::from(rest.starts_with(['+', '-']));
    let length = rest[sign..]
        .char_indices()
        .find(|(at, character)| {
            let exponent = matches!(character, '+' | '-')
                && rest[sign..sign + at].ends_with(['e', 'E', 'p', 'P']);
            !(character.is_ascii_alphanumeric() || matches!(character, '.' | '_') || exponent)
        })
        .map_or(rest.len() - sign, |(at, _)| at);
    let (text, after) = rest.split_at(sign + length);
    let plain = text.replace('_', "");
    let value = integer(&plain).map(Value::Integer).or_else(|| {
        plain
            .parse()
            .ok()
            .filter(|value: &f64| value.is_finite())
            .map(Value::Float)
    });
    match value {
        Some(value) => Ok((Token::Constant(value), after)),
        None => malformed(format!("bad number `{text}`")),
    }
}

/// An integer constant of Go: decimal, or with the prefix `0x`, `0o`, `0b` or `0`.
fn integer(text: &str) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let lower = digits.to_ascii_lowercase();
    let (digits, radix) = if let Some(digits) = lower.strip_prefix("0x") {
        (digits, 16)
    } else if let Some(digits) = lower.strip_prefix("0o") {
        (digits, 8)
    } else if let Some(digits) = lower.strip_prefix("0b") {
        (digits, 2)
    } else if lower.len() > 1 && lower.starts_with('0') {
        (&lower[1..], 8)
    } else {
        (lower.as_str(), 10)
    };
    if digits.starts_with(['+', '-']) {
        return None;
    }
    let value = i64::from_str_radix(digits, radix).ok()?;
    Some(if negative { -value } else { value })
}
