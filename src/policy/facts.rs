//! What a decision sees: everything was fetched before, nothing is fetched here.

use crate::{
    limits::{Room, SendLog},
    model::{Category, Contact, SenderId, Time, contact::SenderRegisters},
    quality::Rating,
};

/// All facts of one decision.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The sender; none when it is not configured.
    pub sender: Option<SenderFacts>,
    /// The contact; an empty one when nothing is known.
    pub contact: &'a Contact,
    /// When the person last wrote to this sender, as far as it can still matter.
    pub last_inbound: Option<Time>,
    /// Blocks between the person and this sender, and the platform's word on their window.
    pub registers: SenderRegisters,
    /// What limits counted.
    pub usage: Usage<'a>,
}

/// What limits counted, as far as it was looked at: only a message that is to be counted, or for which a limit is set,
/// is worth the look.
#[derive(Clone, Copy, Debug, Default)]
pub struct Usage<'a> {
    /// The messages to the person.
    pub person: Option<&'a SendLog>,
    /// The number, under the name that its messages are counted by.
    pub counted_as: Option<&'a SenderId>,
    /// The message is to be counted: then the rates of seconds are looked at as well.
    pub reserve: bool,
    /// The people that the portfolio reached.
    pub reached: Option<Room>,
    /// The messages of the number within a second.
    pub throughput: Option<Room>,
    /// The messages of the number that throttling left.
    pub throttle: Option<Room>,
}

/// What is known of the sender.
#[derive(Clone, Copy, Debug)]
pub struct SenderFacts {
    /// The rating that rules, and since when.
    pub quality: Option<(Rating, Time)>,
    /// A23: how many people its portfolio may reach; none = without limit, or not known.
    pub messaging_limit: Option<u32>,
    /// What the platform did to its account or number.
    pub restrictions: Restrictions,
    /// The template asked about.
    pub template: TemplateFacts,
}

/// Restrictions by the platform; each is in force until its end, or open-ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Restrictions {
    /// Business-initiated messages are stopped.
    pub business_initiated: Option<Until>,
    /// Replies are stopped too.
    pub replies: Option<Until>,
    /// The account or number is disabled.
    pub disabled: bool,
}

/// How long something is in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// Until this instant.
    Time(Time),
    /// Until further notice.
    FurtherNotice,
}

impl Until {
    /// True while in force.
    #[must_use]
    pub fn in_force(self, now: Time) -> bool {
        match self {
            Self::Time(end) => now < end,
            Self::FurtherNotice => true,
        }
    }

    /// The end, where it is known.
    #[must_use]
    pub const fn end(self) -> Option<Time> {
        match self {
            Self::Time(end) => Some(end),
            Self::FurtherNotice => None,
        }
    }
}

/// What is known of the template asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct TemplateFacts {
    /// Its state, when anything is known of it.
    pub known: Option<Template>,
    /// The account's templates were listed, so one that is not known does not exist.
    pub listed: bool,
}

/// A template as the platform sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Template {
    /// Whether it can be sent; none while only its category is known.
    pub status: Option<TemplateStatus>,
    /// Its category, when known.
    pub category: Option<TemplateCategory>,
}

/// The category of a template and a change that is announced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TemplateCategory {
    /// The category before the change; none when it is not known.
    pub before: Option<Category>,
    /// The category from `from` on.
    pub after: Category,
    /// When `after` takes effect.
    pub from: Time,
}

impl TemplateCategory {
    /// The category at an instant, when it is known.
    #[must_use]
    pub fn at(&self, now: Time) -> Option<Category> {
        if now >= self.from { Some(self.after) } else { self.before }
    }
}

/// The platform's status of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TemplateStatus {
    /// Approved.
    Approved,
    /// Approved, its quality is low.
    Flagged,
    /// May be sent again after a pause.
    Unpaused,
    /// Closed by the platform.
    Locked,
    /// May be sent again after it was disabled.
    Reinstated,
    /// Paused for its quality.
    Paused,
    /// Disabled for its quality.
    Disabled,
    /// Waiting for review.
    Pending,
    /// Refused.
    Rejected,
    /// Refused, an appeal is running.
    InAppeal,
    /// Archived.
    Archived,
    /// Deleted.
    Deleted,
    /// Being deleted.
    PendingDeletion,
    /// Not created: too many templates.
    LimitExceeded,
}

impl TemplateStatus {
    /// Every status.
    pub const ALL: [Self; 14] = [
        Self::Approved,
        Self::Flagged,
        Self::Unpaused,
        Self::Locked,
        Self::Reinstated,
        Self::Paused,
        Self::Disabled,
        Self::Pending,
        Self::Rejected,
        Self::InAppeal,
        Self::Archived,
        Self::Deleted,
        Self::PendingDeletion,
        Self::LimitExceeded,
    ];

    /// True when a message with it can go out.
    #[must_use]
    pub const fn is_sendable(self) -> bool {
        matches!(self, Self::Approved | Self::Flagged | Self::Unpaused | Self::Reinstated)
    }

    /// The platform's word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Approved => "APPROVED",
            Self::Flagged => "FLAGGED",
            Self::Unpaused => "UNPAUSED",
            Self::Locked => "LOCKED",
            Self::Reinstated => "REINSTATED",
            Self::Paused => "PAUSED",
            Self::Disabled => "DISABLED",
            Self::Pending => "PENDING",
            Self::Rejected => "REJECTED",
            Self::InAppeal => "IN_APPEAL",
            Self::Archived => "ARCHIVED",
            Self::Deleted => "DELETED",
            Self::PendingDeletion => "PENDING_DELETION",
            Self::LimitExceeded => "LIMIT_EXCEEDED",
        }
    }

    /// Reads the platform's word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.word().eq_ignore_ascii_case(word.trim()))
    }
}
