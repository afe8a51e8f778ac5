//! What operators meet: defaults, precedence, levels of policy, and the report of mistakes.

mod documents;
mod mistakes;
mod store;

use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::{
    model::{Category, Millis},
    policy::{RuleId, Rules},
};

/// The environment of every test: somewhere to keep the store.
const HOME: (&str, &str) = ("HOME", "/home/op");

fn load_all(file: &str, env: &[(&str, &str)], flags: &[(&str, &str)]) -> Result<Settings, ConfigErrors> {
    let env = [HOME].iter().chain(env).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let flags: Vec<_> = flags.iter().map(|(path, value)| (*path, (*value).to_owned())).collect();
    Settings::load(Some((Path::new("sendgate.yaml"), file)), env, &flags)
}

fn load(file: &str) -> Settings {
    load_all(file, &[], &[]).unwrap_or_else(|errors| panic!("{errors}"))
}

/// A configuration of one business with one sender, with more settings of each.
fn business(business: &str, sender: &str) -> String {
    format!("businesses: [{{id: a, names: [A], senders: [{{number: '+15550001111'{sender}}}]{business}}}]")
}

#[test]
fn nothing_given_means_the_defaults() {
    let home = [(HOME.0.to_owned(), HOME.1.to_owned())];
    let settings = Settings::load(None, home, &[]).unwrap();
    assert_eq!(settings.grpc.listen.unwrap().to_string(), "127.0.0.1:7070");
    assert_eq!(settings.http.listen.to_string(), "127.0.0.1:7071");
    assert!(settings.grpc.socket.is_none() && settings.grpc.tls.is_none());
    let StoreUrl::File(path) = settings.store.url else { panic!("no file") };
    assert_eq!(path, Path::new("/home/op/.local/share/sendgate/sendgate.redb"));
    assert!(settings.identity_key.is_none() && settings.webhook.verify_token.is_none());
    assert_eq!((settings.cache.contacts, settings.cache.memory), (1_000_000, 512 << 20));
    assert_eq!(settings.webhook.body_bytes_max, 3 * 1024 * 1024);
    assert!(settings.webhook.app_secrets.is_empty() && !settings.webhook.allow_unsigned);
    assert_eq!(settings.limits.request_bytes, 4 * 1024 * 1024);
    assert_eq!((settings.limits.batch_recipients, settings.limits.concurrent_requests), (10_000, 1024));
    assert_eq!(settings.deadlines.request_default.as_millis(), 2_000);
    assert_eq!(settings.deadlines.request_max.as_secs(), 30);
    assert_eq!((settings.shutdown.grace.as_secs(), settings.shutdown.drain_delay.as_secs()), (10, 0));
    assert_eq!((settings.log.level, settings.log.format), (LogLevel::Info, LogFormat::Text));
    assert!(settings.senders.auto_register);
    assert!(settings.businesses.is_empty());
    assert_eq!(settings.senders.profile.rules, Rules::default());
    assert!(!settings.senders.profile.general_permission);
}

#[test]
fn a_file_left_empty_means_the_defaults_too() {
    for file in ["", "# nothing\n", "policy:\nbusinesses:\ngrpc:\n  listen:\n"] {
        assert_eq!(format!("{:?}", load(file)), format!("{:?}", load("{}")), "{file:?}");
    }
}

#[test]
fn the_environment_wins_over_the_file_and_a_flag_over_both() {
    let level = |file: &str, env: &[_], flags: &[_]| load_all(file, env, flags).unwrap().log.level;
    let (file, env, flag) = ("log: {level: error}", ("SENDGATE_LOG_LEVEL", "warn"), ("log.level", "debug"));
    assert_eq!(level(file, &[], &[]), LogLevel::Error);
    assert_eq!(level(file, &[env], &[]), LogLevel::Warn);
    assert_eq!(level(file, &[env], &[flag]), LogLevel::Debug);
    assert_eq!(level(file, &[], &[flag]), LogLevel::Debug);
    assert_eq!(level(file, &[("SENDGATE_LOG_LEVEL", "")], &[]), LogLevel::Error, "empty is not given");
}

