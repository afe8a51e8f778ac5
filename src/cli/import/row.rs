//! Checks one row and makes its requests. Everything a server would refuse by form is refused here, before anything is
//! sent; what depends on the server's settings is left to it.

use std::collections::BTreeMap;

use super::{
    super::{
        confirm::Confirmed,
        digest::{hex, sha256},
        scopes,
        times::{self, Day, stamp},
        words::{self, Words},
    },
    fields::Fields,
    options::{Defaults, ImportArgs},
};
use crate::{
    grpc::pb::{
        BlockState, Category, ConsentAction, ConsentMethod, Evidence, LinkContactsRequest,
        OptInPromptOutcome, OptOutChannel, RecordBlockRequest, RecordConfirmationRequest,
        RecordConsentRequest, RecordContactRequest, RecordInboundRequest, RecordOptInPromptRequest,
        RecordOptOutRequest, Scope,
    },
    model::{Millis, Recipient, SenderId, Time, evidence::Jurisdiction},
};

/// The server takes no statement from further in the future.
const CLOCK_SKEW: Millis = Millis::seconds(300);

/// The longest message ID.
const MESSAGE_ID_MAX: usize = 512;

/// Every status.
const STATUSES: [&str; 16] = [
    "opted_in",
    "opted_out",
    "contact",
    "held",
    "prompted",
    "declined",
    "not_on_whatsapp",
    "blocked_by_user",
    "reported_by_user",
    "blocked_by_business",
    "unblocked_by_business",
    "linked",
    "same_person",
    "opt_in_confirmed",
    "opt_out_confirmed",
    "wrote",
];

/// The steps of the opt-in conversation that are a row. An acceptance is an opt-in, and has the row of one.
const PROMPTS: [(&str, OptInPromptOutcome); 3] = [
    ("prompted", OptInPromptOutcome::Sent),
    ("declined", OptInPromptOutcome::Declined),
    ("not_on_whatsapp", OptInPromptOutcome::NotOnWhatsapp),
];

/// One row, ready to be sent.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Statement {
    /// Whom it is about, in the one spelling of a person: rows of one person stay in order.
    pub(super) person: String,
    /// What it records.
    pub(super) write: Write,
    /// That its confirmation was sent.
    pub(super) confirmation: Option<RecordConfirmationRequest>,
}

/// What a row records.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Write {
    /// A yes.
    Consent(Box<RecordConsentRequest>),
    /// A no.
    OptOut(Box<RecordOptOutRequest>),
    /// An acquaintance.
    Contact(Box<RecordContactRequest>),
    /// A step of the opt-in conversation.
    Prompt(Box<RecordOptInPromptRequest>),
    /// A block, a report, or the end of one.
    Block(Box<RecordBlockRequest>),
    /// Two identities of one person.
    Link(Box<LinkContactsRequest>),
    /// A confirmation that was sent.
    Confirmation(Box<RecordConfirmationRequest>),
    /// A message of the person.
    Inbound(Box<RecordInboundRequest>),
}

/// Whom a row is about: as it was written, and in one spelling.
struct Whom {
    sender: String,
    sender_key: String,
    recipient: String,
    recipient_key: String,
}

/// Reads a row.
pub(super) fn read(fields: &Fields, args: &ImportArgs, now: Time) -> Result<Statement, String> {
    let defaults = &args.defaults;
    let whom = whom(fields, defaults)?;
    let status = fields.get("status").or(defaults.status.as_deref()).ok_or("status is missing")?;
    match status.to_ascii_lowercase().replace([' ', '-'], "_").as_str() {
        "opted_in" => consent(fields, defaults, &whom, now),
        "opted_out" => opt_out(fields, defaults, &whom, now),
        "contact" => contact(fields, &whom),
        "held" => held(fields, &whom, now),
        "linked" => {
            let since = said_at(fields, Day::Begins, now)?;
            link(fields, &whom, since)
        }
        // The business cannot prove it again, only say it: of all times, so that every "no" of either counts for both.
        "same_person" => link(fields, &whom, Time::EPOCH),
        "opt_in_confirmed" => confirmed(fields, &whom, Confirmed::OptIn, now),
        "opt_out_confirmed" => confirmed(fields, &whom, Confirmed::OptOut, now),
        "wrote" => wrote(fields, &whom, now),
        status => other(status, fields, &whom, now),
    }
}

