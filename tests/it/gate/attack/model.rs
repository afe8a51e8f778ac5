//! Random sequences of everything that can be said, with failing writes, redeliveries and changes of name.

use std::sync::Arc;

use sendgate::{
    attest,
    conversation::Effect,
    gate::{Consistency, GateError, Inbound, OptInRequest, OptOutRequest, PromptRequest, Signal},
    model::{Category, ScopeSet, Topic, UserId, evidence::Channel},
    policy::Kind as Sent,
};

use super::{
    super::world::{ASSERTED, OWN, World, recipient, settings},
    oracle::{IDS, Kind, Message, N, No, Oracle, Scope, Yes},
};
use crate::faults::Faulty;

#[derive(Clone, Debug)]
pub(super) enum Op {
    In(usize, Scope, bool),
    Out(usize, Scope, bool),
    Says(usize, &'static str, u32),
    /// One signed webhook: number, user ID, text.
    Webhook(usize, usize, &'static str, u32),
    Stop(usize),
    Resume(usize),
    Settle(usize),
    PromptSent(usize),
    PromptDeclined(usize),
    Link(usize, usize),
    /// The first is the name that leads.
    Prove(usize, usize),
    Moved(usize, usize),
    Erase(usize),
    Rename,
}

#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) now: i64,
    pub(super) at: i64,
    pub(super) key: u32,
    pub(super) op: Op,
    /// Which commit of it fails, and whether it is written all the same.
    pub(super) fail: Option<(u64, bool)>,
    /// It is said again after this many steps.
    pub(super) again: usize,
}

pub(super) struct Random(pub(super) u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(super) fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }
}

const WORDS: [&str; 6] = ["STOP", "START", "yes", "hello", "not interested", "no"];

/// Which of the known findings to stay away from: 0 = none.
fn allowed(mode: u64, steps: &[Step], op: &Op) -> bool {
    let fits = |main: usize, user: usize| main < 3 && user == main + 4;
    let single = match op {
        Op::Prove(main, user) | Op::Webhook(main, user, ..) => fits(*main, *user),
        _ => true,
    };
    let once = match op {
        Op::Moved(from, _) => steps
            .iter()
            .all(|step| !matches!(step.op, Op::Moved(before, to) if before == *from || to == *from)),
        _ => true,
    };
    match mode {
        0 => true,
        1 => single && once && !matches!(op, Op::Rename | Op::Erase(_)),
        2 => single && !matches!(op, Op::Moved(..)),
        3 => single && !matches!(op, Op::Moved(..) | Op::Erase(_)),
        4 => !matches!(op, Op::Moved(..) | Op::Rename | Op::Erase(_)),
        _ => single && once,
    }
}

pub(super) fn steps(random: &mut Random, length: usize, failing: bool, mode: u64) -> Vec<Step> {
    let mut steps = Vec::new();
    let one = |random: &mut Random, n: usize| {
        let now = (n as i64 + 1) * 10;
        let late = random.below(5) == 0;
        let at = if late { now - 1 - random.below(60) as i64 } else { now };
        let (a, mut b) = (random.below(N), random.below(N));
        if a == b {
            b = (b + 1) % N;
        }
        let (phone, user) = (random.below(4), 4 + random.below(3));
        let mut other = random.below(4);
        if other == phone {
            other = (other + 1) % 4;
        }
        let scope = [Scope::Everything, Scope::Everything, Scope::Marketing, Scope::Utility, Scope::Topic]
            [random.below(5)];
        let own = random.below(3) > 0;
        let word = WORDS[random.below(6)];
        let op = match random.below(24) {
            0..=3 => Op::In(a, scope, own),
            4..=6 => Op::Out(a, scope, own),
            7..=8 => Op::Says(a, word, n as u32),
            9..=11 => Op::Webhook(phone, user, word, n as u32),
            12 => Op::Stop(a),
            13 => {
                if random.below(2) == 0 {
                    Op::Resume(a)
                } else {
                    Op::Settle(a)
                }
            }
            14 => Op::PromptSent(a),
            15 => Op::PromptDeclined(a),
            16 => Op::Link(a, b),
            17 | 18 => Op::Prove(phone, user),
            19 => Op::Prove(user, 4 + (user - 3) % 3),
            20 | 21 => Op::Moved(phone, other),
            22 => Op::Erase(a),
            _ => Op::Rename,
        };
        let fail =
            (failing && random.below(4) == 0).then(|| (1 + random.below(6) as u64, random.below(2) == 0));
        let again = if fail.is_some() {
            1 + random.below(4)
        } else if random.below(6) == 0 {
            1 + random.below(9)
        } else {
            0
        };
        // A number that changes hands twice, told in the wrong order, has no single truth.
        let at = if matches!(op, Op::Moved(..)) { now } else { at };
        Step { now, at, key: n as u32, op, fail, again }
    };
    for n in 0..length {
        loop {
            let step = one(random, n);
            if allowed(mode, &steps, &step.op) {
                steps.push(step);
                break;
            }
        }
    }
    steps
}

