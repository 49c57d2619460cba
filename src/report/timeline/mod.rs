//! The picture of an archive: base backups, WAL, gaps, timelines, and where a recovery target lies among them.
//!
//! - `lane`: the WAL of one timeline in pieces. `mark`: base backups.
//! - `view`: the axis and places on it; `stored` chooses what it counts, `ticks` names round places, `cells` cuts lanes
//!   into columns.
//! - `picture`: all of it together. `words`: the same in sentences and rows of tables.
//! - [`text`], [`svg`] and [`html`] draw it.
//!
//! Everything is made of runs of segments, so that a million segments cost no more than their gaps.

mod cells;
pub mod html;
mod lane;
mod mark;
mod markup;
mod picture;
mod stored;
pub mod svg;
pub mod text;
mod ticks;
mod view;
mod words;

#[cfg(test)]
mod tests;

use crate::barman::Catalog;
use crate::model::instant::Instant;

use super::CheckReport;

/// An archive to draw, and what was asked of it.
#[derive(Clone, Copy)]
pub struct TimelineReport<'a> {
    /// The target and its verdict; without a target, those of a recovery to the end of the archive.
    pub check: CheckReport<'a>,
    /// Whether a target was asked for.
    pub asked: bool,
    /// What the archive's listing shows.
    pub catalog: &'a Catalog,
    /// When it was looked at, for evidence that was taken earlier.
    pub taken_at: Option<Instant>,
}
