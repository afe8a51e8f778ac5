//! sendgate.

pub mod config;
pub mod keywords;
pub mod model;
pub mod numbering;
pub mod policy;
pub mod senders;
pub mod store;
