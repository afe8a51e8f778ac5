//! The settings of the process.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use super::{
    Secret,
    errors::Wrong,
    reader::Section,
    tree::Value,
    values::{self, lasting},
};
use crate::model::Millis;

/// The longest path of a Unix socket that every system takes.
const SOCKET_PATH_BYTES_MAX: usize = 103;
/// Times of the process end here; nothing it waits for is worth longer.
const WAIT_MAX: Millis = Millis::hours(1);

/// The gRPC service: on a port, a Unix socket, or both; never on neither.
#[derive(Clone, Debug)]
pub struct Grpc {
    /// The port.
    pub listen: Option<SocketAddr>,
    /// The Unix socket.
    pub socket: Option<PathBuf>,
    /// TLS on the port.
    pub tls: Option<Tls>,
}

/// Files of a server's TLS.
#[derive(Clone, Debug)]
pub struct Tls {
    /// The certificate chain.
    pub cert: PathBuf,
    /// Its private key.
    pub key: PathBuf,
    /// Authorities of client certificates, which are then required.
    pub client_ca: Option<PathBuf>,
}

/// The HTTP port.
#[derive(Clone, Debug)]
pub struct Http {
    /// The address.
    pub listen: SocketAddr,
}

/// The cache.
#[derive(Clone, Debug)]
pub struct Cache {
    /// Contacts held in memory at most.
    pub contacts: u32,
    /// Bytes that they may take.
    pub memory: u64,
}

/// The platform's webhooks.
#[derive(Clone, Debug)]
pub struct Webhook {
    /// Token of the handshake; without one there is no handshake.
    pub verify_token: Option<Secret<String>>,
    /// Secrets that sign; any of them will do.
    pub app_secrets: Vec<Secret<String>>,
    /// The largest body.
    pub body_bytes_max: u32,
    /// Bodies need no signature.
    pub allow_unsigned: bool,
}

/// Bounds of what is accepted.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Requests in work at once.
    pub concurrent_requests: u32,
    /// Streams open at once.
    pub open_streams: u32,
    /// Calls in flight on one connection.
    pub concurrent_streams_per_connection: u32,
    /// The largest request.
    pub request_bytes: u32,
    /// Recipients of one batch.
    pub batch_recipients: u32,
}

/// How long requests may take.
#[derive(Clone, Debug)]
pub struct Deadlines {
    /// When the caller gives no deadline.
    pub request_default: Duration,
    /// At most.
    pub request_max: Duration,
    /// For one read of the store, before the answer is "state unavailable".
    pub store_read: Duration,
    /// For one write of the store, before its outcome is "unknown".
    pub store_write: Duration,
}

/// How the process stops.
#[derive(Clone, Debug)]
pub struct Shutdown {
    /// Time for requests in work.
    pub grace: Duration,
    /// Time between reporting not ready and closing the ports.
    pub drain_delay: Duration,
}

/// The log.
#[derive(Clone, Debug)]
pub struct Log {
    /// The least important messages.
    pub level: LogLevel,
    /// The form of a line.
    pub format: LogFormat,
}

/// Importance of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the customary five")]
pub enum LogLevel {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

/// The form of a line of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For collectors.
    Json,
}

pub(super) fn listeners(root: &Section<'_>) -> (Grpc, Http) {
    let (grpc, http) = (root.section("grpc"), root.section("http"));
    let loopback = |port| SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port);
    let mut listen = Some(loopback(7070));
    let grpc_readable = grpc.update("listen", &mut listen, values::or_none(values::address));
    let socket = grpc.read("socket", values::path);
    if let Some(item) = grpc.get("socket")
        && socket.as_ref().is_some_and(|path| path.as_os_str().len() > SOCKET_PATH_BYTES_MAX)
    {
        item.complain(Wrong::new("is too long", format!("a path of up to {SOCKET_PATH_BYTES_MAX} bytes")));
    }
    if let Some(item) = grpc.get("listen")
        && listen.is_none()
        && grpc.get("socket").is_none()
    {
        item.complain(Wrong::new("is `none`, and there is no socket", "an address, or `grpc.socket`"));
    }
    let tls = tls(&grpc, listen.is_some());
    let mut http_listen = loopback(7071);
    let readable = http.update("listen", &mut http_listen, values::address) && grpc_readable;
    if let (Some(item), Some(grpc_listen)) = (http.get("listen").or_else(|| grpc.get("listen")), listen)
        && readable
        && same_port(grpc_listen, http_listen)
    {
        item.complain(Wrong::new(
            "`grpc.listen` and `http.listen` are the same port",
            "a port for each; 0 takes any free one",
        ));
    }
    (Grpc { listen, socket, tls }, Http { listen: http_listen })
}

