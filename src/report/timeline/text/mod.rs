//! The picture as text.

use std::collections::BTreeSet;

use jiff::tz::TimeZone;

use super::TimelineReport;
use super::cells::{Cell, cells};
use super::lane::Lane;
use super::mark::Mark;
use super::picture::{LaneChoice, Picture};
use super::ticks::Ticks;
use super::view::{Axis, Coordinate, Range, TargetPlace, View};
use super::words;
use crate::report::human::Look;
use crate::report::rows::{INDENT, Page};
use crate::report::{check, check_human, clean};
use crate::text::counted;

mod sign;

use sign::{Place, Sign};

/// How many timelines are drawn.
const MOST_LANES: usize = 12;

/// How many gaps are named.
const MOST_GAPS: usize = 6;

/// Fewer columns than this draw nothing that can be understood.
const SMALLEST_PLOT: usize = 20;

/// The picture with the verdict before and the explanations behind it. Times are in UTC, and in `zone` beside.
pub fn render(report: &TimelineReport<'_>, look: Look, zone: Option<&TimeZone>) -> String {
    let picture = Picture::of(report);
    let mut page = Page::new(look.width);
    head(&mut page, &picture, look, zone);
    let used = match &picture.view {
        Some(view) => draw(&mut page, &picture, view, look, zone),
        None => BTreeSet::new(),
    };
    page.line("");
    backup_rows(&mut page, &picture, zone);
    gap_rows(&mut page, &picture);
    if picture.systems.len() > 1 {
        for row in &picture.systems {
            page.row("system", &words::system(row, zone));
        }
    }
    if let Some(view) = &picture.view {
        page.line("");
        page.row("axis", words::axis(view.axis));
    }
    for sign in used {
        page.row(&sign.shown(look.unicode), &sign.meaning(report.asked));
    }
    page.finish()
}

fn head(page: &mut Page, picture: &Picture<'_>, look: Look, zone: Option<&TimeZone>) {
    let report = &picture.report;
    let rows = if report.asked {
        page.line(&check_human::headline(&report.check, look));
        check::rows(&report.check)
    } else {
        let name = clean::line(report.check.server_name);
        page.line(&format!("{name}: {}", words::summary(picture)));
        words::archive_rows(picture, zone)
    };
    for (name, text) in rows {
        page.row(name, &text);
    }
    page.row("evidence", &words::evidence(picture, zone));
    page.line("");
}

/// Rows of signs that grow from the top.
struct Canvas<'l> {
    columns: usize,
    look: Look,
    rows: Vec<(String, Vec<Place>)>,
    page: &'l mut Page,
}

impl Canvas<'_> {
    fn blank(&self) -> Vec<Place> {
        vec![Place::Blank; self.columns]
    }

    fn add(&mut self, label: impl Into<String>, places: Vec<Place>) {
        self.rows.push((label.into(), places));
    }

    /// Writes the rows and tells the signs in them.
    fn finish(self) -> BTreeSet<Sign> {
        let mut used = BTreeSet::new();
        for (label, places) in &self.rows {
            used.extend(places.iter().filter_map(|place| place.sign()));
            let label: String = label.chars().take(INDENT - 3).collect();
            let mut line = format!("  {label:<width$}", width = INDENT - 2);
            let end = places.iter().rposition(|place| *place != Place::Blank);
            let shown = places.get(..end.map_or(0, |end| end + 1));
            for place in shown.unwrap_or_default() {
                place.write(self.look, &mut line);
            }
            self.page.line(&line);
        }
        used
    }
}

fn draw(
    page: &mut Page,
    picture: &Picture<'_>,
    view: &View,
    look: Look,
    zone: Option<&TimeZone>,
) -> BTreeSet<Sign> {
    let mut canvas = Canvas {
        columns: look.width.saturating_sub(INDENT).max(SMALLEST_PLOT),
        look,
        rows: Vec::new(),
        page,
    };
    ruler(&mut canvas, view, zone);
    if let Some(target) = picture.target(view) {
        let row = target_row(&canvas, view, target);
        canvas.add("target", row);
    }
    let LaneChoice { drawn, folded } = picture.lanes(MOST_LANES);
    let strays = strays(picture, &drawn);
    if !strays.is_empty() {
        let row = mark_row(&canvas, view, &strays);
        canvas.add("base backups", row);
    }
    let mut lane_rows = Vec::new();
    for lane in &drawn {
        let marks: Vec<&Mark<'_>> = picture.marks_on(lane.timeline).collect();
        if !marks.is_empty() {
            let row = mark_row(&canvas, view, &marks);
            canvas.add("", row);
        }
        lane_rows.push((lane.timeline, canvas.rows.len()));
        let places = cells(lane, view, canvas.columns);
        let places = places.into_iter().map(Place::Wal).collect();
        canvas.add(format!("timeline {}", lane.timeline), places);
    }
    for lane in &drawn {
        fork(&mut canvas, picture, view, lane, &lane_rows);
    }
    if !folded.is_empty() {
        let text = folded_lanes(&folded);
        let row = written(&canvas, 0, &text);
        canvas.add("", row);
    }
    recovery_rows(&mut canvas, picture, view);
    overview(&mut canvas, picture, view);
    canvas.finish()
}

