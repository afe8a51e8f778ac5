//! From the items of a delivery to the gate. Each item by itself: one that cannot be used is counted, one that could
//! not be stored makes the platform send the delivery again.

mod counting;
mod groups;
mod statuses;
mod unnamed;

use std::sync::Arc;

use tokio::{sync::Semaphore, task::JoinSet};

pub(super) use self::counting::expect_items;
use self::{
    groups::{Part, groups},
    statuses::Told,
};
use super::payload::{
    Delivery, InboundKind, Item, Limit, NumberEvent, Origin, Person, PreferenceChange, Quality, Restriction,
    RestrictionKind, Salvaged, What,
};
use crate::{
    gate::{FUTURE_TOLERANCE, Gate, GateError, Inbound, Observed, SenderNames, Signal, Who},
    model::{Category, Millis, Recipient, SenderId, Time},
    senders::{AccountState, LearnedSender, TemplateState},
};

/// Error codes that restrict say no end; the platform is believed for this long after each.
const RESTRICTED_FOR: Millis = Millis::hours(1);

/// People of all deliveries that are taken in at once: as many writes as the embedded store commits with one sync.
pub(super) const AT_ONCE_MAX: usize = 64;

/// Takes a delivery in; true when nothing of it is left to be stored. Different people at once, within the places there are;
/// what is about one person in order.
pub(super) async fn take_in(
    gate: &Arc<Gate>,
    places: &Arc<Semaphore>,
    delivery: Delivery,
    signed: bool,
) -> bool {
    for rejected in &delivery.rejected {
        tracing::warn!(reason = rejected.reason.word(), path = %rejected.path, "an item of a webhook is malformed");
        gate.metrics().webhooks.item("malformed", rejected.reason.word());
    }
    let salvaged = delivery.salvaged.into_iter().map(Part::Salvaged);
    let parts = salvaged.chain(delivery.items.into_iter().map(Part::Item));
    let parts = parts.flat_map(|part| unnamed::addressed(gate, part)).collect();
    let mut complete = true;
    let mut taken = JoinSet::new();
    for group in groups(parts) {
        let Ok(place) = Arc::clone(places).acquire_owned().await else { return false };
        let gate = Arc::clone(gate);
        taken.spawn(async move {
            let _place = place;
            let mut complete = true;
            for part in group {
                complete &= take_part(&gate, part, signed).await;
            }
            complete
        });
        while let Some(ended) = taken.try_join_next() {
            complete &= ended.unwrap_or(false);
        }
    }
    while let Some(ended) = taken.join_next().await {
        complete &= ended.unwrap_or(false);
    }
    complete
}

/// Takes one part in; false when it has to come again.
async fn take_part(gate: &Arc<Gate>, part: Part, signed: bool) -> bool {
    let (word, result) = match part {
        Part::Salvaged(salvaged) => {
            ("inbound", refusal_in(gate, salvaged, signed).await.map(|()| "salvaged"))
        }
        Part::Item(item) => (item.what.word(), take_item(gate, item, signed).await),
    };
    let (outcome, complete) = match result {
        Ok(outcome) => (outcome, true),
        Err(GateError::Invalid(_) | GateError::KeyReused | GateError::UnknownResumePoint) => {
            ("unusable", true)
        }
        Err(GateError::UnknownSender) => ("no_sender", true),
        Err(error @ (GateError::Store(_) | GateError::RefusalKept | GateError::RefusalsWait(_))) => {
            // That the store fails is told once, where it is noticed.
            tracing::debug!(%error, item = word, "an item of a webhook could not be stored");
            ("failed", false)
        }
        Err(error @ GateError::Contention) => {
            tracing::error!(%error, item = word, "an item of a webhook could not be stored");
            ("failed", false)
        }
    };
    gate.metrics().webhooks.item(word, outcome);
    complete
}

/// Looks for a refusal in a message that is malformed: one that nobody can date counts as of now, and nothing else counts.
async fn refusal_in(gate: &Arc<Gate>, salvaged: Salvaged, signed: bool) -> Result<(), GateError> {
    let Salvaged { origin, from, message_id, at, text, button, button_text, stray } = salvaged;
    let who = Intake { gate, origin, signed }.who(&from, at.min(gate.now())).await?;
    let said = Inbound { message_id, text, button, button_text, stray, ..Inbound::default() };
    let inbound = Inbound { refusals_only: true, malformed: true, ..said };
    gate.record_inbound(&who, &inbound).await.map(drop)
}

