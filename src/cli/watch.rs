//! `sendgate watch`: consent changes as they are recorded.

use clap::Args;

use super::{Exit, Failure, entry_line, session::Session, times};
use crate::grpc::pb::{WatchConsentRequest, WatchConsentResponse};

/// Arguments of `watch`.
#[derive(Debug, Args)]
pub struct WatchArgs {
    /// Only changes of this sender's business [default: all].
    #[arg(default_value = "", hide_default_value = true)]
    pub sender: String,
    /// Begin after this revision; `0` is the first change of all [default: only changes from now on].
    #[arg(long, value_name = "REVISION", default_value = "", hide_default_value = true)]
    pub resume_after: String,
}

pub(super) async fn run(args: &WatchArgs, session: &mut Session<'_, '_>) -> Result<Exit, Failure> {
    let request =
        WatchConsentRequest { sender: args.sender.clone(), resume_after: args.resume_after.clone() };
    let mut feed = session.consent.watch_consent(request).await?.into_inner();
    let mut seen = args.resume_after.clone();
    loop {
        match feed.message().await {
            Ok(Some(change)) => {
                seen.clone_from(&change.revision);
                if !session.wrote_json(&change)? {
                    let line = line(&change);
                    session.line(format_args!("{line}"))?;
                }
                // Somebody is looking: a block-wise writer would keep the news to itself.
                session.console.out.flush()?;
            }
            Ok(None) => return Ok(Exit::Yes),
            Err(status) => {
                if status.code() == tonic::Code::OutOfRange {
                    writeln!(
                        session.console.err,
                        "the store went back; begin anew, with --resume-after 0 for all there is"
                    )?;
                } else if !seen.is_empty() {
                    writeln!(session.console.err, "go on with --resume-after {seen}")?;
                }
                return Err(status.into());
            }
        }
    }
}

fn line(change: &WatchConsentResponse) -> String {
    let Some(entry) = &change.entry else {
        return format!("{}  {}", change.business, change.revision);
    };
    let whom = if entry.recipient.is_empty() { "(erased)" } else { &entry.recipient };
    let at = times::show(entry.recorded_at.as_ref());
    let kept =
        if entry.applied || !entry_line::is_statement(entry.kind()) { "" } else { " — kept, not applied" };
    format!("{at}  {}  {whom}  {}{kept}", change.business, entry_line::what(entry))
}
