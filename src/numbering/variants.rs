//! Numbers that differ in digits and belong to one person.
//!
//! Three countries changed how mobile numbers are written, and WhatsApp accounts, webhooks and
//! address books keep both spellings alive. An opt-out stored under one of them has to be found
//! under the other.

const TEN_DIGITS: u64 = 10_000_000_000;
const EIGHT_DIGITS: u64 = 100_000_000;

/// The one spelling that stands for all spellings of a number.
pub(super) fn canonical(digits: u64) -> u64 {
    // What is left of ten digits is the calling code, and the mobile mark after it in the longer
    // spelling. All three codes have two digits, so this tells the lengths apart as well.
    match digits / TEN_DIGITS {
        55 => brazil(digits),
        // Mexico dropped the mobile 1 in 2019.
        521 => 52 * TEN_DIGITS + digits % TEN_DIGITS,
        // Argentina writes a mobile 9 when called from abroad, but not in the national number,
        // which is one subscriber with or without it.
        549 => 54 * TEN_DIGITS + digits % TEN_DIGITS,
        // Twelve digits after the calling code, where there are ten.
        5_400..=5_499 | 54_900..=54_999 => without_fifteen(digits),
        _ => digits,
    }
}

/// Inside Argentina a mobile number has a 15 between area code and subscriber: 11 15 1234 5678, 221 15 123 4567. The
/// area code has two digits in Buenos Aires only, else three or four; a 15 stands in at most one of these places.
fn without_fifteen(digits: u64) -> u64 {
    let national = digits % (100 * TEN_DIGITS);
    let in_capital = national / TEN_DIGITS == 11;
    let subscribers: &[u64] =
        if in_capital { &[EIGHT_DIGITS] } else { &[EIGHT_DIGITS / 10, EIGHT_DIGITS / 100] };
    for subscriber in subscribers {
        let (area, rest) = (national / (subscriber * 100), national % (subscriber * 100));
        if rest / subscriber == 15 {
            return 54 * TEN_DIGITS + area * subscriber + rest % subscriber;
        }
    }
    digits
}

/// Brazil put a 9 before every mobile number between 2012 and 2016; accounts opened before keep
/// the eight digits. Land lines begin with 2 to 5 and still have eight.
fn brazil(digits: u64) -> u64 {
    let (area, subscriber) = (digits / EIGHT_DIGITS, digits % EIGHT_DIGITS);
    if subscriber < 6 * (EIGHT_DIGITS / 10) {
        return digits;
    }
    (area * 10 + 9) * EIGHT_DIGITS + subscriber
}
