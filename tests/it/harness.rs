//! A real server for one test: free ports, a Unix socket, a hand-set clock, and clients of all its doors.

pub(crate) mod certificates;
pub(crate) mod errors;
pub(crate) mod plain;
pub(crate) mod process;
pub(crate) mod raw;
pub(crate) mod say;
pub(crate) mod slow;

use std::{
    future::Future,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use sendgate::{
    clock::Clock,
    config::Settings,
    grpc::pb::{
        consent_service_client::ConsentServiceClient, policy_service_client::PolicyServiceClient,
        quality_service_client::QualityServiceClient,
    },
    model::Time,
    server::{self, Running, StartError},
    store::Store,
};
use tempfile::TempDir;
use tonic::transport::{Channel, Endpoint};

/// The time at which every server of these tests starts: 2026-03-02T12:00:00Z.
pub(crate) const START: i64 = 1_772_452_800_000;
/// Nothing in these tests takes this long unless it hangs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Deadlines that only a server that hangs meets.
pub(crate) const PATIENT: [(&str, &str); 2] =
    [("deadlines.store_read", "20s"), ("deadlines.request_default", "20s")];

/// A server that runs in this process.
pub(crate) struct Server {
    pub(crate) running: Running,
    pub(crate) clock: Clock,
    pub(crate) channel: Channel,
    pub(crate) socket: PathBuf,
    _directory: TempDir,
}

impl Server {
    /// A server in memory that accepts every sender.
    pub(crate) async fn new() -> Self {
        Self::with("").await
    }

    /// A server in memory with a configuration file.
    pub(crate) async fn with(yaml: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let settings = settings(yaml, "memory:", &directory.path().join("s.sock"));
        let clock = Clock::manual(at(0));
        let running = server::start(&settings, clock.clone()).await.unwrap();
        Self::connected(running, clock, directory).await
    }

    /// A server on a file that outlives it.
    pub(crate) async fn on(file: &Path, yaml: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let url = format!("file:{}", file.display());
        let settings = settings(yaml, &url, &directory.path().join("s.sock"));
        let clock = Clock::manual(at(0));
        let running = server::start(&settings, clock.clone()).await.unwrap();
        Self::connected(running, clock, directory).await
    }

    /// A server on a store by its URL.
    pub(crate) async fn at(url: &str, yaml: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let settings = settings(yaml, url, &directory.path().join("s.sock"));
        let clock = Clock::manual(at(0));
        let running = server::start(&settings, clock.clone()).await.unwrap();
        Self::connected(running, clock, directory).await
    }

    /// The same by the system's clock: by it Redis forgets what was counted long ago.
    pub(crate) async fn at_now(url: &str, yaml: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let settings = settings(yaml, url, &directory.path().join("s.sock"));
        let running = server::start(&settings, Clock::System).await.unwrap();
        Self::connected(running, Clock::System, directory).await
    }

    /// A server over a store of the test's own.
    pub(crate) async fn over(store: Arc<dyn Store>, yaml: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let settings = settings(yaml, "memory:", &directory.path().join("s.sock"));
        let clock = Clock::manual(at(0));
        let running = server::start_with_store(&settings, clock.clone(), store).await.unwrap();
        Self::connected(running, clock, directory).await
    }

    async fn connected(running: Running, clock: Clock, directory: TempDir) -> Self {
        let socket = running.socket.clone().unwrap();
        let channel = channel(running.grpc.unwrap()).await;
        Self { running, clock, channel, socket, _directory: directory }
    }

    pub(crate) fn policy(&self) -> PolicyServiceClient<Channel> {
        PolicyServiceClient::new(self.channel.clone()).max_decoding_message_size(64 << 20)
    }

    pub(crate) fn consent(&self) -> ConsentServiceClient<Channel> {
        ConsentServiceClient::new(self.channel.clone())
    }

    pub(crate) fn quality(&self) -> QualityServiceClient<Channel> {
        QualityServiceClient::new(self.channel.clone())
    }

    /// The same server through its Unix socket.
    pub(crate) async fn through_socket(&self) -> Channel {
        let uri = format!("unix:{}", self.socket.display());
        Endpoint::from_shared(uri).unwrap().connect().await.unwrap()
    }

    pub(crate) fn http(&self) -> SocketAddr {
        self.running.http
    }

    /// Sets the clock to so many milliseconds after the start.
    pub(crate) fn turn_to(&self, millis: i64) {
        self.clock.set(at(millis));
    }

    /// Stops the server; the clients go first, so that no open connection is waited for.
    pub(crate) async fn stop(self) {
        let Self { running, channel, _directory: directory, .. } = self;
        drop(channel);
        soon(running.stop()).await;
        drop(directory);
    }
}

/// An instant so many milliseconds after the start.
pub(crate) fn at(millis: i64) -> Time {
    Time::from_millis(START + millis).unwrap()
}

/// The settings of a test: its file, on free ports.
pub(crate) fn settings(yaml: &str, store: &str, socket: &Path) -> Settings {
    try_settings(yaml, store, socket).unwrap_or_else(|errors| panic!("{errors}"))
}

fn try_settings(yaml: &str, store: &str, socket: &Path) -> Result<Settings, sendgate::config::ConfigErrors> {
    let mut flags = vec![
        ("grpc.listen", "127.0.0.1:0".to_owned()),
        ("http.listen", "127.0.0.1:0".to_owned()),
        ("store.url", store.to_owned()),
        ("grpc.socket", socket.display().to_string()),
    ];
    if !yaml.contains("deadlines") {
        // A busy machine is not what a test is about that says nothing of deadlines.
        flags.extend(PATIENT.map(|(path, value)| (path, value.to_owned())));
    }
    Settings::load(Some((Path::new("test.yaml"), yaml)), std::iter::empty(), &flags)
}

/// Starts a server that is expected not to start.
pub(crate) async fn refused(yaml: &str, socket: &Path) -> StartError {
    server::start(&settings(yaml, "memory:", socket), Clock::manual(at(0))).await.err().unwrap()
}

pub(crate) async fn channel(address: SocketAddr) -> Channel {
    Endpoint::from_shared(format!("http://{address}")).unwrap().connect().await.unwrap()
}

/// What is expected soon; a test that waits for ever would say nothing.
pub(crate) async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, what).await.expect("this takes too long")
}

/// Asks again until a condition holds.
pub(crate) async fn until<F: Future<Output = bool>>(mut holds: impl FnMut() -> F) {
    soon(async {
        let mut pause = tokio::time::interval(Duration::from_millis(5));
        while !holds().await {
            pause.tick().await;
        }
    })
    .await;
}
