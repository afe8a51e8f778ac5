//! As many identities and ties as are ever read: what is walked through must not grow with their square.

use super::{
    super::*,
    village::{What, at, said},
};
use crate::model::ties::TIES_MAX;

const CROWD: usize = 256;

fn id(place: usize) -> ContactId {
    ContactId([u8::try_from(place).unwrap(); 16])
}

fn people(ties: &[Ties]) -> People {
    let out = said(&[(at(1), What::Out)]);
    let contact = Contact::default();
    let identities: Vec<_> = ties
        .iter()
        .enumerate()
        .map(|(place, ties)| {
            let contact = if place == 0 { &out } else { &contact };
            Identity { stored: vec![Stored { id: id(place), ties, earlier: &[], contact, windows: &[] }] }
        })
        .collect();
    People::among(&identities)
}

#[test]
fn a_no_crosses_a_chain_of_links_however_long() {
    let mut ties = vec![Ties::default(); CROWD];
    for (place, ties) in ties.iter_mut().enumerate().skip(1) {
        ties.linked = vec![(at(5), id(place - 1))];
    }
    assert!(people(&ties).now(CROWD - 1).everything_out().is_some());
}

#[test]
fn who_changes_numbers_again_and_again_is_one_person() {
    let mut ties = vec![Ties::default(); CROWD];
    for (place, ties) in ties.iter_mut().enumerate().skip(1) {
        ties.moved_from = vec![(at(i64::try_from(place).unwrap() + 5), id(place - 1))];
    }
    let people = people(&ties);
    assert!(people.now(CROWD - 1).everything_out().is_some());
    assert_eq!(people.handed_over(CROWD - 2).len(), 2, "to them, and from them");
}

/// Every user ID was seen with as many numbers as are kept, each at an instant of its own, and is linked with as many.
#[test]
fn everybody_is_everywhere() {
    let half = CROWD / 2;
    let mut ties = vec![Ties::default(); CROWD];
    for (user, ties) in ties.iter_mut().enumerate().skip(half) {
        for step in 0..TIES_MAX {
            let when = at(i64::try_from(step * half + user).unwrap());
            ties.numbers.push((when, id((user * 7 + step * 13) % half)));
            ties.linked.push((when, id((user + step) % CROWD)));
        }
    }
    let people = people(&ties);
    assert!(people.now(CROWD - 1).everything_out().is_some());
    assert!((0..half).map(|number| people.handed_over(number).len()).sum::<usize>() > CROWD);
}
