//! Inventories: against the archives they were made of, as files, and as users make and ask them.

mod agreement;
mod command;
mod file;

use std::fs;
use std::path::{Path, PathBuf};

use walbound::barman::{Catalog, ServerPath, TargetTimeline};
use walbound::facts::inventory::{Heading, Lineage};
use walbound::facts::{Ask, Depth, Inventory, Live, Target};
use walbound::io::DirectoryStore;
use walbound::model::instant::Instant;

/// Archives of real servers, each with one lineage, `db`.
const CASES: [&str; 4] = ["forked", "gap", "mixed", "truncated"];

fn bucket(case: &str) -> PathBuf {
    let archives = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/archive");
    archives.join(case).join("bucket")
}

fn live(bucket: &Path, server: &str) -> Live<DirectoryStore> {
    let store = DirectoryStore::open(bucket).unwrap();
    let catalog = Catalog::read(&store, ServerPath::new("", server)).unwrap();
    Live { store, catalog }
}

fn ask<'a>(target: &'a Target, timeline: TargetTimeline, backup: Option<&'a str>) -> Ask<'a> {
    Ask {
        target,
        timeline,
        backup_id: backup,
        depth: Depth::Records,
    }
}

/// Numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        usize::try_from((self.0 >> 33) % sides as u64).unwrap()
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// The segments of an archive, as files.
fn segments(bucket: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for folder in fs::read_dir(bucket.join("db/wals")).unwrap() {
        let folder = folder.unwrap().path();
        if folder.is_dir() {
            let files = fs::read_dir(folder)
                .unwrap()
                .map(|file| file.unwrap().path());
            found.extend(files.filter(|file| !file.to_str().unwrap().contains(".backup")));
        }
    }
    found.sort();
    found
}

fn heading(redact: bool) -> Heading {
    Heading {
        taken_at: Instant::from_seconds(1_800_000_000),
        url: "file:///bucket".to_owned(),
        endpoint_url: None,
        depth: Depth::Records,
        redact,
        whole: false,
    }
}

fn text(lineage: Lineage) -> String {
    Inventory::new(&heading(false), &[lineage])
        .render()
        .unwrap()
}
