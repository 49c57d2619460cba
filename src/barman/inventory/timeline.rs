//! Timelines, their segments and histories in the words of JSON.

use serde::{Deserialize, Serialize};

use super::problem::HistoryPart;
use super::word::{compression, instant, segment};
use super::{Mistake, required};
use crate::barman::catalog::{Catalog, HistoryFile};
use crate::barman::wal_files::{Duplicates, Run, TimelineFiles, UploadBound, Variant};
use crate::wal::{SegmentName, SegmentNumber, SegmentSize, TimelineHistory, TimelineId};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TimelinePart {
    timeline: u32,
    #[serde(deserialize_with = "required")]
    history: Option<HistoryFilePart>,
    runs: Vec<RunPart>,
    /// For readers of the file; found out anew from the runs.
    gaps: Vec<GapPart>,
    partials: Vec<PartialPart>,
    duplicates: Vec<DuplicatesPart>,
    backup_histories: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct HistoryFilePart {
    compression: String,
    uploaded: String,
    content: ContentPart,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
enum ContentPart {
    Ancestors(Vec<AncestorPart>),
    Problem(HistoryPart),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AncestorPart {
    timeline: u32,
    switch: String,
    reason: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RunPart {
    first: String,
    last: String,
    count: u64,
    compression: String,
    #[serde(deserialize_with = "required")]
    uniform_size: Option<u64>,
    bytes: u64,
    smallest: u64,
    largest: u64,
    first_upload: String,
    last_upload: String,
    /// Up to which segment, and by when those from the one before on were uploaded.
    uploads: Vec<(String, String)>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct GapPart {
    first: String,
    last: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PartialPart {
    segment: String,
    objects: Vec<ObjectPart>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ObjectPart {
    compression: String,
    size: u64,
    uploaded: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DuplicatesPart {
    first: String,
    last: String,
    objects: Vec<KindPart>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KindPart {
    partial: bool,
    compression: String,
}

/// How many upload times of a run are kept one by one, and in how many others the rest is put together.
const UPLOADS_KEPT: usize = 16;

impl TimelinePart {
    pub(super) fn of(catalog: &Catalog, number: TimelineId) -> Self {
        let empty = TimelineFiles::default();
        let files = catalog.timelines.get(&number).unwrap_or(&empty);
        let names = Names {
            timeline: number,
            size: catalog.segment_size,
        };
        let gaps = files.gaps().into_iter().map(|gap| GapPart {
            first: names.name(*gap.start()),
            last: names.name(*gap.end()),
        });
        let partials = files.partials.iter().map(|(number, objects)| PartialPart {
            segment: names.name(*number),
            objects: objects.iter().map(ObjectPart::of).collect(),
        });
        let duplicates = files.duplicates.iter().map(|group| DuplicatesPart {
            first: names.name(group.first),
            last: names.name(group.last),
            objects: group.kinds.iter().map(KindPart::of).collect(),
        });
        Self {
            timeline: number.0,
            history: catalog.histories.get(&number).map(HistoryFilePart::of),
            runs: files.runs.iter().map(|run| names.run(run)).collect(),
            gaps: gaps.collect(),
            partials: partials.collect(),
            duplicates: duplicates.collect(),
            backup_histories: files.backup_histories,
        }
    }

    /// Adds the timeline to a catalog, and tells its number.
    pub(super) fn put_into(
        &self,
        catalog: &mut Catalog,
        size: SegmentSize,
    ) -> Result<TimelineId, Mistake> {
        let timeline = TimelineId(self.timeline);
        if let Some(part) = &self.history {
            let history = part.history(timeline).map_err(|m| m.inside("history"))?;
            catalog.histories.insert(timeline, history);
        }
        let names = Names { timeline, size };
        let mut files = TimelineFiles {
            backup_histories: self.backup_histories,
            ..TimelineFiles::default()
        };
        for (at, part) in self.runs.iter().enumerate() {
            let run = names.read_run(part).map_err(|m| m.in_item("runs", at))?;
            if files.runs.last().is_some_and(|last| last.last >= run.first) {
                let mistake = Mistake::at("first", "the runs are not in their order");
                return Err(mistake.in_item("runs", at));
            }
            files.runs.push(run);
        }
        for (at, part) in self.partials.iter().enumerate() {
            let objects = part.objects.iter().map(ObjectPart::variant);
            let objects: Result<Vec<Variant>, Mistake> = objects.collect();
            let objects = objects.map_err(|m| m.in_item("partials", at))?;
            let number = names
                .number("segment", &part.segment)
                .map_err(|m| m.in_item("partials", at))?;
            if objects.is_empty() || files.partials.insert(number, objects).is_some() {
                let mistake = Mistake::at("objects", "none, or listed before");
                return Err(mistake.in_item("partials", at));
            }
        }
        for (at, part) in self.duplicates.iter().enumerate() {
            let group = names.read_duplicates(part);
            files
                .duplicates
                .push(group.map_err(|m| m.in_item("duplicates", at))?);
        }
        if files != TimelineFiles::default() {
            catalog.timelines.insert(timeline, files);
        }
        Ok(timeline)
    }
}

/// The names of the segments of one timeline.
#[derive(Clone, Copy)]
struct Names {
    timeline: TimelineId,
    size: SegmentSize,
}

impl Names {
    fn name(self, number: SegmentNumber) -> String {
        let timeline = self.timeline;
        SegmentName { timeline, number }
            .file_name(self.size)
            .to_string()
    }

    fn number(self, field: &str, text: &str) -> Result<SegmentNumber, Mistake> {
        segment(field, text, self.timeline, self.size).map(|name| name.number)
    }

    /// The two ends of something in a row.
    fn ends(self, first: &str, last: &str) -> Result<(SegmentNumber, SegmentNumber), Mistake> {
        let ends = (self.number("first", first)?, self.number("last", last)?);
        if ends.0 > ends.1 {
            return Err(Mistake::at("last", "it lies before `first`"));
        }
        Ok(ends)
    }

    fn run(self, run: &Run) -> RunPart {
        let uploads = folded(&run.uploads).into_iter();
        RunPart {
            first: self.name(run.first),
            last: self.name(run.last),
            count: run.count(),
            compression: run.compression.to_string(),
            uniform_size: run.uniform_size,
            bytes: run.bytes,
            smallest: run.smallest,
            largest: run.largest,
            first_upload: run.first_upload.rfc3339(),
            last_upload: run.last_upload.rfc3339(),
            uploads: uploads
                .map(|bound| (self.name(bound.last), bound.latest.rfc3339()))
                .collect(),
        }
    }

    fn read_run(self, part: &RunPart) -> Result<Run, Mistake> {
        let (first, last) = self.ends(&part.first, &part.last)?;
        let mut uploads: Vec<UploadBound> = Vec::with_capacity(part.uploads.len());
        for (name, time) in &part.uploads {
            let bound = UploadBound {
                last: self.number("uploads", name)?,
                latest: instant("uploads", time)?,
            };
            if bound.last > last || uploads.last().is_some_and(|b| b.last >= bound.last) {
                return Err(Mistake::at(
                    "uploads",
                    "the segments are not in their order",
                ));
            }
            uploads.push(bound);
        }
        let run = Run {
            first,
            last,
            compression: compression("compression", &part.compression)?,
            uniform_size: part.uniform_size,
            bytes: part.bytes,
            smallest: part.smallest,
            largest: part.largest,
            first_upload: instant("first_upload", &part.first_upload)?,
            last_upload: instant("last_upload", &part.last_upload)?,
            uploads,
        };
        if run.count() != part.count {
            let problem = format!("there are {} segments from `first` to `last`", run.count());
            return Err(Mistake::at("count", problem));
        }
        Ok(run)
    }

    fn read_duplicates(self, part: &DuplicatesPart) -> Result<Duplicates, Mistake> {
        let (first, last) = self.ends(&part.first, &part.last)?;
        let kinds = part.objects.iter().map(|kind| {
            let compression = compression("objects.compression", &kind.compression)?;
            Ok((kind.partial, compression))
        });
        Ok(Duplicates {
            first,
            last,
            kinds: kinds.collect::<Result<_, Mistake>>()?,
        })
    }
}

/// Upload times, the last ones one by one and the others in a few groups.
fn folded(uploads: &[UploadBound]) -> Vec<UploadBound> {
    if uploads.len() <= 2 * UPLOADS_KEPT {
        return uploads.to_vec();
    }
    let (old, new) = uploads.split_at(uploads.len() - UPLOADS_KEPT);
    let groups = old.chunks(old.len().div_ceil(UPLOADS_KEPT));
    let mut folded: Vec<UploadBound> = groups
        .filter_map(|group| {
            let latest = group.iter().map(|bound| bound.latest).max()?;
            let last = group.last()?.last;
            Some(UploadBound { last, latest })
        })
        .collect();
    folded.extend_from_slice(new);
    folded
}

impl HistoryFilePart {
    fn of(file: &HistoryFile) -> Self {
        let content = match &file.content {
            Ok(history) => {
                let ancestors = history.ancestors().iter().map(|ancestor| AncestorPart {
                    timeline: ancestor.timeline.0,
                    switch: ancestor.switch.to_string(),
                    reason: ancestor.reason.clone(),
                });
                ContentPart::Ancestors(ancestors.collect())
            }
            Err(problem) => ContentPart::Problem(HistoryPart::of(problem)),
        };
        Self {
            compression: file.compression.to_string(),
            uploaded: file.last_modified.rfc3339(),
            content,
        }
    }

    fn history(&self, timeline: TimelineId) -> Result<HistoryFile, Mistake> {
        let content = match &self.content {
            ContentPart::Ancestors(ancestors) => Ok(history(timeline, ancestors)?),
            ContentPart::Problem(part) => Err(part.problem(timeline)),
        };
        Ok(HistoryFile {
            compression: compression("compression", &self.compression)?,
            last_modified: instant("uploaded", &self.uploaded)?,
            content,
        })
    }
}

/// The history as its file would tell it, so that the same checks are made.
fn history(timeline: TimelineId, ancestors: &[AncestorPart]) -> Result<TimelineHistory, Mistake> {
    let mut text = String::new();
    for (at, ancestor) in ancestors.iter().enumerate() {
        if ancestor.reason.contains(['\n', '\r']) || ancestor.switch.contains(char::is_whitespace) {
            let mistake = Mistake::at("reason", "it has several lines");
            return Err(mistake.in_item("ancestors", at));
        }
        let AncestorPart {
            timeline,
            switch,
            reason,
        } = ancestor;
        text.push_str(&format!("{timeline}\t{switch}\t{reason}\n"));
    }
    TimelineHistory::parse(timeline, text.as_bytes())
        .map_err(|error| Mistake::at("ancestors", error.to_string()))
}

impl ObjectPart {
    fn of(object: &Variant) -> Self {
        Self {
            compression: object.compression.to_string(),
            size: object.size,
            uploaded: object.last_modified.rfc3339(),
        }
    }

    fn variant(&self) -> Result<Variant, Mistake> {
        Ok(Variant {
            partial: true,
            compression: compression("objects.compression", &self.compression)?,
            size: self.size,
            last_modified: instant("objects.uploaded", &self.uploaded)?,
        })
    }
}

impl KindPart {
    fn of((partial, compression): &(bool, crate::barman::Compression)) -> Self {
        Self {
            partial: *partial,
            compression: compression.to_string(),
        }
    }
}
