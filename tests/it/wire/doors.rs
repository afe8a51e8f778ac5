//! The doors: TCP and a Unix socket at once, health, reflection, and the drain.

use std::{os::unix::net::UnixListener, path::Path};

use sendgate::{
    clock::Clock,
    grpc::pb::{self, policy_service_client::PolicyServiceClient},
    server::{self, StartError},
};
use tonic::{Code, transport::Channel};
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};
use tonic_reflection::pb::{v1, v1alpha};

use crate::harness::{
    Server, at, refused,
    say::{PERSON, opt_in, template},
    settings,
    slow::Slow,
    soon, until,
};

async fn health(channel: &Channel, service: &str) -> Result<ServingStatus, Code> {
    let request = HealthCheckRequest { service: service.to_owned() };
    let answer = HealthClient::new(channel.clone()).check(request).await;
    answer.map(|answer| answer.into_inner().status()).map_err(|status| status.code())
}

#[tokio::test]
async fn both_doors_give_the_same_answers() {
    let server = Server::new().await;
    let socket = server.through_socket().await;
    let mut consent = pb::consent_service_client::ConsentServiceClient::new(socket.clone());
    consent.record_consent(opt_in(PERSON)).await.unwrap();
    let request = || pb::CheckSendRequest { explain: true, ..template(PERSON, pb::Category::Utility) };
    let over_socket = PolicyServiceClient::new(socket).check_send(request()).await.unwrap().into_inner();
    assert_eq!(over_socket, server.ask(request()).await);
    assert_eq!(over_socket.reason(), pb::Reason::OptedIn);
}

#[tokio::test]
async fn a_socket_that_was_left_over_is_replaced() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("left.sock");
    drop(UnixListener::bind(&path).unwrap());
    assert!(path.exists(), "as a killed process leaves it");
    let running = server::start(&settings("", "memory:", &path), Clock::manual(at(0))).await.unwrap();
    assert!(tokio::net::UnixStream::connect(&path).await.is_ok());
    soon(running.stop()).await;
    assert!(!path.exists(), "and is removed at the end");
}

#[tokio::test]
async fn a_socket_in_use_is_refused_and_left_alone() {
    let first = Server::new().await;
    let error = refused("", &first.socket).await;
    assert!(matches!(error, StartError::Listen(_)), "{error:?}");
    assert!(error.to_string().contains("in use"), "{error}");
    let channel = first.through_socket().await;
    assert_eq!(health(&channel, "").await, Ok(ServingStatus::Serving));
}

#[tokio::test]
async fn a_file_that_is_no_socket_is_refused_and_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("notes.txt");
    std::fs::write(&path, "mine").unwrap();
    let error = refused("", &path).await.to_string();
    assert!(error.contains("is not a socket") && error.contains("notes.txt"), "{error}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");
    let link = directory.path().join("link.sock");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    assert!(refused("", &link).await.to_string().contains("is not a socket"));
}

