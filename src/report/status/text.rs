//! The databases in columns.

use super::{Fact, Findings, StatusReport, StatusRow};
use crate::gitops::Applier;
use crate::model::instant::Instant;
use crate::project::Controller;
use crate::report::clean;
use crate::report::human::Look;
use crate::report::rows::Page;
use crate::text::counted;

/// A column: what it is called, its texts, and whether they may be cut.
struct Column {
    name: &'static str,
    texts: Vec<String>,
    /// Names are cut at their beginning: generations stand at the end.
    elastic: bool,
}

/// Blanks between columns.
const GAP: usize = 2;

/// A name that is cut keeps so many characters.
const NARROWEST: usize = 8;

/// The column that goes where there is no room for all.
const APPLIED_BY: &str = "APPLIED BY";

/// One line for each database, then what needs explaining.
pub fn render(report: &StatusReport, look: Look) -> String {
    let mut columns = columns(&report.rows);
    // Names that are cut say less than a line below.
    let below = natural(&columns) > look.width;
    if below {
        columns.retain(|column| column.name != APPLIED_BY);
    }
    let widths = widths(&columns, look.width);
    let mut page = Page::new(look.width);
    let names: Vec<&str> = columns.iter().map(|column| column.name).collect();
    page.line(&line(&names, &widths, look));
    for at in 0..report.rows.len() {
        let texts: Vec<&str> = columns
            .iter()
            .map(|column| column.texts.get(at).map_or("", String::as_str))
            .collect();
        page.line(&colored(
            report.rows.get(at),
            &line(&texts, &widths, look),
            look,
        ));
    }
    notes(&mut page, report, below);
    page.finish()
}

fn columns(rows: &[StatusRow]) -> Vec<Column> {
    let column = |name, elastic, text: &dyn Fn(&StatusRow) -> String| Column {
        name,
        texts: rows
            .iter()
            .map(|row| clean::line(&text(row)).into_owned())
            .collect(),
        elastic,
    };
    let mut columns = vec![
        column("DATABASE", true, &title),
        column("MODE", false, &|row| row.mode.word().to_owned()),
        column("WRITES", true, &|row| match &row.write_lineage {
            Some(lineage) => lineage.server_name.clone(),
            None => "-".to_owned(),
        }),
        column("READS", true, &|row| match &row.source_lineage {
            Some(source) if source.in_use => source.lineage.server_name.clone(),
            Some(source) => format!("({})", source.lineage.server_name),
            None => "-".to_owned(),
        }),
    ];
    // Where nothing is known, one sentence below says so and leaves the room to names.
    if rows.iter().any(is_known) {
        columns.extend([
            column("LAST BACKUP", false, &|row| match &row.last_backup {
                Fact::Known(Some(backup)) => minute(backup.ended),
                Fact::Known(None) => "none".to_owned(),
                Fact::Unknown(_) => "unknown".to_owned(),
            }),
            column("REACHABLE TO", false, &|row| match &row.window {
                Fact::Known(window) => minute(window.latest),
                Fact::Unknown(_) => "unknown".to_owned(),
            }),
        ]);
    }
    if rows.iter().any(|row| row.applied_by.is_ok()) {
        columns.push(column(APPLIED_BY, true, &applied_by));
    }
    columns.push(column("FINDINGS", false, &|row| findings(row.findings)));
    columns
}

/// `Flux flux-system/apps`, `Argo CD argocd/shop`; with `?` where it may be otherwise.
fn applied_by(row: &StatusRow) -> String {
    let Ok(appliers) = &row.applied_by else {
        return "unknown".to_owned();
    };
    let one = |applier: &Applier| {
        let controller = match applier.controller {
            Controller::ArgoCd => "Argo CD",
            Controller::Flux => "Flux",
        };
        let namespace = applier.namespace.as_ref();
        let namespace = namespace.map_or(String::new(), |namespace| format!("{namespace}/"));
        let doubt = if applier.doubt.is_some() { "?" } else { "" };
        format!("{controller} {namespace}{}{doubt}", applier.name)
    };
    let all: Vec<String> = appliers.iter().map(one).collect();
    all.join(", ")
}

fn is_known(row: &StatusRow) -> bool {
    let backup = matches!(row.last_backup, Fact::Known(_));
    backup || matches!(row.window, Fact::Known(_))
}

fn title(row: &StatusRow) -> String {
    match (&row.name, &row.namespace) {
        (Some(name), _) => name.clone(),
        (None, Some(namespace)) => format!("{namespace}/{}", row.cluster),
        (None, None) => row.cluster.clone(),
    }
}

/// `2026-06-19 04:00`.
fn minute(instant: Option<Instant>) -> String {
    let Some(instant) = instant else {
        return "unknown".to_owned();
    };
    let text = instant.to_string();
    text.get(..16).unwrap_or(&text).to_owned()
}

fn findings(findings: Findings) -> String {
    let counts = [
        (findings.errors, "error"),
        (findings.warnings, "warning"),
        (findings.notes, "note"),
    ];
    let parts: Vec<String> = counts
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| counted(count, word))
        .collect();
    if parts.is_empty() {
        "none".to_owned()
    } else {
        parts.join(", ")
    }
}