fn topic() -> Topic {
    Topic::parse("promo").unwrap()
}

fn scopes(scope: Scope) -> ScopeSet {
    match scope {
        Scope::Everything => ScopeSet::everything(),
        Scope::Marketing => ScopeSet::category(Category::Marketing),
        Scope::Utility => ScopeSet::category(Category::Utility),
        Scope::Topic => ScopeSet::of(vec![sendgate::model::Scope::Topic(topic())]),
    }
}

fn scopes_of(set: &ScopeSet) -> Vec<Scope> {
    set.scopes()
        .iter()
        .map(|scope| match scope {
            sendgate::model::Scope::Everything => Scope::Everything,
            sendgate::model::Scope::Category(Category::Marketing) => Scope::Marketing,
            sendgate::model::Scope::Category(_) => Scope::Utility,
            sendgate::model::Scope::Topic(_) => Scope::Topic,
        })
        .collect()
}

async fn perform(world: &World, step: &Step) -> Result<Option<Effect>, GateError> {
    let who = |id: usize| world.who(IDS[id], step.at, &format!("k{}", step.key));
    match &step.op {
        Op::In(id, scope, own) => {
            let method = if *own { OWN } else { ASSERTED };
            let request: OptInRequest = world.opt_in_request(who(*id), method, scopes(*scope));
            world.gate.record_opt_in(&request).await?;
        }
        Op::Out(id, scope, own) => {
            let channel = if *own { Channel::Website } else { Channel::Import };
            let request =
                OptOutRequest { who: who(*id), scope: scopes(*scope), channel, keyword: String::new() };
            world.gate.record_opt_out(&request).await?;
        }
        Op::Says(id, word, message) => return says(world, step, *id, word, *message).await.map(Some),
        Op::Webhook(phone, user, word, message) => {
            let users = [UserId::parse(IDS[*user]).unwrap()];
            world.gate.prove(&who(*phone), &users).await?;
            return says(world, step, *phone, word, *message).await.map(Some);
        }
        Op::Stop(id) => drop(world.gate.record_signal(&who(*id), &Signal::Stop).await?),
        Op::Resume(id) => drop(world.gate.record_signal(&who(*id), &Signal::Resume).await?),
        Op::Settle(id) => drop(world.gate.settle_hold(&who(*id)).await?),
        Op::PromptSent(id) | Op::PromptDeclined(id) => {
            let sent = matches!(step.op, Op::PromptSent(_));
            let outcome = if sent { attest::PromptStep::Sent } else { attest::PromptStep::Declined };
            let request = PromptRequest { who: who(*id), step: outcome, message_id: String::new() };
            world.gate.record_prompt(&request).await?;
        }
        Op::Link(a, b) => drop(world.gate.link(&who(*a), &recipient(IDS[*b])).await?),
        Op::Prove(main, user) => {
            let users = [UserId::parse(IDS[*user]).unwrap()];
            world.gate.prove(&who(*main), &users).await?;
        }
        Op::Moved(from, to) => world.gate.number_changed(&who(*from), &recipient(IDS[*to])).await?,
        Op::Erase(id) => drop(world.gate.erase(&who(*id)).await?),
        Op::Rename => {}
    }
    Ok(None)
}

async fn says(world: &World, step: &Step, id: usize, word: &str, message: u32) -> Result<Effect, GateError> {
    let inbound = Inbound {
        message_id: format!("m{message}"),
        text: word.to_owned(),
        opens_window: true,
        ..Inbound::default()
    };
    let who = world.who(IDS[id], step.at, "");
    world.gate.record_inbound(&who, &inbound).await.map(|recorded| recorded.effect)
}

