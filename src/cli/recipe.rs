//! The recipe's flags: one a key, from the key table itself, so that no key is without one.

use crate::recipe::Override;
use crate::recipe::keys::{KEYS, Key, Takes};
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};

/// Keys whose flag other arguments bring already.
const ELSEWHERE: &[&str] = &["precision"];

/// The keys of the recipe that were given on the command line.
#[derive(Clone, Debug, Default)]
pub struct RecipeFlags {
    /// Key and text, in the order of the table.
    pub given: Vec<Override>,
}

fn value_name(takes: Takes) -> &'static str {
    match takes {
        Takes::Text => "NAME|PATH",
        Takes::Whole(_) => "N",
        Takes::Real(..) | Takes::Positive => "X",
        Takes::Flag => "true|false",
        Takes::Word(_) => "WORD",
        Takes::Stretch => "EPOCHS|\"N steps\"",
        Takes::Stretches => "LIST",
        Takes::Time => "TIME",
        Takes::Initial => "INIT",
        Takes::Rows => "RULES",
        Takes::Numbers(_) => "LIST",
        Takes::WordOrNumbers(_) => "WORD|LIST",
    }
}

fn help(key: &Key) -> String {
    let plain = key.meaning.replace('`', "");
    let mut letters = plain.chars();
    let mut text: String = letters.next().map_or_else(String::new, |c| c.to_uppercase().collect());
    text.extend(letters);
    if let Takes::Word(words) = key.takes {
        text.push_str(&format!(": {}", words.join(", ")));
    }
    let only = key.only.map_or_else(String::new, |(of, values)| format!(" [{of} {}]", values.join(", ")));
    format!("{text}{only} [default: {}]", key.default)
}

fn argument(key: &'static Key) -> Arg {
    // clap borrows its names for as long as the process lives; there is one a key.
    let flag: &'static str = Box::leak(key.flag().into_boxed_str());
    let argument = Arg::new(key.name)
        .long(flag)
        .value_name(value_name(key.takes))
        .help(help(key))
        .help_heading("Recipe: keys of `train:` in the header, given anew")
        .allow_hyphen_values(true);
    match key.takes {
        Takes::Flag => argument.num_args(0..=1).default_missing_value("true").allow_hyphen_values(false),
        _ => argument,
    }
}

fn flags() -> impl Iterator<Item = &'static Key> {
    KEYS.iter().filter(|k| !ELSEWHERE.contains(&k.name))
}

impl Args for RecipeFlags {
    fn augment_args(command: Command) -> Command {
        flags().fold(command, |command, key| command.arg(argument(key)))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for RecipeFlags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let given = flags().filter_map(|k| {
            let text = matches.get_one::<String>(k.name)?;
            Some((k.name.to_owned(), text.clone()))
        });
        Ok(Self { given: given.collect() })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
