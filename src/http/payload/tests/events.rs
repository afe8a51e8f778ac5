//! Events of templates, accounts and numbers, and the effects of error codes.

use serde_json::{Value, json};

use super::{
    super::{
        IgnoredBecause, Limit, NumberEvent, Quality, Reason, Restriction, RestrictionKind, What, read,
        restricts,
    },
    NOW, at, only, refused, webhook,
};
use crate::model::{Category, Millis, Time};
use crate::policy::TemplateStatus;

const VALUE: &str = "/entry/0/changes/0/value";

/// A change about the template `welcome`.
fn template(field: &str, members: &Value) -> Value {
    let mut value = json!({"message_template_id": 278_077_987_957_091_i64, "message_template_name": "welcome",
        "message_template_language": "en-US"});
    for (name, member) in members.as_object().unwrap() {
        value[name] = member.clone();
    }
    webhook(field, &value)
}

fn status(members: &Value) -> What {
    only(&template("message_template_status_update", members))
}

fn ignored(why: IgnoredBecause) -> What {
    What::Ignored { why }
}

fn at_value(reason: Reason, member: &str) -> (Reason, String) {
    (reason, format!("{VALUE}/{member}"))
}

#[test]
fn every_event_of_a_template_is_told_apart_and_only_four_let_it_be_sent() {
    for (event, expected, sendable) in [
        ("APPROVED", TemplateStatus::Approved, true),
        ("ARCHIVED", TemplateStatus::Archived, false),
        ("DELETED", TemplateStatus::Deleted, false),
        ("DISABLED", TemplateStatus::Disabled, false),
        ("FLAGGED", TemplateStatus::Flagged, true),
        ("IN_APPEAL", TemplateStatus::InAppeal, false),
        ("LIMIT_EXCEEDED", TemplateStatus::LimitExceeded, false),
        ("LOCKED", TemplateStatus::Locked, false),
        ("PAUSED", TemplateStatus::Paused, false),
        ("PENDING", TemplateStatus::Pending, false),
        ("PENDING_DELETION", TemplateStatus::PendingDeletion, false),
        ("REINSTATED", TemplateStatus::Reinstated, true),
        ("REJECTED", TemplateStatus::Rejected, false),
        ("UNPAUSED", TemplateStatus::Unpaused, true),
    ] {
        let expected = What::TemplateStatus {
            name: "welcome".to_owned(),
            language: Some("en-US".to_owned()),
            status: expected,
            category: None,
            at: at(NOW),
        };
        assert_eq!(status(&json!({"event": event, "reason": null})), expected, "{event}");
        let What::TemplateStatus { status, .. } = expected else { panic!() };
        assert_eq!(status.is_sendable(), sendable, "{event}");
    }
    assert_eq!(status(&json!({"event": "POLISHED"})), ignored(IgnoredBecause::TemplateEvent));
}

#[test]
fn the_title_tells_a_pause_from_its_end() {
    for (event, title, expected) in [
        ("PAUSED", "FIRST_PAUSE", TemplateStatus::Paused),
        ("PAUSED", "SECOND_PAUSE", TemplateStatus::Paused),
        ("LOCKED", "RATE_LIMITING_PAUSE", TemplateStatus::Locked),
        ("LOCKED", "UNPAUSE", TemplateStatus::Unpaused),
        ("PAUSED", "UNPAUSE", TemplateStatus::Unpaused),
        ("PAUSED", "DISABLED", TemplateStatus::Disabled),
        ("DELETED", "UNPAUSE", TemplateStatus::Deleted),
    ] {
        let members = json!({"event": event, "other_info": {"title": title, "description": "d"}});
        let What::TemplateStatus { status, .. } = status(&members) else { panic!() };
        assert_eq!(status, expected, "{event} {title}");
    }
}

#[test]
fn an_approval_may_give_the_category() {
    let members = json!({"event": "APPROVED", "message_template_category": "UTILITY"});
    assert!(matches!(status(&members), What::TemplateStatus { category: Some(Category::Utility), .. }));
}

