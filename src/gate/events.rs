//! What happened to messages, on its way into the store: what it says of the person first, then the count. Both are the
//! same when they are told again, so that what failed half way is told again as a whole.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::oneshot;

use super::{Gate, GateError, Signal, Who};
use crate::{
    model::{Recipient, SenderId, Time, event::Block},
    quality::{FailureClass, Happened, Split, Statuses},
    store::{Mark, StoreError, Tally, tally::hour_of},
};

/// Marks that go to the store together; more wait for the next time.
const TOGETHER_MAX: usize = 2048;

/// What happened to a message.
#[derive(Clone, Debug)]
pub struct DeliveryEvent {
    /// The platform's ID of the message.
    pub message_id: String,
    /// What.
    pub happened: Happened,
    /// The platform's error code; 0 = none.
    pub code: u32,
    /// To whom it went, where that is told.
    pub recipient: Option<Recipient>,
    /// When; none = now.
    pub at: Option<Time>,
    /// Which template it was, where that is told.
    pub template: Option<String>,
}

/// What became of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct EventsRecorded {
    /// Events that told something new.
    pub counted: u64,
    /// Those that told what was known.
    pub duplicates: u64,
}

/// Marks on their way into the store, by sender: those that come while others are written go together.
#[derive(Debug, Default)]
pub(super) struct Counting(Mutex<HashMap<SenderId, Vec<Waiting>>>);

#[derive(Debug)]
struct Waiting {
    marks: Vec<Mark>,
    answer: oneshot::Sender<Result<Vec<Statuses>, StoreError>>,
}

impl Gate {
    /// Records what happened to messages of a sender.
    ///
    /// # Errors
    /// When the sender is unknown, or the store did not take all of it: then it is to be told again.
    pub async fn record_events(
        self: &Arc<Self>,
        sender: &SenderId,
        events: &[DeliveryEvent],
    ) -> Result<EventsRecorded, GateError> {
        let profile = self.directory.load().find(sender).ok_or(GateError::UnknownSender)?;
        for event in events {
            self.hear_of_person(&profile.sender.id, event).await?;
        }
        let marks: Vec<_> = events.iter().map(|event| self.mark(event)).collect();
        let fresh = self.count(self.counted_as(sender), marks).await?;
        let counted = fresh.iter().filter(|new| !new.is_empty()).count();
        let of = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        Ok(EventsRecorded { counted: of(counted), duplicates: of(fresh.len() - counted) })
    }

    /// Counts what happened to one message, as a webhook tells it: what it says of the person is recorded already.
    ///
    /// # Errors
    /// When the store did not take it.
    pub async fn count_message(
        self: &Arc<Self>,
        sender: &SenderId,
        message_id: &str,
        happened: Happened,
        at: Time,
    ) -> Result<(), GateError> {
        let (code, recipient, template) = (0, None, None);
        let message_id = message_id.to_owned();
        let event = DeliveryEvent { message_id, happened, code, recipient, at: Some(at), template };
        self.count(self.counted_as(sender), vec![self.mark(&event)]).await.map(drop)
    }

    /// The name that messages of a sender are counted under: the configuration's, which does not change when others are
    /// learned.
    pub(super) fn counted_as(&self, sender: &SenderId) -> SenderId {
        let directory = self.directory.load();
        let known = directory.get(sender.as_str()).map(|profile| profile.sender.id.clone());
        directory.as_configured(sender.as_str()).cloned().or(known).unwrap_or_else(|| sender.clone())
    }

    /// E06, A06: what an event says of the person.
    async fn hear_of_person(&self, sender: &SenderId, event: &DeliveryEvent) -> Result<(), GateError> {
        let Some(recipient) = &event.recipient else { return Ok(()) };
        let who = Who {
            sender: sender.clone(),
            recipient: recipient.clone(),
            occurred_at: event.at,
            key: event.message_id.clone(),
            request_digest: [0; 16],
            from_platform: false,
            whole_seconds: false,
        };
        let signal = match event.happened {
            Happened::Blocked => {
                return self.record_block(&who, Block::ByUser).await.map(drop);
            }
            Happened::Reported => {
                return self.record_block(&who, Block::ReportedByUser).await.map(drop);
            }
            Happened::Sent => return Ok(()),
            Happened::Delivered | Happened::Read => Signal::Alive,
            Happened::Failed(class) => match (class, event.code) {
                (FailureClass::CoolOff, _) => Signal::HeldBack,
                (FailureClass::OptedOut, _) => Signal::MarketingRefused,
                (FailureClass::WindowClosed, _) => Signal::WindowClosed,
                (FailureClass::Undeliverable, 131_026) => {
                    Signal::Undeliverable { message_id: event.message_id.clone() }
                }
                _ => return Ok(()),
            },
        };
        self.record_signal(&who, &signal).await.map(drop)
    }

