//! The built-in lists, compiled once for all senders, and the courtesies that are taken off a message.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use super::fold::{self, Clause};
use super::{Operation, words};

/// Most courtesies taken off at each end, so that a message of nothing but courtesies stays cheap.
const MAX_COURTESIES: usize = 6;

/// What the tables know of one word.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    pub(super) operation: Operation,
    /// Means what it means only when nothing stands beside it; of a yes, only when something was asked.
    pub(super) bare: bool,
}

/// The built-in lists, compiled once for all senders.
struct Table {
    words: HashMap<String, Entry>,
    courtesies: HashSet<String>,
    longest_courtesy: usize,
}

static BUILTIN: LazyLock<Table> = LazyLock::new(|| {
    let mut words = HashMap::new();
    let mut courtesies = HashSet::new();
    let mut longest_courtesy = 0;
    for language in words::languages() {
        for (list, operation, bare) in lists(language) {
            for word in words::entries(list) {
                if let Some(key) = fold::key(word) {
                    words.entry(key).or_insert(Entry { operation, bare });
                }
            }
        }
        for courtesy in words::entries(language.courtesy) {
            if let Some(clauses) = fold::clauses(courtesy) {
                let tokens: Vec<String> = clauses.into_iter().flat_map(|clause| clause.tokens).collect();
                longest_courtesy = longest_courtesy.max(tokens.len());
                courtesies.insert(fold::join(tokens.iter()));
            }
        }
    }
    Table { words, courtesies, longest_courtesy }
});

pub(super) fn lists(language: &words::Language) -> [(&'static str, Operation, bool); 7] {
    [
        (language.opt_out, Operation::OptOut, false),
        (language.opt_out_bare, Operation::OptOut, true),
        (language.ambiguous, Operation::Ambiguous, false),
        (language.opt_in, Operation::OptIn, false),
        (language.yes, Operation::Yes, false),
        (language.okay, Operation::Yes, true),
        (language.no, Operation::No, false),
    ]
}

/// The built-in entry of a folded word.
pub(super) fn entry(key: &str) -> Option<Entry> {
    BUILTIN.words.get(key).copied()
}

/// The clause less courtesies at its ends; nothing when it is courtesy alone.
pub(super) fn without_courtesies(clause: &Clause) -> Option<Clause> {
    let tokens = *trimmed(&clause.tokens).last()?;
    let nothing_left = is_courtesy(tokens);
    (!nothing_left).then(|| Clause { tokens: tokens.to_vec(), question: clause.question })
}

fn is_courtesy(tokens: &[String]) -> bool {
    tokens.len() <= BUILTIN.longest_courtesy && BUILTIN.courtesies.contains(&fold::join(tokens.iter()))
}

/// The words with more and more courtesies gone from the ends, the most words first; never nothing.
///
/// Every way to trim is there, since a keyword can itself end like a courtesy of some language ("thik hai").
pub(super) fn trimmed(tokens: &[String]) -> Vec<&[String]> {
    let from_end = std::iter::successors(Some(tokens), |tokens| trim_end(tokens));
    let from_both = from_end.take(MAX_COURTESIES + 1).flat_map(|tokens| {
        std::iter::successors(Some(tokens), |tokens| trim_start(tokens)).take(MAX_COURTESIES + 1)
    });
    let mut all: Vec<&[String]> = from_both.collect();
    all.sort_by_key(|tokens| std::cmp::Reverse(tokens.len()));
    all
}

fn lengths(tokens: &[String]) -> impl Iterator<Item = usize> + use<> {
    (1..=BUILTIN.longest_courtesy.min(tokens.len().saturating_sub(1))).rev()
}

fn trim_end(tokens: &[String]) -> Option<&[String]> {
    lengths(tokens).find_map(|length| {
        let (rest, end) = tokens.split_at_checked(tokens.len().saturating_sub(length))?;
        is_courtesy(end).then_some(rest)
    })
}

fn trim_start(tokens: &[String]) -> Option<&[String]> {
    lengths(tokens).find_map(|length| {
        let (start, rest) = tokens.split_at_checked(length)?;
        is_courtesy(start).then_some(rest)
    })
}
