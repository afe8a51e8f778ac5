//! May this message go out?

mod rule_id;
pub mod rules;

pub use rule_id::RuleId;
pub use rules::{DatedPause, JurisdictionRules, QuietHours, Rules};
