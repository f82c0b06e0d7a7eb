//! netc
fn main() {}
