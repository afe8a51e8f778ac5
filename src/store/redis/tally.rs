//! Counting what happened to messages: one script for many of one sender.

mod rows;

use redis::Value;

use super::{
    Redis,
    answer::{items, number, pairs, text},
    fault::senseless,
    script,
};
use crate::{
    quality::{Counter, Split, Statuses},
    store::{
        SenderId, StoreError,
        tally::{FIELDS_MAX, Mark, Tallied, Tally, hour_forgotten_at, slot_in_hour},
    },
};

/// Marks that one script counts; more would hold up what others ask meanwhile.
const TOGETHER_MAX: usize = 256;
/// Messages of a generation are spread over as many hashes, so that those of a sender with few hundred thousand stay in
/// the compact form.
const SHARDS: u64 = 1024;

impl Redis {
    pub(super) async fn write_tally(&self, tally: &Tally) -> Result<Vec<Statuses>, StoreError> {
        let mut fresh = Vec::with_capacity(tally.marks.len());
        for marks in tally.marks.chunks(TOGETHER_MAX) {
            let cmd = self.tally_command(tally, marks);
            // One after the other: the order in which the events were told is kept.
            let bits = items(self.confirmed(&self.scripts.tally, cmd).await?)?;
            if bits.len() != marks.len() {
                return Err(senseless("answer to a tally"));
            }
            for bits in bits {
                let bits = u8::try_from(number(bits)?).map_err(|_| senseless("set of statuses"))?;
                fresh.push(Statuses::from_bits(bits));
            }
        }
        Ok(fresh)
    }

    fn tally_command(&self, tally: &Tally, marks: &[Mark]) -> redis::Cmd {
        let (messages, counts) = (self.keys.messages(&tally.sender), self.keys.counts(&tally.sender));
        let mut cmd = script::call(&self.scripts.tally, &[&messages, &counts]);
        let newest = tally.generations().next().unwrap_or_default();
        let oldest = tally.generations().last().unwrap_or_default();
        cmd.arg(newest).arg(oldest).arg(tally.generation()).arg(tally.forgotten_at().millis());
        cmd.arg(FIELDS_MAX).arg(marks.len());
        for mark in marks {
            cmd.arg(mark.message % SHARDS).arg(mark.message.to_be_bytes().as_slice());
            cmd.arg(mark.statuses.bits()).arg(Counter::Failed(mark.class).place());
            cmd.arg(mark.hour()).arg(slot_in_hour(mark.at)).arg(hour_forgotten_at(mark.hour()).millis());
            let (mut template, mut method) = ("", "");
            for split in &mark.splits {
                match split {
                    Split::Template(name) => template = name,
                    Split::Method(name) => method = name,
                }
            }
            cmd.arg(template).arg(method);
        }
        cmd
    }

    pub(super) async fn read_tally(
        &self,
        sender: &SenderId,
        from: i64,
        to: i64,
    ) -> Result<Tallied, StoreError> {
        let hours: Vec<i64> = (from..=to).collect();
        let prefix = self.keys.counts(sender);
        let mut all = redis::Pipeline::with_capacity(hours.len());
        for hour in &hours {
            all.cmd("HGETALL").arg(format!("{prefix}{hour}"));
        }
        let answers = self.link.together(&all).await.map_err(|failed| failed.of_read())?;
        let mut tallied = Tallied::default();
        for (hour, answer) in hours.into_iter().zip(answers) {
            for (field, count) in pairs(answer.map_err(|failed| failed.of_read())?)? {
                let field = text(field)?.ok_or_else(|| senseless("name of a count"))?;
                let count = number(match count {
                    Value::Nil => return Err(senseless("count")),
                    count => count,
                })?;
                if !tallied.add(hour, &field, count) {
                    return Err(StoreError::Corrupt(
                        "a count of a sender has no name that is known".to_owned(),
                    ));
                }
            }
        }
        Ok(tallied)
    }
}
