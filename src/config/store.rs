//! The settings of the store.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use super::{
    Deadlines, StoreUrl,
    errors::{Report, Wrong},
    layers,
    reader::{Item, Section},
    store_url::store_url,
    values::{self, lasting},
};
use crate::model::Millis;

/// Longer prefixes cost memory with every key and name nothing better.
const PREFIX_CHARS_MAX: usize = 64;
/// More replicas than anybody waits for.
const REPLICAS_MAX: u32 = 16;
/// Below this a heartbeat is a load of its own.
const HEARTBEAT_MIN: Millis = Millis::new(10);
const WAIT_MAX: Millis = Millis::seconds(60);

/// The store. All but its URL concerns Redis only.
#[derive(Clone, Debug)]
pub struct Store {
    /// Where it is.
    pub url: StoreUrl,
    /// What begins every key.
    pub prefix: String,
    /// Files of the TLS to Redis.
    pub tls: StoreTls,
    /// How long making a connection may take.
    pub connect_timeout: Duration,
    /// How often the connections that hear of others' writes are asked for a sign of life.
    pub heartbeat: Duration,
    /// How long memory is trusted after what was heard last.
    pub trust: Duration,
    /// Replicas that have a write before it is acknowledged.
    pub replicas: u32,
    /// A write is in the append-only file before it is acknowledged.
    pub fsync: bool,
    /// How long replicas and the append-only file are waited for.
    pub durability_timeout: Duration,
    /// Where refusals wait while Redis is away; none = nowhere, and they are not acknowledged.
    pub journal: Option<PathBuf>,
    /// What may be sent while Redis is away.
    pub while_away: WhileAway,
}

/// What may be sent while the store gives no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhileAway {
    /// Nothing.
    Deny,
    /// Replies in a window that is remembered as open.
    Replies,
}

/// Files of the TLS to a store.
#[derive(Clone, Debug, Default)]
pub struct StoreTls {
    /// Authorities of the servers' certificates; the system's when there is none.
    pub ca: Option<PathBuf>,
    /// Our certificate chain and its private key.
    pub identity: Option<(PathBuf, PathBuf)>,
}

impl Store {
    /// A store of which nothing but the URL is set.
    #[must_use]
    pub fn at(url: StoreUrl) -> Self {
        Self {
            url,
            prefix: "sg".to_owned(),
            tls: StoreTls::default(),
            connect_timeout: Duration::from_secs(1),
            heartbeat: Duration::from_millis(100),
            trust: Duration::from_millis(350),
            replicas: 0,
            fsync: false,
            durability_timeout: Duration::from_secs(1),
            journal: None,
            while_away: WhileAway::Deny,
        }
    }
}

/// True for what may begin the keys of a store: nothing that means something in a pattern or a hash tag of Redis.
#[must_use]
pub fn is_key_prefix(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | ':' | '.');
    (1..=PREFIX_CHARS_MAX).contains(&text.len()) && text.chars().all(plain)
}

pub(super) fn store(
    root: &Section<'_>,
    deadlines: &Deadlines,
    environment: &BTreeMap<String, String>,
    report: &Report,
) -> Option<Store> {
    let section = root.section("store");
    let url = match section.get("url") {
        Some(item) => item.read(store_url),
        None => default_url(environment, report),
    };
    let known = url.clone();
    // What stands beside a URL that cannot be read is read all the same, for its own mistakes.
    let mut store = Store::at(url.unwrap_or(StoreUrl::Memory));
    section.update("prefix", &mut store.prefix, prefix);
    let readable = wait(&section, "connect_timeout", &mut store.connect_timeout, HEARTBEAT_MIN)
        & wait(&section, "heartbeat", &mut store.heartbeat, HEARTBEAT_MIN)
        & wait(&section, "trust", &mut store.trust, HEARTBEAT_MIN)
        & section.update("replicas", &mut store.replicas, values::count(0, REPLICAS_MAX))
        & section.update("fsync", &mut store.fsync, values::flag)
        & wait(&section, "durability_timeout", &mut store.durability_timeout, HEARTBEAT_MIN);
    store.tls = tls(&section, known.as_ref());
    store.journal = journal(&section, environment, known.as_ref());
    section.update("while_away", &mut store.while_away, values::word(WHILE_AWAY));
    if store.while_away != WhileAway::Deny
        && let Some(item) = section.get("while_away")
    {
        is_for_redis(&item, known.as_ref());
    }
    if readable {
        check_trust(&section, &store);
        check_durability(&section, &store, known.as_ref(), deadlines);
    }
    known.is_some().then_some(store)
}

const WHILE_AWAY: &[(&str, WhileAway)] = &[("deny", WhileAway::Deny), ("replies", WhileAway::Replies)];

