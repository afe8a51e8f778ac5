//! Reading contacts, logs and the feed.

use redis::{Cmd, Value};

use super::{
    Redis,
    answer::{bytes, items, number, pairs, text},
    fault::{Failed, senseless},
    script,
};
use crate::{
    model::{SenderId, StatementId, Time},
    store::{Change, ContactId, Loaded, LogHead, SealedEntry, StoreError, record},
};

/// Contacts read in one pipeline; more would hold up what others ask meanwhile.
const TOGETHER_MAX: usize = 512;

impl Redis {
    pub(super) async fn read_contact(&self, id: ContactId, now: Time) -> Result<Loaded, StoreError> {
        let answer = script::run(&self.link, &self.scripts.load, &self.load_command(id)).await;
        loaded(answer.map_err(|failed| failed.of_read())?, now)
    }

    pub(super) async fn read_contacts(
        &self,
        ids: &[ContactId],
        now: Time,
    ) -> Vec<Result<Loaded, StoreError>> {
        let mut all = Vec::with_capacity(ids.len());
        for some in ids.chunks(TOGETHER_MAX) {
            let commands: Vec<Cmd> = some.iter().map(|id| self.load_command(*id)).collect();
            for answer in self.each(&commands).await {
                let answer = answer.map_err(|failed| failed.of_read());
                all.push(answer.and_then(|answer| loaded(answer, now)));
            }
        }
        all
    }

    /// Sends many commands at once and gives each its answer; a script the server has forgotten is told once.
    pub(super) async fn each(&self, commands: &[Cmd]) -> Vec<Result<Value, Failed>> {
        let answers = self.each_once(commands).await;
        if !answers.iter().any(|answer| answer.as_ref().is_err_and(Failed::is_no_script)) {
            return answers;
        }
        match script::teach(&self.link, &self.scripts.load).await {
            Ok(()) => self.each_once(commands).await,
            Err(_) => answers,
        }
    }

    /// Asks each of some commands, which may be of different slots.
    pub(super) async fn each_once(&self, commands: &[Cmd]) -> Vec<Result<Value, Failed>> {
        if self.cluster {
            // Keys of many slots: each finds its own way, all on their way at once.
            let mut asked = tokio::task::JoinSet::new();
            for (place, command) in commands.iter().enumerate() {
                let (link, command) = (std::sync::Arc::clone(&self.link), command.clone());
                asked.spawn(async move { (place, link.run(&command).await) });
            }
            let mut answers: Vec<_> = commands
                .iter()
                .map(|_| Err(Failed::NotConnected("a read was interrupted".to_owned())))
                .collect();
            while let Some(done) = asked.join_next().await {
                if let Ok((place, answer)) = done
                    && let Some(slot) = answers.get_mut(place)
                {
                    *slot = answer;
                }
            }
            return answers;
        }
        let mut pipeline = redis::Pipeline::with_capacity(commands.len());
        for command in commands {
            pipeline.add_command(command.clone());
        }
        match self.link.together(&pipeline).await {
            Ok(answers) => answers,
            Err(failed) => {
                let why = match failed.of_read() {
                    StoreError::Unavailable(why) | StoreError::Corrupt(why) => why,
                    StoreError::UnknownOutcome => "no answer".to_owned(),
                };
                commands.iter().map(|_| Err(Failed::NotConnected(why.clone()))).collect()
            }
        }
    }

    fn load_command(&self, id: ContactId) -> Cmd {
        let contact = self.keys.contact(id);
        let mut cmd = script::call(&self.scripts.load, &[&contact]);
        cmd.arg(self.keys.windows(id));
        cmd
    }

    pub(super) async fn read_log(
        &self,
        id: ContactId,
        after: u64,
        limit: usize,
    ) -> Result<Vec<SealedEntry>, StoreError> {
        let first = after.saturating_add(1);
        let limit = u64::try_from(limit).unwrap_or(u64::MAX);
        let length = self.ask(redis::cmd("HGET").arg(self.keys.contact(id)).arg("n")).await?;
        let length = if length == Value::Nil { 0 } else { number(length)? };
        let last = after.saturating_add(limit).min(length);
        if first > last {
            return Ok(Vec::new());
        }
        let sequences: Vec<u64> = (first..=last).collect();
        let mut both = redis::Pipeline::with_capacity(2);
        both.cmd("HMGET").arg(self.keys.log(id)).arg(&sequences);
        both.cmd("HMGET").arg(self.keys.payloads(id)).arg(&sequences);
        let mut answers = self.link.together(&both).await.map_err(|failed| failed.of_read())?.into_iter();
        let mut next = || match answers.next() {
            Some(answer) => items(answer.map_err(|failed| failed.of_read())?),
            None => Err(senseless("pair of lists")),
        };
        let (entries, payloads) = (next()?, next()?);
        let mut read = Vec::with_capacity(sequences.len());
        for ((sequence, entry), payload) in sequences.into_iter().zip(entries).zip(payloads) {
            let entry = bytes(entry)?.ok_or_else(|| missing(sequence))?;
            let entry = record::decode_entry(sequence, &entry)?;
            read.push(SealedEntry { payload: bytes(payload)?, ..entry });
        }
        Ok(read)
    }

