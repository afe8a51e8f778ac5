//! May this message go out? Warm contacts are answered without I/O and without a lock across an await.

use std::{collections::HashMap, sync::Arc};

use super::{Gate, names::Revision, view::View};
use crate::{
    model::{BusinessId, Contact, Recipient, SenderId, Time, contact::SenderRegisters},
    policy::{self, Facts, Outcome, Request, Rules, Step, Verdict},
    senders::{Directory, SenderProfile},
    store::{ContactId, Loaded, StoreError},
};

/// An alias points at a contact, which may itself have become one; longer chains than this are broken.
pub(super) const ALIASES_MAX: usize = 64;

/// What one batch read for itself.
type Fetched = HashMap<ContactId, Result<Arc<Loaded>, StoreError>>;

/// A message that would be sent.
#[derive(Clone, Debug)]
pub struct Check {
    /// The business number.
    pub sender: SenderId,
    /// The message.
    pub request: Request,
    /// How fresh the state must be.
    pub consistency: Consistency,
    /// Say what every rule saw.
    pub explain: bool,
}

/// How fresh the state behind an answer must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Consistency {
    /// From memory when possible.
    #[default]
    MinimizeLatency,
    /// Not older than this.
    AtLeastAsFresh(Revision),
    /// From the store.
    FullyConsistent,
}

/// A decision, and the state it was computed from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The decision.
    pub verdict: Verdict,
    /// The state; none when it could not be read or no sender was found.
    pub revision: Option<Revision>,
}

impl Gate {
    /// Decides one message.
    pub async fn check(&self, check: &Check) -> Answer {
        let now = self.clock.now();
        let directory = self.directory.load();
        let Some(profile) = directory.find(&check.sender) else { return self.unknown_sender(check, now) };
        let view = self.view(&profile, &check.request.recipient, check.consistency, now).await;
        self.answer(&directory, &profile, view, check, now)
    }

    /// Decides one message for many recipients, in order; the contacts that are not in memory are read in one go.
    pub async fn check_many(&self, checks: &[Check]) -> Vec<Answer> {
        let now = self.clock.now();
        let directory = self.directory.load();
        let fetched = self.prefetch(&directory, checks, now).await;
        let mut answers = Vec::with_capacity(checks.len());
        for check in checks {
            answers.push(match directory.find(&check.sender) {
                None => self.unknown_sender(check, now),
                Some(profile) => {
                    let recipient = &check.request.recipient;
                    let view = self.view_from(&fetched, &profile, recipient, check.consistency, now).await;
                    self.answer(&directory, &profile, view, check, now)
                }
            });
        }
        answers
    }