/// Beside where a store file would be; a store that cannot go away needs none.
fn journal(
    section: &Section<'_>,
    environment: &BTreeMap<String, String>,
    url: Option<&StoreUrl>,
) -> Option<PathBuf> {
    let item = section.get("journal");
    if item.as_ref().is_some_and(|item| item.value().text() == Some("none")) {
        return None;
    }
    if let Some(item) = &item {
        is_for_redis(item, url);
    }
    let named = section.read("journal", values::path);
    if !matches!(url, Some(StoreUrl::Redis(_))) {
        return None;
    }
    named.or_else(|| default_journal(environment))
}

/// Where the journal is when the settings do not say.
#[must_use]
pub fn default_journal(environment: &BTreeMap<String, String>) -> Option<PathBuf> {
    Some(layers::data_directory(environment)?.join("sendgate").join("journal.redb"))
}

fn default_url(environment: &BTreeMap<String, String>, report: &Report) -> Option<StoreUrl> {
    let Some(directory) = layers::data_directory(environment) else {
        let wrong = Wrong::new(
            "has no default here, since neither XDG_DATA_HOME nor HOME is an absolute path",
            "`memory:`, `file:PATH` or `redis://…`",
        );
        report.add(&layers::home(), "store.url", wrong);
        return None;
    };
    Some(StoreUrl::File(directory.join("sendgate").join("sendgate.redb")))
}

fn prefix(value: &super::tree::Value) -> Result<String, Wrong> {
    let text = values::text(value)?;
    if is_key_prefix(&text) {
        return Ok(text);
    }
    let accepted = format!("up to {PREFIX_CHARS_MAX} letters, digits, `_`, `:` and `.`");
    Err(Wrong::new(format!("is {}", values::quoted(&text)), accepted))
}

fn wait(section: &Section<'_>, key: &str, value: &mut Duration, min: Millis) -> bool {
    section.update(key, value, |node| lasting(min, WAIT_MAX)(node).map(values::duration))
}

fn tls(section: &Section<'_>, url: Option<&StoreUrl>) -> StoreTls {
    let tls = section.section("tls");
    let [ca, cert, key] = ["ca", "cert", "key"].map(|key| tls.get(key));
    let plain = url.is_some_and(|url| !matches!(url, StoreUrl::Redis(target) if target.is_tls()));
    if let Some(first) = ca.as_ref().or(cert.as_ref()).or(key.as_ref())
        && plain
    {
        first.complain(Wrong::new(
            "is for connections that `store.url` does not ask for",
            "`rediss://…`, `rediss+sentinel://…` or `rediss+cluster://…` as `store.url`",
        ));
    }
    let identity = (cert.is_some() || key.is_some())
        .then(|| (tls.require("cert", values::path), tls.require("key", values::path)));
    StoreTls {
        ca: ca.and_then(|item| item.read(values::path)),
        identity: identity.and_then(|(cert, key)| Some((cert?, key?))),
    }
}

/// What was heard must stay trusted beyond the next heartbeat, or every answer is read from Redis.
fn check_trust(section: &Section<'_>, store: &Store) {
    if store.trust >= store.heartbeat.saturating_mul(2) {
        return;
    }
    if let Some(item) = section.get("trust").or_else(|| section.get("heartbeat")) {
        item.complain(Wrong::new(
            "`store.trust` is shorter than two of `store.heartbeat`, so that memory would be distrusted between them",
            "at least twice the heartbeat; thrice and more leaves room for slow answers",
        ));
    }
}

/// What is said of Redis to another store would be ignored.
fn is_for_redis(item: &Item<'_>, url: Option<&StoreUrl>) {
    if matches!(url, Some(StoreUrl::Memory | StoreUrl::File(_))) {
        item.complain(Wrong::new(
            "is for Redis, and `store.url` names another store",
            "`redis://…`, `redis+sentinel://…` or `redis+cluster://…` as `store.url`",
        ));
    }
}

fn check_durability(section: &Section<'_>, store: &Store, url: Option<&StoreUrl>, deadlines: &Deadlines) {
    let replicas = section.get("replicas").filter(|_| store.replicas > 0);
    let Some(asked) = replicas.or_else(|| section.get("fsync").filter(|_| store.fsync)) else { return };
    match url {
        Some(StoreUrl::Redis(target)) if target.is_cluster() => asked.complain(Wrong::new(
            "cannot be promised in a cluster, where each key may be on another master",
            "`redis://…` or `redis+sentinel://…` as `store.url`; or neither replicas nor fsync",
        )),
        url => is_for_redis(&asked, url),
    }
    if store.durability_timeout >= deadlines.store_write {
        let item = section.get("durability_timeout");
        item.as_ref().unwrap_or(&asked).complain(Wrong::new(
            "`store.durability_timeout` is not shorter than `deadlines.store_write`, which would end the wait first",
            "a shorter time to wait, or a longer time to write",
        ));
    }
}
