//! Functions on texts. Source: sprig `strings.go`, `regex.go`, `functions.go`; Argo CD `template_functions.go`.

use std::fmt::Write as _;

use data_encoding::BASE64;
use regex::Regex;
use sha2::{Digest as _, Sha256};

use super::arguments::{Arguments, list_of, text_of, texts_of};
use super::functions::Answer;
use super::numbers::printf;
use super::{TemplateError, Value};

/// Most bytes that a repetition or indentation may give.
const MOST_BYTES: usize = 1 << 20;

pub(super) fn call(name: &str, arguments: &mut Arguments<'_>) -> Answer {
    let text = match name {
        "trim" => arguments.text()?.trim().to_owned(),
        "trimAll" | "trimall" => {
            let set = arguments.text()?;
            arguments
                .text()?
                .trim_matches(|c| set.contains(c))
                .to_owned()
        }
        "trimPrefix" => {
            let prefix = arguments.text()?;
            let text = arguments.text()?;
            text.strip_prefix(&*prefix).unwrap_or(&text).to_owned()
        }
        "trimSuffix" => {
            let suffix = arguments.text()?;
            let text = arguments.text()?;
            text.strip_suffix(&*suffix).unwrap_or(&text).to_owned()
        }
        "lower" => arguments.text()?.to_lowercase(),
        "upper" => arguments.text()?.to_uppercase(),
        "nospace" => arguments.text()?.split_whitespace().collect(),
        "replace" => {
            let (old, new) = (arguments.text()?, arguments.text()?);
            let text = arguments.text()?;
            bounded(text.len().saturating_mul(new.len() + 1))?;
            text.replace(&old, &new)
        }
        "repeat" => {
            let count = usize::try_from(arguments.int()?).unwrap_or(0);
            let text = arguments.text()?;
            bounded(text.len().saturating_mul(count))?;
            text.repeat(count)
        }
        "trunc" => {
            let length = arguments.int()?;
            truncated(&arguments.text()?, length)
        }
        "substr" => {
            let (start, end) = (arguments.int()?, arguments.int()?);
            substring(&arguments.text()?, start, end)
        }
        "quote" => joined(&arguments.rest(), |value| quoted(&text_of(value))),
        "squote" => joined(&arguments.rest(), |value| format!("'{}'", text_of(value))),
        "cat" => joined(&arguments.rest(), text_of),
        "indent" | "nindent" => {
            let width = usize::try_from(arguments.int()?).unwrap_or(0);
            let text = arguments.text()?;
            bounded(
                text.lines()
                    .count()
                    .saturating_mul(width)
                    .saturating_add(text.len()),
            )?;
            let pad = " ".repeat(width);
            let text = format!("{pad}{}", text.replace('\n', &format!("\n{pad}")));
            if name == "nindent" {
                format!("\n{text}")
            } else {
                text
            }
        }
        "toString" => text_of(&arguments.any()?),
        "join" => {
            let separator = arguments.text()?;
            texts_of(&arguments.any()?).join(&separator)
        }
        "b64enc" => BASE64.encode(arguments.text()?.as_bytes()),
        "b64dec" => {
            let bytes = BASE64.decode(arguments.text()?.as_bytes());
            match bytes.ok().and_then(|bytes| String::from_utf8(bytes).ok()) {
                Some(text) => text,
                None => return Err(TemplateError::Unsupported("b64dec of no text".to_owned())),
            }
        }
        "sha256sum" => hexadecimal(&Sha256::digest(arguments.text()?.as_bytes())),
        "normalize" => normalized(&arguments.text()?),
        "base" => path_base(&arguments.text()?),
        "dir" => path_directory(&arguments.text()?),
        "clean" => path_clean(&arguments.text()?),
        "printf" => {
            let format = arguments.text()?;
            printf(&format, &arguments.rest())?
        }
        "regexFind" => {
            let pattern = pattern(arguments)?;
            let text = arguments.text()?;
            pattern
                .find(&text)
                .map_or("", |found| found.as_str())
                .to_owned()
        }
        "regexReplaceAll" | "regexReplaceAllLiteral" => {
            let pattern = pattern(arguments)?;
            let (text, new) = (arguments.text()?, arguments.text()?);
            bounded(text.len().saturating_add(1).saturating_mul(new.len() + 1))?;
            if name == "regexReplaceAll" {
                pattern.replace_all(&text, new.as_str()).into_owned()
            } else {
                pattern
                    .replace_all(&text, regex::NoExpand(&new))
                    .into_owned()
            }
        }
        _ => return tests(name, arguments),
    };
    Ok(Some(Value::Text(text)))
}

