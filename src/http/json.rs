//! The contract as JSON: `POST /v1/checkSend` and so on, every unary call by its name in lower camel case, in the proto3
//! JSON mapping. A request becomes the gRPC call it stands for, in this process, through the same layers.

mod twice;

use std::{collections::HashMap, convert::Infallible, sync::Arc};

use axum::{
    body::Bytes,
    extract::{Path, State, rejection::BytesRejection},
    http::{Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::{BufMut as _, BytesMut};
use http_body_util::BodyExt as _;
use prost::Message as _;
use prost_reflect::{
    DescriptorPool, DynamicMessage, Kind, MessageDescriptor, MethodDescriptor, SerializeOptions,
};
use serde_json::{Value, json};
use tonic::{Code, Status, body::Body};
use tonic_types::StatusExt as _;
use tower::{Service, ServiceExt as _};

use self::twice::{Once, TWICE};
use crate::{grpc::DESCRIPTORS, telemetry::traces::TRACEPARENT};

/// The gRPC services, called in this process.
pub trait Gateway:
    Service<http::Request<Body>, Response = http::Response<Body>, Error = Infallible, Future: Send>
    + Clone
    + Send
    + Sync
    + 'static
{
}

impl<S> Gateway for S where
    S: Service<http::Request<Body>, Response = http::Response<Body>, Error = Infallible, Future: Send>
        + Clone
        + Send
        + Sync
        + 'static
{
}

/// Every unary call by its JSON name.
#[derive(Clone, Debug)]
pub(super) struct Methods<S> {
    by_name: Arc<HashMap<String, MethodDescriptor>>,
    calls: S,
}

impl<S> Methods<S> {
    pub(super) fn new(calls: S) -> Self {
        // The descriptors were compiled into this very program.
        let pool = DescriptorPool::decode(DESCRIPTORS).unwrap_or_default();
        let methods = pool.services().flat_map(|service| service.methods().collect::<Vec<_>>());
        let unary = methods.filter(|method| !method.is_client_streaming() && !method.is_server_streaming());
        let by_name = unary.map(|method| (json_name(method.name()), method)).collect();
        Self { by_name: Arc::new(by_name), calls }
    }
}

/// `CheckSend` is `checkSend`.
fn json_name(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(letters).collect()
}

/// One call.
pub(super) async fn call<S: Gateway>(
    State(methods): State<Methods<S>>,
    Path(name): Path<String>,
    headers: axum::http::HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    // A browser names the page that makes it ask; no page has business with a port on its reader's own machine.
    if headers.contains_key(header::ORIGIN) {
        return refusal(StatusCode::FORBIDDEN, Code::PermissionDenied, "calls from web pages are refused");
    }
    let Some(method) = methods.by_name.get(&name).cloned() else {
        let mut known: Vec<_> = methods.by_name.keys().cloned().collect();
        known.sort();
        let message = format!("no such call; there are {}", known.join(", "));
        return refusal(StatusCode::NOT_FOUND, Code::Unimplemented, &message);
    };
    let body = match body {
        Ok(body) => body,
        Err(rejection) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            let message = "the request is larger than `limits.request_bytes`";
            return refusal(StatusCode::PAYLOAD_TOO_LARGE, Code::ResourceExhausted, message);
        }
        Err(rejection) => return refusal(rejection.status(), Code::InvalidArgument, &rejection.body_text()),
    };
    let request = match read(&method, &body) {
        Ok(request) => request,
        Err(Malformed { field, message }) => {
            return failed(&crate::grpc::malformed(&field, &message));
        }
    };
    match unary(methods.calls, &method, &request, headers.get(TRACEPARENT)).await {
        Ok(answer) => answered(&method, answer),
        Err(status) => failed(&status),
    }
}

/// The request of a call from its JSON; an empty body is an empty request.
fn read(method: &MethodDescriptor, body: &[u8]) -> Result<Vec<u8>, Malformed> {
    let body = if body.iter().all(u8::is_ascii_whitespace) { b"{}".as_slice() } else { body };
    if let Err(error) = serde_json::from_slice::<Once>(body)
        && let Some(malformed) = Malformed::twice(&error)
    {
        return Err(malformed);
    }
    let mut json = serde_json::Deserializer::from_slice(body);
    let mut track = serde_path_to_error::Track::new();
    let read = DynamicMessage::deserialize(
        method.input(),
        serde_path_to_error::Deserializer::new(&mut json, &mut track),
    );
    let read = read.and_then(|message| json.end().map(|()| message));
    read.map(|message| message.encode_to_vec())
        .map_err(|error| Malformed::of(&error, &track.path().to_string(), &method.input()))
}

/// What is wrong with a JSON text, in which field, and never with what it held: a parser's message may repeat a value.
#[derive(Debug)]
struct Malformed {
    field: String,
    message: String,
}

impl Malformed {
    /// What stands there twice, if that is what is wrong.
    fn twice(error: &serde_json::Error) -> Option<Self> {
        let text = error.to_string();
        let name = text.strip_prefix(TWICE)?.split_once(" at line").map(|(name, _)| name)?;
        let place = format!("line {} column {}", error.line(), error.column());
        let field = if is_path(name) { name.to_owned() } else { String::new() };
        Some(Self { field, message: format!("is given twice (at {place})") })
    }

    fn of(error: &serde_json::Error, path: &str, request: &MessageDescriptor) -> Self {
        let place = format!("line {} column {}", error.line(), error.column());
        let text = error.to_string();
        let unknown =
            text.split_once("unrecognized field name '").and_then(|(_, rest)| rest.split_once('\''));
        let is_name = |name: &&str| !name.is_empty() && is_path(name);
        let message = match (unknown.map(|(name, _)| name).filter(is_name), error.classify()) {
            (Some(name), _) => format!("there is no field `{name}` (at {place})"),
            (None, serde_json::error::Category::Data) => match names(request, path) {
                Some(names) => format!("must be one of {} (at {place})", names.join(", ")),
                None => format!("is of the wrong type, or a number that its type does not have (at {place})"),
            },
            (None, _) => format!("the body is not valid JSON at {place}"),
        };
        let path =
            Some(path).filter(|path| *path != "." && is_path(path)).map(|path| contract_path(request, path));
        let within = path.unwrap_or_default();
        let name = unknown.map(|(name, _)| name).filter(is_name);
        // What does not exist is named as it was written.
        let field = match name {
            Some(name) if within.is_empty() => name.to_owned(),
            Some(name) if within.rsplit('.').next() != Some(name) => format!("{within}.{name}"),
            Some(_) | None => within,
        };
        Self { field, message }
    }
}

/// A path with the names of the contract, which other errors name fields by; in JSON a field may have either name.
fn contract_path(request: &MessageDescriptor, path: &str) -> String {
    let mut message = Some(request.clone());
    let parts = path.split('.').map(|part| {
        let (name, rest) = part.find('[').map_or((part, ""), |at| part.split_at(at));
        let within = message.take();
        let field =
            within.and_then(|of| of.get_field_by_json_name(name).or_else(|| of.get_field_by_name(name)));
        let Some(field) = field else { return part.to_owned() };
        if let Kind::Message(of) = field.kind() {
            message = Some(of);
        }
        format!("{}{rest}", field.name())
    });
    parts.collect::<Vec<_>>().join(".")
}

/// The names that a field of an enumeration takes; nothing for other fields. The name of zero says what leaving the field out
/// says, and is not offered.
fn names(request: &MessageDescriptor, path: &str) -> Option<Vec<String>> {
    let mut message = Some(request.clone());
    let mut names = None;
    for part in path.split('.') {
        let (name, _) = part.split_once('[').unwrap_or((part, ""));
        let within = message.take()?;
        let field = within.get_field_by_json_name(name).or_else(|| within.get_field_by_name(name))?;
        match field.kind() {
            Kind::Message(of) => message = Some(of),
            Kind::Enum(of) => {
                let values = of.values().filter(|value| value.number() != 0);
                names = Some(values.map(|value| value.name().to_owned()).collect());
            }
            _ => {}
        }
    }
    names
}

/// Paths and names of fields; anything else was made up by the sender and is not repeated, numbers least of all.
fn is_path(text: &str) -> bool {
    const DIGITS_MAX: usize = 4;
    let longest = text.split(|c: char| !c.is_ascii_digit()).map(str::len).max();
    let named = text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '[' | ']'));
    named && text.len() <= 128 && longest.is_none_or(|digits| digits <= DIGITS_MAX)
}

