//! What a plan sees, and what it wants written.

use crate::{
    attest::Entry,
    gate::{names::derived_id, outcome::opt_out_stands},
    model::{Contact, Event, SenderId, StatementId, Ties, Time},
    policy::Rules,
    store::Loaded,
};

/// What a plan sees.
#[derive(Debug)]
pub(in crate::gate) struct Situation<'a> {
    /// What counts for whoever had the identity when the statement was made.
    pub(in crate::gate) before: &'a Contact,
    /// What they said themselves.
    pub(in crate::gate) own: &'a Contact,
    /// When they wrote last to which sender, as far as windows tell.
    pub(in crate::gate) windows: &'a [(SenderId, Time)],
    /// What the identity has to do with others.
    pub(in crate::gate) ties: &'a Ties,
    /// The time.
    pub(in crate::gate) now: Time,
}

impl Situation<'_> {
    /// B10: when what they agree to in their own words ends: by the law of where they are said to be.
    pub(in crate::gate) fn opt_in_ends(&self, rules: &Rules, at: Time) -> Option<Time> {
        rules.opt_in_ends(&self.before.jurisdiction.as_ref()?.1, at)
    }

    /// When they wrote last, as far as windows tell.
    pub(in crate::gate) fn wrote_last(&self) -> Option<Time> {
        self.windows.iter().map(|(_, wrote)| *wrote).max()
    }
}

/// What a plan wants written.
#[derive(Debug, Default)]
pub(in crate::gate) struct Draft {
    pub(in crate::gate) join: Contact,
    pub(in crate::gate) ties: Ties,
    pub(in crate::gate) entries: Vec<(StatementId, Entry)>,
    pub(in crate::gate) windows: Vec<(SenderId, Time)>,
    /// Entries that are recorded already are left out, and the rest is written all the same; else the draft is a
    /// repetition as a whole.
    pub(in crate::gate) skips_known: bool,
}

impl Draft {
    /// Something that happened and leaves no entry.
    pub(in crate::gate) fn event(&mut self, event: &Event) {
        self.join.apply(event);
    }

    /// Notes when they wrote last, for the time after the window: once they refuse, a "yes" must not be taken for the first
    /// thing they wrote since, though the refusal may be told late.
    pub(in crate::gate) fn wrote_before(&mut self, situation: &Situation<'_>) {
        if let Some(wrote) = situation.wrote_last() {
            self.event(&Event::Wrote(wrote));
        }
    }

    /// A statement: its entry, and what follows from it.
    pub(in crate::gate) fn state(&mut self, statement: StatementId, entry: Entry) {
        for event in entry.events(statement) {
            self.join.apply(&event);
        }
        self.entries.push((statement, entry));
    }

    /// The same draft with another entry for a statement: whether it applied is known only once the draft is complete.
    pub(in crate::gate) fn with_entry(mut self, statement: StatementId, entry: Entry) -> Self {
        if let Some((_, known)) = self.entries.iter_mut().find(|(id, _)| *id == statement) {
            *known = entry;
        }
        self
    }

    /// Told late, an opt-out may be lifted already.
    pub(in crate::gate) fn tell_whether_it_applied(&mut self, before: &Contact) {
        let after = self.after(before);
        for (_, entry) in &mut self.entries {
            entry.applied = opt_out_stands(&after, &entry.content, entry.occurred_at);
        }
    }

    /// What the identity turns out to have to do with others, and the entry that says so, unless it is there already.
    pub(in crate::gate) fn relate(&mut self, ties: &Ties, statement: StatementId, entry: Entry) {
        self.skips_known = true;
        self.ties.join(ties);
        self.entries.push((statement, entry));
    }

    /// The person wrote to a sender.
    pub(in crate::gate) fn window(&mut self, sender: SenderId, wrote: Time) {
        self.windows.push((sender, wrote));
    }

    pub(in crate::gate) fn refuses(&self) -> bool {
        self.entries.iter().any(|(_, entry)| entry.is_refusal())
    }

    /// Gives its statements other ids, the same ones whenever it is done again.
    pub(in crate::gate) fn rename(&mut self, since: Time) {
        for (statement, _) in &mut self.entries {
            let old = data_encoding::HEXLOWER.encode(&statement.0);
            *statement = derived_id("after erasure", &format!("{old}\0{}", since.millis()));
        }
    }

    /// What the contact would be.
    pub(in crate::gate) fn after(&self, before: &Contact) -> Contact {
        let mut after = before.clone();
        after.join(&self.join);
        after
    }

    /// The windows that would be open.
    pub(in crate::gate) fn windows_after(
        &self,
        before: &[(SenderId, Time)],
        now: Time,
    ) -> Vec<(SenderId, Time)> {
        let mut windows = before.to_vec();
        windows.extend(self.windows.iter().filter(|(_, wrote)| now < *wrote + Rules::WINDOW).cloned());
        windows
    }

    pub(in crate::gate) fn changes_nothing(&self, stored: &Loaded, at: Time, now: Time) -> bool {
        let extends = |(sender, wrote): &(SenderId, Time)| {
            let known =
                stored.windows.iter().filter(|(name, _)| name == sender).map(|(_, known)| *known).max();
            now < *wrote + Rules::WINDOW && known.is_none_or(|known| known < *wrote)
        };
        let said = stored.record.said_at(at);
        self.entries.is_empty()
            && self.after(said) == *said
            && !stored.record.ties.lacks(&self.ties)
            && !self.windows.iter().any(extends)
    }
}
