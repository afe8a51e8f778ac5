//! Rules about templates and categories: A11 to A13.

use super::{
    Kind, Reason,
    case::{Case, Finding, Notes},
    rules::DatedPause,
};
use crate::{
    model::{Category, Phone, Recipient, Time},
    numbering,
};

/// A11: the template is approved and not paused or disabled. One that nobody told sendgate about passes, unless the
/// account's templates were listed or the setting asks for known ones.
pub(super) fn sendable(case: &Case<'_>, notes: &mut Notes) -> Finding {
    let Some(sender) = case.sender() else { return Finding::NotApplicable };
    if case.request.template.is_none() {
        let required = case.is(Kind::Template) && case.rules.require_known_templates;
        notes.note("template_named", false);
        return if required { Finding::deny(Reason::TemplateNotSendable) } else { Finding::NotApplicable };
    }
    match sender.template.known.and_then(|template| template.status) {
        Some(status) => {
            notes.note("template_status", status.word());
            if status.is_sendable() { Finding::Pass } else { Finding::deny(Reason::TemplateNotSendable) }
        }
        None => {
            notes.note("template_known", false);
            let required = case.rules.require_known_templates || sender.template.listed;
            if required { Finding::deny(Reason::TemplateNotSendable) } else { Finding::Pass }
        }
    }
}

/// A12: which category decides. The decision itself is taken by the rules that see it.
pub(super) fn category(case: &Case<'_>, notes: &mut Notes) -> Finding {
    notes.note("asked", case.request.category.word());
    notes.note("decides", case.category.word());
    notes.note_some("changes_at", case.category_changes_at());
    if case.request.template.is_some() { Finding::Pass } else { Finding::NotApplicable }
}

/// A13: the category is permitted for this sender, and by the platform's dated rules.
pub(super) fn category_permitted(case: &Case<'_>, notes: &mut Notes) -> Finding {
    if case.request.kind.is_about_consent() {
        return Finding::NotApplicable;
    }
    let category = case.category;
    if category != Category::Service && !case.rules.permitted_categories.contains(&category) {
        notes.note("not_permitted", category.word());
        return Finding::deny(Reason::CategoryNotPermitted);
    }
    if !case.is(Kind::Template) {
        return Finding::Pass;
    }
    match category {
        Category::Marketing => not_paused(case, notes),
        Category::Authentication if number(case).is_none() => {
            notes.note("number_known", false);
            Finding::deny(Reason::CategoryNotPermitted)
        }
        Category::Authentication | Category::Utility | Category::Service => Finding::Pass,
    }
}

fn not_paused(case: &Case<'_>, notes: &mut Notes) -> Finding {
    let in_force = |pause: &&DatedPause| {
        pause.from <= case.now
            && pause.until.is_none_or(|until| case.now < until)
            && in_country(case, &pause.country)
    };
    let ends =
        case.rules.marketing_pauses.iter().filter(in_force).map(|pause| pause.until.unwrap_or(Time::MAX));
    match ends.max() {
        None => Finding::Pass,
        Some(end) => {
            let end = Some(end).filter(|end| *end != Time::MAX);
            notes.note("marketing_paused", true);
            notes.note_some("paused_until", end);
            Finding::deny_until(Reason::CategoryNotPermitted, end)
        }
    }
}

/// Where a person lives as far as the platform's rules go: by number, and by the user ID's country while no number is
/// known.
fn in_country(case: &Case<'_>, country: &str) -> bool {
    match (number(case), &case.request.recipient) {
        (Some(phone), _) => country == "US" && numbering::is_united_states(phone.digits()),
        (None, Recipient::User(id)) => {
            id.reveal().split_once('.').is_some_and(|(prefix, _)| prefix == country)
        }
        (None, Recipient::Phone(_)) => false,
    }
}

fn number(case: &Case<'_>) -> Option<Phone> {
    case.request.recipient.phone().or(case.contact().phone)
}
