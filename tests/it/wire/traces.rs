//! Traces, as a collector gets them.

use std::sync::{Arc, Mutex};

use opentelemetry_proto::tonic::{
    collector::trace::v1::{
        ExportTraceServiceRequest, ExportTraceServiceResponse,
        trace_service_server::{TraceService, TraceServiceServer},
    },
    common::v1::any_value::Value,
    trace::v1::Span,
};
use sendgate::grpc::pb;
use serde_json::json;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status};

use crate::harness::{
    Server, plain,
    say::{PERSON, SENDER, template},
};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const CALLER: &str = "b7ad6b7169203331";

/// A collector that keeps what it gets.
#[derive(Clone, Default)]
struct Collector(Arc<Mutex<Vec<ExportTraceServiceRequest>>>);

#[tonic::async_trait]
impl TraceService for Collector {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        self.0.lock().unwrap().push(request.into_inner());
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

impl Collector {
    async fn start() -> (Self, String) {
        let collector = Self::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let service = TraceServiceServer::new(collector.clone());
        let server = tonic::transport::Server::builder().add_service(service);
        tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
        (collector, endpoint)
    }

    fn spans(&self) -> Vec<Span> {
        let got = self.0.lock().unwrap();
        let scopes = got.iter().flat_map(|request| &request.resource_spans).flat_map(|of| &of.scope_spans);
        scopes.flat_map(|of| of.spans.clone()).collect()
    }
}

async fn server(endpoint: &str, ratio: &str) -> Server {
    Server::with(&format!("tracing: {{otlp_endpoint: '{endpoint}', sample_ratio: {ratio}}}")).await
}

fn traced<T>(message: T, flags: &str) -> Request<T> {
    let mut request = Request::new(message);
    let parent = format!("00-{TRACE}-{CALLER}-{flags}");
    request.metadata_mut().insert("traceparent", parent.parse().unwrap());
    request
}

fn text(span: &Span, name: &str) -> Option<String> {
    let attribute = span.attributes.iter().find(|attribute| attribute.key == name)?;
    match attribute.value.as_ref()?.value.as_ref()? {
        Value::StringValue(text) => Some(text.clone()),
        Value::IntValue(number) => Some(number.to_string()),
        other => Some(format!("{other:?}")),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sampled_call_is_a_span_of_its_callers_trace_through_either_door() {
    let (collector, endpoint) = Collector::start().await;
    let server = server(&endpoint, "0").await;
    let check = template(PERSON, pb::Category::Utility);
    server.policy().check_send(traced(check.clone(), "01")).await.unwrap();
    let batch = pb::CheckSendBatchRequest {
        sender: SENDER.to_owned(),
        recipients: vec![PERSON.to_owned(), "nobody".to_owned()],
        category: pb::Category::Utility.into(),
        kind: pb::MessageKind::Template.into(),
        ..Default::default()
    };
    server.policy().check_send_batch(traced(batch, "01")).await.unwrap();
    let malformed = pb::CheckSendRequest { recipient: "x".to_owned(), ..check };
    server.policy().check_send(traced(malformed, "01")).await.unwrap_err();
    let body = json!({"sender": SENDER, "recipient": PERSON, "category": "CATEGORY_UTILITY", "kind": "MESSAGE_KIND_TEMPLATE"});
    let parent = format!("00-{TRACE}-{CALLER}-01");
    let headers = [("content-type", "application/json"), ("traceparent", parent.as_str())];
    let answer =
        plain::send(server.http(), "POST /v1/checkSend", &headers, body.to_string().as_bytes()).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    // What was traced last is sent before the end.
    server.stop().await;
    let spans = collector.spans();
    let hex = |bytes: &[u8]| data_encoding::HEXLOWER.encode(bytes);
    let told: Vec<_> = spans
        .iter()
        .map(|span| {
            assert_eq!((hex(&span.trace_id).as_str(), hex(&span.parent_span_id).as_str()), (TRACE, CALLER));
            let of = |name| text(span, name).unwrap_or_default();
            let batch = [of("sendgate.allowed"), of("sendgate.denied")].concat();
            (
                span.name.as_str(),
                of("sendgate.decision"),
                of("sendgate.reason"),
                batch,
                of("rpc.grpc.status_code"),
            )
        })
        .collect();
    let row = |name, decision: &str, reason: &str, batch: &str, code: &str| {
        (name, decision.to_owned(), reason.to_owned(), batch.to_owned(), code.to_owned())
    };
    let check = "PolicyService/CheckSend";
    assert_eq!(
        told,
        [
            row(check, "DENY", "NO_OPT_IN", "", "0"),
            row("PolicyService/CheckSendBatch", "", "", "01", "0"),
            row(check, "", "", "", "3"),
            row(check, "DENY", "NO_OPT_IN", "", "0"),
        ]
    );
    assert!(!format!("{:?}", collector.0.lock().unwrap()).contains(PERSON));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_its_caller_does_not_sample_is_not_traced_and_what_names_no_trace_is_by_chance() {
    for (ratio, spans) in [("0", 0), ("1", 2)] {
        let (collector, endpoint) = Collector::start().await;
        let server = server(&endpoint, ratio).await;
        let check = || template(PERSON, pb::Category::Utility);
        server.policy().check_send(traced(check(), "00")).await.unwrap();
        server.policy().check_send(check()).await.unwrap();
        let mut garbled = Request::new(check());
        garbled.metadata_mut().insert("traceparent", "garbage".parse().unwrap());
        server.policy().check_send(garbled).await.unwrap();
        server.stop().await;
        let told = collector.spans();
        assert_eq!(told.len(), spans, "{ratio}: {told:?}");
        assert!(told.iter().all(|span| span.parent_span_id.is_empty()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_is_not_there_holds_nobody_up() {
    let nobody = format!("http://127.0.0.1:{}", crate::redis_server::free_port());
    let server = server(&nobody, "1").await;
    for _ in 0..3000 {
        let check = template(PERSON, pb::Category::Utility);
        assert_eq!(server.reason(check).await, pb::Reason::NoOptIn);
    }
    server.stop().await;
}
