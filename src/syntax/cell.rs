//! Cells by their pest grammar, to the notation tree.

use super::block::Names;
use super::notation::{BinaryOp, Expr, Item, ItemKind, LayerCell, SizeCell, ValueExpr};
use super::{advise, mangled, parted};
use pest::Parser;
use pest::error::InputLocation;
use pest::iterators::Pair;
use std::ops::Range;
use std::sync::Arc;

/// The longest cell that is read, in bytes.
const LONGEST: usize = 4096;
/// The deepest nesting of parentheses that is read.
const DEEPEST: usize = 64;

#[derive(pest_derive::Parser)]
#[grammar = "../grammar/cells.pest"]
pub(super) struct Cells;

/// Why a cell cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellError {
    /// Where, in the cell's text.
    pub range: Range<u32>,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
}

impl CellError {
    /// The same of a cell that was read behind so many bytes of another text.
    #[must_use]
    pub(crate) fn back(&self, by: u32) -> Self {
        let Range { start, end } = self.range;
        Self { range: start.saturating_sub(by)..end.saturating_sub(by), ..self.clone() }
    }

    fn new(range: Range<u32>, message: impl Into<String>) -> Self {
        Self { range, message: message.into(), help: None }
    }
}

fn range(pair: &Pair<'_, Rule>) -> Range<u32> {
    let span = pair.as_span();
    span.start() as u32..span.end() as u32
}

/// Refuses what is too long or nested too deep before a parser sees it.
fn guard(text: &str) -> Result<(), CellError> {
    let whole = 0..text.len() as u32;
    if text.len() > LONGEST {
        return Err(CellError::new(whole, format!("the cell is longer than {LONGEST} bytes")));
    }
    let mut depth = 0usize;
    for c in text.chars() {
        match c {
            '(' | '{' => depth += 1,
            ')' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEEPEST {
            return Err(CellError::new(whole, format!("parentheses are nested deeper than {DEEPEST}")));
        }
    }
    let minus = text.split(|c| c != '-').map(str::len).max().unwrap_or(0);
    if minus > DEEPEST {
        return Err(CellError::new(whole, "too many minus signs in a row"));
    }
    Ok(())
}

fn parse<'a>(rule: Rule, text: &'a str, help: &str) -> Result<Vec<Pair<'a, Rule>>, CellError> {
    guard(text)?;
    let reads = |other: &str| guard(other).is_ok() && Cells::parse(rule, other).is_ok();
    match Cells::parse(rule, text) {
        Ok(mut pairs) => Ok(pairs.next().map(|p| p.into_inner().collect()).unwrap_or_default()),
        Err(error) => {
            let at = match error.location {
                InputLocation::Pos(at) | InputLocation::Span((at, _)) => at.min(text.len()),
            };
            let rest = &text[at..];
            let shown: String = rest.chars().take(20).collect();
            let message = if rest.is_empty() {
                format!("`{text}` ends too soon")
            } else {
                format!("`{shown}` cannot be read here")
            };
            let start = if rest.is_empty() { 0 } else { at };
            let mut problem = CellError::new(start as u32..text.len() as u32, message);
            problem.help = advise::advice(text, reads).or(Some(help.to_owned()));
            Err(problem)
        }
    }
}

/// Reads a cause cell, such as `11x11/4x4; K=96`.
///
/// # Errors
/// Where a part is no notation netc knows.
pub fn causes(text: &str) -> Result<Vec<Item>, CellError> {
    let crossed = mangled::kernel(text).map(|lost| mangled::crossed(text, &lost));
    let text = crossed.as_deref().unwrap_or(text);
    let pairs = parse(Rule::causes, text, "write it like `11x11/4; K=96; p=2`")?;
    let mut items: Vec<Item> = Vec::new();
    for pair in pairs.into_iter().filter(|p| p.as_rule() != Rule::EOI) {
        if let Some((stride, count)) =
            items.last().and_then(|last| parted::repeated_stride(text, last, &pair))
        {
            items.extend([stride, count]);
            continue;
        }
        let Some(item) = item(&pair) else { continue };
        // Behind `/2,` stands the stride of the next copy.
        let listed =
            |i: &Item| matches!(i.kind, ItemKind::Slash { .. }) && item.range.start == i.range.end + 1;
        let sized = items.iter().any(|i| matches!(i.kind, ItemKind::Size(_) | ItemKind::Shape(_)))
            || items.last().is_some_and(listed);
        let places = parted::loose(&pair)
            .map(|size| placed_factors(size).into_iter().map(|(_, r)| r).collect::<Vec<_>>());
        items.extend(parted::parted(text, item, places.as_deref(), sized));
    }
    parted::lists(text, &mut items);
    Ok(items)
}

