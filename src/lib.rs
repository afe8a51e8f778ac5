//! sendgate.

pub mod http;
pub mod keywords;
pub mod model;
pub mod numbering;
pub mod policy;
pub mod senders;
pub mod store;
