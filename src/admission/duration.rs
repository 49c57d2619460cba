//! Spans of time as Go writes them: `30s`, `1h30m`.

/// Whether a text is a span of time, and whether that is none at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Duration {
    /// No time.
    Zero,
    /// Some.
    Some,
}

/// Reads a span as Go's `time.ParseDuration` does; `None` where it is refused. A span of less than a nanosecond is none.
pub fn read(text: &str) -> Option<Duration> {
    let mut rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    if rest == "0" {
        return Some(Duration::Zero);
    }
    if rest.is_empty() {
        return None;
    }
    let mut found = Duration::Zero;
    while !rest.is_empty() {
        let number = rest
            .bytes()
            .take_while(|byte| byte.is_ascii_digit() || *byte == b'.')
            .count();
        let (digits, behind) = rest.split_at(number);
        let points = digits.bytes().filter(|byte| *byte == b'.').count();
        if points > 1 || digits.len() == points {
            return None;
        }
        let unit = behind
            .find(|character: char| character.is_ascii_digit() || character == '.')
            .unwrap_or(behind.len());
        let (unit, behind) = behind.split_at(unit);
        let nanos = match unit {
            "ns" => 1.0,
            "us" | "µs" | "μs" => 1e3,
            "ms" => 1e6,
            "s" => 1e9,
            "m" => 6e10,
            "h" => 3.6e12,
            _ => return None,
        };
        if digits.parse::<f64>().ok()? * nanos >= 1.0 {
            found = Duration::Some;
        }
        rest = behind;
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::{Duration, read};

    #[test]
    fn spans_are_read_as_go_reads_them() {
        for zero in ["0", "0s", "0h0m0s", "-0", "0.0s", ".0s", "0.5ns"] {
            assert_eq!(read(zero), Some(Duration::Zero), "{zero}");
        }
        for some in ["30s", "1h30m", "1.5h", "100ms", "1µs", "0h1s"] {
            assert_eq!(read(some), Some(Duration::Some), "{some}");
        }
        for refused in ["", "30", "s", "1d", "1 s", ".s", "1.2.3s", "${TTL}"] {
            assert_eq!(read(refused), None, "{refused}");
        }
    }
}
