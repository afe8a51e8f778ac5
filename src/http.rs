//! The HTTP port: health, metrics, the contract as JSON, and webhooks of the Cloud API.
//!
//! Owns what arrives over plain HTTP. A webhook takes the same road as an RPC: genuine, read, then `gate`. Must not
//! know: any rule of policy, any store.

mod intake;
mod json;
pub mod payload;
pub mod signature;
mod webhook;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    extract::{DefaultBodyLimit, State},
    http::{StatusCode, header},
    response::IntoResponse,
    routing::{get, post},
};
use tokio::sync::Semaphore;
use tower_http::{catch_panic::CatchPanicLayer, timeout::TimeoutLayer};

pub use json::Gateway;

use crate::{config::Secret, gate::Gate};

/// The longest an HTTP request may take, whatever it is.
const REQUEST_MAX: Duration = Duration::from_secs(60);

/// The longest the store may take to say that it is there.
const PING_MAX: Duration = Duration::from_secs(1);

/// What the HTTP port is set up with.
#[derive(Clone, Debug)]
pub struct HttpSettings {
    /// The token of the webhook's verification handshake.
    pub verify_token: Option<Secret<String>>,
    /// Secrets that sign webhooks; several while one replaces another.
    pub app_secrets: Vec<Secret<String>>,
    /// Unsigned webhooks are read too: for trying out.
    pub allow_unsigned: bool,
    /// The largest webhook.
    pub webhook_bytes_max: usize,
    /// The largest JSON request.
    pub request_bytes_max: usize,
}

/// Whether the server is ready to answer.
#[derive(Clone, Debug, Default)]
pub struct Ready(Arc<AtomicBool>);

impl Ready {
    /// Says whether it is.
    pub fn set(&self, ready: bool) {
        self.0.store(ready, Ordering::SeqCst);
    }

    /// True when it is.
    #[must_use]
    pub fn get(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

#[derive(Clone, Debug)]
struct Shared {
    gate: Arc<Gate>,
    settings: Arc<HttpSettings>,
    ready: Ready,
    /// For people of webhooks that are taken in.
    places: Arc<Semaphore>,
}

/// The routes of the HTTP port.
pub fn router(settings: HttpSettings, gate: Arc<Gate>, calls: impl Gateway, ready: Ready) -> Router {
    let (webhook_max, request_max) = (settings.webhook_bytes_max, settings.request_bytes_max);
    intake::expect_items(gate.metrics());
    let places = Arc::new(Semaphore::new(intake::AT_ONCE_MAX));
    let shared = Shared { gate, settings: Arc::new(settings), ready, places };
    let webhooks = Router::new()
        .route("/webhooks/whatsapp", get(webhook::handshake).post(webhook::deliver))
        .layer(DefaultBodyLimit::max(webhook_max))
        .with_state(shared.clone());
    let json = Router::new()
        .route("/v1/{method}", post(json::call))
        .layer(DefaultBodyLimit::max(request_max))
        .with_state(json::Methods::new(calls));
    Router::new()
        .route("/livez", get(|| async { "ok\n" }))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .with_state(shared)
        .merge(webhooks)
        .merge(json)
        // Outermost: nothing waits for ever, and a bug in one request does not end the connection of others.
        .layer(TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, REQUEST_MAX))
        .layer(CatchPanicLayer::new())
}

/// Ready while not draining and the store answers; what works only in part is told, and is no reason to send callers away.
async fn readyz(State(shared): State<Shared>) -> impl IntoResponse {
    if !shared.ready.get() {
        return (StatusCode::SERVICE_UNAVAILABLE, "starting or shutting down\n".to_owned());
    }
    let mut told = match shared.gate.ping(PING_MAX).await {
        Ok(()) => "ready\n".to_owned(),
        Err(error) => format!("the store cannot be read and written: {error}\n"),
    };
    // A server that began to drain meanwhile is not ready.
    let is_ready = told == "ready\n" && shared.ready.get();
    shared.gate.metrics().ready.set(i64::from(is_ready));
    let status = if told == "ready\n" { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    for part in shared.gate.in_part() {
        told.push_str(&part);
        told.push('\n');
    }
    (status, told)
}

async fn metrics(State(shared): State<Shared>) -> impl IntoResponse {
    let metrics = shared.gate.measured();
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], metrics.render())
}