#[test]
fn the_environment_gives_lists_and_maps_as_yaml_and_secrets_as_they_are() {
    let settings = load_all(
        "policy: {quiet_hours: none}",
        &[
            ("SENDGATE_POLICY_SHADOW", "[A20, a13]"),
            ("SENDGATE_POLICY_QUIET_HOURS", "{start: 21:00, end: 08:00}"),
            ("SENDGATE_POLICY_QUIET_HOURS_END", "07:30"),
            ("SENDGATE_WEBHOOK_APP_SECRETS", "0123456789"),
            ("SENDGATE_WEBHOOK_VERIFY_TOKEN", "1e5"),
            ("SENDGATE_BUSINESSES", "[{id: a, names: [A], senders: ['+15550001111']}]"),
            ("SENDGATE_SENDERS_AUTO_REGISTER", "true"),
            ("SENDGATE_GRPC_LISTEN", "none"),
            ("SENDGATE_GRPC_SOCKET", "/run/s.sock"),
        ],
        &[("store.url", "memory:"), ("policy.window_covers_templates", "utility")],
    )
    .unwrap();
    let rules = &settings.senders.profile.rules;
    assert_eq!(rules.shadow.iter().collect::<Vec<_>>(), [RuleId::A13, RuleId::A20]);
    let quiet = rules.quiet_hours.unwrap();
    assert_eq!((quiet.start_minute, quiet.end_minute), (21 * 60, 7 * 60 + 30));
    assert_eq!(rules.window_covers_templates, [Category::Utility]);
    assert_eq!(settings.webhook.app_secrets[0].reveal(), "0123456789");
    assert_eq!(settings.webhook.verify_token.unwrap().reveal(), "1e5");
    assert_eq!(settings.businesses.len(), 1);
    assert!(settings.senders.auto_register && settings.grpc.listen.is_none());
    assert!(matches!(settings.store.url, StoreUrl::Memory));
}

#[test]
fn listing_businesses_turns_auto_registration_off_unless_set() {
    assert!(!load(&business("", "")).senders.auto_register);
    assert!(load(&format!("{}\nsenders: {{auto_register: true}}", business("", ""))).senders.auto_register);
    assert!(!load("senders: {auto_register: false}").senders.auto_register);
    assert!(load("businesses: []").senders.auto_register);
}

#[test]
fn the_inner_level_wins_setting_by_setting() {
    let general = "policy: {reply_after_opt_out: true, window_margin: 1m, time_zone: UTC, shadow: [A20],
        quiet_hours: {start: '21:00', end: '08:00'}, opt_in_prompt: {disclosure_text: W, scope: {topics: [t]}}}";
    let of_business =
        ", policy: {window_margin: 2m, quiet_hours: {start: '22:00', end: '07:00'}, shadow: []}";
    let of_sender = ", policy: {window_margin: 3m, quiet_hours: none, time_zone: none,
        opt_in_prompt: {enabled: true, scope: {categories: [utility]}}}";
    let settings = load(&format!("{general}\n{}", business(of_business, of_sender)));
    let profile = &settings.businesses[0].senders[0].profile;
    assert!(profile.rules.reply_after_opt_out, "from the general level");
    assert_eq!(profile.rules.window_margin, Millis::seconds(180));
    assert!(profile.rules.shadow.is_empty() && profile.rules.quiet_hours.is_none());
    assert!(profile.rules.sender_zone.is_none() && profile.rules.opt_in_prompt);
    assert_eq!(profile.prompt.disclosure_text, "W");
    assert_eq!(profile.prompt.scope.scopes().len(), 2, "each half of the scope is a setting");
    let general = &settings.senders.profile;
    assert_eq!(general.rules.window_margin, Millis::seconds(60));
    assert!(general.rules.quiet_hours.is_some() && !general.rules.opt_in_prompt);
}

#[test]
fn words_add_up_over_the_levels_and_the_inner_meaning_of_one_wins() {
    let word =
        |operation: &str, text: &str| format!("[{{language: en, operation: {operation}, text: {text}}}]");
    let general = format!("keywords: {}", word("opt_out", "haltet"));
    let of_business = format!(", keywords: {}", word("yes", "sure"));
    let of_sender = format!(", keywords: {}", word("ambiguous", "HALTET"));
    let settings = load(&format!("{general}\n{}", business(&of_business, &of_sender)));
    let words = &settings.businesses[0].senders[0].profile.keywords;
    let said: Vec<_> = words.iter().map(|word| (word.text.as_str(), word.operation)).collect();
    assert_eq!(
        said,
        [("sure", crate::keywords::Operation::Yes), ("HALTET", crate::keywords::Operation::Ambiguous)]
    );
    assert_eq!(settings.senders.profile.keywords.len(), 1);
}

