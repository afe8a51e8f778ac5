//! Refusals in people's own words: a verb of stopping, refusing or leaving, with messages, a list or a subscription
//! as its object.
//!
//! Every word gets a class from a small vocabulary, and a few orders of classes are refusals. How much of the message
//! the vocabulary explains decides the rest: everything explained is an opt-out, a refusal among other words goes to
//! a person, and an object that is not messaging ("cancel my order") is no refusal at all. Work is a few passes over
//! at most [`super::fold::MAX_TOKENS`] words for each language.

mod lexicon;
mod reading;

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use super::fold::Clause;
use lexicon::Lexicon;
use reading::{Reading, merge_pair};

/// Most unexplained words beside a bare "unsubscribe" for which a person is still asked.
const MAX_UNKNOWN_BESIDE_LEAVE: usize = 3;
/// Longest message, in words, in which a refusal without object ("I said I don't want") is asked about.
const MAX_VAGUE_TOKENS: usize = 10;

/// What the matcher makes of a message. The strings hold words of the vocabulary only, never others of the person's.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verdict {
    Nothing,
    Ambiguous(String),
    OptOut(String),
}

/// Part a word plays in a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    /// Not in the vocabulary, so the sentence may be about anything.
    Unknown,
    /// Pronouns, prepositions, politeness.
    Filler,
    /// Wanting.
    Want,
    /// More, again, any longer.
    More,
    /// Negation of a verb.
    Not,
    /// Negation that only counts right before what it negates ("no messages", but "no I want messages").
    NoAdjacent,
    /// Auxiliary: "not" after it states a fact ("I could not receive") and refuses nothing.
    Auxiliary,
    /// Negated auxiliary, same.
    NotAuxiliary,
    /// Stopping.
    Stop,
    /// Sending; needs an object.
    Send,
    /// Contacting; the person is its object.
    Contact,
    /// Receiving.
    Receive,
    /// A message, or the verb to message.
    ContactOrMessage,
    /// Messages and what they are full of.
    Message,
    /// List, subscription.
    List,
    /// Anything, nothing.
    Anything,
    /// Unsubscribing; needs no object.
    Leave,
    /// Taking off; needs a list.
    Remove,
    /// Cancelling; needs a list.
    Cancel,
    /// Only: what follows is what the person does want.
    Only,
    /// Question word.
    Ask,
}

impl Class {
    /// Whether a refusal continues behind the word as if it were not there.
    fn is_skipped(self) -> bool {
        matches!(self, Self::Filler | Self::Want | Self::More)
    }

    fn is_messaging(self) -> bool {
        matches!(self, Self::Message | Self::ContactOrMessage | Self::List)
    }

    fn is_negation(self) -> bool {
        matches!(self, Self::Not | Self::NotAuxiliary)
    }
}

/// How certain a refusal is on its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Strength {
    /// Verb and object.
    Strong,
    /// A verb of unsubscribing alone.
    Leave,
    /// A negated object alone ("no messages").
    Weak,
}

/// Vocabulary of one language, ready for lookups.
struct Vocabulary {
    words: HashMap<&'static str, Class>,
    lexicon: &'static Lexicon,
}

static VOCABULARIES: LazyLock<Vec<Vocabulary>> = LazyLock::new(|| {
    let compile = |lexicon: &'static Lexicon| {
        let words =
            lexicon.classes.iter().flat_map(|(class, words)| words.split(' ').map(|word| (word, *class)));
        Vocabulary { words: words.collect(), lexicon }
    };
    lexicon::LEXICONS.iter().map(compile).collect()
});

/// Judges a message, already without courtesies at the ends of its clauses: the most severe reading of any language.
pub(super) fn judge(clauses: &[Clause]) -> Verdict {
    let readings = VOCABULARIES.iter().map(|vocabulary| vocabulary.judge(clauses));
    // The languages come in a fixed order, and the first of equally severe readings stands.
    let mut worst = Verdict::Nothing;
    for reading in readings {
        if severity(&reading) > severity(&worst) {
            worst = reading;
        }
    }
    worst
}

fn severity(verdict: &Verdict) -> u8 {
    match verdict {
        Verdict::Nothing => 0,
        Verdict::Ambiguous(_) => 1,
        Verdict::OptOut(_) => 2,
    }
}

