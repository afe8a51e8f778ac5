//! What happened to messages, on its way into the store: what it says of the person first, then the count. Both are the
//! same when they are told again, so that what failed half way is told again as a whole.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError},
};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use tokio::sync::oneshot;

use super::{Gate, GateError, Signal, Who};
use crate::{
    model::{Recipient, SenderId, Time, event::Block},
    quality::{Counter, FailureClass, Happened, Split, Statuses},
    store::{Mark, StoreError, Tally, tally::hour_of},
};

/// Marks that go to the store together; more wait for the next time.
const TOGETHER_MAX: usize = 2048;

/// People of one call whose events are taken in at once, as of a webhook.
const AT_ONCE_MAX: usize = 64;

/// Marks of one sender that may wait; who brings more is to come again.
const WAITING_MAX: usize = 100_000;

/// The label of senders that are not configured.
const OTHERS: &str = "other";

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
        // Of one person in order, of many at once.
        let mut of_person = BTreeMap::<Recipient, Vec<DeliveryEvent>>::new();
        for event in events {
            self.metrics.disagreed(event.code);
            if let Some(recipient) = &event.recipient {
                of_person.entry(recipient.clone()).or_default().push(event.clone());
            }
        }
        let sender_id = &profile.sender.id;
        let heard = stream::iter(of_person).map(|(recipient, events)| {
            let (gate, sender) = (Arc::clone(self), sender_id.clone());
            async move {
                for event in events {
                    gate.hear_of_person(&sender, &recipient, &event).await?;
                }
                Ok::<(), GateError>(())
            }
        });
        heard.buffer_unordered(AT_ONCE_MAX).try_collect::<()>().await?;
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

    /// Every series of messages is there from the start.
    pub(super) fn begin_counting(&self) {
        let directory = self.directory.load();
        let configured = directory.senders().into_iter().filter(|profile| profile.configured);
        let labels = configured.map(|profile| self.counted_as(&profile.sender.id).as_str().to_owned());
        for label in labels.chain([OTHERS.to_owned()]) {
            for counter in Counter::all() {
                self.metrics.message(&label, counter.word(), 0);
            }
        }
    }

    /// The name that messages of a sender are counted under: the configuration's, which does not change when others are
    /// learned.
    pub(super) fn counted_as(&self, sender: &SenderId) -> SenderId {
        let directory = self.directory.load();
        let known = directory.get(sender.as_str()).map(|profile| profile.sender.id.clone());
        directory.as_configured(sender.as_str()).cloned().or(known).unwrap_or_else(|| sender.clone())
    }

    /// E06, A06: what an event says of the person.
    async fn hear_of_person(
        &self,
        sender: &SenderId,
        recipient: &Recipient,
        event: &DeliveryEvent,
    ) -> Result<(), GateError> {
        let who = |key: String| Who {
            sender: sender.clone(),
            recipient: recipient.clone(),
            occurred_at: event.at,
            key,
            request_digest: [0; 16],
            from_platform: false,
            whole_seconds: false,
        };
        // A key of its own for each: callers may use message IDs as theirs, and both can follow one message.
        let block = |block, word| (who(format!("{word} after {}", event.message_id)), block);
        let (who, block) = match event.happened {
            Happened::Blocked => block(Block::ByUser, "blocked"),
            Happened::Reported => block(Block::ReportedByUser, "reported"),
            Happened::Sent | Happened::Delivered | Happened::Read | Happened::Failed(_) => {
                let is_there = matches!(event.happened, Happened::Delivered | Happened::Read);
                let alive = is_there.then_some(Signal::Alive);
                let Some(signal) = alive.or_else(|| Signal::of_error(event.code, &event.message_id)) else {
                    return Ok(());
                };
                return self.record_signal(&who(event.message_id.clone()), &signal).await.map(drop);
            }
        };
        self.record_block(&who, block).await.map(drop)
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
            let all = waiting.entry(sender.clone()).or_default();
            if all.iter().map(|one| one.marks.len()).sum::<usize>() >= WAITING_MAX {
                return Err(StoreError::Unavailable("too many events wait to be counted".to_owned()).into());
            }
            all.push(Waiting { marks, answer });
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
        let label = if self.is_configured(sender) { sender.as_str() } else { OTHERS };
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
