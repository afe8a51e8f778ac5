//! The answer of a decision.

use super::RuleId;
use crate::model::Time;

/// An answer with its reason and its remedy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// True for ALLOW.
    pub allowed: bool,
    /// Why.
    pub reason: Reason,
    /// The rule that decided.
    pub rule: RuleId,
    /// When the same request would first be allowed, where time alone changes the answer.
    pub retry_at: Option<Time>,
    /// The end of the open window.
    pub window_expires_at: Option<Time>,
    /// What the caller must or should do.
    pub obligations: Obligations,
    /// Rules that would have denied, were they not in shadow mode.
    pub shadow_denials: RuleSet,
    /// Every rule in order, when asked for.
    pub trace: Vec<Step>,
}

/// One rule of an explained decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The rule.
    pub rule: RuleId,
    /// What it said.
    pub outcome: Outcome,
    /// The reason it denied or allowed with.
    pub reason: Option<Reason>,
    /// What it looked at.
    pub facts: Vec<(&'static str, String)>,
}

/// What one rule said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Looked at, nothing against it.
    Pass,
    /// Does not concern this request.
    NotApplicable,
    /// The ground on which the message may go out.
    Allow,
    /// Denies.
    Deny,
    /// Would deny, but is in shadow mode.
    ShadowDeny,
    /// Its engine is not part of this version.
    NotEvaluated,
}

/// Why: one stable code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "documented where users read them, in proto/sendgate/v1/decision.proto")]
pub enum Reason {
    OptedIn,
    WindowOpen,
    OptInPrompt,
    OptOutConfirmation,
    NotEnforced,
    UnknownSender,
    SenderRestricted,
    NotOnWhatsapp,
    OptedOut,
    BlockedByUser,
    BlockedByBusiness,
    CategoryOptedOut,
    TemplateRequired,
    EscalationRequired,
    TemplateNotSendable,
    CategoryMismatch,
    CategoryNotPermitted,
    NoOptIn,
    OptInExpired,
    OptInInsufficient,
    OptInPending,
    OptInDeclined,
    OptInPromptDisabled,
    OptInPromptTooSoon,
    QuietHours,
    FrequencyCapped,
    QualityPaused,
    QualityThrottled,
    MessagingLimit,
    PairRateLimited,
    ThroughputLimited,
    PlatformCoolOff,
    StateUnavailable,
    NotAContact,
    AlreadyOptedIn,
    AlreadyConfirmed,
}

impl Reason {
    /// True for a "no" of the person, the business or the platform that stands, whatever else is known.
    #[must_use]
    pub const fn is_refusal(self) -> bool {
        matches!(
            self,
            Self::OptedOut | Self::CategoryOptedOut | Self::BlockedByUser | Self::BlockedByBusiness
        )
    }

    /// Every reason this version can give.
    pub const ALL: [Self; 36] = [
        Self::OptedIn,
        Self::WindowOpen,
        Self::OptInPrompt,
        Self::OptOutConfirmation,
        Self::NotEnforced,
        Self::UnknownSender,
        Self::SenderRestricted,
        Self::NotOnWhatsapp,
        Self::OptedOut,
        Self::BlockedByUser,
        Self::BlockedByBusiness,
        Self::CategoryOptedOut,
        Self::TemplateRequired,
        Self::EscalationRequired,
        Self::TemplateNotSendable,
        Self::CategoryMismatch,
        Self::CategoryNotPermitted,
        Self::NoOptIn,
        Self::OptInExpired,
        Self::OptInInsufficient,
        Self::OptInPending,
        Self::OptInDeclined,
        Self::OptInPromptDisabled,
        Self::OptInPromptTooSoon,
        Self::QuietHours,
        Self::FrequencyCapped,
        Self::QualityPaused,
        Self::QualityThrottled,
        Self::MessagingLimit,
        Self::PairRateLimited,
        Self::ThroughputLimited,
        Self::PlatformCoolOff,
        Self::StateUnavailable,
        Self::NotAContact,
        Self::AlreadyOptedIn,
        Self::AlreadyConfirmed,
    ];
}