/// Steps of the opt-in conversation and blocks, by the word for them.
fn other(status: &str, fields: &Fields, whom: &Whom, now: Time) -> Result<Statement, String> {
    let step = PROMPTS.into_iter().find(|(word, _)| *word == status).map(|(_, step)| step);
    let block = words::all::<BlockState>().find(|block| words::word(*block).replace('-', "_") == status);
    if step.is_none() && block.is_none() {
        return Err(format!("status must be one of {}", STATUSES.join(", ")));
    }
    let occurred_at = said_at(fields, Day::Ends, now)?;
    let idempotency_key = key(fields, whom, status, &Scope::default(), occurred_at)?;
    let (sender, recipient) = (whom.sender.clone(), whom.recipient.clone());
    let occurred_at = Some(stamp(occurred_at));
    let write = match (step, block) {
        (Some(step), _) => Write::Prompt(Box::new(RecordOptInPromptRequest {
            sender,
            recipient,
            outcome: step.into(),
            occurred_at,
            idempotency_key,
            message_id: text(fields, "message_id", None, MESSAGE_ID_MAX)?,
        })),
        (None, block) => {
            let state = block.unwrap_or_default().into();
            Write::Block(Box::new(RecordBlockRequest {
                sender,
                recipient,
                state,
                occurred_at,
                idempotency_key,
            }))
        }
    };
    Ok(whom.statement(write, None))
}

/// A hold has no call of its own. As the person's own opt-out of marketing it refuses the same; only their own opt-in to
/// marketing lifts it, and nobody can settle it.
fn held(fields: &Fields, whom: &Whom, now: Time) -> Result<Statement, String> {
    let occurred_at = said_at(fields, Day::Ends, now)?;
    let scope = Scope { categories: vec![Category::Marketing.into()], topics: Vec::new() };
    let idempotency_key = key(fields, whom, "held", &scope, occurred_at)?;
    let request = RecordOptOutRequest {
        sender: whom.sender.clone(),
        recipient: whom.recipient.clone(),
        scope: Some(scope),
        channel: OptOutChannel::Keyword.into(),
        keyword: text(fields, "keyword", None, 128)?,
        occurred_at: Some(stamp(occurred_at)),
        idempotency_key,
    };
    Ok(whom.statement(Write::OptOut(Box::new(request)), None))
}

fn link(fields: &Fields, whom: &Whom, since: Time) -> Result<Statement, String> {
    let other = fields.get("other").ok_or("other is missing: the other identity of the person")?;
    named("other", Recipient::parse(other))?;
    let request = LinkContactsRequest {
        sender: whom.sender.clone(),
        recipient: whom.recipient.clone(),
        other: other.to_owned(),
        occurred_at: Some(stamp(since)),
    };
    Ok(whom.statement(Write::Link(Box::new(request)), None))
}

fn confirmed(fields: &Fields, whom: &Whom, what: Confirmed, now: Time) -> Result<Statement, String> {
    let sent = said_at(fields, Day::Ends, now)?;
    let status = if what == Confirmed::OptIn { "opt_in_confirmed" } else { "opt_out_confirmed" };
    let request = RecordConfirmationRequest {
        sender: whom.sender.clone(),
        recipient: whom.recipient.clone(),
        kind: what.kind().into(),
        occurred_at: Some(stamp(sent)),
        idempotency_key: key(fields, whom, status, &Scope::default(), sent)?,
    };
    Ok(whom.statement(Write::Confirmation(Box::new(request)), None))
}

/// A message of the person: for its time only, it has no words.
fn wrote(fields: &Fields, whom: &Whom, now: Time) -> Result<Statement, String> {
    let occurred_at = said_at(fields, Day::Begins, now)?;
    let request = RecordInboundRequest {
        sender: whom.sender.clone(),
        recipient: whom.recipient.clone(),
        message_id: key(fields, whom, "wrote", &Scope::default(), occurred_at)?,
        occurred_at: Some(stamp(occurred_at)),
        ..RecordInboundRequest::default()
    };
    Ok(whom.statement(Write::Inbound(Box::new(request)), None))
}

fn consent(fields: &Fields, defaults: &Defaults, whom: &Whom, now: Time) -> Result<Statement, String> {
    let scope = match fields.get("scope") {
        Some(text) => named("scope", scopes::read(text))?,
        None => defaults.scope.clone().unwrap_or_default(),
    };
    let occurred_at = said_at(fields, Day::Begins, now)?;
    let expires_at = moment(fields, "expires_at")?;
    if expires_at.is_some_and(|end| end <= occurred_at) {
        return Err("expires_at must be after occurred_at".to_owned());
    }
    let key = key(fields, whom, "opted_in", &scope, occurred_at)?;
    let confirmation = confirmation(fields, whom, Confirmed::OptIn, &key, now)?;
    let request = RecordConsentRequest {
        sender: whom.sender.clone(),
        recipient: whom.recipient.clone(),
        scope: Some(scope),
        evidence: Some(evidence(fields, defaults)?),
        occurred_at: Some(stamp(occurred_at)),
        expires_at: expires_at.map(stamp),
        idempotency_key: key,
        time_zone: zone(fields)?,
    };
    Ok(whom.statement(Write::Consent(Box::new(request)), confirmation))
}

