//! `sendgate verify`: recomputes the hash chain of attestation logs, on this side of the wire.

pub mod chain;
pub(super) mod offline;

use clap::Args;

use super::{Exit, Failure, args::Person, history::Pages, session::Session};
use crate::grpc::pb::{ConsentEntry, Contact, ExportContactsRequest, GetContactRequest};

/// Arguments of `verify`.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// The business number; without a recipient, every contact of its business.
    pub sender: Option<String>,
    /// The person [default: everyone].
    pub recipient: Option<String>,
    /// Read a store file, `file:PATH`, that no server holds open, instead of asking a server.
    #[arg(long, value_name = "URL", conflicts_with_all = ["sender", "recipient"])]
    pub store: Option<String>,
}

pub(super) async fn run(args: &VerifyArgs, session: &mut Session<'_, '_>) -> Result<Exit, Failure> {
    let mut tally = Tally::default();
    if let (Some(sender), Some(recipient)) = (&args.sender, &args.recipient) {
        let person = Person { sender: sender.clone(), recipient: recipient.clone() };
        one(&person, session, &mut tally).await?;
    } else {
        all(args.sender.clone().unwrap_or_default(), session, &mut tally).await?;
    }
    if !session.json {
        let Tally { logs, entries, tampered } = tally;
        let result = if tampered == 0 { "intact".to_owned() } else { format!("tampered with: {tampered}") };
        session.line(format_args!("logs {logs}, entries {entries}: {result}"))?;
    }
    Ok(if tally.tampered == 0 { Exit::Yes } else { Exit::No })
}

#[derive(Clone, Copy, Default)]
struct Tally {
    logs: u64,
    entries: usize,
    tampered: u64,
}

async fn one(person: &Person, session: &mut Session<'_, '_>, tally: &mut Tally) -> Result<(), Failure> {
    // The length first: a log only grows, so entries that are told of and then not listed were cut off.
    let request = session.request(GetContactRequest {
        sender: person.sender.clone(),
        recipient: person.recipient.clone(),
        consistency: None,
    });
    let told = session.consent.get_contact(request).await?.into_inner().contact.unwrap_or_default();
    let mut entries = Vec::new();
    let mut pages = Pages::of(person);
    while let Some(page) = pages.next(session).await? {
        entries.extend(page);
    }
    judge(&person.recipient, &told, &entries, session, tally)
}

async fn all(sender: String, session: &mut Session<'_, '_>, tally: &mut Tally) -> Result<(), Failure> {
    let request = ExportContactsRequest { sender, include_history: true };
    let mut stream = session.consent.export_contacts(request).await?.into_inner();
    while let Some(item) = stream.message().await? {
        let contact = item.contact.unwrap_or_default();
        judge(&name(&contact), &contact, &item.history, session, tally)?;
    }
    Ok(())
}

/// What to call a contact; an erased one has no name left.
fn name(contact: &Contact) -> String {
    let known = Some(&contact.phone_number).filter(|number| !number.is_empty());
    let whom = known.or_else(|| contact.user_ids.first()).map_or("(erased)", String::as_str);
    format!("{} {whom}", contact.business)
}

fn judge(
    name: &str,
    contact: &Contact,
    entries: &[ConsentEntry],
    session: &mut Session<'_, '_>,
    tally: &mut Tally,
) -> Result<(), Failure> {
    let mut faults = chain::check_each(entries);
    faults.extend(chain::check_length(entries, contact.history_entries));
    tally.logs += 1;
    tally.entries += entries.len();
    tally.tampered += u64::from(!faults.is_empty());
    if session.json {
        let faults: Vec<_> = faults
            .iter()
            .map(|fault| serde_json::json!({ "sequence": fault.sequence, "message": fault.to_string() }))
            .collect();
        let line = serde_json::json!({
            "contact": name, "entries": entries.len(), "intact": faults.is_empty(), "faults": faults,
        });
        return session.line(format_args!("{line}"));
    }
    for fault in &faults {
        session.line(format_args!("TAMPERED  {name}  {fault}"))?;
    }
    Ok(())
}
