//! The place that builds a `Status`; only the guard's deadline and the JSON door, which stand before it, have their own. Details follow google.rpc: each bad field in BadRequest, a stable reason in
//! ErrorInfo, and RetryInfo where a retry can help. No message repeats what the caller sent.

use std::{collections::HashMap, time::Duration};

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, StatusExt as _};

use super::pb::ErrorReason;
use crate::{
    gate::{FieldError, GateError},
    store::StoreError,
};

/// The domain of every ErrorInfo.
pub const ERROR_DOMAIN: &str = "sendgate";

/// A store that is away is asked again soon, but not at once by everybody.
const RETRY_AFTER: Duration = Duration::from_millis(500);

/// The status of a gate error.
pub(super) fn of_gate(error: &GateError) -> Status {
    match error {
        GateError::Invalid(fields) => invalid(fields),
        GateError::UnknownSender => {
            with_reason(Code::FailedPrecondition, ErrorReason::UnknownSender, error.to_string(), None)
        }
        GateError::KeyReused => {
            with_reason(Code::AlreadyExists, ErrorReason::IdempotencyKeyReused, error.to_string(), None)
        }
        GateError::Contention => {
            with_reason(Code::Aborted, ErrorReason::Contention, error.to_string(), Some(RETRY_AFTER))
        }
        GateError::UnknownResumePoint => {
            with_reason(Code::OutOfRange, ErrorReason::ResumePointUnknown, error.to_string(), None)
        }
        GateError::RefusalKept | GateError::RefusalsWait(_) => with_reason(
            Code::Unavailable,
            ErrorReason::StoreUnavailable,
            error.to_string(),
            Some(RETRY_AFTER),
        ),
        GateError::Store(error) => of_store(error),
    }
}

/// What the log gets to know of a store error, the caller does not: it may name hosts and files. At level debug: that the
/// store fails is told once, where it is noticed, and not once for each call.
fn of_store(error: &StoreError) -> Status {
    tracing::debug!(%error, "the store failed");
    match error {
        StoreError::Unavailable(_) => with_reason(
            Code::Unavailable,
            ErrorReason::StoreUnavailable,
            "the store is unavailable; nothing was recorded".to_owned(),
            Some(RETRY_AFTER),
        ),
        StoreError::UnknownOutcome => with_reason(
            Code::Unavailable,
            ErrorReason::StoreUnknownOutcome,
            "the store did not confirm in time; repeat with the same idempotency key".to_owned(),
            Some(RETRY_AFTER),
        ),
        StoreError::Corrupt(_) => with_reason(
            Code::DataLoss,
            ErrorReason::StateCorrupt,
            "stored state cannot be read; it was left untouched, see the log".to_owned(),
            None,
        ),
    }
}

/// Bad fields, each named.
pub(super) fn invalid(fields: &[FieldError]) -> Status {
    let message = match fields {
        [only] if only.field.is_empty() => only.message.clone(),
        [only] => format!("{}: {}", only.field, only.message),
        all => format!("{} fields are malformed: {}", all.len(), names(all)),
    };
    let violations: Vec<FieldViolation> =
        fields.iter().map(|error| FieldViolation::new(error.field.clone(), error.message.clone())).collect();
    let mut details = ErrorDetails::new();
    details.set_bad_request(violations).set_error_info(
        name(ErrorReason::InvalidRequest),
        ERROR_DOMAIN,
        HashMap::new(),
    );
    Status::with_error_details(Code::InvalidArgument, message, details)
}

/// A limit of ours that a request or the load exceeds.
#[must_use]
pub fn limit_exceeded(limit: &str, message: impl Into<String>) -> Status {
    let metadata = HashMap::from([("limit".to_owned(), limit.to_owned())]);
    let mut details = ErrorDetails::new();
    details.set_error_info(name(ErrorReason::LimitExceeded), ERROR_DOMAIN, metadata);
    Status::with_error_details(Code::ResourceExhausted, message, details)
}

/// A request that could not even be read; the field is empty when no field is at fault.
#[must_use]
pub fn malformed(field: &str, message: &str) -> Status {
    invalid(&[FieldError::new(field, message)])
}

/// The transport calls a message over the size limit out of range; it is a limit of ours, and the contract says
/// RESOURCE_EXHAUSTED.
#[must_use]
pub fn too_large_is_exhausted(status: Status) -> Status {
    if status.code() == Code::OutOfRange && status.message().contains("message length too large") {
        return limit_exceeded("limits.request_bytes", "the request is larger than `limits.request_bytes`");
    }
    status
}

/// The caller's deadline passed.
#[must_use]
pub fn deadline_exceeded() -> Status {
    Status::deadline_exceeded("the deadline passed before the answer")
}

/// The server is draining.
pub(super) fn shutting_down() -> Status {
    let message = "the server is shutting down".to_owned();
    with_reason(Code::Unavailable, ErrorReason::ShuttingDown, message, Some(RETRY_AFTER))
}

/// The same error in place of one item of a stream.
pub(super) fn item_error(status: &Status) -> super::pb::ItemError {
    let details = status.get_error_details();
    let violation = details.bad_request().and_then(|bad| bad.field_violations.first());
    super::pb::ItemError {
        reason: details.error_info().map(|info| info.reason.clone()).unwrap_or_default(),
        field: violation.map(|violation| violation.field.clone()).unwrap_or_default(),
        message: violation
            .map_or_else(|| status.message().to_owned(), |violation| violation.description.clone()),
    }
}

/// The stable reason without its prefix, as ErrorInfo carries it.
pub(super) fn name(reason: ErrorReason) -> String {
    let name = reason.as_str_name();
    name.strip_prefix("ERROR_REASON_").unwrap_or(name).to_owned()
}

fn with_reason(code: Code, reason: ErrorReason, message: String, retry_after: Option<Duration>) -> Status {
    let mut details = ErrorDetails::new();
    details.set_error_info(name(reason), ERROR_DOMAIN, HashMap::new());
    if let Some(after) = retry_after {
        details.set_retry_info(Some(after));
    }
    Status::with_error_details(code, message, details)
}

fn names(fields: &[FieldError]) -> String {
    fields.iter().map(|error| error.field.as_str()).collect::<Vec<_>>().join(", ")
}
