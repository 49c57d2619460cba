//! The current time, read once per run and passed on.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use jiff::tz::TimeZone;

/// Whole seconds since 1970-01-01T00:00:00Z; negative when the clock stands before that.
pub fn now() -> i64 {
    #[expect(
        clippy::disallowed_methods,
        reason = "this function is the one reader of the clock"
    )]
    let now = SystemTime::now();
    let seconds = |span: std::time::Duration| i64::try_from(span.as_secs()).unwrap_or(i64::MAX);
    match now.duration_since(UNIX_EPOCH) {
        Ok(since) => seconds(since),
        Err(before) => -seconds(before.duration()),
    }
}

/// The zone of the clocks on the wall: that of `TZ`, else of the system; UTC where neither tells.
pub fn local_zone() -> TimeZone {
    TimeZone::system()
}

/// Measures how long a run takes.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts now.
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// Whole milliseconds since the start.
    pub fn elapsed_ms(self) -> u64 {
        u64::try_from(self.0.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_stands_after_the_first_release() {
        assert!(now() > 1_700_000_000);
    }
}