/// Hands an item to the gate; tells what became of it.
async fn take_item(gate: &Arc<Gate>, item: Item, signed: bool) -> Result<&'static str, GateError> {
    let Item { origin, what } = item;
    let now = gate.now();
    // The platform's clock may be ahead of ours; nothing has happened later than now.
    let seen = |at: Time| at.min(now);
    // What permits and is dated far ahead would swallow every later word against it.
    let is_absurd = |at: Time| at > now + FUTURE_TOLERANCE;
    // What is told again must be the same by then: its time is left as it was told, a little ahead as it may be. The platform
    // tells of one account by one clock.
    let told = |at: Time| if is_absurd(at) { now } else { at };
    let intake = Intake { gate, origin, signed };
    match what {
        What::Inbound {
            from,
            message_id,
            at,
            kind,
            text,
            button,
            button_text,
            stray,
            context_id,
            in_group,
        } => {
            let inbound = Inbound {
                message_id,
                text: text_of(kind, text),
                button: button.unwrap_or_default(),
                button_text: button_text.unwrap_or_default(),
                stray,
                context_id: context_id.unwrap_or_default(),
                opens_window: kind.opens_window() && !in_group,
                refusals_only: kind.refusals_only() || in_group,
                malformed: false,
            };
            match intake.who(&from, seen(at)).await {
                Ok(who) => gate.record_inbound(&who, &inbound).await?,
                Err(error) => {
                    // Who they are besides could not be stored. A "no" is kept in the journal all the same.
                    let refusal = Inbound { refusals_only: true, opens_window: false, ..inbound };
                    intake.keep(&from, seen(at), &refusal, &error).await;
                    return Err(error);
                }
            };
        }
        What::Status { message_id, person, status, at, errors, category, callback_data } => {
            let at = seen(at);
            let told = Told { message_id, status, at, errors, category, callback_data };
            intake.status(person.as_ref(), told).await?;
        }
        What::Preference { change, at, .. } if change != PreferenceChange::Stop && is_absurd(at) => {
            return Ok("unusable");
        }
        What::Preference { person, change, at } => {
            let who = intake.who(&person, told(at)).await?;
            gate.record_signal(&who, &preference(change)).await?;
        }
        What::NumberChanged { from, to, at, .. } => intake.number_changed(&from, &to, seen(at)).await?,
        What::UserIdChanged { previous, previous_parent, person, at } => {
            let mut others: Vec<_> = [Some(previous.clone()), previous_parent, person.user_id.clone()]
                .into_iter()
                .chain([person.parent_user_id.clone()])
                .flatten()
                .collect();
            // The old ID leads to the contact already; without a number it stays the one the rest leads to.
            let main = person.phone.map_or(Recipient::User(previous), Recipient::Phone);
            others.retain(|id| Recipient::User(id.clone()) != main);
            let sender = intake.sender(seen(at)).await?;
            intake.same_person(&sender, &main, &others, seen(at)).await?;
        }
        What::TemplateStatus { status, at, .. } if status.is_sendable() && is_absurd(at) => {
            return Ok("unusable");
        }
        What::AccountReinstated { at } if is_absurd(at) => return Ok("unusable"),
        What::TemplateStatus { name, language, status, category, at } => {
            let at = told(at);
            let state = TemplateState {
                status: Some((at.millis(), status.word().to_owned())),
                categories: category.map(|it| said_to_be(it, at, now)).unwrap_or_default(),
                quality: None,
            };
            intake.template(name, language, state).await?;
        }
        What::TemplateQuality { name, language, quality, at } => {
            let state = TemplateState {
                quality: Some((at.millis(), quality_word(quality).to_owned())),
                ..TemplateState::default()
            };
            intake.template(name, language, state).await?;
        }
        What::TemplateCategory { name, language, category, previous, effective_at, at } => {
            let effective_at = if effective_at == Time::MAX { now } else { effective_at };
            // Of a change that is announced: what holds until then holds since it was said.
            let mut categories = match previous {
                Some(until) if effective_at > at => said_to_be(until, at, now),
                _ => Vec::new(),
            };
            categories.extend(match effective_at > at {
                true => vec![(effective_at.millis(), category.word().to_owned())],
                false => said_to_be(category, effective_at, now),
            });
            intake.template(name, language, TemplateState { categories, ..TemplateState::default() }).await?;
        }
        What::AccountRestriction { restriction, at } => {
            intake.account(restricted(restriction, told(at))).await?;
        }
        What::AccountDisabled { at } => {
            let disabled = Some(told(at).millis());
            intake.account(AccountState { disabled, ..AccountState::default() }).await?;
        }
        What::AccountReinstated { at } => {
            let reinstated = Some(told(at).millis());
            intake.account(AccountState { reinstated, ..AccountState::default() }).await?;
        }
        What::NumberQuality { event, limit, at } => intake.number_quality(event, limit, at).await?,
        What::Capability { limit, at } => {
            let limit = Some((at.millis(), limit_word(limit)));
            intake.account(AccountState { limit, ..AccountState::default() }).await?;
        }
        What::Echo => return Ok("our_own"),
        What::Ignored { why } => return Ok(why.word()),
    }
    Ok("stored")
}

