//! Nothing of a person reaches the log, whatever happens.

use std::net::SocketAddr;

use serde_json::json;

use crate::{
    harness::{
        plain::{SECRET, send, signature},
        process::{Served, run},
    },
    webhook::{conversation, sample, text},
};

const NUMBERS: [&str; 4] = ["4915112345678", "5511987654321", "972987654321", "16505551234"];
const USER: &str = "US.13491208655302741918";

/// Everything the program can be asked, well and badly, with the numbers of people in it.
async fn busy_session(served: &Served) {
    let http: SocketAddr = served.http.parse().unwrap();
    let endpoint = served.grpc.as_str();
    for number in NUMBERS.into_iter().chain([USER]) {
        let who = json!({"sender": "15550001111", "recipient": number});
        for call in [
            "recordOptOut",
            "recordInbound",
            "recordConsent",
            "getContact",
            "listConsentHistory",
            "eraseContact",
            "checkSend",
        ] {
            send(http, &format!("POST /v1/{call}"), &[], who.to_string().as_bytes()).await;
        }
        let broken = format!("{{\"recipient\": \"{number}\", \"kind\": \"{number}\"");
        send(http, "POST /v1/checkSend", &[], broken.as_bytes()).await;
        send(http, &format!("GET /{number}"), &[], b"").await;
        let check = ["check", "15550001111", number, "--category", "utility", "--endpoint", endpoint];
        tokio::task::block_in_place(|| run(&check));
    }
    for name in ["messages_text_waid_and_bsuid", "user_preferences_signup", "statuses_failed_131047"] {
        let body = sample(name);
        send(http, "POST /webhooks/whatsapp", &[("x-hub-signature-256", &signature(SECRET, &body))], &body)
            .await;
        send(http, "POST /webhooks/whatsapp", &[("x-hub-signature-256", "sha256=00")], &body).await;
    }
    let odd = conversation(&json!({
        "messages": [text(NUMBERS[0], "wamid.1", 1_700_000_000, "STOP"), {"from": NUMBERS[1], "type": NUMBERS[2]}],
        NUMBERS[3]: [{"wa_id": NUMBERS[3]}],
    }))
    .to_string();
    let signed = signature(SECRET, odd.as_bytes());
    send(http, "POST /webhooks/whatsapp", &[("x-hub-signature-256", &signed)], odd.as_bytes()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_names_nobody_in_either_format() {
    for format in ["json", "text"] {
        let directory = tempfile::tempdir().unwrap();
        let secrets = "webhook.app_secrets=[first-secret, second-secret]";
        let more = ["--set", secrets, "--set", "log.level=trace", "--set", "webhook.verify_token=verify-me"];
        let served = Served::start_logging(&directory.path().join("store.redb"), format, &more);
        busy_session(&served).await;
        served.terminate();
        let (status, log) = served.ended();
        assert!(status.success(), "{log}");
        assert!(log.contains("is not genuine"), "the session was busy: {log}");
        for secret in NUMBERS.into_iter().chain([USER.split_at(3).1, SECRET, "second-secret", "verify-me"]) {
            // A part of a number names its owner nearly as well.
            let part = secret.get(3..11).unwrap_or(secret);
            assert!(!log.contains(part), "{format}: {part} in {log}");
        }
        match format {
            "json" => {
                let lines = log.lines().map(serde_json::from_str::<serde_json::Value>);
                assert!(
                    lines.into_iter().all(|line| line.is_ok_and(|line| line["level"].is_string())),
                    "{log}"
                );
            }
            _ => assert!(!log.contains('\u{1b}'), "no colours where nobody looks on: {log}"),
        }
    }
}
