//! From settings to a running server, and back down.

use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use tokio::{net::UnixListener, task::JoinHandle};
use tokio_stream::{StreamExt as _, wrappers::UnixListenerStream};
use tokio_util::sync::CancellationToken;
use tonic::{
    service::Routes,
    transport::{Certificate, Identity, Server, ServerTlsConfig, server::TcpIncoming},
};
use tonic_health::server::HealthReporter;
use tower::Layer as _;

use super::{
    guard::{Guard, GuardSettings},
    listen::{self, ListenError},
    open::{OpenStoreError, open_journal, open_store},
    services::{self, Sizes},
    spoken::{Door, Spoken},
};
use crate::{
    cache::Bounds,
    clock::Clock,
    config::{DecisionLogTo, Settings, StoreUrl, Tls, WhileAway},
    decisions::{DecisionLog, Options, Target, policy_version},
    gate::{Gate, GateSettings},
    http::{HttpSettings, Ready},
    metrics::Metrics,
    store::{Store, StoreError, journal::Journal},
    telemetry::traces::Traces,
};

/// Windows that ended are deleted this often, this many at a time; answers never wait for it.
const SWEEP_EVERY: Duration = Duration::from_secs(10);
const SWEEP_MAX: usize = 1000;

/// Connections that say nothing are asked, and dropped when they do not answer.
const KEEPALIVE_EVERY: Duration = Duration::from_secs(60);
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(20);