/// What can hold words of the person: a call, a reaction or a location has none.
fn text_of(kind: InboundKind, text: Option<String>) -> String {
    match kind {
        InboundKind::Reaction | InboundKind::Call | InboundKind::Revoke => String::new(),
        InboundKind::Text
        | InboundKind::Button
        | InboundKind::Interactive
        | InboundKind::Media
        | InboundKind::Order
        | InboundKind::Location
        | InboundKind::Contacts
        | InboundKind::Unsupported
        | InboundKind::Edit
        | InboundKind::Other => text.unwrap_or_default(),
    }
}

/// One item on its way in.
struct Intake<'a> {
    gate: &'a Arc<Gate>,
    origin: Origin,
    signed: bool,
}

impl Intake<'_> {
    /// The sender, under every name the payload gave.
    async fn sender(&self, at: Time) -> Result<SenderId, GateError> {
        self.gate.sender_named(&self.names(at)).await
    }

    fn names(&self, at: Time) -> SenderNames {
        SenderNames {
            id: self.origin.phone_number_id.clone(),
            number: self.origin.display_number.clone(),
            account: self.origin.account.clone().map(|account| (at, account)),
        }
    }

    /// Whom an item is about; the names it gave are one person from now on.
    async fn who(&self, person: &Person, at: Time) -> Result<Who, GateError> {
        let sender = self.sender(at).await?;
        let main = main_of(person).ok_or_else(|| GateError::field("person", "is nobody"))?;
        let others: Vec<_> = person.user_id.iter().chain(&person.parent_user_id).cloned().collect();
        self.same_person(&sender, &main, &others, at).await?;
        Ok(who(sender, main, at))
    }

    /// Records the "no" in a message, under the one name that it is stored under. The delivery fails, and comes again.
    async fn keep(&self, person: &Person, at: Time, refusal: &Inbound, error: &GateError) {
        if !matches!(error, GateError::Store(_)) {
            return;
        }
        // What is new of the sender could not be stored either.
        if let (Some(sender), Some(main)) = (self.gate.sender_known(&self.names(at)), main_of(person)) {
            drop(self.gate.record_inbound(&who(sender, main, at), refusal).await);
        }
    }

    /// Only a signature proves that two names are one person; without it, it is the business's word.
    async fn same_person(
        &self,
        sender: &SenderId,
        main: &Recipient,
        others: &[crate::model::UserId],
        at: Time,
    ) -> Result<(), GateError> {
        let named = who(sender.clone(), main.clone(), at);
        if self.signed {
            return self.gate.prove(&named, others).await;
        }
        for other in others {
            let other = Recipient::User(other.clone());
            if other != *main {
                self.gate.link(&named, &other).await?;
            }
        }
        Ok(())
    }

    async fn number_changed(&self, from: &Person, to: &Person, at: Time) -> Result<(), GateError> {
        let old = self.who(from, at).await?;
        let new = self.who(to, at).await?;
        if self.signed {
            self.gate.number_changed(&old, &new.recipient).await
        } else {
            self.gate.link(&old, &new.recipient).await.map(drop)
        }
    }

    async fn template(
        &self,
        name: String,
        language: Option<String>,
        state: TemplateState,
    ) -> Result<(), GateError> {
        let Some(account) = self.origin.account.clone() else { return Err(GateError::UnknownSender) };
        let observed = Observed::Template(account, name, language.unwrap_or_default(), state);
        self.gate.observe(&observed).await
    }

    async fn account(&self, state: AccountState) -> Result<(), GateError> {
        let Some(account) = self.origin.account.clone() else { return Err(GateError::UnknownSender) };
        self.gate.observe(&Observed::Account(account, state)).await
    }

    async fn number_quality(
        &self,
        event: NumberEvent,
        limit: Option<Limit>,
        at: Time,
    ) -> Result<(), GateError> {
        let sender = self.sender(at).await?;
        let word = match event {
            NumberEvent::Flagged => Some("FLAGGED"),
            NumberEvent::Unflagged => Some("UNFLAGGED"),
            NumberEvent::Upgrade
            | NumberEvent::Downgrade
            | NumberEvent::Onboarding
            | NumberEvent::ThroughputUpgrade
            | NumberEvent::Other => None,
        };
        let learned = LearnedSender {
            quality: word.map(|word| (at.millis(), word.to_owned())),
            limit: limit.map(|limit| (at.millis(), limit_word(limit))),
            ..LearnedSender::default()
        };
        self.gate.observe(&Observed::Sender(sender, learned)).await
    }
}

