//! ConsentService: what people said.

use std::{collections::HashMap, sync::Arc};

use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};

use super::{
    convert::{self, Fields},
    pb, status,
    stream::{Answers, Lease, streaming},
};
use crate::{
    gate::{Consistency, Gate, GateError, Inbound, LogItem, LogPlace, ResumePoint, Who},
    model::{BusinessId, Recipient, SenderId},
};

/// Entries of a page when the caller names no size, and at most.
const PAGE_SIZE_DEFAULT: usize = 100;
const PAGE_SIZE_MAX: usize = 1000;
/// Changes and contacts read in one go for a stream.
const STREAM_PAGE: usize = 256;
const TEXT_CHARACTERS_MAX: usize = 65_536;
const ID_CHARACTERS_MAX: usize = 512;

/// The service.
#[derive(Clone, Debug)]
pub struct ConsentApi {
    gate: Arc<Gate>,
    stopping: CancellationToken,
}

impl ConsentApi {
    /// The service over a gate. Streams end when `stopping` is cancelled.
    #[must_use]
    pub const fn new(gate: Arc<Gate>, stopping: CancellationToken) -> Self {
        Self { gate, stopping }
    }

    /// What is true of a write that was just answered.
    fn durability(&self, journaled: bool) -> i32 {
        convert::durability((!journaled).then(|| self.gate.store().durability()))
    }

    /// A request as it was read; one that cannot be read is a refused write.
    fn readable<T>(&self, kind: &'static str, read: Result<T, Status>) -> Result<T, Status> {
        read.inspect_err(|_| self.gate.unreadable(kind))
    }
}

#[tonic::async_trait]
impl pb::consent_service_server::ConsentService for ConsentApi {
    type WatchConsentStream = Answers<pb::WatchConsentResponse>;
    type ExportContactsStream = Answers<pb::ExportContactsResponse>;

    async fn record_consent(
        &self,
        request: Request<pb::RecordConsentRequest>,
    ) -> Result<Response<pb::RecordConsentResponse>, Status> {
        let opt_in = self.readable("consent", convert::opt_in(request.get_ref()))?;
        let recorded = told(self.gate.record_opt_in(&opt_in).await)?;
        Ok(Response::new(pb::RecordConsentResponse {
            revision: recorded.done.revision.token(),
            applied: recorded.done.applied,
            findings: recorded.findings.iter().map(convert::finding).collect(),
            obligations: convert::obligations(recorded.done.obligations),
            standing: recorded.standing.map(|(scope, status)| convert::scope_status(&scope, status)),
            durability: self.durability(false),
        }))
    }

    async fn record_opt_out(
        &self,
        request: Request<pb::RecordOptOutRequest>,
    ) -> Result<Response<pb::RecordOptOutResponse>, Status> {
        let opt_out = self.readable("opt_out", convert::opt_out(request.get_ref()))?;
        let done = told(self.gate.record_opt_out(&opt_out).await)?;
        Ok(Response::new(pb::RecordOptOutResponse {
            revision: done.revision.token(),
            durability: self.durability(done.journaled),
            obligations: convert::obligations(done.obligations),
            applied: done.applied,
        }))
    }

    async fn record_opt_in_prompt(
        &self,
        request: Request<pb::RecordOptInPromptRequest>,
    ) -> Result<Response<pb::RecordOptInPromptResponse>, Status> {
        let prompt = self.readable("opt_in_prompt", convert::prompt(request.get_ref()))?;
        let done = told(self.gate.record_prompt(&prompt).await)?;
        Ok(Response::new(pb::RecordOptInPromptResponse {
            revision: done.revision.token(),
            state: convert::prompt_state(&done.contact) as i32,
            obligations: convert::obligations(done.obligations),
            applied: done.applied,
            durability: self.durability(done.journaled),
        }))
    }

