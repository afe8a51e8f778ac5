//! Reading members of JSON objects without trusting them. Every fault names the member by words of ours, never by
//! what stood there.

use serde_json::{Map, Value};

use crate::model::Time;

/// A JSON object.
pub(super) type Object = Map<String, Value>;

/// The longest ID or name taken: the platform's message IDs stay below 200 bytes, template names are up to 512.
const NAME_BYTES_MAX: usize = 512;

/// Numbers from here on are milliseconds: as seconds they would lie after the year 30000.
const MILLIS_MIN: i64 = 1_000_000_000_000;

/// Why an item could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// Should be an object.
    NotAnObject,
    /// Should be a list.
    NotAList,
    /// Has to be there and is not.
    Missing,
    /// Is no text or number of the kind that belongs there.
    Malformed,
    /// Is no plausible time in seconds or milliseconds.
    BadTime,
    /// Nothing in the item says whom it is about.
    NoPerson,
}

impl Reason {
    /// Every reason.
    pub const ALL: [Self; 6] =
        [Self::NotAnObject, Self::NotAList, Self::Missing, Self::Malformed, Self::BadTime, Self::NoPerson];

    /// The word for it in labels and logs.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::NotAnObject => "not_an_object",
            Self::NotAList => "not_a_list",
            Self::Missing => "missing",
            Self::Malformed => "malformed",
            Self::BadTime => "bad_time",
            Self::NoPerson => "no_person",
        }
    }
}

/// What is wrong with an item, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) reason: Reason,
    pub(super) place: Place,
}

/// Where a fault lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// The item itself.
    Item,
    /// A member of it, as the end of a JSON pointer.
    Member(&'static str),
    /// The time of its entry.
    EntryTime,
}

impl Fault {
    pub(super) const fn new(reason: Reason, member: &'static str) -> Self {
        Self { reason, place: Place::Member(member) }
    }
}

/// A member that is there and not null.
pub(super) fn member<'a>(object: &'a Object, name: &str) -> Option<&'a Value> {
    object.get(name).filter(|value| !value.is_null())
}

/// The items of a list. One that stands where a list of it belongs is a list of one: it may say "stop".
pub(super) fn items(list: &Value) -> Option<&[Value]> {
    match list {
        Value::Array(items) => Some(items),
        Value::Object(_) => Some(std::slice::from_ref(list)),
        _ => None,
    }
}

/// A member that is an object.
pub(super) fn object<'a>(object: &'a Object, name: &str) -> Option<&'a Object> {
    member(object, name)?.as_object()
}

/// A member that is a text with something in it: the platform writes absent texts as empty ones too.
pub(super) fn text<'a>(object: &'a Object, name: &str) -> Option<&'a str> {
    member(object, name)?.as_str().filter(|text| !text.is_empty())
}

/// A member of an inner object that is a text.
pub(super) fn text_in<'a>(outer: &'a Object, name: &str, inner: &str) -> Option<&'a str> {
    text(object(outer, name)?, inner)
}

/// A text or whole number, as text.
pub(super) fn word(object: &Object, name: &str) -> Option<String> {
    match member(object, name)? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => number.as_i64().map(|number| number.to_string()),
        _ => None,
    }
}

/// An ID or name that has to be there.
pub(super) fn name(object: &Object, name: &'static str) -> Result<String, Fault> {
    let word = word(object, name).ok_or(Fault::new(missing_or_malformed(object, name), name))?;
    if word.len() > NAME_BYTES_MAX { Err(Fault::new(Reason::Malformed, name)) } else { Ok(word) }
}

/// A whole number, written as one or as a text.
pub(super) fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// A time in seconds or milliseconds, written as a number or as a text. Its size tells which.
pub(super) fn time(value: &Value) -> Option<Time> {
    let number = integer(value)?;
    let time = if number >= MILLIS_MIN { Time::from_millis(number) } else { Time::from_seconds(number) }?;
    (time >= Time::WHATSAPP_MIN).then_some(time)
}

/// A time that has to be there.
pub(super) fn time_of(object: &Object, name: &'static str) -> Result<Time, Fault> {
    let value = member(object, name).ok_or(Fault::new(Reason::Missing, name))?;
    time(value).ok_or(Fault::new(Reason::BadTime, name))
}

/// Why a member that has to be there could not be read.
pub(super) fn missing_or_malformed(object: &Object, name: &str) -> Reason {
    match member(object, name) {
        None => Reason::Missing,
        Some(Value::String(text)) if text.is_empty() => Reason::Missing,
        Some(_) => Reason::Malformed,
    }
}
