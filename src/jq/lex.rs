//! Text into tokens, as gojq 0.12.19 cuts it (`lexer.go`).

use super::Refusal;

/// Deepest nesting of `"\(…)"`.
const DEEPEST_TEXT: usize = 16;

/// The smallest parts of an expression.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    /// `map`, `if`: a name or a keyword.
    Word(String),
    /// `.name`.
    Field(String),
    /// `$name`, with the `$`.
    Variable(String),
    /// `@json`, with the `@`.
    Format(String),
    /// `12`, `.5`, `1e3`.
    Number(f64),
    /// `"…"`.
    Text(Vec<Part>),
    /// Any other sign.
    Sign(&'static str),
}

/// A part of a string literal.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Part {
    /// Text, escapes resolved.
    Plain(String),
    /// `\(…)`.
    Query(Vec<Token>),
}

/// Longer signs first.
const SIGNS: &[&str] = &[
    "?//", "//=", "..", "|=", "+=", "-=", "*=", "/=", "%=", "==", "!=", "<=", ">=", "//", "=", "<",
    ">", "|", ",", "+", "-", "*", "/", "%", ".", "[", "]", "(", ")", "{", "}", ":", ";", "?",
];

/// All tokens of a text.
///
/// # Errors
/// When gojq would not read it either, or when strings are nested too deeply.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, Refusal> {
    let mut lexer = Lexer {
        rest: text,
        depth: 0,
    };
    let found = lexer.until_end(false)?;
    Ok(found)
}

struct Lexer<'t> {
    rest: &'t str,
    depth: usize,
}

fn broken(message: impl Into<String>) -> Refusal {
    Refusal::Broken(message.into())
}

fn begins_name(character: char) -> bool {
    character.is_ascii_alphabetic() || character == '_'
}

fn in_name(character: char) -> bool {
    begins_name(character) || character.is_ascii_digit()
}

impl<'t> Lexer<'t> {
    /// Reads to the end, or to the `)` that closes a `\(`.
    fn until_end(&mut self, in_text: bool) -> Result<Vec<Token>, Refusal> {
        let mut found = Vec::new();
        let mut open = 0_usize;
        loop {
            self.skip_blanks();
            if self.rest.is_empty() {
                return if in_text {
                    Err(broken("a string literal does not end"))
                } else {
                    Ok(found)
                };
            }
            let token = self.token()?;
            match token {
                Token::Sign("(") => open += 1,
                Token::Sign(")") if open == 0 && in_text => return Ok(found),
                Token::Sign(")") => open = open.saturating_sub(1),
                _ => {}
            }
            found.push(token);
        }
    }

