//! Rules about the opt-in conversation: A17 to A19.

use super::{
    Kind, Obligation, Reason,
    case::{Case, Finding, Notes},
};
use crate::model::{
    Time,
    contact::{Coverage, Status},
};

/// A17: no opt-in prompt is unanswered or declined. A decline denies what that prompt asked for, whatever the business
/// asserts later, and another prompt; an open prompt denies what no opt-in covers.
pub(super) fn not_pending(case: &Case<'_>, notes: &mut Notes) -> Finding {
    let contact = case.contact();
    if !matches!(case.request.kind, Kind::Template | Kind::OptInPrompt) {
        return Finding::NotApplicable;
    }
    let declined = if case.is(Kind::OptInPrompt) { contact.decline() } else { case.declined() };
    if let Some(at) = declined {
        notes.note("declined_at", at);
        return Finding::deny(Reason::OptInDeclined);
    }
    match contact.open_prompt() {
        Some(at) if case.is(Kind::Template) && case.coverage() == Coverage::None => {
            notes.note("prompted_at", at);
            Finding::deny(Reason::OptInPending)
        }
        Some(_) | None => Finding::Pass,
    }
}

/// A18: an opt-in prompt goes out only where enabled, to someone who said neither yes nor no, on WhatsApp's own switch
/// or otherwise, and once every 24 hours until answered.
pub(super) fn may_prompt(case: &Case<'_>, notes: &mut Notes) -> Finding {
    if !case.is(Kind::OptInPrompt) {
        return Finding::NotApplicable;
    }
    notes.note("enabled", case.rules.opt_in_prompt);
    if !case.rules.opt_in_prompt {
        return Finding::deny(Reason::OptInPromptDisabled);
    }
    let contact = case.contact();
    if contact.refused_scopes().next().is_some() || contact.platform_stop().is_some() {
        return Finding::deny(Reason::CategoryOptedOut);
    }
    if contact.hold().is_some() {
        return Finding::deny(Reason::CategoryOptedOut).or_else(Obligation::AskAPerson);
    }
    let opt_ins = contact.scopes.keys().filter_map(|scope| match contact.status(scope, case.now) {
        Status::OptedIn(_, opt_in) => Some(opt_in.expires_at.unwrap_or(Time::MAX)),
        Status::Expired(..) | Status::OptedOut(..) | Status::Nothing => None,
    });
    if let Some(last_end) = opt_ins.max() {
        let until = Some(last_end).filter(|end| *end < Time::MAX);
        return Finding::deny_until(Reason::AlreadyOptedIn, until);
    }
    notes.note_some("prompted_at", contact.prompt.sent());
    let again_at = contact.prompt.sent().map(|sent| sent + case.rules.opt_in_prompt_again_after);
    match again_at.filter(|again_at| case.now < *again_at) {
        Some(again_at) => Finding::deny_until(Reason::OptInPromptTooSoon, Some(again_at)),
        None => Finding::Ground(Reason::OptInPrompt),
    }
}

/// A19: an opt-in confirmation goes out once per opt-in.
pub(super) fn confirmation_due(case: &Case<'_>, notes: &mut Notes) -> Finding {
    let contact = case.contact();
    let due = contact.opt_in_confirmation_due(case.now);
    notes.note("confirmation_due", due);
    notes.note_some("confirmed_at", contact.confirmed_in);
    match (case.is(Kind::OptInConfirmation), due) {
        (false, _) => Finding::NotApplicable,
        (true, true) => Finding::Ground(Reason::OptedIn),
        (true, false) if contact.latest_opt_in().is_none() => Finding::deny(Reason::NoOptIn),
        (true, false) => Finding::deny(Reason::AlreadyConfirmed),
    }
}
