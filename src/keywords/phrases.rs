//! Refusals in people's own words: a verb of stopping, refusing or leaving, with messages, a list or a subscription
//! as its object.
//!
//! Every word gets a class from a small vocabulary, and a few orders of classes are refusals. How much of the message
//! the vocabulary explains decides the rest: everything explained is an opt-out, a refusal among other words goes to
//! a person, and an object that is not messaging ("cancel my order") is no refusal at all. Work is a few passes over
//! at most [`super::fold::MAX_TOKENS`] words for each language.

mod lexicon;

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use super::fold::Clause;
use lexicon::{Lexicon, Pair};

/// Most unexplained words beside a bare "unsubscribe" for which a person is still asked.
const MAX_UNKNOWN_BESIDE_LEAVE: usize = 3;
/// Most unexplained words between a verb and its object ("those damned messages").
const MAX_MODIFIERS: usize = 2;
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
        if verdict != Verdict::Nothing || !explained || tokens > MAX_VAGUE_TOKENS {
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

/// Gives the two words of a pair ("opt … out") the meaning that they have together.
fn merge_pair(tokens: &[String], classes: &mut [Class], pair: &Pair) {
    let Some(first) = tokens.iter().position(|token| token == pair.first) else { return };
    let near = tokens.iter().enumerate().skip(first + 1).take(pair.within);
    let Some((second, _)) = near.into_iter().find(|(_, token)| pair.second == token.as_str()) else { return };
    for (at, class) in [(first, pair.class), (second, Class::Filler)] {
        if let Some(slot) = classes.get_mut(at) {
            *slot = class;
        }
    }
}

/// One clause in the eyes of one language.
struct Reading<'a> {
    tokens: &'a [String],
    classes: Vec<Class>,
    question: bool,
    unknown: usize,
    core: Option<(Strength, String)>,
    vague: bool,
}

