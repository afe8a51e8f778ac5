//! How `serve` starts and stops, and what it says when it cannot.

use sendgate::grpc::pb::{self, policy_service_client::PolicyServiceClient};
use tonic::transport::Endpoint;

use crate::harness::{
    process::{Served, run, write},
    say::{PERSON, template},
    soon,
};

const FREE: [&str; 5] = ["serve", "--grpc", "127.0.0.1:0", "--http", "127.0.0.1:0"];

fn serve(more: &[&str]) -> crate::harness::process::Ran {
    run(&[FREE.as_slice(), more].concat())
}

#[test]
fn sigterm_drains_and_ends_well() {
    let directory = tempfile::tempdir().unwrap();
    let socket = directory.path().join("s.sock");
    let served =
        Served::start(&directory.path().join("store.redb"), &["--socket", &socket.display().to_string()]);
    assert!(socket.exists());
    served.terminate();
    let (status, log) = served.ended();
    assert_eq!(status.code(), Some(0), "{log}");
    assert!(!socket.exists(), "the socket is removed");
    let (draining, stopped) = (log.find("draining").unwrap(), log.find("stopped").unwrap());
    assert!(draining < stopped);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_in_work_at_sigterm_is_answered() {
    let directory = tempfile::tempdir().unwrap();
    let delay = ["--set", "shutdown.drain_delay=1s"];
    let mut served = Served::start(&directory.path().join("store.redb"), &delay);
    let channel = Endpoint::from_shared(served.grpc.clone()).unwrap().connect().await.unwrap();
    served.terminate();
    served.wait_for("draining");
    // The ports stay open through the delay: calls that are on their way are answered.
    let request = template(PERSON, pb::Category::Utility);
    let answer = soon(PolicyServiceClient::new(channel.clone()).check_send(request)).await.unwrap();
    assert_eq!(answer.into_inner().reason(), pb::Reason::NoOptIn);
    drop(channel);
    let (status, log) = served.ended();
    assert_eq!(status.code(), Some(0), "{log}");
    assert!(!log.contains("still in progress"), "{log}");
}

#[test]
fn a_second_process_on_the_same_file_is_refused_in_plain_words() {
    let directory = tempfile::tempdir().unwrap();
    let store = directory.path().join("store.redb");
    let _first = Served::start(&store, &[]);
    let second = serve(&["--store", &format!("file:{}", store.display())]);
    assert_eq!(second.code, Some(2));
    assert!(second.err.contains("store.redb") && second.err.contains("another process"), "{}", second.err);
}

#[test]
fn a_truncated_store_is_refused_and_named() {
    let directory = tempfile::tempdir().unwrap();
    let store = directory.path().join("store.redb");
    let served = Served::start(&store, &[]);
    served.terminate();
    assert!(served.ended().0.success());
    let length = std::fs::metadata(&store).unwrap().len();
    for keep in [length / 2, 4096, 100] {
        std::fs::OpenOptions::new().write(true).open(&store).unwrap().set_len(keep).unwrap();
        let before = std::fs::read(&store).unwrap();
        let refused = serve(&["--store", &format!("file:{}", store.display())]);
        assert_eq!(refused.code, Some(2), "{keep} bytes: {}", refused.err);
        assert!(refused.err.contains("store.redb"), "{}", refused.err);
        assert!(!refused.err.contains("panicked"), "{}", refused.err);
        assert_eq!(std::fs::read(&store).unwrap(), before, "and left as it is");
    }
}

#[test]
fn all_mistakes_of_a_configuration_are_told_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("sendgate.yaml");
    write(
        &file,
        "grpc: {listen: nowhere}\n\
         limits: {batch_recipients: 0, request_bites: 3}\n\
         store: {url: 'ftp://x'}\n\
         deadlines: {store_read: soon}\n\
         policy: {shadow: [Z9]}\n\
         log: {level: loud}\n",
    );
    let path = file.display().to_string();
    for arguments in
        [["serve", "--check-config", "--config", &path].as_slice(), &["serve", "--config", &path]]
    {
        let refused = run(arguments);
        assert_eq!((refused.code, refused.out.as_str()), (Some(2), ""));
        for mistake in [
            ":1: grpc.listen: ",
            ":2: limits.batch_recipients: ",
            ":2: limits.request_bites: ",
            ":3: store.url: ",
            ":4: deadlines.store_read: ",
            ":5: policy.shadow[0]: ",
            ":6: log.level: ",
        ] {
            assert!(refused.err.contains(mistake), "{mistake} in {}", refused.err);
        }
        assert!(refused.err.contains("sendgate.yaml:3:"), "{}", refused.err);
        assert_eq!(refused.err.matches("mistakes").count(), 1, "told once: {}", refused.err);
    }
}

#[test]
fn a_good_configuration_is_called_valid_and_nothing_is_started() {
    let directory = tempfile::tempdir().unwrap();
    let (file, store) = (directory.path().join("sendgate.yaml"), directory.path().join("store.redb"));
    write(&file, "businesses: [{id: acme, names: [Acme], senders: ['+15550001111']}]\n");
    let url = format!("file:{}", store.display());
    let checked = serve(&["--check-config", "--config", &file.display().to_string(), "--store", &url]);
    assert_eq!((checked.code, checked.out.as_str()), (Some(0), "the configuration is valid\n"));
    assert!(!store.exists());
    let missing = serve(&["--check-config", "--config", "/nonexistent/sendgate.yaml"]);
    assert_eq!(missing.code, Some(2));
    assert!(missing.err.contains("/nonexistent/sendgate.yaml"), "{}", missing.err);
}

#[test]
fn a_reader_of_standard_output_that_goes_away_is_no_crash() {
    let mut child = crate::harness::process::program(&["completions", "bash"]).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(!String::from_utf8_lossy(&output.stderr).contains("panicked"));
}

#[test]
fn no_server_is_told_apart_from_a_denial() {
    let directory = tempfile::tempdir().unwrap();
    let endpoint = format!("unix:{}", directory.path().join("nobody.sock").display());
    let refused = run(&["check", "1555", PERSON, "--category", "utility", "--endpoint", &endpoint]);
    assert_eq!(refused.code, Some(2));
    assert!(
        refused.err.contains("no server answers") && refused.err.contains("sendgate serve"),
        "{}",
        refused.err
    );
}

#[test]
fn a_renamed_business_is_warned_of_once_for_each_of_its_numbers_until_the_old_id_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let (store, config) = (directory.path().join("store.redb"), directory.path().join("c.yaml"));
    let log_of = |business: &str| {
        let senders = "senders: ['+15550001111', '+15550002222']";
        write(&config, &format!("businesses: [{{{business}, names: [Acme], {senders}}}]\n"));
        let served = Served::start(&store, &["--config", &config.display().to_string()]);
        served.terminate();
        served.ended().1
    };
    let warnings = |log: &str| log.lines().filter(|line| line.contains("`previous_ids`")).count();
    assert_eq!(warnings(&log_of("id: acme")), 0);
    let log = log_of("id: acme-group");
    assert_eq!(warnings(&log), 2, "{log}");
    assert!(log.contains("businesses[0].senders[1]") && !log.contains("1555000"), "{log}");
    assert_eq!(warnings(&log_of("id: acme-group, previous_ids: [acme]")), 0);
}
