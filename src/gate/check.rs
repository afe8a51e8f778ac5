//! May this message go out? Warm contacts are answered without I/O and without a lock across an await.

use std::sync::Arc;

use super::{Gate, find::Consistency, names::Revision, reserve::Reservation, usage::Counting, view::View};
use crate::{
    decisions::{Asked, Decision},
    model::{Contact, SenderId, Time, contact::SenderRegisters},
    policy::{self, Facts, Kind, Outcome, Reason, Request, Rules, Step, Usage, Verdict},
    senders::{Directory, SenderProfile},
    store::StoreError,
};

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
    /// Count it when it may be sent.
    pub reserve: bool,
}

/// A decision, and the state it was computed from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The decision.
    pub verdict: Verdict,
    /// The state; none when it could not be read or no sender was found.
    pub revision: Option<Revision>,
    /// The token of what was counted, when it was to be.
    pub reservation: Option<String>,
}

/// The sender of a check, and what is known of the person.
type Found = (Arc<SenderProfile>, Result<View, StoreError>);

impl Gate {
    /// Decides one message.
    pub async fn check(&self, check: &Check) -> Answer {
        if !self.knows_registry(check.consistency)
            && let Some(answer) = self.check_unheard(std::slice::from_ref(check)).await.pop()
        {
            return answer;
        }
        let now = self.clock.now();
        let directory = self.directory.load();
        let Some(profile) = directory.find(&check.sender) else { return self.unknown_sender(check, now) };
        let view = self.view(&profile, &check.request.recipient, check.consistency, now).await;
        self.answer(&directory, &profile, view, check, now).await
    }

    /// Decides one message for many recipients, in order; the contacts that are not in memory are read in one go.
    pub async fn check_many(&self, checks: &[Check]) -> Vec<Answer> {
        if !checks.iter().all(|check| self.knows_registry(check.consistency)) {
            return self.check_unheard(checks).await;
        }
        let now = self.clock.now();
        let directory = self.directory.load();
        let mut batch = self.prefetch(&directory, checks, now).await;
        let starts = std::mem::take(&mut batch.starts);
        let mut answers = Vec::with_capacity(checks.len());
        for (check, start) in checks.iter().zip(starts) {
            answers.push(match start {
                None => self.unknown_sender(check, now),
                Some((profile, start)) => {
                    let recipient = &check.request.recipient;
                    let view =
                        self.view_from(&batch, start, &profile, recipient, check.consistency, now).await;
                    self.answer(&directory, &profile, view, check, now).await
                }
            });
        }
        answers
    }

    /// Decides when something may have been learned unheard, or a fresh state is asked for: the registry is read, and beside it
    /// the contacts by what is known so far, which are read again when that turns out to be out of date.
    async fn check_unheard(&self, checks: &[Check]) -> Vec<Answer> {
        let now = self.clock.now();
        let before = self.directory.load_full();
        let caught_up = self.catch_up(self.settings.read_timeout);
        let (read, mut found) = tokio::join!(caught_up, self.find_all(&before, checks, now));
        let directory = self.directory.load_full();
        if read.is_ok() && !Arc::ptr_eq(&before, &directory) {
            found = self.find_all(&directory, checks, now).await;
        }
        let mut answers = Vec::with_capacity(checks.len());
        for (check, found) in checks.iter().zip(found) {
            answers.push(match (found, &read) {
                (None, Ok(())) => self.unknown_sender(check, now),
                (None, Err(error)) => {
                    let verdict = unavailable(error, check.explain);
                    let answer = Answer { verdict, revision: None, reservation: None };
                    self.decided(None, check, &answer, now);
                    answer
                }
                (Some((profile, view)), read) => {
                    let view = read.clone().and(view);
                    self.answer(&directory, &profile, view, check, now).await
                }
            });
        }
        answers
    }

    /// The sender of each check, and what is known of the person.
    async fn find_all(&self, directory: &Directory, checks: &[Check], now: Time) -> Vec<Option<Found>> {
        let mut batch = self.prefetch(directory, checks, now).await;
        let starts = std::mem::take(&mut batch.starts);
        let mut all = Vec::with_capacity(checks.len());
        for (check, start) in checks.iter().zip(starts) {
            all.push(match start {
                None => None,
                Some((profile, start)) => {
                    let recipient = &check.request.recipient;
                    let view =
                        self.view_from(&batch, start, &profile, recipient, check.consistency, now).await;
                    Some((profile, view))
                }
            });
        }
        all
    }

    async fn answer(
        &self,
        directory: &Directory,
        profile: &SenderProfile,
        view: Result<View, StoreError>,
        check: &Check,
        now: Time,
    ) -> Answer {
        let view = match directory.unreadable_of(profile, check.request.template.as_ref()) {
            Some(row) => Err(StoreError::Corrupt(row.to_string())),
            None => view,
        };
        let decided = match &view {
            Ok(view) => self.decide_seen(directory, profile, view, check, now).await,
            Err(error) => Err(error.clone()),
        };
        let answer = match (decided, view) {
            (Ok((verdict, reservation)), Ok(view)) => {
                let reservation = reservation.map(|it| it.token(&self.names));
                Answer { verdict, revision: Some(view.revision()), reservation }
            }
            (Err(error), _) | (Ok(_), Err(error)) => {
                let verdict = self.without_store(directory, profile, &error, check, now);
                Answer { verdict, revision: None, reservation: None }
            }
        };
        self.decided(Some(profile), check, &answer, now);
        answer
    }

