//! `quality` and `top` against a server that runs.

use std::{
    io::{Read as _, Write as _},
    process::{Command, Stdio},
    time::Duration,
};

use sendgate::grpc::pb::{
    self, DeliveryEventType as Type, policy_service_client::PolicyServiceClient,
    quality_service_client::QualityServiceClient,
};

use crate::harness::{
    process::{Ran, Served, program, run},
    say::{PERSON, SENDER, template},
    soon,
};

/// A server with a sender that is rated low, and one decision.
async fn served(folder: &tempfile::TempDir) -> Served {
    let served = Served::start(&folder.path().join("store.redb"), &[]);
    let mut quality = QualityServiceClient::connect(served.grpc.clone()).await.unwrap();
    for (happened, messages) in [(Type::Read, 0..200), (Type::Reported, 0..8)] {
        let event = |message: usize| pb::DeliveryEvent {
            message_id: format!("wamid.{message}"),
            r#type: happened.into(),
            template: "spring_sale".to_owned(),
            ..Default::default()
        };
        let request = pb::RecordDeliveryEventsRequest {
            sender: SENDER.to_owned(),
            events: messages.map(event).collect(),
        };
        soon(quality.record_delivery_events(request)).await.unwrap();
    }
    let mut policy = PolicyServiceClient::connect(served.grpc.clone()).await.unwrap();
    soon(policy.check_send(template(PERSON, pb::Category::Utility))).await.unwrap();
    served
}

async fn command(served: &Served, arguments: &[&str]) -> Ran {
    let all: Vec<String> =
        ["--endpoint", &served.grpc].iter().chain(arguments).map(|word| (*word).to_owned()).collect();
    let words = move || run(&all.iter().map(String::as_str).collect::<Vec<_>>());
    soon(tokio::task::spawn_blocking(words)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn quality_is_shown_for_people_and_for_programs() {
    let folder = tempfile::tempdir().unwrap();
    let served = served(&folder).await;
    let shown = command(&served, &["quality", SENDER]).await;
    assert_eq!(shown.code, Some(0), "{shown:?}");
    for part in ["rating     LOW since ", "spring_sale", "4.00 %", "by 6 hours, UTC", "at most 200"] {
        assert!(shown.out.contains(part), "{part}: {}", shown.out);
    }
    assert!(shown.out.is_ascii(), "in a pipe: {}", shown.out);
    let json = command(&served, &["quality", SENDER, "--json"]).await;
    let json: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(json["quality"]["rating"], "RATING_LOW");
    assert_eq!(json["history"].as_array().unwrap().len(), 29);
    let refused = command(&served, &["quality", "x y"]).await;
    assert_eq!(refused.code, Some(2));
    assert!(refused.err.contains("sender"), "{}", refused.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn top_prints_one_frame_for_scripts_and_where_there_is_no_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let served = served(&folder).await;
    for arguments in [["top", "--once"].as_slice(), &["top", "--sort", "rating"]] {
        let shown = command(&served, arguments).await;
        assert_eq!(shown.code, Some(0), "{shown:?}");
        let lines: Vec<_> = shown.out.lines().collect();
        assert!(lines[0].starts_with("sendgate ") && lines[0].ends_with("  ready"), "{}", shown.out);
        let row: Vec<_> = lines[4].split_whitespace().collect();
        assert_eq!(
            row,
            [
                SENDER,
                "LOW",
                "-",
                "0.0",
                "0.0",
                "200",
                "200",
                "200",
                "0",
                "8",
                "4.00",
                "%",
                "marketing",
                "is",
                "throttled",
                "to",
                "100"
            ],
            "{}",
            shown.out
        );
        assert!(!shown.out.contains('\u{1b}') && shown.out.is_ascii(), "{}", shown.out);
    }
    let refused = command(&served, &["top", "--json"]).await;
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(refused.err.contains("quality SENDER --json"), "{}", refused.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn decisions_a_second_are_counted_while_top_looks() {
    let folder = tempfile::tempdir().unwrap();
    let served = served(&folder).await;
    let mut policy = PolicyServiceClient::connect(served.grpc.clone()).await.unwrap();
    let asking = tokio::spawn(async move {
        while policy.check_send(template(PERSON, pb::Category::Utility)).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    let shown = command(&served, &["top", "--once", "--interval", "500ms"]).await;
    asking.abort();
    let row: Vec<_> = shown.out.lines().nth(4).unwrap().split_whitespace().collect();
    assert_eq!((row[3], row[4] == "0.0"), ("0.0", false), "{}", shown.out);
}

/// In a terminal, which `script` of util-linux makes.
#[tokio::test(flavor = "multi_thread")]
async fn in_a_terminal_top_draws_until_it_is_told_to_end_and_gives_the_terminal_back() {
    if Command::new("script").arg("--version").stdout(Stdio::null()).status().is_err() {
        eprintln!("left out: there is no `script` here, which makes a terminal");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let served = served(&folder).await;
    for end in ["q", "\u{3}", "TERM"] {
        let endpoint = served.grpc.clone();
        let drawn = tokio::task::spawn_blocking(move || in_terminal(&endpoint, end));
        let (code, drawn) = soon(drawn).await.unwrap();
        assert_eq!(code, Some(0), "{end:?}: {drawn}");
        let (taken, given_back) = ("\u{1b}[?1049h", "\u{1b}[?1049l");
        assert!(drawn.contains(taken) && drawn.contains(SENDER) && drawn.contains("LOW"), "{end:?}: {drawn}");
        assert!(
            drawn.trim_end().rsplit_once(given_back).is_some_and(|(_, rest)| !rest.contains(SENDER)),
            "{end:?}: {drawn}"
        );
    }
}

/// Runs `top` in a terminal, ends it once it shows a rating, and gives what it wrote.
fn in_terminal(endpoint: &str, end: &str) -> (Option<i32>, String) {
    let name = program(&[]).get_program().to_str().unwrap().to_owned();
    // The shell tells its own id, which is that of the program once it has become it.
    let typed = format!(
        "stty rows 30 cols 150; echo pid=$$.; exec {name} --endpoint {endpoint} top --interval 200ms"
    );
    let mut script = Command::new("script");
    script.args(["-qec", &typed, "/dev/null"]).env("TERM", "xterm").env("SHELL", "/bin/sh");
    let mut child = script.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let (mut keys, mut out) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let (mut drawn, mut bytes) = (String::new(), [0; 4096]);
    while !drawn.contains("LOW") {
        let read = out.read(&mut bytes).unwrap();
        assert!(read > 0, "it ended by itself: {drawn}");
        drawn.push_str(&String::from_utf8_lossy(&bytes[..read]));
    }
    if end == "TERM" {
        let (_, id) = drawn.split_once("pid=").unwrap();
        let (id, _) = id.split_once('.').unwrap();
        assert!(Command::new("kill").args(["-TERM", id]).status().unwrap().success());
    } else {
        keys.write_all(end.as_bytes()).unwrap();
    }
    let mut rest = Vec::new();
    out.read_to_end(&mut rest).unwrap();
    drawn.push_str(&String::from_utf8_lossy(&rest));
    drop(keys);
    (child.wait().unwrap().code(), drawn)
}
