//! The words in a message: those in the place that its type has for them, and those that stand anywhere else.

use serde_json::Value;

use super::{
    json::{self, Object},
    kinds::InboundKind,
};

/// As many stray words are read of one message, and as deep; no message of a person comes near.
const STRAY_MAX: usize = 64;
const DEPTH_MAX: usize = 16;

/// What a person said with a message.
#[derive(Default)]
pub(super) struct Said<'a> {
    pub(super) text: Option<&'a str>,
    pub(super) button: Option<&'a str>,
    pub(super) button_text: Option<&'a str>,
    /// Words in a place that nobody knows. Only a refusal in them may count.
    pub(super) stray: Vec<&'a str>,
}

impl Said<'_> {
    /// True when there are no words at all.
    pub(super) fn is_silent(&self) -> bool {
        self.stray.is_empty() && [self.text, self.button, self.button_text].iter().all(Option::is_none)
    }

    /// The stray words for others to keep.
    pub(super) fn stray(&self) -> Vec<String> {
        self.stray.iter().map(|words| (*words).to_owned()).collect()
    }
}

/// Of which kind a message of a type is.
pub(super) fn kind_of(word: &str) -> InboundKind {
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
pub(super) fn said<'a>(message: &'a Object, word: &str) -> (Said<'a>, InboundKind) {
    let kind = kind_of(word);
    let answer = json::object(message, "interactive")
        .and_then(|it| json::object(it, "button_reply").or_else(|| json::object(it, "list_reply")));
    let of_answer = |name| answer.and_then(|answer| json::text(answer, name));
    let in_place = written(message, word, kind);
    let mut said = Said {
        text: in_place.or_else(|| body(message)),
        button: json::text_in(message, "button", "payload").or_else(|| of_answer("id")),
        button_text: json::text_in(message, "button", "text").or_else(|| of_answer("title")),
        stray: json::text_in(message, "order", "text").into_iter().collect(),
    };
    stray_in(message, false, false, 0, &mut said.stray);
    let known = [said.text, said.button, said.button_text];
    said.stray.retain(|words| !known.contains(&Some(*words)));
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

/// Members that hold words, wherever they stand.
fn holds_words(name: &str) -> bool {
    ["body", "text", "caption", "title", "description", "payload"]
        .iter()
        .any(|known| name.eq_ignore_ascii_case(known))
}

/// Members that hold words of others: what was quoted, advertised, shared or sold, and what the platform says itself.
fn is_of_others(name: &str) -> bool {
    matches!(name, "context" | "referral" | "contacts" | "location" | "order" | "errors" | "error" | "system")
}

/// Collects the texts under members that hold words, and the IDs of what was pressed.
fn stray_in<'a>(object: &'a Object, is_reply: bool, are_words: bool, depth: usize, found: &mut Vec<&'a str>) {
    // What stands below a title that was chosen is the business's: "stop any time".
    let titled = is_reply && json::text(object, "title").is_some();
    let is_theirs = |name: &str| !(is_of_others(name) || titled && name == "description");
    for (name, value) in object.iter().filter(|(name, _)| is_theirs(name)) {
        let are_words = are_words || holds_words(name) || (is_reply && name == "id");
        stray_at(value, name.ends_with("_reply"), are_words, depth, found);
    }
}

fn stray_at<'a>(value: &'a Value, is_reply: bool, are_words: bool, depth: usize, found: &mut Vec<&'a str>) {
    if depth > DEPTH_MAX || found.len() >= STRAY_MAX {
        return;
    }
    match value {
        Value::String(text) if are_words && !text.is_empty() && !found.contains(&text.as_str()) => {
            found.push(text);
        }
        Value::Array(list) => {
            for inner in list {
                stray_at(inner, is_reply, are_words, depth + 1, found);
            }
        }
        Value::Object(object) => stray_in(object, is_reply, are_words, depth + 1, found),
        _ => {}
    }
}
