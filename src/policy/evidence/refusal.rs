//! Reading whether the wording of an opt-in request says no ("I do NOT want to receive …"). Only what the person says of
//! receiving counts, and only outright: "you can opt out at any time", "we will not share" and "if I no longer want to
//! receive them" are in good wordings too.

mod phrases;
#[cfg(test)]
mod tests;
mod words;

use self::{
    phrases::{
        GOES_ON, NO_THANKS, OFFERED, ONLY, REFUSALS, REFUSALS_BEFORE, REFUSALS_OF, TAKES_BACK, WISHES,
    },
    words::{
        ANSWERS, BETWEEN, CHANNELS, CONDITIONS, JOINING, LEADING, NOS, NOT_MISSED, NOTS, REMARKS,
        RULES_NOTHING_OUT, RULES_OUT,
    },
};
use super::wording::{Kinds, contains_phrase, fold, names_messages, receives};
use crate::model::Category;

/// How a wording refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Nothing else in it asks to receive anything.
    Whole,
    /// Something else in it does: both choices of a form, perhaps.
    Beside,
}

/// What a wording refuses and what else it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reading {
    /// How it refuses, if it does.
    pub(super) refusal: Option<Refusal>,
    /// Nothing but marketing is refused ("Keine Werbung").
    pub(super) of_marketing: bool,
    /// It says that there will be no marketing, and names none that there will be.
    pub(super) no_marketing: bool,
    /// The clauses that refuse nothing, folded.
    pub(super) rest: String,
}

/// Reads what a wording refuses.
pub(super) fn read(wording: &str) -> Reading {
    let wording = without_answers(wording);
    let clauses = joined(wording.split(ends_clause).map(fold).filter(|clause| !clause.is_empty()));
    let (no, rest): (Vec<&String>, Vec<&String>) = clauses.iter().partition(|clause| refuses(clause));
    let asks = rest.iter().any(|clause| receives(clause));
    let refusal = if asks { Refusal::Beside } else { Refusal::Whole };
    let only_marketing = |clause: &&String| {
        !contains_phrase(clause, "whatsapp") && Kinds::named_in(clause).is_marketing_alone()
    };
    let said = rest.iter().map(|clause| clause.as_str()).collect::<Vec<_>>().join(" ");
    let rest = rest.into_iter().map(|clause| without_ruled_out(clause)).collect::<Vec<_>>().join(" ");
    let of_marketing = !no.is_empty() && no.iter().all(only_marketing);
    let names = |text: &str| Kinds::named_in(text).contains(Category::Marketing);
    Reading {
        refusal: (!no.is_empty()).then_some(refusal),
        of_marketing,
        no_marketing: (of_marketing || said != rest) && !names(&rest),
        rest,
    }
}

/// A clause without the words for marketing that it rules out: "order updates but no marketing", "we never send offers".
fn without_ruled_out(clause: &str) -> String {
    let words: Vec<&str> = clause.split(' ').collect();
    let is_ruled_out = |at: usize| {
        let before = words.get(at.saturating_sub(REACH)..at).unwrap_or_default();
        let no = before.iter().rposition(|word| RULES_OUT.contains(word));
        // "Verpassen Sie keine Angebote", "keine Angebote verpassen": what is not to be missed is there.
        let around =
            words.get(at.saturating_sub(REACH + 1)..(at + REACH).min(words.len())).unwrap_or_default();
        let is_missed = words.iter().any(|word| NOT_MISSED.contains(word));
        no.is_some() && !is_missed && !around.iter().any(|word| RULES_NOTHING_OUT.contains(word))
    };
    let kept = words.iter().enumerate().filter(|(at, word)| {
        let is_marketing = Kinds::named_in(word).contains(Category::Marketing);
        !(is_marketing && is_ruled_out(*at))
    });
    kept.map(|(_, word)| *word).collect::<Vec<_>>().join(" ")
}

/// How a clause tells what may be answered.
const ANSWERS_OFFERED: [&str; 6] = ["reply", "replying", "antworten", "responda", "repondez", "settings"];

/// How far before a word a "no" may stand that is said to it.
const REACH: usize = 4;

/// The wording without refusals that it offers as an answer ("To stop, reply \"I no longer want to …\"").
fn without_answers(wording: &str) -> String {
    let mut kept = String::with_capacity(wording.len());
    let mut left = wording;
    while let Some((before, behind)) = left.split_once(is_quote) {
        kept.push_str(before);
        let folded = fold(before);
        let answer = folded.rsplit(' ').next().is_some_and(|word| ANSWERS.contains(&word));
        left = match behind.split_once(is_quote) {
            Some((quoted, after))
                if answer && quoted.split(ends_clause).map(fold).any(|said| refuses(&said)) =>
            {
                after
            }
            _ => behind,
        };
        kept.push(' ');
    }
    kept.push_str(left);
    kept
}

fn is_quote(c: char) -> bool {
    matches!(c, '"' | '\u{201c}' | '\u{201d}' | '\u{201e}' | '\u{ab}' | '\u{bb}')
}

