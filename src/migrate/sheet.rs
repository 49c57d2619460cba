//! One document with in-tree stores: what is in it, and the edits that make it use the plugin.

use crate::model::cluster::BARMAN_PLUGIN;
use crate::text::{Edit, Span};
use crate::yaml::{Entry, Kind, Node};

use super::holder::Holder;
use super::lines::{self, Lines};
use super::stanza::{Piece, Stanza};

/// The in-tree store of an external cluster.
pub(super) struct Source {
    /// The name of the external cluster, which is the server name by default.
    pub(super) name: String,
    /// The store.
    pub(super) stanza: Stanza,
    at: Lines,
}

/// A document and the in-tree stores in it.
pub(super) struct Sheet<'p> {
    /// The document.
    pub(super) holder: Holder,
    /// Its file's text.
    pub(super) text: &'p str,
    /// `spec.backup.barmanObjectStore`.
    pub(super) write: Option<Stanza>,
    /// `spec.backup.retentionPolicy`.
    pub(super) retention: Option<Piece>,
    /// `spec.externalClusters[].barmanObjectStore`.
    pub(super) sources: Vec<Source>,
}

/// What a plugin entry is to say.
pub(super) struct Parameters {
    /// `barmanObjectName`.
    pub(super) store: String,
    /// `serverName`; `None` where it cannot be written out.
    pub(super) server_name: Option<Piece>,
}

/// What is to be written into a document.
pub(super) struct Wanted {
    /// The entry of `spec.plugins`; `None` where another document has it.
    pub(super) plugin: Option<Parameters>,
    /// The plugins of the external clusters, one for each of [`Sheet::sources`].
    pub(super) sources: Vec<Reading>,
}

/// The plugin of an external cluster.
pub(super) struct Reading {
    /// What it says.
    pub(super) parameters: Parameters,
    /// Whether the ObjectStore is made of another in-tree store, so that the lines of this one go.
    pub(super) shares: bool,
}

/// Why a document cannot be edited: the place, and what is wrong there.
pub(super) type Unfit = (Span, String);

const BACKUP: &str = "backup";
const MOVED: [&str; 2] = ["barmanObjectStore", "retentionPolicy"];

impl<'p> Sheet<'p> {
    /// Reads a document.
    pub(super) fn read(holder: Holder, text: &'p str) -> Result<Self, Unfit> {
        let mut sheet = Self {
            holder,
            text,
            write: None,
            retention: None,
            sources: Vec::new(),
        };
        if let Some((entry, at)) = sheet.backup_entry("barmanObjectStore")? {
            let expanded = sheet.holder.get(&["spec", BACKUP, "barmanObjectStore"]);
            let stanza = expanded.map(|expanded| {
                Stanza::read(&sheet.holder, text, entry, at, expanded)
                    .ok_or_else(|| odd(&entry.value))
            });
            sheet.write = stanza.transpose()?;
        }
        if let Some((entry, at)) = sheet.backup_entry("retentionPolicy")? {
            let parent = sheet.written(&["spec", BACKUP]);
            let value = sheet.holder.get(&["spec", BACKUP, "retentionPolicy"]);
            sheet.retention = parent.zip(value).and_then(|(parent, value)| {
                let entry = entry.key.text()?;
                Piece::of(&sheet.holder, text, parent, at, entry, value)
            });
        }
        sheet.sources = sheet.read_sources()?;
        Ok(sheet)
    }

    fn written(&self, path: &[&str]) -> Option<&Node> {
        self.holder.document.root.at(path)
    }

    /// An entry of `spec.backup` and its lines, where it has lines.
    fn backup_entry(&self, key: &str) -> Result<Option<(&Entry, Option<Lines>)>, Unfit> {
        let Some(backup) = self.written(&["spec", BACKUP]) else {
            return Ok(None);
        };
        if matches!(backup.kind, Kind::Alias(_)) || backup.entry("<<").is_some() {
            return Err((
                backup.span(),
                "`backup` is shared through an anchor: write it out".to_owned(),
            ));
        }
        let Some((index, entry)) = backup
            .as_mapping()
            .unwrap_or_default()
            .iter()
            .enumerate()
            .find(|(_, entry)| entry.key.text() == Some(key) && !entry.value.is_null())
        else {
            return Ok(None);
        };
        let lines = lines::of(self.text, backup);
        Ok(Some((
            entry,
            lines.and_then(|lines| lines.get(index).copied()),
        )))
    }

