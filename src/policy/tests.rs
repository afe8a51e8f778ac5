//! Properties of decisions over whatever can be known of anybody.

mod decisions;
mod hours;
mod world;

use proptest::prelude::*;

use self::world::{World, worlds};
use super::*;
use crate::model::{Millis, contact::Standing};

/// Instants between two, where an answer that ought to hold throughout is looked at.
fn between(from: Time, to: Time) -> impl Iterator<Item = Time> {
    const LOOKS: i64 = 24;
    let step = (to.since(from).get() / LOOKS).max(1);
    (1..LOOKS).map(move |n| from + Millis::new(n * step)).filter(move |at| *at < to)
}

/// An opt-out of everything that stands against this request.
fn is_out_of_everything(world: &World, category: crate::model::Category) -> bool {
    let standing = world.contact.standing(category, world.request.topic.as_ref());
    matches!(standing, Standing::Everything(..))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn an_explained_decision_is_the_decision(world in worlds()) {
        let decided = world.decide_at(world.now);
        let explained = explain(&world.rules, &world.facts(), &world.request, world.now);
        prop_assert_eq!(explained.trace.len(), ORDER.len());
        prop_assert_eq!(decided, Verdict { trace: Vec::new(), ..explained });
    }

    #[test]
    fn retry_at_is_the_first_instant_that_is_allowed(world in worlds()) {
        let verdict = world.decide_at(world.now);
        prop_assert!(!verdict.allowed || verdict.retry_at.is_none());
        if let Some(retry_at) = verdict.retry_at {
            prop_assert!(retry_at > world.now);
            prop_assert!(world.decide_at(retry_at).allowed);
            prop_assert!(!world.decide_at(retry_at - Millis::new(1)).allowed);
            for at in between(world.now, retry_at) {
                prop_assert!(!world.decide_at(at).allowed, "allowed at {} already", at);
            }
        }
    }

    #[test]
    fn without_retry_at_time_alone_changes_nothing(world in worlds()) {
        let verdict = world.decide_at(world.now);
        if !verdict.allowed && verdict.retry_at.is_none() {
            for at in between(world.now, world.now + Millis::days(3)) {
                prop_assert!(!world.decide_at(at).allowed, "allowed at {}", at);
            }
            for at in between(world.now, world.now + Millis::days(90)) {
                prop_assert!(!world.decide_at(at).allowed, "allowed at {}", at);
            }
        }
    }

    #[test]
    fn who_is_out_of_everything_gets_nothing_but_the_confirmation(world in worlds()) {
        let mut world = world;
        // With A04 in shadow mode it is not enforced, which is what shadow mode is for.
        world.rules.shadow = world.rules.shadow.iter().filter(|rule| *rule != RuleId::A04).collect();
        if !is_out_of_everything(&world, world.request.category) {
            return Ok(());
        }
        let exception = world.rules.reply_after_opt_out && world.request.kind == Kind::FreeForm;
        let about_consent = world.request.kind.is_about_consent();
        let verdict = world.decide_at(world.now);
        if verdict.allowed && !exception && !about_consent {
            prop_assert!(!is_out_of_everything(&world, world.request.category), "{:?}", verdict);
        }
        if verdict.allowed && world.request.kind == Kind::OptInPrompt {
            prop_assert_eq!(world.contact.everything_out(), None);
        }
    }

    #[test]
    fn the_exception_for_replies_needs_a_message_after_the_opt_out(world in worlds()) {
        let mut world = world;
        world.rules.shadow = RuleSet::default();
        world.rules.reply_after_opt_out = true;
        world.request.kind = Kind::FreeForm;
        if let Standing::Everything(_, out) =
            world.contact.standing(world.request.category, world.request.topic.as_ref())
            && world.decide_at(world.now).allowed
        {
            prop_assert!(world.last_inbound.is_some_and(|wrote| wrote > out.at));
        }
    }

    #[test]
    fn a_rule_in_shadow_mode_never_turns_a_yes_into_a_no(world in worlds(), n in 0..29_usize) {
        let rule = RuleId::ALL[n];
        let before = world.decide_at(world.now);
        let mut world = world;
        world.rules.shadow = world.rules.shadow.with(rule);
        let after = world.decide_at(world.now);
        prop_assert!(!before.allowed || after.allowed);
    }

    #[test]
    fn an_unknown_sender_sends_nothing(world in worlds()) {
        let mut world = world;
        world.sender = None;
        world.rules.shadow = RuleSet::default();
        let verdict = world.decide_at(world.now);
        prop_assert_eq!((verdict.allowed, verdict.reason), (false, Reason::UnknownSender));
        prop_assert_eq!((verdict.rule, verdict.retry_at), (RuleId::A01, None));
    }

    #[test]
    fn a_free_form_message_goes_out_in_a_window_only(world in worlds()) {
        let mut world = world;
        world.request.kind = Kind::FreeForm;
        let verdict = world.decide_at(world.now);
        let shadowed = world.rules.shadow.contains(RuleId::A09);
        prop_assert!(!verdict.allowed || shadowed || verdict.window_expires_at.is_some_and(|end| end > world.now));
    }

    #[test]
    fn a_template_goes_out_on_an_opt_in_or_on_a_window_that_is_set_to_do(world in worlds()) {
        let mut world = world;
        world.request.kind = Kind::Template;
        world.rules.shadow = RuleSet::default();
        let verdict = world.decide_at(world.now);
        if verdict.allowed && world.rules.window_covers_templates.is_empty() {
            prop_assert_eq!(verdict.reason, Reason::OptedIn);
            let is_covered = |category| {
                let coverage = world.contact.coverage(category, world.request.topic.as_ref(), world.now);
                matches!(coverage, crate::model::contact::Coverage::Covered(..))
            };
            prop_assert!(crate::model::Category::ALL.into_iter().any(is_covered));
        }
    }

    #[test]
    fn no_template_goes_to_somebody_who_declined_what_it_is(world in worlds()) {
        let mut world = world;
        world.request.kind = Kind::Template;
        world.rules.shadow = RuleSet::default();
        if world.contact.decline_of(world.request.category, world.request.topic.as_ref()).is_some() {
            prop_assert!(!world.decide_at(world.now).allowed);
        }
    }

    #[test]
    fn a_denial_names_the_first_rule_of_the_trace_that_denies(world in worlds()) {
        let explained = explain(&world.rules, &world.facts(), &world.request, world.now);
        let first = explained.trace.iter().find(|step| step.outcome == Outcome::Deny);
        prop_assert_eq!(explained.allowed, first.is_none());
        if let Some(first) = first {
            let mismatch = explained.reason == Reason::CategoryMismatch;
            prop_assert!(mismatch || (first.rule, first.reason) == (explained.rule, Some(explained.reason)));
        }
    }
}
