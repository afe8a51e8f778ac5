//! Who carries out the steps; here the gate in this process, `wire` does it through a server's doors.

use std::{
    path::Path,
    sync::{Arc, Mutex},
};

use sendgate::{
    attest::PromptStep,
    clock::Clock,
    config::Settings,
    conversation::Effect,
    gate::{self, Consistency, FieldError, Gate, GateError, GateSettings, Observed, Signal, Who},
    metrics::Metrics,
    model::{
        Category, Recipient, Scope, ScopeSet, SenderId, Time, Topic, UserId,
        event::Block,
        evidence::{Action, Channel, Evidence, Jurisdiction, Method},
    },
    policy::{Kind, Obligations, Request, TemplateName, Verdict},
    quality::{FailureClass, Happened},
    senders::{AccountState, LearnedSender, SenderProfile, TemplateState},
};

use super::format::{Check, Consent, Scenario, Step, Webhook, Whom};
use crate::faults::{Fault, Faulty};

/// A decision, in the words of the contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Checked {
    pub(crate) allowed: bool,
    pub(crate) reason: String,
    pub(crate) rule: String,
    pub(crate) retry_at: Option<Time>,
    pub(crate) window_expires_at: Option<Time>,
    pub(crate) obligations: Vec<String>,
}

/// What a write answered, in the words of the contract.
#[derive(Clone, Debug, Default)]
pub(crate) struct Written {
    pub(crate) applied: Option<bool>,
    pub(crate) effect: Option<String>,
    pub(crate) window_expires_at: Option<Time>,
    pub(crate) obligations: Vec<String>,
    pub(crate) findings: Vec<String>,
}

/// Carries out the steps of a scenario.
pub(crate) trait Driver {
    fn set_time(&mut self, now: Time);
    async fn check(&self, check: &Check) -> Checked;
    /// The error names the fields at fault, or the kind of the error.
    async fn write(&self, step: &Step) -> Result<Written, Vec<String>>;
    /// Ends what was opened for the scenario.
    async fn close(self);
}

/// The gate in this process, over a store in memory.
pub(crate) struct InProcess {
    scenario: Scenario,
    gate: Arc<Gate>,
    clock: Clock,
    store: Arc<Faulty>,
    /// What was reserved last.
    reserved: Mutex<String>,
}

impl InProcess {
    pub(crate) async fn open(scenario: &Scenario) -> Self {
        let text = scenario.configuration();
        let file = Some((Path::new("scenario.yaml"), text.as_str()));
        let settings = Settings::load(file, [], &[("store.url", "memory:".to_owned())])
            .unwrap_or_else(|errors| panic!("{}: {errors}", scenario.name));
        let settings = GateSettings {
            businesses: settings.businesses,
            default_profile: settings.senders.profile,
            auto_register: settings.senders.auto_register,
            // A slow machine must not look like a store that is away.
            read_timeout: std::time::Duration::from_secs(30),
            ..GateSettings::default()
        };
        let clock = Clock::manual(scenario.time(&scenario.start));
        let store = Faulty::new();
        let shared: Arc<Faulty> = Arc::clone(&store);
        let metrics = Arc::new(Metrics::new());
        let gate = Gate::open(shared, settings, clock.clone(), metrics).await.unwrap();
        let gate = Arc::new(gate);
        Self { scenario: scenario.clone(), gate, clock, store, reserved: Mutex::default() }
    }

    fn sender(&self, named: Option<&String>) -> SenderId {
        SenderId::parse(named.unwrap_or(&self.scenario.sender)).unwrap()
    }

    fn recipient(&self, named: Option<&String>) -> Recipient {
        Recipient::parse(named.unwrap_or(&self.scenario.recipient)).unwrap()
    }

    fn time(&self, text: Option<&String>) -> Option<Time> {
        text.map(|text| self.scenario.time(text))
    }

