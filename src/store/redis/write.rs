//! Writing a contact: one script.

use redis::{Cmd, Value};

use super::{
    Redis,
    answer::{bytes, items, number, text},
    fault::senseless,
    intent::Intent,
    script::{self, Lua},
};
use crate::store::{Commit, Committed, Erase, LogHead, SealedEntry, Store as _, StoreError, record};

impl Redis {
    pub(super) async fn write_contact(&self, commit: &Commit) -> Result<Committed, StoreError> {
        let head = commit.entries.last().map(|last| LogHead { length: last.sequence, hash: last.hash });
        let (Some(version), true) = (commit.expected.checked_add(1), continues(&commit.entries)) else {
            // Still asks whether a statement is known, which comes before everything else.
            return Ok(self.known(commit).await?.unwrap_or(Committed::Conflict));
        };
        let intent = self.feed.intend(commit).await?;
        let cmd = self.commit_command(commit, version, head.unwrap_or_default(), intent)?;
        let answer = self.confirmed(&self.scripts.commit, cmd).await?;
        let committed = self.committed(commit, version, answer)?;
        if let Some(intent) = intent {
            self.feed.fulfil(intent, committed).await;
        }
        Ok(committed)
    }

    fn committed(&self, commit: &Commit, version: u64, answer: Value) -> Result<Committed, StoreError> {
        let mut parts = items(answer)?.into_iter();
        let mut part = || parts.next().ok_or_else(|| senseless("answer to a commit"));
        match text(part()?)?.as_deref() {
            Some("done") => {
                self.feed.announce(number(part()?)?);
                Ok(Committed::Done(version))
            }
            Some("conflict") => Ok(Committed::Conflict),
            Some("known") => {
                let (index, sequence) = (number(part()?)?, number(part()?)?);
                let index = usize::try_from(index).unwrap_or(usize::MAX);
                let entry = commit.entries.get(index).ok_or_else(|| senseless("answer to a commit"))?;
                Ok(Committed::Known(entry.statement, sequence))
            }
            _ => Err(senseless("answer to a commit")),
        }
    }

    /// Runs a script that writes: its answer, once what it tells of is confirmed by whom the settings ask for.
    pub(super) async fn confirmed(&self, lua: &Lua, cmd: Cmd) -> Result<Value, StoreError> {
        match &self.durable {
            Some(durable) => durable.ask(cmd).await,
            None => script::run(&self.link, lua, &cmd).await.map_err(|failed| failed.of_write()),
        }
    }

    async fn known(&self, commit: &Commit) -> Result<Option<Committed>, StoreError> {
        for entry in &commit.entries {
            if let Some(found) = self.entry_of(commit.id, entry.statement).await? {
                return Ok(Some(Committed::Known(entry.statement, found.sequence)));
            }
        }
        Ok(None)
    }

    fn commit_command(
        &self,
        commit: &Commit,
        version: u64,
        head: LogHead,
        intent: Option<Intent>,
    ) -> Result<Cmd, StoreError> {
        let id = commit.id;
        let (contact, log, payloads) = (self.keys.contact(id), self.keys.log(id), self.keys.payloads(id));
        let last = intent.map_or_else(|| self.keys.feed(), |intent| self.keys.fence(id, intent.nonce));
        let mut keys = vec![contact.as_str(), &log, &payloads];
        // In a cluster, the feed is in another slot.
        if intent.is_some() || !self.cluster {
            keys.push(&last);
        }
        let first = commit.entries.first();
        let (before, previous) = first.map_or((0, [0; 32]), |entry| (entry.sequence - 1, entry.previous));
        let mut cmd = script::call(&self.scripts.commit, &keys);
        // Version and log are fields of their own, where the script can compare them. The record repeats the version;
        // the end of the log it cannot know when nothing is appended.
        cmd.arg(commit.expected).arg(version).arg(record::encode(
            &commit.record,
            version,
            LogHead::default(),
        )?);
        cmd.arg(before).arg(hash_field(before, &previous)).arg(head.length).arg(head.hash.as_slice());
        cmd.arg(erased(&commit.erase)).arg(self.keys.windows(id)).arg(id.0.as_slice());
        cmd.arg(commit.entries.len()).arg(commit.windows.len());
        cmd.arg(intent.map_or_else(String::new, Intent::attempt));
        for entry in &commit.entries {
            let bare = SealedEntry { payload: None, ..entry.clone() };
            cmd.arg(entry.sequence).arg(entry.statement.0.as_slice()).arg(record::encode_entry(&bare));
            cmd.arg(entry.payload.as_deref().unwrap_or_default());
        }
        for (sender, wrote, end) in &commit.windows {
            cmd.arg(sender.as_str()).arg(wrote.millis()).arg(end.millis());
        }
        Ok(cmd)
    }

    pub(super) async fn first_identity_key(&self, wanted: [u8; 32]) -> Result<[u8; 32], StoreError> {
        let key = self.keys.identity_key();
        let set = self.link.run(redis::cmd("SET").arg(&key).arg(wanted.as_slice()).arg("NX")).await;
        set.map_err(|failed| failed.of_write())?;
        // Another key would orphan every contact, so a damaged one is never replaced.
        let stored = self.stored_identity_key().await?.ok_or_else(damaged_key)?;
        self.link.is_of(key, stored);
        Ok(stored)
    }

    pub(super) async fn stored_identity_key(&self) -> Result<Option<[u8; 32]>, StoreError> {
        let stored = bytes(self.ask(redis::cmd("GET").arg(self.keys.identity_key())).await?)?;
        stored.map(|key| key.try_into().map_err(|_| damaged_key())).transpose()
    }
}

fn damaged_key() -> StoreError {
    StoreError::Corrupt("the identity key is damaged".to_owned())
}

/// True when entries continue each other.
fn continues(entries: &[SealedEntry]) -> bool {
    let pairs = entries.iter().zip(entries.iter().skip(1));
    let chained = |(one, next): (&SealedEntry, &SealedEntry)| {
        one.sequence.checked_add(1) == Some(next.sequence) && one.hash == next.previous
    };
    entries.first().is_none_or(|first| first.sequence > 0) && pairs.into_iter().all(chained)
}

/// What is erased, as the script reads it.
fn erased(erase: &Erase) -> String {
    match erase {
        Erase::Nothing => String::new(),
        Erase::Everything => "all".to_owned(),
        Erase::Payloads(these) => these.iter().map(u64::to_string).collect::<Vec<_>>().join(","),
    }
}

/// The hash before the first entry is stored as nothing.
fn hash_field(length: u64, hash: &[u8; 32]) -> &[u8] {
    if length == 0 && *hash == [0; 32] { &[] } else { hash }
}
