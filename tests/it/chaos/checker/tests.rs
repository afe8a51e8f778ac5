//! The checker finds what is planted, and nothing where nothing is wrong.

use super::*;
use crate::chaos::history::{Harm, Log, Statement};

const fn said(yes: bool, at: i64) -> Statement {
    Statement { at, yes, narrow: false, word: false }
}

fn operation(sidecar: usize, begin: u64, end: u64, what: What, answer: Answer) -> Operation {
    let (begin, end) = (begin * 1000, end * 1000);
    Operation { sidecar, begin, end, day: 0, person: 0, what, answer }
}

fn told(sidecar: usize, begin: u64, statement: Statement, answer: Answer) -> Operation {
    operation(sidecar, begin, begin + 5, What::Said(statement), answer)
}

fn allowed(sidecar: usize, begin: u64, ask: Ask, fresh: Fresh) -> Operation {
    operation(sidecar, begin, begin + 2, What::Check(ask, fresh), Answer::Allow)
}

fn rules(operations: Vec<Operation>) -> Vec<&'static str> {
    let history = History { operations, settled: 10_000_000, ..History::default() };
    answers(&history).into_iter().map(|violation| violation.rule).collect()
}

const FOUND: [&str; 1] = ["an ALLOW after an acknowledged opt-out"];
const NONE: [&str; 0] = [];

fn after(out: Operation, check: Operation) -> Vec<&'static str> {
    rules(vec![told(0, 0, said(true, 1), Answer::Stored), out, check])
}

#[test]
fn an_allow_elsewhere_is_found_beyond_the_bound_and_not_within() {
    let out = || told(0, 10, said(false, 2), Answer::Stored);
    assert_eq!(after(out(), allowed(1, 365, Ask::Marketing, Fresh::Memory)), NONE);
    assert_eq!(after(out(), allowed(1, 366, Ask::Marketing, Fresh::Memory)), FOUND);
    assert_eq!(after(out(), allowed(1, 366, Ask::Utility, Fresh::Memory)), FOUND);
}

#[test]
fn no_bound_is_granted_to_the_same_sidecar_nor_to_who_asks_for_fresh_state() {
    let out = || told(0, 10, said(false, 2), Answer::Stored);
    assert_eq!(after(out(), allowed(0, 16, Ask::Marketing, Fresh::Memory)), FOUND);
    assert_eq!(after(out(), allowed(1, 16, Ask::Marketing, Fresh::Full)), FOUND);
    assert_eq!(after(out(), allowed(1, 16, Ask::Marketing, Fresh::Since(2))), FOUND);
    assert_eq!(after(out(), allowed(1, 16, Ask::Marketing, Fresh::Since(1))), NONE);
    assert_eq!(after(out(), allowed(0, 14, Ask::Marketing, Fresh::Full)), NONE, "not acknowledged yet");
}

#[test]
fn what_is_journaled_counts_at_once_there_and_elsewhere_once_all_is_settled() {
    let out = || told(0, 10, said(false, 2), Answer::Journaled);
    assert_eq!(after(out(), allowed(0, 16, Ask::Marketing, Fresh::Memory)), FOUND);
    assert_eq!(after(out(), allowed(1, 9_000, Ask::Marketing, Fresh::Full)), NONE);
    assert_eq!(after(out(), allowed(1, 10_001, Ask::Marketing, Fresh::Memory)), FOUND);
}

#[test]
fn an_opt_out_that_was_not_acknowledged_promises_nothing() {
    for answer in [Answer::Refused, Answer::Unknown("lost".to_owned()), Answer::Nothing] {
        let out = told(0, 10, said(false, 2), answer);
        assert_eq!(after(out, allowed(0, 900, Ask::Marketing, Fresh::Full)), NONE);
    }
}

#[test]
fn a_later_opt_in_that_may_have_happened_lifts_and_an_earlier_one_does_not() {
    let run = |yes: Operation| {
        let out = told(0, 10, said(false, 5), Answer::Stored);
        rules(vec![out, yes, allowed(0, 500, Ask::Marketing, Fresh::Full)])
    };
    assert_eq!(run(told(1, 400, said(true, 6), Answer::Unknown("lost".to_owned()))), NONE);
    assert_eq!(run(told(1, 400, said(true, 6), Answer::Stored)), NONE);
    assert_eq!(run(told(1, 400, said(true, 4), Answer::Stored)), FOUND, "said before the opt-out");
    assert_eq!(run(told(1, 503, said(true, 6), Answer::Stored)), FOUND, "begun after the answer");
}

#[test]
fn scopes_are_kept_apart() {
    let narrow = |yes, at| Statement { narrow: true, ..said(yes, at) };
    let run = |yes: Statement, no: Statement, ask: Ask| {
        let statements = [told(0, 0, no, Answer::Stored), told(0, 10, yes, Answer::Stored)];
        rules(statements.into_iter().chain([allowed(0, 20, ask, Fresh::Memory)]).collect())
    };
    assert_eq!(run(said(true, 1), narrow(false, 2), Ask::Utility), NONE);
    assert_eq!(
        run(said(true, 3), narrow(false, 2), Ask::Marketing),
        FOUND,
        "a wider yes lifts no narrower no"
    );
    assert_eq!(run(narrow(true, 3), said(false, 2), Ask::Marketing), NONE);
    assert_eq!(run(narrow(true, 3), said(false, 2), Ask::Utility), FOUND);
}

