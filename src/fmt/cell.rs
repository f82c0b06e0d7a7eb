//! One cell in canonical notation: `7×7, 64, stride 2` is `7x7/2; K=64`.

use super::layer_cell;
use crate::layer::{self, Kind};
use crate::syntax::{self, BinaryOp, Cell, ColumnRole, Expr, Item, ItemKind, Names, ValueExpr};

/// The cell as it is to be written. `raw` is what stands in the document, `kind` the row's.
pub(super) fn canonical(
    role: &ColumnRole,
    kind: Option<&'static Kind>,
    cell: &Cell,
    raw: &str,
    names: &Names,
) -> String {
    let raw = raw.trim();
    // A blank between digits is a lost cross: warned about, and left to `--fix`.
    if cell.is_empty() || plain(raw) != plain(&cell.text) || parted(&cell.text) {
        return raw.to_owned();
    }
    let text = cell.text.as_str();
    let written = match role {
        ColumnRole::Layer => layer_cell::canonical(text, names),
        ColumnRole::Output | ColumnRole::Input => of_size(text),
        ColumnRole::Filter => of_causes(kind, text),
        ColumnRole::Cause(name) => of_cause(kind, name, text),
        ColumnRole::From => of_names(text),
        _ => None,
    };
    // A mark that is read through only at a cell's end may come to stand there.
    written.filter(|w| syntax::cleaned(w) == *w).unwrap_or_else(|| raw.to_owned())
}

/// The kind a layer cell names, where it names one and no more.
pub(super) fn kind_of(cell: &Cell, names: &Names) -> Option<&'static Kind> {
    match syntax::layers(&cell.text, names).ok()?.parts.as_slice() {
        [part] => layer::find(&words(&part.word)),
        _ => None,
    }
}

/// Words with one blank between.
pub(super) fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// True where only blanks stand between two digits.
fn parted(text: &str) -> bool {
    let digit = |c: char| c.is_ascii_digit();
    let words: Vec<&str> = text.split_whitespace().collect();
    // `conv1 3x3` is a name and a filter.
    let number = |word: &str| word.ends_with(digit) && !word.starts_with(char::is_alphabetic);
    words.windows(2).any(|p| number(p[0]) && p[1].starts_with(digit))
}

/// A text without the ways in which the same signs are typed; what differs beyond them is Markdown.
fn plain(text: &str) -> String {
    text.replace("&times;", "x")
        .chars()
        .filter_map(|c| match c {
            '×' => Some('x'),
            '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0),
            '\u{2010}' | '\u{2011}' | '\u{2013}' | '\u{2212}' => Some('-'),
            c if c.is_whitespace() => None,
            c => Some(c),
        })
        .collect()
}

fn of_size(text: &str) -> Option<String> {
    let read = syntax::size(text).ok()?;
    // `(None, n)` is a size; `n` alone could be anything.
    if text.starts_with('(') && !read.factors.iter().all(|f| matches!(f, Expr::Number(_))) {
        return None;
    }
    let written = match (read.maps, read.factors.as_slice()) {
        (true, [sides @ .., maps]) => format!("{}@{}", factor(maps), factors(sides)),
        (_, [only]) => expr(only, 0),
        (_, all) if text.contains('*') => all.iter().map(factor).collect::<Vec<_>>().join("*"),
        (_, all) => factors(all),
    };
    (syntax::size(&written).ok()? == read).then_some(written)
}

fn of_names(text: &str) -> Option<String> {
    let names = |text: &str| syntax::from(text).into_iter().map(|(n, _)| n).collect::<Vec<_>>();
    let written = names(text).join(", ");
    // A column of sizes says what goes in.
    let sized = |text: &str| syntax::size(text).is_ok();
    (!written.is_empty() && names(&written) == names(text) && sized(&written) == sized(text))
        .then_some(written)
}

