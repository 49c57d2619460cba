//! Tokens into an expression: the grammar of gojq 0.12.19 (`parser.go.y`), with a limit on nesting.

use super::Refusal;
use super::lex::{Part, Token, tokens};
use super::precedence::{Side, joined, operator};
use super::syntax::{Expr, Fold, Function, Pattern, TextPart};
use super::value::Val;

/// Deepest nesting of an expression.
const DEEPEST: usize = 120;

const KEYWORDS: &[&str] = &[
    "or", "and", "module", "import", "include", "def", "as", "label", "break", "null", "true",
    "false", "if", "then", "elif", "else", "end", "try", "catch", "reduce", "foreach",
];

/// Reads a whole expression.
///
/// # Errors
/// [`Refusal::Broken`] where gojq does not read it, [`Refusal::Undecided`] where it is nested too deeply.
pub(super) fn parse(text: &str) -> Result<Expr, Refusal> {
    parse_tokens(&tokens(text)?, 0)
}

/// Reads definitions only.
pub(super) fn definitions(text: &str) -> Result<Vec<Function>, Refusal> {
    let tokens = tokens(text)?;
    let mut parser = Parser {
        tokens: &tokens,
        at: 0,
        depth: 0,
    };
    let mut found = Vec::new();
    while parser.word("def") {
        found.push(parser.definition()?);
    }
    parser.end()?;
    Ok(found)
}

fn parse_tokens(tokens: &[Token], depth: usize) -> Result<Expr, Refusal> {
    let mut parser = Parser {
        tokens,
        at: 0,
        depth,
    };
    let expr = parser.query()?;
    parser.end()?;
    Ok(expr)
}

struct Parser<'t> {
    tokens: &'t [Token],
    at: usize,
    depth: usize,
}

/// What follows a term.
enum Suffix {
    Index(Expr),
    Slice(Option<Expr>, Option<Expr>),
    Iterate,
    Optional,
}

fn text(plain: &str) -> Expr {
    Expr::Const(Val::text(plain))
}

