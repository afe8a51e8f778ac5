//! What people said, recorded: opt-ins with their evidence, opt-outs, the steps of the opt-in conversation, and what
//! belongs to them.

use std::sync::Arc;

use super::{
    FUTURE_TOLERANCE, Gate, GateError,
    error::FieldError,
    names::{Revision, random_16},
    outcome::{
        SCOPES_MAX, due, opt_in_stands, opt_out_stands, standing_against, stays_refused, too_many_scopes,
    },
    times::too_far_ahead,
    write::{Draft, Situation, Written},
};
use crate::{
    attest::{Content, Entry, PromptStep},
    metrics::WriteOutcome,
    model::{
        Category, Contact, Event, Recipient, Scope, ScopeSet, SenderId, StatementId, Time,
        contact::Status,
        event::Block,
        evidence::{Action, Channel, Evidence, Finding, Method},
    },
    policy::{
        Obligations,
        evidence::{Assessment, Claims, assess},
    },
    senders::SenderProfile,
};

/// Whom a statement is about, when it was said, and under which key.
#[derive(Clone, Debug)]
pub struct Who {
    /// The business number.
    pub sender: SenderId,
    /// The person.
    pub recipient: Recipient,
    /// When it was said; none = now.
    pub occurred_at: Option<Time>,
    /// The idempotency key; empty = each call is its own statement.
    pub key: String,
    /// A digest of the request; zeros = any repetition of the key is the same statement.
    pub request_digest: [u8; 16],
    /// A webhook said so: recorded even for a sender that is not configured, since nobody can say it again.
    pub from_platform: bool,
    /// Its time is the platform's, which tells whole seconds.
    pub whole_seconds: bool,
}

/// An opt-in.
#[derive(Clone, Debug)]
pub struct OptInRequest {
    /// Who and when.
    pub who: Who,
    /// To what.
    pub scope: ScopeSet,
    /// The proof.
    pub evidence: Evidence,
    /// When it ends.
    pub expires_at: Option<Time>,
    /// The person's time zone.
    pub time_zone: Option<String>,
}

/// What became of an opt-in.
#[derive(Clone, Debug)]
pub struct OptInRecorded {
    /// The write.
    pub done: Acknowledged,
    /// What is weak in the proof.
    pub findings: Vec<Finding>,
    /// What stands against it, when it did not take effect.
    pub standing: Option<(Scope, Status)>,
}

/// An opt-out.
#[derive(Clone, Debug)]
pub struct OptOutRequest {
    /// Who and when.
    pub who: Who,
    /// From what.
    pub scope: ScopeSet,
    /// How.
    pub channel: Channel,
    /// The word used.
    pub keyword: String,
}

/// A step of the opt-in conversation.
#[derive(Clone, Debug)]
pub struct PromptRequest {
    /// Who and when.
    pub who: Who,
    /// The step.
    pub step: PromptStep,
    /// The prompt's message ID.
    pub message_id: String,
}

/// What is true after a write.
#[derive(Clone, Debug)]
pub struct Acknowledged {
    /// The contact's state.
    pub revision: Revision,
    /// What became of it, for counting.
    pub outcome: WriteOutcome,
    /// False when another statement stands against it.
    pub applied: bool,
    /// In the journal of this process only, until the store can take it.
    pub journaled: bool,
    /// What is due now.
    pub obligations: Obligations,
    /// The contact.
    pub contact: Contact,
}

impl Gate {
    pub(super) async fn write_opt_in(&self, request: &OptInRequest) -> Result<OptInRecorded, GateError> {
        let profile = self.sender_of(&request.who)?;
        let at = self.said_at(&request.who)?;
        let statement = self.statement_of(&request.who)?;
        let (mut findings, written) = match self.assess(&profile, request, at) {
            Ok(assessment) => {
                let written = self.put_opt_in(&profile, request, at, statement, &assessment).await?;
                (assessment.findings, written)
            }
            Err(error) => {
                (Vec::new(), self.repetition_instead(&profile, &request.who, statement, error).await?)
            }
        };
        let applied = match repeated(&request.who, &written)? {
            Some(entry) => entry.applied,
            None => opt_in_stands(&written.after, &request.scope, at, self.clock.now()),
        };
        let standing =
            (!applied).then(|| standing_against(&written.after, &request.scope, self.clock.now())).flatten();
        findings.extend(stays_refused(&written.after, &request.scope));
        let done = self.acknowledge(&profile, &written, applied);
        Ok(OptInRecorded { done, findings, standing })
    }