fn item(pair: &Pair<'_, Rule>) -> Option<Item> {
    let mut inner = pair.clone().into_inner();
    // What another stride would replace are the numbers behind the slash.
    let place = match (pair.as_rule(), inner.peek()) {
        (Rule::slash, Some(numbers)) => range(&numbers),
        _ => range(pair),
    };
    let kind = match pair.as_rule() {
        Rule::named => {
            let (key, value) = (inner.next()?, inner.next()?);
            ItemKind::Named {
                key: key.as_str().to_owned(),
                key_range: range(&key),
                value_range: range(&value),
                value: value_of(value)?,
            }
        }
        Rule::spaced => {
            let (key, numbers) = (inner.next()?, inner.next()?);
            let value_range = range(&numbers);
            let mut parts = factors(numbers);
            let value =
                if parts.len() == 1 { ValueExpr::One(parts.remove(0)) } else { ValueExpr::Size(parts) };
            let name = key.as_str().to_owned();
            ItemKind::Named { key: name, key_range: range(&key), value, value_range }
        }
        Rule::unbiased => {
            let value_range = range(&inner.next()?);
            ItemKind::Named {
                key: "bias".to_owned(),
                key_range: value_range.end + 1..place.end,
                value: ValueExpr::One(Expr::Name("no".to_owned())),
                value_range,
            }
        }
        Rule::slash => ItemKind::Slash { size: factors(inner.next()?), mended: false },
        Rule::mended => ItemKind::Slash { size: factors(inner.next()?), mended: true },
        Rule::size => {
            let parts = placed_factors(pair.clone());
            if parts.len() > 2 { ItemKind::Shape(parts) } else { ItemKind::Size(bare(parts)) }
        }
        Rule::tuple => ItemKind::Size(inner.map(expr).collect()),
        // `(see)` is a remark, unless it names a symbol; `{c}` is one.
        Rule::enclosed => match expr(inner.next()?) {
            Expr::Name(word) if pair.as_str().starts_with('(') => ItemKind::Word(word),
            value => ItemKind::Number(value),
        },
        Rule::repeat => ItemKind::Repeat(repeated(inner.next()?)?),
        Rule::number => ItemKind::Number(number_of(pair)),
        Rule::word => ItemKind::Word(pair.as_str().to_owned()),
        _ => return None,
    };
    Some(Item { range: place, kind })
}

fn repeated(count: Pair<'_, Rule>) -> Option<Expr> {
    Some(match count.as_rule() {
        Rule::number => number_of(&count),
        Rule::symbol_times => Expr::Name(count.into_inner().next()?.as_str().to_owned()),
        _ => expr(count),
    })
}

fn value_of(pair: Pair<'_, Rule>) -> Option<ValueExpr> {
    let inner = pair.into_inner().next()?;
    Some(match inner.as_rule() {
        Rule::size | Rule::value_size => ValueExpr::Size(factors(inner)),
        Rule::tuple => ValueExpr::Size(inner.into_inner().map(expr).collect()),
        Rule::list => {
            let parts = inner.into_inner().filter(|p| p.as_rule() == Rule::expr);
            let place = |p: &Pair<'_, Rule>| {
                let start = range(p).start;
                start..start + p.as_str().trim_end().len() as u32
            };
            ValueExpr::List(parts.map(|p| (expr(p.clone()), place(&p))).collect())
        }
        Rule::plain_word => ValueExpr::Word(inner.as_str().to_owned()),
        _ => ValueExpr::One(expr(inner)),
    })
}

/// The factors of a size; a square counts twice.
fn factors(pair: Pair<'_, Rule>) -> Vec<Expr> {
    bare(placed_factors(pair))
}

fn bare(parts: Vec<(Expr, Range<u32>)>) -> Vec<Expr> {
    parts.into_iter().map(|(value, _)| value).collect()
}

pub(super) fn placed_factors(pair: Pair<'_, Rule>) -> Vec<(Expr, Range<u32>)> {
    let mut found = Vec::new();
    for part in pair.into_inner() {
        if matches!(part.as_rule(), Rule::tight | Rule::loose | Rule::value_tight | Rule::value_loose) {
            found.extend(placed_factors(part));
            continue;
        }
        let (squared, place) = (part.as_rule() == Rule::squared, range(&part));
        let Some(inner) = part.into_inner().next() else { continue };
        let value = match inner.as_rule() {
            Rule::number => number_of(&inner),
            Rule::factor_name => Expr::Name(inner.as_str().to_owned()),
            _ => expr(inner),
        };
        if squared {
            found.push((value.clone(), place.clone()));
        }
        found.push((value, place));
    }
    found
}

