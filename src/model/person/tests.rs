//! Who is one person and what counts for them: each sentence of the module's paragraph, and against an oracle that walks
//! through time with lists.

mod crowd;
mod oracle;
mod random;
mod village;

use village::{A, B, C, D, Fact, U, V, Village, W, at};

use super::*;
use crate::model::{
    Scope,
    contact::{PlatformFlag, SenderRegisters},
};
use village::{linked, moved, no, same, seen, yes};

/// Who is opted in to everything, by the letters of the identities, at the end.
fn opted_in(facts: &[Fact]) -> String {
    standing(facts, |contact| {
        let registers = contact.scopes.get(&Scope::Everything);
        registers.is_some_and(|r| r.own_in > None && contact.refused_scopes().next().is_none())
    })
}

/// Who is opted out of everything.
fn opted_out(facts: &[Fact]) -> String {
    standing(facts, |contact| contact.everything_out().is_some())
}

fn standing(facts: &[Fact], is: impl Fn(&Contact) -> bool) -> String {
    let village = Village::of(facts);
    let people = village.people();
    let mut names = String::new();
    for (place, name) in village.names().into_iter().enumerate() {
        if is(&people.now(place)) {
            names.push(name);
        }
    }
    names
}

#[test]
fn a_user_id_seen_with_a_number_is_the_person_who_held_the_number_then() {
    assert_eq!(opted_in(&[seen(U, A, 1), yes(A, 2)]), "AU");
    assert_eq!(opted_in(&[seen(U, A, 5), yes(A, 2)]), "AU", "before they were seen as well");
    assert_eq!(opted_in(&[seen(U, A, 1), seen(V, A, 1), yes(U, 3)]), "AUV", "one webhook names both");
}

#[test]
fn a_user_id_that_turns_up_where_another_was_is_somebody_else() {
    let facts = [seen(U, A, 1), yes(U, 2), seen(V, A, 5)];
    assert_eq!(opted_in(&facts), "U");
    assert_eq!(opted_in(&[facts[0], facts[1], facts[2], yes(V, 6)]), "AUV");
    assert_eq!(opted_out(&[seen(U, A, 1), no(A, 2), seen(V, A, 5), yes(A, 6)]), "U");
    // Until the first is there again.
    assert_eq!(opted_in(&[facts[0], facts[1], facts[2], seen(U, A, 9)]), "AU");
    // Unless they are known to be one.
    assert_eq!(opted_in(&[facts[0], facts[1], facts[2], same(U, V)]), "AUV");
}

#[test]
fn who_changes_to_a_number_is_not_who_had_it() {
    assert_eq!(opted_in(&[yes(B, 1), moved(A, B, 5)]), "");
    assert_eq!(opted_out(&[seen(V, B, 1), no(B, 2), moved(A, B, 5), yes(B, 6)]), "AV");
    // A user ID may change with the number: the first that is seen there is theirs.
    assert_eq!(opted_in(&[seen(U, A, 1), yes(A, 2), moved(A, B, 5), seen(V, B, 7)]), "BUV");
    assert_eq!(opted_in(&[yes(A, 2), moved(A, B, 5), seen(V, B, 7), seen(W, B, 8)]), "V");
    assert_eq!(
        opted_in(&[seen(U, A, 1), yes(A, 2), moved(A, B, 5), seen(U, B, 5)]),
        "BU",
        "at that very instant"
    );
    // Each of the business's numbers is told of the change.
    assert_eq!(opted_in(&[yes(A, 2), moved(A, B, 5), moved(A, B, 6), seen(V, B, 7)]), "BV");
}

#[test]
fn a_user_id_belongs_to_one_person_for_ever() {
    let left = [seen(U, A, 1), yes(U, 2), seen(U, B, 3), seen(U, C, 4)];
    assert_eq!(opted_in(&left), "CU");
    let village = Village::of(&left);
    assert_eq!(village.people().handed_over(village.place(U)), []);
}

#[test]
fn a_user_id_that_a_number_was_given_up_for_belongs_to_one_person_for_ever() {
    let facts = [seen(U, A, 1), seen(V, A, 5), moved(A, V, 5), seen(U, B, 10), yes(V, 20)];
    let village = Village::of(&facts);
    assert_eq!(village.people().handed_over(village.place(V)), []);
    assert_eq!(opted_in(&facts), "BUV");
}

#[test]
fn a_number_is_handed_over_when_its_holder_changes_to_another() {
    let facts = [yes(A, 1), moved(A, B, 5)];
    assert_eq!(opted_in(&facts), "B");
    assert_eq!(Village::of(&facts).people().handed_over(0), [at(5)]);
    assert_eq!(opted_in(&[yes(A, 1), moved(A, B, 5), yes(A, 6)]), "AB");
}