    async fn put_opt_in(
        &self,
        profile: &SenderProfile,
        request: &OptInRequest,
        at: Time,
        statement: StatementId,
        assessment: &Assessment,
    ) -> Result<Written, GateError> {
        let content = Content::OptIn {
            scope: request.scope.clone(),
            evidence: Box::new(request.evidence.clone()),
            expires_at: assessment.expires_at,
            findings: assessment.findings.clone(),
        };
        self.write_once(profile, &request.who, at, statement, |situation| {
            let mut draft = Draft::default();
            if too_many_scopes(situation.own, &request.scope) {
                let message = format!("the contact has {SCOPES_MAX} scopes already; use fewer, wider ones");
                return Err(GateError::field("scope.topics", message));
            }
            let entry = situation.entry(&request.who, at, content.clone());
            draft.state(statement, entry.clone());
            if let Some(zone) = &request.time_zone {
                draft.event(&Event::TimeZone(at, zone.clone()));
            }
            let applied = opt_in_stands(&draft.after(situation.before), &request.scope, at, situation.now);
            Ok(Draft::replaying(draft, statement, Entry { applied, ..entry }))
        })
        .await
    }

    pub(super) async fn write_opt_out(&self, request: &OptOutRequest) -> Result<Acknowledged, GateError> {
        let profile = self.sender_of(&request.who)?;
        let at = self.said_at(&request.who)?;
        let statement = self.statement_of(&request.who)?;
        let content = request.content();
        let written = self
            .write(&profile, &request.who.recipient, at, |situation| {
                let mut draft = Draft::default();
                // A "no" is never refused for being one too many: it becomes a "no" to everything.
                let content = match &content {
                    Content::OptOut { scope, channel, keyword } if too_many_scopes(situation.own, scope) => {
                        let scope = ScopeSet::everything();
                        Content::OptOut { scope, channel: *channel, keyword: keyword.clone() }
                    }
                    content => content.clone(),
                };
                let entry = situation.entry(&request.who, at, content.clone());
                draft.state(statement, entry.clone());
                draft.wrote_before(situation);
                let applied = opt_out_stands(&draft.after(situation.before), &content, entry.occurred_at);
                Ok(Draft::replaying(draft, statement, Entry { applied, ..entry }))
            })
            .await;
        let written = match written {
            Ok(written) => written,
            Err(error) => {
                let entry = request.who.entry(at, self.clock.now(), content);
                return self.keep_refusal(&profile, &request.who, statement, entry, error).await;
            }
        };
        let applied = match repeated(&request.who, &written)? {
            Some(entry) => entry.applied,
            // As recorded: it may be a "no" to everything by then.
            None => written.entries.first().is_none_or(|(_, entry)| entry.applied),
        };
        Ok(self.acknowledge(&profile, &written, applied))
    }

    pub(super) async fn write_prompt(&self, request: &PromptRequest) -> Result<Acknowledged, GateError> {
        let profile = self.sender_of(&request.who)?;
        let at = self.said_at(&request.who)?;
        let statement = self.statement_of(&request.who)?;
        let scope = profile.profile.prompt.scope.clone();
        let content = Content::Prompt(request.step, request.message_id.clone());
        let stands = |contact: &Contact, now: Time| {
            request.step != PromptStep::Accepted || opt_in_stands(contact, &scope, at, now)
        };
        let written = self
            .write_once(&profile, &request.who, at, statement, |situation| {
                let mut draft = Draft::default();
                let step = situation.entry(&request.who, at, content.clone());
                draft.state(statement, step.clone());
                if request.step == PromptStep::Accepted {
                    let prompt = &situation.own.prompt;
                    if prompt.sent().is_none() && prompt.declined.is_none() {
                        let message = "no opt-in prompt to this person is recorded; record SENT first";
                        return Err(GateError::field("outcome", message));
                    }
                    let ends = situation.opt_in_ends(&profile.profile.rules, at);
                    let content = accepted_prompt(&profile, &scope, Action::Button, ends);
                    let entry = situation.entry(&request.who, at, content);
                    let id = second_id(statement);
                    draft.state(id, entry.clone());
                    let applied = stands(&draft.after(situation.before), situation.now);
                    draft = draft.replaying(id, Entry { applied, ..entry });
                    draft = draft.replaying(statement, Entry { applied, ..step });
                }
                Ok(draft)
            })
            .await;
        let written = match written {
            Ok(written) => written,
            Err(error) => {
                let entry = request.who.entry(at, self.clock.now(), content);
                return self.keep_refusal(&profile, &request.who, statement, entry, error).await;
            }
        };
        let applied = match repeated(&request.who, &written)? {
            Some(entry) => entry.applied,
            None => stands(&written.after, self.clock.now()),
        };
        Ok(self.acknowledge(&profile, &written, applied))
    }