/// The widths of the columns: as wide as their texts, where there is room; else the widest names are cut.
fn widths(columns: &[Column], room: usize) -> Vec<usize> {
    let mut widths: Vec<usize> = columns.iter().map(longest).collect();
    while total(&widths) > room {
        let elastic = widths.iter_mut().zip(columns);
        let widest = elastic
            .filter(|(width, column)| column.elastic && **width > NARROWEST)
            .max_by_key(|(width, _)| **width);
        let Some((width, _)) = widest else {
            break;
        };
        *width -= 1;
    }
    widths
}

fn longest(column: &Column) -> usize {
    let texts = column.texts.iter().map(|text| text.chars().count());
    texts.max().unwrap_or(0).max(column.name.len())
}

fn total(widths: &[usize]) -> usize {
    widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1)
}

/// The room that columns need when nothing is cut.
fn natural(columns: &[Column]) -> usize {
    total(&columns.iter().map(longest).collect::<Vec<usize>>())
}

fn line(texts: &[&str], widths: &[usize], look: Look) -> String {
    let mut line = String::new();
    for (text, width) in texts.iter().zip(widths) {
        let text = cut(text, *width, look.unicode);
        line.push_str(&format!("{text:<width$}{}", " ".repeat(GAP)));
    }
    line.trim_end().to_owned()
}

/// The end of a text that is too long.
fn cut(text: &str, width: usize, unicode: bool) -> String {
    let count = text.chars().count();
    if count <= width {
        return text.to_owned();
    }
    let mark = if unicode { "…" } else { ".." };
    let kept = width.saturating_sub(mark.chars().count());
    let end: String = text.chars().skip(count - kept).collect();
    format!("{mark}{end}")
}

fn colored(row: Option<&StatusRow>, line: &str, look: Look) -> String {
    let color = match row.map(|row| row.findings) {
        Some(Findings { errors: 1.., .. }) => "31",
        Some(Findings { warnings: 1.., .. }) => "33",
        _ => return line.to_owned(),
    };
    if look.color {
        format!("\u{1b}[{color}m{line}\u{1b}[0m")
    } else {
        line.to_owned()
    }
}

/// What the columns leave open.
fn notes(page: &mut Page, report: &StatusReport, appliers_too: bool) {
    let waiting = |row: &StatusRow| {
        row.source_lineage
            .as_ref()
            .is_some_and(|source| !source.in_use)
    };
    let mut notes: Vec<(&str, String)> = Vec::new();
    if appliers_too {
        notes.extend(known_appliers(report));
    }
    if report.rows.iter().any(waiting) {
        let text = "a recovery that is not in use would read from there";
        notes.push(("(name)", text.to_owned()));
    }
    let mut reasons: Vec<(&str, Vec<String>)> = Vec::new();
    for row in &report.rows {
        let of_backup = reason(&row.last_backup);
        for reason in of_backup.into_iter().chain(reason(&row.window)) {
            let name = title(row);
            match reasons.iter_mut().find(|(known, _)| *known == reason) {
                Some((_, names)) if !names.contains(&name) => names.push(name),
                Some(_) => {}
                None => reasons.push((reason, vec![name])),
            }
        }
    }
    for (reason, names) in reasons {
        let names = if names.len() == report.rows.len() {
            String::new()
        } else {
            format!(" ({})", names.join(", "))
        };
        let text = format!("last backup and times that can be reached: {reason}{names}");
        notes.push(("unknown", text));
    }
    notes.extend(who_applies(report));
    if report.elsewhere != Findings::default() {
        let text = format!(
            "{} that belong to no single database",
            findings(report.elsewhere)
        );
        notes.push(("besides", text));
    }
    if !notes.is_empty() {
        page.line("");
    }
    for (name, text) in notes {
        page.row(name, &text);
    }
}

/// Who applies which databases, in lines of their own.
fn known_appliers(report: &StatusReport) -> Vec<(&'static str, String)> {
    let mut known: Vec<(String, Vec<String>)> = Vec::new();
    for row in report.rows.iter().filter(|row| row.applied_by.is_ok()) {
        let by = clean::line(&applied_by(row)).into_owned();
        match known.iter_mut().find(|(other, _)| *other == by) {
            Some((_, names)) => names.push(title(row)),
            None => known.push((by, vec![title(row)])),
        }
    }
    let said = known.into_iter();
    said.map(|(by, names)| ("applied by", format!("{by} ({})", names.join(", "))))
        .collect()
}

