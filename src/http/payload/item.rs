//! What a webhook says, item by item, in our own words.

use std::fmt;

use crate::{
    model::{Category, Phone, SenderId, Time, UserId},
    policy::TemplateStatus,
};

use super::kinds::{
    DeliveryStatus, IgnoredBecause, InboundKind, Limit, NumberEvent, PreferenceChange, Quality, Restriction,
};

/// One thing that a webhook told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Which of our numbers or accounts it concerns.
    pub origin: Origin,
    /// What it says.
    pub what: What,
}

/// Which business number and account an item concerns, under every name the payload gave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The WhatsApp Business Account: `entry.id`.
    pub account: Option<String>,
    /// The phone number ID.
    pub phone_number_id: Option<SenderId>,
    /// The number as shown to people, digits only.
    pub display_number: Option<SenderId>,
}

/// A person, under every name that **one** item gave. Two names in one `Person` are proof that they are the same
/// person: the reader puts them together only when the platform did, never by position or by a forwarded card.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Person {
    /// The phone number.
    pub phone: Option<Phone>,
    /// The business-scoped user ID.
    pub user_id: Option<UserId>,
    /// The user ID in the scope of the parent business.
    pub parent_user_id: Option<UserId>,
}

impl Person {
    /// True when it names nobody. No item holds such a person.
    #[must_use]
    pub const fn is_nobody(&self) -> bool {
        self.phone.is_none() && self.user_id.is_none() && self.parent_user_id.is_none()
    }

    /// Each name by itself, where nothing proves that they are one person.
    pub(super) fn names(self) -> Vec<Self> {
        let alone = [
            Self { phone: self.phone, ..Self::default() },
            Self { user_id: self.user_id, ..Self::default() },
            Self { parent_user_id: self.parent_user_id, ..Self::default() },
        ];
        alone.into_iter().filter(|name| !name.is_nobody()).collect()
    }
}

/// What an item says. Its `Debug` shows what kind of thing it is and nothing a person wrote or is known by; message
/// IDs count as such, since a number can be decoded from them.
#[derive(Clone, PartialEq, Eq)]
pub enum What {
    /// A person wrote, pressed, or called.
    Inbound {
        /// Who.
        from: Person,
        /// The ID of the message or call.
        message_id: String,
        /// When they did it.
        at: Time,
        /// What it was.
        kind: InboundKind,
        /// What they wrote: a text, a caption, the new text of an edit.
        text: Option<String>,
        /// What the business attached to the button or row pressed: the payload or ID.
        button: Option<String>,
        /// What stood on the button or row pressed.
        button_text: Option<String>,
        /// Words in a place that nobody knows. Only a refusal in them may count.
        stray: Vec<String>,
        /// The message it answers: where a prompt was sent, this tells which.
        context_id: Option<String>,
        /// Said in a group: opens the group's window, not the person's.
        in_group: bool,
    },
    /// What became of a message of ours.
    Status {
        /// The message.
        message_id: String,
        /// To whom it went, if the status says; never for messages to a group.
        person: Option<Person>,
        /// What became of it.
        status: DeliveryStatus,
        /// When.
        at: Time,
        /// The platform's error codes; see `gate::Signal::of_error`.
        errors: Vec<u32>,
        /// The category it is billed as.
        category: Option<Category>,
        /// What the sender gave along with it: the token of its reservation, if the sender did as asked.
        callback_data: Option<String>,
    },
    /// The person changed WhatsApp's own marketing preference.
    Preference {
        /// Who.
        person: Person,
        /// To what.
        change: PreferenceChange,
        /// When.
        at: Time,
    },
    /// The person took another number.
    NumberChanged {
        /// As they were known.
        from: Person,
        /// As they are known now.
        to: Person,
        /// When.
        at: Time,
        /// The system message that said so.
        message_id: String,
    },
    /// The platform gave the person another user ID.
    UserIdChanged {
        /// The ID that is gone.
        previous: UserId,
        /// The parent ID that is gone, where it changed too.
        previous_parent: Option<UserId>,
        /// As they are known now.
        person: Person,
        /// When.
        at: Time,
    },
    /// The platform reviewed, paused or dropped a template.
    TemplateStatus {
        /// The template.
        name: String,
        /// Its language.
        language: Option<String>,
        /// Its state from now on.
        status: TemplateStatus,
        /// Its category, where the event says.
        category: Option<Category>,
        /// When.
        at: Time,
    },
    /// The quality rating of a template changed.
    TemplateQuality {
        /// The template.
        name: String,
        /// Its language.
        language: Option<String>,
        /// The new rating.
        quality: Quality,
        /// When.
        at: Time,
    },
    /// The platform moves a template to another category, now or at an announced time.
    TemplateCategory {
        /// The template.
        name: String,
        /// Its language.
        language: Option<String>,
        /// The category from `effective_at` on.
        category: Category,
        /// The category until then.
        previous: Option<Category>,
        /// From when it counts.
        effective_at: Time,
        /// When the platform said so.
        at: Time,
    },
    /// The platform restricts the account.
    AccountRestriction {
        /// What it may not do.
        restriction: Restriction,
        /// When it was said.
        at: Time,
    },
    /// The platform disabled or deleted the account.
    AccountDisabled {
        /// When.
        at: Time,
    },
    /// The platform gave the account back.
    AccountReinstated {
        /// When.
        at: Time,
    },
    /// The state of a number changed.
    NumberQuality {
        /// How.
        event: NumberEvent,
        /// The messaging limit of its portfolio, where the event says.
        limit: Option<Limit>,
        /// When.
        at: Time,
    },
    /// The messaging limit of the portfolio.
    Capability {
        /// The limit.
        limit: Limit,
        /// When it was said.
        at: Time,
    },
    /// A message of our own, sent from the phone app or by the platform's agent. It opens nothing.
    Echo,
    /// Understood, or at least seen, and of no consequence here.
    Ignored {
        /// Why.
        why: IgnoredBecause,
    },
}