    pub(super) async fn write_confirmation(
        &self,
        who: &Who,
        of_opt_in: bool,
    ) -> Result<Acknowledged, GateError> {
        let at = self.said_at(who)?;
        let tells = |contact: &Contact| {
            // Clocks differ: an opt-out may seem a little later than the confirmation that it caused.
            let refused = contact.refused_by(at + FUTURE_TOLERANCE).cloned();
            refused.filter(|_| !of_opt_in).map(|scope| Event::Told(scope, at)).collect()
        };
        self.record_plain(who, &Content::Confirmation { of_opt_in }, tells).await
    }

    pub(super) async fn write_block(&self, who: &Who, block: Block) -> Result<Acknowledged, GateError> {
        self.record_plain(who, &Content::Block(block), |_| Vec::new()).await
    }

    pub(super) async fn write_settled(&self, who: &Who) -> Result<Acknowledged, GateError> {
        self.record_plain(who, &Content::HoldSettled, |_| Vec::new()).await
    }

    async fn record_plain(
        &self,
        who: &Who,
        content: &Content,
        besides: impl Fn(&Contact) -> Vec<Event> + Sync + Send,
    ) -> Result<Acknowledged, GateError> {
        let profile = self.sender_of(who)?;
        let at = self.said_at(who)?;
        let statement = self.statement_of(who)?;
        let written = self
            .write(&profile, &who.recipient, at, |situation| {
                let mut draft = Draft::default();
                let mut entry = situation.entry(who, at, content.clone());
                entry.sender = profile.sender.id.clone();
                draft.state(statement, entry);
                for event in besides(situation.before) {
                    draft.event(&event);
                }
                Ok(draft)
            })
            .await;
        let written = match written {
            Ok(written) => written,
            Err(error) => {
                let entry = who.entry(at, self.clock.now(), content.clone());
                return self.keep_refusal(&profile, who, statement, entry, error).await;
            }
        };
        repeated(who, &written)?;
        Ok(self.acknowledge(&profile, &written, true))
    }

