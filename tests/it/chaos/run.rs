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
    clocks::Clocks,
    draw::Draw,
    faults::schedule,
    history::{Answer, History, Micros, What},
    noise::Noise,
    people::{People, WAVERING},
    servers::Shape,
    settle::{self, Recovery},
    wavering::waver,
    world::{DEADLINE, World},
};

/// What became of a run.
pub(crate) struct Run {
    pub(crate) seed: u64,
    pub(crate) shape: Shape,
    pub(crate) clocks: Clocks,
    pub(crate) history: History,
    pub(crate) violations: Vec<Violation>,
    pub(crate) recovery: Recovery,
    /// The most that an answer was later than its deadline, and what the machine took of that.
    pub(crate) latest: (Micros, Micros),
    pub(crate) noises: Noises,
}

/// What the machine took of the recovery.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Noises {
    reads: Micros,
    writes: Micros,
}

/// Runs a seed. What comes late is allowed more than the machine was seen to take where somebody asks for that.
pub(crate) async fn run(seed: u64, time: Duration, only: String, allowance: Micros) -> Run {
    let (shape, clocks) = (Shape::of(seed), Clocks::of(seed));
    let mut world = World::start(shape, clocks).await;
    let noise = Noise::start(&world.doors, world.folder.path());
    let (people, notes) = (Arc::new(People::new()), Arc::new(Mutex::new(Vec::new())));
    let caller = Caller { doors: Arc::clone(&world.doors), people, notes };
    settle::prepare(&caller).await;
    let (end, ended) = watch::channel(false);
    let mut clients = JoinSet::new();
    for number in 0..CLIENTS {
        clients.spawn(client(caller.clone(), Draw::new(seed, 1 + number), ended.clone()));
    }
    for place in 0..WAVERING {
        let draw = Draw::new(seed, 100 + place as u64);
        clients.spawn(waver(caller.clone(), People::wavering(place), draw, ended.clone()));
    }
    let mut history = History { ahead: clocks.0, ..History::default() };
    for episode in schedule(&mut Draw::new(seed, 0), shape, time, &only) {
        world.suffer(&episode, &mut history.harms).await;
    }
    world.servers.whole().await;
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
    let healed = recovery.healed;
    let noise_until = |took| noise.stalls(healed, healed + took);
    let noises = Noises { reads: noise_until(recovery.reads), writes: noise_until(recovery.writes) };
    let late = checker::late(&history, micros(DEADLINE), |begin, end| noise.between(begin, end));
    violations.extend(late.iter().filter_map(|late| late.violation(allowance)));
    let latest =
        late.iter().max_by_key(|late| late.unexplained()).map_or((0, 0), |late| (late.by, late.noise));
    violations.extend(checker::recovered("reads", healed, recovery.reads, noises.reads, allowance));
    violations.extend(checker::recovered("writes", healed, recovery.writes, noises.writes, allowance));
    drop(world);
    Run { seed, shape, clocks, history, violations, recovery, latest, noises }
}

fn micros(duration: Duration) -> Micros {
    u64::try_from(duration.as_micros()).unwrap()
}

impl Run {
    /// One line.
    pub(crate) fn line(&self) -> String {
        let count = |wanted: &dyn Fn(&Answer) -> bool| {
            self.history.operations.iter().filter(|operation| wanted(&operation.answer)).count()
        };
        let harms: Vec<_> = self.history.harms.iter().map(|harm| harm.name).collect();
        format!(
            "seed {:4}{}{}: {:5} operations ({} allowed, {} stored, {} journaled, {} unknown), recovery {:4} ms (noise {}), writes {:4} ms ({}), \
             latest +{} ms ({}), {} violations; {}",
            self.seed,
            match self.shape {
                Shape::Alone => "",
                Shape::Replica => " with replica",
                Shape::Forgetful => " that forgets",
                Shape::Sentinel => " with sentinels",
                Shape::Cluster => " on a cluster",
            },
            if self.clocks.differ() { ", clocks apart" } else { "" },
            self.history.operations.len(),
            count(&|answer| *answer == Answer::Allow),
            count(&|answer| *answer == Answer::Stored),
            count(&|answer| *answer == Answer::Journaled),
            count(&|answer| matches!(answer, Answer::Unknown(_))),
            self.recovery.reads / 1000,
            self.noises.reads / 1000,
            self.recovery.writes / 1000,
            self.noises.writes / 1000,
            self.latest.0 / 1000,
            self.latest.1 / 1000,
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
        report.push_str(&self.refused());
        report
    }

    /// What writes were answered until all was normal again.
    pub(crate) fn refused(&self) -> String {
        let mut told = String::new();
        for (when, sidecar, answer) in &self.recovery.attempts {
            let after = (when - self.recovery.healed) / 1000;
            told.push_str(&format!(
                "\n{after:6} ms after all was well: no write by sidecar {sidecar}: {answer:?}"
            ));
        }
        told
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
