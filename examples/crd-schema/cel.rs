//! The CEL rules that a JSON Schema can tell: which fields stand together, and what plain values they have.

use std::collections::BTreeSet;

use serde_json::{Value, json};

/// A rule of such a kind.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Rule {
    /// `has(self.a)`.
    Has(String),
    /// `self.a == 'x'`, or `self == 'x'` where the path is empty; a field that is absent fails.
    Is(String, Value),
    /// `self.a.size() == 0`.
    Empty(String),
    /// `self.a.startsWith('x')`.
    Starts(String, String),
    /// `self > 0`.
    Above(i64),
    Not(Box<Self>),
    All(Vec<Self>),
    Any(Vec<Self>),
}

/// The rule of a text; `None` for one that no schema can tell.
pub(crate) fn parse(text: &str) -> Option<Rule> {
    let tokens = tokens(text)?;
    let mut parser = Parser {
        tokens: &tokens,
        at: 0,
    };
    let rule = parser.any()?;
    (parser.at == tokens.len()).then_some(rule)
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    /// A name with its dots: `self.a.size`.
    Name(String),
    Text(String),
    Number(i64),
    Sign(&'static str),
}

const SIGNS: &[&str] = &["&&", "||", "==", "!=", "(", ")", "!", ">"];

fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            tokens.push(Token::Sign(sign));
            sign.len()
        } else if first == '\'' {
            let content = rest[1..].split('\'').next()?;
            tokens.push(Token::Text(content.to_owned()));
            content.len() + 2
        } else {
            let is_part = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '_';
            let word: &str = rest.split(|c| !is_part(c)).next()?;
            match word.parse() {
                Ok(number) => tokens.push(Token::Number(number)),
                Err(_) if word.is_empty() => return None,
                Err(_) => tokens.push(Token::Name(word.to_owned())),
            }
            word.len()
        };
        rest = rest.get(length..)?.trim_start();
    }
    Some(tokens)
}

struct Parser<'t> {
    tokens: &'t [Token],
    at: usize,
}

impl Parser<'_> {
    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at)?.clone();
        self.at += 1;
        Some(token)
    }

    fn takes(&mut self, sign: &str) -> bool {
        let there = matches!(self.tokens.get(self.at), Some(Token::Sign(own)) if *own == sign);
        self.at += usize::from(there);
        there
    }

    fn any(&mut self) -> Option<Rule> {
        let mut rules = vec![self.all()?];
        while self.takes("||") {
            rules.push(self.all()?);
        }
        Some(one_or(rules, Rule::Any))
    }

    fn all(&mut self) -> Option<Rule> {
        let mut rules = vec![self.one()?];
        while self.takes("&&") {
            rules.push(self.one()?);
        }
        Some(one_or(rules, Rule::All))
    }

    fn one(&mut self) -> Option<Rule> {
        if self.takes("!") {
            return Some(Rule::Not(Box::new(self.one()?)));
        }
        if self.takes("(") {
            let rule = self.any()?;
            return self.takes(")").then_some(rule);
        }
        let Token::Name(name) = self.next()? else {
            return None;
        };
        if name == "has" {
            let field = self.has_rest()?;
            return Some(Rule::Has(field));
        }
        self.about(own_path(&name)?)
    }

    /// The field of `has(`field`)`.
    fn has_rest(&mut self) -> Option<String> {
        let open = self.takes("(");
        let Some(Token::Name(name)) = self.next() else {
            return None;
        };
        (open && self.takes(")")).then(|| own_path(&name))?
    }

    /// What is said of a path.
    fn about(&mut self, path: String) -> Option<Rule> {
        let called = |method: &str| {
            let before = path.strip_suffix(method)?;
            Some(before.strip_suffix('.').unwrap_or(before).to_owned())
        };
        if let Some(path) = called("size") {
            let called = self.takes("(") && self.takes(")");
            let equal = self.takes("==");
            let there = called && (equal || self.takes("!="));
            let zero = self.next()? == Token::Number(0);
            return (there && zero).then(|| signed(Rule::Empty(path), equal));
        }
        if let Some(path) = called("startsWith") {
            let open = self.takes("(");
            let Token::Text(prefix) = self.next()? else {
                return None;
            };
            return (open && self.takes(")")).then_some(Rule::Starts(path, prefix));
        }
        if self.takes(">") {
            let Token::Number(bound) = self.next()? else {
                return None;
            };
            return path.is_empty().then_some(Rule::Above(bound));
        }
        let equal = self.takes("==");
        if equal || self.takes("!=") {
            let Token::Text(value) = self.next()? else {
                return None;
            };
            return Some(signed(Rule::Is(path, json!(value)), equal));
        }
        (!path.is_empty()).then_some(Rule::Is(path, json!(true)))
    }
}

fn signed(rule: Rule, positive: bool) -> Rule {
    if positive {
        rule
    } else {
        Rule::Not(Box::new(rule))
    }
}

fn one_or(mut rules: Vec<Rule>, several: fn(Vec<Rule>) -> Rule) -> Rule {
    match rules.len() {
        1 => rules.remove(0),
        _ => several(rules),
    }
}

/// The path below `self`; `None` for other names.
fn own_path(name: &str) -> Option<String> {
    let path = name.strip_prefix("self")?;
    let path = path.strip_prefix('.').unwrap_or(path);
    Some(path.to_owned())
}

