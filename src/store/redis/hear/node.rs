//! Listening to one master.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use redis::{ConnectionInfo, PushInfo, RedisError, Value, aio::MultiplexedConnection};
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

use super::{
    Hearing,
    view::{self, Sign},
};
use crate::{
    clock,
    store::redis::{fault, pauses::Pauses},
};

/// How often Sentinel is asked whether the master is still the same: a master that was cut off from it goes on as if
/// nothing had happened.
const ASK_SENTINEL: Duration = Duration::from_millis(500);

/// A master that no majority of the sentinels named for so long may have been replaced.
const NAMED_FOR: Duration = Duration::from_secs(2);

const UNNAMED: &str = "no majority of the sentinels names a master any more";

/// Listens to the one master there is, wherever it is, for ever.
pub(super) async fn listen_to_master(hearing: Arc<Hearing>) {
    let mut pauses = Pauses::default();
    let mut last_named = clock::monotonic();
    loop {
        let named = clock::monotonic();
        let master = hearing.connector.master().await;
        if master.is_err() && named.duration_since(last_named) > NAMED_FOR {
            // Commands must not go on to it while nobody is listened to either.
            hearing.link.leave(UNNAMED);
        }
        if let Ok(master) = master {
            let moved = moved(&hearing, &master, named);
            tokio::select! {
                heard = listen(&hearing, "", &master) => {
                    if heard {
                        pauses = Pauses::default();
                    }
                }
                why = moved => hearing.link.leave(why),
            }
            last_named = clock::monotonic();
            hearing.lost("");
        }
        sleep(pauses.next()).await;
    }
}

/// Ends when another server is the master, or may be. It was `named` the master last at some instant.
async fn moved(hearing: &Hearing, master: &ConnectionInfo, mut named: Instant) -> &'static str {
    if !hearing.connector.is_sentinel() {
        std::future::pending::<()>().await;
    }
    loop {
        sleep(ASK_SENTINEL).await;
        let asked = clock::monotonic();
        let rest = NAMED_FOR.saturating_sub(asked.duration_since(named));
        match timeout(rest, hearing.connector.master()).await {
            Ok(Ok(now)) if now.addr() == master.addr() => named = asked,
            Ok(Ok(_)) => return "Sentinel names another master",
            Ok(Err(_)) => {}
            Err(_) => return UNNAMED,
        }
    }
}

/// Listens to one master until it is lost; true when it was heard at all.
pub(super) async fn listen(hearing: &Arc<Hearing>, node: &str, master: &ConnectionInfo) -> bool {
    let told = (Arc::downgrade(hearing), node.to_owned());
    let pushed = move |push: PushInfo| {
        let (hearing, node) = &told;
        if let Some(hearing) = hearing.upgrade() {
            hearing.pushed(node, push);
        }
        Ok::<(), redis::aio::SendError>(())
    };
    let Ok(mut connection) = hearing.connector.to_master(master, Some(pushed)).await else { return false };
    if let Err(error) = track(hearing, &mut connection).await {
        hearing.is_not_told(&fault::plain(&error));
        return false;
    }
    let place = match hearing.cluster {
        true => None,
        false => match hearing.connector.place(master, &mut connection).await {
            Ok(place) => place,
            Err(_) => return false,
        },
    };
    // What was read before tracking began may have changed unheard.
    hearing.ear.deaf();
    let mut heard = false;
    let mut beats = interval(hearing.heartbeat);
    // A process that was stopped has nothing to catch up with.
    beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        beats.tick().await;
        let asked = clock::monotonic();
        let sign = async {
            if hearing.cluster {
                view::of_node(&mut connection).await
            } else {
                view::of_server(&mut connection).await
            }
        };
        let answer = timeout(hearing.trust, sign).await;
        hearing.ear.asked(clock::monotonic().duration_since(asked));
        match answer {
            // One of them is on a master that was replaced: both look again.
            Ok(Sign::Master(_)) if hearing.link.leads_elsewhere(place.as_deref()) => {
                hearing.link.leave("it leads to another server than the one that is heard");
                return heard;
            }
            Ok(Sign::Master(view)) => {
                heard = true;
                hearing.beat(node, asked, view);
            }
            Ok(Sign::Replica) => {
                // Commands must not go on to it either: what it answers may be old.
                hearing.link.leave("its server is a replica now");
                return heard;
            }
            Ok(Sign::None) | Err(_) => return heard,
        }
    }
}

async fn track(hearing: &Hearing, connection: &mut MultiplexedConnection) -> Result<(), RedisError> {
    let mut cmd = redis::cmd("CLIENT");
    cmd.arg("TRACKING").arg("ON").arg("BCAST");
    for prefix in hearing.keys.tracked() {
        cmd.arg("PREFIX").arg(prefix);
    }
    timeout(hearing.trust, cmd.query_async::<Value>(connection))
        .await
        .unwrap_or_else(|_| Err(std::io::Error::from(std::io::ErrorKind::TimedOut).into()))
        .map(drop)
}
