//! A delivery as a whole: repeated, partly bad, partly stored, for numbers nobody configured.

use sendgate::grpc::pb;
use serde_json::json;

use super::{NUMBER_ID, conversation, sample, text};
use crate::harness::{
    START, Server,
    plain::WEBHOOK,
    say::{reply, template},
    slow::Slow,
    until,
};

const NOW: i64 = START / 1000;

fn number(n: usize) -> String {
    format!("49151000{n:05}")
}

fn asked(recipient: &str) -> pb::CheckSendRequest {
    pb::CheckSendRequest { sender: NUMBER_ID.to_owned(), ..reply(recipient) }
}

/// Everything that is stored of a person, as far as the contract shows it.
async fn state(server: &Server, recipient: &str) -> (pb::Contact, Vec<pb::ConsentEntry>) {
    let contact = server.contact_of(NUMBER_ID, recipient).await;
    let request = pb::ListConsentHistoryRequest {
        sender: NUMBER_ID.to_owned(),
        recipient: recipient.to_owned(),
        ..Default::default()
    };
    (contact, server.consent().list_consent_history(request).await.unwrap().into_inner().entries)
}

#[tokio::test]
async fn a_redelivery_changes_nothing() {
    let server = Server::with(WEBHOOK).await;
    let messages = json!([
        text(&number(1), "wamid.1", NOW - 60, "hello"),
        text(&number(2), "wamid.2", NOW - 50, "STOP"),
        text(&number(3), "wamid.3", NOW - 40, "leave me alone"),
    ]);
    let preference =
        json!([{"wa_id": number(4), "category": "marketing_messages", "value": "stop", "timestamp": NOW}]);
    let failed = json!([{"id": "wamid.9", "status": "failed", "timestamp": NOW.to_string(),
        "recipient_id": number(5), "errors": [{"code": 131_050}]}]);
    let body =
        conversation(&json!({"messages": messages, "user_preferences": preference, "statuses": failed}));
    let body = body.to_string().into_bytes();
    assert_eq!(server.deliver(&body).await.status, 200);
    let mut first = Vec::new();
    for n in 1..=5 {
        first.push(state(&server, &number(n)).await);
    }
    assert!(first.iter().all(|(contact, _)| contact.known));
    for later in [1, 1000, 3_600_000] {
        server.turn_to(later);
        assert_eq!(server.deliver(&body).await.status, 200);
        for (n, before) in (1..=5).zip(&first) {
            assert_eq!(&state(&server, &number(n)).await, before, "person {n} after {later} ms");
        }
    }
}

#[tokio::test]
async fn one_bad_item_of_a_batch_costs_no_other() {
    let server = Server::with(WEBHOOK).await;
    let messages = json!([
        text(&number(1), "wamid.1", NOW, "STOP"),
        {"from": "nobody", "id": "wamid.2", "timestamp": "x", "type": "text"},
        17,
        {"from": number(2), "timestamp": NOW.to_string(), "type": "text", "text": {"body": "STOP"}},
        text(&number(3), "wamid.4", NOW + 86_400, "STOP"),
        text(&number(4), "wamid.5", 1_300_000_000, "STOP"),
        {"from": number(5), "id": "wamid.6", "timestamp": NOW, "type": "hologram", "hologram": {}},
        text(&number(6), "wamid.7", NOW, "STOP"),
    ]);
    let body = conversation(&json!({"messages": messages})).to_string();
    assert_eq!(server.deliver(body.as_bytes()).await.status, 200);
    // The second has no ID and could not be read, but it says "stop".
    for n in [1, 2, 3, 4, 6] {
        assert_eq!(server.reason(asked(&number(n))).await, pb::Reason::OptedOut, "person {n}");
    }
    assert!(super::malformed(&server).await > 0);
}

#[tokio::test]
async fn what_could_not_be_stored_is_not_acknowledged_and_what_was_stays() {
    let store = Slow::new();
    let server = Server::over(store.clone(), WEBHOOK).await;
    let messages: Vec<_> = (0..10).map(|n| text(&number(n), &format!("wamid.{n}"), NOW, "STOP")).collect();
    let body = conversation(&json!({"messages": messages})).to_string().into_bytes();
    store.fail_after(3);
    let answer = server.deliver(&body).await;
    assert_eq!(answer.status, 503, "{}", answer.body);
    assert_eq!(server.series("sendgate_webhook_deliveries_total{outcome=\"failed\"}").await, Some(1.0));
    let mut stored = Vec::new();
    for n in 0..10 {
        if server.reason(asked(&number(n))).await == pb::Reason::OptedOut {
            stored.push((n, state(&server, &number(n)).await));
        }
    }
    assert_eq!(stored.len(), 3);
    store.fail_after(usize::MAX);
    assert_eq!(server.deliver(&body).await.status, 200, "the platform sends it again");
    for n in 0..10 {
        assert_eq!(server.reason(asked(&number(n))).await, pb::Reason::OptedOut, "person {n}");
    }
    for (n, before) in stored {
        assert_eq!(state(&server, &number(n)).await, before, "stored once");
    }
}

