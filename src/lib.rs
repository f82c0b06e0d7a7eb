//! netc
