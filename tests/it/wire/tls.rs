//! TLS and mTLS on the gRPC port, with certificates made for the test.

use std::path::Path;

use sendgate::{
    clock::Clock,
    grpc::pb::{self, policy_service_client::PolicyServiceClient},
    server::{self, Running},
};
use tempfile::TempDir;
use tonic::transport::{Certificate, ClientTlsConfig, Endpoint, Identity};

use crate::harness::{
    at,
    certificates::{Authority, Issued},
    say::{PERSON, template},
    settings, soon,
};

async fn start(directory: &TempDir, authority: &Authority, client_ca: Option<&str>) -> Running {
    let path = |name: &str| directory.path().join(name);
    let issued = authority.issue("localhost");
    std::fs::write(path("cert.pem"), &issued.cert).unwrap();
    std::fs::write(path("key.pem"), &issued.key).unwrap();
    let show = |path: &Path| path.display().to_string();
    let mut yaml =
        format!("grpc: {{tls: {{cert: '{}', key: '{}'", show(&path("cert.pem")), show(&path("key.pem")));
    if let Some(pem) = client_ca {
        std::fs::write(path("ca.pem"), pem).unwrap();
        yaml.push_str(&format!(", client_ca: '{}'", show(&path("ca.pem"))));
    }
    yaml.push_str("}}");
    let settings = settings(&yaml, "memory:", &path("s.sock"));
    server::start(&settings, Clock::manual(at(0))).await.unwrap()
}

/// The reason of a check over TLS; none when the connection or the call was refused.
async fn ask(running: &Running, ca: &Authority, identity: Option<&Issued>) -> Option<pb::Reason> {
    let mut tls =
        ClientTlsConfig::new().domain_name("localhost").ca_certificate(Certificate::from_pem(ca.pem()));
    if let Some(issued) = identity {
        tls = tls.identity(Identity::from_pem(&issued.cert, &issued.key));
    }
    let endpoint = Endpoint::from_shared(format!("https://{}", running.grpc.unwrap())).unwrap();
    let channel = soon(endpoint.tls_config(tls).unwrap().connect()).await.ok()?;
    let request = template(PERSON, pb::Category::Utility);
    let answer = soon(PolicyServiceClient::new(channel).check_send(request)).await.ok()?;
    Some(answer.into_inner().reason())
}

#[tokio::test]
async fn with_tls_the_server_shows_its_certificate_and_plain_text_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let authority = Authority::new();
    let running = start(&directory, &authority, None).await;
    assert_eq!(ask(&running, &authority, None).await, Some(pb::Reason::NoOptIn));
    assert_eq!(ask(&running, &Authority::new(), None).await, None, "another authority");
    let plain = format!("http://{}", running.grpc.unwrap());
    let channel = soon(Endpoint::from_shared(plain).unwrap().connect()).await;
    let plain = match channel {
        Err(_) => None,
        Ok(channel) => {
            let request = template(PERSON, pb::Category::Utility);
            soon(PolicyServiceClient::new(channel).check_send(request)).await.ok()
        }
    };
    assert!(plain.is_none());
    soon(running.stop()).await;
}

#[tokio::test]
async fn with_mtls_only_callers_with_a_certificate_of_the_authority_are_served() {
    let directory = tempfile::tempdir().unwrap();
    let (authority, clients) = (Authority::new(), Authority::new());
    let running = start(&directory, &authority, Some(&clients.pem())).await;
    let known = clients.issue("sender-service");
    assert_eq!(ask(&running, &authority, Some(&known)).await, Some(pb::Reason::NoOptIn));
    assert_eq!(ask(&running, &authority, None).await, None, "no certificate");
    let stranger = Authority::new().issue("sender-service");
    assert_eq!(ask(&running, &authority, Some(&stranger)).await, None, "of another authority");
    soon(running.stop()).await;
}

#[tokio::test]
async fn a_missing_certificate_file_is_named_with_its_setting() {
    let directory = tempfile::tempdir().unwrap();
    let yaml = "grpc: {tls: {cert: /nonexistent/cert.pem, key: /nonexistent/key.pem}}";
    let settings = settings(yaml, "memory:", &directory.path().join("s.sock"));
    let error = server::start(&settings, Clock::manual(at(0))).await.unwrap_err().to_string();
    assert!(error.contains("/nonexistent/cert.pem") && error.contains("grpc.tls.cert"), "{error}");
}