    async fn record_inbound(
        &self,
        request: Request<pb::RecordInboundRequest>,
    ) -> Result<Response<pb::RecordInboundResponse>, Status> {
        let message = request.get_ref();
        let mut fields = Fields::default();
        let occurred_at = message.occurred_at.as_ref();
        // The message ID is the key; what a redelivery says beside it does not matter.
        let who = convert::who(&mut fields, &message.sender, &message.recipient, occurred_at, "", message);
        let inbound = Inbound {
            message_id: fields.text("message_id", &message.message_id, ID_CHARACTERS_MAX).to_owned(),
            text: fields.body("text", &message.text, TEXT_CHARACTERS_MAX).to_owned(),
            button: fields.text("button_id", &message.button_id, ID_CHARACTERS_MAX).to_owned(),
            button_text: String::new(),
            stray: Vec::new(),
            context_id: fields
                .text("context_message_id", &message.context_message_id, ID_CHARACTERS_MAX)
                .to_owned(),
            opens_window: true,
            refusals_only: false,
            malformed: false,
        };
        let who = self.readable("inbound", fields.finish(who))?;
        let who = Who { request_digest: [0; 16], whole_seconds: true, ..who };
        let recorded = told(self.gate.record_inbound(&who, &inbound).await)?;
        Ok(Response::new(pb::RecordInboundResponse {
            window_expires_at: recorded.window_expires_at.map(convert::timestamp),
            effect: convert::inbound_effect(&recorded.effect) as i32,
            obligations: convert::obligations(recorded.done.obligations),
            revision: recorded.done.revision.token(),
            durability: self.durability(false),
        }))
    }

    async fn record_confirmation(
        &self,
        request: Request<pb::RecordConfirmationRequest>,
    ) -> Result<Response<pb::RecordConfirmationResponse>, Status> {
        let (who, of_opt_in) = self.readable("confirmation", convert::confirmation(request.get_ref()))?;
        let done = told(self.gate.record_confirmation(&who, of_opt_in).await)?;
        let revision = done.revision.token();
        Ok(Response::new(pb::RecordConfirmationResponse {
            revision,
            durability: self.durability(done.journaled),
        }))
    }

    async fn record_block(
        &self,
        request: Request<pb::RecordBlockRequest>,
    ) -> Result<Response<pb::RecordBlockResponse>, Status> {
        let (who, block) = self.readable("block", convert::block(request.get_ref()))?;
        let done = told(self.gate.record_block(&who, block).await)?;
        let revision = done.revision.token();
        Ok(Response::new(pb::RecordBlockResponse { revision, durability: self.durability(done.journaled) }))
    }

    async fn settle_hold(
        &self,
        request: Request<pb::SettleHoldRequest>,
    ) -> Result<Response<pb::SettleHoldResponse>, Status> {
        let message = request.get_ref();
        let mut fields = Fields::default();
        let (at, key) = (message.occurred_at.as_ref(), &message.idempotency_key);
        let who = convert::who(&mut fields, &message.sender, &message.recipient, at, key, message);
        let who = self.readable("hold", fields.finish(who))?;
        let done = told(self.gate.settle_hold(&who).await)?;
        let revision = done.revision.token();
        Ok(Response::new(pb::SettleHoldResponse { revision, durability: self.durability(done.journaled) }))
    }

    async fn record_contact(
        &self,
        request: Request<pb::RecordContactRequest>,
    ) -> Result<Response<pb::RecordContactResponse>, Status> {
        let message = request.get_ref();
        let mut fields = Fields::default();
        let who = convert::who(&mut fields, &message.sender, &message.recipient, None, "", message);
        let zone = fields.time_zone(&message.time_zone);
        let who = self.readable("contact", fields.finish(who))?;
        let done = told(self.gate.record_contact(&who, zone.as_deref()).await)?;
        let revision = done.revision.token();
        Ok(Response::new(pb::RecordContactResponse { revision, durability: self.durability(done.journaled) }))
    }

