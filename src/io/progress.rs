//! One line of the terminal that tells what goes on, and is gone when it is over.

use std::io::{self, IsTerminal, Read};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::barman::store::{Object, ObjectStore, StoreError};

/// How often the line is drawn anew.
const TICK: Duration = Duration::from_millis(120);

/// Keys between two looks at the line.
const SOME_KEYS: u64 = 1000;

/// The line that stands on the terminal now. Whatever is written takes it away first.
static LINE: Mutex<Option<ProgressBar>> = Mutex::new(None);

/// Takes the line away, if there is one.
pub fn clear() {
    let shown = LINE.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(line) = shown {
        line.finish_and_clear();
    }
}

/// Whether somebody sits there who wants to know: standard error is a terminal that can redraw a line.
pub fn is_wanted(quiet: bool) -> bool {
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    !quiet && !dumb && io::stderr().is_terminal()
}

/// A store that tells how far it is. `patience` is how long it stays silent first.
pub struct Watched<S> {
    store: S,
    tally: Tally,
}

/// What was done so far.
struct Tally {
    begin: Instant,
    patience: Duration,
    keys: AtomicU64,
    objects: AtomicU64,
    bytes: AtomicU64,
}

impl<S> Watched<S> {
    /// Watches a store from now on.
    pub fn new(store: S, patience: Duration) -> Self {
        let tally = Tally {
            begin: Instant::now(),
            patience,
            keys: AtomicU64::new(0),
            objects: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
        };
        Self { store, tally }
    }
}

impl<S> Drop for Watched<S> {
    fn drop(&mut self) {
        clear();
    }
}

impl Tally {
    fn listed(&self, keys: u64) {
        let keys = self.keys.fetch_add(keys, Ordering::Relaxed) + keys;
        self.show(|| format!("listing: {keys} keys"));
    }

    fn opened(&self) {
        self.objects.fetch_add(1, Ordering::Relaxed);
        self.arrived(0);
    }

    fn arrived(&self, bytes: u64) {
        let bytes = self.bytes.fetch_add(bytes, Ordering::Relaxed) + bytes;
        self.show(|| {
            let mebibytes = bytes as f64 / f64::from(1 << 20);
            format!(
                "reading: {} objects, {mebibytes:.1} MiB",
                self.objects.load(Ordering::Relaxed)
            )
        });
    }

    fn show(&self, text: impl FnOnce() -> String) {
        if self.begin.elapsed() < self.patience {
            return;
        }
        let mut shown = LINE.lock().unwrap_or_else(PoisonError::into_inner);
        shown.get_or_insert_with(line).set_message(text());
    }
}

/// A new line. An interrupt has to leave a clean one from now on.
fn line() -> ProgressBar {
    #[cfg(unix)]
    interrupt::watch();
    let line = ProgressBar::new_spinner();
    let style = ProgressStyle::with_template("{spinner} {msg}");
    line.set_style(
        style
            .unwrap_or_else(|_| ProgressStyle::default_spinner())
            .tick_chars("-\\|/ "),
    );
    line.enable_steady_tick(TICK);
    line
}

#[cfg(unix)]
mod interrupt {
    //! An interrupt ends the program at once, behind a clean line.

    use std::sync::Once;

    use signal_hook::consts::SIGINT;
    use signal_hook::iterator::Signals;
    use signal_hook::low_level::emulate_default_handler;

    /// Watches from the first call on. Where that cannot be, the system ends the program, as it would without this.
    pub(super) fn watch() {
        static FIRST: Once = Once::new();
        FIRST.call_once(|| {
            if let Ok(mut signals) = Signals::new([SIGINT]) {
                std::thread::spawn(move || {
                    for signal in signals.forever() {
                        super::clear();
                        let _ = emulate_default_handler(signal);
                    }
                });
            }
        });
    }
}

/// An object whose bytes are counted.
struct Counted<'s> {
    reader: Box<dyn Read + 's>,
    tally: &'s Tally,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer)?;
        self.tally.arrived(count as u64);
        Ok(count)
    }
}

impl<S: ObjectStore> Watched<S> {
    fn counted<'s>(&'s self, reader: Box<dyn Read + 's>) -> Box<dyn Read + 's> {
        let tally = &self.tally;
        Box::new(Counted { reader, tally })
    }
}

impl<S: ObjectStore> ObjectStore for Watched<S> {
    fn list(
        &self,
        prefix: &str,
        start_after: Option<&str>,
        visit: &mut dyn FnMut(Object) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        let mut keys = 0;
        self.tally.listed(0);
        self.store.list(prefix, start_after, &mut |object| {
            keys += 1;
            if keys == SOME_KEYS {
                self.tally.listed(keys);
                keys = 0;
            }
            visit(object)
        })
    }

    fn directories(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        self.tally.listed(0);
        self.store.directories(prefix)
    }

    fn read(&self, key: &str) -> Result<Box<dyn Read + '_>, StoreError> {
        self.tally.opened();
        Ok(self.counted(self.store.read(key)?))
    }

    fn read_range(
        &self,
        key: &str,
        offset: u64,
        length: u64,
    ) -> Result<Box<dyn Read + '_>, StoreError> {
        self.tally.opened();
        Ok(self.counted(self.store.read_range(key, offset, length)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::DirectoryStore;
    use crate::io::scratch::Scratch;

    #[test]
    fn a_watched_store_shows_the_same_and_counts_it() {
        let scratch = Scratch::new("progress");
        scratch.put("db/wals/a", b"0123456789");
        scratch.put("db/wals/b", b"x");
        let store = DirectoryStore::open(scratch.path()).unwrap();
        let watched = Watched::new(store, Duration::from_secs(3600));
        let mut keys = Vec::new();
        watched
            .list("db/", Some("db/wals/a"), &mut |object| {
                keys.push(object.key);
                ControlFlow::Continue(())
            })
            .unwrap();
        assert_eq!(keys, ["db/wals/b"]);
        assert_eq!(watched.directories("").unwrap(), ["db/"]);
        let mut text = String::new();
        let mut whole = watched.read("db/wals/a").unwrap();
        whole.read_to_string(&mut text).unwrap();
        let mut part = watched.read_range("db/wals/a", 4, 3).unwrap();
        part.read_to_string(&mut text).unwrap();
        assert_eq!(text, "0123456789456");
        drop((whole, part));
        assert_eq!(
            (
                watched.tally.objects.load(Ordering::Relaxed),
                watched.tally.bytes.load(Ordering::Relaxed)
            ),
            (2, 13)
        );
        assert!(watched.read("none").is_err());
    }
}
