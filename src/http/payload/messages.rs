//! `messages[]`: what people wrote.

use serde_json::Value;

use crate::model::Phone;

use super::{
    Salvaged,
    around::{Around, SENDER},
    identity,
    item::{Origin, What},
    json::{self, Fault, Object, Reason},
    kinds::{IgnoredBecause, InboundKind},
};

/// What a person said with a message.
#[derive(Default)]
struct Said<'a> {
    text: Option<&'a str>,
    button: Option<&'a str>,
    button_text: Option<&'a str>,
}

/// Reads one message.
pub(super) fn read(message: &Object, around: &Around) -> Result<What, Fault> {
    // A message that does not say what it is, but has a text, is taken for one: it may say "stop".
    let word = json::text(message, "type").or_else(|| json::object(message, "text").map(|_| "text"));
    match word {
        Some("system") => identity::read_system(message),
        Some("request_welcome") => Ok(What::Ignored { why: IgnoredBecause::ChatOpened }),
        word => inbound(message, word.unwrap_or_default(), around),
    }
}

fn inbound(message: &Object, word: &str, around: &Around) -> Result<What, Fault> {
    let kind = kind_of(word);
    let said = said(message, word, kind);
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
        context_id: json::text_in(message, "context", "id").map(str::to_owned),
        in_group: json::word(message, "group_id").is_some(),
    })
}

/// The words of a message that could not be read, where it says at least who wrote them.
pub(super) fn salvage(message: &Object, around: &Around, origin: &Origin) -> Option<Salvaged> {
    let word = json::text(message, "type").unwrap_or("text");
    let said = said(message, word, kind_of(word));
    let from = around.who(message, &SENDER).ok()?;
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let salvaged = Salvaged {
        origin: origin.clone(),
        from,
        text: text(said.text),
        button: text(said.button),
        button_text: text(said.button_text),
    };
    let silent = salvaged.text.is_empty() && salvaged.button.is_empty() && salvaged.button_text.is_empty();
    (!silent).then_some(salvaged)
}

fn kind_of(word: &str) -> InboundKind {
    match word {
        "text" => InboundKind::Text,
        "button" => InboundKind::Button,
        "interactive" => InboundKind::Interactive,
        "image" | "audio" | "voice" | "video" | "document" | "sticker" => InboundKind::Media,
        "reaction" => InboundKind::Reaction,
        "order" => InboundKind::Order,
        "location" => InboundKind::Location,
        "contacts" => InboundKind::Contacts,
        "unsupported" | "unknown" => InboundKind::Unsupported,
        "edit" => InboundKind::Edit,
        "revoke" => InboundKind::Revoke,
        _ => InboundKind::Other,
    }
}

fn said<'a>(message: &'a Object, word: &str, kind: InboundKind) -> Said<'a> {
    match kind {
        InboundKind::Button => Said {
            button: json::text_in(message, "button", "payload"),
            button_text: json::text_in(message, "button", "text"),
            ..Said::default()
        },
        InboundKind::Interactive => {
            let answer = json::object(message, "interactive")
                .and_then(|it| json::object(it, "button_reply").or_else(|| json::object(it, "list_reply")));
            Said {
                button: answer.and_then(|answer| json::text(answer, "id")),
                button_text: answer.and_then(|answer| json::text(answer, "title")),
                ..Said::default()
            }
        }
        InboundKind::Edit => {
            let edited = json::object(message, "edit").and_then(|edit| json::object(edit, "message"));
            let text = edited.and_then(|edited| {
                let word = json::text(edited, "type").unwrap_or("text");
                written(edited, word)
            });
            Said { text, ..Said::default() }
        }
        _ => Said { text: written(message, word), ..Said::default() },
    }
}

/// The words a person wrote in a message of some type.
fn written<'a>(message: &'a Object, word: &str) -> Option<&'a str> {
    match word {
        "text" => json::text_in(message, "text", "body"),
        "order" => json::text_in(message, "order", "text"),
        "image" | "audio" | "voice" | "video" | "document" | "sticker" => {
            json::text_in(message, word, "caption")
        }
        // A type of tomorrow, or one misspelt: its words may be "stop".
        _ => json::text_in(message, "text", "body"),
    }
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
pub(super) const fn read_echo(_: &Object, _: &Around) -> Result<What, Fault> {
    Ok(What::Echo)
}

/// Reads one call.
pub(super) fn read_call(call: &Object, around: &Around) -> Result<What, Fault> {
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
            context_id: None,
            in_group: false,
        }),
        Some("BUSINESS_INITIATED") => Ok(What::Ignored { why: IgnoredBecause::OurCall }),
        // Ours or theirs decides whether a window opens: not to be guessed.
        Some(_) => Err(Fault::new(Reason::Malformed, "direction")),
        None => Err(Fault::new(json::missing_or_malformed(call, "direction"), "direction")),
    }
}
