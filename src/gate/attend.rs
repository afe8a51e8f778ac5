//! What goes on beside answers and writes: taking in what other processes learn, and telling whether they are heard.

use std::time::Duration;

use super::Gate;

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

    /// Takes in what other processes learn of senders and templates.
    async fn follow_registry(&self) {
        loop {
            self.cache.learned().await;
            tokio::time::sleep(GATHER).await;
            while let Err(error) = self.refresh_registry().await {
                tracing::debug!(%error, "what other processes learned could not be read");
                tokio::time::sleep(AGAIN).await;
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
