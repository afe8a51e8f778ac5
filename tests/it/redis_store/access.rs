//! Who may use the server: a user with the least permissions.

use ::redis::cmd;
use sendgate::store::{Erase, RegistryRow};

use super::*;
use crate::{
    conformance::{append, id, sender},
    redis_cluster::Cluster,
};

/// What a user of a single server or of a master that Sentinel knows needs, as in docs/redis.md.
const NEEDED: [&str; 32] = [
    "ping",
    "role",
    "client|tracking",
    "evalsha",
    "script|load",
    "exists",
    "type",
    "del",
    "get",
    "set",
    "hget",
    "hmget",
    "hset",
    "hdel",
    "hgetall",
    "scan",
    "xadd",
    "xinfo|stream",
    "xrange",
    "xrevrange",
    "wait",
    "waitaof",
    "info",
    "hlen",
    "pexpireat",
    "pexpire",
    "zadd",
    "zcount",
    "zscore",
    "zrem",
    "zrangebyscore",
    "zremrangebyscore",
];

/// Of these an older server knows none, or goes without; or only a cluster needs it.
const OPTIONAL: [&str; 4] = ["wait", "waitaof", "info", "ping"];

/// What it needs besides in a cluster.
const NEEDED_IN_CLUSTER: [&str; 7] =
    ["cluster|nodes", "cluster|slots", "cluster|info", "asking", "readonly", "time", "zrange"];

async fn user(server: &RedisServer, name: &str, commands: &[&str]) {
    let mut connection = server.connection().await;
    let mut rules = cmd("ACL");
    rules.arg("SETUSER").arg(name).arg("on").arg(">secret").arg("~sg:*").arg("resetchannels").arg("-@all");
    for command in commands {
        rules.arg(format!("+{command}"));
    }
    rules.query_async::<()>(&mut connection).await.unwrap();
}

/// That some messages were sent, each with a template of its own.
pub(super) fn tally(messages: std::ops::Range<u64>) -> sendgate::store::Tally {
    let mark = |message| sendgate::store::Mark {
        message,
        statuses: sendgate::quality::Statuses::proven_by(sendgate::quality::Happened::Sent),
        class: sendgate::quality::FailureClass::Other,
        at: at(0),
        splits: vec![sendgate::quality::Split::Template(format!("t{message}"))],
    };
    let (guard, now) = (sendgate::model::Millis::days(7), at(0));
    sendgate::store::Tally { sender: sender("5"), marks: messages.map(mark).collect(), now, guard }
}

