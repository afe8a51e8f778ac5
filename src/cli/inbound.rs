//! `sendgate inbound`: a person wrote.

use clap::Args;

use super::{
    Exit, Failure,
    args::{Person, When},
    session::Session,
};
use crate::grpc::pb::{InboundEffect, RecordInboundRequest};

/// Arguments of `inbound`.
#[derive(Debug, Args)]
pub struct InboundArgs {
    /// Who wrote to whom.
    #[command(flatten)]
    pub person: Person,
    /// The text; leave it out for media.
    #[arg(default_value = "", hide_default_value = true)]
    pub text: String,
    /// The message's ID: a repetition changes nothing.
    #[arg(long, value_name = "ID", default_value = "", hide_default_value = true)]
    pub message_id: String,
    /// The payload or ID of a pressed button.
    #[arg(long, value_name = "ID", default_value = "", hide_default_value = true)]
    pub button_id: String,
    /// The message that is replied to.
    #[arg(long, value_name = "ID", default_value = "", hide_default_value = true)]
    pub context_message_id: String,
    /// The message's own time.
    #[command(flatten)]
    pub when: When,
}

pub(super) async fn run(args: &InboundArgs, session: &mut Session<'_, '_>) -> Result<Exit, Failure> {
    let request = session.request(RecordInboundRequest {
        sender: args.person.sender.clone(),
        recipient: args.person.recipient.clone(),
        message_id: args.message_id.clone(),
        text: args.text.clone(),
        button_id: args.button_id.clone(),
        context_message_id: args.context_message_id.clone(),
        occurred_at: args.when.stamp(),
    });
    let answer = session.consent.record_inbound(request).await?.into_inner();
    if session.wrote_json(&answer)? {
        return Ok(Exit::Yes);
    }
    let effect = InboundEffect::try_from(answer.effect).unwrap_or_default();
    session.line(format_args!("{}", meaning(effect)))?;
    if let Some(end) = &answer.window_expires_at {
        let end = session.when(end);
        session.line(format_args!("  window open until {end}"))?;
    }
    session.durability(answer.durability)?;
    session.obligations(&answer.obligations)?;
    Ok(Exit::Yes)
}

/// What a message did, in words.
const fn meaning(effect: InboundEffect) -> &'static str {
    match effect {
        InboundEffect::Unspecified => "recorded; what it did, this client cannot name",
        InboundEffect::None => "recorded; consent is unchanged",
        InboundEffect::OptedOut => "read as an opt-out",
        InboundEffect::OptedIn => "read as an opt-in",
        InboundEffect::Declined => "read as no to the opt-in prompt",
        InboundEffect::MarketingHeld => {
            "read as an ambiguous refusal: marketing is held until `sendgate settle`"
        }
    }
}
