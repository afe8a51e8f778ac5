//! `serve` on a real Redis: what is kept, and what is said when Redis is not what it should be.

mod acl;
mod away;
mod failover;

use sendgate::grpc::pb::{
    self, consent_service_client::ConsentServiceClient, policy_service_client::PolicyServiceClient,
};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpListener,
};
use tonic::transport::{Channel, Endpoint};

use crate::{
    harness::{
        process::{Ran, Served, run, write},
        say::{PERSON, opt_in, opt_out, template},
        soon,
    },
    redis_server::RedisServer,
};

const OTHER: &str = "5511987654321";

async fn connect(served: &Served) -> Channel {
    Endpoint::from_shared(served.grpc.clone()).unwrap().connect().await.unwrap()
}

/// The reason of an answer that is read from the store.
async fn reason(served: &Served, person: &str) -> pb::Reason {
    let requirement = pb::consistency::Requirement::FullyConsistent(true);
    let request = pb::CheckSendRequest {
        consistency: Some(pb::Consistency { requirement: Some(requirement) }),
        ..template(person, pb::Category::Utility)
    };
    let mut policy = PolicyServiceClient::new(connect(served).await);
    soon(policy.check_send(request)).await.unwrap().into_inner().reason()
}

/// `serve` that is expected not to start.
async fn refused(url: &str, more: &[&str]) -> Ran {
    let mut arguments = vec!["serve", "--grpc", "127.0.0.1:0", "--http", "127.0.0.1:0", "--store", url];
    arguments.extend(more);
    let arguments: Vec<String> = arguments.into_iter().map(str::to_owned).collect();
    let ran =
        tokio::task::spawn_blocking(move || run(&arguments.iter().map(String::as_str).collect::<Vec<_>>()));
    let ran = soon(ran).await.unwrap();
    assert_eq!(ran.code, Some(2), "{}", ran.err);
    ran
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_recorded_is_there_after_a_restart_and_for_a_second_sidecar() {
    let server = RedisServer::start().await;
    let served = Served::on(&server.url(), &[]);
    let mut consent = ConsentServiceClient::new(connect(&served).await);
    for person in [PERSON, OTHER] {
        let recorded = soon(consent.record_consent(opt_in(person))).await.unwrap().into_inner();
        assert_eq!(recorded.durability(), pb::Durability::Stored);
        assert_eq!(reason(&served, person).await, pb::Reason::OptedIn);
    }
    let second = Served::on(&server.url(), &[]);
    assert_eq!(reason(&second, PERSON).await, pb::Reason::OptedIn);
    soon(consent.record_opt_out(opt_out(PERSON))).await.unwrap();
    assert_eq!(reason(&served, PERSON).await, pb::Reason::OptedOut);
    assert_eq!(reason(&second, PERSON).await, pb::Reason::OptedOut, "the second asks Redis");
    drop(consent);
    served.terminate();
    let (status, log) = served.ended();
    assert_eq!(status.code(), Some(0), "{log}");
    let again = Served::on(&server.url(), &[]);
    assert_eq!(reason(&again, PERSON).await, pb::Reason::OptedOut);
    assert_eq!(reason(&again, OTHER).await, pb::Reason::OptedIn);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sidecars_with_other_prefixes_know_nothing_of_each_other() {
    let server = RedisServer::start().await;
    let one = Served::on(&server.url(), &["--set", "store.prefix=eu:one"]);
    let mut consent = ConsentServiceClient::new(connect(&one).await);
    soon(consent.record_consent(opt_in(PERSON))).await.unwrap();
    let other = Served::on(&server.url(), &["--set", "store.prefix=eu:two"]);
    assert_eq!(reason(&other, PERSON).await, pb::Reason::NoOptIn);
    assert_eq!(reason(&one, PERSON).await, pb::Reason::OptedIn);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_is_not_there_is_told_at_start() {
    let mut server = RedisServer::start().await;
    server.kill();
    let ran = refused(&server.url(), &["--set", "store.connect_timeout=200ms"]).await;
    assert!(ran.err.contains("the Redis of `store.url` cannot be used: cannot reach Redis"), "{}", ran.err);
    assert!(!ran.err.contains("panicked"), "{}", ran.err);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_login_that_is_refused_is_told_at_start_and_never_shown() {
    let server = RedisServer::with(&["--requirepass", "right"]).await;
    let port = server.port();
    let quickly = ["--set", "store.connect_timeout=300ms"];
    let wrong = refused(&format!("redis://:hunter2@127.0.0.1:{port}"), &quickly).await;
    assert!(wrong.err.contains("refuses the user or password of `store.url`"), "{}", wrong.err);
    let none = refused(&server.url(), &quickly).await;
    assert!(none.err.contains("wants a password; give one in `store.url`"), "{}", none.err);
    let mistaken = refused(&format!("redis://:hunter2@127.0.0.1:{port}/x"), &[]).await;
    assert!(mistaken.err.contains("store.url: is not of the form"), "{}", mistaken.err);
    for ran in [wrong, mistaken] {
        assert!(!ran.err.contains("hunter2") && !ran.out.contains("hunter2"), "{}", ran.err);
    }
    drop(Served::on(&format!("redis://:right@127.0.0.1:{port}"), &[]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_is_too_old_is_told_at_start() {
    let url = old_redis("6.0.16").await;
    let ran = refused(&url, &[]).await;
    assert!(ran.err.contains("version 6.0.16; 6.2 or newer is needed"), "{}", ran.err);
}

/// Something that speaks as a Redis of some version does while it is connected to.
async fn old_redis(version: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("redis://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            tokio::spawn(async move {
                let (reader, mut writer) = socket.into_split();
                let mut reader = BufReader::new(reader);
                while let Some(words) = command(&mut reader).await {
                    let answer = match words.first().map(|word| word.to_ascii_uppercase()).as_deref() {
                        Some("HELLO") => "%1\r\n+proto\r\n:3\r\n".to_owned(),
                        Some("ROLE") => "*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n".to_owned(),
                        Some("INFO") => {
                            let text = format!("# Server\r\nredis_version:{version}\r\n");
                            format!("${}\r\n{text}\r\n", text.len())
                        }
                        _ => "+OK\r\n".to_owned(),
                    };
                    if writer.write_all(answer.as_bytes()).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    url
}

async fn command(reader: &mut (impl tokio::io::AsyncBufRead + Unpin)) -> Option<Vec<String>> {
    let mut line = String::new();
    reader.read_line(&mut line).await.ok().filter(|read| *read > 0)?;
    let mut words = Vec::new();
    for _ in 0..line.trim().strip_prefix('*')?.parse::<usize>().ok()? {
        let mut length = String::new();
        reader.read_line(&mut length).await.ok()?;
        let mut bytes = vec![0; length.trim().strip_prefix('$')?.parse::<usize>().ok()? + 2];
        reader.read_exact(&mut bytes).await.ok()?;
        words.push(String::from_utf8_lossy(&bytes).trim_end().to_owned());
    }
    Some(words)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn settings_of_redis_that_lose_what_was_acknowledged_are_warned_of_at_start() {
    let limited = ["--maxmemory", "100mb", "--maxmemory-policy"];
    for (arguments, warnings) in [
        (vec![], [false, false]),
        ([limited.as_slice(), &["allkeys-lru"]].concat(), [true, false]),
        ([limited.as_slice(), &["volatile-ttl"]].concat(), [true, false]),
        ([limited.as_slice(), &["noeviction"]].concat(), [false, false]),
        (vec!["--appendonly", "no"], [false, true]),
        ([limited.as_slice(), &["allkeys-random", "--appendonly", "no"]].concat(), [true, true]),
    ] {
        let server = RedisServer::with(&arguments).await;
        let mut served = Served::on(&server.url(), &[]);
        let log = served.said();
        let warned = ["maxmemory-policy", "appendonly no"]
            .map(|word| log.lines().any(|line| line.contains(word) && line.contains("WARN")));
        assert_eq!(warned, warnings, "{arguments:?}: {log}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_redis_cannot_confirm_is_told_at_start() {
    let server = RedisServer::start().await;
    let fsync = ["--set", "store.fsync=true"];
    // By the server that the machine has.
    let known = server.command(&["COMMAND", "INFO", "WAITAOF"]).await;
    if known == ::redis::Value::Array(vec![::redis::Value::Nil]) {
        let old = refused(&server.url(), &fsync).await;
        assert!(old.err.contains("`store.fsync` needs Redis 7.2 or newer"), "{}", old.err);
    } else {
        let served = Served::on(&server.url(), &fsync);
        let mut consent = ConsentServiceClient::new(connect(&served).await);
        let done = soon(consent.record_opt_out(opt_out(PERSON))).await.unwrap().into_inner();
        assert_eq!(done.durability(), pb::Durability::Stored);
        server.command(&["CONFIG", "SET", "appendonly", "no"]).await;
        let refused = soon(consent.record_consent(opt_in(OTHER))).await;
        assert!(refused.is_err(), "nothing confirms that it is on disk");
    }
    let cluster = refused("redis+cluster://127.0.0.1:1", &["--set", "store.replicas=1"]).await;
    assert!(cluster.err.contains("store.replicas: cannot be promised in a cluster"), "{}", cluster.err);
    let mut alone = Served::on(&server.url(), &["--set", "store.replicas=1"]);
    assert!(alone.said().contains("until they are there, no write is acknowledged"), "{}", alone.said());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_that_is_not_there_is_told_with_its_setting() {
    let directory = tempfile::tempdir().unwrap();
    let ca = directory.path().join("ca.crt");
    let set = format!("store.tls.ca={}", ca.display());
    let ran = refused("rediss://127.0.0.1:1", &["--set", &set]).await;
    assert!(ran.err.contains("store.tls.ca") && ran.err.contains("ca.crt"), "{}", ran.err);
    write(&ca, "no certificate");
    let ran = refused("rediss://127.0.0.1:1", &["--set", &set, "--set", "store.connect_timeout=100ms"]).await;
    assert!(ran.err.contains("`store.url`") && !ran.err.contains("panicked"), "{}", ran.err);
}
