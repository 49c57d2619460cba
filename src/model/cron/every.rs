//! The delay of `@every`: a duration in the spelling of Go's `time.ParseDuration`.

use std::time::Duration;

/// Go holds durations as nanoseconds in 64 bits; the limit below zero is one larger.
const MAX_NANOS: u64 = 1 << 63;

const NANOS_PER_SECOND: u64 = 1_000_000_000;

/// The delay that robfig/cron makes of the text after `@every `: whole seconds, at least one, also for a negative
/// duration (`Every` in constantdelay.go). `None` when Go does not read it as a duration.
pub(super) fn delay(text: &str) -> Option<Duration> {
    let nanos = go_duration(text)?;
    let seconds = nanos.map_or(0, |nanos| nanos / NANOS_PER_SECOND);
    Some(Duration::from_secs(seconds.max(1)))
}

/// Nanoseconds, `Some(None)` for a negative duration.
fn go_duration(text: &str) -> Option<Option<u64>> {
    let negative = text.starts_with('-');
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if unsigned == "0" {
        return Some(Some(0));
    }
    if unsigned.is_empty() {
        return None;
    }
    let mut total: u64 = 0;
    let mut rest = unsigned;
    while !rest.is_empty() {
        let (nanos, tail) = component(rest)?;
        total = total
            .checked_add(nanos)
            .filter(|total| *total <= MAX_NANOS)?;
        rest = tail;
    }
    if negative {
        Some(None)
    } else {
        (total < MAX_NANOS).then_some(Some(total))
    }
}

/// One number with its unit in nanoseconds, and what follows it.
fn component(text: &str) -> Option<(u64, &str)> {
    let (whole, rest) = split_digits(text);
    let (fraction, rest) = match rest.strip_prefix('.') {
        Some(rest) => split_digits(rest),
        None => ("", rest),
    };
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let unit_end = rest
        .find(|c: char| c == '.' || c.is_ascii_digit())
        .unwrap_or(rest.len());
    let (unit, rest) = rest.split_at(unit_end);
    let unit = unit_nanos(unit)?;
    let whole: u64 = if whole.is_empty() {
        0
    } else {
        whole.parse().ok()?
    };
    let nanos = whole
        .checked_mul(unit)?
        .checked_add(fraction_nanos(fraction, unit))
        .filter(|nanos| *nanos <= MAX_NANOS)?;
    Some((nanos, rest))
}

/// The fraction in nanoseconds, rounded down. More than 18 digits change less than a nanosecond.
fn fraction_nanos(digits: &str, unit: u64) -> u64 {
    let digits = digits.get(..18).unwrap_or(digits);
    let scale = 10_u128.pow(u32::try_from(digits.len()).unwrap_or(18));
    let value: u128 = digits.parse().unwrap_or(0);
    u64::try_from(value * u128::from(unit) / scale).unwrap_or(0)
}

fn unit_nanos(unit: &str) -> Option<u64> {
    Some(match unit {
        "ns" => 1,
        // Go takes the micro sign and the Greek letter.
        "us" | "\u{b5}s" | "\u{3bc}s" => 1_000,
        "ms" => 1_000_000,
        "s" => NANOS_PER_SECOND,
        "m" => 60 * NANOS_PER_SECOND,
        "h" => 3600 * NANOS_PER_SECOND,
        _ => return None,
    })
}

fn split_digits(text: &str) -> (&str, &str) {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    text.split_at(end)
}

#[cfg(test)]
mod tests {
    use super::delay;

    #[test]
    fn durations_are_read_as_go_reads_them() {
        let table = [
            ("1h30m", Some(5400)),
            ("24h", Some(86_400)),
            ("1h30m15.9s", Some(5415)),
            ("90m", Some(5400)),
            (".5h", Some(1800)),
            ("1.5h", Some(5400)),
            ("+1h", Some(3600)),
            ("2562047h", Some(9_223_369_200)),
            // Anything below a second is raised to one, and so is a negative delay.
            ("0", Some(1)),
            ("0.5s", Some(1)),
            ("-5s", Some(1)),
            ("1µs", Some(1)),
            ("1μs", Some(1)),
            ("1", None),
            ("", None),
            ("-", None),
            ("h", None),
            (".h", None),
            ("1d", None),
            ("1h ", None),
            (" 1h", None),
            ("1H", None),
            ("1.5.5h", None),
            ("2562048h", None),
            ("99999999999999999999h", None),
        ];
        for (text, seconds) in table {
            assert_eq!(delay(text).map(|d| d.as_secs()), seconds, "{text:?}");
        }
    }
}