fn same_port(a: SocketAddr, b: SocketAddr) -> bool {
    let any = a.ip().is_unspecified() || b.ip().is_unspecified();
    a.port() != 0 && a.port() == b.port() && (any || a.ip() == b.ip())
}

fn tls(grpc: &Section<'_>, listens: bool) -> Option<Tls> {
    let tls = grpc.section("tls");
    let [cert, key, client_ca] = ["cert", "key", "client_ca"].map(|key| tls.get(key));
    let first = cert.as_ref().or(key.as_ref()).or(client_ca.as_ref())?;
    if !listens {
        first
            .complain(Wrong::new("has no port to be for: `grpc.listen` is `none`", "TLS beside a port only"));
    }
    let (cert, key) = (tls.require("cert", values::path), tls.require("key", values::path));
    let client_ca = client_ca.and_then(|item| item.read(values::path));
    Some(Tls { cert: cert?, key: key?, client_ca })
}

pub(super) fn cache(root: &Section<'_>) -> Cache {
    let mut contacts = 1_000_000;
    let mut memory = 512 << 20;
    let section = root.section("cache");
    section.update("contacts", &mut contacts, values::count(1, 1_000_000_000));
    section.update("memory", &mut memory, values::memory);
    Cache { contacts, memory }
}

pub(super) fn webhook(root: &Section<'_>) -> Webhook {
    let section = root.section("webhook");
    let app_secrets = section.list("app_secrets", |item| item.read(values::secret)).unwrap_or_default();
    let mut body_bytes_max = 3 << 20;
    section.update("body_bytes_max", &mut body_bytes_max, values::bytes);
    let mut allow_unsigned = false;
    section.update("allow_unsigned", &mut allow_unsigned, values::flag);
    if let Some(item) = section.get("allow_unsigned")
        && allow_unsigned
        && !app_secrets.is_empty()
    {
        item.complain(Wrong::new(
            "would let anyone pass by the `app_secrets`",
            "`false` where there are secrets",
        ));
    }
    Webhook {
        verify_token: section.read("verify_token", values::secret),
        app_secrets,
        body_bytes_max,
        allow_unsigned,
    }
}

pub(super) fn limits(root: &Section<'_>) -> Limits {
    let section = root.section("limits");
    let mut limits = Limits {
        concurrent_requests: 1024,
        open_streams: 1024,
        concurrent_streams_per_connection: 256,
        request_bytes: 4 << 20,
        batch_recipients: 10_000,
    };
    section.update("concurrent_requests", &mut limits.concurrent_requests, values::count(1, 1_000_000));
    section.update("open_streams", &mut limits.open_streams, values::count(1, 1_000_000));
    section.update(
        "concurrent_streams_per_connection",
        &mut limits.concurrent_streams_per_connection,
        values::count(1, 1_000_000),
    );
    section.update("request_bytes", &mut limits.request_bytes, values::bytes);
    section.update("batch_recipients", &mut limits.batch_recipients, values::count(1, 1_000_000));
    limits
}

/// Traces.
#[derive(Clone, Debug)]
pub struct Tracing {
    /// The collector; none = no traces.
    pub otlp_endpoint: Option<String>,
    /// Of calls whose callers name no trace, the part that begins one.
    pub sample_ratio: f64,
}

pub(super) fn tracing(root: &Section<'_>) -> Tracing {
    let section = root.section("tracing");
    let mut sample_ratio = 0.01;
    section.update("sample_ratio", &mut sample_ratio, values::ratio);
    Tracing { otlp_endpoint: section.read("otlp_endpoint", collector), sample_ratio }
}

fn collector(value: &Value) -> Result<String, Wrong> {
    let host = |url: &str| url.strip_prefix("http://").is_some_and(|host| !host.is_empty());
    let url = value.text().filter(|url| host(url) && url.parse::<http::Uri>().is_ok());
    let accepted = "the OTLP/gRPC address of a collector in plain text, such as `http://127.0.0.1:4317`";
    url.map(str::to_owned).ok_or_else(|| Wrong::new(format!("is {}", values::shown(value)), accepted))
}

