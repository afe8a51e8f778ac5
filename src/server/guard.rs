//! The layer around every gRPC call: load is shed before work is done for it, then the deadline starts, then the call is
//! counted.

use std::{
    collections::HashMap,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use http::{HeaderMap, Request, Response};
use prost_reflect::DescriptorPool;
use tokio::sync::Semaphore;
use tonic::{Code, Status, body::Body};
use tower::{Layer, Service};

use crate::{
    grpc::{DESCRIPTORS, Lease, deadline_exceeded, limit_exceeded, too_large_is_exhausted},
    metrics::{CallCounters, Metrics},
    telemetry::traces::Traces,
};

/// The transport around this layer watches the caller's deadline too, and ends the call with CANCELLED. This layer,
/// which says DEADLINE_EXCEEDED and counts, must be earlier by at least the resolution of the timer.
const BEFORE_THE_TRANSPORT: Duration = Duration::from_millis(1);

/// What the guard holds calls to.
#[derive(Clone, Copy, Debug)]
pub struct GuardSettings {
    /// Unary calls in progress at once.
    pub concurrent_requests: usize,
    /// Streams open at once.
    pub open_streams: usize,
    /// The deadline of calls that name none.
    pub deadline_default: Duration,
    /// The longest deadline a call may name.
    pub deadline_max: Duration,
}

/// The layer; all its copies share one limit.
#[derive(Clone, Debug)]
pub struct Guard(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    settings: GuardSettings,
    permits: Semaphore,
    streams: Arc<Semaphore>,
    methods: HashMap<String, Method>,
    traces: Option<Traces>,
}

#[derive(Debug)]
struct Method {
    name: String,
    counters: CallCounters,
    streams: bool,
}

impl Guard {
    /// A guard with counters for every method of the contract.
    #[must_use]
    pub fn new(settings: GuardSettings, metrics: &Metrics, traces: Option<Traces>) -> Self {
        let permits = Semaphore::new(settings.concurrent_requests.min(Semaphore::MAX_PERMITS));
        let streams = Arc::new(Semaphore::new(settings.open_streams.min(Semaphore::MAX_PERMITS)));
        let method = |(path, name, streams): (String, String, bool)| {
            (path, Method { counters: metrics.calls.of(&name), name, streams })
        };
        let methods = methods().into_iter().map(method).collect();
        Self(Arc::new(Shared { settings, permits, streams, methods, traces }))
    }
}

/// The methods of the contract: path, `Service/Method`, and whether it streams.
fn methods() -> Vec<(String, String, bool)> {
    // The descriptors were compiled into this very program.
    let Ok(pool) = DescriptorPool::decode(DESCRIPTORS) else { return Vec::new() };
    let of_service = |service: prost_reflect::ServiceDescriptor| {
        let (full, short) = (service.full_name().to_owned(), service.name().to_owned());
        let method = |method: prost_reflect::MethodDescriptor| {
            let streams = method.is_client_streaming() || method.is_server_streaming();
            (format!("/{full}/{}", method.name()), format!("{short}/{}", method.name()), streams)
        };
        service.methods().map(method).collect::<Vec<_>>()
    };
    pool.services().flat_map(of_service).collect()
}

impl<S> Layer<S> for Guard {
    type Service = Guarded<S>;

    fn layer(&self, inner: S) -> Guarded<S> {
        Guarded { shared: Arc::clone(&self.0), inner }
    }
}

/// A guarded service.
#[derive(Clone, Debug)]
pub struct Guarded<S> {
    shared: Arc<Shared>,
    inner: S,
}

impl<S> Service<Request<Body>> for Guarded<S>
where
    S: Service<Request<Body>, Response = Response<Body>>,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<Response<Body>, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let shared = Arc::clone(&self.shared);
        let path = request.uri().path().to_owned();
        let named = named_deadline(request.headers());
        let limit =
            named.map_or(shared.settings.deadline_default, |named| named.min(shared.settings.deadline_max));
        let streams = shared.methods.get(&path).is_some_and(|method| method.streams);
        let place = streams.then(|| Arc::clone(&shared.streams).try_acquire_owned());
        let full = matches!(place, Some(Err(_)));
        if let Some(Ok(place)) = place {
            // Held by the stream, which goes on after this call has been answered with its headers.
            request.extensions_mut().insert(Lease::new(place, named));
        }
        // A stream may last for days, which is no span.
        let traced = shared.traces.as_ref().filter(|_| !streams).zip(shared.methods.get(&path));
        let span = traced.and_then(|(traces, method)| traces.begin(&method.name, request.headers()));
        if let Some(span) = &span {
            request.extensions_mut().insert(span.clone());
        }
        let call = self.inner.call(request);
        Box::pin(async move {
            let permit = if streams { None } else { Some(shared.permits.try_acquire()) };
            let response = match permit {
                _ if full => Ok(too_many_streams()),
                Some(Err(_)) => Ok(overloaded()),
                Some(Ok(_)) | None => match tokio::time::timeout(limit, call).await {
                    Ok(response) => response.map(sized),
                    Err(_) => Ok(deadline_exceeded().into_http()),
                },
            };
            if let (Ok(response), Some(method)) = (&response, shared.methods.get(&path)) {
                let code = code_of(response.headers());
                method.counters.count(code);
                if let Some(span) = span {
                    span.end(code);
                }
            }
            response
        })
    }
}