impl<'t> Parser<'t> {
    fn peek(&self) -> Option<&'t Token> {
        self.tokens.get(self.at)
    }

    fn next(&mut self) -> Option<&'t Token> {
        let token = self.tokens.get(self.at)?;
        self.at += 1;
        Some(token)
    }

    fn sign(&mut self, sign: &str) -> bool {
        let here = matches!(self.peek(), Some(Token::Sign(own)) if *own == sign);
        self.at += usize::from(here);
        here
    }

    fn word(&mut self, word: &str) -> bool {
        let here = matches!(self.peek(), Some(Token::Word(own)) if own == word);
        self.at += usize::from(here);
        here
    }

    fn expect(&mut self, sign: &str) -> Result<(), Refusal> {
        if self.sign(sign) {
            Ok(())
        } else {
            Err(self.unexpected(&format!("`{sign}`")))
        }
    }

    fn expect_word(&mut self, word: &str) -> Result<(), Refusal> {
        if self.word(word) {
            Ok(())
        } else {
            Err(self.unexpected(&format!("`{word}`")))
        }
    }

    fn end(&self) -> Result<(), Refusal> {
        if self.peek().is_none() {
            Ok(())
        } else {
            Err(self.unexpected("the end"))
        }
    }

    fn unexpected(&self, wanted: &str) -> Refusal {
        let found = match self.peek() {
            None => "the end".to_owned(),
            Some(Token::Word(name) | Token::Variable(name) | Token::Format(name)) => {
                format!("`{name}`")
            }
            Some(Token::Field(name)) => format!("`.{name}`"),
            Some(Token::Number(number)) => format!("`{number}`"),
            Some(Token::Text(_)) => "a string".to_owned(),
            Some(Token::Sign(sign)) => format!("`{sign}`"),
        };
        Refusal::Broken(format!("expected {wanted}, found {found}"))
    }

    fn deeper<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(Refusal::Undecided("it is nested too deeply".to_owned()));
        }
        let found = read(self);
        self.depth -= 1;
        found
    }

    /// Pipes, the loosest of all. A definition, a label and a binding reach to the end of what follows them.
    fn query(&mut self) -> Result<Expr, Refusal> {
        self.deeper(|parser| {
            let left = parser.commas()?;
            if !parser.sign("|") {
                return Ok(left);
            }
            Ok(Expr::Pipe(Box::new(left), Box::new(parser.query()?)))
        })
    }

    fn commas(&mut self) -> Result<Expr, Refusal> {
        let mut left = self.statement()?;
        while self.sign(",") {
            left = Expr::Comma(Box::new(left), Box::new(self.statement()?));
        }
        Ok(left)
    }

    fn statement(&mut self) -> Result<Expr, Refusal> {
        if self.word("def") {
            let function = self.deeper(Self::definition)?;
            return Ok(Expr::Define(Box::new(function), Box::new(self.query()?)));
        }
        if self.word("label") {
            let name = self.variable()?;
            self.expect("|")?;
            return Ok(Expr::Label(name, Box::new(self.query()?)));
        }
        let source = self.expression(1)?;
        if !self.word("as") {
            return Ok(source);
        }
        let mut patterns = vec![self.deeper(Self::pattern)?];
        while self.sign("?//") {
            patterns.push(self.deeper(Self::pattern)?);
        }
        self.expect("|")?;
        Ok(Expr::Bind(
            Box::new(source),
            patterns,
            Box::new(self.query()?),
        ))
    }

    /// What follows `def`.
    fn definition(&mut self) -> Result<Function, Refusal> {
        let name = self.plain_name()?;
        let mut params = Vec::new();
        if self.sign("(") {
            loop {
                params.push(match self.peek() {
                    Some(Token::Variable(_)) => self.variable()?,
                    _ => self.plain_name()?,
                });
                if !self.sign(";") {
                    break;
                }
            }
            self.expect(")")?;
        }
        self.expect(":")?;
        let body = self.query()?;
        self.expect(";")?;
        Ok(Function { name, params, body })
    }

    fn plain_name(&mut self) -> Result<String, Refusal> {
        match self.peek() {
            Some(Token::Word(name))
                if !KEYWORDS.contains(&name.as_str()) && !name.contains(':') =>
            {
                self.at += 1;
                Ok(name.clone())
            }
            _ => Err(self.unexpected("a name")),
        }
    }

    fn variable(&mut self) -> Result<String, Refusal> {
        match self.peek() {
            Some(Token::Variable(name)) if !name.contains(':') => {
                self.at += 1;
                Ok(name.clone())
            }
            _ => Err(self.unexpected("a variable")),
        }
    }

    fn pattern(&mut self) -> Result<Pattern, Refusal> {
        if self.sign("[") {
            let mut items = vec![self.deeper(Self::pattern)?];
            while self.sign(",") {
                items.push(self.deeper(Self::pattern)?);
            }
            self.expect("]")?;
            return Ok(Pattern::Array(items));
        }
        if self.sign("{") {
            let mut entries = vec![self.pattern_entry()?];
            while self.sign(",") {
                entries.push(self.pattern_entry()?);
            }
            self.expect("}")?;
            return Ok(Pattern::Object(entries));
        }
        Ok(Pattern::Variable(self.variable()?))
    }

    fn pattern_entry(&mut self) -> Result<(Expr, Option<String>, Option<Pattern>), Refusal> {
        let mut name = None;
        let key = if self.sign("(") {
            let key = self.query()?;
            self.expect(")")?;
            key
        } else {
            match self.next() {
                Some(Token::Variable(own)) if !own.contains(':') => {
                    name = Some(own.clone());
                    text(&own[1..])
                }
                Some(Token::Word(own)) if !own.contains(':') => text(own),
                Some(Token::Text(parts)) => self.string("tostring", parts)?,
                _ => return Err(Refusal::Broken("expected a key".to_owned())),
            }
        };
        if name.is_some() && !matches!(self.peek(), Some(Token::Sign(":"))) {
            return Ok((key, name, None));
        }
        self.expect(":")?;
        Ok((key, name, Some(self.deeper(Self::pattern)?)))
    }

    /// Operators that bind at least as tightly as `level`.
    fn expression(&mut self, level: u8) -> Result<Expr, Refusal> {
        self.deeper(|parser| {
            let mut left = parser.term()?;
            while let Some((own, side, sign)) = parser.peek().and_then(operator) {
                if own < level {
                    break;
                }
                parser.at += 1;
                let right = parser.expression(if side == Side::Right { own } else { own + 1 })?;
                left = joined(sign, left, right);
                let again = parser.peek().and_then(operator);
                if side == Side::Neither && again.is_some_and(|(next, ..)| next == own) {
                    return Err(
                        parser.unexpected("parentheses around the first comparison or assignment")
                    );
                }
            }
            Ok(left)
        })
    }

    /// A term with what follows it.
    fn term(&mut self) -> Result<Expr, Refusal> {
        self.deeper(|parser| {
            let base = parser.atom()?;
            let mut suffixes = Vec::new();
            while let Some(suffix) = parser.suffix()? {
                suffixes.push(suffix);
            }
            Ok(with_suffixes(base, suffixes))
        })
    }

    fn suffix(&mut self) -> Result<Option<Suffix>, Refusal> {
        let start = self.at;
        match self.peek() {
            Some(Token::Field(name)) => {
                self.at += 1;
                Ok(Some(Suffix::Index(text(name))))
            }
            Some(Token::Sign("?")) => {
                self.at += 1;
                Ok(Some(Suffix::Optional))
            }
            Some(Token::Sign("[")) => self.brackets().map(Some),
            Some(Token::Sign(".")) => {
                self.at += 1;
                match self.peek() {
                    Some(Token::Sign("[")) => self.brackets().map(Some),
                    Some(Token::Text(parts)) => {
                        self.at += 1;
                        Ok(Some(Suffix::Index(self.string("tostring", parts)?)))
                    }
                    _ => {
                        self.at = start;
                        Ok(None)
                    }
                }
            }
            _ => Ok(None),
        }
    }

    fn brackets(&mut self) -> Result<Suffix, Refusal> {
        self.expect("[")?;
        if self.sign("]") {
            return Ok(Suffix::Iterate);
        }
        if self.sign(":") {
            let to = self.query()?;
            self.expect("]")?;
            return Ok(Suffix::Slice(None, Some(to)));
        }
        let first = self.query()?;
        if !self.sign(":") {
            self.expect("]")?;
            return Ok(Suffix::Index(first));
        }
        if self.sign("]") {
            return Ok(Suffix::Slice(Some(first), None));
        }
        let to = self.query()?;
        self.expect("]")?;
        Ok(Suffix::Slice(Some(first), Some(to)))
    }

    fn atom(&mut self) -> Result<Expr, Refusal> {
        let here = self.peek();
        let unexpected = self.unexpected("a term");
        match self.next().ok_or(unexpected.clone())? {
            Token::Field(name) => Ok(Expr::Index(Box::new(Expr::Identity), Box::new(text(name)))),
            Token::Variable(name) => Ok(Expr::Variable(name.clone())),
            Token::Number(number) => Ok(Expr::Const(Val::Number(*number))),
            Token::Text(parts) => self.string("tostring", parts),
            Token::Format(name) => self.format(name),
            Token::Word(word) => self.word_term(word, unexpected),
            Token::Sign(sign) => match *sign {
                "." => self.after_dot(),
                ".." => Ok(Expr::Call("recurse".to_owned(), Vec::new())),
                "-" => Ok(Expr::Negate(Box::new(self.term()?))),
                "+" => Ok(Expr::Plus(Box::new(self.term()?))),
                "(" => {
                    let inner = self.query()?;
                    self.expect(")")?;
                    Ok(inner)
                }
                "[" if self.sign("]") => Ok(Expr::Array(None)),
                "[" => {
                    let inner = self.query()?;
                    self.expect("]")?;
                    Ok(Expr::Array(Some(Box::new(inner))))
                }
                "{" => self.object(),
                _ => {
                    debug_assert!(here.is_some());
                    Err(unexpected)
                }
            },
        }
    }

    /// `."name"` is a key; `.[…]` is left to the suffixes.
    fn after_dot(&mut self) -> Result<Expr, Refusal> {
        let Some(Token::Text(parts)) = self.peek() else {
            return Ok(Expr::Identity);
        };
        self.at += 1;
        let key = self.string("tostring", parts)?;
        Ok(Expr::Index(Box::new(Expr::Identity), Box::new(key)))
    }

    fn format(&mut self, name: &str) -> Result<Expr, Refusal> {
        let function = match name {
            "@text" => "tostring",
            "@json" => "tojson",
            // Known to gojq, or an error when it runs.
            _ => return Err(Refusal::Undecided(format!("it uses `{name}`"))),
        };
        match self.peek() {
            Some(Token::Text(parts)) => {
                self.at += 1;
                self.string(function, parts)
            }
            _ => Ok(Expr::Call(function.to_owned(), Vec::new())),
        }
    }

    fn string(&mut self, function: &'static str, parts: &[Part]) -> Result<Expr, Refusal> {
        if let [Part::Plain(plain)] = parts {
            return Ok(text(plain));
        }
        let depth = self.depth + 1;
        let parts = parts.iter().map(|part| match part {
            Part::Plain(plain) => Ok(TextPart::Plain(plain.clone())),
            Part::Query(tokens) => parse_tokens(tokens, depth).map(TextPart::Query),
        });
        Ok(Expr::Text(function, parts.collect::<Result<_, _>>()?))
    }

    fn word_term(&mut self, word: &str, unexpected: Refusal) -> Result<Expr, Refusal> {
        match word {
            "null" => Ok(Expr::Const(Val::Null)),
            "true" => Ok(Expr::Const(Val::Bool(true))),
            "false" => Ok(Expr::Const(Val::Bool(false))),
            "if" => self.condition(),
            "try" => {
                let body = self.term()?;
                let handler = if self.word("catch") {
                    Some(Box::new(self.term()?))
                } else {
                    None
                };
                Ok(Expr::Try(Box::new(body), handler))
            }
            "reduce" | "foreach" => self.fold(word == "foreach"),
            "break" => Ok(Expr::Break(self.variable()?)),
            _ if KEYWORDS.contains(&word) => Err(unexpected),
            _ => {
                let mut args = Vec::new();
                if self.sign("(") {
                    args.push(self.query()?);
                    while self.sign(";") {
                        args.push(self.query()?);
                    }
                    self.expect(")")?;
                }
                Ok(Expr::Call(word.to_owned(), args))
            }
        }
    }

    fn condition(&mut self) -> Result<Expr, Refusal> {
        let mut cases = Vec::new();
        loop {
            let condition = self.query()?;
            self.expect_word("then")?;
            cases.push((condition, self.query()?));
            if !self.word("elif") {
                break;
            }
        }
        let otherwise = if self.word("else") {
            Some(Box::new(self.query()?))
        } else {
            None
        };
        self.expect_word("end")?;
        Ok(Expr::If(cases, otherwise))
    }

    fn fold(&mut self, each: bool) -> Result<Expr, Refusal> {
        let source = self.expression(1)?;
        self.expect_word("as")?;
        let pattern = self.deeper(Self::pattern)?;
        self.expect("(")?;
        let start = self.query()?;
        self.expect(";")?;
        let update = self.query()?;
        let extract = if each && self.sign(";") {
            Some(self.query()?)
        } else {
            None
        };
        self.expect(")")?;
        Ok(Expr::Fold(Box::new(Fold {
            each,
            source,
            pattern,
            start,
            update,
            extract,
        })))
    }

    fn object(&mut self) -> Result<Expr, Refusal> {
        let mut entries = Vec::new();
        loop {
            if self.sign("}") {
                return Ok(Expr::Object(entries));
            }
            entries.push(self.entry()?);
            if !self.sign(",") {
                self.expect("}")?;
                return Ok(Expr::Object(entries));
            }
        }
    }

    /// A key alone stands for the value under it; a variable alone, for its own name and value.
    fn entry(&mut self) -> Result<(Expr, Option<Expr>), Refusal> {
        let unexpected = self.unexpected("a key");
        let (key, alone) = match self.next().ok_or(unexpected.clone())? {
            Token::Sign("(") => {
                let key = self.query()?;
                self.expect(")")?;
                self.expect(":")?;
                return Ok((key, Some(self.entry_value()?)));
            }
            Token::Variable(name) if !name.contains(':') => (
                Expr::Variable(name.clone()),
                Some((text(&name[1..]), Expr::Variable(name.clone()))),
            ),
            Token::Word(name) if !name.contains(':') => (text(name), None),
            Token::Text(parts) => (self.string("tostring", parts)?, None),
            _ => return Err(unexpected),
        };
        if self.sign(":") {
            return Ok((key, Some(self.entry_value()?)));
        }
        Ok(alone.map_or((key, None), |(name, value)| (name, Some(value))))
    }

    fn entry_value(&mut self) -> Result<Expr, Refusal> {
        let left = self.expression(1)?;
        if !self.sign("|") {
            return Ok(left);
        }
        let right = self.deeper(Self::entry_value)?;
        Ok(Expr::Pipe(Box::new(left), Box::new(right)))
    }
}

/// `?` guards the last step alone: what comes before it may still fail.
fn with_suffixes(base: Expr, suffixes: Vec<Suffix>) -> Expr {
    let mut done = base;
    let mut last: Option<Suffix> = None;
    for suffix in suffixes {
        if !matches!(suffix, Suffix::Optional) {
            done = step(done, last.replace(suffix));
            continue;
        }
        done = match last.take() {
            None | Some(Suffix::Optional) => Expr::Try(Box::new(done), None),
            guarded => {
                let guarded = Expr::Try(Box::new(step(Expr::Identity, guarded)), None);
                Expr::Pipe(Box::new(done), Box::new(guarded))
            }
        };
    }
    step(done, last)
}

fn step(term: Expr, suffix: Option<Suffix>) -> Expr {
    let term = Box::new(term);
    match suffix {
        None | Some(Suffix::Optional) => *term,
        Some(Suffix::Index(index)) => Expr::Index(term, Box::new(index)),
        Some(Suffix::Slice(from, to)) => Expr::Slice(term, from.map(Box::new), to.map(Box::new)),
        Some(Suffix::Iterate) => Expr::Iterate(term),
    }
}