    fn who(&self, whom: &Whom) -> Who {
        Who {
            sender: self.sender(whom.sender.as_ref()),
            recipient: self.recipient(whom.recipient.as_ref()),
            occurred_at: self.time(whom.occurred_at.as_ref()),
            key: whom.key.clone(),
            request_digest: [0; 16],
            from_platform: false,
            whole_seconds: false,
        }
    }

    fn profile(&self, sender: &SenderId) -> Arc<SenderProfile> {
        self.gate.directory().find(sender).unwrap()
    }

    fn opt_in(&self, consent: &Consent) -> Result<gate::OptInRequest, GateError> {
        let recipient = consent.who.recipient.as_ref().unwrap_or(&self.scenario.recipient);
        let consent = consent.completed(recipient);
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let (method, action) = (text(&consent.method), text(&consent.action));
        let method = Method::ALL.into_iter().find(|known| word(known) == method);
        let action = Action::ALL.into_iter().find(|known| word(known) == action);
        // As on the wire: a word of the contract that is not a method or an action of the person is refused.
        let method = method.ok_or_else(|| GateError::field("evidence.method", "unknown"))?;
        let action =
            action.ok_or_else(|| GateError::field("evidence.action", "not an action of the person"))?;
        let (name, wording) = (text(&consent.business_name), text(&consent.disclosure_text));
        let evidence = Evidence {
            displayed_number: text(&consent.displayed_number),
            mentions_whatsapp: consent.mentions_whatsapp,
            source_uri: text(&consent.source_uri),
            jurisdiction: consent.jurisdiction.as_deref().and_then(Jurisdiction::parse),
            method_description: consent.method_description.clone(),
            attributes: consent.attributes.clone().into_iter().collect(),
            double_opt_in_at: self.time(consent.double_opt_in_at.as_ref()),
            age_years: consent.age_years,
            ..Evidence::new(method, action, name, wording)
        };
        Ok(gate::OptInRequest {
            who: self.who(&consent.who),
            scope: scope(&consent.scope),
            evidence,
            expires_at: self.time(consent.expires_at.as_ref()),
            time_zone: consent.time_zone.clone(),
        })
    }