/// A cell of one parameter's column.
fn of_cause(kind: Option<&'static Kind>, name: &str, text: &str) -> Option<String> {
    // A block's parameter has no sides: `1 x 2` is a number and copies there.
    if kind.is_none() && !matches!(syntax::causes(&format!("v={text}")).ok()?.as_slice(), [_]) {
        return None;
    }
    let full = format!("{name}={text}");
    let items = syntax::causes(&full).ok()?;
    let [Item { kind: ItemKind::Named { value, value_range, .. }, .. }] = items.as_slice() else {
        return None;
    };
    let written = written_value(&full, value, value_range)?;
    same(None, &items, &syntax::causes(&format!("{name}={written}")).ok()?).then_some(written)
}

fn of_causes(kind: Option<&'static Kind>, text: &str) -> Option<String> {
    let items = syntax::causes(text).ok()?;
    let written = written(kind, text, &items, Style::Cell)?;
    same(kind, &items, &syntax::causes(&written).ok()?).then_some(written)
}

/// How the parts of a cell are written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// `3x3/2; K=64`.
    Cell,
    /// `3x3/2, 64`: between brackets a semicolon parts the rows.
    Bracket,
}

/// Size, stride behind its slash, then the rest in the author's order.
pub(super) fn written(
    kind: Option<&'static Kind>,
    text: &str,
    items: &[Item],
    style: Style,
) -> Option<String> {
    let count = |test: fn(&ItemKind) -> bool| items.iter().filter(|i| test(&i.kind)).count();
    let glue = count(|i| matches!(i, ItemKind::Size(_))) == 1;
    if !may_move(kind, text, items) {
        return None;
    }
    let (mut size, mut slash, mut rest) = (String::new(), String::new(), Vec::<String>::new());
    let mut shaped = false;
    for item in items {
        let piece = part(kind, text, item, style)?;
        match &item.kind {
            // `3x3x32 dw` is one filter.
            ItemKind::Word(word) if word.eq_ignore_ascii_case("dw") && !rest.is_empty() && shaped => {
                if let Some(last) = rest.last_mut() {
                    last.push_str(" dw");
                }
            }
            ItemKind::Size(_) if glue => size = piece,
            _ if piece.starts_with(['/', '=']) && slash.is_empty() => slash = piece,
            ItemKind::Repeat(_) if !rest.is_empty() || !size.is_empty() || !slash.is_empty() => {
                let last = rest.last_mut().unwrap_or(if slash.is_empty() { &mut size } else { &mut slash });
                last.push(' ');
                last.push_str(&piece);
            }
            _ => rest.push(piece),
        }
        shaped = matches!(item.kind, ItemKind::Shape(_));
    }
    let first = size + &slash;
    let parts = std::iter::once(first).filter(|p| !p.is_empty()).chain(rest);
    Some(parts.collect::<Vec<_>>().join(if style == Style::Cell { "; " } else { ", " }))
}

/// False where something belongs to what stands before it: `3.2K`, and `filters` in `64 filters`, which is told as a
/// remark behind anything else; or where a parameter is given twice and the first of the two is taken; or where the cell
/// begins with a repeat, which would join what comes before it.
fn may_move(kind: Option<&'static Kind>, text: &str, items: &[Item]) -> bool {
    let has = |test: fn(&ItemKind) -> bool| items.iter().any(|i| test(&i.kind));
    let bound = |item: &Item| match (&item.kind, kind) {
        (ItemKind::Word(word), Some(kind)) => kind.param(word).is_some(),
        (ItemKind::Shape(_), _) => true,
        (ItemKind::Named { key, .. }, Some(kind)) => kind.param(key).is_some_and(|p| {
            let is = |positional: Option<&str>| positional == Some(p.name);
            is(kind.positional.slash) && has(|i| matches!(i, ItemKind::Slash { .. }))
                || is(kind.positional.size) && has(|i| matches!(i, ItemKind::Size(_)))
        }),
        // A block's parameter takes sizes too.
        (ItemKind::Named { .. }, None) => true,
        _ => false,
    };
    let sized = |item: &Item| matches!(item.kind, ItemKind::Size(_) | ItemKind::Slash { .. });
    // What no blank or sign parts is parted by luck; a stride has its slash.
    let slash = |item: &Item| matches!(item.kind, ItemKind::Slash { .. });
    let parted =
        |from: u32, to: u32| text.get(from as usize..to as usize).is_none_or(|t| t.contains([' ', ',', ';']));
    let touching = items.windows(2).any(|p| !slash(&p[1]) && !parted(p[0].range.end, p[1].range.start));
    let moved = items.iter().skip_while(|i| sized(i)).any(sized);
    let mut given: Vec<String> = items.iter().map(|i| meaning(kind, i).0).filter(|n| !n.is_empty()).collect();
    given.sort_unstable();
    let twice = given.windows(2).any(|p| p[0] == p[1]);
    // `/2,1` is a stride for each copy.
    let listed = (0..items.len()).any(|i| slash(&items[i]) && syntax::more_strides(&items[i..]) > 0);
    let repeated = items.first().is_some_and(|i| matches!(i.kind, ItemKind::Repeat(_)));
    !(touching || twice || listed || moved && (repeated || items.iter().any(bound)))
}

