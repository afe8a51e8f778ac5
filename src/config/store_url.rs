//! Where the state is kept.

use std::path::PathBuf;

use super::{Secret, errors::Wrong, tree::Value, values};

const ACCEPTED: &str = "`memory:`, `file:PATH`";
const REDIS_SCHEMES: [&str; 4] = ["redis", "rediss", "redis+cluster", "redis+sentinel"];

/// Where the state is kept.
#[derive(Clone, Debug)]
pub enum StoreUrl {
    /// `memory:` Gone with the process: for trying out and for tests.
    Memory,
    /// `file:PATH` Durable, for one process.
    File(PathBuf),
    /// `redis://…`, `rediss://…`, `redis+cluster://…`, `redis+sentinel://…` For several sidecars. A secret, since such
    /// URLs carry passwords.
    Redis(Secret<String>),
}

impl StoreUrl {
    /// Reads a URL; nothing when it has none of the forms.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (scheme, rest) = text.split_once(':')?;
        match scheme {
            "memory" => rest.is_empty().then_some(Self::Memory),
            "file" => values::path(&Value::Text(rest.to_owned())).ok().map(Self::File),
            _ if REDIS_SCHEMES.contains(&scheme) && rest.starts_with("//") => {
                Some(Self::Redis(Secret::new(text.to_owned())))
            }
            _ => None,
        }
    }
}

/// Reads the store of this version. Messages show the scheme at most, since the rest may hold a password.
pub(super) fn store_url(value: &Value) -> Result<StoreUrl, Wrong> {
    let Value::Text(text) = value else {
        return Err(Wrong::new(format!("is {}", values::shown(value)), ACCEPTED));
    };
    match StoreUrl::parse(text) {
        Some(StoreUrl::Redis(_)) => {
            Err(Wrong::new("is a Redis URL, not supported by this version", ACCEPTED))
        }
        Some(url) => Ok(url),
        None if text.trim().starts_with("file:") => {
            Err(Wrong::new("names no file", "`file:` and a path; `~` and variables are not expanded"))
        }
        None => Err(Wrong::new("is not the URL of a store", ACCEPTED)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_known() {
        assert!(matches!(StoreUrl::parse("memory:"), Some(StoreUrl::Memory)));
        assert!(matches!(StoreUrl::parse("file:a/b.redb"), Some(StoreUrl::File(p)) if p.ends_with("b.redb")));
        for text in ["redis://h", "rediss://h:1/0", "redis+cluster://a,b", "redis+sentinel://a/m"] {
            assert!(matches!(StoreUrl::parse(text), Some(StoreUrl::Redis(_))), "{text}");
        }
        for text in ["", "memory", "memory:x", "file:", "file:~/x", "redis:h", "http://h", "/var/x"] {
            assert!(StoreUrl::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn redis_is_refused_without_showing_its_password() {
        for text in ["redis://:hunter2@h", "redis:/:hunter2@h", "hunter2"] {
            let error = store_url(&Value::Text(text.to_owned())).unwrap_err();
            assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
        }
        assert!(!format!("{:?}", StoreUrl::parse("redis://:hunter2@h")).contains("hunter2"));
    }
}
