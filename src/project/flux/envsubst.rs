//! `${NAME}` and its forms, evaluated as Flux does after a build.
//!
//! Source: fluxcd/pkg `envsubst/parse` (grammar), `envsubst/eval.go` and `funcs.go` (functions). What depends on a value
//! that is not known stays as written; so do forms that Flux refuses, because nothing reaches the cluster then.

use std::borrow::Cow;

use super::glob;

/// Deepest nesting of defaults in each other.
const MAX_DEPTH: usize = 32;

/// Longest value or pattern that prefixes and suffixes are cut from.
const MAX_MATCHED: usize = 512;

/// Longest text that substitution makes: a manifest that grows beyond it is left alone. The API server takes 1.5 MiB.
pub const MAX_RESULT: usize = 2 << 20;

/// What is known of a variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lookup<'v> {
    /// It has this value.
    Value(&'v str),
    /// Nothing sets it.
    Unset,
    /// Something that cannot be read here may set it.
    Unknown,
}

/// The text as the cluster gets it, as far as it can be known. `$$` becomes `$` where the text has no unknown part.
pub fn substitute<'t, 'v>(text: &'t str, lookup: &dyn Fn(&str) -> Lookup<'v>) -> Cow<'t, str> {
    if !text.contains('$') {
        return Cow::Borrowed(text);
    }
    let mut reader = Reader { text, at: 0 };
    let mut out = String::with_capacity(text.len());
    while let Some(next) = reader.peek() {
        if out.len() > MAX_RESULT {
            return Cow::Borrowed(text);
        }
        let start = reader.at;
        if reader.take("$$") {
            out.push('$');
        } else if reader.take("${") {
            match reader.expansion(lookup, 0) {
                Ok(Some(value)) => out.push_str(&value),
                Ok(None) => out.push_str(&text[start..reader.at]),
                // Flux refuses the whole document.
                Err(Malformed) => return Cow::Borrowed(text),
            }
        } else {
            out.push(next);
            reader.at += next.len_utf8();
        }
    }
    Cow::Owned(out)
}

/// A form that the grammar does not have.
struct Malformed;

/// A value, or `None` where it cannot be known.
type Expanded = Result<Option<String>, Malformed>;

struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn take(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    fn take_while(&mut self, accept: impl Fn(char) -> bool) -> &'t str {
        let rest = self.rest();
        let end = rest.find(|c| !accept(c)).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    fn close(&mut self) -> Result<(), Malformed> {
        self.take("}").then_some(()).ok_or(Malformed)
    }

    fn name(&mut self) -> Result<&'t str, Malformed> {
        let name = self.take_while(|c| c.is_alphanumeric() || c == '_');
        (!name.is_empty()).then_some(name).ok_or(Malformed)
    }

    /// What stands behind `${`, with the brace that closes it.
    fn expansion<'v>(&mut self, lookup: &dyn Fn(&str) -> Lookup<'v>, depth: usize) -> Expanded {
        if depth > MAX_DEPTH {
            return Err(Malformed);
        }
        if self.take("#") {
            let name = self.name()?;
            self.close()?;
            return Ok(set(lookup(name)).map(|value| value.len().to_string()));
        }
        let name = self.name()?;
        let value = lookup(name);
        if self.take("}") {
            return Ok(set(value).map(str::to_owned));
        }
        for operator in [":=", ":-", ":?", ":+", "="] {
            if self.take(operator) {
                return self.default(value, lookup, depth);
            }
        }
        let done = match self.peek() {
            Some(':') => self.substring(set(value))?,
            Some(',' | '^') => self.casing(set(value)),
            Some('/') => self.replacement(set(value))?,
            Some('#' | '%') => self.removal(set(value)),
            _ => return Err(Malformed),
        };
        self.close()?;
        Ok(done)
    }

    /// Every operator that names a word is a default to Flux, `:+` and `:?` too; an empty value counts as none.
    fn default<'v>(
        &mut self,
        value: Lookup<'v>,
        lookup: &dyn Fn(&str) -> Lookup<'v>,
        depth: usize,
    ) -> Expanded {
        let mut word = Some(String::new());
        while !self.take("}") {
            let part = if self.take("${") {
                self.expansion(lookup, depth + 1)?
            } else {
                let next = self.peek().ok_or(Malformed)?;
                self.at += next.len_utf8();
                Some(next.to_string())
            };
            word = match (word, part) {
                (Some(word), Some(part)) if word.len() + part.len() <= MAX_RESULT => {
                    Some(word + &part)
                }
                _ => None,
            };
        }
        Ok(match value {
            Lookup::Value("") | Lookup::Unset => word,
            Lookup::Value(value) => Some(value.to_owned()),
            Lookup::Unknown => None,
        })
    }

    /// `:start` and `:start:length`, in bytes.
    fn substring(&mut self, value: Option<&str>) -> Expanded {
        self.take(":");
        let start = plain(self.take_while(|c| c != ':' && c != '}'));
        let length = self.take(":").then(|| plain(self.take_while(|c| c != '}')));
        let (Some(value), Some(start)) = (value, start) else {
            return Ok(None);
        };
        let Ok(start) = start.parse::<i64>() else {
            return Ok(Some(value.to_owned()));
        };
        let size = i64::try_from(value.len()).map_err(|_| Malformed)?;
        let start = if start < 0 {
            (size + start).max(0)
        } else {
            start.min(size)
        };
        let end = match length {
            None => size,
            Some(None) => return Ok(None),
            Some(Some(length)) => match length.parse::<i64>() {
                // A negative length makes Go's slice fail or go backwards.
                Ok(length) if length < 0 => return Ok(None),
                Ok(length) => start.saturating_add(length).min(size),
                Err(_) => return Ok(Some(value.to_owned())),
            },
        };
        let range = usize::try_from(start)
            .ok()
            .zip(usize::try_from(end).ok())
            .and_then(|(start, end)| value.get(start..end));
        Ok(range.map(str::to_owned))
    }

    fn casing(&mut self, value: Option<&str>) -> Option<String> {
        let operator = self.take_while(|c| c == ',' || c == '^');
        let value = value?;
        let mut letters = value.chars();
        match operator {
            ",," => Some(value.to_lowercase()),
            "^^" => Some(value.to_uppercase()),
            "," => Some(letters.next().map_or(String::new(), |first| {
                first.to_lowercase().collect::<String>() + letters.as_str()
            })),
            "^" => Some(letters.next().map_or(String::new(), |first| {
                first.to_uppercase().collect::<String>() + letters.as_str()
            })),
            _ => None,
        }
    }

    /// `/old/new` and its forms with `//`, `/#` and `/%`.
    fn replacement(&mut self, value: Option<&str>) -> Expanded {
        let operator = ["//", "/#", "/%", "/"]
            .into_iter()
            .find(|operator| self.take(operator))
            .ok_or(Malformed)?;
        let old = self.word('/');
        if self.take_while(|c| c == '/').is_empty() {
            return Err(Malformed);
        }
        let new = self.word('}');
        let (Some(value), Some(old), Some(new)) = (value, old, new) else {
            return Ok(None);
        };
        let most = value.len().saturating_add(1).saturating_mul(new.len() + 1);
        if most > MAX_RESULT {
            return Ok(None);
        }
        Ok(Some(match operator {
            "//" => value.replace(&old, &new),
            "/#" if !value.starts_with(&old) => value.to_owned(),
            "/%" => match value.strip_suffix(&old) {
                Some(front) => format!("{front}{new}"),
                None => value.to_owned(),
            },
            _ => value.replacen(&old, &new, 1),
        }))
    }

    /// A word up to `end`, in which a backslash takes the meaning from a slash or another one.
    fn word(&mut self, end: char) -> Option<String> {
        let mut word = String::new();
        let mut known = true;
        while let Some(next) = self.peek().filter(|next| *next != end) {
            if self.take("\\/") {
                word.push('/');
            } else if self.take("\\\\") {
                word.push('\\');
            } else {
                known &= next != '$';
                word.push(next);
                self.at += next.len_utf8();
            }
        }
        known.then_some(word)
    }

    /// `#`, `##`, `%` and `%%`: cuts what a pattern matches off the front or the end.
    fn removal(&mut self, value: Option<&str>) -> Option<String> {
        let operator = self.take_while(|c| c == '#' || c == '%');
        let pattern = plain(self.take_while(|c| c != '}'))?;
        let value = value?;
        let simple = |text: &str| text.is_ascii() && text.len() <= MAX_MATCHED;
        if !simple(value) || !simple(pattern) || pattern.contains(['[', '\\']) {
            return None;
        }
        let reversed = |text: &str| text.chars().rev().collect::<String>();
        match operator {
            "#" => Some(cut(value, pattern, false)),
            "##" => Some(cut(value, pattern, true)),
            "%" => Some(reversed(&cut(&reversed(value), &reversed(pattern), false))),
            "%%" => Some(reversed(&cut(&reversed(value), &reversed(pattern), true))),
            _ => None,
        }
    }
}

/// The value of a variable; one that is not set is nothing to Flux, and an error where it is strict.
fn set(value: Lookup<'_>) -> Option<&str> {
    match value {
        Lookup::Value(value) => Some(value),
        Lookup::Unset | Lookup::Unknown => None,
    }
}

/// A word without variables in it.
fn plain(word: &str) -> Option<&str> {
    (!word.contains('$')).then_some(word)
}

