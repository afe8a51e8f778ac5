//! What fails, when, and for how long: drawn from the seed, one or two things at a time.

use std::time::Duration;

use super::{draw::Draw, servers::Shape, world::SIDECARS};

/// One thing that fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Of a cluster, the node of this number.
    RedisKilled(usize),
    RedisStopped(usize),
    /// Every connection to Redis is closed by it, once.
    ClientsKilled,
    Cut(usize),
    Silent(usize),
    NoQuestions(usize),
    NoAnswers(usize),
    /// Some connections are silent and others are not: what is written goes unheard while reads go on, or the reverse.
    HalfSilent(usize, usize),
    /// Connections there are lead nowhere any more, and nobody says so; new ones are fine.
    Forgotten(usize),
    /// What a sidecar hears of writes by comes later and later, and then not at all, while all else flows.
    Deaf(usize, u64),
    /// What a sidecar reads comes late, one answer before the other, while it hears of writes at once.
    SlowReads(usize, u64),
    /// Every chunk takes some milliseconds, each connection at its own pace.
    Slow(usize, u64),
    AllSlow(u64),
    SidecarKilled(usize),
    SidecarStopped(usize),
    ReplicaKilled,
    ReplicaStopped,
    /// The master is killed, and its replica takes its place so many milliseconds later.
    Failover(u64),
    /// The same, and the last so many milliseconds of what the master wrote are gone.
    Forgetting(u64),
    /// The master dies, and sentinels make another.
    MasterKilled,
    /// The master stops, goes on when sentinels have made another, and is made a replica.
    MasterStopped,
    /// Sentinels are asked to make another master.
    Switched,
    /// Slots of a cluster go to other masters.
    SlotsMoved(u64),
    /// A replica of a cluster takes the place of its master, which hands over.
    HandOver,
    /// A master of a cluster dies, and its replica takes its place.
    NodeReplaced,
}

/// The names of failovers after which the store need not have all that was acknowledged.
const FORGETTING: &str = "failover that forgot writes";
const REPLACED: &str = "a master of the cluster killed and replaced";
pub(crate) const FORGET: [&str; 2] = [FORGETTING, REPLACED];

/// Some faults at once.
#[derive(Clone, Debug)]
pub(crate) struct Episode {
    pub(crate) pause: Duration,
    pub(crate) faults: Vec<Fault>,
    pub(crate) lasts: Duration,
}

/// As many episodes as fill a time, of faults whose name holds a word.
pub(crate) fn schedule(draw: &mut Draw, shape: Shape, time: Duration, only: &str) -> Vec<Episode> {
    let mut episodes = Vec::new();
    let mut filled = Duration::ZERO;
    while filled < time {
        let mut faults = vec![named(draw, shape, only)];
        let second = named(draw, shape, only);
        if draw.percent(40) && second.concerns().is_apart_from(faults[0].concerns()) {
            faults.push(second);
        }
        let episode = Episode { pause: draw.millis(150, 500), faults, lasts: draw.millis(100, 1100) };
        filled += episode.pause + episode.lasts;
        episodes.push(episode);
    }
    episodes
}

fn named(draw: &mut Draw, shape: Shape, only: &str) -> Fault {
    loop {
        let fault = fault(draw, shape);
        if fault.name().contains(only) {
            return fault;
        }
    }
}

fn fault(draw: &mut Draw, shape: Shape) -> Fault {
    let one = draw.below(SIDECARS);
    let faults = match shape {
        Shape::Alone => 22,
        Shape::Replica | Shape::Forgetful => 28,
        Shape::Sentinel => 8,
        Shape::Cluster => 31,
    };
    match draw.below(faults) {
        kind if shape == Shape::Sentinel => match kind {
            0..3 => Fault::MasterKilled,
            3 => Fault::MasterStopped,
            4 => Fault::Switched,
            5 => Fault::ClientsKilled,
            6 => Fault::SidecarKilled(one),
            _ => Fault::SidecarStopped(one),
        },
        0 => Fault::RedisKilled(one),
        1 => Fault::RedisStopped(one),
        2 => Fault::ClientsKilled,
        3 => Fault::Cut(one),
        4 => Fault::Silent(one),
        5 => Fault::NoQuestions(one),
        6 | 7 => Fault::NoAnswers(one),
        8 => Fault::Slow(one, 5 + draw.next() % 60),
        9 | 10 => Fault::AllSlow(5 + draw.next() % 40),
        11 => Fault::SidecarKilled(one),
        12 => Fault::SidecarStopped(one),
        13 | 14 => Fault::HalfSilent(one, draw.below(2)),
        15..18 => Fault::Deaf(one, 240 + draw.next() % 90),
        18..21 => Fault::SlowReads(one, 100 + draw.next() % 300),
        21 => Fault::Forgotten(one),
        22..27 if shape == Shape::Cluster => Fault::SlotsMoved(draw.next()),
        27 | 28 if shape == Shape::Cluster => Fault::HandOver,
        29.. if shape == Shape::Cluster => Fault::NodeReplaced,
        22.. if shape == Shape::Forgetful => Fault::Forgetting(draw.next() % 400),
        22 => Fault::ReplicaKilled,
        23 | 24 => Fault::ReplicaStopped,
        _ => Fault::Failover(draw.next() % 400),
    }
}

