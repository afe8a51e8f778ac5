//! What every write begins and ends with: whom a statement is about, its id, and what is told of it.

use std::sync::Arc;

use super::{
    Gate, GateError,
    names::{Revision, random_16},
    outcome::due,
    write::Written,
};
use crate::{
    attest::{Content, Entry},
    metrics::WriteOutcome,
    model::{Contact, Recipient, SenderId, StatementId, Time},
    policy::Obligations,
    senders::SenderProfile,
};

/// Whom a statement is about, when it was said, and under which key.
#[derive(Clone, Debug)]
pub struct Who {
    /// The business number.
    pub sender: SenderId,
    /// The person.
    pub recipient: Recipient,
    /// When it was said; none = now.
    pub occurred_at: Option<Time>,
    /// The idempotency key; empty = each call is its own statement.
    pub key: String,
    /// A digest of the request; zeros = any repetition of the key is the same statement.
    pub request_digest: [u8; 16],
    /// A webhook said so: recorded even for a sender that is not configured, since nobody can say it again.
    pub from_platform: bool,
    /// Its time is the platform's, which tells whole seconds.
    pub whole_seconds: bool,
}

/// What is true after a write.
#[derive(Clone, Debug)]
pub struct Acknowledged {
    /// The contact's state.
    pub revision: Revision,
    /// What became of it, for counting.
    pub outcome: WriteOutcome,
    /// False when another statement stands against it.
    pub applied: bool,
    /// In the journal of this process only, until the store can take it.
    pub journaled: bool,
    /// What is due now.
    pub obligations: Obligations,
    /// The contact.
    pub contact: Contact,
}

impl Gate {
    /// The sender of a write.
    pub(super) fn sender_of(&self, who: &Who) -> Result<Arc<SenderProfile>, GateError> {
        let directory = self.directory.load();
        match directory.find(&who.sender) {
            Some(profile) => Ok(profile),
            None if who.from_platform => Ok(Arc::new(directory.unregistered(&who.sender))),
            None => Err(GateError::UnknownSender),
        }
    }

    /// The id of a statement: of its key, or one of its own.
    pub(super) fn statement_of(&self, who: &Who) -> Result<StatementId, GateError> {
        if who.key.is_empty() {
            return Ok(StatementId(random_16()?));
        }
        Ok(self.names.statement("key", &who.key))
    }

    /// Says what is true and what is due after a write.
    pub(super) fn acknowledge(
        &self,
        profile: &SenderProfile,
        written: &Written,
        applied: bool,
    ) -> Acknowledged {
        let outcome = match (&written.known, applied) {
            (Some(_), _) => WriteOutcome::repeated,
            (None, true) => WriteOutcome::applied,
            (None, false) => WriteOutcome::not_applied,
        };
        Acknowledged {
            outcome,
            revision: written.revision(),
            applied,
            journaled: false,
            obligations: due(&profile.profile.rules, &written.after, self.clock.now()),
            contact: written.after.clone(),
        }
    }
}

impl Who {
    pub(super) fn entry(&self, at: Time, now: Time, content: Content) -> Entry {
        Entry {
            recipient: Some(self.recipient.clone()),
            sender: self.sender.clone(),
            occurred_at: at,
            recorded_at: now,
            applied: true,
            content,
            request_digest: self.request_digest,
        }
    }
}

/// The id of the statement that comes with another.
pub(super) fn second_id(statement: StatementId) -> StatementId {
    let mut id = statement.0;
    if let Some(last) = id.last_mut() {
        *last ^= 0xff;
    }
    StatementId(id)
}

/// The entry of a repetition; an error when its key was used for something else.
pub(super) fn repeated<'a>(who: &Who, written: &'a Written) -> Result<Option<&'a Entry>, GateError> {
    let Some((_, Some(entry))) = &written.known else { return Ok(None) };
    let any = [0; 16];
    if entry.request_digest != who.request_digest && who.request_digest != any && entry.request_digest != any
    {
        return Err(GateError::KeyReused);
    }
    Ok(Some(entry))
}
