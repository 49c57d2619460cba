//! Label and annotation selectors in the Kubernetes grammar.
//!
//! Source: `k8s.io/apimachinery/pkg/labels/selector.go`, of which kustomize carries a copy.

use std::collections::BTreeMap;

use crate::text::Spanned;

use super::SelectorError;

/// A label or annotation selector.
#[derive(Debug, Clone, Default)]
pub struct LabelSelector {
    requirements: Vec<Requirement>,
}

#[derive(Debug, Clone)]
struct Requirement {
    key: String,
    test: Test,
}

#[derive(Debug, Clone)]
enum Test {
    In(Vec<String>),
    NotIn(Vec<String>),
    Exists,
    Absent,
    Above(i64),
    Below(i64),
}

impl LabelSelector {
    /// Parses `a=b, c!=d, e in (f,g), h, !i, j>1`; the empty text selects everything.
    ///
    /// # Errors
    /// When the text is malformed, or a key or value could not be a label's.
    pub fn parse(text: &Spanned<String>) -> Result<Self, SelectorError> {
        let mut parser = Parser {
            tokens: tokens(&text.value),
            at: 0,
        };
        parser
            .selector()
            .map(|requirements| Self { requirements })
            .map_err(|reason| SelectorError::Labels {
                span: text.span,
                text: text.value.clone(),
                reason,
            })
    }

    /// Whether all requirements hold.
    pub fn matches(&self, labels: &BTreeMap<String, String>) -> bool {
        self.requirements.iter().all(|requirement| {
            let value = labels.get(&requirement.key);
            let number = || value.and_then(|value| value.parse::<i64>().ok());
            match &requirement.test {
                Test::In(values) => value.is_some_and(|value| values.contains(value)),
                Test::NotIn(values) => value.is_none_or(|value| !values.contains(value)),
                Test::Exists => value.is_some(),
                Test::Absent => value.is_none(),
                Test::Above(limit) => number().is_some_and(|number| number > *limit),
                Test::Below(limit) => number().is_some_and(|number| number < *limit),
            }
        })
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Word(String),
    Symbol(&'static str),
    End,
}

impl Token {
    fn shown(&self) -> &str {
        match self {
            Self::Word(word) => word,
            Self::Symbol(symbol) => symbol,
            Self::End => "the end",
        }
    }
}

/// Longer ones first: `==` is one symbol.
const SYMBOLS: [&str; 9] = ["==", "!=", "=", "!", "(", ")", ",", ">", "<"];

fn symbol(text: &str) -> Option<&'static str> {
    SYMBOLS.into_iter().find(|symbol| text.starts_with(symbol))
}

fn tokens(text: &str) -> Vec<Token> {
    const BLANKS: [char; 4] = [' ', '\t', '\r', '\n'];
    let mut found = Vec::new();
    let mut rest = text.trim_start_matches(BLANKS);
    while !rest.is_empty() {
        if let Some(symbol) = symbol(rest) {
            found.push(Token::Symbol(symbol));
            rest = &rest[symbol.len()..];
        } else {
            let end = rest
                .char_indices()
                .find(|(at, letter)| BLANKS.contains(letter) || symbol(&rest[*at..]).is_some())
                .map_or(rest.len(), |(at, _)| at);
            found.push(Token::Word(rest[..end].to_owned()));
            rest = &rest[end..];
        }
        rest = rest.trim_start_matches(BLANKS);
    }
    found
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
}

impl Parser {
    fn peek(&self) -> &Token {
        self.tokens.get(self.at).unwrap_or(&Token::End)
    }

    fn next(&mut self) -> Token {
        let token = self.peek().clone();
        self.at += 1;
        token
    }

    fn selector(&mut self) -> Result<Vec<Requirement>, String> {
        let mut requirements = Vec::new();
        if *self.peek() == Token::End {
            return Ok(requirements);
        }
        loop {
            requirements.push(self.requirement()?);
            match self.next() {
                Token::End => return Ok(requirements),
                Token::Symbol(",") => {}
                other => return Err(expected(&other, "`,` or the end")),
            }
        }
    }

    fn requirement(&mut self) -> Result<Requirement, String> {
        let negated = *self.peek() == Token::Symbol("!");
        if negated {
            self.at += 1;
        }
        let key = match self.next() {
            Token::Word(key) => key,
            other => return Err(expected(&other, "a label name")),
        };
        check_key(&key)?;
        let alone = matches!(self.peek(), Token::End | Token::Symbol(","));
        let test = match (alone, negated) {
            (true, true) => Test::Absent,
            (true, false) => Test::Exists,
            // A `!` before a comparison is accepted and ignored.
            (false, _) => self.comparison()?,
        };
        Ok(Requirement { key, test })
    }

