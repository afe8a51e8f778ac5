//! Facts of the rules.