#[tokio::test]
async fn people_of_one_delivery_do_not_wait_for_each_other() {
    let store = Slow::new();
    let server = Server::over(store.clone(), WEBHOOK).await;
    let messages: Vec<_> = (0..100).map(|n| text(&number(n), &format!("wamid.{n}"), NOW, "STOP")).collect();
    let body = conversation(&json!({"messages": messages})).to_string().into_bytes();
    store.hold(true);
    let (answer, ()) = tokio::join!(server.deliver(&body), async {
        until(|| async { store.waiting() == 64 }).await;
        store.hold(false);
    });
    assert_eq!(answer.status, 200);
    for n in 0..100 {
        assert_eq!(server.reason(asked(&number(n))).await, pb::Reason::OptedOut, "person {n}");
    }
}

/// Takes 9,000 people in and says how long it took; see docs/performance.md.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn nine_thousand_people_in_one_delivery() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::on(&directory.path().join("store.redb"), WEBHOOK).await;
    let messages: Vec<_> = (0..9000).map(|n| text(&number(n), &format!("wamid.{n}"), NOW, "STOP")).collect();
    let body = conversation(&json!({"messages": messages})).to_string().into_bytes();
    let started = std::time::Instant::now();
    let taken = crate::harness::plain::send_patiently(server.http(), &body).await;
    println!("{} bytes: {} after {:?}", body.len(), taken.status, started.elapsed());
}

#[tokio::test]
async fn a_store_that_is_away_acknowledges_nothing() {
    let store = Slow::new();
    let server = Server::over(store.clone(), WEBHOOK).await;
    store.fail(true);
    for name in ["messages_text_waid_and_bsuid", "user_preferences_signup", "account_update_restriction"] {
        assert_eq!(server.deliver(&sample(name)).await.status, 503, "{name}");
    }
    let ignored = conversation(&json!({"statuses": []})).to_string();
    assert_eq!(server.deliver(ignored.as_bytes()).await.status, 200, "nothing of it is to be stored");
}

#[tokio::test]
async fn an_opt_out_to_a_number_nobody_configured_holds_once_it_is() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store.redb");
    let of = |number: &str| {
        format!("{WEBHOOK}businesses: [{{id: acme, names: [Acme], senders: [{{id: '{number}'}}]}}]\n")
    };
    let person = number(1);
    let server = Server::on(&file, &of("999")).await;
    let body = conversation(&json!({"messages": [text(&person, "wamid.1", NOW, "STOP")]})).to_string();
    assert_eq!(server.deliver(body.as_bytes()).await.status, 200);
    assert_eq!(server.reason(asked(&person)).await, pb::Reason::UnknownSender);
    server.stop().await;

    let server = Server::on(&file, &of(NUMBER_ID)).await;
    let answer = server.ask(asked(&person)).await;
    assert_eq!(answer.reason(), pb::Reason::OptedOut, "{answer:?}");
    let contact = server.contact_of(NUMBER_ID, &person).await;
    assert_eq!(contact.business, "acme");
    assert!(contact.known, "and is shown: {contact:?}");
    assert_eq!(contact.scopes[0].status(), pb::ConsentStatus::OptedOut);
    server.stop().await;
}

#[tokio::test]
async fn the_number_on_the_page_and_its_id_are_one_sender() {
    let server = Server::with(WEBHOOK).await;
    let person = number(1);
    let body = conversation(&json!({"messages": [text(&person, "wamid.1", NOW, "hi")]})).to_string();
    assert_eq!(server.deliver(body.as_bytes()).await.status, 200);
    for sender in [NUMBER_ID, "15550783881", "+1 555 078-3881"] {
        let request = pb::CheckSendRequest { sender: sender.to_owned(), ..reply(&person) };
        assert_eq!(server.reason(request).await, pb::Reason::WindowOpen, "{sender}");
    }
    let stranger = pb::CheckSendRequest { sender: "15550783882".to_owned(), ..reply(&person) };
    assert_eq!(server.reason(stranger).await, pb::Reason::TemplateRequired);
}

/// With Redis away not even the tie between two names can be stored. The "no" is kept, and told before the delivery comes again.
#[tokio::test]
async fn a_stop_of_who_is_named_twice_is_journaled_while_redis_is_away() {
    let mut redis = crate::redis_server::RedisServer::start().await;
    let folder = tempfile::tempdir().unwrap();
    let journal = folder.path().join("journal").display().to_string();
    let server = Server::at(&redis.url(), &format!("{WEBHOOK}store: {{journal: '{journal}'}}\n")).await;
    let person = number(1);
    let said = |id: &str, words: &str| {
        let mut message = text(&person, id, NOW, words);
        message["from_user_id"] = json!("US.13491208655302741918");
        conversation(&json!({"messages": [message]})).to_string().into_bytes()
    };
    assert_eq!(server.deliver(&said("wamid.1", "hi")).await.status, 200);
    redis.kill();
    assert_eq!(server.deliver(&said("wamid.2", "STOP")).await.status, 503, "it has to come again");
    redis.restart().await;
    for name in [person.as_str(), "US.13491208655302741918"] {
        until(async || server.reason(asked(name)).await == pb::Reason::OptedOut).await;
    }
}

