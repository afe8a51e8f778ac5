//! Contacts as joins, and what their registers mean, against a list of statements read by the rules themselves.

mod erasure;
mod oracle;

use proptest::{collection::vec, prelude::*, sample::select};

use super::{arbitrary, *};
use crate::model::{
    Category, Event, OptIn, OptOut, ScopeSet, StatementId, Topic, Voice, event::Block, statement::Weak,
};

/// Early instants, close enough to tie.
fn at() -> impl Strategy<Value = Time> + Clone {
    (0..12_i64).prop_map(|millis| Time::from_millis(millis).unwrap())
}

fn instant(millis: i64) -> Time {
    Time::from_millis(millis).unwrap()
}

fn topic(name: &str) -> Topic {
    Topic::parse(name).unwrap()
}

/// Few scopes, so that statements meet.
fn scope() -> impl Strategy<Value = Scope> + Clone {
    select(vec![
        Scope::Everything,
        Scope::Category(Category::Marketing),
        Scope::Category(Category::Utility),
        Scope::Topic(topic("orders")),
        Scope::Topic(topic("news")),
    ])
}

fn scopes() -> impl Strategy<Value = ScopeSet> + Clone {
    vec(scope(), 1..3).prop_map(ScopeSet::of)
}

fn voice() -> impl Strategy<Value = Voice> + Clone {
    select(vec![Voice::Own, Voice::Asserted])
}

fn opt_in() -> impl Strategy<Value = OptIn> + Clone {
    let parts = (at(), 0..4_u8, proptest::option::of(at()), prop_oneof![Just(0_u16), Just(1)]);
    parts.prop_map(|(at, id, expires_at, weak)| OptIn {
        at,
        id: StatementId([id; 16]),
        expires_at,
        weak: Weak(weak),
        method: 1,
    })
}

fn opt_out() -> impl Strategy<Value = OptOut> + Clone {
    (at(), 0..4_u8).prop_map(|(at, id)| OptOut { at, id: StatementId([id; 16]), channel: 1 })
}

fn event() -> impl Strategy<Value = Event> + Clone {
    let sender = || SenderId::parse("1001").unwrap();
    prop_oneof![
        4 => (voice(), scope(), opt_in())
            .prop_map(|(voice, scope, said)| Event::OptIn(voice, ScopeSet::of(vec![scope]), said)),
        4 => (voice(), scope(), opt_out())
            .prop_map(|(voice, scope, said)| Event::OptOut(voice, ScopeSet::of(vec![scope]), said)),
        1 => at().prop_map(Event::PlatformStop),
        1 => at().prop_map(Event::PlatformResume),
        1 => at().prop_map(Event::Held),
        1 => at().prop_map(Event::HoldCleared),
        1 => (at(), "[a-f]").prop_map(|(at, id)| Event::PromptSent(at, id)),
        1 => at().prop_map(Event::PromptAccepted),
        2 => (scopes(), at()).prop_map(|(scopes, at)| Event::PromptDeclined(scopes, at)),
        1 => at().prop_map(Event::NotOnWhatsapp),
        1 => at().prop_map(Event::ConfirmedIn),
        1 => at().prop_map(Event::ConfirmedOut),
        1 => (scope(), at()).prop_map(|(scope, at)| Event::Told(scope, at)),
        1 => at().prop_map(move |at| Event::Block(sender(), Block::ByUser, at)),
    ]
}

fn events() -> impl Strategy<Value = Vec<Event>> + Clone {
    vec(event(), 0..14)
}

fn contact_of(events: &[Event]) -> Contact {
    let mut contact = Contact::default();
    for event in events {
        contact.apply(event);
    }
    contact
}

fn joined(a: &Contact, b: &Contact) -> Contact {
    let mut joined = a.clone();
    joined.join(b);
    joined
}

fn said_in(voice: Voice, scope: &Scope, millis: i64) -> Event {
    let said =
        OptIn { at: instant(millis), id: StatementId([1; 16]), expires_at: None, weak: Weak(0), method: 1 };
    Event::OptIn(voice, ScopeSet::of(vec![scope.clone()]), said)
}

fn said_out(voice: Voice, scope: &Scope, millis: i64) -> Event {
    let said = OptOut { at: instant(millis), id: StatementId([2; 16]), channel: 1 };
    Event::OptOut(voice, ScopeSet::of(vec![scope.clone()]), said)
}