    fn read_sources(&self) -> Result<Vec<Source>, Unfit> {
        let Some(list) = self.written(&["spec", "externalClusters"]) else {
            return Ok(Vec::new());
        };
        let expanded = self
            .holder
            .get(&["spec", "externalClusters"])
            .and_then(Node::as_sequence);
        let mut found = Vec::new();
        for (index, item) in expanded.unwrap_or_default().iter().enumerate() {
            let Some(store) = item.get("barmanObjectStore").filter(|node| !node.is_null()) else {
                continue;
            };
            let unfit = || {
                (
                    store.span(),
                    "this external cluster is not written as lines of its own: write it out"
                        .to_owned(),
                )
            };
            let written = list
                .as_sequence()
                .and_then(|items| items.get(index))
                .ok_or_else(unfit)?;
            let lines = lines::of(self.text, written).ok_or_else(unfit)?;
            let entries = written.as_mapping().unwrap_or_default();
            let own = entries
                .iter()
                .zip(lines)
                .find(|(entry, _)| entry.key.text() == Some("barmanObjectStore"));
            let (entry, at) = own.ok_or_else(unfit)?;
            if item.get("plugin").is_some_and(|node| !node.is_null()) {
                return Err((
                    entry.key.span(),
                    "this external cluster has a plugin already: remove one of the two".to_owned(),
                ));
            }
            let stanza = Stanza::read(&self.holder, self.text, entry, Some(at), store)
                .ok_or_else(|| odd(&entry.value))?;
            found.push(Source {
                name: item
                    .get("name")
                    .and_then(Node::text)
                    .unwrap_or_default()
                    .to_owned(),
                stanza,
                at,
            });
        }
        Ok(found)
    }

    /// The edits that make the document say what is wanted.
    pub(super) fn edits(&self, wanted: &Wanted) -> Result<Vec<Edit>, Unfit> {
        let mut edits = self.backup_edits(wanted.plugin.as_ref())?;
        for (source, reading) in self.sources.iter().zip(&wanted.sources) {
            let comments = if reading.shares {
                source.stanza.all_comments()
            } else {
                source.stanza.loose.clone()
            };
            let indent = lines::column(self.text, source.at.key);
            let mut text = String::new();
            for comment in comments {
                text += &format!("{comment}\n{}", " ".repeat(indent));
            }
            let place = || {
                (
                    self.span(source.at),
                    "the server name cannot be written here".to_owned(),
                )
            };
            text += &source_text(&reading.parameters, indent).ok_or_else(place)?;
            edits.push(self.replaced(source.at.own(), &text));
        }
        Ok(joined(edits))
    }

    fn span(&self, at: Lines) -> Span {
        Span::new(self.holder.file, at.key, at.end)
    }

    /// New lines in place of others, with the line ends of the file.
    fn replaced(&self, range: std::ops::Range<usize>, text: &str) -> Edit {
        let line_break = lines::line_break(self.text);
        let mut text = text.replace('\n', line_break);
        // A file that ends without a line break keeps doing so.
        if range.end == self.text.len() && !self.text.ends_with('\n') {
            text.truncate(text.trim_end_matches(['\r', '\n']).len());
            if self.text[..range.start].ends_with('\n') || range.is_empty() {
                let before = if range.is_empty() { line_break } else { "" };
                text = format!("{before}{text}");
            }
        }
        Edit::new(Span::new(self.holder.file, range.start, range.end), text)
    }

