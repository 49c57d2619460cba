//! The picture as SVG: a file of its own, or a part of a page.

use super::TimelineReport;
use super::cells::{Cell, cells};
use super::lane::{Lane, PieceKind};
use super::mark::Mark;
use super::markup::Markup;
use super::picture::{LaneChoice, Picture};
use super::ticks::Ticks;
use super::view::{Coordinate, TargetPlace, View};
use super::words;
use crate::report::human::Look;
use crate::report::{check, check_human};
use crate::text::counted;
use crate::wal::TimelineId;

mod key;
mod shape;

use key::Key;
use shape::{Canvas, number};

/// The style sheet, for light and dark.
pub(super) const STYLE: &str = include_str!("../picture.css");

/// How many timelines are drawn.
const MOST_LANES: usize = 40;

/// The picture as a document of its own.
pub fn render(report: &TimelineReport<'_>) -> String {
    let picture = Picture::of(report);
    let mut markup = Markup::default();
    draw(&mut markup, &picture, true);
    markup.finish()
}

/// Draws into a document; `alone` with a title and the style sheet.
pub(super) fn draw(markup: &mut Markup, picture: &Picture<'_>, alone: bool) {
    let mut canvas = Canvas::default();
    if alone {
        canvas.y += 24;
        canvas.text(16, canvas.y, "title", &shortened(&title(picture), 110));
    }
    if let Some(view) = &picture.view {
        body(&mut canvas, picture, view);
    }
    let size = (number(canvas.width()), number(canvas.y + 12));
    let frame = format!("0 0 {} {}", size.0, size.1);
    markup.open(
        "svg",
        &[
            ("xmlns", "http://www.w3.org/2000/svg"),
            ("class", "picture"),
            ("viewBox", &frame),
            ("width", &size.0),
            ("height", &size.1),
            ("role", "img"),
        ],
    );
    markup.leaf("title", &[], &title(picture));
    if alone {
        markup.style(STYLE);
        // A picture on its own has no page below it.
        let sides = [
            ("width", "100%"),
            ("height", "100%"),
            ("style", "fill:var(--paper)"),
        ];
        markup.empty("rect", &sides);
    }
    markup.line();
    canvas.write(markup);
    markup.close();
}

/// The verdict, or what is there.
pub(super) fn title(picture: &Picture<'_>) -> String {
    let report = &picture.report;
    let name = report.check.server_name;
    if !report.asked {
        return format!("{name}: {}", words::summary(picture));
    }
    let look = Look {
        color: false,
        unicode: true,
        width: 0,
    };
    format!("{name}: {}", check_human::headline(&report.check, look))
}

fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most - 1).collect();
    kept + "…"
}

/// The rows of the picture from the top, and what they stand for.
fn body(canvas: &mut Canvas, picture: &Picture<'_>, view: &View) {
    let mut key = Key::default();
    canvas.y += 34;
    let top = canvas.y;
    if picture.target(view).is_some() {
        // Its name stands above everything.
        canvas.y += 14;
    }
    let LaneChoice { drawn, folded } = picture.lanes(MOST_LANES);
    let mut rows: Vec<(TimelineId, i64)> = Vec::new();
    strays(canvas, picture, view, &drawn, &mut key);
    for lane in &drawn {
        rows.push((
            lane.timeline,
            lane_row(canvas, picture, view, lane, &mut key),
        ));
    }
    for lane in &drawn {
        fork(canvas, picture, view, lane, &rows, &mut key);
    }
    if !folded.is_empty() {
        canvas.y += 26;
        let segments: u64 = folded.iter().map(|lane| lane.segments()).sum();
        let text = format!(
            "and {} with {} that the recovery leaves aside",
            counted(folded.len(), "more timeline"),
            counted(segments, "segment")
        );
        canvas.text(canvas.left(), canvas.y, "soft", &text);
    }
    recovery(canvas, picture, view, &mut key);
    window(canvas, picture, view, &mut key);
    let bottom = canvas.y + 14;
    ruler(canvas, view, top, bottom);
    target(canvas, picture, view, (top, bottom), &mut key);
    canvas.y = bottom;
    overview(canvas, picture, view);
    canvas.y += 22;
    canvas.text(16, canvas.y, "soft", words::axis(view.axis));
    key.draw(canvas, picture.report.asked);
}