    async fn link_contacts(
        &self,
        request: Request<pb::LinkContactsRequest>,
    ) -> Result<Response<pb::LinkContactsResponse>, Status> {
        let (who, other) = self.readable("link", convert::link(request.get_ref()))?;
        let done = told(self.gate.link(&who, &other).await)?;
        let revision = done.revision.token();
        Ok(Response::new(pb::LinkContactsResponse { revision, durability: self.durability(done.journaled) }))
    }

    async fn get_contact(
        &self,
        request: Request<pb::GetContactRequest>,
    ) -> Result<Response<pb::GetContactResponse>, Status> {
        let (who, consistency) = convert::consistency_of_get(request.get_ref())?;
        let contact = self.contact(&who.sender, &who.recipient, consistency).await?;
        Ok(Response::new(pb::GetContactResponse { contact: Some(contact) }))
    }

    async fn list_consent_history(
        &self,
        request: Request<pb::ListConsentHistoryRequest>,
    ) -> Result<Response<pb::ListConsentHistoryResponse>, Status> {
        let message = request.get_ref();
        let mut fields = Fields::default();
        let who = convert::who(&mut fields, &message.sender, &message.recipient, None, "", message);
        let size = match usize::try_from(message.page_size) {
            Ok(0) => PAGE_SIZE_DEFAULT,
            Ok(size) if size <= PAGE_SIZE_MAX => size,
            Ok(_) | Err(_) => {
                fields.bad("page_size", format!("must be at most {PAGE_SIZE_MAX}"));
                PAGE_SIZE_DEFAULT
            }
        };
        let after = LogPlace::parse(&message.page_token);
        if after.is_none() {
            fields.bad("page_token", "must be the `next_page_token` of an earlier page");
        }
        let who = fields.finish(who)?;
        let page = self
            .gate
            .history(&who, &after.unwrap_or_default(), size)
            .await
            .map_err(|e| status::of_gate(&e))?;
        let entries = page
            .entries
            .iter()
            .map(|(revision, sealed, read)| convert::entry(*revision, sealed, read.as_ref()));
        Ok(Response::new(pb::ListConsentHistoryResponse {
            entries: entries.collect(),
            next_page_token: page.next.map(|next| next.token()).unwrap_or_default(),
        }))
    }

    async fn erase_contact(
        &self,
        request: Request<pb::EraseContactRequest>,
    ) -> Result<Response<pb::EraseContactResponse>, Status> {
        let message = request.get_ref();
        let mut fields = Fields::default();
        let who = convert::who(&mut fields, &message.sender, &message.recipient, None, "", message);
        let who = self.readable("erase", fields.finish(who))?;
        let (revision, entries_erased, opt_out_kept) = told(self.gate.erase(&who).await)?;
        Ok(Response::new(pb::EraseContactResponse {
            revision: revision.token(),
            opt_out_kept,
            entries_erased,
            durability: self.durability(false),
        }))
    }

    async fn release_reservation(
        &self,
        request: Request<pb::ReleaseReservationRequest>,
    ) -> Result<Response<pb::ReleaseReservationResponse>, Status> {
        let released = told(self.gate.release(&request.get_ref().reservation_id).await)?;
        Ok(Response::new(pb::ReleaseReservationResponse { released }))
    }

    async fn watch_consent(
        &self,
        request: Request<pb::WatchConsentRequest>,
    ) -> Result<Response<Self::WatchConsentStream>, Status> {
        let lease = Lease::of(&request);
        let message = request.into_inner();
        let business = self.business_filter(&message.sender)?;
        let after: Result<Option<ResumePoint>, ()> = match message.resume_after.as_str() {
            "" => Ok(None),
            point => point.parse().map(Some),
        };
        let Ok(after) = after else {
            let mut fields = Fields::default();
            fields.bad("resume_after", "must be the `revision` of a change of this feed, or `0`");
            return fields.finish(None);
        };
        // A resume point beyond the feed is told at once, not when something happens.
        let after = self.gate.resume_point(after).await.map_err(|error| status::of_gate(&error))?;
        let gate = Arc::clone(&self.gate);
        Ok(Response::new(streaming(lease, self.stopping.clone(), move |changes| {
            watch(gate, after, business, changes)
        })))
    }

