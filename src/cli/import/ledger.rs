//! Keeps count of an import: which rows are done, in the order of the file, whatever the order they were done in.

use std::{collections::BTreeMap, path::PathBuf};

use super::{
    super::{Exit, Failure},
    rejects::Rejects,
    source::Item,
    state::{Counts, State},
};

/// What became of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It took effect.
    Applied,
    /// It was recorded, and another statement stands.
    Kept,
    /// It was refused, for this reason.
    Rejected(String),
}

/// The count of an import.
pub(super) struct Ledger {
    state: State,
    rejects: Rejects,
    bar: indicatif::ProgressBar,
    /// Where the state is saved, and after how many rows; nowhere in a dry run.
    saved: Option<(PathBuf, u64)>,
    /// Rows done while an earlier one is not.
    waiting: BTreeMap<u64, (Item, Outcome)>,
    /// The number of the row the mark is before.
    settled: u64,
    unsaved: u64,
}

impl Ledger {
    pub(super) const fn new(state: State, rejects: Rejects, bar: indicatif::ProgressBar) -> Self {
        Self { state, rejects, bar, saved: None, waiting: BTreeMap::new(), settled: 0, unsaved: 0 }
    }

    pub(super) fn saved_to(mut self, path: PathBuf, every: u64) -> Self {
        self.saved = Some((path, every));
        self
    }

    /// Notes that a row is done, and settles all rows up to the first that is not.
    pub(super) fn complete(&mut self, number: u64, item: Item, outcome: Outcome) -> Result<(), Failure> {
        self.waiting.insert(number, (item, outcome));
        while let Some((item, outcome)) = self.waiting.remove(&self.settled) {
            self.settle(&item, outcome)?;
        }
        Ok(())
    }

    fn settle(&mut self, item: &Item, outcome: Outcome) -> Result<(), Failure> {
        let counts = &mut self.state.counts;
        counts.read += 1;
        match outcome {
            Outcome::Applied => counts.applied += 1,
            Outcome::Kept => counts.kept += 1,
            Outcome::Rejected(reason) => {
                counts.rejected += 1;
                self.rejects.add(item, &reason)?;
            }
        }
        self.state.mark = item.next;
        self.settled += 1;
        self.unsaved += 1;
        self.bar.set_position(item.next.byte);
        if self.saved.as_ref().is_some_and(|(_, every)| self.unsaved >= *every) {
            self.bar.set_message(format!("{} rows", self.state.counts.read));
            self.save()?;
        }
        Ok(())
    }

    /// Ends the count: the state goes when all is done, and stays for the next run when not.
    pub(super) fn finish(&mut self, done: bool) -> Result<(), Failure> {
        self.bar.finish_and_clear();
        self.rejects.sync()?;
        match &self.saved {
            Some((path, _)) if done => State::remove(path),
            Some(_) => self.save(),
            None => Ok(()),
        }
    }

    fn save(&mut self) -> Result<(), Failure> {
        self.unsaved = 0;
        // The rejects first: a state may tell of less than there is, never of more.
        self.state.rejects_bytes = self.rejects.sync()?;
        self.saved.as_ref().map_or(Ok(()), |(path, _)| self.state.save(path))
    }

    /// Rows that were given out and are not settled, when `numbered` were given out.
    pub(super) const fn open(&self, numbered: u64) -> u64 {
        numbered.saturating_sub(self.settled)
    }

    pub(super) const fn counts(&self) -> Counts {
        self.state.counts
    }

    pub(super) const fn exit(&self) -> Exit {
        if self.state.counts.rejected == 0 { Exit::Yes } else { Exit::No }
    }
}
