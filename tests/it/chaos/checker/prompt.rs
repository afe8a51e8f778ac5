//! That answers come in time, and are normal again soon after everything is well.
//!
//! Neither can be judged without knowing what the machine took for itself meanwhile. That is measured in the same run
//! and subtracted; nothing else is granted.

use super::{
    super::history::{History, Micros, Operation},
    Violation,
};

/// Answers come so soon after their deadline.
const AFTER_DEADLINE: Micros = 5_000;
/// Answers and acknowledged writes are normal so soon after everything is well.
pub(crate) const RECOVERY: Micros = 2_000_000;
/// How long after it was sent a request is with a sidecar, whose clock for it begins then.
const DELIVERED: Micros = 50_000;

/// An answer after its deadline.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Late<'a> {
    pub(crate) operation: &'a Operation,
    /// By how much.
    pub(crate) by: Micros,
    /// What the machine took of it.
    pub(crate) noise: Micros,
}

/// Answers after their deadline, other than of a sidecar that was stopped or killed.
pub(crate) fn late(
    history: &History,
    deadline: Micros,
    noise: impl Fn(Micros, Micros) -> Micros,
) -> Vec<Late<'_>> {
    let excused = |operation: &Operation| {
        history.harms.iter().any(|harm| {
            harm.name.starts_with("sidecar")
                && harm.sidecar == Some(operation.sidecar)
                && harm.begin < operation.end
                && operation.begin < harm.end
        })
    };
    let mut found = Vec::new();
    for operation in history.operations.iter().filter(|operation| !excused(operation)) {
        let Operation { begin, end, .. } = *operation;
        if end - begin > deadline {
            // What happens between these does not delay the timer that ends the waiting.
            let noise = noise(begin, begin + DELIVERED) + noise(begin + deadline, end);
            found.push(Late { operation, by: end - begin - deadline, noise });
        }
    }
    found
}

impl Late<'_> {
    /// What the machine does not explain.
    pub(crate) fn unexplained(&self) -> Micros {
        self.by.saturating_sub(self.noise)
    }

    /// The violation, with a further allowance for whom nothing depends on a moment.
    pub(crate) fn violation(&self, allowance: Micros) -> Option<Violation> {
        (self.unexplained() > AFTER_DEADLINE + allowance).then(|| Violation {
            rule: "an answer after its deadline",
            person: self.operation.person,
            when: self.operation.end,
            text: format!(
                "{} us late, of which the machine took {}\n  {}",
                self.by, self.noise, self.operation
            ),
        })
    }
}

/// That something was normal again in time.
pub(crate) fn recovered(
    what: &str,
    healed: Micros,
    took: Micros,
    noise: Micros,
    allowance: Micros,
) -> Option<Violation> {
    (took.saturating_sub(noise) > RECOVERY + allowance).then(|| Violation {
        rule: "not normal again in time",
        person: usize::MAX,
        when: healed,
        text: format!("{what} took {} ms, of which the machine took {}", took / 1000, noise / 1000),
    })
}
