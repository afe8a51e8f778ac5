//! A TCP proxy between a store and its Redis that can be slow, silent in either direction, cut, and closed.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
    task::JoinHandle,
};

/// How bytes fare. What is held is not lost: as on a real network it arrives once the way is free again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Way {
    /// Nothing reaches the server.
    pub(crate) no_questions: bool,
    /// Nothing comes back.
    pub(crate) no_answers: bool,
    /// Every chunk waits this long, each way.
    pub(crate) delay: Duration,
    /// Every chunk waits up to this long on top, each connection on its own: one overtakes another.
    pub(crate) jitter: Duration,
    /// Only every second connection keeps silent: 0 = the first, third, and so on; 1 = the others. None = all do.
    pub(crate) every_second: Option<usize>,
    /// New connections are taken and closed at once.
    pub(crate) slam: bool,
}

/// A proxy that runs.
pub(crate) struct Proxy {
    port: u16,
    server: u16,
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
}

struct Shared {
    way: watch::Sender<Way>,
    cuts: watch::Sender<usize>,
    accepted: AtomicUsize,
}

impl Proxy {
    /// A proxy of a server on this machine.
    pub(crate) async fn to(server: u16) -> Self {
        let shared = Arc::new(Shared {
            way: watch::Sender::new(Way::default()),
            cuts: watch::Sender::new(0),
            accepted: AtomicUsize::new(0),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let mut proxy = Self { port, server, shared, accepting: None };
        proxy.accept(listener);
        proxy
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// From now on bytes fare like this.
    pub(crate) fn set(&self, way: Way) {
        self.shared.way.send_replace(way);
    }

    /// Closes every connection there is.
    pub(crate) fn cut(&self) {
        self.shared.cuts.send_modify(|cuts| *cuts += 1);
    }

    /// How many connections were taken.
    pub(crate) fn accepted(&self) -> usize {
        self.shared.accepted.load(Ordering::SeqCst)
    }

    /// Refuses new connections.
    pub(crate) async fn refuse(&mut self) {
        if let Some(accepting) = self.accepting.take() {
            accepting.abort();
            drop(accepting.await);
        }
    }

    /// Takes new connections again.
    pub(crate) async fn admit(&mut self) {
        let listener = TcpListener::bind(("127.0.0.1", self.port)).await.unwrap();
        self.accept(listener);
    }

    fn accept(&mut self, listener: TcpListener) {
        let (shared, server) = (Arc::clone(&self.shared), self.server);
        self.accepting = Some(tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let number = shared.accepted.fetch_add(1, Ordering::SeqCst);
                if !shared.way.borrow().slam {
                    tokio::spawn(carry(client, server, Arc::clone(&shared), number));
                }
            }
        }));
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        if let Some(accepting) = &self.accepting {
            accepting.abort();
        }
        self.cut();
    }
}

async fn carry(client: TcpStream, server: u16, shared: Arc<Shared>, number: usize) -> io::Result<()> {
    let mut cuts = shared.cuts.subscribe();
    let server = TcpStream::connect(("127.0.0.1", server)).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
    let way = || shared.way.subscribe();
    let concerned = |way: &Way| way.every_second.is_none_or(|which| number % 2 == which);
    tokio::select! {
        ended = pump(from_client, to_server, way(), |way| way.no_questions && concerned(way)) => ended,
        ended = pump(from_server, to_client, way(), |way| way.no_answers && concerned(way)) => ended,
        _ = cuts.changed() => Ok(()),
    }
}

async fn pump(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut way: watch::Receiver<Way>,
    held: impl Fn(&Way) -> bool,
) -> io::Result<()> {
    let mut chunk = vec![0; 64 * 1024];
    // Numbers of its own, begun by its own port.
    let mut chunks = from.local_addr().map_or(0, |own| u64::from(own.port())) << 32
        | from.peer_addr().map_or(0, |peer| u64::from(peer.port()));
    loop {
        let length = from.read(&mut chunk).await?;
        if length == 0 {
            return Ok(());
        }
        chunks = chunks.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let Way { delay, jitter, .. } = *way.borrow();
        let delay = delay + jitter.mul_f64(f64::from((chunks >> 56) as u8) / 255.0);
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        // The proxy ends with its test.
        let Ok(_) = way.wait_for(|way| !held(way)).await else { return Ok(()) };
        to.write_all(&chunk[..length]).await?;
    }
}
