//! sendgate.

pub mod attest;
pub mod cache;
pub mod clock;
pub mod config;
pub mod conversation;
pub mod gate;
pub mod grpc;
pub mod http;
pub mod keywords;
pub mod metrics;
pub mod model;
pub mod numbering;
pub mod policy;
pub mod senders;
pub mod server;
pub mod store;
