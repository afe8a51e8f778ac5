//! What crosses to another identity, and what an erasure leaves.

use super::*;

fn has_opt_in(contact: &Contact) -> bool {
    contact.scopes.iter().any(|(_, registers)| registers.ins().next().is_some())
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
    fn refusals_carry_every_no_that_stands(contact in arbitrary::contacts()) {
        let mut other = Contact::default();
        other.join(&contact.refusals());
        for scope in refused(&contact) {
            prop_assert!(refused(&other).contains(&scope));
        }
        prop_assert!(contact.decline().is_none() || other.decline().is_some());
        prop_assert!(contact.platform_stop().is_none() || other.platform_stop().is_some());
        prop_assert!(contact.hold().is_none() || other.hold().is_some());
    }

    #[test]
    fn an_erasure_keeps_exactly_the_refusals_that_stand(contact in arbitrary::contacts()) {
        let left = contact.erased(Time::MAX);
        prop_assert_eq!(refused(&left), refused(&contact));
        prop_assert_eq!(left.scopes.len(), refused(&contact).len());
        prop_assert_eq!(left.decline(), contact.decline());
        prop_assert_eq!(left.prompt.declined, contact.decline());
        prop_assert_eq!(left.hold(), contact.hold());
        prop_assert_eq!(left.platform_stop(), contact.platform_stop());
    }

    #[test]
    fn an_erasure_keeps_no_opt_in_identity_proof_or_habit(contact in arbitrary::contacts(), at in at()) {
        let left = contact.erased(at);
        prop_assert!(!has_opt_in(&left));
        prop_assert_eq!((left.phone, left.user_ids.len()), (None, 0));
        prop_assert_eq!((&left.time_zone, &left.jurisdiction), (&None, &None));
        prop_assert_eq!((left.last_inbound, left.known, left.cooled), (None, None, None));
        prop_assert_eq!((left.prompt.sent(), left.prompt.accepted), (None, None));
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
    fn what_is_lifted_can_go_before_what_lifted_it(contact in arbitrary::contacts(), other in arbitrary::contacts()) {
        let mut all = contact.clone();
        all.join(&other);
        let (one, two) = (contact.without_lifted(&all), other.without_lifted(&all));
        let mut after = one.clone();
        after.join(&two);
        // Nothing that counts is another by that.
        prop_assert_eq!(after.refusals(), all.refusals());
        for half in [(&one, &other), (&contact, &two)] {
            let mut between = half.0.clone();
            between.join(half.1);
            prop_assert_eq!(between.refusals(), all.refusals());
        }
        // And what lifted it may go in either first.
        for (gone, left) in [(&one, &two), (&two, &one)] {
            let mut between = all.erased(Time::MAX);
            between.join(left);
            let again = between.refusals();
            prop_assert_eq!(again.scopes, all.refusals().scopes, "{:?}", gone);
        }
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
