//! What must hold, kept as naively as possible: lists of what was said, and who is linked to whom.
//!
//! A refusal that was acknowledged is held by every identity that is connected to the one it was said under, then or
//! later. It is lifted, for one identity, by a later opt-in of the right voice and scope that belongs to the same
//! contact. Everything held and not lifted must be denied.

use std::collections::BTreeSet;

pub(super) const IDS: [&str; 7] =
    ["447700900111", "447700900222", "447700900333", "447700900444", "GB.1aaa", "GB.2bbb", "GB.3ccc"];
pub(super) const N: usize = 7;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Scope {
    Everything,
    Marketing,
    Utility,
    Topic,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Out(Scope),
    Held,
    Platform,
    Declined,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct No {
    pub(super) at: i64,
    pub(super) kind: Kind,
    pub(super) own: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Yes {
    In(Scope, bool),
    Settled,
    Resumed,
}

/// A message that is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) scope: Option<Scope>,
    pub(super) topic: bool,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Oracle {
    edges: Vec<(usize, usize)>,
    /// Edges that may have come about by a write that failed, and all others.
    maybe: Vec<(usize, usize)>,
    /// Proofs that may have come about by a write that failed.
    half: Vec<(usize, usize)>,
    held: [BTreeSet<No>; N],
    lifts: [BTreeSet<(i64, Yes)>; N],
    alias: [Option<usize>; N],
    /// Own opt-ins to everything that must count here.
    live: [BTreeSet<i64>; N],
    left: [Option<i64>; N],
    moved_to: [Option<(i64, usize)>; N],
    /// The latest "no" or erasure or failed anything, by identity.
    disturbed: [i64; N],
    gone: [bool; N],
}

impl Oracle {
    pub(super) fn new() -> Self {
        Self { disturbed: [i64::MIN; N], ..Self::default() }
    }

    fn root(&self, mut id: usize) -> usize {
        for _ in 0..N {
            match self.alias[id] {
                Some(next) => id = next,
                None => break,
            }
        }
        id
    }

    fn component(edges: &[(usize, usize)], from: usize) -> BTreeSet<usize> {
        let mut found = BTreeSet::from([from]);
        loop {
            let before = found.len();
            for (a, b) in edges {
                if found.contains(a) || found.contains(b) {
                    found.extend([*a, *b]);
                }
            }
            if found.len() == before {
                return found;
            }
        }
    }

    pub(super) fn no(&mut self, id: usize, no: No) {
        // No later opt-in to everything lifts a "no" to a part.
        let until = if no.kind == Kind::Out(Scope::Utility) { i64::MAX } else { no.at };
        self.maybe_no(id, until);
        for other in Self::component(&self.edges, id) {
            self.held[other].insert(no);
        }
        self.maybe_no(id, no.at);
    }

    /// A "no" that may or may not be recorded.
    pub(super) fn maybe_no(&mut self, id: usize, at: i64) {
        for other in Self::component(&self.maybe, id) {
            self.disturbed[other] = self.disturbed[other].max(at);
        }
    }

    pub(super) fn yes(&mut self, id: usize, at: i64, yes: Yes) {
        let root = self.root(id);
        self.lifts[root].insert((at, yes));
        if yes == Yes::In(Scope::Everything, true) && self.left[root].is_none_or(|left| left < at) {
            self.live[root].insert(at);
        }
    }

    fn lifted(&self, id: usize, no: No, message: Message) -> bool {
        let mut ids = BTreeSet::from([self.root(id), id]);
        for one in Self::component(&self.half, id) {
            ids.insert(one);
            ids.insert(self.root(one));
        }
        let fits = |(at, yes): &(i64, Yes)| {
            *at > no.at
                && match (no.kind, yes) {
                    (Kind::Held, Yes::Settled) | (Kind::Platform, Yes::Resumed) => true,
                    (Kind::Held, Yes::In(scope, own)) => {
                        *own && matches!(scope, Scope::Everything | Scope::Marketing)
                    }
                    (Kind::Platform, Yes::In(scope, own)) => *own && *scope == Scope::Marketing,
                    (Kind::Declined, Yes::In(_, own)) => *own,
                    (Kind::Out(out), Yes::In(scope, own)) => {
                        let of_message =
                            Some(*scope) == message.scope || *scope == Scope::Topic && message.topic;
                        let finer = *scope == out
                            || of_message && out == Scope::Everything
                            || *scope == Scope::Topic && message.topic;
                        (*own || !no.own) && finer
                    }
                    _ => false,
                }
        };
        ids.iter().any(|one| self.lifts[*one].iter().any(fits))
    }

    fn concerns(no: No, message: Message) -> bool {
        match no.kind {
            Kind::Out(Scope::Everything) => true,
            Kind::Out(Scope::Topic) => message.topic,
            Kind::Out(scope) => message.scope == Some(scope),
            Kind::Held | Kind::Platform => message.scope == Some(Scope::Marketing),
            Kind::Declined => message.scope.is_some(),
        }
    }

    /// A "no" that forbids this message.
    pub(super) fn forbids(&self, id: usize, message: Message) -> Option<No> {
        self.held[id]
            .iter()
            .copied()
            .find(|no| Self::concerns(*no, message) && !self.lifted(id, *no, message))
    }

    /// True when a template must be allowed.
    pub(super) fn demands(&self, id: usize) -> bool {
        let root = self.root(id);
        if self.half.iter().any(|(a, b)| [*a, *b].contains(&id) || [*a, *b].contains(&root)) {
            return false;
        }
        let disturbed = self.disturbed[id].max(self.disturbed[root]);
        self.live[root].iter().any(|at| *at > disturbed && self.left[root].is_none_or(|left| left < *at))
    }

    fn standing_somewhere(&self, no: No, id: usize) -> bool {
        let all = [
            Message { scope: Some(Scope::Marketing), topic: false },
            Message { scope: Some(Scope::Utility), topic: false },
            Message { scope: None, topic: false },
            Message { scope: None, topic: true },
        ];
        all.into_iter().any(|message| Self::concerns(no, message) && !self.lifted(id, no, message))
    }

    fn share(&mut self, a: usize, b: usize) {
        self.edges.push((a, b));
        self.maybe.push((a, b));
        let component = Self::component(&self.edges, a);
        let mut all = BTreeSet::new();
        // What one end lifted for itself, and another identity behind it still holds, goes no further.
        for one in &[a, b] {
            let standing: Vec<No> =
                self.held[*one].iter().copied().filter(|no| self.standing_somewhere(*no, *one)).collect();
            all.extend(standing);
        }
        for one in &component {
            self.held[*one].extend(all.iter().copied());
        }
        let component = Self::component(&self.maybe, a);
        let latest = component.iter().map(|one| self.disturbed[*one]).max().unwrap_or(i64::MIN);
        for one in component {
            self.disturbed[one] = latest;
        }
    }

    pub(super) fn linked(&mut self, a: usize, b: usize) {
        self.share(a, b);
    }

    /// A failed write: everything may have happened, or half of it.
    pub(super) fn perhaps(&mut self, a: usize, b: usize, proven: bool) {
        self.maybe.push((a, b));
        if proven {
            for id in 0..N {
                if [self.root(a), self.root(b)].contains(&self.root(id)) {
                    self.half.push((id, a));
                }
            }
            let (root_a, root_b) = (self.root(a), self.root(b));
            self.half.extend([(a, b), (root_a, root_b), (a, root_a), (b, root_b)]);
        }
        self.disturbed[a] = self.disturbed[a].max(self.disturbed[b]);
        self.disturbed[b] = self.disturbed[a];
    }

    pub(super) fn proven(&mut self, main: usize, user: usize, at: i64) {
        let mut into = main;
        let mut since = at;
        for _ in 0..64 {
            match self.moved_to[self.root(into)] {
                Some((moved, to)) if since <= moved => (into, since) = (to, moved),
                _ => break,
            }
        }
        let (target, source) = (self.root(into), self.root(user));
        if target != source {
            let (lifts, live) = (self.lifts[source].clone(), self.live[source].clone());
            self.lifts[target].extend(lifts);
            self.live[target].extend(live);
        }
        self.share(main, user);
        self.share(target, user);
        // Whoever was forgotten has no name to be linked by.
        if !self.gone[source] {
            self.share(target, source);
        }
        if target == source {
            return;
        }
        self.alias[user] = Some(target);
    }

    pub(super) fn moved(&mut self, from: usize, to: usize, at: i64) {
        let (old, new) = (self.root(from), self.root(to));
        if old != new {
            let (lifts, live) = (self.lifts[old].clone(), self.live[old].clone());
            self.lifts[new].extend(lifts);
            self.live[new].extend(live);
        }
        self.share(from, to);
        if old == new {
            return;
        }
        self.share(old, new);
        for id in 0..N {
            if id != old && self.root(id) == old {
                self.alias[id] = Some(new);
            }
        }
        self.left[old] = self.left[old].max(Some(at));
        self.moved_to[old] = self.moved_to[old].max(Some((at, new)));
    }

    /// Returns the identities that are forgotten.
    pub(super) fn erased(&mut self, id: usize, at: i64) -> BTreeSet<usize> {
        for one in Self::component(&self.maybe, id) {
            self.disturbed[one] = self.disturbed[one].max(at);
        }
        let gone = Self::component(&self.edges, id);
        self.edges.retain(|(a, _)| !gone.contains(a));
        for one in &gone {
            self.gone[*one] = true;
        }
        gone
    }
}
