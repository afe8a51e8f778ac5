//! Streams of answers: a task that ends when the caller goes, when its source or its time ends, or when the server stops.

use std::{sync::Arc, time::Duration};

use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Status};

use super::status;

/// A stream of answers.
pub(super) type Answers<T> = ReceiverStream<Result<T, Status>>;

/// Answers waiting for a slow reader; more than this hold the source up. One: a decision that waits grows old, and an
/// opt-out may be acknowledged meanwhile.
const WAITING_MAX: usize = 1;

/// What a stream holds until it ends: its place among all that are open, and its time.
#[derive(Clone, Debug, Default)]
pub struct Lease {
    _place: Option<Arc<OwnedSemaphorePermit>>,
    limit: Option<Duration>,
}

impl Lease {
    /// A place, and the caller's deadline where one was named. A stream without one stays open as long as both sides want.
    #[must_use]
    pub fn new(place: OwnedSemaphorePermit, limit: Option<Duration>) -> Self {
        Self { _place: Some(Arc::new(place)), limit }
    }

    /// The lease that came with a request; one that came through no guard holds nothing.
    pub(super) fn of<T>(request: &Request<T>) -> Self {
        request.extensions().get::<Self>().cloned().unwrap_or_default()
    }

    async fn ended(&self) {
        match self.limit {
            Some(limit) => tokio::time::sleep(limit).await,
            None => std::future::pending().await,
        }
    }
}

/// Runs a source of answers until it ends, its time is over, the reader is gone, or the server stops.
pub(super) fn streaming<T, F, R>(lease: Lease, stopping: CancellationToken, source: F) -> Answers<T>
where
    T: Send + 'static,
    F: FnOnce(mpsc::Sender<Result<T, Status>>) -> R,
    R: Future<Output = Result<(), Status>> + Send + 'static,
{
    let (answers, reader) = mpsc::channel(WAITING_MAX);
    let running = source(answers.clone());
    tokio::spawn(async move {
        let gone = answers.clone();
        let ended = tokio::select! {
            ended = running => ended,
            () = gone.closed() => Ok(()),
            () = lease.ended() => Err(status::deadline_exceeded()),
            () = stopping.cancelled() => Err(status::shutting_down()),
        };
        // A reader that does not read must not keep the place of others.
        drop(lease);
        if let Err(status) = ended {
            // A reader that is gone needs no reason.
            drop(answers.send(Err(status)).await);
        }
    });
    ReceiverStream::new(reader)
}
