//! The table a paper prints, in LaTeX with booktabs.

use super::View;
use super::paper::{caption, table};

/// Longer tables go on over pages.
const PAGE: usize = 45;

pub(super) fn render(view: &View<'_>) -> String {
    let table = table(view);
    let columns: String = table.right.iter().map(|r| if *r { 'r' } else { 'l' }).collect();
    let row = |cells: &mut dyn Iterator<Item = String>| {
        format!("    {} \\\\\n", cells.collect::<Vec<_>>().join(" & "))
    };
    let head = row(&mut table.head.iter().map(|h| escape(h)));
    let body: String = table.rows.iter().map(|r| row(&mut r.iter().map(|c| cell(c)))).collect();
    let total = row(&mut table.total.iter().map(|c| cell(c)));
    let caption = escape(&caption(view));
    let name: String =
        view.checked.net.name.to_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
    let label = format!("tab:{name}");
    if table.rows.len() > PAGE {
        return format!(
            "% \\usepackage{{booktabs,longtable}}\n{{\\footnotesize\n  \\setlength{{\\tabcolsep}}{{4pt}}\n  \\setlength{{\\LTcapwidth}}{{\\linewidth}}\n  \\begin{{longtable}}{{{columns}}}\n    \
             \\caption{{{caption}}}\\label{{{label}}}\\\\\n    \\toprule\n{head}    \\midrule\n    \\endfirsthead\n    \
             \\toprule\n{head}    \\midrule\n    \\endhead\n{body}    \\midrule\n{total}    \\bottomrule\n  \
             \\end{{longtable}}\n}}\n"
        );
    }
    format!(
        "% \\usepackage{{booktabs}}\n\\begin{{table}}\n  \\centering\\small\n  \\setlength{{\\belowcaptionskip}}{{6pt}}\n  \\caption{{{caption}}}\n  \
         \\label{{{label}}}\n  \\begin{{tabular}}{{{columns}}}\n    \\toprule\n{head}    \\midrule\n{body}    \
         \\midrule\n{total}    \\bottomrule\n  \\end{{tabular}}\n\\end{{table}}\n"
    )
}

/// A cell: crosses between numbers are set as such.
fn cell(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let digit = |at: Option<usize>| at.and_then(|i| chars.get(i)).is_some_and(char::is_ascii_digit);
    let mut out = String::with_capacity(text.len());
    for (at, c) in chars.iter().enumerate() {
        match c {
            'x' if digit(at.checked_sub(1)) && digit(Some(at + 1)) => out.push_str("$\\times$"),
            '×' => out.push_str("$\\times$"),
            c => out.push_str(&escape(&c.to_string())),
        }
    }
    out
}

/// What LaTeX reads as commands, written so that it prints.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\textbackslash{}"),
            '~' => out.push_str("\\textasciitilde{}"),
            '^' => out.push_str("\\textasciicircum{}"),
            '<' => out.push_str("\\textless{}"),
            '>' => out.push_str("\\textgreater{}"),
            '|' => out.push_str("\\textbar{}"),
            '"' => out.push_str("\\textquotedbl{}"),
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => out.extend(['\\', c]),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{cell, escape};

    #[test]
    fn commands_print_as_they_are_written() {
        assert_eq!(
            escape("a_b & 5% of $x$ #1 {~^\\}"),
            "a\\_b \\& 5\\% of \\$x\\$ \\#1 \\{\\textasciitilde{}\\textasciicircum{}\\textbackslash{}\\}"
        );
        assert_eq!(cell("3x3; max × 2"), "3$\\times$3; max $\\times$ 2");
        assert_eq!(escape("a\nb"), "a b");
    }
}
