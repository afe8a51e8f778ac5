//! The person wrote, pressed or called: the window opens, and words about consent take effect.

use super::{
    Gate, GateError,
    consent::accepted_prompt,
    names::{derived_id, random_16},
    outcome::opt_in_stands,
    statement::{Acknowledged, Who, repeated, second_id},
    view::window_end,
    write::{Draft, Situation, Written},
};
use crate::{
    attest::{Content, PromptStep},
    conversation::{self, Effect, Pressed, Said},
    model::{
        Contact, Event, ScopeSet, StatementId, Time,
        evidence::{Channel, Evidence, Finding, Method},
    },
    policy::Rules,
    senders::SenderProfile,
};

/// A message or call of a person.
#[derive(Clone, Debug, Default)]
pub struct Inbound {
    /// The ID of the message; empty = each call is its own message.
    pub message_id: String,
    /// Its text; read, not stored.
    pub text: String,
    /// The payload or ID of a pressed button.
    pub button: String,
    /// The text of a pressed button.
    pub button_text: String,
    /// Words in a place that nobody knows: only a refusal in them counts.
    pub stray: Vec<String>,
    /// The message it replies to.
    pub context_id: String,
    /// It opens the window: not so for what was said in a group, or for an edit.
    pub opens_window: bool,
    /// Only a refusal in it counts: an edit may take a yes back, and not give one.
    pub refusals_only: bool,
    /// It is malformed: without a refusal in it, it is no message at all, nor a sign of life.
    pub malformed: bool,
}

impl Inbound {
    fn said<'a>(&'a self, who: &'a Who) -> Said<'a> {
        Said {
            text: &self.text,
            button: &self.button,
            button_text: &self.button_text,
            stray: &self.stray,
            context_id: &self.context_id,
            who: Some(&who.recipient),
        }
    }
}

/// What a message did.
#[derive(Clone, Debug)]
pub struct InboundRecorded {
    /// The write.
    pub done: Acknowledged,
    /// What it did to consent.
    pub effect: Effect,
    /// The end of the window with this sender, while it is open.
    pub window_expires_at: Option<Time>,
}

impl Gate {
    pub(super) async fn write_inbound(
        &self,
        who: &Who,
        inbound: &Inbound,
    ) -> Result<InboundRecorded, GateError> {
        let profile = self.sender_of(who)?;
        let at = self.plausibly_said_at(who)?;
        // A "no" is another statement than anything else under the same ID, which is not lost should an ID come twice.
        let kind = match conversation::refusal(&profile.words(), inbound.said(who)) {
            Some(Effect::Held(_)) => "unclear refusal",
            Some(_) => "refusal",
            None => "message",
        };
        let mut statement = match inbound.message_id.as_str() {
            "" => StatementId(random_16()?),
            // One ID may come from several numbers of a business, and a reader of old payloads meets placeholders.
            id => self.names.statement(kind, &format!("{}\0{id}", profile.sender.id)),
        };
        let repetition = match inbound.message_id.as_str() {
            "" => Ok(None),
            _ => self.repetition(&profile, &who.recipient, statement).await,
        };
        let mut repetition = match repetition {
            Ok(repetition) => repetition,
            Err(error) => return Err(self.keep_no(&profile, who, inbound, statement, at, error).await),
        };
        // What stood of it when it was erased is kept. Said after that, it is another "no" under the same ID.
        let is_another = |known: &Written| known.known_entry().is_none() && known.erased < Some(at);
        if kind != "message" && repetition.as_ref().is_some_and(is_another) {
            statement = derived_id("refusal", &data_encoding::HEXLOWER.encode(&statement.0));
            repetition = match self.repetition(&profile, &who.recipient, statement).await {
                Ok(repetition) => repetition,
                Err(error) => return Err(self.keep_no(&profile, who, inbound, statement, at, error).await),
            };
        }
        let plan = |situation: &Situation<'_>| Ok(plan(&profile, who, inbound, statement, at, situation));
        let written = match repetition {
            Some(written) => Ok(written),
            None => self.write(&profile, &who.recipient, at, plan).await,
        };
        let written = match written {
            Ok(written) => written,
            Err(error) => return Err(self.keep_no(&profile, who, inbound, statement, at, error).await),
        };
        repeated(who, &written)?;
        let window_expires_at = window_end(&written.after, &written.windows, &profile, self.clock.now());
        let said = match (&written.known, written.entries.first()) {
            (Some((_, Some(entry))), _) | (_, Some((_, entry))) => Some(entry),
            (_, None) => None,
        };
        let effect = said.map_or(Effect::None, |entry| effect_of(&entry.content));
        let applied = match &effect {
            Effect::OptIn { scope, .. } => opt_in_stands(&written.after, scope, at, self.clock.now()),
            Effect::OptOut(..) => said.is_none_or(|entry| entry.applied),
            Effect::None | Effect::Held(_) | Effect::Declined => true,
        };
        let effect = if applied { effect } else { Effect::None };
        let done = self.acknowledge(&profile, &written, applied);
        Ok(InboundRecorded { done, effect, window_expires_at })
    }
}

impl Gate {
    /// Keeps the "no" in a message that the store did not take. The rest of it must come again, so the error stays one.
    async fn keep_no(
        &self,
        profile: &SenderProfile,
        who: &Who,
        inbound: &Inbound,
        statement: StatementId,
        at: Time,
        error: GateError,
    ) -> GateError {
        let content = match conversation::refusal(&profile.words(), inbound.said(who)) {
            Some(Effect::OptOut(keyword, pressed)) => opted_out(keyword, pressed),
            Some(Effect::Held(keyword)) => Content::Held(keyword),
            Some(Effect::None | Effect::Declined | Effect::OptIn { .. }) | None => return error,
        };
        let entry = who.entry(at, self.clock.now(), content);
        match self.keep_refusal(profile, who, statement, entry, error).await {
            Ok(_) => GateError::RefusalKept,
            Err(error) => error,
        }
    }
}

