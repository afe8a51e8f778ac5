//! Who receives: a phone number or a business-scoped user ID.
//!
//! A recipient is personal data. It has no `Display`, and its `Debug` shows its kind only, so that it cannot reach a
//! log, a label or an error message by accident; the few places that must show it call `reveal`.

use std::{fmt, sync::Arc};

use crate::numbering;

/// A phone number, E.164 without `+`, number variants of one person folded to one form.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Phone(u64);

/// A business-scoped user ID, such as `US.13491208655302741918` or `US.ENT.11815799212886844830`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserId(Arc<str>);

/// Who would receive, or who wrote.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Recipient {
    /// By phone number.
    Phone(Phone),
    /// By business-scoped user ID.
    User(UserId),
}

/// What is wrong with a recipient. Never repeats the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecipientError {
    /// Nothing was given.
    #[error("must not be empty")]
    Empty,
    /// Starts like a number but is none.
    #[error(
        "must be an E.164 number: 7 to 15 digits, the first not 0; a leading `+`, spaces, dashes, dots and parentheses are tolerated"
    )]
    NotANumber,
    /// No number of its country, with or without the digit that is dialled inside it only.
    #[error(
        "must be an E.164 number: after this calling code no number begins with 0, and without the 0 it is not as long as \
         numbers there are"
    )]
    NotANational,
    /// Starts like a user ID but is none.
    #[error(
        "must be a user ID: two capital letters, a dot, optionally `ENT.`, then 1 to 128 letters or digits"
    )]
    NotAUserId,
    /// Neither form.
    #[error("must be an E.164 number or a business-scoped user ID such as `US.1349…`")]
    Neither,
}

impl Phone {
    /// Reads a number; see `RecipientError::NotANumber` for what is accepted.
    ///
    /// # Errors
    /// When it is no E.164 number.
    pub fn parse(text: &str) -> Result<Self, RecipientError> {
        let digits = digits_of(text, 15).ok_or(RecipientError::NotANumber)?;
        if digits.len() < 7 || digits.starts_with('0') {
            return Err(RecipientError::NotANumber);
        }
        let international = numbering::international(&digits).ok_or(RecipientError::NotANational)?;
        let number: u64 = international.parse().map_err(|_| RecipientError::NotANumber)?;
        Ok(Self(numbering::canonical(number)))
    }

    /// A number from what `digits` gave. It is not folded again: a record keeps the form it was stored in, even when a
    /// later table of variants would choose another.
    #[must_use]
    pub fn from_digits(digits: u64) -> Option<Self> {
        (1_000_000..1_000_000_000_000_000).contains(&digits).then_some(Self(digits))
    }

    /// The digits as a number, for the tables of numbering plans.
    #[must_use]
    pub const fn digits(self) -> u64 {
        self.0
    }
}

impl UserId {
    /// Reads a business-scoped user ID.
    ///
    /// # Errors
    /// When it does not have the form.
    pub fn parse(text: &str) -> Result<Self, RecipientError> {
        let (country, rest) = text.split_once('.').ok_or(RecipientError::NotAUserId)?;
        let id = rest.strip_prefix("ENT.").unwrap_or(rest);
        let fits = country.len() == 2
            && country.bytes().all(|b| b.is_ascii_uppercase())
            && (1..=128).contains(&id.len())
            && id.bytes().all(|b| b.is_ascii_alphanumeric());
        if fits { Ok(Self(text.into())) } else { Err(RecipientError::NotAUserId) }
    }

    /// The country it begins with, which names nobody.
    #[must_use]
    pub fn country(&self) -> &str {
        self.0.split_once('.').map_or("", |(country, _)| country)
    }

    /// The ID as text. Personal data: only for stores, the wire and what a person asked to see.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl Recipient {
    /// Reads a recipient in either form.
    ///
    /// # Errors
    /// When it is neither, saying what was wrong without repeating it.
    pub fn parse(text: &str) -> Result<Self, RecipientError> {
        let text = text.trim();
        match text.chars().next() {
            None => Err(RecipientError::Empty),
            Some(c) if c.is_ascii_digit() || matches!(c, '+' | '(') => Phone::parse(text).map(Self::Phone),
            Some(c) if c.is_ascii_alphabetic() && text.contains('.') => UserId::parse(text).map(Self::User),
            Some(_) => Err(RecipientError::Neither),
        }
    }