    async fn export_contacts(
        &self,
        request: Request<pb::ExportContactsRequest>,
    ) -> Result<Response<Self::ExportContactsStream>, Status> {
        let lease = Lease::of(&request);
        let message = request.into_inner();
        let business = self.business_filter(&message.sender)?;
        let gate = Arc::clone(&self.gate);
        let history = message.include_history;
        Ok(Response::new(streaming(lease, self.stopping.clone(), move |out| {
            export(gate, business, history, out)
        })))
    }
}

impl ConsentApi {
    async fn contact(
        &self,
        sender: &SenderId,
        recipient: &Recipient,
        consistency: Consistency,
    ) -> Result<pb::Contact, Status> {
        let directory = self.gate.directory_as(consistency).await;
        let directory = directory.map_err(|error| status::of_gate(&error.into()))?;
        let profile = directory.find(sender).ok_or_else(|| status::of_gate(&GateError::UnknownSender))?;
        let now = self.gate.now();
        let view = self.gate.view(&profile, recipient, consistency, now).await;
        let view = view.map_err(|error| status::of_gate(&error.into()))?;
        Ok(convert::contact(&view, &profile, now))
    }

    fn business_filter(&self, sender: &str) -> Result<Option<BusinessId>, Status> {
        if sender.is_empty() {
            return Ok(None);
        }
        let sender = SenderId::parse(sender)
            .map_err(|error| status::of_gate(&GateError::field("sender", error.to_string())))?;
        let profile = self.gate.directory().find(&sender);
        profile
            .map(|profile| Some(profile.business.clone()))
            .ok_or_else(|| status::of_gate(&GateError::UnknownSender))
    }
}

fn told<T>(written: Result<T, GateError>) -> Result<T, Status> {
    written.map_err(|error| status::of_gate(&error))
}

type Out<T> = tokio::sync::mpsc::Sender<Result<T, Status>>;

/// Follows the feed: what is there, then what comes.
async fn watch(
    gate: Arc<Gate>,
    mut after: ResumePoint,
    business: Option<BusinessId>,
    out: Out<pb::WatchConsentResponse>,
) -> Result<(), Status> {
    let mut latest = gate.latest_change();
    loop {
        latest.mark_unchanged();
        // Ends the stream where the store went back behind what was sent: what follows then is not what comes next.
        let (marked, changes) =
            gate.changes(after, STREAM_PAGE).await.map_err(|error| status::of_gate(&error))?;
        after = marked;
        let caught_up = changes.is_empty();
        for change in changes {
            after = change.point;
            if business.is_some() && change.business != business {
                continue;
            }
            let message = pb::WatchConsentResponse {
                revision: change.point.to_string(),
                business: change.business.as_ref().map(|id| id.as_str().to_owned()).unwrap_or_default(),
                entry: Some(convert::entry(change.revision, &change.sealed, change.entry.as_ref())),
            };
            if out.send(Ok(message)).await.is_err() {
                return Ok(());
            }
        }
        if caught_up && latest.changed().await.is_err() {
            return Ok(());
        }
    }
}