/// What a step says to the oracle when it was acknowledged.
fn told(oracle: &mut Oracle, step: &Step, effect: Option<Effect>) {
    let at = step.at;
    match &step.op {
        Op::In(id, scope, own) => oracle.yes(*id, at, Yes::In(*scope, *own)),
        Op::Out(id, scope, own) => oracle.no(*id, No { at, kind: Kind::Out(*scope), own: *own }),
        Op::Says(id, ..) => heard(oracle, *id, at, effect),
        Op::Webhook(phone, user, ..) => {
            oracle.proven(*phone, *user, at);
            heard(oracle, *phone, at, effect);
        }
        Op::Stop(id) => oracle.no(*id, No { at, kind: Kind::Platform, own: true }),
        Op::Resume(id) => oracle.yes(*id, at, Yes::Resumed),
        Op::Settle(id) => oracle.yes(*id, at, Yes::Settled),
        Op::PromptSent(id) => oracle.maybe_no(*id, at),
        Op::PromptDeclined(id) => oracle.no(*id, No { at, kind: Kind::Declined, own: true }),
        Op::Link(a, b) => oracle.linked(*a, *b),
        Op::Prove(main, user) => oracle.proven(*main, *user, at),
        Op::Moved(from, to) => oracle.moved(*from, *to, at),
        Op::Erase(_) | Op::Rename => {}
    }
}

fn heard(oracle: &mut Oracle, id: usize, at: i64, effect: Option<Effect>) {
    match effect {
        Some(Effect::OptOut(..)) => oracle.no(id, No { at, kind: Kind::Out(Scope::Everything), own: true }),
        Some(Effect::Held(_)) => oracle.no(id, No { at, kind: Kind::Held, own: true }),
        Some(Effect::Declined) => oracle.no(id, No { at, kind: Kind::Declined, own: true }),
        Some(Effect::OptIn { scope, .. }) => {
            for scope in scopes_of(&scope) {
                oracle.yes(id, at, Yes::In(scope, true));
            }
        }
        Some(Effect::None) | None => {}
    }
}

/// What a step that failed may have done all the same.
fn failed(oracle: &mut Oracle, step: &Step) {
    let at = step.at;
    match &step.op {
        Op::In(id, scope, own) => {
            oracle.yes(*id, at, Yes::In(*scope, *own));
            oracle.maybe_no(*id, at);
        }
        Op::Resume(id) => oracle.yes(*id, at, Yes::Resumed),
        Op::Settle(id) => oracle.yes(*id, at, Yes::Settled),
        Op::Out(id, Scope::Utility, _) => oracle.maybe_no(*id, i64::MAX),
        Op::Out(id, ..) | Op::Stop(id) | Op::PromptSent(id) | Op::PromptDeclined(id) => {
            oracle.maybe_no(*id, at);
        }
        Op::Says(id, word, _) => failed_word(oracle, *id, at, word),
        Op::Webhook(phone, user, word, _) => {
            oracle.perhaps(*phone, *user, true);
            failed_word(oracle, *phone, at, word);
        }
        Op::Link(a, b) => oracle.perhaps(*a, *b, false),
        Op::Prove(main, user) => oracle.perhaps(*main, *user, true),
        Op::Moved(from, to) => oracle.perhaps(*from, *to, true),
        Op::Erase(id) => drop(oracle.clone().erased(*id, at)),
        Op::Rename => {}
    }
    if let Op::Erase(id) = &step.op {
        oracle.erased(*id, step.now);
    }
}

fn failed_word(oracle: &mut Oracle, id: usize, at: i64, word: &str) {
    if word == "START" || word == "yes" {
        oracle.yes(id, at, Yes::In(Scope::Everything, true));
        oracle.yes(id, at, Yes::In(Scope::Marketing, true));
        oracle.yes(id, at, Yes::In(Scope::Utility, true));
        oracle.yes(id, at, Yes::In(Scope::Topic, true));
    }
    oracle.maybe_no(id, at);
}

fn config(names: u32) -> String {
    let previous: Vec<String> = (0..names).map(|n| format!("acme{n}")).collect();
    format!(
        "
businesses:
  - id: acme{names}
    previous_ids: [{}]
    names: [Acme Shoes]
    senders: [{{id: '1001', number: '+15550001111', account: '77'}}]
",
        previous.join(", ")
    )
}

