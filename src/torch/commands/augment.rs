//! `netc-torch augment`: a contact sheet of an image's views.

use super::print;
use crate::data::{self, Preparation, contact_sheet};
use crate::train::{Asked, cache, compiled, views};
use anyhow::{Context, Result, ensure};
use netc::cli::{AugmentArgs, Exit, write_whole};

/// `augment`.
///
/// # Errors
/// A spec, image or data that cannot be read, a sheet that cannot be written.
pub fn run_augment(args: &AugmentArgs) -> Result<Exit> {
    let (file, out) = (&args.file, &args.out);
    let ends = out.extension().is_some_and(|e| e.eq_ignore_ascii_case("png"));
    ensure!(ends, "the sheet is a PNG: write a name that ends in .png, not {}", out.display());
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let asked =
        Asked { net: args.net.clone(), set: Asked::pairs(&args.set), recipe: args.recipe.given.clone() };
    let (program, recipe) = compiled(&file.display().to_string(), &text, &asked)?;
    let [h, w, c] = program.input_shape().hwc().map(|v| v as usize);
    let augment = views(&recipe.augment);
    let given = augment.pca.as_ref().is_none_or(|p| p.values.is_some() && p.vectors.is_some());
    let preparation = match &recipe.data {
        Some(name) if !given => {
            let dataset = data::open(name, &cache())?;
            let split = dataset.split(recipe.holdout, recipe.seed)?;
            Preparation::measure(&dataset, &split.train, [c, h, w], augment, recipe.seed)?
        }
        _ => Preparation::without_data([c, h, w], augment)
            .context("write `--data NAME` for the colours' principal components")?,
    };
    let sheet = contact_sheet(&preparation, &args.image, args.views as usize, recipe.seed)?;
    write_whole(out, &sheet.to_png()?)?;
    let many = recipe.augment.views(h as u64, w as u64).map_or_else(String::new, |v| format!(" of {v}"));
    print(&format!(
        "{}: {}x{} views{many}; the first, in a frame, is the one that evaluation takes, the others are those of the \
         first epochs under seed {}",
        out.display(),
        h,
        w,
        recipe.seed
    ))?;
    Ok(Exit::Fine)
}
