//! `sendgate block`: a block or report between a person and a sender.

use clap::Args;

use super::{
    Exit, Failure,
    args::{Once, Person, When},
    session::Session,
    words,
};
use crate::grpc::pb::{BlockState, RecordBlockRequest};

/// Arguments of `block`.
#[derive(Debug, Args)]
pub struct BlockArgs {
    /// Between whom.
    #[command(flatten)]
    pub person: Person,
    /// Who blocked whom.
    #[arg(ignore_case = true, value_parser = words::argument::<BlockState>())]
    pub state: BlockState,
    /// When it happened.
    #[command(flatten)]
    pub when: When,
    /// Its key.
    #[command(flatten)]
    pub once: Once,
}

pub(super) async fn run(args: &BlockArgs, session: &mut Session<'_, '_>) -> Result<Exit, Failure> {
    let request = session.request(RecordBlockRequest {
        sender: args.person.sender.clone(),
        recipient: args.person.recipient.clone(),
        state: args.state.into(),
        occurred_at: args.when.stamp(),
        idempotency_key: args.once.key.clone(),
    });
    let answer = session.consent.record_block(request).await?.into_inner();
    if !session.wrote_json(&answer)? {
        session.line(format_args!("{} recorded", words::word(args.state)))?;
        session.durability(answer.durability)?;
    }
    Ok(Exit::Yes)
}
