//! A TCP proxy between a store and its Redis that can be slow, silent in either direction, cut, and closed.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU16, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::{mpsc, watch},
    task::JoinHandle,
};

/// What asks to be told of writes.
const TRACKING: &[u8] = b"TRACKING";
/// Chunks on their way at most, in one direction of one connection.
const CHUNKS: usize = 256;

/// How bytes fare. What is held is not lost: as on a real network it arrives once the way is free again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Way {
    /// Nothing reaches the server.
    pub(crate) no_questions: bool,
    /// Nothing comes back.
    pub(crate) no_answers: bool,
    /// Every chunk is this long on its way.
    pub(crate) delay: Duration,
    /// Every chunk is up to this long on its way on top, each connection on its own: one overtakes another.
    pub(crate) jitter: Duration,
    /// Questions are as fast as ever.
    pub(crate) slow_answers_only: bool,
    /// Which connections all this concerns.
    pub(crate) whom: Whom,
    /// New connections are taken and closed at once.
    pub(crate) slam: bool,
}

/// Some of the connections of a proxy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Whom {
    #[default]
    All,
    /// 0 = the first, third, and so on; 1 = the others.
    EverySecond(usize),
    /// Those that were taken before so many had been.
    Before(usize),
    /// Those that asked to be told of writes (`CLIENT TRACKING`).
    Hearing,
    /// All others.
    Data,
}

/// A proxy that runs.
pub(crate) struct Proxy {
    port: u16,
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
}

struct Shared {
    server: AtomicU16,
    way: watch::Sender<Way>,
    cuts: watch::Sender<usize>,
    accepted: AtomicUsize,
}

impl Proxy {
    /// A proxy of a server on this machine.
    pub(crate) async fn to(server: u16) -> Self {
        let shared = Arc::new(Shared {
            server: AtomicU16::new(server),
            way: watch::Sender::new(Way::default()),
            cuts: watch::Sender::new(0),
            accepted: AtomicUsize::new(0),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let mut proxy = Self { port, shared, accepting: None };
        proxy.accept(listener);
        proxy
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// From now on bytes fare like this.
    pub(crate) fn set(&self, way: Way) {
        self.shared.way.send_replace(way);
    }

    /// From now on connections lead to another server; those there are stay where they are.
    pub(crate) fn lead_to(&self, server: u16) {
        self.shared.server.store(server, Ordering::SeqCst);
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
        let shared = Arc::clone(&self.shared);
        self.accepting = Some(tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let number = shared.accepted.fetch_add(1, Ordering::SeqCst);
                if !shared.way.borrow().slam {
                    let server = shared.server.load(Ordering::SeqCst);
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

/// What both directions of a connection know of it.
struct Known {
    number: usize,
    /// It asked to be told of writes.
    hears: AtomicBool,
}

impl Known {
    fn is_of(&self, whom: Whom) -> bool {
        match whom {
            Whom::All => true,
            Whom::Before(number) => self.number < number,
            Whom::EverySecond(which) => self.number % 2 == which,
            Whom::Hearing => self.hears.load(Ordering::Relaxed),
            Whom::Data => !self.hears.load(Ordering::Relaxed),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Questions,
    Answers,
}

async fn carry(client: TcpStream, server: u16, shared: Arc<Shared>, number: usize) -> io::Result<()> {
    let mut cuts = shared.cuts.subscribe();
    let server = TcpStream::connect(("127.0.0.1", server)).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
    let way = || shared.way.subscribe();
    let known = Known { number, hears: AtomicBool::new(false) };
    tokio::select! {
        ended = pump(from_client, to_server, way(), Direction::Questions, &known) => ended,
        ended = pump(from_server, to_client, way(), Direction::Answers, &known) => ended,
        _ = cuts.changed() => Ok(()),
    }
}

/// Takes chunks as they come and hands each on when it is due, in order.
async fn pump(
    from: OwnedReadHalf,
    to: OwnedWriteHalf,
    way: watch::Receiver<Way>,
    direction: Direction,
    known: &Known,
) -> io::Result<()> {
    let (on_its_way, arrives) = mpsc::channel(CHUNKS);
    let taking = take(from, way.clone(), direction, known, on_its_way);
    tokio::try_join!(taking, hand_on(to, way, direction, known, arrives)).map(drop)
}

async fn take(
    mut from: OwnedReadHalf,
    way: watch::Receiver<Way>,
    direction: Direction,
    known: &Known,
    on_its_way: mpsc::Sender<(Instant, Vec<u8>)>,
) -> io::Result<()> {
    // Numbers of its own, begun by its own port.
    let mut draw = from.local_addr().map_or(0, |own| u64::from(own.port())) << 32
        | from.peer_addr().map_or(0, |peer| u64::from(peer.port()));
    let mut chunk = vec![0; 64 * 1024];
    loop {
        let length = from.read(&mut chunk).await?;
        let Some(taken) = chunk.get(..length).filter(|taken| !taken.is_empty()) else { return Ok(()) };
        if direction == Direction::Questions && taken.windows(TRACKING.len()).any(|word| word == TRACKING) {
            known.hears.store(true, Ordering::Relaxed);
        }
        draw = draw.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let Way { delay, jitter, slow_answers_only, whom, .. } = *way.borrow();
        let mut due = Instant::now();
        if known.is_of(whom) && (direction == Direction::Answers || !slow_answers_only) {
            due += delay + jitter.mul_f64(f64::from((draw >> 56) as u8) / 255.0);
        }
        if on_its_way.send((due, taken.to_vec())).await.is_err() {
            return Ok(());
        }
    }
}

async fn hand_on(
    mut to: OwnedWriteHalf,
    mut way: watch::Receiver<Way>,
    direction: Direction,
    known: &Known,
    mut arrives: mpsc::Receiver<(Instant, Vec<u8>)>,
) -> io::Result<()> {
    let held = |way: &Way| {
        let silent = match direction {
            Direction::Questions => way.no_questions,
            Direction::Answers => way.no_answers,
        };
        silent && known.is_of(way.whom)
    };
    while let Some((due, chunk)) = arrives.recv().await {
        if due > Instant::now() {
            tokio::time::sleep_until(due.into()).await;
        }
        // The proxy ends with its test.
        if way.wait_for(|way| !held(way)).await.is_err() {
            break;
        }
        to.write_all(&chunk).await?;
    }
    Ok(())
}
