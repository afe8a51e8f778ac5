//! Counting a message before it is sent: all that limits count of it, or nothing, and never more than they leave room for.
//!
//! The gauges are entered first, then the message is written to the person's record; whoever finds that there is no room
//! gives back what was taken and decides again by what was found. The decision is the policy's alone: the store only says
//! how full it was.

use std::{sync::Arc, time::Duration};

use super::{
    Gate,
    names::random_16,
    usage::{Counting, PersonSends, first_8, note},
};
use crate::{
    limits::{Counted, FrequencyCap, PairRate, Reached, SendLog, Sent},
    model::{SenderId, Time},
    policy::{Facts, Verdict},
    senders::SenderProfile,
    store::{ContactId, Entry, Gauge, Leaving, SendsCommitted, Store, StoreError},
};

/// Writers of one person's record who get in each other's way so often that one gives up.
const ATTEMPTS_MAX: usize = 64;

/// Locks of people: those of one process take turns, so that only processes get in each other's way.
const LOCKS: usize = 256;

/// A write that nobody waits for any more may still be on its way: it is looked for again after these.
const LATE: [Duration; 4] =
    [Duration::from_millis(50), Duration::from_millis(500), Duration::from_secs(5), Duration::from_secs(30)];

/// Turns of those who count messages to one person.
#[derive(Debug)]
pub(super) struct Turns(Vec<tokio::sync::Mutex<()>>);

impl Default for Turns {
    fn default() -> Self {
        Self((0..LOCKS).map(|_| tokio::sync::Mutex::new(())).collect())
    }
}

impl Turns {
    pub(super) async fn wait(
        &self,
        ContactId([first, ..]): ContactId,
    ) -> Option<tokio::sync::MutexGuard<'_, ()>> {
        match self.0.get(usize::from(first) % LOCKS) {
            Some(turn) => Some(turn.lock().await),
            None => None,
        }
    }
}

/// A message that was counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reservation {
    /// Under which id the person's messages are kept.
    pub(super) kept_under: ContactId,
    /// Its own.
    pub(super) id: u64,
}

/// What was taken already, given back when the message is not to be sent after all: also when nobody waits for the answer
/// any more.
struct Taken {
    store: Arc<dyn Store>,
    entered: Vec<Leaving>,
    /// The person's record, once a write was sent that may have happened.
    written: Option<(ContactId, u64)>,
    rate: Option<PairRate>,
    caps: Vec<FrequencyCap>,
}

impl Taken {
    /// Nothing is given back.
    fn keep(mut self) {
        self.entered.clear();
        self.written = None;
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        let (store, rate) = (Arc::clone(&self.store), self.rate);
        let (entered, caps) = (std::mem::take(&mut self.entered), std::mem::take(&mut self.caps));
        let written = self.written.take();
        if (entered.is_empty() && written.is_none()) || tokio::runtime::Handle::try_current().is_err() {
            return;
        }
        tokio::spawn(async move {
            let given_back = async {
                if let Some((id, message)) = written {
                    for wait in LATE {
                        if take_off(&*store, id, message, rate, &caps).await?.is_some() {
                            break;
                        }
                        tokio::time::sleep(wait).await;
                    }
                }
                leave(&*store, &entered).await
            };
            if let Err(error) = given_back.await {
                tracing::debug!(%error, "what was counted of a message that is not sent stays counted");
            }
        });
    }
}

/// Takes gauges' entries back, those of each owner together.
pub(super) async fn leave(store: &dyn Store, entered: &[Leaving]) -> Result<(), StoreError> {
    let (of_portfolio, of_sender): (Vec<_>, Vec<_>) =
        entered.iter().cloned().partition(|one| matches!(one.gauge, Gauge::Reached(_)));
    for one in [of_portfolio, of_sender] {
        if !one.is_empty() {
            store.leave(&one).await?;
        }
    }
    Ok(())
}

/// Takes a message off a person's record. What it was, if it was there.
async fn take_off(
    store: &dyn Store,
    id: ContactId,
    message: u64,
    rate: Option<PairRate>,
    caps: &[FrequencyCap],
) -> Result<Option<Sent>, StoreError> {
    change(store, id, |_| caps.to_vec(), |log| log.take_back(message, rate)).await
}

/// Changes a person's record, and again when somebody else did meanwhile; nothing is written when nothing changes.
pub(super) async fn change<T>(
    store: &dyn Store,
    id: ContactId,
    caps: impl Fn(&SendLog) -> Vec<FrequencyCap>,
    apply: impl Fn(&mut SendLog) -> Option<T>,
) -> Result<Option<T>, StoreError> {
    let mut sends = store.sends(&[id]).await?.into_iter().next().unwrap_or_default();
    for _ in 0..ATTEMPTS_MAX {
        let mut log = sends.log.clone();
        let Some(changed) = apply(&mut log) else { return Ok(None) };
        match store.commit_sends(id, sends.tag, &log, log.forgotten_at(&caps(&log))).await? {
            SendsCommitted::Done => return Ok(Some(changed)),
            SendsCommitted::Changed(by_other) => sends = by_other,
        }
    }
    Err(too_many())
}

fn too_many() -> StoreError {
    StoreError::Unavailable("too many others count messages to the same person".to_owned())
}

impl Gate {
    /// Decides a message, and counts it when it may be sent.
    pub(super) async fn reserve(
        &self,
        counting: &Counting<'_>,
    ) -> Result<(Verdict, Option<Reservation>), StoreError> {
        let uncounted = counting.decide(&counting.facts);
        if !uncounted.allowed && uncounted.retry_at.is_none() && !counting.check.explain {
            return Ok((uncounted, None));
        }
        let kept_under = counting.kept_under();
        let _turn = self.turns.wait(kept_under).await;
        let sends = self.read_sends(counting.view.ids()).await?;
        let result = self.take(counting, kept_under, sends).await;
        self.remembered.forget_person(kept_under);
        result
    }