fn opt_out(fields: &Fields, defaults: &Defaults, whom: &Whom, now: Time) -> Result<Statement, String> {
    // A default scope is for opt-ins. A no without a scope is a no to everything.
    let scope = named("scope", scopes::read(fields.get("scope").unwrap_or_default()))?;
    // A day's opt-out must not lose against something said earlier that day.
    let occurred_at = said_at(fields, Day::Ends, now)?;
    let key = key(fields, whom, "opted_out", &scope, occurred_at)?;
    let confirmation = confirmation(fields, whom, Confirmed::OptOut, &key, now)?;
    let channel = one_of::<OptOutChannel>(fields, "channel")?.or(defaults.channel).unwrap_or_default();
    let request = RecordOptOutRequest {
        sender: whom.sender.clone(),
        recipient: whom.recipient.clone(),
        scope: Some(scope),
        channel: channel.into(),
        keyword: text(fields, "keyword", None, 128)?,
        occurred_at: Some(stamp(occurred_at)),
        idempotency_key: key,
    };
    Ok(whom.statement(Write::OptOut(Box::new(request)), confirmation))
}

fn contact(fields: &Fields, whom: &Whom) -> Result<Statement, String> {
    let request = RecordContactRequest {
        sender: whom.sender.clone(),
        recipient: whom.recipient.clone(),
        time_zone: zone(fields)?,
    };
    Ok(whom.statement(Write::Contact(Box::new(request)), None))
}

fn evidence(fields: &Fields, defaults: &Defaults) -> Result<Evidence, String> {
    let method = one_of::<ConsentMethod>(fields, "method")?.unwrap_or(defaults.method);
    let action = one_of::<ConsentAction>(fields, "action")?
        .or(defaults.action)
        .ok_or("action is missing: what the person did (column `action` or --action)")?;
    if matches!(action, ConsentAction::PreTickedBox | ConsentAction::Implied | ConsentAction::PurchasedList) {
        return Err(format!("action {} is no opt-in: the person did nothing", words::word(action)));
    }
    let business_name = text(fields, "business_name", defaults.business_name.as_deref(), 256)?;
    if business_name.is_empty() {
        return Err(
            "business_name is missing: the name that was shown (column or --business-name)".to_owned()
        );
    }
    let method_description = text(fields, "method_description", None, 256)?;
    if method == ConsentMethod::Other && method_description.is_empty() {
        return Err("method other needs a method_description".to_owned());
    }
    let jurisdiction = text(fields, "jurisdiction", defaults.jurisdiction.as_deref(), 6)?;
    if !jurisdiction.is_empty() && Jurisdiction::parse(&jurisdiction).is_none() {
        return Err("jurisdiction must be an ISO 3166 code such as `BR` or `US-CA`".to_owned());
    }
    Ok(Evidence {
        method: method.into(),
        action: action.into(),
        business_name,
        disclosure_text: text(fields, "disclosure_text", defaults.text.as_deref(), 8192)?,
        displayed_number: text(fields, "displayed_number", None, 64)?,
        mentions_whatsapp: flag(fields, "mentions_whatsapp", defaults.mentions_whatsapp)?,
        source_uri: text(fields, "source_uri", defaults.source_uri.as_deref(), 2048)?,
        locale: text(fields, "locale", defaults.locale.as_deref(), 64)?,
        jurisdiction,
        collected_by: text(fields, "collected_by", defaults.collected_by.as_deref(), 256)?,
        attributes: attributes(fields)?,
        method_description,
        double_opt_in_at: moment(fields, "double_opt_in_at")?.map(stamp),
        age_years: match fields.get("age_years") {
            None => 0,
            Some(age) => age.parse().map_err(|_| "age_years must be a number of years")?,
        },
    })
}

impl Whom {
    fn statement(&self, write: Write, confirmation: Option<RecordConfirmationRequest>) -> Statement {
        Statement { person: self.recipient_key.clone(), write, confirmation }
    }
}

