//! Rules about what was said: A03 to A07, A14 to A16.

use super::{
    Kind, Obligation, Reason, Rules,
    case::{Case, Finding, Notes},
};
use crate::model::{
    Time, Voice,
    contact::{Contact, Coverage, Standing, Status},
};

/// That somebody is believed not to be on WhatsApp.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unreachable {
    /// Until when, without a sign of life.
    pub until: Time,
    /// Since when.
    pub since: Time,
}

/// A03: the recipient is not known to be off WhatsApp. Forgotten after a time, or at any sign of life.
pub(super) fn reachable(case: &Case<'_>, notes: &mut Notes) -> Finding {
    match unreachable(case.rules, case.contact(), case.now) {
        None => Finding::Pass,
        Some(Unreachable { until, .. }) => {
            notes.note("believed_until", until);
            Finding::deny_until(Reason::NotOnWhatsapp, Some(until)).or_else(Obligation::FallBackToSms)
        }
    }
}

/// Whether somebody is believed not to be on WhatsApp: since when they seem gone, and until when that is believed.
#[must_use]
pub fn unreachable(rules: &Rules, contact: &Contact, now: Time) -> Option<Unreachable> {
    let reach = contact.reach;
    let believed = |seen: Option<Time>, length| {
        let since = seen.filter(|seen| reach.alive.is_none_or(|alive| alive <= *seen))?;
        Some(Unreachable { until: since + length, since }).filter(|belief| now < belief.until)
    };
    let gone = believed(reach.not_on_whatsapp, rules.not_on_whatsapp_for);
    gone.max(believed(reach.undeliverable, rules.undeliverable_for))
}

/// A04: the recipient has not opted out of everything. One confirmation of the opt-out passes.
pub(super) fn not_opted_out(case: &Case<'_>, notes: &mut Notes) -> Finding {
    let contact = case.contact();
    if case.is(Kind::OptOutConfirmation) {
        return confirmation_of_opt_out(contact, notes);
    }
    let out = match case.request.kind {
        // An opt-in to a part, said after the opt-out of everything, is confirmed like any other.
        Kind::OptInConfirmation if contact.opt_in_confirmation_due(case.now) => None,
        Kind::OptInPrompt | Kind::OptInConfirmation => contact.everything_out(),
        Kind::Template | Kind::FreeForm | Kind::OptOutConfirmation => match case.standing() {
            Standing::Everything(voice, out) => Some((voice, out)),
            Standing::Open | Standing::Narrow(..) | Standing::Platform(_) | Standing::Held(_) => None,
        },
    };
    let Some((voice, out)) = out else { return Finding::Pass };
    notes.note("opted_out_at", out.at);
    notes.note("own_word", voice == Voice::Own);
    if wrote_since(case, out.at) {
        return Finding::Pass;
    }
    let denial = Finding::deny(Reason::OptedOut);
    if contact.opt_out_confirmation_due() {
        denial.or_else(Obligation::SendOptOutConfirmation)
    } else {
        denial
    }
}

fn confirmation_of_opt_out(contact: &Contact, notes: &mut Notes) -> Finding {
    let due = contact.opt_out_confirmation_due();
    notes.note("confirmation_due", due);
    notes.note_some("confirmed_at", contact.confirmed_out);
    if due {
        return Finding::Ground(Reason::OptOutConfirmation);
    }
    if contact.everything_out().is_some() {
        return Finding::deny(Reason::OptedOut);
    }
    // WhatsApp tells the person of its own stop; an unclear refusal is for a person to read; who is on an imported list
    // was out before.
    let narrow = contact.refuses_something();
    let untold = narrow && contact.confirmed_out.is_none();
    if untold || !narrow && (contact.platform_stop().is_some() || contact.hold().is_some()) {
        return Finding::deny(Reason::CategoryOptedOut);
    }
    Finding::deny(Reason::AlreadyConfirmed)
}

/// A05: whether the exception of `reply_after_opt_out` is what let A04 pass.
pub(super) fn wrote_again(case: &Case<'_>, notes: &mut Notes) -> Finding {
    let Standing::Everything(_, out) = case.standing() else { return Finding::NotApplicable };
    notes.note("reply_after_opt_out", case.rules.reply_after_opt_out);
    notes.note_some("last_inbound_at", case.facts.last_inbound);
    if wrote_since(case, out.at) { Finding::Pass } else { Finding::NotApplicable }
}

/// The person wrote again after opting out, in a window that is open, and replies to that are permitted.
fn wrote_since(case: &Case<'_>, out: Time) -> bool {
    case.rules.reply_after_opt_out
        && case.is(Kind::FreeForm)
        && case.window_end.is_some()
        && case.facts.last_inbound.is_some_and(|wrote| wrote > out)
}