impl Rule {
    /// The schema that takes what the rule takes.
    pub(crate) fn schema(&self) -> Value {
        let all = |rules: &[Self]| rules.iter().map(Self::schema).collect::<Vec<_>>();
        match self {
            Self::Has(path) => at(path, None),
            Self::Is(path, value) => at(path, Some(json!({ "const": value }))),
            Self::Empty(path) => {
                let empty = json!({ "maxLength": 0, "maxItems": 0 });
                if path.is_empty() {
                    empty
                } else {
                    at(path, Some(empty))
                }
            }
            Self::Starts(path, prefix) => {
                let escaped: String = prefix.chars().map(|c| format!("[{c}]")).collect();
                at(path, Some(json!({ "pattern": format!("^{escaped}") })))
            }
            Self::Above(bound) => json!({ "exclusiveMinimum": bound }),
            Self::Not(rule) => json!({ "not": rule.schema() }),
            Self::All(rules) => json!({ "allOf": all(rules) }),
            Self::Any(rules) => json!({ "anyOf": all(rules) }),
        }
    }

    /// The fields of the object itself that it speaks of.
    pub(crate) fn fields(&self) -> BTreeSet<String> {
        let first = |path: &String| path.split('.').next().unwrap_or_default().to_owned();
        let mut fields = BTreeSet::new();
        match self {
            Self::Has(path) | Self::Is(path, _) | Self::Empty(path) | Self::Starts(path, _) => {
                fields.insert(first(path));
            }
            Self::Above(_) => {}
            Self::Not(rule) => fields = rule.fields(),
            Self::All(rules) | Self::Any(rules) => {
                fields = rules.iter().flat_map(Self::fields).collect();
            }
        }
        fields.remove("");
        fields
    }

    /// What it asks for, as the end of "… that".
    pub(crate) fn in_words(&self) -> String {
        if let Self::Not(rule) = self
            && let Self::All(rules) = rule.as_ref()
        {
            return joined(rules, &|rule| rule.words(false), " or ");
        }
        self.words(true)
    }

    fn words(&self, holds: bool) -> String {
        let not = if holds { "" } else { "not " };
        let name = |path: &String| match path.as_str() {
            "" => "the value".to_owned(),
            path => format!("`{path}`"),
        };
        match self {
            Self::Has(path) => format!("{} is {not}set", name(path)),
            Self::Is(path, value) => {
                let value = value.as_str().map_or(value.to_string(), str::to_owned);
                let value = if value.is_empty() {
                    "empty".to_owned()
                } else {
                    format!("`{value}`")
                };
                format!("{} is {not}{value}", name(path))
            }
            Self::Empty(path) => format!("{} is {not}empty", name(path)),
            Self::Starts(path, prefix) => {
                let verb = if holds { "begins" } else { "does not begin" };
                format!("{} {verb} with `{prefix}`", name(path))
            }
            Self::Above(bound) if holds => format!("the value is above {bound}"),
            Self::Above(bound) => format!("the value is at most {bound}"),
            Self::Not(rule) => rule.words(!holds),
            Self::All(rules) => {
                let link = if holds { " and " } else { " or " };
                joined(rules, &|rule| rule.words(holds), link)
            }
            Self::Any(rules) => {
                let link = if holds { " or " } else { " and " };
                joined(rules, &|rule| rule.words(holds), link)
            }
        }
    }
}

fn joined(rules: &[Rule], words: &dyn Fn(&Rule) -> String, link: &str) -> String {
    let word = |rule: &Rule| match rule {
        Rule::All(_) | Rule::Any(_) => format!("({})", words(rule)),
        _ => words(rule),
    };
    rules.iter().map(word).collect::<Vec<_>>().join(link)
}

/// A schema for what stands at a path, which must be there; at the value itself where the path is empty.
fn at(path: &str, inner: Option<Value>) -> Value {
    if path.is_empty() {
        return inner.unwrap_or(json!({}));
    }
    let (first, rest) = path.split_once('.').unwrap_or((path, ""));
    let inner = match rest {
        "" => inner,
        rest => Some(at(rest, inner)),
    };
    match inner {
        Some(inner) => json!({ "required": [first], "properties": { first: inner } }),
        None => json!({ "required": [first] }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Option<String> {
        parse(text).map(|rule| rule.in_words())
    }

    #[test]
    fn rules_are_told_in_words() {
        let table = [
            (
                "!(has(self.a) && has(self.b))",
                "`a` is not set or `b` is not set",
            ),
            (
                "!has(self.a) || self.p == 'icu'",
                "`a` is not set or `p` is `icu`",
            ),
            ("self > 0", "the value is above 0"),
            ("self != ''", "the value is not empty"),
            ("self.name.size() != 0", "`name` is not empty"),
            (
                "!self.name.startsWith('pg_')",
                "`name` does not begin with `pg_`",
            ),
            (
                "!has(self.c) || !self.c.on || self.login",
                "`c` is not set or `c.on` is not `true` or `login` is `true`",
            ),
            (
                "(has(self.a) && !has(self.b)) || has(self.c)",
                "(`a` is set and `b` is not set) or `c` is set",
            ),
        ];
        for (text, expected) in table {
            assert_eq!(words(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_a_schema_cannot_tell_is_none() {
        for text in [
            "self == oldSelf",
            "self.all(e, self.filter(f, f.key==e.key).size() == 1)",
            "!self.exists(a, a.startsWith('--log-level'))",
            "has(self.a",
            "self.a + 1 > 2",
            "",
        ] {
            assert_eq!(words(text), None, "{text}");
        }
    }

    #[test]
    fn a_schema_takes_what_the_rule_takes() {
        let rule = parse("!has(self.a) || self.p.q == 'x'").unwrap();
        let expected = json!({ "anyOf": [
            { "not": { "required": ["a"] } },
            { "required": ["p"], "properties": { "p": { "required": ["q"], "properties": { "q": { "const": "x" } } } } },
        ] });
        assert_eq!(rule.schema(), expected);
        assert_eq!(rule.fields().into_iter().collect::<Vec<_>>(), ["a", "p"]);
    }
}