/// Base backups whose timeline is not known or not drawn.
fn strays(canvas: &mut Canvas, picture: &Picture<'_>, view: &View, drawn: &[&Lane], key: &mut Key) {
    let is_stray = |mark: &&Mark<'_>| {
        let timeline = mark.info().and_then(|info| info.timeline);
        !drawn.iter().any(|lane| Some(lane.timeline) == timeline)
    };
    let marks: Vec<&Mark<'_>> = picture.marks.iter().filter(is_stray).collect();
    if marks.is_empty() {
        return;
    }
    canvas.y += 46;
    let middle = canvas.y - 20;
    canvas.text(16, middle + 5, "name", "Base backups");
    pins(canvas, view, &marks, (middle, middle), key);
}

/// One timeline with its base backups; tells the middle of its bar.
fn lane_row(
    canvas: &mut Canvas,
    picture: &Picture<'_>,
    view: &View,
    lane: &Lane,
    key: &mut Key,
) -> i64 {
    canvas.y += 62;
    let bar = canvas.y - 16;
    canvas.text(16, bar - 4, "name", &format!("Timeline {}", lane.timeline));
    let origin = shortened(&words::origin_short(lane), 24);
    canvas.text(16, bar + 12, "soft", &origin);
    let columns = canvas.columns();
    let cells = cells(lane, view, columns);
    let mut start = 0;
    for part in cells.chunk_by(|one, next| one == next) {
        let cell = part.first().copied().unwrap_or(Cell::Empty);
        canvas.bar(cell, start, part.len(), bar);
        key.cell(cell);
        start += part.len();
    }
    name_gaps(canvas, view, lane, bar);
    let marks: Vec<&Mark<'_>> = picture.marks_on(lane.timeline).collect();
    pins(canvas, view, &marks, (bar - 26, bar - 8), key);
    bar
}

/// Says below wide enough gaps how much is missing.
fn name_gaps(canvas: &mut Canvas, view: &View, lane: &Lane, bar: i64) {
    const MOST_NAMES: usize = 12;
    let mut free = 0;
    let gaps = lane
        .missing()
        .filter(|piece| piece.kind == PieceKind::Missing);
    for piece in gaps.take(MOST_NAMES) {
        let Some(columns) = view.shown.columns(view.of_piece(piece), canvas.columns()) else {
            continue;
        };
        let text = format!("{} missing", piece.count());
        let middle = canvas.left() + number_of((columns.start + columns.end) / 2);
        if middle > free {
            let class = if piece.aside {
                "soft middle"
            } else {
                "on-bad middle"
            };
            canvas.text(middle, bar + 24, class, &text);
            free = middle + 90;
        }
    }
}

fn number_of(column: usize) -> i64 {
    i64::try_from(column).unwrap_or(0)
}

