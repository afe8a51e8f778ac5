//! The services behind every door.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use tonic::service::Routes;
use tonic_health::server::HealthReporter;

use crate::{
    gate::Gate,
    grpc::{
        ConsentApi, DESCRIPTORS, PolicyApi, QualityApi,
        pb::{
            consent_service_server::ConsentServiceServer, policy_service_server::PolicyServiceServer,
            quality_service_server::QualityServiceServer,
        },
    },
};

/// How large requests may be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sizes {
    pub(super) request_bytes: usize,
    pub(super) batch_recipients: usize,
}

/// The three services of the contract.
pub(super) fn contract(gate: &Arc<Gate>, sizes: Sizes, stopping: &CancellationToken) -> Routes {
    let policy = PolicyApi::new(Arc::clone(gate), sizes.batch_recipients, stopping.clone());
    let consent = ConsentApi::new(Arc::clone(gate), stopping.clone());
    let quality = QualityApi::new(Arc::clone(gate), stopping.clone());
    let bytes = sizes.request_bytes;
    Routes::new(PolicyServiceServer::new(policy).max_decoding_message_size(bytes))
        .add_service(ConsentServiceServer::new(consent).max_decoding_message_size(bytes))
        .add_service(QualityServiceServer::new(quality).max_decoding_message_size(bytes))
        .prepare()
}

/// The same with health and reflection, for the gRPC doors.
pub(super) fn with_health_and_reflection(contract: Routes) -> (Routes, HealthReporter) {
    let (health, service) = tonic_health::server::health_reporter();
    let mut routes = contract.add_service(service);
    let builder = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(DESCRIPTORS)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
    };
    // The descriptors were compiled into this very program; should they not register, calls work all the same.
    match (builder().build_v1(), builder().build_v1alpha()) {
        (Ok(v1), Ok(v1alpha)) => routes = routes.add_service(v1).add_service(v1alpha),
        (Err(error), _) | (_, Err(error)) => tracing::error!(%error, "no reflection"),
    }
    (routes.prepare(), health)
}

/// Says to everybody who asks whether the services serve.
pub(super) async fn set_serving(health: &HealthReporter, serving: bool) {
    let status =
        if serving { tonic_health::ServingStatus::Serving } else { tonic_health::ServingStatus::NotServing };
    for service in ["", "sendgate.v1.PolicyService", "sendgate.v1.ConsentService"] {
        health.set_service_status(service, status).await;
    }
}
