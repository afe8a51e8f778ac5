//! The same steps through the doors of a real server: the calls of the contract over gRPC, and as signed webhooks what
//! only the platform tells. Every check is asked in each of the four ways, and every webhook comes twice.

mod words;

use std::sync::{Arc, Mutex};

use prost_types::Timestamp;
use sendgate::{grpc::pb, model::Time};
use tonic::Status;

use self::words::{
    action, batch, category, instant, kind, method, name, scope, stamp, streamed, told, unstreamed, word,
    written,
};

use super::{
    driver::{Checked, Driver, Written},
    format::{Check, Consent, Inbound, OptOut, Prompt, Scenario, Step, Webhook, Whom},
    hooks::Told,
};
use crate::{
    faults::{Fault, Faulty},
    harness::{Server, plain::WEBHOOK, soon},
};

/// A server in this process, and its clients.
pub(super) struct OverTheWire {
    scenario: Scenario,
    pub(super) server: Server,
    store: Arc<Faulty>,
    /// What was reserved last.
    reserved: Mutex<String>,
}

/// Whom a call is about, in the contract's types.
struct Named {
    sender: String,
    recipient: String,
    occurred_at: Option<Timestamp>,
    idempotency_key: String,
}

impl OverTheWire {
    pub(super) async fn open(scenario: &Scenario) -> Self {
        let store = Faulty::new();
        let shared: Arc<Faulty> = Arc::clone(&store);
        let server = Server::over(shared, &format!("{WEBHOOK}{}", scenario.configuration())).await;
        server.clock.set(scenario.time(&scenario.start));
        Self { scenario: scenario.clone(), server, store, reserved: Mutex::default() }
    }

    fn sender(&self, named: Option<&String>) -> String {
        named.unwrap_or(&self.scenario.sender).clone()
    }

    fn recipient(&self, named: Option<&String>) -> String {
        named.unwrap_or(&self.scenario.recipient).clone()
    }

    fn time(&self, text: Option<&String>) -> Option<Timestamp> {
        text.map(|text| stamp(self.scenario.time(text)))
    }

    fn named(&self, whom: &Whom) -> Named {
        Named {
            sender: self.sender(whom.sender.as_ref()),
            recipient: self.recipient(whom.recipient.as_ref()),
            occurred_at: self.time(whom.occurred_at.as_ref()),
            idempotency_key: whom.key.clone(),
        }
    }

    async fn consent(&self, consent: &Consent) -> Result<Written, Status> {
        let Named { sender, recipient, occurred_at, idempotency_key } = self.named(&consent.who);
        let consent = consent.completed(&recipient);
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let evidence = pb::Evidence {
            method: method(&text(&consent.method)),
            action: action(&text(&consent.action)),
            business_name: text(&consent.business_name),
            disclosure_text: text(&consent.disclosure_text),
            displayed_number: text(&consent.displayed_number),
            mentions_whatsapp: consent.mentions_whatsapp,
            source_uri: text(&consent.source_uri),
            jurisdiction: text(&consent.jurisdiction),
            attributes: consent.attributes.clone().into_iter().collect(),
            method_description: consent.method_description.clone(),
            double_opt_in_at: self.time(consent.double_opt_in_at.as_ref()),
            age_years: consent.age_years,
            ..Default::default()
        };
        let request = pb::RecordConsentRequest {
            sender,
            recipient,
            scope: scope(&consent.scope),
            evidence: Some(evidence),
            occurred_at,
            expires_at: self.time(consent.expires_at.as_ref()),
            idempotency_key,
            time_zone: text(&consent.time_zone),
        };
        let answer = self.server.consent().record_consent(request).await?.into_inner();
        assert!(
            !(answer.applied && answer.standing.is_some()),
            "what stands is told where the opt-in does not"
        );
        let findings = answer.findings.into_iter().map(|finding| finding.rule).collect();
        Ok(Written { findings, ..written(Some(answer.applied), &answer.obligations) })
    }

    async fn opt_out(&self, out: &OptOut) -> Result<Written, Status> {
        let Named { sender, recipient, occurred_at, idempotency_key } = self.named(&out.who);
        let channel = out.channel.as_deref().map_or(0, |word| {
            let name = name("OPT_OUT_CHANNEL", word);
            pb::OptOutChannel::from_str_name(&name).unwrap_or_else(|| panic!("{name}")) as i32
        });
        let request = pb::RecordOptOutRequest {
            sender,
            recipient,
            scope: scope(&out.scope),
            channel,
            keyword: String::new(),
            occurred_at,
            idempotency_key,
        };
        let answer = self.server.consent().record_opt_out(request).await?.into_inner();
        Ok(written(Some(answer.applied), &answer.obligations))
    }

    async fn prompt(&self, prompt: &Prompt) -> Result<Written, Status> {
        let Named { sender, recipient, occurred_at, idempotency_key } = self.named(&prompt.who);
        let outcome = name("OPT_IN_PROMPT_OUTCOME", &prompt.outcome);
        let outcome = pb::OptInPromptOutcome::from_str_name(&outcome).unwrap() as i32;
        let message_id = prompt.message_id.clone();
        let request = pb::RecordOptInPromptRequest {
            sender,
            recipient,
            outcome,
            occurred_at,
            idempotency_key,
            message_id,
        };
        let answer = self.server.consent().record_opt_in_prompt(request).await?.into_inner();
        Ok(written(Some(answer.applied), &answer.obligations))
    }