    fn take(&mut self, length: usize) -> &'t str {
        let (head, tail) = self.rest.split_at(length);
        self.rest = tail;
        head
    }

    fn take_while(&mut self, fits: impl Fn(char) -> bool) -> &'t str {
        let end = self.rest.find(|character| !fits(character));
        self.take(end.unwrap_or(self.rest.len()))
    }

    /// Blanks and comments. In a comment, a backslash takes the line end or backslash after it along.
    fn skip_blanks(&mut self) {
        loop {
            self.rest = self.rest.trim_start_matches([' ', '\t', '\r', '\n']);
            if !self.rest.starts_with('#') {
                return;
            }
            let mut bytes = self.rest.bytes().enumerate().peekable();
            let mut end = self.rest.len();
            while let Some((at, byte)) = bytes.next() {
                match byte {
                    b'\n' | b'\r' => {
                        end = at;
                        break;
                    }
                    b'\\' => {
                        let next = bytes.next_if(|(_, byte)| matches!(byte, b'\\' | b'\n' | b'\r'));
                        if next.is_some_and(|(_, byte)| byte == b'\r') {
                            let _ = bytes.next_if(|(_, byte)| *byte == b'\n');
                        }
                    }
                    _ => {}
                }
            }
            self.take(end);
        }
    }

    fn token(&mut self) -> Result<Token, Refusal> {
        let mut characters = self.rest.chars();
        let first = characters.next().unwrap_or(' ');
        let second = characters.next().unwrap_or(' ');
        match first {
            _ if begins_name(first) => Ok(Token::Word(self.name().to_owned())),
            '0'..='9' => self.number(),
            '.' if second.is_ascii_digit() => self.number(),
            '.' if begins_name(second) => {
                self.take(1);
                Ok(Token::Field(self.take_while(in_name).to_owned()))
            }
            '$' if begins_name(second) => {
                self.take(1);
                Ok(Token::Variable(format!("${}", self.name())))
            }
            '@' if in_name(second) => {
                self.take(1);
                Ok(Token::Format(format!("@{}", self.take_while(in_name))))
            }
            '"' => self.text(),
            _ => {
                let sign = SIGNS.iter().find(|sign| self.rest.starts_with(**sign));
                let sign = sign.ok_or_else(|| broken(format!("unexpected `{first}`")))?;
                self.take(sign.len());
                Ok(Token::Sign(sign))
            }
        }
    }

    /// A name, which may be one of a module: `a::b`.
    fn name(&mut self) -> &'t str {
        let whole = self.rest;
        self.take_while(in_name);
        if let Some(rest) = self
            .rest
            .strip_prefix("::")
            .filter(|rest| rest.starts_with(begins_name))
        {
            self.rest = rest;
            self.take_while(in_name);
        }
        &whole[..whole.len() - self.rest.len()]
    }

    fn number(&mut self) -> Result<Token, Refusal> {
        let whole = self.rest;
        let digit = |character: char| character.is_ascii_digit();
        self.take_while(digit);
        if self.rest.starts_with('.') {
            self.take(1);
            self.take_while(digit);
        }
        if self.rest.starts_with(['e', 'E']) {
            self.take(1);
            if self.rest.starts_with(['+', '-']) {
                self.take(1);
            }
            self.take_while(digit);
        }
        let text = &whole[..whole.len() - self.rest.len()];
        let follows = self
            .rest
            .starts_with(|next: char| begins_name(next) || next == '.');
        match text.parse() {
            Ok(number) if !follows => Ok(Token::Number(number)),
            _ => Err(broken(format!("`{text}` is not a number"))),
        }
    }

    fn text(&mut self) -> Result<Token, Refusal> {
        self.depth += 1;
        if self.depth > DEEPEST_TEXT {
            return Err(Refusal::Undecided(
                "strings are nested too deeply".to_owned(),
            ));
        }
        self.take(1);
        let mut parts = Vec::new();
        let mut plain = String::new();
        loop {
            plain.push_str(self.take_while(|character| !matches!(character, '"' | '\\')));
            if self.rest.starts_with('"') {
                self.take(1);
                break;
            }
            if self.rest.starts_with("\\(") {
                self.take(2);
                if !plain.is_empty() {
                    parts.push(Part::Plain(std::mem::take(&mut plain)));
                }
                parts.push(Part::Query(self.until_end(true)?));
            } else if self.rest.is_empty() {
                return Err(broken("a string literal does not end"));
            } else {
                plain.push(self.escape()?);
            }
        }
        if !plain.is_empty() || parts.is_empty() {
            parts.push(Part::Plain(plain));
        }
        self.depth -= 1;
        Ok(Token::Text(parts))
    }

    fn escape(&mut self) -> Result<char, Refusal> {
        let unknown = || broken("unknown escape in a string literal");
        self.take(1);
        let kind = self.rest.chars().next().ok_or_else(unknown)?;
        self.take(kind.len_utf8());
        Ok(match kind {
            '"' | '/' | '\\' => kind,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let unit = self.hex().ok_or_else(unknown)?;
                self.surrogate(unit)
            }
            _ => return Err(unknown()),
        })
    }

    fn hex(&mut self) -> Option<u32> {
        let digits = self
            .rest
            .get(..4)
            .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
        self.take(4);
        u32::from_str_radix(digits, 16).ok()
    }

    /// Two escapes that stand for one character; a lone half is the replacement character, as in Go.
    fn surrogate(&mut self, high: u32) -> char {
        let before = self.rest;
        if (0xD800..0xDC00).contains(&high)
            && let Some(rest) = self.rest.strip_prefix("\\u")
        {
            self.rest = rest;
            let joined = self.hex().filter(|low| (0xDC00..0xE000).contains(low));
            let joined = joined
                .and_then(|low| char::from_u32(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00)));
            if let Some(joined) = joined {
                return joined;
            }
            self.rest = before;
        }
        char::from_u32(high).unwrap_or(char::REPLACEMENT_CHARACTER)
    }
}
