//! `netc-torch report`.

use super::{Measured, measure, open, print, threads};
use crate::backend::pick_device;
use crate::data::Dataset;
use crate::report::{History, Page, Shown, curves_svg, filters, page};
use crate::train::{Judged, drawn};
use anyhow::{Context, Result};
use image::RgbImage;
use netc::cli::{Exit, ReportArgs, write_whole};
use netc::diag::grouped;
use netc::program::Program;

/// Longest side of a picture on the page, in pixels.
const SIDE: u32 = 304;

/// `report`.
///
/// # Errors
/// A run or data that cannot be read, a page that cannot be written, and libtorch's errors.
pub fn run_report(args: &ReportArgs) -> Result<Exit> {
    let device = pick_device(args.device)?;
    threads(args.threads);
    let trained = open(&args.run, args.checkpoint.as_deref(), device)?;
    let Measured { score, dataset, what } = measure(&trained, args.data.as_deref(), None, 32, false, device)?;
    // A run of before there was a log has no curves.
    let history = History::open(&args.run).ok();
    let curves = history.map(|history| curves_svg(&[history], 1000)).transpose()?;
    let html = page(&Page {
        name: &trained.kept.name,
        lead: format!("Trained on {}; {} ({what}).", trained.kept.data, score.sentence()),
        table: table(&trained.program),
        graph: drawn(&trained.kept.file, &trained.text, &trained.kept.asked())?,
        curves,
        score: &score,
        classes: dataset.classes(),
        worst: score.worst.iter().map(|judged| shown(&dataset, judged)).collect::<Result<Vec<Shown>>>()?,
        filters: filters(&trained.program, &trained.store)?,
        spec: &trained.text,
    })?;
    let output = args.output.clone().unwrap_or_else(|| args.run.join("report.html"));
    write_whole(&output, html.as_bytes())?;
    print(&output.display().to_string())?;
    Ok(Exit::Fine)
}

/// A picture of the data set, as small as the page shows it.
fn shown(dataset: &Dataset, judged: &Judged) -> Result<Shown> {
    let Judged { index, truth, answer, probability, loss } = *judged;
    let image = dataset.image(index)?;
    let (width, height) = (image.width, image.height);
    let pixels = match image.channels {
        1 => image.pixels.iter().flat_map(|p| [*p; 3]).collect(),
        _ => image.pixels,
    };
    let picture = RgbImage::from_raw(width, height, pixels).context("a picture has another size")?;
    let scale = f64::from(SIDE) / f64::from(width.max(height));
    let side = |s: u32| ((f64::from(s) * scale).round() as u32).max(1);
    // A small picture is enlarged by the page.
    let picture =
        if scale < 1.0 { image::imageops::thumbnail(&picture, side(width), side(height)) } else { picture };
    let name = dataset.sample_name(index).to_owned();
    Ok(Shown { name, picture, truth, answer, probability, loss })
}

/// The program's rows as a table: name, kind, size, parameters.
fn table(program: &Program) -> String {
    let mut html = String::from(
        "<table>\n<tr><th class=\"word\">row</th><th class=\"word\">layer</th><th>output</th><th>parameters</th>\
         <th>statistics</th></tr>\n",
    );
    let (mut all, mut statistics) = (0, 0);
    for (index, row) in program.rows.iter().enumerate() {
        let mine = |id: netc::program::RowId| id.0 as usize == index;
        let size =
            program.ops.iter().rfind(|op| mine(op.row)).map_or_else(String::new, |op| op.shape.to_string());
        let count = |trained: bool| -> u64 {
            let params = program.params.iter().filter(|p| mine(p.row) && p.role.trained() == trained);
            params.map(netc::program::Param::elements).sum()
        };
        let (params, buffers) = (count(true), count(false));
        (all, statistics) = (all + params, statistics + buffers);
        let blank = |n: u64| if n == 0 { String::new() } else { grouped(n) };
        html.push_str(&format!(
            "<tr><td class=\"word\">{}</td><td class=\"word\">{}</td><td>{size}</td><td>{}</td><td>{}</td></tr>\n",
            crate::report::escaped(&row.name),
            crate::report::escaped(&row.kind),
            blank(params),
            blank(buffers)
        ));
    }
    html.push_str(&format!(
        "<tr><th class=\"word\">all</th><th></th><th></th><th>{}</th><th>{}</th></tr>\n</table>\n",
        grouped(all),
        grouped(statistics)
    ));
    html
}
