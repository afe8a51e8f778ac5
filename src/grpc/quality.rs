//! QualityService: its engine comes with a later version, and until then it says so.

use tonic::{Request, Response, Status};

use super::{pb, status, stream::Answers};

const FEATURE: &str = "quality ratings";

/// The service.
#[derive(Clone, Copy, Debug, Default)]
pub struct QualityApi;

#[tonic::async_trait]
impl pb::quality_service_server::QualityService for QualityApi {
    type WatchSenderQualityStream = Answers<pb::WatchSenderQualityResponse>;

    async fn record_delivery_events(
        &self,
        _: Request<pb::RecordDeliveryEventsRequest>,
    ) -> Result<Response<pb::RecordDeliveryEventsResponse>, Status> {
        Err(status::not_implemented(FEATURE))
    }

    async fn get_sender_quality(
        &self,
        _: Request<pb::GetSenderQualityRequest>,
    ) -> Result<Response<pb::GetSenderQualityResponse>, Status> {
        Err(status::not_implemented(FEATURE))
    }

    async fn watch_sender_quality(
        &self,
        _: Request<pb::WatchSenderQualityRequest>,
    ) -> Result<Response<Self::WatchSenderQualityStream>, Status> {
        Err(status::not_implemented(FEATURE))
    }
}
