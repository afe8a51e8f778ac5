//! Every kind of mistake, each with its path, its source and what is accepted.

use super::*;

fn mistakes(file: &str) -> Vec<(String, String)> {
    let Err(errors) = load_all(file, &[], &[]) else { return Vec::new() };
    let shown = |error: &ConfigError| (error.path.clone(), format!("{}; {}", error.wrong, error.accepted));
    errors.iter().map(shown).collect()
}

/// Asserts that a file has one mistake, at a path, with a message that says something.
#[track_caller]
pub(super) fn one(file: &str, path: &str, says: &str) {
    let found = mistakes(file);
    assert_eq!(found.len(), 1, "{file}\n{found:?}");
    assert_eq!(found[0].0, path, "{file}");
    assert!(found[0].1.contains(says), "{file}\n{}", found[0].1);
}

#[test]
fn a_file_with_six_mistakes_reports_these_six_with_their_lines() {
    let file = "grpc:
  lisen: 127.0.0.1:7070
log:
  level: loud
policy:
  window_margin: 5 parsecs
  shadow: [A99]
businesses:
  - id: acme
    names: [Acme]
    senders:
      - \"+15550001111\"
      - number: \"0123\"
      - id: \"15550001111\"
";
    let errors = load_all(file, &[], &[]).unwrap_err();
    let found: Vec<_> = errors.iter().map(|error| format!("{} {}", error.origin, error.path)).collect();
    assert_eq!(
        found,
        [
            "sendgate.yaml:2 grpc.lisen",
            "sendgate.yaml:4 log.level",
            "sendgate.yaml:6 policy.window_margin",
            "sendgate.yaml:7 policy.shadow[0]",
            "sendgate.yaml:13 businesses[0].senders[1].number",
            "sendgate.yaml:14 businesses[0].senders[2].id",
        ]
    );
    let shown = errors.to_string();
    assert!(shown.starts_with("6 mistakes in the configuration\n"), "{shown}");
    assert!(
        shown.contains(
            "  sendgate.yaml:2: grpc.lisen: is not a setting; did you mean `listen`?; accepted: `listen`"
        ),
        "{shown}"
    );
}

#[test]
fn mistakes_of_all_sources_come_together_and_name_their_source() {
    let env = [("SENDGATE_LOG_FORMAT", "xml"), ("SENDGATE_LOG_LEVLE", "info")];
    let flags = [("http.listen", "here"), ("http.port", "1")];
    let errors = load_all("cache: {contacts: 0}", &env, &flags).unwrap_err().to_string();
    for part in [
        "5 mistakes",
        "sendgate.yaml:1: cache.contacts: is `0`; accepted: a whole number from 1 to",
        "environment variable SENDGATE_LOG_FORMAT: log.format: is `xml`; accepted: `text`, `json`",
        "environment variable SENDGATE_LOG_LEVLE: belongs to no setting; did you mean `SENDGATE_LOG_LEVEL`?",
        "command line: http.listen: is `here`; accepted: an IP address and a port",
        "command line: http.port: is not a setting",
    ] {
        assert!(errors.contains(part), "{part}\n{errors}");
    }
}

#[test]
fn unknown_and_repeated_keys_are_mistakes() {
    one("listen: 1", "listen", "did you mean `grpc.listen`?");
    one("quux: 1", "quux", "is not a setting; `grpc`, `http`");
    one("log: {level: info, level: info}", "log.level", "is given twice");
    one(&business(", opt_in_prompt: {}", ""), "businesses[0].opt_in_prompt", "is not a setting");
    one("policy: {oops: 1}", "policy.oops", "is not a setting");
    one(
        &business("", ", policy: {contact_only: true}"),
        "businesses[0].senders[0].policy.contact_only",
        "`contacts_only`?",
    );
}

#[test]
fn syntax_errors_name_line_and_column_and_hide_nothing_of_the_environment() {
    let errors = load_all("log:\n  level: \"info\n", &[("SENDGATE_QUUX", "1")], &[]).unwrap_err();
    let shown = errors.to_string();
    assert!(shown.contains("sendgate.yaml:") && shown.contains("cannot be read as YAML"), "{shown}");
    assert_eq!(errors.iter().count(), 2, "{shown}");
    one("- a\n- b\n", "", "is a list; a map of `grpc`");
    one("hello", "", "is text; a map of `grpc`");
    let errors = load_all("", &[("SENDGATE_POLICY_SHADOW", "[A20")], &[]).unwrap_err().to_string();
    assert!(errors.contains("SENDGATE_POLICY_SHADOW: policy.shadow: cannot be read as YAML"), "{errors}");
}

