//! Every write, counted once: gRPC, JSON and webhooks all come through here, and nowhere else is a write counted.
//!
//! What a write does is in `consent`, `inbound`, `signals` and `identity`; here it is given its kind, its outcome and its
//! duration. A caller that goes away before the answer leaves a write that nobody knows the outcome of: a failure.

use std::time::Instant;

use super::{
    Acknowledged, Gate, GateError, Inbound, InboundRecorded, OptInRecorded, OptInRequest, OptOutRequest,
    PromptRequest, Revision, Signal, Who,
};
use crate::{
    metrics::{Metrics, WriteOutcome},
    model::{Recipient, UserId, event::Block},
};

/// A write in progress; counted when it ends, however it ends.
struct Counting<'a> {
    metrics: &'a Metrics,
    kind: &'static str,
    started: Instant,
    /// None when there turned out to be nothing to write.
    outcome: Option<WriteOutcome>,
}

impl Drop for Counting<'_> {
    fn drop(&mut self) {
        if let Some(outcome) = self.outcome {
            self.metrics.writes.seconds.observe(self.started.elapsed().as_secs_f64());
            self.metrics.writes.wrote(self.kind, outcome);
        }
    }
}

impl Gate {
    /// Records an opt-in, if its evidence holds.
    ///
    /// # Errors
    /// When fields are wrong, the sender is unknown, the key was used otherwise, or the store failed.
    pub async fn record_opt_in(&self, request: &OptInRequest) -> Result<OptInRecorded, GateError> {
        let outcome = |recorded: &OptInRecorded| Some(recorded.done.outcome);
        self.counted("consent", self.write_opt_in(request), outcome).await
    }

    /// Records an opt-out. Once this returns, no answer of this sidecar allows what it covers.
    ///
    /// # Errors
    /// As `record_opt_in`.
    pub async fn record_opt_out(&self, request: &OptOutRequest) -> Result<Acknowledged, GateError> {
        self.counted("opt_out", self.write_opt_out(request), outcome_of).await
    }

    /// Records a step of the opt-in conversation. An acceptance is an opt-in, with the configured prompt as evidence.
    ///
    /// # Errors
    /// As `record_opt_in`.
    pub async fn record_prompt(&self, request: &PromptRequest) -> Result<Acknowledged, GateError> {
        self.counted("opt_in_prompt", self.write_prompt(request), outcome_of).await
    }

    /// Records a message of a person.
    ///
    /// # Errors
    /// When fields are wrong, the sender is unknown, the ID was used otherwise, or the store failed.
    pub async fn record_inbound(&self, who: &Who, inbound: &Inbound) -> Result<InboundRecorded, GateError> {
        let outcome = |recorded: &InboundRecorded| Some(recorded.done.outcome);
        self.counted("inbound", self.write_inbound(who, inbound), outcome).await
    }

    /// Records that a confirmation was sent: of an opt-in, or else of an opt-out.
    ///
    /// # Errors
    /// As `record_opt_in`.
    pub async fn record_confirmation(&self, who: &Who, of_opt_in: bool) -> Result<Acknowledged, GateError> {
        self.counted("confirmation", self.write_confirmation(who, of_opt_in), outcome_of).await
    }

    /// Records a block or report.
    ///
    /// # Errors
    /// As `record_opt_in`.
    pub async fn record_block(&self, who: &Who, block: Block) -> Result<Acknowledged, GateError> {
        self.counted("block", self.write_block(who, block), outcome_of).await
    }

    /// Settles a hold on marketing.
    ///
    /// # Errors
    /// As `record_opt_in`.
    pub async fn settle_hold(&self, who: &Who) -> Result<Acknowledged, GateError> {
        self.counted("hold", self.write_settled(who), outcome_of).await
    }

    /// Records that a person is a contact of the business.
    ///
    /// # Errors
    /// As `record_opt_in`.
    pub async fn record_contact(
        &self,
        who: &Who,
        time_zone: Option<&str>,
    ) -> Result<Acknowledged, GateError> {
        self.counted("contact", self.write_contact(who, time_zone), outcome_of).await
    }

    /// Records a signal.
    ///
    /// # Errors
    /// When the sender is unknown or the store failed.
    pub async fn record_signal(&self, who: &Who, signal: &Signal) -> Result<Acknowledged, GateError> {
        self.counted("signal", self.write_signal(who, signal), outcome_of).await
    }

    /// The business says that two identities are one person: refusals cross both ways, opt-ins do not.
    ///
    /// # Errors
    /// As `record_opt_in`.
    pub async fn link(&self, who: &Who, other: &Recipient) -> Result<Acknowledged, GateError> {
        self.counted("link", self.write_link(who, other), outcome_of).await
    }

    /// A signed webhook named a person by several identities at once: they are one person.
    ///
    /// # Errors
    /// When the sender is unknown or the store failed.
    pub async fn prove(&self, who: &Who, others: &[UserId]) -> Result<(), GateError> {
        // Nearly every webhook names people by both their names, and nearly always that is known: no write, then.
        let outcome = |wrote: &bool| wrote.then_some(WriteOutcome::applied);
        self.counted("link", self.write_proof(who, others), outcome).await.map(drop)
    }

    /// The person changed to another number: what they said counts there from now on, and what they agreed to no longer
    /// counts for the number they left, which may become somebody else's.
    ///
    /// # Errors
    /// When the store failed.
    pub async fn number_changed(&self, who: &Who, to: &Recipient) -> Result<(), GateError> {
        let outcome =
            |wrote: &bool| Some(if *wrote { WriteOutcome::applied } else { WriteOutcome::repeated });
        self.counted("link", self.write_number_change(who, to), outcome).await.map(drop)
    }

    /// Forgets a person, under every identity that is theirs by proof or by the business's word. What stands against
    /// messages to them stays, under a name that says nothing of them. Tells how many log entries lost their content,
    /// and whether an opt-out stands.
    ///
    /// # Errors
    /// When the sender is unknown or the store failed.
    pub async fn erase(&self, who: &Who) -> Result<(Revision, u64, bool), GateError> {
        self.counted("erase", self.write_erasure(who), |_| Some(WriteOutcome::applied)).await
    }

    /// Counts a write that was asked for in a way that cannot be read.
    pub fn unreadable(&self, kind: &'static str) {
        self.metrics.writes.wrote(kind, WriteOutcome::refused);
    }

    async fn counted<T>(
        &self,
        kind: &'static str,
        write: impl Future<Output = Result<T, GateError>> + Send,
        outcome: impl FnOnce(&T) -> Option<WriteOutcome> + Send,
    ) -> Result<T, GateError> {
        let failed = Some(WriteOutcome::failed);
        let mut counting =
            Counting { metrics: &self.metrics, kind, started: Instant::now(), outcome: failed };
        let result = write.await;
        counting.outcome = match &result {
            Ok(done) => outcome(done),
            Err(error) => Some(error.outcome()),
        };
        result
    }
}

/// What became of a write that was acknowledged.
const fn outcome_of(done: &Acknowledged) -> Option<WriteOutcome> {
    Some(done.outcome)
}