/// The text without the shortest or longest start that a pattern matches.
fn cut(text: &str, pattern: &str, longest: bool) -> String {
    let matches = |end: &usize| glob::matches(pattern, &text[..*end]);
    let mut ends = 1..=text.len();
    let end = if longest {
        ends.rev().find(matches)
    } else {
        ends.find(matches)
    };
    text[end.unwrap_or(0)..].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn eval(text: &str, variables: &[(&str, &str)]) -> String {
        let lookup = |name: &str| {
            let known = variables.iter().find(|(known, _)| *known == name);
            match known {
                Some((_, value)) => Lookup::Value(value),
                None if name.starts_with("HIDDEN") => Lookup::Unknown,
                None => Lookup::Unset,
            }
        };
        substitute(text, &lookup).into_owned()
    }

    /// Text, variables, result.
    type Row<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a str);

    /// Texts and results of fluxcd/pkg `envsubst/eval_test.go` (July 2026), which has them from the bash guide.
    #[test]
    fn the_forms_of_bash_give_what_flux_makes_of_them() {
        let s = "abcdEFGH28ij";
        let z = "abcABC123ABCabc";
        let table: &[Row<'_>] = &[
            ("${#v}", &[("v", s)], "12"),
            ("${v^}", &[("v", s)], "AbcdEFGH28ij"),
            ("${v^^}", &[("v", s)], "ABCDEFGH28IJ"),
            ("${v,}", &[("v", "ABCDEFGH28IJ")], "aBCDEFGH28IJ"),
            ("${v,,}", &[("v", "ABCDEFGH28IJ")], "abcdefgh28ij"),
            (
                "${p:11}",
                &[("p", "/home/bozo/ideas/thoughts.for.today")],
                "ideas/thoughts.for.today",
            ),
            (
                "${p:11:5}",
                &[("p", "/home/bozo/ideas/thoughts.for.today")],
                "ideas",
            ),
            ("${v=xyz}", &[("v", "abc")], "abc"),
            ("${v=xyz}", &[], "xyz"),
            ("${v:=xyz}", &[], "xyz"),
            ("${v:-xyz}", &[("v", "")], "xyz"),
            ("a ${v=${d}}", &[("d", "foo")], "a foo"),
            ("${v=pre${d}-post}", &[("d", "foo")], "prefoo-post"),
            ("${v=${w^^}}", &[("w", s)], "ABCDEFGH28IJ"),
            ("${z/%abc/XYZ}", &[("z", z)], "abcABC123ABCXYZ"),
            ("${z/#abc/XYZ}", &[("z", z)], "XYZABC123ABCabc"),
            ("${z//abc/xyz}", &[("z", z)], "xyzABC123ABCxyz"),
            ("${z/abc/xyz}", &[("z", z)], "xyzABC123ABCabc"),
            ("${f#*.}", &[("f", "bash.string.txt")], "string.txt"),
            ("${f##*.}", &[("f", "bash.string.txt")], "txt"),
            ("${f##*/}", &[("f", "path/to/file")], "file"),
            ("${f#*/}", &[("f", "/path/to/file")], "path/to/file"),
            ("${f%.*}", &[("f", "bash.string.txt")], "bash.string"),
            ("${f%%.*}", &[("f", "bash.string.txt")], "bash"),
            ("$${v}", &[("v", s)], "${v}"),
            ("t ${v}$${w$${v}$v${v}", &[("v", "x")], "t x${w${v}$vx"),
            ("a $${v=${d}}", &[("d", "foo")], "a ${v=foo}"),
            (r"${z/\//-}", &[("z", "foo/bar")], "foo-bar"),
            (r"${z//\//-}", &[("z", "foo/bar/baz")], "foo-bar-baz"),
            (r"\\s ${v=${d}}", &[("d", "foo")], r"\\s foo"),
            ("${z/./}", &[("z", "foo.bar")], "foobar"),
        ];
        for (text, variables, expected) in table {
            assert_eq!(eval(text, variables), *expected, "{text}");
        }
    }

    #[test]
    fn what_depends_on_a_hidden_value_stays() {
        let app = [("APP", "photos")];
        assert_eq!(eval("${APP}-${HIDDEN}", &app), "photos-${HIDDEN}");
        assert_eq!(eval("${HIDDEN:=v3}", &app), "${HIDDEN:=v3}");
        assert_eq!(eval("${N:=${HIDDEN}}", &app), "${N:=${HIDDEN}}");
        assert_eq!(eval("${APP:=${HIDDEN}}", &app), "photos");
        assert_eq!(
            eval("${NOBODY}", &app),
            "${NOBODY}",
            "an error where Flux is strict"
        );
    }

    #[test]
    fn a_text_that_flux_refuses_stays_whole() {
        for text in [
            "${APP} ${}",
            "${APP",
            "${APP-x}",
            "${.Values.x}",
            "${ APP }",
        ] {
            assert_eq!(eval(text, &[("APP", "photos")]), text);
        }
    }

    #[test]
    fn what_grows_is_bounded() {
        let long = "x".repeat(1 << 20);
        let many = "${V}".repeat(1_000);
        assert_eq!(eval(&many, &[("V", &long)]), many);
        let multiplied = format!("${{V//x/{}}}", "y".repeat(100));
        assert_eq!(eval(&multiplied, &[("V", &long)]), multiplied);
    }

    #[test]
    fn nesting_is_bounded() {
        let deep = "${A:=".repeat(5_000) + &"}".repeat(5_000);
        assert_eq!(eval(&deep, &[]), deep);
    }
}