/// Does everything a store does; the first thing that fails.
async fn everything(url: &str) -> Result<(), String> {
    let said = |error: StoreError| error.to_string();
    let store = Arc::new(open(url, options()).await.map_err(said)?);
    let ear = Arc::new(Recorder::default());
    store.listen(Arc::clone(&ear) as Arc<dyn Ear>);
    store.identity_key([1; 32]).await.map_err(said)?;
    let loaded = store.load(id(1), at(0)).await.map_err(said)?;
    let windows = vec![(sender("5"), at(1), at(100))];
    let entries = vec![crate::conformance::entry(loaded.head, loaded.version + 1)];
    let opening = Commit { windows, entries, ..commit(id(1), loaded.version) };
    store.commit(opening).await.map_err(said)?;
    let loaded = store.load(id(1), at(0)).await.map_err(said)?;
    let erase = Erase::Payloads(vec![1]);
    store.commit(Commit { erase, ..commit(id(1), loaded.version) }).await.map_err(said)?;
    let erase = Erase::Everything;
    store.commit(Commit { erase, ..commit(id(1), loaded.version + 1) }).await.map_err(said)?;
    for loaded in store.load_many(&[id(1), id(2)], at(0)).await {
        loaded.map_err(said)?;
    }
    let entry = store.history(id(1), 0, 10).await.map_err(said)?.pop().unwrap();
    store.entry_of(id(1), entry.statement).await.map_err(said)?;
    store.contacts(None, 10, at(0)).await.map_err(said)?;
    store.changes(0, 10).await.map_err(said)?;
    let version = store.registry().await.map_err(said)?.first().map_or(0, |row| row.version);
    let row = RegistryRow { key: "k".to_owned(), version, value: vec![1] };
    store.commit_registry(row).await.map_err(said)?;
    // Counted before they would be known.
    let new =
        u64::try_from(sendgate::clock::system_now().millis()).unwrap() << 20 | u64::from(std::process::id());
    store.count(tally(new..new + 2)).await.map_err(said)?;
    store.counted(&sender("5"), 0, 1).await.map_err(said)?;
    everything_counted(&*store, new).await.map_err(said)?;
    store.ping().await.map_err(said)?;
    let by = Instant::now() + Duration::from_secs(2);
    while !ear.hears() {
        if Instant::now() > by {
            return Err("Redis tells of no writes".to_owned());
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    Ok(())
}

/// What limits count, each step of it a first one.
async fn everything_counted(store: &dyn Store, new: u64) -> Result<(), StoreError> {
    let gauge = sendgate::store::Gauge::Throughput(sender("5"));
    let quota = sendgate::limits::Quota { max: 1, per: sendgate::model::Millis::seconds(1) };
    let now = sendgate::model::Time::from_millis(i64::try_from(new >> 20).unwrap()).unwrap();
    let entry = sendgate::store::Entry { gauge: gauge.clone(), member: new, at: now, quota, enforced: false };
    store.enter(std::slice::from_ref(&entry), now).await?;
    store.look(&entry, now).await?;
    let left = |before| sendgate::store::Leaving { gauge: gauge.clone(), member: new, at: now, before };
    store.leave(&[left(Some(now))]).await?;
    store.leave(&[left(None)]).await?;
    let mut sends = store.sends(&[id(3)]).await?.remove(0);
    sends.log.pairs.push(sendgate::limits::Pair { sender: sender("5"), taken_until: at(1_000_000) });
    store.commit_sends(id(3), sends.tag, &sends.log, Some(at(1_000_000))).await?;
    let tag = store.sends(&[id(3)]).await?.remove(0).tag;
    store.commit_sends(id(3), tag, &sendgate::limits::SendLog::default(), None).await.map(drop)
}

#[tokio::test]
async fn a_user_with_the_documented_permissions_can_do_everything_and_with_less_cannot() {
    let server = RedisServer::start().await;
    // A server refuses to permit what it does not know.
    let needed: Vec<&str> = NEEDED.into_iter().filter(|name| *name != "waitaof").collect();
    user(&server, "exact", &needed).await;
    let url = |name: &str| format!("redis://{name}:secret@127.0.0.1:{}", server.port());
    assert_eq!(everything(&url("exact")).await, Ok(()));
    for without in &needed {
        let fewer: Vec<&str> = needed.iter().copied().filter(|name| name != without).collect();
        let name = format!("no-{}", without.replace('|', "-"));
        user(&server, &name, &fewer).await;
        // Scripts that somebody else has taught would hide that one cannot.
        server.command(&["SCRIPT", "FLUSH"]).await;
        let answer = everything(&url(&name)).await;
        if OPTIONAL.contains(without) {
            assert_eq!(answer, Ok(()), "without {without}");
        } else {
            let why = answer.expect_err(without);
            assert!(why.contains("permission") || why.contains("tells of no writes"), "{without}: {why}");
        }
    }
}

/// A script is not undone when it may not go on.
#[tokio::test]
async fn a_user_who_may_not_do_all_of_a_commit_does_nothing_of_it() {
    let server = RedisServer::start().await;
    let needed: Vec<&str> = NEEDED.into_iter().filter(|name| *name != "waitaof").collect();
    let owner: Arc<dyn Store> = Arc::new(open(&server.url(), options()).await.unwrap());
    append(&owner, id(1), &[1]).await;
    let windows = vec![(sender("5"), at(1), at(100))];
    owner.commit(Commit { windows: windows.clone(), ..commit(id(1), 1) }).await.unwrap();
    let head = owner.load(id(1), at(0)).await.unwrap().head;
    for without in
        ["exists", "type", "del", "get", "set", "hget", "hmget", "hset", "hdel", "xadd", "xinfo|stream"]
    {
        let fewer: Vec<&str> = needed.iter().copied().filter(|name| *name != without).collect();
        let name = format!("no-{}", without.replace('|', "-"));
        user(&server, &name, &fewer).await;
        let store =
            open(&format!("redis://{name}:secret@127.0.0.1:{}", server.port()), options()).await.unwrap();
        let before = server.command(&["DEBUG", "DIGEST"]).await;
        for (erases, open) in [(true, true), (false, true), (true, false)] {
            let erase = if erases { Erase::Everything } else { Erase::Payloads(vec![1]) };
            let windows = if open { windows.clone() } else { Vec::new() };
            let entries = vec![crate::conformance::entry(head, 2)];
            let whole = Commit { windows, entries, erase, ..commit(id(1), 2) };
            // It needs some of them only for some commits.
            if !matches!(
                (without, erases, open),
                ("del", false, _) | ("hdel", true, _) | ("set" | "get", _, false) | ("get", true, _)
            ) {
                let refused = store.commit(whole).await;
                assert!(
                    matches!(refused, Err(StoreError::Unavailable(_))),
                    "{without} {erases} {open}: {refused:?}"
                );
            }
        }
        assert_eq!(server.command(&["DEBUG", "DIGEST"]).await, before, "{without}");
    }
}

#[tokio::test]
async fn a_user_who_may_not_do_all_of_counting_counts_nothing() {
    let server = RedisServer::start().await;
    let owner = open(&server.url(), options()).await.unwrap();
    owner.count(tally(0..3)).await.unwrap();
    for without in ["hget", "hset", "hlen", "type", "pexpireat"] {
        let fewer: Vec<&str> =
            NEEDED.into_iter().filter(|name| *name != "waitaof" && *name != without).collect();
        let name = format!("no-{without}");
        user(&server, &name, &fewer).await;
        let url = format!("redis://{name}:secret@127.0.0.1:{}", server.port());
        let store = open(&url, options()).await.unwrap();
        let before = server.command(&["DEBUG", "DIGEST"]).await;
        let refused = store.count(tally(2..9)).await;
        assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{without}: {refused:?}");
        assert_eq!(server.command(&["DEBUG", "DIGEST"]).await, before, "{without}");
    }
    assert_eq!(owner.count(tally(2..9)).await.unwrap().iter().filter(|new| !new.is_empty()).count(), 6);
}

#[tokio::test]
async fn a_user_of_a_cluster_with_the_documented_permissions_can_do_everything() {
    let cluster = Cluster::shared().await;
    let needed: Vec<&str> =
        NEEDED.into_iter().filter(|name| *name != "waitaof").chain(NEEDED_IN_CLUSTER).collect();
    for node in &cluster.nodes {
        user(node, "exact", &needed).await;
    }
    assert_eq!(everything(&cluster.url().replace("://", "://exact:secret@")).await, Ok(()));
}

#[tokio::test]
async fn the_documented_permissions_are_those_of_the_test() {
    let text = documented("docs/redis.md");
    for command in NEEDED.into_iter().chain(NEEDED_IN_CLUSTER) {
        assert!(text.contains(&format!("+{command}")), "{command}");
    }
}

fn documented(file: &str) -> String {
    std::fs::read_to_string(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap()
}

#[test]
fn the_user_of_the_readme_and_that_of_the_documentation_may_do_the_same() {
    let [readme, docs] = ["README.md", "docs/redis.md"].map(|file| {
        let text = documented(file);
        let (_, user) = text.split_once("ACL SETUSER ").unwrap();
        let (user, _) = user.split_once("```").unwrap();
        let rights = user.split_whitespace().filter(|word| word.starts_with(['+', '-', '~']));
        rights.map(str::to_owned).collect::<std::collections::BTreeSet<_>>()
    });
    assert_eq!(readme, docs);
    // `select` is for a database, and `waitaof` for those who wait for the disk.
    let needed = NEEDED.into_iter().filter(|name| *name != "waitaof").chain(["select"]);
    let needed: std::collections::BTreeSet<_> = needed.map(|name| format!("+{name}")).collect();
    assert_eq!(
        readme.into_iter().filter(|word| word.starts_with('+')).collect::<std::collections::BTreeSet<_>>(),
        needed
    );
}

#[tokio::test]
async fn a_user_who_may_not_touch_the_keys_is_told_so() {
    let server = RedisServer::start().await;
    let mut connection = server.connection().await;
    let mut rules = cmd("ACL");
    rules.arg("SETUSER").arg("other").arg("on").arg(">secret").arg("~other:*").arg("+@all");
    rules.query_async::<()>(&mut connection).await.unwrap();
    let error = everything(&format!("redis://other:secret@127.0.0.1:{}", server.port())).await.unwrap_err();
    assert!(error.contains("permission"), "{error}");
}