/// Why a server does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The store cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenStoreError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The doors.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// Certificates.
    #[error("cannot read {0} (`{1}`): {2}")]
    File(PathBuf, &'static str, #[source] std::io::Error),
    /// The decision log.
    #[error("the decision log cannot be begun: {0}")]
    DecisionLog(#[source] std::io::Error),
    /// Traces.
    #[error("`tracing.otlp_endpoint` cannot be used: {0}")]
    Traces(String),
    /// TLS.
    #[error("TLS cannot be set up from `grpc.tls`: {0}")]
    Tls(#[source] tonic::transport::Error),
}

/// A server that runs.
#[derive(Debug)]
pub struct Running {
    /// Where gRPC listens, when on TCP.
    pub grpc: Option<SocketAddr>,
    /// Where HTTP listens.
    pub http: SocketAddr,
    /// The Unix socket, when there is one.
    pub socket: Option<PathBuf>,
    state: State,
    store: Arc<dyn Store>,
    stopping: CancellationToken,
    failed: CancellationToken,
    tasks: Vec<JoinHandle<()>>,
    drain_delay: Duration,
    grace: Duration,
    traces: Option<Traces>,
}

/// Starts a server.
///
/// # Errors
/// When the store cannot be opened or a door cannot be.
pub async fn start(settings: &Settings, clock: Clock) -> Result<Running, StartError> {
    let store = open_store(&settings.store, settings.deadlines.store_write).await?;
    start_with_store(settings, clock, store).await
}

/// Starts a server over a store that is open already, whatever `store.url` says.
///
/// # Errors
/// When the store cannot be read or a door cannot be opened.
pub async fn start_with_store(
    settings: &Settings,
    clock: Clock,
    store: Arc<dyn Store>,
) -> Result<Running, StartError> {
    let metrics = Arc::new(Metrics::new());
    let journal = open_journal(&settings.store).await?;
    let mut gate_settings = gate_settings(settings, journal);
    gate_settings.decision_log = begin_decision_log(settings, &metrics)?.map(Arc::new);
    let gate = Gate::open(Arc::clone(&store), gate_settings, clock, Arc::clone(&metrics)).await?;
    let gate = Arc::new(gate);
    if matches!(settings.store.url, StoreUrl::Redis(_)) {
        metrics.cache.bounded_by(settings.store.trust);
    }
    let stopping = CancellationToken::new();
    // Doors that are open already are closed again when a later one does not open.
    let unfinished = stopping.clone().drop_guard();
    let sizes = Sizes {
        request_bytes: as_size(settings.limits.request_bytes),
        batch_recipients: as_size(settings.limits.batch_recipients),
    };
    let traces = traces(settings)?;
    let guard = Guard::new(guard_settings(settings), &metrics, traces.clone());
    let contract = services::contract(&gate, sizes, &stopping);
    let json = guard.layer(contract.clone());
    let (routes, health) = services::with_health_and_reflection(contract);
    let ready = Ready::default();

    let http_listener = listen::tcp(settings.http.listen, "http.listen").await?;
    let mut running = Running {
        grpc: None,
        http: http_listener.local_addr().unwrap_or(settings.http.listen),
        socket: None,
        state: State { gate: Arc::clone(&gate), health, ready: ready.clone() },
        store,
        stopping: stopping.clone(),
        failed: CancellationToken::new(),
        tasks: Vec::new(),
        drain_delay: settings.shutdown.drain_delay,
        grace: settings.shutdown.grace,
        traces,
    };
    if let Some(address) = settings.grpc.listen {
        running.listen_tcp(settings, address, guard.clone(), routes.clone()).await?;
    }
    if let Some(path) = &settings.grpc.socket {
        let listener = listen::unix(path).await?;
        running.socket = Some(path.clone());
        running.listen_unix(settings, listener, guard, routes);
    }
    let router = crate::http::router(http_settings(settings), gate, json, ready);
    let until = stopping.clone();
    running.supervise("the HTTP port", async move {
        let door = Door { listener: http_listener, stopping: until.clone() };
        let served = axum::serve(door, router).with_graceful_shutdown(until.cancelled_owned()).await;
        if let Err(error) = served {
            tracing::error!(%error, "the HTTP port ended");
        }
    });
    running.sweep();
    running.attend();
    running.state.set_ready(true).await;
    drop(unfinished.disarm());
    Ok(running)
}

/// Where the server says whether it is ready.
#[derive(Clone, Debug)]
struct State {
    gate: Arc<Gate>,
    health: HealthReporter,
    ready: Ready,
}

impl State {
    async fn set_ready(&self, ready: bool) {
        self.ready.set(ready);
        self.gate.metrics().ready.set(i64::from(ready));
        services::set_serving(&self.health, ready).await;
    }
}

impl Running {
    /// The gate behind.
    #[must_use]
    pub const fn gate(&self) -> &Arc<Gate> {
        &self.state.gate
    }

    /// Drains and stops: no longer ready, a pause for load balancers to notice, then what is in progress may finish
    /// within the grace period, then the store is closed.
    pub async fn stop(mut self) {
        self.state.set_ready(false).await;
        tokio::time::sleep(self.drain_delay).await;
        self.stopping.cancel();
        let tasks = std::mem::take(&mut self.tasks);
        let finished = async {
            for task in tasks {
                drop(task.await);
            }
        };
        if tokio::time::timeout(self.grace, finished).await.is_err() {
            tracing::warn!("calls were still in progress at the end of the grace period");
        }
        if let Some(log) = self.state.gate.decision_log() {
            log.flush().await;
        }
        if let Some(traces) = &self.traces {
            traces.flush().await;
        }
        if let Err(error) = self.store.close().await {
            tracing::error!(%error, "the store did not close cleanly; nothing acknowledged is lost");
        }
        if let Some(socket) = &self.socket {
            drop(std::fs::remove_file(socket));
        }
    }

    /// Waits until a part of the server ends by itself, which none should. The server is no longer ready then.
    pub async fn failed(&self) {
        self.failed.cancelled().await;
    }

    /// Runs a part of the server. A listener that is gone while the rest goes on would look ready and answer nobody.
    pub(crate) fn supervise(&mut self, part: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        let (state, failed, stopping) = (self.state.clone(), self.failed.clone(), self.stopping.clone());
        self.tasks.push(tokio::spawn(async move {
            let ended = tokio::spawn(task).await;
            if stopping.is_cancelled() {
                return;
            }
            let panicked = ended.is_err();
            tracing::error!(part, panicked, "a part of the server ended by itself; it is not ready any more");
            state.set_ready(false).await;
            failed.cancel();
        }));
    }

    async fn listen_tcp(
        &mut self,
        settings: &Settings,
        address: SocketAddr,
        guard: Guard,
        routes: Routes,
    ) -> Result<(), StartError> {
        let listener = listen::tcp(address, "grpc.listen").await?;
        self.grpc = listener.local_addr().ok();
        let incoming =
            TcpIncoming::from(listener).with_nodelay(Some(true)).with_keepalive(Some(KEEPALIVE_EVERY));
        let mut builder = server(settings);
        if let Some(tls) = &settings.grpc.tls {
            builder = builder.tls_config(tls_config(tls).await?).map_err(StartError::Tls)?;
        }
        let until = self.stopping.clone();
        self.supervise("the gRPC port", async move {
            let stopping = until.clone();
            let incoming = incoming.map(move |io| io.map(|io| Spoken::new(io, &stopping)));
            let router = builder.layer(guard).add_routes(routes);
            if let Err(error) = router.serve_with_incoming_shutdown(incoming, until.cancelled_owned()).await {
                tracing::error!(%error, "the gRPC port ended");
            }
        });
        Ok(())
    }

    fn listen_unix(&mut self, settings: &Settings, listener: UnixListener, guard: Guard, routes: Routes) {
        let builder = server(settings);
        let until = self.stopping.clone();
        self.supervise("the gRPC socket", async move {
            let stopping = until.clone();
            let incoming =
                UnixListenerStream::new(listener).map(move |io| io.map(|io| Spoken::new(io, &stopping)));
            let router = builder.layer(guard).add_routes(routes);
            if let Err(error) = router.serve_with_incoming_shutdown(incoming, until.cancelled_owned()).await {
                tracing::error!(%error, "the gRPC socket ended");
            }
        });
    }

    /// Takes in what other processes learn, tells whether they are heard, and empties the journal.
    fn attend(&mut self) {
        let (gate, stopping) = (Arc::clone(&self.state.gate), self.stopping.clone());
        self.supervise("the watch over the store", async move {
            tokio::select! {
                () = stopping.cancelled() => {}
                () = gate.attend() => {}
            }
        });
    }

    /// Deletes windows that ended, now and then.
    fn sweep(&mut self) {
        let (gate, stopping) = (Arc::clone(&self.state.gate), self.stopping.clone());
        self.supervise("the sweeper", async move {
            let mut every = tokio::time::interval(SWEEP_EVERY);
            loop {
                tokio::select! {
                    () = stopping.cancelled() => return,
                    _ = every.tick() => {}
                }
                loop {
                    match gate.store().sweep(gate.now(), SWEEP_MAX).await {
                        Ok(deleted) if deleted == SWEEP_MAX && !stopping.is_cancelled() => {}
                        Ok(_) => break,
                        Err(error) => {
                            tracing::warn!(%error, "ended windows were not deleted");
                            break;
                        }
                    }
                }
            }
        });
    }
}

fn server(settings: &Settings) -> Server {
    Server::builder()
        .max_concurrent_streams(settings.limits.concurrent_streams_per_connection)
        .http2_keepalive_interval(Some(KEEPALIVE_EVERY))
        .http2_keepalive_timeout(Some(KEEPALIVE_TIMEOUT))
}

async fn tls_config(tls: &Tls) -> Result<ServerTlsConfig, StartError> {
    let read = async |path: &PathBuf, setting| {
        tokio::fs::read(path).await.map_err(|error| StartError::File(path.clone(), setting, error))
    };
    let cert = read(&tls.cert, "grpc.tls.cert").await?;
    let key = read(&tls.key, "grpc.tls.key").await?;
    let mut config = ServerTlsConfig::new().identity(Identity::from_pem(cert, key));
    if let Some(ca) = &tls.client_ca {
        config = config.client_ca_root(Certificate::from_pem(read(ca, "grpc.tls.client_ca").await?));
    }
    Ok(config)
}

fn traces(settings: &Settings) -> Result<Option<Traces>, StartError> {
    let tracing = &settings.tracing;
    let begun = tracing.otlp_endpoint.as_deref().map(|endpoint| Traces::to(endpoint, tracing.sample_ratio));
    begun.transpose().map_err(|error| StartError::Traces(error.to_string()))
}

fn begin_decision_log(settings: &Settings, metrics: &Metrics) -> Result<Option<DecisionLog>, StartError> {
    let log = &settings.decision_log;
    let to = match &log.to {
        DecisionLogTo::Off => return Ok(None),
        DecisionLogTo::Stdout => Target::Stdout,
        DecisionLogTo::File(path) => {
            Target::File { path: path.clone(), bytes_max: log.file_bytes, older_max: log.older_files }
        }
    };
    let options = Options { to, sample_ratio: log.sample_ratio, keep_denials: log.keep_denials };
    let policy = policy_version(&(&settings.businesses, &settings.senders));
    let log = DecisionLog::begin(&options, policy, metrics.decision_log.clone());
    log.map(Some).map_err(StartError::DecisionLog)
}

fn gate_settings(settings: &Settings, journal: Option<Arc<Journal>>) -> GateSettings {
    GateSettings {
        businesses: settings.businesses.clone(),
        default_profile: settings.senders.profile.clone(),
        auto_register: settings.senders.auto_register,
        cache: Bounds { contacts: u64::from(settings.cache.contacts), memory: settings.cache.memory },
        identity_key: settings.identity_key.as_ref().map(|key| *key.reveal()),
        journal,
        decision_log: None,
        events_guard: settings.events.guard,
        replies_unasked: settings.store.while_away == WhileAway::Replies,
        read_timeout: settings.deadlines.store_read,
        write_timeout: settings.deadlines.store_write,
    }
}

fn guard_settings(settings: &Settings) -> GuardSettings {
    GuardSettings {
        concurrent_requests: as_size(settings.limits.concurrent_requests),
        open_streams: as_size(settings.limits.open_streams),
        deadline_default: settings.deadlines.request_default,
        deadline_max: settings.deadlines.request_max,
    }
}

fn http_settings(settings: &Settings) -> HttpSettings {
    let webhook = &settings.webhook;
    HttpSettings {
        verify_token: webhook.verify_token.clone(),
        app_secrets: webhook.app_secrets.clone(),
        allow_unsigned: webhook.allow_unsigned,
        webhook_bytes_max: as_size(webhook.body_bytes_max),
        request_bytes_max: as_size(settings.limits.request_bytes),
    }
}

fn as_size(setting: u32) -> usize {
    usize::try_from(setting).unwrap_or(usize::MAX)
}
