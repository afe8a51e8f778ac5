//! Real sidecars on a real Redis while things fail, and a checker of everything that was asked and answered.

mod calls;
mod checker;
mod clients;
mod clocks;
mod doors;
mod draw;
mod faults;
mod history;
mod noise;
mod people;
mod propagation;
mod run;
mod servers;
mod settle;
mod suffer;
mod wavering;
mod world;

use std::{collections::BTreeMap, env, time::Duration};

use run::run;
use tokio::task::JoinSet;

/// How much later than the machine was seen to take an answer or a recovery may be in a run among other tests.
const AMONG_OTHERS_MICROS: u64 = 1_500_000;
const SHORT: Duration = Duration::from_millis(1500);
const SHORT_SEEDS: [u64; 2] = [1, 2];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_holds_whatever_fails() {
    let mut runs = JoinSet::new();
    for seed in SHORT_SEEDS {
        runs.spawn(run(seed, SHORT, String::new(), AMONG_OTHERS_MICROS));
    }
    while let Some(run) = runs.join_next().await {
        let run = run.unwrap();
        println!("{}", run.line());
        assert!(run.violations.is_empty(), "{}", run.report());
    }
}

/// A number from the environment.
fn number(name: &str, default: u64) -> u64 {
    env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes long; `make soak` runs it"]
async fn soak() {
    let (first, runs) = (number("SOAK_SEED", 1), number("SOAK_RUNS", 200));
    let time = Duration::from_millis(number("SOAK_MILLIS", 3500));
    let only = env::var("SOAK_ONLY").unwrap_or_default();
    if clocks::library().is_none() {
        println!(
            "LEFT OUT: clocks that differ, since libfaketime is not installed (Debian package `faketime`)"
        );
    }
    let mut seeds = first..first + runs;
    let mut going = JoinSet::new();
    let mut failed = Vec::new();
    let mut matrix = BTreeMap::<&str, (usize, usize)>::new();
    let (mut operations, mut away, mut checks) = (0, 0, 0);
    for seed in seeds.by_ref().take(usize::try_from(number("SOAK_JOBS", 2)).unwrap()) {
        going.spawn(run(seed, time, only.clone(), 0));
    }
    while let Some(run) = going.join_next().await {
        let run = run.unwrap();
        println!("{}", run.line());
        if run.recovery.writes > checker::RECOVERY {
            println!("writes were slow:{}", run.refused());
        }
        operations += run.history.operations.len();
        away += run.unavailable().0;
        checks += run.unavailable().1;
        for (name, (times, during)) in run.matrix() {
            let entry = matrix.entry(name).or_default();
            *entry = (entry.0 + times, entry.1 + during);
        }
        if !run.violations.is_empty() {
            println!("FAILED: {}", run.report());
            failed.push(run.seed);
        }
        if failed.is_empty() {
            seeds.next().map(|seed| going.spawn(self::run(seed, time, only.clone(), 0)));
        }
    }
    for (name, (times, during)) in &matrix {
        println!("{name:32} {times:5} times, {during:7} operations meanwhile");
    }
    println!("{operations} operations, {checks} checks, {away} denied for want of state");
    assert!(failed.is_empty(), "seeds with violations: {failed:?}");
}
