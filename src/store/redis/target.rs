//! Which Redis: one URL for a single server, a cluster, or a master that Sentinel knows.
//!
//! - `redis://[USER:PASSWORD@]HOST[:PORT][/DATABASE]`, `rediss://…` with TLS, `redis+unix:///PATH` over a socket
//! - `redis+sentinel://[USER:PASSWORD@]HOST[:PORT],HOST[:PORT]/MASTER[/DATABASE]`, `rediss+sentinel://…`
//! - `redis+cluster://[USER:PASSWORD@]HOST[:PORT],HOST[:PORT]`, `rediss+cluster://…`

use redis::{
    ConnectionAddr, ConnectionInfo, IntoConnectionInfo as _, ProtocolVersion, RedisConnectionInfo,
    io::tcp::TcpSettings,
};

/// What stands for the port of a URL without one.
const PORT: u16 = 6379;
const SENTINEL_PORT: u16 = 26379;

/// How long unacknowledged data may be on its way before the system gives a connection up.
const USER_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(5);

/// Which Redis.
#[derive(Clone, Debug)]
pub struct Target(pub(super) Shape);

#[derive(Clone, Debug)]
pub(super) enum Shape {
    /// One server.
    One(ConnectionInfo),
    /// The master that some sentinels know under a name.
    Sentinel {
        sentinels: Vec<ConnectionInfo>,
        master: String,
        /// How to log in to the master, wherever it is.
        login: RedisConnectionInfo,
        tls: bool,
    },
    /// The masters that some nodes know.
    Cluster(Vec<ConnectionInfo>),
}

/// Why a URL is no target. Never shows the URL, which may hold a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct TargetError(&'static str);

impl Target {
    /// Reads a URL.
    ///
    /// # Errors
    /// When it is none of the forms.
    pub fn parse(url: &str) -> Result<Self, TargetError> {
        let (scheme, rest) = url.split_once("://").ok_or(TargetError("has no `://`"))?;
        let (tls, kind) = match scheme {
            "redis" => (false, ""),
            "rediss" => (true, ""),
            "redis+unix" => (false, "unix"),
            "redis+sentinel" => (false, "sentinel"),
            "rediss+sentinel" => (true, "sentinel"),
            "redis+cluster" => (false, "cluster"),
            "rediss+cluster" => (true, "cluster"),
            _ => return Err(TargetError("has an unknown scheme")),
        };
        if rest.contains(['?', '#']) && kind != "unix" {
            return Err(TargetError("has options after `?` or `#`; there are none"));
        }
        let shape = match kind {
            "unix" => Shape::One(info(url)?),
            "sentinel" => sentinel(rest, tls)?,
            "cluster" => {
                let (login, hosts, path) = parts(rest);
                if !path.is_empty() {
                    return Err(TargetError("names a database, and a cluster has only one"));
                }
                Shape::Cluster(hosts_of(login, hosts, "", tls, PORT)?)
            }
            _ => {
                let (login, hosts, path) = parts(rest);
                if hosts.contains(',') {
                    return Err(TargetError(
                        "names several hosts; that is for `redis+sentinel://` and `redis+cluster://`",
                    ));
                }
                let mut one = hosts_of(login, hosts, path, tls, PORT)?;
                Shape::One(one.pop().ok_or(TargetError("names no host"))?)
            }
        };
        Ok(Self(shape))
    }

    /// True for a cluster, where a script reaches one slot only.
    #[must_use]
    pub fn is_cluster(&self) -> bool {
        matches!(self.0, Shape::Cluster(_))
    }

    /// True when connections to it are encrypted.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        match &self.0 {
            Shape::One(info) => matches!(info.addr(), ConnectionAddr::TcpTls { .. }),
            Shape::Sentinel { tls, .. } => *tls,
            Shape::Cluster(nodes) => {
                nodes.iter().any(|node| matches!(node.addr(), ConnectionAddr::TcpTls { .. }))
            }
        }
    }
}

fn sentinel(rest: &str, tls: bool) -> Result<Shape, TargetError> {
    let (login, hosts, path) = parts(rest);
    let (master, database) = path.split_once('/').unwrap_or((path, ""));
    if master.is_empty() {
        return Err(TargetError("names no master: `redis+sentinel://HOST:26379,…/MASTER`"));
    }
    // The login is the master's; sentinels are asked without one.
    let sentinels = hosts_of("", hosts, "", tls, SENTINEL_PORT)?;
    let login = hosts_of(login, "localhost", database, tls, PORT)?.pop();
    let login = login.ok_or(TargetError("names no host"))?.redis_settings().clone();
    Ok(Shape::Sentinel { sentinels, master: master.to_owned(), login, tls })
}

/// Login, hosts and path of what follows the scheme.
fn parts(rest: &str) -> (&str, &str, &str) {
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let (login, hosts) = authority.rsplit_once('@').unwrap_or(("", authority));
    (login, hosts, path.trim_end_matches('/'))
}