fn plan(
    profile: &SenderProfile,
    who: &Who,
    inbound: &Inbound,
    statement: StatementId,
    at: Time,
    situation: &Situation<'_>,
) -> Draft {
    let mut draft = Draft::default();
    let contact = situation.before;
    // A clock ahead of ours opens the window from now, not from the future.
    let wrote = at.min(situation.now);
    // What was written before an erasure went with it, and so did the word that the window is closed.
    let is_known = contact.erased.is_none_or(|erased| erased < wrote);
    if inbound.opens_window && is_known && situation.now < wrote + Rules::WINDOW {
        draft.window(profile.sender.id.clone(), wrote);
    }
    // The window ends and is forgotten; that they wrote is not.
    if inbound.opens_window && is_known && !inbound.malformed {
        draft.event(&Event::Known(wrote));
    }
    if seems_gone(contact) && !inbound.malformed {
        draft.event(&Event::Alive(wrote));
    }
    let effect = conversation::read(
        situation.own,
        contact,
        &profile.words(),
        &profile.profile.prompt.scope,
        inbound.said(who),
        situation.wrote_last(),
        at,
    );
    if !inbound.malformed && (contact.refuses_something() || contact.hold().is_some()) {
        draft.event(&Event::Wrote(wrote));
    }
    if matches!(effect, Effect::OptOut(..) | Effect::Held(_) | Effect::Declined) {
        draft.wrote_before(situation);
    }
    let ends = situation.opt_in_ends(&profile.profile.rules, at);
    let mut state = |id: StatementId, content: Content| {
        let mut entry = situation.entry(who, at, content);
        // Told late, it was said before the answer to the prompt, which would have been none after it: in doubt it counts.
        if let Some(answered) = answered_after(situation.own, at).filter(|_| entry.is_refusal()) {
            entry.occurred_at = entry.occurred_at.max(answered);
        }
        draft.state(id, entry);
    };
    match effect {
        Effect::None => {}
        Effect::OptIn { .. } if inbound.refusals_only => {}
        Effect::OptOut(keyword, pressed) => {
            state(statement, opted_out(keyword, pressed));
            draft.tell_whether_it_applied(contact);
        }
        Effect::Held(keyword) => state(statement, Content::Held(keyword)),
        Effect::Declined => {
            let asked = &profile.profile.prompt.scope;
            state(statement, Content::prompt(PromptStep::Declined, inbound.context_id.clone(), asked));
        }
        Effect::OptIn { scope, answers_prompt: true, action, .. } => {
            state(statement, accepted_prompt(profile, &scope, action, ends));
            let accepted = Content::prompt(PromptStep::Accepted, inbound.context_id.clone(), &scope);
            state(second_id(statement), accepted);
        }
        Effect::OptIn { scope, keyword, answers_prompt: false, action } => {
            let name = profile.business_names.first().cloned().unwrap_or_default();
            let mut evidence = Evidence::new(Method::WhatsappThread, action, name, String::new());
            evidence.mentions_whatsapp = true;
            evidence.collected_by = "keyword".to_owned();
            evidence.attributes = vec![("keyword".to_owned(), keyword)];
            let finding = Finding {
                rule: "B09",
                field: "evidence.disclosure_text",
                message: "a word on WhatsApp after opting out; no wording belongs to it".to_owned(),
            };
            state(
                statement,
                Content::OptIn {
                    scope,
                    evidence: Box::new(evidence),
                    expires_at: ends,
                    findings: vec![finding],
                },
            );
        }
    }
    draft
}

/// When the prompt was answered with a yes that was said after an instant, when the prompt was there already.
fn answered_after(contact: &Contact, at: Time) -> Option<Time> {
    let sent = contact.prompt.sent()?;
    contact.prompt.accepted.filter(|accepted| sent <= at && at < *accepted)
}

fn opted_out(keyword: String, pressed: Pressed) -> Content {
    let channel = if pressed == Pressed::Button { Channel::Button } else { Channel::Keyword };
    Content::OptOut { scope: ScopeSet::everything(), channel, keyword }
}

/// True when a sign of life would change an answer: as A03 reads it, one of the same instant does not.
pub(super) fn seems_gone(contact: &Contact) -> bool {
    let reach = contact.reach;
    reach.not_on_whatsapp.max(reach.undeliverable).is_some_and(|gone| Some(gone) >= reach.alive)
}

/// What an entry says that a message did, for the answer to its repetition.
fn effect_of(content: &Content) -> Effect {
    match content {
        Content::OptOut { keyword, .. } => Effect::OptOut(keyword.clone(), Pressed::Typed),
        Content::Held(keyword) => Effect::Held(keyword.clone()),
        Content::Prompt { step: PromptStep::Declined, .. } => Effect::Declined,
        Content::OptIn { scope, evidence, .. } => Effect::OptIn {
            scope: scope.clone(),
            keyword: String::new(),
            answers_prompt: false,
            action: evidence.action,
        },
        Content::PlatformStop(_)
        | Content::PlatformResume
        | Content::HoldSettled
        | Content::Prompt { .. }
        | Content::Confirmation { .. }
        | Content::Block(_)
        | Content::Linked { .. }
        | Content::Erased { .. } => Effect::None,
    }
}