/// The clauses, where one whose "not" is said to what follows goes on behind the comma.
fn joined(clauses: impl Iterator<Item = String>) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for clause in clauses {
        match all.last_mut() {
            Some(last) if GOES_ON.iter().any(|end| last.ends_with(end)) => {
                last.push(' ');
                last.push_str(&clause);
            }
            _ => all.push(clause),
        }
    }
    all
}

fn ends_clause(c: char) -> bool {
    matches!(c, '.' | ',' | ';' | ':' | '!' | '?' | '(' | ')' | '/' | '|' | '\n' | '–' | '—' | '،' | '؟')
}

fn refuses(clause: &str) -> bool {
    if ONLY.iter().any(|phrase| contains_phrase(clause, phrase)) || is_of_another_channel(clause) {
        return false;
    }
    let outright = |phrase: &&str| {
        clause.split_once(*phrase).is_some_and(|(before, _)| {
            let offered = phrase.contains(" if ");
            contains_phrase(clause, phrase) && (offered || !conditional(before))
        })
    };
    let around = |phrase: &&str| {
        contains_phrase(clause, phrase)
            && clause
                .split_once(*phrase)
                .is_some_and(|(before, after)| !conditional(before) && receives(after))
    };
    let of_messages = |phrase: &&str| {
        contains_phrase(clause, phrase)
            && clause
                .split_once(*phrase)
                .is_some_and(|(before, after)| !conditional(before) && is_about_messages(after))
    };
    REFUSALS.iter().any(outright)
        || REFUSALS_OF.iter().any(of_messages)
        || REFUSALS_BEFORE.iter().any(around)
        || takes_back(clause)
        || refuses_what_is_named(clause)
        || refuses_further_on(clause)
}

/// "Do not send me SMS instead": another channel, and no messages besides.
fn is_of_another_channel(clause: &str) -> bool {
    let has = |list: &[&str]| clause.split(' ').any(|word| list.contains(&word));
    let more = has(JOINING) && clause.split(' ').any(is_unwanted);
    has(CHANNELS) && !contains_phrase(clause, "whatsapp") && !more
}

/// A word for marketing or for messages: "no purchase necessary" and "no code needed" refuse neither.
fn is_unwanted(word: &str) -> bool {
    Kinds::named_in(word).may_be_unwanted()
}

/// "No offers from Shop A on WhatsApp please", "Bitte keine Angebote".
fn refuses_what_is_named(clause: &str) -> bool {
    let mut words = clause.split(' ').skip_while(|word| POLITE.contains(word));
    if !words.next().is_some_and(|word| NOS.contains(&word)) {
        return false;
    }
    let mut named = words.skip_while(|word| BETWEEN.contains(word));
    named.next().is_some_and(is_unwanted)
        && !named.next().is_some_and(|word| REMARKS.contains(&word))
        && !conditional(clause)
}

/// What stands before such a no.
const POLITE: [&str; 8] = ["please", "bitte", "por", "favor", "yes", "ja", "svp", "graag"];

/// "Ich möchte von Shop A keine Angebote erhalten": the "not" stands apart from the wish.
fn refuses_further_on(clause: &str) -> bool {
    let wish = WISHES.iter().filter(|wish| contains_phrase(clause, wish));
    wish.filter_map(|wish| clause.split_once(*wish)).any(|(before, after)| {
        let behind: Vec<&str> = after.split(' ').filter(|word| !word.is_empty()).collect();
        let Some(at) = behind.iter().position(|word| NOTS.contains(word)) else { return false };
        let refused = behind.get(at + 1..).unwrap_or_default();
        let of_channel = refused.iter().take(3).any(|word| CHANNELS.contains(word));
        let next = refused.iter().find(|word| !BETWEEN.contains(word));
        let receives = refused.iter().any(|word| receives(word));
        !conditional(before) && !of_channel && (receives || next.is_some_and(|word| is_unwanted(word)))
    })
}

/// True when the messages are all that follows, or what follows first.
fn is_about_messages(after: &str) -> bool {
    let mut words = after.split(' ').filter(|word| !word.is_empty());
    words
        .find(|word| !BETWEEN.contains(word))
        .is_none_or(|word| word != "sale" && (names_messages(word) || receives(word)))
}

fn takes_back(clause: &str) -> bool {
    let contains = |phrase: &&str| contains_phrase(clause, phrase);
    // "To stop receiving messages, reply STOP" and "reply YES, or NO THANKS" say how to answer.
    if clause.starts_with("to ") || clause.split(' ').any(|word| ANSWERS_OFFERED.contains(&word)) {
        return false;
    }
    if NO_THANKS.iter().any(contains) {
        return true;
    }
    let said = clause.split(' ').skip_while(|word| LEADING.contains(word)).collect::<Vec<_>>().join(" ");
    let begins = |phrase: &&str| {
        said.strip_prefix(*phrase).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
    };
    TAKES_BACK.iter().any(begins) && !OFFERED.iter().any(contains) && !conditional(clause)
}

fn conditional(before: &str) -> bool {
    before.split(' ').any(|word| CONDITIONS.contains(&word))
}
