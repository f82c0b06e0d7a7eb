//! A run as one page of HTML that needs nothing beside itself.

use super::png;
use crate::train::Score;
use anyhow::Result;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use image::RgbImage;

const STYLE: &str = include_str!("page.css");
/// Classes up to which the whole confusion is a table.
const TABLE: usize = 30;
/// Most of the confused pairs that stand in a list.
const PAIRS: usize = 20;

/// What a page shows.
#[derive(Debug)]
pub struct Page<'a> {
    /// The net's name.
    pub name: &'a str,
    /// One sentence: what was trained on what, and how well it does.
    pub lead: String,
    /// The net's table as HTML.
    pub table: String,
    /// The net drawn, as SVG.
    pub graph: String,
    /// The curves, as SVG.
    pub curves: Option<String>,
    /// What was measured.
    pub score: &'a Score,
    /// The classes' names.
    pub classes: &'a [String],
    /// The pictures with the highest loss, the worst first.
    pub worst: Vec<Shown>,
    /// First-layer filters.
    pub filters: Option<RgbImage>,
    /// The spec's text.
    pub spec: &'a str,
}

/// A picture with what the net said of it.
#[derive(Debug)]
pub struct Shown {
    /// The file's name.
    pub name: String,
    /// As the net saw it, before normalisation.
    pub picture: RgbImage,
    /// Its class.
    pub truth: usize,
    /// The net's.
    pub answer: usize,
    /// The probability of `answer`.
    pub probability: f64,
    /// Cross-entropy.
    pub loss: f64,
}

/// The page.
///
/// # Errors
/// Where a picture cannot be written.
pub fn page(of: &Page<'_>) -> Result<String> {
    let name = escaped(of.name);
    let mut html = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>{name}</title>\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
         <h1>{name}</h1>\n<p class=\"lead\">{}</p>\n",
        escaped(&of.lead)
    );
    let mut section = |title: &str, inside: &str| {
        html.push_str(&format!("<h2>{title}</h2>\n<div class=\"wide\">\n{inside}</div>\n"));
    };
    section("The net", &of.table);
    section("Drawn", &of.graph);
    if let Some(curves) = &of.curves {
        section("Curves", curves);
    }
    section("Confusion", &confusion(of.score, of.classes));
    section("Classes", &classes(of.score, of.classes));
    if !of.worst.is_empty() {
        section("Worst classified", &worst(of)?);
    }
    if let Some(filters) = &of.filters {
        let image = embedded(filters)?;
        section(
            "First-layer filters",
            &format!(
                "<p>Each is scaled to its own range.</p>\n<img class=\"filters\" src=\"{image}\" alt=\"filters\">\n"
            ),
        );
    }
    section("The spec", &format!("<pre>{}</pre>\n", escaped(of.spec)));
    html.push_str(&format!("<p>Written by netc {}.</p>\n</body>\n</html>\n", env!("CARGO_PKG_VERSION")));
    Ok(html)
}

/// Text as it may stand in HTML.
pub fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c => safe.push(c),
        }
    }
    safe
}

fn embedded(picture: &RgbImage) -> Result<String> {
    Ok(format!("data:image/png;base64,{}", STANDARD.encode(png(picture)?)))
}

fn class(names: &[String], index: usize) -> String {
    names.get(index).map_or_else(|| index.to_string(), |name| escaped(name))
}

/// Truths down, answers across; of many classes the pairs that are confused most.
fn confusion(score: &Score, names: &[String]) -> String {
    if names.len() > TABLE {
        return pairs(score, names);
    }
    let mut html = String::from("<p>Truths down, answers across.</p>\n<table>\n<tr><th></th>");
    names.iter().for_each(|name| html.push_str(&format!("<th>{}</th>", escaped(name))));
    html.push_str("</tr>\n");
    for (truth, row) in score.confusion.iter().enumerate() {
        let all = row.iter().sum::<u64>().max(1) as f64;
        html.push_str(&format!("<tr><th class=\"word\">{}</th>", class(names, truth)));
        for (answer, count) in row.iter().enumerate() {
            let share = *count as f64 / all;
            let hue = if truth == answer { 150 } else { 20 };
            let mark = if truth == answer { " class=\"true\"" } else { "" };
            let shade = 100.0 - 45.0 * share.sqrt();
            html.push_str(&format!(
                "<td{mark} style=\"background: hsl({hue} 70% {shade:.0}%)\">{count}</td>"
            ));
        }
        html.push_str("</tr>\n");
    }
    html + "</table>\n"
}

fn pairs(score: &Score, names: &[String]) -> String {
    let wrong = score.confusion.iter().enumerate().flat_map(|(truth, row)| {
        row.iter()
            .enumerate()
            .filter(move |(answer, n)| *answer != truth && **n > 0)
            .map(move |(a, n)| (*n, truth, a))
    });
    let mut pairs: Vec<(u64, usize, usize)> = wrong.collect();
    pairs.sort_by_key(|(count, truth, answer)| (std::cmp::Reverse(*count), *truth, *answer));
    let mut html = String::from(
        "<table>\n<tr><th class=\"word\">truth</th><th class=\"word\">answer</th><th>images</th></tr>\n",
    );
    for (count, truth, answer) in pairs.iter().take(PAIRS) {
        html.push_str(&format!(
            "<tr><td class=\"word\">{}</td><td class=\"word\">{}</td><td>{count}</td></tr>\n",
            class(names, *truth),
            class(names, *answer)
        ));
    }
    html + "</table>\n"
}

fn classes(score: &Score, names: &[String]) -> String {
    let mut html = String::from(
        "<table>\n<tr><th class=\"word\">class</th><th>images</th><th>found, %</th><th>right where answered, %</th></tr>\n",
    );
    let percent = |share: Option<f64>| share.map_or_else(|| "-".to_owned(), |s| format!("{:.1}", 100.0 * s));
    for (index, class_score) in score.classes().iter().enumerate() {
        html.push_str(&format!(
            "<tr><td class=\"word\">{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
            class(names, index),
            class_score.images,
            percent(class_score.recall),
            percent(class_score.precision)
        ));
    }
    html + "</table>\n"
}

fn worst(of: &Page<'_>) -> Result<String> {
    let mut html = String::from("<div class=\"pictures\">\n");
    for shown in &of.worst {
        html.push_str(&format!(
            "<figure><img src=\"{}\" alt=\"\"><figcaption>{}<br>is {}, answered {} ({:.1} %), loss {:.2}</figcaption></figure>\n",
            embedded(&shown.picture)?,
            escaped(&shown.name),
            class(of.classes, shown.truth),
            class(of.classes, shown.answer),
            100.0 * shown.probability,
            shown.loss
        ));
    }
    Ok(html + "</div>\n")
}
