//! What the README says in tables is what the code says. Its commands are in `binary::readme`.

use clap::CommandFactory as _;
use sendgate::{cli::Cli, config, grpc::pb, metrics::Metrics, policy::RuleId};

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

#[test]
fn the_metrics_table_names_every_metric() {
    let text = Metrics::new().render();
    let families = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    let table = between("| Metric | Labels | |", "## Security").join("\n");
    for family in families {
        let (name, kind) = family.split_once(' ').unwrap();
        let name = if kind == "counter" { format!("{name}_total") } else { name.to_owned() };
        let short = name.strip_prefix("sendgate_cache").map(str::to_owned);
        let is_named = table.contains(&format!("`{name}`"))
            || short.is_some_and(|short| table.contains(&format!("`{short}`")));
        assert!(is_named, "{name} is not in the README");
    }
}

#[test]
fn the_changelog_names_every_command() {
    for command in Cli::command().get_subcommands() {
        assert!(CHANGELOG.contains(&format!("`{}`", command.get_name())), "{}", command.get_name());
    }
}
