//! What the gate promises about writes: once, in the order in which things were said, for the whole person, whatever
//! the store does.

mod attacked;
mod attacked_again;
mod attacked_by_reading;
mod attacked_by_words;
mod attacked_on_redis;
mod away;
mod concurrency;
mod counting;
mod erasure;
mod failures;
mod feed;
mod freshness;
mod fuzz;
mod identities;
mod journal;
mod jurisdictions;
mod limits;
mod measured;
mod persons;
mod registry;
mod renames;
mod repetition;
mod senders;
mod week;
mod world;
