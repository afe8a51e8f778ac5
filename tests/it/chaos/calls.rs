//! Calls to a sidecar, each noted in the history with its times and its answer.

use std::{
    future::Future,
    sync::{Arc, Mutex},
    time::Duration,
};

use prost_types::Timestamp;
use sendgate::grpc::pb::{
    self, consent_service_client::ConsentServiceClient, policy_service_client::PolicyServiceClient,
};
use tonic::{Response, Status};
use tonic_types::StatusExt as _;

use super::{
    doors::{Doors, day},
    history::{Answer, Ask, Fresh, Micros, Operation, Statement, What},
    people::People,
};
use crate::harness::say;

/// A sidecar that was stopped answers only when it goes on.
const GIVEN_UP: Duration = Duration::from_secs(4);

/// Who calls: the way to the sidecars and the notes.
#[derive(Clone)]
pub(crate) struct Caller {
    pub(crate) doors: Arc<Doors>,
    pub(crate) people: Arc<People>,
    pub(crate) notes: Arc<Mutex<Vec<Operation>>>,
}

/// When a call began.
#[derive(Clone, Copy)]
struct Begun {
    begin: Micros,
    day: i64,
}

fn stamp(millis: i64) -> Option<Timestamp> {
    let nanos = i32::try_from(millis.rem_euclid(1000)).unwrap() * 1_000_000;
    Some(Timestamp { seconds: millis.div_euclid(1000), nanos })
}

impl Caller {
    fn begin(&self) -> Begun {
        let day = day();
        Begun { begin: self.doors.now(), day }
    }

    fn note(&self, begun: Begun, sidecar: usize, person: usize, what: What, answer: Answer) {
        let Begun { begin, day } = begun;
        let end = self.doors.now();
        if matches!(
            answer,
            Answer::Deny("REASON_STATE_UNAVAILABLE")
                | Answer::Journaled
                | Answer::Refused
                | Answer::Unknown(_)
        ) {
            self.doors.is_unwell(sidecar);
        }
        self.notes.lock().unwrap().push(Operation { sidecar, begin, end, day, person, what, answer });
    }

    /// Tells a statement; the answer.
    pub(crate) async fn tell(&self, sidecar: usize, person: usize, said: Statement) -> Answer {
        let channel = self.doors.channel(sidecar);
        let mut consent = ConsentServiceClient::new(channel);
        let (name, at) = (People::name_for(person, said), stamp(said.at));
        let scope = if said.narrow { say::scope(&[pb::Category::Marketing]) } else { None };
        let key = format!("k{}", said.at);
        let begun = self.begin();
        let (answer, revision) = if said.word {
            let text = if said.yes { "START" } else { "STOP" };
            let request =
                pb::RecordInboundRequest { message_id: key, occurred_at: at, ..say::wrote(&name, text) };
            let wanted = if said.yes { pb::InboundEffect::OptedIn } else { pb::InboundEffect::OptedOut };
            recorded(consent.record_inbound(request), |r| (r.durability(), r.effect() == wanted, r.revision))
                .await
        } else if said.yes {
            let more = say::opt_in(&name);
            let request = pb::RecordConsentRequest { scope, idempotency_key: key, occurred_at: at, ..more };
            recorded(consent.record_consent(request), |r| (r.durability(), true, r.revision)).await
        } else {
            let more = say::opt_out(&name);
            let request = pb::RecordOptOutRequest { scope, idempotency_key: key, occurred_at: at, ..more };
            recorded(consent.record_opt_out(request), |r| (r.durability(), true, r.revision)).await
        };
        // The "no" in a message may be kept even where the message is refused.
        let answer = if said.word && answer == Answer::Refused {
            Answer::Unknown("refused".to_owned())
        } else {
            answer
        };
        if answer == Answer::Stored {
            self.people.told(person, said, revision);
        }
        self.note(begun, sidecar, person, What::Said(said), answer.clone());
        answer
    }

    /// Tells that two names are one person; whether it was recorded.
    pub(crate) async fn link(&self, sidecar: usize, one: String, other: String) -> bool {
        let mut consent = ConsentServiceClient::new(self.doors.channel(sidecar));
        let sender = say::SENDER.to_owned();
        let request = pb::LinkContactsRequest { sender, recipient: one, other, occurred_at: stamp(0) };
        patient(consent.link_contacts(request)).await.is_ok()
    }

    /// Somebody wrote something that is no word about consent.
    pub(crate) async fn write(&self, sidecar: usize, person: usize, at: i64) {
        let mut consent = ConsentServiceClient::new(self.doors.channel(sidecar));
        let more = say::wrote(&People::name(person), "when do you open?");
        let request = pb::RecordInboundRequest { occurred_at: stamp(at), ..more };
        let begun = self.begin();
        let (answer, _) =
            recorded(consent.record_inbound(request), |r| (r.durability(), false, r.revision)).await;
        self.note(begun, sidecar, person, What::Wrote(at), answer);
    }

    /// Asks about one message.
    pub(crate) async fn check(&self, sidecar: usize, person: usize, ask: Ask, fresh: Fresh) -> Answer {
        let request = self.request(person, ask, fresh);
        self.ask(sidecar, person, request, What::Check(ask, fresh)).await
    }

