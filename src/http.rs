//! The HTTP port.
//!
//! Owns what arrives over plain HTTP: webhooks of the Cloud API, whether they are genuine and what they say.
//! Must not know: any rule of policy, any store.

pub mod payload;
pub mod signature;
