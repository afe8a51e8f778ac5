//! `sendgate release`: gives back what was counted of a message that was not sent.

use clap::Args;

use super::{Exit, Failure, session::Session};
use crate::grpc::pb::ReleaseReservationRequest;

/// Arguments of `release`.
#[derive(Debug, Args)]
pub struct ReleaseArgs {
    /// What `sendgate check --reserve` reserved it as.
    #[arg(value_name = "RESERVATION")]
    pub reservation: String,
}

pub(super) async fn run(args: &ReleaseArgs, session: &mut Session<'_, '_>) -> Result<Exit, Failure> {
    let request = session.request(ReleaseReservationRequest { reservation_id: args.reservation.clone() });
    let answer = session.consent.release_reservation(request).await?.into_inner();
    if !session.wrote_json(&answer)? {
        let outcome = if answer.released { "released" } else { "nothing is counted of it any more" };
        session.line(format_args!("{outcome}"))?;
    }
    Ok(Exit::Yes)
}
