//! How things fail, and how they are made well again.

use std::time::Duration;

use super::{
    draw::Draw,
    faults::{Episode, Fault},
    history::Harm,
    world::World,
};
use crate::{
    proxy::{Way, Whom},
    redis_server::RedisServer,
};

/// How long what is heard of writes is only late before it stays away.
const SLOWLY_DEAF: Duration = Duration::from_millis(900);

impl World {
    /// Goes through an episode from its pause to its end.
    pub(crate) async fn suffer(&mut self, episode: &Episode, harms: &mut Vec<Harm>) {
        tokio::time::sleep(episode.pause).await;
        let first = harms.len();
        for fault in &episode.faults {
            let begin = self.doors.now();
            harms.push(Harm { name: fault.name(), sidecar: fault.sidecar(), begin, end: begin });
            self.inject(*fault).await;
        }
        tokio::time::sleep(episode.lasts).await;
        // A sidecar that was killed finds its Redis again only when everything else is well.
        for these in [false, true] {
            for place in 0..episode.faults.len() {
                let fault = episode.faults[place];
                if matches!(fault, Fault::SidecarKilled(_)) == these {
                    self.heal(fault).await;
                    harms[first + place].end = self.doors.now();
                }
            }
        }
    }

    async fn inject(&mut self, fault: Fault) {
        let millis = Duration::from_millis;
        match fault {
            Fault::RedisKilled(one) => self.servers.one(one).kill(),
            Fault::RedisStopped(one) => self.servers.one(one).pause(),
            Fault::ClientsKilled => {
                self.servers.one(0).command(&["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]).await;
            }
            Fault::Cut(one) => {
                self.proxies[one].refuse().await;
                self.proxies[one].cut();
            }
            Fault::Silent(one) => {
                self.proxies[one].set(Way { no_questions: true, no_answers: true, ..Way::default() });
            }
            Fault::NoQuestions(one) => {
                self.proxies[one].set(Way { no_questions: true, ..Way::default() });
            }
            Fault::NoAnswers(one) => self.proxies[one].set(Way { no_answers: true, ..Way::default() }),
            Fault::HalfSilent(one, which) => {
                let whom = Whom::EverySecond(which);
                self.proxies[one].set(Way { no_answers: true, whom, ..Way::default() });
            }
            Fault::Forgotten(one) => {
                let whom = Whom::Before(self.proxies[one].accepted());
                self.proxies[one].set(Way { no_questions: true, no_answers: true, whom, ..Way::default() });
            }
            Fault::Deaf(one, late) => {
                let slow = Way { whom: Whom::Hearing, slow_answers_only: true, ..Way::default() };
                self.doors.will_be_deaf(one);
                self.proxies[one].set(Way { delay: millis(late), ..slow });
                tokio::time::sleep(SLOWLY_DEAF).await;
                // What is written from now on is on its way when the silence begins.
                self.doors.is_deaf(one);
                tokio::time::sleep(millis(late) * 9 / 10).await;
                self.proxies[one].set(Way { no_answers: true, delay: millis(late), ..slow });
            }
            Fault::SlowReads(one, most) => {
                let (whom, slow_answers_only, jitter) = (Whom::Data, true, millis(most));
                self.proxies[one].set(Way {
                    delay: millis(30),
                    jitter,
                    whom,
                    slow_answers_only,
                    ..Way::default()
                });
            }
            Fault::Slow(one, most) => {
                self.proxies[one].set(Way { jitter: millis(most), ..Way::default() });
            }
            Fault::AllSlow(most) => {
                for proxy in &self.proxies {
                    proxy.set(Way { jitter: millis(most), ..Way::default() });
                }
            }
            Fault::SidecarKilled(one) => {
                if let Some(served) = self.sidecars[one].take() {
                    served.kill();
                }
            }
            Fault::SidecarStopped(one) => {
                self.signal(one, "STOP");
                self.doors.is_deaf(one);
            }
            Fault::ReplicaKilled => self.servers.replica().iter_mut().for_each(|replica| replica.kill()),
            Fault::ReplicaStopped => self.servers.replica().iter().for_each(|replica| replica.pause()),
            Fault::Failover(after) => {
                self.servers.one(0).kill();
                tokio::time::sleep(millis(after)).await;
                self.servers.fail_over(&self.proxies).await;
            }
            Fault::Forgetting(last) => {
                self.servers.stop_copying();
                tokio::time::sleep(millis(last)).await;
                self.servers.one(0).kill();
                self.servers.fail_over(&self.proxies).await;
            }
            Fault::MasterKilled => self.servers.lose_master(RedisServer::kill).await,
            Fault::MasterStopped => self.servers.lose_master(|master| master.pause()).await,
            Fault::Switched => self.servers.switch().await,
            Fault::SlotsMoved(seed) => self.servers.move_slots(&mut Draw::new(seed, 0)).await,
            Fault::HandOver => self.servers.hand_over().await,
            Fault::NodeReplaced => self.servers.replace_node(&self.proxies).await,
        }
    }

    async fn heal(&mut self, fault: Fault) {
        match fault {
            Fault::RedisKilled(one) => self.servers.one(one).restart().await,
            Fault::RedisStopped(one) => self.servers.one(one).resume(),
            Fault::NodeReplaced => self.servers.raise().await,
            Fault::ClientsKilled | Fault::SlotsMoved(_) | Fault::HandOver | Fault::Switched => {}
            Fault::Cut(one) => self.proxies[one].admit().await,
            Fault::Silent(_)
            | Fault::NoQuestions(_)
            | Fault::NoAnswers(_)
            | Fault::HalfSilent(..)
            | Fault::Forgotten(_)
            | Fault::Deaf(..)
            | Fault::SlowReads(..)
            | Fault::Slow(..)
            | Fault::AllSlow(_) => {
                self.proxies.iter().for_each(|proxy| proxy.set(Way::default()));
            }
            Fault::SidecarKilled(one) => self.launch(one).await,
            Fault::SidecarStopped(one) => self.signal(one, "CONT"),
            Fault::ReplicaKilled => {
                if let Some(replica) = self.servers.replica() {
                    replica.restart().await;
                }
            }
            Fault::ReplicaStopped | Fault::MasterStopped => {
                self.servers.replica().iter().for_each(|replica| replica.resume());
            }
            Fault::Failover(_) | Fault::Forgetting(_) | Fault::MasterKilled => self.servers.come_back().await,
        }
    }
}
