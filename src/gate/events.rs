//! What happened to messages, on its way into the store: what it says of the person first, then the count. Both are the
//! same when they are told again, so that what failed half way is told again as a whole.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError},
};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use tokio::sync::oneshot;

use super::{Gate, GateError, Signal, Who, sent::ToldMessage};
use crate::{
    metrics::OTHERS,
    model::{Category, Recipient, SenderId, Time, Topic, event::Block},
    quality::{FailureClass, Happened, Statuses},
    senders::SenderProfile,
    store::{Mark, StoreError, Tally, tally::hour_of},
};

/// Marks that go to the store together; more wait for the next time.
const TOGETHER_MAX: usize = 2048;

/// People of one call whose events are taken in at once, as of a webhook.
const AT_ONCE_MAX: usize = 64;

/// Marks of one sender that may wait; who brings more is to come again.
const WAITING_MAX: usize = 100_000;

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
    /// Its category, where that is told.
    pub category: Option<Category>,
    /// Its topic, where that is told.
    pub topic: Option<Topic>,
    /// The token of its reservation, where that is told.
    pub reservation: Option<String>,
}

impl DeliveryEvent {
    /// True when only its count tells that it is told again: one that corrects what is known of a person, without a time of
    /// its own, would else correct what happened since.
    fn is_known_by_count(&self) -> bool {
        let refuses = Signal::of_error(self.code, "") == Some(Signal::MarketingRefused);
        self.at.is_none() && matches!(self.happened, Happened::Failed(_)) && !refuses
    }

    /// The message, as limits see it; none when it is not told to whom it went.
    fn message(&self, now: Time) -> Option<ToldMessage> {
        Some(ToldMessage {
            message_id: self.message_id.clone(),
            recipient: self.recipient.clone()?,
            at: self.at.map_or(now, |at| at.min(now)),
            category: self.category,
            topic: self.topic.clone(),
            template: self.template.clone(),
            reservation: self.reservation.clone(),
        })
    }
}

