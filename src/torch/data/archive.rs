//! Files inside a zip, read where they lie: nothing is unpacked to disk.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use anyhow::{Context, Result, anyhow, ensure};
use zip::ZipArchive;

use super::{MOST_BYTES, read_bounded};

/// Most files in a zip.
const MOST_ENTRIES: usize = 5_000_000;

/// Most bytes that are made room for because the zip claims so many.
const MOST_UNCHECKED: u64 = 1 << 20;

/// An open zip, shared by the threads that read from it.
pub(crate) struct Archive {
    path: PathBuf,
    zip: Mutex<ZipArchive<BufReader<File>>>,
}

impl std::fmt::Debug for Archive {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Archive({})", self.path.display())
    }
}

impl Archive {
    /// Opens the zip at `path` and reads its directory.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
        let zip = ZipArchive::new(BufReader::new(file))
            .with_context(|| format!("{} is neither a folder nor a zip that can be read", path.display()))?;
        ensure!(zip.len() <= MOST_ENTRIES, "{} holds more than {MOST_ENTRIES} files", path.display());
        ensure!(
            !zip.has_duplicate_names(),
            "{} holds two files of one name: which one is meant cannot be told",
            path.display()
        );
        Ok(Self { path: path.to_owned(), zip: Mutex::new(zip) })
    }

    /// The zip's own path.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The numbers and names of its files, those that are UTF-8.
    pub(crate) fn names(&self) -> Result<Vec<(usize, String)>> {
        let zip = self.zip.lock().map_err(|_| anyhow!("another reader of the zip failed"))?;
        Ok(zip.file_names().enumerate().filter_map(|(n, name)| Some((n, name.ok()?.into_owned()))).collect())
    }

    /// The number of the file `name`.
    pub(crate) fn find(&self, name: &str) -> Option<usize> {
        self.zip.lock().ok()?.index_for_name(name)
    }

    /// The unpacked bytes of file number `entry`, bounded whatever size the zip claims.
    pub(crate) fn read(&self, entry: usize) -> Result<Vec<u8>> {
        self.read_most(entry, MOST_BYTES)
    }

    fn read_most(&self, entry: usize, most: u64) -> Result<Vec<u8>> {
        let mut zip = self.zip.lock().map_err(|_| anyhow!("another reader of the zip failed"))?;
        let file = zip.by_index(entry).with_context(|| format!("cannot read {}", self.path.display()))?;
        let expected = file.size().min(MOST_UNCHECKED);
        read_bounded(file, expected, most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Cursor, Write};

    #[test]
    fn what_unpacks_to_more_than_a_picture_may_have_is_refused() {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        writer.start_file("bomb.png", zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(&vec![0; 3 << 20]).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bomb.zip");
        std::fs::write(&path, writer.finish().unwrap().into_inner()).unwrap();
        assert!(std::fs::metadata(&path).unwrap().len() < 1 << 16);
        let archive = Archive::open(&path).unwrap();
        let told = format!("{:#}", archive.read_most(0, 2 << 20).unwrap_err());
        assert_eq!(told, "the file is larger than 2 MiB");
        assert_eq!(archive.read(0).unwrap().len(), 3 << 20);
    }
}
