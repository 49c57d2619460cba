//! Numbers.

use std::fmt::{Display, Write};

/// Appends a decimal integer.
pub(super) fn push_integer(out: &mut String, value: impl Display) {
    // Writing to a `String` does not fail.
    let _ = write!(out, "{value}");
}

/// Appends a finite float.
///
/// It passes through JSON first, where `1e3` is printed as `1000` and is an integer from then on. What
/// is still a float gets the shortest digits that read back, as an exponent from a million up.
/// Source: Go `encoding/json` `floatEncoder`, go-yaml v2 `floatv`.
pub(super) fn push_float(out: &mut String, value: f64) {
    let shortest = Shortest::of(value);
    if let Some(integer) = shortest.integer() {
        out.push_str(&integer);
    } else if (-4..6).contains(&shortest.exponent) {
        shortest.push_decimal(out);
    } else {
        shortest.push_exponent(out);
    }
}

/// The fewest digits that read back as the same double: `-d.ddd × 10^exponent`.
struct Shortest {
    sign: &'static str,
    digits: String,
    exponent: i32,
}

impl Shortest {
    fn of(value: f64) -> Self {
        let magnitude = value.abs();
        let shortest = format!("{magnitude:e}");
        let digits = shortest
            .bytes()
            .take_while(|b| *b != b'e')
            .filter(u8::is_ascii_digit);
        // Between two equally near numbers of that length Go takes the even one, Rust the larger one.
        let rounded = format!("{magnitude:.*e}", digits.count() - 1);
        let chosen = if rounded.parse() == Ok(magnitude) {
            rounded
        } else {
            shortest
        };
        let (mantissa, exponent) = chosen.split_once('e').unwrap_or((&chosen, "0"));
        Self {
            sign: if value.is_sign_negative() { "-" } else { "" },
            digits: mantissa.replace('.', ""),
            exponent: exponent.parse().unwrap_or(0),
        }
    }

    /// The number in decimal, if JSON prints it without point and exponent and it fits 64 bits.
    fn integer(&self) -> Option<String> {
        let zeros = usize::try_from(self.exponent)
            .ok()
            .and_then(|exponent| (exponent + 1).checked_sub(self.digits.len()))
            .filter(|_| self.exponent < 20)?;
        let decimal = format!("{}{}{}", self.sign, self.digits, "0".repeat(zeros));
        let signed = decimal.parse::<i64>().map(|integer| integer.to_string());
        signed
            .or_else(|_| decimal.parse::<u64>().map(|integer| integer.to_string()))
            .ok()
    }

    fn push_decimal(&self, out: &mut String) {
        out.push_str(self.sign);
        match usize::try_from(self.exponent) {
            // Not an integer, so there are digits beyond the point.
            Ok(exponent) => {
                let (whole, fraction) = self.digits.split_at(exponent + 1);
                out.push_str(whole);
                out.push('.');
                out.push_str(fraction);
            }
            Err(_) => {
                out.push_str("0.");
                out.extend((self.exponent..-1).map(|_| '0'));
                out.push_str(&self.digits);
            }
        }
    }

    /// `1.5e+06`: Go signs the exponent and gives it two digits.
    fn push_exponent(&self, out: &mut String) {
        let (first, rest) = self.digits.split_at(1);
        let point = if rest.is_empty() { "" } else { "." };
        let sign = if self.exponent < 0 { '-' } else { '+' };
        let exponent = self.exponent.abs();
        let _ = write!(out, "{}{first}{point}{rest}e{sign}{exponent:02}", self.sign);
    }
}
