//! The registry: one hash of rows, `version:value` each, and a field that names the state the hash is in.
//!
//! Every write gives that field a new random value, so that one small read tells whether anything was written, also after a
//! failover that forgot some writes: a counter would come to the same number again with other rows.

use super::{
    Redis,
    answer::{bytes, number, pairs},
    fault::senseless,
    script,
};
use crate::store::{Committed, Registry, RegistryRow, RegistryState, StoreError};

/// The field that names the state. It looks like a row of the first version, which nobody knows the meaning of.
const STATE: &str = "state";

impl Redis {
    /// Every row; a failure when one of them cannot be read.
    pub(super) async fn read_registry(&self) -> Result<Vec<RegistryRow>, StoreError> {
        let Registry { rows, unreadable, .. } = self.read_whole_registry().await?;
        if unreadable.is_empty() { Ok(rows) } else { Err(no_row()) }
    }

    pub(super) async fn read_registry_unless(
        &self,
        known: Option<&RegistryState>,
    ) -> Result<Option<Registry>, StoreError> {
        if let Some(RegistryState(known)) = known {
            let state = self.ask(redis::cmd("HGET").arg(self.keys.registry()).arg(STATE)).await?;
            if bytes(state)?.as_ref() == Some(known) {
                return Ok(None);
            }
        }
        self.read_whole_registry().await.map(Some)
    }

    async fn read_whole_registry(&self) -> Result<Registry, StoreError> {
        let fields = self.ask(redis::cmd("HGETALL").arg(self.keys.registry())).await?;
        let mut registry = Registry::default();
        for (key, value) in pairs(fields)? {
            let (key, value) = (bytes(key)?.unwrap_or_default(), bytes(value)?.unwrap_or_default());
            if key == STATE.as_bytes() {
                registry.state = Some(RegistryState(value));
                continue;
            }
            let row = std::str::from_utf8(&key).ok().and_then(|key| row(key, &value));
            match row {
                Some(row) => registry.rows.push(row),
                None => registry.unreadable.push(String::from_utf8_lossy(&key).into_owned()),
            }
        }
        Ok(registry)
    }

    pub(super) async fn read_registry_row(&self, key: &str) -> Result<Option<RegistryRow>, StoreError> {
        let value = self.ask(redis::cmd("HGET").arg(self.keys.registry()).arg(key)).await?;
        bytes(value)?.map(|value| row(key, &value).ok_or_else(no_row)).transpose()
    }

    pub(super) async fn write_registry(&self, row: &RegistryRow) -> Result<Committed, StoreError> {
        let Some(version) = row.version.checked_add(1) else { return Ok(Committed::Conflict) };
        let mut state = [0; 16];
        getrandom::fill(&mut state)
            .map_err(|_| StoreError::Unavailable("the system has no randomness".to_owned()))?;
        let state = format!("1:{:032x}", u128::from_be_bytes(state));
        let registry = self.keys.registry();
        let mut cmd = script::call(&self.scripts.registry, &[&registry]);
        cmd.arg(&row.key).arg(row.version).arg(version).arg(row.value.as_slice()).arg(STATE).arg(state);
        // Replicas are not waited for: what a person said must not fail for what is learned beside it.
        let answer = script::run(&self.link, &self.scripts.registry, &cmd).await;
        match number(answer.map_err(|failed| failed.of_write())?)? {
            1 => Ok(Committed::Done(version)),
            _ => Ok(Committed::Conflict),
        }
    }
}

fn row(key: &str, value: &[u8]) -> Option<RegistryRow> {
    let colon = value.iter().position(|byte| *byte == b':')?;
    let (version, rest) = value.split_at_checked(colon)?;
    let version = std::str::from_utf8(version).ok()?.parse().ok()?;
    Some(RegistryRow { key: key.to_owned(), version, value: rest.strip_prefix(b":")?.to_vec() })
}

fn no_row() -> StoreError {
    senseless("row of the registry")
}