fn number_of(pair: &Pair<'_, Rule>) -> Expr {
    Expr::Number(pair.as_str().trim().parse().unwrap_or(f64::NAN))
}

/// A left-leaning tree of an expression pair; depth is bounded by [`guard`].
fn expr(pair: Pair<'_, Rule>) -> Expr {
    match pair.as_rule() {
        Rule::number => number_of(&pair),
        Rule::symbol | Rule::factor_name => Expr::Name(pair.as_str().to_owned()),
        Rule::call => {
            let mut inner = pair.into_inner();
            let name = inner.next().map_or(String::new(), |n| n.as_str().to_owned());
            Expr::Call(name, inner.map(expr).collect())
        }
        Rule::unary => {
            let mut inner: Vec<Pair<'_, Rule>> = pair.into_inner().collect();
            let Some(value) = inner.pop() else { return Expr::Number(f64::NAN) };
            let negated = inner.len() % 2 == 1;
            let value = expr(value);
            if negated { Expr::Negate(Box::new(value)) } else { value }
        }
        _ => {
            let mut inner = pair.into_inner();
            let Some(first) = inner.next() else { return Expr::Number(f64::NAN) };
            let mut left = expr(first);
            while let (Some(sign), Some(right)) = (inner.next(), inner.next()) {
                left = Expr::Binary(operator(&sign), Box::new(left), Box::new(expr(right)));
            }
            left
        }
    }
}

fn operator(pair: &Pair<'_, Rule>) -> BinaryOp {
    match pair.as_str() {
        "+" => BinaryOp::Add,
        "-" => BinaryOp::Sub,
        "*" => BinaryOp::Mul,
        "/" => BinaryOp::Div,
        "%" => BinaryOp::Rem,
        "<" => BinaryOp::Less,
        _ => BinaryOp::Equal,
    }
}

/// Reads a size cell: `57x57x96`, `classes`, `6@28x28`, `112²×64`, `(None, 57, 57, 96)`.
///
/// # Errors
/// Where it is no size.
pub fn size(text: &str) -> Result<SizeCell, CellError> {
    let crossed = mangled::size(text).map(|lost| mangled::crossed(text, &lost));
    let text = crossed.as_deref().unwrap_or(text);
    let pairs =
        parse(Rule::size_cell, text, "write a size like `57x57x96` or `4096`, or leave the cell empty")?;
    let Some(pair) = pairs.into_iter().next() else {
        return Ok(SizeCell { factors: Vec::new(), maps: false });
    };
    let maps = pair.as_rule() == Rule::maps;
    let factors = match pair.as_rule() {
        Rule::maps => {
            let mut inner = pair.into_inner();
            let maps = inner.next().and_then(|f| f.into_inner().next()).map(expr);
            let mut all = inner.next().map(factors).unwrap_or_default();
            all.extend(maps);
            all
        }
        Rule::any_size => factors(pair),
        Rule::printed => pair.into_inner().map(expr).collect(),
        _ => vec![expr(pair)],
    };
    Ok(SizeCell { factors, maps })
}

/// Reads one expression, as `let:` has them.
///
/// # Errors
/// Where it is no expression.
pub fn expression(text: &str) -> Result<Expr, CellError> {
    let pairs = parse(Rule::only_expr, text, "write a number or an expression over symbols")?;
    pairs.into_iter().next().map(expr).ok_or_else(|| CellError::new(0..text.len() as u32, "nothing to read"))
}

/// The names in a `From` cell.
pub fn from(text: &str) -> Vec<(String, Range<u32>)> {
    let mut found = Vec::new();
    let mut start = 0;
    for part in text.split([',', ';']) {
        let name = part.trim();
        let offset = start + (part.len() - part.trim_start().len());
        if !name.is_empty() {
            found.push((name.to_owned(), offset as u32..(offset + name.len()) as u32));
        }
        start += part.len() + 1;
    }
    found
}

/// Reads a layer cell: a kind, perhaps a name for the row, perhaps causes.
///
/// # Errors
/// Where what follows the kind is no notation netc knows.
pub fn layer(text: &str) -> Result<LayerCell, CellError> {
    layer_among(text, &Names::default())
}