/// The decision log.
#[derive(Clone, Debug)]
pub struct DecisionLog {
    /// Where to.
    pub to: DecisionLogTo,
    /// How long its file becomes.
    pub file_bytes: u64,
    /// How many older files stay.
    pub older_files: u32,
    /// The part of the decisions that is logged.
    pub sample_ratio: f64,
    /// Denials are logged whatever the ratio is.
    pub keep_denials: bool,
}

/// Where decisions are logged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DecisionLogTo {
    /// Nowhere.
    Off,
    /// Standard output.
    Stdout,
    /// A file.
    File(PathBuf),
}

pub(super) fn decision_log(root: &Section<'_>) -> DecisionLog {
    let section = root.section("decision_log");
    let mut log = DecisionLog {
        to: DecisionLogTo::Off,
        file_bytes: 100 << 20,
        older_files: 5,
        sample_ratio: 1.0,
        keep_denials: true,
    };
    section.update("to", &mut log.to, decision_log_to);
    section.update("file_bytes", &mut log.file_bytes, values::memory);
    section.update("older_files", &mut log.older_files, values::count(0, 1000));
    section.update("sample_ratio", &mut log.sample_ratio, values::ratio);
    section.update("keep_denials", &mut log.keep_denials, values::flag);
    log
}

fn decision_log_to(value: &Value) -> Result<DecisionLogTo, Wrong> {
    match value.text() {
        Some("off") => Ok(DecisionLogTo::Off),
        Some("stdout") => Ok(DecisionLogTo::Stdout),
        Some(text)
            if text.strip_prefix("file:").is_some_and(|path| !path.is_empty() && !path.contains('\0')) =>
        {
            Ok(DecisionLogTo::File(PathBuf::from(text.trim_start_matches("file:"))))
        }
        _ => {
            Err(Wrong::new(format!("is {}", values::shown(value)), "`off`, `stdout`, or `file:` and a path"))
        }
    }
}

/// What is told of messages.
#[derive(Clone, Copy, Debug)]
pub struct Events {
    /// For how long an event that is told again is known again.
    pub guard: Millis,
}

pub(super) fn events(root: &Section<'_>) -> Events {
    let mut guard = Millis::days(7);
    root.section("events").update("guard", &mut guard, lasting(Millis::hours(1), Millis::days(30)));
    Events { guard }
}

pub(super) fn deadlines(root: &Section<'_>) -> Deadlines {
    let section = root.section("deadlines");
    let bounds = || lasting(Millis::new(1), WAIT_MAX);
    let (mut default, mut max) = (Millis::seconds(2), Millis::seconds(30));
    let readable = section.update("request_default", &mut default, bounds());
    let readable = section.update("request_max", &mut max, bounds()) && readable;
    if let Some(item) = section.get("request_default").or_else(|| section.get("request_max"))
        && readable
        && default > max
    {
        item.complain(Wrong::new(
            "`request_default` is longer than `request_max`",
            "a default up to the maximum",
        ));
    }
    let (mut read, mut write) = (Millis::new(250), Millis::seconds(5));
    section.update("store_read", &mut read, bounds());
    section.update("store_write", &mut write, bounds());
    Deadlines {
        request_default: values::duration(default),
        request_max: values::duration(max),
        store_read: values::duration(read),
        store_write: values::duration(write),
    }
}

pub(super) fn shutdown(root: &Section<'_>) -> Shutdown {
    let section = root.section("shutdown");
    let (mut grace, mut drain_delay) = (Millis::seconds(10), Millis::ZERO);
    section.update("grace", &mut grace, lasting(Millis::ZERO, WAIT_MAX));
    section.update("drain_delay", &mut drain_delay, lasting(Millis::ZERO, WAIT_MAX));
    Shutdown { grace: values::duration(grace), drain_delay: values::duration(drain_delay) }
}

pub(super) fn log(root: &Section<'_>) -> Log {
    const LEVELS: &[(&str, LogLevel)] = &[
        ("error", LogLevel::Error),
        ("warn", LogLevel::Warn),
        ("info", LogLevel::Info),
        ("debug", LogLevel::Debug),
        ("trace", LogLevel::Trace),
    ];
    const FORMATS: &[(&str, LogFormat)] = &[("text", LogFormat::Text), ("json", LogFormat::Json)];
    let section = root.section("log");
    let mut log = Log { level: LogLevel::Info, format: LogFormat::Text };
    section.update("level", &mut log.level, values::word(LEVELS));
    section.update("format", &mut log.format, values::word(FORMATS));
    log
}
