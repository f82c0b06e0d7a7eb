//! `netc-torch plot`.

use super::print;
use crate::report::{History, curves_picture, curves_svg, png};
use anyhow::{Result, bail};
use netc::cli::{Exit, PlotArgs, write_whole};

/// `plot`.
///
/// # Errors
/// A run that cannot be read, a file that cannot be written.
pub fn run_plot(args: &PlotArgs) -> Result<Exit> {
    let mut runs = args.runs.iter().map(|path| History::open(path)).collect::<Result<Vec<History>>>()?;
    tell_apart(&mut runs, &args.runs);
    let extension = args.output.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
    let bytes = match extension.as_str() {
        "svg" => curves_svg(&runs, args.width)?.into_bytes(),
        "png" => png(&curves_picture(&runs, args.width)?)?,
        _ => bail!(
            "{} names no format that curves are drawn in\nhelp: write a name that ends in .svg or .png",
            args.output.display()
        ),
    };
    write_whole(&args.output, &bytes)?;
    print(&args.output.display().to_string())?;
    Ok(Exit::Fine)
}

/// Folders of one name are called by their paths.
fn tell_apart(runs: &mut [History], paths: &[std::path::PathBuf]) {
    let names: Vec<String> = runs.iter().map(|run| run.name.clone()).collect();
    for (run, path) in runs.iter_mut().zip(paths) {
        if names.iter().filter(|name| **name == run.name).count() > 1 {
            run.name = path.display().to_string();
        }
    }
}
