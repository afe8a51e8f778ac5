//! The webhooks of the Cloud API, read into our own words.
//!
//! Owns the platform's JSON: no other module knows a name of its members. Must not know: whether the body is genuine
//! (`signature` does), any rule of policy, any store, any clock.
//!
//! A body is one POST with up to 1,000 updates, and the platform sends it again as a whole or not at all. So one bad
//! update must not cost the others: each is read by itself and is either an `Item` or `Rejected`. What is understood
//! and has no consequence, and what is newer than this version, is an item too, `What::Ignored`, so that it can be
//! counted. Bodies are limited in size where they are received; nothing here grows faster than the body.

mod account;
mod around;
mod change;
mod errors;
mod identity;
mod item;
mod json;
mod kinds;
mod messages;
mod misplaced;
mod parse;
mod preferences;
mod statuses;
mod templates;
#[cfg(test)]
mod tests;
mod words;

use serde_json::Value;

use crate::model::Time;

pub use errors::restricts;
pub use item::{Item, Origin, Person, What};
pub use json::Reason;
pub use kinds::{
    DeliveryStatus, IgnoredBecause, InboundKind, Limit, NumberEvent, PreferenceChange, Quality, Restriction,
    RestrictionKind,
};

/// What one body said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delivery {
    /// What could be read, in the order of the body.
    pub items: Vec<Item>,
    /// What could not.
    pub rejected: Vec<Rejected>,
    /// What people said in messages that were not read as such: a "stop" must not be lost for that. What they stand in is
    /// among the rejected or the ignored too.
    pub salvaged: Vec<Salvaged>,
}

/// The words of a message that is malformed, or where none belongs. Only a refusal in them may count.
#[derive(Clone, PartialEq, Eq)]
pub struct Salvaged {
    /// Which of our numbers was written to.
    pub origin: Origin,
    /// Who wrote, by one name.
    pub from: Person,
    /// The ID of the message; empty when it has none, or no time.
    pub message_id: String,
    /// When they wrote; `Time::MAX` when nobody can say.
    pub at: Time,
    /// What they wrote.
    pub text: String,
    /// What the business attached to the button pressed.
    pub button: String,
    /// What stood on the button pressed.
    pub button_text: String,
    /// Words in a place that nobody knows.
    pub stray: Vec<String>,
}

impl std::fmt::Debug for Salvaged {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the words of a message")
    }
}

/// A part of a body that could not be read. Holds nothing of what stood there, so that it can be logged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// Why.
    pub reason: Reason,
    /// Where, as a JSON pointer into the body. Its words are all of ours.
    pub path: String,
}

/// Why a body is no webhook of the Cloud API at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PayloadError {
    /// Not JSON, or nested deeper than 128 levels, or with a number that no number type holds.
    #[error("the body is not JSON")]
    NotJson,
    /// JSON, but without the list `entry`.
    #[error("the body is not a webhook: an object with a list `entry` is expected")]
    NotAWebhook,
    /// A webhook of another product that the same app has subscribed to.
    #[error("the webhook is not about WhatsApp: `object` must be `whatsapp_business_account`")]
    OtherProduct,
}

/// Reads a body.
///
/// Tolerated: unknown members, fields, types and events; texts or numbers where the other is usual; characters that
/// are none (replaced); no `object` at all, as some relays and consoles leave it out; an empty `entry`.
///
/// # Errors
/// When the body as a whole is not a webhook about WhatsApp. Everything smaller is in `Delivery::rejected`.
pub fn read(body: &[u8]) -> Result<Delivery, PayloadError> {
    let document = parse::parse(body)?;
    let document = document.as_object().ok_or(PayloadError::NotAWebhook)?;
    match json::member(document, "object") {
        None => {}
        Some(Value::String(object)) if object == "whatsapp_business_account" => {}
        Some(_) => return Err(PayloadError::OtherProduct),
    }
    let entries = document.get("entry").and_then(Value::as_array).ok_or(PayloadError::NotAWebhook)?;
    let mut delivery = Delivery::default();
    for (index, entry) in entries.iter().enumerate() {
        read_entry(entry, &format!("/entry/{index}"), &mut delivery);
    }
    Ok(delivery)
}

fn read_entry(entry: &Value, path: &str, delivery: &mut Delivery) {
    let Some(entry) = entry.as_object() else {
        delivery.rejected.push(Rejected { reason: Reason::NotAnObject, path: path.to_owned() });
        return;
    };
    let changes = json::member(entry, "changes");
    let Some(changes) = changes.and_then(json::items) else {
        let reason = if changes.is_some() { Reason::NotAList } else { Reason::Missing };
        delivery.rejected.push(Rejected { reason, path: format!("{path}/changes") });
        return;
    };
    for (index, change) in changes.iter().enumerate() {
        change::Change { entry, path: format!("{path}/changes/{index}"), delivery }.read(change);
    }
}
