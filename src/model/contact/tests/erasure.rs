//! What crosses to another identity, and what an erasure leaves.

use super::*;

fn has_opt_in(contact: &Contact) -> bool {
    contact.scopes.iter().any(|(_, registers)| registers.ins().next().is_some())
}

fn joined(one: &Contact, other: &Contact) -> Contact {
    let mut all = one.clone();
    all.join(other);
    all
}

fn refused(contact: &Contact) -> Vec<Scope> {
    contact.refused_scopes().cloned().collect()
}

proptest! {
    #[test]
    fn refusals_carry_no_opt_in_and_no_identity(contact in arbitrary::contacts()) {
        let refusals = contact.refusals();
        prop_assert!(!has_opt_in(&refusals));
        prop_assert_eq!(refusals.platform.resumed, None);
        prop_assert_eq!((refusals.prompt.accepted, refusals.prompt.sent()), (None, None));
        prop_assert_eq!((refusals.phone, refusals.user_ids.is_empty()), (None, true));
        prop_assert_eq!((refusals.hold_cleared, refusals.confirmed_in, refusals.known), (None, None, None));
    }

    #[test]
    fn refusals_said_at_another_instant_are_the_same_refusals(contact in arbitrary::contacts(), at in at()) {
        let refusals = Contact { told: Default::default(), confirmed_out: None, ..contact.refusals() };
        let restated = refusals.restated(at);
        prop_assert_eq!(refused(&restated), refused(&refusals));
        prop_assert_eq!(restated.first_refusal(), refusals.first_refusal().map(|_| at));
        let times = refusals.first_refusal().into_iter().all(|first| refusals.restated(first).first_refusal() == Some(first));
        prop_assert!(times);
    }

    #[test]
    fn refusals_carry_every_no_that_stands(contact in arbitrary::contacts()) {
        let mut other = Contact::default();
        other.join(&contact.refusals());
        for scope in refused(&contact) {
            prop_assert!(refused(&other).contains(&scope));
        }
        prop_assert!(contact.declines().eq(other.declines()));
        prop_assert!(contact.platform_stop().is_none() || other.platform_stop().is_some());
        prop_assert!(contact.hold().is_none() || other.hold().is_some());
    }

    #[test]
    fn an_erasure_keeps_exactly_the_refusals_that_stand(contact in arbitrary::contacts()) {
        let left = contact.erased(Time::MAX);
        prop_assert_eq!(refused(&left), refused(&contact));
        prop_assert_eq!(left.scopes.len(), refused(&contact).len());
        prop_assert!(left.declines().eq(contact.declines()));
        prop_assert_eq!(left.prompt.declined.len(), contact.declines().count());
        prop_assert_eq!(left.hold(), contact.hold());
        prop_assert_eq!(left.platform_stop(), contact.platform_stop());
    }

    #[test]
    fn an_erasure_keeps_no_opt_in_identity_proof_or_habit(contact in arbitrary::contacts(), at in at()) {
        let left = contact.erased(at);
        prop_assert!(!has_opt_in(&left));
        prop_assert_eq!((left.phone, left.user_ids.len()), (None, 0));
        prop_assert_eq!((&left.time_zone, &left.jurisdiction), (&None, &None));
        prop_assert_eq!((left.last_inbound, left.known, left.prompt.accepted), (None, None, None));
        // Nobody is asked, or tried with marketing, twice in a day because of it.
        prop_assert_eq!((left.cooled, left.prompt.sent()), (contact.cooled, contact.prompt.sent()));
        prop_assert!(left.prompt.recent.iter().all(|(_, id)| id.is_empty()) && left.prompt.recent.len() <= 1);
        prop_assert_eq!(left.reach, Reach::default());
        prop_assert_eq!(left.erased, Some(at));
    }

    #[test]
    fn an_erasure_keeps_every_block_that_stands_and_no_other(contact in arbitrary::contacts()) {
        let left = contact.erased(Time::MAX);
        let everything = contact.scopes.get(&Scope::Everything).copied().unwrap_or_default();
        for (sender, blocks) in contact.by_sender.iter() {
            let kept = left.by_sender.get(sender).copied().unwrap_or_default();
            let lifted = |at: &Time| everything.own_in.is_some_and(|opt_in| *at < opt_in.at);
            prop_assert_eq!(kept.blocked_by_user, blocks.blocked_by_user.filter(|at| !lifted(at)));
            prop_assert_eq!(kept.reported_by_user, blocks.reported_by_user.filter(|at| !lifted(at)));
            let lifted = |at: &Time| blocks.unblocked_by_business.is_some_and(|unblocked| *at < unblocked);
            prop_assert_eq!(kept.blocked_by_business, blocks.blocked_by_business.filter(|at| !lifted(at)));
            prop_assert_eq!((kept.unblocked_by_business, kept.window_closed), (None, None));
        }
    }

    #[test]
    fn a_part_that_is_erased_changes_nothing_that_refuses_anybody(
        one in arbitrary::contacts(),
        other in arbitrary::contacts(),
        link in at(),
    ) {
        let all = joined(&one, &other);
        let first_no = one.first_refusal().into_iter().chain(other.first_refusal()).min();
        let [one_left, other_left] = [&one, &other].map(|part| part.erased_among(Time::MAX, first_no));
        for now in [joined(&one_left, &other), joined(&one, &other_left), joined(&one_left, &other_left)] {
            prop_assert_eq!(now.refusals(), all.refusals());
            prop_assert_eq!(now.refusals_since(link), all.refusals_since(link));
            prop_assert_eq!(now.opt_out_confirmation_due(), all.opt_out_confirmation_due());
        }
        for (part, left) in [(&one, &one_left), (&other, &other_left)] {
            prop_assert_eq!(left.refusals_since(link), part.refusals_since(link));
            // And again.
            prop_assert_eq!(&left.erased_among(Time::MAX, first_no), left);
        }
    }

    #[test]
    fn a_part_that_is_erased_keeps_no_identity_proof_or_habit(
        contact in arbitrary::contacts(),
        at in at(),
        first_no in proptest::option::of(at()),
    ) {
        let left = contact.erased_among(at, first_no);
        for (_, opt_in) in left.scopes.iter().flat_map(|(_, registers)| registers.ins()) {
            prop_assert!(first_no.is_some_and(|no| no < opt_in.at) && opt_in.at <= at);
            prop_assert_eq!((opt_in.method(), opt_in.expires_at, opt_in.weak), (None, None, Weak::default()));
        }
        for category in Category::ALL {
            prop_assert_eq!(left.coverage(category, None, Time::EPOCH), Coverage::None);
        }
        prop_assert_eq!((left.phone, left.user_ids.len()), (None, 0));
        prop_assert_eq!((&left.time_zone, &left.jurisdiction), (&None, &None));
        prop_assert_eq!((left.last_inbound, left.known, left.prompt.accepted), (None, None, None));
        // Nobody is asked, or tried with marketing, twice in a day because of it.
        prop_assert_eq!((left.cooled, left.prompt.sent()), (contact.cooled, contact.prompt.sent()));
        prop_assert!(left.prompt.recent.iter().all(|(_, id)| id.is_empty()) && left.prompt.recent.len() <= 1);
        prop_assert_eq!((left.reach, left.erased), (Reach::default(), Some(at).max(contact.erased)));
    }

    #[test]
    fn no_opt_in_from_before_an_erasure_counts_after_it(contact in arbitrary::contacts(), at in at()) {
        let mut again = contact.erased(at);
        again.join(&contact);
        for category in Category::ALL {
            if let Coverage::Covered(_, opt_in) = again.coverage(category, None, Time::MAX) {
                prop_assert!(opt_in.at > at);
            }
        }
    }
}
