//! The thread that writes.

use std::{io, sync::mpsc::Receiver};

use super::{
    Message,
    line::{self, Names},
    output::Output,
};
use crate::metrics::DecisionLogCounters;

/// Lines that are written together.
const TOGETHER_MAX: u64 = 256;

/// Writes what is noted.
#[derive(Debug)]
pub(super) struct Writer {
    output: Output,
    names: Names,
    counters: DecisionLogCounters,
    failing: bool,
}

impl Writer {
    pub(super) const fn new(output: Output, names: Names, counters: DecisionLogCounters) -> Self {
        Self { output, names, counters, failing: false }
    }

    /// Goes on until nobody can note anything any more.
    pub(super) fn run(mut self, queue: &Receiver<Message>) {
        let ready = self.output.prepare();
        self.tell(ready.as_ref().err());
        let mut lines = Vec::new();
        while let Ok(first) = queue.recv() {
            let (mut next, mut count, mut flushed) = (Some(first), 0, Vec::new());
            while let Some(message) = next {
                match message {
                    Message::Decision(number, decision) => {
                        line::write(&self.names, number, &decision, &mut lines);
                        count += 1;
                    }
                    Message::Flush(done) => flushed.push(done),
                }
                next = if count < TOGETHER_MAX { queue.try_recv().ok() } else { None };
            }
            self.write(&lines, count);
            lines.clear();
            for done in flushed {
                // Who asked may have given up.
                let _ = done.send(());
            }
        }
    }

    fn write(&mut self, lines: &[u8], count: u64) {
        if count == 0 {
            return;
        }
        let written = self.output.write(lines);
        let counter = if written.is_ok() { &self.counters.written } else { &self.counters.failed };
        counter.inc_by(count);
        self.tell(written.as_ref().err());
    }

    /// Says once that it does not work, and once that it does again.
    fn tell(&mut self, error: Option<&io::Error>) {
        match (error, self.failing) {
            (Some(error), false) => {
                tracing::error!(%error, "decisions cannot be logged (`decision_log.to`); they are answered all the same");
            }
            (None, true) => tracing::info!("decisions are logged again"),
            _ => {}
        }
        self.failing = error.is_some();
    }
}
