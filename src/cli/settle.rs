//! `sendgate settle`: lifts the hold that an ambiguous refusal put on marketing.

use clap::Args;

use super::{
    Exit, Failure,
    args::{Once, Person, When},
    session::Session,
};
use crate::grpc::pb::SettleHoldRequest;

/// Arguments of `settle`.
#[derive(Debug, Args)]
pub struct SettleArgs {
    /// Whose hold.
    #[command(flatten)]
    pub person: Person,
    /// When it was settled.
    #[command(flatten)]
    pub when: When,
    /// Its key.
    #[command(flatten)]
    pub once: Once,
}

pub(super) async fn run(args: &SettleArgs, session: &mut Session<'_, '_>) -> Result<Exit, Failure> {
    let request = session.request(SettleHoldRequest {
        sender: args.person.sender.clone(),
        recipient: args.person.recipient.clone(),
        occurred_at: args.when.stamp(),
        idempotency_key: args.once.key.clone(),
    });
    let answer = session.consent.settle_hold(request).await?.into_inner();
    if !session.wrote_json(&answer)? {
        session
            .line(format_args!("hold on marketing lifted; if the person meant no, use `sendgate opt-out`"))?;
        session.durability(answer.durability)?;
    }
    Ok(Exit::Yes)
}
