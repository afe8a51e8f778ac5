//! One command's connection to a server, and its console.

use std::{fmt, time::Duration};

use prost_types::Timestamp;
use tonic::{Request, transport::Channel};

use super::{
    Cli, Console, Failure,
    json::{self, Named},
    reasons, times,
    words::word,
};
use crate::grpc::pb::{
    Durability, Obligation, consent_service_client::ConsentServiceClient,
    policy_service_client::PolicyServiceClient, quality_service_client::QualityServiceClient,
};

/// Everything a command needs.
pub(super) struct Session<'a, 'b> {
    pub(super) console: &'a mut Console<'b>,
    pub(super) consent: ConsentServiceClient<Channel>,
    pub(super) policy: PolicyServiceClient<Channel>,
    pub(super) quality: QualityServiceClient<Channel>,
    /// Where the server is, for people.
    pub(super) endpoint: String,
    pub(super) json: bool,
    pub(super) timeout: Duration,
}

/// The largest answer taken from a server: a person's whole log may come in one message of an export.
const ANSWER_BYTES_MAX: usize = 64 << 20;

impl<'a, 'b> Session<'a, 'b> {
    pub(super) async fn open(cli: &Cli, console: &'a mut Console<'b>) -> Result<Self, Failure> {
        let channel = cli.endpoint.connect(cli.timeout).await?;
        Ok(Self {
            console,
            consent: ConsentServiceClient::new(channel.clone()).max_decoding_message_size(ANSWER_BYTES_MAX),
            quality: QualityServiceClient::new(channel.clone()).max_decoding_message_size(ANSWER_BYTES_MAX),
            endpoint: cli.endpoint.to_string(),
            policy: PolicyServiceClient::new(channel).max_decoding_message_size(ANSWER_BYTES_MAX),
            json: cli.json,
            timeout: cli.timeout,
        })
    }

    /// A request with the deadline of the command line.
    pub(super) fn request<M>(&self, message: M) -> Request<M> {
        with_deadline(message, self.timeout)
    }

    /// Writes one line of the result.
    pub(super) fn line(&mut self, text: fmt::Arguments<'_>) -> Result<(), Failure> {
        Ok(writeln!(self.console.out, "{text}")?)
    }

    /// Writes an answer as JSON, when that was asked for; says whether it did.
    pub(super) fn wrote_json<M: Named>(&mut self, answer: &M) -> Result<bool, Failure> {
        if self.json {
            let line = json::line(answer)?;
            self.line(format_args!("{line}"))?;
        }
        Ok(self.json)
    }

    /// Writes what is due now, each in plain words.
    pub(super) fn obligations(&mut self, obligations: &[i32]) -> Result<(), Failure> {
        for code in obligations {
            let obligation = Obligation::try_from(*code).unwrap_or_default();
            self.line(format_args!("  - {}", reasons::duty(obligation)))?;
        }
        Ok(())
    }

    /// Writes what was true of a write before its answer.
    pub(super) fn durability(&mut self, durability: i32) -> Result<(), Failure> {
        match Durability::try_from(durability).unwrap_or_default() {
            Durability::Unspecified => Ok(()),
            Durability::Journaled => self.line(format_args!(
                "  only in this sidecar's journal so far: honoured here, sent to the store later"
            )),
            kept @ (Durability::Replicated | Durability::Stored) => {
                self.line(format_args!("  {}", word(kept)))
            }
        }
    }

    /// An instant and how far it is from now.
    pub(super) fn when(&self, at: &Timestamp) -> String {
        times::with_distance(at, self.console.now)
    }
}

/// A request that the server, too, gives up after a time.
pub(super) fn with_deadline<M>(message: M, timeout: Duration) -> Request<M> {
    let mut request = Request::new(message);
    request.set_timeout(timeout);
    request
}
