//! What goes on beside answers and writes: taking in what other processes learn, and telling whether they are heard.

use std::time::Duration;

use super::{Gate, UNREAD};

/// How long what other processes learn is gathered before it is read.
const GATHER: Duration = Duration::from_millis(100);
/// The pause after the registry could not be read.
const AGAIN: Duration = Duration::from_secs(1);
/// How often it is looked at whether writes are heard.
const LOOK: Duration = Duration::from_millis(50);

impl Gate {
    /// Goes on for as long as the server does.
    pub async fn attend(&self) {
        tokio::join!(self.follow_registry(), self.watch_trust(), self.retell(), self.rate(), self.look());
    }

    /// Takes in what other processes learn of senders and templates. Whoever needs it sooner reads it too.
    async fn follow_registry(&self) {
        loop {
            self.cache.learned().await;
            tokio::time::sleep(GATHER).await;
            let mut told = false;
            while let Err(error) = self.refresh_registry().await {
                // That the store is away is told by who asks it for contacts.
                if !told && self.patient_read(self.store.ping()).await.is_ok() {
                    tracing::warn!(%error, "{UNREAD}; what it may change is denied");
                    told = true;
                }
                tokio::time::sleep(AGAIN).await;
            }
            if told {
                tracing::info!("what is known of senders, accounts and templates can be read again");
            }
        }
    }

    /// Tells, once for each change, whether what is in memory counts.
    async fn watch_trust(&self) {
        let mut before = None;
        loop {
            let trusted = self.cache.is_trusted();
            if before != Some(trusted) {
                self.metrics.cache.trusted.set(i64::from(trusted));
                if !trusted {
                    tracing::warn!(
                        "writes of other processes may go unheard; every answer is read from the store"
                    );
                } else if before.is_some() {
                    tracing::info!("writes of other processes are heard; answers come from memory");
                }
                before = Some(trusted);
            }
            tokio::time::sleep(LOOK).await;
        }
    }
}