    async fn webhook(&self, webhook: &Webhook) -> Result<Written, GateError> {
        let who = Who { key: webhook.message_id.clone(), ..self.who(&webhook.who) };
        let at = who.occurred_at.unwrap_or_else(|| self.clock.now());
        let effective_at = self.time(webhook.effective_at.as_ref()).map(Time::millis);
        let profile = self.profile(&who.sender);
        let account = profile.sender.account.clone().unwrap_or_default();
        let signal = match webhook.event.as_str() {
            "stop" => Signal::Stop,
            "resume" => Signal::Resume,
            "signup" => Signal::Signup("signup-1".to_owned()),
            "sent" | "delivered" => {
                let delivered = webhook.event == "delivered";
                if delivered {
                    self.gate.record_signal(&who, &Signal::Alive).await?;
                }
                let happened = if delivered { Happened::Delivered } else { Happened::Sent };
                self.told_of(webhook, happened, who, at).await?;
                return Ok(Written::default());
            }
            "limit" => {
                let word = webhook.state.trim_start_matches("TIER_").to_owned();
                let state = AccountState { limit: Some((at.millis(), word)), ..AccountState::default() };
                self.gate.observe(&Observed::Account(account, state)).await?;
                return Ok(Written::default());
            }
            "flagged" => {
                let quality = Some((at.millis(), "FLAGGED".to_owned()));
                let learned = LearnedSender { quality, ..LearnedSender::default() };
                self.gate.observe(&Observed::Sender(profile.sender.id.clone(), learned)).await?;
                return Ok(Written::default());
            }
            "131026" => Signal::Undeliverable { message_id: webhook.message_id.clone() },
            "131047" => Signal::WindowClosed,
            "131049" => Signal::HeldBack,
            "131050" => Signal::MarketingRefused,
            "identity" => {
                let users: Vec<_> = webhook.user_ids.iter().map(|id| UserId::parse(id).unwrap()).collect();
                self.gate.prove(&who, &users).await?;
                return Ok(Written::default());
            }
            "number_changed" => {
                let to = Recipient::parse(&webhook.new_number).unwrap();
                self.gate.number_changed(&who, &to).await?;
                return Ok(Written::default());
            }
            "template_status" => {
                let status = Some((at.millis(), webhook.state.clone()));
                return self
                    .template(account, webhook, TemplateState { status, ..TemplateState::default() })
                    .await;
            }
            "template_category" => {
                let from = effective_at.unwrap_or(at.millis());
                let before = webhook.category_before.clone().map(|before| (at.millis(), before));
                let categories = before.into_iter().chain([(from, webhook.category.clone())]).collect();
                return self
                    .template(account, webhook, TemplateState { categories, ..TemplateState::default() })
                    .await;
            }
            "account" => {
                let (mut state, said) = (AccountState::default(), at.millis());
                match webhook.state.as_str() {
                    "business_initiated" => state.business_initiated = Some((said, effective_at)),
                    "replies" => state.replies = Some((said, effective_at)),
                    "disabled" => state.disabled = Some(said),
                    "reinstated" => state.reinstated = Some(said),
                    other => panic!("unknown account state {other}"),
                }
                self.gate.observe(&Observed::Account(account, state)).await?;
                return Ok(Written::default());
            }
            other => panic!("unknown event {other}"),
        };
        let done = self.gate.record_signal(&who, &signal).await?;
        if let Ok(code) = webhook.event.parse::<u32>() {
            self.told_of(webhook, Happened::Failed(FailureClass::of_code(code)), who, at).await?;
        }
        Ok(written(done.applied, done.obligations))
    }

    /// What became of a message, for what is counted of it.
    async fn told_of(
        &self,
        webhook: &Webhook,
        happened: Happened,
        who: Who,
        at: Time,
    ) -> Result<(), GateError> {
        let message_id = Some(webhook.message_id.clone()).filter(|id| !id.is_empty());
        let event = gate::DeliveryEvent {
            message_id: message_id.unwrap_or_else(|| "wamid.ours".to_owned()),
            happened,
            code: 0,
            recipient: Some(who.recipient),
            at: Some(at),
            template: None,
            category: Category::from_word(&webhook.category),
            topic: None,
            reservation: None,
        };
        self.gate.count_events(&self.profile(&who.sender), &[event]).await.map(drop)
    }

    async fn template(
        &self,
        account: String,
        webhook: &Webhook,
        state: TemplateState,
    ) -> Result<Written, GateError> {
        let name = webhook.template.clone();
        self.gate.observe(&Observed::Template(account, name, "en".to_owned(), state)).await?;
        Ok(Written::default())
    }