    pub(super) async fn read_entry_of(
        &self,
        id: ContactId,
        statement: StatementId,
    ) -> Result<Option<SealedEntry>, StoreError> {
        let found = self.ask(&self.entry_command(id, statement)).await?;
        if found == Value::Nil {
            return Ok(None);
        }
        let sequence = number(found)?;
        let page = self.read_log(id, sequence.saturating_sub(1), 1).await?;
        page.into_iter().next().map(Some).ok_or_else(|| missing(sequence))
    }

    /// Asks for the sequence number of a statement.
    pub(super) fn entry_command(&self, id: ContactId, statement: StatementId) -> Cmd {
        let field = [b"s".as_slice(), &statement.0].concat();
        let mut cmd = redis::cmd("HGET");
        cmd.arg(self.keys.log(id)).arg(field);
        cmd
    }

    /// One read of whatever kind.
    pub(super) async fn ask(&self, cmd: &Cmd) -> Result<Value, StoreError> {
        self.link.run(cmd).await.map_err(|failed| failed.of_read())
    }
}

/// What the load script answered.
fn loaded(answer: Value, now: Time) -> Result<Loaded, StoreError> {
    let mut parts = items(answer)?.into_iter();
    let Some(version) = parts.next() else { return Ok(Loaded::default()) };
    let mut part = || parts.next().ok_or_else(|| senseless("contact"));
    let version = number(version)?;
    let (length, hash, stored) = (part()?, part()?, part()?);
    let stored = bytes(stored)?.ok_or_else(|| senseless("contact"))?;
    let mut windows = Vec::new();
    while let Some(sender) = parts.next() {
        let value = parts.next().ok_or_else(|| senseless("contact"))?;
        let sender = text(sender)?.and_then(|sender| SenderId::parse(&sender).ok());
        let sender = sender.ok_or_else(|| StoreError::Corrupt("a window belongs to no sender".to_owned()))?;
        let (wrote, end) = window(value)?;
        if now < end {
            windows.push((sender, wrote));
        }
    }
    let head = LogHead {
        length: number(length)?,
        hash: match bytes(hash)?.unwrap_or_default().as_slice() {
            [] => [0; 32],
            hash => hash.try_into().map_err(|_| StoreError::Corrupt("a log has no hash".to_owned()))?,
        },
    };
    let stored = record::decode(&stored)?;
    if stored.version != version {
        return Err(StoreError::Corrupt("a record is of another version than its contact".to_owned()));
    }
    Ok(Loaded { record: stored.record, windows, version, head })
}

/// Last inbound and end.
fn window(value: Value) -> Result<(Time, Time), StoreError> {
    let time = |digits: &str| digits.parse().ok().and_then(Time::from_millis);
    let value = text(value)?.unwrap_or_default();
    let read = value.split_once(':').and_then(|(wrote, end)| Some((time(wrote)?, time(end)?)));
    read.ok_or_else(|| StoreError::Corrupt("a window is no window".to_owned()))
}

pub(super) fn change(value: Value) -> Result<Change, StoreError> {
    let wrong = || StoreError::Corrupt("an item of the feed makes no sense".to_owned());
    let mut parts = items(value)?.into_iter();
    let position = parts.next().map(text).transpose()?.flatten().ok_or_else(wrong)?;
    let position = position.strip_suffix("-0").and_then(|digits| digits.parse().ok()).ok_or_else(wrong)?;
    let mut fields = pairs(parts.next().ok_or_else(wrong)?)?.into_iter();
    let (id, sequence) = match (fields.next(), fields.next()) {
        (Some((_, id)), Some((_, sequence))) => (bytes(id)?.ok_or_else(wrong)?, number(sequence)?),
        _ => return Err(wrong()),
    };
    let id = id.try_into().map_err(|_| wrong())?;
    Ok(Change { position, id: ContactId(id), sequence })
}

fn missing(sequence: u64) -> StoreError {
    StoreError::Corrupt(format!("log entry {sequence} is missing"))
}
