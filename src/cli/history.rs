//! `sendgate history`: one person's attestation log.

use clap::Args;

use super::{Exit, Failure, args::Person, entry_line, session::Session};
use crate::grpc::pb::{ConsentEntry, ListConsentHistoryRequest};

/// Entries asked for in one call: the most a server gives.
const PAGE: u32 = 1000;

/// Arguments of `history`.
#[derive(Debug, Args)]
pub struct HistoryArgs {
    /// Whose log.
    #[command(flatten)]
    pub person: Person,
}

pub(super) async fn run(args: &HistoryArgs, session: &mut Session<'_, '_>) -> Result<Exit, Failure> {
    let mut pages = Pages::of(&args.person);
    let mut entries = 0_usize;
    while let Some(page) = pages.next(session).await? {
        entries += page.len();
        for entry in &page {
            if !session.wrote_json(entry)? {
                let line = entry_line::of(entry);
                session.line(format_args!("{line}"))?;
            }
        }
    }
    if entries == 0 && !session.json {
        session.line(format_args!("nothing is recorded of this person"))?;
    }
    Ok(Exit::Yes)
}

/// A log, page by page: a log may be longer than one wants in memory.
pub(super) struct Pages<'a> {
    person: &'a Person,
    /// Where to go on; nothing after the last page.
    token: Option<String>,
}

impl<'a> Pages<'a> {
    pub(super) const fn of(person: &'a Person) -> Self {
        Self { person, token: Some(String::new()) }
    }

    /// The next page, or nothing after the last.
    pub(super) async fn next(
        &mut self,
        session: &mut Session<'_, '_>,
    ) -> Result<Option<Vec<ConsentEntry>>, Failure> {
        let Some(page_token) = self.token.take() else { return Ok(None) };
        let request = session.request(ListConsentHistoryRequest {
            sender: self.person.sender.clone(),
            recipient: self.person.recipient.clone(),
            page_size: PAGE,
            page_token,
        });
        let page = session.consent.list_consent_history(request).await?.into_inner();
        self.token = Some(page.next_page_token).filter(|token| !token.is_empty());
        Ok(Some(page.entries))
    }
}
