//! The feed over a store that goes back.

use sendgate::{
    gate::{GateError, ResumePoint},
    model::evidence::Channel,
};

use super::world::{ACME, World, settings};
use crate::faults::Faulty;

const PEOPLE: [&str; 4] = ["447700900001", "447700900002", "447700900003", "447700900004"];

/// Four people opted out; the points after each.
async fn four_opt_outs() -> (World, Vec<ResumePoint>) {
    let store = Faulty::new();
    let world = World::with(settings(ACME), std::sync::Arc::clone(&store)).await;
    for (minutes, person) in (1..).zip(PEOPLE) {
        world.opt_out(person, minutes).await;
    }
    let (_, items) = world.gate.changes(ResumePoint::default(), 10).await.unwrap();
    (world, items.iter().map(|item| item.point).collect())
}

fn is_unknown<T: std::fmt::Debug>(answer: &Result<T, GateError>) -> bool {
    matches!(answer, Err(GateError::UnknownResumePoint))
}

#[tokio::test]
async fn a_point_behind_which_the_store_went_back_is_unknown_and_one_before_that_is_not() {
    let (world, points) = four_opt_outs().await;
    let bare: ResumePoint = "4".parse().unwrap();
    let (marked, rest) = world.gate.changes(bare, 10).await.unwrap();
    assert_eq!((marked, rest.len()), (points[3], 0), "what is known of it is told");
    world.store.fail_over(2).await;
    assert!(is_unknown(&world.gate.changes(points[3], 10).await), "there is none at that place");
    // The same places, other changes.
    for (minutes, person) in [(5, PEOPLE[3]), (6, PEOPLE[2]), (7, PEOPLE[2])] {
        world.reach(minutes);
        world.opt_out_by(world.who(person, minutes, ""), Channel::Website).await.unwrap();
    }
    for point in &points[2..] {
        assert!(is_unknown(&world.gate.changes(*point, 10).await), "{point}");
        assert!(is_unknown(&world.gate.resume_point(Some(*point)).await), "{point}");
    }
    let (_, rest) = world.gate.changes(points[1], 10).await.unwrap();
    assert_eq!(rest.len(), 3);
    assert_eq!(world.gate.resume_point(Some(points[1])).await.unwrap(), points[1]);
}

#[tokio::test]
async fn an_erasure_leaves_points_as_they_are() {
    let (world, points) = four_opt_outs().await;
    world.erase(PEOPLE[3], 8).await;
    let (_, rest) = world.gate.changes(points[3], 10).await.unwrap();
    assert_eq!(rest.len(), 1, "the erasure itself");
}

#[tokio::test]
async fn the_end_of_the_feed_is_asked_of_the_store_itself() {
    let (world, points) = four_opt_outs().await;
    assert_eq!(world.gate.resume_point(None).await.unwrap(), points[3]);
    world.store.fail_over(1).await;
    assert_eq!(world.gate.resume_point(None).await.unwrap(), points[2]);
    let nothing = World::new().await;
    assert_eq!(nothing.gate.resume_point(None).await.unwrap(), ResumePoint::default());
}

#[test]
fn a_point_is_read_as_it_was_told_and_nothing_else_is_one() {
    for text in ["0", "7", "7-0123456789abcdef"] {
        assert_eq!(text.parse::<ResumePoint>().unwrap().to_string(), text);
    }
    for text in
        ["", "-", "7-", "-0123456789abcdef", "7-0123456789abcde", "7-0123456789ABCDEF", "7-0123456789abcdef-"]
    {
        assert!(text.parse::<ResumePoint>().is_err(), "{text}");
    }
}
