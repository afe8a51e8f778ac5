//! Messages that begin or end with a refusal, whatever the rest is, and signs that may be one.

use super::fold::Clause;
use super::{Code, Hit, Intent, Keywords, Operation};

/// Longest clause, in words, that is read as two entries side by side ("wrong number stop").
const MAX_SIDE_BY_SIDE: usize = 8;

/// Signs that may be a refusal when they are all that was written.
const SIGNS: [char; 3] = ['🛑', '⛔', '🚫'];

/// Entries that give a reason for the refusal behind them. Others turn it around ("no quiero | darme de baja").
const REASONS: [&str; 12] = [
    "wrong number",
    "not interested",
    "im not interested",
    "leave me alone",
    "spam",
    "numero errado",
    "numero equivocado",
    "mauvais numero",
    "falsche nummer",
    "kein interesse",
    "numero sbagliato",
    "verkeerd nummer",
];

/// How a sentence goes on that began with a refusal: what the person does otherwise.
const OR_ELSE: [(&str, &str); 15] = [
    ("or", "i"),
    ("or", "ill"),
    ("or", "im"),
    ("or", "we"),
    ("or", "else"),
    ("ou", "eu"),
    ("ou", "vou"),
    ("o", "los"),
    ("o", "voy"),
    ("ou", "je"),
    ("oder", "ich"),
    ("sonst", "melde"),
    ("o", "vi"),
    ("of", "ik"),
    ("или", "я"),
];

/// Between a refusal and the name of the business.
const PREPOSITIONS: [&str; 9] = ["from", "of", "to", "von", "de", "da", "di", "van", "от"];

/// What a message of nothing but marks and courtesies says.
pub(super) fn sign(text: &str) -> Intent {
    let found = text.chars().take(super::fold::MAX_CHARS).find(|c| SIGNS.contains(c));
    found.map_or(Intent::None, |sign| Intent::Ambiguous { keyword: sign.to_string() })
}

impl Keywords {
    /// A refusal that is the first or last clause by itself ("STOP, I have moved"), that begins a threat, or that stands
    /// beside another without a mark between them, deserves a person's look. So does what remains of short messages.
    pub(super) fn edges(&self, hits: &[Option<Hit>], clauses: &[Clause]) -> Intent {
        let edge = [hits.first(), hits.last()].into_iter().flatten().flatten();
        let set_off = edge.filter(|hit| is_refusal(hit)).map(|hit| hit.keyword.clone()).next();
        let in_clause = || {
            let mut plain = clauses.iter().filter(|clause| !clause.question);
            plain.find_map(|clause| {
                let apart = || self.threat(clause).or_else(|| self.side_by_side(clause));
                self.beside_name(clause).or_else(apart)
            })
        };
        let doubtful = || self.loose(clauses).or_else(|| super::frames::refusal(clauses));
        set_off
            .or_else(in_clause)
            .or_else(doubtful)
            .map_or(Intent::None, |keyword| Intent::Ambiguous { keyword })
    }

    /// "Stop Acme Shoes".
    fn beside_name(&self, clause: &Clause) -> Option<String> {
        self.names.iter().find_map(|name| {
            let rest = clause.tokens.strip_suffix(name.as_slice()).map(without_preposition);
            let rest = rest.or_else(|| clause.tokens.strip_prefix(name.as_slice()))?;
            self.find(rest).filter(is_refusal).map(|hit| hit.keyword)
        })
    }

    /// "Stop or I report you".
    fn threat(&self, clause: &Clause) -> Option<String> {
        let mut pairs = clause.tokens.iter().zip(clause.tokens.iter().skip(1));
        let at = pairs.position(|(or, who)| OR_ELSE.contains(&(or.as_str(), who.as_str())))?;
        let hit = self.find(clause.tokens.get(..at)?)?;
        is_refusal(&hit).then_some(hit.keyword)
    }

    /// "Wrong number stop".
    fn side_by_side(&self, clause: &Clause) -> Option<String> {
        if clause.tokens.len() > MAX_SIDE_BY_SIDE {
            return None;
        }
        (1..clause.tokens.len()).find_map(|at| {
            let (first, second) = clause.tokens.split_at_checked(at)?;
            let hits = [self.find(first)?, self.find(second)?];
            let [before, after] = &hits;
            let said =
                is_refusal(before) && matches!(after.operation, Operation::OptOut | Operation::Ambiguous);
            let reason = REASONS.contains(&before.keyword.as_str()) && is_refusal(after);
            hits.into_iter().find(|hit| (said || reason) && is_refusal(hit)).map(|hit| hit.keyword)
        })
    }
}

fn without_preposition(tokens: &[String]) -> &[String] {
    match tokens.split_last() {
        Some((last, rest)) if PREPOSITIONS.contains(&last.as_str()) => rest,
        _ => tokens,
    }
}

fn is_refusal(hit: &Hit) -> bool {
    hit.operation == Operation::OptOut && !hit.bare && hit.code == Code::None
}