#[test]
fn values_of_the_wrong_kind_say_what_is_accepted() {
    for (file, path, says) in [
        ("grpc: 7", "grpc", "is a number; a map of `listen`, `socket`, `tls`"),
        ("grpc: {listen: 7070}", "grpc.listen", "an IP address and a port"),
        ("grpc: {listen: 'localhost:7070'}", "grpc.listen", "or `none`"),
        ("grpc: {socket: ~/x}", "grpc.socket", "not expanded"),
        ("senders: {auto_register: yes}", "senders.auto_register", "is `yes`; `true` or `false`"),
        ("cache: {contacts: 1.5}", "cache.contacts", "is a number with a fraction"),
        ("cache: {contacts: -1}", "cache.contacts", "is `-1`"),
        ("cache: {memory: 1KiB}", "cache.memory", "is `1KiB`"),
        ("cache: {memory: 2000GiB}", "cache.memory", "is `2000GiB`"),
        ("limits: {request_bytes: 4MB}", "limits.request_bytes", "such as `4MiB`"),
        ("limits: {request_bytes: 1}", "limits.request_bytes", "from `1KiB` to `1GiB`"),
        ("limits: {request_bytes: 99999999999GiB}", "limits.request_bytes", "from `1KiB`"),
        ("shutdown: {grace: 10}", "shutdown.grace", "with its unit"),
        ("shutdown: {grace: 2h}", "shutdown.grace", "from `0s` to `1h`"),
        ("shutdown: {grace: 1ns}", "shutdown.grace", "with its unit"),
        ("policy: {window_margin: 24h}", "policy.window_margin", "to `23h`"),
        ("policy: {cool_off: 1h}", "policy.cool_off", "from `1day`"),
        ("policy: {opt_in_prompt: {again_after: 1h}}", "policy.opt_in_prompt.again_after", "from `1day`"),
        ("policy: {time_zone: Mars/Olympus}", "policy.time_zone", "an IANA time zone"),
        ("policy: {shadow: A20}", "policy.shadow", "is text; a list"),
        ("policy: {shadow: [A26]}", "policy.shadow[0]", "has no denial to put into shadow mode"),
        ("policy: {shadow: [X]}", "policy.shadow[0]", "is `X`, not a rule; `A02`, `A03`"),
        (
            "policy: {permitted_categories: [spam]}",
            "policy.permitted_categories[0]",
            "`marketing`, `utility`",
        ),
        ("policy: {window_covers_templates: [service]}", "policy.window_covers_templates[0]", "`marketing`"),
        ("policy: {quiet_hours: {start: '25:00', end: '08:00'}}", "policy.quiet_hours.start", "from `00:00`"),
        ("policy: {quiet_hours: {start: '21:00'}}", "policy.quiet_hours.end", "is missing; time of day"),
        (
            "policy: {quiet_hours: {start: '08:00', end: '08:00'}}",
            "policy.quiet_hours",
            "starts when it ends",
        ),
        (
            "policy: {marketing_pauses: [{country: BR, from: 2025-01-01}]}",
            "policy.marketing_pauses[0].country",
            "`US`",
        ),
        ("policy: {marketing_pauses: [{country: US}]}", "policy.marketing_pauses[0].from", "is missing"),
        (
            "policy: {marketing_pauses: [{country: US, from: 2025-13-01}]}",
            "policy.marketing_pauses[0].from",
            "or a date",
        ),
        ("policy: {jurisdictions: [{code: XX}]}", "policy.jurisdictions[0].code", "ISO 3166"),
        (
            "policy: {jurisdictions: [{code: BR, minimum_age: 999}]}",
            "policy.jurisdictions[0].minimum_age",
            "to 150",
        ),
        (
            "policy: {opt_in_prompt: {scope: {topics: ['a b']}}}",
            "policy.opt_in_prompt.scope.topics[0]",
            "1 to 64",
        ),
        ("policy: {frequency_caps: [{max: 0, per: 24h}]}", "policy.frequency_caps[0].max", "from 1 to 1000"),
        ("policy: {frequency_caps: [{max: 2}]}", "policy.frequency_caps[0].per", "is missing"),
        (
            "policy: {messaging_limit: lots}",
            "policy.messaging_limit",
            "`platform`, `none`, or a whole number",
        ),
        ("policy: {throughput: 0}", "policy.throughput", "from 1 to 10000; or `none`"),
        ("policy: {pair_rate: {burst: 0}}", "policy.pair_rate.burst", "from 1 to 1000"),
        ("policy: {quality: {low: stop}}", "policy.quality.low", "`nothing`, `throttle`, `pause`"),
        (
            "policy: {quality: {rating: {low_from: 3}}}",
            "policy.quality.rating.low_from",
            "such as `0.01` or `1%`",
        ),
        (
            "policy: {quality: {rating: {low_from: 0.5%}}}",
            "policy.quality.rating.low_from",
            "below `medium_from`",
        ),
        ("keywords: [{language: en, operation: stop, text: x}]", "keywords[0].operation", "`opt_out`"),
        ("keywords: [{language: en, operation: no}]", "keywords[0].text", "is missing"),
        ("keywords: [{language: en, operation: no, text: 7}]", "keywords[0].text", "in quotes"),
        ("log: {level: [info]}", "log.level", "is a list; `error`"),
    ] {
        one(file, path, says);
    }
}