#[test]
fn the_quality_of_a_template_is_its_new_one() {
    for (score, quality) in [
        ("GREEN", Quality::Green),
        ("YELLOW", Quality::Yellow),
        ("RED", Quality::Red),
        ("UNKNOWN", Quality::Unknown),
    ] {
        let body = template(
            "message_template_quality_update",
            &json!({"previous_quality_score": "GREEN", "new_quality_score": score}),
        );
        let expected = What::TemplateQuality {
            name: "welcome".to_owned(),
            language: Some("en-US".to_owned()),
            quality,
            at: at(NOW),
        };
        assert_eq!(only(&body), expected);
    }
    let body = template("message_template_quality_update", &json!({}));
    assert_eq!(refused(&body), at_value(Reason::Missing, "new_quality_score"));
}

/// From when and to which category, of a change of category.
fn category(members: &Value) -> What {
    only(&template("template_category_update", members))
}

fn moved(category: Category, previous: Option<Category>, effective: i64) -> What {
    What::TemplateCategory {
        name: "welcome".to_owned(),
        language: Some("en-US".to_owned()),
        category,
        previous,
        effective_at: at(effective),
        at: at(NOW),
    }
}

#[test]
fn an_announced_change_of_category_is_not_one_of_today() {
    let announced = json!({"new_category": "UTILITY", "correct_category": "MARKETING", "category_update_timestamp": NOW + 500});
    assert_eq!(category(&announced), moved(Category::Marketing, Some(Category::Utility), NOW + 500));
    let without_moment = json!({"new_category": "UTILITY", "correct_category": "MARKETING"});
    let in_a_day = moved(Category::Marketing, Some(Category::Utility), NOW + Millis::days(1).get() / 1000);
    assert_eq!(category(&without_moment), in_a_day);
}

#[test]
fn a_change_of_category_that_has_happened_counts_from_then() {
    let done = json!({"previous_category": "UTILITY", "new_category": "MARKETING"});
    assert_eq!(category(&done), moved(Category::Marketing, Some(Category::Utility), NOW));
    assert_eq!(category(&json!({"new_category": "MARKETING"})), moved(Category::Marketing, None, NOW));
    let settled = json!({"new_category": "MARKETING", "correct_category": "MARKETING"});
    assert_eq!(category(&settled), moved(Category::Marketing, None, NOW));
    assert_eq!(category(&json!({"new_category": "OTP"})), ignored(IgnoredBecause::TemplateCategory));
    let body = template("template_category_update", &json!({}));
    assert_eq!(refused(&body), at_value(Reason::Missing, "new_category"));
}

fn account(value: &Value) -> What {
    only(&webhook("account_update", value))
}

#[test]
fn bans_and_their_end_are_told_apart() {
    let ban = |state: &str| json!({"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": state, "waba_ban_date": "March 1, 2026"}});
    assert_eq!(account(&ban("DISABLE")), What::AccountDisabled { at: at(NOW) });
    assert_eq!(account(&ban("REINSTATE")), What::AccountReinstated { at: at(NOW) });
    assert_eq!(account(&ban("SCHEDULE_FOR_DISABLE")), ignored(IgnoredBecause::DisableAnnounced));
    assert_eq!(account(&json!({"event": "ACCOUNT_DELETED"})), What::AccountDisabled { at: at(NOW) });
    assert_eq!(
        refused(&webhook("account_update", &ban("?"))),
        at_value(Reason::Malformed, "ban_info/waba_ban_state")
    );
    let bare = webhook("account_update", &json!({"event": "DISABLED_UPDATE"}));
    assert_eq!(refused(&bare), at_value(Reason::Missing, "ban_info"));
}

#[test]
fn restrictions_have_an_end_if_the_platform_gives_one() {
    let restricted = |kind: &str, end: Value| json!({"event": "ACCOUNT_RESTRICTION", "restriction_info": [{"restriction_type": kind, "expiration": end}]});
    let expected =
        |kind, until| What::AccountRestriction { restriction: Restriction { kind, until }, at: at(NOW) };
    assert_eq!(
        account(&restricted("RESTRICTED_CUSTOMER_INITIATED_MESSAGING", json!("1739400000"))),
        expected(RestrictionKind::CustomerInitiated, Some(at(1_739_400_000)))
    );
    assert_eq!(
        account(&restricted("RESTRICTED_BIZ_INITIATED_MESSAGING", json!(null))),
        expected(RestrictionKind::BizInitiated, None)
    );
    let lifted = json!({"event": "ACCOUNT_RESTRICTION", "restriction_info": []});
    assert_eq!(account(&lifted), ignored(IgnoredBecause::AccountEvent));
    assert_eq!(
        account(&restricted("RESTRICTED_BIZ_INITIATED_MESSAGING", json!("in a while"))),
        expected(RestrictionKind::BizInitiated, None),
        "restricted it is all the same"
    );
    let bare = webhook("account_update", &json!({"event": "ACCOUNT_RESTRICTION"}));
    assert_eq!(refused(&bare), at_value(Reason::Missing, "restriction_info"));
}