#[test]
fn a_word_that_is_no_keyword_is_a_mistake() {
    let word = |operation: &str, text: &str| {
        format!(
            "keywords: [{{language: en, operation: opt_out, text: haltet}}, {{language: en, operation: {operation}, text: '{text}'}}]"
        )
    };
    let long: String = (10..50).map(|n| format!("wort{n}x ")).collect();
    for (operation, text) in
        [("opt_out", "👎"), ("opt_out", "!!!"), ("opt_in", "stop"), ("opt_in", "haltet"), ("opt_out", &long)]
    {
        let text = format!("{}\n{}", word(operation, text), business("", ""));
        let mistakes = load_all(&text, &[], &[]).unwrap_err().to_string();
        assert!(mistakes.contains("keywords[1]"), "{mistakes}");
    }
}

#[test]
fn a_sender_is_a_number_or_a_map() {
    let file = "businesses: [{id: a, names: [A], senders: ['+1 555 000-1111', 15550002222, +15550003333,
        {id: 106540352242922, number: '+15550004444', account: 102290129340398}, {id: '777'}]}]";
    let settings = load(file);
    let senders: Vec<_> = settings.businesses[0].senders.iter().map(|settings| &settings.sender).collect();
    let shown =
        |at: usize| (senders[at].id.to_string(), senders[at].number.as_ref().map(ToString::to_string));
    assert_eq!(shown(0), ("15550001111".to_owned(), Some("15550001111".to_owned())));
    assert_eq!(shown(1).0, "15550002222");
    assert_eq!(shown(2).0, "15550003333");
    assert_eq!(shown(3), ("106540352242922".to_owned(), Some("15550004444".to_owned())));
    assert_eq!(senders[3].account.as_deref(), Some("102290129340398"));
    assert_eq!(shown(4), ("777".to_owned(), None));
}

#[test]
fn templates_and_jurisdictions_have_their_defaults() {
    let settings = load(&format!(
        "policy: {{jurisdictions: [{{code: US-CA}}]}}\n{}",
        business(", templates: [{name: t, language: en, category: utility}]", "")
    ));
    assert_eq!(settings.businesses[0].templates[0].status, crate::policy::TemplateStatus::Approved);
    let rules = settings.businesses[0].senders[0].profile.rules.jurisdiction("US-CA").unwrap().clone();
    assert!(!rules.double_opt_in && rules.minimum_age == 0 && rules.validity.is_none());
}

#[test]
fn durations_sizes_and_times_are_read_as_people_write_them() {
    let settings = load(
        "policy: {not_on_whatsapp_for: 1month, undeliverable_for: 0, marketing_pauses:
            [{country: us, from: '2025-04-01T00:00:00+02:00', until: 2026-01-01}]}
limits: {request_bytes: 2048}
webhook: {body_bytes_max: 64 KiB}
shutdown: {grace: 1m 30s}",
    );
    let rules = &settings.senders.profile.rules;
    assert_eq!(rules.undeliverable_for, Millis::ZERO);
    assert_eq!(rules.marketing_pauses[0].from.to_string(), "2025-03-31T22:00:00Z");
    assert_eq!(rules.marketing_pauses[0].until.unwrap().to_string(), "2026-01-01T00:00:00Z");
    assert_eq!((settings.limits.request_bytes, settings.webhook.body_bytes_max), (2048, 65_536));
    assert_eq!(settings.shutdown.grace.as_secs(), 90);
}

#[test]
fn debug_of_all_settings_shows_no_secret() {
    let settings = load(
        "identity_key: '00000000000000000000000000000000000000000000000000000000deadbeef'
webhook: {verify_token: hunter2, app_secrets: [hunter3]}",
    );
    let shown = format!("{settings:?}");
    assert!(!shown.contains("hunter") && !shown.contains("222"), "{shown}");
    assert_eq!(settings.identity_key.unwrap().reveal()[28..], [0xde, 0xad, 0xbe, 0xef]);
}

proptest! {
    #[test]
    fn arbitrary_text_never_panics(text in "\\PC*|[-\\[\\]{}:,#&*!|>'\"a-z0-9 \n]{0,200}") {
        let _ = load_all(&text, &[("SENDGATE_POLICY_SHADOW", &text), ("SENDGATE_LOG_LEVEL", &text)], &[("store.url", &text)]);
    }

    #[test]
    fn arbitrary_values_of_real_settings_never_panic(
        at in 0..1000_usize,
        value in "(none|-?[0-9]{1,25}|[0-9]{1,3}[a-zA-Z]{0,3}|\\[\\]|\\{\\}|[0-9:+.-]{1,12}|\\PC{0,12}|\\[[a-z:{} ,]{0,20}\\])",
    ) {
        let setting = settings().nth(at % settings().count()).unwrap();
        let _ = load_all(&documents::nested(setting.path, &value), &[], &[]);
    }
}
