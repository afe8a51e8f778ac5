//! What stands around an item and is needed to read it: the contacts beside it, our own number, the entry's time.

use serde_json::Value;

use crate::model::{Phone, Recipient, Time};

use super::{
    item::{Origin, Person},
    json::{self, Fault, Object, Place, Reason},
};

/// The members under which one kind of object names a person.
pub(super) struct Names {
    pub(super) phone: &'static str,
    pub(super) user_id: &'static str,
    pub(super) parent: &'static str,
}

/// How contacts and preferences name a person.
pub(super) const CONTACT: Names = Names { phone: "wa_id", user_id: "user_id", parent: "parent_user_id" };
/// How messages and calls name their sender.
pub(super) const SENDER: Names =
    Names { phone: "from", user_id: "from_user_id", parent: "from_parent_user_id" };
/// How statuses name the recipient.
pub(super) const RECIPIENT: Names =
    Names { phone: "recipient_id", user_id: "recipient_user_id", parent: "recipient_parent_user_id" };

/// What stands around an item.
pub(super) struct Around<'a> {
    contacts: Vec<Person>,
    /// The contacts as they are written.
    cards: Vec<&'a Object>,
    /// One contact stands beside one item, so that they can only belong together.
    alone: bool,
    our_number: Option<Phone>,
    entry_time: Result<Time, Reason>,
}

impl<'a> Around<'a> {
    /// Looks around in an entry and a change's value. `items` is how many items the value holds.
    pub(super) fn look(entry: &Object, value: &'a Object, origin: &Origin, items: usize) -> Self {
        let listed = json::member(value, "contacts").and_then(json::items).unwrap_or_default();
        let cards: Vec<_> = listed.iter().filter_map(Value::as_object).collect();
        let contacts = cards.iter().map(|card| person(card, &CONTACT)).filter(|it| !it.is_nobody()).collect();
        Self {
            contacts,
            cards,
            alone: listed.len() == 1 && items == 1,
            our_number: origin.display_number.as_ref().and_then(|number| Phone::parse(number.as_str()).ok()),
            entry_time: match json::member(entry, "time") {
                None => Err(Reason::Missing),
                Some(time) => json::time(time).ok_or(Reason::BadTime),
            },
        }
    }

    /// The time of the entry: the only time that events without a person have.
    pub(super) fn entry_time(&self) -> Result<Time, Fault> {
        self.entry_time.map_err(|reason| Fault { reason, place: Place::EntryTime })
    }

    /// The same for what forbids: without a legible time it counts as of now, when it is taken in.
    pub(super) fn entry_time_or_now(&self) -> Time {
        self.entry_time.unwrap_or(Time::MAX)
    }

    /// Whom an item is about: by its own members, completed from the contact that shares one of them and contradicts
    /// none; by the contact beside it only where it names nobody and no other item could be meant.
    pub(super) fn who(&self, item: &Object, names: &Names) -> Result<Person, Fault> {
        let mut own = person(item, names);
        // No person writes to us from our own number; taking it for one would merge everybody who seems to.
        if own.phone.is_some() && own.phone == self.our_number {
            own.phone = None;
        }
        if !own.is_nobody() {
            return Ok(self.completed(own));
        }
        let named = [names.phone, names.user_id, names.parent]
            .iter()
            .any(|name| json::missing_or_malformed(item, name) == Reason::Malformed);
        match self.contacts.first() {
            Some(contact) if self.alone && !named => Ok(contact.clone()),
            _ => Err(Fault::new(Reason::NoPerson, names.phone)),
        }
    }

    /// Whom a refusal is of: also who is named in a way that nobody can read, where a contact beside it is named in the
    /// same way, or is the only one beside the only item; else by the digits of a number in another dress. Our own number
    /// refuses nothing.
    pub(super) fn who_refused(&self, item: &Object, names: &Names) -> Result<Person, Fault> {
        let fault = match self.who(item, names) {
            Ok(person) => return Ok(person),
            Err(fault) => fault,
        };
        let dressed = json::member(item, names.phone).and_then(undressed);
        if dressed.is_some() && dressed == self.our_number {
            return Err(fault);
        }
        let alike = self.named_alike(item, names);
        let only = self.contacts.first().filter(|_| self.alone).cloned();
        let by_digits = dressed.map(|phone| Person { phone: Some(phone), ..Person::default() });
        alike.or(only).or(by_digits).ok_or(fault)
    }

    /// The one contact that has a name of an item, letter by letter.
    fn named_alike(&self, item: &Object, names: &Names) -> Option<Person> {
        let written = |object: &Object, names: &Names| {
            [names.phone, names.user_id, names.parent].map(|name| json::word(object, name))
        };
        let own = written(item, names);
        let mut alike = self
            .cards
            .iter()
            .filter(|card| written(card, &CONTACT).iter().any(|name| name.is_some() && own.contains(name)));
        let (first, None) = (alike.next()?, alike.next()) else { return None };
        Some(person(first, &CONTACT)).filter(|person| !person.is_nobody())
    }

    fn completed(&self, own: Person) -> Person {
        let mut matching = self.contacts.iter().filter_map(|contact| joined(&own, contact));
        let Some(first) = matching.next() else { return own };
        // Two contacts that would complete it differently prove nothing.
        if matching.all(|other| other == first) { first } else { own }
    }
}

/// A number as other programs write it: with the name of a server behind it, with zeros before it, or with a fraction.
fn undressed(value: &Value) -> Option<Phone> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    let number = text.trim().split('@').next()?.trim_end_matches(".0");
    Phone::parse(number.strip_prefix("00").unwrap_or(number)).ok()
}

/// Two sets of names as one person, if they share a name and none of them differs.
fn joined(a: &Person, b: &Person) -> Option<Person> {
    let same = [
        same(a.phone.as_ref(), b.phone.as_ref()),
        same(a.user_id.as_ref(), b.user_id.as_ref()),
        same(a.parent_user_id.as_ref(), b.parent_user_id.as_ref()),
    ];
    (same.contains(&Some(true)) && !same.contains(&Some(false))).then(|| Person {
        phone: a.phone.or(b.phone),
        user_id: a.user_id.clone().or_else(|| b.user_id.clone()),
        parent_user_id: a.parent_user_id.clone().or_else(|| b.parent_user_id.clone()),
    })
}

/// Whether two names agree; nothing when one is not given.
fn same<T: PartialEq>(a: Option<&T>, b: Option<&T>) -> Option<bool> {
    Some(a? == b?)
}

/// The person that an object names. A name that is none counts as absent: the others may still tell who it is. A user
/// ID where a number belongs is taken for what it is.
pub(super) fn person(object: &Object, names: &Names) -> Person {
    let read = |name| json::word(object, name).and_then(|word| Recipient::parse(&word).ok());
    let user = |name| match read(name) {
        Some(Recipient::User(id)) => Some(id),
        Some(Recipient::Phone(_)) | None => None,
    };
    let mut person = Person { phone: None, user_id: user(names.user_id), parent_user_id: user(names.parent) };
    match read(names.phone) {
        Some(Recipient::Phone(phone)) => person.phone = Some(phone),
        Some(Recipient::User(id)) => person.user_id = person.user_id.or(Some(id)),
        None => {}
    }
    person
}
