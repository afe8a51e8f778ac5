//! Random sequences of everything that can happen to a few identities, with a store that fails now and then, against an
//! oracle written from the documents.
//!
//! `FUZZ_RUNS` runs of each kind from seed `FUZZ_SEED` on; the same seed is the same sequence. What failed without an answer
//! may have happened or not: each answer must be right in one of these pasts.

mod oracle;

use std::{collections::BTreeSet, sync::Arc};

use oracle::{IDENTITIES, Minute, NUMBERS, Past, Said, To};
use sendgate::{
    attest::{Content, PromptStep},
    gate::{GateError, Inbound, OptOutRequest, PromptRequest},
    model::{Category, Scope, ScopeSet, UserId, event::Block, evidence::Channel},
    policy::Kind,
};

use super::{
    journal::{replayed, with_journal},
    world::{ACME, ASSERTED, OWN, World, at, recipient, settings},
};
use crate::faults::{Fault, Faulty};

const NAMES: [&str; IDENTITIES] =
    ["447700900111", "447700900222", "447700900333", "GB.1aaa", "GB.2bbb", "GB.3ccc"];

/// Pasts that are kept in mind at most; a sequence with more ends there.
const PASTS_MAX: usize = 16;

/// Runs of each kind in `make test`.
const RUNS: u64 = 8;

/// SplitMix64: the same numbers in each run.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % u64::try_from(n).unwrap()).unwrap()
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    fn minute(&mut self, until: Minute) -> Minute {
        1 + Minute::try_from(self.below(usize::try_from(until).unwrap())).unwrap()
    }
}

#[derive(Clone, Debug)]
enum Step {
    Say { said: Said, key: String },
    Write { who: usize, at: Minute, id: String, text: &'static str },
    Link { one: usize, other: usize, at: Minute },
    Prove { one: usize, user: usize, at: Minute },
    Change { from: usize, to: usize, at: Minute },
    Erase { who: usize },
}

/// What happens in a run.
#[derive(Clone, Copy)]
struct Mix {
    changes: bool,
    erasures: bool,
    blocks: bool,
    renames: bool,
    faults: bool,
    /// The store is away now and then, and refusals are kept in a journal.
    journal: bool,
}

struct Run {
    random: Random,
    mix: Mix,
    store: Arc<Faulty>,
    /// Where the journal is.
    _folder: tempfile::TempDir,
    world: World,
    now: Minute,
    /// How often the business was renamed.
    names: usize,
    pasts: BTreeSet<Past>,
    done: Vec<Step>,
    erased: bool,
    /// What somebody said under an identity was not parted yet, when the store failed: until it is, some may be denied.
    unparted: bool,
    /// The store is away: who is not known to be refused is denied all the same.
    away: bool,
    told: Vec<String>,
}

impl Step {
    async fn take(&self, world: &World, now: Minute) -> Result<(), GateError> {
        let gate = &world.gate;
        match self {
            Self::Say { said, key } => {
                let who = world.who(NAMES[said.identity], said.at, key);
                let scope = match (said.to, said.no) {
                    (To::Everything, _) => ScopeSet::everything(),
                    (To::Utility, _) => ScopeSet::of(vec![Scope::Category(Category::Utility)]),
                    (To::Prompt, _) => {
                        let (step, message_id) = (PromptStep::Declined, String::new());
                        return gate.record_prompt(&PromptRequest { who, step, message_id }).await.map(drop);
                    }
                    (To::Sender, no) => {
                        let by_business = if no { Block::ByBusiness } else { Block::LiftedByBusiness };
                        let block = if said.own { Block::ByUser } else { by_business };
                        return gate.record_block(&who, block).await.map(drop);
                    }
                };
                if said.no {
                    let channel = if said.own { Channel::Website } else { Channel::Staff };
                    let request = OptOutRequest { who, scope, channel, keyword: String::new() };
                    return gate.record_opt_out(&request).await.map(drop);
                }
                let method = if said.own { OWN } else { ASSERTED };
                gate.record_opt_in(&world.opt_in_request(who, method, scope)).await.map(drop)
            }
            Self::Write { who, at, id, text } => {
                let (message_id, text) = (id.clone(), (*text).to_owned());
                let inbound = Inbound { message_id, text, opens_window: true, ..Inbound::default() };
                gate.record_inbound(&world.who(NAMES[*who], *at, ""), &inbound).await.map(drop)
            }
            Self::Link { one, other, at } => {
                gate.link(&world.who(NAMES[*one], *at, ""), &recipient(NAMES[*other])).await.map(drop)
            }
            Self::Prove { one, user, at } => {
                let users = [UserId::parse(NAMES[*user]).unwrap()];
                gate.prove(&world.who(NAMES[*one], *at, ""), &users).await
            }
            Self::Change { from, to, at } => {
                gate.number_changed(&world.who(NAMES[*from], *at, ""), &recipient(NAMES[*to])).await
            }
            Self::Erase { who } => gate.erase(&world.who(NAMES[*who], now, "")).await.map(drop),
        }
    }

