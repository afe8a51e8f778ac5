//! What must hold once every fault is over.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    super::history::{Answer, History, Log, Operation, Statement, What},
    Violation,
};

/// Every acknowledged statement is in every log exactly once, nothing that was refused is, chains are intact, and all
/// sidecars tell the same.
pub(crate) fn ending(history: &History, logs: &[Log]) -> Vec<Violation> {
    let mut found = Vec::new();
    for log in logs {
        let mut violated = |rule, text: String| {
            let text = format!("as sidecar {} tells: {text}", log.sidecar);
            found.push(Violation { rule, person: log.person, when: history.settled, text });
        };
        let mut times = BTreeMap::<(bool, i64), usize>::new();
        for entry in &log.entries {
            *times.entry(*entry).or_default() += 1;
        }
        let said_of_them = statements(history, log.person);
        let yes: BTreeSet<i64> = said_of_them.keys().filter(|said| said.yes).map(|said| said.at).collect();
        // What was acknowledged has waited for certain; what was not answered may have.
        let is_certain =
            |operations: &[&Operation]| operations.iter().any(|it| it.answer == Answer::Journaled);
        let mut in_turn: Vec<_> = said_of_them.iter().collect();
        in_turn.sort_by_key(|(_, operations)| !is_certain(operations));
        for (said, operations) in in_turn {
            let mut count = times.remove(&(said.yes, said.at)).unwrap_or_default();
            // A word is told in whole seconds, and a "no" counts to the end of its second.
            if said.word && !said.yes && said.at % 1000 == 0 {
                count += times.remove(&(false, said.at + 999)).unwrap_or_default();
            }
            // One of a whole second counts after a "yes" of the same second. What has a place of its own took nobody else's.
            let whole = said.at % 1000 == 0;
            let waited = || operations.iter().any(|operation| may_have_waited(operation));
            if count == 0 && !said.yes && (whole || waited()) {
                count = usize::from(take_moved(&mut times, said.at, &yes));
            }
            let acknowledged = operations.iter().find(|operation| operation.answer.acknowledged());
            // What refuses is told again by who acknowledged it.
            let acknowledged =
                acknowledged.filter(|operation| !said.yes || history.may_be_forgotten(operation).is_none());
            match (acknowledged, count) {
                (Some(operation), 0) => violated("an acknowledged statement is lost", operation.to_string()),
                (_, 2..) => violated("a statement is there more than once", operations[0].to_string()),
                (None, 1) if operations.iter().all(|operation| operation.answer == Answer::Refused) => {
                    violated(
                        "a statement is there of which nothing was to be recorded",
                        operations[0].to_string(),
                    );
                }
                (_, 0 | 1) => {}
            }
        }
        for (yes, at) in times.iter().filter(|(_, count)| **count > 0).map(|(time, _)| time) {
            violated("a statement is there that nobody made", format!("{yes} at {at}"));
        }
        for fault in &log.faults {
            violated("the log is not intact", fault.clone());
        }
        let first = logs.iter().find(|other| other.person == log.person);
        if let Some(other) = first.filter(|other| other.head != log.head) {
            violated(
                "sidecars tell different logs",
                format!("{} and of sidecar {}", log.head, other.sidecar),
            );
        }
    }
    found
}

/// True of what may have been told from a journal.
fn may_have_waited(operation: &Operation) -> bool {
    matches!(operation.answer, Answer::Journaled | Answer::Unknown(_))
}

/// A "no" that waited counts after a "yes" that may be of a clock ahead, and is recorded at its instant.
fn take_moved(times: &mut BTreeMap<(bool, i64), usize>, said: i64, yes: &BTreeSet<i64>) -> bool {
    let moved = times
        .iter_mut()
        .find(|((is_yes, at), count)| !is_yes && *at > said && yes.contains(at) && **count > 0);
    moved.map(|(_, count)| *count -= 1).is_some()
}

/// What a person said, and how it was told.
fn statements(history: &History, person: usize) -> BTreeMap<Statement, Vec<&Operation>> {
    let mut statements = BTreeMap::<Statement, Vec<&Operation>>::new();
    for operation in history.operations.iter().filter(|operation| operation.person == person) {
        if let What::Said(said) = operation.what {
            statements.entry(said).or_default().push(operation);
        }
    }
    debug_assert_eq!(statements.keys().map(|said| said.at).collect::<BTreeSet<_>>().len(), statements.len());
    statements
}
