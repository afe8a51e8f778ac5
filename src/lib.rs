//! sendgate.

pub mod cli;
pub mod clock;
pub mod grpc;
pub mod keywords;
pub mod model;
pub mod numbering;
pub mod policy;
pub mod senders;
pub mod store;
