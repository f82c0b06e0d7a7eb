//! Runs side by side: loss, accuracy, rate and speed over the steps.

use super::history::{History, Points, thinned};
use anyhow::{Result, anyhow};
use image::RgbImage;
use plotters::coord::Shift;
use plotters::prelude::*;
use std::ops::Range;
use std::sync::Once;

/// Points of a curve that are drawn.
const POINTS: usize = 400;
/// Colours that are told apart with any eyes (Okabe and Ito's), in order.
const COLOURS: [RGBColor; 7] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
    RGBColor(60, 60, 60),
];

/// A line of a panel.
struct Line {
    label: String,
    colour: RGBColor,
    points: Points,
    /// Drawn strong and with its points, as for the few numbers of evaluations.
    strong: bool,
}

/// The curves as SVG, `width` pixels wide.
///
/// # Errors
/// Where nothing can be drawn.
pub fn curves_svg(runs: &[History], width: u32) -> Result<String> {
    fonts()?;
    let mut text = String::new();
    draw(SVGBackend::with_string(&mut text, size(width)).into_drawing_area(), runs)?;
    Ok(text)
}

/// The curves as a picture, `width` pixels wide.
///
/// # Errors
/// Where nothing can be drawn.
pub fn curves_picture(runs: &[History], width: u32) -> Result<RgbImage> {
    fonts()?;
    let (width, height) = size(width);
    let mut pixels = vec![0; width as usize * height as usize * 3];
    draw(BitMapBackend::with_buffer(&mut pixels, (width, height)).into_drawing_area(), runs)?;
    RgbImage::from_raw(width, height, pixels).ok_or_else(|| anyhow!("the picture has another size"))
}

fn size(width: u32) -> (u32, u32) {
    (width, width * 5 / 8)
}

/// Text is drawn in a font that is part of the program: no machine need have one.
fn fonts() -> Result<()> {
    static ONCE: Once = Once::new();
    let mut registered = Ok(());
    ONCE.call_once(|| {
        registered = plotters::style::register_font("sans-serif", FontStyle::Normal, dejavu::sans::regular())
            .map_err(|_| anyhow!("the font cannot be read"));
    });
    registered
}

fn draw<B: DrawingBackend>(root: DrawingArea<B, Shift>, runs: &[History]) -> Result<()>
where
    B::ErrorType: 'static,
{
    root.fill(&WHITE).map_err(failed)?;
    let areas = root.split_evenly((2, 2));
    let several = runs.len() > 1;
    let lines = |strong: bool, what: &str, points: fn(&History) -> &Points| -> Vec<Line> {
        let of = |(index, run): (usize, &History)| Line {
            label: match (several, what) {
                (true, "") => run.name.clone(),
                (true, what) => format!("{}, {what}", run.name),
                (false, what) => what.to_owned(),
            },
            colour: COLOURS[index % COLOURS.len()],
            points: if strong { points(run).clone() } else { thinned(points(run), POINTS) },
            strong,
        };
        runs.iter().enumerate().map(of).filter(|line| !line.points.is_empty()).collect()
    };
    let loss = lines(false, "training", |r| &r.loss).into_iter();
    let loss = loss.chain(lines(true, "held out", |r| &r.held_out_loss)).collect();
    let top5 = lines(false, "top-5", |r| &r.top5);
    let top1 = if top5.is_empty() { lines(true, "", |r| &r.top1) } else { lines(true, "top-1", |r| &r.top1) };
    panel(&areas[0], "loss", loss)?;
    panel(&areas[1], "held-out accuracy, %", top1.into_iter().chain(top5).collect())?;
    panel(&areas[2], "learning rate", lines(false, "", |r| &r.rate))?;
    panel(&areas[3], "images a second", lines(false, "", |r| &r.speed))?;
    root.present().map_err(failed)
}