/// One part of a cause cell.
fn part(kind: Option<&'static Kind>, text: &str, item: &Item, style: Style) -> Option<String> {
    let positional = kind.map(|k| k.positional);
    Some(match &item.kind {
        ItemKind::Size(parts) => factors(parts),
        ItemKind::Slash { size, mended } => format!("{}{}", if *mended { '=' } else { '/' }, factors(size)),
        ItemKind::Shape(parts) => factors(&parts.iter().map(|(e, _)| e.clone()).collect::<Vec<_>>()),
        ItemKind::Number(value) => match positional.and_then(|p| p.int).filter(|_| style == Style::Cell) {
            Some(param) => format!("{param}={}", expr(value, 0)),
            None => expr(value, 0),
        },
        ItemKind::Named { key, key_range, value, value_range } => {
            // `no bias` says the value first.
            let between = text.get(key_range.end as usize..value_range.start as usize).unwrap_or("=");
            let spaced = !between.contains('=');
            let param = kind.and_then(|k| k.param(key)).map(|p| p.name);
            if spaced && param.is_some() && param == positional.and_then(|p| p.slash) {
                return Some(format!("/{}", written_value(text, value, value_range)?));
            }
            format!("{key}={}", written_value(text, value, value_range)?)
        }
        ItemKind::Repeat(count) => format!("x {}", factor(count)),
        ItemKind::Word(word) => word.clone(),
    })
}

fn written_value(text: &str, value: &ValueExpr, range: &std::ops::Range<u32>) -> Option<String> {
    let raw = text.get(range.start as usize..range.end as usize)?;
    Some(match value {
        // `4*c` is read as two factors, as `3x3` is.
        ValueExpr::Size(parts) if raw.contains('*') => parts.iter().map(factor).collect::<Vec<_>>().join("*"),
        ValueExpr::Size(parts) => factors(parts),
        ValueExpr::List(parts) => {
            let named = parts.iter().any(|(p, _)| matches!(p, Expr::Name(_)));
            let parts: Vec<String> = parts.iter().map(|(p, _)| expr(p, 0)).collect();
            parts.join(if named { ", " } else { "," })
        }
        // `.5` and `1e-5` stay as they are typed.
        ValueExpr::One(Expr::Number(_)) if raw.bytes().all(|b| b.is_ascii_graphic()) => raw.to_owned(),
        ValueExpr::One(value) => expr(value, 0),
        ValueExpr::Word(word) => word.clone(),
    })
}

fn factors(parts: &[Expr]) -> String {
    parts.iter().map(factor).collect::<Vec<_>>().join("x")
}

fn factor(value: &Expr) -> String {
    match value {
        Expr::Number(_) | Expr::Name(_) => expr(value, 0),
        other => format!("({})", expr(other, 0)),
    }
}

/// An expression with the fewest parentheses; `bound` is how tightly its surroundings bind.
pub(super) fn expr(value: &Expr, bound: u8) -> String {
    let (text, own) = match value {
        Expr::Number(v) => (v.to_string(), 9),
        Expr::Name(name) => (name.clone(), 9),
        Expr::Negate(inner) => (format!("-{}", expr(inner, 4)), 4),
        Expr::Call(name, args) => {
            let args: Vec<String> = args.iter().map(|a| expr(a, 0)).collect();
            (format!("{name}({})", args.join(", ")), 9)
        }
        Expr::Binary(op, a, b) => {
            let (sign, own) = sign(*op);
            (format!("{}{sign}{}", expr(a, own), expr(b, own + 1)), own)
        }
    };
    if own < bound { format!("({text})") } else { text }
}

