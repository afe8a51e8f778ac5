//! What stops a command, in words that say what to do about it.

use std::io::{self, Write};

use tonic::{Code, Status};
use tonic_types::StatusExt;

/// Why a command was not done.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// No server answers.
    #[error("no server answers at {endpoint}: {why}")]
    Unreachable {
        /// Where it was looked for.
        endpoint: String,
        /// What the system said.
        why: String,
    },
    /// The server refused the call or could not serve it.
    #[error("{}: {}", code_name(.0.code()), .0.message())]
    Rpc(Box<Status>),
    /// The command line or a file asks for something that cannot be done.
    #[error("{0}")]
    Usage(String),
    /// A listener or another part of the server is gone.
    #[error("a part of the server ended by itself; the log says which")]
    Ended,
    /// A file or stream.
    #[error("{what}")]
    Io {
        /// What was being done, naming the file.
        what: String,
        /// What the system said.
        source: io::Error,
    },
    /// Writing the result.
    #[error("writing the result")]
    Output(#[from] io::Error),
}

impl Failure {
    /// Writes the error and what helps. A reader that went away needs no message: it is not there to read it.
    pub(super) fn report(&self, err: &mut dyn Write) {
        if matches!(self, Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe) {
            return;
        }
        // Nobody is left to tell when standard error itself fails.
        let _ = err.write_all(self.text().as_bytes());
        let _ = err.flush();
    }

    fn text(&self) -> String {
        let mut text = format!("error: {self}\n");
        match self {
            Self::Unreachable { .. } => text.push_str(
                "  start one with `sendgate serve`, or say where it is with --endpoint or SENDGATE_ENDPOINT\n",
            ),
            Self::Rpc(status) => text.extend(details(status).into_iter().map(|line| format!("  {line}\n"))),
            Self::Io { source, .. } | Self::Output(source) => text.push_str(&format!("  {source}\n")),
            Self::Usage(_) | Self::Ended => {}
        }
        text
    }
}

impl From<Status> for Failure {
    fn from(status: Status) -> Self {
        Self::Rpc(Box::new(status))
    }
}

/// A status in one line, for a row of a reject file.
pub(super) fn one_line(status: &Status) -> String {
    let faults = violations(status);
    let what = if faults.is_empty() { status.message().to_owned() } else { faults.join("; ") };
    format!("{}: {what}", code_name(status.code()))
}

/// The fields at fault, one a line; where none is, the stable reason.
fn details(status: &Status) -> Vec<String> {
    let faults = violations(status);
    if !faults.is_empty() {
        return faults;
    }
    let reason = status.get_details_error_info().map(|info| info.reason).filter(|reason| !reason.is_empty());
    reason.map(|reason| format!("reason {reason}")).into_iter().collect()
}

fn violations(status: &Status) -> Vec<String> {
    let faults = status.get_details_bad_request().map(|request| request.field_violations).unwrap_or_default();
    faults.into_iter().map(|fault| format!("{}: {}", fault.field, fault.description)).collect()
}

/// The code as the gRPC documents spell it.
fn code_name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}

#[cfg(test)]
mod tests {
    use tonic_types::{ErrorDetails, StatusExt};

    use super::*;

    #[test]
    fn field_violations_are_listed_one_a_line() {
        let mut faults = ErrorDetails::new();
        faults.add_bad_request_violation("recipient", "must not be empty");
        faults.add_bad_request_violation("category", "is required for a template");
        let status = Status::with_error_details(Code::InvalidArgument, "2 fields are malformed", faults);
        assert_eq!(
            Failure::from(status.clone()).text(),
            "error: INVALID_ARGUMENT: 2 fields are malformed\n  recipient: must not be empty\n  \
             category: is required for a template\n"
        );
        assert_eq!(
            one_line(&status),
            "INVALID_ARGUMENT: recipient: must not be empty; category: is required for a template"
        );
    }

    #[test]
    fn a_reader_that_went_away_is_not_told() {
        let mut err = Vec::new();
        Failure::from(io::Error::from(io::ErrorKind::BrokenPipe)).report(&mut err);
        assert!(err.is_empty());
    }
}
