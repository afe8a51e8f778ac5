//! What an error of the contract carries.

use tonic::{Code, Status};
use tonic_types::StatusExt as _;

/// Asserts an error of the contract's domain with a code and a reason, and returns the fields it names, in order.
#[track_caller]
pub(crate) fn expect<T: std::fmt::Debug>(result: Result<T, Status>, code: Code, reason: &str) -> Vec<String> {
    let status = result.expect_err("an error was expected");
    assert_eq!(status.code(), code, "{status:?}");
    let details = status.get_error_details();
    let info = details.error_info().unwrap_or_else(|| panic!("no ErrorInfo in {status:?}"));
    assert_eq!((info.domain.as_str(), info.reason.as_str()), ("sendgate", reason), "{status:?}");
    let bad = details.bad_request().map(|bad| bad.field_violations.clone()).unwrap_or_default();
    for violation in &bad {
        assert!(!violation.description.is_empty(), "{} is not explained", violation.field);
    }
    bad.into_iter().map(|violation| violation.field).collect()
}

/// The fields that a malformed request is told of.
#[track_caller]
pub(crate) fn bad_fields<T: std::fmt::Debug>(result: Result<T, Status>) -> Vec<String> {
    expect(result, Code::InvalidArgument, "INVALID_REQUEST")
}

/// One value of the metadata of an error.
#[track_caller]
pub(crate) fn metadata(status: &Status, key: &str) -> String {
    let details = status.get_error_details();
    details.error_info().and_then(|info| info.metadata.get(key).cloned()).unwrap_or_default()
}
