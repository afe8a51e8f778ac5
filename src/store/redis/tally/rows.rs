//! What was counted, row by row: for copies.

use std::collections::BTreeMap;

use redis::{Cmd, Pipeline, Value};

use super::SHARDS;
use crate::store::{
    Cursor, StoreError, TallyKey, TallyPage,
    redis::{
        Redis,
        answer::{bytes, items, number, pairs},
        fault::senseless,
    },
};

impl Redis {
    pub(in crate::store::redis) async fn list_tally(
        &self,
        from: Option<Cursor>,
        limit: usize,
    ) -> Result<TallyPage, StoreError> {
        let (mut keys, next) = self.list_hashes(from, limit, &self.keys.tallies()).await?;
        keys.sort_unstable();
        keys.dedup();
        let commands: Vec<Cmd> = keys.iter().map(|key| redis::cmd("HGETALL").arg(key).to_owned()).collect();
        let mut rows = Vec::new();
        for (key, answer) in keys.iter().zip(self.each(&commands).await) {
            let Some((sender, is_count, rest)) = self.keys.tally_of(key) else { continue };
            for (field, value) in pairs(answer.map_err(|failed| failed.of_read())?)? {
                let field = bytes(field)?.unwrap_or_default();
                let row = if is_count {
                    let hour = rest.parse().ok().zip(String::from_utf8(field).ok());
                    hour.map(|(hour, name)| TallyKey::Count(sender.clone(), hour, name))
                } else {
                    let generation = rest.split_once(':').and_then(|(generation, _)| generation.parse().ok());
                    let message = field.try_into().ok().map(u64::from_be_bytes);
                    let of = generation.zip(message);
                    of.map(|(generation, message)| TallyKey::Message(sender.clone(), generation, message))
                };
                rows.push((row.ok_or_else(|| senseless("name of a count"))?, number(value)?));
            }
        }
        Ok(TallyPage { rows, next })
    }

    pub(in crate::store::redis) async fn tally_there(
        &self,
        keys: &[TallyKey],
    ) -> Result<Vec<u64>, StoreError> {
        let mut values = vec![0; keys.len()];
        for (key, fields) in self.by_hash(keys.iter().enumerate().map(|(place, key)| (key, place))) {
            let names: Vec<&[u8]> = fields.iter().map(|(name, _)| name.as_slice()).collect();
            let answer = self.ask(redis::cmd("HMGET").arg(key).arg(names)).await?;
            for ((_, place), value) in fields.iter().zip(items(answer)?) {
                if let (Some(slot), true) = (values.get_mut(*place), value != Value::Nil) {
                    *slot = number(value)?;
                }
            }
        }
        Ok(values)
    }

    pub(in crate::store::redis) async fn keep_tally(
        &self,
        rows: &[(TallyKey, u64)],
    ) -> Result<(), StoreError> {
        let ends: BTreeMap<String, i64> =
            rows.iter().map(|(key, _)| (self.hash_of(key).0, key.forgotten_at().millis())).collect();
        for (key, fields) in self.by_hash(rows.iter().map(|(key, value)| (key, *value))) {
            let mut both = Pipeline::with_capacity(2);
            both.cmd("HSET").arg(&key).arg(fields);
            both.cmd("PEXPIREAT").arg(&key).arg(ends.get(&key));
            for answer in self.link.together(&both).await.map_err(|failed| failed.of_write())? {
                answer.map_err(|failed| failed.of_write())?;
            }
        }
        Ok(())
    }

    /// Rows by the hash that has them, each with its field.
    fn by_hash<'a, T>(
        &self,
        rows: impl Iterator<Item = (&'a TallyKey, T)>,
    ) -> BTreeMap<String, Vec<(Vec<u8>, T)>> {
        let mut hashes = BTreeMap::<String, Vec<_>>::new();
        for (key, value) in rows {
            let (hash, field) = self.hash_of(key);
            hashes.entry(hash).or_default().push((field, value));
        }
        hashes
    }

    fn hash_of(&self, key: &TallyKey) -> (String, Vec<u8>) {
        match key {
            TallyKey::Count(sender, hour, name) => {
                (format!("{}{hour}", self.keys.counts(sender)), name.clone().into_bytes())
            }
            TallyKey::Message(sender, generation, message) => {
                let hash = format!("{}{generation}:{}", self.keys.messages(sender), message % SHARDS);
                (hash, message.to_be_bytes().to_vec())
            }
        }
    }
}
