//! One page of a listing after the other.

use std::sync::Arc;

use aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output;
use aws_sdk_s3::types::EncodingType;

use crate::barman::store::{Object, StoreError};
use crate::model::instant::Instant;

use super::connect::Shared;

/// Pages without any entry that are accepted in a row. Some stores filter after they have cut the page.
const MOST_EMPTY_PAGES: u32 = 1000;

/// What a listing is to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Contents {
    /// Every object.
    Objects,
    /// The folders right below the prefix.
    Folders,
}

/// One page.
#[derive(Debug, Default)]
pub(super) struct Page {
    /// Its objects, in the order of keys; empty for [`Contents::Folders`].
    pub(super) objects: Vec<Object>,
    /// Its folders, as whole prefixes; empty for [`Contents::Objects`].
    pub(super) folders: Vec<String>,
}

/// The pages of one listing.
pub(super) struct Pages {
    shared: Arc<Shared>,
    prefix: String,
    contents: Contents,
    state: State,
    /// The entry told last; at first where the listing begins.
    last: String,
    empty: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    /// Nothing was asked yet, or the store gives no tokens.
    StartAfter,
    /// The store's token for the next page.
    Token(String),
    Done,
}

impl Pages {
    pub(super) fn new(
        shared: &Arc<Shared>,
        prefix: &str,
        start_after: Option<&str>,
        contents: Contents,
    ) -> Self {
        Self {
            shared: Arc::clone(shared),
            prefix: prefix.to_owned(),
            contents,
            state: State::StartAfter,
            last: start_after.unwrap_or_default().to_owned(),
            empty: 0,
        }
    }

    /// The next page; none behind the last.
    ///
    /// # Errors
    /// When the store does not answer, or breaks the rules of a listing: order, prefix, progress.
    pub(super) async fn next(&mut self) -> Result<Option<Page>, StoreError> {
        if self.state == State::Done {
            return Ok(None);
        }
        let output = self.ask().await?;
        let page = self.read(&output)?;
        self.advance(&output, &page)?;
        Ok(Some(page))
    }

    /// Whether the last page was told.
    pub(super) fn is_done(&self) -> bool {
        self.state == State::Done
    }

    async fn ask(&self) -> Result<ListObjectsV2Output, StoreError> {
        let site = &self.shared.site;
        let mut request = self
            .shared
            .client
            .list_objects_v2()
            .bucket(&site.bucket)
            // Keys can hold characters that XML cannot.
            .encoding_type(EncodingType::Url)
            .set_prefix(some(&self.prefix));
        if self.contents == Contents::Folders {
            request = request.delimiter("/");
        }
        request = match &self.state {
            State::Token(token) => request.continuation_token(token),
            _ => request.set_start_after(some(&self.last)),
        };
        let sent = request.send().await;
        sent.map_err(|error| site.explain(&self.prefix, &error))
    }

    fn read(&mut self, output: &ListObjectsV2Output) -> Result<Page, StoreError> {
        let encoded = output.encoding_type() == Some(&EncodingType::Url);
        let text = |text: &str| match encoded {
            true => decoded(text),
            false => Some(text.to_owned()),
        };
        let mut page = Page::default();
        if self.contents == Contents::Folders {
            for folder in output.common_prefixes() {
                let folder = folder.prefix().and_then(text);
                page.folders.extend(folder);
            }
            for folder in &page.folders {
                self.check(folder)?;
                self.last.clone_from(folder);
            }
            return Ok(page);
        }
        for object in output.contents() {
            // A key is UTF-8 by definition; others cannot be asked for either.
            let Some(key) = object.key().and_then(text) else {
                continue;
            };
            self.check(&key)?;
            let size = object.size().and_then(|size| u64::try_from(size).ok());
            let time = object.last_modified().and_then(instant);
            let (Some(size), Some(last_modified)) = (size, time) else {
                return Err(self.broken("the listing tells no size or no time of an object"));
            };
            self.last.clone_from(&key);
            page.objects.push(Object {
                key,
                size,
                last_modified,
            });
        }
        Ok(page)
    }

    /// A listing goes forward inside its prefix; what is built on it would be wrong otherwise.
    fn check(&self, entry: &str) -> Result<(), StoreError> {
        if !entry.starts_with(&self.prefix) {
            return Err(self.broken("the store lists keys that were not asked for"));
        }
        // A folder that the listing starts in is told though it sorts before the start.
        let begins_inside = self.contents == Contents::Folders && self.last.starts_with(entry);
        if entry <= self.last.as_str() && !begins_inside {
            return Err(self.broken("the store lists its keys out of order"));
        }
        Ok(())
    }

    fn advance(&mut self, output: &ListObjectsV2Output, page: &Page) -> Result<(), StoreError> {
        let token = output.next_continuation_token();
        let more = output.is_truncated().unwrap_or(token.is_some());
        let nothing = page.objects.is_empty() && page.folders.is_empty();
        self.empty = if nothing { self.empty + 1 } else { 0 };
        let next = match token {
            _ if !more => State::Done,
            Some(token) => State::Token(token.to_owned()),
            None => State::StartAfter,
        };
        let stuck = nothing && (next == State::StartAfter || next == self.state);
        if more && (stuck || self.empty > MOST_EMPTY_PAGES) {
            return Err(self.broken("the store announces more keys, but shows none"));
        }
        self.state = next;
        Ok(())
    }

    fn broken(&self, reason: &str) -> StoreError {
        StoreError::Other {
            what: self.shared.site.url(&self.prefix),
            reason: reason.to_owned(),
        }
    }
}

impl Page {
    /// The last key.
    pub(super) fn last_key(&self) -> Option<&str> {
        self.objects.last().map(|object| object.key.as_str())
    }
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn instant(time: &aws_smithy_types::DateTime) -> Option<Instant> {
    let micros = time.as_nanos() / 1000;
    i64::try_from(micros).ok().map(Instant::from_micros)
}

/// Undoes `encoding-type=url`: `+` is a space. `None` when the bytes are not UTF-8.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        match (first, hexadecimal(after)) {
            (b'+', _) => bytes.push(b' '),
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            (other, _) => bytes.push(*other),
        }
    }
    String::from_utf8(bytes).ok()
}

/// The number that two hexadecimal digits at the beginning make.
fn hexadecimal(text: &[u8]) -> Option<u8> {
    let digit = |at: usize| text.get(at).and_then(|byte| char::from(*byte).to_digit(16));
    u8::try_from(digit(0)? * 16 + digit(1)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encoded_keys_are_read_as_every_client_reads_them() {
        for (encoded, key) in [
            ("db/wals/00000002.history", Some("db/wals/00000002.history")),
            ("a+b%2Bc%20d", Some("a b+c d")),
            ("gr%C3%BC%c3%9fe%2F%E2%9C%93", Some("grüße/✓")),
            ("100%", Some("100%")),
            ("%zz%4", Some("%zz%4")),
            ("%01%26%3C", Some("\u{1}&<")),
            ("%ff", None),
        ] {
            assert_eq!(decoded(encoded).as_deref(), key, "{encoded}");
        }
    }
}