    /// The recipient as text. Personal data: only for stores, the wire and what a person asked to see.
    #[must_use]
    pub fn reveal(&self) -> String {
        match self {
            Self::Phone(phone) => phone.0.to_string(),
            Self::User(id) => id.reveal().to_owned(),
        }
    }

    /// The phone number, when it is one.
    #[must_use]
    pub const fn phone(&self) -> Option<Phone> {
        match self {
            Self::Phone(phone) => Some(*phone),
            Self::User(_) => None,
        }
    }
}

/// The digits of a number as people write it, or nothing when something else is in it or there are too many.
/// A `+` may only lead.
pub(super) fn digits_of(text: &str, digits_max: usize) -> Option<String> {
    let text = text.trim();
    let text = text.strip_prefix('+').unwrap_or(text);
    let mut digits = String::with_capacity(text.len().min(digits_max));
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match c {
            // Written for those who call from inside the country, and part of no international number.
            '(' if rest.as_str().starts_with("0)") && drops_trunk_zero(&digits) => {
                rest.next();
            }
            '0'..='9' if digits.len() < digits_max => digits.push(c),
            ' ' | '-' | '.' | '(' | ')' | '\u{a0}' => {}
            _ => return None,
        }
    }
    (!digits.is_empty()).then_some(digits)
}

/// True for a calling code after which "(0)" is no part of the number.
fn drops_trunk_zero(digits: &str) -> bool {
    digits.parse().is_ok_and(|code| numbering::is_calling_code(code) && !numbering::keeps_leading_zero(code))
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("phone number")
    }
}

impl fmt::Debug for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("user ID")
    }
}

impl fmt::Debug for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Phone(phone) => phone.fmt(f),
            Self::User(id) => id.fmt(f),
        }
    }
}

