//! Compiles the contract without a system protoc, and keeps its descriptors for reflection and the JSON mapping.

use std::{env, error::Error, fs, path::PathBuf};

use prost::Message;

const FILES: [&str; 6] = [
    "sendgate/v1/decision.proto",
    "sendgate/v1/consent.proto",
    "sendgate/v1/error_reason.proto",
    "sendgate/v1/policy_service.proto",
    "sendgate/v1/consent_service.proto",
    "sendgate/v1/quality_service.proto",
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=proto");
    let descriptors = protox::compile(FILES, ["proto"])?;
    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("sendgate.bin"), descriptors.encode_to_vec())?;
    // Ordered maps: the same request always has the same bytes, by which a repetition is told.
    tonic_prost_build::configure().btree_map(".").compile_fds(descriptors)?;
    Ok(())
}
