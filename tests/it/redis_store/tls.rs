//! TLS to one server, to a cluster, and to sentinels and their master.

use sendgate::store::redis::RedisTls;

use super::*;
use crate::{
    conformance::{append, id},
    harness::certificates::{Authority, Issued},
    redis_server::free_port,
};

/// The settings of a server with a certificate of an authority, and where they lie.
fn certified(authority: &Authority, clients: Option<&Authority>) -> (Vec<String>, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let issued = authority.issue("127.0.0.1");
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let settings = [
        ("tls-cert-file", file("cert.pem", &issued.cert)),
        ("tls-key-file", file("key.pem", &issued.key)),
        ("tls-ca-cert-file", file("ca.pem", &clients.unwrap_or(authority).pem())),
        ("tls-auth-clients", if clients.is_some() { "yes" } else { "no" }.to_owned()),
    ];
    let settings = settings.into_iter().flat_map(|(name, value)| [format!("--{name}"), value]).collect();
    (settings, folder)
}

async fn secure(
    authority: &Authority,
    clients: Option<&Authority>,
    more: &[&str],
) -> (RedisServer, tempfile::TempDir, u16) {
    let (settings, folder) = certified(authority, clients);
    for _ in 0..5 {
        let port = free_port();
        let at = ["--tls-port".to_owned(), port.to_string()];
        let all: Vec<&str> =
            at.iter().chain(&settings).map(String::as_str).chain(more.iter().copied()).collect();
        let server = RedisServer::with(&all).await;
        if tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
            return (server, folder, port);
        }
    }
    panic!("no server with TLS");
}

fn trusting(authority: &Authority, identity: Option<&Issued>) -> Options {
    let identity = identity.map(|issued| (issued.cert.clone().into_bytes(), issued.key.clone().into_bytes()));
    Options { tls: Some(RedisTls { ca: Some(authority.pem().into_bytes()), identity }), ..options() }
}

#[tokio::test]
async fn tls_takes_only_certificates_of_the_authority() {
    let authority = Authority::new();
    let (_server, _folder, port) = secure(&authority, None, &[]).await;
    let url = format!("rediss://127.0.0.1:{port}");
    let side = Side::with(&url, trusting(&authority, None)).await;
    write(&side.store, id(1)).await;
    side.learn(id(1)).await;
    let store: Arc<dyn Store> = Arc::new(open(&url, trusting(&authority, None)).await.unwrap());
    append(&store, id(2), &[1]).await;
    let other = open(&url, trusting(&Authority::new(), None)).await.unwrap_err();
    assert!(matches!(other, StoreError::Unavailable(_)), "{other:?}");
    let public = open(&url, options()).await.unwrap_err();
    assert!(matches!(public, StoreError::Unavailable(_)), "{public:?}");
    let plain = open(&format!("redis://127.0.0.1:{port}"), options()).await.unwrap_err();
    assert!(matches!(plain, StoreError::Unavailable(_)), "{plain:?}");
}

#[tokio::test]
async fn a_server_that_wants_a_certificate_gets_ours() {
    let (authority, clients) = (Authority::new(), Authority::new());
    let (_server, _folder, port) = secure(&authority, Some(&clients), &[]).await;
    let url = format!("rediss://127.0.0.1:{port}");
    let ours = clients.issue("sendgate");
    let side = Side::with(&url, trusting(&authority, Some(&ours))).await;
    write(&side.store, id(1)).await;
    let stranger = Authority::new().issue("sendgate");
    for identity in [None, Some(&stranger)] {
        let error = open(&url, trusting(&authority, identity)).await.unwrap_err();
        assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
    }
}

#[tokio::test]
async fn a_cluster_is_reached_over_tls() {
    let authority = Authority::new();
    let bus = free_port().to_string();
    let cluster = ["--cluster-enabled", "yes", "--tls-cluster", "yes", "--cluster-port", &bus];
    let (server, _folder, port) = secure(&authority, None, &cluster).await;
    server.command(&["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]).await;
    let info = async || crate::redis_cluster::text(server.command(&["CLUSTER", "INFO"]).await);
    let by = Instant::now() + PATIENCE;
    while !info().await.contains("cluster_state:ok") {
        assert!(Instant::now() < by, "{}", info().await);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let url = format!("rediss+cluster://127.0.0.1:{port}");
    let side = Side::with(&url, trusting(&authority, None)).await;
    write(&side.store, id(1)).await;
    side.learn(id(1)).await;
    let other = open(&url, trusting(&Authority::new(), None)).await.unwrap_err();
    assert!(matches!(other, StoreError::Unavailable(_)), "{other:?}");
}

/// A sentinel that speaks TLS, and watches a master over it.
struct Sentinel(std::process::Child);

impl Drop for Sentinel {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

#[tokio::test]
async fn sentinels_and_their_master_are_reached_over_tls() {
    let authority = Authority::new();
    let (_master, _folder, master) = secure(&authority, None, &[]).await;
    let (settings, folder) = certified(&authority, None);
    let (port, path) = (free_port(), folder.path().join("sentinel.conf"));
    let written: String = settings
        .chunks(2)
        .map(|pair| format!("{} {}\n", pair[0].trim_start_matches("--"), pair[1]))
        .chain([format!(
            "port 0\ntls-port {port}\ntls-replication yes\nbind 127.0.0.1\ndir {}\n\
             sentinel monitor main 127.0.0.1 {master} 1\n",
            folder.path().display()
        )])
        .collect();
    std::fs::write(&path, written).unwrap();
    let mut command = std::process::Command::new("redis-server");
    let quiet = std::process::Stdio::null;
    command.arg(&path).arg("--sentinel").stdin(quiet()).stdout(quiet()).stderr(quiet());
    let _sentinel = Sentinel(command.spawn().unwrap());
    let url = format!("rediss+sentinel://127.0.0.1:{port}/main");
    let by = Instant::now() + PATIENCE;
    while let Err(error) = open(&url, trusting(&authority, None)).await {
        assert!(Instant::now() < by, "{error}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let side = Side::with(&url, trusting(&authority, None)).await;
    write(&side.store, id(1)).await;
    side.learn(id(1)).await;
    let other = open(&url, trusting(&Authority::new(), None)).await.unwrap_err();
    assert!(matches!(other, StoreError::Unavailable(_)), "{other:?}");
}
