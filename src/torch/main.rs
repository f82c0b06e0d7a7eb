//! netc-torch
fn main() {}
