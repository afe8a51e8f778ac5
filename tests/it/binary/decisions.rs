//! The decision log of the real program: every decision once, through whichever door, and nobody's number.

use std::{collections::BTreeSet, fs, net::SocketAddr, path::Path, process::Command};

use sendgate::grpc::pb::{self, policy_service_client::PolicyServiceClient};
use serde_json::{Value, json};
use tokio_stream::StreamExt as _;
use tonic::transport::Channel;

use crate::harness::{
    plain,
    process::{Served, run},
    say::{PERSON, SENDER, template},
    soon,
};

const OTHER: &str = "5511987654321";
/// What waits for the writer at most.
const QUEUE: usize = 16_384;

async fn policy(served: &Served) -> PolicyServiceClient<Channel> {
    PolicyServiceClient::connect(served.grpc.clone()).await.unwrap()
}

fn serve(folder: &Path, to: &str, more: &[&str]) -> Served {
    let to = format!("decision_log.to={to}");
    let mut arguments = vec!["--set", &to];
    arguments.extend(more);
    Served::start(&folder.join("store.redb"), &arguments)
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn batch(recipients: usize) -> pb::CheckSendBatchRequest {
    pb::CheckSendBatchRequest {
        sender: SENDER.to_owned(),
        recipients: (0..recipients).map(|n| format!("49151{n:08}")).collect(),
        category: pb::Category::Utility.into(),
        kind: pb::MessageKind::Template.into(),
        ..Default::default()
    }
}

async fn series(served: &Served, outcome: &str) -> usize {
    let address: SocketAddr = served.http.parse().unwrap();
    let page = plain::send(address, "GET /metrics", &[], b"").await.body;
    let name = format!("sendgate_decision_log_lines_total{{outcome=\"{outcome}\"}} ");
    page.lines().find_map(|line| line.strip_prefix(&name)).unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_decision_is_logged_once_through_whichever_door_and_sigterm_loses_none() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("decisions.jsonl");
    let served = serve(folder.path(), &format!("file:{}", path.display()), &[]);
    let mut policy = policy(&served).await;
    // One of each door: 1 + 3 of a batch (a fourth is malformed) + 2 of a stream + 1 + 1.
    soon(policy.check_send(template(PERSON, pb::Category::Marketing))).await.unwrap();
    let mut three = batch(3);
    three.recipients.push("nobody".to_owned());
    soon(policy.check_send_batch(three)).await.unwrap();
    let item = |person: &str| pb::StreamCheckSendRequest {
        sender: SENDER.to_owned(),
        recipient: person.to_owned(),
        category: pb::Category::Utility.into(),
        kind: pb::MessageKind::Template.into(),
        ..Default::default()
    };
    let asked = tokio_stream::iter([item(PERSON), item(OTHER)]);
    let answers = soon(policy.stream_check_send(asked)).await.unwrap().into_inner();
    assert_eq!(soon(answers.collect::<Vec<_>>()).await.len(), 2);
    let body = json!({"sender": SENDER, "recipient": PERSON, "category": "CATEGORY_UTILITY", "kind": "MESSAGE_KIND_TEMPLATE", "topic": "orders"});
    let address = served.http.parse().unwrap();
    let answer = plain::send(
        address,
        "POST /v1/checkSend",
        &[("content-type", "application/json")],
        body.to_string().as_bytes(),
    )
    .await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let asked = run(&["--endpoint", &served.grpc, "check", SENDER, PERSON, "--category", "utility"]);
    assert_eq!(asked.code, Some(1), "{}", asked.err);
    // Many at the last moment, of the same people again.
    let mut last = batch(10_000);
    last.recipients.iter_mut().for_each(|person| PERSON.clone_into(person));
    soon(policy.check_send_batch(last)).await.unwrap();
    drop(policy);
    served.terminate();
    let (status, log) = served.ended();
    assert_eq!(status.code(), Some(0), "{log}");

    let text = fs::read_to_string(&path).unwrap();
    let mut lines = lines(&text);
    assert_eq!(lines.len(), 10_008);
    let late = lines.split_off(8);
    assert!(late.iter().all(|line| line["contact"] == lines[0]["contact"]));
    let ids: BTreeSet<_> = lines.iter().map(|line| line["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 8);
    for number in [PERSON, OTHER, "+49151", "4915100000001"] {
        assert!(!text.contains(number), "{number}");
    }
    // One person, one pseudonym, which the revision begins with.
    let people: BTreeSet<_> = lines.iter().map(|line| line["contact"].as_str().unwrap()).collect();
    assert_eq!(people.len(), 5);
    let policies: BTreeSet<_> = lines.iter().map(|line| line["policy"].as_str().unwrap()).collect();
    assert_eq!(policies.len(), 1);
    assert_eq!(lines.iter().filter(|line| line["topic"] == "orders").count(), 1);
    for line in &lines {
        assert_eq!(
            (line["reason"].as_str(), line["rule"].as_str()),
            (Some("NO_OPT_IN"), Some("A14")),
            "{line}"
        );
        assert_eq!(line["sender"], SENDER);
        assert!(line["revision"].is_string() && line["time"].as_str().unwrap().ends_with('Z'), "{line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_is_not_read_is_dropped_and_counted_and_holds_nobody_up() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    // Nobody reads it: whoever opens it to write waits.
    let served = serve(folder.path(), &format!("file:{}", pipe.display()), &[]);
    let mut policy = policy(&served).await;
    for _ in 0..3 {
        let answer = soon(policy.check_send_batch(batch(10_000))).await.unwrap().into_inner();
        assert_eq!(answer.results.len(), 10_000);
    }
    assert_eq!(series(&served, "dropped").await, 30_000 - QUEUE);
    assert_eq!(series(&served, "written").await, 0);
    drop(policy);
    served.terminate();
    let (status, log) = tokio::task::spawn_blocking(move || served.ended()).await.unwrap();
    assert_eq!(status.code(), Some(0), "{log}");
    assert!(log.contains("not all decisions could be logged"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_cannot_be_written_is_told_once_and_stops_no_check() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("nowhere").join("decisions.jsonl");
    let mut served = serve(folder.path(), &format!("file:{}", path.display()), &[]);
    let mut policy = policy(&served).await;
    for _ in 0..50 {
        let answer = soon(policy.check_send(template(PERSON, pb::Category::Utility))).await.unwrap();
        assert_eq!(answer.into_inner().reason(), pb::Reason::NoOptIn);
    }
    crate::harness::until(|| async { series(&served, "failed").await == 50 }).await;
    assert_eq!(served.said().matches("cannot be logged").count(), 1, "{}", served.said());
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_put_aside_and_together_have_every_line_that_still_fits() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log").join("d");
    fs::create_dir(path.parent().unwrap()).unwrap();
    let more = ["--set", "decision_log.file_bytes=1MiB", "--set", "decision_log.older_files=2"];
    let served = serve(folder.path(), &format!("file:{}", path.display()), &more);
    let mut policy = policy(&served).await;
    for _ in 0..2 {
        soon(policy.check_send_batch(batch(10_000))).await.unwrap();
        // The queue is shorter than both together.
        crate::harness::until(|| async { series(&served, "written").await % 10_000 == 0 }).await;
    }
    assert_eq!((series(&served, "written").await, series(&served, "dropped").await), (20_000, 0));
    let mut numbers = Vec::new();
    for name in ["d.2", "d.1", "d"] {
        let text = fs::read_to_string(path.with_file_name(name)).unwrap();
        assert!(text.len() <= 1 << 20, "{name}: {}", text.len());
        let number =
            |line: &Value| line["id"].as_str().unwrap().rsplit_once('-').unwrap().1.parse::<usize>().unwrap();
        numbers.extend(lines(&text).iter().map(number));
    }
    assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 3);
    // The last ones, in order, none missing.
    let first = numbers[0];
    assert_eq!(numbers, (first..20_000).collect::<Vec<_>>());
    assert!(first > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn standard_output_has_the_decisions_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let mut served = serve(folder.path(), "stdout", &["--set", "decision_log.sample_ratio=0"]);
    let mut policy = policy(&served).await;
    soon(policy.check_send(template(PERSON, pb::Category::Utility))).await.unwrap();
    // While it runs, and not only at its end.
    crate::harness::until(|| async { series(&served, "written").await == 1 }).await;
    drop(policy);
    served.terminate();
    let out = served.out();
    let [line] = lines(&out).try_into().unwrap_or_else(|_| panic!("one line, a denial: {out}"));
    assert_eq!((line["decision"].as_str(), line["sender"].as_str()), (Some("DENY"), Some(SENDER)));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_sender_is_not_named_since_it_may_be_anybodys_number() {
    let folder = tempfile::tempdir().unwrap();
    let mut served = serve(folder.path(), "stdout", &["--set", "senders.auto_register=false"]);
    let mut policy = policy(&served).await;
    let swapped = pb::CheckSendRequest {
        sender: PERSON.to_owned(),
        recipient: SENDER.to_owned(),
        ..template(PERSON, pb::Category::Utility)
    };
    soon(policy.check_send(swapped)).await.unwrap();
    // While it runs, and not only at its end.
    crate::harness::until(|| async { series(&served, "written").await == 1 }).await;
    drop(policy);
    served.terminate();
    let out = served.out();
    assert!(out.contains("UNKNOWN_SENDER") && !out.contains(PERSON) && !out.contains(SENDER), "{out}");
}
