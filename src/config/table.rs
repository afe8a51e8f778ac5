//! Every setting, once: its path, its kind, its default, and why. Names of environment variables, the detection of
//! unknown keys and the README's table come from here; a test compares the defaults with those of the code.

mod businesses;
mod policy;
mod server;

use std::fmt::Write as _;

/// One setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Its path; `[]` stands for an element of a list.
    pub path: &'static str,
    /// What kind of value it takes.
    pub kind: Kind,
    /// Its default as a file would say it; empty when it has none.
    pub default: &'static str,
    /// What it does, and why the default is what it is.
    pub reason: &'static str,
}

/// The kinds of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `true` or `false`.
    Flag,
    /// A whole number.
    Count,
    /// A number from 0 to 1.
    Ratio,
    /// A size in bytes.
    Bytes,
    /// A length of time.
    Duration,
    /// An instant or a date.
    Time,
    /// A time of day.
    TimeOfDay,
    /// An address and port.
    Address,
    /// A path in the file system.
    Path,
    /// Text.
    Text,
    /// Text that is never shown.
    Secret,
    /// One of some words.
    Word(&'static str),
    /// A list of something.
    List(&'static str),
    /// A map of the settings whose paths begin with its own.
    Map,
}

/// Every setting, in the order of the example file.
pub fn settings() -> impl Iterator<Item = &'static Setting> + Clone {
    [server::SETTINGS, policy::SETTINGS, businesses::SETTINGS].into_iter().flatten()
}

impl Setting {
    /// Its environment variable; elements of lists have none, only the list as a whole.
    #[must_use]
    pub fn variable(&self) -> Option<String> {
        let name = || format!("SENDGATE_{}", self.path.replace('.', "_").to_ascii_uppercase());
        (!self.path.contains("[]")).then(name)
    }
}

impl Kind {
    /// What the README and messages call it.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Flag => "`true` or `false`",
            Self::Count => "whole number",
            Self::Ratio => "number from 0 to 1",
            Self::Bytes => "size, such as `4MiB`",
            Self::Duration => "time with unit, such as `30s`, `24h`, `30d`",
            Self::Time => "RFC 3339 time or date",
            Self::TimeOfDay => "time of day, such as `21:00`",
            Self::Address => "IP address and port",
            Self::Path => "path",
            Self::Text => "text",
            Self::Secret => "secret text",
            Self::Word(words) | Self::List(words) => words,
            Self::Map => "map",
        }
    }

    /// True for kinds that an environment variable gives as inline YAML.
    #[must_use]
    pub const fn is_inline_yaml(self) -> bool {
        matches!(self, Self::List(_) | Self::Map)
    }
}

/// The table of all settings for the README, in Markdown.
#[must_use]
pub fn markdown_table() -> String {
    let mut table = String::from(
        "| Setting | Environment variable | Type | Default | What it does, and why |\n| --- | --- | --- | --- | --- |\n",
    );
    for setting in settings() {
        let variable = setting.variable().map_or_else(|| "–".to_owned(), |name| format!("`{name}`"));
        let default =
            if setting.default.is_empty() { "–".to_owned() } else { format!("`{}`", setting.default) };
        let row = writeln!(
            table,
            "| `{}` | {variable} | {} | {default} | {} |",
            setting.path,
            setting.kind.text(),
            setting.reason
        );
        debug_assert!(row.is_ok(), "writing to a string cannot fail");
    }
    table
}

/// The setting that is not part of a list's elements, by its path.
pub(super) fn find(path: &str) -> Option<&'static Setting> {
    settings().find(|setting| setting.path == path && !path.contains("[]"))
}

/// What may stand in the map at a path.
pub(super) fn known_keys(path: &str) -> Vec<&'static str> {
    let pattern = pattern(path);
    let mut keys: Vec<&'static str> = Vec::new();
    for setting in settings() {
        let below = if pattern.is_empty() {
            Some(setting.path)
        } else {
            setting.path.strip_prefix(pattern.as_str()).and_then(|rest| rest.strip_prefix('.'))
        };
        let key = below.and_then(|below| below.split('.').next()).map(|key| key.trim_end_matches("[]"));
        keys.extend(key.filter(|key| !keys.contains(key)));
    }
    keys
}

/// What the setting at a path takes, in one phrase.
pub(super) fn accepted(path: &str) -> &'static str {
    let pattern = pattern(path);
    settings().find(|setting| setting.path == pattern).map_or("a value", |setting| setting.kind.text())
}

/// The path of the first setting of that name, wherever it is.
pub(super) fn elsewhere(key: &str) -> Option<&'static str> {
    settings().map(|setting| setting.path).find(|path| path.rsplit('.').next() == Some(key))
}

/// A path as the table writes it: without positions in lists, and with the parts that occur at several levels
/// under their first name.
fn pattern(path: &str) -> String {
    let mut pattern = String::with_capacity(path.len());
    for part in path.split_inclusive('[') {
        pattern.push_str(part.trim_start_matches(|c: char| c.is_ascii_digit()));
    }
    for level in ["businesses[].senders[].", "businesses[]."] {
        if let Some(inner) = pattern.strip_prefix(level)
            && (inner.starts_with("policy.") || inner == "policy" || inner.starts_with("keywords["))
        {
            return inner.to_owned();
        }
    }
    pattern
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_path_and_every_variable_is_there_once() {
        let paths: BTreeSet<_> = settings().map(|setting| setting.path).collect();
        assert_eq!(paths.len(), settings().count());
        let named = settings().filter(|setting| setting.variable().is_some());
        let variables: BTreeSet<_> = named.clone().filter_map(Setting::variable).collect();
        assert_eq!(variables.len(), named.count());
    }

    #[test]
    fn policy_is_the_same_at_every_level() {
        let top = known_keys("policy");
        assert!(top.contains(&"reply_after_opt_out") && top.contains(&"quiet_hours"));
        assert_eq!(known_keys("businesses[3].policy"), top);
        assert_eq!(known_keys("businesses[3].senders[12].policy"), top);
        assert_eq!(known_keys("businesses[0].senders[1].keywords[2]"), ["language", "operation", "text"]);
        assert_eq!(known_keys("businesses[0].senders[1]"), ["id", "number", "account", "policy", "keywords"]);
    }

    #[test]
    fn the_readme_table_has_a_row_for_every_setting() {
        let table = markdown_table();
        assert_eq!(table.lines().count(), settings().count() + 2);
        assert!(
            table.contains(
                "| `grpc.listen` | `SENDGATE_GRPC_LISTEN` | IP address and port | `127.0.0.1:7070` |"
            )
        );
        for line in table.lines() {
            assert_eq!(line.matches('|').count(), 6, "{line}");
        }
    }
}