/// Base backups as circles on pins; those too near to each other as one circle with their number.
fn pins(
    canvas: &mut Canvas,
    view: &View,
    marks: &[&Mark<'_>],
    (middle, foot): (i64, i64),
    key: &mut Key,
) {
    const APART: i64 = 21;
    let columns = canvas.columns();
    let mut placed: Vec<(i64, &Mark<'_>)> = marks
        .iter()
        .filter_map(|mark| {
            let (_, end) = view.of_backup(mark.info()?)?;
            let column = view.shown.column(end, columns)?;
            Some((canvas.left() + number_of(column), *mark))
        })
        .collect();
    placed.sort_by_key(|(x, _)| *x);
    let (chosen, others): (Vec<_>, Vec<_>) = placed.into_iter().partition(|(_, mark)| mark.chosen);
    let mut rest = others.as_slice();
    while let Some((first, _)) = rest.first() {
        let count = rest.iter().take_while(|(x, _)| x - first < APART).count();
        let (group, behind) = rest.split_at(count);
        rest = behind;
        let members: Vec<&Mark<'_>> = group.iter().map(|(_, mark)| *mark).collect();
        canvas.pin(*first, (middle, foot), &members);
        key.backups(&members);
    }
    for (x, mark) in chosen {
        canvas.pin(x, (middle, foot), &[mark]);
        key.backups(&[mark]);
    }
}

fn fork(
    canvas: &mut Canvas,
    picture: &Picture<'_>,
    view: &View,
    lane: &Lane,
    rows: &[(TimelineId, i64)],
    key: &mut Key,
) {
    let row_of = |timeline| rows.iter().find(|(own, _)| *own == timeline);
    let Some((parent, place)) = picture.fork(lane, view) else {
        return;
    };
    if let (Some((_, from)), Some((_, to)), Some(column)) = (
        row_of(parent),
        row_of(lane.timeline),
        view.shown.column(place, canvas.columns()),
    ) {
        let x = canvas.left() + number_of(column);
        canvas.fork(x, *from, *to, lane.followed);
        key.fork = true;
    }
}

/// A name in the left column for the row that begins here.
fn row(canvas: &mut Canvas, name: &str) -> i64 {
    canvas.y += 30;
    canvas.text(16, canvas.y - 5, "name", name);
    canvas.y - 9
}

fn recovery(canvas: &mut Canvas, picture: &Picture<'_>, view: &View, key: &mut Key) {
    let check = &picture.report.check;
    let Some((begin, end, succeeds)) = view.recovery(picture.report.catalog, check.verdict) else {
        return;
    };
    let y = row(canvas, "Recovery");
    if let Some(columns) = view.shown.columns((begin, end), canvas.columns()) {
        let from = canvas.left() + number_of(columns.start);
        let to = canvas.left() + number_of(columns.end - 1);
        canvas.replay((from, to), y, succeeds);
        key.replay = Some(succeeds);
    }
}

fn window(canvas: &mut Canvas, picture: &Picture<'_>, view: &View, key: &mut Key) {
    let Some(window) = picture.window(view) else {
        return;
    };
    let y = row(canvas, "Reachable");
    if let Some(columns) = view.shown.columns(window, canvas.columns()) {
        let from = canvas.left() + number_of(columns.start);
        let to = canvas.left() + number_of(columns.end - 1);
        canvas.window((from, to), y);
        key.window = true;
    }
}

fn ruler(canvas: &mut Canvas, view: &View, top: i64, bottom: i64) {
    const COLUMNS_OF_A_TICK: usize = 110;
    let ticks = Ticks::of(view, canvas.columns(), COLUMNS_OF_A_TICK);
    for at in &ticks.places {
        let Some(column) = view.shown.column(*at, canvas.columns()) else {
            continue;
        };
        let x = canvas.left() + number_of(column);
        canvas.grid(x, top, bottom);
        // A name at the very end stays on the sheet.
        let middle = x.min(canvas.width() - 40);
        canvas.text(middle, top - 7, "soft middle", &ticks.name(*at));
    }
}

fn target(
    canvas: &mut Canvas,
    picture: &Picture<'_>,
    view: &View,
    (top, bottom): (i64, i64),
    key: &mut Key,
) {
    let Some(place) = picture.target(view) else {
        return;
    };
    let columns = canvas.columns();
    let x = |column: usize| canvas.left() + number_of(column);
    let at = |place: Coordinate| view.shown.column(place, columns).map(x);
    let (left, right) = (x(0), x(columns - 1));
    let (x, arrow, text) = match place {
        TargetPlace::Unknown => return,
        TargetPlace::At(place) if place < view.shown.from => (left, -1, "target, far before"),
        TargetPlace::At(place) if place > view.shown.to => (right, 1, "target, far behind"),
        TargetPlace::At(place) => (at(place).unwrap_or(left), 0, "target"),
        TargetPlace::Behind(place) => {
            let x = at(place).map_or(right, |x| (x + 6).min(right));
            (x, 1, "target, behind the last commit")
        }
        TargetPlace::Before(place) => {
            let x = at(place).map_or(left, |x| (x - 6).max(left));
            (x, -1, "target, before this")
        }
    };
    canvas.target(x, (top, bottom), arrow, text);
    key.target = Some(check::asked(picture.report.check.target));
}

/// Where the part that is shown lies in the whole.
fn overview(canvas: &mut Canvas, picture: &Picture<'_>, view: &View) {
    let Some(whole) = view.whole else {
        return;
    };
    let y = row(canvas, "Whole archive");
    let part = (view.shown.from, view.shown.to);
    let columns = whole.columns(part, canvas.columns()).unwrap_or(0..1);
    canvas.overview(columns, y);
    let places = picture.marks.iter().filter_map(Mark::info);
    let places = places.filter_map(|info| view.of_backup(info));
    let outside = |end: Coordinate| end < view.shown.from || end > view.shown.to;
    let count = places.filter(|(_, end)| outside(*end)).count();
    canvas.y += 16;
    let text = format!(
        "the picture shows the dark part; {} elsewhere",
        counted(count, "base backup")
    );
    canvas.text(canvas.left(), canvas.y, "soft", &text);
}
