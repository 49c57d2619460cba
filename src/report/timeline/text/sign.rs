//! What stands in one place of the picture: a character, its colour, and what it means.

use crate::report::human::Look;
use crate::report::timeline::cells::Cell;
use crate::report::timeline::mark::Mark;

/// The content of one column in one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Blank,
    Letter(char),
    Tick,
    Wal(Cell),
    ForkFrom,
    ForkLine,
    ForkTo,
    /// A base backup with its letter, whether it can be restored, and whether the recovery starts from it.
    Backup(char, bool, bool),
    /// A base backup without a letter.
    Unnamed,
    /// Several base backups.
    Several(u32),
    Target,
    TargetBefore,
    TargetBehind,
    ReplayStart,
    Replay,
    ReplayEnd,
    ReplayFails,
    WindowStart,
    Window,
    WindowEnd,
    Whole,
    Shown,
}

/// A group of places with one meaning, in the order of the legend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sign {
    Backup,
    BadBackup,
    Unnamed,
    Several,
    Wal,
    Aside,
    Partial,
    Missing,
    MissingAside,
    Fork,
    Target,
    Replay,
    ReplayFails,
    Window,
}

impl Place {
    /// The place with one more base backup in it. The one that the recovery starts from stays to be seen.
    pub(super) fn with(self, mark: &Mark<'_>) -> Self {
        let own = match mark.sign() {
            Some(letter) => Self::Backup(letter, mark.problem.is_none(), mark.chosen),
            None => Self::Unnamed,
        };
        match (self, own) {
            (chosen @ Self::Backup(_, _, true), _) | (_, chosen @ Self::Backup(_, _, true)) => {
                chosen
            }
            (Self::Backup(..) | Self::Unnamed, _) => Self::Several(2),
            (Self::Several(count), _) => Self::Several(count.saturating_add(1)),
            _ => own,
        }
    }

    pub(super) fn sign(self) -> Option<Sign> {
        Some(match self {
            Self::Backup(_, true, _) => Sign::Backup,
            Self::Backup(..) => Sign::BadBackup,
            Self::Unnamed => Sign::Unnamed,
            Self::Several(_) => Sign::Several,
            Self::Wal(Cell::Whole) => Sign::Wal,
            Self::Wal(Cell::Aside) => Sign::Aside,
            Self::Wal(Cell::Partial) => Sign::Partial,
            Self::Wal(Cell::Missing) => Sign::Missing,
            Self::Wal(Cell::MissingAside) => Sign::MissingAside,
            Self::ForkFrom | Self::ForkTo => Sign::Fork,
            Self::Target | Self::TargetBefore | Self::TargetBehind => Sign::Target,
            Self::ReplayFails => Sign::ReplayFails,
            Self::ReplayStart | Self::Replay | Self::ReplayEnd => Sign::Replay,
            Self::WindowStart | Self::Window | Self::WindowEnd => Sign::Window,
            _ => return None,
        })
    }

    fn character(self, unicode: bool) -> char {
        let (drawn, plain) = match self {
            Self::Blank | Self::Wal(Cell::Empty) => (' ', ' '),
            Self::Letter(letter) | Self::Backup(letter, ..) => (letter, letter),
            Self::Several(count) => {
                let digit = char::from_digit(count, 10).unwrap_or('+');
                (digit, digit)
            }
            Self::Tick => ('╷', '|'),
            Self::Wal(Cell::Whole) => ('━', '='),
            Self::Wal(Cell::Aside) => ('─', '-'),
            Self::Wal(Cell::Partial) => ('╍', '~'),
            Self::Wal(Cell::Missing) => ('╳', 'X'),
            Self::Wal(Cell::MissingAside) => ('×', 'x'),
            Self::ForkFrom => ('┳', '+'),
            Self::ForkLine => ('│', '|'),
            Self::ForkTo => ('┗', '\\'),
            Self::Unnamed => ('•', 'o'),
            Self::Target => ('▼', 'V'),
            Self::TargetBefore => ('◀', '<'),
            Self::TargetBehind => ('▶', '>'),
            Self::ReplayStart => ('●', 'o'),
            Self::Replay => ('┈', '.'),
            Self::ReplayEnd => ('▶', '>'),
            Self::ReplayFails => ('✗', '!'),
            Self::WindowStart => ('├', '['),
            Self::Window => ('─', '-'),
            Self::WindowEnd => ('┤', ']'),
            Self::Whole => ('·', '.'),
            Self::Shown => ('█', '#'),
        };
        if unicode { drawn } else { plain }
    }

