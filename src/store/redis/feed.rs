//! The feed of changes, followed as it grows.

use std::{sync::Arc, time::Duration};

use redis::Value;
use tokio::{sync::watch, time::sleep};

use super::{
    Redis, answer,
    fault::Failed,
    keys::Keys,
    link::Link,
    read,
    script::{self, Lua, Scripts},
};
use crate::store::{Change, StoreError};

/// How often the end of the feed is looked at while somebody waits for it. What this sidecar writes it announces at
/// once; only others' writes come this late.
const LOOK: Duration = Duration::from_millis(50);

/// What the feed is read and written with.
pub(super) struct Feed {
    pub(super) link: Arc<Link>,
    pub(super) keys: Keys,
    pub(super) scripts: Arc<Scripts>,
    pub(super) cluster: bool,
    /// How old an intent gets that somebody still sees to.
    pub(super) overdue: Duration,
    pub(super) latest: watch::Sender<u64>,
}

impl Redis {
    /// Looks at the end of the feed while somebody waits for it.
    pub(super) fn follow_feed(&self) {
        let feed = Arc::clone(&self.feed);
        self.spawn(async move {
            loop {
                sleep(LOOK).await;
                // What fails is tried again.
                if feed.latest.receiver_count() > 0 && feed.settle_overdue().await.is_ok() {
                    drop(feed.look().await);
                }
            }
        });
    }

    /// Changes after a position; in a cluster, with those that their writers did not come to feed.
    pub(super) async fn read_changes(&self, after: u64, limit: usize) -> Result<Vec<Change>, StoreError> {
        let Some(first) = after.checked_add(1) else { return Ok(Vec::new()) };
        self.feed.settle_overdue().await?;
        let mut cmd = redis::cmd("XRANGE");
        cmd.arg(self.keys.feed()).arg(format!("{first}-0")).arg("+").arg("COUNT").arg(limit);
        answer::items(self.ask(&cmd).await?)?.into_iter().map(read::change).collect()
    }
}

impl Feed {
    /// Tells those who wait of a position, unless they know of a later one.
    pub(super) fn announce(&self, position: u64) {
        self.latest.send_if_modified(|known| {
            let newer = position > *known;
            *known = position.max(*known);
            newer
        });
    }

    /// Reads the position of the last change, and tells those who wait when it is another than they know: a smaller one where
    /// Redis went back.
    pub(super) async fn look(&self) -> Result<(), StoreError> {
        let last = self.last().await?.map_or(0, |change| change.position);
        self.latest.send_if_modified(|known| std::mem::replace(known, last) != last);
        Ok(())
    }

    /// The last change.
    pub(super) async fn last(&self) -> Result<Option<Change>, StoreError> {
        let mut cmd = redis::cmd("XREVRANGE");
        cmd.arg(self.keys.feed()).arg("+").arg("-").arg("COUNT").arg(1);
        let last = self.link.run(&cmd).await.map_err(|failed| failed.of_read())?;
        answer::items(last)?.into_iter().next().map(read::change).transpose()
    }

    pub(super) async fn run(&self, lua: &Lua, cmd: &redis::Cmd) -> Result<Value, Failed> {
        script::run(&self.link, lua, cmd).await
    }
}
