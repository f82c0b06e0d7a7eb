//! Names that were meant.

/// The nearest of some names.
fn nearest<'a>(word: &str, names: impl Iterator<Item = &'a str>) -> &'a str {
    let word = word.to_lowercase();
    names
        .map(|n| (strsim::osa_distance(&n.to_lowercase(), &word), n))
        .min_by_key(|(distance, _)| *distance)
        .map_or("", |(_, name)| name)
}

/// The nearest of some names, if it is near enough to be what was meant: one slip in three letters.
pub(crate) fn close<'a>(word: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let near = nearest(word, names);
    let distance = strsim::osa_distance(&near.to_lowercase(), &word.to_lowercase());
    let longest = near.chars().count().max(word.chars().count());
    (longest > 1 && distance <= (longest / 3).max(1)).then_some(near)
}

/// "did you mean `conv`?" where a name is near, then what else there is to say.
pub(crate) fn meant<'a>(word: &str, names: impl Iterator<Item = &'a str>, rest: &str) -> String {
    let Some(near) = close(word, names) else { return rest.to_owned() };
    let mut letters = rest.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("did you mean `{near}`? {first}{}", letters.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_far_is_not_meant() {
        let names = ["MUL", "GROUPNORM", "CONV", "MAXPOOL", "rows", "BN", "padding"];
        for (word, wanted) in [
            ("CONF", Some("CONV")),
            ("MAXPOLL", Some("MAXPOOL")),
            ("BM", Some("BN")),
            ("pading", Some("padding")),
            ("TRANSFORMER", None),
            ("fully", None),
            ("loss", None),
            ("v", None),
        ] {
            assert_eq!(close(word, names.into_iter()), wanted, "{word}");
        }
    }
}
