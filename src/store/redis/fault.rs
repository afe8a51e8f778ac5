//! What a failure of Redis means: the one place that reads its errors.

use redis::{ErrorKind, RedisError, ServerErrorKind};

use crate::store::StoreError;

/// What our own scripts answer about what they cannot read.
const CORRUPT: &str = "SGCORRUPT";

/// Why a command has no answer.
#[derive(Debug)]
pub(super) enum Failed {
    /// It was not sent.
    NotConnected(String),
    /// It was, or may have been.
    Redis(RedisError),
}

impl Failed {
    pub(super) fn of_read(&self) -> StoreError {
        match self {
            Self::NotConnected(why) => StoreError::Unavailable(why.clone()),
            Self::Redis(error) => of_read(error),
        }
    }

    pub(super) fn of_write(&self) -> StoreError {
        match self {
            Self::NotConnected(why) => StoreError::Unavailable(why.clone()),
            Self::Redis(error) => of_write(error),
        }
    }

    pub(super) fn is_no_script(&self) -> bool {
        matches!(self, Self::Redis(error) if is_no_script(error))
    }
}

const LACKS_PERMISSION: &str =
    "the Redis user lacks a permission; docs/redis.md has the commands and keys it needs";

/// A read failed.
pub(super) fn of_read(error: &RedisError) -> StoreError {
    if is_corrupt(error) { corrupt(error) } else { StoreError::Unavailable(plain(error)) }
}

/// A write failed; it may have happened unless the server said no, or was never asked.
pub(super) fn of_write(error: &RedisError) -> StoreError {
    match error.kind() {
        _ if is_corrupt(error) => corrupt(error),
        ErrorKind::Server(_) | ErrorKind::Extension | ErrorKind::AuthenticationFailed => {
            StoreError::Unavailable(plain(error))
        }
        _ if error.is_connection_refusal() => StoreError::Unavailable(plain(error)),
        _ => StoreError::UnknownOutcome,
    }
}

/// An answer that is none Redis gives to what was asked.
pub(super) fn senseless(what: &str) -> StoreError {
    StoreError::Corrupt(format!("Redis answered with something that is no {what}"))
}

/// True when only another connection helps: this one is gone, or leads to a server that is no master any more.
pub(super) fn needs_another_connection(error: &RedisError) -> bool {
    error.is_unrecoverable_error() || matches!(code_of(error), Some("READONLY" | "MASTERDOWN"))
}

/// True when a server said it, and not the client for want of an answer: then something lives there.
pub(super) fn is_reply(error: &RedisError) -> bool {
    !matches!(error.kind(), ErrorKind::Io | ErrorKind::Client | ErrorKind::ClusterConnectionNotFound)
}

/// True when the server does not know a script.
pub(super) fn is_no_script(error: &RedisError) -> bool {
    error.kind() == ErrorKind::Server(ServerErrorKind::NoScript)
}

/// The code of an error. Before Redis 7 that of a command in a script stands at the end of the text:
/// `Error running script (call to f_…): @user_script:88: @user_script: 88: -OOM command not allowed …`.
fn code_of(error: &RedisError) -> Option<&str> {
    let of_script = error.detail().and_then(|text| {
        let (_, place) = text.strip_prefix("Error running script")?.rsplit_once("@user_script:")?;
        let (_, reason) = place.trim_start().split_once(": ")?;
        let code = reason.trim_start_matches('-').split(' ').next()?;
        code.bytes().all(|byte| byte.is_ascii_uppercase()).then_some(code)
    });
    of_script.or_else(|| error.code())
}

fn is_corrupt(error: &RedisError) -> bool {
    matches!(code_of(error), Some(CORRUPT | "WRONGTYPE"))
        || matches!(error.kind(), ErrorKind::Parse | ErrorKind::UnexpectedReturnType)
}

fn corrupt(error: &RedisError) -> StoreError {
    let what = match code_of(error) {
        Some("WRONGTYPE") => "a key is of another type than sendgate stores there; is the prefix shared?",
        Some(_) => error.detail().unwrap_or("a key makes no sense"),
        None => "Redis answered with something that is no reply",
    };
    StoreError::Corrupt(what.to_owned())
}

