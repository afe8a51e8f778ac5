//! One clause in the eyes of one language: which orders of classes are a refusal.

use super::lexicon::{Lexicon, Pair};
use super::{Class, Strength};

/// Most unexplained words between a verb and its object ("those damned messages").
const MAX_MODIFIERS: usize = 2;

/// Gives the two words of a pair ("opt … out") the meaning that they have together.
pub(super) fn merge_pair(tokens: &[String], classes: &mut [Class], pair: &Pair) {
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
pub(super) struct Reading<'a> {
    pub(super) tokens: &'a [String],
    pub(super) classes: Vec<Class>,
    pub(super) question: bool,
    pub(super) unknown: usize,
    pub(super) core: Option<(Strength, String)>,
    pub(super) vague: bool,
}

impl Reading<'_> {
    fn class(&self, at: usize) -> Option<Class> {
        self.classes.get(at).copied()
    }

    fn has(&self, class: Class) -> bool {
        self.classes.contains(&class)
    }

    pub(super) fn ends_with(&self, class: Class) -> bool {
        self.classes.iter().rev().find(|class| !class.is_skipped()) == Some(&class)
    }

    /// Where the sentence goes on behind a word.
    fn next(&self, at: usize) -> Option<usize> {
        (at + 1..self.classes.len()).find(|next| self.class(*next).is_some_and(|class| !class.is_skipped()))
    }

    /// Words of the vocabulary between two places.
    pub(super) fn said(&self, from: usize, to: usize) -> String {
        let words = self.tokens.iter().zip(&self.classes).skip(from).take(to.saturating_sub(from));
        let known = words.filter(|(_, class)| **class != Class::Unknown).map(|(token, _)| token.as_str());
        known.collect::<Vec<_>>().join(" ")
    }

    /// A verb of leaving that is negated says the opposite ("don't stop"), so it explains nothing any more.
    pub(super) fn strike_negated(&mut self, negates_after: bool) {
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
    pub(super) fn find_core(&self, lexicon: &Lexicon) -> Option<(Strength, String)> {
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
            // "Keine Nachricht erhalten": a report, unless there is to be no more of it.
            class if class.is_messaging() && self.receives_after(next) && !self.has(Class::More) => {
                return None;
            }
            class if class.is_messaging() && !(lexicon.receive_needs_want && self.has(Class::Receive)) => {
                (Strength::Weak, next)
            }
            _ => return None,
        };
        Some(found)
    }

    /// The verb of receiving stands behind its object.
    fn receives_after(&self, object: usize) -> bool {
        self.classes.iter().skip(object + 1).any(|class| *class == Class::Receive)
    }

    fn refuse_adjacent(&self, at: usize, lexicon: &Lexicon) -> Option<(Strength, usize)> {
        let next = self.class(at + 1)?;
        let counts = next == Class::More || next.is_messaging();
        counts.then(|| self.refuse(at, lexicon)).flatten()
    }

    /// "Schreiben Sie mir nicht mehr", "envoyez plus rien": the negation follows the verb.
    fn refused_after(&self, at: usize) -> Option<(Strength, usize)> {
        let next = self.next(at)?;
        // "Schicken Sie es nicht mehr": the parcel.
        let it = |token: &String| matches!(token.as_str(), "es" | "het");
        if self.class(at) == Some(Class::Send) && self.tokens.get(at..next)?.iter().any(it) {
            return None;
        }
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
    pub(super) fn is_vague(&self) -> bool {
        let refuses = |at: usize| {
            let after = self.next(at).and_then(|next| self.class(next));
            let wanting = self.has(Class::Want) && !after.is_some_and(Class::is_messaging);
            matches!(self.class(at), Some(Class::Not)) && (wanting || after == Some(Class::Send))
        };
        self.has(Class::Stop) || self.has(Class::Remove) || (0..self.classes.len()).any(refuses)
    }
}
