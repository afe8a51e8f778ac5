//! Refusals in languages that have lists but no vocabulary: a word of refusing and, a little further, one of messages.
//!
//! Nothing here is certain, since the words between are not known: a person is asked to look. "I got no message" must not
//! be taken for "I want no message", so the first word is a command or a wish, never a negation alone.

mod chinese;
mod data;

use std::sync::LazyLock;

use super::fold::{self, Clause};
use super::loose::is_everyday;
use super::words::entries;

/// Longest message, in words, that is looked at.
const MAX_WORDS: usize = 8;

/// One word after the other.
struct Frame {
    /// What comes first, by commas: words or short phrases; `*` at the end of a word stands for any ending.
    first: &'static str,
    /// What comes later.
    then: &'static str,
    /// Most words between them.
    gap: usize,
}

type Phrase = Vec<Word>;

struct Word {
    text: String,
    is_stem: bool,
}

struct Compiled {
    first: Vec<Phrase>,
    then: Vec<Phrase>,
    gap: usize,
}

static FRAMES: LazyLock<Vec<Compiled>> = LazyLock::new(|| {
    let compile = |frame: &Frame| Compiled {
        first: entries(frame.first).map(phrase).collect(),
        then: entries(frame.then).map(phrase).collect(),
        gap: frame.gap,
    };
    data::FRAMES.iter().map(compile).collect()
});

fn phrase(text: &str) -> Phrase {
    let word = |word: &str| {
        let text = fold::key(word.trim_end_matches('*')).unwrap_or_default();
        Word { text, is_stem: word.ends_with('*') }
    };
    text.split(' ').map(word).collect()
}

impl Word {
    fn is(&self, token: &str) -> bool {
        if self.is_stem { token.starts_with(&self.text) } else { token == self.text }
    }
}

/// The place behind a phrase that begins at a place.
fn behind(phrase: &Phrase, tokens: &[String], at: usize) -> Option<usize> {
    let found = tokens.get(at..at + phrase.len())?;
    found.iter().zip(phrase).all(|(token, word)| word.is(token)).then_some(at + phrase.len())
}

impl Compiled {
    fn find(&self, tokens: &[String]) -> Option<String> {
        let starts = (0..tokens.len()).flat_map(|at| {
            self.first.iter().filter_map(move |phrase| Some((at, behind(phrase, tokens, at)?)))
        });
        let mut found = starts.filter_map(|(start, next)| {
            let object = (next..=next + self.gap).find_map(|at| {
                let end = self.then.iter().find_map(|phrase| behind(phrase, tokens, at))?;
                Some((at, end))
            });
            let (object, end) = object?;
            // Without the words between, which are the person's own.
            Some([tokens.get(start..next)?, tokens.get(object..end)?].concat().join(" "))
        });
        found.next()
    }
}

/// The words that may refuse messages.
pub(super) fn refusal(clauses: &[Clause]) -> Option<String> {
    let words: usize = clauses.iter().map(|clause| clause.tokens.len()).sum();
    if words > MAX_WORDS || clauses.iter().any(|clause| clause.question) || is_everyday(clauses) {
        return None;
    }
    let mut tokens = clauses.iter().map(|clause| clause.tokens.as_slice());
    tokens.find_map(|tokens| {
        FRAMES.iter().find_map(|frame| frame.find(tokens)).or_else(|| chinese::refusal(tokens))
    })
}
