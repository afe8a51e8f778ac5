//! Other ways to write a word of the lists: repeated, drawn out, with polite affixes.

use super::{fold, words};

/// The words once, where they are the same few words several times ("opt out opt out").
pub(super) fn once(tokens: &[String]) -> &[String] {
    let repeats = |period: &usize| {
        let mut chunks = tokens.chunks(*period);
        let first = chunks.next();
        tokens.len().is_multiple_of(*period) && chunks.all(|chunk| Some(chunk) == first)
    };
    (1..tokens.len()).find(repeats).and_then(|period| tokens.get(..period)).unwrap_or(tokens)
}

/// The word with every letter that stands three times or more in a row written `keep` times; `None` without any.
pub(super) fn squeeze(word: &str, keep: usize) -> Option<String> {
    let mut squeezed = String::new();
    let mut found = false;
    let mut letters = word.chars().peekable();
    while let Some(letter) = letters.next() {
        let mut run = 1;
        while letters.next_if_eq(&letter).is_some() {
            run += 1;
        }
        let long = run >= 3 && letter.is_alphabetic();
        found |= long;
        squeezed.extend(std::iter::repeat_n(letter, if long { keep } else { run }));
    }
    // A single letter drawn out is a sound, no word.
    (found && squeezed.chars().nth(1).is_some()).then_some(squeezed)
}

/// The word after taking away polite affixes one by one, in scripts that write them without a space.
pub(super) fn impolite(word: &str) -> impl Iterator<Item = &str> {
    let written_together = word.chars().any(fold::is_unspaced);
    std::iter::successors(written_together.then_some(word), |word| without_affix(word)).skip(1)
}

fn without_affix(word: &str) -> Option<&str> {
    let suffixes = words::POLITE_SUFFIXES.iter().find_map(|suffix| word.strip_suffix(suffix));
    let prefixes = || words::POLITE_PREFIXES.iter().find_map(|prefix| word.strip_prefix(prefix));
    suffixes.or_else(prefixes).filter(|rest| !rest.is_empty())
}
