//! `sendgate confirm`: a confirmation was sent, so that it is sent once.

use clap::{Args, ValueEnum};

use super::{
    Exit, Failure,
    args::{Once, Person, When},
    session::Session,
};
use crate::grpc::pb::{MessageKind, RecordConfirmationRequest};

/// What was confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Confirmed {
    /// An opt-in.
    OptIn,
    /// An opt-out.
    OptOut,
}

impl Confirmed {
    /// The message that confirms it.
    pub(super) const fn kind(self) -> MessageKind {
        match self {
            Self::OptIn => MessageKind::OptInConfirmation,
            Self::OptOut => MessageKind::OptOutConfirmation,
        }
    }
}

/// Arguments of `confirm`.
#[derive(Debug, Args)]
pub struct ConfirmArgs {
    /// Who confirmed to whom.
    #[command(flatten)]
    pub person: Person,
    /// What was confirmed.
    pub confirmed: Confirmed,
    /// When it was sent.
    #[command(flatten)]
    pub when: When,
    /// Its key.
    #[command(flatten)]
    pub once: Once,
}

pub(super) async fn run(args: &ConfirmArgs, session: &mut Session<'_, '_>) -> Result<Exit, Failure> {
    let request = session.request(RecordConfirmationRequest {
        sender: args.person.sender.clone(),
        recipient: args.person.recipient.clone(),
        kind: args.confirmed.kind().into(),
        occurred_at: args.when.stamp(),
        idempotency_key: args.once.key.clone(),
    });
    let answer = session.consent.record_confirmation(request).await?.into_inner();
    if !session.wrote_json(&answer)? {
        session.line(format_args!("confirmation recorded"))?;
        session.durability(answer.durability)?;
    }
    Ok(Exit::Yes)
}