#[test]
fn a_restriction_that_cannot_be_read_costs_no_other() {
    let kind = "RESTRICTED_BIZ_INITIATED_MESSAGING";
    let value = json!({"event": "ACCOUNT_RESTRICTION",
        "restriction_info": [{"expiration": 1}, "?", {"restriction_type": kind}]});
    let delivery = read(webhook("account_update", &value).to_string().as_bytes()).unwrap();
    let restriction = Restriction { kind: RestrictionKind::BizInitiated, until: None };
    let whats: Vec<_> = delivery.items.into_iter().map(|item| item.what).collect();
    assert_eq!(whats, [What::AccountRestriction { restriction, at: at(NOW) }]);
    let at = |end: &str| format!("/entry/0/changes/0/value/restriction_info/{end}");
    let rejected: Vec<_> = delivery.rejected.into_iter().map(|it| (it.reason, it.path)).collect();
    assert_eq!(rejected, [(Reason::Missing, at("0/restriction_type")), (Reason::NotAnObject, at("1"))]);
}

/// Bodies without a time of the entry, and with one that nobody can read.
fn undated(mut body: Value) -> [Value; 2] {
    let mut illegible = body.clone();
    illegible["entry"][0]["time"] = json!("soon");
    body["entry"][0]["time"] = Value::Null;
    [body, illegible]
}

#[test]
fn what_forbids_counts_as_of_now_when_nobody_can_date_it_and_what_permits_does_not_count() {
    let status = |event: &str| {
        let members = json!({"event": event, "message_template_category": "UTILITY"});
        undated(template("message_template_status_update", &members))
    };
    for body in ["PAUSED", "REJECTED", "DISABLED"].map(status).into_iter().flatten() {
        let What::TemplateStatus { at, category, .. } = only(&body) else { panic!("{body}") };
        assert_eq!((at, category), (Time::MAX, None), "its category may ask for less");
    }
    let to = |members: Value| undated(template("template_category_update", &members));
    for body in [
        to(json!({"new_category": "MARKETING"})),
        to(json!({"new_category": "UTILITY", "correct_category": "MARKETING"})),
    ]
    .into_iter()
    .flatten()
    {
        let What::TemplateCategory { effective_at, at, category, .. } = only(&body) else { panic!("{body}") };
        assert_eq!((effective_at, at, category), (Time::MAX, Time::MAX, Category::Marketing));
    }
    let announced = |category: &str| json!({"new_category": "AUTHENTICATION", "correct_category": category, "category_update_timestamp": "soon"});
    let What::TemplateCategory { effective_at, .. } = category(&announced("MARKETING")) else { panic!() };
    assert_eq!(effective_at, Time::MAX);
    let ban =
        |state: &str| undated(webhook("account_update", &json!({"ban_info": {"waba_ban_state": state}})));
    let deleted = undated(webhook("account_update", &json!({"event": "ACCOUNT_DELETED"})));
    for body in ban("DISABLE").into_iter().chain(deleted) {
        assert_eq!(only(&body), What::AccountDisabled { at: Time::MAX });
    }
    let restriction =
        json!({"restriction_info": [{"restriction_type": "RESTRICTED_BIZ_INITIATED_MESSAGING"}]});
    for body in undated(webhook("account_update", &restriction)) {
        assert!(matches!(only(&body), What::AccountRestriction { at: Time::MAX, .. }));
    }
    let permits = [status("APPROVED"), status("REINSTATED"), status("UNPAUSED"), ban("REINSTATE")];
    for body in permits.into_iter().chain([to(json!({"new_category": "UTILITY"}))]).flatten() {
        assert_eq!(refused(&body).1, "/entry/0/time", "{body}");
    }
    let body = template("template_category_update", &announced("UTILITY"));
    assert_eq!(refused(&body), at_value(Reason::BadTime, "category_update_timestamp"));
}

