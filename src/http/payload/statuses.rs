//! `statuses[]`: what became of our messages.

use super::{
    around::{Around, RECIPIENT},
    errors::{ErrorEffect, effect_of},
    item::{Person, What},
    json::{self, Fault, Object, Reason},
    kinds::{DeliveryStatus, IgnoredBecause},
};
use crate::model::Time;

/// Reads one status.
pub(super) fn read(status: &Object, around: &Around) -> Result<What, Fault> {
    // Calls and payments have statuses too, and theirs may be `failed` without any message having failed.
    if json::text(status, "type").is_some_and(|word| word != "message") {
        return Ok(What::Ignored { why: IgnoredBecause::NotAMessageStatus });
    }
    let errors = codes(status)?;
    if errors.iter().any(|code| effect_of(*code) == ErrorEffect::MarketingOptOut) {
        return refused(status, errors, around);
    }
    let word = json::text(status, "status")
        .ok_or(Fault::new(json::missing_or_malformed(status, "status"), "status"))?;
    let known = match word {
        "sent" => DeliveryStatus::Sent,
        "delivered" => DeliveryStatus::Delivered,
        "read" => DeliveryStatus::Read,
        "played" => DeliveryStatus::Played,
        "failed" => DeliveryStatus::Failed,
        "deleted" => DeliveryStatus::Deleted,
        _ => return Ok(What::Ignored { why: IgnoredBecause::StatusWord }),
    };
    Ok(What::Status {
        message_id: json::name(status, "id")?,
        person: recipient(status, around),
        status: known,
        at: json::time_of(status, "timestamp")?,
        errors,
    })
}

/// The platform did not send it because the person wants no marketing. What else is wrong with the status takes nothing
/// from that; when nobody can date it, it counts as of now, when it is taken in.
fn refused(status: &Object, errors: Vec<u32>, around: &Around) -> Result<What, Fault> {
    Ok(What::Status {
        message_id: json::name(status, "id").unwrap_or_default(),
        person: Some(recipient(status, around).ok_or(Fault::new(Reason::NoPerson, RECIPIENT.phone))?),
        status: DeliveryStatus::Failed,
        at: json::time_of(status, "timestamp").unwrap_or(Time::MAX),
        errors,
    })
}

/// To whom it went. Nobody is no fault here: the message ID tells who it was. A group is nobody either.
fn recipient(status: &Object, around: &Around) -> Option<Person> {
    let to_group =
        json::text(status, "recipient_type") == Some("group") || json::word(status, "group_id").is_some();
    if to_group { None } else { around.who(status, &RECIPIENT).ok() }
}

/// The error codes, each once. An entry without a code says nothing; the status counts without it.
fn codes(status: &Object) -> Result<Vec<u32>, Fault> {
    let errors = match json::member(status, "errors") {
        None => return Ok(Vec::new()),
        Some(errors) => json::items(errors).ok_or(Fault::new(Reason::NotAList, "errors"))?,
    };
    let mut codes = Vec::new();
    for code in errors.iter().filter_map(|error| json::integer(error.get("code")?)) {
        if let Ok(code) = u32::try_from(code)
            && !codes.contains(&code)
        {
            codes.push(code);
        }
    }
    Ok(codes)
}
