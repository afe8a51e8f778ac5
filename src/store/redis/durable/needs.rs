//! What must have a commit before it is answered, in Redis's words.

use std::time::Duration;

use redis::{Cmd, Value};

use crate::store::{
    StoreError,
    redis::{
        answer::{items, number},
        fault::senseless,
    },
};

/// What must have a commit before it is answered.
#[derive(Clone, Copy, Debug)]
pub(in crate::store::redis) struct Needs {
    pub(in crate::store::redis) replicas: u32,
    pub(in crate::store::redis) fsync: bool,
    pub(in crate::store::redis) timeout: Duration,
}

impl Needs {
    pub(super) fn wait(&self) -> Cmd {
        let millis = u64::try_from(self.timeout.as_millis()).unwrap_or(u64::MAX);
        if self.fsync {
            let mut cmd = redis::cmd("WAITAOF");
            cmd.arg(1).arg(self.replicas).arg(millis);
            return cmd;
        }
        let mut cmd = redis::cmd("WAIT");
        cmd.arg(self.replicas).arg(millis);
        cmd
    }

    /// True when an answer to the wait says that everybody has it.
    pub(super) fn met(&self, answer: Value) -> Result<bool, StoreError> {
        if !self.fsync {
            return Ok(number(answer)? >= u64::from(self.replicas));
        }
        let mut counts = items(answer)?.into_iter().map(number);
        let mut count = || counts.next().ok_or_else(|| senseless("answer to a wait"))?;
        Ok(count()? >= 1 && count()? >= u64::from(self.replicas))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needs(replicas: u32, fsync: bool) -> Needs {
        Needs { replicas, fsync, timeout: Duration::from_millis(300) }
    }

    fn words(cmd: &Cmd) -> String {
        String::from_utf8(cmd.get_packed_command()).unwrap().replace("\r\n", " ")
    }

    #[test]
    fn enough_replicas_are_enough() {
        let one = |n| needs(2, false).met(Value::Int(n));
        assert_eq!((one(1), one(2), one(3)), (Ok(false), Ok(true), Ok(true)));
        assert!(matches!(needs(1, false).met(Value::Nil), Err(StoreError::Corrupt(_))));
    }

    #[test]
    fn the_append_only_file_counts_here_and_on_replicas() {
        let both = |here, there| needs(1, true).met(Value::Array(vec![Value::Int(here), Value::Int(there)]));
        assert_eq!((both(1, 1), both(0, 1), both(1, 0)), (Ok(true), Ok(false), Ok(false)));
        assert!(matches!(needs(0, true).met(Value::Array(vec![])), Err(StoreError::Corrupt(_))));
    }

    #[test]
    fn what_is_waited_for_is_asked_for() {
        assert!(words(&needs(2, false).wait()).contains("WAIT $1 2 $3 300"));
        assert!(words(&needs(1, true).wait()).contains("WAITAOF $1 1 $1 1 $3 300"));
    }
}
