//! Rules about the customer service window: A08 to A10.

use super::{
    Facts, Kind, Obligation, Reason, Rules,
    case::{Case, Finding, Notes},
};
use crate::model::Time;

/// The end of the window, while it is open: the last inbound message's own time and 24 hours, less the margin. At
/// exactly that instant it is closed. The platform's word that it is closed (131047) holds until the person writes again.
#[must_use]
pub fn open_until(rules: &Rules, facts: &Facts<'_>, now: Time) -> Option<Time> {
    let wrote = facts.last_inbound?;
    if facts.registers.window_closed.is_some_and(|closed| closed >= wrote) {
        return None;
    }
    let end = wrote + Rules::WINDOW - rules.window_margin;
    (now < end).then_some(end)
}

/// A08: a free-form message goes out while the window is open.
pub(super) fn reply_in_window(case: &Case<'_>, notes: &mut Notes) -> Finding {
    notes.note_some("last_inbound_at", case.facts.last_inbound);
    notes.note_some("window_expires_at", case.window_end);
    notes.note_some("closed_by_platform_at", case.facts.registers.window_closed);
    match (case.request.kind, case.window_end) {
        (Kind::FreeForm, Some(_)) => Finding::Ground(Reason::WindowOpen),
        (Kind::FreeForm, None) => Finding::Pass,
        (_, Some(_)) if case.is(Kind::Template) && case.consent_not_needed() => {
            Finding::Ground(Reason::WindowOpen)
        }
        (Kind::Template | Kind::OptInPrompt | Kind::OptInConfirmation | Kind::OptOutConfirmation, _) => {
            Finding::NotApplicable
        }
    }
}

/// A09: without a window only a template may go out.
pub(super) fn template_required(case: &Case<'_>, _: &mut Notes) -> Finding {
    match (case.request.kind, case.window_end) {
        (Kind::FreeForm, None) => Finding::deny(Reason::TemplateRequired).or_else(Obligation::UseTemplate),
        (Kind::FreeForm, Some(_)) => Finding::Pass,
        (Kind::Template | Kind::OptInPrompt | Kind::OptInConfirmation | Kind::OptOutConfirmation, _) => {
            Finding::NotApplicable
        }
    }
}

/// A10: an automated reply offers a way to a human. Templates are notifications, not replies.
pub(super) fn escalation(case: &Case<'_>, notes: &mut Notes) -> Finding {
    if !case.is(Kind::FreeForm) || !case.rules.escalation_required {
        return Finding::NotApplicable;
    }
    notes.note("automated", case.request.automated);
    notes.note("human_escalation", case.request.human_escalation);
    if case.request.automated && !case.request.human_escalation {
        Finding::deny(Reason::EscalationRequired)
    } else {
        Finding::Pass
    }
}
