//! Names of senders, configured and learned.

use std::sync::Arc;

use super::*;
use crate::{
    model::{BusinessId, SenderId},
    store::RegistryRow,
};

fn id(text: &str) -> SenderId {
    SenderId::parse(text).unwrap()
}

fn learned(rows: &[(&str, LearnedSender)]) -> Learned {
    let mut learned = Learned::default();
    for (name, sender) in rows {
        let value = serde_json::to_vec(sender).unwrap();
        learned.take(&RegistryRow { key: sender_key(&id(name)), version: 1, value }).unwrap();
    }
    learned
}

fn registered(business: &str) -> LearnedSender {
    LearnedSender { business: Some(business.to_owned()), ..LearnedSender::default() }
}

fn acme() -> Business {
    Business {
        id: BusinessId::parse("acme").unwrap(),
        names: vec!["Acme".to_owned()],
        previous_ids: Vec::new(),
        portfolio: None,
        senders: vec![SenderSettings {
            sender: Sender { id: id("1000000000001"), number: Some(id("15550001111")), account: None },
            profile: Profile::default(),
        }],
        templates: Vec::new(),
    }
}

#[test]
fn without_auto_registration_an_unknown_sender_is_nobody() {
    let directory = Directory::new(&[acme()], Profile::default(), false, Learned::default());
    assert!(directory.find(&id("15559998888")).is_none());
    assert!(directory.find(&id("15550001111")).is_some());
}

#[test]
fn a_configured_number_is_found_under_both_its_names() {
    let directory = Directory::new(&[acme()], Profile::default(), false, Learned::default());
    let by_id = directory.find(&id("1000000000001")).unwrap();
    let by_number = directory.find(&id("+1 555 000 1111")).unwrap();
    assert_eq!((&by_id.sender, &by_id.business), (&by_number.sender, &by_number.business));
}

#[test]
fn what_a_number_registered_as_before_it_was_configured_is_read_too() {
    let rows = [("15550001111", registered("15550001111"))];
    let directory = Directory::new(&[acme()], Profile::default(), false, learned(&rows));
    let profile = directory.find(&id("1000000000001")).unwrap();
    assert_eq!(profile.also, [BusinessId::parse("15550001111").unwrap()]);
}

#[test]
fn two_names_registered_apart_read_each_others_contacts_once_they_are_known_to_be_one() {
    let one = LearnedSender { number: Some("15550001111".to_owned()), ..registered("1000000000001") };
    let other = LearnedSender { same_as: Some("1000000000001".to_owned()), ..registered("15550001111") };
    let rows = [("1000000000001", one), ("15550001111", other)];
    let directory = Directory::new(&[], Profile::default(), true, learned(&rows));
    for name in ["1000000000001", "15550001111"] {
        let profile = directory.find(&id(name)).unwrap();
        assert_eq!(profile.business.as_str(), "1000000000001", "{name}");
        assert_eq!(profile.also, [BusinessId::parse("15550001111").unwrap()], "{name}");
    }
}

#[test]
fn a_later_word_of_the_platform_lifts_a_restriction_and_an_earlier_one_does_not() {
    let mut state = AccountState { business_initiated: Some((100, None)), ..AccountState::default() };
    assert!(state.restrictions().business_initiated.is_some());
    for at in [99, 100] {
        state.join(&AccountState { reinstated: Some(at), ..AccountState::default() });
        assert!(state.restrictions().business_initiated.is_some(), "at once it stays");
    }
    state.join(&AccountState { reinstated: Some(101), ..AccountState::default() });
    assert!(state.restrictions().business_initiated.is_none());
}

#[test]
fn a_message_that_was_refused_does_not_shorten_what_the_platform_said() {
    let told = AccountState { business_initiated: Some((100, Some(10_000))), ..AccountState::default() };
    let refused = AccountState { refused: Some((200, Some(300))), ..AccountState::default() };
    let end = |millis| Some(crate::policy::Until::Time(crate::model::Time::from_millis(millis).unwrap()));
    for (first, second) in [(&told, &refused), (&refused, &told)] {
        let mut state = first.clone();
        state.join(second);
        assert_eq!(state.restrictions().business_initiated, end(10_000));
        state.join(&AccountState { business_initiated: Some((150, Some(250))), ..AccountState::default() });
        assert_eq!(
            state.restrictions().business_initiated,
            end(300),
            "the platform's later word, and the refusal"
        );
        state.join(&AccountState { reinstated: Some(201), ..AccountState::default() });
        assert_eq!(state.restrictions().business_initiated, None);
    }
}

