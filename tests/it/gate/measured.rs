//! What the numbers say of people, of the store and of the journal.

use std::sync::Arc;

use sendgate::{
    gate::{GateSettings, Observed, Signal},
    model::{
        SenderId,
        evidence::{Channel, Method},
    },
    senders::LearnedSender,
};

use super::{
    journal::{replayed, with_journal},
    world::{ACME, ASSERTED, OWN, PERSON, World, at, settings},
};
use crate::{
    faults::{Fault, Faulty},
    harness::until,
};

const OTHER: &str = "447700900999";

impl World {
    fn opt_ins(&self, method: &str) -> u64 {
        self.series(&format!("sendgate_opt_ins_total{{sender=\"1001\",method=\"{method}\"}}"))
    }

    fn opt_outs(&self, channel: &str) -> u64 {
        self.series(&format!("sendgate_opt_outs_total{{sender=\"1001\",channel=\"{channel}\"}}"))
    }

    fn opt_outs_after(&self, method: &str) -> u64 {
        self.series(&format!("sendgate_opt_outs_by_method_total{{method=\"{method}\"}}"))
    }

    fn asked(&self, operation: &str, outcome: &str) -> u64 {
        let labels = format!("operation=\"{operation}\",outcome=\"{outcome}\"");
        self.series(&format!("sendgate_store_operations_total{{{labels}}}"))
    }

    fn rating(&self, by: &str) -> u64 {
        self.series(&format!("sendgate_sender_rating{{sender=\"1001\",by=\"{by}\"}}"))
    }
}

#[tokio::test]
async fn opt_ins_and_opt_outs_count_once_by_method_and_channel() {
    let world = World::new().await;
    world.opt_in(PERSON, Method::QrCode, 0).await;
    world.opt_in(OTHER, ASSERTED, 0).await;
    assert_eq!((world.opt_ins("qr_code"), world.opt_ins("import"), world.opt_ins("website")), (1, 1, 0));
    for _ in 0..2 {
        world.reach(1);
        world.opt_out_by(world.who(PERSON, 1, "once"), Channel::Website).await.unwrap();
    }
    world.says(OTHER, 2, "m1", "STOP").await;
    assert_eq!((world.opt_outs("website"), world.opt_outs("keyword")), (1, 1));
    assert_eq!((world.opt_outs_after("qr_code"), world.opt_outs_after("import")), (1, 1));
    world.says("447700900555", 3, "m2", "STOP").await;
    assert_eq!(world.opt_outs_after("none"), 1);
    // WhatsApp's own stop is one as well.
    world.gate.record_signal(&world.who("447700900556", 3, ""), &Signal::Stop).await.unwrap();
    assert_eq!(world.opt_outs("platform_preference"), 1);
}

#[tokio::test]
async fn what_does_not_take_effect_is_no_opt_in() {
    let world = World::new().await;
    world.says(PERSON, 5, "m1", "STOP").await;
    assert!(!world.opt_in(PERSON, ASSERTED, 6).await.done.applied);
    assert_eq!(world.opt_ins("import"), 0);
}

#[tokio::test]
async fn an_opt_out_that_waited_in_the_journal_counts_once() {
    let folder = tempfile::tempdir().unwrap();
    let store = Faulty::new();
    let world = World::with(with_journal(&folder), Arc::clone(&store)).await;
    world.opt_in(PERSON, OWN, 0).await;
    store.set(Fault::Unavailable);
    for _ in 0..2 {
        assert!(world.opt_out_by(world.who(PERSON, 5, "k"), Channel::Website).await.unwrap().journaled);
    }
    assert_eq!((world.opt_outs("website"), world.metric("journal_entries")), (1, "1".to_owned()));
    world.reach(15);
    let waited: f64 = world.metric("journal_oldest_seconds").parse().unwrap();
    assert!((waited - 900.0).abs() < 1.0, "{waited}");
    store.set(Fault::None);
    // Told again before the journal is, it is stored now, and counted already.
    world.opt_out_by(world.who(PERSON, 5, "k"), Channel::Website).await.unwrap();
    assert_eq!(world.opt_outs("website"), 1);
    replayed(&world, &world.gate).await;
    assert_eq!((world.opt_outs("website"), world.metric("journal_oldest_seconds")), (1, "0.0".to_owned()));
}

#[tokio::test]
async fn operations_of_the_store_count_by_how_they_ended() {
    let settings = GateSettings { read_timeout: std::time::Duration::from_secs(1), ..settings(ACME) };
    let world = World::with(settings, Faulty::new()).await;
    let before = world.asked("load", "ok");
    world.reason(PERSON).await;
    assert_eq!(world.asked("load", "ok"), before + 1);
    for (fault, outcome) in [(Fault::Unavailable, "unavailable"), (Fault::Corrupt, "corrupt")] {
        world.store.set(fault);
        world.reason(OTHER).await;
        assert_eq!(world.asked("load", outcome), 1, "{outcome}");
    }
    world.store.set(Fault::Hangs);
    world.reason(OTHER).await;
    // The read is left alone a little longer than who asked for it waits.
    until(async || world.asked("load", "abandoned") == 1).await;
    world.store.set(Fault::ForgetsToAnswer);
    world.opt_out_by(world.who(PERSON, 0, ""), Channel::Website).await.unwrap_err();
    assert_eq!(world.asked("commit", "unknown_outcome"), 1);
    let loads = world.series("sendgate_store_operation_duration_seconds_count{operation=\"load\"}");
    let ended = ["ok", "unavailable", "corrupt", "abandoned", "unknown_outcome"];
    assert_eq!(loads, ended.map(|outcome| world.asked("load", outcome)).iter().sum::<u64>());
}

#[tokio::test]
async fn what_an_own_write_drops_from_memory_counts_as_its_own() {
    let world = World::new().await;
    let dropped = || world.series("sendgate_cache_invalidations_total{cause=\"own_write\"}");
    let before = dropped();
    world.opt_out(PERSON, 0).await;
    assert!(dropped() > before);
    assert_eq!(world.series("sendgate_cache_invalidations_total{cause=\"heard\"}"), 0);
}

#[tokio::test]
async fn the_platforms_flag_is_told_beside_our_rating() {
    let world = World::new().await;
    let sender = SenderId::parse("1001").unwrap();
    let flagged =
        LearnedSender { quality: Some((at(3).millis(), "FLAGGED".to_owned())), ..LearnedSender::default() };
    world.gate.observe(&Observed::Sender(sender, flagged)).await.unwrap();
    assert_eq!((world.rating("ruling"), world.rating("own"), world.rating("platform")), (1, 0, 1));
}
