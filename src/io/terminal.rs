//! What standard output and standard error can show.

use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};

use super::progress;

/// When to colour, as asked on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ColorChoice {
    /// When standard output is a terminal, unless the environment says otherwise.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What an output can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terminal {
    /// ANSI colours may be used.
    pub color: bool,
    /// Characters beyond ASCII may be used for drawing.
    pub unicode: bool,
    /// Columns.
    pub width: usize,
    /// Whether people look at it right now.
    pub interactive: bool,
    /// Text may be a link (OSC 8).
    pub links: bool,
}

/// Columns where standard output is no terminal and `COLUMNS` is not set.
pub const DEFAULT_WIDTH: usize = 100;

/// Fewer columns than this leave no room for a snippet.
const SMALLEST_WIDTH: usize = 40;

impl Terminal {
    /// Looks at standard output and the environment.
    ///
    /// `NO_COLOR` (no-color.org) and `CLICOLOR_FORCE` (bixense.com/clicolors) count when not empty; the command line
    /// wins over both. Drawing characters follow the locale.
    pub fn detect(choice: ColorChoice) -> Self {
        Self::detect_or(choice, DEFAULT_WIDTH)
    }

    /// The same, with another width for outputs that have none.
    pub fn detect_or(choice: ColorChoice, width: usize) -> Self {
        Self::from_environment(
            choice,
            &|name| std::env::var_os(name).filter(|value| !value.is_empty()),
            io::stdout().is_terminal(),
            terminal_size::terminal_size().map(|(width, _)| usize::from(width.0)),
            width,
        )
    }

    /// Looks at standard error instead, where errors are shown.
    pub fn of_errors(choice: ColorChoice) -> Self {
        Self::from_environment(
            choice,
            &|name| std::env::var_os(name).filter(|value| !value.is_empty()),
            io::stderr().is_terminal(),
            terminal_size::terminal_size_of(io::stderr()).map(|(width, _)| usize::from(width.0)),
            DEFAULT_WIDTH,
        )
    }

    fn from_environment(
        choice: ColorChoice,
        variable: &dyn Fn(&str) -> Option<OsString>,
        is_terminal: bool,
        columns: Option<usize>,
        default_width: usize,
    ) -> Self {
        let dumb = variable("TERM").is_some_and(|term| term == "dumb");
        let forced = variable("CLICOLOR_FORCE").is_some_and(|value| value != "0");
        let color = match choice {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto if variable("NO_COLOR").is_some() => false,
            ColorChoice::Auto => forced || (is_terminal && !dumb),
        };
        let asked = variable("COLUMNS").and_then(|value| value.to_str()?.parse().ok());
        let width = asked.or(columns).unwrap_or(default_width);
        Self {
            color,
            unicode: unicode(variable, is_terminal),
            width: width.max(SMALLEST_WIDTH),
            interactive: is_terminal,
            links: color && links(variable, is_terminal),
        }
    }
}

/// Whether the terminal shows links. There is no way to ask, so those are known by name that do; the others print nothing
/// or garbage. `FORCE_HYPERLINK` decides where it is set, as for other programs.
fn links(variable: &dyn Fn(&str) -> Option<OsString>, is_terminal: bool) -> bool {
    if let Some(forced) = variable("FORCE_HYPERLINK") {
        return forced != "0";
    }
    let is = |name: &str, known: &[&str]| {
        variable(name).is_some_and(|value| known.iter().any(|known| value == *known))
    };
    // VTE draws them from version 0.50 on.
    let vte = variable("VTE_VERSION").and_then(|value| value.to_str()?.parse::<u32>().ok());
    is_terminal
        && (vte.is_some_and(|version| version >= 5000)
            || ["WT_SESSION", "KONSOLE_VERSION", "DOMTERM"]
                .into_iter()
                .any(|name| variable(name).is_some())
            || is(
                "TERM_PROGRAM",
                &["ghostty", "Hyper", "iTerm.app", "vscode", "WezTerm"],
            )
            || is(
                "TERM",
                &[
                    "alacritty",
                    "contour",
                    "foot",
                    "xterm-ghostty",
                    "xterm-kitty",
                ],
            ))
}