#[tokio::test]
async fn a_start_that_fails_lets_go_of_what_it_had() {
    let directory = tempfile::tempdir().unwrap();
    let (file, path) = (directory.path().join("store.redb"), directory.path().join("notes.txt"));
    std::fs::write(&path, "mine").unwrap();
    let url = format!("file:{}", file.display());
    let failed = server::start(&settings("", &url, &path), Clock::manual(at(0))).await;
    assert!(failed.is_err());
    // The store's file is free as soon as the tasks of the failed start have ended.
    until(|| async {
        match server::start(&settings("", &url, Path::new("/nonexistent/dir/x")), Clock::manual(at(0))).await
        {
            Err(StartError::Open(_)) => false,
            Err(_) => true,
            Ok(running) => {
                running.stop().await;
                true
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_port_in_use_names_the_setting() {
    let first = Server::new().await;
    let taken = first.running.grpc.unwrap();
    let directory = tempfile::tempdir().unwrap();
    let mut settings = settings("", "memory:", &directory.path().join("s.sock"));
    settings.grpc.listen = Some(taken);
    let error = server::start(&settings, Clock::manual(at(0))).await.unwrap_err().to_string();
    assert!(error.contains("grpc.listen") && error.contains(&taken.to_string()), "{error}");
}

#[tokio::test]
async fn health_is_told_for_the_server_and_each_service() {
    let server = Server::new().await;
    for service in ["", "sendgate.v1.PolicyService", "sendgate.v1.ConsentService"] {
        assert_eq!(health(&server.channel, service).await, Ok(ServingStatus::Serving), "{service}");
    }
    assert_eq!(health(&server.channel, "sendgate.v1.Nothing").await, Err(Code::NotFound));
}

#[tokio::test]
async fn a_draining_server_says_so_finishes_what_is_in_work_and_then_ends() {
    let store = Slow::new();
    let yaml =
        "{shutdown: {drain_delay: 1s}, deadlines: {store_read: 1m, request_default: 1m, request_max: 1m}}";
    let server = Server::over(store.clone(), yaml).await;
    let (http, channel, mut policy) = (server.http(), server.channel.clone(), server.policy());
    let mut watch =
        HealthClient::new(channel.clone()).watch(HealthCheckRequest::default()).await.unwrap().into_inner();
    assert_eq!(soon(watch.message()).await.unwrap().unwrap().status(), ServingStatus::Serving);
    store.hold(true);
    let in_work =
        tokio::spawn(async move { policy.check_send(template(PERSON, pb::Category::Utility)).await });
    until(|| async { store.waiting() == 1 }).await;
    let socket = server.socket.clone();
    let stopping = tokio::spawn(server.stop());
    assert_eq!(soon(watch.message()).await.unwrap().unwrap().status(), ServingStatus::NotServing);
    drop(watch);
    let ready = crate::harness::plain::send(http, "GET /readyz", &[], b"").await;
    assert_eq!(ready.status, 503, "the ports stay open for a while, so that everybody hears it");
    store.hold(false);
    let answer = soon(in_work).await.unwrap().unwrap().into_inner();
    assert_eq!(answer.reason(), pb::Reason::NoOptIn);
    drop(channel);
    soon(stopping).await.unwrap();
    assert!(!socket.exists());
    assert!(tokio::net::TcpStream::connect(http).await.is_err());
}

#[tokio::test]
async fn a_call_that_never_ends_is_given_up_after_the_grace_period() {
    let store = Slow::new();
    let yaml = "{shutdown: {grace: 50ms}, deadlines: {store_read: 1m, request_default: 1m, request_max: 1m}}";
    let server = Server::over(store.clone(), yaml).await;
    let mut policy = server.policy();
    store.hold(true);
    let stuck = tokio::spawn(async move { policy.check_send(template(PERSON, pb::Category::Utility)).await });
    until(|| async { store.waiting() == 1 }).await;
    server.stop().await;
    stuck.abort();
    store.hold(false);
}

#[tokio::test]
async fn reflection_lists_the_services_in_both_versions() {
    let server = Server::new().await;
    let expected = [
        "grpc.health.v1.Health",
        "sendgate.v1.ConsentService",
        "sendgate.v1.PolicyService",
        "sendgate.v1.QualityService",
    ];
    macro_rules! listed {
        ($version:ident) => {{
            use $version::{
                ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
                server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
            };
            let request = |message_request| ServerReflectionRequest {
                host: String::new(),
                message_request: Some(message_request),
            };
            let requests = tokio_stream::iter([
                request(MessageRequest::ListServices(String::new())),
                request(MessageRequest::FileContainingSymbol("sendgate.v1.PolicyService".to_owned())),
            ]);
            let mut client = ServerReflectionClient::new(server.channel.clone());
            let mut answers = client.server_reflection_info(requests).await.unwrap().into_inner();
            let answer = soon(answers.message()).await.unwrap().unwrap().message_response.unwrap();
            let MessageResponse::ListServicesResponse(list) = answer else { panic!("{answer:?}") };
            let mut names: Vec<String> = list.service.into_iter().map(|service| service.name).collect();
            names.retain(|name| !name.starts_with("grpc.reflection."));
            names.sort();
            assert_eq!(names, expected);
            let answer = soon(answers.message()).await.unwrap().unwrap().message_response.unwrap();
            assert!(matches!(answer, MessageResponse::FileDescriptorResponse(_)), "{answer:?}");
        }};
    }
    listed!(v1);
    listed!(v1alpha);
}
