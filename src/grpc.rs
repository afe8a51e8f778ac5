//! The gRPC edge: thin services. A call is converted, handed to the gate, and converted back.
//!
//! `convert` is the only place between the contract and the domain; `status` the only place that builds a `Status`.

mod consent;
mod convert;
mod policy;
mod quality;
mod status;
mod stream;

/// The contract, generated.
#[expect(
    clippy::all,
    clippy::allow_attributes,
    clippy::allow_attributes_without_reason,
    reason = "generated; documented in proto/sendgate/v1"
)]
pub mod pb {
    tonic::include_proto!("sendgate.v1");
}

pub use consent::ConsentApi;
pub use policy::PolicyApi;
pub use quality::QualityApi;
pub use status::{ERROR_DOMAIN, deadline_exceeded, limit_exceeded, malformed, too_large_is_exhausted};
pub use stream::Lease;

/// The contract's descriptors, for reflection and the JSON mapping.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/sendgate.bin"));
