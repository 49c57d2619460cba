//! Amounts as Kubernetes writes them: `10Gi`, `500m`, `1e3`.

use std::cmp::Ordering;

/// An amount in units of 10⁻⁹, rounded up; amounts beyond the range of the type are its ends.
///
/// Source: `ParseQuantity` of apimachinery `pkg/api/resource/quantity.go`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quantity(i128);

impl Quantity {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// Reads an amount; `None` where the API refuses it.
    pub fn read(text: &str) -> Option<Self> {
        let negative = text.starts_with('-');
        let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
        if text.is_empty() {
            return None;
        }
        let (whole, rest) = digits(unsigned);
        let (fraction, suffix) = match rest.strip_prefix('.') {
            Some(rest) => digits(rest),
            None => ("", rest),
        };
        // A sign alone is read as 0, a point or a unit alone is not.
        if whole.is_empty() && fraction.is_empty() && !unsigned.is_empty() {
            return None;
        }
        let scale = Scale::read(suffix)?;
        let amount = scale.nanos(whole, fraction);
        Some(Self(if negative { -amount } else { amount }))
    }

    /// Whether it is nothing.
    pub fn is_zero(self) -> bool {
        self.0.cmp(&0) == Ordering::Equal
    }
}

/// The leading decimal digits, and what follows.
fn digits(text: &str) -> (&str, &str) {
    let end = text.bytes().take_while(u8::is_ascii_digit).count();
    text.split_at(end)
}

/// What a unit multiplies with: a power of ten, or of 1024.
#[derive(Debug, Clone, Copy)]
enum Scale {
    Decimal(i32),
    Binary(u32),
}

impl Scale {
    fn read(suffix: &str) -> Option<Self> {
        Some(match suffix {
            "n" => Self::Decimal(-9),
            "u" => Self::Decimal(-6),
            "m" => Self::Decimal(-3),
            "" => Self::Decimal(0),
            "k" => Self::Decimal(3),
            "M" => Self::Decimal(6),
            "G" => Self::Decimal(9),
            "T" => Self::Decimal(12),
            "P" => Self::Decimal(15),
            "E" => Self::Decimal(18),
            "Ki" => Self::Binary(1),
            "Mi" => Self::Binary(2),
            "Gi" => Self::Binary(3),
            "Ti" => Self::Binary(4),
            "Pi" => Self::Binary(5),
            "Ei" => Self::Binary(6),
            _ => {
                let exponent: i64 = suffix.strip_prefix(['e', 'E'])?.parse().ok()?;
                Self::Decimal(exponent.clamp(-1_000, 1_000) as i32)
            }
        })
    }

    /// The digits behind the point beyond 30 are dropped; nothing can be told by them.
    fn nanos(self, whole: &str, fraction: &str) -> i128 {
        let fraction = &fraction[..fraction.len().min(30)];
        let ten: i128 = 10;
        let mantissa = whole
            .bytes()
            .chain(fraction.bytes())
            .fold(0, |sum: i128, digit| {
                sum.saturating_mul(ten)
                    .saturating_add(i128::from(digit - b'0'))
            });
        let (factor, exponent) = match self {
            Self::Decimal(exponent) => (1, exponent),
            Self::Binary(power) => (1024_i128.pow(power), 0),
        };
        let shift = exponent + 9 - i32::try_from(fraction.len()).unwrap_or(30);
        let amount = mantissa.saturating_mul(factor);
        let power = ten.checked_pow(shift.unsigned_abs());
        match (shift >= 0, power) {
            (true, Some(power)) => amount.saturating_mul(power),
            (true, None) if amount == 0 => 0,
            (true, None) => i128::MAX,
            (false, Some(power)) => amount / power + i128::from(amount % power != 0),
            (false, None) => i128::from(amount != 0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Quantity;

    fn nanos(text: &str) -> Option<i128> {
        Quantity::read(text).map(|quantity| quantity.0)
    }

    #[test]
    fn units_are_decimal_and_binary() {
        const UNIT: i128 = 1_000_000_000;
        for (text, amount) in [
            ("0", 0),
            ("1", UNIT),
            ("+1", UNIT),
            ("-1", -UNIT),
            ("500m", UNIT / 2),
            (".5", UNIT / 2),
            ("1.", UNIT),
            ("10Gi", 10 * 1024 * 1024 * 1024 * UNIT),
            ("1.5Ki", 1536 * UNIT),
            ("1k", 1000 * UNIT),
            ("1E", 1_000_000_000_000_000_000 * UNIT),
            ("1e3", 1000 * UNIT),
            ("1E-3", UNIT / 1000),
            ("1n", 1),
            ("0.1n", 1),
            ("007", 7 * UNIT),
        ] {
            assert_eq!(nanos(text), Some(amount), "{text}");
        }
    }

    #[test]
    fn what_the_api_refuses_is_none() {
        for text in [
            "", "Gi", "10GB", "10 Gi", "ten", "1e", "1Kib", "10gi", "1.2.3", "${SIZE}", "é",
        ] {
            assert_eq!(nanos(text), None, "{text}");
        }
    }

    #[test]
    fn absurd_amounts_do_not_overflow() {
        let huge = Quantity::read(&"9".repeat(100_000)).unwrap();
        assert!(huge > Quantity::read("1Ei").unwrap());
        assert!(Quantity::read("1e999999").unwrap() > huge || huge.0 == i128::MAX);
        assert!(!Quantity::read("1e-999999").unwrap().is_zero());
        assert!(Quantity::read("0e999999").unwrap().is_zero());
    }
}