/// The error in plain words. Server texts name commands and addresses, never arguments, so that they hold no one's data.
pub(super) fn plain(error: &RedisError) -> String {
    if error.is_timeout() {
        return "Redis did not answer in time".to_owned();
    }
    // What a script is refused comes without a code of its own.
    let refused = error.detail().is_some_and(|text| text.contains("The user executing the script can't"));
    let hint = match code_of(error) {
        _ if refused => LACKS_PERMISSION,
        Some("NOAUTH") => "Redis wants a password; give one in `store.url`",
        Some("WRONGPASS") => "Redis refuses the user or password of `store.url`",
        Some("NOPERM") => LACKS_PERMISSION,
        Some("OOM") => "Redis is out of memory (`maxmemory`) and takes no writes",
        Some("READONLY") => "this Redis is a read-only replica",
        Some("LOADING") => "Redis is loading its data",
        Some("MISCONF") => "Redis cannot save to disk and takes no writes",
        Some("CLUSTERDOWN") => "the Redis cluster is down",
        Some("MASTERDOWN") => "this Redis has lost its master",
        Some("NOREPLICAS") => "Redis has too few replicas and takes no writes",
        Some("BUSY") => "Redis is busy with a script",
        _ => "",
    };
    match (hint, error.kind()) {
        ("", ErrorKind::RESP3NotSupported) => {
            "this Redis does not speak RESP3; version 6.2 or newer is needed".to_owned()
        }
        ("", ErrorKind::AuthenticationFailed) => {
            "Redis refuses the user or password of `store.url`".to_owned()
        }
        ("", _) => format!("Redis: {error}"),
        (hint, _) => hint.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    fn server(text: &str) -> RedisError {
        let (code, detail) = text.split_once(' ').unwrap();
        redis::make_extension_error(code.to_owned(), Some(detail.to_owned()))
    }

    #[test]
    fn what_cannot_be_read_is_corrupt_and_left_alone() {
        for text in ["WRONGTYPE Operation against a key", "SGCORRUPT a contact has no version"] {
            assert!(matches!(of_read(&server(text)), StoreError::Corrupt(_)), "{text}");
            assert!(matches!(of_write(&server(text)), StoreError::Corrupt(_)), "{text}");
        }
    }

    #[test]
    fn only_what_a_server_said_is_a_sign_of_life() {
        assert!(is_reply(&server("CLUSTERDOWN The cluster is down")) && is_reply(&server("NOPERM no")));
        for kind in [io::ErrorKind::TimedOut, io::ErrorKind::BrokenPipe, io::ErrorKind::ConnectionRefused] {
            assert!(!is_reply(&io::Error::from(kind).into()), "{kind}");
        }
        assert!(!is_reply(&(ErrorKind::ClusterConnectionNotFound, "no node").into()));
    }

    #[test]
    fn what_a_command_in_a_script_was_refused_is_read_as_older_servers_tell_it() {
        let told = |reason: &str| {
            server(&format!(
                "ERR Error running script (call to f_07): @user_script:88: @user_script: 88: {reason}"
            ))
        };
        assert!(
            plain(&told("-OOM command not allowed when used memory > 'maxmemory'."))
                .contains("out of memory")
        );
        assert!(plain(&told("-NOREPLICAS Not enough good replicas to write.")).contains("too few replicas"));
        assert!(needs_another_connection(&told("-READONLY You can't write against a read only replica.")));
        let wrong = server(
            "ERR Error running script (call to f_07): @user_script:22: WRONGTYPE Operation against a key",
        );
        assert!(matches!(of_write(&wrong), StoreError::Corrupt(_)));
        assert_eq!(code_of(&server("ERR unknown command")), Some("ERR"));
        assert_eq!(code_of(&told("bad argument #1 to 'tonumber'")), Some("ERR"));
    }

    #[test]
    fn a_write_the_server_refused_did_not_happen() {
        for text in
            ["OOM command not allowed", "MISCONF Redis is", "NOPERM this user", "NOREPLICAS Not enough"]
        {
            assert!(matches!(of_write(&server(text)), StoreError::Unavailable(_)), "{text}");
        }
    }

    #[test]
    fn a_write_without_an_answer_may_have_happened() {
        for kind in [io::ErrorKind::TimedOut, io::ErrorKind::BrokenPipe, io::ErrorKind::ConnectionReset] {
            let error = RedisError::from(io::Error::from(kind));
            assert_eq!(of_write(&error), StoreError::UnknownOutcome, "{kind:?}");
            assert!(matches!(of_read(&error), StoreError::Unavailable(_)), "{kind:?}");
        }
        let refused = RedisError::from(io::Error::from(io::ErrorKind::ConnectionRefused));
        assert!(matches!(of_write(&refused), StoreError::Unavailable(_)));
    }
}
