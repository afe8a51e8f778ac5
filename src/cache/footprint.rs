//! About how much memory a contact takes: what the bound in bytes counts. Measured by `benches/memory.rs`.

use std::mem::{size_of, size_of_val};

use super::Entry;
use crate::{
    model::{Contact, Scope, SenderId, VecMap},
    store::{ContactId, Loaded},
};

/// What an entry costs beside what it holds: its places in the cache's table and queues, its counters, and what the allocator
/// rounds up. Measured.
const ENTRY: usize = 256;

/// What a user ID takes: they are all about as long.
const USER_ID: usize = 48;

/// What an allocation costs beside what it holds.
const ALLOCATION: usize = 16;

/// The bytes that an entry takes.
pub(super) fn of(loaded: &Loaded) -> u32 {
    if loaded.version == 0 {
        // Nothing is known, and strangers share that.
        return u32::try_from(ENTRY).unwrap_or(u32::MAX);
    }
    let record = &loaded.record;
    let ties = &record.ties;
    let timed = ties.numbers.len() + ties.moved_to.len() + ties.moved_from.len() + ties.linked.len();
    let plain = ties.users.len() + ties.same.len() + ties.names.len();
    let earlier = record.earlier.iter().map(|(_, contact)| size_of_val(contact) + heap(contact) + ALLOCATION);
    let windows =
        loaded.windows.iter().map(|(sender, _)| size_of::<(SenderId, i64)>() + text(sender.as_str()));
    let bytes = ENTRY
        + size_of::<Entry>()
        + size_of::<Loaded>()
        + record.business.as_ref().map_or(0, |business| text(business.as_str()))
        + heap(&record.contact)
        + timed * size_of::<(i64, ContactId)>()
        + plain * size_of::<ContactId>()
        + earlier.sum::<usize>()
        + windows.sum::<usize>();
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

/// What a contact holds on the heap.
fn heap(contact: &Contact) -> usize {
    let scopes = map(&contact.scopes) + contact.scopes.keys().map(topic).sum::<usize>();
    let told = map(&contact.told) + contact.told.keys().map(topic).sum::<usize>();
    let senders = map(&contact.by_sender);
    let named = contact.by_sender.keys().map(|sender| text(sender.as_str())).sum::<usize>();
    let users = contact.user_ids.iter().map(|user| size_of_val(user) + USER_ID).sum::<usize>();
    let prompts =
        contact.prompt.recent.iter().map(|prompt| size_of_val(prompt) + text(&prompt.1)).sum::<usize>();
    let zone = contact.time_zone.as_ref().map_or(0, |(_, zone)| text(zone));
    let law = contact.jurisdiction.as_ref().map_or(0, |(_, law)| text(law));
    scopes + told + senders + named + users + prompts + zone + law
}

fn map<K: Ord, V>(map: &VecMap<K, V>) -> usize {
    if map.is_empty() { 0 } else { map.len() * size_of::<(K, V)>() + ALLOCATION }
}

fn topic(scope: &Scope) -> usize {
    match scope {
        Scope::Everything | Scope::Category(_) => 0,
        Scope::Topic(topic) => text(topic.as_str()),
    }
}

fn text(text: &str) -> usize {
    text.len() + ALLOCATION
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Event, OptOut, Recipient, ScopeSet, StatementId, Time, Topic, Voice};

    #[test]
    fn what_holds_more_takes_more() {
        let stranger = of(&Loaded::default());
        let mut loaded = Loaded { version: 1, ..Loaded::default() };
        let empty = of(&loaded);
        assert!(empty > stranger);
        loaded.record.contact.join(&Recipient::parse("US.13491208655302741918").unwrap().identity());
        let named = of(&loaded);
        assert!(named > empty);
        loaded.record.earlier.push((Time::EPOCH, Contact::default()));
        assert!(of(&loaded) > named + u32::try_from(size_of::<Contact>()).unwrap());
        let before = of(&loaded);
        loaded.windows.push((SenderId::parse("1001").unwrap(), Time::EPOCH));
        assert!(of(&loaded) > before);
        let out = OptOut { at: Time::EPOCH, id: StatementId([0; 16]), channel: 1 };
        let before = of(&loaded);
        let topic = Topic::parse("orders").unwrap();
        loaded.record.contact.apply(&Event::OptOut(Voice::Own, ScopeSet::of(vec![Scope::Topic(topic)]), out));
        assert!(of(&loaded) > before);
    }
}