fn whom(fields: &Fields, defaults: &Defaults) -> Result<Whom, String> {
    let sender = fields
        .get("sender")
        .or(defaults.sender.as_deref())
        .ok_or("sender is missing (column or --sender)")?;
    let recipient = fields.get("recipient").ok_or("recipient is missing")?;
    let sender_key = named("sender", SenderId::parse(sender))?.as_str().to_owned();
    let recipient_key = named("recipient", Recipient::parse(recipient))?.reveal();
    Ok(Whom { sender: sender.to_owned(), sender_key, recipient: recipient.to_owned(), recipient_key })
}

/// When the statement was made. A row without a time is refused: it would be made now, and override what is later.
fn said_at(fields: &Fields, day: Day, now: Time) -> Result<Time, String> {
    let text = fields
        .get("occurred_at")
        .ok_or("occurred_at is missing: a statement without a time would count as made now")?;
    let at = named("occurred_at", times::read_as(text, day))?;
    let begins = named("occurred_at", times::read_as(text, Day::Begins))?;
    if begins > now + CLOCK_SKEW {
        return Err("occurred_at is in the future".to_owned());
    }
    if at > now && at > begins {
        // Its end is still to come, and "now" would be another time, and another statement, at each run.
        return Err("occurred_at is today without a time; give the time as well".to_owned());
    }
    Ok(at)
}

/// The row's own key, or one that is the same whenever the same statement is read again.
fn key(fields: &Fields, whom: &Whom, status: &str, scope: &Scope, at: Time) -> Result<String, String> {
    let given = text(fields, "idempotency_key", None, 128)?;
    if !given.is_empty() {
        return Ok(given);
    }
    let scope = scopes::items(Some(scope)).join(";");
    let parts = [&whom.sender_key, &whom.recipient_key, status, &scope, &at.millis().to_string()].join("\n");
    Ok(format!("import-{}", hex(&sha256(&[parts.as_bytes()]))))
}

fn confirmation(
    fields: &Fields,
    whom: &Whom,
    confirmed: Confirmed,
    key: &str,
    now: Time,
) -> Result<Option<RecordConfirmationRequest>, String> {
    let Some(sent) = moment(fields, "confirmed_at")? else { return Ok(None) };
    if sent > now + CLOCK_SKEW {
        return Err("confirmed_at is in the future".to_owned());
    }
    Ok(Some(RecordConfirmationRequest {
        sender: whom.sender.clone(),
        recipient: whom.recipient.clone(),
        kind: confirmed.kind().into(),
        occurred_at: Some(stamp(sent)),
        // A digest, since the row's own key may be as long as a key can be.
        idempotency_key: format!("confirm-{}", hex(&sha256(&[key.as_bytes()]))),
    }))
}

fn zone(fields: &Fields) -> Result<String, String> {
    let name = fields.get("time_zone").unwrap_or_default();
    if !name.is_empty() && jiff::tz::TimeZone::get(name).is_err() {
        return Err("time_zone must be an IANA name such as `America/Sao_Paulo`".to_owned());
    }
    Ok(name.to_owned())
}

fn attributes(fields: &Fields) -> Result<BTreeMap<String, String>, String> {
    let Some(text) = fields.get("attributes") else { return Ok(BTreeMap::new()) };
    serde_json::from_str(text).map_err(|_| "attributes must be a JSON object of texts".to_owned())
}

fn moment(fields: &Fields, column: &str) -> Result<Option<Time>, String> {
    fields.get(column).map(|text| named(column, times::read(text))).transpose()
}

fn one_of<E: Words>(fields: &Fields, column: &str) -> Result<Option<E>, String> {
    fields.get(column).map(|text| named(column, words::parse(text))).transpose()
}

fn flag(fields: &Fields, column: &str, default: bool) -> Result<bool, String> {
    match fields.get(column).map(str::to_ascii_lowercase).as_deref() {
        None => Ok(default),
        Some("true" | "yes" | "1") => Ok(true),
        Some("false" | "no" | "0") => Ok(false),
        Some(_) => Err(format!("{column} must be true or false")),
    }
}

fn text(
    fields: &Fields,
    column: &str,
    default: Option<&str>,
    characters_max: usize,
) -> Result<String, String> {
    let text = fields.get(column).or(default).unwrap_or_default();
    if text.chars().count() > characters_max {
        return Err(format!("{column} must be at most {characters_max} characters"));
    }
    Ok(text.to_owned())
}

/// Puts the column before what is wrong with it.
fn named<T, E: std::fmt::Display>(column: &str, read: Result<T, E>) -> Result<T, String> {
    read.map_err(|error| format!("{column} {error}"))
}
