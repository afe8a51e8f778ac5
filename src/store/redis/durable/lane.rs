//! One connection that commits are written and confirmed over.
//!
//! It is made before anybody needs it, and made again when it is lost: making it takes several round trips, and a commit
//! that had to wait for them, on one writer after the other, would often be too late when Redis is just back.

use std::sync::Arc;

use redis::{
    Pipeline, PushInfo, PushKind, RedisError, Value,
    aio::{ConnectionLike as _, MultiplexedConnection, SendError},
};
use tokio::{
    sync::{Mutex, mpsc, watch},
    time::sleep,
};

use super::{Job, Shared, TOGETHER_MAX};
use crate::store::{
    StoreError,
    redis::{fault, pauses::Pauses},
};

/// Writes, waits, answers; one batch at a time.
pub(super) struct Lane {
    shared: Arc<Shared>,
    connection: Option<Connected>,
    pauses: Pauses,
}

/// A connection, and whether it has ended since.
#[derive(Clone)]
struct Connected {
    connection: MultiplexedConnection,
    ended: watch::Receiver<bool>,
    place: Option<String>,
}

impl Lane {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, connection: None, pauses: Pauses::default() }
    }

    /// Takes what has queued up, again and again, until nobody can queue any more.
    pub(super) async fn run(mut self, queue: Arc<Mutex<mpsc::Receiver<Job>>>) {
        loop {
            let mut jobs = Vec::with_capacity(TOGETHER_MAX);
            let lost = lost(self.connection.clone(), Arc::clone(&self.shared));
            let taken = tokio::select! {
                // One writer at a time takes, and lets go before it writes.
                taken = async { queue.lock().await.recv_many(&mut jobs, TOGETHER_MAX).await } => taken,
                () = async { lost.await; sleep(self.pauses.next()).await } => {
                    // Whoever has something to write meanwhile has other writers. What fails is tried again.
                    if self.connected().await.is_ok() {
                        self.pauses = Pauses::default();
                    }
                    continue;
                }
            };
            if taken == 0 {
                return;
            }
            let forgotten = self.carry_out(jobs).await;
            if !forgotten.is_empty() {
                // The server had lost the script; a new connection teaches it first. Only once: it answers either way.
                for job in self.carry_out(forgotten).await {
                    refuse(job, "Redis does not keep our script");
                }
            }
        }
    }

    /// Writes a batch and answers it, except for what a server did not do because it does not know the script.
    async fn carry_out(&mut self, jobs: Vec<Job>) -> Vec<Job> {
        let mut connection = match self.connected().await {
            Ok(connected) => connected.connection,
            Err(why) => {
                jobs.into_iter().for_each(|job| refuse(job, &why));
                return Vec::new();
            }
        };
        let mut pipeline = Pipeline::with_capacity(jobs.len() + 2);
        for job in &jobs {
            pipeline.add_command(job.command.clone());
        }
        pipeline.add_command(self.shared.mark.clone()).add_command(self.shared.wait.clone());
        let (count, batch) = (pipeline.len(), self.shared.doubt.sending());
        match connection.req_packed_commands(&pipeline, 0, count).await {
            Ok(answers) => self.answer(jobs, answers, batch),
            Err(error) => {
                self.connection = None;
                self.shared.doubt.fail();
                let failed = fault::of_write(&error);
                jobs.into_iter().for_each(|job| drop(job.answer.send(Err(failed.clone()))));
                Vec::new()
            }
        }
    }

    fn answer(&mut self, jobs: Vec<Job>, mut answers: Vec<Value>, batch: u64) -> Vec<Job> {
        let waited = answers.pop().unwrap_or(Value::Nil).extract_error();
        let marked = answers.pop().unwrap_or(Value::Nil).extract_error();
        let met =
            waited.map_err(|error| fault::of_write(&error)).and_then(|answer| self.shared.needs.met(answer));
        let confirmed = marked.is_ok() && met.unwrap_or(false);
        if confirmed {
            self.shared.doubt.confirm(batch);
        } else {
            self.shared.doubt.fail();
            // It may lead to a master that was one; the next batch looks anew.
            self.connection = None;
        }
        let (mut answers, mut forgotten) = (answers.into_iter(), Vec::new());
        for job in jobs {
            let told = match answers.next().unwrap_or(Value::Nil).extract_error() {
                Err(error) if fault::is_no_script(&error) => {
                    self.connection = None;
                    forgotten.push(job);
                    continue;
                }
                Err(error) => {
                    if fault::needs_another_connection(&error) {
                        self.connection = None;
                    }
                    Err(fault::of_write(&error))
                }
                Ok(answer) if confirmed || tells_of_nothing(&answer) => Ok(answer),
                Ok(_) => Err(StoreError::UnknownOutcome),
            };
            // Whoever asked may have gone.
            drop(job.answer.send(told));
        }
        forgotten
    }

    /// The connection, made when there is none that works.
    async fn connected(&mut self) -> Result<Connected, String> {
        let link = Arc::clone(&self.shared.link);
        let is_good = |it: &&Connected| !*it.ended.borrow() && !link.leads_elsewhere(it.place.as_deref());
        if let Some(connected) = self.connection.as_ref().filter(is_good) {
            return Ok(connected.clone());
        }
        let (told, ended) = watch::channel(false);
        let pushed = move |push: PushInfo| {
            if push.kind == PushKind::Disconnection {
                told.send_replace(true);
            }
            Ok::<(), SendError>(())
        };
        let master = self.shared.connector.master().await?;
        let mut connection = self.shared.connector.to_master(&master, Some(pushed)).await?;
        let teach = &self.shared.teach;
        let taught = connection.req_packed_commands(teach, 0, teach.len()).await;
        let taught = taught.and_then(|answers| answers.into_iter().try_for_each(is_taught));
        taught.map_err(|error| fault::plain(&error))?;
        let place = self.shared.connector.place(&master, &mut connection).await?;
        if link.leads_elsewhere(place.as_deref()) {
            return Err("all else goes to another master".to_owned());
        }
        let connected = Connected { connection, ended, place };
        self.connection = Some(connected.clone());
        Ok(connected)
    }
}

/// Waits until there is no connection and Redis is there: while it is away, who asks for it is the link, and nobody else.
async fn lost(connection: Option<Connected>, shared: Arc<Shared>) {
    if let Some(mut connected) = connection {
        // A connection that cannot tell any more has ended, too.
        drop(connected.ended.wait_for(|ended| *ended).await);
    }
    drop(shared.link.up().wait_for(|up| *up).await);
}

fn is_taught(answer: Value) -> Result<(), RedisError> {
    answer.extract_error().map(drop)
}

/// Nothing was sent.
fn refuse(job: Job, why: &str) {
    drop(job.answer.send(Err(StoreError::Unavailable(why.to_owned()))));
}

/// A commit that was not written, or a statement that is not there, needs no confirmation.
fn tells_of_nothing(answer: &Value) -> bool {
    match answer {
        Value::Nil => true,
        Value::Array(parts) => matches!(parts.first(), Some(Value::BulkString(word)) if word == b"conflict"),
        _ => false,
    }
}
