//! Single decisions that a property once found, or that no scenario can reach.

use super::super::*;
use crate::model::{
    Category, Contact, Event, Millis, OptIn, OptOut, Recipient, Scope, ScopeSet, StatementId, Voice,
    contact::SenderRegisters, statement::Weak,
};

fn at(hours: i64) -> Time {
    Time::from_seconds(1_772_409_600).unwrap() + Millis::hours(hours)
}

fn opted_in(scope: Scope, hours: i64, expires_at: Option<Time>) -> Event {
    let said = OptIn { at: at(hours), id: StatementId([1; 16]), expires_at, weak: Weak(0), method: 1 };
    Event::OptIn(Voice::Own, ScopeSet::of(vec![scope]), said)
}

fn opted_out(scope: Scope, hours: i64) -> Event {
    let said = OptOut { at: at(hours), id: StatementId([2; 16]), channel: 1 };
    Event::OptOut(Voice::Own, ScopeSet::of(vec![scope]), said)
}

fn contact(events: &[Event]) -> Contact {
    let mut contact = Contact::default();
    for event in events {
        contact.apply(event);
    }
    contact
}

fn request(kind: Kind, category: Category) -> Request {
    Request {
        recipient: Recipient::parse("447700900123").unwrap(),
        kind,
        category,
        topic: None,
        template: None,
        automated: false,
        human_escalation: false,
    }
}

fn sender(category: Option<TemplateCategory>) -> SenderFacts {
    let known = category.map(|category| Template { status: None, category: Some(category) });
    SenderFacts {
        quality: None,
        messaging_limit: None,
        restrictions: Restrictions::default(),
        template: TemplateFacts { known, listed: false },
    }
}

fn decided(rules: &Rules, sender: SenderFacts, contact: &Contact, request: &Request) -> Verdict {
    let registers = SenderRegisters::default();
    let facts =
        Facts { sender: Some(sender), contact, last_inbound: None, registers, usage: Usage::default() };
    decide(rules, &facts, request, at(10))
}

#[test]
fn a_prompt_waits_for_the_end_of_the_opt_in_that_stands() {
    let rules = Rules { opt_in_prompt: true, ..Rules::default() };
    let contact = contact(&[opted_in(Scope::Everything, 1, Some(at(20)))]);
    let verdict = decided(&rules, sender(None), &contact, &request(Kind::OptInPrompt, Category::Utility));
    assert_eq!((verdict.reason, verdict.retry_at), (Reason::AlreadyOptedIn, Some(at(20))));
}

#[test]
fn nobody_who_stopped_marketing_on_the_platform_is_prompted() {
    let rules = Rules { opt_in_prompt: true, ..Rules::default() };
    for event in [Event::PlatformStop(at(1)), Event::Held(at(1))] {
        let contact = contact(&[event]);
        let verdict = decided(&rules, sender(None), &contact, &request(Kind::OptInPrompt, Category::Utility));
        assert_eq!((verdict.reason, verdict.rule), (Reason::CategoryOptedOut, RuleId::A18));
    }
}

#[test]
fn the_widest_no_of_two_categories_decides() {
    let contact = contact(&[
        opted_out(Scope::Everything, 1),
        opted_in(Scope::Category(Category::Marketing), 2, None),
        opted_out(Scope::Category(Category::Marketing), 3),
    ]);
    let platform = TemplateCategory { before: None, after: Category::Marketing, from: at(0) };
    let asked = request(Kind::Template, Category::Utility);
    let verdict = decided(&Rules::default(), sender(Some(platform)), &contact, &asked);
    assert_eq!((verdict.reason, verdict.rule), (Reason::OptedOut, RuleId::A04));
}

#[test]
fn a_shadow_denial_after_the_deciding_rule_is_not_reported() {
    let rules = Rules { shadow: [RuleId::A14].into_iter().collect(), ..Rules::default() };
    let contact = contact(&[opted_out(Scope::Everything, 1)]);
    let asked = request(Kind::Template, Category::Utility);
    let registers = SenderRegisters::default();
    let facts = Facts {
        sender: Some(sender(None)),
        contact: &contact,
        last_inbound: None,
        registers,
        usage: Usage::default(),
    };
    let explained = explain(&rules, &facts, &asked, at(10));
    assert!(explained.shadow_denials.is_empty(), "A04 decided before A14 was asked");
    assert!(explained.trace.iter().any(|s| (s.rule, s.outcome) == (RuleId::A14, Outcome::ShadowDeny)));
}

#[test]
fn a_template_may_wait_for_the_end_of_the_window_where_only_the_rule_outside_it_is_in_shadow_mode() {
    let registers = SenderRegisters::default();
    let contact = Contact::default();
    let facts = Facts {
        sender: Some(sender(None)),
        contact: &contact,
        last_inbound: Some(at(0)),
        registers,
        usage: Usage::default(),
    };
    let asked = request(Kind::Template, Category::Utility);
    for (shadow, retry_at) in [(None, None), (Some(RuleId::A14), Some(at(24)))] {
        let rules = Rules { shadow: shadow.into_iter().collect(), ..Rules::default() };
        let verdict = decide(&rules, &facts, &asked, at(10));
        assert_eq!((verdict.rule, verdict.reason), (RuleId::A15, Reason::NoOptIn));
        assert_eq!(verdict.retry_at, retry_at);
    }
}
