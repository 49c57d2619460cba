//! The shapes of the picture, in pixels.

use crate::report::timeline::cells::Cell;
use crate::report::timeline::mark::Mark;
use crate::report::timeline::markup::Markup;

/// Shapes on a sheet that grows downwards.
#[derive(Debug, Default)]
pub(super) struct Canvas {
    shapes: Vec<Shape>,
    /// Where the next row begins.
    pub(super) y: i64,
}

/// An element, what it says, and what shows when the pointer rests on it.
#[derive(Debug)]
struct Shape {
    name: &'static str,
    attributes: Vec<(&'static str, String)>,
    text: Option<String>,
    hint: Option<String>,
    /// Grid lines lie below everything.
    below: bool,
}

/// Half the height of a bar.
const HALF: i64 = 8;

/// The radius of a base backup.
const RADIUS: i64 = 10;

/// How a number is written in an attribute.
pub(super) fn number(pixels: i64) -> String {
    pixels.to_string()
}

impl Canvas {
    pub(super) fn width(&self) -> i64 {
        960
    }

    /// Where the axis begins.
    pub(super) fn left(&self) -> i64 {
        170
    }

    /// How many pixels the axis has.
    pub(super) fn columns(&self) -> usize {
        766
    }

    /// Writes the shapes, what is below first.
    pub(super) fn write(&self, markup: &mut Markup) {
        let (below, above): (Vec<&Shape>, Vec<&Shape>) =
            self.shapes.iter().partition(|shape| shape.below);
        for shape in below.into_iter().chain(above) {
            let attributes: Vec<(&str, &str)> = shape
                .attributes
                .iter()
                .map(|(key, value)| (*key, value.as_str()))
                .collect();
            markup.open(shape.name, &attributes);
            if let Some(hint) = &shape.hint {
                markup.leaf("title", &[], hint);
            }
            if let Some(text) = &shape.text {
                markup.write(text);
            }
            markup.close();
            markup.line();
        }
    }

