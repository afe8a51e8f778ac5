//! `sendgate top`: all senders, live. Ratings and counts are those of all sidecars, as `WatchSenderQuality` streams them;
//! decisions a second are those of the one that is asked, from the difference of two `GetActivity`. Both come through the port
//! that every command uses, which `/metrics` does not, and metrics know no sender of a decision.

mod draw;
mod screen;
mod senders;

use std::time::Duration;

use clap::Args;
use crossterm::event::{Event, EventStream, KeyCode, KeyEventKind, KeyModifiers};
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    time::MissedTickBehavior,
};
use tokio_stream::StreamExt as _;
use tonic::Streaming;

use self::{
    screen::Screen,
    senders::{Senders, Sort},
};
use super::{Exit, Failure, session::Session};
use crate::{
    clock,
    grpc::pb::{
        GetActivityRequest, GetSenderQualityRequest, WatchSenderQualityRequest, WatchSenderQualityResponse,
    },
};

/// Senders that one frame for a script asks for, the busiest first.
const ONCE_MAX: usize = 200;

/// Arguments of `top`.
#[derive(Debug, Args)]
pub struct TopArgs {
    /// Print one frame as plain text and exit; so it does, too, where standard output is no terminal.
    #[arg(long)]
    pub once: bool,
    /// How long decisions are counted for a rate.
    #[arg(long, value_name = "DURATION", default_value = "1s", value_parser = humantime::parse_duration)]
    pub interval: Duration,
    /// What to sort by.
    #[arg(long, value_enum, default_value_t = Sort::Rate)]
    pub sort: Sort,
}

pub(super) async fn run(args: &TopArgs, session: &mut Session<'_, '_>) -> Result<Exit, Failure> {
    if session.json {
        return Err(Failure::Usage(
            "`top` draws for people; for programs there is `quality SENDER --json`".to_owned(),
        ));
    }
    if args.interval < Duration::from_millis(100) {
        return Err(Failure::Usage("--interval must be 100ms or longer".to_owned()));
    }
    let mut senders = Senders::new(session.endpoint.clone(), args.sort);
    if args.once || !session.console.terminal {
        return once(args, &mut senders, session).await;
    }
    live(args, &mut senders, session).await
}

/// One frame.
async fn once(args: &TopArgs, senders: &mut Senders, session: &mut Session<'_, '_>) -> Result<Exit, Failure> {
    let before = session.quality.get_activity(session.request(GetActivityRequest {})).await?.into_inner();
    senders.count(before, None);
    tokio::time::sleep(args.interval).await;
    let after = session.quality.get_activity(session.request(GetActivityRequest {})).await?.into_inner();
    senders.count(after, Some(args.interval));
    for sender in senders.busiest(ONCE_MAX) {
        let request = session.request(GetSenderQualityRequest { sender });
        let answer = session.quality.get_sender_quality(request).await?.into_inner();
        if let Some(quality) = answer.quality {
            senders.rate(quality);
        }
    }
    let text = draw::text(senders);
    session.line(format_args!("{text}"))?;
    Ok(Exit::Yes)
}

/// Frame after frame, until somebody says that it is enough.
async fn live(args: &TopArgs, senders: &mut Senders, session: &mut Session<'_, '_>) -> Result<Exit, Failure> {
    // Asked before the screen is taken: a server that does not answer is told as by any command.
    let first = session.quality.get_activity(session.request(GetActivityRequest {})).await?.into_inner();
    senders.count(first, None);
    let (mut quality, timeout) = (session.quality.clone(), session.timeout);
    let mut stop = Stop::listen()?;
    let mut screen = Screen::open(&mut *session.console.out)?;
    let mut keys = EventStream::new();
    let mut ticks = tokio::time::interval(args.interval);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks.tick().await;
    let mut counted_at = clock::monotonic();
    let mut feed = None;
    loop {
        screen.draw(|frame| draw::frame(frame, senders))?;
        tokio::select! {
            () = stop.asked() => return Ok(Exit::Yes),
            key = keys.next() => match key {
                Some(Ok(event)) => if is_end(&event, senders) { return Ok(Exit::Yes) },
                // Nobody can say any more that it is enough.
                Some(Err(error)) => return Err(error.into()),
                None => return Ok(Exit::Yes),
            },
            change = next(&mut feed) => match change {
                Ok(change) => change.quality.into_iter().for_each(|told| senders.rate(told)),
                Err(why) => {
                    senders.fail(&why);
                    feed = None;
                }
            },
            _ = ticks.tick() => {
                let request = super::session::with_deadline(GetActivityRequest {}, timeout);
                match quality.get_activity(request).await {
                    Ok(answer) => senders.count(answer.into_inner(), Some(counted_at.elapsed())),
                    Err(status) => senders.fail(status.message()),
                }
                counted_at = clock::monotonic();
                if feed.is_none() {
                    let watch = quality.watch_sender_quality(WatchSenderQualityRequest::default());
                    feed = watch.await.map_err(|status| senders.fail(status.message())).ok().map(tonic::Response::into_inner);
                }
            }
        }
    }
}

/// The next change, while there is a feed.
async fn next(
    feed: &mut Option<Streaming<WatchSenderQualityResponse>>,
) -> Result<WatchSenderQualityResponse, String> {
    let Some(feed) = feed else { return std::future::pending().await };
    let told = feed.message().await.map_err(|status| status.message().to_owned())?;
    told.ok_or_else(|| "the feed ended".to_owned())
}

/// Does what a key asks for; true at the end.
fn is_end(event: &Event, senders: &mut Senders) -> bool {
    let Event::Key(key) = event else { return false };
    if key.kind == KeyEventKind::Release {
        return false;
    }
    match key.code {
        KeyCode::Char('q') | KeyCode::Esc => return true,
        KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => return true,
        KeyCode::Char('s') | KeyCode::Right => senders.sort_by(senders.sort().next()),
        KeyCode::Left => senders.sort_by(senders.sort().previous()),
        KeyCode::Down => senders.scroll(1),
        KeyCode::Up => senders.scroll(-1),
        KeyCode::PageDown => senders.scroll(20),
        KeyCode::PageUp => senders.scroll(-20),
        _ => {}
    }
    false
}

/// SIGTERM and SIGINT: the terminal has to be given back.
struct Stop {
    terminate: Signal,
    interrupt: Signal,
}

impl Stop {
    fn listen() -> Result<Self, Failure> {
        let io = |source| Failure::Io { what: "listening for signals".to_owned(), source };
        let terminate = signal(SignalKind::terminate()).map_err(io)?;
        Ok(Self { terminate, interrupt: signal(SignalKind::interrupt()).map_err(io)? })
    }

    async fn asked(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
