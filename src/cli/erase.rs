//! `sendgate erase`: forgets a person. A standing opt-out stays in force.

use clap::Args;

use super::{Console, Exit, Failure, args::Person, session::Session};
use crate::grpc::pb::EraseContactRequest;

/// Arguments of `erase`.
#[derive(Debug, Args)]
pub struct EraseArgs {
    /// Whom to erase; the whole business forgets them.
    #[command(flatten)]
    pub person: Person,
    /// Do not ask.
    #[arg(long, short)]
    pub yes: bool,
}

pub(super) async fn run(args: &EraseArgs, session: &mut Session<'_, '_>) -> Result<Exit, Failure> {
    if !args.yes && !confirmed(&args.person.recipient, session.console)? {
        return Err(Failure::Usage("nothing was erased: answer `yes`, or give --yes".to_owned()));
    }
    let request = session.request(EraseContactRequest {
        sender: args.person.sender.clone(),
        recipient: args.person.recipient.clone(),
    });
    let answer = session.consent.erase_contact(request).await?.into_inner();
    if session.wrote_json(&answer)? {
        return Ok(Exit::Yes);
    }
    session.line(format_args!("erased; {} log entries lost their content", answer.entries_erased))?;
    if answer.opt_out_kept {
        session.line(format_args!("  the opt-out stays in force, as a keyed hash that names nobody"))?;
    }
    session.durability(answer.durability)?;
    Ok(Exit::Yes)
}

/// Asks on standard error, so that the result stays clean. Only an outspoken yes counts.
fn confirmed(recipient: &str, console: &mut Console<'_>) -> Result<bool, Failure> {
    write!(console.err, "Erase everything stored of {recipient}? This cannot be undone. [yes/no] ")?;
    console.err.flush()?;
    let mut answer = String::new();
    console
        .input
        .read_line(&mut answer)
        .map_err(|source| Failure::Io { what: "reading the answer".to_owned(), source })?;
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}