    /// The ANSI colour, an addition to what the character says.
    fn color(self) -> Option<&'static str> {
        Some(match self {
            Self::Letter(_) | Self::Tick | Self::Whole | Self::ForkLine => "2",
            Self::Wal(Cell::Whole) | Self::ForkFrom | Self::ForkTo => "34",
            Self::Wal(Cell::Aside) | Self::Wal(Cell::MissingAside) => "2",
            Self::Wal(Cell::Partial) => "33",
            Self::Wal(Cell::Missing) => "1;31",
            Self::Backup(_, false, _) => "31",
            Self::Backup(_, true, true) => "1;32",
            Self::Backup(_, true, false) | Self::Unnamed | Self::Several(_) => "1",
            Self::Target | Self::TargetBefore | Self::TargetBehind => "1;35",
            Self::ReplayStart | Self::Replay | Self::ReplayEnd => "35",
            Self::ReplayFails => "1;31",
            Self::WindowStart | Self::Window | Self::WindowEnd => "32",
            Self::Blank | Self::Shown | Self::Wal(Cell::Empty) => return None,
        })
    }

    pub(super) fn write(self, look: Look, line: &mut String) {
        let character = self.character(look.unicode);
        match self.color().filter(|_| look.color) {
            Some(color) => line.push_str(&format!("\u{1b}[{color}m{character}\u{1b}[0m")),
            None => line.push(character),
        }
    }
}

impl Sign {
    /// How the legend shows it.
    pub(super) fn shown(self, unicode: bool) -> String {
        let places: &[Place] = match self {
            Self::Backup => return "A, B …".replace('…', if unicode { "…" } else { ".." }),
            Self::BadBackup => return "a, b …".replace('…', if unicode { "…" } else { ".." }),
            Self::Several => return "2 to 9, +".to_owned(),
            Self::Unnamed => &[Place::Unnamed],
            Self::Wal => &[Place::Wal(Cell::Whole); 3],
            Self::Aside => &[Place::Wal(Cell::Aside); 3],
            Self::Partial => &[Place::Wal(Cell::Partial)],
            Self::Missing => &[Place::Wal(Cell::Missing)],
            Self::MissingAside => &[Place::Wal(Cell::MissingAside)],
            Self::Fork => &[Place::ForkFrom, Place::Blank, Place::ForkTo],
            Self::Target => &[Place::Target],
            Self::Replay => &[Place::ReplayStart, Place::Replay, Place::ReplayEnd],
            Self::ReplayFails => &[Place::ReplayFails],
            Self::Window => &[Place::WindowStart, Place::Window, Place::WindowEnd],
        };
        let places = places.iter();
        places.map(|place| place.character(unicode)).collect()
    }

    /// For someone who has never seen an archive.
    pub(super) fn meaning(self, asked: bool) -> String {
        let recovery = if asked {
            "this recovery"
        } else {
            "a recovery to the newest timeline"
        };
        match self {
            Self::Backup => "base backup: a full copy of the database, from which a recovery starts".to_owned(),
            Self::BadBackup => "a base backup that cannot be restored".to_owned(),
            Self::Unnamed => "a base backup that the list only counts".to_owned(),
            Self::Several => "so many base backups beside each other, + for more than 9".to_owned(),
            Self::Wal => "WAL: all later changes, in files called segments; a recovery replays them without a break".to_owned(),
            Self::Aside => format!("WAL that {recovery} leaves aside"),
            Self::Partial => "a segment of which only a part was archived".to_owned(),
            Self::Missing => "MISSING segments: no recovery gets across".to_owned(),
            Self::MissingAside => format!("missing segments where {recovery} does not come by"),
            Self::Fork => "one timeline leaves another: a standby was promoted, or a recovery went on from here".to_owned(),
            Self::Target => "the recovery target".to_owned(),
            Self::Replay => "what the recovery replays".to_owned(),
            Self::ReplayFails => "the recovery gets no further; why is said above".to_owned(),
            Self::Window => "times between these ends can be reached from the base backup chosen".to_owned(),
        }
    }
}