fn who(sender: SenderId, recipient: Recipient, at: Time) -> Who {
    Who {
        sender,
        recipient,
        occurred_at: Some(at),
        key: String::new(),
        request_digest: [0; 16],
        from_platform: true,
        whole_seconds: true,
    }
}

/// The name the rest is stored under: the number where there is one.
fn main_of(person: &Person) -> Option<Recipient> {
    let user = person.user_id.clone().or_else(|| person.parent_user_id.clone());
    person.phone.map(Recipient::Phone).or_else(|| user.map(Recipient::User))
}

fn preference(change: PreferenceChange) -> Signal {
    match change {
        PreferenceChange::Stop => Signal::Stop,
        PreferenceChange::Resume => Signal::Resume,
        PreferenceChange::Signup { signup_id } => Signal::Signup(signup_id.unwrap_or_default()),
    }
}

/// A category that holds since an instant, as the platform says. By a clock ahead of ours, what asks for most consent counts
/// at once.
fn said_to_be(category: Category, at: Time, now: Time) -> Vec<(i64, String)> {
    let at_once = (category == Category::Marketing && at > now).then_some(now);
    let since = at_once.into_iter().chain([at]);
    since.map(|since| (since.millis(), category.word().to_owned())).collect()
}

fn restricted(restriction: Restriction, at: Time) -> AccountState {
    let told = |kind| (restriction.kind == kind).then(|| (at.millis(), restriction.until.map(Time::millis)));
    AccountState {
        business_initiated: told(RestrictionKind::BizInitiated),
        replies: told(RestrictionKind::CustomerInitiated),
        ..AccountState::default()
    }
}

/// 131048: too many people blocked or reported; 131031 and 368: the account is locked or blocked, replies too.
fn restricted_by(code: u32, at: Time) -> AccountState {
    let until = Some((at.millis(), Some((at + RESTRICTED_FOR).millis())));
    AccountState {
        refused: until,
        refused_replies: until.filter(|_| code != 131_048),
        ..AccountState::default()
    }
}

const fn quality_word(quality: Quality) -> &'static str {
    match quality {
        Quality::Green => "GREEN",
        Quality::Yellow => "YELLOW",
        Quality::Red => "RED",
        Quality::Unknown => "UNKNOWN",
    }
}

fn limit_word(limit: Limit) -> String {
    match limit {
        Limit::People(people) => people.to_string(),
        Limit::Unlimited => "UNLIMITED".to_owned(),
        Limit::NotSet => "NOT_SET".to_owned(),
    }
}