impl Recipient {
    /// The contact of which nothing is known but this.
    #[must_use]
    pub fn identity(&self) -> super::Contact {
        let mut contact = super::Contact::default();
        match self {
            Self::Phone(phone) => contact.phone = Some(*phone),
            Self::User(id) => contact.user_ids = vec![id.clone()],
        }
        contact
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decoration_around_a_number_is_tolerated() {
        let plain = Recipient::parse("16505551234").unwrap();
        for text in ["+16505551234", "+1 650 555-1234", " 1 (650) 555.1234 ", "1-650-555-1234"] {
            assert_eq!(Recipient::parse(text).unwrap(), plain, "{text}");
        }
    }

    #[test]
    fn a_zero_in_brackets_after_the_calling_code_is_no_part_of_the_number() {
        let plain = Recipient::parse("447911123456").unwrap();
        for text in ["+44 (0)7911 123456", "+44(0) 7911 123456", "44 (0) 7911-123456"] {
            assert_eq!(Recipient::parse(text).unwrap(), plain, "{text}");
        }
        for (text, kept) in [
            ("+39 (0)6 1234567", "39061234567"),
            ("+44 7911 (0)12345", "447911012345"),
            ("+1 650 (0)51234", "1650051234"),
        ] {
            assert_eq!(Recipient::parse(text).unwrap(), Recipient::parse(kept).unwrap(), "{text}");
        }
        assert_eq!(Recipient::parse("(0)7911 123456"), Err(RecipientError::NotANumber));
    }

    #[test]
    fn a_digit_that_is_dialled_inside_the_country_only_is_no_part_of_the_number() {
        for (text, plain) in [
            ("+33 06 12 34 84 78", "33612348478"),
            ("+49 (0151) 12345678", "4915112345678"),
            ("+44 07911 123456", "447911123456"),
            ("+55 (011) 98404-1234", "5511984041234"),
            ("+55 011 98404 1234", "5511984041234"),
            ("+54 (011) 15 1234-5678", "541112345678"),
            ("+52 01 55 1234 5678", "525512345678"),
            ("+52 044 55 1234 5678", "525512345678"),
            ("+91 098765 43210", "919876543210"),
            ("+90 0532 123 45 67", "905321234567"),
            ("+62 0812 3456 7890", "6281234567890"),
            ("+31 06 12345678", "31612345678"),
            ("+20 010 1234 5678", "201012345678"),
            ("+27 082 123 4567", "27821234567"),
            ("+234 0803 123 4567", "2348031234567"),
            ("+36 06 20 123 4567", "36201234567"),
            ("+7 8 912 345-67-89", "79123456789"),
            ("8 912 345-67-89", "79123456789"),
            ("+1 1 650 555 1234", "16505551234"),
        ] {
            assert_eq!(
                Recipient::parse(text).map(|r| r.reveal()),
                Recipient::parse(plain).map(|r| r.reveal()),
                "{text}"
            );
            assert_eq!(Recipient::parse(plain).unwrap(), Recipient::parse(text).unwrap(), "{text}");
        }
    }

    #[test]
    fn a_zero_that_is_part_of_the_number_stays() {
        for text in
            ["390612345678", "3780549123456", "2250701234567", "24101234567", "242061234567", "2290197123456"]
        {
            assert_eq!(Recipient::parse(text).unwrap().reveal(), text);
        }
    }

    #[test]
    fn a_number_that_no_country_has_with_or_without_its_zero_is_refused() {
        for text in
            ["+34 0612 345 678", "+351 0912345678", "+1 0650 555 1234", "+33 06 12 34 8", "+44 07911 1234"]
        {
            assert_eq!(Recipient::parse(text), Err(RecipientError::NotANational), "{text}");
        }
    }

    #[test]
    fn malformed_recipients_say_what_is_accepted() {
        for (text, error) in [
            ("", RecipientError::Empty),
            ("   ", RecipientError::Empty),
            ("+", RecipientError::NotANumber),
            ("12345", RecipientError::NotANumber),
            ("0123456789", RecipientError::NotANumber),
            ("1234567890123456", RecipientError::NotANumber),
            ("+1650+5551234", RecipientError::NotANumber),
            ("1650555x234", RecipientError::NotANumber),
            ("us.123", RecipientError::NotAUserId),
            ("USA.123", RecipientError::NotAUserId),
            ("US.", RecipientError::NotAUserId),
            ("US.12-3", RecipientError::NotAUserId),
            ("alice", RecipientError::Neither),
            ("١٢٣٤٥٦٧٨", RecipientError::Neither),
        ] {
            assert_eq!(Recipient::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn both_forms_of_user_id_are_read() {
        assert!(Recipient::parse("US.13491208655302741918").is_ok());
        assert!(Recipient::parse("US.ENT.11815799212886844830").is_ok());
    }

    #[test]
    fn debug_never_shows_the_number() {
        let shown = format!("{:?} {:?}", Recipient::parse("16505551234"), Recipient::parse("US.1349"));
        assert!(!shown.contains("1650") && !shown.contains("1349"), "{shown}");
    }

    #[test]
    fn digits_of_a_phone_give_the_same_phone_and_other_lengths_none() {
        for text in ["5511987654321", "551187654321", "1234567", "999999999999999"] {
            let phone = Phone::parse(text).unwrap();
            assert_eq!(Phone::from_digits(phone.digits()), Some(phone), "{text}");
        }
        assert_eq!(Phone::from_digits(551187654321).map(Phone::digits), Some(551187654321), "not folded");
        assert_eq!(Phone::from_digits(999_999), None);
        assert_eq!(Phone::from_digits(1_000_000_000_000_000), None);
    }

    #[test]
    fn number_variants_are_one_person() {
        for (a, b) in [
            ("5511987654321", "551187654321"),
            ("5215512345678", "525512345678"),
            ("5491123456789", "541123456789"),
        ] {
            assert_eq!(Recipient::parse(a).unwrap(), Recipient::parse(b).unwrap(), "{a} {b}");
        }
    }
}