#[test]
fn mistakes_in_secrets_never_show_them() {
    for (file, path) in [
        ("identity_key: hunter2", "identity_key"),
        ("identity_key: '222222'", "identity_key"),
        ("webhook: {verify_token: 222222}", "webhook.verify_token"),
        ("webhook: {verify_token: ''}", "webhook.verify_token"),
        ("webhook: {app_secrets: [222222]}", "webhook.app_secrets[0]"),
        ("webhook: {app_secrets: hunter2}", "webhook.app_secrets"),
        ("webhook: {app_secrets: [{hunter2: 222222}]}", "webhook.app_secrets[0]"),
        ("webhook: hunter2", "webhook"),
        ("webhook: {verify_token: *hunter2}", ""),
        ("webhook: {verify_token: !!int hunter2}", ""),
        ("webhook: {verify_token: !!float hunter2}", ""),
        ("webhook: {verify_token: !!bool hunter2}", ""),
        ("webhook: {verify_token: !!binary hunter2}", ""),
        ("webhook: {verify_token: !!map hunter2}", ""),
        ("webhook: {verify_token: !hunter2}", ""),
        ("webhook: {verify_token: !hunter2 222222}", ""),
        ("webhook: {verify_token: 222222e999}", "webhook.verify_token"),
        ("webhook: {verify_token: @hunter2}", ""),
        ("webhook: {verify_token: %hunter2}", ""),
        ("webhook: {verify_token: `hunter2}", ""),
        ("webhook: {verify_token: !hunter2!x y}", ""),
        ("webhook:\n  verify_token: \"\\hunter2\"", ""),
        ("webhook:\n  verify_token: hunter2: 3", ""),
        ("webhook:\n  verify_token: 'hunter2' x", ""),
        ("webhook:\n  verify_token: |hunter2", ""),
        ("webhook:\n  verify_token: |\n   a\n hunter2", ""),
        ("webhook:\n  verify_token:hunter2", "webhook"),
        ("webhook:\n\tverify_token: hunter2", ""),
        ("webhook: {<<: hunter2}", ""),
        ("webhook: {<<: [hunter2]}", ""),
        ("store: {url: 'redis://:hunter2@'}", "store.url"),
        ("store: {url: 'redis://:hunter2@h?db=1'}", "store.url"),
        ("store: {url: 'redis+cluster://:hunter2@h/3'}", "store.url"),
        ("store: {url: 'redis+sentinel://:hunter2@h'}", "store.url"),
        ("store: {url: 'postgres://:hunter2@h'}", "store.url"),
    ] {
        let found = mistakes(file);
        assert_eq!((found.len(), found[0].0.as_str()), (1, path), "{file}");
        assert!(!found[0].1.contains("hunter2") && !found[0].1.contains("222222"), "{}", found[0].1);
    }
    one("store: {url: 'redis+cluster://h/1'}", "store.url", "a cluster has only one");
    one("store: {url: 'redis+x://h'}", "store.url", "unknown scheme");
    one("store: {url: 'file:'}", "store.url", "names no file");
}