/// Calls a unary method with an encoded request: one length-prefixed message out, one back, the status in the trailers.
async fn unary<S: Gateway>(
    calls: S,
    method: &MethodDescriptor,
    request: &[u8],
    trace: Option<&header::HeaderValue>,
) -> Result<Bytes, Status> {
    let mut framed = BytesMut::with_capacity(request.len() + 5);
    framed.put_u8(0);
    framed.put_u32(u32::try_from(request.len()).unwrap_or(u32::MAX));
    framed.put_slice(request);
    let uri = format!("/{}/{}", method.parent_service().full_name(), method.name());
    let body = Body::new(http_body_util::Full::new(framed.freeze()));
    let mut call = http::Request::builder()
        .method(Method::POST)
        .uri(uri)
        .header(header::CONTENT_TYPE, "application/grpc")
        .header(header::TE, "trailers")
        .body(body)
        .map_err(|error| Status::internal(error.to_string()))?;
    if let Some(trace) = trace {
        call.headers_mut().insert(TRACEPARENT, trace.clone());
    }
    let response = match calls.oneshot(call).await {
        Ok(response) => response,
        Err(never) => match never {},
    };
    if let Some(status) =
        Status::from_header_map(response.headers()).filter(|status| status.code() != Code::Ok)
    {
        return Err(status);
    }
    let collected = response.into_body().collect().await?;
    let status = collected.trailers().and_then(Status::from_header_map);
    if let Some(status) = status.filter(|status| status.code() != Code::Ok) {
        return Err(status);
    }
    let bytes = collected.to_bytes();
    Ok(bytes.slice(5.min(bytes.len())..))
}

