//! Rules about the sender and its place: A01, A02, A28, and A29, which closes the walk.

use super::{
    Reason,
    case::{Case, Finding, Notes},
    facts::Until,
};
use crate::model::Time;

/// A01: the sender is configured, or auto-registration is on.
pub(super) fn known(case: &Case<'_>, notes: &mut Notes) -> Finding {
    notes.note("sender_known", case.sender().is_some());
    if case.sender().is_some() { Finding::Pass } else { Finding::deny(Reason::UnknownSender) }
}

/// A02: the platform has not disabled or restricted the account or number, as far as this kind of message goes.
pub(super) fn unrestricted(case: &Case<'_>, notes: &mut Notes) -> Finding {
    let Some(sender) = case.sender() else { return Finding::NotApplicable };
    let restrictions = sender.restrictions;
    notes.note("business_initiated", case.business_initiated());
    if restrictions.disabled {
        notes.note("disabled", true);
        return Finding::deny(Reason::SenderRestricted);
    }
    let initiated = restrictions.business_initiated.filter(|_| case.business_initiated());
    match in_force(initiated, restrictions.replies, case.now) {
        None => Finding::Pass,
        Some(until) => {
            notes.note_some("restricted_until", until.end());
            Finding::deny_until(Reason::SenderRestricted, until.end())
        }
    }
}

/// The restriction that lasts longest of those in force.
fn in_force(a: Option<Until>, b: Option<Until>, now: Time) -> Option<Until> {
    let both = a.into_iter().chain(b).filter(|until| until.in_force(now));
    both.max_by_key(|until| until.end().unwrap_or(Time::MAX))
}

/// A28: the recipient is a contact of the business, where only contacts are written to.
pub(super) fn contact_of_sender(case: &Case<'_>, notes: &mut Notes) -> Finding {
    if !case.rules.contacts_only {
        return Finding::NotApplicable;
    }
    let contact = case.contact();
    // Whoever is known has a name: an erasure takes it, and leaves only what stands against messages. A name alone is not
    // enough: a status tells it of a stranger to whom somebody tried to write.
    let named = contact.phone.is_some() || !contact.user_ids.is_empty();
    let known = case.facts.last_inbound.is_some() || contact.known.is_some() || named && contact.has_said();
    notes.note("contact", known);
    if known { Finding::Pass } else { Finding::deny(Reason::NotAContact) }
}

/// A27: the state could be read in time; otherwise no rule would be asked. Of a sender that is not known none is read.
pub(super) fn state_read(case: &Case<'_>, _: &mut Notes) -> Finding {
    if case.sender().is_some() { Finding::Pass } else { Finding::NotApplicable }
}

/// A29: nothing denied. The ground was named by the rule that gave it; a message that has none goes out only because the
/// rule that would have denied it is in shadow mode.
pub(super) fn ground_given(_: &Case<'_>, _: &mut Notes) -> Finding {
    Finding::Ground(Reason::NotEnforced)
}
