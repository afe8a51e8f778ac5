//! Facts about telephone numbers: where a number is, and which numbers are one person's.
//!
//! A number is the integer its international form (E.164) gives without the plus sign, which is
//! unambiguous since no calling code begins with a zero. Everything here is static data, searched
//! without allocation; the first look-up of a zone parses the table.
//!
//! Time zones, calling codes, area codes and the ways to write national numbers are facts from libphonenumber (Apache-2.0,
//! <https://github.com/google/libphonenumber>).

mod countries;
mod north_america;
mod plans;
mod table;
mod variants;

#[cfg(test)]
mod tests;

use std::borrow::Cow;

/// Calling codes of services rather than places (toll-free, satellite, conference and the like),
/// which have no time zone.
static PLACELESS: [u64; 9] = [800, 808, 870, 878, 881, 882, 883, 888, 979];

/// IANA names of the time zones a number may be in, in alphabetical order; empty when unknown.
///
/// A number says where it was issued, not where its owner is. Where the digits do not tell more
/// than the country, the answer is every zone of that country. Either spelling of a number gives
/// the same answer, since the data knows only the [`canonical`] one.
#[must_use]
pub fn zones(digits: u64) -> &'static [&'static str] {
    table::zones(canonical(digits))
}

/// True for a number with calling code 1 and an area code of the United States.
///
/// That is the fifty states and the District of Columbia, the scope of the platform's pause of
/// marketing. Puerto Rico, Guam, American Samoa, the Virgin Islands and the Northern Marianas are
/// not included: they have country codes of their own, and the platform's price list puts Puerto
/// Rico in another market than the United States. Toll-free and other codes without a place are
/// not included either.
#[must_use]
pub fn is_united_states(digits: u64) -> bool {
    north_america::is_united_states(digits)
}

/// True when the number begins with an assigned calling code; its length is not looked at.
#[must_use]
pub fn calling_code_is_known(digits: u64) -> bool {
    // Every calling code of a place is a prefix in the table of zones, a test says so.
    !table::zones(digits).is_empty() || PLACELESS.contains(&leading_three(digits))
}

/// True for exactly an assigned calling code.
#[must_use]
pub fn is_calling_code(digits: u64) -> bool {
    // No calling code begins with another.
    calling_code_is_known(digits) && (digits < 10 || !calling_code_is_known(digits / 10))
}

/// True for calling codes after which a number may begin with a zero that is part of it: Italy and San Marino, and
/// countries in Africa and Asia whose numbers grew by one.
#[must_use]
pub fn keeps_leading_zero(calling_code: u64) -> bool {
    plans::keeps_leading_zero(calling_code)
}

/// The digits of a number without what is dialled before it inside its country only: the 0 of "+33 06 12 34 84 78", the 8 of
/// "+7 8 912 …", the 01 that Mexico had. Nothing when no number of that country begins like this, with or without it.
/// Where the plan of the country allows the digits as they are they stay, as the zeros of Italy do.
#[must_use]
pub fn international(digits: &str) -> Option<Cow<'_, str>> {
    plans::international(digits)
}

/// The one spelling of a number that stands for all spellings of it.
///
/// Two numbers with the same canonical form are one person's: Brazilian mobile numbers with and
/// without the ninth digit, Mexican ones with and without the 1 and Argentine ones with and without
/// the 9 after the calling code, or with the 15 after the area code instead. Every other number is its own canonical form. It is a key to compare and store by,
/// not an address: WhatsApp may know the account under the other spelling only, so a message goes
/// to the number as it was given.
#[must_use]
pub fn canonical(digits: u64) -> u64 {
    variants::canonical(digits)
}

/// True for an assigned ISO 3166-1 alpha-2 code in capital letters.
///
/// Codes in use without being assigned, such as XK for Kosovo, are false.
#[must_use]
pub fn is_country_code(code: &str) -> bool {
    countries::is_country_code(code)
}

fn leading_three(digits: u64) -> u64 {
    let mut leading = digits;
    while leading > 999 {
        leading /= 10;
    }
    leading
}
