//! Other ways to write a word of the lists: repeated, drawn out, with polite affixes.

use super::lookalikes::{latin, without_digits};
use super::{fold, words};

/// Longest run of words that is looked for again and again in a long clause.
const MAX_REPEATED: usize = 8;
/// Shortest word, in letters, that is looked for behind a disguise.
const MIN_DISGUISED: usize = 4;

/// The words once, where they are the same few words several times ("opt out opt out").
pub(super) fn once(tokens: &[String]) -> &[String] {
    let repeats = |period: &usize| {
        let mut chunks = tokens.chunks(*period);
        let first = chunks.next();
        tokens.len().is_multiple_of(*period) && chunks.all(|chunk| Some(chunk) == first)
    };
    (1..tokens.len()).find(repeats).and_then(|period| tokens.get(..period)).unwrap_or(tokens)
}

/// Leaves the words once, where a long clause is the same few of them over and over ("stop please stop please …").
pub(super) fn without_repeats(tokens: &mut Vec<String>) {
    let repeats = |period: &usize| {
        tokens.iter().skip(*period).zip(tokens.iter()).all(|(token, earlier)| token == earlier)
    };
    if let Some(period) = (1..=MAX_REPEATED).find(repeats) {
        tokens.truncate(period);
    }
}

/// What a word may stand for that is written with digits ("st0p"), in letters of another alphabet, or several times
/// without a space.
pub(super) fn undisguised(word: &str) -> impl Iterator<Item = String> {
    let length = word.chars().count();
    let once = || {
        (2..=length / 2)
            .find_map(|letters| repeated(word, letters).filter(|_| length.is_multiple_of(letters)))
    };
    let found = [without_digits(word), latin(word), once()];
    found
        .into_iter()
        .flatten()
        .filter(|word| word.chars().nth(MIN_DISGUISED - 1).is_some() || !word.is_ascii())
}

/// The first letters of a word, where it is nothing but them.
fn repeated(word: &str, letters: usize) -> Option<String> {
    let all = word.chars().skip(letters).zip(word.chars()).all(|(letter, earlier)| letter == earlier);
    all.then(|| word.chars().take(letters).collect())
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
