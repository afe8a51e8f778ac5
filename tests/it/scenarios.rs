//! Scenarios of `tests/scenarios/*.yaml`: what happens at which time, and what is expected then. `format` documents the
//! files. At least one scenario is named after every rule.
//!
//! The runner knows no server: it gives each step to a `Driver`. `driver` calls the gate in this process; `wire` drives
//! the same files through the doors of a server. After every check that returns `retry_at`, the runner asks again: one
//! millisecond before it the same message is still denied, at it the message is allowed.

mod driver;
mod format;
mod hooks;
mod moved;
mod wire;

use std::{collections::BTreeSet, fs, path::Path};

use sendgate::{
    model::{Millis, Time},
    policy::RuleId,
};

use self::{
    driver::{Checked, Driver, InProcess, Written},
    format::{Expect, Scenario, Step},
    wire::OverTheWire,
};

/// The scenarios that the doors of a server cannot tell, and why. The gate in this process runs them all the same.
const NOT_OVER_THE_WIRE: [(&str, &str); 1] = [(
    "C02 a resume from before the stop does not lift it, to the millisecond",
    "a webhook tells whole seconds",
)];

/// Every scenario, with the name of its file.
fn all() -> Vec<(String, Scenario)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let mut found = Vec::new();
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        let file = path.file_name().unwrap().to_string_lossy().into_owned();
        let text = fs::read_to_string(&path).unwrap();
        let scenarios: Vec<Scenario> =
            serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{file}: {error}"));
        found.extend(scenarios.into_iter().map(|scenario| (file.clone(), scenario)));
    }
    found
}

#[tokio::test]
async fn every_scenario_ends_as_its_file_says() {
    run_all(&all(), InProcess::open).await;
}

#[tokio::test]
async fn every_scenario_ends_the_same_over_the_wire() {
    let mut scenarios = all();
    scenarios.retain(|(_, scenario)| hooks::why_not(scenario).is_none());
    run_all(&scenarios, OverTheWire::open).await;
}

#[test]
fn the_scenarios_that_are_not_told_over_the_wire_are_these() {
    let scenarios = all();
    let found: Vec<(&str, &str)> =
        scenarios.iter().filter_map(|(_, s)| Some((s.name.as_str(), hooks::why_not(s)?))).collect();
    assert_eq!(found, NOT_OVER_THE_WIRE);
}

#[test]
fn every_rule_has_a_scenario_named_after_it() {
    let named: BTreeSet<String> = all().into_iter().filter_map(|(_, s)| s.rules.into_iter().next()).collect();
    let sending = RuleId::ALL.into_iter().filter(|rule| rule.is_built()).map(|rule| rule.name().to_owned());
    let recording = (1..=14).map(|n| format!("B{n:02}"));
    let opting_out = (1..=6).map(|n| format!("C{n:02}"));
    let wanted = sending.chain(recording).chain(opting_out).chain(["D".to_owned()]);
    let missing: Vec<String> = wanted.filter(|rule| !named.contains(rule)).collect();
    assert!(missing.is_empty(), "no scenario of {missing:?}");
}

#[test]
fn every_rule_of_sending_decides_some_scenario_and_every_name_is_used_once() {
    let scenarios = all();
    let decided: BTreeSet<String> =
        scenarios.iter().flat_map(|(_, s)| &s.steps).filter_map(|step| step.expect.rule.clone()).collect();
    // These only let pass, or change what others see.
    let silent = ["A05", "A08", "A12"];
    for rule in RuleId::ALL.into_iter().filter(|rule| rule.is_built() && !silent.contains(&rule.name())) {
        assert!(decided.contains(rule.name()), "{} decides nothing", rule.name());
    }
    let mut names = BTreeSet::new();
    for (file, scenario) in &scenarios {
        let first = scenario.rules.first().unwrap();
        assert!(scenario.name.starts_with(first.as_str()), "{file}: {} is about {first}", scenario.name);
        assert!(names.insert(&scenario.name), "{file}: {} a second time", scenario.name);
    }
}

/// Runs scenarios, each with a driver of its own.
async fn run_all<D: Driver>(scenarios: &[(String, Scenario)], open: impl AsyncFn(&Scenario) -> D) {
    let mut failed = Vec::new();
    for (file, scenario) in scenarios {
        let mut driver = open(scenario).await;
        for (n, problem) in run(scenario, &mut driver).await {
            failed.push(format!("{file}: {}, step {}: {problem}", scenario.name, n + 1));
        }
        driver.close().await;
    }
    assert!(failed.is_empty(), "{} problems\n{}", failed.len(), failed.join("\n"));
}

