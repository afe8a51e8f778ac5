//! The feed of changes, followed as it grows.

use std::{sync::Arc, time::Duration};

use redis::{Cmd, Value};
use tokio::{sync::watch, time::sleep};

use super::{Redis, link::Link};

/// How often the end of the feed is looked at while somebody waits for it. What this sidecar writes it announces at
/// once; only others' writes come this late.
const LOOK: Duration = Duration::from_millis(50);

impl Redis {
    /// Tells those who wait of a position, unless they know of a later one.
    pub(super) fn announce(&self, position: u64) {
        announce(&self.feed, position);
    }

    /// Looks at the end of the feed while somebody waits for it.
    pub(super) fn follow_feed(&self) {
        let mut last = redis::cmd("XREVRANGE");
        last.arg(self.keys.feed()).arg("+").arg("-").arg("COUNT").arg(1);
        self.spawn(follow(self.feed.clone(), Arc::clone(&self.link), last));
    }
}

async fn follow(feed: watch::Sender<u64>, link: Arc<Link>, last: Cmd) {
    loop {
        sleep(LOOK).await;
        if feed.receiver_count() == 0 {
            continue;
        }
        if let Some(position) = link.run(&last).await.ok().and_then(position) {
            announce(&feed, position);
        }
    }
}

fn position(answer: Value) -> Option<u64> {
    let last = super::answer::items(answer).ok()?.into_iter().next()?;
    super::read::change(last).ok().map(|change| change.position)
}

fn announce(feed: &watch::Sender<u64>, position: u64) {
    feed.send_if_modified(|known| {
        let newer = position > *known;
        *known = position.max(*known);
        newer
    });
}
