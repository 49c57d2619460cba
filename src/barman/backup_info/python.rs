//! Python literals, as `repr` writes them and `ast.literal_eval` reads them.

use std::iter::Peekable;
use std::str::Chars;

/// How deep lists may stand in lists.
const DEEPEST: usize = 16;

/// A literal. Of numbers only the text is kept, and of dictionaries that they are some.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Literal {
    /// `None`.
    None,
    /// A quoted string.
    Text(String),
    /// A number, as it is written.
    Number(String),
    /// A list or a tuple.
    Sequence(Vec<Literal>),
}

/// Reads one literal that fills the text.
pub(super) fn parse(text: &str) -> Option<Literal> {
    let mut reader = Reader(text.chars().peekable());
    let literal = reader.literal(0)?;
    reader.blanks();
    reader.0.next().is_none().then_some(literal)
}

struct Reader<'t>(Peekable<Chars<'t>>);

impl Reader<'_> {
    fn blanks(&mut self) {
        while self.0.next_if(|c| *c == ' ').is_some() {}
    }

    fn literal(&mut self, depth: usize) -> Option<Literal> {
        self.blanks();
        match *self.0.peek()? {
            '[' => self.sequence(']', depth),
            '(' => self.sequence(')', depth),
            quote @ ('\'' | '"') => self.text(quote).map(Literal::Text),
            _ => self.word(),
        }
    }

    fn sequence(&mut self, end: char, depth: usize) -> Option<Literal> {
        if depth == DEEPEST {
            return None;
        }
        self.0.next()?;
        let mut items = Vec::new();
        loop {
            self.blanks();
            if self.0.next_if_eq(&end).is_some() {
                return Some(Literal::Sequence(items));
            }
            items.push(self.literal(depth + 1)?);
            self.blanks();
            if self.0.next_if_eq(&',').is_none() && *self.0.peek()? != end {
                return None;
            }
        }
    }

    fn word(&mut self) -> Option<Literal> {
        let mut word = String::new();
        let inside = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+' | '_');
        while let Some(character) = self.0.next_if(inside) {
            word.push(character);
        }
        let numeric = word.starts_with(|c: char| c.is_ascii_digit() || c == '-');
        match word.as_str() {
            "None" => Some(Literal::None),
            _ if numeric => Some(Literal::Number(word)),
            _ => None,
        }
    }

    fn text(&mut self, quote: char) -> Option<String> {
        self.0.next()?;
        let mut text = String::new();
        loop {
            match self.0.next()? {
                '\\' => self.escape(&mut text)?,
                character if character == quote => return Some(text),
                character => text.push(character),
            }
        }
    }

    /// What follows a backslash. An unknown one stands for itself with its backslash, as in Python.
    fn escape(&mut self, text: &mut String) -> Option<()> {
        let character = match self.0.next()? {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            'x' => self.code(2)?,
            'u' => self.code(4)?,
            'U' => self.code(8)?,
            same @ ('\\' | '\'' | '"') => same,
            other => {
                text.push('\\');
                other
            }
        };
        text.push(character);
        Some(())
    }

    /// A character by its number. Python allows halves of surrogate pairs, which no text of ours can hold.
    fn code(&mut self, digits: usize) -> Option<char> {
        let mut number = 0_u32;
        for _ in 0..digits {
            number = number.checked_mul(16)? + self.0.next()?.to_digit(16)?;
        }
        char::from_u32(number)
    }
}

#[cfg(test)]
mod tests {
    use super::{Literal, parse};

    fn text(text: &str) -> Literal {
        Literal::Text(text.to_owned())
    }

    #[test]
    fn strings_are_unescaped() {
        for (source, value) in [
            (r"'a\nb\t\'c\'\\'", "a\nb\t'c'\\"),
            (r#""it's""#, "it's"),
            (r"'\xe9\u20ac\U0001f600'", "é€😀"),
            (r"'\q'", "\\q"),
            ("''", ""),
        ] {
            assert_eq!(parse(source), Some(text(value)), "{source}");
        }
    }

    #[test]
    fn lists_of_tuples_are_read() {
        let one = Literal::Sequence(vec![
            text("tbs"),
            Literal::Number("16385".to_owned()),
            text("/srv/tbs"),
        ]);
        let list = Literal::Sequence(vec![one.clone(), one]);
        let source = "[('tbs', 16385, '/srv/tbs'), ('tbs', 16385, '/srv/tbs')]";
        assert_eq!(parse(source), Some(list));
        assert_eq!(parse("[]"), Some(Literal::Sequence(vec![])));
        assert_eq!(parse("(1,)").map(|_| ()), Some(()));
        assert_eq!(parse("None"), Some(Literal::None));
    }

    #[test]
    fn broken_literals_are_refused() {
        let deep = "[".repeat(100_000);
        for source in [
            "",
            "'a",
            "'a\\",
            "'\\x4'",
            "'\\ud800'",
            "'\\UFFFFFFFFFF'",
            "[1 2]",
            "[1,",
            "('a'",
            "(1]",
            "'a' 'b'",
            "True",
            "f(1)",
            deep.as_str(),
        ] {
            assert_eq!(parse(source), None, "{source:.40}");
        }
    }
}