fn answered(method: &MethodDescriptor, answer: Bytes) -> Response {
    let options = SerializeOptions::new().skip_default_fields(true);
    let text = DynamicMessage::decode(method.output(), answer).ok().and_then(|message| {
        let mut text = Vec::new();
        message.serialize_with_options(&mut serde_json::Serializer::new(&mut text), &options).ok()?;
        Some(text)
    });
    match text {
        Some(text) => ([(header::CONTENT_TYPE, "application/json")], text).into_response(),
        None => refusal(StatusCode::INTERNAL_SERVER_ERROR, Code::Internal, "the answer has no JSON form"),
    }
}

/// A status as google.rpc.Status in JSON, its details with it.
fn failed(status: &Status) -> Response {
    let details = status.get_error_details();
    let mut list = Vec::new();
    if let Some(info) = details.error_info() {
        list.push(json!({
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": info.reason, "domain": info.domain, "metadata": info.metadata,
        }));
    }
    if let Some(bad) = details.bad_request() {
        let fields = bad.field_violations.iter();
        let fields: Vec<Value> =
            fields.map(|field| json!({ "field": field.field, "description": field.description })).collect();
        list.push(json!({ "@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": fields }));
    }
    if let Some(delay) = details.retry_info().and_then(|retry| retry.retry_delay) {
        list.push(json!({
            "@type": "type.googleapis.com/google.rpc.RetryInfo",
            "retryDelay": format!("{}s", delay.as_secs_f64()),
        }));
    }
    let body = json!({ "code": status.code() as i32, "message": status.message(), "details": list });
    (http_status(status.code()), axum::Json(body)).into_response()
}

fn refusal(http: StatusCode, code: Code, message: &str) -> Response {
    (http, axum::Json(json!({ "code": code as i32, "message": message, "details": [] }))).into_response()
}

/// The HTTP status of a gRPC code, as google.rpc.Code maps them.
const fn http_status(code: Code) -> StatusCode {
    match code {
        Code::Ok => StatusCode::OK,
        Code::InvalidArgument | Code::FailedPrecondition | Code::OutOfRange => StatusCode::BAD_REQUEST,
        Code::Unauthenticated => StatusCode::UNAUTHORIZED,
        Code::PermissionDenied => StatusCode::FORBIDDEN,
        Code::NotFound => StatusCode::NOT_FOUND,
        Code::AlreadyExists | Code::Aborted => StatusCode::CONFLICT,
        Code::ResourceExhausted => StatusCode::TOO_MANY_REQUESTS,
        Code::Unimplemented => StatusCode::NOT_IMPLEMENTED,
        Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Code::DeadlineExceeded => StatusCode::GATEWAY_TIMEOUT,
        Code::Cancelled | Code::Unknown | Code::Internal | Code::DataLoss => {
            StatusCode::INTERNAL_SERVER_ERROR
        }
    }
}