    /// What a past becomes; several where the documents leave it open.
    fn after(&self, past: Past, now: Minute) -> Vec<Past> {
        match self {
            // Nothing was said later than now, whatever another clock says.
            Self::Say { said, key } => past.say(Said { at: said.at.min(now), ..*said }, key),
            Self::Write { who, at, id, text: "STOP" } => {
                let at = (*at).min(now);
                past.say(Said { identity: *who, at, no: true, to: To::Everything, own: true }, id)
            }
            Self::Write { who, at, id, text: "START" } => past.start(*who, (*at).min(now), id),
            Self::Write { .. } => vec![past],
            Self::Link { one, other, at } => vec![past.link(*one, *other, (*at).min(now))],
            Self::Prove { one, user, at } => vec![past.prove(*one, *user, (*at).min(now))],
            Self::Change { from, to, at } => vec![past.change(*from, *to, *at)],
            Self::Erase { who } => past.erase(*who, now),
        }
    }
}

/// The configuration after so many renames.
fn renamed(names: usize) -> String {
    let id = |n: usize| if n == 0 { "acme".to_owned() } else { format!("acme{n}") };
    let previous: Vec<_> = (0..names).map(id).collect();
    let now = format!("id: {}\n    previous_ids: [{}]", id(names), previous.join(", "));
    ACME.replace("id: acme", &now)
}

impl Run {
    async fn begin(seed: u64, mix: Mix) -> Self {
        let store = Faulty::new();
        let folder = tempfile::tempdir().unwrap();
        let settings = if mix.journal { with_journal(&folder) } else { settings(ACME) };
        let world = World::with(settings, Arc::clone(&store)).await;
        let random = Random(seed.wrapping_mul(0x2545_f491_4f6c_dd1d));
        let pasts = BTreeSet::from([Past::default()]);
        let (done, told) = (Vec::new(), Vec::new());
        Self {
            random,
            mix,
            store,
            world,
            now: 10,
            names: 0,
            pasts,
            done,
            erased: false,
            unparted: false,
            away: false,
            _folder: folder,
            told,
        }
    }

    async fn open(&mut self) {
        self.world = World::with(settings(&renamed(self.names)), Arc::clone(&self.store)).await;
        self.world.reach(self.now);
    }

    /// The next thing to happen; nothing when the dice say what cannot.
    fn step(&mut self, n: usize) -> Option<Step> {
        let random = &mut self.random;
        let when = match random.below(6) {
            0 | 1 => random.minute(self.now),
            2 => self.now + random.minute(4),
            _ => self.now,
        };
        let (a, b) = (random.below(IDENTITIES), random.below(IDENTITIES));
        let key = if random.one_in(2) { format!("k{n}") } else { String::new() };
        let (narrow, own) = (random.one_in(4), !random.one_in(4));
        let no = random.one_in(2);
        let to = if narrow { To::Utility } else { To::Everything };
        let said = Said { identity: a, at: when, no, to, own };
        // To whom the person of before an erasure falls is not told when it turns out later who had what then.
        let tied = if self.erased { self.now } else { when.min(self.now) };
        match random.below(16) {
            // What "start" means to who declined is for `conversation` to tell.
            0 if self.mix.blocks => {
                Some(Step::Say { said: Said { no: true, to: To::Prompt, own: true, ..said }, key })
            }
            1 if self.mix.blocks => {
                Some(Step::Say { said: Said { no: no || own, to: To::Sender, ..said }, key })
            }
            0..=7 => Some(Step::Say { said, key }),
            8 => {
                let texts = if self.mix.blocks {
                    ["STOP", "STOP", "hello", "hello"]
                } else {
                    ["STOP", "START", "START", "hello"]
                };
                let text = texts[random.below(4)];
                Some(Step::Write { who: a, at: when, id: format!("m{n}"), text })
            }
            9 if a != b => Some(Step::Link { one: a, other: b, at: tied }),
            10 | 11 if a != b && b >= NUMBERS => Some(Step::Prove { one: a, user: b, at: tied }),
            12 if a != b && self.mix.changes => Some(Step::Change { from: a, to: b, at: tied }),
            13 if self.mix.erasures && random.one_in(2) => Some(Step::Erase { who: a }),
            14 | 15 if !self.done.is_empty() => {
                let again = self.done[random.below(self.done.len())].clone();
                (!matches!(again, Step::Erase { .. })).then_some(again)
            }
            _ => None,
        }
    }