impl Reading<'_> {
    fn class(&self, at: usize) -> Option<Class> {
        self.classes.get(at).copied()
    }

    fn has(&self, class: Class) -> bool {
        self.classes.contains(&class)
    }

    fn ends_with(&self, class: Class) -> bool {
        self.classes.iter().rev().find(|class| !class.is_skipped()) == Some(&class)
    }

    /// Where the sentence goes on behind a word.
    fn next(&self, at: usize) -> Option<usize> {
        (at + 1..self.classes.len()).find(|next| self.class(*next).is_some_and(|class| !class.is_skipped()))
    }

    /// Words of the vocabulary between two places.
    fn said(&self, from: usize, to: usize) -> String {
        let words = self.tokens.iter().zip(&self.classes).skip(from).take(to.saturating_sub(from));
        let known = words.filter(|(_, class)| **class != Class::Unknown).map(|(token, _)| token.as_str());
        known.collect::<Vec<_>>().join(" ")
    }

    /// A verb of leaving that is negated says the opposite ("don't stop"), so it explains nothing any more.
    fn strike_negated(&mut self, negates_after: bool) {
        let leaving = |class| matches!(class, Class::Stop | Class::Leave | Class::Remove | Class::Cancel);
        for at in 0..self.classes.len() {
            let (Some(class), Some(next)) = (self.class(at), self.next(at)) else { continue };
            let Some(other) = self.class(next) else { continue };
            let struck = if class.is_negation() && leaving(other) {
                next
            } else if negates_after && leaving(class) && other == Class::Not {
                at
            } else {
                continue;
            };
            if let Some(slot) = self.classes.get_mut(struck) {
                *slot = Class::Unknown;
            }
        }
    }

    /// The strongest refusal of the clause, with its words.
    fn find_core(&self, lexicon: &Lexicon) -> Option<(Strength, String)> {
        let found = (0..self.classes.len()).filter_map(|at| {
            let (strength, end) = match self.class(at)? {
                Class::Stop => self.stop(at),
                Class::Leave => Some((Strength::Leave, at)),
                Class::Remove | Class::Cancel => {
                    let object = self.next(at).filter(|next| self.class(*next) == Some(Class::List));
                    object.map(|object| (Strength::Strong, object))
                }
                Class::Not | Class::NoAdjacent if self.states_a_fact(at) => None,
                Class::Not => self.refuse(at, lexicon),
                Class::NoAdjacent => self.refuse_adjacent(at, lexicon),
                Class::Contact | Class::Send if lexicon.negates_after => self.refused_after(at),
                _ => None,
            }?;
            Some((strength, self.said(at, end + 1)))
        });
        found.min_by_key(|(strength, _)| match strength {
            Strength::Strong => 0,
            Strength::Leave => 1,
            Strength::Weak => 2,
        })
    }

    /// "I have no messages", "I could not receive": the auxiliary right before makes it a report.
    fn states_a_fact(&self, negation: usize) -> bool {
        negation.checked_sub(1).and_then(|before| self.class(before)) == Some(Class::Auxiliary)
    }

    /// "Stop sending me messages", "stop texting", "stop the messages".
    fn stop(&self, at: usize) -> Option<(Strength, usize)> {
        let next = self.next(at)?;
        let end = match self.class(next)? {
            Class::Send | Class::Receive => self.object(next, true)?,
            Class::Contact | Class::ContactOrMessage | Class::Message | Class::List | Class::Anything => next,
            _ => return None,
        };
        Some((Strength::Strong, end))
    }

    /// "Don't send me anything", "I don't want to receive more messages", "don't text me", "don't want messages".
    fn refuse(&self, at: usize, lexicon: &Lexicon) -> Option<(Strength, usize)> {
        let next = self.next(at)?;
        let wanted = self.classes.iter().take(next).any(|class| *class == Class::Want);
        let directly = (at + 1..next).all(|between| self.class(between) == Some(Class::More));
        let found = match self.class(next)? {
            // "I don't receive messages" is a complaint about the opposite.
            Class::Receive if lexicon.receive_needs_want && !wanted => return None,
            Class::Receive | Class::Send => (Strength::Strong, self.object(next, self.has(Class::More))?),
            Class::Contact => (Strength::Strong, next),
            Class::ContactOrMessage if directly => (Strength::Strong, next),
            class if class.is_messaging() && wanted => (Strength::Strong, next),
            class if class.is_messaging() && !(lexicon.receive_needs_want && self.has(Class::Receive)) => {
                (Strength::Weak, next)
            }
            _ => return None,
        };
        Some(found)
    }

    fn refuse_adjacent(&self, at: usize, lexicon: &Lexicon) -> Option<(Strength, usize)> {
        let next = self.class(at + 1)?;
        let counts = next == Class::More || next.is_messaging();
        counts.then(|| self.refuse(at, lexicon)).flatten()
    }

    /// "Schreiben Sie mir nicht mehr", "envoyez plus rien": the negation follows the verb.
    fn refused_after(&self, at: usize) -> Option<(Strength, usize)> {
        let next = self.next(at)?;
        let refused = self.class(next)? == Class::Not;
        let enough = self.class(at) == Some(Class::Contact) || self.has(Class::More);
        (refused && enough && self.object(next, true).is_some()).then_some((Strength::Strong, next))
    }

    /// Where the object of sending or receiving is: messaging, perhaps behind a modifier or two, or where allowed
    /// the end of the clause. Another object is none of our business.
    fn object(&self, verb: usize, may_lack: bool) -> Option<usize> {
        let mut modifiers = 0;
        for at in verb + 1..self.classes.len() {
            match self.class(at)? {
                class if class.is_messaging() || class == Class::Anything => return Some(at),
                Class::Unknown if modifiers == MAX_MODIFIERS => return None,
                Class::Unknown => modifiers += 1,
                Class::Only => break,
                _ => {}
            }
        }
        (may_lack && modifiers == 0).then_some(verb)
    }

    /// A refusal that does not say of what: "stop it", "I already said I don't want", "remove me".
    fn is_vague(&self) -> bool {
        let refuses = |at: usize| {
            let after = self.next(at).and_then(|next| self.class(next));
            let wanting = self.has(Class::Want) && !after.is_some_and(Class::is_messaging);
            matches!(self.class(at), Some(Class::Not)) && (wanting || after == Some(Class::Send))
        };
        self.has(Class::Stop) || self.has(Class::Remove) || (0..self.classes.len()).any(refuses)
    }
}

/// Every word of every vocabulary.
#[cfg(test)]
pub(super) fn vocabulary_words() -> impl Iterator<Item = &'static str> {
    let classes = lexicon::LEXICONS.iter().flat_map(|lexicon| lexicon.classes);
    let pairs = lexicon::LEXICONS.iter().flat_map(|lexicon| lexicon.pairs);
    classes.flat_map(|(_, words)| words.split(' ')).chain(pairs.flat_map(|pair| [pair.first, pair.second]))
}
