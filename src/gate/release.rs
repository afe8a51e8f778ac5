//! Reservations as callers hold them, and giving them back.

use std::collections::BTreeSet;

use data_encoding::BASE64URL_NOPAD;

use super::{
    Gate, GateError,
    names::ContactNames,
    reserve::{self, Reservation},
};
use crate::{
    limits::{PairRate, SendLog, Sent},
    model::{SenderId, Time},
    policy::Rules,
    senders::SenderProfile,
    store::{ContactId, Gauge, Leaving, StoreError},
};

/// The bytes of a token: the person's record, the message, and a seal, since what is no token of ours gives nothing back.
const ID: usize = 16;
const TOKEN: usize = ID + 8 + 8;

impl Reservation {
    /// The token.
    pub(super) fn token(self, names: &ContactNames) -> String {
        let mut bytes = Vec::with_capacity(TOKEN);
        bytes.extend(self.kept_under.0);
        bytes.extend(self.id.to_be_bytes());
        bytes.extend(names.seal(&bytes).to_be_bytes());
        BASE64URL_NOPAD.encode(&bytes)
    }

    /// Reads a token; nothing when it is none of this store.
    pub(super) fn parse(token: &str, names: &ContactNames) -> Option<Self> {
        let bytes: [u8; TOKEN] = BASE64URL_NOPAD.decode(token.as_bytes()).ok()?.try_into().ok()?;
        let (sealed, seal) = bytes.split_last_chunk::<8>()?;
        let (kept_under, id) = sealed.split_first_chunk::<ID>()?;
        let is_ours = names.seal(sealed) == u64::from_be_bytes(*seal);
        let id = u64::from_be_bytes(id.try_into().ok()?);
        is_ours.then_some(Self { kept_under: ContactId(*kept_under), id })
    }
}

impl Gate {
    /// Takes back what was counted of a message that was not sent. False when nothing is counted of it any more.
    ///
    /// # Errors
    /// When the token is none, or the store failed: then it is to be asked again.
    pub async fn release(&self, token: &str) -> Result<bool, GateError> {
        let reservation = self
            .reservation(token)
            .ok_or_else(|| GateError::field("reservation_id", "must be the `reservation_id` of a check"))?;
        let Reservation { kept_under, id } = reservation;
        // What was told as sent was sent, whoever thinks otherwise.
        let find = |log: &mut SendLog, rate| {
            let is_unsent = log.sent.iter().any(|sent| sent.id == id && sent.message.is_none());
            is_unsent.then(|| log.take_back(id, rate)).flatten()
        };
        Ok(self.take_off(kept_under, find).await?)
    }

    /// The reservation of a token; nothing when it is none.
    pub(super) fn reservation(&self, token: &str) -> Option<Reservation> {
        Reservation::parse(token, &self.names)
    }

    pub(super) async fn give_back(&self, reservation: Reservation) -> Result<bool, StoreError> {
        let Reservation { kept_under, id } = reservation;
        self.take_off(kept_under, |log, rate| log.take_back(id, rate)).await
    }

    /// Takes a message off a person's record and out of the gauges it was counted in.
    pub(super) async fn take_off(
        &self,
        kept_under: ContactId,
        find: impl Fn(&mut SendLog, Option<PairRate>) -> Option<Sent> + Send + Sync,
    ) -> Result<bool, StoreError> {
        let _turn = self.turns.wait(kept_under).await;
        let rate = |log: &SendLog| {
            // Each number has a rate of its own; which number it was, the record says.
            let mut copy = log.clone();
            let sent = find(&mut copy, None)?;
            self.rules_of(&sent.sender, |rules| rules.pair_rate)
        };
        let apply = |log: &mut SendLog| {
            let rate = rate(log);
            let sent = find(log, rate)?;
            let others = log.sent.iter().filter(|sent| sent.counted.reached.is_some());
            let reached_last = others.map(|sent| sent.at).max();
            Some((sent, reached_last))
        };
        let kept = |log: &SendLog| {
            let senders = log.sent.iter().map(|sent| &sent.sender).collect::<BTreeSet<_>>();
            let profiles = senders.into_iter().filter_map(|sender| self.directory.load().find(sender));
            profiles.flat_map(|profile| self.caps_of(&profile)).collect::<Vec<_>>()
        };
        let taken = self.timed_write(reserve::change(&*self.store, kept_under, kept, apply)).await;
        self.remembered.forget_person(kept_under);
        let Some((sent, reached_last)) = taken? else { return Ok(false) };
        self.metrics.limits.given_back();
        let entered = self.entries_of(&sent, reached_last);
        for one in &entered {
            self.remembered.forget_gauge(&one.gauge);
        }
        self.timed_write(reserve::leave(&*self.store, &entered)).await?;
        Ok(true)
    }

    /// The places that a message took in gauges. The person stays reached by the other messages that are counted of them, and, in a
    /// portfolio of several businesses, by what another of them sent before.
    fn entries_of(&self, sent: &Sent, reached_last: Option<Time>) -> Vec<Leaving> {
        let leaving = |gauge, member, before| Leaving { gauge, member, at: sent.at, before };
        let sender = || sent.sender.clone();
        let throughput = sent.counted.throughput.then(|| leaving(Gauge::Throughput(sender()), sent.id, None));
        let throttle = sent.counted.throttle.then(|| leaving(Gauge::Throttle(sender()), sent.id, None));
        let profile = self.directory.load().find(&sent.sender);
        let reached = sent.counted.reached.zip(profile).map(|(reached, profile)| {
            let by_others = reached.before.filter(|_| profile.portfolio != profile.business);
            leaving(Gauge::Reached(profile.portfolio.clone()), reached.member, reached_last.max(by_others))
        });
        [throughput, throttle, reached].into_iter().flatten().collect()
    }

    fn rules_of<T>(&self, sender: &SenderId, read: impl Fn(&Rules) -> Option<T>) -> Option<T> {
        let profile: std::sync::Arc<SenderProfile> = self.directory.load().find(sender)?;
        read(&profile.profile.rules)
    }
}