/// What two faults at once must not both concern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Redis,
    Replica,
    Way,
    Sidecar(usize),
}

impl Place {
    /// A master that has no replica cannot be replaced.
    fn is_apart_from(self, other: Self) -> bool {
        let server = |place| matches!(place, Self::Redis | Self::Replica);
        self != other && !(server(self) && server(other))
    }
}

impl Fault {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::RedisKilled(_) => "redis killed",
            Self::RedisStopped(_) => "redis stopped",
            Self::ClientsKilled => "redis closed all connections",
            Self::Cut(_) => "way cut",
            Self::Silent(_) => "way silent both ways",
            Self::NoQuestions(_) => "way silent towards redis",
            Self::NoAnswers(_) => "way silent from redis",
            Self::HalfSilent(..) => "half of the connections silent",
            Self::Forgotten(_) => "connections forgotten on the way",
            Self::Deaf(..) => "hearing slow, then silent",
            Self::SlowReads(..) => "reads slow, hearing prompt",
            Self::Slow(..) => "way slow",
            Self::AllSlow(_) => "all ways slow",
            Self::SidecarKilled(_) => "sidecar killed",
            Self::SidecarStopped(_) => "sidecar stopped",
            Self::ReplicaKilled => "replica killed",
            Self::ReplicaStopped => "replica stopped",
            Self::Failover(_) => "failover to the replica",
            Self::Forgetting(_) => FORGETTING,
            Self::MasterKilled => "master killed, sentinels make another",
            Self::MasterStopped => "master stopped, sentinels make another",
            Self::Switched => "sentinels asked for another master",
            Self::SlotsMoved(_) => "slots moved",
            Self::HandOver => "a master of the cluster handed over",
            Self::NodeReplaced => REPLACED,
        }
    }

    fn concerns(self) -> Place {
        match self {
            Self::RedisKilled(_) | Self::RedisStopped(_) | Self::ClientsKilled => Place::Redis,
            Self::SlotsMoved(_) | Self::HandOver | Self::NodeReplaced => Place::Redis,
            Self::Cut(_) | Self::Silent(_) | Self::NoQuestions(_) | Self::NoAnswers(_) => Place::Way,
            Self::HalfSilent(..) | Self::Deaf(..) | Self::SlowReads(..) => Place::Way,
            Self::Forgotten(_) | Self::Slow(..) | Self::AllSlow(_) => Place::Way,
            Self::SidecarKilled(one) | Self::SidecarStopped(one) => Place::Sidecar(one),
            Self::ReplicaKilled | Self::ReplicaStopped | Self::Failover(_) | Self::Forgetting(_) => {
                Place::Replica
            }
            Self::MasterKilled | Self::MasterStopped | Self::Switched => Place::Replica,
        }
    }

    pub(crate) fn sidecar(self) -> Option<usize> {
        match self {
            Self::Cut(one) | Self::Silent(one) | Self::NoQuestions(one) | Self::NoAnswers(one) => Some(one),
            Self::HalfSilent(one, _) | Self::Deaf(one, _) | Self::SlowReads(one, _) => Some(one),
            Self::Forgotten(one) => Some(one),
            Self::Slow(one, _) | Self::SidecarKilled(one) | Self::SidecarStopped(one) => Some(one),
            Self::RedisKilled(_) | Self::RedisStopped(_) | Self::ClientsKilled | Self::AllSlow(_) => None,
            Self::SlotsMoved(_) | Self::HandOver | Self::NodeReplaced => None,
            Self::ReplicaKilled | Self::ReplicaStopped | Self::Failover(_) | Self::Forgetting(_) => None,
            Self::MasterKilled | Self::MasterStopped | Self::Switched => None,
        }
    }
}
