//! The webhook: the verification handshake, and signed deliveries. 200 only once everything in a delivery is stored or
//! can never be; then the platform does not send it again.

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::{Query, State, rejection::BytesRejection},
    http::{HeaderMap, StatusCode},
    response::IntoResponse,
};
use serde::Deserialize;

use super::{
    Shared, intake,
    payload::{self, PayloadError},
    signature,
};

/// The handshake's parameters.
#[derive(Debug, Deserialize)]
pub(super) struct Handshake {
    #[serde(rename = "hub.mode")]
    mode: Option<String>,
    #[serde(rename = "hub.verify_token")]
    token: Option<String>,
    #[serde(rename = "hub.challenge")]
    challenge: Option<String>,
}

/// Answers the platform's verification with its challenge, if it knows the token.
pub(super) async fn handshake(
    State(shared): State<Shared>,
    Query(asked): Query<Handshake>,
) -> Result<String, (StatusCode, String)> {
    let expected =
        shared.settings.verify_token.as_ref().map(|token| token.reveal().as_str()).unwrap_or_default();
    let (mode, token, challenge) =
        (asked.mode.as_deref(), asked.token.as_deref(), asked.challenge.as_deref());
    match signature::challenge(mode, token, challenge, expected) {
        Ok(challenge) => Ok(challenge.to_owned()),
        Err(error) => {
            tracing::warn!(%error, "webhook verification refused");
            Err((StatusCode::FORBIDDEN, format!("{error}\n")))
        }
    }
}

/// Takes a delivery in.
pub(super) async fn deliver(
    State(shared): State<Shared>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> impl IntoResponse {
    let answer = |outcome, status, text: String| {
        shared.gate.metrics().webhooks.delivery(outcome);
        (status, text)
    };
    let body = match body {
        Ok(body) => body,
        Err(rejection) => {
            return answer("malformed", rejection.status(), format!("{}\n", rejection.body_text()));
        }
    };
    if let Err((status, text)) = genuine(&shared, &headers, &body) {
        return answer("bad_signature", status, text);
    }
    let delivery = match payload::read(&body) {
        Ok(delivery) => delivery,
        Err(error) => {
            tracing::warn!(%error, "a webhook delivery is not one of the Cloud API");
            return answer("malformed", status_of(&error), format!("{error}\n"));
        }
    };
    // Unsigned ones prove nothing of who is who, even where they are taken.
    let signed = !shared.settings.allow_unsigned;
    // In a task of its own: the platform may hang up before a large delivery is through, and nothing is lost by that.
    let (gate, places) = (Arc::clone(&shared.gate), Arc::clone(&shared.places));
    let taken = tokio::spawn(async move { intake::take_in(&gate, &places, delivery, signed).await });
    if taken.await.unwrap_or(false) {
        answer("stored", StatusCode::OK, "stored\n".to_owned())
    } else {
        // What was stored stays stored; the rest comes again, and what comes twice changes nothing.
        answer(
            "failed",
            StatusCode::SERVICE_UNAVAILABLE,
            "not everything could be stored; send it again\n".to_owned(),
        )
    }
}

/// Fine when the body was signed by one of the app secrets, or need not be; else the answer.
fn genuine(shared: &Shared, headers: &HeaderMap, body: &[u8]) -> Result<(), (StatusCode, String)> {
    if shared.settings.allow_unsigned {
        return Ok(());
    }
    if shared.settings.app_secrets.is_empty() {
        let text = "no app secret is configured (`webhook.app_secrets`); webhooks are refused\n".to_owned();
        return Err((StatusCode::SERVICE_UNAVAILABLE, text));
    }
    let header = headers.get(signature::HEADER).and_then(|value| value.to_str().ok());
    let secrets: Vec<&[u8]> =
        shared.settings.app_secrets.iter().map(|secret| secret.reveal().as_bytes()).collect();
    signature::verify(header, body, &secrets).map_err(|error| {
        tracing::warn!(%error, "a webhook delivery is not genuine");
        (StatusCode::UNAUTHORIZED, format!("{error}\n"))
    })
}

const fn status_of(error: &PayloadError) -> StatusCode {
    match error {
        PayloadError::NotJson | PayloadError::NotAWebhook | PayloadError::OtherProduct => {
            StatusCode::BAD_REQUEST
        }
    }
}
