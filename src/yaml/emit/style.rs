//! Which style a string gets.

use crate::yaml::scalar::needs_quotes;

/// How a string is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Chosen {
    Plain,
    Single,
    Double,
    Literal,
}

/// The text holds a character that YAML refuses even in escaped JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unwritable;

/// The style go-yaml v2 takes for a string.
///
/// Source: `stringv` in `encode.go`, `yaml_emitter_analyze_scalar` and `yaml_emitter_select_scalar_style`
/// in `emitterc.go`.
pub(super) fn choose(text: &str) -> Result<Chosen, Unwritable> {
    if is_ordinary(text.as_bytes()) {
        return Ok(plain_or_double(text));
    }
    let traits = Traits::of(text)?;
    let literal = text.contains('\n');
    Ok(match plain_or_double(text) {
        _ if literal && traits.allow_literal() => Chosen::Literal,
        Chosen::Plain if !literal && traits.allow_plain() => Chosen::Plain,
        Chosen::Plain if !literal && traits.allow_single() => Chosen::Single,
        _ => Chosen::Double,
    })
}

fn plain_or_double(text: &str) -> Chosen {
    if needs_quotes(text) {
        Chosen::Double
    } else {
        Chosen::Plain
    }
}

/// Printable ASCII that can be plain whatever follows what: the common case, decided byte by byte.
fn is_ordinary(text: &[u8]) -> bool {
    let (Some(first), Some(last)) = (text.first(), text.last()) else {
        return false;
    };
    let starts_plain = first.is_ascii_alphanumeric() || matches!(first, b'/' | b'_' | b'$' | b'+');
    starts_plain
        && *last != b' '
        && text
            .iter()
            .all(|b| matches!(b, b' '..=b'~') && !matches!(b, b':' | b'#'))
}

/// What matters about a string.
#[derive(Debug, Default)]
struct Traits {
    /// Something in it would be read as syntax.
    indicators: bool,
    line_breaks: bool,
    /// Some character must be escaped.
    special: bool,
    /// Starts or ends with a space or a break.
    loose_edge: bool,
    trailing_space: bool,
    /// A space right after a break.
    break_space: bool,
    /// A space right before a break.
    space_break: bool,
}

impl Traits {
    fn of(text: &str) -> Result<Self, Unwritable> {
        let mut traits = Self {
            indicators: text.starts_with("---") || text.starts_with("..."),
            ..Self::default()
        };
        let mut previous = None;
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            if is_refused(c) {
                return Err(Unwritable);
            }
            let blank_follows = chars.peek().is_none_or(|next| is_blank(*next));
            traits.indicators |= is_indicator(c, previous, blank_follows);
            traits.special |= !is_printable(c);
            traits.line_breaks |= is_break(c);
            traits.break_space |= c == ' ' && previous.is_some_and(is_break);
            traits.space_break |= is_break(c) && previous == Some(' ');
            previous = Some(c);
        }
        let loose = |c: Option<char>| c.is_some_and(|c| c == ' ' || is_break(c));
        traits.loose_edge = loose(text.chars().next()) || loose(previous);
        traits.trailing_space = previous == Some(' ');
        Ok(traits)
    }

    fn allow_plain(&self) -> bool {
        self.allow_single() && !(self.indicators || self.line_breaks || self.loose_edge)
    }

    fn allow_single(&self) -> bool {
        !(self.special || self.space_break || self.break_space)
    }

    fn allow_literal(&self) -> bool {
        !(self.special || self.space_break || self.trailing_space)
    }
}

fn is_indicator(c: char, previous: Option<char>, blank_follows: bool) -> bool {
    match (c, previous) {
        ('#', Some(previous)) => is_blank(previous),
        (':', _) | ('?' | '-', None) => blank_follows,
        (
            '#' | ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%'
            | '@' | '`',
            None,
        ) => true,
        _ => false,
    }
}

fn is_blank(c: char) -> bool {
    c == ' ' || c == '\t' || is_break(c)
}

/// A line break of YAML 1.1.
pub(super) fn is_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Whether a character may stand unescaped. Tabs may not, nor anything above U+FFFF.
pub(super) fn is_printable(c: char) -> bool {
    matches!(c, '\n' | ' '..='~' | '\u{a0}'..='\u{fffd}') && c != '\u{feff}'
}

/// Characters that do not survive the way through JSON, which leaves them raw.
fn is_refused(c: char) -> bool {
    matches!(c, '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}') && c != '\u{85}'
}
