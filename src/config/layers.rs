//! Lays the sources over each other: the file, then the environment, then the command line.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    errors::{Origin, Report, Wrong},
    nearest::nearest,
    table::{self, Kind, Setting},
    tree::{Node, Value, parse_inline},
    values,
};

const PREFIX: &str = "SENDGATE_";
/// Read by the command line before there are settings.
const OTHER_VARIABLES: [&str; 2] = ["SENDGATE_CONFIG", "SENDGATE_ENDPOINT"];

/// Puts what the environment says over the tree.
pub(super) fn overlay_environment(root: &mut Node, environment: &BTreeMap<String, String>, report: &Report) {
    let variables: Vec<(String, &Setting)> =
        table::settings().filter_map(|setting| Some((setting.variable()?, setting))).collect();
    // In the table's order a map comes before its parts, so that a part given alone wins over it.
    for (variable, setting) in &variables {
        // An empty variable is how deployment templates write one that is not given.
        if let Some(text) = environment.get(variable).filter(|text| !text.is_empty()) {
            let origin = Origin::Environment(variable.as_str().into());
            overlay(root, setting, text, &origin, report);
        }
    }
    for (name, text) in environment.iter().filter(|(name, _)| name.starts_with(PREFIX)) {
        let known = variables.iter().any(|(variable, _)| variable == name);
        if known || OTHER_VARIABLES.contains(&name.as_str()) || is_of_kubernetes(name, text) {
            continue;
        }
        let suggestion = nearest(name, variables.iter().map(|(variable, _)| variable.as_str()))
            .map(|variable| format!("; did you mean `{variable}`?"))
            .unwrap_or_default();
        let wrong = Wrong::new(
            format!("belongs to no setting{suggestion}"),
            "`SENDGATE_` and the path of a setting in capitals, `_` for `.`",
        );
        report.add(&Origin::Environment(name.as_str().into()), "", wrong);
    }
}

/// Puts what the command line says over the tree.
pub(super) fn overlay_flags(root: &mut Node, flags: &[(&str, String)], report: &Report) {
    for (path, text) in flags {
        match table::find(path) {
            Some(setting) => overlay(root, setting, text, &Origin::CommandLine, report),
            None => report.add(
                &Origin::CommandLine,
                path,
                Wrong::new("is not a setting", "the path of a setting outside lists"),
            ),
        }
    }
}

fn overlay(root: &mut Node, setting: &Setting, text: &str, origin: &Origin, report: &Report) {
    let node = |value| Node { value, origin: origin.clone() };
    let leaf = if setting.kind.is_inline_yaml() {
        match parse_inline(text, origin) {
            Ok(parsed) if matches!(parsed.value, Value::List(_) | Value::Map(_)) => parsed,
            // One value where a list may stand is a list of it; as it was written, since an id or a secret of
            // digits is text.
            Ok(_) if setting.kind != Kind::Map => node(Value::List(vec![node(Value::Text(text.to_owned()))])),
            Ok(parsed) => parsed,
            Err(wrong) => return report.add(origin, setting.path, wrong),
        }
    } else {
        node(Value::Text(text.to_owned()))
    };
    put(root, "", setting.path, leaf, report);
}

/// Puts a value at a path below a node, which has the path `at` itself.
fn put(node: &mut Node, at: &str, below: &str, leaf: Node, report: &Report) {
    let (key, inner) = below.split_once('.').map_or((below, None), |(key, inner)| (key, Some(inner)));
    let mut fields = match std::mem::replace(&mut node.value, Value::Null) {
        Value::Map(fields) => fields,
        other => {
            if other != Value::Null && !values::is_none_word(&other) {
                let known = values::one_of(table::known_keys(at));
                let wrong = Wrong::new(format!("is {}", values::shape(&other)), format!("a map of {known}"));
                report.add(&node.origin, at, wrong);
            }
            node.origin = leaf.origin.clone();
            Vec::new()
        }
    };
    let given = fields.iter().position(|(name, _)| name == key).map(|at| fields.remove(at).1);
    let child = match inner {
        None => leaf,
        Some(inner) => {
            let path = if at.is_empty() { key.to_owned() } else { format!("{at}.{key}") };
            let mut child = given.unwrap_or_else(|| Node { value: Value::Null, origin: leaf.origin.clone() });
            put(&mut child, &path, inner, leaf, report);
            child
        }
    };
    // In front, so that a duplicate in the file is the one that is reported.
    fields.insert(0, (key.to_owned(), child));
    node.value = Value::Map(fields);
}

