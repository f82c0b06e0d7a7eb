//! The code table. A new problem is one line here and a page in `docs/diagnostics/`.

use super::Severity;
use std::fmt;

macro_rules! codes {
    ($($code:ident $severity:ident $summary:literal,)*) => {
        /// A problem's stable name: a letter for its severity and four digits for its topic.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Code { $(#[doc = $summary] $code,)* }

        /// Every code, in order.
        pub const ALL: &[Code] = &[$(Code::$code,)*];

        impl Code {
            /// `E0301`, as printed.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$code => stringify!($code),)* }
            }

            /// What kind of problem, in a few words.
            pub const fn summary(self) -> &'static str {
                match self { $(Self::$code => $summary,)* }
            }

            /// How bad it is unless `--deny warnings` raises it.
            pub const fn severity(self) -> Severity {
                match self { $(Self::$code => Severity::$severity,)* }
            }
        }
    };
}

// 01 the document and its header, 02 cells and parameters, 03 sizes and claims, 04 the graph,
// 05 the training recipe.
codes! {
    E0101 Error "no layer table in the document",
    E0102 Error "the text is not UTF-8",
    E0103 Error "the header is not valid YAML",
    E0104 Error "the header is too big, too deep or expands too far",
    E0105 Error "unknown key in the header",
    E0106 Error "a header value of the wrong type or out of range",
    E0107 Error "a number with a thousands comma inside braces",
    E0108 Error "several nets, and none was chosen",
    E0109 Error "a column role that is unknown or given twice",
    E0110 Error "the document is too big",
    E0111 Error "an expected diagnostic that did not come",
    W0101 Warning "a column without a role",
    W0102 Warning "text where a table row was expected",
    W0110 Warning "a column that the header names and no table has",
    W0111 Warning "cells beyond the last column",
    E0201 Error "unknown layer",
    E0202 Error "unknown parameter",
    E0203 Error "a cell that cannot be read",
    E0204 Error "a parameter of the wrong type",
    E0205 Error "a parameter out of range",
    E0206 Error "a parameter given twice",
    E0207 Error "a parameter is missing",
    E0208 Error "unknown symbol",
    E0209 Error "an expression that has no value",
    E0210 Error "a filter shape reads other channels than go in",
    W0201 Warning "`=` where `/` was meant",
    W0202 Warning "a remark in a cause cell",
    W0210 Warning "a size whose crosses are lost",
    W0211 Warning "a row without a layer",
    N0210 Note "what the counts of a column hold",
    E0301 Error "a declared size does not follow from the rows",
    E0302 Error "a cause contradicts the sizes around it",
    E0303 Error "a size that is below one or too large",
    E0304 Error "inputs that cannot be joined",
    E0305 Error "a declared count does not follow from the rows",
    E0306 Error "a claim about the whole net does not hold",
    E0307 Error "a padding word in the header contradicts the sizes",
    E0308 Error "one of several cells is wrong",
    E0309 Error "the claims need a padding word that is not written",
    E0310 Error "a symbol of the header contradicts the sizes",
    E0311 Error "sizes written in another order than they are read in",
    N0301 Note "the conventions that were inferred",
    E0401 Error "no input",
    E0402 Error "a name that does not exist",
    E0403 Error "a name given twice",
    E0404 Error "a cycle",
    E0405 Error "the wrong number of inputs",
    W0401 Warning "an output nobody uses",
    E0406 Error "too many rows after expansion",
    E0410 Error "a block that cannot be read",
    E0411 Error "a block that uses itself",
    E0412 Error "a group of rows that is not closed",
    E0460 Error "no table of connections under that heading",
    E0461 Error "connections that do not fit",
    E0462 Error "the claims need a counting word that is not written",
    E0463 Error "causes that may speak of several layers",
    E0501 Error "unknown key in the training recipe",
    E0502 Error "a training value of the wrong type or out of range",
    E0503 Error "the last layer does not fit the classes",
    E0510 Error "a claim about the number of views does not hold",
    E0511 Error "augmentation that does not fit the net's input",
    E0530 Error "a training key that does nothing beside the others",
    E0531 Error "training keys that contradict each other",
    E0532 Error "the recipe names a row that is not there",
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