#[test]
fn a_reply_after_the_window_is_found() {
    let run = |day: i64, wrote: i64| {
        let check = Operation { day, ..allowed(0, 20, Ask::Reply, Fresh::Memory) };
        rules(vec![operation(1, 0, 5, What::Wrote(wrote), Answer::Unknown(String::new())), check])
    };
    assert_eq!(run(1_000 + DAY_MILLIS - 1, 1_000), NONE);
    assert_eq!(run(1_000 + DAY_MILLIS, 1_000), ["a reply after the end of the window"]);
}

#[test]
fn a_window_ends_by_the_clock_of_the_sidecar_that_is_asked() {
    let run = |ahead: i64, day: i64| {
        let check = Operation { day, ..allowed(2, 20, Ask::Reply, Fresh::Memory) };
        let operations = vec![operation(1, 0, 5, What::Wrote(1_000), Answer::Stored), check];
        answers(&History { operations, ahead: [0, 0, ahead], ..History::default() }).len()
    };
    let end = 1_000 + DAY_MILLIS;
    assert_eq!((run(-2_000, end + 1_999), run(-2_000, end + 2_000)), (0, 1));
    assert_eq!((run(2_000, end - 2_001), run(2_000, end - 2_000)), (0, 1));
}

#[test]
fn an_end_that_lacks_or_repeats_or_invents_something_is_found() {
    let run = |answer: Answer, entries: &[(bool, i64)], faults: &[&str]| -> Vec<&'static str> {
        let operations = vec![told(0, 0, said(false, 2), answer)];
        let history = History { operations, ..History::default() };
        let faults = faults.iter().map(|fault| (*fault).to_owned()).collect();
        let log = Log { entries: entries.to_vec(), faults, ..Log::default() };
        ending(&history, &[log]).into_iter().map(|violation| violation.rule).collect()
    };
    let unknown = || Answer::Unknown(String::new());
    assert_eq!(run(Answer::Stored, &[(false, 2)], &[]), NONE);
    assert_eq!(run(Answer::Stored, &[], &[]), ["an acknowledged statement is lost"]);
    assert_eq!(run(Answer::Journaled, &[], &[]), ["an acknowledged statement is lost"]);
    assert_eq!(run(unknown(), &[], &[]), NONE);
    assert_eq!(run(unknown(), &[(false, 2)], &[]), NONE);
    assert_eq!(run(unknown(), &[(false, 2); 2], &[]), ["a statement is there more than once"]);
    assert_eq!(run(Answer::Refused, &[(false, 2)], &[]).len(), 1);
    assert_eq!(run(unknown(), &[(true, 9)], &[]), ["a statement is there that nobody made"]);
    assert_eq!(run(unknown(), &[], &["entry 3: missing"]), ["the log is not intact"]);
}

#[test]
fn sidecars_that_tell_different_logs_are_found() {
    let log = |sidecar, head: &str| Log { sidecar, head: head.to_owned(), ..Log::default() };
    let found = ending(&History::default(), &[log(0, "a"), log(1, "a"), log(2, "b")]);
    assert_eq!(found.len(), 1);
    assert!(found[0].text.contains("sidecar 2"), "{found:?}");
}

#[test]
fn an_answer_after_its_deadline_is_late_unless_its_sidecar_was_stopped() {
    let slow = operation(1, 0, 900, What::Wrote(1), Answer::Nothing);
    let harm =
        |sidecar| Harm { name: "sidecar stopped", sidecar: Some(sidecar), begin: 800_000, end: 1_000_000 };
    let run = |harms| {
        let history = History { operations: vec![slow.clone()], harms, ..History::default() };
        late(&history, 500_000, |_, _| 0).iter().filter_map(|late| late.violation(0)).count()
    };
    assert_eq!(run(Vec::new()), 1);
    assert_eq!(run(vec![harm(0)]), 1);
    assert_eq!(run(vec![harm(1)]), 0);
}

#[test]
fn of_lateness_only_what_the_machine_was_seen_to_take_is_forgiven() {
    let history = History {
        operations: vec![operation(1, 0, 900, What::Wrote(1), Answer::Nothing)],
        ..History::default()
    };
    // A canary that was late all the time after some instant.
    let run = |from: Micros| {
        let noise = |begin: Micros, end: Micros| end.saturating_sub(begin.max(from));
        late(&history, 500_000, noise).iter().filter_map(|late| late.violation(0)).count()
    };
    assert_eq!(run(500_000), 0);
    assert_eq!(run(505_000), 0);
    assert_eq!(run(505_001), 1);
    assert_eq!(run(900_000), 1);
    let recovered = |took, noise| recovered("reads", 0, took, noise, 0).is_some();
    assert!(!recovered(2_000_000, 0) && recovered(2_000_001, 0));
    assert!(!recovered(3_000_000, 1_000_000) && recovered(3_000_000, 900_000));
}