/// Why it is not known, or not certain, who applies databases: where it is known of none, one sentence for all.
fn who_applies(report: &StatusReport) -> Vec<(&'static str, String)> {
    let mut reasons: Vec<(&'static str, String, Vec<String>)> = Vec::new();
    for row in &report.rows {
        let own: Vec<(&'static str, &String)> = match &row.applied_by {
            Err(reason) => vec![("unknown", reason)],
            Ok(appliers) => {
                let doubts = appliers.iter().filter_map(|own| own.doubt.as_ref());
                doubts.map(|doubt| ("name?", doubt)).collect()
            }
        };
        for (sign, reason) in own {
            let known = reasons
                .iter_mut()
                .find(|(other, text, _)| *other == sign && text == reason);
            match known {
                Some((_, _, names)) => names.push(title(row)),
                None => reasons.push((sign, reason.clone(), vec![title(row)])),
            }
        }
    }
    let said = reasons.into_iter().map(|(sign, reason, mut names)| {
        names.dedup();
        let names = if names.len() == report.rows.len() {
            String::new()
        } else {
            format!(" ({})", names.join(", "))
        };
        (sign, format!("who applies it: {reason}{names}"))
    });
    said.collect()
}

fn reason<T>(fact: &Fact<T>) -> Option<&str> {
    match fact {
        Fact::Known(_) => None,
        Fact::Unknown(reason) => Some(reason),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::verdict::Window;
    use crate::report::status::{Backup, Lineage, Mode, Source};

    fn lineage(name: &str) -> Lineage {
        Lineage {
            server_name: name.to_owned(),
            destination: Some("s3://backups/cnpg".to_owned()),
            endpoint: None,
        }
    }

    fn row(cluster: &str) -> StatusRow {
        StatusRow {
            name: None,
            namespace: Some("db".to_owned()),
            cluster: cluster.to_owned(),
            directory: "db".to_owned(),
            mode: Mode::Initdb,
            write_lineage: Some(lineage(&format!("{cluster}-v12"))),
            source_lineage: None,
            last_backup: Fact::Unknown("no inventory".to_owned()),
            window: Fact::Unknown("no inventory".to_owned()),
            applied_by: Ok([Applier {
                controller: Controller::Flux,
                kind: "Kustomization",
                namespace: Some("flux-system".to_owned()),
                name: cluster.to_owned(),
                generated_by: None,
                doubt: None,
            }]
            .into()),
            findings: Findings::default(),
        }
    }

    fn report() -> StatusReport {
        let second = |seconds| Some(Instant::from_seconds(seconds));
        let known = StatusRow {
            name: Some("books".to_owned()),
            mode: Mode::Recovery,
            source_lineage: Some(Source {
                lineage: lineage("a-rather-long-server-name-of-the-past-v11"),
                in_use: true,
            }),
            last_backup: Fact::Known(Some(Backup {
                id: "20260619T040001".to_owned(),
                ended: second(1_781_841_609),
            })),
            window: Fact::Known(Window {
                earliest: second(1_781_841_609),
                latest: second(1_781_847_040),
                last: None,
            }),
            findings: Findings {
                errors: 1,
                warnings: 2,
                notes: 0,
            },
            ..row("bookshelf")
        };
        let waiting = StatusRow {
            source_lineage: Some(Source {
                lineage: lineage("gitea-v11"),
                in_use: false,
            }),
            applied_by: Err("a remote base".to_owned()),
            ..row("gitea")
        };
        StatusReport {
            rows: vec![known, waiting],
            elsewhere: Findings {
                notes: 1,
                ..Findings::default()
            },
        }
    }

    fn look(width: usize) -> Look {
        Look {
            color: false,
            unicode: true,
            width,
        }
    }

    #[test]
    fn a_wide_terminal_shows_everything() {
        let wanted = "\
DATABASE  MODE      WRITES         READS                                      LAST BACKUP       REACHABLE TO      APPLIED BY                  FINDINGS
books     recovery  bookshelf-v12  a-rather-long-server-name-of-the-past-v11  2026-06-19 04:00  2026-06-19 05:30  Flux flux-system/bookshelf  1 error, 2 warnings
db/gitea  initdb    gitea-v12      (gitea-v11)                                unknown           unknown           unknown                     none

  (name)       a recovery that is not in use would read from there
  unknown      last backup and times that can be reached: no inventory (db/gitea)
  unknown      who applies it: a remote base (db/gitea)
  besides      1 note that belong to no single database
";
        assert_eq!(render(&report(), look(200)), wanted);
    }

    #[test]
    fn a_narrow_terminal_cuts_the_beginning_of_names() {
        let text = render(&report(), look(110));
        let first = text.lines().nth(1).unwrap();
        assert!(first.contains("…"), "{text}");
        assert!(first.contains("2026-06-19 04:00"), "{text}");
        assert!(
            text.lines().all(|line| line.chars().count() <= 110),
            "{text}"
        );
        let plain = Look {
            unicode: false,
            ..look(110)
        };
        assert!(render(&report(), plain).is_ascii());
    }

    #[test]
    fn colours_only_add() {
        let look = Look {
            color: true,
            ..look(200)
        };
        let text = render(&report(), look);
        assert!(text.contains("\u{1b}[31mbooks"), "{text}");
        let bare = text.replace("\u{1b}[31m", "").replace("\u{1b}[0m", "");
        assert_eq!(bare, render(&report(), super::tests::look(200)));
    }
}