    fn happens(&mut self, step: &Step) {
        let pasts = std::mem::take(&mut self.pasts);
        self.pasts = pasts.into_iter().flat_map(|past| step.after(past, self.now)).collect();
    }

    /// Takes a step while the store is away: a "no" is taken, nothing else is.
    async fn take_away(&mut self, step: &Step) -> Result<(), String> {
        self.store.set(Fault::Unavailable);
        self.away = true;
        let result = step.take(&self.world, self.now).await;
        self.told.push(format!("{} away {step:?} -> {result:?}", self.now));
        let is_no = match step {
            Step::Say { said, .. } => said.no,
            Step::Write { text, .. } => *text == "STOP",
            Step::Link { .. } | Step::Prove { .. } | Step::Change { .. } | Step::Erase { .. } => false,
        };
        // The rest of a message must come again, so it is refused, and the "no" in it kept.
        if is_no != (result.is_ok() || matches!(step, Step::Write { text: "STOP", .. })) {
            return Err("not what is to be taken while the store is away".to_owned());
        }
        if is_no {
            self.happens(step);
        }
        self.check().await?;
        if self.random.one_in(2) {
            self.store.set(Fault::None);
            self.away = false;
            replayed(&self.world, &self.world.gate).await;
        }
        self.done.push(step.clone());
        self.check().await
    }

    /// Takes a step, perhaps with a commit that fails, and perhaps once more.
    async fn take(&mut self, step: &Step) -> Result<(), String> {
        if self.away || self.mix.journal && self.random.one_in(4) {
            return self.take_away(step).await;
        }
        let fails = self.mix.faults && self.random.one_in(4);
        if fails {
            let commit = u64::try_from(1 + self.random.below(5)).unwrap();
            self.store.fail_commit(commit, self.random.one_in(2));
        }
        let mut result = step.take(&self.world, self.now).await;
        self.store.fail_commit(0, false);
        self.told.push(format!("{} {step:?} -> {result:?}", self.now));
        if result.is_err() {
            if !(fails && matches!(result, Err(GateError::Store(_)))) {
                return Err("an error without a cause".to_owned());
            }
            let mut without = self.pasts.clone();
            if let Step::Change { from, to, at } = step {
                let half = self.pasts.iter().cloned().map(|past| past.half_changed(*from, *to, *at));
                without.extend(half);
            }
            self.happens(step);
            self.pasts.extend(without);
            self.unparted |= matches!(step, Step::Change { .. } | Step::Prove { .. });
            self.check().await?;
            if self.random.one_in(2) {
                self.told.push("opened again".to_owned());
                self.open().await;
            }
            if !self.random.one_in(3) {
                result = step.take(&self.world, self.now).await;
                self.told.push(format!("again -> {result:?}"));
                result.as_ref().map_err(|_| "an error of the repetition".to_owned())?;
                self.unparted = false;
            }
        }
        if result.is_ok() {
            self.happens(step);
        }
        self.done.push(step.clone());
        self.erased |= matches!(step, Step::Erase { .. });
        self.check().await
    }

    async fn allows(&self, who: usize) -> bool {
        self.world.asks(NAMES[who], Kind::Template).await.verdict.allowed
    }

    /// Each answer is right in one of the pasts.
    async fn check(&self) -> Result<(), String> {
        let right: Vec<_> = self.pasts.iter().map(Past::allows).collect();
        for who in 0..IDENTITIES {
            let allowed = self.allows(who).await;
            let may_be_denied = (self.unparted || self.away) && !allowed;
            if !may_be_denied && !right.iter().any(|past| past[who] == allowed) {
                let answered = if allowed { "allowed" } else { "denied" };
                return Err(format!("{} is {answered}", NAMES[who]));
            }
        }
        Ok(())
    }

