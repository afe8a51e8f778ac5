//! What the gate promises about writes: once, in the order in which things were said, for the whole person, whatever
//! the store does.

mod attack;
mod concurrency;
mod erasure;
mod failures;
mod identities;
mod repetition;
mod senders;
mod world;
