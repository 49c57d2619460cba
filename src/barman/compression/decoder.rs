//! One reader for every format.

use std::cell::RefCell;
use std::io::{self, BufRead, BufReader, Read};
use std::rc::Rc;

use bzip2::bufread::MultiBzDecoder;
use flate2::bufread::MultiGzDecoder;
use lzma_rust2::XzReader;

use super::zstd::ZstdReader;
use super::{Compression, DecodeError, invalid};

/// The memory an xz stream may ask for, in KiB (66 MiB): what the highest usual level needs. Barman writes level 3.
const XZ_MEMORY: u32 = 66 << 10;

/// The longest beginning that tells a format.
const LONGEST_MAGIC: usize = 10;

impl Compression {
    /// The bytes every object of this kind begins with.
    fn magic(self) -> &'static [u8] {
        match self {
            Self::None => b"",
            Self::Gzip => b"\x1f\x8b\x08",
            Self::Bzip2 => b"BZh",
            Self::Snappy => b"\xff\x06\x00\x00sNaPpY",
            Self::Xz => b"\xfd7zXZ\x00",
            Self::Zstd => b"\x28\xb5\x2f\xfd",
            Self::Lz4 => b"\x04\x22\x4d\x18",
        }
    }
}

/// Undoes a compression while reading, and ends one byte behind `limit`.
///
/// Opening reads nothing yet. The first read compares the beginning with the format that the suffix promises. After an
/// error every read fails.
pub struct Decoder<'r> {
    state: State<'r>,
    compression: Compression,
    /// How many bytes may still be handed out.
    left: u64,
    limit: u64,
    /// What the store said when it broke off: the decoders would make "damaged" of it.
    broken: Broken,
}

type Broken = Rc<RefCell<Option<String>>>;
type Source<'r> = BufReader<io::Chain<io::Cursor<Vec<u8>>, Watched<'r>>>;

enum State<'r> {
    Closed(Watched<'r>),
    Open(Box<dyn Read + 'r>),
    Failed,
}

/// A source whose errors are remembered.
struct Watched<'r> {
    inner: Box<dyn Read + 'r>,
    broken: Broken,
}

impl Read for Watched<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.inner.read(buffer).inspect_err(|error| {
            if error.kind() != io::ErrorKind::Interrupted {
                *self.broken.borrow_mut() = Some(error.to_string());
            }
        })
    }
}

impl<'r> Decoder<'r> {
    /// A reader of the content of `source`, compressed as its suffix says, that yields at most `limit` bytes and one
    /// more.
    pub fn new(source: Box<dyn Read + 'r>, compression: Compression, limit: u64) -> Self {
        let broken = Broken::default();
        Self {
            state: State::Closed(Watched {
                inner: source,
                broken: Rc::clone(&broken),
            }),
            compression,
            left: limit.saturating_add(1),
            limit,
            broken,
        }
    }

    /// What an error of this reader means.
    pub fn explain(&self, error: &io::Error) -> DecodeError {
        if let Some(reason) = self.broken.borrow().clone() {
            return DecodeError::Store { reason };
        }
        let told = error.get_ref().and_then(|inner| inner.downcast_ref());
        told.cloned().unwrap_or_else(|| DecodeError::Damaged {
            compression: self.compression,
            reason: error.to_string(),
        })
    }

    fn read_open(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let State::Closed(_) = self.state
            && let State::Closed(source) = std::mem::replace(&mut self.state, State::Failed)
        {
            self.state = State::Open(open(source, self.compression, self.limit)?);
        }
        match &mut self.state {
            State::Open(reader) => reader.read(buffer),
            _ => Err(io::Error::other("read again after an error")),
        }
    }
}

impl Read for Decoder<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX);
        let most = most.min(buffer.len());
        if most == 0 {
            return Ok(0);
        }
        let read = self.read_open(&mut buffer[..most]);
        match &read {
            Ok(count) => self.left = self.left.saturating_sub(*count as u64),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // Not every decoder can be asked again.
            Err(_) => self.state = State::Failed,
        }
        read
    }
}

fn open<'r>(
    mut source: Watched<'r>,
    compression: Compression,
    limit: u64,
) -> io::Result<Box<dyn Read + 'r>> {
    if compression == Compression::None {
        return Ok(Box::new(source));
    }
    let mut beginning = Vec::with_capacity(LONGEST_MAGIC);
    source
        .by_ref()
        .take(LONGEST_MAGIC as u64)
        .read_to_end(&mut beginning)?;
    if !beginning.starts_with(compression.magic()) {
        return Err(invalid(DecodeError::WrongFormat {
            expected: compression,
        }));
    }
    let source = BufReader::with_capacity(64 << 10, io::Cursor::new(beginning).chain(source));
    Ok(match compression {
        Compression::None => Box::new(source),
        Compression::Gzip => Box::new(MultiGzDecoder::new(source)),
        Compression::Bzip2 => Box::new(MultiBzDecoder::new(source)),
        Compression::Snappy => Box::new(snap::read::FrameDecoder::new(source)),
        Compression::Xz => Box::new(XzReader::new_mem_limit(source, true, XZ_MEMORY)),
        Compression::Zstd => Box::new(ZstdReader::new(source, limit)),
        Compression::Lz4 => Box::new(Lz4Frames(lz4_flex::frame::FrameDecoder::new(source))),
    })
}

/// Frames behind one another, as the lz4 program reads them. The decoder ends at the end of each.
struct Lz4Frames<'r>(lz4_flex::frame::FrameDecoder<Source<'r>>);

impl Read for Lz4Frames<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let count = self.0.read(buffer)?;
            if count > 0 || buffer.is_empty() || self.0.get_mut().fill_buf()?.is_empty() {
                return Ok(count);
            }
        }
    }
}
