//! What must hold of a history, whatever failed. Pure: a history in, violations out.
//!
//! Nothing is assumed of an operation without a definite answer: it may have happened at any time after it began, or never.
//! Every rule is weakened by what may have happened, never by a guess, so that a violation is a real one.

mod ending;
mod prompt;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use super::history::{Answer, Ask, Fresh, History, Micros, Operation, What};
pub(crate) use ending::ending;
pub(crate) use prompt::{RECOVERY, late, recovered};

/// How long another sidecar may go on from memory: `store.trust`, from the question that was answered before the write.
/// No allowance is added. All processes share one monotonic clock; an acknowledgement is noted after it was made, and a
/// check before it is sent, so that delays of the harness only make the measured distance shorter than the real one.
pub(crate) const TRUST: Micros = 350_000;
const DAY_MILLIS: i64 = 24 * 60 * 60 * 1000;

/// One broken promise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Violation {
    pub(crate) rule: &'static str,
    pub(crate) person: usize,
    /// When, to find what was going on.
    pub(crate) when: Micros,
    pub(crate) text: String,
}

/// No ALLOW after an acknowledged opt-out beyond the bound, and no reply after a window's end.
pub(crate) fn answers(history: &History) -> Vec<Violation> {
    let mut people = BTreeMap::<usize, Vec<&Operation>>::new();
    for operation in &history.operations {
        people.entry(operation.person).or_default().push(operation);
    }
    let mut found = Vec::new();
    for operations in people.values() {
        for check in operations.iter().filter(|operation| operation.answer == Answer::Allow) {
            let What::Check(ask, fresh) = check.what else { continue };
            found.extend(after_opt_out(operations, check, ask, fresh, history));
            found.extend(after_window(operations, check, ask, history.ahead[check.sidecar]));
        }
    }
    found
}

fn after_opt_out(
    operations: &[&Operation],
    check: &Operation,
    ask: Ask,
    fresh: Fresh,
    history: &History,
) -> Option<Violation> {
    let before = |operation: &&&Operation| operation.begin < check.end;
    let standing = operations.iter().find(|no| {
        let What::Said(said) = no.what else { return false };
        let Some(known_from) = known_from(no, said.at, check, fresh, history) else { return false };
        let lifted = operations.iter().filter(before).any(|yes| match yes.what {
            What::Said(yes) => yes.lifts(&said, ask),
            What::Wrote(_) | What::Check(..) => false,
        });
        said.forbids(ask) && known_from < check.begin && !lifted
    })?;
    Some(Violation {
        rule: "an ALLOW after an acknowledged opt-out",
        person: check.person,
        when: check.begin,
        text: format!(
            "{:.2} ms after the acknowledgement\n  {standing}\n  {check}",
            (check.begin - standing.end) as f64 / 1000.0
        ),
    })
}

/// From when on a check must know of a statement, if it must at all.
fn known_from(
    no: &Operation,
    said: i64,
    check: &Operation,
    fresh: Fresh,
    history: &History,
) -> Option<Micros> {
    let settled = history.settled;
    let same = no.sidecar == check.sidecar;
    match no.answer {
        Answer::Journaled if same => Some(no.end),
        // Elsewhere it counts once it was told to the store.
        Answer::Journaled => Some(no.end.max(settled)),
        // Until the sidecar that has it tells it to the new master.
        Answer::Stored
            if !same && history.may_be_forgotten(no).is_some_and(|forgotten| forgotten < check.end) =>
        {
            Some(no.end.max(settled))
        }
        Answer::Stored if same || fresh == Fresh::Full || fresh == Fresh::Since(said) => Some(no.end),
        Answer::Stored => Some(no.end + TRUST),
        Answer::Allow | Answer::Deny(_) | Answer::Nothing | Answer::Refused | Answer::Unknown(_) => None,
    }
}

fn after_window(operations: &[&Operation], check: &Operation, ask: Ask, ahead: i64) -> Option<Violation> {
    if ask != Ask::Reply {
        return None;
    }
    let wrote = operations.iter().filter(|operation| operation.begin < check.end);
    let last = wrote
        .filter_map(|operation| match operation.what {
            What::Wrote(at) => Some(at),
            What::Said(said) => said.word.then_some(said.at),
            What::Check(..) => None,
        })
        .max();
    let end = last.map(|last| last + DAY_MILLIS);
    // The sidecar reads its own clock, later. That is all its clock decides: who said what last follows from what they
    // told, and for how long memory counts from timers.
    if end.is_some_and(|end| check.day + ahead < end) {
        return None;
    }
    Some(Violation {
        rule: "a reply after the end of the window",
        person: check.person,
        when: check.begin,
        text: format!("asked at {} ({ahead} ms ahead), end {end:?}\n  {check}", check.day),
    })
}

/// What is worth reading of a history to understand a violation: what the person said, and what failed around it.
pub(crate) fn shrunk(history: &History, violation: &Violation) -> String {
    let near =
        |begin: Micros, end: Micros| begin < violation.when + 200_000 && end + 1_500_000 > violation.when;
    let mut lines: Vec<(Micros, String)> = Vec::new();
    for operation in history.operations.iter().filter(|operation| operation.person == violation.person) {
        let said = !matches!(operation.what, What::Check(..));
        if said || near(operation.begin, operation.end) {
            lines.push((operation.begin, operation.to_string()));
        }
    }
    let harms = history.harms.iter().filter(|harm| near(harm.begin, harm.end));
    lines.extend(harms.map(|harm| (harm.begin, harm.to_string())));
    lines.sort();
    let last: Vec<_> = lines.into_iter().filter(|(begin, _)| *begin < violation.when + 200_000).collect();
    let kept = last.iter().rev().take(60).rev().map(|(_, line)| line.as_str());
    kept.collect::<Vec<_>>().join("\n")
}
