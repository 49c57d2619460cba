//! The picture as a page: one file, without scripts and without anything from elsewhere.

use super::TimelineReport;
use super::lane::{Lane, names};
use super::mark::Mark;
use super::markup::Markup;
use super::picture::Picture;
use super::{svg, words};
use crate::barman::backup_info::BackupTime;
use crate::model::instant::Instant;
use crate::report::check;
use crate::text::bytes;

const STYLE: &str = include_str!("page.css");

/// How many rows a table has; the rest is counted.
const MOST_ROWS: usize = 500;

/// The verdict, the picture, and tables with the same data.
pub fn render(report: &TimelineReport<'_>) -> String {
    let picture = Picture::of(report);
    let mut page = Markup::beginning("<!DOCTYPE html>\n");
    page.open(
        "html",
        &[("lang", "en"), ("xmlns", "http://www.w3.org/1999/xhtml")],
    );
    head(&mut page, &picture);
    page.open("body", &[]);
    verdict(&mut page, &picture);
    page.open("figure", &[]);
    svg::draw(&mut page, &picture, false);
    page.close();
    page.line();
    backup_table(&mut page, &picture);
    wal_table(&mut page, &picture);
    timeline_table(&mut page, &picture);
    system_table(&mut page, &picture);
    let version = env!("CARGO_PKG_VERSION");
    let text = format!(
        "Drawn by walbound {version} from the archive alone; nothing was changed. Times are in UTC."
    );
    page.leaf("footer", &[], &text);
    page.finish()
}

fn head(page: &mut Markup, picture: &Picture<'_>) {
    page.open("head", &[]);
    page.empty("meta", &[("charset", "utf-8")]);
    let view = "width=device-width, initial-scale=1";
    page.empty("meta", &[("name", "viewport"), ("content", view)]);
    // Even a mistake in this page cannot fetch or run anything.
    let policy = "default-src 'none'; style-src 'unsafe-inline'";
    page.empty(
        "meta",
        &[
            ("http-equiv", "Content-Security-Policy"),
            ("content", policy),
        ],
    );
    page.leaf("title", &[], &svg::title(picture));
    page.line();
    page.style(svg::STYLE);
    page.style(STYLE);
    page.close();
    page.line();
}

fn verdict(page: &mut Markup, picture: &Picture<'_>) {
    let report = &picture.report;
    page.open("h1", &[]);
    let rows = if report.asked {
        let word = report.check.verdict.verdict.word();
        page.leaf("span", &[("class", &format!("verdict {word}"))], word);
        let timeline = check::timeline_word(report.check.timeline);
        page.write(&format!(
            " {}, timeline {timeline}",
            check::asked(report.check.target)
        ));
        check::rows(&report.check)
    } else {
        page.write(&svg::title(picture));
        words::archive_rows(picture, None)
    };
    page.close();
    page.line();
    page.open("dl", &[]);
    let there = report
        .asked
        .then(|| ("archive holds", words::summary(picture)));
    let evidence = ("evidence", words::evidence(picture, None));
    for (name, text) in rows.into_iter().chain(there).chain([evidence]) {
        page.leaf("dt", &[], name);
        page.leaf("dd", &[], &text);
        page.line();
    }
    page.close();
    page.line();
}

