//! `sendgate opt-out`: a person said no.

use clap::Args;

use super::{
    Exit, Failure,
    args::{About, Once, Person, When},
    scopes,
    session::Session,
    words,
};
use crate::grpc::pb::{OptOutChannel, RecordOptOutRequest};

/// Arguments of `opt-out`.
#[derive(Debug, Args)]
pub struct OptOutArgs {
    /// Who said it to whom.
    #[command(flatten)]
    pub person: Person,
    /// What the person said no to.
    #[command(flatten)]
    pub about: About,
    /// How it was said; without it, it counts as the person's own word.
    #[arg(long, ignore_case = true, value_parser = words::argument::<OptOutChannel>())]
    pub channel: Option<OptOutChannel>,
    /// The word that was used, if any.
    #[arg(long, value_name = "WORD", default_value = "", hide_default_value = true)]
    pub keyword: String,
    /// When it was said.
    #[command(flatten)]
    pub when: When,
    /// Its key.
    #[command(flatten)]
    pub once: Once,
}

pub(super) async fn run(args: &OptOutArgs, session: &mut Session<'_, '_>) -> Result<Exit, Failure> {
    let request = session.request(RecordOptOutRequest {
        sender: args.person.sender.clone(),
        recipient: args.person.recipient.clone(),
        scope: args.about.scope.clone(),
        channel: args.channel.unwrap_or_default().into(),
        keyword: args.keyword.clone(),
        occurred_at: args.when.stamp(),
        idempotency_key: args.once.key.clone(),
    });
    let answer = session.consent.record_opt_out(request).await?.into_inner();
    if session.wrote_json(&answer)? {
        return Ok(Exit::Yes);
    }
    let scope = scopes::show(args.about.scope.as_ref());
    if answer.applied {
        session.line(format_args!("opted out of {scope}"))?;
    } else {
        session.line(format_args!("kept, not applied: a later opt-in of the person stands for {scope}"))?;
    }
    session.durability(answer.durability)?;
    session.obligations(&answer.obligations)?;
    Ok(Exit::Yes)
}
