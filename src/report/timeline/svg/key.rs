//! What the shapes mean, below the picture: those that were drawn, and no others.

use super::shape::Canvas;
use crate::report::timeline::cells::Cell;
use crate::report::timeline::mark::Mark;

/// What was drawn.
#[derive(Debug, Default)]
pub(super) struct Key {
    good: bool,
    chosen: bool,
    bad: bool,
    several: bool,
    cells: Vec<Cell>,
    pub(super) fork: bool,
    /// What the target is.
    pub(super) target: Option<String>,
    /// Whether the recovery ends as it should.
    pub(super) replay: Option<bool>,
    pub(super) window: bool,
}

impl Key {
    pub(super) fn cell(&mut self, cell: Cell) {
        if !self.cells.contains(&cell) {
            self.cells.push(cell);
        }
    }

    pub(super) fn backups(&mut self, marks: &[&Mark<'_>]) {
        self.several |= marks.len() > 1;
        for mark in marks {
            self.bad |= mark.problem.is_some();
            self.chosen |= mark.chosen && mark.problem.is_none();
            self.good |= !mark.chosen && mark.problem.is_none();
        }
    }

    pub(super) fn draw(&self, canvas: &mut Canvas, asked: bool) {
        canvas.y += 8;
        let recovery = if asked {
            "this recovery"
        } else {
            "a recovery to the newest timeline"
        };
        self.backup_rows(canvas, asked);
        for (cell, text) in [
            (
                Cell::Whole,
                "WAL: all later changes, in files called segments; a recovery replays them without a break".to_owned(),
            ),
            (Cell::Aside, format!("WAL that {recovery} leaves aside")),
            (
                Cell::Partial,
                "a segment of which only a part was archived".to_owned(),
            ),
            (
                Cell::Missing,
                "MISSING segments: no recovery gets across".to_owned(),
            ),
            (
                Cell::MissingAside,
                format!("missing segments where {recovery} does not come by"),
            ),
        ] {
            if self.cells.contains(&cell) {
                let y = entry(canvas, &text);
                canvas.bar_at(cell, (20, 36), y);
            }
        }
        if self.fork {
            let y = entry(
                canvas,
                "one timeline leaves another: a standby was promoted, or a recovery went on from here",
            );
            canvas.fork(34, y - 8, y + 4, true);
        }
        self.recovery_rows(canvas);
    }

    fn backup_rows(&self, canvas: &mut Canvas, asked: bool) {
        const BACKUP: &str = "base backup: a full copy of the database, from which a recovery starts; the letters are those of the list";
        if self.good || self.chosen {
            let y = entry(canvas, BACKUP);
            canvas.sample_pin(38, y, "backup", "on-backup middle", "A");
        }
        if self.chosen {
            let text = if asked {
                "the base backup that this recovery starts from"
            } else {
                "the base backup that a recovery without a target starts from"
            };
            let y = entry(canvas, text);
            canvas.sample_pin(38, y, "chosen", "on-chosen middle", "A");
        }
        if self.bad {
            let y = entry(canvas, "a base backup that cannot be restored");
            canvas.sample_pin(38, y, "bad", "in-bad middle", "A");
            canvas.line("strike", (30, y + 8), (46, y - 8));
        }
        if self.several {
            let y = entry(canvas, "several base backups beside each other");
            canvas.sample_pin(38, y, "backup", "on-backup middle", "×3");
        }
    }

    fn recovery_rows(&self, canvas: &mut Canvas) {
        if let Some(asked) = &self.target {
            let y = entry(canvas, &format!("the recovery target: {asked}"));
            canvas.line("target", (38, y - 8), (38, y + 8));
        }
        if let Some(succeeds) = self.replay {
            let text = if succeeds {
                "what the recovery replays"
            } else {
                "what the recovery replays; it gets no further"
            };
            let y = entry(canvas, text);
            canvas.replay((24, 50), y, succeeds);
        }
        if self.window {
            let y = entry(
                canvas,
                "times between these ends can be reached from the base backup chosen",
            );
            canvas.window((22, 54), y);
        }
    }
}

/// The text of one row; tells the middle of the row for its shape.
fn entry(canvas: &mut Canvas, text: &str) -> i64 {
    canvas.y += 24;
    let middle = canvas.y - 5;
    canvas.text(72, canvas.y, "", text);
    middle
}