/// A value of a table and how it is set.
type Field = (&'static str, String);

fn table(page: &mut Markup, columns: &[&str], rows: impl Iterator<Item = (bool, Vec<Field>)>) {
    page.open("div", &[("class", "scroll")]);
    page.open("table", &[]);
    page.open("thead", &[]);
    page.open("tr", &[]);
    for column in columns {
        page.leaf("th", &[], column);
    }
    page.close();
    page.close();
    page.line();
    page.open("tbody", &[]);
    for (bad, fields) in rows {
        page.open("tr", if bad { &[("class", "bad")] } else { &[] });
        for (class, text) in fields {
            let class = [("class", class)];
            page.leaf(
                "td",
                if class[0].1.is_empty() { &[] } else { &class },
                &text,
            );
        }
        page.close();
        page.line();
    }
    page.close();
    page.close();
    page.close();
    page.line();
}

fn second(instant: Option<Instant>) -> String {
    instant.map_or(String::new(), |instant| words::moment(instant, None))
}

fn shown<T: ToString>(value: Option<T>) -> String {
    value.map_or(String::new(), |value| value.to_string())
}

fn backup_table(page: &mut Markup, picture: &Picture<'_>) {
    if picture.marks.is_empty() {
        return;
    }
    page.leaf("h2", &[], "Base backups");
    // The newest ones and those in the picture.
    let skipped = picture.marks.len().saturating_sub(MOST_ROWS);
    let listed = |(at, mark): &(usize, &Mark<'_>)| *at >= skipped || mark.letter.is_some();
    let marks = picture.marks.iter().enumerate();
    let rows = marks.filter(listed).map(|(_, mark)| {
        let bad = mark.problem.is_some() || mark.foreign;
        (bad, backup_fields(mark, picture.report.asked))
    });
    let columns = [
        "", "name", "ended", "remarks", "data", "timeline", "from", "to", "began", "server",
        "system",
    ];
    table(page, &columns, rows);
    let marks = picture.marks.iter().take(skipped);
    let left: Vec<&Mark<'_>> = marks.filter(|mark| mark.letter.is_none()).collect();
    if let Some(text) = words::folded_backups(&left, None) {
        page.leaf("p", &[("class", "note")], &text);
    }
}

fn backup_fields(mark: &Mark<'_>, asked: bool) -> Vec<Field> {
    let info = mark.info();
    let remarks = words::remarks(mark, asked).join("; ");
    let size = info.and_then(|info| info.cluster_size);
    let version = info.and_then(|info| info.server_version);
    let time = |time: Option<BackupTime>| second(time.map(|time| time.instant));
    vec![
        ("", shown(mark.letter)),
        ("code", mark.backup.id.to_string()),
        ("", time(info.and_then(|info| info.end_time))),
        (if remarks.is_empty() { "" } else { "wide" }, remarks),
        ("number", size.map_or(String::new(), bytes)),
        ("number", shown(info.and_then(|info| info.timeline))),
        ("code", shown(info.and_then(|info| info.begin_lsn))),
        ("code", shown(info.and_then(|info| info.end_lsn))),
        ("", time(info.and_then(|info| info.begin_time))),
        ("", version.map_or(String::new(), words::server)),
        ("code", shown(info.and_then(|info| info.system_identifier))),
    ]
}

fn wal_table(page: &mut Markup, picture: &Picture<'_>) {
    let all = || {
        let lanes = picture.lanes.iter();
        lanes.flat_map(|lane| lane.pieces.iter().map(move |piece| (lane, piece)))
    };
    let count = all().count();
    if count == 0 {
        return;
    }
    page.leaf("h2", &[], "WAL");
    let rows = all().take(MOST_ROWS).map(|(lane, piece)| {
        let missing = piece.bytes == 0 && words::is_missing(piece);
        let (first, last) = names(picture.report.catalog, lane.timeline, piece);
        let size = if missing {
            String::new()
        } else {
            bytes(piece.bytes)
        };
        let time = |instant| {
            if missing {
                String::new()
            } else {
                second(Some(instant))
            }
        };
        let fields = vec![
            ("number", lane.timeline.to_string()),
            ("code", first),
            ("code", last),
            ("number", piece.count().to_string()),
            ("", words::piece_word(piece).to_owned()),
            ("number", size),
            ("", time(piece.uploads.0)),
            ("", time(piece.uploads.1)),
        ];
        (missing && !piece.aside, fields)
    });
    let columns = [
        "timeline",
        "first segment",
        "last segment",
        "segments",
        "state",
        "stored",
        "first upload",
        "last upload",
    ];
    table(page, &columns, rows);
    if count > MOST_ROWS {
        let text = format!("and {} more rows", count - MOST_ROWS);
        page.leaf("p", &[("class", "note")], &text);
    }
}

fn timeline_table(page: &mut Markup, picture: &Picture<'_>) {
    if picture.lanes.is_empty() {
        return;
    }
    page.leaf("h2", &[], "Timelines");
    let rows = picture.lanes.iter().take(MOST_ROWS).map(|lane| {
        let read = if lane.followed { "yes" } else { "no" };
        let fields = vec![
            ("number", lane.timeline.to_string()),
            ("wide", words::origin(lane)),
            ("number", lane.segments().to_string()),
            ("number", lane.missing().count().to_string()),
            ("", read.to_owned()),
        ];
        (false, fields)
    });
    let columns = [
        "timeline",
        "where it comes from",
        "segments",
        "gaps",
        "on the way of the recovery",
    ];
    table(page, &columns, rows);
    let more: &[Lane] = picture.lanes.get(MOST_ROWS..).unwrap_or_default();
    if !more.is_empty() {
        let text = format!("and {} more timelines", more.len());
        page.leaf("p", &[("class", "note")], &text);
    }
}

fn system_table(page: &mut Markup, picture: &Picture<'_>) {
    if picture.systems.len() < 2 {
        return;
    }
    page.leaf("h2", &[], "Database systems");
    page.open("ul", &[]);
    for row in picture.systems.iter().take(MOST_ROWS) {
        page.leaf("li", &[], &words::system(row, None));
    }
    page.close();
    page.line();
}
