//! The decision log: a line of JSON for every decision, or for some of them, on standard output or in a file. No check ever
//! waits for it: what does not fit into the queue is dropped and counted, and a thread of its own writes.
//!
//! A person is in it under a pseudonym, the beginning of the keyed id of the contact: the same for all decisions of a business
//! about one identity, and nobody's number without the store's key. Must not know: the gate, the wire.

mod line;
mod output;
#[cfg(test)]
mod tests;
mod writer;

use std::{
    fmt::{self, Write as _},
    path::PathBuf,
    sync::{
        atomic::{AtomicU64, Ordering},
        mpsc::{SyncSender, TrySendError, sync_channel},
    },
    time::Duration,
};

use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};
use tokio::sync::oneshot;

use crate::{
    metrics::DecisionLogCounters,
    model::{BusinessId, SenderId, Time, Topic},
    policy::{Request, TemplateName, Verdict},
};

/// Decisions that wait to be written: about a second of what a busy sidecar answers.
const QUEUE_MAX: usize = 16_384;
/// How long a server that stops waits for what was decided last to be written.
const FLUSH_MAX: Duration = Duration::from_secs(5);
/// The pause between attempts to tell a full queue that the end has come.
const FLUSH_AGAIN: Duration = Duration::from_millis(10);

/// How decisions are logged.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// Where to.
    pub to: Target,
    /// The part of the decisions that is logged, from 0 to 1.
    pub sample_ratio: f64,
    /// Denials are logged whatever the ratio is.
    pub keep_denials: bool,
}

/// Where decisions are logged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Standard output.
    Stdout,
    /// A file, and older ones beside it.
    File {
        /// Its path; older ones end in `.1`, `.2` and so on.
        path: PathBuf,
        /// How long it becomes.
        bytes_max: u64,
        /// How many older ones stay.
        older_max: u32,
    },
}

/// A decision, as far as it is logged.
#[derive(Clone, Debug)]
pub struct Decision {
    /// When it was made.
    pub at: Time,
    /// For which sender; none for one that is unknown, which may be anything.
    pub sender: Option<SenderId>,
    /// For which business.
    pub business: Option<BusinessId>,
    /// The beginning of the contact's keyed id.
    pub contact: Option<[u8; 8]>,
    /// The token of the state it was made from.
    pub revision: Option<String>,
    /// The answer was given from what was remembered, since the store gave none.
    pub degraded: bool,
    /// What was asked, without the person.
    pub asked: Asked,
    /// The answer, without its trace.
    pub verdict: Verdict,
}

/// What was asked, without the person.
#[derive(Clone, Debug)]
pub struct Asked {
    kind: &'static str,
    category: &'static str,
    topic: Option<Topic>,
    template: Option<TemplateName>,
}

impl From<&Request> for Asked {
    fn from(request: &Request) -> Self {
        Self {
            kind: request.kind.word(),
            category: request.category.word(),
            topic: request.topic.clone(),
            template: request.template.clone(),
        }
    }
}

/// The log.
#[derive(Debug)]
pub struct DecisionLog {
    queue: SyncSender<Message>,
    /// Tells the ids of this process from those of others.
    process: u64,
    decisions: AtomicU64,
    /// Of 2⁶⁴ equally likely numbers, how many are logged.
    threshold: u128,
    keep_denials: bool,
    counters: DecisionLogCounters,
}

enum Message {
    Decision(u64, Box<Decision>),
    /// All of before is to be written now.
    Flush(oneshot::Sender<()>),
}

impl DecisionLog {
    /// Begins a log, with a thread that writes it. `policy` names the settings that are decided by.
    ///
    /// # Errors
    /// When the system gives no thread or no random number.
    pub fn begin(
        options: &Options,
        policy: String,
        counters: DecisionLogCounters,
    ) -> Result<Self, std::io::Error> {
        let (queue, waiting) = sync_channel(QUEUE_MAX);
        let process = getrandom::u64().map_err(|error| std::io::Error::other(error.to_string()))?;
        let output = output::Output::new(options.to.clone());
        let writer = writer::Writer::new(output, line::Names { process, policy }, counters.clone());
        std::thread::Builder::new().name("decision-log".to_owned()).spawn(move || writer.run(&waiting))?;
        Ok(Self {
            queue,
            process,
            decisions: AtomicU64::new(0),
            threshold: threshold(options.sample_ratio),
            keep_denials: options.keep_denials,
            counters,
        })
    }

    /// Logs a decision, if it is one of those that are. Never waits.
    pub fn note(&self, verdict: &Verdict, decision: impl FnOnce() -> Decision) {
        let number = self.decisions.fetch_add(1, Ordering::Relaxed);
        let is_kept = self.keep_denials && !verdict.allowed;
        if !is_kept && u128::from(mixed(self.process ^ number)) >= self.threshold {
            return;
        }
        match self.queue.try_send(Message::Decision(number, Box::new(decision()))) {
            Ok(()) => {}
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {
                self.counters.dropped.inc();
            }
        }
    }

    /// Waits until what was noted is written, but not for ever.
    pub async fn flush(&self) {
        let flushed = async {
            let (done, is_done) = oneshot::channel();
            let mut message = Message::Flush(done);
            while let Err(TrySendError::Full(again)) = self.queue.try_send(message) {
                message = again;
                tokio::time::sleep(FLUSH_AGAIN).await;
            }
            // Without an answer there is no writer any more.
            drop(is_done.await);
        };
        if tokio::time::timeout(FLUSH_MAX, flushed).await.is_err() {
            tracing::warn!("not all decisions could be logged before the end");
        }
    }
}

/// The name of a set of settings: the same wherever and whenever they are the same, with the same version of the program.
#[must_use]
pub fn policy_version(settings: &impl fmt::Debug) -> String {
    struct Digest(Sha256);
    impl fmt::Write for Digest {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            self.0.update(text.as_bytes());
            Ok(())
        }
    }
    let mut digest = Digest(Sha256::new_with_prefix(env!("CARGO_PKG_VERSION")));
    // Writing into a digest does not fail.
    let _ = write!(digest, "{settings:?}");
    let digest = digest.0.finalize();
    HEXLOWER.encode(digest.first_chunk::<8>().map_or(&[][..], |first| first.as_slice()))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "from 0 to 2⁶⁴ by the setting's bounds"
)]
fn threshold(ratio: f64) -> u128 {
    (ratio.clamp(0.0, 1.0) * 2_f64.powi(64)) as u128
}

/// A number that looks random for each other one (SplitMix64).
const fn mixed(number: u64) -> u64 {
    let mut mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
