//! One change of an entry: which of its parts are items, and who reads them.

use serde_json::Value;

use crate::model::SenderId;

use super::{
    Delivery, Rejected, account,
    around::Around,
    identity,
    item::{Item, Origin, What},
    json::{self, Fault, Object, Place, Reason},
    kinds::IgnoredBecause,
    messages, preferences, statuses, templates,
};

/// How one item is read.
type Reader = fn(&Object, &Around<'_>) -> Result<What, Fault>;

/// The lists of a conversation's value, in the order in which they are read.
const CONVERSATION: &[(&str, Reader)] = &[
    ("messages", messages::read),
    ("statuses", statuses::read),
    ("message_echoes", messages::read_echo),
    ("calls", messages::read_call),
    ("user_preferences", preferences::read),
    ("user_id_update", identity::read_update),
];

/// The lists of a value that is about messages of our own: whatever its messages look like, no person wrote them.
const ECHOES: &[(&str, Reader)] =
    &[("message_echoes", messages::read_echo), ("messages", messages::read_echo)];

/// A change, where it stands, and where what it says goes.
pub(super) struct Change<'a> {
    /// The entry it is part of.
    pub(super) entry: &'a Object,
    /// `/entry/3/changes/0`.
    pub(super) path: String,
    /// What was read so far.
    pub(super) delivery: &'a mut Delivery,
}

impl Change<'_> {
    /// Reads the change.
    pub(super) fn read(mut self, change: &Value) {
        let Some(change) = change.as_object() else { return self.reject("", Reason::NotAnObject) };
        let misplaced = json::member(change, "value").unwrap_or(&Value::Null);
        let Some(field) = json::text(change, "field") else {
            self.salvage(misplaced);
            return self.reject("/field", json::missing_or_malformed(change, "field"));
        };
        let Some(value) = json::object(change, "value") else {
            if !matches!(field, "smb_message_echoes" | "message_echoes" | "history") {
                self.salvage(misplaced);
            }
            return self.reject("/value", json::missing_or_malformed(change, "value"));
        };
        match field {
            "messages" | "calls" | "user_preferences" | "user_id_update" => {
                self.lists(value, value, "/value", CONVERSATION);
            }
            "smb_message_echoes" | "message_echoes" => self.lists(value, value, "/value", ECHOES),
            // What is seen passively while the platform's own agent answers for the number. People write to the
            // number all the same: what they say counts, "stop" above all.
            "standby" => match json::object(value, "standby") {
                Some(inner) => self.lists(value, inner, "/value/standby", CONVERSATION),
                None => {
                    self.lists(value, value, "/value", CONVERSATION);
                    self.salvage_standby(value);
                }
            },
            "message_template_status_update" => self.single(value, templates::read_status),
            "message_template_quality_update" => self.single(value, templates::read_quality),
            "template_category_update" => self.single(value, templates::read_category),
            "account_update" => self.account_update(value),
            "phone_number_quality_update" => self.single(value, account::read_number),
            "business_capability_update" => self.single(value, account::read_capability),
            "history" => self.ignore(value, IgnoredBecause::History),
            _ => {
                self.salvage(misplaced);
                self.ignore(value, IgnoredBecause::Field);
            }
        }
    }

    /// Reads a value that is one item.
    fn single(&mut self, value: &Object, reader: Reader) {
        let origin = self.origin(value);
        let around = Around::look(self.entry, value, &origin, 1);
        self.keep(origin, reader(value, &around), || "/value".to_owned());
    }

    /// Reads what happened to an account: one thing, or several restrictions of which each counts without the others.
    fn account_update(&mut self, value: &Object) {
        let restrictions = json::member(value, "restriction_info").and_then(json::items);
        let Some(restrictions) = restrictions.filter(|_| json::member(value, "ban_info").is_none()) else {
            return self.single(value, account::read_update);
        };
        let origin = self.origin(value);
        let around = Around::look(self.entry, value, &origin, 1);
        for (index, restriction) in restrictions.iter().enumerate() {
            let read = account::read_restriction(restriction, &around);
            self.keep(origin.clone(), read, || format!("/value/restriction_info/{index}"));
        }
        if restrictions.is_empty() {
            self.ignore(value, IgnoredBecause::AccountEvent);
        }
    }

    /// Reads a value that holds lists of items. The lists may stand deeper than the metadata.
    fn lists(&mut self, value: &Object, holder: &Object, path: &str, readers: &[(&str, Reader)]) {
        let origin = self.origin(value);
        let lists =
            || readers.iter().filter_map(|(name, reader)| Some((name, json::member(holder, name)?, reader)));
        let items = lists().filter_map(|(_, list, _)| json::items(list)).map(<[Value]>::len).sum();
        let beside = if holder.contains_key("contacts") { holder } else { value };
        let around = Around::look(self.entry, beside, &origin, items);
        for (name, list, reader) in lists() {
            let Some(list) = json::items(list) else {
                self.reject(&format!("{path}/{name}"), Reason::NotAList);
                continue;
            };
            for (index, item) in list.iter().enumerate() {
                let read = match item.as_object() {
                    Some(item) => reader(item, &around),
                    None => Err(Fault { reason: Reason::NotAnObject, place: Place::Item }),
                };
                // What is neither an echo nor read as a message in a list of this name may still hold words of a person.
                let is_read = matches!(read, Ok(What::Inbound { .. } | What::Echo));
                if let (false, "messages", Some(item)) = (is_read, *name, item.as_object()) {
                    self.delivery.salvaged.extend(messages::salvage(item, &around, &origin));
                }
                self.keep(origin.clone(), read, || format!("{path}/{name}/{index}"));
            }
        }
        if json::member(holder, "errors").is_some() {
            self.ignore(value, IgnoredBecause::PlatformErrors);
        } else if lists().next().is_none() {
            self.ignore(value, IgnoredBecause::Empty);
        }
    }

    pub(super) fn origin(&self, value: &Object) -> Origin {
        let metadata = json::object(value, "metadata").unwrap_or(value);
        let sender = |name| json::word(metadata, name).and_then(|word| SenderId::parse(&word).ok());
        Origin {
            account: json::word(self.entry, "id"),
            phone_number_id: sender("phone_number_id"),
            display_number: sender("display_phone_number"),
        }
    }

    fn keep(&mut self, origin: Origin, read: Result<What, Fault>, path: impl FnOnce() -> String) {
        match read {
            Ok(what) => self.delivery.items.push(Item { origin, what }),
            Err(Fault { reason, place: Place::Item }) => self.reject(&path(), reason),
            Err(Fault { reason, place: Place::Member(member) }) => {
                self.reject(&format!("{}/{member}", path()), reason);
            }
            Err(Fault { reason, place: Place::EntryTime }) => {
                let entry = self.path.split_once("/changes").map_or("", |(entry, _)| entry);
                let path = format!("{entry}/time");
                self.delivery.rejected.push(Rejected { reason, path });
            }
        }
    }

    fn ignore(&mut self, value: &Object, why: IgnoredBecause) {
        let origin = self.origin(value);
        self.delivery.items.push(Item { origin, what: What::Ignored { why } });
    }

    fn reject(&mut self, below: &str, reason: Reason) {
        self.delivery.rejected.push(Rejected { reason, path: format!("{}{below}", self.path) });
    }
}
