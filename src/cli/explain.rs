//! `netc explain`: the page of a code, a layer kind or a dialect, or the arithmetic of one row.

use super::{Assignment, Context, Exit, input, output, show as command};
use crate::check::Checked;
use crate::diag::{ALL, Code};
use crate::layer::{self, Dialect, KINDS, Kind, ParamSpec, StandIn, Type};
use crate::show;
use clap::{ArgAction, Args};
use std::path::Path;

/// The pages of `docs/diagnostics`, by code.
const PAGES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/pages.rs"));

/// What each dialect fixes, in one table.
const DIALECTS: &str = include_str!("../../docs/dialects.md");

/// Explain a diagnostic's code, a layer kind or a dialect, or the arithmetic of a row under every dialect
#[derive(Args, Clone, Debug)]
pub struct ExplainArgs {
    /// A code such as E0301, a kind such as CONV, a dialect such as keras, or a row such as alexnet.spec:17
    #[arg(value_name = "CODE|KIND|DIALECT|FILE:LINE", required = true)]
    pub topic: Vec<String>,
    /// Which net, where the document has several with a row on that line
    #[arg(long, value_name = "NAME")]
    pub net: Option<String>,
    /// Give a symbol another value
    #[arg(long, value_name = "NAME=VALUE", action = ArgAction::Append)]
    pub set: Vec<Assignment>,
}

pub(super) fn run(args: &ExplainArgs, context: &Context) -> anyhow::Result<Exit> {
    let topic = args.topic.join(" ");
    let page = ALL
        .iter()
        .find(|c| c.name().eq_ignore_ascii_case(&topic))
        .map(|c| of_code(*c))
        .or_else(|| layer::find(&topic).map(of_kind))
        .or_else(|| Dialect::ALL.iter().find(|d| d.name().eq_ignore_ascii_case(&topic)).map(|d| of_dialect(*d)));
    match page {
        Some(page) => {
            output::print(&page)?;
            Ok(Exit::Fine)
        }
        None if let Some((file, line)) = place(&topic) => of_row(file, line, args, context),
        None => anyhow::bail!("nothing is called {topic}\nhelp: {}", nearest(&topic)),
    }
}

/// `alexnet.spec:17`, or `alexnet.spec:17:3` as `netc check` prints places.
fn place(topic: &str) -> Option<(&str, u32)> {
    let (head, last) = topic.rsplit_once(':')?;
    let last: u32 = last.parse().ok()?;
    match head.rsplit_once(':').and_then(|(file, line)| Some((file, line.parse().ok()?))) {
        Some((file, line)) => Some((file, line)),
        None => Some((head, last)),
    }
}

/// The row on a line of a spec.
fn of_row(file: &str, line: u32, args: &ExplainArgs, context: &Context) -> anyhow::Result<Exit> {
    let path = Path::new(file);
    let loaded = input::load(path)?;
    let compiled = loaded.compile(&input::options(path, &args.set, false));
    if compiled.nets.is_empty() {
        command::complain(&loaded.source, &compiled.diagnostics, context);
        return Ok(Exit::Problems);
    }
    let nets: Vec<&Checked> = match &args.net {
        Some(_) => vec![command::choose(&compiled, args.net.as_deref())?],
        None => compiled.nets.iter().collect(),
    };
    match show::row(&loaded.source, &nets, line) {
        Some(text) => output::print(&text)?,
        None => {
            let rows = show::row_lines(&nets).map_or(String::new(), |(a, b)| {
                format!("\nhelp: the rows stand on lines {a} to {b}; `netc show {file}` lists them")
            });
            anyhow::bail!("no layer stands on line {line} of {file}{rows}");
        }
    }
    Ok(Exit::Fine)
}

fn of_code(code: Code) -> String {
    match PAGES.iter().find(|(name, _)| *name == code.name()) {
        Some((_, page)) => (*page).to_owned(),
        None => format!("# {code}: {}\n\nSeverity: {}.\n", code.summary(), code.severity().word()),
    }
}

/// A kind's page, made of its parameter table.
fn of_kind(kind: &Kind) -> String {
    let mut page = format!("# {}\n\n{}\n", kind.name, kind.summary);
    if !kind.aliases.is_empty() {
        page.push_str(&format!("\nAlso written: {}.\n", kind.aliases.join(", ")));
    }
    if kind.params.is_empty() {
        page.push_str("\nIt has no parameters.\n");
        return page;
    }
    page.push_str("\n| parameter | values | default | |\n|---|---|---|---|\n");
    for param in kind.params {
        let names = std::iter::once(param.name).chain(param.aliases.iter().copied());
        let default = match (param.required, param.stand_in) {
            (true, StandIn::Never) => "must be given",
            (true, StandIn::Whole) => "the whole map's, where `1x1` is declared",
            (true, _) => "the declared size's",
            (false, _) => param.default,
        };
        page.push_str(&format!(
            "| {} | {} | {default} | {} |\n",
            names.collect::<Vec<_>>().join(", "),
            values(param).replace('|', "\\|"),
            param.doc
        ));
    }
    page
}

fn values(param: &ParamSpec) -> String {
    let range = |min: i64, max: i64| if max == i64::MAX { format!("from {min}") } else { format!("{min} to {max}") };
    let text = match param.ty {
        Type::Int { min, max } => format!("whole number, {}", range(min, max)),
        Type::Real { min, max, max_included } => {
            let end = if max_included { "to" } else { "to below" };
            format!("number, {min} {end} {max}")
        }
        Type::Pair { min, max } => format!("`HxW` or one number, {}", range(min, max)),
        Type::Size => "`HxWxC`".to_owned(),
        Type::Padding => "`valid`, `same`, `ceil`, `k//2`, `same-lower`; 1, 2 or 4 numbers".to_owned(),
        Type::Word(words) => words.iter().map(|w| format!("`{w}`")).collect::<Vec<_>>().join(", "),
        Type::Flag => "yes or no; the bare word means yes".to_owned(),
        Type::Links => "the words of a heading".to_owned(),
    };
    if param.unit.is_empty() { text } else { format!("{text} ({})", param.unit) }
}

/// The dialect's column of the table in `docs/dialects.md`.
fn of_dialect(dialect: Dialect) -> String {
    let mut page =
        format!("# dialect {dialect}\n\nA word in a row or in `defaults:` wins over what the dialect fixes.\n\n");
    page.push_str(&format!("| | {dialect} |\n|---|---|\n"));
    let mut rows = DIALECTS.lines().filter(|l| l.starts_with('|')).map(|l| l.split('|').map(str::trim));
    let at = rows.next().and_then(|mut head| head.position(|c| c == dialect.name()));
    for row in rows.skip(1).map(Iterator::collect::<Vec<_>>).take_while(|r| r[1] != "word") {
        page.push_str(&format!("| {} | {} |\n", row[1], at.and_then(|at| row.get(at)).unwrap_or(&"")));
    }
    page
}

fn nearest(topic: &str) -> String {
    let names = ALL.iter().map(|c| c.name()).chain(KINDS.iter().flat_map(|k| k.names()));
    let near = names
        .chain(Dialect::ALL.iter().map(|d| d.name()))
        .map(|n| (strsim::jaro_winkler(&topic.to_lowercase(), &n.to_lowercase()), n))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0));
    match near {
        Some((_, name)) => format!("did you mean {name}?"),
        None => format!(
            "a code such as E0301, one of {}, one of {}, or a row such as alexnet.spec:17",
            KINDS.iter().map(|k| k.name).collect::<Vec<_>>().join(", "),
            Dialect::ALL.map(Dialect::name).join(", ")
        ),
    }
}
