//! A listing in the order of keys, large ones several pages at a time.
//!
//! A store hands out 1000 keys a page and the next page only for the token of the last one. So the keys are cut into
//! runs at the names of folders, and several runs are listed at once, each from its own beginning. Where the cuts lie
//! is no matter of correctness: a run ends where the next one begins.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::barman::store::{Object, StoreError};

use super::connect::Shared;
use super::packed::Packed;
use super::page::{Contents, Pages};

/// Runs that are listed at once.
const MOST_AT_ONCE: usize = 4;

/// Folders in a run: 25,600 segments of 16 MiB. What waits in memory is bounded by it.
const FOLDERS_IN_A_RUN: usize = 100;

/// Runs that a listing of middling size is cut into, each of them [`FEWEST_FOLDERS`] at least.
const USUAL_RUNS: usize = 40;
const FEWEST_FOLDERS: usize = 8;

/// Pages of folder names that are read for the cuts. What lies behind them is the last run.
const PAGES_OF_FOLDERS: usize = 8;

/// Pages of a run that may wait for those before it; then the run waits too.
const MOST_WAITING_PAGES: usize = 64;

/// Every object below a prefix.
pub(super) struct Listing {
    shared: Arc<Shared>,
    prefix: String,
    state: State,
}

enum State {
    /// Nothing was asked yet.
    Fresh(Pages),
    /// The first page was not the last.
    Runs(Runs),
    Done,
}

/// The keys behind one cut, up to and with the next cut.
struct Cut {
    /// Where the run begins, itself left out.
    start_after: String,
    /// Where it ends; `None` for the last one.
    until: Option<String>,
}

type Answer = Result<Packed, StoreError>;

/// Runs under way, the first of them being told.
struct Runs {
    under_way: VecDeque<Run>,
    to_come: VecDeque<Cut>,
}

struct Run {
    pages: mpsc::Receiver<Answer>,
    task: JoinHandle<()>,
}

impl Drop for Run {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Listing {
    pub(super) fn new(shared: &Arc<Shared>, prefix: &str, start_after: Option<&str>) -> Self {
        let pages = Pages::new(shared, prefix, start_after, Contents::Objects);
        Self {
            shared: Arc::clone(shared),
            prefix: prefix.to_owned(),
            state: State::Fresh(pages),
        }
    }

    /// The next objects, in the order of keys; none behind the last.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<Object>>, StoreError> {
        match std::mem::replace(&mut self.state, State::Done) {
            State::Done => Ok(None),
            State::Fresh(mut pages) => {
                let Some(page) = pages.next().await? else {
                    return Ok(None);
                };
                if let Some(last) = page.last_key().filter(|_| !pages.is_done()) {
                    let to_come = self.cuts(last).await?;
                    let under_way = VecDeque::new();
                    self.state = State::Runs(Runs { under_way, to_come });
                } else if !pages.is_done() {
                    self.state = State::Fresh(pages);
                }
                Ok(Some(page.objects))
            }
            State::Runs(mut runs) => {
                let objects = runs.next(&self.shared, &self.prefix).await?;
                self.state = State::Runs(runs);
                Ok(objects)
            }
        }
    }

    /// Cuts what follows `last` into runs.
    async fn cuts(&self, last: &str) -> Result<VecDeque<Cut>, StoreError> {
        let mut pages = Pages::new(&self.shared, &self.prefix, Some(last), Contents::Folders);
        let mut folders = Vec::new();
        for _ in 0..PAGES_OF_FOLDERS {
            let Some(page) = pages.next().await? else {
                break;
            };
            folders.extend(page.folders);
        }
        folders.retain(|folder| folder.as_str() > last);
        Ok(cut(last, &folders))
    }
}

