//! `sendgate verify --store file:PATH`: the logs of a store that no server holds open, read from the file itself.

use serde_json::json;

use crate::{
    attest,
    cli::{Console, Exit, Failure},
    config::StoreUrl,
    model::Recipient,
    store::{
        ContactId, Loaded, SealedEntry, Store as _, StoreError,
        embedded::{Embedded, Options},
    },
};

/// Contacts, and entries of one log, read at once.
const PAGE: usize = 256;

pub(in crate::cli) async fn run(
    url: &str,
    as_json: bool,
    console: &mut Console<'_>,
) -> Result<Exit, Failure> {
    let path = match StoreUrl::parse(url) {
        Ok(StoreUrl::File(path)) if path.is_file() => path,
        Ok(StoreUrl::File(path)) => {
            return Err(Failure::Usage(format!("there is no store file {}", path.display())));
        }
        Ok(StoreUrl::Memory | StoreUrl::Redis(_)) | Err(_) => {
            return Err(Failure::Usage(
                "--store takes `file:PATH`; other stores are verified through a server".to_owned(),
            ));
        }
    };
    let store =
        Embedded::open(&path, &Options::default()).map_err(|error| Failure::Usage(error.to_string()))?;
    let (mut logs, mut entries, mut tampered) = (0_u64, 0, 0_u64);
    let mut from = None;
    loop {
        let page = store.contacts(from, PAGE, console.now).await.map_err(unreadable)?;
        for (id, loaded) in &page.contacts {
            let log = whole(&store, *id).await?;
            let fault = attest::verify(&log, loaded.head).err();
            logs += 1;
            entries += log.len();
            tampered += u64::from(fault.is_some());
            let name = name(loaded);
            if as_json {
                let fault = fault.map(|fault| fault.to_string());
                let line = json!({ "contact": name, "entries": log.len(), "intact": fault.is_none(), "fault": fault });
                writeln!(console.out, "{line}")?;
            } else if let Some(fault) = fault {
                writeln!(console.out, "TAMPERED  {name}  {fault}")?;
            }
        }
        let Some(next) = page.next else { break };
        from = Some(next);
    }
    if !as_json {
        let result = if tampered == 0 { "intact".to_owned() } else { format!("tampered with: {tampered}") };
        writeln!(console.out, "logs {logs}, entries {entries}: {result}")?;
    }
    Ok(if tampered == 0 { Exit::Yes } else { Exit::No })
}

async fn whole(store: &Embedded, id: ContactId) -> Result<Vec<SealedEntry>, Failure> {
    let mut log: Vec<SealedEntry> = Vec::new();
    loop {
        let after = log.last().map_or(0, |entry| entry.sequence);
        let page = store.history(id, after, PAGE).await.map_err(unreadable)?;
        if page.is_empty() {
            return Ok(log);
        }
        log.extend(page);
    }
}

/// What to call a contact; an erased one, and a name that leads to another, have none.
fn name(loaded: &Loaded) -> String {
    let record = &loaded.record;
    let phone = record.contact.phone.map(Recipient::Phone);
    let user = record.contact.user_ids.first().cloned().map(Recipient::User);
    let whom = phone.or(user).map_or_else(|| "(erased)".to_owned(), |recipient| recipient.reveal());
    let business = record.business.as_ref().map_or("", |business| business.as_str());
    format!("{business} {whom}")
}

#[expect(clippy::needless_pass_by_value, reason = "the form map_err takes")]
fn unreadable(error: StoreError) -> Failure {
    Failure::Usage(error.to_string())
}
