//! What limits count: one script for the messages to a person, one for gauges.

use redis::Value;

use super::{
    Redis,
    answer::{bytes, items},
    fault::senseless,
    script,
};
use crate::{
    limits::SendLog,
    model::Time,
    store::{ContactId, Entered, Entry, Found, Gauge, Leaving, Sends, SendsCommitted, StoreError},
};

impl Redis {
    pub(super) async fn read_sends(&self, ids: &[ContactId]) -> Result<Vec<Sends>, StoreError> {
        let get = |id: &ContactId| {
            let mut cmd = redis::cmd("GET");
            cmd.arg(self.keys.sends(*id));
            cmd
        };
        let commands: Vec<_> = ids.iter().map(get).collect();
        let answers = self.each_once(&commands).await;
        let one = |answer: Result<Value, super::fault::Failed>| {
            let stored = bytes(answer.map_err(|failed| failed.of_read())?)?;
            Sends::decode(&stored.unwrap_or_default())
        };
        answers.into_iter().map(one).collect()
    }

    pub(super) async fn write_sends(
        &self,
        id: ContactId,
        expected: u64,
        log: &SendLog,
        kept_until: Option<Time>,
    ) -> Result<SendsCommitted, StoreError> {
        let key = self.keys.sends(id);
        let mut cmd = script::call(&self.scripts.sends, &[&key]);
        match expected {
            0 => cmd.arg(""),
            tag => cmd.arg(tag.to_be_bytes().as_slice()),
        };
        match kept_until {
            None => cmd.arg("").arg(0),
            Some(until) => cmd.arg(Sends::encode(log)?).arg(until.millis()),
        };
        let answer = script::run(&self.link, &self.scripts.sends, &cmd).await;
        match answer.map_err(|failed| failed.of_write())? {
            Value::Int(1) => Ok(SendsCommitted::Done),
            stored => {
                let stored = bytes(stored)?.ok_or_else(|| senseless("answer to messages of a person"))?;
                Ok(SendsCommitted::Changed(Sends::decode(&stored)?))
            }
        }
    }

    pub(super) async fn gauge(
        &self,
        entries: &[Entry],
        now: Time,
        enters: bool,
    ) -> Result<Entered, StoreError> {
        let keys: Vec<String> = entries.iter().map(|entry| self.keys.gauge(&entry.gauge)).collect();
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        let mut cmd = script::call(&self.scripts.gauge, &keys);
        cmd.arg(now.millis()).arg(i32::from(enters));
        for entry in entries {
            cmd.arg(entry.member.to_be_bytes().as_slice()).arg(entry.at.millis());
            cmd.arg(entry.quota.max).arg(entry.quota.per.get()).arg(i32::from(entry.enforced));
        }
        let answer = script::run(&self.link, &self.scripts.gauge, &cmd).await;
        let answer =
            items(answer.map_err(|failed| if enters { failed.of_write() } else { failed.of_read() })?)?;
        let number = |value| match value {
            Value::Int(number) => Ok(number),
            _ => Err(senseless("answer of a gauge")),
        };
        let numbers = answer.into_iter().map(number).collect::<Result<Vec<i64>, _>>()?;
        let (done, found) = numbers.split_first().ok_or_else(|| senseless("answer of a gauge"))?;
        let chunks = found.chunks_exact(3);
        if chunks.len() != entries.len() || !chunks.remainder().is_empty() {
            return Err(senseless("answer of a gauge"));
        }
        let found = entries.iter().zip(chunks).filter_map(|(entry, found)| {
            let [used, before, leaves] = found else { return None };
            let used = u64::try_from(*used).unwrap_or_default();
            Some(Found::of(entry, used, Time::from_millis(*before), now, Time::from_millis(*leaves)))
        });
        Ok(Entered { done: *done == 1, found: found.collect() })
    }

    pub(super) async fn take_back(&self, leaving: &[Leaving]) -> Result<(), StoreError> {
        let keys: Vec<String> = leaving.iter().map(|one| self.keys.gauge(&one.gauge)).collect();
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        let mut cmd = script::call(&self.scripts.leave, &keys);
        for one in leaving {
            cmd.arg(one.member.to_be_bytes().as_slice()).arg(one.at.millis());
            cmd.arg(one.before.map_or(-1, Time::millis));
        }
        let answer = script::run(&self.link, &self.scripts.leave, &cmd).await;
        answer.map(drop).map_err(|failed| failed.of_write())
    }
}

impl super::keys::Keys {
    pub(super) fn sends(&self, id: ContactId) -> String {
        self.of("f", id)
    }

    pub(super) fn gauge(&self, gauge: &Gauge) -> String {
        let (owner, kind) = gauge.parts();
        self.owned("l", owner, kind)
    }
}