fn hosts_of(
    login: &str,
    hosts: &str,
    database: &str,
    tls: bool,
    port: u16,
) -> Result<Vec<ConnectionInfo>, TargetError> {
    let scheme = if tls { "rediss" } else { "redis" };
    let at = if login.is_empty() { "" } else { "@" };
    let each = hosts.split(',').map(|host| {
        let host = host.trim();
        if host.is_empty() {
            return Err(TargetError("names no host"));
        }
        // An IPv6 address stands in brackets; a colon after them, or the only one, begins a port.
        let has_port = host.rsplit_once(']').map_or(host, |(_, after)| after).contains(':');
        let port = if has_port { String::new() } else { format!(":{port}") };
        info(&format!("{scheme}://{login}{at}{host}{port}/{database}"))
    });
    each.collect()
}

fn info(url: &str) -> Result<ConnectionInfo, TargetError> {
    let wrong =
        TargetError("is not of the form USER:PASSWORD@HOST:PORT/DATABASE, with `%` escapes in the password");
    let info = url.into_connection_info().map_err(|_| wrong)?;
    let login = speaking(info.redis_settings().clone());
    Ok(info.set_redis_settings(login).set_tcp_settings(tcp()))
}

/// Invalidation comes as pushes, which only RESP3 has. Without a name for the library: to give one is a command more that a
/// user would have to be permitted, and newer servers keep a log of what is not.
pub(super) fn speaking(login: RedisConnectionInfo) -> RedisConnectionInfo {
    login.set_protocol(ProtocolVersion::RESP3).set_skip_set_lib_name()
}

/// The library leaves Nagle's algorithm on, which holds small writes back until earlier ones are acknowledged.
pub(super) fn tcp() -> TcpSettings {
    TcpSettings::default().set_nodelay(true).set_user_timeout(USER_TIMEOUT)
}

/// A server by host and port, with the login and TLS of another.
pub(super) fn at(like: &ConnectionInfo, host: &str, port: u16) -> ConnectionInfo {
    let addr = match like.addr() {
        ConnectionAddr::TcpTls { insecure, tls_params, .. } => ConnectionAddr::TcpTls {
            host: host.to_owned(),
            port,
            insecure: *insecure,
            tls_params: tls_params.clone(),
        },
        _ => ConnectionAddr::Tcp(host.to_owned(), port),
    };
    like.clone().set_addr(addr)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(url: &str) -> ConnectionInfo {
        match Target::parse(url).unwrap().0 {
            Shape::One(info) => info,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_single_server_is_read_with_all_its_parts() {
        let info = one("redis://me:p%40ss@[::1]:7000/3");
        assert_eq!(info.addr(), &ConnectionAddr::Tcp("::1".to_owned(), 7000));
        let login = info.redis_settings();
        assert_eq!((login.username(), login.password(), login.db()), (Some("me"), Some("p@ss"), 3));
        assert_eq!(login.protocol(), ProtocolVersion::RESP3);
        assert!(info.tcp_settings().nodelay());
        assert_eq!(one("redis://h").addr(), &ConnectionAddr::Tcp("h".to_owned(), 6379));
        assert!(matches!(one("rediss://h").addr(), ConnectionAddr::TcpTls { insecure: false, .. }));
        assert!(matches!(one("redis+unix:///run/redis.sock").addr(), ConnectionAddr::Unix(_)));
    }

    #[test]
    fn sentinels_are_asked_without_the_login_of_the_master() {
        let Shape::Sentinel { sentinels, master, login, tls } =
            Target::parse("redis+sentinel://:secret@a,b:1/main/2").unwrap().0
        else {
            panic!("no sentinel");
        };
        assert_eq!((master.as_str(), login.password(), login.db(), tls), ("main", Some("secret"), 2, false));
        let addresses: Vec<_> = sentinels.iter().map(|info| info.addr().clone()).collect();
        assert_eq!(addresses, [ConnectionAddr::Tcp("a".into(), 26379), ConnectionAddr::Tcp("b".into(), 1)]);
        assert!(sentinels.iter().all(|info| info.redis_settings().password().is_none()));
    }

    #[test]
    fn a_cluster_has_several_nodes_and_one_login() {
        let Shape::Cluster(nodes) = Target::parse("rediss+cluster://u:p@a:1,b").unwrap().0 else {
            panic!("no cluster");
        };
        assert_eq!(nodes.len(), 2);
        assert!(nodes.iter().all(|node| node.redis_settings().username() == Some("u")));
    }

    #[test]
    fn nothing_that_is_printed_holds_the_password() {
        for url in
            ["redis://:hunter2@h", "rediss+sentinel://u:hunter2@a,b/main", "redis+cluster://:hunter2@a,b"]
        {
            let target = Target::parse(url).unwrap();
            assert!(!format!("{target:?}").contains("hunter2"), "{url}");
            assert_eq!(target.is_tls(), url.starts_with("rediss"), "{url}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_without_the_url() {
        for (url, said) in [
            ("redis:/x", "://"),
            ("http://hunter2@h", "scheme"),
            ("redis://:hunter2@", "no host"),
            ("redis://:hunter2@a,b", "several hosts"),
            ("redis://:hunter2@h/x", "DATABASE"),
            ("redis://:hunter2@h?db=1", "options"),
            ("redis+sentinel://:hunter2@h", "no master"),
            ("redis+cluster://:hunter2@h/1", "only one"),
        ] {
            let error = Target::parse(url).unwrap_err().to_string();
            assert!(error.contains(said) && !error.contains("hunter2"), "{url}: {error}");
        }
    }
}
