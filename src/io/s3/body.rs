//! The bytes of an object: resumed where the connection breaks, and never silently short.

use std::io::{self, Read};

use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::operation::get_object::{GetObjectError, GetObjectOutput};
use aws_sdk_s3::primitives::ByteStream;

use crate::barman::store::StoreError;

use super::Range;
use super::connect::{Connection, FIRST_BACKOFF, MOST_ATTEMPTS, READ_TIMEOUT};

/// So much has to arrive before a break is forgiven; otherwise a store that sends a byte at a time is never left.
const PROGRESS: u64 = 64 << 10;

/// An object, or a part of it, while it is read.
pub(super) struct Body<'c> {
    connection: &'c Connection,
    key: String,
    /// The version of the object that the first answer showed.
    tag: Option<String>,
    stream: ByteStream,
    /// What has arrived and was not handed out yet.
    arrived: Vec<u8>,
    handed_out: usize,
    /// Bytes of the stream before the first that is wanted.
    skip: u64,
    /// The position in the object of the next byte that arrives.
    at: u64,
    /// Where the wanted part ends.
    end: u64,
    breaks: u32,
    since_break: u64,
}

/// What the beginning of an answer tells.
struct Opened {
    stream: ByteStream,
    tag: Option<String>,
    /// Bytes of the stream before the first that was asked for.
    skip: u64,
    /// Bytes of the whole object.
    total: u64,
}

impl<'c> Body<'c> {
    pub(super) fn open(
        connection: &'c Connection,
        key: &str,
        range: Option<Range>,
    ) -> Result<Self, StoreError> {
        let from = range.map_or(0, |range| range.offset);
        let end = range.map(|range| range.offset.saturating_add(range.length));
        let opened = request(connection, key, from, end, None)?;
        let opened = opened.unwrap_or_else(|| Opened {
            stream: ByteStream::default(),
            tag: None,
            skip: 0,
            total: from,
        });
        Ok(Self {
            connection,
            key: key.to_owned(),
            tag: opened.tag,
            stream: opened.stream,
            arrived: Vec::new(),
            handed_out: 0,
            skip: opened.skip,
            at: from,
            end: end.map_or(opened.total, |end| end.min(opened.total)),
            breaks: 0,
            since_break: 0,
        })
    }

    /// Waits for more bytes; none are left when it returns without any.
    fn fill(&mut self) -> Result<(), StoreError> {
        self.arrived.clear();
        self.handed_out = 0;
        while self.arrived.is_empty() && self.at < self.end {
            let stream = &mut self.stream;
            let wait = async { tokio::time::timeout(READ_TIMEOUT, stream.next()).await };
            // Where the stream ends too early it yields nothing.
            match self.connection.wait(wait) {
                Ok(Some(Ok(bytes))) => self.take(&bytes),
                Ok(Some(Err(_)) | None) | Err(_) => self.resume()?,
            }
        }
        Ok(())
    }

    fn take(&mut self, bytes: &[u8]) {
        let skipped = usize::try_from(self.skip)
            .unwrap_or(usize::MAX)
            .min(bytes.len());
        self.skip -= skipped as u64;
        let wanted = usize::try_from(self.end - self.at).unwrap_or(usize::MAX);
        let bytes = bytes.get(skipped..).unwrap_or_default();
        let bytes = bytes.get(..wanted).unwrap_or(bytes);
        self.arrived.extend_from_slice(bytes);
        self.at += bytes.len() as u64;
        self.since_break += bytes.len() as u64;
    }

    /// Asks for what is still missing.
    fn resume(&mut self) -> Result<(), StoreError> {
        self.breaks = if self.since_break >= PROGRESS {
            1
        } else {
            self.breaks + 1
        };
        self.since_break = 0;
        if self.breaks >= MOST_ATTEMPTS {
            return Err(self.failed(format!(
                "the transfer broke off {MOST_ATTEMPTS} times, the last time behind {} of {} bytes",
                self.at, self.end
            )));
        }
        let pause = FIRST_BACKOFF * 2u32.pow(self.breaks - 1);
        self.connection
            .wait(async { tokio::time::sleep(pause).await });
        let tag = self.tag.as_deref();
        let opened = request(self.connection, &self.key, self.at, Some(self.end), tag)?;
        let changed = || self.failed("it was replaced while it was read".to_owned());
        let opened = opened.ok_or_else(changed)?;
        let other = opened.tag.is_some() && self.tag.is_some() && opened.tag != self.tag;
        if opened.total < self.end || other {
            return Err(changed());
        }
        self.stream = opened.stream;
        self.skip = opened.skip;
        Ok(())
    }

    fn failed(&self, reason: String) -> StoreError {
        StoreError::Other {
            what: self.connection.shared().site.url(&self.key),
            reason,
        }
    }
}

impl Read for Body<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.handed_out == self.arrived.len() {
            self.fill().map_err(io::Error::other)?;
        }
        let mut rest = self.arrived.get(self.handed_out..).unwrap_or_default();
        let count = rest.read(buffer)?;
        self.handed_out += count;
        Ok(count)
    }
}

/// Asks for a part of an object; `None` when the object ends before it begins.
fn request(
    connection: &Connection,
    key: &str,
    from: u64,
    end: Option<u64>,
    tag: Option<&str>,
) -> Result<Option<Opened>, StoreError> {
    let shared = connection.shared();
    let site = &shared.site;
    let range = (from > 0 || end.is_some()).then(|| match end {
        Some(end) => format!("bytes={from}-{}", end.saturating_sub(1)),
        None => format!("bytes={from}-"),
    });
    let request = shared.client.get_object().bucket(&site.bucket).key(key);
    let request = request
        .set_range(range)
        .set_if_match(tag.map(str::to_owned));
    match connection.wait(request.send()) {
        Ok(output) => opened(output, from).map(Some).ok_or_else(|| StoreError::Other {
            what: site.url(key),
            reason: "the service does not tell how long it is, so that a broken transfer would go unnoticed".to_owned(),
        }),
        Err(error) if is_beyond_end(&error) => Ok(None),
        Err(error) => Err(site.explain(key, &error)),
    }
}

fn opened(output: GetObjectOutput, from: u64) -> Option<Opened> {
    let length = output.content_length();
    let length = length.and_then(|length| u64::try_from(length).ok());
    let (skip, total) = match output.content_range().map(content_range) {
        Some(range) => {
            let (begin, total) = range?;
            (from.checked_sub(begin)?, total)
        }
        // The service sends the whole object, whatever it was asked for.
        None => (from, length?),
    };
    Some(Opened {
        tag: output.e_tag().map(str::to_owned),
        stream: output.body,
        skip,
        total,
    })
}

/// The first byte and the length of the whole in `bytes 0-99/1000`.
fn content_range(text: &str) -> Option<(u64, u64)> {
    let (range, total) = text.strip_prefix("bytes ")?.split_once('/')?;
    let (begin, _) = range.split_once('-')?;
    Some((begin.trim().parse().ok()?, total.trim().parse().ok()?))
}

/// The range begins behind the end.
fn is_beyond_end(error: &SdkError<GetObjectError, HttpResponse>) -> bool {
    error
        .raw_response()
        .is_some_and(|raw| raw.status().as_u16() == 416)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_in_answers_are_read() {
        assert_eq!(content_range("bytes 5-99/1000"), Some((5, 1000)));
        for bad in ["bytes */1000", "bytes 0-9/*", "items 0-9/10", ""] {
            assert_eq!(content_range(bad), None, "{bad}");
        }
    }
}
