//! The settings of the store.

use super::{mistakes::one, *};

fn redis(more: &str) -> String {
    format!("store: {{url: 'rediss://u:p@h'{more}}}")
}

#[test]
fn a_redis_store_has_defaults_for_everything_but_its_url() {
    let mut store = load(&redis("")).store;
    assert!(matches!(&store.url, StoreUrl::Redis(target) if target.is_tls()));
    let journal = store.journal.take().unwrap();
    assert!(journal.ends_with("sendgate/journal.redb"), "beside where a store file would be");
    assert_eq!(format!("{store:?}"), format!("{:?}", Store::at(store.url.clone())));
    assert_eq!((store.prefix.as_str(), store.replicas, store.fsync), ("sg", 0, false));
}

#[test]
fn every_setting_of_a_redis_store_is_taken() {
    let store = load(&redis(
        ", prefix: 'eu:sg_1.x', tls: {ca: /a, cert: /c, key: /k}, connect_timeout: 2s, heartbeat: 50ms, trust: 100ms, \
         replicas: 2, fsync: true, durability_timeout: 300ms",
    ))
    .store;
    assert_eq!((store.prefix.as_str(), store.replicas, store.fsync), ("eu:sg_1.x", 2, true));
    assert_eq!(store.tls.ca.as_deref(), Some(Path::new("/a")));
    assert_eq!(store.tls.identity, Some(("/c".into(), "/k".into())));
    let times = [store.connect_timeout, store.heartbeat, store.trust, store.durability_timeout];
    assert_eq!(times.map(|time| time.as_millis()), [2000, 50, 100, 300]);
}

#[test]
fn a_prefix_means_nothing_in_a_pattern_nor_in_a_hash_tag() {
    for prefix in ["", "a*", "a?", "[a]", "{a}", "a\\\\b", "a b", "a^", "a-b", "ä", &"a".repeat(65)] {
        one(&redis(&format!(", prefix: \"{prefix}\"")), "store.prefix", "");
    }
    assert!(is_key_prefix(&"a".repeat(64)) && !is_key_prefix(""));
}

#[test]
fn times_of_a_store_fit_together() {
    one(&redis(", trust: 199ms"), "store.trust", "two of `store.heartbeat`");
    one(&redis(", heartbeat: 1s"), "store.heartbeat", "two of `store.heartbeat`");
    one(&redis(", replicas: 1, durability_timeout: 5s"), "store.durability_timeout", "deadlines.store_write");
    one(&format!("deadlines: {{store_write: 1s}}\n{}", redis(", fsync: true")), "store.fsync", "store_write");
    load(&redis(", durability_timeout: 5s"));
    load(&redis(", trust: 200ms"));
}

#[test]
fn what_a_store_cannot_keep_is_refused() {
    one("store: {url: 'redis+cluster://h', replicas: 1}", "store.replicas", "in a cluster");
    one("store: {url: 'redis+cluster://h', fsync: true}", "store.fsync", "in a cluster");
    one("store: {replicas: 1}", "store.replicas", "is for Redis");
    one("store: {url: 'memory:', fsync: true}", "store.fsync", "is for Redis");
    one("store: {journal: /a/b}", "store.journal", "is for Redis");
    one("store: {url: 'file:/x', while_away: replies}", "store.while_away", "is for Redis");
    load("store: {journal: none, while_away: deny}");
    one("store: {url: 'redis://h', tls: {ca: /a}}", "store.tls.ca", "rediss");
    one(&redis(", tls: {cert: /c}"), "store.tls.key", "missing");
}

#[test]
fn a_url_that_cannot_be_read_hides_no_other_mistake() {
    let Err(errors) = load_all("store: {url: 'x://hunter2', prefix: '*', trust: 1ms}", &[], &[]) else {
        panic!("accepted");
    };
    let paths: Vec<_> = errors.iter().map(|error| error.path.as_str()).collect();
    assert_eq!(paths, ["store.url", "store.prefix", "store.trust"]);
}
