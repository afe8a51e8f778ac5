//! What people said to the business by a payload that names none of its numbers. Consent is the business's, so that a refusal
//! needs no number: it counts for whoever has the account, and where nobody knows that, for the only business there is.
//! Nothing else is taken from such a payload.

use super::{super::payload::DeliveryStatus, Item, Origin, Part, PreferenceChange, Salvaged, What, text_of};
use crate::gate::Gate;

/// The part as said to each business that it may be meant for; itself where it names a number, or cannot be meant.
pub(super) fn addressed(gate: &Gate, part: Part) -> Vec<Part> {
    let origin = match &part {
        Part::Salvaged(salvaged) => &salvaged.origin,
        Part::Item(item) => &item.origin,
    };
    if origin.phone_number_id.is_some() || origin.display_number.is_some() {
        return vec![part];
    }
    let senders = gate.one_of_each_business(origin.account.as_deref());
    let to = |name| Origin { phone_number_id: Some(name), ..origin.clone() };
    let refusals: Option<Vec<_>> = senders.into_iter().map(|name| refusal(&part, to(name))).collect();
    refusals.filter(|refusals| !refusals.is_empty()).unwrap_or_else(|| vec![part])
}

/// What of a part can be a refusal.
fn refusal(part: &Part, origin: Origin) -> Option<Part> {
    let what = match part {
        Part::Salvaged(salvaged) => return Some(Part::Salvaged(Salvaged { origin, ..salvaged.clone() })),
        Part::Item(item) => &item.what,
    };
    match what {
        What::Inbound { from, message_id, at, kind, text, button, button_text, stray, .. } => {
            Some(Part::Salvaged(Salvaged {
                origin,
                from: from.clone(),
                message_id: message_id.clone(),
                at: *at,
                text: text_of(*kind, text.clone()),
                button: button.clone().unwrap_or_default(),
                button_text: button_text.clone().unwrap_or_default(),
                stray: stray.clone(),
            }))
        }
        What::Preference { change: PreferenceChange::Stop, .. } => {
            Some(Part::Item(Item { origin, what: what.clone() }))
        }
        What::Status { person: Some(_), errors, status: DeliveryStatus::Failed, .. }
            if !errors.is_empty() =>
        {
            Some(Part::Item(Item { origin, what: what.clone() }))
        }
        _ => None,
    }
}
