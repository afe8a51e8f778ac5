//! Rules and dashboard, held against the real promtool and a real Prometheus that scrapes real sidecars.

mod dashboard;
mod scraped;
mod server;

use std::{
    collections::BTreeSet,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::harness::{Server, plain::WEBHOOK, slow::Slow};

/// A configured sender, so that there are series by sender.
const CONFIGURED: &str = "
businesses:
  - id: acme
    names: [Acme]
    senders: [{number: '+15550001111'}]
policy: {shadow: [A14]}
";

fn rules() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("helm/sendgate/rules")
}

/// Runs promtool beside the rules: how it ended, and what it said.
fn promtool(arguments: &[&str], input: &str) -> (bool, String) {
    let mut child = Command::new("promtool")
        .args(arguments)
        .current_dir(rules())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool is installed; `make test` does that");
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}

#[test]
fn the_rules_are_rules() {
    let (passed, said) = promtool(&["check", "rules", "sendgate.yaml"], "");
    assert!(passed && said.contains("SUCCESS"), "{said}");
}

#[test]
fn the_alerts_fire_when_they_should_and_not_otherwise() {
    let (passed, said) = promtool(&["test", "rules", "tests.yaml"], "");
    assert!(passed && said.contains("SUCCESS"), "{said}");
}

/// The page as before OpenMetrics, which is what promtool reads: counters are named in full, and there is no `UNIT` and no end.
fn as_plain_text(page: &str) -> String {
    let counters: BTreeSet<_> =
        page.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.strip_suffix(" counter")).collect();
    let mut text = String::new();
    for line in page.lines().filter(|line| !line.starts_with("# UNIT ") && *line != "# EOF") {
        let words: Vec<_> = line.splitn(4, ' ').collect();
        match words.as_slice() {
            ["#", kind, name, rest] if counters.contains(name) => {
                text.push_str(&format!("# {kind} {name}_total {rest}\n"));
            }
            _ => text.push_str(&format!("{line}\n")),
        }
    }
    text
}

#[tokio::test]
async fn promtool_has_nothing_against_the_metrics() {
    let server = Server::over(Slow::new(), &format!("{WEBHOOK}{CONFIGURED}")).await;
    let page = server.get("/metrics").await.body;
    let (passed, said) = promtool(&["check", "metrics"], &as_plain_text(&page));
    assert!(passed && said.is_empty(), "{said}");
    let bad = format!("{}# TYPE badName counter\nbadName 1\n", as_plain_text(&page));
    assert!(!promtool(&["check", "metrics"], &bad).0, "it would say so");
}

/// The names of our series in a text.
fn series_named(text: &str) -> BTreeSet<String> {
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    let words = text.split(|c| !is_of_name(c));
    words.filter(|word| word.starts_with("sendgate_")).map(str::to_owned).collect()
}

#[tokio::test]
async fn rules_and_dashboard_speak_of_series_that_there_are() {
    let server = Server::with(CONFIGURED).await;
    let known = series_named(&server.get("/metrics").await.body);
    let text = std::fs::read_to_string(rules().join("sendgate.yaml")).unwrap();
    let expressions = dashboard::queries().join("\n");
    for name in series_named(&text).into_iter().chain(series_named(&expressions)) {
        assert!(known.contains(&name), "{name}");
    }
}

#[test]
fn each_alert_is_tested_and_in_the_manual() {
    let read = |path: PathBuf| std::fs::read_to_string(path).unwrap();
    let text = read(rules().join("sendgate.yaml"));
    let tests = read(rules().join("tests.yaml"));
    let manual = read(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/operations.md"));
    let alerts: Vec<_> = text.split("      - alert: ").skip(1).collect();
    assert!(alerts.len() > 10);
    for alert in alerts {
        let name = alert.lines().next().unwrap();
        for part in ["severity: ", "summary: ", "description: ", "action: "] {
            assert!(alert.contains(part), "{name} has no {part}");
        }
        let place = format!("runbook: docs/operations.md#{}\n", name.to_lowercase());
        assert!(alert.contains(&place), "{name}: {place}");
        assert!(manual.contains(&format!("### {name}\n")), "{name} is not in the manual");
        assert!(tests.contains(&format!("alertname: {name}\n        exp_alerts")), "{name} fires in no test");
        let asked = format!("alertname: {name}\n");
        let silent = tests.split(&asked).skip(1).any(|rest| !rest.trim_start().starts_with("exp_alerts"));
        assert!(silent, "{name} is silent in no test");
    }
}