    fn comparison(&mut self) -> Result<Test, String> {
        let operator = self.next();
        match operator.shown() {
            "=" | "==" => Ok(Test::In(vec![self.value()?])),
            "!=" => Ok(Test::NotIn(vec![self.value()?])),
            "in" => Ok(Test::In(self.values()?)),
            "notin" => Ok(Test::NotIn(self.values()?)),
            ">" => Ok(Test::Above(self.number()?)),
            "<" => Ok(Test::Below(self.number()?)),
            _ => Err(expected(&operator, "`=`, `!=`, `in`, `notin`, `>` or `<`")),
        }
    }

    fn number(&mut self) -> Result<i64, String> {
        let value = self.value()?;
        value
            .parse()
            .map_err(|_| format!("{value:?} is no integer"))
    }

    fn value(&mut self) -> Result<String, String> {
        if matches!(self.peek(), Token::End | Token::Symbol(",")) {
            return Ok(String::new());
        }
        match self.next() {
            Token::Word(value) => check_value(value),
            other => Err(expected(&other, "a value")),
        }
    }

    /// `(a,b)`; an empty place is the empty value.
    fn values(&mut self) -> Result<Vec<String>, String> {
        match self.next() {
            Token::Symbol("(") => {}
            other => return Err(expected(&other, "`(`")),
        }
        let mut values = Vec::new();
        let mut open = true;
        loop {
            match self.next() {
                Token::Word(value) if open => {
                    values.push(check_value(value)?);
                    open = false;
                }
                Token::Symbol(",") => {
                    if open {
                        values.push(String::new());
                    }
                    open = true;
                }
                Token::Symbol(")") => {
                    if open {
                        values.push(String::new());
                    }
                    return Ok(values);
                }
                other => return Err(expected(&other, "`,` or `)`")),
            }
        }
    }
}

fn expected(found: &Token, wanted: &str) -> String {
    format!("found `{}` where {wanted} should be", found.shown())
}

/// `[prefix/]name`: a DNS subdomain of at most 253 characters and a name of at most 63.
fn check_key(key: &str) -> Result<(), String> {
    let (prefix, name) = match key.split_once('/') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, key),
    };
    let lower = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let is_label = |label: &str| {
        label.bytes().all(|byte| lower(byte) || byte == b'-')
            && label.bytes().next().is_some_and(lower)
            && label.bytes().last().is_some_and(lower)
    };
    let prefix_fits =
        prefix.is_none_or(|prefix| prefix.len() <= 253 && prefix.split('.').all(is_label));
    if prefix_fits && !name.is_empty() && fits_name(name) {
        Ok(())
    } else {
        Err(format!("{key:?} is no label name"))
    }
}

fn check_value(value: String) -> Result<String, String> {
    if value.is_empty() || fits_name(&value) {
        Ok(value)
    } else {
        Err(format!("{value:?} is no label value"))
    }
}

/// At most 63 letters, digits, `-`, `_` and `.`, with a letter or digit at both ends.
fn fits_name(name: &str) -> bool {
    let alphanumeric = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric());
    name.len() <= 63
        && alphanumeric(name.bytes().next())
        && alphanumeric(name.bytes().last())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{FileId, Span};

    fn parse(text: &str) -> Result<LabelSelector, SelectorError> {
        LabelSelector::parse(&Spanned::new(text.to_owned(), Span::new(FileId(0), 0, 0)))
    }

    fn selects(text: &str) -> bool {
        let labels = [("env", "prod"), ("cnpg.io/tier", "2"), ("empty", "")];
        let labels = labels.map(|(key, value)| (key.to_owned(), value.to_owned()));
        parse(text).unwrap().matches(&labels.into())
    }

    #[test]
    fn each_operator_means_what_it_says() {
        for (text, expected) in [
            ("", true),
            ("env", true),
            ("gone", false),
            ("!env", false),
            ("! gone", true),
            ("env=prod", true),
            ("env == test", false),
            ("env!=test", true),
            ("gone!=x", true),
            ("env in (test, prod)", true),
            ("env notin (prod)", false),
            ("gone notin (prod)", true),
            ("cnpg.io/tier>1", true),
            ("cnpg.io/tier<2", false),
            ("env=prod,cnpg.io/tier=1", false),
            ("empty=", true),
            ("empty in ()", true),
            ("empty in (a,)", true),
            ("env in (in, prod)", true),
        ] {
            assert_eq!(selects(text), expected, "{text}");
        }
    }

    #[test]
    fn malformed_selectors_are_refused() {
        for text in [
            "a b",
            "a=b=c",
            ",a",
            "a,",
            "in (a)x",
            "a in b",
            "a in (b",
            "=b",
            "a!",
            "a>x",
            "-a",
            "a=b c",
            "A/b/c",
            "a=-b",
            "a(b)",
            "a in (b c)",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
