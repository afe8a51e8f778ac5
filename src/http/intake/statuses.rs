//! What became of our messages: what it says of the person and of the account, then the counts.

use super::{Intake, main_of, restricted_by};
use crate::{
    gate::{DeliveryEvent, GateError, Signal, Who},
    http::payload::{DeliveryStatus, Person, restricts},
    model::{Category, Time},
    quality::{FailureClass, Happened},
};

/// A status without whom it is about.
pub(super) struct Told {
    pub(super) message_id: String,
    pub(super) status: DeliveryStatus,
    pub(super) at: Time,
    pub(super) errors: Vec<u32>,
    pub(super) category: Option<Category>,
    pub(super) callback_data: Option<String>,
}

impl Intake<'_> {
    pub(super) async fn status(&self, person: Option<&Person>, told: Told) -> Result<(), GateError> {
        let Told { message_id, status, at, errors, category, callback_data } = told;
        let mut signals = Vec::new();
        let mut restriction = None;
        if matches!(status, DeliveryStatus::Delivered | DeliveryStatus::Read | DeliveryStatus::Played) {
            signals.push(Signal::Alive);
        }
        for code in &errors {
            self.gate.metrics().webhooks.disagreed(*code);
            signals.extend(Signal::of_error(*code, &message_id));
            // A paused template is not named by the status; its own webhook does.
            if restricts(*code) {
                restriction = Some(restricted_by(*code, at));
            }
        }
        if let Some(person) = person.filter(|_| !signals.is_empty()) {
            let who = Who { key: message_id.clone(), ..self.who(person, at).await? };
            for signal in signals {
                self.gate.record_signal(&who, &signal).await?;
            }
        }
        if let Some(restriction) = restriction {
            self.account(restriction).await?;
        }
        let Some(happened) = happened(status, &errors) else { return Ok(()) };
        let event = DeliveryEvent {
            message_id,
            happened,
            code: 0,
            recipient: person.and_then(main_of),
            at: Some(at),
            template: None,
            category,
            topic: None,
            reservation: callback_data,
        };
        let sender = self.sender(at).await?;
        let profile = self.gate.directory().as_told(&sender);
        self.gate.count_events(&profile, &[event]).await.map(drop)
    }
}

/// What a status tells of its message.
fn happened(status: DeliveryStatus, errors: &[u32]) -> Option<Happened> {
    Some(match status {
        DeliveryStatus::Sent => Happened::Sent,
        DeliveryStatus::Delivered => Happened::Delivered,
        DeliveryStatus::Read | DeliveryStatus::Played => Happened::Read,
        DeliveryStatus::Failed => {
            Happened::Failed(errors.first().map_or(FailureClass::Other, |code| FailureClass::of_code(*code)))
        }
        DeliveryStatus::Deleted => return None,
    })
}