    async fn inbound(&self, inbound: &Inbound) -> Result<Written, Status> {
        let Named { sender, recipient, occurred_at, .. } = self.named(&inbound.who);
        let request = pb::RecordInboundRequest {
            sender,
            recipient,
            message_id: inbound.message_id.clone(),
            text: inbound.text.clone(),
            button_id: inbound.button_id.clone(),
            context_message_id: inbound.context_message_id.clone(),
            occurred_at,
        };
        let answer = self.server.consent().record_inbound(request).await?.into_inner();
        Ok(Written {
            effect: Some(word("INBOUND_EFFECT", answer.effect().as_str_name())),
            window_expires_at: answer.window_expires_at.as_ref().map(instant),
            // The contract has no `applied` here: an opt-in that does not count is told as no effect.
            ..written((answer.effect() == pb::InboundEffect::OptedIn).then_some(true), &answer.obligations)
        })
    }

    /// The rest of the writes answer a revision only: what is due after them is what the contact says.
    async fn plain(&self, step: &Step) -> Result<Option<Whom>, Status> {
        let mut client = self.server.consent();
        if let Some(step) = &step.confirmation {
            let Named { sender, recipient, occurred_at, idempotency_key } = self.named(&step.who);
            let kind = kind(&step.kind);
            let request =
                pb::RecordConfirmationRequest { sender, recipient, kind, occurred_at, idempotency_key };
            client.record_confirmation(request).await?;
            Ok(Some(step.who.clone()))
        } else if let Some(step) = &step.block {
            let Named { sender, recipient, occurred_at, idempotency_key } = self.named(&step.who);
            let state = pb::BlockState::from_str_name(&name("BLOCK_STATE", &step.state)).unwrap() as i32;
            let request = pb::RecordBlockRequest { sender, recipient, state, occurred_at, idempotency_key };
            client.record_block(request).await?;
            Ok(Some(step.who.clone()))
        } else if let Some(whom) = &step.settle_hold {
            let Named { sender, recipient, occurred_at, idempotency_key } = self.named(whom);
            let request = pb::SettleHoldRequest { sender, recipient, occurred_at, idempotency_key };
            client.settle_hold(request).await?;
            Ok(Some(whom.clone()))
        } else if let Some(step) = &step.contact {
            let Named { sender, recipient, .. } = self.named(&step.who);
            let time_zone = step.time_zone.clone().unwrap_or_default();
            client.record_contact(pb::RecordContactRequest { sender, recipient, time_zone }).await?;
            Ok(Some(step.who.clone()))
        } else if let Some(step) = &step.link {
            let Named { sender, recipient, occurred_at, .. } = self.named(&step.who);
            let other = step.other.clone();
            client.link_contacts(pb::LinkContactsRequest { sender, recipient, other, occurred_at }).await?;
            Ok(Some(step.who.clone()))
        } else if let Some(whom) = &step.erase {
            let Named { sender, recipient, .. } = self.named(whom);
            client.erase_contact(pb::EraseContactRequest { sender, recipient }).await?;
            Ok(Some(whom.clone()))
        } else if let Some(webhook) = &step.webhook {
            self.deliver(webhook).await;
            Ok(Some(webhook.who.clone()))
        } else {
            let faults =
                [("none", Fault::None), ("unavailable", Fault::Unavailable), ("corrupt", Fault::Corrupt)];
            let named = step.fault.as_deref();
            let fault = faults.into_iter().find(|(word, _)| Some(*word) == named);
            fault.inspect(|(_, fault)| self.store.set(*fault));
            Ok(None)
        }
    }

    /// The platform may send anything twice.
    async fn deliver(&self, webhook: &Webhook) {
        let named = self.named(&webhook.who);
        let time = |text: &Option<String>| text.as_deref().map(|text| self.scenario.time(text));
        let told = Told {
            webhook,
            sender: &named.sender,
            recipient: &named.recipient,
            at: time(&webhook.who.occurred_at).unwrap_or_else(|| self.server.clock.now()),
            effective_at: time(&webhook.effective_at),
        };
        let body = told.body().to_string();
        for _ in 0..2 {
            let answer = self.server.deliver(body.as_bytes()).await;
            assert_eq!((answer.status, answer.body.as_str()), (200, "stored\n"), "{body}");
        }
    }

    /// What is due for a person, from what is known of them.
    async fn due(&self, whom: &Whom) -> Vec<String> {
        let Named { sender, recipient, .. } = self.named(whom);
        let contact = self.server.contact_of(&sender, &recipient).await;
        let held = contact.scopes.iter().any(|scope| scope.status() == pb::ConsentStatus::Held);
        let due = [
            (contact.opt_in_confirmation_due, "send_opt_in_confirmation"),
            (contact.opt_out_confirmation_due, "send_opt_out_confirmation"),
            (contact.not_on_whatsapp_since.is_some(), "fall_back_to_sms"),
            (held, "ask_a_person"),
        ];
        due.into_iter().filter(|(due, _)| *due).map(|(_, word)| word.to_owned()).collect()
    }

