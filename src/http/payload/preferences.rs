//! `user_preferences[]`: WhatsApp's own marketing preference.

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
/// permits something must say that it is about marketing.
pub(super) fn read(preference: &Object, around: &Around) -> Result<What, Fault> {
    let value = json::text(preference, "value")
        .ok_or(Fault::new(json::missing_or_malformed(preference, "value"), "value"))?;
    let about_marketing =
        matches!(json::text(preference, "category"), Some("marketing_messages" | "marketing"));
    let change = match value {
        "stop" => PreferenceChange::Stop,
        "resume" => PreferenceChange::Resume,
        "signup" => PreferenceChange::Signup { signup_id: json::word(preference, "signup_id") },
        _ => return Ok(What::Ignored { why: IgnoredBecause::PreferenceWord }),
    };
    if change != PreferenceChange::Stop && !about_marketing {
        return Ok(What::Ignored { why: IgnoredBecause::PreferenceCategory });
    }
    let at = match json::time_of(preference, "timestamp") {
        // A stop that nobody can date counts as of now, when it is taken in.
        Err(_) if change == PreferenceChange::Stop => Time::MAX,
        at => at?,
    };
    Ok(What::Preference { person: around.who(preference, &CONTACT)?, change, at })
}
