//! The series that items of deliveries are counted in, all there from the start.

use super::super::payload::{IgnoredBecause, Reason, What};
use crate::metrics::Metrics;

/// What can become of an item that is about something.
const OUTCOMES: [&str; 4] = ["stored", "unusable", "no_sender", "failed"];

/// Makes every series of items, at zero.
pub(in crate::http) fn expect_items(metrics: &Metrics) {
    let expect = |item, outcome| metrics.webhooks.expect_item(item, outcome);
    for item in What::WORDS {
        match item {
            "ignored" => IgnoredBecause::ALL.iter().for_each(|why| expect(item, why.word())),
            "echo" => expect(item, "our_own"),
            _ => OUTCOMES.iter().for_each(|outcome| expect(item, outcome)),
        }
    }
    expect("inbound", "salvaged");
    Reason::ALL.iter().for_each(|why| expect("malformed", why.word()));
}