#[test]
fn a_number_is_handed_over_when_a_user_id_of_its_holder_is_seen_elsewhere() {
    assert_eq!(opted_in(&[seen(U, A, 1), yes(A, 2), seen(U, B, 3)]), "BU");
    assert_eq!(opted_in(&[seen(U, A, 1), yes(A, 2), seen(U, B, 3), yes(A, 4)]), "ABU");
    // Another user ID of theirs, known by the number, or as the same.
    assert_eq!(opted_in(&[seen(U, A, 1), seen(V, A, 1), yes(A, 3), seen(V, B, 4), seen(U, C, 5)]), "CUV");
    assert_eq!(opted_in(&[seen(U, A, 1), same(U, V), yes(A, 3), seen(V, B, 4), seen(U, C, 5)]), "CUV");
}

#[test]
fn who_was_seen_at_a_number_and_changed_to_another_is_not_seen_leaving_the_old_one_again() {
    let facts = [seen(U, A, 1), moved(A, B, 5), seen(U, C, 9)];
    let people = Village::of(&facts).people_of();
    assert_eq!(people.handed_over(0), [at(5)], "{people:?}");
    assert_eq!(people.handed_over(1), [at(5), at(9)]);
}

#[test]
fn a_change_told_with_the_user_id_of_before_is_one_of_that_user() {
    // One webhook names the old number with the user ID it had, the new one with the one it has, and the change.
    let told = [seen(U, A, 5), seen(V, B, 5), moved(A, B, 5), yes(A, 1)];
    assert_eq!(opted_in(&told), "BUV");
    assert_eq!(opted_out(&[no(A, 9), told[0], told[1], told[2], yes(A, 10)]), "BUV");
}

#[test]
fn who_changed_held_the_old_number_before_and_the_new_one_after() {
    assert_eq!(opted_in(&[yes(A, 1), moved(A, B, 5), moved(A, C, 9)]), "B");
    assert_eq!(opted_in(&[moved(A, B, 5), yes(A, 7), moved(A, C, 9)]), "C");
    assert_eq!(opted_in(&[yes(A, 1), moved(A, B, 5), moved(B, A, 9)]), "A");
    assert_eq!(opted_in(&[yes(A, 1), moved(A, B, 5), moved(B, C, 9)]), "C");
}

#[test]
fn the_last_word_of_a_person_wins_under_whichever_identity() {
    assert_eq!(opted_out(&[seen(U, A, 1), no(A, 2), yes(U, 3)]), "");
    assert_eq!(opted_out(&[seen(U, A, 1), yes(A, 2), no(U, 3)]), "AU");
    assert_eq!(opted_out(&[no(A, 2), moved(A, B, 5), yes(B, 6)]), "A");
}

#[test]
fn a_no_of_whoever_had_the_number_before_or_after_counts_and_a_yes_does_not() {
    assert_eq!(opted_out(&[moved(A, B, 5), no(A, 6)]), "AB");
    assert_eq!(opted_out(&[no(A, 4), moved(A, B, 5), yes(B, 6), yes(A, 7)]), "");
    assert_eq!(opted_out(&[no(B, 9), moved(A, B, 5), yes(A, 10)]), "B");
    assert_eq!(opted_in(&[yes(A, 4), moved(A, B, 5)]), "B");
    assert_eq!(opted_in(&[moved(A, B, 5), yes(A, 6)]), "A");
}

#[test]
fn a_no_crosses_what_the_business_says_and_a_yes_does_not() {
    assert_eq!(opted_out(&[linked(A, B, 5), no(A, 6)]), "AB");
    assert_eq!(opted_out(&[no(A, 1), linked(A, B, 5)]), "AB");
    assert_eq!(opted_out(&[linked(A, B, 5), linked(B, C, 6), no(A, 7), yes(A, 8)]), "BC");
    assert_eq!(opted_in(&[linked(A, B, 5), yes(A, 6)]), "A");
}

#[test]
fn what_was_lifted_before_the_doubt_arose_does_not_cross() {
    assert_eq!(opted_out(&[no(A, 1), yes(A, 2), linked(A, B, 5)]), "");
    assert_eq!(opted_out(&[no(A, 1), linked(A, B, 5), yes(A, 6)]), "B");
    assert_eq!(opted_out(&[no(A, 1), yes(A, 2), linked(A, B, 5), linked(B, C, 9), no(D, 9)]), "D");
    // By the way on which the latest doubt is the earliest.
    assert_eq!(opted_out(&[linked(A, B, 9), linked(A, C, 1), linked(C, B, 2), no(A, 4), yes(A, 6)]), "BC");
}