#[test]
fn of_two_words_of_one_second_the_one_that_forbids_counts() {
    let status =
        |word: &str| TemplateState { status: Some((100, word.to_owned())), ..TemplateState::default() };
    for (permits, forbids) in [("APPROVED", "PAUSED"), ("REINSTATED", "DISABLED"), ("FLAGGED", "DELETED")] {
        for (first, second) in [(permits, forbids), (forbids, permits)] {
            let mut state = status(first);
            state.join(&status(second));
            assert_eq!(state.status, Some((100, forbids.to_owned())));
        }
    }
}

#[test]
fn a_review_ends_in_the_second_in_which_it_began() {
    let status =
        |word: &str| TemplateState { status: Some((100, word.to_owned())), ..TemplateState::default() };
    for after in ["APPROVED", "REJECTED"] {
        for (first, second) in [("PENDING", after), (after, "PENDING")] {
            let mut state = status(first);
            state.join(&status(second));
            assert_eq!(state.status, Some((100, after.to_owned())));
        }
    }
}

/// What was said of a template's category, from when on; in whatever order it is told.
fn category_at(said: &[(i64, &str)], now: i64) -> Option<crate::model::Category> {
    let told = |said: &[(i64, &str)]| {
        let mut state = TemplateState::default();
        for (from, word) in said {
            let categories = vec![(*from, (*word).to_owned())];
            state.join(&TemplateState { categories, ..TemplateState::default() });
        }
        state
    };
    let backwards: Vec<_> = said.iter().rev().copied().collect();
    let state = told(said);
    assert_eq!(state, told(&backwards));
    let now = crate::model::Time::from_millis(now).unwrap();
    state.template(now).category.and_then(|known| known.at(now))
}

#[test]
fn an_announced_category_remembers_the_one_in_force() {
    use crate::model::Category::{Marketing, Utility};
    let announced = [(100, "utility"), (900_000, "marketing")];
    assert_eq!(category_at(&announced, 199), Some(Utility));
    assert_eq!(category_at(&announced, 900_000), Some(Marketing));
}

/// What was told of the languages of one template, without a word of which is asked about.
fn in_any_language(rows: &[(&str, &str, &str)]) -> crate::policy::Template {
    let mut told = learned(&[("15550001111", registered("15550001111"))]);
    for (language, status, category) in rows {
        let state = TemplateState {
            status: Some((1, (*status).to_owned())),
            categories: vec![(1, (*category).to_owned())],
            quality: None,
        };
        let (key, value) = (template_key("77", "news", language), serde_json::to_vec(&state).unwrap());
        told.take(&RegistryRow { key, version: 1, value }).unwrap();
    }
    let directory = Directory::new(&[], Profile::default(), true, told);
    let mut sender = directory.find(&id("15550001111")).unwrap().as_ref().clone();
    sender.sender.account = Some("77".to_owned());
    let name = crate::policy::TemplateName { name: "news".to_owned(), language: String::new() };
    let now = crate::model::Time::from_millis(2).unwrap();
    directory.template(&sender, &name, now).known.unwrap()
}

#[test]
fn without_a_language_the_category_that_asks_for_most_counts() {
    use crate::{model::Category::Marketing, policy::TemplateStatus};
    let rows = [("de", "APPROVED", "utility"), ("en", "PAUSED", "marketing"), ("fr", "APPROVED", "utility")];
    for rows in [rows, [rows[1], rows[0], rows[2]], [rows[2], rows[0], rows[1]]] {
        let template = in_any_language(&rows);
        assert!(template.status.is_some_and(TemplateStatus::is_sendable));
        assert_eq!(template.category.unwrap().after, Marketing, "{rows:?}");
    }
}

#[test]
fn a_category_counts_from_when_it_holds_whatever_was_announced() {
    use crate::model::Category::{Marketing, Utility};
    // Announced for 900, and happened at 300 already.
    let early = [(100, "utility"), (900, "marketing"), (300, "marketing")];
    assert_eq!(category_at(&early, 400), Some(Marketing));
    // Two words of one instant.
    assert_eq!(category_at(&[(100, "utility"), (100, "marketing")], 100), Some(Marketing));
    // Announced twice, not there yet.
    let twice = [(100, "marketing"), (500_000, "utility"), (600_000, "marketing")];
    assert_eq!(category_at(&twice, 200), Some(Marketing));
    // However many are announced, what is in force is not forgotten.
    let many: Vec<_> = (0..200).map(|n| (1_000_000_000 + n, "utility")).collect();
    let said: Vec<_> = std::iter::once((1, "marketing")).chain(many).collect();
    assert_eq!(category_at(&said, 2), Some(Marketing));
    // Moved back.
    assert_eq!(category_at(&[(100, "marketing"), (200, "utility")], 200), Some(Utility));
}

#[test]
fn a_row_that_cannot_be_read_is_named() {
    let mut learned = Learned::default();
    let row = RegistryRow { key: "weather\0today".to_owned(), version: 1, value: b"{}".to_vec() };
    let error = learned.take(&row).unwrap_err();
    assert_eq!(error, RowError(row.key));
    assert_eq!(error.to_string(), "registry row `weather/today` cannot be read");
}

