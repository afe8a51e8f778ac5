//! The gRPC services.

/// The contract, generated.
#[expect(clippy::all, reason = "generated; documented in proto/sendgate/v1")]
pub mod pb {
    tonic::include_proto!("sendgate.v1");
}

/// The contract's descriptors, for reflection and the JSON mapping.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/sendgate.bin"));
