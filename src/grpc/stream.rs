//! Streams of answers: a task that ends when the caller goes, when its source ends, or when the server stops.

use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::Status;

use super::status;

/// A stream of answers.
pub(super) type Answers<T> = ReceiverStream<Result<T, Status>>;

/// Answers waiting for a slow reader; more than this hold the source up. One: a decision that waits grows old, and an
/// opt-out may be acknowledged meanwhile.
const WAITING_MAX: usize = 1;

/// Runs a source of answers until it ends, the reader is gone, or the server stops.
pub(super) fn streaming<T, F, R>(stopping: CancellationToken, source: F) -> Answers<T>
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
            () = stopping.cancelled() => Err(status::shutting_down()),
        };
        if let Err(status) = ended {
            // A reader that is gone needs no reason.
            drop(answers.send(Err(status)).await);
        }
    });
    ReceiverStream::new(reader)
}
