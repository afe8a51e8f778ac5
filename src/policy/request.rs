//! What is asked, parsed.

use crate::model::{Category, Recipient, Topic};

/// One message that would be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Who would receive it.
    pub recipient: Recipient,
    /// What would be sent.
    pub kind: Kind,
    /// Its category, as the caller sees it.
    pub category: Category,
    /// The business's own message type.
    pub topic: Option<Topic>,
    /// The template named.
    pub template: Option<TemplateName>,
    /// A bot sends it.
    pub automated: bool,
    /// The automated flow offers a way to a human.
    pub human_escalation: bool,
}

/// What would be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// An approved message template.
    Template,
    /// Any other message, inside the window.
    FreeForm,
    /// The request for an opt-in.
    OptInPrompt,
    /// Tells the person that they are opted in.
    OptInConfirmation,
    /// Tells the person that they are opted out, and how to come back.
    OptOutConfirmation,
}

impl Kind {
    /// The word for it in traces and on the command line.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Template => "template",
            Self::FreeForm => "free_form",
            Self::OptInPrompt => "opt_in_prompt",
            Self::OptInConfirmation => "opt_in_confirmation",
            Self::OptOutConfirmation => "opt_out_confirmation",
        }
    }

    /// True for the messages about consent itself, which have rules of their own.
    #[must_use]
    pub const fn is_about_consent(self) -> bool {
        matches!(self, Self::OptInPrompt | Self::OptInConfirmation | Self::OptOutConfirmation)
    }
}

/// A template by name, and by language where the caller gave one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TemplateName {
    /// Its name.
    pub name: String,
    /// Its locale code; empty for any.
    pub language: String,
}