/// What to say when events were not counted: refusals in them were taken all the same, into the journal at worst.
fn refusals_kept(events: &[DeliveryEvent], error: GateError) -> GateError {
    let refuses = |event: &DeliveryEvent| {
        let marketing = Signal::of_error(event.code, "") == Some(Signal::MarketingRefused);
        event.recipient.is_some()
            && (marketing || matches!(event.happened, Happened::Blocked | Happened::Reported))
    };
    match error {
        GateError::Store(_) if events.iter().any(refuses) => GateError::RefusalKept,
        error => error,
    }
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
        // Known from now on to whoever asks for all senders.
        self.register(&profile).await?;
        for event in events {
            self.metrics.webhooks.disagreed(event.code);
        }
        let at_once: Vec<_> = events.iter().filter(|event| !event.is_known_by_count()).collect();
        self.hear_of_people(&profile, &at_once).await?;
        let fresh =
            self.count_events(&profile, events).await.map_err(|error| refusals_kept(events, error))?;
        let is_new =
            |(event, new): &(&DeliveryEvent, &Statuses)| event.is_known_by_count() && !new.is_empty();
        let new: Vec<_> = events.iter().zip(&fresh).filter(is_new).map(|(event, _)| event).collect();
        self.hear_of_people(&profile, &new).await?;
        let counted = fresh.iter().filter(|new| !new.is_empty()).count();
        let of = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        Ok(EventsRecorded { counted: of(counted), duplicates: of(fresh.len() - counted) })
    }

    /// What events say of people: of one person in order, of many at once.
    async fn hear_of_people(
        self: &Arc<Self>,
        profile: &Arc<SenderProfile>,
        events: &[&DeliveryEvent],
    ) -> Result<(), GateError> {
        let mut of_person = BTreeMap::<Recipient, Vec<DeliveryEvent>>::new();
        for event in events {
            if let Some(recipient) = &event.recipient {
                of_person.entry(recipient.clone()).or_default().push((*event).clone());
            }
        }
        let heard = stream::iter(of_person).map(|(recipient, events)| {
            let (gate, profile) = (Arc::clone(self), Arc::clone(profile));
            async move {
                for event in events {
                    gate.hear_of_person(&profile.sender.id, &recipient, &event).await?;
                }
                Ok::<(), GateError>(())
            }
        });
        heard.buffer_unordered(AT_ONCE_MAX).try_collect().await
    }

    /// Counts events, for limits and for the quality of the sender: of each what was new. What they say of people is
    /// recorded already.
    ///
    /// # Errors
    /// When the store did not take all of it: then it is to be told again.
    pub async fn count_events(
        self: &Arc<Self>,
        profile: &Arc<SenderProfile>,
        events: &[DeliveryEvent],
    ) -> Result<Vec<Statuses>, GateError> {
        let now = self.clock.now();
        // Limits first: what was counted for quality is not told again.
        let sent = events.iter().filter(|event| event.happened == Happened::Sent);
        let messages: Vec<_> = sent.filter_map(|event| event.message(now)).collect();
        self.for_each_message(profile, messages, true).await?;
        let mut marks = Vec::with_capacity(events.len());
        for event in events {
            let splits = self.splits(profile, event.recipient.as_ref(), event.template.as_deref()).await;
            marks.push(Mark { splits, ..self.mark(event) });
        }
        let fresh = self.count(self.counted_as(&profile.sender.id), marks).await?;
        let is_new_failure = |(event, new): &(&DeliveryEvent, &Statuses)| {
            matches!(event.happened, Happened::Failed(_)) && !new.is_empty()
        };
        // Of a message whose sending nobody told of: what is read days later was told long ago, mostly.
        let is_proven = |(event, new): &(&DeliveryEvent, &Statuses)| {
            event.happened != Happened::Sent && new.proves_sent()
        };
        let proven = events.iter().zip(&fresh).filter(is_proven);
        let messages = proven.filter_map(|(event, _)| event.message(now)).collect();
        self.for_each_message(profile, messages, true).await?;
        let failed: Vec<_> =
            events.iter().zip(&fresh).filter(is_new_failure).map(|(event, _)| event).collect();
        let mut unnamed = Vec::new();
        for event in failed {
            match event.reservation.as_deref().and_then(|token| self.reservation(token)) {
                Some(reservation) => drop(self.give_back(reservation).await?),
                None => unnamed.extend(event.message(now)),
            }
        }
        self.for_each_message(profile, unnamed, false).await?;
        Ok(fresh)
    }

    async fn for_each_message(
        self: &Arc<Self>,
        profile: &Arc<SenderProfile>,
        messages: Vec<ToldMessage>,
        sent: bool,
    ) -> Result<(), GateError> {
        let each = stream::iter(messages).map(|message| {
            let (gate, profile) = (Arc::clone(self), Arc::clone(profile));
            async move {
                if sent {
                    gate.count_sent(&profile, &message).await
                } else {
                    gate.count_failed(&profile, &message).await
                }
            }
        });
        each.buffer_unordered(AT_ONCE_MAX).try_collect::<()>().await
    }

    /// Every series of messages is there from the start.
    pub(super) fn begin_counting(&self) {
        let directory = self.directory.load();
        for profile in directory.senders().into_iter().filter(|profile| profile.configured) {
            let label = self.counted_as(&profile.sender.id);
            self.metrics.senders.expect(label.as_str());
            self.metrics.limits.expect(profile.portfolio.as_str(), label.as_str());
        }
        self.metrics.senders.expect(OTHERS);
    }

    /// The name that messages of a sender are counted under: the configuration's, or the one that it registered by. Neither
    /// changes when other names are learned.
    pub(super) fn counted_as(&self, sender: &SenderId) -> SenderId {
        let directory = self.directory.load();
        let registered = || SenderId::parse(directory.get(sender.as_str())?.business.as_str()).ok();
        directory
            .as_configured(sender.as_str())
            .cloned()
            .or_else(registered)
            .unwrap_or_else(|| sender.clone())
    }

    /// Every name that messages of a sender were ever counted under: before it was configured, or known to be one with another.
    fn counted_under(&self, sender: &SenderId) -> Vec<SenderId> {
        let profile = self.directory.load().get(sender.as_str()).cloned();
        let names =
            profile.iter().flat_map(|profile| std::iter::once(&profile.business).chain(&profile.also));
        let mut all: Vec<_> = names.filter_map(|name| SenderId::parse(name.as_str()).ok()).collect();
        all.push(self.counted_as(sender));
        all.sort();
        all.dedup();
        all
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
        let class = match event.happened {
            Happened::Failed(class) => class,
            _ => FailureClass::Other,
        };
        Mark {
            message: self.message(&event.message_id),
            statuses: Statuses::proven_by(event.happened),
            class,
            at: event.at.map_or(now, |at| at.min(now)),
            splits: Vec::new(),
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
            self.answer_counted(&sender, some, counted);
        }
    }

    fn answer_counted(
        &self,
        sender: &SenderId,
        to: Vec<Waiting>,
        counted: Result<Vec<Statuses>, StoreError>,
    ) {
        let mut fresh = match counted {
            Ok(fresh) => fresh.into_iter(),
            Err(error) => {
                for one in to {
                    drop(one.answer.send(Err(error.clone())));
                }
                return;
            }
        };
        self.counted.note(sender);
        let series = self.metrics.senders.of(sender.as_str());
        for one in to {
            let own: Vec<_> = fresh.by_ref().take(one.marks.len()).collect();
            for (mark, new) in one.marks.iter().zip(&own) {
                if let Some(series) = &series {
                    new.counters(mark.class).for_each(|counter| series.happened(counter));
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
        let mut all = crate::store::Tallied::default();
        for name in self.counted_under(sender) {
            let read = self.store.counted(&name, *hours.start(), *hours.end());
            all.join(&self.patient_read(read).await?);
        }
        Ok(all)
    }
}
