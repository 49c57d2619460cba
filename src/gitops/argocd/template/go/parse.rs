//! From words to a tree.

use super::TemplateError;
use super::lex::{Item, Token, items};
use super::syntax::{Branch, Operand, Piece, Pipeline};

/// Most branches and groups inside of each other.
const DEEPEST: usize = 50;

/// Why a list of pieces ended.
#[derive(Debug, Clone, PartialEq)]
enum Close {
    Template,
    End,
    /// `else`, with the words behind it: those of another `if` or `with`.
    Else(Vec<Token>),
}

fn malformed<T>(message: impl Into<String>) -> Result<T, TemplateError> {
    Err(TemplateError::Malformed(message.into()))
}

/// Parses a template.
pub(super) fn parse(template: &str) -> Result<Vec<Piece>, TemplateError> {
    let items = items(template)?;
    let mut items = items.into_iter();
    let (pieces, end) = pieces(&mut items, 0, 0)?;
    match end {
        Close::Template => Ok(pieces),
        Close::End => malformed("unexpected `end`"),
        Close::Else(_) => malformed("unexpected `else`"),
    }
}

fn pieces(
    items: &mut std::vec::IntoIter<Item>,
    depth: usize,
    loops: usize,
) -> Result<(Vec<Piece>, Close), TemplateError> {
    if depth > DEEPEST {
        return Err(TemplateError::TooMuch);
    }
    let mut found = Vec::new();
    while let Some(item) = items.next() {
        let tokens = match item {
            Item::Text(text) => {
                found.push(Piece::Text(text));
                continue;
            }
            Item::Action(tokens) => trimmed(&tokens).to_vec(),
        };
        let keyword = match tokens.first() {
            Some(Token::Word(word)) => word.as_str(),
            _ => "",
        };
        let rest = trimmed(tokens.get(1..).unwrap_or(&[]));
        match keyword {
            "if" => found.push(Piece::If(branch(items, rest, depth, loops)?)),
            "with" => found.push(Piece::With(branch(items, rest, depth, loops)?)),
            "range" => found.push(Piece::Range(branch(items, rest, depth, loops + 1)?)),
            "end" if rest.is_empty() => return Ok((found, Close::End)),
            "else" => return Ok((found, Close::Else(rest.to_vec()))),
            "break" | "continue" if rest.is_empty() => {
                if loops == 0 {
                    return malformed(format!("`{keyword}` outside of a range"));
                }
                found.push(if keyword == "break" {
                    Piece::Break
                } else {
                    Piece::Continue
                });
            }
            "define" | "template" | "block" => {
                return Err(TemplateError::Unsupported(keyword.to_owned()));
            }
            _ => found.push(Piece::Action(Parser::new(&tokens).whole()?)),
        }
    }
    Ok((found, Close::Template))
}

fn branch(
    items: &mut std::vec::IntoIter<Item>,
    condition: &[Token],
    depth: usize,
    loops: usize,
) -> Result<Branch, TemplateError> {
    let pipeline = Parser::new(condition).whole()?;
    let (body, end) = pieces(items, depth + 1, loops)?;
    let otherwise = match end {
        Close::End => Vec::new(),
        Close::Template => return malformed("a branch has no `end`"),
        Close::Else(next) if next.is_empty() => {
            let (otherwise, end) = pieces(items, depth + 1, loops)?;
            if end != Close::End {
                return malformed("`else` has no `end`");
            }
            otherwise
        }
        Close::Else(next) => {
            // `else if` shares the `end` of the whole.
            let rest = trimmed(&next[1..]);
            let inner = branch(items, rest, depth + 1, loops)?;
            vec![match &next[0] {
                Token::Word(word) if word == "if" => Piece::If(inner),
                Token::Word(word) if word == "with" => Piece::With(inner),
                _ => return malformed("`else` takes `if` or `with`"),
            }]
        }
    };
    Ok(Branch {
        pipeline,
        body,
        otherwise,
    })
}

