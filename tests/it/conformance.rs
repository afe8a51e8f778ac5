//! What every store promises, as facts that run against each of them.
//!
//! A store is added with one `conforms!` line and a `Place` that opens it.

mod feed;
mod log;
mod records;
mod tally;
mod usage;
mod windows;

use std::{
    future::Future,
    sync::{Arc, LazyLock, Mutex},
    time::Duration,
};

use sendgate::{
    model::{BusinessId, Contact, SenderId, StatementId, Time},
    store::{
        Commit, Committed, ContactId, Erase, Loaded, LogHead, Record, SealedEntry, Store,
        embedded::{Embedded, Options},
        redis::{self, Redis},
    },
};
use tempfile::TempDir;

use crate::{redis_cluster::Cluster, redis_server::RedisServer, replicas::Pair};

/// Where a store keeps what it stores: opening it again finds everything.
pub(crate) trait Place {
    fn new() -> impl Future<Output = Self>;
    /// Opens the store; the one opened before has been dropped.
    fn open(&self) -> impl Future<Output = Arc<dyn Store>>;
}

struct InMemory(Mutex<Option<Arc<dyn Store>>>);

impl Place for InMemory {
    async fn new() -> Self {
        Self(Mutex::new(Some(Arc::new(Embedded::in_memory().unwrap()))))
    }

    async fn open(&self) -> Arc<dyn Store> {
        Arc::clone(self.0.lock().unwrap().as_ref().unwrap())
    }
}

struct InFile(TempDir);

impl Place for InFile {
    async fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    async fn open(&self) -> Arc<dyn Store> {
        Arc::new(Embedded::open(self.0.path().join("store.redb"), &Options::default()).unwrap())
    }
}

struct InRedis(RedisServer);

impl Place for InRedis {
    async fn new() -> Self {
        Self(RedisServer::start().await)
    }

    async fn open(&self) -> Arc<dyn Store> {
        Arc::new(Redis::open(self.0.target(), redis::Options::default()).await.unwrap())
    }
}

/// All tests share a cluster, each under a prefix of its own.
struct InCluster(Arc<Cluster>, String);

impl Place for InCluster {
    async fn new() -> Self {
        let cluster = Cluster::shared().await;
        let prefix = cluster.prefix();
        Self(cluster, prefix)
    }

    async fn open(&self) -> Arc<dyn Store> {
        let target = redis::Target::parse(&self.0.url()).unwrap();
        let options = redis::Options { prefix: self.1.clone(), ..redis::Options::default() };
        Arc::new(Redis::open(target, options).await.unwrap())
    }
}

/// Where every commit is confirmed by a replica.
struct InReplicatedRedis(Pair);

impl Place for InReplicatedRedis {
    async fn new() -> Self {
        Self(Pair::start().await)
    }

    async fn open(&self) -> Arc<dyn Store> {
        self.0.open(Duration::from_secs(4)).await
    }
}

/// One test for each fact.
macro_rules! conforms {
    ($place:ty as $name:ident) => {
        conforms! { $place as $name:
            records: a_contact_nobody_wrote_is_empty,
            records: a_commit_reads_back_as_it_was,
            records: a_stale_version_conflicts_and_writes_nothing,
            records: loading_many_keeps_their_order,
            records: every_contact_is_listed_once,
            records: writers_of_one_contact_lose_nothing,
            records: a_registry_row_is_written_by_compare_and_set,
            records: the_identity_key_is_what_was_stored_first,
            records: everything_is_there_after_reopening,
            records: a_store_that_works_answers_a_ping,
            usage: messages_to_a_person_are_written_by_compare_and_set,
            usage: writers_of_messages_to_a_person_lose_none,
            usage: a_gauge_counts_members_once_and_lets_no_more_in_than_its_maximum,
            usage: entries_of_one_owner_are_made_all_or_none,
            usage: an_entry_is_taken_back_unless_the_member_was_seen_again,
            usage: many_at_once_take_no_more_places_than_there_are,
            windows: a_window_is_only_ever_extended,
            windows: a_window_ends_at_exactly_its_millisecond,
            windows: windows_of_senders_and_contacts_are_apart,
            windows: a_refused_commit_opens_no_window,
            windows: sweeping_removes_only_windows_that_have_ended,
            log: entries_continue_the_chain_or_conflict,
            log: a_statement_known_already_writes_nothing,
            log: a_statement_is_known_to_its_contact_only,
            log: a_known_statement_is_known_whatever_the_version,
            log: history_pages_oldest_first,
            log: the_entry_of_a_statement_is_found,
            log: erasure_keeps_the_chain_and_drops_payloads_and_windows,
            log: erasure_keeps_the_entries_of_its_own_commit,
            log: erasure_of_a_part_keeps_the_rest_and_every_window,
            feed: the_feed_has_no_gaps,
            feed: the_feed_wakes_its_watchers,
            feed: the_feed_continues_after_reopening,
            feed: a_refused_commit_feeds_nothing,
            tally: what_happened_to_a_message_counts_once,
            tally: what_was_counted_is_known_until_the_guard_ends_and_after_reopening,
            tally: counts_are_told_apart_by_template_and_method,
            tally: what_many_are_told_at_once_counts_once,
            tally: very_many_templates_are_counted_together,
            tally: what_was_counted_long_ago_is_swept,
            tally: what_was_counted_goes_to_another_store_row_by_row,
        }
    };
    ($place:ty as $name:ident: $($part:ident: $fact:ident,)*) => {
        mod $name {
            $(
                #[tokio::test]
                async fn $fact() {
                    let place = <$place as super::Place>::new().await;
                    super::$part::$fact(&place).await;
                }
            )*
        }
    };
}