/// Reads a layer cell that may begin with the name of a block, too.
///
/// # Errors
/// Where what follows the kind is no notation netc knows.
pub(super) fn layer_among(text: &str, names: &Names) -> Result<LayerCell, CellError> {
    guard(text)?;
    let (word_end, name, rest) = head(text, names);
    let word: Arc<str> = text[..word_end].trim_end().into();
    let (first, rest) = kernel_and_filters(text, rest);
    let shift = rest as u32;
    let move_on = |r: Range<u32>| r.start + shift..r.end + shift;
    let mut items = causes(&text[rest..]).map_err(|e| CellError {
        range: move_on(e.range.clone()),
        message: e.message,
        help: e.help.map(|h| h.replacen("write `", &format!("write `{}", &text[..rest]), 1)),
    })?;
    items.iter_mut().for_each(|i| i.shift(shift));
    items.splice(..0, first);
    Ok(LayerCell { range: 0..word.len() as u32, word, name, items })
}

/// The `3-64` of `conv3-64`: a 3x3 kernel and 64 filters; and where causes go on.
fn kernel_and_filters(text: &str, rest: usize) -> (Vec<Item>, usize) {
    let digits = |at: usize| text[at..].bytes().take_while(u8::is_ascii_digit).count();
    let dash = rest + digits(rest);
    let end = dash + 1 + text.get(dash + 1..).map_or(0, |_| digits(dash + 1));
    if dash == rest || !text[dash..].starts_with('-') || end == dash + 1 {
        return (Vec::new(), rest);
    }
    let number = |from: usize, to: usize| Expr::Number(text[from..to].parse().unwrap_or(f64::NAN));
    let (kernel, filters) = (number(rest, dash), number(dash + 1, end));
    let item = |from: usize, to: usize, kind| Item { range: from as u32..to as u32, kind };
    let size = item(rest, dash, ItemKind::Size(vec![kernel.clone(), kernel]));
    (vec![size, item(dash + 1, end, ItemKind::Number(filters))], end)
}

/// Where the kind's words end, the row's name, and where causes begin.
fn head(text: &str, names: &Names) -> (usize, Option<String>, usize) {
    let mut best: Option<(usize, Option<String>, usize)> = None;
    for (end, _) in text.char_indices().skip(1).chain(std::iter::once((text.len(), ' '))) {
        let boundary = text[end..].chars().next().is_none_or(|c| !c.is_alphabetic());
        if !boundary || !names.has(&fold(&text[..end])) {
            continue;
        }
        let after = &text[end..];
        let digits = suffix(after, text[..end].ends_with(char::is_whitespace));
        let bare = after[digits..].trim_start();
        let rest = end + after.len() - bare.len();
        best = Some(
            if digits > 0
                && after[digits..].starts_with('-')
                && after.bytes().take(digits).all(|b| b.is_ascii_digit())
            {
                // `conv3-64`: a 3x3 kernel and 64 filters.
                (end, None, end)
            } else if digits > 0 {
                (end, Some(text[..end + digits].trim().to_lowercase()), rest)
            } else if let Some(close) = bare.strip_prefix('(').and_then(|b| b.find(')')) {
                (end, Some(bare[1..=close].trim().to_owned()), rest + close + 2)
            } else {
                (end, None, rest)
            },
        );
    }
    best.map_or_else(
        || {
            let end = text.find(|c: char| c.is_whitespace() || "/;,(=".contains(c)).unwrap_or(text.len());
            (end, None, text.len())
        },
        |(end, name, rest)| (end, name, dash(text, end, rest)),
    )
}

/// How many bytes after a kind belong to the row's name: `1` of `conv1`, `1_2` of `conv1_2`, `4_x`, `3a`;
/// none of `3x3` in `conv3x3`, nor, behind a blank, of `7 × 7` in `pool 7 × 7`.
fn suffix(after: &str, apart: bool) -> usize {
    let lead = usize::from(after.starts_with('_'));
    let digits = after[lead..].bytes().take_while(u8::is_ascii_digit).count();
    let tail = &after[lead + digits..];
    let cross = if apart { tail.trim_start() } else { tail }.strip_prefix(['x', 'X', '×']);
    let crossed = cross.map(|t| if apart { t.trim_start() } else { t });
    let crossed = crossed.is_some_and(|t| t.starts_with(|c: char| c.is_ascii_digit()));
    if digits == 0 || crossed {
        return 0;
    }
    let more = tail.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
    lead + digits + more
}

/// Steps over the dash of `FC-4096`, and over a word that only decorates, as `IMAGE` in `INPUT IMAGE`.
fn dash(text: &str, end: usize, rest: usize) -> usize {
    if rest == end && text[end..].starts_with('-') { end + 1 } else { rest }
}

/// Upper case with single spaces: how kinds are looked up.
fn fold(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_uppercase()
}
