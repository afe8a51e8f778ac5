//! `statuses[]`: what became of our messages.

use serde_json::Value;

use super::{
    around::{Around, RECIPIENT},
    item::What,
    json::{self, Fault, Object, Reason},
    kinds::{DeliveryStatus, IgnoredBecause},
};

/// Reads one status.
pub(super) fn read(status: &Object, around: &Around) -> Result<What, Fault> {
    // Calls and payments have statuses too, and theirs may be `failed` without any message having failed.
    if json::text(status, "type").is_some_and(|word| word != "message") {
        return Ok(What::Ignored { why: IgnoredBecause::NotAMessageStatus });
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
    let to_group =
        json::text(status, "recipient_type") == Some("group") || json::word(status, "group_id").is_some();
    Ok(What::Status {
        message_id: json::name(status, "id")?,
        // Nobody is no fault here: the message ID tells who it was. A group is nobody either.
        person: if to_group { None } else { around.who(status, &RECIPIENT).ok() },
        status: known,
        at: json::time_of(status, "timestamp")?,
        errors: codes(status)?,
    })
}

/// The error codes, each once. An entry without a code says nothing; the status counts without it.
fn codes(status: &Object) -> Result<Vec<u32>, Fault> {
    let errors = match json::member(status, "errors") {
        None => return Ok(Vec::new()),
        Some(Value::Array(errors)) => errors,
        Some(_) => return Err(Fault::new(Reason::NotAList, "errors")),
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
