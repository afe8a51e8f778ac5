//! Each write is counted once, whoever asked for it and however it ends.

use std::sync::Arc;

use sendgate::{
    gate::{Inbound, Signal},
    model::evidence::Channel,
};

use super::world::{PERSON, World, recipient};
use crate::faults::Fault;

impl World {
    /// The value of a series of whole numbers.
    pub(super) fn series(&self, name: &str) -> u64 {
        let page = self.gate.measured().render();
        let line = page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.unwrap_or_else(|| panic!("{name} in {page}")).parse().unwrap()
    }

    fn writes(&self, kind: &str, outcome: &str) -> u64 {
        self.series(&format!("sendgate_writes_total{{kind=\"{kind}\",outcome=\"{outcome}\"}}"))
    }

    fn timed(&self) -> u64 {
        self.series("sendgate_write_duration_seconds_count")
    }
}

#[tokio::test]
async fn what_the_store_does_not_take_counts_as_failed_with_its_duration() {
    let world = World::new().await;
    world.says(PERSON, 0, "m0", "hello").await;
    world.store.set(Fault::Unavailable);
    let who = world.who(PERSON, 0, "");
    world.gate.record_inbound(&who, &Inbound::default()).await.unwrap_err();
    world.gate.record_signal(&who, &Signal::Stop).await.unwrap_err();
    world.gate.link(&who, &recipient("447700900124")).await.unwrap_err();
    world.gate.erase(&who).await.unwrap_err();
    assert_eq!((world.writes("inbound", "applied"), world.writes("inbound", "failed")), (1, 1));
    for kind in ["signal", "link", "erase"] {
        assert_eq!((world.writes(kind, "failed"), world.writes(kind, "applied")), (1, 0), "{kind}");
    }
    assert_eq!(world.timed(), 5);
}

#[tokio::test]
async fn a_proof_counts_when_it_tells_something_new() {
    const USER: &str = "GB.13491208655302741918";
    let world = World::new().await;
    world.says(PERSON, 0, "m0", "hello").await;
    for minute in 0..3 {
        world.prove(PERSON, USER, minute).await;
    }
    assert_eq!((world.writes("link", "applied"), world.timed()), (1, 2));
    for _ in 0..2 {
        world.number_changed(PERSON, "447700900124", 4).await;
    }
    assert_eq!((world.writes("link", "applied"), world.writes("link", "repeated")), (2, 1));
}

#[tokio::test]
async fn a_write_whose_caller_has_gone_counts_as_failed() {
    let world = Arc::new(World::new().await);
    world.store.set(Fault::WritesLate);
    let caller = tokio::spawn({
        let world = Arc::clone(&world);
        async move { world.opt_out_by(world.who(PERSON, 0, ""), Channel::Website).await.is_ok() }
    });
    world.store.reached().await;
    assert_eq!(world.timed(), 0);
    caller.abort();
    assert!(caller.await.unwrap_err().is_cancelled());
    assert_eq!((world.writes("opt_out", "failed"), world.timed()), (1, 1));
}