    /// What is stored of one person.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn view(
        &self,
        profile: &SenderProfile,
        recipient: &Recipient,
        consistency: Consistency,
        now: Time,
    ) -> Result<View, StoreError> {
        self.view_from(&HashMap::new(), profile, recipient, consistency, now).await
    }

    async fn view_from(
        &self,
        fetched: &Fetched,
        profile: &SenderProfile,
        recipient: &Recipient,
        consistency: Consistency,
        now: Time,
    ) -> Result<View, StoreError> {
        let mut view = self.view_of(fetched, &profile.business, recipient, consistency, now).await?;
        if profile.also.is_empty() {
            return Ok(view);
        }
        // Under another name of the business the same person may be stored under another identity, and two identities
        // may have become one under only one of the names: all of them are looked up under all.
        let number = recipient.phone().or(view.record.contact.phone);
        let (mut seen, mut names, mut next) = (vec![view.id], vec![recipient.clone()], 0);
        while let Some(name) = names.get(next).cloned() {
            next += 1;
            for business in std::iter::once(&profile.business).chain(&profile.also) {
                let other = self.view_of(fetched, business, &name, consistency, now).await?;
                if !seen.contains(&other.id) {
                    seen.push(other.id);
                    // A number the person had before may be somebody else's by now: its "no" still counts, its "yes" not.
                    let another =
                        other.record.contact.phone.is_some_and(|phone| number.is_some_and(|n| n != phone));
                    view = if another { view.with_refusals(&other) } else { view.with(&other) };
                }
            }
            let known: Vec<_> = view.record.contact.names().filter(|known| !names.contains(known)).collect();
            names.extend(known);
        }
        Ok(view)
    }

    async fn view_of(
        &self,
        fetched: &Fetched,
        business: &BusinessId,
        recipient: &Recipient,
        consistency: Consistency,
        now: Time,
    ) -> Result<View, StoreError> {
        let mut id = self.names.id(business, recipient);
        for _ in 0..ALIASES_MAX {
            let loaded = match fetched.get(&id) {
                Some(fetched) => fetched.clone()?,
                None => self.fetch(id, consistency, now).await?,
            };
            match loaded.record.alias {
                None => return Ok(View::shared(id, loaded)),
                Some(next) => id = next,
            }
        }
        Err(StoreError::Corrupt("identities point at each other in a circle".to_owned()))
    }

    async fn fetch(
        &self,
        id: ContactId,
        consistency: Consistency,
        now: Time,
    ) -> Result<Arc<Loaded>, StoreError> {
        if let Some(loaded) = self.cache.get(id).filter(|loaded| consistency.accepts(id, loaded)) {
            self.metrics.cache_hits.inc();
            return Ok(loaded);
        }
        self.metrics.cache_misses.inc();
        let stamp = self.cache.stamp(id);
        let loaded = Arc::new(self.timed_read(self.store.load(id, now)).await?);
        self.cache.insert(id, stamp, Arc::clone(&loaded));
        Ok(loaded)
    }

    /// Reads the contacts of many checks that are not in memory, in one go; what fails here is each check's answer.
    async fn prefetch(&self, directory: &Directory, checks: &[Check], now: Time) -> Fetched {
        let mut cold = Vec::new();
        for check in checks {
            let Some(profile) = directory.find(&check.sender) else { continue };
            for business in std::iter::once(&profile.business).chain(&profile.also) {
                let id = self.names.id(business, &check.request.recipient);
                if !self.cache.get(id).is_some_and(|loaded| check.consistency.accepts(id, &loaded)) {
                    cold.push((id, self.cache.stamp(id)));
                }
            }
        }
        if cold.len() < 2 {
            return Fetched::new();
        }
        let ids: Vec<ContactId> = cold.iter().map(|(id, _)| *id).collect();
        self.metrics.cache_misses.inc_by(u64::try_from(ids.len()).unwrap_or(u64::MAX));
        let read = self.timed_read(async { Ok(self.store.load_many(&ids, now).await) });
        let loaded = match read.await {
            Ok(loaded) => loaded,
            // One store, one answer: to ask again for each of thousands would only add to what it cannot do.
            Err(error) => return ids.into_iter().map(|id| (id, Err(error.clone()))).collect(),
        };
        let read = cold.into_iter().zip(loaded).map(|((id, stamp), loaded)| {
            let loaded = loaded.map(Arc::new);
            if let Ok(loaded) = &loaded {
                self.cache.insert(id, stamp, Arc::clone(loaded));
            }
            (id, loaded)
        });
        read.collect()
    }

    fn answer(
        &self,
        directory: &Directory,
        profile: &SenderProfile,
        view: Result<View, StoreError>,
        check: &Check,
        now: Time,
    ) -> Answer {
        let rules = &profile.profile.rules;
        let (verdict, revision) = match view {
            Err(error) => (self.unavailable(&error, check.explain), None),
            Ok(view) => {
                let template = check.request.template.as_ref();
                let template = template.map(|name| directory.template(profile, name)).unwrap_or_default();
                let facts = view.facts(directory, profile, template);
                (decide(rules, &facts, check, now), Some(view.revision()))
            }
        };
        self.metrics.decided(&verdict);
        Answer { verdict, revision }
    }

    /// A01 needs no state.
    fn unknown_sender(&self, check: &Check, now: Time) -> Answer {
        let contact = Contact::default();
        let facts = Facts {
            sender: None,
            contact: &contact,
            last_inbound: None,
            registers: SenderRegisters::default(),
        };
        let verdict = decide(&Rules::default(), &facts, check, now);
        self.metrics.decided(&verdict);
        Answer { verdict, revision: None }
    }

    /// A27: nothing is known, so nothing is sent.
    fn unavailable(&self, error: &StoreError, explain: bool) -> Verdict {
        tracing::warn!(%error, "state unavailable, denied");
        let mut verdict = Verdict::state_unavailable();
        if explain {
            verdict.trace.push(Step {
                rule: verdict.rule,
                outcome: Outcome::Deny,
                reason: Some(verdict.reason),
                facts: vec![("error", error.to_string())],
            });
        }
        verdict
    }
}

fn decide(rules: &Rules, facts: &Facts<'_>, check: &Check, now: Time) -> Verdict {
    if check.explain {
        policy::explain(rules, facts, &check.request, now)
    } else {
        policy::decide(rules, facts, &check.request, now)
    }
}

impl Consistency {
    /// True when what is in memory is fresh enough. A token of another contact says nothing about this one, so the
    /// store is read.
    fn accepts(self, id: ContactId, loaded: &Loaded) -> bool {
        match self {
            Self::MinimizeLatency => true,
            Self::FullyConsistent => false,
            Self::AtLeastAsFresh(revision) => {
                loaded.record.alias.is_some()
                    || revision.version <= loaded.version
                        && Revision::of(id, loaded.version).contact == revision.contact
            }
        }
    }
}
