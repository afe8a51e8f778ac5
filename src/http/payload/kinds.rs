//! The closed lists that items are made of.

use std::fmt;

use crate::model::Time;

/// What a person did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum InboundKind {
    /// Wrote.
    Text,
    /// Pressed a quick reply of a template.
    Button,
    /// Pressed a button or row of an interactive message, or sent a flow. What they filled into a flow is the
    /// business's form and is not read.
    Interactive,
    /// Sent a picture, sound, film, document or sticker.
    Media,
    /// Reacted to a message.
    Reaction,
    /// Ordered.
    Order,
    /// Sent a place.
    Location,
    /// Sent contact cards.
    Contacts,
    /// Called.
    Call,
    /// Sent something the platform does not pass on.
    Unsupported,
    /// Rewrote an earlier message.
    Edit,
    /// Took an earlier message back. What it said was said all the same.
    Revoke,
    /// Sent something this version does not know, or that is not what it says it is.
    Other,
}

impl InboundKind {
    /// Whether it opens the customer service window. Rewriting or taking back is nowhere said to, so it does not.
    #[must_use]
    pub const fn opens_window(self) -> bool {
        !matches!(self, Self::Edit | Self::Revoke)
    }

    /// Whether only a refusal may be read from its text. A person who rewrites "hello" to "stop" wants us to stop;
    /// a rewritten "yes" may have been the answer to another question, one below a picture is about that, and one in a message
    /// of a kind that nobody knows may have been anything.
    #[must_use]
    pub const fn refusals_only(self) -> bool {
        matches!(self, Self::Edit | Self::Media | Self::Other)
    }
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeliveryStatus {
    /// Left the platform.
    Sent,
    /// Arrived.
    Delivered,
    /// Was read: it had arrived, whether that was reported or not.
    Read,
    /// A voice message was played.
    Played,
    /// Was not sent.
    Failed,
    /// Was deleted by the person.
    Deleted,
}

/// WhatsApp's own marketing preference.
#[derive(Clone, PartialEq, Eq)]
pub enum PreferenceChange {
    /// No marketing from this business.
    Stop,
    /// Lifts the stop, nothing else.
    Resume,
    /// Opted in through a signup link.
    Signup {
        /// The signup: the evidence of the opt-in.
        signup_id: Option<String>,
    },
}

impl fmt::Debug for PreferenceChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Stop => "stop",
            Self::Resume => "resume",
            Self::Signup { .. } => "signup",
        })
    }
}

/// The platform's quality rating.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Quality {
    /// High.
    Green,
    /// Medium.
    Yellow,
    /// Low.
    Red,
    /// Not rated yet.
    Unknown,
}

/// One thing an account may not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Restriction {
    /// What.
    pub kind: RestrictionKind,
    /// Until when; nothing when the platform did not say.
    pub until: Option<Time>,
}

/// What an account may not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RestrictionKind {
    /// Write first.
    BizInitiated,
    /// Answer.
    CustomerInitiated,
    /// Something that is not about messages, such as adding numbers.
    Other,
}

/// What happened to a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NumberEvent {
    /// Its quality became low.
    Flagged,
    /// Its quality recovered.
    Unflagged,
    /// Its limit rose.
    Upgrade,
    /// Its limit fell.
    Downgrade,
    /// It is being registered.
    Onboarding,
    /// It may send faster.
    ThroughputUpgrade,
    /// Something this version does not know.
    Other,
}

/// How many people a portfolio may write to first in 24 hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Limit {
    /// That many.
    People(u32),
    /// Any number.
    Unlimited,
    /// None set, since nothing was sent yet.
    NotSet,
}

/// Why an item is of no consequence here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IgnoredBecause {
    /// A subscription this service does not use, or does not know.
    Field,
    /// A change with nothing in it.
    Empty,
    /// Messages of before the number was connected. Their senders wrote to the phone app; nothing is dated by them.
    History,
    /// Errors of the account, not of a message.
    PlatformErrors,
    /// The chat was opened, nothing was said.
    ChatOpened,
    /// The person's encryption key changed.
    IdentityKey,
    /// A system message this version does not know.
    SystemMessage,
    /// An identity changed to itself, for instance to another spelling of the same number.
    NothingChanged,
    /// A user ID changed, and the payload does not say from which. Another one does.
    NoPreviousId,
    /// A status this version does not know.
    StatusWord,
    /// The status of a call or a payment.
    NotAMessageStatus,
    /// A call of our own.
    OurCall,
    /// A call that rings, ends, or is in any other state than beginning.
    CallState,
    /// A preference this version does not know.
    PreferenceWord,
    /// A resume or signup that is not about marketing messages.
    PreferenceCategory,
    /// A template event this version does not know.
    TemplateEvent,
    /// A category no longer in use.
    TemplateCategory,
    /// An event of the account that does not change what it may send.
    AccountEvent,
    /// The account is to be disabled later; it may still appeal.
    DisableAnnounced,
    /// Limits of something other than messages.
    NoMessagingLimit,
}

impl IgnoredBecause {
    /// Every reason.
    pub const ALL: [Self; 20] = [
        Self::Field,
        Self::Empty,
        Self::History,
        Self::PlatformErrors,
        Self::ChatOpened,
        Self::IdentityKey,
        Self::SystemMessage,
        Self::NothingChanged,
        Self::NoPreviousId,
        Self::StatusWord,
        Self::NotAMessageStatus,
        Self::OurCall,
        Self::CallState,
        Self::PreferenceWord,
        Self::PreferenceCategory,
        Self::TemplateEvent,
        Self::TemplateCategory,
        Self::AccountEvent,
        Self::DisableAnnounced,
        Self::NoMessagingLimit,
    ];

    /// The word for it in labels and logs.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Field => "field",
            Self::Empty => "empty",
            Self::History => "history",
            Self::PlatformErrors => "platform_errors",
            Self::ChatOpened => "chat_opened",
            Self::IdentityKey => "identity_key",
            Self::SystemMessage => "system_message",
            Self::NothingChanged => "nothing_changed",
            Self::NoPreviousId => "no_previous_id",
            Self::StatusWord => "status_word",
            Self::NotAMessageStatus => "not_a_message_status",
            Self::OurCall => "our_call",
            Self::CallState => "call_state",
            Self::PreferenceWord => "preference_word",
            Self::PreferenceCategory => "preference_category",
            Self::TemplateEvent => "template_event",
            Self::TemplateCategory => "template_category",
            Self::AccountEvent => "account_event",
            Self::DisableAnnounced => "disable_announced",
            Self::NoMessagingLimit => "no_messaging_limit",
        }
    }
}
