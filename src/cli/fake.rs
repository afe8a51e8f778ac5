//! A server that records calls and answers as a test tells it, and a way to run commands against it.

use std::{
    collections::BTreeMap,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use clap::Parser;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::oneshot;
use tokio_stream::{StreamExt, wrappers::TcpListenerStream};
use tonic::transport::server::Connected;
use tonic::{Request, Response, Status, Streaming};

use super::{
    Cli, Console, Exit,
    digest::{hex, sha256},
    verify::chain,
};
use crate::{
    grpc::pb::{
        consent_service_server::{ConsentService, ConsentServiceServer},
        policy_service_server::{PolicyService, PolicyServiceServer},
        *,
    },
    model::Time,
};

/// 2025-03-01T09:30:00Z: the time of every command in a test.
pub(super) const NOW_MS: i64 = 1_740_821_400_000;

/// What was asked of the server.
#[expect(clippy::large_enum_variant, reason = "a test holds a few hundred of them at most")]
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Call {
    Check(CheckSendRequest),
    Batch(CheckSendBatchRequest),
    Consent(RecordConsentRequest),
    OptOut(RecordOptOutRequest),
    Prompt(RecordOptInPromptRequest),
    Inbound(RecordInboundRequest),
    Confirmation(RecordConfirmationRequest),
    Block(RecordBlockRequest),
    Settle(SettleHoldRequest),
    Contact(RecordContactRequest),
    Link(LinkContactsRequest),
    Release(ReleaseReservationRequest),
    Get(GetContactRequest),
    List(ListConsentHistoryRequest),
    Erase(EraseContactRequest),
    Watch(WatchConsentRequest),
    Export(ExportContactsRequest),
}

type Refusal = Box<dyn FnMut(&Call) -> Option<Status> + Send>;

/// What the server answers with, and what it was asked.
pub(super) struct State {
    pub(super) calls: Mutex<Vec<Call>>,
    /// Refuses a call, which is then recorded all the same.
    pub(super) refuse: Mutex<Refusal>,
    pub(super) check: Mutex<CheckSendResponse>,
    pub(super) consent: Mutex<RecordConsentResponse>,
    pub(super) contact: Mutex<Contact>,
    pub(super) log: Mutex<Vec<ConsentEntry>>,
    pub(super) export: Mutex<Vec<ExportContactsResponse>>,
    /// How long a write takes, by its key, so that lanes overtake each other.
    pub(super) slow: Mutex<bool>,
    busy: AtomicUsize,
    pub(super) busiest: AtomicUsize,
}

pub(super) struct Fake {
    pub(super) endpoint: String,
    pub(super) state: Arc<State>,
    stop: Stopper,
    thread: Option<thread::JoinHandle<()>>,
}

/// Dropping what is inside ends the server at once, whatever it is doing.
pub(super) type Stopper = Arc<Mutex<Option<oneshot::Sender<()>>>>;

/// What a command printed, and how it ended.
#[derive(Debug)]
pub(super) struct Ran {
    pub(super) exit: Exit,
    pub(super) out: String,
    pub(super) err: String,
}

impl Fake {
    pub(super) fn start() -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        Self::serve(endpoint, move || {
            TcpListenerStream::new(tokio::net::TcpListener::from_std(listener).unwrap())
        })
    }

    #[cfg(unix)]
    pub(super) fn start_on_socket(path: &std::path::Path) -> Self {
        let listener = std::os::unix::net::UnixListener::bind(path).unwrap();
        listener.set_nonblocking(true).unwrap();
        Self::serve(format!("unix:{}", path.display()), move || {
            tokio_stream::wrappers::UnixListenerStream::new(
                tokio::net::UnixListener::from_std(listener).unwrap(),
            )
        })
    }

    fn serve<S, C>(endpoint: String, incoming: impl FnOnce() -> S + Send + 'static) -> Self
    where
        S: tokio_stream::Stream<Item = std::io::Result<C>>,
        C: AsyncRead + AsyncWrite + Connected + Unpin + Send + 'static,
    {
        let state = Arc::new(State {
            calls: Mutex::default(),
            refuse: Mutex::new(Box::new(|_| None)),
            check: Mutex::default(),
            consent: Mutex::new(RecordConsentResponse { applied: true, ..Default::default() }),
            contact: Mutex::default(),
            log: Mutex::default(),
            export: Mutex::default(),
            slow: Mutex::new(false),
            busy: AtomicUsize::new(0),
            busiest: AtomicUsize::new(0),
        });
        let (stop, stopped) = oneshot::channel::<()>();
        let served = Served(Arc::clone(&state));
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let server = tonic::transport::Server::builder()
                    .add_service(ConsentServiceServer::new(served.clone()))
                    .add_service(PolicyServiceServer::new(served))
                    .serve_with_incoming(incoming());
                tokio::select! { _ = server => {}, _ = stopped => {} }
            });
        });
        Self { endpoint, state, stop: Arc::new(Mutex::new(Some(stop))), thread: Some(thread) }
    }

    pub(super) fn run(&self, args: &[&str]) -> Ran {
        self.run_with(args, "")
    }

    pub(super) fn run_with(&self, args: &[&str], input: &str) -> Ran {
        run_at(&self.endpoint, args, input)
    }

    pub(super) fn calls(&self) -> Vec<Call> {
        self.state.calls.lock().unwrap().clone()
    }

    /// The call, when there was one.
    pub(super) fn only_call(&self) -> Call {
        let mut calls = self.calls();
        assert_eq!(calls.len(), 1, "{calls:?}");
        calls.remove(0)
    }

    pub(super) fn forget_calls(&self) {
        self.state.calls.lock().unwrap().clear();
    }

    pub(super) fn stopper(&self) -> Stopper {
        Arc::clone(&self.stop)
    }

    pub(super) fn refuse(&self, refuse: impl FnMut(&Call) -> Option<Status> + Send + 'static) {
        *self.state.refuse.lock().unwrap() = Box::new(refuse);
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        drop(self.stop.lock().unwrap().take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Runs a command as `main` would.
pub(super) fn run_at(endpoint: &str, args: &[&str], input: &str) -> Ran {
    let line = ["sendgate", "--endpoint", endpoint].into_iter().chain(args.iter().copied());
    let cli = Cli::try_parse_from(line).unwrap();
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut console = Console {
        input: &mut input.as_bytes(),
        out: &mut out,
        err: &mut err,
        progress: false,
        terminal: false,
        now: Time::from_millis(NOW_MS).unwrap(),
    };
    let exit = super::run(&cli, &mut console);
    Ran { exit, out: String::from_utf8(out).unwrap(), err: String::from_utf8(err).unwrap() }
}

/// A good log of opt-ins and opt-outs in turn, one an hour.
pub(super) fn log(length: u64) -> Vec<ConsentEntry> {
    let mut previous = [0; 32];
    let mut entries = Vec::new();
    for sequence in 1..=length {
        let payload = format!("{{\"n\":{sequence}}}").into_bytes();
        let payload_digest = sha256(&[&payload]);
        let hash = chain::link(&previous, sequence, &payload_digest);
        let out = sequence % 2 == 0;
        let kind = if out { EntryKind::OptOut } else { EntryKind::OptIn };
        let evidence = Evidence {
            method: ConsentMethod::Website.into(),
            action: ConsentAction::BoxChecked.into(),
            business_name: "Acme".to_owned(),
            disclosure_text: "Receive offers on WhatsApp, \"Acme\"".to_owned(),
            attributes: [("form".to_owned(), "v2".to_owned())].into(),
            ..Default::default()
        };
        entries.push(ConsentEntry {
            sequence,
            kind: kind.into(),
            occurred_at: Some(hour(sequence)),
            recorded_at: Some(hour(sequence)),
            scope: Some(Scope { categories: vec![Category::Marketing.into()], topics: Vec::new() }),
            voice: Voice::Own.into(),
            applied: true,
            evidence: (!out).then_some(evidence),
            channel: if out { OptOutChannel::Keyword.into() } else { 0 },
            keyword: if out { "stop".to_owned() } else { String::new() },
            sender: "15550001111".to_owned(),
            recipient: "16505551234".to_owned(),
            payload,
            payload_sha256: hex(&payload_digest),
            previous_hash: hex(&previous),
            hash: hex(&hash),
            ..Default::default()
        });
        previous = hash;
    }
    entries
}

/// So many hours before the time of the tests' beginning, ten days ago.
pub(super) fn hour(hours: u64) -> prost_types::Timestamp {
    let seconds = NOW_MS / 1000 - 864_000 + i64::try_from(hours).unwrap() * 3600;
    prost_types::Timestamp { seconds, nanos: 0 }
}

#[derive(Clone)]
struct Served(Arc<State>);

impl Served {
    async fn note(&self, call: Call) -> Result<(), Status> {
        let refusal = (self.0.refuse.lock().unwrap())(&call);
        let slow = *self.0.slow.lock().unwrap();
        let size = format!("{call:?}").bytes().map(u64::from).sum::<u64>();
        self.0.calls.lock().unwrap().push(call);
        if slow {
            let busy = self.0.busy.fetch_add(1, Ordering::SeqCst) + 1;
            self.0.busiest.fetch_max(busy, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(1 + size % 5)).await;
            self.0.busy.fetch_sub(1, Ordering::SeqCst);
        }
        refusal.map_or(Ok(()), Err)
    }
}

fn ok<T: Default>() -> Result<Response<T>, Status> {
    Ok(Response::new(T::default()))
}

#[tonic::async_trait]
impl PolicyService for Served {
    async fn check_send(&self, r: Request<CheckSendRequest>) -> Result<Response<CheckSendResponse>, Status> {
        self.note(Call::Check(r.into_inner())).await?;
        Ok(Response::new(self.0.check.lock().unwrap().clone()))
    }

    /// Numbers that end in an even digit are allowed, others denied; what is no number is an error.
    async fn check_send_batch(
        &self,
        r: Request<CheckSendBatchRequest>,
    ) -> Result<Response<CheckSendBatchResponse>, Status> {
        let request = r.into_inner();
        self.note(Call::Batch(request.clone())).await?;
        let results = request.recipients.iter().map(|recipient| match recipient.bytes().last() {
            Some(digit) if digit.is_ascii_digit() && digit % 2 == 0 => CheckSendResponse {
                decision: Decision::Allow.into(),
                reason: Reason::OptedIn.into(),
                rule: "A29".to_owned(),
                ..Default::default()
            },
            Some(digit) if digit.is_ascii_digit() => CheckSendResponse {
                decision: Decision::Deny.into(),
                reason: Reason::NoOptIn.into(),
                rule: "A14".to_owned(),
                obligations: vec![Obligation::RequestOptIn.into()],
                ..Default::default()
            },
            _ => CheckSendResponse {
                error: Some(ItemError {
                    reason: "INVALID_REQUEST".to_owned(),
                    field: "recipient".to_owned(),
                    message: "must be a number".to_owned(),
                }),
                ..Default::default()
            },
        });
        Ok(Response::new(CheckSendBatchResponse { results: results.collect() }))
    }

    type StreamCheckSendStream = tokio_stream::Empty<Result<StreamCheckSendResponse, Status>>;

    async fn stream_check_send(
        &self,
        _: Request<Streaming<StreamCheckSendRequest>>,
    ) -> Result<Response<Self::StreamCheckSendStream>, Status> {
        Err(Status::unimplemented("not by the command line"))
    }
}

type Answering<'a, T> = Pin<Box<dyn Future<Output = Result<Response<T>, Status>> + Send + 'a>>;

macro_rules! noted {
    ($($method:ident $request:ident $response:ident $call:ident;)*) => {
        // Written out, since a macro inside is not seen by the one that makes these methods async.
        $(fn $method<'a, 'b>(&'a self, r: Request<$request>) -> Answering<'b, $response>
        where
            'a: 'b,
            Self: 'b,
        {
            Box::pin(async move {
                self.note(Call::$call(r.into_inner())).await?;
                ok()
            })
        })*
    };
}

#[tonic::async_trait]
impl ConsentService for Served {
    async fn record_consent(
        &self,
        r: Request<RecordConsentRequest>,
    ) -> Result<Response<RecordConsentResponse>, Status> {
        self.note(Call::Consent(r.into_inner())).await?;
        Ok(Response::new(self.0.consent.lock().unwrap().clone()))
    }

    async fn record_opt_out(
        &self,
        r: Request<RecordOptOutRequest>,
    ) -> Result<Response<RecordOptOutResponse>, Status> {
        self.note(Call::OptOut(r.into_inner())).await?;
        Ok(Response::new(RecordOptOutResponse {
            applied: true,
            durability: Durability::Stored.into(),
            obligations: vec![Obligation::SendOptOutConfirmation.into()],
            ..Default::default()
        }))
    }

    async fn record_inbound(
        &self,
        r: Request<RecordInboundRequest>,
    ) -> Result<Response<RecordInboundResponse>, Status> {
        self.note(Call::Inbound(r.into_inner())).await?;
        Ok(Response::new(RecordInboundResponse {
            effect: InboundEffect::OptedOut.into(),
            window_expires_at: Some(prost_types::Timestamp { seconds: NOW_MS / 1000 + 86_400, nanos: 0 }),
            ..Default::default()
        }))
    }

    async fn get_contact(
        &self,
        r: Request<GetContactRequest>,
    ) -> Result<Response<GetContactResponse>, Status> {
        self.note(Call::Get(r.into_inner())).await?;
        Ok(Response::new(GetContactResponse { contact: Some(self.0.contact.lock().unwrap().clone()) }))
    }

    /// Pages of two.
    async fn list_consent_history(
        &self,
        r: Request<ListConsentHistoryRequest>,
    ) -> Result<Response<ListConsentHistoryResponse>, Status> {
        let request = r.into_inner();
        let from: usize = request.page_token.parse().unwrap_or_default();
        self.note(Call::List(request)).await?;
        let log = self.0.log.lock().unwrap();
        let to = (from + 2).min(log.len());
        Ok(Response::new(ListConsentHistoryResponse {
            entries: log[from..to].to_vec(),
            next_page_token: if to < log.len() { to.to_string() } else { String::new() },
        }))
    }

    async fn erase_contact(
        &self,
        r: Request<EraseContactRequest>,
    ) -> Result<Response<EraseContactResponse>, Status> {
        self.note(Call::Erase(r.into_inner())).await?;
        Ok(Response::new(EraseContactResponse {
            opt_out_kept: true,
            entries_erased: 3,
            ..Default::default()
        }))
    }

    noted! {
        record_opt_in_prompt RecordOptInPromptRequest RecordOptInPromptResponse Prompt;
        record_confirmation RecordConfirmationRequest RecordConfirmationResponse Confirmation;
        record_block RecordBlockRequest RecordBlockResponse Block;
        settle_hold SettleHoldRequest SettleHoldResponse Settle;
        record_contact RecordContactRequest RecordContactResponse Contact;
        link_contacts LinkContactsRequest LinkContactsResponse Link;
        release_reservation ReleaseReservationRequest ReleaseReservationResponse Release;
    }

    type WatchConsentStream =
        Pin<Box<dyn tokio_stream::Stream<Item = Result<WatchConsentResponse, Status>> + Send>>;

    /// The log, and then the server goes away.
    async fn watch_consent(
        &self,
        r: Request<WatchConsentRequest>,
    ) -> Result<Response<Self::WatchConsentStream>, Status> {
        self.note(Call::Watch(r.into_inner())).await?;
        let log = self.0.log.lock().unwrap().clone();
        let changes = log.into_iter().map(|entry| {
            Ok(WatchConsentResponse {
                revision: format!("r{}", entry.sequence),
                business: "acme".to_owned(),
                entry: Some(entry),
            })
        });
        let gone = std::iter::once(Err(Status::unavailable("draining")));
        Ok(Response::new(Box::pin(tokio_stream::iter(changes).chain(tokio_stream::iter(gone)))))
    }

    type ExportContactsStream =
        Pin<Box<dyn tokio_stream::Stream<Item = Result<ExportContactsResponse, Status>> + Send>>;

    async fn export_contacts(
        &self,
        r: Request<ExportContactsRequest>,
    ) -> Result<Response<Self::ExportContactsStream>, Status> {
        let request = r.into_inner();
        self.note(Call::Export(request.clone())).await?;
        let mut contacts = self.0.export.lock().unwrap().clone();
        if !request.include_history {
            contacts.iter_mut().for_each(|contact| contact.history.clear());
        }
        Ok(Response::new(Box::pin(tokio_stream::iter(contacts.into_iter().map(Ok)))))
    }
}

/// Writes by person, in the order in which they came.
pub(super) fn by_person(calls: &[Call]) -> BTreeMap<String, Vec<String>> {
    let mut people: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for call in calls {
        let (person, key) = match call {
            Call::Consent(r) => (&r.recipient, &r.idempotency_key),
            Call::OptOut(r) => (&r.recipient, &r.idempotency_key),
            Call::Confirmation(r) => (&r.recipient, &r.idempotency_key),
            _ => continue,
        };
        people.entry(person.clone()).or_default().push(key.clone());
    }
    people
}