/// Runs the steps; says what went wrong.
pub(super) async fn run(steps: &[Step]) -> Result<(), String> {
    let store = Faulty::new();
    let mut names = 0;
    let mut world = World::with(settings(&config(names)), Arc::clone(&store)).await;
    let mut oracle = Oracle::new();
    let mut queue: Vec<(usize, Step)> = Vec::new();
    for (n, step) in steps.iter().enumerate() {
        let mut due: Vec<Step> = vec![step.clone()];
        queue.retain(|(when, step)| {
            if *when <= n {
                due.push(Step { fail: None, again: 0, ..step.clone() });
            }
            *when > n
        });
        for one in &due {
            world.reach(step.now);
            if matches!(one.op, Op::Rename) {
                names += 1;
                let now = world.clock.now();
                world = World::with(settings(&config(names)), Arc::clone(&store)).await;
                world.clock.set(now);
            }
            if let Some((number, forgets)) = one.fail {
                store.fail_commit(number, forgets);
            }
            let done = perform(&world, one).await;
            store.fail_commit(0, false);
            let what = format!("after step {n} {one:?}");
            match done {
                Ok(effect) => {
                    told(&mut oracle, one, effect);
                    if let Op::Erase(id) = one.op {
                        let gone = oracle.erased(id, step.now);
                        forgotten(&store, &gone).await.map_err(|error| format!("{what}: {error}"))?;
                    }
                }
                Err(GateError::Store(_)) if one.fail.is_some() => failed(&mut oracle, one),
                Err(error) => return Err(format!("{what}: {error:?}")),
            }
            if one.again > 0 {
                queue.push((n + one.again, one.clone()));
            }
            verify(&world, &oracle).await.map_err(|error| format!("{what}: {error}"))?;
        }
    }
    for id in IDS {
        // Verifies the chain of each log.
        drop(world.log(id).await);
    }
    Ok(())
}

async fn forgotten(store: &Faulty, gone: &std::collections::BTreeSet<usize>) -> Result<(), String> {
    use sendgate::store::Store as _;
    let now = sendgate::model::Time::from_seconds(1_772_409_600).unwrap();
    for (_, loaded) in store.contacts(None, 10_000, now).await.unwrap() {
        let contact = &loaded.record.contact;
        for id in gone {
            let id = recipient(IDS[*id]);
            if contact.names().any(|name| name == id) {
                let of = loaded.record.business.as_ref().map(|b| b.as_str().to_owned());
                let all: Vec<_> = contact.names().map(|n| n.reveal()).collect();
                return Err(format!("{} is not forgotten as a name: {of:?} {all:?}", id.reveal()));
            }
        }
    }
    Ok(())
}

async fn verify(world: &World, oracle: &Oracle) -> Result<(), String> {
    let messages = [
        (Sent::Template, Category::Marketing, Message { scope: Some(Scope::Marketing), topic: false }),
        (Sent::Template, Category::Utility, Message { scope: Some(Scope::Utility), topic: false }),
        (Sent::Template, Category::Utility, Message { scope: Some(Scope::Utility), topic: true }),
        (Sent::FreeForm, Category::Service, Message { scope: None, topic: false }),
    ];
    for (id, name) in IDS.iter().enumerate() {
        for (kind, category, message) in messages {
            let mut check = world.check_of(name, kind);
            check.request.category = category;
            check.request.topic = message.topic.then(topic);
            let answer = world.gate.check(&check).await.verdict;
            check.consistency = Consistency::FullyConsistent;
            let fresh = world.gate.check(&check).await.verdict;
            if answer.reason != fresh.reason || answer.allowed != fresh.allowed {
                return Err(format!(
                    "{name} {message:?}: cached {:?}, fresh {:?}",
                    answer.reason, fresh.reason
                ));
            }
            if answer.allowed
                && let Some(no) = oracle.forbids(id, message)
            {
                return Err(format!("WRONG ALLOW {name} {message:?} {:?} in spite of {no:?}", answer.reason));
            }
            if !answer.allowed
                && message.scope == Some(Scope::Utility)
                && !message.topic
                && oracle.demands(id)
            {
                return Err(format!("WRONG DENY {name} {message:?} {:?}", answer.reason));
            }
        }
    }
    Ok(())
}
