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

fn inbound(message: &Object, word: &str, around: &Around) -> Result<What, Fault> {
    let kind = kind_of(word);
    let (said, kind) = said(message, word, kind);
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
    let (said, _) = said(message, word, kind_of(word));
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

/// What a message says, and of which kind it is. Where words stand that its type has no place for, what it is is not known.
fn said<'a>(message: &'a Object, word: &str, kind: InboundKind) -> (Said<'a>, InboundKind) {
    let answer = json::object(message, "interactive")
        .and_then(|it| json::object(it, "button_reply").or_else(|| json::object(it, "list_reply")));
    let of_answer = |name| answer.and_then(|answer| json::text(answer, name));
    let in_place = written(message, word, kind);
    let said = Said {
        text: in_place.or_else(|| body(message)),
        button: json::text_in(message, "button", "payload").or_else(|| of_answer("id")),
        button_text: json::text_in(message, "button", "text").or_else(|| of_answer("title")),
    };
    let presses = matches!(kind, InboundKind::Button | InboundKind::Interactive);
    let fits = said.text == in_place && (presses || (said.button, said.button_text) == (None, None));
    (said, if fits { kind } else { InboundKind::Other })
}

/// The words a person wrote in a message, in the place that its type has for them.
fn written<'a>(message: &'a Object, word: &str, kind: InboundKind) -> Option<&'a str> {
    match kind {
        InboundKind::Text => body(message),
        InboundKind::Order => json::text_in(message, "order", "text"),
        InboundKind::Media => json::text_in(message, word, "caption"),
        InboundKind::Edit => {
            let edited = json::object(json::object(message, "edit")?, "message")?;
            let word = json::text(edited, "type").unwrap_or("text");
            // An edit of an edit is none.
            let kind = Some(kind_of(word)).filter(|kind| *kind != InboundKind::Edit)?;
            written(edited, word, kind).or_else(|| body(edited))
        }
        _ => None,
    }
}

/// The text of a message; as the platform writes it, or bare.
fn body(message: &Object) -> Option<&str> {
    json::text_in(message, "text", "body").or_else(|| json::text(message, "text"))
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