    async fn take(
        &self,
        counting: &Counting<'_>,
        kept_under: ContactId,
        mut sends: PersonSends,
    ) -> Result<(Verdict, Option<Reservation>), StoreError> {
        let sender = self.counted_as(&counting.profile.sender.id);
        let mut facts = counting.facts;
        facts.usage.reserve = true;
        facts.usage.counted_as = Some(&sender);
        let own = first_8(random_16()?);
        let caps = self.caps_of(counting.profile);
        let mut taken = Taken {
            store: Arc::clone(&self.store),
            entered: Vec::new(),
            written: None,
            rate: counting.rules().pair_rate,
            caps: caps.clone(),
        };
        let mut counted = None;
        for _ in 0..ATTEMPTS_MAX {
            let verdict = decide_by(counting, facts, &sends);
            if !verdict.allowed {
                return Ok((verdict, None));
            }
            let counted = match counted {
                Some(counted) => counted,
                None => {
                    let Some(entered) = self.enter(counting, own, &mut facts, &mut taken).await? else {
                        return Ok((no_room(decide_by(counting, facts, &sends)), None));
                    };
                    *counted.insert(entered)
                }
            };
            let log = with_one_more(counting, &sends.own.log, own, counted, &sender, &caps);
            taken.written = Some((kept_under, own));
            let write = self.store.commit_sends(kept_under, sends.own.tag, &log, log.forgotten_at(&caps));
            match self.timed_write(write).await? {
                SendsCommitted::Done => {
                    taken.keep();
                    return Ok((verdict, Some(Reservation { kept_under, id: own })));
                }
                SendsCommitted::Changed(by_other) => {
                    taken.written = None;
                    sends.own = by_other;
                }
            }
        }
        Err(too_many())
    }

    /// Enters the gauges that the message is counted in. None when one is full: nothing stays entered then, and the facts
    /// say how it was found.
    async fn enter(
        &self,
        counting: &Counting<'_>,
        own: u64,
        facts: &mut Facts<'_>,
        taken: &mut Taken,
    ) -> Result<Option<Counted>, StoreError> {
        let (of_portfolio, of_sender): (Vec<Entry>, Vec<Entry>) = self
            .entries(counting, own)
            .into_iter()
            .partition(|entry| matches!(entry.gauge, Gauge::Reached(_)));
        let mut counted = Counted::default();
        for entries in [of_sender, of_portfolio] {
            if entries.is_empty() {
                continue;
            }
            for entry in &entries {
                self.remembered.forget_gauge(&entry.gauge);
                // Nobody else has this member, so that it may be taken back also when no answer comes. A person may have been
                // reached before.
                if !matches!(entry.gauge, Gauge::Reached(_)) {
                    taken.entered.push(leaving(entry, None));
                }
            }
            let entered = self.timed_write(self.store.enter(&entries, counting.now)).await?;
            for (entry, found) in entries.iter().zip(&entered.found) {
                note(facts, &entry.gauge, found.room);
                match entry.gauge {
                    Gauge::Reached(_) if entered.done => {
                        taken.entered.push(leaving(entry, found.before));
                        counted.reached = Some(Reached { member: entry.member, before: found.before });
                    }
                    Gauge::Reached(_) => {}
                    Gauge::Throughput(_) => counted.throughput = true,
                    Gauge::Throttle(_) => counted.throttle = true,
                }
            }
            if !entered.done {
                return Ok(None);
            }
        }
        Ok(Some(counted))
    }

    /// Forgets what limits counted of a person.
    pub(super) async fn forget_sends(&self, id: ContactId) -> Result<(), StoreError> {
        let nothing = SendLog::default();
        let apply = |log: &mut SendLog| (*log != nothing).then(|| log.clone_from(&nothing));
        let forgotten = self.timed_write(change(&*self.store, id, |_| Vec::new(), apply)).await;
        self.remembered.forget_person(id);
        forgotten.map(drop)
    }

    /// The caps of all numbers of a business: each forgets only what none of the others counts.
    pub(super) fn caps_of(&self, profile: &SenderProfile) -> Vec<FrequencyCap> {
        let directory = self.directory.load();
        let own = profile.profile.rules.frequency_caps.iter().cloned();
        own.chain(directory.caps_of(&profile.business)).collect()
    }
}

fn decide_by(counting: &Counting<'_>, facts: Facts<'_>, sends: &PersonSends) -> Verdict {
    let all = sends.all();
    let mut by = Facts { ..facts };
    by.usage.person = Some(&all);
    counting.decide(&by)
}

fn leaving(entry: &Entry, before: Option<Time>) -> Leaving {
    Leaving { gauge: entry.gauge.clone(), member: entry.member, at: entry.at, before }
}

fn with_one_more(
    counting: &Counting<'_>,
    log: &SendLog,
    own: u64,
    counted: Counted,
    sender: &SenderId,
    caps: &[FrequencyCap],
) -> SendLog {
    let (rate, at) = (counting.rules().pair_rate, counting.now);
    let mut log = log.clone();
    log.add(Sent {
        id: own,
        at,
        sender: sender.clone(),
        category: Some(counting.category()),
        topic: counting.check.request.topic.clone(),
        message: None,
        counted: Counted { paced: rate.is_some(), ..counted },
    });
    if let Some(rate) = rate {
        log.pace(sender, rate, at);
    }
    log.forget(caps, at);
    log
}

/// A gauge was full when the message was to be entered: whatever the rules make of it, it is not sent.
fn no_room(verdict: Verdict) -> Verdict {
    if verdict.allowed { Verdict::state_unavailable() } else { verdict }
}
