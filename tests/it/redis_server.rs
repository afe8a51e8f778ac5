//! Real Redis servers: started on a free port with a directory of their own, killed when dropped.

use std::{
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use sendgate::store::redis::Target;
use tempfile::TempDir;

/// A server that runs.
pub(crate) struct RedisServer {
    child: Option<Child>,
    port: u16,
    arguments: Vec<String>,
    /// The port of its master, if it is to be a replica.
    follows: Option<u16>,
    folder: TempDir,
}

impl RedisServer {
    /// A server that keeps what it acknowledges.
    pub(crate) async fn start() -> Self {
        Self::with(&[]).await
    }

    /// A replica.
    pub(crate) async fn following(master: u16, arguments: &[&str]) -> Self {
        Self::begin(Some(master), arguments).await
    }

    /// A server with settings as on its command line.
    pub(crate) async fn with(arguments: &[&str]) -> Self {
        Self::begin(None, arguments).await
    }

    async fn begin(follows: Option<u16>, arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let arguments = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        let mut server = Self { child: None, port: 0, arguments, follows, folder };
        // Somebody may take a free port before the server does.
        for _ in 0..10 {
            server.port = free_port();
            server.launch();
            if server.answers().await {
                return server;
            }
        }
        panic!("redis-server does not start; `make test` installs it: {}", server.log());
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub(crate) fn target(&self) -> Target {
        Target::parse(&self.url()).unwrap()
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Kills it without warning.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            // It may be stopped, and dies only once it goes on.
            drop(send(&child, "CONT"));
            drop(child.kill());
            drop(child.wait());
        }
    }

    pub(crate) fn is_dead(&self) -> bool {
        self.child.is_none()
    }

    /// Starts it again on the same port, with what it kept on disk.
    pub(crate) async fn restart(&mut self) {
        self.kill();
        self.launch();
        assert!(self.answers().await, "redis-server does not come back: {}", self.log());
    }

    /// From now on it is a master.
    pub(crate) async fn promote(&mut self) {
        self.follows = None;
        self.command(&["REPLICAOF", "NO", "ONE"]).await;
    }

    /// Starts it again as a replica.
    pub(crate) async fn follow(&mut self, master: u16) {
        self.follows = Some(master);
        self.restart().await;
    }

    /// Starts it again with further settings, and does not wait until it is up.
    pub(crate) fn relaunch(&mut self, arguments: &[&str]) {
        self.kill();
        self.arguments.extend(arguments.iter().map(|argument| (*argument).to_owned()));
        self.launch();
    }

    /// Stops it in the middle of whatever it does; connections stay open and nothing is answered.
    pub(crate) fn pause(&self) {
        signal(self.child.as_ref().unwrap(), "STOP");
    }

    /// Lets it go on.
    pub(crate) fn resume(&self) {
        signal(self.child.as_ref().unwrap(), "CONT");
    }

    /// A connection of a test's own.
    pub(crate) async fn connection(&self) -> ::redis::aio::MultiplexedConnection {
        let client = ::redis::Client::open(self.url()).unwrap();
        client.get_multiplexed_async_connection().await.unwrap()
    }

    /// Sends one command.
    pub(crate) async fn command(&self, words: &[&str]) -> ::redis::Value {
        let mut connection = self.connection().await;
        let (name, arguments) = words.split_first().unwrap();
        ::redis::cmd(name).arg(arguments).query_async(&mut connection).await.unwrap()
    }

    fn launch(&mut self) {
        let log = std::fs::File::create(self.folder.path().join("log")).unwrap();
        let mut command = Command::new("redis-server");
        command
            .args(["--port", &self.port.to_string(), "--bind", "127.0.0.1", "--save", ""])
            .args(["--appendonly", "yes", "--appendfsync", "always", "--enable-debug-command", "local"])
            .arg("--dir")
            .arg(self.folder.path())
            .args(&self.arguments)
            .args(
                self.follows.iter().flat_map(|port| ["--replicaof".to_owned(), format!("127.0.0.1 {port}")]),
            )
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(Stdio::null());
        self.child = Some(command.spawn().expect("redis-server is installed; `make test` does that"));
    }

    async fn answers(&mut self) -> bool {
        for _ in 0..500 {
            if self.child.as_mut().is_none_or(|child| child.try_wait().unwrap().is_some()) {
                return false;
            }
            let client = ::redis::Client::open(self.url()).unwrap();
            if let Ok(mut connection) = client.get_multiplexed_async_connection().await {
                let pong = ::redis::cmd("PING").query_async::<::redis::Value>(&mut connection).await;
                // One that wants a password is up, too.
                let up = pong.as_ref().err().is_none_or(|error| error.code() == Some("NOAUTH"));
                if up {
                    return true;
                }
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        false
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
    }
}

fn signal(child: &Child, name: &str) {
    assert!(send(child, name).is_ok_and(|status| status.success()), "kill -{name}");
}

fn send(child: &Child, name: &str) -> std::io::Result<std::process::ExitStatus> {
    Command::new("kill").arg(format!("-{name}")).arg(child.id().to_string()).status()
}

pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
