//! Sends one row, and repeats what found the server busy or gone.

use std::{error::Error, time::Duration};

use tonic::{Code, Status, transport::Channel};
use tonic_types::StatusExt;

use super::{
    super::{
        failure::one_line,
        session::{Session, with_deadline},
    },
    ledger::Outcome,
    options::ImportArgs,
    row::{Statement, Write},
};
use crate::grpc::pb::consent_service_client::ConsentServiceClient;

/// The longest pause between two attempts.
const WAIT_MAX: Duration = Duration::from_secs(10);

/// Sends rows over one connection.
#[derive(Clone)]
pub(super) struct Sender {
    client: ConsentServiceClient<Channel>,
    timeout: Duration,
    retries: u32,
    first_wait: Duration,
}

impl Sender {
    pub(super) fn new(session: &Session<'_, '_>, args: &ImportArgs) -> Self {
        Self {
            client: session.consent.clone(),
            timeout: session.timeout,
            retries: args.retries,
            first_wait: args.retry_wait,
        }
    }

    /// Sends a row. An error is the server's trouble, not the row's: the import stops and can go on later.
    pub(super) async fn send(&mut self, statement: &Statement) -> Result<Outcome, Status> {
        let mut attempt = 0;
        loop {
            match self.attempt(statement).await {
                Ok(true) => return Ok(Outcome::Applied),
                Ok(false) => return Ok(Outcome::Kept),
                Err(status) if is_the_rows_fault(status.code()) => {
                    return Ok(Outcome::Rejected(one_line(&status)));
                }
                Err(status) if is_passing(&status) && attempt < self.retries => {
                    tokio::time::sleep(self.wait(attempt, &status)).await;
                    attempt += 1;
                }
                Err(status) => return Err(status),
            }
        }
    }

    /// One attempt; says whether the statement took effect. Repeating it is harmless: every write has its key.
    async fn attempt(&mut self, statement: &Statement) -> Result<bool, Status> {
        let (client, timeout) = (&mut self.client, self.timeout);
        let applied = match &statement.write {
            Write::Consent(request) => {
                client.record_consent(with_deadline((**request).clone(), timeout)).await?.into_inner().applied
            }
            Write::OptOut(request) => {
                client.record_opt_out(with_deadline((**request).clone(), timeout)).await?.into_inner().applied
            }
            Write::Contact(request) => {
                client.record_contact(with_deadline((**request).clone(), timeout)).await?;
                true
            }
            Write::Prompt(request) => {
                let request = with_deadline((**request).clone(), timeout);
                client.record_opt_in_prompt(request).await?.into_inner().applied
            }
            Write::Block(request) => {
                client.record_block(with_deadline((**request).clone(), timeout)).await?;
                true
            }
            Write::Link(request) => {
                client.link_contacts(with_deadline((**request).clone(), timeout)).await?;
                true
            }
            Write::Confirmation(request) => {
                client.record_confirmation(with_deadline((**request).clone(), timeout)).await?;
                true
            }
            Write::Inbound(request) => {
                client.record_inbound(with_deadline((**request).clone(), timeout)).await?;
                true
            }
        };
        if let Some(confirmation) = &statement.confirmation {
            client.record_confirmation(with_deadline(confirmation.clone(), timeout)).await?;
        }
        Ok(applied)
    }

    /// Twice as long each time, and never shorter than the server asks.
    fn wait(&self, attempt: u32, status: &Status) -> Duration {
        let doubled = self.first_wait.saturating_mul(2_u32.saturating_pow(attempt));
        let asked = status.get_details_retry_info().and_then(|info| info.retry_delay).unwrap_or_default();
        doubled.max(asked).min(WAIT_MAX)
    }
}

/// What another attempt with the same row cannot mend.
const fn is_the_rows_fault(code: Code) -> bool {
    matches!(
        code,
        Code::InvalidArgument
            | Code::FailedPrecondition
            | Code::AlreadyExists
            | Code::OutOfRange
            | Code::NotFound
            | Code::DataLoss
    )
}

/// What may be over in a moment. A status with a source never came from a server: the connection broke.
fn is_passing(status: &Status) -> bool {
    let busy = matches!(
        status.code(),
        Code::Unavailable
            | Code::Aborted
            | Code::ResourceExhausted
            | Code::DeadlineExceeded
            | Code::Cancelled
    );
    busy || status.source().is_some()
}
