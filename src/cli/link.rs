//! `sendgate link`: two identities are one person.

use clap::Args;

use super::{
    Exit, Failure,
    args::{Person, When},
    session::Session,
};
use crate::grpc::pb::LinkContactsRequest;

/// Arguments of `link`.
#[derive(Debug, Args)]
pub struct LinkArgs {
    /// One identity of the person.
    #[command(flatten)]
    pub person: Person,
    /// The other identity: an E.164 number or a business-scoped user ID.
    pub other: String,
    /// When it was learned.
    #[command(flatten)]
    pub when: When,
}

pub(super) async fn run(args: &LinkArgs, session: &mut Session<'_, '_>) -> Result<Exit, Failure> {
    let request = session.request(LinkContactsRequest {
        sender: args.person.sender.clone(),
        recipient: args.person.recipient.clone(),
        other: args.other.clone(),
        occurred_at: args.when.stamp(),
    });
    let answer = session.consent.link_contacts(request).await?.into_inner();
    if !session.wrote_json(&answer)? {
        session.line(format_args!("linked: opt-outs of either now hold for both; opt-ins do not cross"))?;
        session.durability(answer.durability)?;
    }
    Ok(Exit::Yes)
}