    pub(super) async fn write_contact(
        &self,
        who: &Who,
        time_zone: Option<&str>,
    ) -> Result<Acknowledged, GateError> {
        let profile = self.sender_of(who)?;
        let at = self.said_at(who)?;
        let plan = |_: &Situation<'_>| {
            let mut draft = Draft::default();
            draft.event(&Event::Known(at));
            if let Some(zone) = time_zone {
                draft.event(&Event::TimeZone(at, zone.to_owned()));
            }
            Ok(draft)
        };
        let written = self.write(&profile, &who.recipient, at, plan).await?;
        Ok(self.acknowledge(&profile, &written, true))
    }

    /// The sender of a write.
    pub(super) fn sender_of(&self, who: &Who) -> Result<Arc<SenderProfile>, GateError> {
        let directory = self.directory.load();
        match directory.find(&who.sender) {
            Some(profile) => Ok(profile),
            None if who.from_platform => Ok(Arc::new(directory.unregistered(&who.sender))),
            None => Err(GateError::UnknownSender),
        }
    }

    /// The id of a statement: of its key, or one of its own.
    fn statement_of(&self, who: &Who) -> Result<StatementId, GateError> {
        if who.key.is_empty() {
            return Ok(StatementId(random_16()?));
        }
        Ok(self.names.statement("key", &who.key))
    }

    fn assess(
        &self,
        profile: &SenderProfile,
        request: &OptInRequest,
        at: Time,
    ) -> Result<Assessment, GateError> {
        let claims = Claims {
            rules: &profile.profile.rules,
            business_names: &profile.business_names,
            general_permission: profile.profile.general_permission,
        };
        let recipient = &request.who.recipient;
        let assessment =
            assess(&claims, recipient, &request.scope, &request.evidence, at, request.expires_at);
        let mut errors: Vec<FieldError> = assessment
            .errors
            .iter()
            .map(|error| FieldError::new(error.field, format!("{}: {}", error.rule, error.message)))
            .collect();
        if request.expires_at.is_some_and(|end| end <= at) {
            errors.push(FieldError::new("expires_at", "must be later than `occurred_at`"));
        }
        let second = request.evidence.double_opt_in_at;
        if second.is_some_and(|second| too_far_ahead(second, self.clock.now())) {
            let message = "must not be more than 5 minutes in the future";
            errors.push(FieldError::new("evidence.double_opt_in_at", message));
        }
        if errors.is_empty() { Ok(assessment) } else { Err(GateError::Invalid(errors)) }
    }

    /// Says what is true and what is due after a write.
    pub(super) fn acknowledge(
        &self,
        profile: &SenderProfile,
        written: &Written,
        applied: bool,
    ) -> Acknowledged {
        let outcome = match (&written.known, applied) {
            (Some(_), _) => WriteOutcome::repeated,
            (None, true) => WriteOutcome::applied,
            (None, false) => WriteOutcome::not_applied,
        };
        Acknowledged {
            outcome,
            revision: written.revision(),
            applied,
            journaled: false,
            obligations: due(&profile.profile.rules, &written.after, self.clock.now()),
            contact: written.after.clone(),
        }
    }
}

impl Who {
    pub(super) fn entry(&self, at: Time, now: Time, content: Content) -> Entry {
        Entry {
            recipient: Some(self.recipient.clone()),
            sender: self.sender.clone(),
            occurred_at: at,
            recorded_at: now,
            applied: true,
            content,
            request_digest: self.request_digest,
        }
    }
}

impl OptOutRequest {
    /// C02: WhatsApp's own stop, and error 131050, are about marketing only, and only a resume lifts them.
    fn content(&self) -> Content {
        let of_platform = matches!(self.channel, Channel::PlatformPreference | Channel::DeliveryError);
        let marketing = self.scope.is_everything() || self.scope == ScopeSet::category(Category::Marketing);
        if of_platform && marketing {
            return Content::PlatformStop(self.channel);
        }
        Content::OptOut { scope: self.scope.clone(), channel: self.channel, keyword: self.keyword.clone() }
    }
}

/// The opt-in that accepting the configured prompt is.
pub(super) fn accepted_prompt(
    profile: &SenderProfile,
    scope: &ScopeSet,
    action: Action,
    expires_at: Option<Time>,
) -> Content {
    let name = profile.business_names.first().cloned().unwrap_or_default();
    let wording = profile.profile.prompt.disclosure_text.clone();
    let evidence = Evidence {
        mentions_whatsapp: true,
        collected_by: "opt-in prompt".to_owned(),
        ..Evidence::new(Method::WhatsappThread, action, name, wording)
    };
    let mut findings = Vec::new();
    if evidence.disclosure_text.is_empty() {
        findings.push(Finding {
            rule: "B09",
            field: "evidence.disclosure_text",
            message: "the wording of the prompt is not configured (`opt_in_prompt.disclosure_text`)"
                .to_owned(),
        });
    }
    Content::OptIn { scope: scope.clone(), evidence: Box::new(evidence), expires_at, findings }
}

/// The id of the statement that comes with another.
pub(super) fn second_id(statement: StatementId) -> StatementId {
    let mut id = statement.0;
    if let Some(last) = id.last_mut() {
        *last ^= 0xff;
    }
    StatementId(id)
}

/// The entry of a repetition; an error when its key was used for something else.
pub(super) fn repeated<'a>(who: &Who, written: &'a Written) -> Result<Option<&'a Entry>, GateError> {
    let Some((_, Some(entry))) = &written.known else { return Ok(None) };
    let any = [0; 16];
    if entry.request_digest != who.request_digest && who.request_digest != any && entry.request_digest != any
    {
        return Err(GateError::KeyReused);
    }
    Ok(Some(entry))
}
