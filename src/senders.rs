//! The businesses and numbers this sidecar speaks for, each with its rules resolved.
//!
//! Owns: which sender a name means, which business it belongs to, what is configured for it. The learned part (numbers
//! seen in webhooks, auto-registered senders, account and template state) is `registry`. Must not know: I/O, the wire.

pub mod profile;

pub use profile::{Business, Profile, PromptSettings, Sender, SenderSettings};