    async fn decide_seen(
        &self,
        directory: &Directory,
        profile: &SenderProfile,
        view: &View,
        check: &Check,
        now: Time,
    ) -> Result<(Verdict, Option<Reservation>), StoreError> {
        let template = check.request.template.as_ref();
        let template = template.map(|name| directory.template(profile, name, now)).unwrap_or_default();
        let counting =
            Counting { check, profile, view, facts: view.facts(directory, profile, template), now };
        if check.reserve {
            let reserved = self.reserve(&counting).await;
            let reserved = self.still_allowed(&counting, reserved).await;
            let allowed = reserved.as_ref().ok().map(|(verdict, _)| verdict.allowed);
            self.metrics.limits.reserved(allowed);
            return reserved;
        }
        Ok((self.decide_by_counts(&counting).await?, None))
    }

    /// Every decision comes by here once, whoever asked for it.
    fn decided(&self, profile: Option<&SenderProfile>, check: &Check, answer: &Answer, now: Time) {
        let Answer { verdict, revision, .. } = answer;
        self.metrics.answers.decided(verdict, check.request.category);
        self.activity.count(profile.map(|profile| &profile.sender.id), verdict.allowed);
        let Some(log) = &self.settings.decision_log else { return };
        log.note(verdict, || {
            let contact = revision.map(|revision| revision.contact).or_else(|| {
                let id = self.names.id(&profile?.business, &check.request.recipient);
                Some(Revision::of(id, 0).contact)
            });
            Decision {
                at: now,
                sender: profile.map(|profile| profile.sender.id.clone()),
                business: profile.map(|profile| profile.business.clone()),
                contact,
                revision: revision.map(Revision::token),
                degraded: profile.is_some()
                    && revision.is_none()
                    && verdict.reason != Reason::StateUnavailable,
                asked: Asked::from(&check.request),
                verdict: Verdict { trace: Vec::new(), ..verdict.clone() },
            }
        });
    }

    /// Looks once more: while others counted messages to the same person, or the store was slow, a refusal may have come.
    async fn still_allowed(
        &self,
        counting: &Counting<'_>,
        reserved: Result<(Verdict, Option<Reservation>), StoreError>,
    ) -> Result<(Verdict, Option<Reservation>), StoreError> {
        let (check, profile) = (counting.check, counting.profile);
        let Ok((verdict, Some(reservation))) = reserved else { return reserved };
        let now = self.clock.now();
        let view = self.view(profile, &check.request.recipient, check.consistency, now).await;
        let again = view.map(|view| {
            let directory = self.directory.load();
            let template = check.request.template.as_ref();
            let template = template.map(|name| directory.template(profile, name, now)).unwrap_or_default();
            decide(counting.rules(), &view.facts(&directory, profile, template), check, now)
        });
        match again {
            Ok(again) if again.allowed => Ok((verdict, Some(reservation))),
            otherwise => {
                self.give_back(reservation).await?;
                otherwise.map(|again| (again, None))
            }
        }
    }

    /// A01 needs no state.
    fn unknown_sender(&self, check: &Check, now: Time) -> Answer {
        let contact = Contact::default();
        let facts = Facts {
            sender: None,
            contact: &contact,
            last_inbound: None,
            registers: SenderRegisters::default(),
            usage: Usage::default(),
        };
        let verdict = decide(&Rules::default(), &facts, check, now);
        let answer = Answer { verdict, revision: None, reservation: None };
        self.decided(None, check, &answer, now);
        answer
    }

    /// A27: the store gives no answer. A remembered "no" is a "no" all the same, and says why; a remembered "yes" may have
    /// been taken back elsewhere, and counts for replies in an open window only, where the settings say so.
    fn without_store(
        &self,
        directory: &Directory,
        profile: &SenderProfile,
        error: &StoreError,
        check: &Check,
        now: Time,
    ) -> Verdict {
        let unavailable = unavailable(error, check.explain);
        let (Some(recalled), false) =
            (self.recall(profile, &check.request.recipient), matches!(error, StoreError::Corrupt(_)))
        else {
            return unavailable;
        };
        let template = check.request.template.as_ref();
        let template = template.map(|name| directory.template(profile, name, now)).unwrap_or_default();
        let facts = recalled.view.facts(directory, profile, template);
        let remembered = decide(&profile.profile.rules, &facts, check, now);
        let counts = if remembered.allowed {
            let reply = remembered.reason == Reason::WindowOpen && check.request.kind == Kind::FreeForm;
            // Whoever asks for more than what is in memory is not content with what is remembered.
            let content = check.consistency == Consistency::MinimizeLatency;
            self.settings.replies_unasked && content && recalled.whole && reply && !check.reserve
        } else {
            remembered.reason.is_refusal()
        };
        if !counts {
            return unavailable;
        }
        self.metrics.answers.degraded.inc();
        remembered
    }
}

/// A27: nothing is known, so nothing is sent.
fn unavailable(error: &StoreError, explain: bool) -> Verdict {
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

fn decide(rules: &Rules, facts: &Facts<'_>, check: &Check, now: Time) -> Verdict {
    if check.explain {
        policy::explain(rules, facts, &check.request, now)
    } else {
        policy::decide(rules, facts, &check.request, now)
    }
}
