//! `sendgate serve`: runs the server.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use clap::Args;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::{Console, Exit, Failure};
use crate::{
    clock::Clock,
    config::{self, Settings, StoreUrl},
    server::{self, Running},
    telemetry,
};

/// Arguments of `serve`. A flag wins over the environment, which wins over the file.
#[derive(Clone, Debug, Default, Args)]
pub struct ServeArgs {
    /// Address of the gRPC port [default: 127.0.0.1:7070].
    #[arg(long, value_name = "ADDRESS")]
    pub grpc: Option<String>,
    /// Address of the HTTP port: metrics, health, webhooks, JSON [default: 127.0.0.1:7071].
    #[arg(long, value_name = "ADDRESS")]
    pub http: Option<String>,
    /// Unix socket that serves gRPC too.
    #[arg(long, value_name = "PATH")]
    pub socket: Option<String>,
    /// Where contacts live: `memory:`, `file:PATH`, `redis://HOST:PORT`, `redis+sentinel://HOST,HOST/MASTER` or
    /// `redis+cluster://HOST,HOST` [default: a file under the user's data directory].
    #[arg(long, value_name = "URL")]
    pub store: Option<String>,
    /// The configuration file (YAML). Without one every sender is accepted and is its own business.
    #[arg(long, value_name = "FILE", env = "SENDGATE_CONFIG")]
    pub config: Option<PathBuf>,
    /// Set one setting by its path, such as `limits.batch_recipients=500`. May be repeated.
    #[arg(long = "set", value_name = "PATH=VALUE")]
    pub set: Vec<String>,
    /// Read the configuration, report every mistake, and exit.
    #[arg(long)]
    pub check_config: bool,
}

/// Runs the server until it is told to stop.
///
/// # Errors
/// When the configuration has mistakes or the server cannot start.
pub fn run(args: &ServeArgs, console: &mut Console<'_>) -> Result<Exit, Failure> {
    let settings = settings(args)?;
    if args.check_config {
        writeln!(console.out, "the configuration is valid")?;
        return Ok(Exit::Yes);
    }
    telemetry::init(&settings.log);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|source| Failure::Io { what: "starting the runtime".to_owned(), source })?;
    runtime.block_on(serve(&settings))?;
    Ok(Exit::Yes)
}

async fn serve(settings: &Settings) -> Result<(), Failure> {
    // Before the server is ready: who stops it in its first moment finds it draining too.
    let mut stop = Stop::listen()?;
    let running =
        server::start(settings, Clock::System).await.map_err(|error| Failure::Usage(error.to_string()))?;
    announce(&running, settings);
    if matches!(settings.store.url, StoreUrl::File(_)) {
        look_for_left_over().await;
    }
    until(running, stop.asked()).await
}

/// Tells of refusals that wait where a sidecar on Redis keeps its journal: a store that was filled from there lacks them.
async fn look_for_left_over() {
    let Some(journal) = config::default_journal(&environment()).filter(|path| path.is_file()) else { return };
    if let Ok(waiting @ 1..) = server::waiting_in(journal.clone()).await {
        tracing::error!(
            waiting,
            journal = %journal.display(),
            "a journal of a store in Redis has refusals that no store was told of; if they concern the same people, start its \
             sidecar first, and then `sendgate migrate`"
        );
    }
}

/// Runs until asked to stop, or until a part of the server ends by itself: then whoever started the process has to know.
async fn until(running: Running, asked: impl Future<Output = ()>) -> Result<(), Failure> {
    let ended = tokio::select! {
        () = asked => Ok(()),
        () = running.failed() => Err(Failure::Ended),
    };
    tracing::info!("draining");
    running.stop().await;
    tracing::info!("stopped");
    ended
}

fn announce(running: &Running, settings: &Settings) {
    let shown = |value: Option<String>| value.unwrap_or_else(|| "off".to_owned());
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        grpc = shown(running.grpc.map(|address| address.to_string())),
        socket = shown(running.socket.as_ref().map(|path| path.display().to_string())),
        http = %running.http,
        senders = running.gate().directory().senders().len(),
        auto_register = settings.senders.auto_register,
        "ready"
    );
    if settings.webhook.allow_unsigned {
        tracing::warn!(
            "webhooks are accepted unsigned (`webhook.allow_unsigned`): anybody who reaches the port can write"
        );
    }
    for rule in settings.senders.profile.rules.shadow.iter() {
        tracing::warn!(
            rule = rule.name(),
            "this rule is in shadow mode: counted, not enforced (`policy.shadow`)"
        );
    }
}

/// SIGTERM and SIGINT.
struct Stop {
    terminate: Signal,
    interrupt: Signal,
}

impl Stop {
    fn listen() -> Result<Self, Failure> {
        let io = |source| Failure::Io { what: "listening for signals".to_owned(), source };
        let terminate = signal(SignalKind::terminate()).map_err(io)?;
        let interrupt = signal(SignalKind::interrupt()).map_err(io)?;
        Ok(Self { terminate, interrupt })
    }

    async fn asked(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// The variables that are text.
pub(super) fn environment() -> BTreeMap<String, String> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

/// The settings from the file, the environment and the flags; all mistakes at once.
fn settings(args: &ServeArgs) -> Result<Settings, Failure> {
    let file = args.config.as_deref().map(read).transpose()?;
    let file = args.config.as_deref().zip(file.as_deref());
    let flags = flags(args)?;
    Settings::load(file, environment(), &flags).map_err(|errors| Failure::Usage(errors.to_string()))
}

fn read(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path)
        .map_err(|source| Failure::Io { what: format!("reading {}", path.display()), source })
}

fn flags(args: &ServeArgs) -> Result<Vec<(&str, String)>, Failure> {
    let named = [
        ("grpc.listen", &args.grpc),
        ("http.listen", &args.http),
        ("grpc.socket", &args.socket),
        ("store.url", &args.store),
    ];
    let mut flags: Vec<(&str, String)> =
        named.into_iter().filter_map(|(path, value)| Some((path, value.clone()?))).collect();
    for pair in &args.set {
        let Some((path, value)) = pair.split_once('=') else {
            return Err(Failure::Usage(
                "--set takes PATH=VALUE, such as `limits.batch_recipients=500`".to_owned(),
            ));
        };
        flags.push((path.trim(), value.trim().to_owned()));
    }
    Ok(flags)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn running() -> Running {
        let flags = [
            ("grpc.listen", "127.0.0.1:0"),
            ("http.listen", "127.0.0.1:0"),
            ("store.url", "memory:"),
            ("shutdown.grace", "1s"),
        ];
        let settings =
            Settings::load(None, [], &flags.map(|(path, value)| (path, value.to_owned()))).unwrap();
        server::start(&settings, Clock::System).await.unwrap()
    }

    #[tokio::test]
    async fn a_part_that_ends_by_itself_ends_the_process_with_an_error() {
        for panics in [false, true] {
            let mut running = running().await;
            running.supervise("a part of a test", async move { assert!(!panics, "on purpose") });
            running.failed().await;
            let page = running.gate().metrics().render();
            assert!(page.contains("sendgate_ready 0"), "{page}");
            let ended = until(running, std::future::pending()).await;
            assert!(matches!(ended, Err(Failure::Ended)), "{ended:?}");
        }
    }

    #[tokio::test]
    async fn a_server_that_is_asked_to_stop_ends_well() {
        assert!(until(running().await, std::future::ready(())).await.is_ok());
    }
}