fn sign(op: BinaryOp) -> (&'static str, u8) {
    match op {
        BinaryOp::Equal => (" == ", 1),
        BinaryOp::Less => (" < ", 1),
        BinaryOp::Add => ("+", 2),
        BinaryOp::Sub => ("-", 2),
        BinaryOp::Mul => ("*", 3),
        BinaryOp::Div => ("/", 3),
        BinaryOp::Rem => ("%", 3),
    }
}

/// What an item gives a row: the parameter by its own name, and the value.
fn meaning<'a>(
    kind: Option<&'static Kind>,
    item: &'a Item,
) -> (String, Option<ValueExpr>, Option<&'a ItemKind>) {
    let of = |pick: fn(&layer::Positional) -> Option<&'static str>| kind.and_then(|k| pick(&k.positional));
    let one = |parts: &[Expr]| match parts {
        [only] => ValueExpr::One(only.clone()),
        all => ValueExpr::Size(all.to_vec()),
    };
    match &item.kind {
        ItemKind::Named { key, value, .. } => {
            let name = kind.and_then(|k| k.param(key)).map_or(key.as_str(), |p| p.name);
            let value = match value {
                ValueExpr::List(parts) => {
                    ValueExpr::List(parts.iter().map(|(e, _)| (e.clone(), 0..0)).collect())
                }
                value => value.clone(),
            };
            (name.to_owned(), Some(value), None)
        }
        ItemKind::Slash { size, mended: false } if of(|p| p.slash).is_some() => {
            (of(|p| p.slash).unwrap_or_default().to_owned(), Some(one(size)), None)
        }
        ItemKind::Number(value) if of(|p| p.int).is_some() => {
            (of(|p| p.int).unwrap_or_default().to_owned(), Some(ValueExpr::One(value.clone())), None)
        }
        ItemKind::Shape(parts) => {
            let parts = parts.iter().map(|(e, _)| e.clone()).collect();
            ("a shape".to_owned(), Some(ValueExpr::Size(parts)), None)
        }
        other => (String::new(), None, Some(other)),
    }
}

