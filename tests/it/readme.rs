//! What the README says in tables is what the code says. Its commands are in `binary::readme`.

use clap::CommandFactory as _;
use sendgate::{cli::Cli, config, grpc::pb, policy::RuleId};

use crate::harness::Server;

const README: &str = include_str!("../../README.md");
const CHANGELOG: &str = include_str!("../../CHANGELOG.md");

/// The lines between two marks.
fn between<'a>(begin: &str, end: &str) -> Vec<&'a str> {
    let (_, rest) = README.split_once(begin).expect(begin);
    let (part, _) = rest.split_once(end).expect(end);
    part.trim().lines().collect()
}

/// The cells of a table's rows, without its head.
fn rows(lines: &[&'static str]) -> Vec<Vec<&'static str>> {
    let cells = |line: &&'static str| line.trim_matches('|').split(" | ").map(str::trim).collect();
    lines.iter().skip(2).map(cells).collect()
}

#[test]
fn the_settings_table_is_the_codes() {
    let table = config::markdown_table();
    let told = between("<!-- settings -->", "<!-- /settings -->");
    for (told, expected) in told.iter().zip(table.trim().lines()) {
        assert_eq!(*told, expected, "a row of the table of settings");
    }
    assert_eq!(told.len(), table.trim().lines().count());
}

#[test]
fn the_rules_table_is_the_codes() {
    let rows = rows(&between("<!-- rules -->", "<!-- /rules -->"));
    let rules: Vec<_> = rows.iter().map(|row| (row[0], row[1], *row.last().unwrap())).collect();
    let status = |rule: RuleId| if rule.is_built() { "built" } else { "comes later" };
    let expected: Vec<_> =
        RuleId::ALL.into_iter().map(|rule| (rule.name(), rule.summary(), status(rule))).collect();
    assert_eq!(rules, expected);
}

#[test]
fn the_reasons_of_the_rules_table_are_the_contracts() {
    let rows = rows(&between("<!-- rules -->", "<!-- /rules -->"));
    let mut named: Vec<String> = rows
        .iter()
        .flat_map(|row| row[2].split('`').skip(1).step_by(2))
        .map(|reason| format!("REASON_{reason}"))
        .collect();
    named.sort();
    named.dedup();
    let mut known: Vec<String> = (1..=100)
        .filter_map(|code| pb::Reason::try_from(code).ok())
        .map(|reason| reason.as_str_name().to_owned())
        .collect();
    known.sort();
    assert_eq!(named, known);
}

#[test]
fn the_errors_table_is_the_contracts() {
    let lines = between("## Errors", "## HTTP and metrics");
    let named: Vec<String> = lines
        .iter()
        .filter_map(|line| line.strip_prefix("| `")?.split_once('`'))
        .map(|(reason, _)| format!("ERROR_REASON_{reason}"))
        .collect();
    let known: Vec<&str> = (1..=100)
        .filter_map(|code| pb::ErrorReason::try_from(code).ok())
        .map(|reason| reason.as_str_name())
        .collect();
    assert_eq!(named, known);
}

/// The table as the page of a server tells it: every family with its type, its labels and its help.
fn metrics_table(page: &str) -> String {
    let mut table = String::from("| Metric | Type | Labels | |\n| --- | --- | --- | --- |\n");
    let of = |prefix: &str, name: &str| {
        let mut lines = page.lines();
        lines.find_map(|line| {
            line.strip_prefix(prefix)?.strip_prefix(name)?.strip_prefix(' ').map(str::to_owned)
        })
    };
    for family in page.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
        let (name, kind) = family.split_once(' ').unwrap();
        let shown = if kind == "counter" { format!("{name}_total") } else { name.to_owned() };
        let series = if kind == "histogram" { format!("{name}_count") } else { shown.clone() };
        let first = page.lines().find_map(|line| line.strip_prefix(series.as_str())).expect(name);
        let labels =
            first.strip_prefix('{').and_then(|rest| rest.split_once('}')).map_or("", |(labels, _)| labels);
        let labels: Vec<_> = labels.split("\",").filter_map(|label| label.split_once("=\"")).collect();
        let labels: Vec<_> = labels.into_iter().map(|(label, _)| format!("`{label}`")).collect();
        let help = of("# HELP ", name).expect(name);
        let help = help.trim_end_matches('.');
        table.push_str(&format!("| `{shown}` | {kind} | {} | {help} |\n", labels.join(", ")));
    }
    table
}

#[tokio::test]
async fn the_metrics_table_is_the_codes() {
    let configured = "businesses: [{id: acme, names: [Acme], senders: [{number: '+15550001111'}]}]";
    let server = Server::with(configured).await;
    let table = metrics_table(&server.get("/metrics").await.body);
    // UPDATE=1 cargo test --test it the_metrics_table
    if std::env::var_os("UPDATE").is_some() {
        let told = between("<!-- metrics -->", "<!-- /metrics -->").join("\n");
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
        std::fs::write(path, README.replace(told.trim(), table.trim())).unwrap();
        return;
    }
    let told = between("<!-- metrics -->", "<!-- /metrics -->");
    for (told, expected) in told.iter().zip(table.trim().lines()) {
        assert_eq!(
            *told, expected,
            "a row of the table of metrics; UPDATE=1 cargo test --test it the_metrics_table writes it"
        );
    }
    assert_eq!(told.len(), table.trim().lines().count());
}

#[test]
fn the_changelog_names_every_command() {
    for command in Cli::command().get_subcommands() {
        assert!(CHANGELOG.contains(&format!("`{}`", command.get_name())), "{}", command.get_name());
    }
}
