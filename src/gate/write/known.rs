//! What is recorded already: a key is one key under whichever identity of a person it is used.

use super::{Draft, Situation, Written};
use crate::{
    attest::Entry,
    gate::{Gate, GateError, circle::Circle, find::Consistency, log::content_of, statement::Who},
    model::{People, Recipient, StatementId, Time},
    senders::SenderProfile,
    store::{ContactId, StoreError},
};

impl Gate {
    /// Writes a statement, or answers from what was recorded under its key: what refuses a statement now need not have
    /// refused it then.
    pub(in crate::gate) async fn write_once<P>(
        &self,
        profile: &SenderProfile,
        who: &Who,
        at: Time,
        statement: StatementId,
        plan: P,
    ) -> Result<Written, GateError>
    where
        P: Fn(&Situation<'_>) -> Result<Draft, GateError> + Sync + Send,
    {
        match self.write(profile, &who.recipient, at, plan).await {
            Err(error) => self.repetition_instead(profile, who, statement, error).await,
            written => written,
        }
    }

    /// What was recorded under the key of a request that is refused now; the refusal when nothing was.
    pub(in crate::gate) async fn repetition_instead(
        &self,
        profile: &SenderProfile,
        who: &Who,
        statement: StatementId,
        error: GateError,
    ) -> Result<Written, GateError> {
        if who.key.is_empty() || !matches!(error, GateError::Invalid(_)) {
            return Err(error);
        }
        self.repetition(profile, &who.recipient, statement).await?.ok_or(error)
    }

    /// The write that a statement made when it was first recorded, if it was: so that a repetition is answered from what
    /// was recorded, not from what the same words would mean by now.
    pub(in crate::gate) async fn repetition(
        &self,
        profile: &SenderProfile,
        recipient: &Recipient,
        statement: StatementId,
    ) -> Result<Option<Written>, GateError> {
        let (now, generation) = (self.clock.now(), self.cache.generation());
        let circle = self.circle(profile, recipient, Consistency::FullyConsistent, now).await?;
        let people = circle.people();
        let (id, stored) = circle.own();
        for (place, member) in circle.members().iter().enumerate() {
            if place != 0 && !people.have_met(place, 0, now) {
                continue;
            }
            for (log, _) in member.stored.iter().filter(|(_, loaded)| loaded.head.length > 0) {
                if self.patient_read(self.store.entry_of(*log, statement)).await?.is_none() {
                    continue;
                }
                self.cache.invalidate(*log);
                let known = Some((statement, self.known_entry(*log, statement).await?));
                let windows = people.windows(0).to_vec();
                let written = Written::nothing(id, stored.version, people.now(0), windows);
                let written = Written { known, erased: circle.erased(*log), ..written };
                self.keep_repeated(profile, &written, generation).await;
                return Ok(Some(written));
            }
        }
        Ok(None)
    }

    /// The log of another identity of the same person that holds a statement of a draft, if one does: a key is one key
    /// under whichever identity it is used.
    pub(super) async fn known_elsewhere(
        &self,
        circle: &Circle,
        people: &People,
        at: Time,
        draft: &Draft,
    ) -> Result<Option<(ContactId, StatementId)>, StoreError> {
        let (own, _) = circle.own();
        for (place, member) in circle.members().iter().enumerate() {
            if !people.have_met(place, 0, at) {
                continue;
            }
            let logs = member.stored.iter().filter(|(id, loaded)| *id != own && loaded.head.length > 0);
            for (id, _) in logs {
                for (statement, _) in &draft.entries {
                    if self.patient_read(self.store.entry_of(*id, *statement)).await?.is_some() {
                        return Ok(Some((*id, *statement)));
                    }
                }
            }
        }
        Ok(None)
    }

    pub(super) async fn known_entry(
        &self,
        id: ContactId,
        statement: StatementId,
    ) -> Result<Option<Entry>, StoreError> {
        let sealed = self.patient_read(self.store.entry_of(id, statement)).await?;
        sealed.map_or(Ok(None), |sealed| content_of(&sealed))
    }
}