/// True where two readings give a row the same, in whatever order.
pub(super) fn same(kind: Option<&'static Kind>, a: &[Item], b: &[Item]) -> bool {
    let mut left: Vec<_> = b.iter().map(|i| meaning(kind, i)).collect();
    let found = a.iter().map(|i| meaning(kind, i)).all(|item| {
        let at = left.iter().position(|other| *other == item);
        at.map(|at| left.remove(at)).is_some()
    });
    found && left.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Span;

    fn written(role: &ColumnRole, kind: &str, text: &str) -> String {
        let cell = Cell::new(syntax::cleaned(text), Span::default(), Vec::new());
        canonical(role, layer::find(kind), &cell, text, &Names::default())
    }

    #[test]
    fn causes_have_one_form() {
        for (kind, text, wanted) in [
            ("CONV", "11×11/4×4, K = 96", "11x11/4x4; K=96"),
            ("CONV", "11x11=4x4;K = 96", "11x11=4x4; K=96"),
            ("CONV", "7x7, 64, stride 2", "7x7/2; K=64"),
            ("CONV", "3×3 / s2", "3x3/2"),
            ("CONV", "s2", "/2"),
            ("CONV", "3x3; pad 2; K=4*(c + 1)", "3x3; pad=2; K=4*(c+1)"),
            ("CONV", "3x3; K=(a-(b-c))*2 ;same", "3x3; K=(a-(b-c))*2; same"),
            ("CONV", "3 x 3, 64 x 2", "3x3; K=64 x 2"),
            ("CONV", "3x3; K=64 x 2", "3x3; K=64 x 2"),
            ("CONV", "3x3; padding = same  lower", "3x3; padding=same lower"),
            ("CONV", "3x3; s=2 , 1", "3x3; s=2,1"),
            ("DROPOUT", "p = .5", "p=.5"),
            ("POOL", "max, 3x3 / 2", "3x3/2; max"),
            ("POOL", "3x3, 3x3", "3x3; 3x3"),
            ("BN", "eps = 1e-5", "eps=1e-5"),
            ("CONV", "what ever ?", "what ever ?"),
            ("CONV", "**3x3**", "**3x3**"),
            ("CONV", "3×3×3×32", "3x3x3x32"),
            ("CONV", "3 × 3 × 32  dw", "3x3x32 dw"),
            ("CONV", "3x3, stride=2, 64", "3x3; stride=2; K=64"),
            ("CONV", "3x3, 64 filters", "3x3; K=64; filters"),
            ("CONV", "size, 3x3", "size, 3x3"),
            ("", "3.2K", "3.2K"),
        ] {
            assert_eq!(written(&ColumnRole::Filter, kind, text), wanted, "{text}");
        }
    }

    #[test]
    fn sizes_names_and_kinds() {
        for (role, text, wanted) in [
            (ColumnRole::Output, "57 × 57 × 96", "57x57x96"),
            (ColumnRole::Output, "6 @ 28×28", "6@28x28"),
            (ColumnRole::Output, "112²×64", "112x112x64"),
            (ColumnRole::Output, "2 * classes", "2*classes"),
            (ColumnRole::Output, "57 57 96", "57 57 96"),
            (ColumnRole::Output, "(None, 7, 7, 64)", "7x7x64"),
            (ColumnRole::Output, "(None, n)", "(None, n)"),
            (ColumnRole::From, "a ,b", "a, b"),
            (ColumnRole::Layer, "conv3-64", "conv3-64"),
            (ColumnRole::Layer, "FC-4096", "FC-4096"),
            (ColumnRole::Layer, "input   image", "input image"),
            (ColumnRole::Layer, "7×7, 64, stride 2", "7x7/2; K=64"),
            (ColumnRole::Layer, "conv3×3, 64", "conv 3x3; K=64"),
            (ColumnRole::Layer, "Conv dw / s2", "Conv dw /2"),
            (ColumnRole::Layer, "conv1 3×3, 64, stride 2", "conv1 3x3/2; K=64"),
            (ColumnRole::Layer, "conv (3a)  3×3", "conv (3a) 3x3"),
            (ColumnRole::Layer, "Pool 7 × 7", "Pool 7x7"),
            (ColumnRole::Layer, "3 × 3 max pool, stride 2", "max pool 3x3/2"),
            (ColumnRole::Layer, "1000-d  fc", "1000-d fc"),
            (ColumnRole::Layer, "[3×3, 64] × 3", "[3x3, 64] x 3"),
            (
                ColumnRole::Layer,
                "[1×1,64;3×3 , 64, stride 2 ;1×1, 256]×3",
                "[1x1, 64; 3x3/2, 64; 1x1, 256] x 3",
            ),
            (ColumnRole::Layer, "[1×1 conv; 3×3 conv] × 6; s=2, 1", "[conv 1x1; conv 3x3] x 6; s=2,1"),
            (ColumnRole::Layer, "average pool, 1000-d  fc ,softmax", "average pool, 1000-d fc, softmax"),
            (ColumnRole::Layer, "Conv 3×3 / 2,BN , ReLU", "Conv 3x3/2, BN, ReLU"),
            (ColumnRole::Layer, "2 × { 3×3, 8", "2 x { 3x3; K=8"),
            (ColumnRole::Layer, "{n} × {ReLU }}", "{n} x { ReLU } }"),
            (ColumnRole::Layer, "ReLU}", "ReLU }"),
            (ColumnRole::Cause("stride".to_owned()), "2 × 2", "2 × 2"),
            (ColumnRole::Params, "1,234 K", "1,234 K"),
        ] {
            assert_eq!(written(&role, "", text), wanted, "{text}");
        }
        assert_eq!(written(&ColumnRole::Cause("stride".to_owned()), "CONV", "2 × 2"), "2x2");
    }
}
