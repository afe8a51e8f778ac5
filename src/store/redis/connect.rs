//! Making connections: to a server, to the master that Sentinel names, to a cluster.

use std::{collections::BTreeMap, fmt, time::Duration};

use futures_util::stream::{FuturesUnordered, StreamExt as _};
use redis::{
    AsyncConnectionConfig, Client, ClientTlsConfig, ConnectionAddr, ConnectionInfo, ErrorKind, InfoDict,
    PushInfo, RedisError, Role, TlsCertificates,
    aio::{MultiplexedConnection, SendError},
    cluster::ClusterClientBuilder,
};
use tokio::time::timeout;

use super::{
    fault,
    link::Wire,
    target::{self, Shape, Target},
};

/// Commands of ours that may be on their way at once on one connection; further ones wait within their own time.
const PIPELINE: usize = 4096;

/// Files of the TLS to Redis, as read.
#[derive(Clone, Default)]
pub struct RedisTls {
    /// The authority that signs the servers' certificates; the system's when there is none.
    pub ca: Option<Vec<u8>>,
    /// Our certificate and its key.
    pub identity: Option<(Vec<u8>, Vec<u8>)>,
}

/// Makes connections.
pub(super) struct Connector {
    target: Target,
    tls: Option<TlsCertificates>,
    connect: Duration,
    response: Duration,
}

impl Connector {
    pub(super) fn new(target: Target, tls: Option<RedisTls>, connect: Duration, response: Duration) -> Self {
        let tls = tls.map(|tls| TlsCertificates {
            client_tls: tls
                .identity
                .map(|(client_cert, client_key)| ClientTlsConfig { client_cert, client_key }),
            root_cert: tls.ca,
        });
        Self { target, tls, connect, response }
    }

    pub(super) const fn is_sentinel(&self) -> bool {
        matches!(self.target.0, Shape::Sentinel { .. })
    }

    /// Some node of a cluster, whose login and TLS are those of all.
    pub(super) fn any_node(&self) -> Option<ConnectionInfo> {
        match &self.target.0 {
            Shape::Cluster(nodes) => nodes.first().cloned(),
            Shape::One(_) | Shape::Sentinel { .. } => None,
        }
    }

    /// A connection for commands, which tells when it has ended; and where it leads, where that may change.
    pub(super) async fn commands<F>(&self, pushed: F) -> Result<(Wire, Option<String>), String>
    where
        F: Fn(PushInfo) -> Result<(), SendError> + Send + Sync + 'static,
    {
        match &self.target.0 {
            Shape::Cluster(nodes) => Ok((Wire::Cluster(self.cluster(nodes).await?), None)),
            Shape::One(info) => {
                let mut connection = self.to_master(info, Some(pushed)).await?;
                let place = self.place(info, &mut connection).await?;
                Ok((Wire::One(connection), place))
            }
            Shape::Sentinel { .. } => {
                let (connection, place) = self.to_named_master(Some(pushed)).await?;
                Ok((Wire::One(connection), Some(place)))
            }
        }
    }

    /// A connection to the master that Sentinel names, and where that is. Named once more when it stands: making it takes
    /// time, and a master that was replaced meanwhile goes on as if nothing had happened.
    async fn to_named_master<F>(&self, pushed: Option<F>) -> Result<(MultiplexedConnection, String), String>
    where
        F: Fn(PushInfo) -> Result<(), SendError> + Send + Sync + 'static,
    {
        let master = self.master().await?;
        let connection = self.to_master(&master, pushed).await?;
        if self.master().await?.addr() != master.addr() {
            return Err("Sentinel names another master by now".to_owned());
        }
        Ok((connection, master.addr().to_string()))
    }

    /// Where a connection leads: with Sentinel to an address. Else one address may lead to another server than before, a name
    /// or a virtual IP; then it is what the server calls itself, where the user may ask for that.
    pub(super) async fn place(
        &self,
        info: &ConnectionInfo,
        connection: &mut MultiplexedConnection,
    ) -> Result<Option<String>, String> {
        if self.is_sentinel() {
            return Ok(Some(info.addr().to_string()));
        }
        let mut cmd = redis::cmd("INFO");
        cmd.arg("server");
        match timeout(self.connect, cmd.query_async::<InfoDict>(connection)).await {
            Ok(Ok(told)) => Ok(told.get("run_id")),
            Ok(Err(error)) if matches!(error.kind(), ErrorKind::Server(_) | ErrorKind::Extension) => Ok(None),
            Ok(Err(error)) => Err(fault::plain(&error)),
            Err(_) => Err("it did not answer in time".to_owned()),
        }
    }

    /// Where the master is now.
    pub(super) async fn master(&self) -> Result<ConnectionInfo, String> {
        match &self.target.0 {
            Shape::One(info) => Ok(info.clone()),
            Shape::Cluster(_) => Err("a cluster has no single master".to_owned()),
            Shape::Sentinel { sentinels, master, login, tls } => {
                let (host, port) = self.ask_sentinels(sentinels, master).await?;
                let like = sentinels.first().ok_or("no sentinels are named")?.clone();
                let info = target::at(&like, &host, port).set_redis_settings(login.clone());
                debug_assert_eq!(*tls, matches!(info.addr(), ConnectionAddr::TcpTls { .. }));
                Ok(info)
            }
        }
    }