proptest! {
    #[test]
    fn join_commutes(a in arbitrary::contacts(), b in arbitrary::contacts()) {
        prop_assert_eq!(joined(&a, &b), joined(&b, &a));
    }

    #[test]
    fn join_associates(a in arbitrary::contacts(), b in arbitrary::contacts(), c in arbitrary::contacts()) {
        prop_assert_eq!(joined(&joined(&a, &b), &c), joined(&a, &joined(&b, &c)));
    }

    #[test]
    fn join_with_itself_or_with_nothing_changes_nothing(a in arbitrary::contacts()) {
        prop_assert_eq!(&joined(&a, &a), &a);
        prop_assert_eq!(&joined(&a, &Contact::default()), &a);
        prop_assert_eq!(&joined(&Contact::default(), &a), &a);
    }

    #[test]
    fn order_and_duplicates_of_events_change_nothing(
        (events, shuffled) in events().prop_flat_map(|events| {
            let twice = [events.clone(), events.clone()].concat();
            (Just(events), Just(twice).prop_shuffle())
        }),
    ) {
        prop_assert_eq!(contact_of(&events), contact_of(&shuffled));
    }

    #[test]
    fn an_asserted_opt_in_never_lifts_an_own_opt_out(
        scope in scope(),
        out in 0..12_i64,
        asserted in vec((scope(), 0..12_i64), 0..6),
        order in any::<u64>(),
    ) {
        let mut events = vec![said_out(Voice::Own, &scope, out)];
        events.extend(asserted.iter().map(|(scope, at)| said_in(Voice::Asserted, scope, *at)));
        let turn = usize::try_from(order % u64::try_from(events.len()).unwrap()).unwrap();
        events.rotate_left(turn);
        let contact = contact_of(&events);
        prop_assert!(contact.refused_scopes().any(|refused| *refused == scope));
        prop_assert!(matches!(contact.status(&scope, instant(99)), Status::OptedOut(Voice::Own, _)));
    }
}

#[test]
fn at_equal_times_the_opt_out_wins() {
    let everything = Scope::Everything;
    let contact = contact_of(&[said_in(Voice::Own, &everything, 5), said_out(Voice::Own, &everything, 5)]);
    assert!(matches!(contact.standing(Category::Utility, None), Standing::Everything(Voice::Own, _)));
    assert_eq!(contact.coverage(Category::Utility, None, instant(6)), Coverage::None);
}

#[test]
fn an_opt_in_from_before_a_lifted_opt_out_does_not_come_back() {
    let (everything, marketing) = (Scope::Everything, Scope::Category(Category::Marketing));
    let contact = contact_of(&[
        said_in(Voice::Own, &everything, 1),
        said_out(Voice::Own, &everything, 2),
        said_in(Voice::Own, &marketing, 3),
    ]);
    assert!(matches!(contact.coverage(Category::Marketing, None, instant(9)), Coverage::Covered(..)));
    assert_eq!(contact.coverage(Category::Utility, None, instant(9)), Coverage::None);
}

#[test]
fn a_wider_opt_in_does_not_lift_a_finer_opt_out() {
    let (everything, orders) = (Scope::Everything, Scope::Topic(topic("orders")));
    let contact = contact_of(&[said_out(Voice::Own, &orders, 1), said_in(Voice::Own, &everything, 2)]);
    let standing = contact.standing(Category::Utility, Some(&topic("orders")));
    assert!(matches!(standing, Standing::Narrow(Voice::Own, _)));
    assert_eq!(contact.standing(Category::Utility, None), Standing::Open);
}

#[test]
fn a_resume_lifts_the_platforms_flag_only() {
    let marketing = Scope::Category(Category::Marketing);
    let events = [
        Event::PlatformStop(instant(1)),
        said_out(Voice::Own, &marketing, 1),
        Event::PlatformResume(instant(2)),
    ];
    let contact = contact_of(&events);
    assert_eq!(contact.platform_stop(), None);
    assert!(matches!(contact.standing(Category::Marketing, None), Standing::Narrow(..)));
}

#[test]
fn a_decline_takes_away_every_opt_in_before_it() {
    let marketing = Scope::Category(Category::Marketing);
    let contact = contact_of(&[
        said_in(Voice::Asserted, &marketing, 1),
        Event::PromptDeclined(ScopeSet::everything(), instant(2)),
    ]);
    assert_eq!(contact.coverage(Category::Marketing, None, instant(3)), Coverage::None);
    assert_eq!(contact.status(&marketing, instant(3)), Status::Nothing);
    assert!(!contact.opt_in_confirmation_due(instant(3)));
}

#[test]
fn a_decline_of_a_part_leaves_the_opt_ins_to_other_parts() {
    let (marketing, utility) = (Scope::Category(Category::Marketing), Scope::Category(Category::Utility));
    let declined = Event::PromptDeclined(ScopeSet::category(Category::Marketing), instant(2));
    for earlier in [&utility, &Scope::Everything] {
        let contact = contact_of(&[said_in(Voice::Own, earlier, 1), declined.clone()]);
        assert!(matches!(contact.coverage(Category::Utility, None, instant(3)), Coverage::Covered(..)));
        assert_eq!(contact.decline_of(Category::Utility, None), None);
        assert_eq!(contact.coverage(Category::Marketing, None, instant(3)), Coverage::None);
        assert_eq!(contact.decline_of(Category::Marketing, None), Some(instant(2)));
        assert_eq!(contact.decline_over(&marketing), Some(instant(2)));
    }
}