/// Names and marks of round places.
fn ruler(canvas: &mut Canvas<'_>, view: &View, zone: Option<&TimeZone>) {
    /// A name of a time takes eleven columns; names of positions are seldom longer.
    const COLUMNS_OF_A_TICK: usize = 12;
    let ticks = Ticks::of(view, canvas.columns, COLUMNS_OF_A_TICK);
    let mut names = canvas.blank();
    let mut here = canvas.blank();
    let mut marks = canvas.blank();
    for at in &ticks.places {
        let Some(column) = view.shown.column(*at, canvas.columns) else {
            continue;
        };
        let name = ticks.name(*at);
        if column + name.len() > canvas.columns {
            continue;
        }
        write(&mut names, column, &name);
        let local = zone.and_then(|zone| ticks.local_name(*at, zone));
        write(&mut here, column, &local.unwrap_or_default());
        put(&mut marks, column, Place::Tick);
    }
    let label = match view.axis {
        Axis::Time => "UTC",
        Axis::Position => "position",
    };
    canvas.add(label, names);
    if here.iter().any(|place| *place != Place::Blank) {
        canvas.add("local time", here);
    }
    canvas.add("", marks);
}

fn target_row(canvas: &Canvas<'_>, view: &View, target: TargetPlace) -> Vec<Place> {
    let mut row = canvas.blank();
    let last = canvas.columns - 1;
    match target {
        TargetPlace::Unknown => write(&mut row, 0, "(its place is not known)"),
        TargetPlace::At(place) if place < view.shown.from => {
            put(&mut row, 0, Place::TargetBefore);
            write(&mut row, 2, "before everything shown");
        }
        TargetPlace::At(place) if place > view.shown.to => {
            write_right(&mut row, "behind everything shown");
            put(&mut row, last, Place::TargetBehind);
        }
        TargetPlace::At(place) => {
            let column = view.shown.column(place, canvas.columns);
            put(&mut row, column.unwrap_or(0), Place::Target);
        }
        TargetPlace::Behind(place) => {
            let column = view.shown.column(place, canvas.columns);
            let column = column.map_or(last, |column| (column + 1).min(last));
            put(&mut row, column, Place::TargetBehind);
            let text = "behind the last commit";
            if column + 2 + text.len() <= canvas.columns {
                write(&mut row, column + 2, text);
            } else if let Some(start) = column.checked_sub(text.len() + 1) {
                write(&mut row, start, text);
            }
        }
        TargetPlace::Before(place) => {
            let column = view.shown.column(place, canvas.columns);
            let column = column.map_or(0, |column| column.saturating_sub(1));
            put(&mut row, column, Place::TargetBefore);
        }
    }
    row
}

/// Marks whose timeline is not known or not drawn.
fn strays<'p, 'a>(picture: &'p Picture<'a>, drawn: &[&Lane]) -> Vec<&'p Mark<'a>> {
    let marks = picture.marks.iter();
    marks
        .filter(|mark| {
            let timeline = mark.info().and_then(|info| info.timeline);
            !drawn.iter().any(|lane| Some(lane.timeline) == timeline)
        })
        .collect()
}

/// The end of a backup is its place: only from there on its data is whole.
fn mark_row(canvas: &Canvas<'_>, view: &View, marks: &[&Mark<'_>]) -> Vec<Place> {
    let mut row = canvas.blank();
    for mark in marks {
        let place = mark.info().and_then(|info| view.of_backup(info));
        let column = place.and_then(|(_, end)| view.shown.column(end, canvas.columns));
        let Some(here) = column.and_then(|column| row.get_mut(column)) else {
            continue;
        };
        *here = here.with(mark);
    }
    row
}

/// The line from a timeline to the one it parted from.
fn fork(
    canvas: &mut Canvas<'_>,
    picture: &Picture<'_>,
    view: &View,
    lane: &Lane,
    rows: &[(crate::wal::TimelineId, usize)],
) {
    let row_of = |timeline| rows.iter().find(|(own, _)| *own == timeline);
    let Some((parent, place)) = picture.fork(lane, view) else {
        return;
    };
    let (Some((_, top)), Some((_, bottom)), Some(column)) = (
        row_of(parent),
        row_of(lane.timeline),
        view.shown.column(place, canvas.columns),
    ) else {
        return;
    };
    for at in *top..=*bottom {
        let Some((_, row)) = canvas.rows.get_mut(at) else {
            return;
        };
        let Some(here) = row.get_mut(column) else {
            return;
        };
        // A gap stays visible.
        let hides_gap = matches!(
            here,
            Place::Wal(Cell::Missing | Cell::MissingAside | Cell::Foreign)
        );
        let new = if at == *top {
            Place::ForkFrom
        } else if at == *bottom {
            Place::ForkTo
        } else {
            Place::ForkLine
        };
        let blank = matches!(here, Place::Blank | Place::Wal(Cell::Empty));
        if !hides_gap && (new != Place::ForkLine || blank) {
            *here = new;
        }
    }
}