    fn mark(&self, event: &DeliveryEvent) -> Mark {
        let now = self.clock.now();
        let [a, b, c, d, e, f, g, h, ..] = self.names.statement("message", &event.message_id).0;
        let class = match event.happened {
            Happened::Failed(class) => class,
            _ => FailureClass::Other,
        };
        Mark {
            message: u64::from_be_bytes([a, b, c, d, e, f, g, h]),
            statuses: Statuses::proven_by(event.happened),
            class,
            at: event.at.map_or(now, |at| at.min(now)),
            splits: event.template.clone().map(Split::Template).into_iter().collect(),
        }
    }

    /// Counts marks, together with those of others that come meanwhile.
    pub(super) async fn count(
        self: &Arc<Self>,
        sender: SenderId,
        marks: Vec<Mark>,
    ) -> Result<Vec<Statuses>, GateError> {
        if marks.is_empty() {
            return Ok(Vec::new());
        }
        let (answer, answered) = oneshot::channel();
        let is_first = {
            let mut waiting = self.counting.0.lock().unwrap_or_else(PoisonError::into_inner);
            let is_first = !waiting.contains_key(&sender);
            waiting.entry(sender.clone()).or_default().push(Waiting { marks, answer });
            is_first
        };
        if is_first {
            // Goes on when who began it has given up: others wait as well.
            tokio::spawn(Arc::clone(self).count_all(sender));
        }
        Ok(answered.await.unwrap_or(Err(StoreError::UnknownOutcome))?)
    }

    /// Counts what waits of a sender until nothing does.
    async fn count_all(self: Arc<Self>, sender: SenderId) {
        loop {
            let some = {
                let mut waiting = self.counting.0.lock().unwrap_or_else(PoisonError::into_inner);
                let Some(all) = waiting.get_mut(&sender) else { return };
                if all.is_empty() {
                    waiting.remove(&sender);
                    return;
                }
                let mut marks = 0;
                let end = all.iter().position(|one| {
                    marks += one.marks.len();
                    marks > TOGETHER_MAX
                });
                let end = end.unwrap_or(all.len()).max(1);
                all.drain(..end).collect::<Vec<_>>()
            };
            let marks = some.iter().flat_map(|one| one.marks.iter().cloned()).collect();
            let now = self.clock.now();
            let tally = Tally { sender: sender.clone(), marks, now, guard: self.settings.events_guard };
            let counted = self.timed_write(self.store.count(tally)).await;
            self.give_back(&sender, some, counted);
        }
    }

    fn give_back(&self, sender: &SenderId, to: Vec<Waiting>, counted: Result<Vec<Statuses>, StoreError>) {
        let mut fresh = match counted {
            Ok(fresh) => fresh.into_iter(),
            Err(error) => {
                for one in to {
                    drop(one.answer.send(Err(error.clone())));
                }
                return;
            }
        };
        // A label for each number that registers itself would be without bound.
        self.counted.note(sender);
        let label = if self.is_configured(sender) { sender.as_str() } else { "other" };
        for one in to {
            let own: Vec<_> = fresh.by_ref().take(one.marks.len()).collect();
            for (mark, new) in one.marks.iter().zip(&own) {
                for counter in new.counters(mark.class) {
                    self.metrics.message(label, counter.word(), 1);
                }
            }
            // Whoever gave up tells it again, and it changes nothing.
            drop(one.answer.send(Ok(own)));
        }
    }

    /// What was counted of a sender over the last 7 days.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn tallied(&self, sender: &SenderId, now: Time) -> Result<crate::store::Tallied, GateError> {
        let hours = hour_of(now - crate::model::Millis::days(7))..=hour_of(now);
        let counted_as = self.counted_as(sender);
        Ok(self.patient_read(self.store.counted(&counted_as, *hours.start(), *hours.end())).await?)
    }
}
