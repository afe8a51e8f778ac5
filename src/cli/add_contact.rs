//! `sendgate add-contact`: a person is a contact of the business, without any consent.

use clap::Args;

use super::{Exit, Failure, args::Person, session::Session};
use crate::grpc::pb::RecordContactRequest;

/// Arguments of `add-contact`.
#[derive(Debug, Args)]
pub struct AddContactArgs {
    /// Whose contact.
    #[command(flatten)]
    pub person: Person,
    /// The person's IANA time zone, for quiet hours.
    #[arg(long, value_name = "ZONE", default_value = "", hide_default_value = true)]
    pub time_zone: String,
}

pub(super) async fn run(args: &AddContactArgs, session: &mut Session<'_, '_>) -> Result<Exit, Failure> {
    let request = session.request(RecordContactRequest {
        sender: args.person.sender.clone(),
        recipient: args.person.recipient.clone(),
        time_zone: args.time_zone.clone(),
    });
    let answer = session.consent.record_contact(request).await?.into_inner();
    if !session.wrote_json(&answer)? {
        session.line(format_args!("contact recorded, without any consent"))?;
        session.durability(answer.durability)?;
    }
    Ok(Exit::Yes)
}
