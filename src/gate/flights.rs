//! Reads of the store in progress, so that those who miss the same contact at once wait for one read.
//!
//! A read is known by the contact and by the stamp that stood before it was sent. A write moves the stamp on before it is
//! acknowledged, so whoever asks after a write finds no older read to join. A read belongs to nobody: it goes on when the
//! one who caused it gives up, and each who waits has its own time.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::sync::watch;

use crate::{
    cache::Stamp,
    store::{ContactId, Loaded, StoreError},
};

type Key = (ContactId, Stamp);
type Answer = Result<Arc<Loaded>, StoreError>;
type Waiting = watch::Receiver<Option<Answer>>;

/// The reads in progress. As many as there are checks that miss at once, which the server limits.
#[derive(Clone, Debug, Default)]
pub(super) struct Flights(Arc<Mutex<HashMap<Key, Waiting>>>);

/// A read that others may join, until this is dropped.
struct Joinable {
    flights: Flights,
    key: Key,
    waiting: Waiting,
}

impl Flights {
    /// Waits for the read of a contact under a stamp; begins it when nobody did yet. Whoever comes later than `limit`
    /// after its beginning no longer joins it, and it ends after twice that: a read that is lost holds up only those who
    /// were there already.
    pub(super) async fn read<R>(&self, key: Key, limit: Duration, read: impl FnOnce() -> R) -> Answer
    where
        R: Future<Output = Answer> + Send + 'static,
    {
        let mut waiting = self.join(key, limit, read);
        let answered = waiting.wait_for(Option::is_some).await;
        let answer = answered.ok().and_then(|answer| answer.clone());
        answer.unwrap_or_else(|| Err(StoreError::Unavailable("a read was interrupted".to_owned())))
    }

    fn join<R>(&self, key: Key, limit: Duration, read: impl FnOnce() -> R) -> Waiting
    where
        R: Future<Output = Answer> + Send + 'static,
    {
        let mut flights = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(waiting) = flights.get(&key) {
            return waiting.clone();
        }
        let (answer, waiting) = watch::channel(None);
        flights.insert(key, waiting.clone());
        drop(flights);
        let joinable = Joinable { flights: self.clone(), key, waiting: waiting.clone() };
        let read = read();
        tokio::spawn(async move {
            let answered = carried_out(read, limit, joinable).await;
            answer.send_replace(Some(answered));
        });
        waiting
    }
}

async fn carried_out(read: impl Future<Output = Answer>, limit: Duration, joinable: Joinable) -> Answer {
    let mut read = std::pin::pin!(read);
    if let Ok(answer) = tokio::time::timeout(limit, &mut read).await {
        return answer;
    }
    drop(joinable);
    let late = tokio::time::timeout(limit, read).await;
    late.unwrap_or_else(|_| Err(StoreError::Unavailable(format!("no answer to a read within {limit:?}"))))
}

impl Drop for Joinable {
    fn drop(&mut self) {
        let mut flights = self.flights.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A later read may have taken its place.
        if flights.get(&self.key).is_some_and(|waiting| waiting.same_channel(&self.waiting)) {
            flights.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::sync::Notify;

    use super::*;
    use crate::cache::{Bounds, Cache};

    const ID: ContactId = ContactId([7; 16]);
    const ONE: Bounds = Bounds { contacts: 1, memory: 1 << 20 };
    const LONG: Duration = Duration::from_secs(60);

    /// A store with one contact, which answers when it is let.
    #[derive(Clone, Default)]
    struct Late {
        go: Arc<Notify>,
        reads: Arc<AtomicUsize>,
    }

    impl Late {
        fn read(&self) -> impl Future<Output = Answer> + Send + use<> {
            let late = self.clone();
            async move {
                let version = late.reads.fetch_add(1, Ordering::SeqCst) as u64;
                late.go.notified().await;
                Ok(Arc::new(Loaded { version, ..Loaded::default() }))
            }
        }
    }

    fn asks(flights: &Flights, late: &Late, key: Key, limit: Duration) -> tokio::task::JoinHandle<Answer> {
        let (flights, late) = (flights.clone(), late.clone());
        tokio::spawn(async move { flights.read(key, limit, || late.read()).await })
    }

    async fn until(holds: impl Fn() -> bool) {
        while !holds() {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn those_who_miss_at_once_wait_for_one_read_and_who_gives_up_fails_nobody_else() {
        let (flights, late) = (Flights::default(), Late::default());
        let key = (ID, Cache::new(ONE).stamp(ID));
        let first = asks(&flights, &late, key, LONG);
        until(|| late.reads.load(Ordering::SeqCst) == 1).await;
        let others = [0; 9].map(|_| asks(&flights, &late, key, LONG));
        first.abort();
        assert!(first.await.unwrap_err().is_cancelled());
        late.go.notify_one();
        for other in others {
            assert_eq!(other.await.unwrap().unwrap().version, 0);
        }
        assert_eq!(late.reads.load(Ordering::SeqCst), 1);
        assert!(flights.0.lock().unwrap().is_empty());
    }

    #[tokio::test]
    async fn who_asks_after_a_write_does_not_join_an_older_read() {
        let (flights, late, cache) = (Flights::default(), Late::default(), Cache::new(ONE));
        let first = asks(&flights, &late, (ID, cache.stamp(ID)), LONG);
        until(|| late.reads.load(Ordering::SeqCst) == 1).await;
        cache.invalidate(ID);
        let second = asks(&flights, &late, (ID, cache.stamp(ID)), LONG);
        until(|| late.reads.load(Ordering::SeqCst) == 2).await;
        late.go.notify_waiters();
        assert_eq!(first.await.unwrap().unwrap().version, 0);
        assert_eq!(second.await.unwrap().unwrap().version, 1);
    }

    #[tokio::test]
    async fn a_read_that_is_lost_is_not_joined_after_its_time_and_ends() {
        let (flights, late) = (Flights::default(), Late::default());
        let key = (ID, Cache::new(ONE).stamp(ID));
        let lost = asks(&flights, &late, key, Duration::from_millis(20));
        until(|| late.reads.load(Ordering::SeqCst) == 1).await;
        until(|| flights.0.lock().unwrap().is_empty()).await;
        let next = asks(&flights, &late, key, LONG);
        until(|| late.reads.load(Ordering::SeqCst) == 2).await;
        assert!(matches!(lost.await.unwrap(), Err(StoreError::Unavailable(_))));
        assert_eq!(flights.0.lock().unwrap().len(), 1, "the end of the first does not take the second away");
        late.go.notify_waiters();
        assert_eq!(next.await.unwrap().unwrap().version, 1);
    }
}