fn panel<B: DrawingBackend>(area: &DrawingArea<B, Shift>, title: &str, lines: Vec<Line>) -> Result<()>
where
    B::ErrorType: 'static,
{
    let all = || lines.iter().flat_map(|l| &l.points);
    let x = range(all().map(|p| p.0).chain([0.0]), false);
    let y = range(all().map(|p| p.1), true);
    let legend = free_corner(&lines, &y);
    let mut chart = ChartBuilder::on(area)
        .caption(title, ("sans-serif", 17))
        .margin(10)
        .x_label_area_size(36)
        .y_label_area_size(60)
        .build_cartesian_2d(x, y)
        .map_err(failed)?;
    chart
        .configure_mesh()
        .x_desc("step")
        .x_labels(6)
        .y_labels(6)
        .x_label_formatter(&|v| short(*v))
        .y_label_formatter(&|v| short(*v))
        .light_line_style(TRANSPARENT)
        .bold_line_style(BLACK.mix(0.1))
        .label_style(("sans-serif", 13))
        .draw()
        .map_err(failed)?;
    let named = lines.iter().any(|line| !line.label.is_empty());
    for Line { label, colour, points, strong } in lines {
        let width = if strong { 2 } else { 1 };
        if strong || points.len() == 1 {
            let dots = points.iter().map(|p| Circle::new(*p, 3, colour.filled()));
            chart.draw_series(dots).map_err(failed)?;
        }
        let paint = if strong { colour.mix(1.0) } else { colour.mix(0.6) };
        let series = LineSeries::new(points, paint.stroke_width(width));
        chart
            .draw_series(series)
            .map_err(failed)?
            .label(label)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], paint.stroke_width(width + 1)));
    }
    if named {
        chart
            .configure_series_labels()
            .background_style(WHITE.mix(0.85))
            .border_style(BLACK.mix(0.2))
            .label_font(("sans-serif", 13))
            .position(legend)
            .draw()
            .map_err(failed)?;
    }
    Ok(())
}

/// The right corner that the ends of the lines leave free.
fn free_corner(lines: &[Line], y: &Range<f64>) -> SeriesLabelPosition {
    let ends: Vec<f64> = lines.iter().filter_map(|line| line.points.last().map(|p| p.1)).collect();
    let high = ends.iter().filter(|end| **end > (y.start + y.end) / 2.0).count();
    if 2 * high > ends.len() { SeriesLabelPosition::LowerRight } else { SeriesLabelPosition::UpperRight }
}

/// From the least to the greatest, with some room above and below.
fn range(values: impl Iterator<Item = f64>, room: bool) -> Range<f64> {
    let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
    if !low.is_finite() || !high.is_finite() {
        return 0.0..1.0;
    }
    let spread = if high > low { high - low } else { high.abs().max(1.0) };
    let margin = if room { 0.05 * spread } else { 0.0 };
    let end = if high > low { high + margin } else { high + spread };
    (low - margin)..end
}

/// `1500`, `0.012`, `2e-5`.
fn short(value: f64) -> String {
    let size = value.abs();
    if size < 1e-12 {
        "0".to_owned()
    } else if !(1e-3..1e6).contains(&size) {
        format!("{value:.1e}")
    } else {
        let digits = (2.0 - size.log10().floor()).clamp(0.0, 5.0) as usize;
        let text = format!("{value:.digits$}");
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
    }
}

fn failed<E: std::error::Error + Send + Sync>(error: DrawingAreaErrorKind<E>) -> anyhow::Error {
    anyhow!("cannot draw the curves: {error}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(name: &str) -> History {
        let points: Points = (0..50).map(|i| (f64::from(i), 1.0 / f64::from(i + 1))).collect();
        let held: Points = vec![(10.0, 0.5), (50.0, 0.2)];
        History { name: name.to_owned(), loss: points, held_out_loss: held, ..History::default() }
    }

    #[test]
    fn curves_are_drawn_in_both_formats() {
        let svg = curves_svg(&[run("one"), run("two")], 800).expect("curves");
        assert!(svg.starts_with("<svg") && svg.contains("one, training") && svg.contains("two, held out"));
        let picture = curves_picture(&[run("one")], 400).expect("curves");
        assert_eq!((picture.width(), picture.height()), (400, 250));
        assert!(picture.pixels().any(|p| p.0 != [255; 3]));
    }

    #[test]
    fn numbers_are_short() {
        for (value, text) in
            [(0.0, "0"), (1500.0, "1500"), (0.012, "0.012"), (0.00002, "2.0e-5"), (12.5, "12.5")]
        {
            assert_eq!(short(value), text);
        }
    }
}
