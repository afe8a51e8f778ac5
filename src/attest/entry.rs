//! What one entry of the log records.

use crate::model::{
    Recipient, ScopeSet, SenderId, Time, Voice,
    event::Block,
    evidence::{Channel, Evidence, Finding},
};

/// One entry, as recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Whom it is about; none in the record of an erasure.
    pub recipient: Option<Recipient>,
    /// The number it was said to, where one was named.
    pub sender: SenderId,
    /// When it was said.
    pub occurred_at: Time,
    /// When it was stored.
    pub recorded_at: Time,
    /// False when another statement stands against it.
    pub applied: bool,
    /// What was said.
    pub content: Content,
    /// A digest of the request, to tell a repetition from another use of the same key.
    pub request_digest: [u8; 16],
}

/// What was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// An opt-in.
    OptIn {
        /// What it is about.
        scope: ScopeSet,
        /// Its proof.
        evidence: Box<Evidence>,
        /// When it ends.
        expires_at: Option<Time>,
        /// What is weak in the proof.
        findings: Vec<Finding>,
    },
    /// An opt-out.
    OptOut {
        /// What it is about.
        scope: ScopeSet,
        /// How it was made.
        channel: Channel,
        /// The normalised word, if one was used.
        keyword: String,
    },
    /// WhatsApp's marketing stop.
    PlatformStop(Channel),
    /// WhatsApp's marketing resume.
    PlatformResume,
    /// An ambiguous refusal, with the words read.
    Held(String),
    /// A person of the business settled a hold.
    HoldSettled,
    /// A step of the opt-in conversation.
    Prompt {
        /// Which.
        step: PromptStep,
        /// The prompt's message ID.
        message_id: String,
        /// What a declined prompt asked for. Entries of before this was kept have none, and concern everything.
        declined: Option<ScopeSet>,
    },
    /// A confirmation was sent: of an opt-in, or else of an opt-out.
    Confirmation {
        /// True for an opt-in's.
        of_opt_in: bool,
    },
    /// A block or report.
    Block(Block),
    /// Another identity is this person, or the number changed.
    Linked {
        /// The other identity.
        other: Recipient,
        /// A signed webhook said so; else the business does.
        proven: bool,
        /// This number was given up for the other.
        moved: bool,
    },
    /// Personal data was erased.
    Erased {
        /// How many entries lost their content.
        entries: u64,
    },
}

/// A step of the opt-in conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PromptStep {
    /// Sent.
    Sent,
    /// Accepted.
    Accepted,
    /// Declined.
    Declined,
    /// Not on WhatsApp.
    NotOnWhatsapp,
}

impl Content {
    /// A step of the opt-in conversation about a prompt that asks for a scope.
    #[must_use]
    pub fn prompt(step: PromptStep, message_id: String, asked: &ScopeSet) -> Self {
        let declined = (step == PromptStep::Declined).then(|| asked.clone());
        Self::Prompt { step, message_id, declined }
    }
}

impl Entry {
    /// Whose word it is, where it is a statement.
    #[must_use]
    pub fn voice(&self) -> Option<Voice> {
        match &self.content {
            Content::OptIn { evidence, .. } => Some(evidence.method.voice()),
            Content::OptOut { channel, .. } => Some(channel.voice()),
            Content::PlatformStop(_) | Content::PlatformResume => Some(Voice::Platform),
            Content::Held(_) | Content::Prompt { step: PromptStep::Accepted | PromptStep::Declined, .. } => {
                Some(Voice::Own)
            }
            Content::HoldSettled
            | Content::Prompt { .. }
            | Content::Confirmation { .. }
            | Content::Block(_)
            | Content::Linked { .. }
            | Content::Erased { .. } => None,
        }
    }

    /// True for what could turn an answer into a "no": such statements cross to linked identities.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        match &self.content {
            Content::OptOut { .. }
            | Content::PlatformStop(_)
            | Content::Held(_)
            | Content::Prompt { step: PromptStep::Declined, .. }
            | Content::Block(Block::ByUser | Block::ReportedByUser | Block::ByBusiness) => true,
            Content::OptIn { .. }
            | Content::PlatformResume
            | Content::HoldSettled
            | Content::Prompt { .. }
            | Content::Confirmation { .. }
            | Content::Block(Block::LiftedByBusiness)
            | Content::Linked { .. }
            | Content::Erased { .. } => false,
        }
    }
}
