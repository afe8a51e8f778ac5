//! B10: what the law of where somebody is said to be does to opt-ins in their own words.

use sendgate::{
    gate::{GateError, Signal, Who},
    model::{Millis, ScopeSet, Time, evidence::Jurisdiction},
    policy::{Kind, Reason},
};

use super::world::{OWN, PERSON, World, at, settings};
use crate::faults::Faulty;

const GERMANY: &str = "
businesses:
  - id: acme
    names: [Acme Shoes]
    policy: {jurisdictions: [{code: DE, validity: 30d}]}
    senders: [{id: '1001', number: '+15550001111', account: '77'}]
";

const DAY: i64 = 24 * 60;

/// Somebody in Germany who opted in, and out again.
async fn stopped() -> World {
    let world = World::with(settings(GERMANY), Faulty::new()).await;
    let mut request = world.opt_in_request(world.who(PERSON, 0, ""), OWN, ScopeSet::everything());
    request.evidence.jurisdiction = Jurisdiction::parse("DE");
    world.gate.record_opt_in(&request).await.unwrap();
    world.says(PERSON, 10, "m1", "STOP").await;
    assert_eq!(world.reason(PERSON).await, Reason::OptedOut);
    world
}

async fn marketing(world: &World) -> Reason {
    let mut check = world.check_of(PERSON, Kind::Template);
    check.request.category = sendgate::model::Category::Marketing;
    world.gate.check(&check).await.verdict.reason
}

#[tokio::test]
async fn a_start_lasts_as_long_as_the_law_lets_an_opt_in() {
    let world = stopped().await;
    world.says(PERSON, 20, "m2", "START").await;
    world.reach(20 + 30 * DAY - 1);
    assert_eq!(marketing(&world).await, Reason::OptedIn);
    world.reach(20 + 30 * DAY);
    assert_eq!(marketing(&world).await, Reason::OptInExpired);
}

#[tokio::test]
async fn so_does_a_signup() {
    let world = stopped().await;
    world.says(PERSON, 20, "m2", "START").await;
    let who = Who { from_platform: true, ..world.who(PERSON, 21, "") };
    world.reach(21);
    world.gate.record_signal(&who, &Signal::Signup("9".to_owned())).await.unwrap();
    world.reach(21 + 30 * DAY);
    assert_eq!(marketing(&world).await, Reason::OptInExpired);
}

/// A second confirmation of tomorrow is none yet.
#[tokio::test]
async fn a_second_confirmation_ahead_of_the_clock_is_refused() {
    let world = World::new().await;
    let confirmed = async |second: Time| {
        let mut request = world.opt_in_request(world.who(PERSON, 0, ""), OWN, ScopeSet::everything());
        request.evidence.double_opt_in_at = Some(second);
        world.gate.record_opt_in(&request).await.map(|_| ())
    };
    confirmed(at(5)).await.unwrap();
    let refused = confirmed(at(5) + Millis::new(1)).await.unwrap_err();
    let GateError::Invalid(fields) = refused else { panic!("{refused}") };
    assert_eq!(
        fields.iter().map(|field| field.field.as_str()).collect::<Vec<_>>(),
        ["evidence.double_opt_in_at"]
    );
}