#[test]
fn other_news_of_an_account_change_nothing() {
    for event in ["VERIFIED_ACCOUNT", "PARTNER_ADDED", "ACCOUNT_VIOLATION"] {
        assert_eq!(account(&json!({"event": event})), ignored(IgnoredBecause::AccountEvent));
    }
    assert_eq!(refused(&webhook("account_update", &json!({}))), at_value(Reason::Missing, "event"));
}

#[test]
fn every_event_of_a_number_is_told_apart() {
    for (event, expected) in [
        ("FLAGGED", NumberEvent::Flagged),
        ("UNFLAGGED", NumberEvent::Unflagged),
        ("UPGRADE", NumberEvent::Upgrade),
        ("DOWNGRADE", NumberEvent::Downgrade),
        ("ONBOARDING", NumberEvent::Onboarding),
        ("SURPRISE", NumberEvent::Other),
    ] {
        let value = json!({"display_phone_number": "15550783881", "event": event,
            "current_limit": "TIER_250", "max_daily_conversations_per_business": "TIER_2K"});
        let expected =
            What::NumberQuality { event: expected, limit: Some(Limit::People(2_000)), at: at(NOW) };
        assert_eq!(only(&webhook("phone_number_quality_update", &value)), expected);
    }
}

#[test]
fn higher_throughput_is_no_messaging_limit() {
    let value = json!({"event": "THROUGHPUT_UPGRADE", "current_limit": "TIER_UNLIMITED"});
    let expected = What::NumberQuality { event: NumberEvent::ThroughputUpgrade, limit: None, at: at(NOW) };
    assert_eq!(only(&webhook("phone_number_quality_update", &value)), expected);
}

#[test]
fn limits_are_numbers_or_names_of_tiers() {
    let field = "business_capability_update";
    for (written, limit) in [
        (json!(250), Limit::People(250)),
        (json!("2000"), Limit::People(2_000)),
        (json!(-1), Limit::Unlimited),
        (json!("TIER_50"), Limit::People(50)),
        (json!("TIER_1K"), Limit::People(1_000)),
        (json!("TIER_100K"), Limit::People(100_000)),
        (json!("TIER_UNLIMITED"), Limit::Unlimited),
        (json!("TIER_NOT_SET"), Limit::NotSet),
    ] {
        for name in ["max_daily_conversations_per_business", "max_daily_conversation_per_phone"] {
            let value = json!({name: written, "max_phone_numbers_per_waba": 25});
            assert_eq!(only(&webhook(field, &value)), What::Capability { limit, at: at(NOW) }, "{written}");
        }
    }
    for written in [json!("TIER_MANY"), json!("TIER_9999999K"), json!(-7), json!(1.5), json!([]), json!("")] {
        let body = webhook(field, &json!({"max_daily_conversations_per_business": written}));
        assert_eq!(
            refused(&body),
            at_value(Reason::Malformed, "max_daily_conversations_per_business"),
            "{written}"
        );
    }
    let others = webhook(field, &json!({"max_phone_numbers_per_waba": 25}));
    assert_eq!(only(&others), ignored(IgnoredBecause::NoMessagingLimit));
}

#[test]
fn events_without_a_plausible_time_are_rejected_at_the_entry() {
    for (time, reason) in [
        (json!(null), Reason::Missing),
        (json!(NOW * 1_000_000), Reason::BadTime),
        (json!("yesterday"), Reason::BadTime),
    ] {
        let mut body = webhook("account_update", &json!({"ban_info": {"waba_ban_state": "REINSTATE"}}));
        body["entry"][0]["time"] = time;
        assert_eq!(refused(&body), (reason, "/entry/0/time".to_owned()));
    }
}

#[test]
fn e06_three_codes_restrict_the_account() {
    for code in [131_048, 131_031, 368] {
        assert!(restricts(code), "{code}");
    }
    for code in [131_047, 131_050, 132_015, 4, 0, u32::MAX] {
        assert!(!restricts(code), "{code}");
    }
}
