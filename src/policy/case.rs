//! One decision in hand: request, facts and rules at one instant, with what several rules need worked out once.

use std::fmt;

use super::{
    Facts, Obligations, Reason, Request, Rules,
    facts::{SenderFacts, TemplateCategory},
    request::Kind,
};
use crate::model::{
    Category, Contact, Time,
    contact::{Coverage, Standing},
};

/// What a rule finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Finding {
    /// Looked at, nothing against it.
    Pass,
    /// Does not concern this request.
    NotApplicable,
    /// The ground on which the message may go out, unless a later rule denies.
    Ground(Reason),
    /// Denies: until an instant, or for as long as nothing happens.
    Deny { reason: Reason, until: Option<Time>, remedy: Obligations },
}

impl Finding {
    pub(super) fn deny(reason: Reason) -> Self {
        Self::Deny { reason, until: None, remedy: Obligations::default() }
    }

    pub(super) fn deny_until(reason: Reason, until: Option<Time>) -> Self {
        Self::Deny { reason, until, remedy: Obligations::default() }
    }

    pub(super) fn reason(self) -> Option<Reason> {
        match self {
            Self::Ground(reason) | Self::Deny { reason, .. } => Some(reason),
            Self::Pass | Self::NotApplicable => None,
        }
    }

    pub(super) fn or_else(self, remedy: super::Obligation) -> Self {
        match self {
            Self::Deny { reason, until, remedy: before } => {
                Self::Deny { reason, until, remedy: before.with(remedy) }
            }
            other => other,
        }
    }
}

/// The facts a rule looked at, kept only when the decision is to be explained.
#[derive(Debug, Default)]
pub(super) struct Notes(Option<Vec<(&'static str, String)>>);

impl Notes {
    pub(super) fn silent() -> Self {
        Self(None)
    }

    pub(super) fn kept() -> Self {
        Self(Some(Vec::new()))
    }

    pub(super) fn note(&mut self, name: &'static str, value: impl fmt::Display) {
        if let Some(notes) = &mut self.0 {
            notes.push((name, value.to_string()));
        }
    }

    pub(super) fn note_some(&mut self, name: &'static str, value: Option<impl fmt::Display>) {
        if let (Some(notes), Some(value)) = (&mut self.0, value) {
            notes.push((name, value.to_string()));
        }
    }

    pub(super) const fn are_kept(&self) -> bool {
        self.0.is_some()
    }

    pub(super) fn take(&mut self) -> Vec<(&'static str, String)> {
        self.0.as_mut().map(std::mem::take).unwrap_or_default()
    }
}

/// One decision in hand.
#[derive(Clone, Copy, Debug)]
pub(super) struct Case<'a> {
    pub(super) rules: &'a Rules,
    pub(super) facts: &'a Facts<'a>,
    pub(super) request: &'a Request,
    pub(super) now: Time,
    /// The category that decides: the platform's where it is known, else the caller's.
    pub(super) category: Category,
    /// The end of the customer service window, while it is open.
    pub(super) window_end: Option<Time>,
}

impl<'a> Case<'a> {
    pub(super) fn new(rules: &'a Rules, facts: &'a Facts<'a>, request: &'a Request, now: Time) -> Self {
        let platform = template_category(facts).and_then(|category| category.at(now));
        Self {
            rules,
            facts,
            request,
            now,
            category: platform.unwrap_or(request.category),
            window_end: super::window::open_until(rules, facts, now),
        }
    }

    /// The same case as if the platform had no say in the category.
    pub(super) fn as_asked(self) -> Self {
        Self { category: self.request.category, ..self }
    }

    pub(super) fn contact(&self) -> &'a Contact {
        self.facts.contact
    }

    pub(super) fn sender(&self) -> Option<&'a SenderFacts> {
        self.facts.sender.as_ref()
    }

    pub(super) fn is(&self, kind: Kind) -> bool {
        self.request.kind == kind
    }

    /// Business-initiated: everything but a reply in the person's own conversation. A template is one even inside
    /// the window: nobody asked for it.
    pub(super) fn business_initiated(&self) -> bool {
        match self.request.kind {
            Kind::Template | Kind::OptInPrompt => true,
            Kind::FreeForm | Kind::OptInConfirmation | Kind::OptOutConfirmation => self.window_end.is_none(),
        }
    }

    /// A decline that stands against this message, by either category where caller and platform disagree.
    pub(super) fn declined(&self) -> Option<Time> {
        let of = |category| self.contact().decline_of(category, self.request.topic.as_ref());
        of(self.category).max(of(self.request.category))
    }

    /// The "no" that stands against this message. Where caller and platform disagree about the category, a "no" to
    /// either counts, the wider one first: the caller says what the message is, the platform what the template is.
    pub(super) fn standing(&self) -> Standing {
        let topic = self.request.topic.as_ref();
        let standing = self.contact().standing(self.category, topic);
        if self.category == self.request.category || matches!(standing, Standing::Everything(..)) {
            return standing;
        }
        match self.contact().standing(self.request.category, topic) {
            Standing::Open => standing,
            wider @ Standing::Everything(..) => wider,
            other if standing == Standing::Open => other,
            _ => standing,
        }
    }

    pub(super) fn coverage(&self) -> Coverage {
        self.contact().coverage(self.category, self.request.topic.as_ref(), self.now)
    }

    /// When an announced change of the template's category takes effect.
    pub(super) fn category_changes_at(&self) -> Option<Time> {
        template_category(self.facts).map(|category| category.from).filter(|from| *from > self.now)
    }
}

fn template_category<'a>(facts: &'a Facts<'_>) -> Option<&'a TemplateCategory> {
    facts.sender.as_ref()?.template.known.as_ref()?.category.as_ref()
}
