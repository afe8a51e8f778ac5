//! What this process answered for each sender since it started, for whoever looks on. A check adds one to a number.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use arc_swap::ArcSwap;

use super::Gate;
use crate::model::SenderId;

/// Senders that are counted by themselves; more are counted together.
const SENDERS_MAX: usize = 1000;

/// How many decisions there were.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Decided {
    /// ALLOW.
    pub allowed: u64,
    /// DENY.
    pub denied: u64,
}

#[derive(Debug, Default)]
struct Answers {
    allowed: AtomicU64,
    denied: AtomicU64,
}

/// The numbers, by sender.
#[derive(Debug, Default)]
pub(super) struct Activity {
    by_sender: ArcSwap<HashMap<SenderId, Arc<Answers>>>,
    others: Answers,
}

impl Answers {
    fn count(&self, allowed: bool) {
        let counter = if allowed { &self.allowed } else { &self.denied };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    fn decided(&self) -> Decided {
        let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Decided { allowed: of(&self.allowed), denied: of(&self.denied) }
    }
}

impl Activity {
    /// Counts a decision.
    pub(super) fn count(&self, sender: Option<&SenderId>, allowed: bool) {
        let Some(sender) = sender else { return self.others.count(allowed) };
        if let Some(answers) = self.by_sender.load().get(sender) {
            return answers.count(allowed);
        }
        self.by_sender.rcu(|known| {
            let mut known = HashMap::clone(known);
            if known.len() < SENDERS_MAX {
                known.entry(sender.clone()).or_default();
            }
            known
        });
        self.by_sender.load().get(sender).map_or(&self.others, |answers| &**answers).count(allowed);
    }
}

impl Gate {
    /// What was answered for each sender that is known, and for all others together.
    #[must_use]
    pub fn activity(&self) -> (BTreeMap<SenderId, Decided>, Decided) {
        let mut all: BTreeMap<SenderId, Decided> = BTreeMap::new();
        for profile in self.directory().senders() {
            all.entry(self.counted_as(&profile.sender.id)).or_default();
        }
        for (sender, answers) in self.activity.by_sender.load().iter() {
            let more = answers.decided();
            // Under the name that its messages are counted under.
            let sum = all.entry(self.counted_as(sender)).or_default();
            *sum = Decided { allowed: sum.allowed + more.allowed, denied: sum.denied + more.denied };
        }
        (all, self.activity.others.decided())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beyond_the_limit_senders_are_counted_together_and_none_is_lost() {
        let activity = Activity::default();
        let senders: Vec<_> =
            (0..SENDERS_MAX + 5).map(|n| SenderId::parse(&n.to_string()).unwrap()).collect();
        for sender in &senders {
            activity.count(Some(sender), true);
            activity.count(Some(sender), false);
        }
        activity.count(None, false);
        assert_eq!(activity.by_sender.load().len(), SENDERS_MAX);
        assert_eq!(activity.by_sender.load()[&senders[0]].decided(), Decided { allowed: 1, denied: 1 });
        assert_eq!(activity.others.decided(), Decided { allowed: 5, denied: 6 });
    }
}