    fn add(
        &mut self,
        name: &'static str,
        class: &str,
        places: &[(&'static str, i64)],
    ) -> &mut Shape {
        let mut attributes = vec![("class", class.to_owned())];
        attributes.extend(places.iter().map(|(key, value)| (*key, number(*value))));
        self.shapes.push(Shape {
            name,
            attributes,
            text: None,
            hint: None,
            below: false,
        });
        let last = self.shapes.len() - 1;
        &mut self.shapes[last]
    }

    /// A text that begins at `x`; with `middle` in its class it has its middle there.
    pub(super) fn text(&mut self, x: i64, y: i64, class: &str, text: &str) {
        let shape = self.add(
            "text",
            class.trim_end_matches(" middle"),
            &[("x", x), ("y", y)],
        );
        shape.text = Some(text.to_owned());
        if class.ends_with("middle") {
            let anchor = ("text-anchor", "middle".to_owned());
            shape.attributes.push(anchor);
        }
    }

    pub(super) fn line(&mut self, class: &str, from: (i64, i64), to: (i64, i64)) {
        let ends = [("x1", from.0), ("y1", from.1), ("x2", to.0), ("y2", to.1)];
        self.add("line", class, &ends);
    }

    pub(super) fn rect(&mut self, class: &str, corner: (i64, i64), size: (i64, i64)) {
        let sides = [
            ("x", corner.0),
            ("y", corner.1),
            ("width", size.0),
            ("height", size.1),
        ];
        self.add("rect", class, &sides);
    }

    pub(super) fn grid(&mut self, x: i64, top: i64, bottom: i64) {
        let ends = [("x1", x), ("y1", top), ("x2", x), ("y2", bottom)];
        self.add("line", "grid", &ends).below = true;
    }

    fn path(&mut self, class: &str, data: String) {
        self.add("path", class, &[]).attributes.push(("d", data));
    }

    /// A part of a timeline's bar.
    pub(super) fn bar(&mut self, cell: Cell, start: usize, length: usize, middle: i64) {
        let x = self.left() + i64::try_from(start).unwrap_or(0);
        let length = i64::try_from(length).unwrap_or(0);
        self.bar_at(cell, (x, length), middle);
    }

    pub(super) fn bar_at(&mut self, cell: Cell, (x, length): (i64, i64), middle: i64) {
        match cell {
            Cell::Empty => {}
            Cell::Whole => self.rect("wal", (x, middle - HALF), (length, 2 * HALF)),
            Cell::Aside => self.rect("aside", (x, middle - HALF), (length, 2 * HALF)),
            Cell::Partial => self.rect("partial", (x, middle), (length.max(4), HALF)),
            Cell::Missing => self.hole("hole", "cross", x, length, middle),
            Cell::MissingAside => self.hole("hole-aside", "cross-aside", x, length, middle),
        }
    }

    /// A box with a cross: it is seen without colours, and however short the gap is.
    fn hole(&mut self, edge: &str, cross: &str, x: i64, length: i64, middle: i64) {
        const NARROWEST: i64 = 8;
        let wide = length.max(NARROWEST);
        let x = x - (wide - length) / 2;
        let (top, bottom) = (middle - HALF, middle + HALF);
        self.rect(edge, (x, top), (wide, bottom - top));
        let strokes = (wide / (2 * HALF)).clamp(1, 48);
        for stroke in 0..strokes {
            let (from, to) = (
                x + wide * stroke / strokes,
                x + wide * (stroke + 1) / strokes,
            );
            self.line(cross, (from, top), (to, bottom));
            self.line(cross, (from, bottom), (to, top));
        }
    }

    /// The line from a timeline to the one that parts from it.
    pub(super) fn fork(&mut self, x: i64, from: i64, to: i64, followed: bool) {
        let class = if followed { "fork" } else { "fork-aside" };
        self.path(class, format!("M{x} {from}V{to}h6"));
        if let Some(shape) = self.shapes.last_mut() {
            shape.below = true;
        }
    }

    /// One or several base backups.
    pub(super) fn pin(&mut self, x: i64, (middle, foot): (i64, i64), marks: &[&Mark<'_>]) {
        if foot > middle {
            self.line("pin", (x, middle), (x, foot));
        }
        let bad = marks.iter().all(|mark| mark.problem.is_some());
        let chosen = marks.iter().any(|mark| mark.chosen);
        let (class, on) = match (bad, chosen) {
            (true, _) => ("bad", "in-bad middle"),
            (false, true) => ("chosen", "on-chosen middle"),
            (false, false) => ("backup", "on-backup middle"),
        };
        let names: Vec<&str> = marks.iter().map(|mark| mark.backup.id.as_str()).collect();
        let ring = [("cx", x), ("cy", middle), ("r", RADIUS)];
        self.add("circle", class, &ring).hint = Some(names.join(", "));
        let text = match marks {
            [one] => one.letter.map_or("·".to_owned(), String::from),
            several => format!("×{}", several.len()),
        };
        self.text(x, middle + 5, on, &text);
        if bad {
            self.line("strike", (x - 9, middle + 9), (x + 9, middle - 9));
        }
    }

    /// What a recovery replays.
    pub(super) fn replay(&mut self, (from, to): (i64, i64), y: i64, succeeds: bool) {
        self.line("replay", (from, y), (to, y));
        let start = [("cx", from), ("cy", y), ("r", 4)];
        self.add("circle", "replay-end", &start);
        if succeeds {
            self.path("replay-end", format!("M{} {}l10 6l-10 6z", to - 6, y - 6));
        } else {
            self.line("replay-bad", (to - 6, y - 6), (to + 6, y + 6));
            self.line("replay-bad", (to - 6, y + 6), (to + 6, y - 6));
        }
    }

    /// From where to where targets can be reached.
    pub(super) fn window(&mut self, (from, to): (i64, i64), y: i64) {
        self.line("window", (from, y), (to, y));
        self.line("window", (from, y - 6), (from, y + 6));
        self.line("window", (to, y - 6), (to, y + 6));
    }

    /// The target with its name; an arrow where it lies further to the left or to the right.
    pub(super) fn target(&mut self, x: i64, (top, bottom): (i64, i64), arrow: i64, text: &str) {
        self.line("target", (x, top), (x, bottom));
        let tip = match arrow {
            0 => format!("M{} {top}h12l-6 8z", x - 6),
            side => format!("M{x} {top}v12l{} -6z", 10 * side),
        };
        self.path("flag", tip);
        // On the right half the name stands on the left of the line.
        let right_half = x > self.left() + i64::try_from(self.columns()).unwrap_or(0) / 2;
        let (at, anchor) = if right_half {
            (x - 10, "end")
        } else {
            (x + 10 + 4 * arrow, "start")
        };
        self.text(at, top + 11, "target-name", text);
        if let Some(shape) = self.shapes.last_mut() {
            shape.attributes.push(("text-anchor", anchor.to_owned()));
        }
    }

    /// The whole axis, with the part that is shown.
    pub(super) fn overview(&mut self, part: std::ops::Range<usize>, y: i64) {
        let whole = i64::try_from(self.columns()).unwrap_or(0);
        let start = i64::try_from(part.start).unwrap_or(0);
        let length = i64::try_from(part.len()).unwrap_or(0).max(3);
        self.rect("whole", (self.left(), y - 4), (whole, 8));
        self.rect("part", (self.left() + start, y - 4), (length, 8));
    }

    /// A small base backup for the explanations.
    pub(super) fn sample_pin(&mut self, x: i64, middle: i64, class: &str, on: &str, letter: &str) {
        self.add("circle", class, &[("cx", x), ("cy", middle), ("r", 8)]);
        self.text(x, middle + 4, on, letter);
    }
}