#[test]
fn learned_one_by_one_in_any_order_is_what_is_learned_at_once() {
    use proptest::prelude::*;
    let name = || (0..8_u8).prop_map(|n| format!("100{n}"));
    let row = (name(), proptest::option::of(name()), proptest::option::of(name()), any::<bool>());
    let rows = proptest::collection::vec(row, 0..12);
    let configured = |n: &[(&str, Option<&str>)]| {
        let senders = n.iter().map(|(one, number)| SenderSettings {
            sender: Sender { id: id(one), number: number.map(id), account: None },
            profile: Profile::default(),
        });
        Business { senders: senders.collect(), ..acme() }
    };
    let businesses = [
        configured(&[("1000", Some("1001")), ("1002", None)]),
        Business { id: BusinessId::parse("other").unwrap(), ..configured(&[("1003", None)]) },
    ];
    proptest!(|(rows in rows, auto in any::<bool>())| {
        let new = |learned| Directory::new(&businesses, Profile::default(), auto, learned);
        let mut by_name: std::collections::BTreeMap<String, LearnedSender> = std::collections::BTreeMap::new();
        let mut step_by_step = new(Learned::default());
        for (version, (name, number, same_as, registers)) in (1..).zip(rows) {
            let business = registers.then(|| name.clone());
            let told = LearnedSender { business, number, same_as, ..LearnedSender::default() };
            let known = by_name.entry(name.clone()).or_default();
            known.join(&told);
            let value = serde_json::to_vec(known).unwrap();
            let row = RegistryRow { key: sender_key(&id(&name)), version, value };
            step_by_step = step_by_step.with_rows(&[row]).0;
        }
        let rows: Vec<_> = by_name.iter().map(|(name, row)| (name.as_str(), row.clone())).collect();
        let at_once = new(learned(&rows));
        for n in 0..8 {
            let shown = |directory: &Directory| directory.get(&format!("100{n}")).map(|profile| {
                let SenderProfile { sender, business, also, configured, .. } = &**profile;
                let mut also = also.clone();
                also.sort();
                (sender.clone(), business.clone(), also, *configured)
            });
            prop_assert_eq!(shown(&step_by_step), shown(&at_once), "100{}", n);
        }
    });
}

#[test]
fn a_row_that_comes_late_does_not_undo_a_newer_one() {
    let row = |version, business: &str| RegistryRow {
        key: sender_key(&id("15550001111")),
        version,
        value: serde_json::to_vec(&registered(business)).unwrap(),
    };
    let directory = Directory::new(&[], Profile::default(), true, Learned::default());
    let (directory, _) = directory.with_rows(&[row(2, "newer")]);
    let (directory, _) = directory.with_rows(&[row(1, "older")]);
    assert_eq!(directory.find(&id("15550001111")).unwrap().business.as_str(), "newer");
}

#[test]
fn senders_share_their_word_lists() {
    let other = Business { id: BusinessId::parse("other").unwrap(), ..acme() };
    let rows = [("15559998888", registered("15559998888"))];
    let directory = Directory::new(&[acme(), other], Profile::default(), true, learned(&rows));
    let lists: Vec<_> = directory.senders().iter().map(|sender| Arc::as_ptr(&sender.keywords)).collect();
    assert!(lists.len() > 1 && lists.iter().all(|list| *list == lists[0]), "{lists:?}");
}

#[test]
fn a_store_that_forgot_writes_is_believed_and_what_is_known_is_kept() {
    let row = |version: u64, status: &str, at: i64| {
        let state = TemplateState { status: Some((at, status.to_owned())), ..TemplateState::default() };
        let value = serde_json::to_vec(&state).unwrap();
        RegistryRow { key: template_key("77", "promo", "en"), version, value }
    };
    let mut learned = Learned::default();
    learned.take(&row(2, "APPROVED", 10)).unwrap();
    // After a failover that forgot the second write, somebody else wrote another second one.
    learned.take(&row(2, "PAUSED", 20)).unwrap();
    let (_, version, state) = &learned.template("77", "promo")[0];
    assert_eq!((*version, state.status.clone()), (2, Some((20, "PAUSED".to_owned()))));
    learned.take(&row(1, "PENDING", 5)).unwrap();
    let (_, version, state) = &learned.template("77", "promo")[0];
    assert_eq!((*version, state.status.clone()), (1, Some((20, "PAUSED".to_owned()))));
    learned.lost(&template_key("77", "promo", "en"));
    let (_, version, state) = &learned.template("77", "promo")[0];
    assert_eq!((*version, state.status.clone()), (0, Some((20, "PAUSED".to_owned()))));
}
