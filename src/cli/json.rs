//! Answers as JSON: the proto3 mapping, from the contract's own descriptors.

use std::sync::LazyLock;

use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage};

use super::Failure;
use crate::grpc::{DESCRIPTORS, pb};

/// A message of the contract that knows its name.
pub(super) trait Named: Message {
    /// The name in package `sendgate.v1`.
    const NAME: &'static str;
}

macro_rules! named {
    ($($message:ident)*) => { $(impl Named for pb::$message { const NAME: &'static str = stringify!($message); })* };
}

named! {
    CheckSendResponse RecordConsentResponse RecordOptOutResponse RecordOptInPromptResponse RecordInboundResponse
    RecordConfirmationResponse RecordBlockResponse SettleHoldResponse RecordContactResponse LinkContactsResponse
    GetContactResponse EraseContactResponse WatchConsentResponse ExportContactsResponse ConsentEntry
    ReleaseReservationResponse GetSenderQualityResponse
}

static POOL: LazyLock<Option<DescriptorPool>> = LazyLock::new(|| DescriptorPool::decode(DESCRIPTORS).ok());

/// A message as JSON on one line.
pub(super) fn line<M: Named>(message: &M) -> Result<String, Failure> {
    Ok(value(message)?.to_string())
}

/// A message as a JSON value, for those that add something of their own.
pub(super) fn value<M: Named>(message: &M) -> Result<serde_json::Value, Failure> {
    let name = format!("sendgate.v1.{}", M::NAME);
    let unknown = || Failure::Usage(format!("this build does not know how to write {name} as JSON"));
    let descriptor = POOL.as_ref().and_then(|pool| pool.get_message_by_name(&name)).ok_or_else(unknown)?;
    let mut dynamic = DynamicMessage::new(descriptor);
    dynamic.transcode_from(message).map_err(|_| unknown())?;
    serde_json::to_value(&dynamic).map_err(|_| unknown())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_follow_the_proto3_mapping() {
        let answer = pb::CheckSendResponse {
            decision: pb::Decision::Deny.into(),
            reason: pb::Reason::OptedOut.into(),
            retry_at: Some(prost_types::Timestamp { seconds: 1_700_000_000, nanos: 0 }),
            ..Default::default()
        };
        let json: serde_json::Value = serde_json::from_str(&line(&answer).unwrap()).unwrap();
        assert_eq!(
            json,
            serde_json::json!({
                "decision": "DECISION_DENY", "reason": "REASON_OPTED_OUT", "retryAt": "2023-11-14T22:13:20Z"
            })
        );
    }
}