    /// Where most of the sentinels say that the master is. One alone may be cut off from the others, together with a master
    /// that was replaced long ago.
    async fn ask_sentinels(&self, sentinels: &[ConnectionInfo], name: &str) -> Result<(String, u16), String> {
        let mut why = String::new();
        let mut votes = BTreeMap::<(String, u16), usize>::new();
        let all = sentinels.len();
        let mut answers: FuturesUnordered<_> =
            sentinels.iter().map(|sentinel| self.ask_sentinel(sentinel, name)).collect();
        // One that says nothing holds up nobody.
        while let Some(answer) = answers.next().await {
            match answer {
                Ok(found) => {
                    let votes = votes.entry(found.clone()).or_default();
                    *votes += 1;
                    if *votes * 2 > all {
                        return Ok(found);
                    }
                }
                Err(error) => why = error,
            }
        }
        if votes.len() > 1 {
            why.insert_str(0, "they name different ones; ");
        }
        Err(format!("of {all} sentinels no majority tells where the master is: {why}"))
    }

    async fn ask_sentinel(&self, sentinel: &ConnectionInfo, name: &str) -> Result<(String, u16), String> {
        let asked = async {
            let mut connection = self.plain(sentinel, None::<fn(PushInfo) -> Result<(), SendError>>).await?;
            let mut ask = redis::cmd("SENTINEL");
            ask.arg("get-master-addr-by-name").arg(name);
            ask.query_async::<Option<(String, u16)>>(&mut connection).await
        };
        match timeout(self.connect, asked).await {
            Ok(Ok(Some(found))) => Ok(found),
            Ok(Ok(None)) => Err(format!("a sentinel knows no master `{name}`")),
            Ok(Err(error)) => Err(fault::plain(&error)),
            Err(_) => Err("a sentinel did not answer in time".to_owned()),
        }
    }

    /// A plain connection to a server that says it is a master.
    pub(super) async fn to_master<F>(
        &self,
        info: &ConnectionInfo,
        pushed: Option<F>,
    ) -> Result<MultiplexedConnection, String>
    where
        F: Fn(PushInfo) -> Result<(), SendError> + Send + Sync + 'static,
    {
        let connecting = async {
            let mut connection = self.plain(info, pushed).await.map_err(|error| fault::plain(&error))?;
            let role: Result<Role, RedisError> = redis::cmd("ROLE").query_async(&mut connection).await;
            match role {
                Ok(Role::Primary { .. }) => Ok(connection),
                Ok(_) => Err("it is a replica".to_owned()),
                Err(error) => Err(fault::plain(&error)),
            }
        };
        timeout(self.connect, connecting)
            .await
            .unwrap_or_else(|_| Err("it did not answer in time".to_owned()))
    }

    async fn plain<F>(
        &self,
        info: &ConnectionInfo,
        pushed: Option<F>,
    ) -> Result<MultiplexedConnection, RedisError>
    where
        F: Fn(PushInfo) -> Result<(), SendError> + Send + Sync + 'static,
    {
        let tls = matches!(info.addr(), ConnectionAddr::TcpTls { .. });
        let client = match &self.tls {
            Some(certificates) if tls => Client::build_with_tls(info.clone(), certificates.clone())?,
            _ => Client::open(info.clone())?,
        };
        let mut config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(self.connect))
            .set_response_timeout(Some(self.response))
            .set_pipeline_buffer_size(PIPELINE);
        if let Some(pushed) = pushed {
            config = config.set_push_sender(pushed);
        }
        client.get_multiplexed_async_connection_with_config(&config).await
    }

    async fn cluster(
        &self,
        nodes: &[ConnectionInfo],
    ) -> Result<redis::cluster_async::ClusterConnection, String> {
        let first = nodes.first().ok_or("no nodes are named")?;
        let mut builder = ClusterClientBuilder::new(nodes.to_vec())
            .use_protocol(redis::ProtocolVersion::RESP3)
            .tcp_settings(target::tcp())
            .connection_timeout(self.connect)
            .response_timeout(self.response)
            // Asked again elsewhere when slots move; the outer time of every call still holds.
            .retries(4)
            .min_retry_wait(10)
            .max_retry_wait(200);
        let login = first.redis_settings();
        if let Some(user) = login.username() {
            builder = builder.username(user);
        }
        if let Some(password) = login.password() {
            builder = builder.password(password);
        }
        if let Some(certificates) = &self.tls {
            builder = builder.certs(certificates.clone());
        }
        let connecting = async { builder.build()?.get_async_connection().await };
        match timeout(self.connect, connecting).await {
            Ok(Ok(connection)) => Ok(connection),
            Ok(Err(error)) => Err(fault::plain(&error)),
            Err(_) => Err("it did not answer in time".to_owned()),
        }
    }
}

/// Names the place without its login.
impl fmt::Display for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.target.0 {
            Shape::One(info) => write!(f, "{}", info.addr()),
            Shape::Sentinel { master, .. } => write!(f, "master {master} by Sentinel"),
            Shape::Cluster(nodes) => match nodes.first() {
                Some(first) => write!(f, "cluster of {}", first.addr()),
                None => f.write_str("cluster"),
            },
        }
    }
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Connector({self})")
    }
}

impl fmt::Debug for RedisTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let RedisTls { ca, identity } = self;
        write!(f, "RedisTls {{ ca: {}, identity: {} }}", ca.is_some(), identity.is_some())
    }
}
