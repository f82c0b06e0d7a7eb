//! netc-torch
