//! Where a server is, and how to reach it.

use std::{error::Error, fmt, str::FromStr, time::Duration};

use tonic::transport::{self, Channel};

use super::Failure;

/// A server's address: `http://HOST:PORT` or `unix:PATH`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint(String);

impl Endpoint {
    /// Connects, so that a server that is not there is told apart from one that refuses a call.
    pub(super) async fn connect(&self, timeout: Duration) -> Result<Channel, Failure> {
        let refused = |source: transport::Error| Failure::Unreachable {
            endpoint: self.to_string(),
            why: innermost(&source),
        };
        transport::Endpoint::from_shared(self.0.clone())
            .map_err(refused)?
            .connect_timeout(timeout)
            .connect()
            .await
            .map_err(refused)
    }
}

impl FromStr for Endpoint {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("unix:"));
        if rest.is_none_or(|rest| rest.trim_matches('/').is_empty()) {
            return Err("must be `http://HOST:PORT` or `unix:PATH`".to_owned());
        }
        transport::Endpoint::from_shared(text.to_owned())
            .map(|_| Self(text.to_owned()))
            .map_err(|error| innermost(&error))
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The last cause in a chain: what the operating system said, not "transport error".
fn innermost(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn http_and_unix_endpoints_are_read_and_others_are_told_what_is_accepted() {
        for good in ["http://127.0.0.1:7070", "http://[::1]:7070", "unix:/run/sendgate.sock"] {
            assert_eq!(good.parse::<Endpoint>().unwrap().to_string(), good);
        }
        for bad in ["", "127.0.0.1:7070", "https://a:1", "unix:", "http://", "http:// x"] {
            assert!(bad.parse::<Endpoint>().is_err(), "{bad}");
        }
    }
}