/// Functions on texts that give no text.
fn tests(name: &str, arguments: &mut Arguments<'_>) -> Answer {
    Ok(Some(match name {
        "contains" | "hasPrefix" | "hasSuffix" => {
            let part = arguments.text()?;
            let text = arguments.text()?;
            Value::Bool(match name {
                "contains" => text.contains(&*part),
                "hasPrefix" => text.starts_with(&*part),
                _ => text.ends_with(&*part),
            })
        }
        "splitList" => {
            let separator = arguments.text()?;
            list_of(split(&arguments.text()?, &separator, usize::MAX))
        }
        "split" => {
            let separator = arguments.text()?;
            numbered(split(&arguments.text()?, &separator, usize::MAX))
        }
        "splitn" => {
            let separator = arguments.text()?;
            let most = usize::try_from(arguments.int()?).unwrap_or(usize::MAX);
            numbered(split(&arguments.text()?, &separator, most))
        }
        "toStrings" => list_of(texts_of(&arguments.any()?)),
        "regexMatch" => {
            let pattern = pattern(arguments)?;
            Value::Bool(pattern.is_match(&arguments.text()?))
        }
        "regexFindAll" => {
            let pattern = pattern(arguments)?;
            let text = arguments.text()?;
            let most = usize::try_from(arguments.int()?).unwrap_or(usize::MAX);
            list_of(
                pattern
                    .find_iter(&text)
                    .take(most)
                    .map(|found| found.as_str()),
            )
        }
        "regexSplit" => {
            let pattern = pattern(arguments)?;
            let text = arguments.text()?;
            let most = usize::try_from(arguments.int()?).unwrap_or(usize::MAX);
            list_of(pattern.splitn(&text, most))
        }
        _ => return Ok(None),
    }))
}

fn bounded(bytes: usize) -> Result<(), TemplateError> {
    if bytes <= MOST_BYTES {
        Ok(())
    } else {
        Err(TemplateError::TooMuch)
    }
}

/// A pattern of Go's RE2, whose syntax is that of `regex` but for what neither people nor templates use.
fn pattern(arguments: &mut Arguments<'_>) -> Result<Regex, TemplateError> {
    let text = arguments.text()?;
    regex::RegexBuilder::new(&text)
        .size_limit(1 << 20)
        .build()
        .map_err(|_| TemplateError::Failed(format!("bad pattern `{text}`")))
}

fn joined(values: &[Value], shown: impl Fn(&Value) -> String) -> String {
    let present = values.iter().filter(|value| !value.is_nothing());
    present.map(shown).collect::<Vec<_>>().join(" ")
}

/// Go's `%q`.
fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            '\u{7}' => quoted.push_str("\\a"),
            '\u{8}' => quoted.push_str("\\b"),
            '\u{c}' => quoted.push_str("\\f"),
            '\u{b}' => quoted.push_str("\\v"),
            control if (control as u32) < 0x20 || control == '\u{7f}' => {
                let _ = write!(quoted, "\\x{:02x}", control as u32);
            }
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

/// The first bytes, or the last ones where the number is negative. Go cuts bytes, this cuts before the character.
fn truncated(text: &str, length: i64) -> String {
    let wanted = usize::try_from(length.unsigned_abs()).unwrap_or(usize::MAX);
    if text.len() <= wanted {
        return text.to_owned();
    }
    let at = if length < 0 {
        text.len() - wanted
    } else {
        wanted
    };
    let at = (0..=at)
        .rev()
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(0);
    let (start, end) = text.split_at(at);
    if length < 0 { end } else { start }.to_owned()
}

/// sprig's `substring`: a negative start counts as 0, an end before the start or behind the text as the end.
fn substring(text: &str, start: i64, end: i64) -> String {
    let length = i64::try_from(text.len()).unwrap_or(i64::MAX);
    let range = if start < 0 {
        0..end
    } else if end < 0 || end > length {
        start..length
    } else {
        start..end
    };
    let range = usize::try_from(range.start).unwrap_or(0)..usize::try_from(range.end).unwrap_or(0);
    text.get(range).unwrap_or("").to_owned()
}

fn split(text: &str, separator: &str, most: usize) -> Vec<String> {
    if separator.is_empty() {
        return text.chars().map(String::from).collect();
    }
    text.splitn(most, separator).map(str::to_owned).collect()
}

/// sprig's `split` gives a map: `_0`, `_1`, …
fn numbered(texts: Vec<String>) -> Value {
    let entries = texts.into_iter().enumerate();
    Value::Map(
        entries
            .map(|(at, text)| (format!("_{at}"), Value::Text(text)))
            .collect(),
    )
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Argo CD's `SanitizeName`: lower case, `-` for what a DNS name cannot hold, at most 253 bytes, no `-` or `.` at the
/// ends.
pub(in crate::gitops::argocd) fn normalized(name: &str) -> String {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.');
    let mut clean: String = name
        .to_lowercase()
        .chars()
        .map(|c| if allowed(c) { c } else { '-' })
        .collect();
    clean.truncate(253);
    clean.trim_matches(['-', '.']).to_owned()
}

/// Go's `path.Base`.
pub(in crate::gitops::argocd) fn path_base(path: &str) -> String {
    if path.is_empty() {
        return ".".to_owned();
    }
    let trimmed = path.trim_end_matches('/');
    match trimmed.rsplit('/').next() {
        Some("") | None => "/".to_owned(),
        Some(base) => base.to_owned(),
    }
}

/// Go's `path.Dir`.
pub(in crate::gitops::argocd) fn path_directory(path: &str) -> String {
    let end = path.rfind('/').map_or(0, |at| at + 1);
    path_clean(&path[..end])
}

/// Go's `path.Clean`.
fn path_clean(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            ".." if rooted => {}
            part => parts.push(part),
        }
    }
    let joined = parts.join("/");
    match (rooted, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".to_owned(),
        (false, false) => joined,
    }
}
