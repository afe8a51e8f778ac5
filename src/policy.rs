//! May this message go out?
//!
//! One synchronous function over facts that were fetched before: no I/O, no clock, no error. The order of the rules is
//! `ORDER`, below; each rule is a function of its own in the file of its family.
//!
//! - `A27` cannot deny here, where the facts are at hand: `crate::gate` denies when they could not be fetched.
//! - `A17` stands before `A14`: an unanswered or declined prompt is the more precise form of "no opt-in".
//! - `A12` has no outcome of its own: it changes the category all rules see. Where that turns an ALLOW into a DENY, the
//!   answer says so.

mod case;
mod consent;
pub mod evidence;
pub mod facts;
mod limits;
mod prompt;
pub mod request;
mod rule_id;
pub mod rules;
mod sender;
mod template;
#[cfg(test)]
mod tests;
mod timing;
mod verdict;
mod window;

pub use consent::{Unreachable, unreachable};
pub use facts::{
    Facts, Restrictions, SenderFacts, Template, TemplateCategory, TemplateFacts, TemplateStatus, Until, Usage,
};
pub use limits::{Take, Takes, Wanted, takes, wanted};
pub use request::{Kind, Request, TemplateName};
pub use rule_id::RuleId;
pub use rules::{DatedPause, JurisdictionRules, Measure, MessagingLimit, QualityRules, QuietHours, Rules};
pub use verdict::{Obligation, Obligations, Outcome, Reason, RuleSet, Step, Verdict};
pub use window::open_until as window_open_until;

use self::case::{Case, Finding, Notes};
use crate::model::Time;

type Rule = fn(&Case<'_>, &mut Notes) -> Finding;

/// The rules in the order in which the first denial wins.
const ORDER: [(RuleId, Rule); 29] = [
    (RuleId::A01, sender::known),
    (RuleId::A02, sender::unrestricted),
    (RuleId::A03, consent::reachable),
    (RuleId::A04, consent::not_opted_out),
    (RuleId::A05, consent::wrote_again),
    (RuleId::A06, consent::not_blocked),
    (RuleId::A07, consent::category_not_opted_out),
    (RuleId::A08, window::reply_in_window),
    (RuleId::A09, window::template_required),
    (RuleId::A10, window::escalation),
    (RuleId::A11, template::sendable),
    (RuleId::A12, template::category),
    (RuleId::A13, template::category_permitted),
    (RuleId::A17, prompt::not_pending),
    (RuleId::A14, consent::opted_in_outside_window),
    (RuleId::A15, consent::opted_in_inside_window),
    (RuleId::A16, consent::opt_in_sound),
    (RuleId::A18, prompt::may_prompt),
    (RuleId::A19, prompt::confirmation_due),
    (RuleId::A20, timing::quiet_hours),
    (RuleId::A21, limits::frequency),
    (RuleId::A22, limits::quality),
    (RuleId::A23, limits::messaging_limit),
    (RuleId::A24, limits::rates),
    (RuleId::A25, timing::cool_off),
    (RuleId::A26, limits::not_built),
    (RuleId::A27, sender::state_read),
    (RuleId::A28, sender::contact_of_sender),
    (RuleId::A29, sender::ground_given),
];

/// A search for `retry_at` looks at this many instants; each is the end of some denial, and there are fewer kinds of
/// those than this.
const RETRY_STEPS_MAX: usize = 16;

/// Decides one message.
#[must_use]
pub fn decide(rules: &Rules, facts: &Facts<'_>, request: &Request, now: Time) -> Verdict {
    conclude(rules, facts, request, now, &mut Notes::silent())
}

/// Decides one message and says what every rule saw.
#[must_use]
pub fn explain(rules: &Rules, facts: &Facts<'_>, request: &Request, now: Time) -> Verdict {
    conclude(rules, facts, request, now, &mut Notes::kept())
}

fn conclude(rules: &Rules, facts: &Facts<'_>, request: &Request, now: Time, notes: &mut Notes) -> Verdict {
    let case = Case::new(rules, facts, request, now);
    let mut verdict = walk(&case, notes);
    verdict.window_expires_at = case.window_end;
    if verdict.allowed {
        verdict.obligations = duties(&case);
        return verdict;
    }
    verdict.retry_at = retry_at(&case, verdict.retry_at);
    if case.category != request.category && walk(&case.as_asked(), &mut Notes::silent()).allowed {
        verdict.rule = RuleId::A12;
        verdict.reason = Reason::CategoryMismatch;
    }
    verdict
}

/// Walks the rules in order. Stops at the first denial, unless every rule is to be explained. The `retry_at` of its
/// verdict is the end of that one denial.
fn walk(case: &Case<'_>, notes: &mut Notes) -> Verdict {
    let explain = notes.are_kept();
    let mut verdict = Verdict::undecided();
    let mut decided = false;
    for (id, rule) in &ORDER {
        let id = *id;
        let finding = rule(case, notes);
        let outcome = match finding {
            _ if !id.is_built() => Outcome::NotEvaluated,
            // What closes the walk has nothing to add to a denial, or to a ground that was given.
            _ if decided && id == RuleId::A29 => Outcome::NotApplicable,
            _ if verdict.allowed && id == RuleId::A29 => Outcome::Pass,
            Finding::Pass => Outcome::Pass,
            Finding::NotApplicable => Outcome::NotApplicable,
            Finding::Ground(reason) => {
                verdict.ground(id, reason, decided);
                Outcome::Allow
            }
            Finding::Deny { .. } if case.rules.shadow.contains(id) => {
                // After the deciding rule none is asked but to be explained: both ways report the same.
                if !decided {
                    verdict.shadow_denials = verdict.shadow_denials.with(id);
                }
                Outcome::ShadowDeny
            }
            Finding::Deny { reason, until, remedy } => {
                verdict.deny(id, reason, until, remedy, decided);
                decided = true;
                Outcome::Deny
            }
        };
        if explain {
            verdict.trace.push(Step {
                rule: id,
                outcome,
                reason: outcome.speaks().then(|| finding.reason()).flatten(),
                facts: notes.take(),
            });
        } else if decided {
            break;
        }
    }
    verdict
}

/// The first instant at which the same request is allowed. `until` is the end of the denial that decided: nothing
/// before it can be allowed, except where the template's category changes in between.
fn retry_at(case: &Case<'_>, mut until: Option<Time>) -> Option<Time> {
    let mut case = *case;
    for _ in 0..RETRY_STEPS_MAX {
        let next = [until, case.category_changes_at()].into_iter().flatten().min()?;
        if next <= case.now {
            return None;
        }
        case = Case::new(case.rules, case.facts, case.request, next);
        let verdict = walk(&case, &mut Notes::silent());
        if verdict.allowed {
            return Some(next);
        }
        until = verdict.retry_at;
    }
    None
}

/// What an allowed message obliges the caller to.
fn duties(case: &Case<'_>) -> Obligations {
    let confirmation_due =
        !case.request.kind.is_about_consent() && case.contact().opt_in_confirmation_due(case.now);
    // C06. An authentication template has the platform's fixed text, which has no room for instructions.
    let program_message = case.is(Kind::Template) && case.category != crate::model::Category::Authentication;
    Obligations::default()
        .with_if(confirmation_due, Obligation::SendOptInConfirmation)
        .with_if(program_message, Obligation::IncludeOptOutInstructions)
}