/// A "stop" that nobody can date is one all the same, and is of now; what permits needs its time.
#[tokio::test]
async fn a_stop_of_the_platform_without_a_legible_time_counts() {
    let server = Server::with(WEBHOOK).await;
    for (n, time) in [(1, json!("soon")), (2, json!(NOW * 1000)), (3, json!(null))] {
        let preference = json!([{"wa_id": number(n), "category": "marketing_messages", "value": "stop", "timestamp": time}]);
        let body = conversation(&json!({"user_preferences": preference})).to_string();
        assert_eq!(server.deliver(body.as_bytes()).await.status, 200);
        let marketing = pb::CheckSendRequest {
            sender: NUMBER_ID.to_owned(),
            ..template(&number(n), pb::Category::Marketing)
        };
        assert_eq!(server.reason(marketing).await, pb::Reason::CategoryOptedOut, "{time}");
    }
}

/// By a clock a little ahead of ours the platform tells of a permission, then of a refusal, and the permission again.
#[tokio::test]
async fn a_permission_dated_ahead_that_comes_again_lifts_no_later_refusal() {
    for permission in ["signup", "resume"] {
        let server = Server::with(WEBHOOK).await;
        let person = number(1);
        let told = |value: &str, time: i64| {
            let preference = json!([{"wa_id": person, "category": "marketing_messages", "value": value,
                "signup_id": "7", "timestamp": time}]);
            conversation(&json!({"user_preferences": preference})).to_string()
        };
        let marketing = || pb::CheckSendRequest {
            sender: NUMBER_ID.to_owned(),
            ..template(&person, pb::Category::Marketing)
        };
        assert_eq!(server.deliver(told("signup", NOW - 9).as_bytes()).await.status, 200);
        for seconds in [0, 2, 70] {
            server.turn_to(NOW * 1000 + seconds * 1000 - START);
            for (value, time) in [(permission, NOW + 60), ("stop", NOW + 61), (permission, NOW + 60)] {
                assert_eq!(server.deliver(told(value, time).as_bytes()).await.status, 200);
            }
            assert_eq!(
                server.reason(marketing()).await,
                pb::Reason::CategoryOptedOut,
                "{permission} {seconds}"
            );
        }
    }
}

/// A server with an account, and somebody in a window.
async fn with_an_account() -> (Server, String) {
    let yaml = format!(
        "{WEBHOOK}businesses: [{{id: acme, names: [Acme], senders: [{{id: '{NUMBER_ID}', account: '102290129340398'}}]}}]"
    );
    let server = Server::with(&yaml).await;
    let person = number(1);
    let wrote = conversation(&json!({"messages": [text(&person, "wamid.1", NOW, "hi")]})).to_string();
    assert_eq!(server.deliver(wrote.as_bytes()).await.status, 200);
    assert_eq!(server.reason(asked(&person)).await, pb::Reason::WindowOpen);
    (server, person)
}

/// What the platform says of the account's state.
async fn told(server: &Server, state: &str, at: i64) {
    let value =
        json!({"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": state, "waba_ban_date": "x"}});
    let body = json!({"object": "whatsapp_business_account", "entry": [{"id": "102290129340398", "time": at,
        "changes": [{"field": "account_update", "value": value}]}]});
    assert_eq!(server.deliver(body.to_string().as_bytes()).await.status, 200);
}

/// A reinstatement dated a year ahead would outlive every later word against the account.
#[tokio::test]
async fn a_reinstatement_dated_far_ahead_is_not_taken() {
    let (server, person) = with_an_account().await;
    told(&server, "DISABLE", NOW - 9).await;
    told(&server, "REINSTATE", NOW + 365 * 86_400).await;
    assert_eq!(server.reason(asked(&person)).await, pb::Reason::SenderRestricted);
    // A little ahead it is taken, and is the same when it comes again after the next word.
    for (state, at) in [("REINSTATE", NOW + 60), ("DISABLE", NOW + 61), ("REINSTATE", NOW + 60)] {
        told(&server, state, at).await;
    }
    assert_eq!(server.reason(asked(&person)).await, pb::Reason::SenderRestricted);
}

#[tokio::test]
async fn a_disabled_account_stops_everything_until_it_is_reinstated() {
    let (server, person) = with_an_account().await;
    told(&server, "DISABLE", NOW - 2).await;
    let answer = server.ask(asked(&person)).await;
    assert_eq!((answer.reason(), answer.retry_at), (pb::Reason::SenderRestricted, None));
    let marketing =
        pb::CheckSendRequest { sender: NUMBER_ID.to_owned(), ..template(&person, pb::Category::Utility) };
    assert_eq!(server.reason(marketing).await, pb::Reason::SenderRestricted);
    told(&server, "REINSTATE", NOW - 1).await;
    assert_eq!(server.reason(asked(&person)).await, pb::Reason::WindowOpen);
}