    async fn carry_out(&self, step: &Step) -> Result<Written, GateError> {
        if let Some(consent) = &step.consent {
            let recorded = self.gate.record_opt_in(&self.opt_in(consent)?).await?;
            let findings = recorded.findings.iter().map(|finding| finding.rule.to_owned()).collect();
            Ok(Written { findings, ..written(recorded.done.applied, recorded.done.obligations) })
        } else if let Some(out) = &step.opt_out {
            let channel = out.channel.as_ref().map_or(Channel::Other, |channel| {
                Channel::ALL.into_iter().find(|known| word(known) == *channel).unwrap()
            });
            let (who, scope) = (self.who(&out.who), scope(&out.scope));
            let request = gate::OptOutRequest { who, scope, channel, keyword: String::new() };
            let done = self.gate.record_opt_out(&request).await?;
            Ok(written(done.applied, done.obligations))
        } else if let Some(prompt) = &step.prompt {
            let steps =
                [PromptStep::Sent, PromptStep::Accepted, PromptStep::Declined, PromptStep::NotOnWhatsapp];
            let step = steps.into_iter().find(|step| step.word() == prompt.outcome).unwrap();
            let (who, message_id) = (self.who(&prompt.who), prompt.message_id.clone());
            let done = self.gate.record_prompt(&gate::PromptRequest { who, step, message_id }).await?;
            Ok(written(done.applied, done.obligations))
        } else if let Some(inbound) = &step.inbound {
            let message = gate::Inbound {
                message_id: inbound.message_id.clone(),
                text: inbound.text.clone(),
                button: inbound.button_id.clone(),
                context_id: inbound.context_message_id.clone(),
                opens_window: true,
                ..gate::Inbound::default()
            };
            let recorded = self.gate.record_inbound(&self.who(&inbound.who), &message).await?;
            let window_expires_at = recorded.window_expires_at;
            let effect = Some(effect_word(&recorded.effect).to_owned());
            Ok(Written {
                effect,
                window_expires_at,
                ..written(recorded.done.applied, recorded.done.obligations)
            })
        } else if let Some(confirmation) = &step.confirmation {
            let of_opt_in = confirmation.kind == "opt_in_confirmation";
            let done = self.gate.record_confirmation(&self.who(&confirmation.who), of_opt_in).await?;
            Ok(written(done.applied, done.obligations))
        } else if let Some(block) = &step.block {
            let state = match block.state.as_str() {
                "blocked_by_user" => Block::ByUser,
                "reported_by_user" => Block::ReportedByUser,
                "blocked_by_business" => Block::ByBusiness,
                "unblocked_by_business" => Block::LiftedByBusiness,
                other => panic!("unknown block {other}"),
            };
            let done = self.gate.record_block(&self.who(&block.who), state).await?;
            Ok(written(done.applied, done.obligations))
        } else if let Some(whom) = &step.settle_hold {
            let done = self.gate.settle_hold(&self.who(whom)).await?;
            Ok(written(done.applied, done.obligations))
        } else if let Some(contact) = &step.contact {
            let zone = contact.time_zone.as_deref();
            let done = self.gate.record_contact(&self.who(&contact.who), zone).await?;
            Ok(written(done.applied, done.obligations))
        } else if let Some(link) = &step.link {
            let other = Recipient::parse(&link.other).unwrap();
            let done = self.gate.link(&self.who(&link.who), &other).await?;
            Ok(written(done.applied, done.obligations))
        } else if let Some(whom) = &step.erase {
            self.gate.erase(&self.who(whom)).await?;
            Ok(Written::default())
        } else if step.release {
            let reserved = self.reserved.lock().unwrap().clone();
            Ok(Written { applied: Some(self.gate.release(&reserved).await?), ..Written::default() })
        } else if let Some(webhook) = &step.webhook {
            self.webhook(webhook).await
        } else {
            let faults = [Fault::None, Fault::Unavailable, Fault::Corrupt];
            if let Some(named) = &step.fault {
                self.store.set(faults.into_iter().find(|fault| word(fault) == *named).unwrap());
            }
            Ok(Written::default())
        }
    }
}

impl Driver for InProcess {
    fn set_time(&mut self, now: Time) {
        self.clock.set(now);
    }

