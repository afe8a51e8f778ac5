//! A master that Sentinel knows: found, followed when it changes, and left when it is none any more.

use super::*;
use crate::{
    conformance::id,
    proxy::{Proxy, Way},
    redis_sentinel::{Watched, is_master},
};

/// Sentinels wait so long before they switch once more.
const AGAIN: Duration = Duration::from_secs(6);

/// Writes until it is done, and goes on until memory answers with it.
async fn resumes(side: &Side, id: ContactId, patience: Duration) -> u64 {
    let by = Instant::now() + patience;
    loop {
        assert!(Instant::now() < by, "writes do not resume");
        if let Ok(loaded) = side.store.load(id, at(0)).await
            && let Ok(Committed::Done(version)) = side.store.commit(commit(id, loaded.version)).await
        {
            side.cache.invalidate(id);
            while side.remembers(id) != Some(version) {
                assert!(Instant::now() < by, "hearing does not resume");
                drop(side.version(id).await);
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            return version;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_new_master_is_followed_and_the_old_one_is_not_used_when_it_comes_back() {
    let mut watched = Watched::new(AGAIN).await;
    let side = Side::open(&watched.url()).await;
    assert_eq!(resumes(&side, id(1), PATIENCE).await, 1);
    // The replica has it before the master dies.
    watched.is_replicated().await;
    let (stamp, deafened) = (side.cache.stamp(id(1)), side.cache.deafened());
    watched.master.kill();
    let died = Instant::now();
    until("deaf", || side.cache.deafened() > deafened).await;
    assert_ne!(side.cache.stamp(id(1)), stamp, "a new generation");
    assert_eq!(side.remembers(id(1)), None);
    let version = resumes(&side, id(1), Duration::from_secs(60)).await;
    assert_eq!(version, 2, "nothing is lost");
    eprintln!("writes and memory resume {:?} after the master died", died.elapsed());
    // It comes back as a master, until a sentinel tells it that it is none.
    watched.master.restart().await;
    let by = Instant::now() + Duration::from_secs(60);
    let mut version = version;
    while is_master(&watched.master).await {
        assert!(Instant::now() < by, "the old master stays one");
        version += 1;
        assert_eq!(resumes(&side, id(1), PATIENCE).await, version);
    }
    assert_eq!(resumes(&side, id(1), PATIENCE).await, version + 1);
    let stored = open(&watched.replica.url(), options()).await.unwrap();
    assert_eq!(stored.load(id(1), at(0)).await.unwrap().version, version + 1);
}

#[tokio::test]
async fn a_master_that_was_stopped_and_replaced_is_left() {
    let watched = Watched::new(AGAIN).await;
    let side = Side::open(&watched.url()).await;
    resumes(&side, id(1), PATIENCE).await;
    watched.is_replicated().await;
    watched.master.pause();
    let paused = Instant::now();
    tokio::time::sleep_until((paused + TRUST + Duration::from_millis(50)).into()).await;
    assert_eq!(side.remembers(id(1)), None);
    let version = resumes(&side, id(1), Duration::from_secs(60)).await;
    watched.master.resume();
    for more in 1..20 {
        assert_eq!(resumes(&side, id(1), PATIENCE).await, version + more);
    }
    let stored = open(&watched.replica.url(), options()).await.unwrap();
    assert_eq!(stored.load(id(1), at(0)).await.unwrap().version, version + 19);
}

#[tokio::test]
async fn a_master_that_is_switched_by_hand_is_left_by_those_who_listen_to_it() {
    let watched = Watched::new(AGAIN).await;
    let side = Side::open(&watched.url()).await;
    resumes(&side, id(1), PATIENCE).await;
    watched.is_replicated().await;
    assert!(watched.ask_for_a_switch().await);
    let by = Instant::now() + Duration::from_secs(60);
    while !is_master(&watched.replica).await || is_master(&watched.master).await {
        assert!(Instant::now() < by, "the switch never happens");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let version = resumes(&side, id(1), Duration::from_secs(60)).await;
    let stored = open(&watched.replica.url(), options()).await.unwrap();
    assert_eq!(stored.load(id(1), at(0)).await.unwrap().version, version);
}

/// A minority of the sentinels may be cut off with a master that was replaced long ago.
#[tokio::test]
async fn a_sentinel_that_names_another_master_is_outvoted() {
    let (watched, other) = (Watched::new(AGAIN).await, Watched::alone().await);
    let hosts: Vec<_> = other.ports().into_iter().chain(watched.ports()).collect();
    let hosts: Vec<_> = hosts.iter().map(|port| format!("127.0.0.1:{port}")).collect();
    let side = Side::open(&format!("redis+sentinel://{}/main", hosts.join(","))).await;
    assert_eq!(resumes(&side, id(1), PATIENCE).await, 1);
    let stored = open(&watched.master.url(), options()).await.unwrap();
    assert_eq!(stored.load(id(1), at(0)).await.unwrap().version, 1);
    let half = format!("redis+sentinel://{},{}/main", hosts[0], hosts[1]);
    let error = open(&half, options()).await.unwrap_err().to_string();
    assert!(error.contains("no majority") && error.contains("different"), "{error}");
}

/// Cut off together with a master and without the others, nobody knows whether it is the master still: nothing is answered from
/// memory, nor read from it, from two seconds on.
#[tokio::test]
async fn a_master_that_no_majority_of_the_sentinels_names_is_left() {
    const NAMED_FOR: Duration = Duration::from_secs(2);
    let watched = Watched::new(AGAIN).await;
    let mut ways = Vec::new();
    for port in watched.ports() {
        ways.push(Proxy::to(port).await);
    }
    let hosts: Vec<_> = ways.iter().map(|way| format!("127.0.0.1:{}", way.port())).collect();
    let side = Side::open(&format!("redis+sentinel://{}/main", hosts.join(","))).await;
    let version = resumes(&side, id(1), PATIENCE).await;
    ways[0].refuse().await;
    ways[0].cut();
    tokio::time::sleep(NAMED_FOR + NAMED_FOR).await;
    assert_eq!(side.remembers(id(1)), Some(version), "one of three may be away");
    ways[0].admit().await;
    ways[0].set(Way { no_questions: true, no_answers: true, ..Way::default() });
    tokio::time::sleep(NAMED_FOR + NAMED_FOR).await;
    assert_eq!(side.remembers(id(1)), Some(version), "or silent");
    let cut = Instant::now();
    ways[1].set(Way { no_questions: true, no_answers: true, ..Way::default() });
    until("deaf", || side.remembers(id(1)).is_none()).await;
    let took = cut.elapsed();
    assert!(took < NAMED_FOR + PATIENCE / 4, "{took:?}");
    while side.store.load(id(1), at(0)).await.is_ok() {
        assert!(cut.elapsed() < NAMED_FOR + PATIENCE / 4, "it is read still");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    ways[1].set(Way::default());
    assert_eq!(resumes(&side, id(1), PATIENCE).await, version + 1);
}

#[tokio::test]
async fn a_name_that_no_sentinel_knows_is_told() {
    let watched = Watched::alone().await;
    let url = format!("redis+sentinel://{}/other", watched.hosts());
    let error = open(&url, options()).await.unwrap_err().to_string();
    assert!(error.contains("knows no master `other`"), "{error}");
}

/// The same while nobody is listened to: commands go over a connection that stands.
#[tokio::test]
async fn commands_do_not_go_on_to_a_master_that_nobody_names_and_nobody_hears() {
    let watched = Watched::alone().await;
    let way = Proxy::to(watched.ports()[0]).await;
    let side = Side::open(&format!("redis+sentinel://127.0.0.1:{}/main", way.port())).await;
    resumes(&side, id(1), PATIENCE).await;
    way.set(Way { no_questions: true, no_answers: true, ..Way::default() });
    let clients = crate::redis_cluster::text(watched.master.command(&["CLIENT", "LIST"]).await);
    let listening = clients.lines().find(|line| line.contains(" flags=") && line.contains("redir=0"));
    let number = listening.and_then(|line| line.strip_prefix("id=")?.split(' ').next()).unwrap();
    watched.master.command(&["CLIENT", "KILL", "ID", number]).await;
    let cut = Instant::now();
    while side.store.load(id(1), at(0)).await.is_ok() {
        assert!(cut.elapsed() < PATIENCE / 2, "it is read still");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(side.remembers(id(1)), None);
    way.set(Way::default());
    resumes(&side, id(1), PATIENCE).await;
}

/// Making a connection takes time. A master that is replaced meanwhile, and goes on as one, must not be written to and read
/// from while the new one is listened to.
#[tokio::test]
async fn commands_do_not_go_to_another_master_than_the_one_that_is_heard() {
    let watched = Watched::alone().await;
    let way = Proxy::to(watched.master.port()).await;
    watched.watch(way.port()).await;
    let url = format!("redis+sentinel://127.0.0.1:{}/main", watched.ports()[0]);
    let side = Side::open(&url).await;
    assert_eq!(resumes(&side, id(1), PATIENCE).await, 1);
    way.set(Way { delay: Duration::from_millis(150), ..Way::default() });
    way.cut();
    // Both ask for the master now, and take half a second and more to reach it.
    tokio::time::sleep(Duration::from_millis(200)).await;
    watched.watch(watched.replica.port()).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    for version in 1..4 {
        assert_eq!(resumes(&side, id(2), PATIENCE).await, version);
    }
    let new = open(&watched.replica.url(), options()).await.unwrap();
    assert_eq!(new.load(id(2), at(0)).await.unwrap().version, 3);
}
