//! `messages[]`: what people wrote.

use serde_json::Value;

use crate::model::{Phone, Time};

use super::{
    Salvaged,
    around::{Around, SENDER},
    identity,
    item::{Origin, What},
    json::{self, Fault, Object, Reason},
    kinds::{IgnoredBecause, InboundKind},
    words,
};

/// Reads one message.
pub(super) fn read(message: &Object, around: &Around<'_>) -> Result<What, Fault> {
    // A message that does not say what it is, but has words, is taken for what has them: they may say "stop".
    let spoken = ["text", "button", "interactive"];
    let holds = |word: &&str| json::object(message, word).is_some();
    let word = json::text(message, "type").or_else(|| spoken.into_iter().find(holds));
    match word {
        Some("system") => identity::read_system(message),
        Some("request_welcome") => Ok(What::Ignored { why: IgnoredBecause::ChatOpened }),
        word => inbound(message, word.unwrap_or_default(), around),
    }
}

fn inbound(message: &Object, word: &str, around: &Around<'_>) -> Result<What, Fault> {
    let (said, kind) = words::said(message, word);
    // Words that somebody passed on are not theirs; a refusal is taken for one all the same.
    let passed_on = ["forwarded", "frequently_forwarded"].iter().any(|name| {
        json::object(message, "context").and_then(|it| it.get(*name)) == Some(&Value::Bool(true))
    });
    let kind = if passed_on { InboundKind::Other } else { kind };
    let mut from = around.who(message, &SENDER)?;
    if kind == InboundKind::Contacts && from.phone.is_none() {
        from.phone = own_number(message);
    }
    Ok(What::Inbound {
        from,
        message_id: json::name(message, "id")?,
        at: json::time_of(message, "timestamp")?,
        kind,
        text: said.text.map(str::to_owned),
        button: said.button.map(str::to_owned),
        button_text: said.button_text.map(str::to_owned),
        stray: said.stray(),
        context_id: json::text_in(message, "context", "id").map(str::to_owned),
        in_group: json::word(message, "group_id").is_some(),
    })
}

/// The words of a message that was not read as one, where it says at least who wrote them: once for each name of theirs,
/// since nothing but a refusal is believed of it, not even that two names are one person. That a message counts once, and
/// when, is believed only where it has both an ID and a time.
pub(super) fn salvage(message: &Object, around: &Around<'_>, origin: &Origin) -> Vec<Salvaged> {
    let word = json::text(message, "type").unwrap_or("text");
    let (said, _) = words::said(message, word);
    let Ok(from) = around.who_refused(message, &SENDER) else { return Vec::new() };
    if said.is_silent() {
        return Vec::new();
    }
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let said_once =
        json::name(message, "id").and_then(|id| Ok((id, json::time_of(message, "timestamp")?))).ok();
    let (message_id, at) = said_once.unwrap_or((String::new(), Time::MAX));
    let salvaged = |from| Salvaged {
        origin: origin.clone(),
        from,
        message_id: message_id.clone(),
        at,
        text: text(said.text),
        button: text(said.button),
        button_text: text(said.button_text),
        stray: said.stray(),
    };
    from.names().into_iter().map(salvaged).collect()
}

/// The number that a person shared as their own, by the button that asks for it. A card sent by hand proves nothing.
fn own_number(message: &Object) -> Option<Phone> {
    let asked_for = |origin: Option<&str>| origin == Some("contact_request");
    let cards = json::member(message, "contacts")?.as_array()?;
    let mut numbers = cards
        .iter()
        .filter_map(Value::as_object)
        .filter(|card| asked_for(json::text(card, "origin").or_else(|| json::text(message, "origin"))))
        .filter_map(|card| json::member(card, "phones")?.as_array())
        .flatten()
        .filter_map(Value::as_object)
        .filter_map(|number| json::text(number, "wa_id").or_else(|| json::text(number, "phone")))
        .filter_map(|number| Phone::parse(number).ok());
    let first = numbers.next()?;
    // Of several different numbers nobody can say which is theirs.
    numbers.all(|number| number == first).then_some(first)
}

/// Reads one message of our own: there is nothing to read, but it has to be one.
pub(super) const fn read_echo(_: &Object, _: &Around<'_>) -> Result<What, Fault> {
    Ok(What::Echo)
}

/// Reads one call.
pub(super) fn read_call(call: &Object, around: &Around<'_>) -> Result<What, Fault> {
    if json::text(call, "event") != Some("connect") {
        return Ok(What::Ignored { why: IgnoredBecause::CallState });
    }
    match json::text(call, "direction") {
        Some("USER_INITIATED") => Ok(What::Inbound {
            from: around.who(call, &SENDER)?,
            message_id: json::name(call, "id")?,
            at: json::time_of(call, "timestamp")?,
            kind: InboundKind::Call,
            text: None,
            button: None,
            button_text: None,
            stray: Vec::new(),
            context_id: None,
            in_group: false,
        }),
        Some("BUSINESS_INITIATED") => Ok(What::Ignored { why: IgnoredBecause::OurCall }),
        // Ours or theirs decides whether a window opens: not to be guessed.
        Some(_) => Err(Fault::new(Reason::Malformed, "direction")),
        None => Err(Fault::new(json::missing_or_malformed(call, "direction"), "direction")),
    }
}
