//! The businesses and numbers this sidecar speaks for, each with its rules resolved.
//!
//! Owns: which sender a name means, which business it belongs to, what is configured for it, and what was learned of
//! it: numbers and accounts seen in webhooks, restrictions, templates. Must not know: I/O, the wire.

mod configured;
mod directory;
mod learned;
pub mod profile;
mod renewal;
mod shards;
mod template;
#[cfg(test)]
mod tests;
mod told;

pub use directory::{Directory, SenderProfile};
pub use learned::{
    AccountState, Learned, LearnedSender, RowError, StandingRow, TemplateRow, account_key, sender_key,
    template_key,
};
pub use profile::{Business, Profile, PromptSettings, Sender, SenderSettings, TemplateSettings};
pub use renewal::Unread;
pub use template::TemplateState;
pub use told::Quality;
