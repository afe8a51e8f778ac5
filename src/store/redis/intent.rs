//! The feed of a cluster, where the script that writes a contact reaches no other slot.
//!
//! 1. Before the commit an intent is noted in the feed's slot: contact, first sequence, count, and a name of the attempt.
//! 2. The commit stores the name of the attempt beside the entries.
//! 3. After it a script in the feed's slot removes the intent and appends the changes, both or neither. Whoever removes
//!    the intent appends, so that each change is fed once.
//!
//! A writer that is lost in between leaves the intent. Whoever looks at the feed settles those that are older than an
//! answer may take: a script in the contact's slot looks whether the attempt was written, and forbids it otherwise, so
//! that a commit which was held up on its way cannot happen after it was found missing. Hence what was written is fed,
//! without gaps, though not always in the order in which it was written: when two sidecars write to one contact within
//! the same moment, the later entry may be fed first. Without the feed's slot nothing with entries can be written.

use super::{
    answer::{bytes, items, number},
    fault::senseless,
    feed::Feed,
    script,
};
use crate::store::{Commit, Committed, ContactId, StoreError};

/// How long a commit that was found missing stays forbidden: longer than the network keeps anything.
const FORBIDDEN_MS: u64 = 3_600_000;

/// Overdue intents settled at one look.
const SETTLED_MAX: usize = 64;

/// Changes that may come to stand in the feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Intent {
    id: ContactId,
    first: u64,
    count: u32,
    /// The name of the attempt.
    pub(super) nonce: u64,
}

impl Feed {
    /// Notes what a commit is about to append; nothing where the commit appends it by itself.
    pub(super) async fn intend(&self, commit: &Commit) -> Result<Option<Intent>, StoreError> {
        let (true, Some(first)) = (self.cluster, commit.entries.first()) else { return Ok(None) };
        let mut nonce = [0; 8];
        getrandom::fill(&mut nonce)
            .map_err(|_| StoreError::Unavailable("the system has no randomness".to_owned()))?;
        let intent = Intent {
            id: commit.id,
            first: first.sequence,
            count: u32::try_from(commit.entries.len()).unwrap_or(u32::MAX),
            nonce: u64::from_be_bytes(nonce),
        };
        let mut cmd = script::call(&self.scripts.intend, &[&self.keys.intents()]);
        cmd.arg(intent.encode());
        // A read in that nothing of the contact is written: if it is lost, it may be tried again.
        self.run(&self.scripts.intend, &cmd).await.map_err(|failed| failed.of_read())?;
        Ok(Some(intent))
    }

    /// Does with an intent what became of its commit. A failure leaves it to whoever looks at the feed next.
    pub(super) async fn fulfil(&self, intent: Intent, committed: Committed) {
        let done = match committed {
            Committed::Done(_) => self.finish(intent, true).await,
            // No attempt can be written any more: versions only grow.
            Committed::Conflict => self.finish(intent, false).await,
            // Perhaps by this very attempt, sent again by the connection.
            Committed::Known(..) => self.settle(intent).await,
        };
        if let Err(error) = done {
            tracing::debug!(%error, "a change is fed later");
        }
    }

    /// Settles intents that are older than the answer to a commit may take.
    pub(super) async fn settle_overdue(&self) -> Result<(), StoreError> {
        if !self.cluster {
            return Ok(());
        }
        let age = u64::try_from(self.overdue.as_millis()).unwrap_or(u64::MAX);
        let mut cmd = script::call(&self.scripts.overdue, &[&self.keys.intents()]);
        cmd.arg(age).arg(SETTLED_MAX);
        let overdue = self.run(&self.scripts.overdue, &cmd).await;
        for intent in items(overdue.map_err(|failed| failed.of_read())?)? {
            let intent =
                bytes(intent)?.as_deref().and_then(Intent::decode).ok_or_else(|| senseless("intent"))?;
            // One whose slot is away must not hold up the others.
            if let Err(error) = self.settle(intent).await {
                tracing::debug!(%error, "a change is fed later");
            }
        }
        Ok(())
    }

    async fn settle(&self, intent: Intent) -> Result<(), StoreError> {
        let (log, fence) = (self.keys.log(intent.id), self.keys.fence(intent.id, intent.nonce));
        let mut cmd = script::call(&self.scripts.settle, &[&log, &fence]);
        cmd.arg(intent.first).arg(intent.attempt()).arg(FORBIDDEN_MS);
        let written = self.run(&self.scripts.settle, &cmd).await;
        let written = number(written.map_err(|failed| failed.of_read())?)? == 1;
        self.finish(intent, written).await
    }

    async fn finish(&self, intent: Intent, written: bool) -> Result<(), StoreError> {
        let (feed, intents) = (self.keys.feed(), self.keys.intents());
        let mut cmd = script::call(&self.scripts.finish, &[&feed, &intents]);
        cmd.arg(intent.encode()).arg(intent.id.0.as_slice()).arg(intent.first);
        cmd.arg(if written { intent.count } else { 0 });
        let position = self.run(&self.scripts.finish, &cmd).await;
        self.announce(number(position.map_err(|failed| failed.of_read())?)?);
        Ok(())
    }
}

impl Intent {
    /// How the log names the attempt.
    pub(super) fn attempt(self) -> String {
        format!("{:016x}", self.nonce)
    }

    fn encode(self) -> Vec<u8> {
        let Self { id, first, count, nonce } = self;
        [id.0.as_slice(), &first.to_be_bytes(), &count.to_be_bytes(), &nonce.to_be_bytes()].concat()
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (id, rest) = bytes.split_first_chunk()?;
        let (first, rest) = rest.split_first_chunk()?;
        let (count, nonce) = rest.split_first_chunk()?;
        Some(Self {
            id: ContactId(*id),
            first: u64::from_be_bytes(*first),
            count: u32::from_be_bytes(*count),
            nonce: u64::from_be_bytes(nonce.try_into().ok()?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_intent_is_read_as_it_was_noted() {
        let intent = Intent { id: ContactId([7; 16]), first: 1 << 40, count: 3, nonce: u64::MAX - 1 };
        assert_eq!(Intent::decode(&intent.encode()), Some(intent));
        assert_eq!(Intent::decode(&intent.encode()[1..]), None);
        assert_eq!(Intent::decode(&[]), None);
    }
}
