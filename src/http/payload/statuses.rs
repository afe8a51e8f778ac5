//! `statuses[]`: what became of our messages.

use serde_json::Value;

use super::{
    around::{Around, RECIPIENT},
    errors::MARKETING_REFUSED,
    item::{Person, What},
    json::{self, Fault, Object, Reason},
    kinds::{DeliveryStatus, IgnoredBecause},
};
use crate::model::{Category, Time};

/// Reads one status.
pub(super) fn read(status: &Object, around: &Around<'_>) -> Result<What, Fault> {
    // Calls and payments have statuses too, and theirs may be `failed` without any message having failed.
    if json::text(status, "type").is_some_and(|word| word != "message") {
        return Ok(What::Ignored { why: IgnoredBecause::NotAMessageStatus });
    }
    if refuses(status) {
        let errors = codes(status).unwrap_or_default();
        return refused(status, errors, around);
    }
    let errors = codes(status)?;
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
        category: billed_as(status),
        callback_data: json::text(status, "biz_opaque_callback_data").map(str::to_owned),
    })
}

/// The category that a message is billed as. Of free entry points it does not tell what was sent.
fn billed_as(status: &Object) -> Option<Category> {
    match json::text(json::object(status, "pricing")?, "category")? {
        "marketing" | "marketing_lite" => Some(Category::Marketing),
        "utility" => Some(Category::Utility),
        "authentication" | "authentication_international" => Some(Category::Authentication),
        "service" => Some(Category::Service),
        _ => None,
    }
}

/// The refusal that a status tells, wherever it stands. No other code is read of it.
pub(super) fn refusal(status: &Object, around: &Around<'_>) -> Option<What> {
    let is_of_message = json::text(status, "type").is_none_or(|word| word == "message");
    if is_of_message && refuses(status) { refused(status, Vec::new(), around).ok() } else { None }
}

/// The platform did not send it because the person wants no marketing. What else is wrong with the status takes nothing
/// from that; when nobody can date it, it counts as of now, when it is taken in.
fn refused(status: &Object, mut errors: Vec<u32>, around: &Around<'_>) -> Result<What, Fault> {
    if !errors.contains(&MARKETING_REFUSED) {
        errors.push(MARKETING_REFUSED);
    }
    let person = if to_group(status) { None } else { around.who_refused(status, &RECIPIENT).ok() };
    Ok(What::Status {
        message_id: json::name(status, "id").unwrap_or_default(),
        person: Some(person.ok_or(Fault::new(Reason::NoPerson, RECIPIENT.phone))?),
        status: DeliveryStatus::Failed,
        at: json::time_of(status, "timestamp").unwrap_or(Time::MAX),
        errors,
        category: billed_as(status),
        callback_data: json::text(status, "biz_opaque_callback_data").map(str::to_owned),
    })
}

/// Whether the code of a refusal stands anywhere that a code of an error has been seen, in whatever dress.
fn refuses(status: &Object) -> bool {
    let errors = ["errors", "error"].into_iter().filter_map(|name| json::member(status, name));
    let mut each = errors.flat_map(|it| json::items(it).unwrap_or_else(|| std::slice::from_ref(it)));
    each.any(|error| match error.as_object() {
        None => is_refused(error),
        Some(error) => {
            let data = json::object(error, "error_data").and_then(|data| json::member(data, "code"));
            let codes = ["code", "error_subcode"].into_iter().filter_map(|name| json::member(error, name));
            codes.chain(data).any(is_refused)
        }
    })
}

/// 131050 as a number or in a text; `131050.0`, `(#131050)` and `131050 …` have been seen.
fn is_refused(code: &Value) -> bool {
    let text = match code {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return false,
    };
    let from_first = text.trim_start_matches(|c: char| !c.is_ascii_digit());
    let digits = from_first.split(|c: char| !c.is_ascii_digit()).next();
    digits.and_then(|digits| digits.parse().ok()) == Some(MARKETING_REFUSED)
}

/// To whom it went. Nobody is no fault here: the message ID tells who it was. A group is nobody either.
fn recipient(status: &Object, around: &Around<'_>) -> Option<Person> {
    if to_group(status) { None } else { around.who(status, &RECIPIENT).ok() }
}

fn to_group(status: &Object) -> bool {
    json::text(status, "recipient_type") == Some("group") || json::word(status, "group_id").is_some()
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
