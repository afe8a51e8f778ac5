//! `user_preferences[]`: WhatsApp's own marketing preference.

use serde_json::Value;

use super::{
    around::{Around, CONTACT},
    item::What,
    json::{self, Fault, Object},
    kinds::{IgnoredBecause, PreferenceChange},
};
use crate::model::Time;

/// Reads one preference.
///
/// The platform has written the category as `marketing_messages` and as `marketing`. Under any other, or none, a stop
/// is still honoured: the only stop there is is about marketing, and a refusal must not get lost in a new word. What
/// permits something must say that it is about marketing, and in exactly the platform's word.
pub(super) fn read(preference: &Object, around: &Around<'_>) -> Result<What, Fault> {
    if json::member(preference, "value").is_some_and(says_stop) {
        return stop(preference, around);
    }
    let value = json::text(preference, "value")
        .ok_or(Fault::new(json::missing_or_malformed(preference, "value"), "value"))?;
    let about_marketing =
        matches!(json::text(preference, "category"), Some("marketing_messages" | "marketing"));
    let change = match value {
        "resume" => PreferenceChange::Resume,
        "signup" => PreferenceChange::Signup { signup_id: json::word(preference, "signup_id") },
        _ => return Ok(What::Ignored { why: IgnoredBecause::PreferenceWord }),
    };
    if !about_marketing {
        return Ok(What::Ignored { why: IgnoredBecause::PreferenceCategory });
    }
    let at = json::time_of(preference, "timestamp")?;
    Ok(What::Preference { person: around.who(preference, &CONTACT)?, change, at })
}

/// The stop that a preference is, wherever it stands.
pub(super) fn refusal(preference: &Object, around: &Around<'_>) -> Option<What> {
    json::member(preference, "value").filter(|value| says_stop(value))?;
    stop(preference, around).ok()
}

/// A stop that nobody can date counts as of now, when it is taken in.
fn stop(preference: &Object, around: &Around<'_>) -> Result<What, Fault> {
    let at = json::time_of(preference, "timestamp").unwrap_or(Time::MAX);
    let person = around.who_refused(preference, &CONTACT)?;
    Ok(What::Preference { person, change: PreferenceChange::Stop, at })
}

/// Whether a value is a stop, in whatever dress.
fn says_stop(value: &Value) -> bool {
    match value {
        Value::String(word) => {
            let letters: String = word.chars().filter(char::is_ascii_alphabetic).collect();
            matches!(
                letters.to_ascii_lowercase().as_str(),
                "stop" | "stopped" | "optout" | "optedout" | "unsubscribe" | "unsubscribed"
            )
        }
        Value::Array(list) => list.iter().any(Value::is_string) && list.iter().all(says_stop),
        Value::Object(object) => {
            let word = json::text(object, "type").or_else(|| json::text(object, "value"));
            word.is_some_and(|word| says_stop(&Value::from(word)))
        }
        _ => false,
    }
}
