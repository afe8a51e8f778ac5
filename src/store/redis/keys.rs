//! The names of keys: which holds what, and how one is told from another.
//!
//! | key | type | holds | lifetime |
//! | --- | --- | --- | --- |
//! | `sg:c:{ID}` | hash | version, record, end of the log, senders that had windows | none |
//! | `sg:w:{ID}:SENDER` | string | last inbound time and end of a customer service window | the window's end |
//! | `sg:h:{ID}` | hash | log entries without payloads by sequence; sequences by statement | none |
//! | `sg:p:{ID}` | hash | payloads of log entries by sequence; gone after an erasure | none |
//! | `sg:r:{registry}` | hash | learned senders, accounts, templates | none |
//! | `sg:e:{feed}` | stream | the feed of changes | none |
//! | `sg:i:{feed}` | sorted set | in a cluster: changes that are being written, by time | until they are |
//! | `sg:x:{ID}:NONCE` | string | in a cluster: a write that must not happen any more | an hour |
//! | `sg:k:{key}` | string | the key of contact ids | none |
//! | `sg:d:{feed}` | string | nothing: written so that a wait has something to wait for, and to see that writes are taken | none |
//! | `sg:s:{SENDER}:GENERATION:SHARD` | hash | statuses of messages that were counted, by a hash of their ID | the guard's end |
//! | `sg:q:{SENDER}:HOUR` | hash | counts of an hour | 8 days |
//! | `sg:f:{ID}` | string | the messages to a person, for caps and the rate to one person | the longest cap's period, at least a day |
//! | `sg:l:{PORTFOLIO}:p` | sorted set | the people that a portfolio reached | a day |
//! | `sg:l:{SENDER}:t`, `:q` | sorted set | messages of a number: within a second, and those that throttling left | their period |
//!
//! `ID` is the contact id, in braces, so that a contact is one slot of a cluster and one script. The prefix stands
//! outside the braces: invalidation matches whole keys from their beginning.

use data_encoding::BASE64URL_NOPAD;

use crate::{model::SenderId, store::ContactId};

/// What begins every key when nothing else is configured.
pub const PREFIX: &str = "sg";

/// Names keys under one prefix.
#[derive(Clone, Debug)]
pub(super) struct Keys {
    prefix: String,
}

/// What a key that somebody wrote to belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Named {
    /// A contact, or one of its windows.
    Contact(ContactId),
    /// The registry.
    Registry,
    /// The key of contact ids.
    IdentityKey,
}

impl Keys {
    pub(super) fn new(prefix: &str) -> Self {
        Self { prefix: prefix.to_owned() }
    }

    pub(super) fn contact(&self, id: ContactId) -> String {
        self.of("c", id)
    }

    /// Without the sender, which follows.
    pub(super) fn windows(&self, id: ContactId) -> String {
        format!("{}:", self.of("w", id))
    }

    pub(super) fn log(&self, id: ContactId) -> String {
        self.of("h", id)
    }

    pub(super) fn payloads(&self, id: ContactId) -> String {
        self.of("p", id)
    }

    pub(super) fn registry(&self) -> String {
        format!("{}:r:{{registry}}", self.prefix)
    }

    pub(super) fn feed(&self) -> String {
        format!("{}:e:{{feed}}", self.prefix)
    }

    /// What may come to stand in the feed of a cluster.
    pub(super) fn intents(&self) -> String {
        format!("{}:i:{{feed}}", self.prefix)
    }

    /// Forbids a commit that nobody waits for any more.
    pub(super) fn fence(&self, id: ContactId, nonce: u64) -> String {
        format!("{}:{nonce:016x}", self.of("x", id))
    }

    /// Without the generation and the shard, which follow.
    pub(super) fn messages(&self, sender: &SenderId) -> String {
        format!("{}:s:{{{}}}:", self.prefix, sender.as_str())
    }

    /// Without the hour, which follows.
    pub(super) fn counts(&self, sender: &SenderId) -> String {
        format!("{}:q:{{{}}}:", self.prefix, sender.as_str())
    }

    /// A pattern of everything that was counted.
    pub(super) fn tallies(&self) -> String {
        format!("{}:[qs]:{{*", self.prefix)
    }

