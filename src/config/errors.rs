//! What is wrong with a configuration: every mistake, each with where it stands and what would be right.

use std::{cell::RefCell, fmt, sync::Arc};

/// Where a setting was given.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// In the file.
    File {
        /// Its name, as it was given.
        name: Arc<str>,
        /// The line, from 1; 0 for the file as a whole.
        line: u64,
        /// The column, from 1; 0 for the line as a whole.
        column: u64,
    },
    /// In an environment variable.
    Environment(Arc<str>),
    /// On the command line.
    CommandLine,
}

/// One mistake. Its texts never hold the value of a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{origin}: {}{wrong}; accepted: {accepted}", prefix(.path))]
pub struct ConfigError {
    /// Where it was given.
    pub origin: Origin,
    /// The setting, such as `businesses[0].senders[1].number`; empty for a source as a whole.
    pub path: String,
    /// What is wrong.
    pub wrong: String,
    /// What is accepted.
    pub accepted: String,
}

/// Every mistake of a configuration, by source and line; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigErrors(Vec<ConfigError>);

/// Collects mistakes while reading goes on.
#[derive(Debug, Default)]
pub(super) struct Report(RefCell<Vec<ConfigError>>);

/// What is wrong with a value, before it is known where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    /// What is wrong.
    pub(super) wrong: String,
    /// What is accepted.
    pub(super) accepted: String,
}

impl ConfigErrors {
    /// The mistakes.
    pub fn iter(&self) -> impl Iterator<Item = &ConfigError> {
        self.0.iter()
    }
}

impl Report {
    /// Notes a mistake; one that several senders inherit is noted once.
    pub(super) fn add(&self, origin: &Origin, path: &str, wrong: Wrong) {
        let error = ConfigError {
            origin: origin.clone(),
            path: path.to_owned(),
            wrong: wrong.wrong,
            accepted: wrong.accepted,
        };
        let mut errors = self.0.borrow_mut();
        if !errors.contains(&error) {
            errors.push(error);
        }
    }

    /// The value, unless there were mistakes.
    pub(super) fn finish<T>(self, value: Option<T>) -> Result<T, ConfigErrors> {
        let mut errors = self.0.into_inner();
        errors.sort_by(|a, b| a.origin.cmp(&b.origin));
        match value {
            Some(value) if errors.is_empty() => Ok(value),
            Some(_) | None => Err(ConfigErrors(errors)),
        }
    }
}

impl Wrong {
    /// What is wrong, and what is accepted.
    pub(super) fn new(wrong: impl Into<String>, accepted: impl Into<String>) -> Self {
        Self { wrong: wrong.into(), accepted: accepted.into() }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { name, line: 0, .. } => write!(f, "{name}"),
            Self::File { name, line, column: 0 } => write!(f, "{name}:{line}"),
            Self::File { name, line, column } => write!(f, "{name}:{line}:{column}"),
            Self::Environment(name) => write!(f, "environment variable {name}"),
            Self::CommandLine => f.write_str("command line"),
        }
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.0.len();
        let noun = if count == 1 { "mistake" } else { "mistakes" };
        write!(f, "{count} {noun} in the configuration")?;
        self.0.iter().try_for_each(|error| write!(f, "\n  {error}"))
    }
}

impl std::error::Error for ConfigErrors {}

fn prefix(path: &str) -> String {
    if path.is_empty() { String::new() } else { format!("{path}: ") }
}
