//! One file that holds many pictures: on disk where it can be read at any place, in memory where it was packed.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use flate2::read::MultiGzDecoder;

use super::MOST_BYTES;

/// Most bytes that a packed file may unpack to.
pub(super) const MOST_UNPACKED: u64 = 4 << 30;

/// Bytes that are read at any place, by several threads at once.
#[derive(Debug)]
pub(crate) struct Blob {
    path: PathBuf,
    length: u64,
    place: Place,
}

#[derive(Debug)]
enum Place {
    Disk(File),
    Memory(Vec<u8>),
}

impl Blob {
    /// The file at `path`; one that gzip packed (whatever its name) is unpacked into memory.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let shown = || path.display().to_string();
        let mut file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
        let length = file.metadata().with_context(shown)?.len();
        let mut magic = [0; 2];
        let packed = file.read(&mut magic).with_context(shown)? == 2 && magic == [0x1f, 0x8b];
        file.seek(SeekFrom::Start(0)).with_context(shown)?;
        if !packed {
            return Ok(Self { path: path.to_owned(), length, place: Place::Disk(file) });
        }
        let mut bytes = Vec::new();
        let unpacked =
            MultiGzDecoder::new(BufReader::new(file)).take(MOST_UNPACKED + 1).read_to_end(&mut bytes);
        unpacked.with_context(|| format!("{}: the gzip data is damaged or cut short", path.display()))?;
        let most = MOST_UNPACKED >> 30;
        ensure!(bytes.len() as u64 <= MOST_UNPACKED, "{} unpacks to more than {most} GiB", path.display());
        Ok(Self::of(path, bytes))
    }

    /// Bytes that came from `path`.
    pub(super) fn of(path: &Path, bytes: Vec<u8>) -> Self {
        Self { path: path.to_owned(), length: bytes.len() as u64, place: Place::Memory(bytes) }
    }

    /// Where it came from.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Its length, unpacked.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// Whether so many bytes lie at `offset`.
    pub(super) fn holds(&self, offset: u64, length: u64) -> bool {
        offset.checked_add(length).is_some_and(|end| end <= self.length)
    }

    /// The `length` bytes at `offset`. Errors: more than a picture may have, or beyond the end.
    pub(crate) fn read(&self, offset: u64, length: u64) -> Result<Vec<u8>> {
        ensure!(length <= MOST_BYTES, "the file is larger than {} MiB", MOST_BYTES >> 20);
        let mut bytes = vec![0; usize::try_from(length)?];
        self.fill(offset, &mut bytes)?;
        Ok(bytes)
    }

    /// Fills `bytes` from `offset` on.
    fn fill(&self, offset: u64, bytes: &mut [u8]) -> Result<()> {
        let end = "the file ends too early";
        ensure!(self.holds(offset, bytes.len() as u64), end);
        match &self.place {
            Place::Memory(all) => {
                let from = usize::try_from(offset)?;
                bytes.copy_from_slice(all.get(from..from + bytes.len()).context(end)?);
            }
            Place::Disk(file) => read_at(file, bytes, offset).context("cannot read the file")?,
        }
        Ok(())
    }

    /// Its bytes from `start`, `length` of them, as a file of their own.
    pub(super) fn window(&self, start: u64, length: u64) -> Window<'_> {
        let length = length.min(self.length.saturating_sub(start));
        Window { blob: self, start, length, at: 0 }
    }
}

#[cfg(unix)]
fn read_at(file: &File, bytes: &mut [u8], offset: u64) -> std::io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, offset)
}

#[cfg(not(unix))]
fn read_at(file: &File, bytes: &mut [u8], offset: u64) -> std::io::Result<()> {
    static ONE_AT_A_TIME: std::sync::Mutex<()> = std::sync::Mutex::new(());
    // Duplicated handles share one position.
    let _turn = ONE_AT_A_TIME.lock();
    let mut file = file;
    file.seek(SeekFrom::Start(offset))?;
    file.read_exact(bytes)
}

/// A stretch of a blob, read from its start.
#[derive(Debug)]
pub(super) struct Window<'a> {
    blob: &'a Blob,
    start: u64,
    length: u64,
    at: u64,
}

impl Read for Window<'_> {
    fn read(&mut self, bytes: &mut [u8]) -> std::io::Result<usize> {
        let left = self.length.saturating_sub(self.at);
        let count = bytes.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let filled = self.blob.fill(self.start + self.at, &mut bytes[..count]);
        filled.map_err(|e| std::io::Error::new(std::io::ErrorKind::UnexpectedEof, format!("{e:#}")))?;
        self.at += count as u64;
        Ok(count)
    }
}

impl Seek for Window<'_> {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        let to = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.length.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        let invalid = || std::io::Error::new(std::io::ErrorKind::InvalidInput, "a place before the start");
        self.at = to.ok_or_else(invalid)?;
        Ok(self.at)
    }
}
