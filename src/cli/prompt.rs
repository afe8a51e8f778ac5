//! `sendgate prompt`: a step of the opt-in conversation.

use clap::Args;

use super::{
    Exit, Failure,
    args::{Once, Person, When},
    session::Session,
    words,
};
use crate::grpc::pb::{OptInPromptOutcome, PromptState, RecordOptInPromptRequest};

/// Arguments of `prompt`.
#[derive(Debug, Args)]
pub struct PromptArgs {
    /// Who prompts whom.
    #[command(flatten)]
    pub person: Person,
    /// The step.
    #[arg(ignore_case = true, value_parser = words::argument::<OptInPromptOutcome>())]
    pub outcome: OptInPromptOutcome,
    /// The prompt's message ID, so that a reply to it is recognised.
    #[arg(long, value_name = "ID", default_value = "", hide_default_value = true)]
    pub message_id: String,
    /// When it happened.
    #[command(flatten)]
    pub when: When,
    /// Its key.
    #[command(flatten)]
    pub once: Once,
}

pub(super) async fn run(args: &PromptArgs, session: &mut Session<'_, '_>) -> Result<Exit, Failure> {
    let request = session.request(RecordOptInPromptRequest {
        sender: args.person.sender.clone(),
        recipient: args.person.recipient.clone(),
        outcome: args.outcome.into(),
        occurred_at: args.when.stamp(),
        idempotency_key: args.once.key.clone(),
        message_id: args.message_id.clone(),
    });
    let answer = session.consent.record_opt_in_prompt(request).await?.into_inner();
    if session.wrote_json(&answer)? {
        return Ok(Exit::Yes);
    }
    session.line(format_args!("prompt: {}", words::word_of::<PromptState>(answer.state)))?;
    if args.outcome == OptInPromptOutcome::Accepted && !answer.applied {
        session.line(format_args!("  kept, not applied: another statement stands against it"))?;
    }
    session.durability(answer.durability)?;
    session.obligations(&answer.obligations)?;
    Ok(Exit::Yes)
}
