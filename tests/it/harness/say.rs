//! Requests as the tests say them: complete and valid, for a test to change what it is about.

use prost_types::Timestamp;
use sendgate::grpc::pb;

use super::{START, Server};

pub(crate) const SENDER: &str = "15550001111";
pub(crate) const PERSON: &str = "4915112345678";

const WORDING: &str =
    "I agree to receive order updates, offers and login codes from Acme on WhatsApp at this number.";

/// So many milliseconds after the start, on the wire.
pub(crate) fn stamp(millis: i64) -> Timestamp {
    let millis = START + millis;
    let nanos = i32::try_from(millis.rem_euclid(1000)).unwrap() * 1_000_000;
    Timestamp { seconds: millis.div_euclid(1000), nanos }
}

pub(crate) fn template(recipient: &str, category: pb::Category) -> pb::CheckSendRequest {
    pb::CheckSendRequest {
        sender: SENDER.to_owned(),
        recipient: recipient.to_owned(),
        category: category as i32,
        kind: pb::MessageKind::Template as i32,
        ..Default::default()
    }
}

pub(crate) fn reply(recipient: &str) -> pb::CheckSendRequest {
    pb::CheckSendRequest {
        sender: SENDER.to_owned(),
        recipient: recipient.to_owned(),
        kind: pb::MessageKind::FreeForm as i32,
        ..Default::default()
    }
}

pub(crate) fn evidence() -> pb::Evidence {
    pb::Evidence {
        method: pb::ConsentMethod::Website as i32,
        action: pb::ConsentAction::BoxChecked as i32,
        business_name: "Acme".to_owned(),
        disclosure_text: WORDING.to_owned(),
        source_uri: "https://acme.example/optin".to_owned(),
        ..Default::default()
    }
}

pub(crate) fn opt_in(recipient: &str) -> pb::RecordConsentRequest {
    pb::RecordConsentRequest {
        sender: SENDER.to_owned(),
        recipient: recipient.to_owned(),
        evidence: Some(evidence()),
        ..Default::default()
    }
}

pub(crate) fn opt_out(recipient: &str) -> pb::RecordOptOutRequest {
    pb::RecordOptOutRequest {
        sender: SENDER.to_owned(),
        recipient: recipient.to_owned(),
        channel: pb::OptOutChannel::Website as i32,
        ..Default::default()
    }
}

pub(crate) fn wrote(recipient: &str, text: &str) -> pb::RecordInboundRequest {
    pb::RecordInboundRequest {
        sender: SENDER.to_owned(),
        recipient: recipient.to_owned(),
        text: text.to_owned(),
        ..Default::default()
    }
}

pub(crate) fn history(recipient: &str) -> pb::ListConsentHistoryRequest {
    pb::ListConsentHistoryRequest {
        sender: SENDER.to_owned(),
        recipient: recipient.to_owned(),
        ..Default::default()
    }
}

pub(crate) fn scope(categories: &[pb::Category]) -> Option<pb::Scope> {
    let categories = categories.iter().map(|category| *category as i32).collect();
    Some(pb::Scope { categories, topics: Vec::new() })
}

pub(crate) fn fresh(revision: &str) -> Option<pb::Consistency> {
    let requirement = pb::consistency::Requirement::AtLeastAsFresh(revision.to_owned());
    Some(pb::Consistency { requirement: Some(requirement) })
}

impl Server {
    pub(crate) async fn ask(&self, request: pb::CheckSendRequest) -> pb::CheckSendResponse {
        self.policy().check_send(request).await.unwrap().into_inner()
    }

    /// The reason of an answer; an ALLOW and a DENY never share one.
    pub(crate) async fn reason(&self, request: pb::CheckSendRequest) -> pb::Reason {
        self.ask(request).await.reason()
    }

    pub(crate) async fn contact_of(&self, sender: &str, recipient: &str) -> pb::Contact {
        let (sender, recipient) = (sender.to_owned(), recipient.to_owned());
        let request = pb::GetContactRequest { sender, recipient, consistency: None };
        self.consent().get_contact(request).await.unwrap().into_inner().contact.unwrap()
    }

    pub(crate) async fn contact(&self, recipient: &str) -> pb::Contact {
        self.contact_of(SENDER, recipient).await
    }

    pub(crate) async fn entries(&self, recipient: &str) -> Vec<pb::ConsentEntry> {
        self.consent().list_consent_history(history(recipient)).await.unwrap().into_inner().entries
    }
}
