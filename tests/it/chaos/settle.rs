//! After the faults: how soon answers are normal again, and what every sidecar has in the end.

use std::{
    future::Future,
    sync::{Arc, Mutex},
    time::Duration,
};

use sendgate::{
    cli::verify::chain,
    grpc::pb::{self, consent_service_client::ConsentServiceClient},
};
use tokio::task::JoinSet;

use super::{
    calls::Caller,
    checker::{Violation, ending},
    draw::Draw,
    history::{Answer, Ask, Fresh, History, Log, Micros, Statement, What},
    people::{PEOPLE, People},
    world::SIDECARS,
};
use crate::harness::say;

/// Time in which what waits in a journal is told.
const JOURNAL_TOLD: Duration = Duration::from_millis(600);
/// Nobody takes this long who comes back at all.
const RECOVERY_MAX: Micros = 20_000_000;
/// Somebody of whom nothing but one yes is ever said.
pub(crate) const CANARY: usize = PEOPLE;
const CANARY_SAID: Statement = Statement { at: 1_700_000_000_000, yes: true, narrow: false, word: false };
/// Repetitions at once.
const REPEATERS: u64 = 8;

/// How long sidecars took until answers and writes were normal again.
#[derive(Clone, Debug, Default)]
pub(crate) struct Recovery {
    /// When everything was healed.
    pub(crate) healed: Micros,
    /// How long after that.
    pub(crate) reads: Micros,
    pub(crate) writes: Micros,
    /// What writes were answered until then: when, by which sidecar.
    pub(crate) attempts: Vec<(Micros, usize, Answer)>,
}

/// The yes that recovery is seen by, and who has two names.
pub(crate) async fn prepare(caller: &Caller) {
    let until = caller.doors.now() + RECOVERY_MAX;
    for person in 0..PEOPLE {
        let Some(other) = People::other_name(person) else { continue };
        while !caller.link(0, People::name(person), other.clone()).await {
            assert!(caller.doors.now() < until, "sidecars that were just started take no writes");
        }
    }
    while caller.tell(0, CANARY, CANARY_SAID).await != Answer::Stored {
        assert!(caller.doors.now() < until, "sidecars that were just started take no writes");
    }
}

