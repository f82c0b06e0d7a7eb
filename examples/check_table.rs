//! Checks a table and prints what follows from it: `cargo run --example check_table -- specs/lenet.spec`

#![allow(clippy::print_stdout, reason = "an example prints")]

use anyhow::{Context, Result};
use netc::diag::{Format, Report};
use netc::program::{Param, RowId};
use netc::source::Source;

fn main() -> Result<()> {
    let file = std::env::args().nth(1).context("which table? try specs/lenet.spec")?;
    let text = std::fs::read_to_string(&file).with_context(|| format!("cannot read {file}"))?;
    let source = Source::new(file, text);
    let compiled = netc::compile(&source, &netc::Options::default());
    let report = Report { source: &source, diagnostics: &compiled.diagnostics };
    print!("{}", Format::Concise.render(&[report], false));
    for net in &compiled.nets {
        // None where a row's size is unknown: the report says why.
        let Some(program) = netc::lower(net) else { continue };
        for (index, row) in program.rows.iter().enumerate() {
            // A row may be several primitives, such as a flatten and a product: the last has its size.
            let last = program.ops.iter().rfind(|op| op.row == RowId(index as u32));
            let size = last.map_or_else(String::new, |op| op.shape.to_string());
            println!("line {:>3}  {:<12} {:<10} {size}", row.line, row.name, row.kind);
        }
        let stored: u64 = program.params.iter().map(Param::elements).sum();
        println!("{}: {stored} stored numbers", program.name);
    }
    std::process::exit(i32::from(!compiled.is_sound()))
}