fn trimmed(tokens: &[Token]) -> &[Token] {
    let start = tokens
        .iter()
        .take_while(|token| **token == Token::Space)
        .count();
    let tokens = &tokens[start..];
    let end = tokens
        .iter()
        .rev()
        .take_while(|token| **token == Token::Space)
        .count();
    &tokens[..tokens.len() - end]
}

struct Parser<'t> {
    tokens: &'t [Token],
    depth: usize,
}

impl<'t> Parser<'t> {
    fn new(tokens: &'t [Token]) -> Self {
        Self { tokens, depth: 0 }
    }

    fn take(&mut self) -> Option<&'t Token> {
        let (first, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        Some(first)
    }

    fn skip_blanks(&mut self) {
        while self.tokens.first() == Some(&Token::Space) {
            self.take();
        }
    }

    fn whole(mut self) -> Result<Pipeline, TemplateError> {
        let pipeline = self.pipeline()?;
        if self.tokens.is_empty() {
            Ok(pipeline)
        } else {
            malformed("unexpected `)` or word")
        }
    }

    fn pipeline(&mut self) -> Result<Pipeline, TemplateError> {
        let (variables, declares) = self.declaration();
        let mut commands = vec![self.command()?];
        while self.tokens.first() == Some(&Token::Pipe) {
            self.take();
            commands.push(self.command()?);
        }
        let is_call = |command: &[Operand]| {
            !matches!(
                command[0],
                Operand::Constant(_) | Operand::Nil | Operand::Dot
            )
        };
        if !commands[1..].iter().all(|command| is_call(command)) {
            return malformed("a constant cannot take the value of a pipeline");
        }
        Ok(Pipeline {
            variables,
            declares,
            commands,
        })
    }

    /// `$x :=`, `$x =`, `$k, $v :=`.
    fn declaration(&mut self) -> (Vec<String>, bool) {
        let before = self.tokens;
        let mut names = Vec::new();
        loop {
            self.skip_blanks();
            let Some(Token::Variable(name)) = self.take() else {
                break;
            };
            names.push(name.clone());
            self.skip_blanks();
            match self.take() {
                Some(Token::Comma) if names.len() == 1 => {}
                Some(Token::Declare) => return (names, true),
                Some(Token::Assign) => return (names, false),
                _ => break,
            }
        }
        self.tokens = before;
        (Vec::new(), false)
    }

    fn command(&mut self) -> Result<Vec<Operand>, TemplateError> {
        let mut operands = Vec::new();
        loop {
            self.skip_blanks();
            match self.tokens.first() {
                None | Some(Token::Pipe | Token::Close) => break,
                Some(_) => operands.push(self.operand()?),
            }
            if !matches!(
                self.tokens.first(),
                None | Some(Token::Space | Token::Pipe | Token::Close)
            ) {
                return malformed("two words without a blank between them");
            }
        }
        if operands.is_empty() {
            return malformed("a command is missing");
        }
        Ok(operands)
    }

    fn operand(&mut self) -> Result<Operand, TemplateError> {
        let Some(token) = self.take() else {
            return malformed("a word is missing");
        };
        Ok(match token {
            Token::Dot => Operand::Dot,
            Token::Constant(value) => Operand::Constant(value.clone()),
            Token::Word(word) if word == "nil" => Operand::Nil,
            Token::Word(word) => Operand::Function(word.clone()),
            Token::Field(name) => {
                let mut names = vec![name.clone()];
                names.extend(self.fields());
                Operand::Field(names)
            }
            Token::Variable(name) => Operand::Variable(name.clone(), self.fields()),
            Token::Open => {
                self.depth += 1;
                if self.depth > DEEPEST {
                    return Err(TemplateError::TooMuch);
                }
                let inner = self.pipeline()?;
                self.depth -= 1;
                if self.take() != Some(&Token::Close) {
                    return malformed("`(` has no `)`");
                }
                Operand::Group(Box::new(inner), self.fields())
            }
            other => return malformed(format!("unexpected {other:?}")),
        })
    }

    fn fields(&mut self) -> Vec<String> {
        let mut names = Vec::new();
        while let Some(Token::Field(name)) = self.tokens.first() {
            names.push(name.clone());
            self.take();
        }
        names
    }
}
