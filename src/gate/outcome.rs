//! What a write came to: whether a statement stands after it, what stands against it, and what is due. Pure.

use crate::{
    attest::Content,
    model::{
        Category, Contact, Scope, ScopeSet, Time,
        contact::{Standing, Status},
        evidence::Finding,
        statement::Voice,
    },
    policy::{Obligation, Obligations, Rules, unreachable},
};

/// Scopes of one contact; every write and every decision reads them all.
pub(super) const SCOPES_MAX: usize = 256;

/// True when a statement would make a contact hold more scopes than that.
pub(super) fn too_many_scopes(contact: &Contact, scope: &ScopeSet) -> bool {
    let new = scope.scopes().iter().filter(|scope| contact.scopes.get(scope).is_none()).count();
    new > 0 && contact.scopes.len() + new > SCOPES_MAX
}

/// What is due after a write: confirmations, SMS for as long as A03 denies, and a look at an ambiguous refusal.
pub(super) fn due(rules: &Rules, contact: &Contact, now: Time) -> Obligations {
    Obligations::default()
        .with_if(contact.opt_in_confirmation_due(now), Obligation::SendOptInConfirmation)
        .with_if(contact.opt_out_confirmation_due(), Obligation::SendOptOutConfirmation)
        .with_if(unreachable(rules, contact, now).is_some(), Obligation::FallBackToSms)
        .with_if(contact.hold().is_some(), Obligation::AskAPerson)
}

/// True when an opt-in of this scope, said at this time, counts: nothing later or stronger stands against any of it. A
/// decline is the person's own word: as long as it stands, nothing that the business asserts of what they declined counts.
pub(super) fn opt_in_stands(contact: &Contact, scope: &ScopeSet, at: Time, now: Time) -> bool {
    scope.scopes().iter().all(|scope| match contact.status(scope, now) {
        Status::OptedIn(_, opt_in) | Status::Expired(_, opt_in) => {
            opt_in.at >= at && !is_overruled(contact, scope) && contact.decline_over(scope).is_none()
        }
        Status::OptedOut(..) | Status::Nothing => false,
    })
}

/// A wider "no", WhatsApp's own stop and a hold overrule what the business asserts of a part.
fn is_overruled(contact: &Contact, scope: &Scope) -> bool {
    let standing = match scope {
        Scope::Everything => return false,
        Scope::Category(category) => contact.standing(*category, None),
        Scope::Topic(topic) => contact.standing(Category::Service, Some(topic)),
    };
    standing != Standing::Open
}

/// What stands against an opt-in.
pub(super) fn standing_against(contact: &Contact, scope: &ScopeSet, now: Time) -> Option<(Scope, Status)> {
    let own = scope.scopes().iter().find_map(|scope| match contact.status(scope, now) {
        status @ Status::OptedOut(..) => Some((scope.clone(), status)),
        Status::OptedIn(..) | Status::Expired(..) | Status::Nothing => None,
    });
    own.or_else(|| {
        contact.everything_out().map(|(voice, out)| (Scope::Everything, Status::OptedOut(voice, out)))
    })
}

/// What an opt-in to this scope leaves refused: narrower opt-outs, and where it may be about marketing, WhatsApp's own stop
/// and a hold. Whoever reads that an opt-in applied must not read that everything it names may be sent.
pub(super) fn stays_refused(contact: &Contact, scope: &ScopeSet) -> Vec<Finding> {
    let has = |wanted: fn(&Scope) -> bool| scope.scopes().iter().any(wanted);
    let of_topics = has(|scope| matches!(scope, Scope::Topic(_)));
    let of_categories = has(|scope| matches!(scope, Scope::Category(_)));
    let marketing = scope.is_everything()
        || of_topics
        || scope.categories().any(|category| category == Category::Marketing);
    let declined = contact.declines().map(|(scope, _)| scope);
    let narrower = contact.refused_scopes().chain(declined).filter(|refused| match refused {
        Scope::Everything => false,
        Scope::Category(_) => scope.is_everything(),
        Scope::Topic(_) => scope.is_everything() || of_categories,
    });
    let mut narrower: Vec<&str> = narrower.map(Scope::word).collect();
    narrower.sort_unstable();
    narrower.dedup();
    let finding = |message: String| Finding { rule: "A07", field: "scope", message };
    let mut findings = Vec::new();
    if !narrower.is_empty() {
        let what = narrower.join(", ");
        findings.push(finding(format!("{what}: still refused; only an opt-in to exactly that lifts it")));
    }
    if let Some(at) = contact.platform_stop().filter(|_| marketing) {
        findings.push(finding(format!(
            "marketing: WhatsApp's own stop of {at} stands, until the person resumes there or opts in to marketing"
        )));
    }
    if let Some(at) = contact.hold().filter(|_| marketing) {
        findings
            .push(finding(format!("marketing: held since an unclear refusal of {at}, until it is settled")));
    }
    findings
}

/// True when a later opt-in to a part of a scope lifted a "no" to it there.
fn is_lifted_in_part(contact: &Contact, scope: &Scope, voice: Voice, at: Time) -> bool {
    let is_part = |other: &Scope| match scope {
        Scope::Everything => *other != Scope::Everything,
        Scope::Category(_) => matches!(other, Scope::Topic(_)),
        Scope::Topic(_) => false,
    };
    let parts = contact.scopes.iter().filter(|(other, _)| is_part(other));
    // What the person refused only they permit again.
    let lifts = |by: Voice| by == Voice::Own || voice == Voice::Asserted;
    parts.flat_map(|(_, registers)| registers.ins()).any(|(by, opt_in)| lifts(by) && opt_in.at > at)
}

/// True when an opt-out said at this time counts: no later opt-in lifted any of it.
pub(super) fn opt_out_stands(contact: &Contact, content: &Content, at: Time) -> bool {
    match content {
        Content::PlatformStop(_) => contact.platform_stop().is_some_and(|stop| stop >= at),
        Content::OptOut { scope, channel, .. } => {
            let voice = channel.voice();
            scope.scopes().iter().all(|scope| {
                let registers = contact.scopes.get(scope);
                let stands = registers.is_some_and(|registers| {
                    let standing = registers.standing_outs();
                    let out = if voice == Voice::Asserted { standing.asserted_out } else { standing.own_out };
                    out.is_some_and(|out| out.at >= at)
                });
                stands && !is_lifted_in_part(contact, scope, voice, at)
            })
        }
        Content::OptIn { .. }
        | Content::PlatformResume
        | Content::Held(_)
        | Content::HoldSettled
        | Content::Prompt { .. }
        | Content::Confirmation { .. }
        | Content::Block(_)
        | Content::Linked { .. }
        | Content::Erased { .. } => true,
    }
}
