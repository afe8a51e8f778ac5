//! Arbitrary contacts for property tests.
//!
//! Times come from a narrow range as often as from the whole one, so that ties, where merges go wrong, do happen.

use proptest::{collection::vec, option, prelude::*};

use super::{Contact, PlatformFlag, Prompt, Reach, SenderRegisters};
use crate::model::{
    recipient::{Phone, UserId},
    scope::{Category, Scope, Topic},
    sender::SenderId,
    statement::{OptIn, OptOut, Registers, StatementId, Weak},
    time::Time,
};

/// Instants.
pub(crate) fn times() -> impl Strategy<Value = Time> + Clone {
    prop_oneof![0..20_i64, 0..=Time::MAX.millis()].prop_map(|millis| Time::from_millis(millis).unwrap())
}

/// Phone numbers.
pub(crate) fn phones() -> impl Strategy<Value = Phone> + Clone {
    let digits = 1_000_000..1_000_000_000_000_000_u64;
    digits.prop_filter_map("no number of its country", |digits| Phone::parse(&digits.to_string()).ok())
}

/// User IDs.
pub(crate) fn user_ids() -> impl Strategy<Value = UserId> + Clone {
    "[A-Z]{2}\\.(ENT\\.)?[A-Za-z0-9]{1,24}".prop_map(|text| UserId::parse(&text).unwrap())
}

/// Senders.
pub(crate) fn senders() -> impl Strategy<Value = SenderId> + Clone {
    "[0-9]{1,3}|[0-9]{15}".prop_map(|text| SenderId::parse(&text).unwrap())
}

/// Scopes of every kind, from few enough topics to meet again.
pub(crate) fn scopes() -> impl Strategy<Value = Scope> + Clone {
    prop_oneof![
        Just(Scope::Everything),
        proptest::sample::select(&Category::ALL[..]).prop_map(Scope::Category),
        "[a-c]|[a-zA-Z0-9_.-]{1,64}".prop_map(|text| Scope::Topic(Topic::parse(&text).unwrap())),
    ]
}

/// The registers of one scope.
pub(crate) fn registers() -> impl Strategy<Value = Registers> + Clone {
    let ins = || option::of((times(), any::<[u8; 16]>(), option::of(times()), any::<u16>(), any::<u8>()));
    let opt_in = |(at, id, expires_at, weak, method)| {
        let (id, weak) = (StatementId(id), Weak(weak));
        OptIn { at, id, expires_at, weak, method }
    };
    let outs = || option::of((times(), any::<[u8; 16]>(), any::<u8>()));
    let opt_out = |(at, id, channel)| OptOut { at, id: StatementId(id), channel };
    (ins(), ins(), outs(), outs()).prop_map(move |(own_in, asserted_in, own_out, asserted_out)| Registers {
        own_in: own_in.map(opt_in),
        asserted_in: asserted_in.map(opt_in),
        own_out: own_out.map(opt_out),
        asserted_out: asserted_out.map(opt_out),
    })
}

fn sender_registers() -> impl Strategy<Value = SenderRegisters> + Clone {
    let at = || option::of(times());
    (at(), at(), at(), at(), at()).prop_map(|(blocked, reported, ours, lifted, closed)| SenderRegisters {
        blocked_by_user: blocked,
        reported_by_user: reported,
        blocked_by_business: ours,
        unblocked_by_business: lifted,
        window_closed: closed,
    })
}

/// Contacts with everything a contact can have.
pub(crate) fn contacts() -> impl Strategy<Value = Contact> {
    let at = || option::of(times());
    let who = (option::of(phones()), vec(user_ids(), 0..4));
    let said = (vec((scopes(), registers()), 0..4), vec((senders(), sender_registers()), 0..3));
    let prompt = (vec((times(), ".{0,40}"), 0..7), at(), vec((scopes(), at()), 0..3));
    let told = vec((scopes(), at()), 0..3);
    let place = (option::of((times(), "[A-Za-z_/]{0,30}")), option::of((times(), "[A-Z]{2}(-[A-Z]{2})?")));
    let reach_and_flag = (at(), at(), at(), at(), at());
    let rest = (at(), at(), at(), at(), at(), at(), at(), at());
    (who, said, (prompt, told), place, reach_and_flag, rest).prop_map(
        |(who, said, (prompt, told), (time_zone, jurisdiction), marks, rest)| {
            let (phone, mut user_ids) = who;
            user_ids.sort();
            user_ids.dedup();
            Contact {
                phone,
                user_ids,
                scopes: said.0.into_iter().collect(),
                platform: PlatformFlag { stopped: marks.0, resumed: marks.1 },
                held: rest.0,
                hold_cleared: rest.1,
                prompt: Prompt {
                    recent: recent(prompt.0),
                    accepted: prompt.1,
                    declined: prompt.2.into_iter().collect(),
                },
                confirmed_in: rest.2,
                confirmed_out: rest.3,
                told: told.into_iter().collect(),
                reach: Reach { not_on_whatsapp: marks.2, undeliverable: marks.3, alive: marks.4 },
                cooled: rest.4,
                by_sender: said.1.into_iter().collect(),
                last_inbound: rest.5,
                time_zone,
                jurisdiction,
                erased: rest.6,
                known: rest.7,
            }
        },
    )
}

/// The prompts that a contact would keep of these.
fn recent(mut prompts: Vec<(Time, String)>) -> Vec<(Time, String)> {
    prompts.sort();
    prompts.dedup();
    prompts.split_off(prompts.len().saturating_sub(Prompt::RECENT_MAX))
}