#[test]
fn settings_that_only_make_sense_together_are_checked_together() {
    one("grpc: {tls: {cert: a}}", "grpc.tls.key", "is missing");
    one("grpc: {tls: {client_ca: a, key: b}}", "grpc.tls.cert", "is missing");
    one("grpc: {listen: none, socket: s, tls: {cert: a, key: b}}", "grpc.tls.cert", "no port");
    one("grpc: {listen: none}", "grpc.listen", "there is no socket");
    one("grpc: {listen: '127.0.0.1:7071'}", "grpc.listen", "the same port");
    one("http: {listen: '0.0.0.0:7070'}", "http.listen", "the same port");
    assert!(mistakes("{http: {listen: '127.0.0.1:0'}, grpc: {listen: '127.0.0.1:0'}}").is_empty());
    one("deadlines: {request_default: 1m}", "deadlines.request_default", "longer than `request_max`");
    one("deadlines: {request_max: 1s}", "deadlines.request_max", "longer than `request_max`");
    one("webhook: {app_secrets: [s], allow_unsigned: true}", "webhook.allow_unsigned", "pass by");
    one(&format!("grpc: {{socket: /{}}}", "x".repeat(120)), "grpc.socket", "is too long");
    let pause = "policy: {marketing_pauses: [{country: US, from: 2025-04-01, until: 2025-04-01}]}";
    one(pause, "policy.marketing_pauses[0].until", "is not after `from`");
    one("policy: {opt_in_prompt: {enabled: true}}", "policy.opt_in_prompt.enabled", "without their wording");
}

#[test]
fn a_wording_missing_for_several_senders_is_one_mistake_where_prompts_were_enabled() {
    let senders = "senders: ['+15550001111', '+15550002222']";
    let enabled = "policy: {opt_in_prompt: {enabled: true}}";
    one(
        &format!("businesses: [{{id: a, names: [A], {senders}, {enabled}}}]"),
        "businesses[0].policy.opt_in_prompt.enabled",
        "wording",
    );
    let worded = ", policy: {opt_in_prompt: {disclosure_text: Yes?}}";
    assert!(
        mistakes(&format!("{enabled}\n{}", business("", worded))).is_empty(),
        "the sender has the wording"
    );
}

/// Accepting it would opt in to more than was said, and a refusal is no wording of a prompt.
#[test]
fn the_wording_of_a_prompt_names_what_its_acceptance_opts_in_to() {
    for (wording, fits) in [
        ("Receive order updates and offers on WhatsApp?", true),
        ("Receive order updates on WhatsApp?", false),
        ("I do not want to receive offers and order updates", false),
    ] {
        let text = format!(
            "policy: {{opt_in_prompt: {{enabled: true, disclosure_text: '{wording}', scope: {{categories: [utility, marketing]}}}}}}"
        );
        assert_eq!(mistakes(&text).is_empty(), fits, "{wording}");
        if !fits {
            one(&text, "policy.opt_in_prompt.enabled", "does not fit");
        }
    }
}

#[test]
fn ids_numbers_words_templates_and_jurisdictions_are_there_once() {
    let two =
        |a: &str, b: &str| format!("businesses: [{{id: a, names: [A], {a}}}, {{id: b, names: [B], {b}}}]");
    let (one_sender, other) = ("senders: ['+15550001111']", "senders: ['+15550002222']");
    assert!(mistakes(&two(one_sender, other)).is_empty());
    one(&two(one_sender, one_sender), "businesses[1].senders[0]", "`businesses[0].senders[0]` has already");
    one(&two(one_sender, "senders: [{id: 15550001111}]"), "businesses[1].senders[0].id", "has already");
    one(
        &two("senders: ['+5511987654321']", "senders: ['+551187654321']"),
        "businesses[1].senders[0]",
        "has already",
    );
    one(&two("senders: ['+15550001111', 15550001111]", other), "businesses[0].senders[1]", "has already");
    assert!(mistakes(&business("", ", id: 15550001111")).is_empty(), "one sender under two names");
    let same_id =
        format!("businesses: [{{id: a, names: [A], {one_sender}}}, {{id: a, names: [B], {other}}}]");
    one(&same_id, "businesses[1].id", "is `a`, which `businesses[0].id` has already");
    one(
        &two(&format!("previous_ids: [b], {one_sender}"), other),
        "businesses[0].previous_ids[0]",
        "`businesses[1].id`",
    );
    let word = "{language: en, operation: no, text: Nah}";
    one(&format!("keywords: [{word}, {word}]"), "keywords[1]", "adds `Nah` for a second time");
    let template = "{name: t, language: en, category: utility}";
    one(
        &business(&format!(", templates: [{template}, {template}]"), ""),
        "businesses[0].templates[1]",
        "`t` for a second time",
    );
    one(
        "policy: {jurisdictions: [{code: BR}, {code: BR}]}",
        "policy.jurisdictions[1].code",
        "`BR` for a second time",
    );
}