impl What {
    /// A status or preference once for each name of the person it is about.
    pub(super) fn by_name(self) -> Vec<Self> {
        let names = match &self {
            Self::Status { person: Some(person), .. } | Self::Preference { person, .. } => {
                person.clone().names()
            }
            _ => return vec![self],
        };
        let of = |name| match self.clone() {
            Self::Status { message_id, status, at, errors, category, callback_data, .. } => {
                let person = Some(name);
                Self::Status { message_id, person, status, at, errors, category, callback_data }
            }
            Self::Preference { change, at, .. } => Self::Preference { person: name, change, at },
            other => other,
        };
        names.into_iter().map(of).collect()
    }

    /// Every word for an item.
    pub const WORDS: [&str; 15] = [
        "inbound",
        "status",
        "preference",
        "number_changed",
        "user_id_changed",
        "template_status",
        "template_quality",
        "template_category",
        "account_restriction",
        "account_disabled",
        "account_reinstated",
        "number_quality",
        "capability",
        "echo",
        "ignored",
    ];

    /// The word for it in labels and logs.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Inbound { .. } => "inbound",
            Self::Status { .. } => "status",
            Self::Preference { .. } => "preference",
            Self::NumberChanged { .. } => "number_changed",
            Self::UserIdChanged { .. } => "user_id_changed",
            Self::TemplateStatus { .. } => "template_status",
            Self::TemplateQuality { .. } => "template_quality",
            Self::TemplateCategory { .. } => "template_category",
            Self::AccountRestriction { .. } => "account_restriction",
            Self::AccountDisabled { .. } => "account_disabled",
            Self::AccountReinstated { .. } => "account_reinstated",
            Self::NumberQuality { .. } => "number_quality",
            Self::Capability { .. } => "capability",
            Self::Echo => "echo",
            Self::Ignored { .. } => "ignored",
        }
    }
}

impl fmt::Debug for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct(self.word());
        match self {
            Self::Inbound { kind, at, in_group, .. } => {
                shown.field("kind", kind).field("at", at).field("in_group", in_group)
            }
            Self::Status { status, at, errors, .. } => {
                shown.field("status", status).field("at", at).field("errors", errors)
            }
            Self::Preference { change, at, .. } => shown.field("change", change).field("at", at),
            Self::NumberChanged { at, .. }
            | Self::UserIdChanged { at, .. }
            | Self::AccountDisabled { at }
            | Self::AccountReinstated { at } => shown.field("at", at),
            Self::TemplateStatus { name, status, at, .. } => {
                shown.field("name", name).field("status", status).field("at", at)
            }
            Self::TemplateQuality { name, quality, at, .. } => {
                shown.field("name", name).field("quality", quality).field("at", at)
            }
            Self::TemplateCategory { name, category, effective_at, .. } => {
                shown.field("name", name).field("category", category).field("effective_at", effective_at)
            }
            Self::AccountRestriction { restriction, at } => {
                shown.field("restriction", restriction).field("at", at)
            }
            Self::NumberQuality { event, limit, at } => {
                shown.field("event", event).field("limit", limit).field("at", at)
            }
            Self::Capability { limit, at } => shown.field("limit", limit).field("at", at),
            Self::Ignored { why } => shown.field("why", why),
            Self::Echo => &mut shown,
        };
        shown.finish_non_exhaustive()
    }
}