/// Runs a scenario; what was not as expected, by step.
async fn run(scenario: &Scenario, driver: &mut impl Driver) -> Vec<(usize, String)> {
    let mut now = scenario.time(&scenario.start);
    let mut problems = Vec::new();
    for (n, step) in scenario.steps.iter().enumerate() {
        if let Some(at) = &step.at {
            now = scenario.time(at);
        }
        driver.set_time(now);
        let found = match &step.check {
            Some(check) => {
                let checked = driver.check(check).await;
                let mut found = compare_check(scenario, &step.expect, &checked);
                if let Some(retry_at) = checked.retry_at {
                    driver.set_time(retry_at - Millis::new(1));
                    if driver.check(check).await.allowed {
                        found.push(format!("allowed 1 ms before retry_at {retry_at}"));
                    }
                    // One that is counted is asked for by a step of its own.
                    if check.reserve {
                        driver.set_time(now);
                        problems.extend(found.into_iter().map(|problem| (n, problem)));
                        continue;
                    }
                    driver.set_time(retry_at);
                    let then = driver.check(check).await;
                    if !then.allowed {
                        found.push(format!("still {} at retry_at {retry_at}", then.reason));
                    }
                    driver.set_time(now);
                }
                found
            }
            None => compare_write(scenario, step, &driver.write(step).await),
        };
        problems.extend(found.into_iter().map(|problem| (n, problem)));
    }
    problems
}

fn compare_check(scenario: &Scenario, expect: &Expect, found: &Checked) -> Vec<String> {
    let mut problems = Vec::new();
    let (allowed, reason) = match (&expect.allow, &expect.deny) {
        (Some(reason), None) => (true, reason),
        (None, Some(reason)) => (false, reason),
        _ => panic!("{}: a check expects either `allow` or `deny`", scenario.name),
    };
    let rule = expect.rule.clone().unwrap_or_else(|| panic!("{}: a check expects a rule", scenario.name));
    let (wanted, got) = ((allowed, reason, &rule), (found.allowed, &found.reason, &found.rule));
    if wanted != got {
        problems.push(format!("expected {wanted:?}, found {got:?}"));
    }
    let retry_at = expect.retry_at.as_deref().map(|at| scenario.time(at));
    if retry_at != found.retry_at {
        problems.push(format!("expected retry_at {retry_at:?}, found {:?}", found.retry_at));
    }
    problems.extend(compare_window(scenario, expect, found.window_expires_at));
    problems.extend(compare_list("obligations", expect.obligations.as_deref(), &found.obligations));
    problems
}

fn compare_write(scenario: &Scenario, step: &Step, found: &Result<Written, Vec<String>>) -> Vec<String> {
    let expect = &step.expect;
    let found = match (found, &expect.error) {
        (Err(found), Some(expected)) => {
            return compare_list("error", Some(expected), found).into_iter().collect();
        }
        (Err(found), None) => return vec![format!("failed: {found:?}")],
        (Ok(_), Some(expected)) => return vec![format!("expected an error: {expected:?}")],
        (Ok(found), None) => found,
    };
    let mut problems = Vec::new();
    if expect.applied.is_some_and(|applied| found.applied != Some(applied)) {
        problems.push(format!("expected applied {:?}, found {:?}", expect.applied, found.applied));
    }
    if expect.effect.is_some() && expect.effect != found.effect {
        problems.push(format!("expected effect {:?}, found {:?}", expect.effect, found.effect));
    }
    problems.extend(compare_window(scenario, expect, found.window_expires_at));
    problems.extend(compare_list("obligations", expect.obligations.as_deref(), &found.obligations));
    problems.extend(compare_list("findings", expect.findings.as_deref(), &found.findings));
    problems
}

fn compare_window(scenario: &Scenario, expect: &Expect, found: Option<Time>) -> Option<String> {
    let expected = match expect.window_expires_at.as_deref()? {
        "none" => None,
        at => Some(scenario.time(at)),
    };
    (expected != found).then(|| format!("expected window_expires_at {expected:?}, found {found:?}"))
}

fn compare_list(name: &str, expected: Option<&[String]>, found: &[String]) -> Option<String> {
    let expected = expected?;
    (expected != found).then(|| format!("expected {name} {expected:?}, found {found:?}"))
}
