//! Checks that the libtorch at hand is the one that netc needs, and has every
//! binary, test and example of this package find it at run time (rpath).
//!
//! torch-sys hands the place of libtorch to the build scripts of its direct
//! dependents only: that is why this package names torch-sys itself.

// A build script talks to cargo by printing.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, process};

/// The libtorch that the `tch` of Cargo.toml binds, as its headers write it.
const NEEDED: &str = "2.13.0";

/// Where libtorch's headers give its version; the second is older releases'.
const VERSION_HEADERS: [&str; 2] = ["torch/headeronly/version.h", "torch/csrc/api/include/torch/version.h"];

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    match link() {
        Ok((flags, include)) => {
            print!("{flags}");
            compile_shim(&include);
        }
        Err(problem) => {
            eprintln!("{problem}");
            process::exit(1);
        }
    }
}

/// The few calls into libtorch that tch does not bind, against the same headers.
fn compile_shim(include: &Path) {
    println!("cargo:rerun-if-changed=backend/shim.cpp");
    cc::Build::new()
        .cpp(true)
        .std("c++20")
        .include(include)
        .include(include.join("torch/csrc/api/include"))
        .file("backend/shim.cpp")
        // The headers are not ours to mend.
        .warnings(false)
        .compile("netc_shim");
}

/// The lines for cargo and the folder of headers, or what is wrong with libtorch.
fn link() -> Result<(String, PathBuf), String> {
    let named = env::var_os("DEP_TCH_LIBTORCH_LIB")
        .map(PathBuf::from)
        .ok_or("torch-sys did not say where libtorch is: it must be a direct dependency of netc-torch")?;
    let lib = named.canonicalize().map_err(|error| {
        format!("LIBTORCH has no folder {}: {error}; `make setup` fetches libtorch {NEEDED}", named.display())
    })?;
    let include = include_folder(&lib);
    let header = check_version(&include)?;

    let mut lines = String::new();
    // Writing to a String cannot fail.
    let _ = writeln!(lines, "cargo:rerun-if-changed={}", header.display());
    let _ = writeln!(lines, "cargo:rustc-link-arg=-Wl,-rpath,{}", lib.display());
    let _ = writeln!(lines, "cargo:rustc-env=NETC_LIBTORCH_LIB={}", lib.display());
    let _ = writeln!(lines, "cargo:rustc-env=NETC_LIBTORCH_VERSION={NEEDED}");
    Ok((lines, include))
}

/// Where libtorch's headers are: beside its libraries, unless the environment
/// says another place in the way that torch-sys reads it.
fn include_folder(lib: &Path) -> PathBuf {
    println!("cargo:rerun-if-env-changed=LIBTORCH_INCLUDE");
    let root = env::var_os("LIBTORCH_INCLUDE").map(PathBuf::from);
    let root = root.or_else(|| lib.parent().map(Path::to_path_buf));
    root.unwrap_or_default().join("include")
}

/// Refuses any other libtorch than the needed one; the header that was read.
fn check_version(include: &Path) -> Result<PathBuf, String> {
    let mend =
        format!("unset LIBTORCH and run `make setup`, or name the folder of a libtorch {NEEDED} in it");
    let found = VERSION_HEADERS.iter().find_map(|name| {
        let header = include.join(name);
        let version = version_in(&fs::read_to_string(&header).ok()?)?;
        Some((header, version))
    });
    match found {
        Some((header, version)) if version == NEEDED => Ok(header),
        Some((_, version)) => Err(format!("LIBTORCH is {version}, netc needs {NEEDED}: {mend}")),
        None => Err(format!("{} has no version.h of libtorch: {mend}", include.display())),
    }
}

/// The version that a header defines: `TORCH_VERSION_MAJOR` and its two like.
fn version_in(header: &str) -> Option<String> {
    let number = |part: &str| {
        let define = format!("#define TORCH_VERSION_{part} ");
        header.lines().find_map(|line| line.trim().strip_prefix(&define)?.trim().parse::<u32>().ok())
    };
    Some(format!("{}.{}.{}", number("MAJOR")?, number("MINOR")?, number("PATCH")?))
}
