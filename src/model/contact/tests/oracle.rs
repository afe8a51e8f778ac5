//! The meaning of a list of statements, worked out from the list by the rules at the top of `standing.rs`, without
//! registers: slow, naive, and written from the words alone.

use super::*;

/// One statement about one scope.
#[derive(Clone, Debug)]
struct Statement {
    own: bool,
    scope: Scope,
    at: Time,
    said: What,
}

#[derive(Clone, Debug)]
enum What {
    In(OptIn),
    Out,
}

/// The statements among some events.
fn statements(events: &[Event]) -> Vec<Statement> {
    let mut found = Vec::new();
    for event in events {
        let (voice, scopes, at, said) = match event {
            Event::OptIn(voice, scopes, opt_in) => (voice, scopes, opt_in.at, What::In(*opt_in)),
            Event::OptOut(voice, scopes, out) => (voice, scopes, out.at, What::Out),
            _ => continue,
        };
        for scope in scopes.scopes() {
            let statement =
                Statement { own: *voice == Voice::Own, scope: scope.clone(), at, said: said.clone() };
            found.push(statement);
        }
    }
    found
}

fn last(events: &[Event], pick: impl Fn(&Event) -> Option<Time>) -> Option<Time> {
    events.iter().filter_map(pick).max()
}

/// How wide a scope is, as seen from a request it concerns; nothing when it does not.
fn width(scope: &Scope, category: Category, topic: Option<&Topic>) -> Option<u8> {
    match scope {
        Scope::Topic(t) => (topic == Some(t)).then_some(0),
        Scope::Category(c) => (*c == category).then_some(1),
        Scope::Everything => Some(2),
    }
}

/// What stands against a request: how wide, and whether by the person's own word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum No {
    Nothing,
    Everything { own: bool },
    Narrow { own: bool },
    Platform,
    Held,
}

fn stands(events: &[Event], category: Category, topic: Option<&Topic>) -> No {
    let statements = statements(events);
    let lifted = |out: &Statement, wide: u8| {
        statements.iter().any(|other| {
            matches!(other.said, What::In(_))
                && width(&other.scope, category, topic).is_some_and(|width| width <= wide)
                && other.at > out.at
                && (other.own || !out.own)
        })
    };
    let at_width = |wide: u8| {
        let standing = statements.iter().filter(|out| {
            matches!(out.said, What::Out)
                && width(&out.scope, category, topic) == Some(wide)
                && !lifted(out, wide)
        });
        standing.map(|out| out.own).max()
    };
    if let Some(own) = at_width(2) {
        return No::Everything { own };
    }
    if let Some(own) = at_width(1).or_else(|| at_width(0)) {
        return No::Narrow { own };
    }
    if category != Category::Marketing {
        return No::Nothing;
    }
    let own_in_to = |wanted: &[Scope]| {
        let own = statements.iter().filter(|s| s.own && matches!(s.said, What::In(_)));
        own.filter(|s| wanted.contains(&s.scope)).map(|s| s.at).max()
    };
    let marketing = Scope::Category(Category::Marketing);
    let stopped = last(events, |e| if let Event::PlatformStop(at) = e { Some(*at) } else { None });
    let resumed = last(events, |e| if let Event::PlatformResume(at) = e { Some(*at) } else { None });
    let yes = own_in_to(std::slice::from_ref(&marketing));
    if stopped.is_some_and(|stopped| ![resumed, yes].iter().flatten().any(|lift| *lift > stopped)) {
        return No::Platform;
    }
    let held = last(events, |e| if let Event::Held(at) = e { Some(*at) } else { None });
    let cleared = last(events, |e| if let Event::HoldCleared(at) = e { Some(*at) } else { None });
    let yes = own_in_to(&[marketing, Scope::Everything]);
    if held.is_some_and(|held| ![cleared, yes].iter().flatten().any(|settled| *settled > held)) {
        return No::Held;
    }
    No::Nothing
}

