//! Lists the pages of `docs/diagnostics` for `netc explain`: a page that exists is in the binary.

use std::io::Write;
use std::path::Path;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=docs/diagnostics");
    let root = env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?;
    let out = env::var("OUT_DIR").map_err(io::Error::other)?;
    let mut pages = Vec::new();
    if let Ok(folder) = fs::read_dir(Path::new(&root).join("docs/diagnostics")) {
        for entry in folder {
            let path = entry?.path();
            if path.extension().is_some_and(|e| e == "md") {
                pages.push(path);
            }
        }
    }
    pages.sort();
    let mut list = fs::File::create(Path::new(&out).join("pages.rs"))?;
    writeln!(list, "&[")?;
    for page in pages {
        let name = page.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        writeln!(list, "    ({name:?}, include_str!({:?})),", page.display().to_string())?;
    }
    writeln!(list, "]")
}