/// True for what Kubernetes sets in every pod for a service called `sendgate` or `sendgate-…`; the value of
/// `SENDGATE_PORT` tells its address from somebody's attempt to set a port.
fn is_of_kubernetes(name: &str, value: &str) -> bool {
    let is_url = ["tcp://", "udp://", "sctp://"].iter().any(|scheme| value.starts_with(scheme));
    if name.ends_with("_SERVICE_HOST") || name.contains("_SERVICE_PORT") {
        return true;
    }
    if name.ends_with("_PORT") && is_url {
        return true;
    }
    let Some((_, rest)) = name.split_once("_PORT_") else { return false };
    let mut parts = rest.split('_');
    let port = parts.next().is_some_and(|port| port.parse::<u16>().is_ok());
    let protocol = parts.next().is_some_and(|protocol| matches!(protocol, "TCP" | "UDP" | "SCTP"));
    let detail = parts.next().is_none_or(|detail| matches!(detail, "PROTO" | "PORT" | "ADDR"));
    port && protocol && detail && parts.next().is_none()
}

/// The user's data directory, as the XDG base directory specification has it; relative ones do not count.
pub(super) fn data_directory(environment: &BTreeMap<String, String>) -> Option<std::path::PathBuf> {
    let directory = |name: &str| {
        let path = std::path::PathBuf::from(environment.get(name)?);
        path.is_absolute().then_some(path)
    };
    directory("XDG_DATA_HOME").or_else(|| Some(directory("HOME")?.join(".local/share")))
}

/// The origin of what the environment as a whole lacks.
pub(super) fn home() -> Origin {
    Origin::Environment(Arc::from("HOME"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kubernetes_service_variables_are_told_from_mistakes() {
        for (name, value) in [
            ("SENDGATE_SERVICE_HOST", "10.0.0.1"),
            ("SENDGATE_SERVICE_PORT", "7070"),
            ("SENDGATE_SERVICE_PORT_GRPC", "7070"),
            ("SENDGATE_PORT", "tcp://10.0.0.1:7070"),
            ("SENDGATE_PORT_7070_TCP", "tcp://10.0.0.1:7070"),
            ("SENDGATE_PORT_7070_TCP_PROTO", "tcp"),
            ("SENDGATE_PORT_7070_TCP_PORT", "7070"),
            ("SENDGATE_PORT_7070_TCP_ADDR", "10.0.0.1"),
            ("SENDGATE_METRICS_SERVICE_HOST", "10.0.0.2"),
            ("SENDGATE_METRICS_PORT_9090_UDP_ADDR", "10.0.0.2"),
        ] {
            assert!(is_of_kubernetes(name, value), "{name}");
        }
        for (name, value) in [
            ("SENDGATE_PORT", "7070"),
            ("SENDGATE_HTTP_PORT", "7071"),
            ("SENDGATE_PORT_GRPC", "7070"),
            ("SENDGATE_PORT_7070_TLS", "x"),
            ("SENDGATE_PORT_7070_TCP_ADDR_X", "x"),
        ] {
            assert!(!is_of_kubernetes(name, value), "{name}");
        }
    }

    #[test]
    fn a_relative_data_directory_does_not_count() {
        let environment = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        assert_eq!(data_directory(&environment(&[])), None);
        assert_eq!(
            data_directory(&environment(&[("HOME", "/h")])).unwrap(),
            std::path::Path::new("/h/.local/share")
        );
        let both = environment(&[("HOME", "/h"), ("XDG_DATA_HOME", "data")]);
        assert_eq!(data_directory(&both).unwrap(), std::path::Path::new("/h/.local/share"));
    }
}
