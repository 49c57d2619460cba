//! Round places of the axis and their names.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::view::{Axis, Coordinate, View};
use crate::model::instant::Instant;
use crate::wal::Lsn;

/// Places of the axis with a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ticks {
    form: TickForm,
    pub(super) places: Vec<Coordinate>,
}

/// How a tick is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TickForm {
    Position,
    Day,
    Minute,
    Second,
}

impl TickForm {
    fn of(axis: Axis, step: i128) -> Self {
        match axis {
            Axis::Position => Self::Position,
            Axis::Time if step >= DAY * 1_000_000 => Self::Day,
            Axis::Time if step >= 60_000_000 => Self::Minute,
            Axis::Time => Self::Second,
        }
    }
}

fn steps(axis: Axis) -> Box<dyn Iterator<Item = i128>> {
    match axis {
        Axis::Position => Box::new((0..64).map(|power| 1_i128 << power)),
        Axis::Time => Box::new(TIME_STEPS.iter().map(|seconds| seconds * 1_000_000)),
    }
}

impl Ticks {
    /// Places at round values, at least `apart` of `columns` columns from each other.
    pub(super) fn of(view: &View, columns: usize, apart: usize) -> Self {
        let columns = i128::try_from(columns).unwrap_or(1).max(1);
        let least = view.shown.length() * i128::try_from(apart).unwrap_or(1) / columns;
        let step = steps(view.axis).find(|step| *step >= least);
        let step = step.unwrap_or(i128::MAX / 4);
        let first = view.shown.from.0.div_euclid(step) * step;
        let all =
            std::iter::successors(Some(Coordinate(first)), |at| Some(Coordinate(at.0 + step)));
        let places = all
            .skip_while(|at| *at < view.shown.from)
            .take_while(|at| *at <= view.shown.to)
            .collect();
        Self {
            form: TickForm::of(view.axis, step),
            places,
        }
    }

    /// The name of a place; times are in UTC.
    pub(super) fn name(&self, at: Coordinate) -> String {
        let instant = || Instant::from_micros(i64::try_from(at.0).unwrap_or(i64::MAX)).to_string();
        let cut = match self.form {
            TickForm::Position => {
                return Lsn(u64::try_from(at.0).unwrap_or(u64::MAX)).to_string();
            }
            TickForm::Day => 0..10,
            TickForm::Minute => 5..16,
            TickForm::Second => 11..19,
        };
        let text = instant();
        text.get(cut).unwrap_or(&text).to_owned()
    }

    /// The same on the clocks of a zone; `None` for positions and days.
    pub(super) fn local_name(&self, at: Coordinate, zone: &TimeZone) -> Option<String> {
        let form = match self.form {
            TickForm::Position | TickForm::Day => return None,
            TickForm::Minute => "%m-%d %H:%M",
            TickForm::Second => "%H:%M:%S",
        };
        let micros = i64::try_from(at.0).ok()?;
        let time = Timestamp::from_microsecond(micros).ok()?;
        Some(time.to_zoned(zone.clone()).strftime(form).to_string())
    }
}

const DAY: i128 = 86_400;

/// Seconds between ticks.
const TIME_STEPS: [i128; 26] = [
    1,
    2,
    5,
    10,
    15,
    30,
    60,
    120,
    300,
    600,
    900,
    1800,
    3600,
    7200,
    3 * 3600,
    6 * 3600,
    12 * 3600,
    DAY,
    2 * DAY,
    5 * DAY,
    10 * DAY,
    30 * DAY,
    90 * DAY,
    365 * DAY,
    10 * 365 * DAY,
    100 * 365 * DAY,
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::timeline::view::Range;
    use crate::wal::SegmentSize;

    fn of(from: i128, to: i128) -> Range {
        Range::of(Coordinate(from), Coordinate(to))
    }

    #[test]
    fn ticks_are_round_and_few() {
        let mut view = View {
            axis: Axis::Position,
            size: SegmentSize::DEFAULT,
            shown: of(0x600_0000, 0xF00_0000),
            whole: None,
        };
        let names = |view: &View| -> Vec<String> {
            let ticks = Ticks::of(view, 60, 12);
            ticks.places.iter().map(|at| ticks.name(*at)).collect()
        };
        assert_eq!(
            names(&view),
            [
                "0/6000000",
                "0/8000000",
                "0/A000000",
                "0/C000000",
                "0/E000000"
            ]
        );
        view.axis = Axis::Time;
        view.shown = of(1_787_326_200_000_000, 1_787_326_200_000_000 + 7_200_000_000);
        assert_eq!(
            names(&view),
            [
                "08-21 15:30",
                "08-21 16:00",
                "08-21 16:30",
                "08-21 17:00",
                "08-21 17:30"
            ]
        );
        view.shown = of(i128::from(i64::MIN), i128::from(i64::MAX));
        assert!(Ticks::of(&view, 60, 12).places.len() <= 5);
    }
}