    async fn check(&self, check: &Check) -> Checked {
        let kinds = [
            Kind::Template,
            Kind::FreeForm,
            Kind::OptInPrompt,
            Kind::OptInConfirmation,
            Kind::OptOutConfirmation,
        ];
        let kind = kinds.into_iter().find(|known| known.word() == check.kind()).unwrap();
        let category = match (&check.category, kind) {
            (Some(word), _) => Category::from_word(word).unwrap(),
            (None, Kind::Template) => Category::Marketing,
            (None, Kind::FreeForm) => Category::Service,
            (None, Kind::OptInPrompt | Kind::OptInConfirmation | Kind::OptOutConfirmation) => {
                Category::Utility
            }
        };
        let template = (!check.template.is_empty()).then(|| TemplateName {
            name: check.template.clone(),
            language: check.template_language.clone(),
        });
        let request = Request {
            recipient: self.recipient(check.recipient.as_ref()),
            kind,
            category,
            topic: Topic::parse(&check.topic).ok(),
            template,
            automated: check.automated,
            human_escalation: check.human_escalation,
        };
        let sender = self.sender(check.sender.as_ref());
        let consistency = Consistency::MinimizeLatency;
        let reserve = check.reserve;
        let mut check = gate::Check { sender, request, consistency, explain: false, reserve };
        let quick = self.gate.check(&check).await;
        if reserve {
            assert_eq!(quick.reservation.is_some(), quick.verdict.allowed, "{}", self.scenario.name);
            *self.reserved.lock().unwrap() = quick.reservation.unwrap_or_default();
            return checked(&quick.verdict);
        }
        // However it is asked, there is one answer.
        let many = self.gate.check_many(&[check.clone(), check.clone()]).await;
        check.explain = true;
        check.consistency = Consistency::FullyConsistent;
        let explained = self.gate.check(&check).await;
        let explained = Verdict { trace: Vec::new(), ..explained.verdict };
        assert_eq!(quick.verdict, explained, "{}", self.scenario.name);
        assert!(many.iter().all(|one| one.verdict == quick.verdict), "{}", self.scenario.name);
        checked(&quick.verdict)
    }

    async fn write(&self, step: &Step) -> Result<Written, Vec<String>> {
        self.carry_out(step).await.map_err(|error| match error {
            GateError::Invalid(fields) => fields.into_iter().map(|FieldError { field, .. }| field).collect(),
            GateError::UnknownSender => vec!["unknown_sender".to_owned()],
            GateError::KeyReused => vec!["key_reused".to_owned()],
            GateError::Store(_) | GateError::RefusalKept | GateError::RefusalsWait(_) => {
                vec!["unavailable".to_owned()]
            }
            other @ (GateError::Contention | GateError::UnknownResumePoint) => vec![other.to_string()],
        })
    }

    async fn close(self) {}
}

fn checked(verdict: &Verdict) -> Checked {
    Checked {
        allowed: verdict.allowed,
        reason: word(&verdict.reason),
        rule: verdict.rule.name().to_owned(),
        retry_at: verdict.retry_at,
        window_expires_at: verdict.window_expires_at,
        obligations: obligations(verdict.obligations),
    }
}

fn written(applied: bool, due: Obligations) -> Written {
    Written { applied: Some(applied), obligations: obligations(due), ..Written::default() }
}

fn obligations(obligations: Obligations) -> Vec<String> {
    obligations.iter().map(|obligation| word(&obligation)).collect()
}

fn scope(words: &[String]) -> ScopeSet {
    let scope = |word: &String| match word.strip_prefix("topic:") {
        Some(topic) => Scope::Topic(Topic::parse(topic).unwrap()),
        None => Scope::Category(Category::from_word(word).unwrap_or_else(|| panic!("{word}"))),
    };
    ScopeSet::of(words.iter().map(scope).collect())
}

fn effect_word(effect: &Effect) -> &'static str {
    match effect {
        Effect::None => "none",
        Effect::OptOut(..) => "opted_out",
        Effect::Held(_) => "marketing_held",
        Effect::Declined => "declined",
        Effect::OptIn { .. } => "opted_in",
    }
}

/// The contract's word for a variant: `NotOnWhatsapp` is `not_on_whatsapp`.
fn word(variant: &impl std::fmt::Debug) -> String {
    let mut word = String::new();
    for c in format!("{variant:?}").chars() {
        if c.is_uppercase() && !word.is_empty() {
            word.push('_');
        }
        word.extend(c.to_lowercase());
    }
    word
}