/// Writes to standard output. A reader that went away has read enough: that is no error.
///
/// # Errors
/// When the output cannot be written for another reason, such as a full disk.
pub fn write_stdout(text: &str) -> io::Result<()> {
    progress::clear();
    let mut output = io::stdout().lock();
    let written = output
        .write_all(text.as_bytes())
        .and_then(|()| output.flush());
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// Writes to standard error. There is nobody left to tell when that fails.
pub fn write_stderr(text: &str) {
    progress::clear();
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// The first locale variable that is set decides, as in POSIX. Without any, a pipe or file gets Unicode, since its
/// reader is unknown and UTF-8 is the rule there; a terminal does not.
fn unicode(variable: &dyn Fn(&str) -> Option<OsString>, is_terminal: bool) -> bool {
    // The Linux console has few glyphs whatever the locale says.
    if is_terminal && variable("TERM").is_some_and(|term| term == "linux") {
        return false;
    }
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .find_map(variable);
    locale.map_or(!is_terminal, |locale| {
        let locale = locale.to_string_lossy().to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terminal(choice: ColorChoice, environment: &[(&str, &str)], is_terminal: bool) -> Terminal {
        let variable = |name: &str| {
            let found = environment.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| OsString::from(value))
        };
        Terminal::from_environment(choice, &variable, is_terminal, None, DEFAULT_WIDTH)
    }

    #[test]
    fn colour_follows_option_then_environment_then_terminal() {
        let auto = ColorChoice::Auto;
        assert!(terminal(auto, &[], true).color);
        assert!(!terminal(auto, &[], false).color);
        assert!(!terminal(auto, &[("TERM", "dumb")], true).color);
        assert!(!terminal(auto, &[("NO_COLOR", "1")], true).color);
        assert!(terminal(auto, &[("CLICOLOR_FORCE", "1")], false).color);
        assert!(!terminal(auto, &[("CLICOLOR_FORCE", "0")], false).color);
        let both = [("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")];
        assert!(!terminal(auto, &both, true).color);
        assert!(terminal(ColorChoice::Always, &[("NO_COLOR", "1")], false).color);
        assert!(!terminal(ColorChoice::Never, &[("CLICOLOR_FORCE", "1")], true).color);
    }

    #[test]
    fn drawing_characters_follow_the_locale() {
        let auto = ColorChoice::Auto;
        assert!(terminal(auto, &[("LANG", "de_DE.UTF-8")], true).unicode);
        let posix = [("LC_ALL", "C"), ("LANG", "de_DE.UTF-8")];
        assert!(!terminal(auto, &posix, true).unicode);
        assert!(terminal(auto, &[], false).unicode);
        assert!(!terminal(auto, &[], true).unicode);
        let console = [("TERM", "linux"), ("LANG", "C.UTF-8")];
        assert!(!terminal(auto, &console, true).unicode);
    }

    #[test]
    fn links_are_drawn_where_the_terminal_is_known_to_show_them() {
        let auto = ColorChoice::Auto;
        assert!(terminal(auto, &[("VTE_VERSION", "7600")], true).links);
        assert!(!terminal(auto, &[("VTE_VERSION", "4205")], true).links);
        assert!(terminal(auto, &[("TERM_PROGRAM", "WezTerm")], true).links);
        assert!(!terminal(auto, &[("TERM_PROGRAM", "WezTerm")], false).links);
        assert!(!terminal(auto, &[("TERM", "xterm-256color")], true).links);
        let plain = [("VTE_VERSION", "7600"), ("NO_COLOR", "1")];
        assert!(!terminal(auto, &plain, true).links);
        let refused = [("VTE_VERSION", "7600"), ("FORCE_HYPERLINK", "0")];
        assert!(!terminal(auto, &refused, true).links);
        let forced = [("FORCE_HYPERLINK", "1")];
        assert!(terminal(ColorChoice::Always, &forced, false).links);
        assert!(!terminal(ColorChoice::Never, &forced, true).links);
    }

    #[test]
    fn columns_can_be_asked_for_but_never_too_few() {
        let auto = ColorChoice::Auto;
        assert_eq!(terminal(auto, &[], false).width, DEFAULT_WIDTH);
        assert_eq!(terminal(auto, &[("COLUMNS", "72")], false).width, 72);
        assert_eq!(
            terminal(auto, &[("COLUMNS", "3")], false).width,
            SMALLEST_WIDTH
        );
        assert_eq!(
            terminal(auto, &[("COLUMNS", "wide")], false).width,
            DEFAULT_WIDTH
        );
    }
}
