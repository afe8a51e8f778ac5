//! Rules whose engine is not part of this version: A21 to A24 and A26. They are in the order so that a trace shows
//! that they were not evaluated, instead of keeping silent about them.

use super::case::{Case, Finding, Notes};

/// Says nothing.
pub(super) fn not_built(_: &Case<'_>, _: &mut Notes) -> Finding {
    Finding::NotApplicable
}
