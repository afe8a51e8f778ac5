//! A policy-decision sidecar for senders of WhatsApp messages: *may this business number send this message to this
//! person now?*
//!
//! # Layout, in reading order
//! - [`model`]: the vocabulary, valid by construction; a contact is a join.
//! - [`policy`]: `decide(rules, facts, request, now)`, pure; the order of the rules on one screen. `policy::evidence`:
//!   the rules of recording an opt-in.
//! - [`conversation`], [`keywords`], [`numbering`]: what a message means, words, facts about numbers; pure too.
//! - [`quality`]: what is counted of a sender's messages, and how it is rated; [`limits`]: how much may be sent; pure too.
//! - [`attest`]: the attestation log and its hash chain.
//! - [`senders`]: which sender a name means, and what is configured and learned of it.
//! - [`decisions`]: the decision log.
//! - [`gate`]: the only module that orders I/O and policy: fetch, decide, write.
//! - [`store`], [`cache`]: where contacts live, and what of them is in memory. [`migrate`]: from one store to another.
//! - [`grpc`], [`http`], [`server`]: the edges. [`config`], [`cli`], [`metrics`], [`telemetry`], [`clock`].
//!
//! # Invariants
//! - `policy`, `model`, `conversation`, `quality`, `limits` do no I/O, read no clock, and cannot fail.
//! - Generated types stay in `grpc` and `cli`, provider JSON in `http::payload`, a `Status` is built in `grpc::status`
//!   (and, for what ends before a call is read, in `server::guard` and `http::json`).
//! - A recipient has no `Display` and a redacted `Debug`.
//! - An acknowledged opt-out is never followed by an allowed send.

pub mod model;

pub mod policy;

pub mod conversation;
pub mod keywords;
pub mod limits;
pub mod numbering;
pub mod quality;

pub mod attest;
pub mod decisions;
pub mod senders;

pub mod gate;

pub mod cache;
pub mod migrate;
pub mod store;

pub mod grpc;
pub mod http;
pub mod server;

pub mod cli;
pub mod clock;
pub mod config;
pub mod metrics;
pub mod telemetry;