    async fn walk(&mut self, length: usize) -> Result<(), String> {
        self.world.reach(self.now);
        for n in 0..length {
            self.now += [0, 1, 1, 3][self.random.below(4)];
            self.world.reach(self.now);
            if self.mix.renames && self.names < 2 && self.random.one_in(12) {
                self.names += 1;
                self.told.push("renamed".to_owned());
                self.open().await;
                self.check().await?;
            }
            let Some(step) = self.step(n) else { continue };
            self.take(&step).await?;
            if self.pasts.len() > PASTS_MAX {
                break;
            }
        }
        self.store.set(Fault::None);
        self.away = false;
        if self.mix.journal {
            replayed(&self.world, &self.world.gate).await;
            self.check().await?;
        }
        self.everything_is_kept().await?;
        self.anybody_can_opt_in_again().await?;
        for name in NAMES {
            self.world.log(name).await;
        }
        Ok(())
    }

    /// Each acknowledged "no" is in the log, as long as nobody was erased.
    async fn everything_is_kept(&self) -> Result<(), String> {
        let acknowledged = self.done.iter().filter(|_| !self.mix.faults && !self.erased);
        for step in acknowledged {
            let Step::Say { said, .. } = step else { continue };
            if matches!(said.to, To::Prompt | To::Sender) || (self.mix.journal && !said.no) {
                continue;
            }
            let page = self.world.log(NAMES[said.identity]).await;
            let has = page.entries.iter().filter_map(|(_, _, entry)| entry.as_ref()).any(|entry| {
                let is_no = matches!(entry.content, Content::OptOut { .. });
                entry.recipient == Some(recipient(NAMES[said.identity]))
                    && entry.occurred_at <= at(said.at)
                    && is_no == said.no
            });
            if !has {
                return Err(format!("{step:?} is not in the log"));
            }
        }
        Ok(())
    }

    /// B13, whatever happened before.
    async fn anybody_can_opt_in_again(&mut self) -> Result<(), String> {
        for (who, name) in NAMES.into_iter().enumerate() {
            self.now += 1;
            self.world.reach(self.now);
            for (to, own) in [(To::Utility, true), (To::Sender, false)] {
                let said = Said { identity: who, at: self.now, no: false, to, own };
                let step = Step::Say { said, key: String::new() };
                let result = step.take(&self.world, self.now).await;
                self.told.push(format!("{} {step:?} -> {result:?}", self.now));
                result.map_err(|error| format!("{name} cannot opt in again: {error}"))?;
            }
            if !self.allows(who).await {
                return Err(format!("{name} opted in again, and is denied"));
            }
        }
        Ok(())
    }
}

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().map_or(default, |text| text.parse().unwrap())
}

/// Runs of one kind; the shortest that went wrong is told.
async fn runs(mix: Mix) {
    let (first, count) = (setting("FUZZ_SEED", 1), setting("FUZZ_RUNS", RUNS));
    let mut wrong = 0;
    let mut shortest = None::<Vec<String>>;
    for seed in first..first + count {
        let mut run = Run::begin(seed, mix).await;
        let length = 4 + usize::try_from(seed % 30).unwrap();
        if let Err(why) = run.walk(length).await {
            wrong += 1;
            let mut told = vec![format!("seed {seed}: {why}")];
            told.append(&mut run.told);
            if shortest.as_ref().is_none_or(|known| told.len() < known.len()) {
                shortest = Some(told);
            }
        }
    }
    assert!(
        shortest.is_none(),
        "{wrong} of {count}, among them\n{}",
        shortest.unwrap_or_default().join("\n")
    );
}

const PLAIN: Mix =
    Mix { changes: false, erasures: false, blocks: false, renames: false, faults: false, journal: false };

#[tokio::test]
async fn statements_links_and_proofs_mean_what_the_documents_say() {
    runs(PLAIN).await;
}

#[tokio::test]
async fn with_changes_of_number_too() {
    runs(Mix { changes: true, ..PLAIN }).await;
}

#[tokio::test]
async fn with_erasures_too() {
    runs(Mix { erasures: true, ..PLAIN }).await;
}

#[tokio::test]
async fn with_blocks_and_declines_too() {
    runs(Mix { changes: true, blocks: true, ..PLAIN }).await;
}

#[tokio::test]
async fn with_changes_erasures_and_renames() {
    runs(Mix { changes: true, erasures: true, renames: true, ..PLAIN }).await;
}

#[tokio::test]
async fn with_changes_and_a_store_that_fails() {
    runs(Mix { changes: true, faults: true, ..PLAIN }).await;
}

#[tokio::test]
async fn with_a_journal() {
    runs(Mix { changes: true, blocks: true, journal: true, ..PLAIN }).await;
}

#[tokio::test]
async fn with_everything() {
    runs(Mix { changes: true, erasures: true, blocks: true, renames: true, faults: true, ..PLAIN }).await;
}
