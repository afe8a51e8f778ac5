//! QualityService: events in, counts and ratings out.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};

use super::{
    convert, pb, status,
    stream::{Answers, Lease, streaming},
};
use crate::gate::{Decided, Gate};

/// The service.
#[derive(Clone, Debug)]
pub struct QualityApi {
    gate: Arc<Gate>,
    stopping: CancellationToken,
}

impl QualityApi {
    /// The service over a gate. Streams end when `stopping` is cancelled.
    #[must_use]
    pub const fn new(gate: Arc<Gate>, stopping: CancellationToken) -> Self {
        Self { gate, stopping }
    }
}

#[tonic::async_trait]
impl pb::quality_service_server::QualityService for QualityApi {
    type WatchSenderQualityStream = Answers<pb::WatchSenderQualityResponse>;

    async fn record_delivery_events(
        &self,
        request: Request<pb::RecordDeliveryEventsRequest>,
    ) -> Result<Response<pb::RecordDeliveryEventsResponse>, Status> {
        let (sender, events) = convert::events(&request.into_inner(), self.gate.now())?;
        let recorded = self.gate.record_events(&sender, &events).await;
        let recorded = recorded.map_err(|error| status::of_gate(&error))?;
        let of = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
        Ok(Response::new(pb::RecordDeliveryEventsResponse {
            counted: of(recorded.counted),
            duplicates: of(recorded.duplicates),
        }))
    }

    async fn get_sender_quality(
        &self,
        request: Request<pb::GetSenderQualityRequest>,
    ) -> Result<Response<pb::GetSenderQualityResponse>, Status> {
        let sender = convert::sender_of_quality(&request.into_inner())?;
        let told = self.gate.quality_and_history(&sender).await.map_err(|error| status::of_gate(&error))?;
        let (quality, history) = told;
        let history = history.iter().map(|(start, counts)| convert::point(*start, counts)).collect();
        Ok(Response::new(pb::GetSenderQualityResponse { quality: Some(convert::quality(&quality)), history }))
    }

    async fn get_activity(
        &self,
        _: Request<pb::GetActivityRequest>,
    ) -> Result<Response<pb::GetActivityResponse>, Status> {
        let (senders, others) = self.gate.activity();
        let of = |sender: &str, decided: Decided| pb::SenderActivity {
            sender: sender.to_owned(),
            allowed: decided.allowed,
            denied: decided.denied,
        };
        Ok(Response::new(pb::GetActivityResponse {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            ready: self.gate.metrics().ready.get() == 1,
            in_part: self.gate.in_part(),
            senders: senders.iter().map(|(sender, decided)| of(sender.as_str(), *decided)).collect(),
            others: Some(of("", others)),
        }))
    }

    async fn watch_sender_quality(
        &self,
        request: Request<pb::WatchSenderQualityRequest>,
    ) -> Result<Response<Self::WatchSenderQualityStream>, Status> {
        let lease = Lease::of(&request);
        let only = convert::watched_sender(&request.into_inner())?;
        let watch = self.gate.watch_quality(only.as_ref()).await;
        let mut watch = watch.map_err(|error| status::of_gate(&error))?;
        Ok(Response::new(streaming(lease, self.stopping.clone(), move |out| async move {
            loop {
                for quality in watch.next().await {
                    let quality = Some(convert::quality(&quality));
                    if out.send(Ok(pb::WatchSenderQualityResponse { quality })).await.is_err() {
                        return Ok(());
                    }
                }
            }
        })))
    }
}
