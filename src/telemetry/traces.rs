//! Traces over OTLP: a span for a call that is sampled, within its caller's trace (W3C `traceparent`). A thread of its own sends
//! them in batches; what does not fit into its queue, or does not reach the collector, is lost and holds nobody up.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use http::HeaderMap;
use opentelemetry::{
    Context, KeyValue,
    propagation::{Extractor, TextMapPropagator as _},
    trace::{Span as _, SpanKind, TraceContextExt as _, Tracer as _, TracerProvider as _},
};
use opentelemetry_otlp::{SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::{
    Resource,
    propagation::TraceContextPropagator,
    trace::{BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracer, SdkTracerProvider, Span},
};

use crate::policy::Verdict;

/// The header that names the caller's trace.
pub const TRACEPARENT: &str = "traceparent";

/// Spans that wait to be sent; more are lost.
const QUEUE_MAX: usize = 2048;
/// Spans that are sent together.
const TOGETHER_MAX: usize = 512;
/// How long spans are gathered.
const SEND_EVERY: Duration = Duration::from_secs(1);
/// How long the collector may take for a batch.
const SEND_MAX: Duration = Duration::from_secs(3);
/// How long a server that stops waits for what was traced last to be sent.
const FLUSH_MAX: Duration = Duration::from_secs(4);

/// Begins spans.
#[derive(Clone, Debug)]
pub struct Traces {
    provider: SdkTracerProvider,
    tracer: SdkTracer,
    /// False where traces begin with callers only.
    begins: bool,
}

/// The span of a call, in the extensions of its request.
#[derive(Clone, Debug)]
pub struct CallSpan(Arc<Mutex<Span>>);

impl Traces {
    /// Sends spans to a collector. Of calls whose callers name no trace, this part begins one.
    ///
    /// # Errors
    /// When the address cannot be used.
    pub fn to(endpoint: &str, sample_ratio: f64) -> Result<Self, opentelemetry_otlp::ExporterBuildError> {
        let exporter =
            SpanExporter::builder().with_tonic().with_endpoint(endpoint).with_timeout(SEND_MAX).build()?;
        let batches = BatchConfigBuilder::default()
            .with_max_queue_size(QUEUE_MAX)
            .with_max_export_batch_size(TOGETHER_MAX)
            .with_scheduled_delay(SEND_EVERY)
            .build();
        let processor = BatchSpanProcessor::builder(exporter).with_batch_config(batches).build();
        let root = Sampler::TraceIdRatioBased(sample_ratio);
        let provider = SdkTracerProvider::builder()
            .with_span_processor(processor)
            .with_sampler(Sampler::ParentBased(Box::new(root)))
            .with_resource(Resource::builder().with_service_name(env!("CARGO_PKG_NAME")).build())
            .build();
        Ok(Self { tracer: provider.tracer(env!("CARGO_PKG_NAME")), provider, begins: sample_ratio > 0.0 })
    }

    /// The span of a call, if it is sampled: by its caller, or where that names no trace, by chance.
    #[must_use]
    pub fn begin(&self, method: &str, headers: &HeaderMap) -> Option<CallSpan> {
        let named = headers.contains_key(TRACEPARENT);
        if !named && !self.begins {
            return None;
        }
        let parent = Context::new();
        let parent = if named {
            TraceContextPropagator::new().extract_with_context(&parent, &Headers(headers))
        } else {
            parent
        };
        let caller = parent.span().span_context().clone();
        // Not sampled by its caller. A header that cannot be read names nobody's trace.
        if caller.is_valid() && !caller.is_sampled() {
            return None;
        }
        let builder = self.tracer.span_builder(method.to_owned()).with_kind(SpanKind::Server);
        let span = builder.with_attributes([KeyValue::new("rpc.system", "grpc")]);
        let span = span.start_with_context(&self.tracer, &parent);
        span.is_recording().then(|| CallSpan(Arc::new(Mutex::new(span))))
    }

    /// Sends what was traced last, but does not wait for ever.
    pub async fn flush(&self) {
        let provider = self.provider.clone();
        let sent = tokio::task::spawn_blocking(move || provider.shutdown_with_timeout(FLUSH_MAX)).await;
        if !matches!(sent, Ok(Ok(()))) {
            tracing::warn!("not all traces could be sent before the end");
        }
    }
}

impl CallSpan {
    /// Notes what was decided. Nothing of the person.
    pub fn decided(&self, verdict: &Verdict) {
        let mut span = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        span.set_attribute(KeyValue::new(
            "sendgate.decision",
            if verdict.allowed { "ALLOW" } else { "DENY" },
        ));
        span.set_attribute(KeyValue::new("sendgate.reason", verdict.reason.label().to_ascii_uppercase()));
        span.set_attribute(KeyValue::new("sendgate.rule", verdict.rule.name()));
    }

    /// Notes how many of a batch were allowed and denied.
    pub fn decided_many(&self, allowed: usize, denied: usize) {
        let mut span = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (name, count) in [("sendgate.allowed", allowed), ("sendgate.denied", denied)] {
            span.set_attribute(KeyValue::new(name, i64::try_from(count).unwrap_or(i64::MAX)));
        }
    }

    /// Ends with a gRPC status.
    pub fn end(&self, code: tonic::Code) {
        let mut span = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        span.set_attribute(KeyValue::new("rpc.grpc.status_code", i64::from(code as i32)));
        if code != tonic::Code::Ok {
            span.set_status(opentelemetry::trace::Status::error(code.description()));
        }
        span.end();
    }
}

struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(http::HeaderName::as_str).collect()
    }
}
