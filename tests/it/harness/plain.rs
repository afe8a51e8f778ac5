//! HTTP/1.1 as it is on the wire, and webhooks signed as the platform signs them.

use std::net::SocketAddr;

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::Value;
use sha2::Sha256;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::{Server, soon};

/// The app secret and the verify token of `WEBHOOK`.
pub(crate) const SECRET: &str = "first-secret";
pub(crate) const TOKEN: &str = "verify-me";
/// The configuration of a webhook, to be put before other settings.
pub(crate) const WEBHOOK: &str =
    "webhook: {app_secrets: [first-secret, second-secret], verify_token: verify-me}\n";

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error} in {}", self.body))
    }
}

/// Sends one request on a connection of its own.
pub(crate) async fn send(address: SocketAddr, line: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    soon(send_at_leisure(address, line, headers, body)).await
}

/// The same without a limit, for measurements.
async fn send_at_leisure(address: SocketAddr, line: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let mut request = format!("{line} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n");
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str(&format!("content-length: {}\r\n\r\n", body.len()));
    stream.write_all(&[request.as_bytes(), body].concat()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head: head.to_lowercase(), body: body.to_owned() }
}

/// Delivers a webhook, however long it takes.
pub(crate) async fn send_patiently(address: SocketAddr, body: &[u8]) -> Answer {
    let signed = signature(SECRET, body);
    send_at_leisure(address, "POST /webhooks/whatsapp", &[("x-hub-signature-256", &signed)], body).await
}

/// The value of the signature header.
pub(crate) fn signature(secret: &str, body: &[u8]) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap().chain_update(body);
    format!("sha256={}", HEXLOWER.encode(&mac.finalize().into_bytes()))
}

impl Server {
    pub(crate) async fn get(&self, path: &str) -> Answer {
        send(self.http(), &format!("GET {path}"), &[], b"").await
    }

    pub(crate) async fn call(&self, method: &str, body: &str) -> Answer {
        let headers = [("content-type", "application/json")];
        send(self.http(), &format!("POST /v1/{method}"), &headers, body.as_bytes()).await
    }

    /// Calls as a page in a browser would.
    pub(crate) async fn call_from(&self, origin: &str, method: &str, body: &str) -> Answer {
        let headers = [("content-type", "text/plain"), ("origin", origin)];
        send(self.http(), &format!("POST /v1/{method}"), &headers, body.as_bytes()).await
    }

    /// Delivers a webhook signed with the first secret.
    pub(crate) async fn deliver(&self, body: &[u8]) -> Answer {
        self.deliver_signed(body, &signature(SECRET, body)).await
    }

    pub(crate) async fn deliver_signed(&self, body: &[u8], signature: &str) -> Answer {
        let headers = [("content-type", "application/json"), ("x-hub-signature-256", signature)];
        send(self.http(), "POST /webhooks/whatsapp", &headers, body).await
    }

    /// The value of one series of the metrics page.
    pub(crate) async fn series(&self, name: &str) -> Option<f64> {
        let page = self.get("/metrics").await.body;
        let line =
            page.lines().find(|line| line.rsplit_once(' ').is_some_and(|(series, _)| series == name))?;
        line.rsplit_once(' ')?.1.parse().ok()
    }
}
