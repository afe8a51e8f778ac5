//! What people said to the business by a payload that names none of its numbers, or one of its account that nobody
//! configured. Consent is the business's, so that a refusal needs no number: it counts for whoever has the account, and
//! where a payload names no number and nobody knows its account, for the only business there is. Nothing else is taken
//! from such a payload.

use super::{super::payload::DeliveryStatus, Item, Origin, Part, PreferenceChange, Salvaged, What, text_of};
use crate::gate::Gate;

/// The part as said to each business that it may be meant for; itself where it names a number, or cannot be meant. A number
/// that nobody configured is a business of its own, and what is refused to it is refused to who has its account as well.
pub(super) fn addressed(gate: &Gate, part: Part) -> Vec<Part> {
    let origin = match &part {
        Part::Salvaged(salvaged) => &salvaged.origin,
        Part::Item(item) => &item.origin,
    };
    let names = [&origin.phone_number_id, &origin.display_number];
    let is_named = names.iter().any(|name| name.is_some());
    if names.into_iter().flatten().any(|name| gate.is_configured(name)) {
        return vec![part];
    }
    let mut senders = gate.configured_on(origin.account.as_deref());
    if senders.is_empty() {
        senders.extend(if is_named { gate.only_configured() } else { gate.only_sender() });
    }
    let to = |name| Origin { phone_number_id: Some(name), display_number: None, ..origin.clone() };
    let mut parts: Vec<_> = senders.into_iter().filter_map(|name| refusal(&part, to(name))).collect();
    if is_named || parts.is_empty() {
        parts.push(part);
    }
    parts
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