/// What the caller must or should do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Obligation {
    /// Send an approved template instead.
    UseTemplate,
    /// Obtain an opt-in first.
    RequestOptIn,
    /// Confirm the opt-in to the person.
    SendOptInConfirmation,
    /// Tell the person once that they are opted out and how to come back.
    SendOptOutConfirmation,
    /// Offer SMS instead.
    FallBackToSms,
    /// Say in the message how to opt out.
    IncludeOptOutInstructions,
    /// Let a person look at the conversation.
    AskAPerson,
}

impl Obligation {
    /// Every obligation, in the order of the contract.
    pub const ALL: [Self; 7] = [
        Self::UseTemplate,
        Self::RequestOptIn,
        Self::SendOptInConfirmation,
        Self::SendOptOutConfirmation,
        Self::FallBackToSms,
        Self::IncludeOptOutInstructions,
        Self::AskAPerson,
    ];
}

/// A set of obligations, without allocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Obligations(u8);

impl Obligations {
    /// The set with one more.
    #[must_use]
    pub const fn with(self, obligation: Obligation) -> Self {
        Self(self.0 | 1 << obligation as u8)
    }

    /// The set with one more, if a condition holds.
    #[must_use]
    pub const fn with_if(self, condition: bool, obligation: Obligation) -> Self {
        if condition { self.with(obligation) } else { self }
    }

    /// True when it is in the set.
    #[must_use]
    pub const fn contains(self, obligation: Obligation) -> bool {
        self.0 & (1 << obligation as u8) != 0
    }

    /// The obligations in the order of the contract.
    pub fn iter(self) -> impl Iterator<Item = Obligation> {
        Obligation::ALL.into_iter().filter(move |obligation| self.contains(*obligation))
    }
}

/// A set of rules, without allocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct RuleSet(u32);

impl RuleSet {
    /// The set with one more.
    #[must_use]
    pub const fn with(self, rule: RuleId) -> Self {
        Self(self.0 | 1 << rule as u32)
    }

    /// True when it is in the set.
    #[must_use]
    pub const fn contains(self, rule: RuleId) -> bool {
        self.0 & (1 << rule as u32) != 0
    }

    /// The rules in order.
    pub fn iter(self) -> impl Iterator<Item = RuleId> {
        RuleId::ALL.into_iter().filter(move |rule| self.contains(*rule))
    }

    /// True without rules.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl FromIterator<RuleId> for RuleSet {
    fn from_iter<I: IntoIterator<Item = RuleId>>(rules: I) -> Self {
        rules.into_iter().fold(Self::default(), Self::with)
    }
}

impl Outcome {
    /// True for the outcomes that have a reason.
    pub(super) const fn speaks(self) -> bool {
        matches!(self, Self::Allow | Self::Deny | Self::ShadowDeny)
    }
}

impl Verdict {
    /// The answer to a request whose facts could not be fetched (A27).
    #[must_use]
    pub fn state_unavailable() -> Self {
        Self { rule: RuleId::A27, ..Self::undecided() }
    }

    /// Before any rule has spoken: denied, so that a walk that finds no ground cannot allow.
    pub(super) fn undecided() -> Self {
        Self {
            allowed: false,
            reason: Reason::StateUnavailable,
            rule: RuleId::A29,
            retry_at: None,
            window_expires_at: None,
            obligations: Obligations::default(),
            shadow_denials: RuleSet::default(),
            trace: Vec::new(),
        }
    }

    pub(super) fn ground(&mut self, rule: RuleId, reason: Reason, decided: bool) {
        // A29 closes the walk; it names the ground only where no rule before it did.
        let named = self.allowed && rule == RuleId::A29;
        if !decided && !named {
            self.allowed = true;
            self.reason = reason;
            self.rule = rule;
        }
    }

    pub(super) fn deny(
        &mut self,
        rule: RuleId,
        reason: Reason,
        until: Option<Time>,
        remedy: Obligations,
        decided: bool,
    ) {
        if !decided {
            self.allowed = false;
            self.rule = rule;
            self.reason = reason;
            self.retry_at = until;
            self.obligations = remedy;
        }
    }
}