#[test]
fn a_business_needs_an_id_a_name_and_a_number() {
    let found = mistakes("businesses: [{}]");
    let paths: Vec<_> = found.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(paths, ["businesses[0].id", "businesses[0].names", "businesses[0].senders"]);
    let empty = mistakes("businesses: [{id: a, names: [], senders: []}]");
    assert!(empty.len() == 2 && empty.iter().all(|(_, text)| text.starts_with("is empty")), "{empty:?}");
    one(
        "businesses: [{id: 'a b', names: [A], senders: ['+15550001111']}]",
        "businesses[0].id",
        "1 to 64 characters",
    );
    one(
        "businesses: [{id: a, names: [A], senders: [{account: 1}]}]",
        "businesses[0].senders[0]",
        "neither `id` nor `number`",
    );
    one(
        "businesses: [{id: a, names: [A], senders: [12345678901234567]}]",
        "businesses[0].senders[0]",
        "stands under `id`",
    );
    one("businesses: [{id: a, names: [A], senders: [hello]}]", "businesses[0].senders[0]", "E.164");
    one(
        &business(", templates: [{name: t, language: en, category: service}]", ""),
        "businesses[0].templates[0].category",
        "`marketing`",
    );
    one(
        &business(", templates: [{name: t, language: en, category: utility, status: gone}]", ""),
        "businesses[0].templates[0].status",
        "`approved`",
    );
    one(&business("", ", account: abc"), "businesses[0].senders[0].account", "1 to 32 digits");
}

#[test]
fn variables_of_kubernetes_and_of_the_command_line_are_no_mistakes() {
    let env = [
        ("SENDGATE_SERVICE_HOST", "10.0.0.1"),
        ("SENDGATE_SERVICE_PORT_GRPC", "7070"),
        ("SENDGATE_PORT", "tcp://10.0.0.1:7070"),
        ("SENDGATE_PORT_7070_TCP_ADDR", "10.0.0.1"),
        ("SENDGATE_CONFIG", "x.yaml"),
        ("SENDGATE_ENDPOINT", "unix:s"),
        ("SENDER", "not ours"),
    ];
    assert!(load_all("", &env, &[]).is_ok());
    assert!(load_all("", &[("SENDGATE_PORT", "7070")], &[]).is_err());
}

#[test]
fn without_a_home_the_store_must_be_named() {
    let errors = Settings::load(None, [], &[]).unwrap_err();
    assert_eq!(errors.iter().map(|error| error.path.as_str()).collect::<Vec<_>>(), ["store.url"]);
    assert!(Settings::load(None, [], &[("store.url", "memory:".to_owned())]).is_ok());
}

#[test]
fn a_variable_inside_what_the_file_has_no_map_for_reports_the_file() {
    let errors = load_all("log: loud", &[("SENDGATE_LOG_LEVEL", "warn")], &[]).unwrap_err();
    assert_eq!(errors.to_string().lines().count(), 2, "{errors}");
    assert!(
        errors.to_string().contains("sendgate.yaml:1: log: is text; accepted: a map of `level`, `format`")
    );
}

#[test]
fn long_values_are_cut_and_control_characters_replaced() {
    let found = mistakes(&format!("log: {{level: \"a\\nb{}\"}}", "x".repeat(1000)));
    assert!(found[0].1.len() < 200 && !found[0].1.contains('\n'), "{found:?}");
}

#[test]
fn a_setting_repeated_in_the_file_is_reported_there_even_when_a_variable_wins() {
    let env = [("SENDGATE_LOG_LEVEL", "warn")];
    let errors = load_all("log:\n  level: info\n  level: debug\n", &env, &[]).unwrap_err();
    assert!(errors.to_string().contains("sendgate.yaml:3: log.level: is given twice"), "{errors}");
}