/// Asks until every sidecar answers as if nothing had been.
pub(crate) async fn recover(caller: &Caller) -> Recovery {
    let healed = caller.doors.now();
    let attempts = Arc::new(Mutex::new(Vec::new()));
    let mut sidecars = JoinSet::new();
    for sidecar in 0..SIDECARS {
        let caller = Caller { notes: Arc::new(Mutex::default()), ..caller.clone() };
        let attempts = Arc::clone(&attempts);
        sidecars.spawn(async move {
            let mut recovery = Recovery::default();
            while caller.check(sidecar, CANARY, Ask::Utility, Fresh::Memory).await != Answer::Allow {
                assert!(caller.doors.now() < healed + RECOVERY_MAX, "sidecar {sidecar} gives no answers");
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            recovery.reads = caller.doors.now() - healed;
            loop {
                let answer = caller.tell(sidecar, CANARY, CANARY_SAID).await;
                if answer == Answer::Stored {
                    break;
                }
                attempts.lock().unwrap().push((caller.doors.now(), sidecar, answer.clone()));
                let late = caller.doors.now() > healed + RECOVERY_MAX;
                assert!(!late, "sidecar {sidecar} takes no writes: {answer:?}");
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            recovery.writes = caller.doors.now() - healed;
            recovery
        });
    }
    let mut worst = Recovery { healed, ..Recovery::default() };
    while let Some(recovery) = sidecars.join_next().await {
        let recovery = recovery.unwrap();
        worst.reads = worst.reads.max(recovery.reads);
        worst.writes = worst.writes.max(recovery.writes);
    }
    worst.attempts = std::mem::take(&mut attempts.lock().unwrap());
    worst
}

/// Waits until the journals are told, asks everything again, repeats what was acknowledged, and compares.
pub(crate) async fn settle(caller: &Caller, history: &mut History, seed: u64) -> Vec<Violation> {
    let until = caller.doors.now() + RECOVERY_MAX;
    let mut last = logs(caller).await;
    let before = loop {
        // A "no" in a message that was refused is in a journal all the same, which is looked through four times a second.
        tokio::time::sleep(JOURNAL_TOLD).await;
        let logs = logs(caller).await;
        history.settled = caller.doors.now();
        let lengths = |logs: &[Log]| logs.iter().map(|log| log.entries.len()).collect::<Vec<_>>();
        let rests = lengths(&logs) == lengths(&last);
        if rests && ending(history, &logs).is_empty() || caller.doors.now() > until {
            break logs;
        }
        last = logs;
    };
    let mut found = ending(history, &before);
    found.extend(same_answers(caller, history.settled).await);
    repeat(caller, history, seed).await;
    for (was, is) in before.iter().zip(logs(caller).await) {
        if (&was.head, was.entries.len()) != (&is.head, is.entries.len()) {
            let text = format!("{} entries became {}", was.entries.len(), is.entries.len());
            found.push(Violation {
                rule: "a repetition changed something",
                person: was.person,
                when: history.settled,
                text,
            });
        }
    }
    found
}

/// Every sidecar, from memory and from the store, says the same of everybody.
async fn same_answers(caller: &Caller, when: Micros) -> Vec<Violation> {
    let mut found = Vec::new();
    for person in 0..PEOPLE {
        for ask in [Ask::Marketing, Ask::Utility] {
            let mut answers = Vec::new();
            for sidecar in 0..SIDECARS {
                for fresh in [Fresh::Memory, Fresh::Full, Fresh::Memory] {
                    answers.push(known(caller, sidecar, person, ask, fresh).await);
                }
            }
            if answers.iter().any(|answer| *answer != answers[0]) {
                let text = format!("{ask:?}: {answers:?}");
                found.push(Violation { rule: "sidecars answer differently", person, when, text });
            }
        }
    }
    found
}

/// An answer that is one.
async fn known(caller: &Caller, sidecar: usize, person: usize, ask: Ask, fresh: Fresh) -> Answer {
    for _ in 0..100 {
        let answer = caller.check(sidecar, person, ask, fresh).await;
        if answer != Answer::Deny("REASON_STATE_UNAVAILABLE") {
            return answer;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Answer::Deny("REASON_STATE_UNAVAILABLE")
}

async fn repeat(caller: &Caller, history: &History, seed: u64) {
    // A "yes" that was forgotten would be told anew.
    let is_there = |said: Statement, operation| !said.yes || history.may_be_forgotten(operation).is_none();
    let told = history.operations.iter().filter(|operation| operation.answer.acknowledged());
    let told: Vec<(usize, Statement)> = told
        .filter_map(|operation| match operation.what {
            What::Said(said) => Some((operation.person, said)).filter(|_| is_there(said, operation)),
            What::Wrote(_) | What::Check(..) => None,
        })
        .collect();
    let told = Arc::new(Mutex::new(told));
    let mut repeaters = JoinSet::new();
    for repeater in 0..REPEATERS {
        let (told, mut draw) = (Arc::clone(&told), Draw::new(seed, 1000 + repeater));
        let caller = Caller { notes: Arc::new(Mutex::default()), ..caller.clone() };
        repeaters.spawn(async move {
            loop {
                let next = told.lock().unwrap().pop();
                let Some((person, said)) = next else { break };
                // A machine that is busy elsewhere may take too long for one; nobody takes too long for ever.
                let until = caller.doors.now() + RECOVERY_MAX;
                loop {
                    let answer = caller.tell(draw.below(SIDECARS), person, said).await;
                    if matches!(answer, Answer::Stored | Answer::Nothing) {
                        break;
                    }
                    assert!(caller.doors.now() < until, "{said:?} of {person} again: {answer:?}");
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            }
        });
    }
    while let Some(repeater) = repeaters.join_next().await {
        repeater.unwrap();
    }
}

/// Asks until there is an answer: on a machine that is busy elsewhere a read may take longer than a sidecar waits.
async fn again<T, F>(call: impl Fn() -> F) -> T
where
    F: Future<Output = Result<tonic::Response<T>, tonic::Status>>,
{
    for _ in 0..100 {
        if let Ok(response) = call().await {
            return response.into_inner();
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("a sidecar does not tell what it has");
}

/// What every sidecar tells of everybody.
async fn logs(caller: &Caller) -> Vec<Log> {
    let mut logs = Vec::new();
    for person in 0..PEOPLE {
        for sidecar in 0..SIDECARS {
            logs.push(log(caller, sidecar, person).await);
        }
    }
    logs
}

async fn log(caller: &Caller, sidecar: usize, person: usize) -> Log {
    let consent = ConsentServiceClient::new(caller.doors.channel(sidecar));
    let (sender, recipient) = (say::SENDER.to_owned(), People::name(person));
    let request = pb::GetContactRequest { sender, recipient, consistency: None };
    let told = again(|| {
        let (mut consent, request) = (consent.clone(), request.clone());
        async move { consent.get_contact(request).await }
    });
    let told = told.await.contact.unwrap();
    let mut entries: Vec<pb::ConsentEntry> = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = pb::ListConsentHistoryRequest {
            page_size: 1000,
            page_token,
            ..say::history(&People::name(person))
        };
        let page = again(|| {
            let (mut consent, request) = (consent.clone(), request.clone());
            async move { consent.list_consent_history(request).await }
        });
        let page = page.await;
        entries.extend(page.entries);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    let mut faults: Vec<_> = chain::check_each(&entries).iter().map(ToString::to_string).collect();
    if told.history_entries != entries.len() as u64 {
        faults.push(format!("of {} entries {} are listed", told.history_entries, entries.len()));
    }
    let said = entries.iter().filter_map(|entry| {
        let at = entry.occurred_at?;
        let millis = at.seconds * 1000 + i64::from(at.nanos / 1_000_000);
        match entry.kind() {
            pb::EntryKind::OptIn => Some((true, millis)),
            pb::EntryKind::OptOut => Some((false, millis)),
            _ => None,
        }
    });
    let said = said.collect();
    let mut heads = std::collections::BTreeMap::new();
    for entry in &entries {
        heads.insert(entry.log.as_str(), entry.hash.as_str());
    }
    let head = heads.into_values().collect::<Vec<_>>().join(" ");
    Log { sidecar, person, entries: said, head, faults }
}
