//! Arguments that netc does not have under that name: what it says instead of the nearest spelling.

use crate::recipe::elsewhere;
use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use std::ffi::OsString;

const EVERY_NET: &str = "every net of a document is checked; `netc show FILE --net NAME` shows one";

/// The error, with the flag that another tool's name stands for, where it is one.
pub(super) fn advised(mut error: clap::Error, arguments: &[OsString]) -> clap::Error {
    let Some(ContextValue::String(given)) = error.get(ContextKind::InvalidArg) else { return error };
    if error.kind() != ErrorKind::UnknownArgument {
        return error;
    }
    let name = given.trim_start_matches('-').replace('_', "-");
    let command = arguments.iter().find(|a| !a.as_encoded_bytes().starts_with(b"-"));
    let here = match (name.as_str(), command.and_then(|c| c.to_str())) {
        ("net", Some("check")) => Err(EVERY_NET),
        (_, Some("train" | "augment")) => match elsewhere::flag(&name) {
            Some(here) => here,
            None => return error,
        },
        _ => return error,
    };
    error.remove(ContextKind::Suggested);
    error.remove(ContextKind::SuggestedArg);
    match here {
        Ok(flag) => error.insert(ContextKind::SuggestedArg, ContextValue::String(flag)),
        Err(why) => {
            let mut tip = StyledStr::new();
            tip.push_str(why);
            error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip]))
        }
    };
    error
}
