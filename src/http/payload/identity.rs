//! Messages of the system, and `user_id_update[]`: people who are known by other names from now on.
//!
//! The sentence in `system.body` is never read: it holds the person's profile name, so that a person could write
//! anybody's numbers into it. Nor are the contacts beside it: nothing says whether they are from before or after.

use crate::model::{Recipient, Time, UserId};

use super::{
    around::{self, Around, CONTACT, Names, SENDER},
    item::{Person, What},
    json::{self, Fault, Object, Reason},
    kinds::IgnoredBecause,
};

/// Reads one message of the system.
pub(super) fn read_system(message: &Object) -> Result<What, Fault> {
    let system = json::object(message, "system").ok_or(Fault::new(Reason::Missing, "system"))?;
    match json::text(system, "type") {
        Some("user_changed_number" | "customer_changed_number") => number_changed(message, system),
        Some("user_changed_user_id") => user_id_changed(message, system),
        Some("customer_identity_changed" | "user_identity_changed") => ignored(IgnoredBecause::IdentityKey),
        _ => ignored(IgnoredBecause::SystemMessage),
    }
}

fn number_changed(message: &Object, system: &Object) -> Result<What, Fault> {
    // Newer payloads give the new number as `wa_id`, older ones as `new_wa_id`.
    let mut to = around::person(system, &CONTACT);
    if to.phone.is_none() {
        to.phone = around::person(system, &Names { phone: "new_wa_id", ..CONTACT }).phone;
    }
    let to = named(to, "system/wa_id")?;
    let customer = around::person(system, &Names { phone: "customer", user_id: "", parent: "" });
    let sender = around::person(message, &SENDER);
    let mut from = Person {
        phone: customer.phone.or(sender.phone),
        user_id: user_id(system, "previous_user_id"),
        parent_user_id: user_id(system, "previous_parent_user_id"),
    };
    if from.is_nobody() {
        // The sender's user ID may be the old or the new one; without a number it can only be meant as the old.
        from = Person { phone: None, ..sender };
    }
    let from = named(from, "from")?;
    let unchanged = match (from.phone, to.phone) {
        (Some(old), Some(new)) => old == new,
        _ => from.user_id.is_some() && from.user_id == to.user_id,
    };
    if unchanged {
        return ignored(IgnoredBecause::NothingChanged);
    }
    Ok(What::NumberChanged {
        from,
        to,
        at: json::time_of(message, "timestamp")?,
        message_id: json::name(message, "id")?,
    })
}

fn user_id_changed(message: &Object, system: &Object) -> Result<What, Fault> {
    // The number that counts is the system's: the message's own may still be the old one.
    let person = around::person(system, &CONTACT);
    if person.user_id.is_none() {
        return Err(Fault::new(json::missing_or_malformed(system, "user_id"), "system/user_id"));
    }
    let previous = changed(system, "previous_user_id", "system/previous_user_id")?;
    let previous_parent = user_id(system, "previous_parent_user_id");
    user_id_change(previous, previous_parent, person, || json::time_of(message, "timestamp"))
}

/// Reads one update of a user ID, as it came before it became a message of the system.
pub(super) fn read_update(update: &Object, _: &Around<'_>) -> Result<What, Fault> {
    let ids = json::object(update, "user_id").ok_or(Fault::new(Reason::Missing, "user_id"))?;
    let parents = json::object(update, "parent_user_id");
    let person = Person {
        phone: around::person(update, &Names { phone: "wa_id", user_id: "", parent: "" }).phone,
        user_id: user_id(ids, "current"),
        parent_user_id: parents.and_then(|parents| user_id(parents, "current")),
    };
    if person.user_id.is_none() {
        return Err(Fault::new(json::missing_or_malformed(ids, "current"), "user_id/current"));
    }
    let previous = changed(ids, "previous", "user_id/previous")?;
    let previous_parent = parents.and_then(|parents| user_id(parents, "previous"));
    user_id_change(previous, previous_parent, person, || json::time_of(update, "timestamp"))
}

fn user_id_change(
    previous: Option<UserId>,
    previous_parent: Option<UserId>,
    person: Person,
    at: impl FnOnce() -> Result<Time, Fault>,
) -> Result<What, Fault> {
    let Some(previous) = previous else { return ignored(IgnoredBecause::NoPreviousId) };
    if person.user_id.as_ref() == Some(&previous) {
        return ignored(IgnoredBecause::NothingChanged);
    }
    let previous_parent = previous_parent.filter(|parent| person.parent_user_id.as_ref() != Some(parent));
    Ok(What::UserIdChanged { previous, previous_parent, person, at: at()? })
}

/// The ID that was; nothing when the payload leaves it out, a fault when it is there and is none.
fn changed(object: &Object, name: &str, member: &'static str) -> Result<Option<UserId>, Fault> {
    let id = user_id(object, name);
    if id.is_none() && json::missing_or_malformed(object, name) == Reason::Malformed {
        return Err(Fault::new(Reason::Malformed, member));
    }
    Ok(id)
}

fn user_id(object: &Object, name: &str) -> Option<UserId> {
    match Recipient::parse(json::text(object, name)?).ok()? {
        Recipient::User(id) => Some(id),
        Recipient::Phone(_) => None,
    }
}

fn named(person: Person, member: &'static str) -> Result<Person, Fault> {
    if person.is_nobody() { Err(Fault::new(Reason::NoPerson, member)) } else { Ok(person) }
}

const fn ignored(why: IgnoredBecause) -> Result<What, Fault> {
    Ok(What::Ignored { why })
}
