//! PolicyService: may this message go out?

use std::{sync::Arc, time::Instant};

use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status, Streaming};

use super::{
    convert, pb, status,
    stream::{Answers, Lease, streaming},
};
use crate::{gate::Gate, telemetry::traces::CallSpan};

/// The service.
#[derive(Clone, Debug)]
pub struct PolicyApi {
    gate: Arc<Gate>,
    batch_recipients_max: usize,
    stopping: CancellationToken,
}

impl PolicyApi {
    /// The service over a gate. Streams end when `stopping` is cancelled.
    #[must_use]
    pub const fn new(gate: Arc<Gate>, batch_recipients_max: usize, stopping: CancellationToken) -> Self {
        Self { gate, batch_recipients_max, stopping }
    }

    async fn decide(
        &self,
        message: &pb::CheckSendRequest,
        span: Option<&CallSpan>,
    ) -> Result<pb::CheckSendResponse, Status> {
        let started = Instant::now();
        let check = convert::check(message)?;
        let answer = self.gate.check(&check).await;
        if let Some(span) = span {
            span.decided(&answer.verdict);
        }
        let response = convert::response(&answer);
        self.gate.metrics().answers.check_seconds.observe(started.elapsed().as_secs_f64());
        Ok(response)
    }
}

#[tonic::async_trait]
impl pb::policy_service_server::PolicyService for PolicyApi {
    type StreamCheckSendStream = Answers<pb::StreamCheckSendResponse>;

    async fn check_send(
        &self,
        request: Request<pb::CheckSendRequest>,
    ) -> Result<Response<pb::CheckSendResponse>, Status> {
        self.decide(request.get_ref(), request.extensions().get()).await.map(Response::new)
    }

    async fn check_send_batch(
        &self,
        request: Request<pb::CheckSendBatchRequest>,
    ) -> Result<Response<pb::CheckSendBatchResponse>, Status> {
        let span = request.extensions().get::<CallSpan>().cloned();
        let items = convert::batch(request.into_inner(), self.batch_recipients_max)?;
        let mut checks = Vec::with_capacity(items.len());
        let refused: Vec<_> =
            items.into_iter().map(|item| item.map(|check| checks.push(check)).err()).collect();
        let answers = self.gate.check_many(&checks).await;
        if let Some(span) = span {
            let allowed = answers.iter().filter(|answer| answer.verdict.allowed).count();
            span.decided_many(allowed, answers.len() - allowed);
        }
        let mut answers = answers.into_iter();
        let results = refused.into_iter().map(|refused| match refused {
            Some(error) => convert::item_error(error),
            None => answers.next().as_ref().map(convert::response).unwrap_or_default(),
        });
        Ok(Response::new(pb::CheckSendBatchResponse { results: results.collect() }))
    }

    async fn stream_check_send(
        &self,
        request: Request<Streaming<pb::StreamCheckSendRequest>>,
    ) -> Result<Response<Self::StreamCheckSendStream>, Status> {
        let api = self.clone();
        let lease = Lease::of(&request);
        let mut requests = request.into_inner();
        // One at a time: answers come in the order of the requests, and a slow reader slows the sender down.
        let answers = streaming(lease, self.stopping.clone(), move |answers| async move {
            while let Some(message) = requests.message().await.map_err(status::too_large_is_exhausted)? {
                let response = match api.decide(&convert::fields_of_stream(message), None).await {
                    Ok(response) => response,
                    Err(refused) => convert::item_error(status::item_error(&refused)),
                };
                if answers.send(Ok(convert::streamed(response))).await.is_err() {
                    break;
                }
            }
            Ok(())
        });
        Ok(Response::new(answers))
    }
}
