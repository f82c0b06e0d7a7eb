//! From a name or path to the reader that knows it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Result, bail};

use super::archive::Archive;
use super::blob::Blob;
use super::tree::Tree;
use super::{Dataset, cifar, digits, elpv, folder, idx, ilsvrc, manifest, tarball, webdataset};

/// Opens a data set: `digits` (built in), `elpv` (in `cache`, where `make data` puts it), or a path.
///
/// A folder may hold class folders (`CLASS/*.png|jpg`, or `train/CLASS/...` and `val/CLASS/...`), ELPV, CIFAR-10 or
/// CIFAR-100 (binary), IDX files (MNIST), ILSVRC2012 as distributed, or WebDataset shards. A file may be a zip or tar
/// of class folders, ELPV's zip, CIFAR's `.tar.gz`, a shard (or `shards-{000..147}.tar`), or a CSV manifest. Errors
/// say what layout was looked for and what was found. What was found in large folders and shards is kept in `cache`.
pub fn open(name_or_path: &str, cache: &Path) -> Result<Dataset> {
    match name_or_path {
        "digits" => return digits::open(),
        "elpv" => return elpv::open_cached(cache),
        _ => {}
    }
    let path = Path::new(name_or_path);
    let Ok(facts) = std::fs::metadata(path) else {
        if let Some(shards) = webdataset::expand(name_or_path) {
            return webdataset::open(path, &shards?, cache);
        }
        bail!(
            "no data set is called `{name_or_path}` and no folder or archive lies there; the names are `digits` (built \
             in) and `elpv` (fetched by `make data`)"
        );
    };
    if facts.is_file() { open_file(path, cache) } else { open_folder(path, cache) }
}

fn open_folder(path: &Path, cache: &Path) -> Result<Dataset> {
    if let Some(inside) = elpv::find_folder(path) {
        return elpv::open_folder(&inside);
    }
    if let Some(cifar) = cifar::open(path) {
        return cifar;
    }
    if idx::is_here(path) {
        return idx::open(path);
    }
    if ilsvrc::is_here(path) {
        return ilsvrc::open(path, cache);
    }
    let shards = webdataset::shards(path);
    if !shards.is_empty() {
        return webdataset::open(path, &shards, cache);
    }
    folder::open(path, cache)
}

fn open_file(path: &Path, cache: &Path) -> Result<Dataset> {
    let name = path.file_name().map(|n| n.to_string_lossy().to_lowercase()).unwrap_or_default();
    if name.ends_with(".csv") || name.ends_with(".tsv") {
        return manifest::open(path);
    }
    if name.contains("idx3-ubyte") || name.contains("idx1-ubyte") {
        bail!("{} is one of four IDX files: name the folder that holds them", path.display());
    }
    if name.ends_with(".tar") || name.ends_with(".tar.gz") || name.ends_with(".tgz") {
        return open_tar(path, cache);
    }
    let archive = Arc::new(Archive::open(path)?);
    if elpv::is_zip(&archive)? {
        return elpv::open_zip(&archive);
    }
    folder::of_tree(&path.display().to_string(), Tree::of_zip(&archive)?)
}

fn open_tar(path: &Path, cache: &Path) -> Result<Dataset> {
    let blob = Arc::new(Blob::open(path)?);
    if !tarball::is_tar(&blob) {
        bail!("{} is no tar that can be read", path.display());
    }
    let entries = tarball::list(&blob, 0, blob.length())?;
    if let Some(cifar) = cifar::open_tar(&blob, &entries) {
        return cifar;
    }
    if webdataset::is_shard(&entries) {
        return webdataset::open(path, &[PathBuf::from(path)], cache);
    }
    folder::of_tree(&path.display().to_string(), Tree::of_tar(&blob, &entries)?)
}