    /// The same, not older than the last statement that is known to be in the store.
    pub(crate) async fn check_since(&self, sidecar: usize, person: usize, ask: Ask) {
        let Some((said, revision)) = self.people.last_told(person) else { return };
        let request = self.request(person, ask, Fresh::Memory);
        let request = pb::CheckSendRequest { consistency: say::fresh(&revision), ..request };
        self.ask(sidecar, person, request, What::Check(ask, Fresh::Since(said.at))).await;
    }

    async fn ask(&self, sidecar: usize, person: usize, request: pb::CheckSendRequest, what: What) -> Answer {
        let mut policy = PolicyServiceClient::new(self.doors.channel(sidecar));
        let begun = self.begin();
        let answered = patient(policy.check_send(request)).await;
        let answer =
            answered.map_or_else(|error| error, |answer| decided(answer.decision(), answer.reason()));
        self.note(begun, sidecar, person, what, answer.clone());
        answer
    }

    /// Asks about one message to several people at once.
    pub(crate) async fn check_batch(&self, sidecar: usize, people: &[usize], ask: Ask) {
        let one = self.request(people[0], ask, Fresh::Memory);
        let request = pb::CheckSendBatchRequest {
            sender: one.sender,
            recipients: people.iter().map(|person| People::name(*person)).collect(),
            category: one.category,
            kind: one.kind,
            ..Default::default()
        };
        let mut policy = PolicyServiceClient::new(self.doors.channel(sidecar));
        let begun = self.begin();
        let answered = patient(policy.check_send_batch(request)).await;
        for (place, person) in people.iter().enumerate() {
            let answer = answered.as_ref().map_or_else(Clone::clone, |answer| {
                let answer = &answer.results[place];
                decided(answer.decision(), answer.reason())
            });
            self.note(begun, sidecar, *person, What::Check(ask, Fresh::Memory), answer);
        }
    }

    /// Asks about several messages over one stream, each when the one before is answered.
    pub(crate) async fn check_stream(&self, sidecar: usize, people: &[usize], ask: Ask) {
        let (sender, receiver) = tokio::sync::mpsc::channel(1);
        let mut policy = PolicyServiceClient::new(self.doors.channel(sidecar));
        let requests = tokio_stream::wrappers::ReceiverStream::new(receiver);
        let Ok(mut answers) = patient(policy.stream_check_send(requests)).await else { return };
        for person in people {
            let one = self.request(*person, ask, Fresh::Memory);
            let (category, kind) = (one.category, one.kind);
            let request = pb::StreamCheckSendRequest {
                sender: one.sender,
                recipient: one.recipient,
                category,
                kind,
                ..Default::default()
            };
            let begun = self.begin();
            if sender.send(request).await.is_err() {
                return;
            }
            let answered = tokio::time::timeout(GIVEN_UP, answers.message()).await;
            let Ok(Ok(Some(answer))) = answered else { return };
            let answer = decided(answer.decision(), answer.reason());
            self.note(begun, sidecar, *person, What::Check(ask, Fresh::Memory), answer);
        }
    }

    fn request(&self, person: usize, ask: Ask, fresh: Fresh) -> pb::CheckSendRequest {
        let name = People::name(person);
        let request = match ask {
            Ask::Marketing => say::template(&name, pb::Category::Marketing),
            Ask::Utility => say::template(&name, pb::Category::Utility),
            Ask::Reply => say::reply(&name),
        };
        let requirement = pb::consistency::Requirement::FullyConsistent(true);
        let consistency = match fresh {
            Fresh::Memory | Fresh::Since(_) => None,
            Fresh::Full => Some(pb::Consistency { requirement: Some(requirement) }),
        };
        pb::CheckSendRequest { consistency, ..request }
    }
}

fn decided(decision: pb::Decision, reason: pb::Reason) -> Answer {
    match decision {
        pb::Decision::Allow => Answer::Allow,
        pb::Decision::Deny | pb::Decision::Unspecified => Answer::Deny(reason.as_str_name()),
    }
}

/// What became of a write: its durability, whether it was what was meant, and its revision.
async fn recorded<T>(
    call: impl Future<Output = Result<Response<T>, Status>>,
    read: impl Fn(T) -> (pb::Durability, bool, String),
) -> (Answer, String) {
    match patient(call).await {
        Err(answer) => (answer, String::new()),
        Ok(response) => {
            let (durability, meant, revision) = read(response);
            let answer = match durability {
                _ if !meant => Answer::Nothing,
                pb::Durability::Journaled => Answer::Journaled,
                pb::Durability::Stored | pb::Durability::Replicated => Answer::Stored,
                pb::Durability::Unspecified => Answer::Unknown("no durability".to_owned()),
            };
            (answer, revision)
        }
    }
}

async fn patient<T>(call: impl Future<Output = Result<Response<T>, Status>>) -> Result<T, Answer> {
    match tokio::time::timeout(GIVEN_UP, call).await {
        Err(_) => Err(Answer::Unknown("given up".to_owned())),
        Ok(Ok(response)) => Ok(response.into_inner()),
        Ok(Err(status)) => {
            let details = status.get_error_details();
            let reason = details.error_info().map_or("", |info| info.reason.as_str());
            let refused = reason == "STORE_UNAVAILABLE";
            let text = format!("{:?} {reason} {}", status.code(), status.message());
            Err(if refused { Answer::Refused } else { Answer::Unknown(text) })
        }
    }
}
