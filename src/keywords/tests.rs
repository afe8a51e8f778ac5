//! Tests of the keyword reader.

mod facts;
mod gaps;
mod lists;
mod sentences;
mod typed;

use super::{Intent, Keywords};

/// Reads with the built-in lists.
fn read(text: &str) -> Intent {
    Keywords::builtin().read(text)
}

/// The kind of an intent, without the keyword.
fn kind(intent: &Intent) -> &'static str {
    match intent {
        Intent::None => "none",
        Intent::OptOut { .. } => "opt-out",
        Intent::Ambiguous { .. } => "ambiguous",
        Intent::OptIn { .. } => "opt-in",
        Intent::Yes { .. } => "yes",
        Intent::No { .. } => "no",
    }
}

/// Fails with every text that is not read as the given kind.
#[track_caller]
fn all_are(expected: &str, texts: &[&str]) {
    let wrong: Vec<_> =
        texts.iter().map(|text| (text, read(text))).filter(|(_, intent)| kind(intent) != expected).collect();
    assert!(wrong.is_empty(), "not {expected}: {wrong:#?}");
}
