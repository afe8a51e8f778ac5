//! A real Prometheus on a free port, with a directory of its own, killed when dropped.

use std::{
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use serde_json::Value;
use tempfile::TempDir;

use crate::{harness::plain, redis_server::free_port};

/// A Prometheus that runs.
pub(super) struct Prometheus {
    child: Child,
    address: SocketAddr,
    folder: TempDir,
}

impl Prometheus {
    /// One that scrapes some targets twice a second, and evaluates some rules as often.
    pub(super) async fn start(targets: &[SocketAddr], rules: &Path) -> Self {
        // Somebody may take a free port before the server does.
        for _ in 0..10 {
            let mut server = Self::launch(targets, rules);
            if server.is_up().await {
                return server;
            }
        }
        panic!("prometheus does not start; `make test` installs it");
    }

    fn launch(targets: &[SocketAddr], rules: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let targets: Vec<_> = targets.iter().map(|target| format!("'{target}'")).collect();
        let settings = format!(
            "global: {{scrape_interval: 500ms, scrape_timeout: 500ms, evaluation_interval: 500ms}}\n\
             rule_files: ['{}']\n\
             scrape_configs: [{{job_name: sendgate, static_configs: [{{targets: [{}]}}]}}]\n",
            rules.display(),
            targets.join(", ")
        );
        let file = folder.path().join("prometheus.yaml");
        std::fs::write(&file, settings).unwrap();
        let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let log = std::fs::File::create(folder.path().join("log")).unwrap();
        let child = Command::new("prometheus")
            .arg(format!("--config.file={}", file.display()))
            .arg(format!("--storage.tsdb.path={}", folder.path().join("data").display()))
            .arg(format!("--web.listen-address={address}"))
            .arg("--log.level=warn")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("prometheus is installed; `make test` does that");
        Self { child, address, folder }
    }

    async fn is_up(&mut self) -> bool {
        for _ in 0..1000 {
            if self.child.try_wait().unwrap().is_some() {
                return false;
            }
            if tokio::net::TcpStream::connect(self.address).await.is_ok()
                && plain::send(self.address, "GET /-/ready", &[], b"").await.status == 200
            {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        false
    }

    /// What it complained of.
    pub(super) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// The values of an expression now.
    pub(super) async fn query(&self, expression: &str) -> Vec<f64> {
        let encoded: String = expression.bytes().map(|byte| format!("%{byte:02x}")).collect();
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        let body = format!("query={encoded}");
        let answer = plain::send(self.address, "POST /api/v1/query", &headers, body.as_bytes()).await;
        let answer = json(&answer);
        assert_eq!(answer["status"], "success", "{expression}: {answer}");
        let values = answer["data"]["result"].as_array().unwrap().iter();
        values.map(|one| one["value"][1].as_str().unwrap().parse().unwrap()).collect()
    }

    /// Every rule it has, as it sees them.
    pub(super) async fn rules(&self) -> Vec<Value> {
        let answer = json(&plain::send(self.address, "GET /api/v1/rules", &[], b"").await);
        let groups = answer["data"]["groups"].as_array().unwrap().iter();
        groups.flat_map(|group| group["rules"].as_array().unwrap().clone()).collect()
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The JSON of an answer, which may come in chunks.
fn json(answer: &plain::Answer) -> Value {
    if !answer.head.contains("transfer-encoding: chunked") {
        return answer.json();
    }
    let (mut whole, mut rest) = (String::new(), answer.body.as_str());
    while let Some((length, chunks)) = rest.split_once("\r\n") {
        let (chunk, more) = chunks.split_at(usize::from_str_radix(length, 16).unwrap());
        whole.push_str(chunk);
        rest = more.trim_start();
    }
    serde_json::from_str(&whole).unwrap()
}
