//! What a server is and how it is set up, looked at once when connecting.

use redis::{InfoDict, Value};

use super::{Redis, answer::text};
use crate::store::StoreError;

/// `SET … PXAT` and scripts that touch several keys of one slot.
const OLDEST: (u32, u32) = (6, 2);

impl Redis {
    /// Refuses a server that is too old, and warns of settings that can lose what was acknowledged.
    pub(super) async fn examine(&self) -> Result<(), StoreError> {
        let Ok(info) = self.ask(redis::cmd("INFO").arg("server")).await else {
            tracing::warn!(
                "Redis does not tell what it is (`INFO`); its version and settings are not checked"
            );
            return Ok(());
        };
        if let Some(version) = first_text(info)
            .map(|info| InfoDict::new(&info))
            .and_then(|info| info.get::<String>("redis_version"))
        {
            let mut numbers = version.split('.').map_while(|number| number.parse::<u32>().ok());
            if let (Some(major), Some(minor)) = (numbers.next(), numbers.next())
                && (major, minor) < OLDEST
            {
                return Err(StoreError::Unavailable(format!(
                    "this Redis is version {version}; 6.2 or newer is needed"
                )));
            }
        }
        for (info, risk) in [("memory", evicts as fn(&InfoDict) -> Option<String>), ("persistence", forgets)]
        {
            let answer = self.ask(redis::cmd("INFO").arg(info)).await.ok().and_then(first_text);
            if let Some(risk) = answer.map(|text| InfoDict::new(&text)).as_ref().and_then(risk) {
                tracing::warn!("{risk}");
            }
        }
        Ok(())
    }
}

/// The text of one node; a cluster answers for each.
fn first_text(answer: Value) -> Option<String> {
    match answer {
        Value::Map(nodes) => text(nodes.into_iter().next()?.1).ok()?,
        other => text(other).ok()?,
    }
}

fn evicts(info: &InfoDict) -> Option<String> {
    let policy = info.get::<String>("maxmemory_policy")?;
    let limited = info.get::<u64>("maxmemory").is_some_and(|bytes| bytes > 0);
    // Contacts have no expiry, so that `volatile-*` evicts windows at most: a wrong no, never a lost opt-out.
    (limited && policy.starts_with("allkeys")).then(|| {
        format!("Redis evicts any key when its memory is full (`maxmemory-policy {policy}`): opt-outs can be lost; set `noeviction`")
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
        assert_eq!(warned("maxmemory:100\r\nmaxmemory_policy:noeviction\r\n"), (false, false));
        assert_eq!(warned("aof_enabled:0\r\n"), (false, true));
        assert_eq!(warned("aof_enabled:1\r\n"), (false, false));
    }
}