fn folded_lanes(folded: &[&Lane]) -> String {
    let segments: u64 = folded.iter().map(|lane| lane.segments()).sum();
    format!(
        "and {} with {}, left aside",
        counted(folded.len(), "more timeline"),
        counted(segments, "segment"),
    )
}

/// What the recovery reads, and where targets can lie.
fn recovery_rows(canvas: &mut Canvas<'_>, picture: &Picture<'_>, view: &View) {
    let verdict = picture.report.check.verdict;
    if let Some((begin, end, succeeds)) = view.recovery(picture.report.catalog, verdict) {
        let last = if succeeds {
            Place::ReplayEnd
        } else {
            Place::ReplayFails
        };
        let ends = [Place::ReplayStart, Place::Replay, last];
        let row = span(canvas, view.shown, (begin, end), ends);
        canvas.add("recovery", row);
    }
    if let Some(window) = picture.window(view) {
        let ends = [Place::WindowStart, Place::Window, Place::WindowEnd];
        let row = span(canvas, view.shown, window, ends);
        canvas.add("reachable", row);
    }
}

/// A part of the axis with its ends, as far as they are shown.
fn span(
    canvas: &Canvas<'_>,
    shown: Range,
    part: (Coordinate, Coordinate),
    [start, middle, end]: [Place; 3],
) -> Vec<Place> {
    let mut row = canvas.blank();
    let Some(columns) = shown.columns(part, canvas.columns) else {
        return row;
    };
    let (first, last) = (columns.start, columns.end - 1);
    for column in columns {
        put(&mut row, column, middle);
    }
    if part.1 <= shown.to {
        put(&mut row, last, end);
    }
    if part.0 >= shown.from {
        put(&mut row, first, start);
    }
    row
}

/// Where the part that is shown lies in the whole.
fn overview(canvas: &mut Canvas<'_>, picture: &Picture<'_>, view: &View) {
    let Some(whole) = view.whole else {
        return;
    };
    let mut row = vec![Place::Whole; canvas.columns];
    let part = (view.shown.from, view.shown.to);
    for column in whole.columns(part, canvas.columns).unwrap_or(0..0) {
        put(&mut row, column, Place::Shown);
    }
    let places = picture.marks.iter().filter_map(Mark::info);
    let places = places.filter_map(|info| view.of_backup(info));
    let outside = |place: &Coordinate| *place < view.shown.from || *place > view.shown.to;
    let count = places.filter(|(_, end)| outside(end)).count();
    canvas.add("whole archive", row);
    let text = format!(
        "the picture shows the marked part; {} elsewhere",
        counted(count, "base backup")
    );
    let note = written(canvas, 0, &text);
    canvas.add("", note);
}

fn put(row: &mut [Place], column: usize, place: Place) {
    if let Some(here) = row.get_mut(column) {
        *here = place;
    }
}

fn write(row: &mut [Place], column: usize, text: &str) {
    let places = row.get_mut(column..).unwrap_or_default();
    for (here, letter) in places.iter_mut().zip(text.chars()) {
        *here = Place::Letter(letter);
    }
}

/// Writes up to two columns before the right edge.
fn write_right(row: &mut [Place], text: &str) {
    let column = row.len().saturating_sub(text.len() + 2);
    write(row, column, text);
}

fn written(canvas: &Canvas<'_>, column: usize, text: &str) -> Vec<Place> {
    let mut row = canvas.blank();
    write(&mut row, column, text);
    row
}

fn backup_rows(page: &mut Page, picture: &Picture<'_>, zone: Option<&TimeZone>) {
    let (named, folded): (Vec<&Mark<'_>>, Vec<&Mark<'_>>) =
        picture.marks.iter().partition(|mark| mark.letter.is_some());
    for mark in named {
        let sign = mark.sign().map(String::from).unwrap_or_default();
        page.row(&sign, &words::backup(mark, picture.report.asked, zone));
    }
    if let Some(text) = words::folded_backups(&folded, zone) {
        page.row("", &text);
    }
}

fn gap_rows(page: &mut Page, picture: &Picture<'_>) {
    let lanes = picture.lanes.iter();
    let mut gaps = lanes.flat_map(|lane| lane.missing().map(move |piece| (lane, piece)));
    for (lane, piece) in gaps.by_ref().take(MOST_GAPS) {
        page.row("missing", &words::gap(picture, lane, piece));
    }
    let (count, segments) = gaps.fold((0, 0_u64), |(count, segments), (_, piece)| {
        (count + 1, segments.saturating_add(piece.count()))
    });
    if count > 0 {
        let gaps = counted(count, "more gap");
        let segments = counted(segments, "segment");
        page.row("", &format!("and {gaps} of {segments}"));
    }
}
