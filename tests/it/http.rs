//! The HTTP port: health, metrics, and the contract as JSON.

mod json;
mod metrics;

use crate::harness::{Server, slow::Slow, soon};

#[tokio::test]
async fn a_server_that_serves_is_live_and_ready() {
    let server = Server::new().await;
    let live = server.get("/livez").await;
    assert_eq!((live.status, live.body.as_str()), (200, "ok\n"));
    let ready = server.get("/readyz").await;
    assert_eq!((ready.status, ready.body.as_str()), (200, "ready\n"));
    assert_eq!(server.get("/").await.status, 404);
}

#[tokio::test]
async fn a_server_whose_store_is_away_is_live_and_not_ready() {
    let store = Slow::new();
    let server = Server::over(store.clone(), "").await;
    store.fail(true);
    assert_eq!(server.get("/livez").await.status, 200);
    let ready = server.get("/readyz").await;
    assert_eq!(ready.status, 503);
    assert!(ready.body.starts_with("the store cannot be read and written: "), "{}", ready.body);
}

#[tokio::test]
async fn an_idle_connection_does_not_hold_the_drain_up() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let server = Server::new().await;
    let mut kept = tokio::net::TcpStream::connect(server.http()).await.unwrap();
    kept.write_all(b"GET /livez HTTP/1.1\r\nhost: test\r\n\r\n").await.unwrap();
    let mut answer = [0; 12];
    soon(kept.read_exact(&mut answer)).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200");
    let before = tokio::time::Instant::now();
    server.stop().await;
    assert!(before.elapsed().as_secs() < 5, "the grace period is ten seconds");
}

#[tokio::test]
async fn a_connection_that_never_says_anything_does_not_hold_the_drain_up() {
    let server = Server::new().await;
    let http = tokio::net::TcpStream::connect(server.http()).await.unwrap();
    let grpc = tokio::net::TcpStream::connect(server.running.grpc.unwrap()).await.unwrap();
    let socket = tokio::net::UnixStream::connect(&server.socket).await.unwrap();
    assert_eq!(server.get("/livez").await.status, 200, "they have been accepted");
    let before = tokio::time::Instant::now();
    server.stop().await;
    assert!(before.elapsed().as_secs() < 5, "the grace period is ten seconds");
    drop((http, grpc, socket));
}
