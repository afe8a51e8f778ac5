//! What people said, recorded: opt-ins with their evidence, opt-outs, the steps of the opt-in conversation, and what
//! belongs to them.

use super::{
    FUTURE_TOLERANCE, Gate, GateError,
    error::FieldError,
    outcome::{SCOPES_MAX, opt_in_stands, opt_out_stands, standing_against, stays_refused, too_many_scopes},
    statement::{Acknowledged, Who, repeated, second_id},
    times::too_far_ahead,
    write::{Draft, Situation, Written},
};
use crate::{
    attest::{Content, Entry, PromptStep},
    conversation,
    model::{
        Category, Contact, Event, Scope, ScopeSet, StatementId, Time,
        contact::Status,
        event::Block,
        evidence::{Action, Channel, Evidence, Finding, Method},
    },
    policy::evidence::{Assessment, Claims, assess},
    senders::SenderProfile,
};

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

impl Gate {
    pub(super) async fn write_opt_in(&self, request: &OptInRequest) -> Result<OptInRecorded, GateError> {
        let profile = self.sender_of(&request.who)?;
        let at = self.plausibly_said_at(&request.who)?;
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
        // Of a repetition, too, it is told whether it stands by now.
        let said = repeated(&request.who, &written)?.map_or(at, |entry| entry.occurred_at);
        let applied = opt_in_stands(&written.after, &request.scope, said, self.clock.now());
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
            Ok(draft.with_entry(statement, Entry { applied, ..entry }))
        })
        .await
    }

    pub(super) async fn write_opt_out(&self, request: &OptOutRequest) -> Result<Acknowledged, GateError> {
        let profile = self.sender_of(&request.who)?;
        let at = self.plausibly_said_at(&request.who)?;
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
                Ok(draft.with_entry(statement, Entry { applied, ..entry }))
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
            // Of a repetition it is told whether it stands by now: what it refuses may have been permitted since.
            Some(entry) => {
                let mut after = written.after.clone();
                after.join(&entry.alone(statement));
                opt_out_stands(&after, &entry.content, entry.occurred_at)
            }
            // As recorded: it may be a "no" to everything by then.
            None => written.entries.first().is_none_or(|(_, entry)| entry.applied),
        };
        Ok(self.acknowledge(&profile, &written, applied))
    }

    pub(super) async fn write_prompt(&self, request: &PromptRequest) -> Result<Acknowledged, GateError> {
        let profile = self.sender_of(&request.who)?;
        let at = self.plausibly_said_at(&request.who)?;
        let statement = self.statement_of(&request.who)?;
        let asked = &profile.profile.prompt.scope;
        let content = Content::prompt(request.step, request.message_id.clone(), asked);
        let stands = |contact: &Contact, now: Time| {
            request.step != PromptStep::Accepted || opt_in_stands(contact, asked, at, now)
        };
        let written = self
            .write_once(&profile, &request.who, at, statement, |situation| {
                let mut draft = Draft::default();
                let step = situation.entry(&request.who, at, content.clone());
                draft.state(statement, step.clone());
                if request.step == PromptStep::Accepted {
                    let prompt = &situation.own.prompt;
                    if prompt.sent().is_none() && prompt.declined.is_empty() {
                        let message = "no opt-in prompt to this person is recorded; record SENT first";
                        return Err(GateError::field("outcome", message));
                    }
                    let ends = situation.opt_in_ends(&profile.profile.rules, at);
                    let scope = conversation::accepted_scope(situation.own, asked);
                    let content = accepted_prompt(&profile, &scope, Action::Button, ends);
                    let entry = situation.entry(&request.who, at, content);
                    let id = second_id(statement);
                    draft.state(id, entry.clone());
                    let applied = stands(&draft.after(situation.before), situation.now);
                    draft = draft.with_entry(id, Entry { applied, ..entry });
                    draft = draft.with_entry(statement, Entry { applied, ..step });
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
        let known = repeated(who, &written)?;
        // A block is one of a single sender: under the same key, that of another is another use of it.
        if known.is_some_and(|known| {
            matches!(known.content, Content::Block(_)) && known.sender != profile.sender.id
        }) {
            return Err(GateError::KeyReused);
        }
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