impl Vocabulary {
    fn judge(&self, clauses: &[Clause]) -> Verdict {
        let sentences =
            if self.lexicon.comma_inside { self.sentences(clauses) } else { Cow::Borrowed(clauses) };
        let readings: Vec<Reading<'_>> = sentences.iter().map(|clause| self.read(clause)).collect();
        let unknown: usize = readings.iter().map(|reading| reading.unknown).sum();
        let tokens: usize = readings.iter().map(|reading| reading.classes.len()).sum();
        let explained = unknown == 0;
        let mut verdict = Verdict::Nothing;
        for reading in &readings {
            let Some((strength, keyword)) = &reading.core else { continue };
            let keyword = keyword.clone();
            let found = match strength {
                // "How do I stop these messages?" asks for it without saying it.
                Strength::Strong | Strength::Leave if reading.question && explained => {
                    Verdict::Ambiguous(keyword)
                }
                _ if reading.question => Verdict::Nothing,
                _ if explained => Verdict::OptOut(keyword),
                Strength::Strong => Verdict::Ambiguous(keyword),
                Strength::Leave if unknown <= MAX_UNKNOWN_BESIDE_LEAVE => Verdict::Ambiguous(keyword),
                Strength::Weak if reading.unknown == 0 => Verdict::Ambiguous(keyword),
                Strength::Leave | Strength::Weak => Verdict::Nothing,
            };
            if severity(&found) > severity(&verdict) {
                verdict = found;
            }
        }
        // Who says what they do want instead ("no calls, only WhatsApp") is not leaving.
        let instead = readings.iter().any(|reading| reading.classes.contains(&Class::Only));
        if verdict != Verdict::Nothing || !explained || instead || tokens > MAX_VAGUE_TOKENS {
            return verdict;
        }
        let vague = readings.iter().find(|reading| reading.vague && !reading.question);
        vague.map_or(Verdict::Nothing, |reading| Verdict::Ambiguous(reading.said(0, reading.classes.len())))
    }

    /// The clauses, where one that ends with stopping goes on behind the comma ("hören Sie auf, mir zu schreiben").
    fn sentences<'a>(&self, clauses: &[Clause]) -> Cow<'a, [Clause]> {
        let mut sentences: Vec<Clause> = Vec::new();
        for clause in clauses {
            match sentences.last_mut() {
                Some(last) if self.read(last).ends_with(Class::Stop) => {
                    last.tokens.extend_from_slice(&clause.tokens);
                    last.question |= clause.question;
                }
                _ => sentences.push(clause.clone()),
            }
        }
        Cow::Owned(sentences)
    }

    fn read<'a>(&self, clause: &'a Clause) -> Reading<'a> {
        let mut classes: Vec<Class> = clause
            .tokens
            .iter()
            .map(|token| self.words.get(token.as_str()).copied().unwrap_or(Class::Unknown))
            .collect();
        for pair in self.lexicon.pairs {
            merge_pair(&clause.tokens, &mut classes, pair);
        }
        let mut reading = Reading {
            tokens: &clause.tokens,
            question: clause.question || classes.first() == Some(&Class::Ask),
            classes,
            unknown: 0,
            core: None,
            vague: false,
        };
        reading.strike_negated(self.lexicon.negates_after);
        reading.unknown = reading.classes.iter().filter(|class| **class == Class::Unknown).count();
        reading.core = reading.find_core(self.lexicon);
        reading.vague = reading.is_vague();
        reading
    }
}

/// Every word of every vocabulary.
#[cfg(test)]
pub(super) fn vocabulary_words() -> impl Iterator<Item = &'static str> {
    let classes = lexicon::LEXICONS.iter().flat_map(|lexicon| lexicon.classes);
    let pairs = lexicon::LEXICONS.iter().flat_map(|lexicon| lexicon.pairs);
    classes.flat_map(|(_, words)| words.split(' ')).chain(pairs.flat_map(|pair| [pair.first, pair.second]))
}

/// True of a word of one language's vocabulary.
#[cfg(test)]
pub(super) fn is_in_the_vocabulary_of(tag: &str, word: &str) -> bool {
    const TAGS: [&str; 7] = ["en", "pt", "es", "fr", "de", "it", "nl"];
    let at = TAGS.iter().position(|known| *known == tag);
    at.and_then(|at| VOCABULARIES.get(at)).is_some_and(|vocabulary| vocabulary.words.contains_key(word))
}