/// The opt-in that covers a request: by whose word, when it was said, and whether it has expired.
fn covers(events: &[Event], category: Category, topic: Option<&Topic>, now: Time) -> Option<(OptIn, bool)> {
    let statements = statements(events);
    let concerns = |s: &Statement| width(&s.scope, category, topic).is_some();
    let outs = statements.iter().filter(|s| matches!(s.said, What::Out) && concerns(s)).map(|s| s.at);
    let declines = declines(events).into_iter();
    let declines = declines.filter(|(scope, _)| width(scope, category, topic).is_some()).map(|(_, at)| at);
    let floor = outs.chain(declines).max();
    let mut best: Option<OptIn> = None;
    for own in [true, false] {
        for wide in 0..=2 {
            // A person's latest yes to one scope replaces their earlier ones to it, and so does the business's.
            let same =
                statements.iter().filter(|s| s.own == own && width(&s.scope, category, topic) == Some(wide));
            let ins = same.filter_map(|s| if let What::In(opt_in) = &s.said { Some(*opt_in) } else { None });
            let Some(latest) = ins.max().filter(|latest| floor.is_none_or(|no| latest.at > no)) else {
                continue;
            };
            let rank = |i: &OptIn| (i.expires_at.is_none_or(|end| now < end), i.weak == Weak(0), i.at, i.id);
            if best.is_none_or(|best| rank(&best) < rank(&latest)) {
                best = Some(latest);
            }
        }
    }
    best.map(|best| (best, best.expires_at.is_some_and(|end| now >= end)))
}

/// Every decline, and what of.
fn declines(events: &[Event]) -> Vec<(Scope, Time)> {
    let declined = events.iter().filter_map(|e| match e {
        Event::PromptDeclined(scopes, at) => Some(scopes.scopes().iter().map(|scope| (scope.clone(), *at))),
        _ => None,
    });
    declined.flatten().collect()
}

/// The latest decline that stands against a request: the person opted in since to nothing that lifts it.
fn declined(events: &[Event], category: Category, topic: Option<&Topic>) -> Option<Time> {
    let statements = statements(events);
    let own_ins = || statements.iter().filter(|s| s.own && matches!(s.said, What::In(_)));
    let standing = declines(events).into_iter().filter(|(scope, at)| {
        width(scope, category, topic).is_some_and(|wide| {
            !own_ins().any(|s| s.at > *at && width(&s.scope, category, topic).is_some_and(|w| w <= wide))
        })
    });
    standing.map(|(_, at)| at).max()
}

fn asked() -> impl Strategy<Value = (Category, Option<Topic>)> {
    let topics = vec![None, Some(topic("orders")), Some(topic("news")), Some(topic("else"))];
    (select(&Category::ALL[..]), select(topics))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn what_stands_is_what_the_statements_say(events in events(), (category, topic) in asked()) {
        let found = match contact_of(&events).standing(category, topic.as_ref()) {
            Standing::Open => No::Nothing,
            Standing::Everything(voice, _) => No::Everything { own: voice == Voice::Own },
            Standing::Narrow(voice, _) => No::Narrow { own: voice == Voice::Own },
            Standing::Platform(_) => No::Platform,
            Standing::Held(_) => No::Held,
        };
        prop_assert_eq!(found, stands(&events, category, topic.as_ref()));
    }

    #[test]
    fn what_is_declined_is_what_the_statements_say(events in events(), (category, topic) in asked()) {
        let found = contact_of(&events).decline_of(category, topic.as_ref());
        prop_assert_eq!(found, declined(&events, category, topic.as_ref()));
    }

    #[test]
    fn what_covers_is_what_the_statements_say(
        events in events(),
        (category, topic) in asked(),
        now in at(),
    ) {
        let found = match contact_of(&events).coverage(category, topic.as_ref(), now) {
            Coverage::None => None,
            Coverage::Expired(_, opt_in) => Some((opt_in.at, opt_in.expires_at, true)),
            Coverage::Covered(_, opt_in) => Some((opt_in.at, opt_in.expires_at, false)),
        };
        let expected = covers(&events, category, topic.as_ref(), now);
        let expected = expected.map(|(opt_in, expired)| (opt_in.at, opt_in.expires_at, expired));
        // Two statements of one rank may differ in their end alone; what matters is that both have the same answer.
        prop_assert_eq!(found.map(|(at, _, expired)| (at, expired)), expected.map(|(at, _, expired)| (at, expired)));
    }

    #[test]
    fn what_a_status_calls_opted_in_covers_the_same_scope(events in events(), now in at()) {
        let contact = contact_of(&events);
        let everything_out = contact.everything_out().is_some();
        for category in Category::ALL {
            if let Status::OptedIn(..) = contact.status(&Scope::Category(category), now) {
                let covered = matches!(contact.coverage(category, None, now), Coverage::Covered(..));
                let wider = contact.scopes.get(&Scope::Everything).is_some_and(|r| r.outs().next().is_some());
                prop_assert!(covered || everything_out || wider);
            }
        }
    }
}