/// Sends every contact, with its log when asked for.
async fn export(
    gate: Arc<Gate>,
    business: Option<BusinessId>,
    history: bool,
    out: Out<pb::ExportContactsResponse>,
) -> Result<(), Status> {
    gate.nothing_waits().map_err(|error| status::of_gate(&error))?;
    let directory = gate.directory();
    let mut renamed = HashMap::new();
    for profile in directory.senders() {
        for before in &profile.also {
            renamed.entry(before.clone()).or_insert_with(|| Arc::clone(&profile));
        }
    }
    let mut from = None;
    loop {
        let now = gate.now();
        let page = gate.contacts(from, STREAM_PAGE, now).await.map_err(|error| status::of_gate(&error))?;
        for (id, loaded) in page.contacts {
            let of = loaded.record.business.clone();
            let profile =
                of.as_ref().and_then(|of| renamed.get(of).cloned().or_else(|| directory.of_business(of)));
            let now_of = profile.as_ref().map(|profile| &profile.business);
            if business.is_some() && of != business && now_of != business.as_ref() {
                continue;
            }
            let mut message = pb::ExportContactsResponse::default();
            if history {
                message.history = whole_log(&gate, id, &loaded).await?;
            }
            if let (Some(of), Some(profile)) = (of, profile) {
                fill(&gate, &mut message, (id, loaded), &profile, now).await?;
                message.contact =
                    message.contact.map(|it| pb::Contact { business: of.as_str().to_owned(), ..it });
            }
            if out.send(Ok(message)).await.is_err() {
                return Ok(());
            }
        }
        let Some(next) = page.next else { break };
        from = Some(next);
    }
    gate.nothing_waits().map_err(|error| status::of_gate(&error))
}

/// What is known of one number or user ID: by itself, and of whoever has it now.
async fn fill(
    gate: &Gate,
    message: &mut pb::ExportContactsResponse,
    (id, loaded): (crate::store::ContactId, crate::store::Loaded),
    profile: &crate::senders::SenderProfile,
    now: crate::model::Time,
) -> Result<(), Status> {
    let before = |at: crate::model::Time| at - crate::model::Millis::new(1);
    let handed_over = loaded.record.earlier.last().map(|(until, _)| before(*until));
    let tied = !loaded.record.ties.is_empty() || handed_over.is_some();
    let name = loaded.record.contact.names().next().filter(|_| tied);
    let own = crate::gate::View::shared(id, Arc::new(loaded));
    let mut contact = convert::contact(&own, profile, now);
    let mut erased = own.record.contact.erased;
    if let Some(name) = name {
        let person = gate.view(profile, &name, Consistency::FullyConsistent, now).await;
        let person = person.map_err(|error| status::of_gate(&error.into()))?;
        erased = erased.max(person.record.contact.erased);
        contact = pb::Contact {
            phone_number: contact.phone_number,
            user_ids: contact.user_ids,
            history_entries: contact.history_entries,
            revision: contact.revision,
            known: contact.known,
            ..convert::contact(&person, profile, now)
        };
    }
    message.contact = Some(contact);
    message.opt_ins_count_after = handed_over.max(erased).map(convert::timestamp);
    let directory = gate.directory();
    let as_configured = |name: &str| directory.as_configured(name).map_or(name, SenderId::as_str).to_owned();
    message.sender = as_configured(profile.sender.id.as_str());
    let contact = message.contact.iter();
    let named = contact
        .flat_map(|it| it.windows.iter().map(|of| &of.sender).chain(it.blocks.iter().map(|of| &of.sender)))
        .chain(message.history.iter().map(|entry| &entry.sender));
    let names: std::collections::BTreeSet<_> = named.collect();
    let other = names.into_iter().map(|name| (name.clone(), as_configured(name)));
    message.senders = other
        .filter(|(name, configured)| name != configured)
        .map(|(name, configured)| pb::SenderName { name, configured })
        .collect();
    Ok(())
}

async fn whole_log(
    gate: &Gate,
    id: crate::store::ContactId,
    loaded: &crate::store::Loaded,
) -> Result<Vec<pb::ConsentEntry>, Status> {
    let mut entries = Vec::new();
    let mut after = Some(0);
    while let Some(from) = after {
        let (page, next) =
            gate.page(id, loaded, from, STREAM_PAGE).await.map_err(|error| status::of_gate(&error))?;
        let entry = |(revision, sealed, read): &LogItem| convert::entry(*revision, sealed, read.as_ref());
        entries.extend(page.iter().map(entry));
        after = next;
    }
    Ok(entries)
}
