//! What limits learn of messages after they were sent: those that nobody reserved are counted, those that were reserved are
//! known again, and those that failed are given back.

use std::sync::Arc;

use super::{
    Gate, GateError,
    check::Check,
    find::Consistency,
    reserve,
    usage::{Counting, first_8},
    view::View,
};
use crate::{
    limits::{self, Counted, Reached, SendLog, Sent},
    model::{Category, Recipient, Time, Topic, evidence::Method},
    policy::{Kind, Request, TemplateName},
    quality::Split,
    senders::SenderProfile,
    store::{Entry, Gauge},
};

/// A message that was told of, as limits see it.
#[derive(Clone, Debug)]
pub(super) struct ToldMessage {
    /// The platform's ID of the message.
    pub message_id: String,
    /// To whom it went.
    pub recipient: Recipient,
    /// When.
    pub at: Time,
    /// Its category, where that is told.
    pub category: Option<Category>,
    /// Its topic, where that is told.
    pub topic: Option<Topic>,
    /// Its template, where that is told.
    pub template: Option<String>,
    /// The token of its reservation, where that is told.
    pub reservation: Option<String>,
}

impl Gate {
    /// Counts a message that was sent, unless it was counted when it was reserved. Told again, it changes nothing.
    pub(super) async fn count_sent(
        &self,
        profile: &Arc<SenderProfile>,
        message: &ToldMessage,
    ) -> Result<(), GateError> {
        let now = self.clock.now();
        let view = self.view(profile, &message.recipient, Consistency::MinimizeLatency, now).await?;
        let check = self.as_check(profile, message);
        let (caps, takes, category) = {
            let directory = self.directory.load();
            let template = check.request.template.as_ref();
            let template = template.map(|name| directory.template(profile, name, message.at));
            let facts = view.facts(&directory, profile, template.unwrap_or_default());
            let counting = Counting { check: &check, profile, view: &view, facts, now: message.at };
            let entries = self.entries(&counting, self.message(&message.message_id));
            let known = facts.sender.and_then(|sender| sender.template.known);
            let of_template = known.and_then(|known| known.category?.at(message.at));
            (self.caps_of(profile), entries, message.category.or(of_template))
        };
        if caps.is_empty() && takes.is_empty() {
            return Ok(());
        }
        let kept_under = view.ids().first().copied().unwrap_or(view.id);
        let _turn = self.turns.wait(kept_under).await;
        let sends = self.read_sends(view.ids()).await?;
        let sender = self.counted_as(&profile.sender.id);
        let told = self.told(message, &sender);
        let is_known = sends.all().match_message(&told).is_some();
        let counted = if is_known { Counted::default() } else { self.enter_all(&takes, now).await? };
        let sent = Sent {
            id: told.message,
            at: message.at,
            sender: sender.clone(),
            category,
            topic: message.topic.clone(),
            message: Some(told.message),
            counted,
        };
        let apply = |log: &mut SendLog| {
            let before = log.clone();
            // It may be known under another identity of theirs.
            if log.match_message(&told).is_none() && !is_known {
                log.add(sent.clone());
            }
            log.forget(&caps, now);
            (*log != before).then_some(())
        };
        self.timed_write(reserve::change(&*self.store, kept_under, |_| caps.clone(), apply)).await?;
        self.remembered.forget_person(kept_under);
        Ok(())
    }

    /// Gives back what was counted of a message that failed, and whose reservation is not named. To be called once a message.
    pub(super) async fn count_failed(
        &self,
        profile: &Arc<SenderProfile>,
        message: &ToldMessage,
    ) -> Result<(), GateError> {
        let now = self.clock.now();
        let view = self.view(profile, &message.recipient, Consistency::MinimizeLatency, now).await?;
        let sender = self.counted_as(&profile.sender.id);
        let told = self.told(message, &sender);
        for id in view.ids() {
            let find = |log: &mut SendLog, rate| {
                let id = log.match_message(&told)?.id;
                log.take_back(id, rate)
            };
            if self.take_off(*id, find).await? {
                break;
            }
        }
        Ok(())
    }

    fn told<'a>(&self, message: &ToldMessage, sender: &'a crate::model::SenderId) -> limits::Told<'a> {
        let reservation = message.reservation.as_deref().and_then(|token| self.reservation(token));
        limits::Told {
            message: self.message(&message.message_id),
            reservation: reservation.map(|reservation| reservation.id),
            sender,
            category: message.category,
            at: message.at,
        }
    }

    /// A message as limits and counts know it.
    pub(super) fn message(&self, message_id: &str) -> u64 {
        first_8(self.names.statement("message", message_id).0)
    }

    /// Enters gauges that a message takes a place in that was sent already, full or not.
    async fn enter_all(&self, entries: &[Entry], now: Time) -> Result<Counted, GateError> {
        let mut counted = Counted::default();
        for entry in entries {
            let entry = Entry { enforced: false, ..entry.clone() };
            self.remembered.forget_gauge(&entry.gauge);
            let entered = self.timed_write(self.store.enter(std::slice::from_ref(&entry), now)).await?;
            let before = entered.found.first().and_then(|found| found.before);
            match entry.gauge {
                Gauge::Reached(_) => counted.reached = Some(Reached { member: entry.member, before }),
                Gauge::Throughput(_) => counted.throughput = true,
                Gauge::Throttle(_) => counted.throttle = true,
            }
        }
        Ok(counted)
    }

    /// The message as the check that would have been asked of it.
    fn as_check(&self, profile: &SenderProfile, message: &ToldMessage) -> Check {
        let template = message.template.clone().map(|name| TemplateName { name, language: String::new() });
        Check {
            sender: profile.sender.id.clone(),
            request: Request {
                recipient: message.recipient.clone(),
                kind: Kind::Template,
                category: message.category.unwrap_or(Category::Service),
                topic: message.topic.clone(),
                template,
                automated: false,
                human_escalation: false,
            },
            consistency: Consistency::MinimizeLatency,
            explain: false,
            reserve: false,
        }
    }

    /// E05: by what a message is told apart: its template, and how the person had opted in.
    pub(super) async fn splits(
        &self,
        profile: &SenderProfile,
        recipient: Option<&Recipient>,
        template: Option<&str>,
    ) -> Vec<Split> {
        let mut splits: Vec<_> = template.map(|name| Split::Template(name.to_owned())).into_iter().collect();
        if let Some(recipient) = recipient {
            let now = self.clock.now();
            // Who cannot be read is counted all the same, only not told apart.
            let view = self.view(profile, recipient, Consistency::MinimizeLatency, now).await.ok();
            splits.extend(view.as_ref().and_then(opted_in_by).map(|method| Split::Method(method.word())));
        }
        splits
    }
}

/// How somebody opted in last, whatever they said since.
fn opted_in_by(view: &View) -> Option<Method> {
    Method::from_code(view.record.contact.newest_opt_in()?.method)
}
