//! Refusals in a change whose field or value is not what it should be. Nothing else is read there.

use serde_json::Value;

use super::{
    around::Around,
    change::Change,
    item::{Item, Origin, What},
    json::{self, Object},
    messages, preferences, statuses,
};

/// The lists that hold refusals.
const LISTS: [&str; 3] = ["messages", "statuses", "user_preferences"];

impl Change<'_> {
    /// Looks for refusals in a value, or in each of a list of values.
    pub(super) fn salvage(&mut self, value: &Value) {
        for value in json::items(value).unwrap_or_default().iter().filter_map(Value::as_object) {
            self.salvage_lists(value, value);
            self.salvage_standby(value);
        }
    }

    /// Looks for refusals in what stands where the object of a standby belongs: a list of such objects, or of messages.
    pub(super) fn salvage_standby(&mut self, value: &Object) {
        let list = json::member(value, "standby").and_then(json::items).unwrap_or_default();
        for inner in list.iter().filter_map(Value::as_object) {
            if LISTS.iter().any(|name| inner.contains_key(*name)) {
                self.salvage_lists(value, inner);
            } else {
                let origin = self.origin(value);
                let around = Around::look(self.entry, value, &origin, list.len());
                self.delivery.salvaged.extend(messages::salvage(inner, &around, &origin));
            }
        }
    }

    /// The lists may stand deeper than the metadata and the contacts.
    fn salvage_lists(&mut self, outer: &Object, holder: &Object) {
        let beside = |name| if holder.contains_key(name) { holder } else { outer };
        let origin = self.origin(beside("metadata"));
        let list = |name| json::member(holder, name).and_then(json::items).unwrap_or_default();
        let items = LISTS.iter().map(|name| list(name).len()).sum();
        let around = Around::look(self.entry, beside("contacts"), &origin, items);
        let [messages, statuses, preferences] =
            LISTS.map(|name| list(name).iter().filter_map(Value::as_object));
        for message in messages {
            self.delivery.salvaged.extend(messages::salvage(message, &around, &origin));
        }
        self.keep_refusals(&origin, statuses.filter_map(|status| statuses::refusal(status, &around)));
        self.keep_refusals(&origin, preferences.filter_map(|it| preferences::refusal(it, &around)));
    }

    /// Keeps a refusal once for each name of the person: that the names are one person is not to be believed here.
    fn keep_refusals(&mut self, origin: &Origin, refusals: impl Iterator<Item = What>) {
        let by_name = refusals.flat_map(What::by_name);
        self.delivery.items.extend(by_name.map(|what| Item { origin: origin.clone(), what }));
    }
}