    /// What follows on the sender in a key that begins like those of counts or of messages, and the sender.
    pub(super) fn tally_of<'k>(&self, key: &'k [u8]) -> Option<(SenderId, bool, &'k str)> {
        let rest = std::str::from_utf8(key).ok()?.strip_prefix(&self.prefix)?;
        let counts = rest.strip_prefix(":q:{");
        let (sender, rest) = counts.or_else(|| rest.strip_prefix(":s:{"))?.split_once("}:")?;
        Some((SenderId::parse(sender).ok()?, counts.is_some(), rest))
    }

    pub(super) fn mark(&self) -> String {
        format!("{}:d:{{feed}}", self.prefix)
    }

    pub(super) fn identity_key(&self) -> String {
        format!("{}:k:{{key}}", self.prefix)
    }

    /// The prefixes whose writes concern memory. Logs, payloads and the feed change all the time and push nothing.
    pub(super) fn tracked(&self) -> [String; 4] {
        ["c", "w", "r", "k"].map(|kind| format!("{}:{kind}:", self.prefix))
    }

    /// A pattern of every contact.
    pub(super) fn contacts(&self) -> String {
        // The prefix may hold no character that means something in a pattern; see the setting.
        format!("{}:c:*", self.prefix)
    }

    /// What a key belongs to; nothing when it is none of ours.
    pub(super) fn named(&self, key: &[u8]) -> Option<Named> {
        let rest = key.strip_prefix(self.prefix.as_bytes())?;
        let (kind, rest) = rest.split_first_chunk::<3>()?;
        if kind == b":r:" {
            return Some(Named::Registry);
        }
        if kind == b":k:" {
            return Some(Named::IdentityKey);
        }
        if kind != b":c:" && kind != b":w:" {
            return None;
        }
        let (tag, rest) = rest.split_first_chunk::<24>()?;
        let id = tag.strip_prefix(b"{")?.strip_suffix(b"}")?;
        let closed = if kind == b":c:" { rest.is_empty() } else { rest.starts_with(b":") };
        let mut bytes = [0; 16];
        let decoded = BASE64URL_NOPAD.decode_mut(id, &mut bytes).is_ok();
        (closed && decoded).then_some(Named::Contact(ContactId(bytes)))
    }

    /// A key of a sender or portfolio.
    pub(super) fn owned(&self, kind: &str, owner: &str, which: &str) -> String {
        format!("{}:{kind}:{{{owner}}}:{which}", self.prefix)
    }

    pub(super) fn of(&self, kind: &str, id: ContactId) -> String {
        format!("{}:{kind}:{{{}}}", self.prefix, BASE64URL_NOPAD.encode(&id.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_tells_whose_it_is() {
        let keys = Keys::new("sg");
        for n in 0..=255 {
            let id = ContactId([n; 16]);
            let sender = crate::model::SenderId::parse("15550001111").unwrap();
            assert_eq!(keys.named(keys.contact(id).as_bytes()), Some(Named::Contact(id)));
            assert_eq!(
                keys.named(format!("{}{}", keys.windows(id), sender.as_str()).as_bytes()),
                Some(Named::Contact(id))
            );
            assert_eq!(keys.named(keys.log(id).as_bytes()), None);
            assert_eq!(keys.named(keys.payloads(id).as_bytes()), None);
        }
        assert_eq!(keys.named(keys.registry().as_bytes()), Some(Named::Registry));
        assert_eq!(keys.named(keys.feed().as_bytes()), None);
    }

    #[test]
    fn what_is_no_key_of_ours_is_nothing() {
        let keys = Keys::new("sg");
        let long = format!("{}x", keys.contact(ContactId([1; 16])));
        for key in
            ["", "sg", "sg:", "sg:c:", "sg:c:{}", "sgx:c:{AAAAAAAAAAAAAAAAAAAAAA}", "sg:c:{****}", &long]
        {
            assert_eq!(keys.named(key.as_bytes()), None, "{key}");
        }
    }

    #[test]
    fn every_tracked_key_begins_with_a_tracked_prefix() {
        let keys = Keys::new("sg");
        let id = ContactId([1; 16]);
        let tracked = keys.tracked();
        let heard = |key: String| tracked.iter().any(|prefix| key.starts_with(prefix));
        assert!(heard(keys.contact(id)) && heard(keys.windows(id)) && heard(keys.registry()));
        assert!(!heard(keys.log(id)) && !heard(keys.payloads(id)) && !heard(keys.feed()));
    }
}
