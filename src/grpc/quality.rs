//! QualityService: events in, counts and ratings out.

use std::sync::Arc;

use tonic::{Request, Response, Status};

use super::{convert, pb, status, stream::Answers};
use crate::gate::Gate;

const WATCH: &str = "watching quality ratings";

/// The service.
#[derive(Clone, Debug)]
pub struct QualityApi {
    gate: Arc<Gate>,
}

impl QualityApi {
    /// The service over a gate.
    #[must_use]
    pub const fn new(gate: Arc<Gate>) -> Self {
        Self { gate }
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
        let quality = self.gate.quality(&sender).await.map_err(|error| status::of_gate(&error))?;
        Ok(Response::new(pb::GetSenderQualityResponse { quality: Some(convert::quality(&quality)) }))
    }

    async fn watch_sender_quality(
        &self,
        _: Request<pb::WatchSenderQualityRequest>,
    ) -> Result<Response<Self::WatchSenderQualityStream>, Status> {
        Err(status::not_implemented(WATCH))
    }
}
