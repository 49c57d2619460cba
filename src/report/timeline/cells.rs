//! Lanes in columns.

use super::lane::{Lane, Piece, PieceKind};
use super::view::View;

/// What a picture shows of a lane, column by column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cell {
    /// Nothing was archived, or it is no longer kept.
    Empty,
    /// WAL that the recovery leaves aside.
    Aside,
    /// WAL.
    Whole,
    /// Only a `.partial` file.
    Partial,
    /// Missing where the recovery does not come by.
    MissingAside,
    /// Missing.
    Missing,
}

impl Cell {
    fn of(piece: &Piece) -> Self {
        match (piece.kind, piece.aside) {
            (PieceKind::Whole, false) => Self::Whole,
            (PieceKind::Whole, true) => Self::Aside,
            (PieceKind::Partial, _) => Self::Partial,
            (PieceKind::Missing, false) => Self::Missing,
            (PieceKind::Missing, true) => Self::MissingAside,
        }
    }
}

/// A lane in columns. What is most important to know wins a column: a gap is never hidden.
pub(super) fn cells(lane: &Lane, view: &View, columns: usize) -> Vec<Cell> {
    let mut cells = vec![Cell::Empty; columns];
    for piece in &lane.pieces {
        let cell = Cell::of(piece);
        let Some(range) = view.shown.columns(view.of_piece(piece), columns) else {
            continue;
        };
        for place in cells.get_mut(range).unwrap_or_default() {
            *place = (*place).max(cell);
        }
    }
    cells
}