#[test]
fn a_decline_is_lifted_by_the_persons_own_opt_in_to_what_they_declined_and_by_no_other() {
    let (marketing, utility) = (Scope::Category(Category::Marketing), Scope::Category(Category::Utility));
    let both = ScopeSet::of(vec![marketing.clone(), utility.clone()]);
    let events = [Event::PromptDeclined(both, instant(1)), said_in(Voice::Own, &utility, 2)];
    let mut contact = contact_of(&events);
    contact.apply(&said_in(Voice::Asserted, &marketing, 3));
    contact.apply(&said_in(Voice::Own, &Scope::Everything, 3));
    assert_eq!(contact.decline_of(Category::Marketing, None), Some(instant(1)));
    assert_eq!(contact.decline_of(Category::Utility, None), None);
    contact.apply(&said_in(Voice::Own, &Scope::Topic(topic("news")), 4));
    assert_eq!(contact.decline_of(Category::Marketing, Some(&topic("news"))), None, "a finer part");
    contact.apply(&said_in(Voice::Own, &marketing, 5));
    assert_eq!((contact.decline_of(Category::Marketing, None), contact.decline()), (None, None));
}

#[test]
fn an_opt_out_of_everything_leaves_no_opt_in_to_confirm() {
    let marketing = Scope::Category(Category::Marketing);
    let contact =
        contact_of(&[said_in(Voice::Own, &marketing, 1), said_out(Voice::Own, &Scope::Everything, 2)]);
    assert!(!contact.opt_in_confirmation_due(instant(3)));
    assert!(contact.opt_out_confirmation_due());
}

#[test]
fn a_refused_assertion_does_not_make_a_second_opt_out_confirmation_due() {
    let everything = Scope::Everything;
    let told = [
        said_out(Voice::Own, &everything, 1),
        Event::ConfirmedOut(instant(2)),
        Event::Told(everything.clone(), instant(2)),
    ];
    let mut contact = contact_of(&told);
    assert!(!contact.opt_out_confirmation_due());
    contact.apply(&said_in(Voice::Asserted, &everything, 3));
    assert!(!contact.opt_out_confirmation_due(), "the assertion lifted nothing");
}

#[test]
fn an_opt_in_to_a_part_does_not_make_a_second_opt_out_confirmation_due() {
    let (everything, orders) = (Scope::Everything, Scope::Topic(topic("orders")));
    let mut contact = contact_of(&[said_out(Voice::Own, &everything, 1), Event::ConfirmedOut(instant(2))]);
    contact.apply(&said_in(Voice::Own, &orders, 3));
    assert!(!contact.opt_out_confirmation_due(), "the opt-out is the one that was confirmed");
    contact.apply(&said_out(Voice::Own, &everything, 4));
    assert!(contact.opt_out_confirmation_due(), "a new one after a yes");
}

#[test]
fn repeating_an_opt_out_asks_for_no_second_confirmation() {
    let everything = Scope::Everything;
    let contact = contact_of(&[
        said_out(Voice::Own, &everything, 1),
        Event::ConfirmedOut(instant(2)),
        Event::Told(everything.clone(), instant(2)),
        said_out(Voice::Own, &everything, 3),
    ]);
    assert!(!contact.opt_out_confirmation_due());
}

#[test]
fn being_told_of_a_part_is_not_being_told_of_everything() {
    let (everything, orders) = (Scope::Everything, Scope::Topic(topic("orders")));
    let marketing = Scope::Category(Category::Marketing);
    let told = [
        said_out(Voice::Own, &orders, 1),
        Event::ConfirmedOut(instant(2)),
        Event::Told(orders.clone(), instant(2)),
    ];
    let told = contact_of(&told);
    assert!(!told.opt_out_confirmation_due());
    for (again, due) in [(&orders, false), (&marketing, true), (&everything, true)] {
        let mut contact = told.clone();
        contact.apply(&said_out(Voice::Own, again, 3));
        assert_eq!(contact.opt_out_confirmation_due(), due, "{again:?}");
        contact.apply(&Event::ConfirmedOut(instant(4)));
        assert!(!contact.opt_out_confirmation_due(), "{again:?}: a confirmation sent after it tells of it");
    }
}

#[test]
fn being_told_of_everything_is_being_told_of_its_parts() {
    let (everything, orders) = (Scope::Everything, Scope::Topic(topic("orders")));
    let contact = contact_of(&[
        said_out(Voice::Own, &everything, 1),
        Event::ConfirmedOut(instant(2)),
        Event::Told(everything, instant(2)),
        said_out(Voice::Own, &orders, 3),
    ]);
    assert!(!contact.opt_out_confirmation_due());
}

#[test]
fn the_latest_prompts_are_kept_whatever_the_order_of_their_arrival() {
    let prompts = |millis: &[i64]| {
        let sent = millis.iter().map(|at| Event::PromptSent(instant(*at), format!("p{at}")));
        contact_of(&sent.collect::<Vec<_>>()).prompt
    };
    let kept = prompts(&[6, 1, 4, 4, 3, 5, 2]);
    assert_eq!(kept, prompts(&[1, 2, 3, 4, 5, 6]));
    assert_eq!((kept.recent.len(), kept.sent()), (Prompt::RECENT_MAX, Some(instant(6))));
    assert!(kept.is("p6") && kept.is("p3") && !kept.is("p2") && !kept.is(""));
}
