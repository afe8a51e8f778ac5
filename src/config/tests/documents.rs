//! The table, the example file and the code say the same.

use std::collections::BTreeSet;

use super::{super::tree::parse_inline, *};

const EXAMPLE: &str = include_str!("../../../docs/sendgate.example.yaml");

/// YAML in which one setting, at whatever depth, has a value.
pub(super) fn nested(path: &str, value: &str) -> String {
    let nested = path.rsplit('.').fold(value.to_owned(), |inner, key| match key.strip_suffix("[]") {
        Some(list) => format!("{{{list}: [{inner}]}}"),
        None => format!("{{{key}: {inner}}}"),
    });
    nested + "\n"
}

fn tree(text: &str) -> Node {
    parse_inline(text, &Origin::CommandLine).unwrap_or_else(|wrong| panic!("{wrong:?}"))
}

/// The example with all of its commented settings in force.
fn example_in_full() -> String {
    let uncommented = |line: &str| match line.split_once('#') {
        Some((indent, comment)) if indent.trim().is_empty() && !comment.starts_with([' ', '#']) => {
            format!("{indent}{comment}\n")
        }
        Some(_) | None => format!("{line}\n"),
    };
    EXAMPLE.lines().map(uncommented).collect()
}

/// The paths of everything in a tree, as the table writes them.
fn paths(node: &Node, at: &str, found: &mut BTreeSet<String>) {
    match &node.value {
        Value::Map(fields) => {
            for (key, field) in fields {
                let path = if at.is_empty() { key.clone() } else { format!("{at}.{key}") };
                found.insert(path.clone());
                paths(field, &path, found);
            }
        }
        Value::List(items) => items.iter().for_each(|item| paths(item, &format!("{at}[]"), found)),
        _ => {}
    }
}

fn find<'a>(node: &'a Node, path: &str) -> Option<&'a Node> {
    path.split('.').try_fold(node, |node, key| match &node.value {
        Value::Map(fields) => fields.iter().find(|(name, _)| name == key).map(|(_, field)| field),
        _ => None,
    })
}

/// A value without its origins.
fn plain(node: &Node) -> String {
    match &node.value {
        Value::List(items) => items.iter().map(plain).collect::<Vec<_>>().join(";"),
        Value::Map(fields) => {
            fields.iter().map(|(key, field)| format!("{key}={}", plain(field))).collect::<Vec<_>>().join(",")
        }
        Value::Text(text) => text.clone(),
        Value::Integer(number) => number.to_string(),
        Value::Flag(flag) => flag.to_string(),
        other => format!("{other:?}"),
    }
}

#[test]
fn the_example_says_exactly_the_defaults_of_the_code() {
    assert_eq!(format!("{:?}", load(EXAMPLE)), format!("{:?}", load("")));
}

#[test]
fn the_example_gives_the_default_of_the_table_for_every_setting_that_has_one() {
    let example = tree(EXAMPLE);
    for setting in settings().filter(|setting| !setting.path.contains("[]") && !setting.default.is_empty()) {
        match find(&example, setting.path) {
            Some(node) => assert_eq!(plain(node), plain(&tree(setting.default)), "{}", setting.path),
            None => assert!(setting.kind.is_inline_yaml(), "{} is not in force in the example", setting.path),
        }
    }
}

#[test]
fn the_example_in_full_has_every_setting_and_no_mistake() {
    let text = example_in_full();
    let settings_of_example = load(&text);
    assert_eq!(settings_of_example.businesses[0].senders.len(), 2);
    let mut found = BTreeSet::new();
    paths(&tree(&text), "", &mut found);
    for setting in settings() {
        assert!(found.contains(setting.path), "{} is not in the example", setting.path);
    }
}

#[test]
fn every_setting_of_the_table_is_read() {
    for setting in settings() {
        let Err(errors) = load_all(&nested(setting.path, "{absurd: 1}"), &[], &[]) else {
            panic!("nothing reads {}", setting.path);
        };
        let path = setting.path.replace("[]", "[0]");
        let concerns = |error: &ConfigError| {
            error.path == path || error.path.strip_prefix(&path).is_some_and(|rest| rest == ".absurd")
        };
        assert!(errors.iter().any(concerns), "nothing reads {}: {errors}", setting.path);
    }
}

#[test]
fn every_environment_variable_of_the_table_is_read() {
    for setting in settings() {
        let Some(variable) = setting.variable() else { continue };
        // Neither numbers nor words nor YAML; texts take it, but not mere blanks.
        let value = if setting.kind == Kind::Text { " " } else { "\u{1}{" };
        let result = load_all("", &[(&variable, value)], &[]);
        if matches!(setting.kind, Kind::Secret | Kind::Path) && setting.path != "identity_key" {
            continue;
        }
        let errors = result.expect_err(setting.path);
        let named = errors.iter().any(|error| {
            error.path == setting.path && error.origin == Origin::Environment(variable.as_str().into())
        });
        assert!(named, "{variable}: {errors}");
    }
}
