//! The quality of a sender: what is counted of its messages, what that comes to over time, and how it is rated.
//!
//! Counts are kept by five minutes, so that 1 hour, 24 hours and 7 days are sums of the same numbers. The rating is a
//! function of those sums and of the standing before, so that it neither flaps nor forgets. Must not know: the store, the
//! wire, the clock, what a rating is used for.

mod counter;
mod counts;
mod rating;
#[cfg(test)]
mod tests;

pub use counter::{Counter, FailureClass, Happened, Statuses};
pub use counts::{Counts, History, PERIODS, SLOT, Split, Splits, slot_of};
pub use rating::{Grades, Rating, RatingRules, Standing, rated, worse};
