//! Who sends: the business number, and the business it belongs to.

use std::{borrow::Borrow, fmt, sync::Arc};

/// The canonical name of a business number: its Cloud API phone number ID where known, else its E.164 digits.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SenderId(Arc<str>);

/// The name of a business: consent belongs to it, whichever of its numbers was named.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BusinessId(Arc<str>);

/// What is wrong with the name of a sender or business.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing was given.
    #[error("must not be empty")]
    Empty,
    /// Not a phone number ID or number.
    #[error(
        "must be a phone number ID or an E.164 number: up to 32 digits, a leading `+`, spaces and dashes tolerated"
    )]
    NotDigits,
    /// Not a business name.
    #[error("must be 1 to 64 characters: letters, digits, `_`, `-`, `.`")]
    NotAName,
}

impl SenderId {
    /// Reads a sender as callers write it: digits, with the decoration people put around phone numbers.
    ///
    /// # Errors
    /// When nothing or something other than digits is left.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        if text.trim().is_empty() {
            return Err(NameError::Empty);
        }
        let digits = super::recipient::digits_of(text, 32).ok_or(NameError::NotDigits)?;
        Ok(Self(digits.into()))
    }

    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl BusinessId {
    /// Reads the name of a business.
    ///
    /// # Errors
    /// When it is empty, too long or has other characters than names have.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let fits = !text.is_empty()
            && text.len() <= 64
            && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'));
        if fits { Ok(Self(text.into())) } else { Err(NameError::NotAName) }
    }

    /// The business that an auto-registered sender is by itself.
    #[must_use]
    pub fn of_sender(sender: &SenderId) -> Self {
        Self(Arc::clone(&sender.0))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for SenderId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SenderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for SenderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sender {}", self.0)
    }
}

impl fmt::Display for BusinessId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for BusinessId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "business {}", self.0)
    }
}