    /// Takes the in-tree store out of `backup`, and puts the plugin behind it or in its place.
    fn backup_edits(&self, plugin: Option<&Parameters>) -> Result<Vec<Edit>, Unfit> {
        if self.write.is_none() && self.retention.is_none() {
            return Ok(Vec::new());
        }
        let root = &self.holder.document.root;
        let unfit = |node: &Node| {
            (
                node.span(),
                "not written as lines of its own: write it out".to_owned(),
            )
        };
        let spec = root.get("spec").ok_or_else(|| unfit(root))?;
        let all = lines::of(self.text, spec).ok_or_else(|| unfit(spec))?;
        let entries = spec.as_mapping().unwrap_or_default();
        let backup = entries
            .iter()
            .zip(&all)
            .find(|(entry, _)| entry.key.text() == Some(BACKUP));
        let (backup, at) = backup.ok_or_else(|| unfit(spec))?;
        let indent = lines::column(self.text, at.key);
        let plugins = entries
            .iter()
            .zip(&all)
            .find(|(entry, _)| entry.key.text() == Some("plugins"));
        let (beside, inserted) = match (plugin, plugins) {
            (Some(plugin), Some((list, at))) => {
                (Some(self.beside(&list.value, *at, plugin)?), None)
            }
            (Some(plugin), None) => {
                let place = || {
                    (
                        backup.key.span(),
                        "the server name cannot be written here".to_owned(),
                    )
                };
                let item = item_text(plugin, indent + 2).ok_or_else(place)?;
                (None, Some(format!("plugins:\n{item}")))
            }
            (None, _) => (None, None),
        };
        let mut edits: Vec<Edit> = beside.into_iter().collect();
        let kept = backup.value.as_mapping().unwrap_or_default().iter();
        let kept = kept.filter(|entry| !entry.key.text().is_some_and(|key| MOVED.contains(&key)));
        let loose = self.loose(indent);
        if kept.count() == 0 {
            edits.push(match inserted {
                Some(text) => self.replaced(at.own(), &format!("{loose}{text}")),
                None => {
                    let line = lines::line_start(self.text, at.key);
                    let loose = if loose.is_empty() {
                        loose
                    } else {
                        format!("{}{}", " ".repeat(indent), loose.trim_end_matches(' '))
                    };
                    self.replaced(line..at.end, &loose)
                }
            });
            return Ok(edits);
        }
        let inner = lines::of(self.text, &backup.value).ok_or_else(|| unfit(&backup.value))?;
        for (entry, at) in backup
            .value
            .as_mapping()
            .unwrap_or_default()
            .iter()
            .zip(inner)
        {
            let moved = entry.key.text().is_some_and(|key| MOVED.contains(&key));
            if moved && !entry.value.is_null() {
                edits.push(self.replaced(at.whole(), ""));
            }
        }
        if let Some(text) = inserted {
            let text = format!("{}{loose}{text}", " ".repeat(indent));
            edits.push(self.replaced(at.end..at.end, &text));
        }
        Ok(edits)
    }

    /// Comments of the in-tree store that cannot move with their lines, each with the indentation of the next line.
    fn loose(&self, indent: usize) -> String {
        let comments = self.write.iter().flat_map(|stanza| &stanza.loose);
        comments
            .map(|comment| format!("{comment}\n{}", " ".repeat(indent)))
            .collect()
    }

    /// The plugin behind the plugins that are there.
    fn beside(&self, list: &Node, at: Lines, plugin: &Parameters) -> Result<Edit, Unfit> {
        let unfit = || {
            let why = "the plugin cannot be added to this list: write the list as lines";
            (list.span(), why.to_owned())
        };
        let first = list
            .as_sequence()
            .and_then(<[Node]>::first)
            .ok_or_else(unfit)?;
        let start = first.span().start as usize;
        let line = lines::line_start(self.text, start);
        let dash = self.text[line..start].find('-').ok_or_else(unfit)?;
        let item = item_text(plugin, dash).ok_or_else(unfit)?;
        Ok(self.replaced(at.end..at.end, &item))
    }
}

/// The edits, those at one place as one: a plugin that goes behind a list which ends where `backup` begins.
fn joined(mut edits: Vec<Edit>) -> Vec<Edit> {
    edits.sort_by_key(|edit| edit.span);
    let mut all: Vec<Edit> = Vec::with_capacity(edits.len());
    for edit in edits {
        match all.last_mut() {
            Some(last) if last.span.is_empty() && last.span.start == edit.span.start => {
                last.span = edit.span;
                last.text.push_str(&edit.text);
            }
            _ => all.push(edit),
        }
    }
    all
}

fn odd(node: &Node) -> Unfit {
    (
        node.span(),
        "not an object store that can be read: write it as a map of lines".to_owned(),
    )
}

/// An entry of `plugins`.
fn item_text(plugin: &Parameters, indent: usize) -> Option<String> {
    let pad = " ".repeat(indent);
    let parameters = parameters_text(plugin, indent + 4)?;
    Some(format!(
        "{pad}- name: {BARMAN_PLUGIN}\n{pad}  enabled: true\n{pad}  isWALArchiver: true\n{pad}  parameters:\n{parameters}"
    ))
}

/// `plugin` of an external cluster; the first line is not indented. The defaults of the API server are written out, as
/// in everything that is generated.
fn source_text(plugin: &Parameters, indent: usize) -> Option<String> {
    let pad = " ".repeat(indent);
    let parameters = parameters_text(plugin, indent + 4)?;
    Some(format!(
        "plugin:\n{pad}  name: {BARMAN_PLUGIN}\n{pad}  enabled: true\n{pad}  isWALArchiver: false\n{pad}  parameters:\n{parameters}"
    ))
}

fn parameters_text(plugin: &Parameters, indent: usize) -> Option<String> {
    let store = Piece::new("barmanObjectName", &plugin.store).write(indent, "\n")?;
    let server_name = match &plugin.server_name {
        Some(name) => name.write(indent, "\n")?,
        None => String::new(),
    };
    Some(store + &server_name)
}