conforms!(super::InMemory as in_memory);
conforms!(super::InFile as in_file);
conforms!(super::InRedis as in_redis);
conforms!(super::InReplicatedRedis as in_replicated_redis);
conforms!(super::InCluster as in_cluster);

/// Every contact, through all pages, in order.
pub(crate) async fn listed(store: &Arc<dyn Store>, now: Time) -> Vec<(ContactId, Loaded)> {
    let (mut all, mut from) = (Vec::new(), None);
    loop {
        let page = store.contacts(from, 10, now).await.unwrap();
        all.extend(page.contacts);
        let Some(next) = page.next else { break };
        from = Some(next);
    }
    all.sort_by_key(|(id, _)| *id);
    all
}

/// So many milliseconds after an hour from now: a server that ends windows by its own clock must not end them here.
pub(crate) fn at(millis: i64) -> Time {
    static START: LazyLock<i64> = LazyLock::new(|| sendgate::clock::system_now().millis() + 3_600_000);
    Time::from_millis(*START + millis).unwrap()
}

pub(crate) fn id(n: u8) -> ContactId {
    ContactId([n; 16])
}

pub(crate) fn sender(name: &str) -> SenderId {
    SenderId::parse(name).unwrap()
}

/// A record that differs from those of other times.
pub(crate) fn record(known: i64) -> Record {
    let contact = Contact { known: Some(at(known)), ..Contact::default() };
    Record { business: BusinessId::parse("acme").ok(), contact, ..Record::default() }
}

/// A commit of nothing but a record.
pub(crate) fn commit(id: ContactId, expected: u64) -> Commit {
    let record = record(i64::try_from(expected).unwrap());
    Commit { id, expected, record, windows: Vec::new(), entries: Vec::new(), erase: Erase::Nothing }
}

/// An entry that continues a log. Its digests are no digests: a store does not compute them.
pub(crate) fn entry(head: LogHead, statement: u64) -> SealedEntry {
    let sequence = head.length + 1;
    let mut hash = [7; 32];
    hash[..8].copy_from_slice(&sequence.to_be_bytes());
    hash[8..16].copy_from_slice(&statement.to_be_bytes());
    let mut name = [9; 16];
    name[..8].copy_from_slice(&statement.to_be_bytes());
    SealedEntry {
        sequence,
        payload: Some(format!("statement {statement}").into_bytes()),
        payload_digest: [sequence.to_le_bytes()[0]; 32],
        previous: head.hash,
        hash,
        statement: StatementId(name),
    }
}

pub(crate) fn head_after(entry: &SealedEntry) -> LogHead {
    LogHead { length: entry.sequence, hash: entry.hash }
}

/// Appends entries for some statements to whatever is there.
pub(crate) async fn append(store: &Arc<dyn Store>, id: ContactId, statements: &[u64]) -> Vec<SealedEntry> {
    let loaded = store.load(id, at(0)).await.unwrap();
    let (mut head, mut entries) = (loaded.head, Vec::new());
    for statement in statements {
        entries.push(entry(head, *statement));
        head = head_after(entries.last().unwrap());
    }
    let commit = Commit { entries: entries.clone(), ..commit(id, loaded.version) };
    assert_eq!(store.commit(commit).await, Ok(Committed::Done(loaded.version + 1)));
    entries
}