fn too_many_streams() -> Response<Body> {
    limit_exceeded("limits.open_streams", "too many streams are open; close some, or try again").into_http()
}

fn overloaded() -> Response<Body> {
    limit_exceeded("limits.concurrent_requests", "too many calls in progress; try again").into_http()
}

/// The caller's deadline, where one is named that can be read.
fn named_deadline(headers: &HeaderMap) -> Option<Duration> {
    let named = headers.get("grpc-timeout").and_then(|value| parse_timeout(value.to_str().ok()?));
    named.map(|named| named.saturating_sub(BEFORE_THE_TRANSPORT))
}

/// `100m`, `5S`: up to 8 digits and a unit, as the gRPC specification has it.
fn parse_timeout(text: &str) -> Option<Duration> {
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if digits.is_empty() || digits.len() > 8 {
        return None;
    }
    let count: u64 = digits.parse().ok()?;
    Some(match unit {
        "H" => Duration::from_secs(count * 3600),
        "M" => Duration::from_secs(count * 60),
        "S" => Duration::from_secs(count),
        "m" => Duration::from_millis(count),
        "u" => Duration::from_micros(count),
        "n" => Duration::from_nanos(count),
        _ => return None,
    })
}

/// An answer to a message over the size limit, as the contract has it.
fn sized(response: Response<Body>) -> Response<Body> {
    if code_of(response.headers()) != Code::OutOfRange {
        return response;
    }
    match Status::from_header_map(response.headers()) {
        Some(status) => too_large_is_exhausted(status).into_http(),
        None => response,
    }
}

/// The code of an answer that failed before its body, which is all failures of ours; else OK.
fn code_of(headers: &HeaderMap) -> Code {
    headers.get("grpc-status").map_or(Code::Ok, |code| Code::from_bytes(code.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timeouts_are_read_as_the_specification_has_them() {
        for (text, expected) in [
            ("1H", Some(Duration::from_secs(3600))),
            ("250m", Some(Duration::from_millis(250))),
            ("99999999u", Some(Duration::from_micros(99_999_999))),
            ("", None),
            ("S", None),
            ("-1S", None),
            ("999999999S", None),
            ("5x", None),
            ("5µ", None),
        ] {
            assert_eq!(parse_timeout(text), expected, "{text}");
        }
    }

    #[test]
    fn every_method_of_the_contract_is_counted() {
        let methods = methods();
        assert!(methods.contains(&(
            "/sendgate.v1.PolicyService/CheckSend".to_owned(),
            "PolicyService/CheckSend".to_owned(),
            false
        )));
        assert_eq!(methods.iter().filter(|(.., streams)| *streams).count(), 4);
        assert_eq!(methods.len(), 22);
    }
}
