//! What a server is and how it is set up, looked at once when connecting.

use std::collections::BTreeSet;

use redis::{InfoDict, Value};

use super::{Redis, answer::text};
use crate::store::StoreError;

/// `SET … PXAT` and scripts that touch several keys of one slot.
const OLDEST: (u32, u32) = (6, 2);
/// `WAITAOF`.
const WAITS_FOR_FILE: (u32, u32) = (7, 2);

impl Redis {
    /// Refuses a server that is too old, and warns of settings that can lose what was acknowledged.
    pub(super) async fn examine(&self) -> Result<(), StoreError> {
        let Some(info) = self.info("server").await else {
            tracing::warn!(
                "Redis does not tell what it is (`INFO`); its version and settings are not checked"
            );
            return Ok(());
        };
        if let Some(version) = info.get::<String>("redis_version")
            && numbers(&version).is_some_and(|version| version < OLDEST)
        {
            return Err(StoreError::Unavailable(format!(
                "this Redis is version {version}; 6.2 or newer is needed"
            )));
        }
        for (info, risk) in [("memory", evicts as fn(&InfoDict) -> Option<String>), ("persistence", forgets)]
        {
            // Of a cluster one node may be set up otherwise.
            let risks: BTreeSet<String> = self.infos(info).await.iter().filter_map(risk).collect();
            for risk in risks {
                tracing::warn!("{risk}");
            }
        }
        Ok(())
    }
}

impl Redis {
    /// Refuses what this Redis can never confirm, and warns of what it cannot confirm now.
    pub(super) async fn examine_durability(&self) -> Result<(), StoreError> {
        let (replicas, fsync) = (self.options.replicas, self.options.fsync);
        let refused = |why: &str| Err(StoreError::Unavailable(why.to_owned()));
        if (replicas > 0 || fsync) && self.cluster {
            return refused(
                "in a cluster neither replicas nor the append-only file can be waited for (`store.replicas`, `store.fsync`)",
            );
        }
        if fsync {
            let (server, persistence) = (self.info("server").await, self.info("persistence").await);
            let version = server.and_then(|info| info.get::<String>("redis_version"));
            if version.as_deref().and_then(numbers).is_some_and(|version| version < WAITS_FOR_FILE) {
                return refused(
                    "`store.fsync` needs Redis 7.2 or newer; `appendfsync always` in Redis does the same for its own file",
                );
            }
            if persistence.and_then(|info| info.get::<u64>("aof_enabled")) == Some(0) {
                return refused(
                    "`store.fsync` needs the append-only file, and this Redis keeps none; set `appendonly yes`",
                );
            }
        }
        if replicas > 0
            && let Some(there) =
                self.info("replication").await.and_then(|info| info.get::<u32>("connected_slaves"))
            && there < replicas
        {
            tracing::warn!(
                "Redis has {there} replicas, and `store.replicas` asks for {replicas}: until they are there, no write is acknowledged"
            );
        }
        Ok(())
    }

    async fn info(&self, section: &str) -> Option<InfoDict> {
        self.infos(section).await.into_iter().next()
    }

    async fn infos(&self, section: &str) -> Vec<InfoDict> {
        let answer = self.ask(redis::cmd("INFO").arg(section)).await.ok();
        answer.map(texts).unwrap_or_default().iter().map(|text| InfoDict::new(text)).collect()
    }
}

/// Major and minor version.
fn numbers(version: &str) -> Option<(u32, u32)> {
    let mut numbers = version.split('.').map_while(|number| number.parse::<u32>().ok());
    Some((numbers.next()?, numbers.next()?))
}

/// The text of each node that answered: of a cluster every master does.
fn texts(answer: Value) -> Vec<String> {
    let each = match answer {
        Value::Map(nodes) => nodes.into_iter().map(|(_, told)| told).collect(),
        other => vec![other],
    };
    each.into_iter().filter_map(|told| text(told).ok()?).collect()
}

fn evicts(info: &InfoDict) -> Option<String> {
    let policy = info.get::<String>("maxmemory_policy")?;
    let limited = info.get::<u64>("maxmemory").is_some_and(|bytes| bytes > 0);
    if !limited {
        return None;
    }
    if policy.starts_with("allkeys") {
        return Some(format!(
            "Redis evicts any key when its memory is full (`maxmemory-policy {policy}`): opt-outs can be lost; set `noeviction`"
        ));
    }
    // Contacts have no end of their own. Windows have, and what was counted: without it a repetition counts again.
    policy.starts_with("volatile").then(|| {
        format!(
            "Redis evicts keys that end by themselves when its memory is full (`maxmemory-policy {policy}`): windows close early, counts of messages \
             are lost, and events that are told again count again; set `noeviction`"
        )
    })
}

fn forgets(info: &InfoDict) -> Option<String> {
    (info.get::<u64>("aof_enabled")? == 0).then(|| {
        "Redis keeps no append-only file (`appendonly no`): what was acknowledged is lost when it restarts; set `appendonly yes`"
            .to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_settings_that_lose_something_are_warned_of() {
        let warned = |text: &str| {
            let info = InfoDict::new(text);
            (evicts(&info).is_some(), forgets(&info).is_some())
        };
        assert_eq!(warned("maxmemory:100\r\nmaxmemory_policy:allkeys-lru\r\n"), (true, false));
        assert_eq!(warned("maxmemory:0\r\nmaxmemory_policy:allkeys-lru\r\n"), (false, false));
        assert_eq!(warned("maxmemory:100\r\nmaxmemory_policy:volatile-lru\r\n"), (true, false));
        assert_eq!(warned("maxmemory:0\r\nmaxmemory_policy:volatile-lru\r\n"), (false, false));
        assert_eq!(warned("maxmemory:100\r\nmaxmemory_policy:noeviction\r\n"), (false, false));
        assert_eq!(warned("aof_enabled:0\r\n"), (false, true));
        assert_eq!(warned("aof_enabled:1\r\n"), (false, false));
    }
}
