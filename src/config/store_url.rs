//! Where the state is kept.

use std::path::PathBuf;

use super::{errors::Wrong, tree::Value, values};
use crate::store::redis::Target;

const ACCEPTED: &str = "`memory:`, `file:PATH`, `redis://HOST`, `redis+unix:///PATH`, \
                        `redis+sentinel://HOST,HOST/MASTER` or `redis+cluster://HOST,HOST`; `rediss` for TLS";

/// Where the state is kept.
#[derive(Clone, Debug)]
pub enum StoreUrl {
    /// `memory:` Gone with the process: for trying out and for tests.
    Memory,
    /// `file:PATH` Durable, for one process.
    File(PathBuf),
    /// `redis://…`, `redis+sentinel://…`, `redis+cluster://…` and their kin. For several sidecars.
    Redis(Box<Target>),
}

/// Why a text is no URL of a store. Never shows the text, which may hold a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{wrong}; accepted: {accepted}")]
pub struct StoreUrlError {
    wrong: String,
    accepted: &'static str,
}

impl StoreUrl {
    /// Reads a URL.
    ///
    /// # Errors
    /// When it has none of the forms.
    pub fn parse(text: &str) -> Result<Self, StoreUrlError> {
        let text = text.trim();
        let wrong = |wrong: &str, accepted| StoreUrlError { wrong: wrong.to_owned(), accepted };
        let none = || wrong("is not the URL of a store", ACCEPTED);
        let (scheme, rest) = text.split_once(':').ok_or_else(none)?;
        match scheme {
            "memory" if rest.is_empty() => Ok(Self::Memory),
            "file" => values::path(&Value::Text(rest.to_owned())).map(Self::File).map_err(|_| {
                wrong("names no file", "`file:` and a path; `~` and variables are not expanded")
            }),
            _ if scheme.split('+').next().is_some_and(|scheme| matches!(scheme, "redis" | "rediss")) => {
                let why = |error: crate::store::redis::TargetError| wrong(&error.to_string(), ACCEPTED);
                Target::parse(text).map(Box::new).map(Self::Redis).map_err(why)
            }
            _ => Err(none()),
        }
    }
}

/// Reads the setting.
pub(super) fn store_url(value: &Value) -> Result<StoreUrl, Wrong> {
    let Value::Text(text) = value else {
        return Err(Wrong::new(format!("is {}", values::shown(value)), ACCEPTED));
    };
    StoreUrl::parse(text).map_err(|error| Wrong::new(error.wrong, error.accepted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_known() {
        assert!(matches!(StoreUrl::parse("memory:"), Ok(StoreUrl::Memory)));
        assert!(matches!(StoreUrl::parse("file:a/b.redb"), Ok(StoreUrl::File(p)) if p.ends_with("b.redb")));
        for text in [
            "redis://h",
            "rediss://h:1/0",
            "redis+unix:///run/redis.sock",
            "redis+cluster://a,b",
            "rediss+cluster://u:p@a",
            "redis+sentinel://a/m",
            "rediss+sentinel://a,b/m/2",
        ] {
            assert!(matches!(StoreUrl::parse(text), Ok(StoreUrl::Redis(_))), "{text}");
        }
        for text in
            ["", "memory", "memory:x", "file:", "file:~/x", "redis:h", "redis+x://h", "http://h", "/var/x"]
        {
            assert!(StoreUrl::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn neither_a_mistake_nor_the_settings_show_a_password() {
        for text in
            ["redis://:hunter2@", "redis:/:hunter2@h", "redis://:hunter2@a,b", "hunter2", "x://hunter2"]
        {
            let error = StoreUrl::parse(text).unwrap_err();
            assert!(!format!("{error:?} {error}").contains("hunter2"), "{error:?}");
        }
        assert!(!format!("{:?}", StoreUrl::parse("redis://:hunter2@h")).contains("hunter2"));
    }
}
