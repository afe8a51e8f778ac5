//! One run: everything starts, clients talk while things fail, everything heals, and the history is judged.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{sync::watch, task::JoinSet};

use super::{
    calls::Caller,
    checker::{self, Violation},
    clients::{CLIENTS, client},
    draw::Draw,
    faults::schedule,
    history::{Answer, History, Micros, What},
    people::People,
    settle::{self, Recovery},
    world::{DEADLINE, World},
};

/// What became of a run.
pub(crate) struct Run {
    pub(crate) seed: u64,
    pub(crate) replica: bool,
    pub(crate) history: History,
    pub(crate) violations: Vec<Violation>,
    pub(crate) recovery: Recovery,
    /// The most that an answer was later than its deadline.
    pub(crate) latest: Micros,
}

/// Runs a seed. Every third one has a replica that writes wait for.
pub(crate) async fn run(seed: u64, time: Duration, only: String) -> Run {
    let replica = seed % 3 == 2;
    let mut world = World::start(replica).await;
    let (people, notes) = (Arc::new(People::new()), Arc::new(Mutex::new(Vec::new())));
    let caller = Caller { doors: Arc::clone(&world.doors), people, notes };
    settle::prepare(&caller).await;
    let (end, ended) = watch::channel(false);
    let mut clients = JoinSet::new();
    for number in 0..CLIENTS {
        clients.spawn(client(caller.clone(), Draw::new(seed, 1 + number), ended.clone()));
    }
    let mut history = History::default();
    for episode in schedule(&mut Draw::new(seed, 0), replica, time, &only) {
        world.suffer(&episode, &mut history.harms).await;
    }
    world.whole().await;
    let recovery = settle::recover(&caller).await;
    end.send_replace(true);
    while let Some(client) = clients.join_next().await {
        client.unwrap();
    }
    let taken = || caller.notes.lock().unwrap().clone();
    history.operations = taken();
    let mut violations = settle::settle(&caller, &mut history, seed).await;
    history.operations = taken();
    violations.extend(checker::answers(&history));
    let late = checker::late(&history, u64::try_from(DEADLINE.as_micros()).unwrap());
    let latest = late.iter().map(|(late, _)| *late).max().unwrap_or_default();
    drop(world);
    Run { seed, replica, history, violations, recovery, latest }
}

impl Run {
    /// One line.
    pub(crate) fn line(&self) -> String {
        let count = |wanted: &dyn Fn(&Answer) -> bool| {
            self.history.operations.iter().filter(|operation| wanted(&operation.answer)).count()
        };
        let harms: Vec<_> = self.history.harms.iter().map(|harm| harm.name).collect();
        format!(
            "seed {:4}{}: {:5} operations ({} allowed, {} stored, {} journaled, {} unknown), recovery {:4} ms, writes {:4} ms, \
             latest +{} ms, {} violations; {}",
            self.seed,
            if self.replica { " with replica" } else { "" },
            self.history.operations.len(),
            count(&|answer| *answer == Answer::Allow),
            count(&|answer| *answer == Answer::Stored),
            count(&|answer| *answer == Answer::Journaled),
            count(&|answer| matches!(answer, Answer::Unknown(_))),
            self.recovery.reads / 1000,
            self.recovery.writes / 1000,
            self.latest / 1000,
            self.violations.len(),
            harms.join(", "),
        )
    }

    /// The first violations of each kind, with what led to them.
    pub(crate) fn report(&self) -> String {
        let mut kinds = BTreeMap::<&str, Vec<&Violation>>::new();
        for violation in &self.violations {
            kinds.entry(violation.rule).or_default().push(violation);
        }
        let mut report = self.line();
        for (rule, violations) in kinds {
            let first = violations[0];
            report.push_str(&format!(
                "\n\n{rule} ({} times), person {}: {}\n",
                violations.len(),
                first.person,
                first.text
            ));
            report.push_str(&checker::shrunk(&self.history, first));
        }
        report
    }

    /// Of each fault: how often, and how many operations overlapped it.
    pub(crate) fn matrix(&self) -> BTreeMap<&'static str, (usize, usize)> {
        let mut matrix = BTreeMap::<&'static str, (usize, usize)>::new();
        for harm in &self.history.harms {
            let overlaps = |begin, end| begin < harm.end && harm.begin < end;
            let operations = self.history.operations.iter();
            let during = operations.filter(|operation| overlaps(operation.begin, operation.end)).count();
            let entry = matrix.entry(harm.name).or_default();
            *entry = (entry.0 + 1, entry.1 + during);
        }
        matrix
    }

    /// Answers that denied for want of state, of all.
    pub(crate) fn unavailable(&self) -> (usize, usize) {
        let checks =
            self.history.operations.iter().filter(|operation| matches!(operation.what, What::Check(..)));
        let away = checks.clone().filter(|check| check.answer == Answer::Deny("REASON_STATE_UNAVAILABLE"));
        (away.count(), checks.count())
    }
}