    fn request(&self, check: &Check) -> pb::CheckSendRequest {
        let category = match (&check.category, check.kind()) {
            (Some(word), _) => category(word),
            (None, "template") => pb::Category::Marketing as i32,
            // The contract has one for the others.
            (None, _) => pb::Category::Unspecified as i32,
        };
        pb::CheckSendRequest {
            sender: self.sender(check.sender.as_ref()),
            recipient: self.recipient(check.recipient.as_ref()),
            category,
            topic: check.topic.clone(),
            kind: kind(check.kind()),
            template: check.template.clone(),
            template_language: check.template_language.clone(),
            automated: check.automated,
            human_escalation: check.human_escalation,
            reserve: check.reserve,
            ..Default::default()
        }
    }

    /// However it is asked, there is one answer.
    async fn ask(&self, request: pb::CheckSendRequest) -> pb::CheckSendResponse {
        let quick = self.server.ask(request.clone()).await;
        let name = &self.scenario.name;
        let many = soon(self.server.policy().check_send_batch(batch(&request))).await.unwrap();
        assert_eq!(many.into_inner().results, [quick.clone(), quick.clone()], "{name}: in a batch");
        let requests = tokio_stream::iter([streamed(&request)]);
        let mut answers = soon(self.server.policy().stream_check_send(requests)).await.unwrap().into_inner();
        let streamed = soon(answers.message()).await.unwrap().unwrap();
        assert_eq!(unstreamed(&streamed), quick, "{name}: in a stream");
        let requirement = Some(pb::consistency::Requirement::FullyConsistent(true));
        let consistency = Some(pb::Consistency { requirement });
        let explained = self.server.ask(pb::CheckSendRequest { explain: true, consistency, ..request }).await;
        let decided = explained.trace.iter().find(|step| step.rule == explained.rule);
        let reason = decided.map(|step| step.reason).filter(|reason| *reason != 0);
        assert!(reason.is_none_or(|reason| reason == explained.reason), "{name}: {explained:?}");
        assert!(quick.trace.is_empty() && !explained.trace.is_empty(), "{name}: {explained:?}");
        let explained = pb::CheckSendResponse { trace: Vec::new(), ..explained };
        assert_eq!(explained, quick, "{name}: explained, from the store");
        quick
    }
}

impl Driver for OverTheWire {
    fn set_time(&mut self, now: Time) {
        self.server.clock.set(now);
    }

    async fn check(&self, check: &Check) -> Checked {
        let request = self.request(check);
        let answer = if check.reserve { self.server.ask(request).await } else { self.ask(request).await };
        let reserved = check.reserve && answer.decision() == pb::Decision::Allow;
        assert!(answer.error.is_none() && answer.reservation_id.is_empty() != reserved, "{answer:?}");
        if check.reserve {
            self.reserved.lock().unwrap().clone_from(&answer.reservation_id);
        }
        let allowed = match answer.decision() {
            pb::Decision::Allow => true,
            pb::Decision::Deny => false,
            pb::Decision::Unspecified => panic!("{}: undecided", self.scenario.name),
        };
        Checked {
            allowed,
            reason: word("REASON", answer.reason().as_str_name()),
            obligations: answer.obligations().map(|due| word("OBLIGATION", due.as_str_name())).collect(),
            rule: answer.rule,
            retry_at: answer.retry_at.as_ref().map(instant),
            window_expires_at: answer.window_expires_at.as_ref().map(instant),
        }
    }

    async fn write(&self, step: &Step) -> Result<Written, Vec<String>> {
        let (written, whom) = if let Some(consent) = &step.consent {
            (self.consent(consent).await, &consent.who)
        } else if let Some(out) = &step.opt_out {
            (self.opt_out(out).await, &out.who)
        } else if let Some(prompt) = &step.prompt {
            (self.prompt(prompt).await, &prompt.who)
        } else if let Some(inbound) = &step.inbound {
            (self.inbound(inbound).await, &inbound.who)
        } else if step.release {
            let reservation_id = self.reserved.lock().unwrap().clone();
            let request = pb::ReleaseReservationRequest { reservation_id };
            let released =
                self.server.consent().release_reservation(request).await.map_err(|status| told(&status))?;
            return Ok(Written { applied: Some(released.into_inner().released), ..Written::default() });
        } else {
            let whom = self.plain(step).await.map_err(|status| told(&status))?;
            let Some(whom) = whom else { return Ok(Written::default()) };
            return Ok(Written { obligations: self.due(&whom).await, ..Written::default() });
        };
        let written = written.map_err(|status| told(&status))?;
        let known = self.due(whom).await;
        assert_eq!(written.obligations, known, "{}: {step:?}", self.scenario.name);
        Ok(written)
    }

    async fn close(self) {
        self.server.stop().await;
    }
}
