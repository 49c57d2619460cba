//! Numbers in Go's notation.

use std::borrow::Cow;

use super::Dialect;

/// A number and the narrowest form that holds it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Number {
    Integer(i64),
    Unsigned(u64),
    Float(f64),
}

/// Reads a plain scalar that starts with a digit, a sign or a point.
///
/// Source: `resolve`, go-yaml v2 and v3 `resolve.go`.
pub(super) fn parse(text: &str, dialect: Dialect) -> Option<Number> {
    if let Some(special) = special_float(text) {
        return Some(Number::Float(special));
    }
    if text.starts_with('.') {
        return point_float(text).map(Number::Float);
    }
    let plain = if text.contains('_') {
        Cow::Owned(text.replace('_', ""))
    } else {
        Cow::Borrowed(text)
    };
    integer(&plain, dialect)
        .or_else(|| decimal_float(&plain).map(Number::Float))
        .or_else(|| signed_after_prefix(&plain, dialect).map(Number::Integer))
}

/// `12:30`, `190:20:30`: base 60 in YAML 1.1. Nobody here reads it so, but kustomize quotes it.
///
/// Source: `base60float`, go-yaml v2 `encode.go`.
pub(super) fn is_sexagesimal(text: &str) -> bool {
    let text = text.strip_prefix(['-', '+']).unwrap_or(text);
    let mut groups = text.split(':');
    let first = groups.next().unwrap_or_default();
    if !first.starts_with(|c: char| c.is_ascii_digit()) || !is_digits_or_underscores(first) {
        return false;
    }
    let mut rest: Vec<&str> = groups.collect();
    let Some(last) = rest.pop() else {
        return false;
    };
    let (last, fraction) = last.split_once('.').unwrap_or((last, ""));
    is_digits_or_underscores(fraction)
        && rest
            .iter()
            .chain([&last])
            .all(|group| matches!(group.as_bytes(), [b'0'..=b'9'] | [b'0'..=b'5', b'0'..=b'9']))
}

fn is_digits_or_underscores(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit() || b == b'_')
}

fn special_float(text: &str) -> Option<f64> {
    match text {
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Some(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Some(f64::NEG_INFINITY),
        ".nan" | ".NaN" | ".NAN" => Some(f64::NAN),
        _ => None,
    }
}

/// A float that starts with its point is read by Go's own rules: underscores only between digits.
fn point_float(text: &str) -> Option<f64> {
    let bytes = text.as_bytes();
    let digit = |at: Option<&u8>| at.is_some_and(u8::is_ascii_digit);
    let separated = bytes
        .iter()
        .enumerate()
        .filter(|(_, b)| **b == b'_')
        .all(|(at, _)| at > 0 && digit(bytes.get(at - 1)) && digit(bytes.get(at + 1)));
    separated.then(|| decimal_float(&text.replace('_', "")))?
}

/// `[-+]?(\.d+|d+(\.d*)?)([eE][-+]?d+)?` within the range of a double.
fn decimal_float(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let mantissa_fits =
        digits(whole) && digits(fraction) && !(whole.is_empty() && fraction.is_empty());
    let exponent_fits = exponent.is_none_or(|exponent| {
        let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        !exponent.is_empty() && digits(exponent)
    });
    if !(mantissa_fits && exponent_fits) {
        return None;
    }
    text.parse().ok().filter(|value: &f64| value.is_finite())
}

/// Go's `ParseInt` with base 0, then `ParseUint` for what is too large and has no sign.
fn integer(text: &str, dialect: Dialect) -> Option<Number> {
    let (negative, unsigned) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let magnitude = magnitude(unsigned)?;
    if negative {
        return 0_i64.checked_sub_unsigned(magnitude).map(Number::Integer);
    }
    match i64::try_from(magnitude) {
        Ok(value) => Some(Number::Integer(value)),
        Err(_) if text.len() != unsigned.len() => None,
        // kubectl keeps what exceeds `i64` as a double.
        #[expect(clippy::cast_precision_loss, reason = "kubectl loses the digits too")]
        Err(_) if dialect == Dialect::Direct => Some(Number::Float(magnitude as f64)),
        Err(_) => Some(Number::Unsigned(magnitude)),
    }
}

fn magnitude(text: &str) -> Option<u64> {
    let (radix, digits) = match text.as_bytes() {
        [b'0', b'b' | b'B', _, ..] => (2, &text[2..]),
        [b'0', b'o' | b'O', _, ..] => (8, &text[2..]),
        [b'0', b'x' | b'X', _, ..] => (16, &text[2..]),
        [b'0', _, ..] => (8, &text[1..]),
        _ => (10, text),
    };
    // `from_str_radix` would take a second sign.
    if !digits.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return None;
    }
    u64::from_str_radix(digits, radix).ok()
}

/// `0b-1` and, for kustomize, `0o-5`: the prefix is cut and the rest read with its sign.
fn signed_after_prefix(text: &str, dialect: Dialect) -> Option<i64> {
    if let Some(rest) = text.strip_prefix("0b") {
        return i64::from_str_radix(rest, 2).ok();
    }
    let rest = text.strip_prefix("0o")?;
    (dialect == Dialect::Kustomize).then(|| i64::from_str_radix(rest, 8).ok())?
}