/// A06: neither blocked the other. The person's block ends with a newer opt-in of their own.
pub(super) fn not_blocked(case: &Case<'_>, notes: &mut Notes) -> Finding {
    let blocks = case.facts.registers;
    let by_business =
        blocks.blocked_by_business.filter(|at| blocks.unblocked_by_business.is_none_or(|u| u <= *at));
    if let Some(at) = by_business {
        notes.note("blocked_by_business_at", at);
        return Finding::deny(Reason::BlockedByBusiness);
    }
    let opted_in = case.contact().latest_own_opt_in(case.category, case.request.topic.as_ref());
    let by_user = blocks.blocked_by_user.max(blocks.reported_by_user);
    match by_user.filter(|at| opted_in.is_none_or(|opted_in| opted_in <= *at)) {
        Some(at) if case.business_initiated() => {
            notes.note("blocked_or_reported_at", at);
            Finding::deny(Reason::BlockedByUser)
        }
        Some(_) | None => Finding::Pass,
    }
}

/// A07: the recipient has not opted out of this category or topic, here or on the platform.
pub(super) fn category_not_opted_out(case: &Case<'_>, notes: &mut Notes) -> Finding {
    let at = match case.request.kind {
        Kind::OptInConfirmation | Kind::OptOutConfirmation => return Finding::NotApplicable,
        Kind::OptInPrompt | Kind::Template | Kind::FreeForm => match case.standing() {
            Standing::Open | Standing::Everything(..) => return Finding::Pass,
            Standing::Narrow(_, out) => {
                notes.note("opted_out_at", out.at);
                return Finding::deny(Reason::CategoryOptedOut);
            }
            Standing::Platform(at) => at,
            Standing::Held(at) => {
                notes.note("held_at", at);
                return Finding::deny(Reason::CategoryOptedOut).or_else(Obligation::AskAPerson);
            }
        },
    };
    notes.note("platform_stop_at", at);
    Finding::deny(Reason::CategoryOptedOut)
}

/// A14: outside the window a template needs an opt-in that covers it.
pub(super) fn opted_in_outside_window(case: &Case<'_>, notes: &mut Notes) -> Finding {
    if case.window_end.is_some() { Finding::NotApplicable } else { opted_in(case, notes) }
}

/// A15: inside it too, since writing to a business is no opt-in to its notifications, unless set otherwise.
pub(super) fn opted_in_inside_window(case: &Case<'_>, notes: &mut Notes) -> Finding {
    let Some(end) = case.window_end else { return Finding::NotApplicable };
    match opted_in(case, notes) {
        // Outside the window A14 is asked instead, which may be in shadow mode.
        Finding::Deny { reason, remedy, .. } => Finding::Deny { reason, until: Some(end), remedy },
        other => other,
    }
}

fn opted_in(case: &Case<'_>, notes: &mut Notes) -> Finding {
    if case.consent_not_needed() {
        return Finding::NotApplicable;
    }
    match case.coverage_of_kind() {
        Coverage::None => Finding::deny(Reason::NoOptIn).or_else(Obligation::RequestOptIn),
        Coverage::Expired(voice, opt_in) | Coverage::Covered(voice, opt_in) => {
            notes.note("opted_in_at", opt_in.at);
            notes.note("own_word", voice == Voice::Own);
            if case.is(Kind::Template) { Finding::Ground(Reason::OptedIn) } else { Finding::Pass }
        }
    }
}

/// A16: the opt-in has not expired, and its evidence suffices.
pub(super) fn opt_in_sound(case: &Case<'_>, notes: &mut Notes) -> Finding {
    if case.consent_not_needed() {
        return Finding::NotApplicable;
    }
    match case.coverage_of_kind() {
        Coverage::None => Finding::NotApplicable,
        Coverage::Expired(_, opt_in) => {
            notes.note_some("expired_at", opt_in.expires_at);
            Finding::deny(Reason::OptInExpired).or_else(Obligation::RequestOptIn)
        }
        Coverage::Covered(_, opt_in) => {
            notes.note_some("expires_at", opt_in.expires_at);
            if notes.are_kept() {
                notes.note("weak_evidence", opt_in.weak.rules().collect::<Vec<_>>().join(" "));
            }
            if case.rules.strict_evidence && !opt_in.weak.is_none() {
                Finding::deny(Reason::OptInInsufficient).or_else(Obligation::RequestOptIn)
            } else {
                Finding::Pass
            }
        }
    }
}

impl Case<'_> {
    /// True where no opt-in is asked for: messages about consent have rules of their own, replies in the window need
    /// none unless set so, and a setting may let the window stand in for the opt-in.
    pub(super) fn consent_not_needed(&self) -> bool {
        match self.request.kind {
            Kind::FreeForm => !self.rules.free_form_requires_opt_in,
            Kind::Template => {
                self.window_end.is_some() && self.rules.window_covers_templates.contains(&self.category)
            }
            Kind::OptInPrompt | Kind::OptInConfirmation | Kind::OptOutConfirmation => true,
        }
    }

    /// The opt-in that this kind of message asks for: one that covers it, or for a reply any that stands.
    fn coverage_of_kind(&self) -> Coverage {
        match (self.coverage(), self.request.kind) {
            (Coverage::None, Kind::FreeForm) => {
                let any = self.contact().scopes.keys().find_map(|scope| {
                    match self.contact().status(scope, self.now) {
                        Status::OptedIn(voice, opt_in) => Some(Coverage::Covered(voice, opt_in)),
                        Status::Expired(..) | Status::OptedOut(..) | Status::Nothing => None,
                    }
                });
                any.unwrap_or(Coverage::None)
            }
            (coverage, _) => coverage,
        }
    }
}