/// Runs of about the same number of folders.
fn cut(last: &str, folders: &[String]) -> VecDeque<Cut> {
    let runs = (folders.len() / FEWEST_FOLDERS).min(USUAL_RUNS);
    let runs = runs.max(folders.len().div_ceil(FOLDERS_IN_A_RUN)).max(1);
    let length = folders.len().div_ceil(runs).max(1);
    let inner = folders.chunks(length).filter_map(|run| run.first());
    let mut begins: Vec<&str> = vec![last];
    begins.extend(inner.skip(1).map(String::as_str));
    let ends = begins.iter().skip(1).map(|end| Some((*end).to_owned()));
    let ends: Vec<_> = ends.chain([None]).collect();
    let cuts = begins.iter().zip(ends).map(|(begin, until)| Cut {
        start_after: (*begin).to_owned(),
        until,
    });
    cuts.collect()
}

impl Runs {
    async fn next(
        &mut self,
        shared: &Arc<Shared>,
        prefix: &str,
    ) -> Result<Option<Vec<Object>>, StoreError> {
        loop {
            while self.under_way.len() < MOST_AT_ONCE
                && let Some(cut) = self.to_come.pop_front()
            {
                self.under_way.push_back(Run::start(shared, prefix, cut));
            }
            let Some(first) = self.under_way.front_mut() else {
                return Ok(None);
            };
            match first.pages.recv().await {
                Some(answer) => return answer.map(|page| Some(page.unpack())),
                None => {
                    // A run that broke off must not look like one that ended.
                    let ended = (&mut first.task).await;
                    ended.map_err(|_| StoreError::Other {
                        what: shared.site.url(prefix),
                        reason: "the listing broke off inside this program".to_owned(),
                    })?;
                    self.under_way.pop_front();
                }
            }
        }
    }
}

impl Run {
    fn start(shared: &Arc<Shared>, prefix: &str, cut: Cut) -> Self {
        let (sender, pages) = mpsc::channel(MOST_WAITING_PAGES);
        let start = Some(cut.start_after.as_str());
        let listed = Pages::new(shared, prefix, start, Contents::Objects);
        let task = tokio::spawn(list(listed, prefix.to_owned(), cut.until, sender));
        Self { pages, task }
    }
}

/// Lists one run. Nobody listens any more when the sender fails.
async fn list(
    mut pages: Pages,
    prefix: String,
    until: Option<String>,
    sender: mpsc::Sender<Answer>,
) {
    loop {
        let answer = match pages.next().await {
            Ok(None) => return,
            Ok(Some(page)) => Ok(page.objects),
            Err(error) => Err(error),
        };
        let mut last = answer.is_err();
        let answer = answer.map(|mut objects: Vec<Object>| {
            if let Some(until) = &until {
                let inside = objects.partition_point(|object| object.key <= *until);
                last |= inside < objects.len();
                objects.truncate(inside);
            }
            Packed::new(&prefix, &objects)
        });
        if sender.send(answer).await.is_err() || last {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folders(count: usize) -> Vec<String> {
        let name = |number| format!("db/wals/00000001{number:08X}/");
        (0..count).map(name).collect()
    }

    #[test]
    fn runs_follow_one_another_without_gaps() {
        for count in [0, 1, 7, 8, 99, 100, 3906, 3907, 8000] {
            let folders = folders(count);
            let cuts = cut("db/wals/0", &folders);
            assert_eq!(cuts.front().unwrap().start_after, "db/wals/0");
            assert_eq!(cuts.back().unwrap().until, None);
            for (one, next) in cuts.iter().zip(cuts.iter().skip(1)) {
                assert_eq!(one.until.as_ref(), Some(&next.start_after));
                assert!(one.start_after < next.start_after);
            }
        }
    }

    #[test]
    fn a_million_segments_make_few_runs_of_bounded_size() {
        let cuts = cut("db/wals/0", &folders(3907));
        assert!(cuts.len() <= 40, "{}", cuts.len());
        let cuts = cut("db/wals/0", &folders(8000));
        assert!(cuts.len() >= 80, "{}", cuts.len());
    }
}