/// A limit: of the yeses of one person only the last is known, so that it may lift too late what an earlier one lifted.
#[test]
fn a_yes_repeated_after_the_doubt_arose_is_taken_for_the_first() {
    assert_eq!(opted_out(&[no(A, 1), yes(A, 2), linked(A, B, 5), yes(A, 9)]), "B");
}

#[test]
fn a_link_says_who_they_were_then() {
    let facts = [linked(A, B, 3), moved(A, C, 5), no(C, 6), yes(C, 7), yes(A, 8)];
    assert_eq!(opted_out(&facts), "B");
    assert_eq!(opted_out(&[moved(A, C, 5), linked(A, B, 8), no(B, 9), yes(A, 10)]), "BC");
}

#[test]
fn what_was_said_under_every_name_of_the_business_counts() {
    let (ties, out) = (Ties::default(), village::said(&[(at(3), village::What::Out)]));
    let (mine, old) = (Contact::default(), (ContactId([9; 16]), ContactId([8; 16])));
    let stored = |id, contact| Stored { id, ties: &ties, earlier: &[], contact, windows: &[] };
    let both = Identity { stored: vec![stored(old.0, &mine), stored(old.1, &out)] };
    assert!(People::among(&[both]).now(0).everything_out().is_some());
}

#[test]
fn windows_are_those_of_whoever_has_the_number() {
    let sender = SenderId::parse("1001").unwrap();
    let facts = [seen(U, A, 1), moved(A, B, 5)];
    let mut village = Village::of(&facts);
    village.wrote(A, &sender, at(3));
    village.wrote(A, &sender, at(6));
    village.wrote(U, &sender, at(4));
    let people = village.people();
    let place = |name| village.place(name);
    assert_eq!(people.windows(place(A)), [(sender.clone(), at(6))]);
    for name in [B, U] {
        assert_eq!(people.windows(place(name)), [(sender.clone(), at(4))]);
    }
    assert_eq!(people.windows_then(place(A), at(2)), [(sender, at(4))]);
}

#[test]
fn people_have_met_who_had_an_identity_at_any_time() {
    let village = Village::of(&[seen(U, A, 1), moved(A, B, 5), linked(C, A, 9)]);
    let people = village.people();
    let [a, b, c, u] = [A, B, C, U].map(|name| village.place(name));
    assert!(people.have_met(a, b, at(9)) && people.have_met(a, u, at(9)) && !people.have_met(b, a, at(9)));
    assert!(people.have_met(b, a, at(4)) && !people.have_met(c, a, at(9)));
    assert!(people.is_same(a, at(4), b) && !people.is_same(a, at(5), b));
    assert_eq!(people.earlier(a).len(), 1);
}

#[test]
fn what_is_stored_as_said_by_one_holder_stays_theirs() {
    let out = village::said(&[(at(9), village::What::Out)]);
    let parts = apart(&[(at(5), out.clone())], &Contact::default(), &[at(5)]);
    assert_eq!(parts, [out, Contact::default()], "though the time says otherwise");
}

#[test]
fn names_stay_with_the_identity_and_an_erasure_concerns_every_holder() {
    let named = Contact { erased: Some(at(7)), ..village::said(&[(at(3), village::What::Out)]) };
    let user = crate::model::UserId::parse("GB.1").unwrap();
    let named = Contact { user_ids: vec![user], platform: PlatformFlag::default(), ..named };
    let parts = apart(&[], &named, &[at(2), at(5)]);
    assert_eq!(parts.iter().map(|part| part.erased).collect::<Vec<_>>(), [Some(at(7)); 3]);
    assert_eq!(parts.iter().map(|part| part.user_ids.len()).collect::<Vec<_>>(), [0, 0, 1]);
    assert_eq!(
        parts.iter().map(|part| part.everything_out().is_some()).collect::<Vec<_>>(),
        [false, true, false]
    );
}

#[test]
fn a_block_is_a_no_and_its_end_is_not() {
    let sender = SenderId::parse("1001").unwrap();
    let registers = |facts: &[Fact]| {
        let village = Village::of(facts);
        village.people().now(1).by_sender.get(&sender).copied().unwrap_or_default()
    };
    let blocked = village::block(A, 3);
    let there = SenderRegisters { blocked_by_business: Some(at(3)), ..SenderRegisters::default() };
    assert_eq!(registers(&[linked(A, B, 1), blocked, village::unblock(A, 5)]), there);
    assert_eq!(registers(&[blocked, village::unblock(A, 4), linked(A, B, 5)]), SenderRegisters::default());
    assert!(standing(&[linked(A, B, 1), linked(V, W, 1)], |contact| !contact.is_unknown()).is_empty());
}
