//! `sendgate contact`: everything known of one person, on one card.

use std::collections::VecDeque;

use clap::Args;
use comfy_table::{Table, presets};

use super::{
    Exit, Failure, args::Person, entry_line, history::Pages, scopes, session::Session, times, words,
};
use crate::{
    grpc::pb::{
        BlockState, ConsentEntry, ConsentMethod, ConsentStatus, Contact, GetContactRequest, OptOutChannel,
        PromptState, ScopeStatus, Voice,
    },
    model::Time,
};

/// Arguments of `contact`.
#[derive(Debug, Args)]
pub struct ContactArgs {
    /// Whose card.
    #[command(flatten)]
    pub person: Person,
    /// How many of the last log entries to show.
    #[arg(long, value_name = "COUNT", default_value_t = 5)]
    pub entries: usize,
}

pub(super) async fn run(args: &ContactArgs, session: &mut Session<'_, '_>) -> Result<Exit, Failure> {
    let request = session.request(GetContactRequest {
        sender: args.person.sender.clone(),
        recipient: args.person.recipient.clone(),
        consistency: None,
    });
    let answer = session.consent.get_contact(request).await?.into_inner();
    if session.wrote_json(&answer)? {
        return Ok(Exit::Yes);
    }
    let contact = answer.contact.unwrap_or_default();
    if !contact.known {
        session.line(format_args!("nothing is known of this person"))?;
        return Ok(Exit::Yes);
    }
    // The log comes oldest first, so its end is behind all of it.
    let mut last = VecDeque::new();
    let mut pages = Pages::of(&args.person);
    while args.entries > 0
        && let Some(page) = pages.next(session).await?
    {
        last.extend(page);
        while last.len() > args.entries {
            last.pop_front();
        }
    }
    let card = card(&contact, last.make_contiguous(), session.console.now);
    session.line(format_args!("{card}"))?;
    Ok(Exit::Yes)
}

/// One row a fact; a fact that is not there has no row.
fn card(contact: &Contact, last: &[ConsentEntry], now: Time) -> String {
    let when = |at: &prost_types::Timestamp| times::with_distance(at, now);
    let mut rows: Vec<(&str, String)> = vec![("business", contact.business.clone())];
    let number = Some(contact.phone_number.clone()).filter(|number| !number.is_empty());
    rows.extend(number.map(|number| ("number", format!("+{number}"))));
    rows.extend(contact.user_ids.iter().map(|id| ("user ID", id.clone())));
    let zone = Some(contact.time_zone.clone()).filter(|zone| !zone.is_empty());
    rows.extend(zone.map(|zone| ("time zone", zone)));
    rows.extend(contact.erased_at.iter().map(|at| ("erased", when(at))));
    if contact.scopes.is_empty() {
        rows.push(("consent", "nothing was said".to_owned()));
    }
    rows.extend(contact.scopes.iter().map(|status| ("consent", standing(status, now))));
    if contact.windows.is_empty() {
        rows.push(("window", "none open".to_owned()));
    }
    for window in &contact.windows {
        let end = window.expires_at.as_ref().map(when).unwrap_or_default();
        let state = if window.open { "open until" } else { "closed since" };
        rows.push(("window", format!("with {}: {state} {end}", window.sender)));
    }
    if contact.prompt_state() != PromptState::Unspecified {
        let sent = contact.prompted_at.as_ref().map(|at| format!(", sent {}", when(at))).unwrap_or_default();
        rows.push(("prompt", format!("{}{sent}", words::word(contact.prompt_state()))));
    }
    for block in &contact.blocks {
        let since = block.since.as_ref().map(when).unwrap_or_default();
        let state = words::word_of::<BlockState>(block.state);
        rows.push(("block", format!("{state}, sender {}, since {since}", block.sender)));
    }
    let unreachable = contact.not_on_whatsapp_since.as_ref();
    rows.push((
        "WhatsApp",
        unreachable.map_or_else(|| "reachable".to_owned(), |at| format!("not reachable since {}", when(at))),
    ));
    rows.extend(
        contact.cool_off_until.iter().map(|at| ("cool-off", format!("no marketing until {}", when(at)))),
    );
    if contact.opt_in_confirmation_due {
        rows.push(("due", "confirm the opt-in".to_owned()));
    }
    if contact.opt_out_confirmation_due {
        rows.push(("due", "confirm the opt-out".to_owned()));
    }
    rows.push((
        "history",
        match contact.history_entries {
            1 => "1 entry".to_owned(),
            many => format!("{many} entries"),
        },
    ));
    rows.extend(last.iter().map(|entry| ("", entry_line::of(entry))));
    table(&rows)
}

/// A label that repeats is shown once.
fn table(rows: &[(&str, String)]) -> String {
    let mut table = Table::new();
    table.load_style(presets::UTF8_BORDERS_ONLY);
    let mut before = "";
    for (label, value) in rows {
        table.add_row([if *label == before { "" } else { *label }, value]);
        before = *label;
    }
    table.trim_fmt()
}

fn standing(status: &ScopeStatus, now: Time) -> String {
    let mut text = format!(
        "{}: {}",
        scopes::show(status.scope.as_ref()),
        words::word_of::<ConsentStatus>(status.status)
    );
    if let Some(since) = &status.since {
        text.push_str(&format!(" since {}", times::with_distance(since, now)));
    }
    if status.method() != ConsentMethod::Unspecified {
        text.push_str(&format!(", via {}", words::word(status.method())));
    }
    if status.channel() != OptOutChannel::Unspecified {
        text.push_str(&format!(", via {}", words::word(status.channel())));
    }
    if status.voice() != Voice::Unspecified {
        text.push_str(&format!(" ({})", words::word(status.voice())));
    }
    if let Some(end) = &status.expires_at {
        text.push_str(&format!(", ends {}", times::with_distance(end, now)));
    }
    text
}
