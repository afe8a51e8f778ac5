//! The words of the scenario files and the contract's types, both ways. By name alone, so that a number or a name that
//! changes on either side is found.

use prost::Message as _;
use prost_types::Timestamp;
use sendgate::{grpc::pb, model::Time};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::{harness::errors, scenarios::driver::Written};

/// A number that no enumeration of the contract has.
const NOT_IN_THE_CONTRACT: i32 = 99;

/// An error in the words of the scenarios: the fields at fault, or its kind.
pub(super) fn told(status: &Status) -> Vec<String> {
    let is = |code, reason: &str| errors::expect::<()>(Err(status.clone()), code, reason);
    match status.code() {
        Code::InvalidArgument => is(Code::InvalidArgument, "INVALID_REQUEST"),
        Code::FailedPrecondition => {
            is(Code::FailedPrecondition, "UNKNOWN_SENDER");
            vec!["unknown_sender".to_owned()]
        }
        Code::AlreadyExists => {
            is(Code::AlreadyExists, "IDEMPOTENCY_KEY_REUSED");
            vec!["key_reused".to_owned()]
        }
        Code::Unavailable => {
            is(Code::Unavailable, "STORE_UNAVAILABLE");
            assert!(status.get_error_details().retry_info().is_some(), "a retry can help: {status:?}");
            vec!["unavailable".to_owned()]
        }
        _ => panic!("no scenario expects {status:?}"),
    }
}

pub(super) fn written(applied: Option<bool>, obligations: &[i32]) -> Written {
    let due = |code: &i32| {
        let obligation = pb::Obligation::try_from(*code).unwrap();
        word("OBLIGATION", obligation.as_str_name())
    };
    Written { applied, obligations: obligations.iter().map(due).collect(), ..Written::default() }
}

/// `not_on_whatsapp` is `REASON_NOT_ON_WHATSAPP`.
pub(super) fn name(prefix: &str, word: &str) -> String {
    format!("{prefix}_{}", word.to_uppercase())
}

/// `REASON_NOT_ON_WHATSAPP` is `not_on_whatsapp`.
pub(super) fn word(prefix: &str, name: &str) -> String {
    name.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('_')).unwrap().to_lowercase()
}

pub(super) fn method(word: &str) -> i32 {
    pb::ConsentMethod::from_str_name(&name("CONSENT_METHOD", word))
        .map_or(NOT_IN_THE_CONTRACT, |known| known as i32)
}

pub(super) fn action(word: &str) -> i32 {
    pb::ConsentAction::from_str_name(&name("CONSENT_ACTION", word))
        .map_or(NOT_IN_THE_CONTRACT, |known| known as i32)
}

pub(super) fn kind(word: &str) -> i32 {
    pb::MessageKind::from_str_name(&name("MESSAGE_KIND", word)).unwrap() as i32
}

pub(super) fn category(word: &str) -> i32 {
    pb::Category::from_str_name(&name("CATEGORY", word)).unwrap() as i32
}

/// Everything is no scope at all.
pub(super) fn scope(words: &[String]) -> Option<pb::Scope> {
    let topics = words.iter().filter_map(|word| word.strip_prefix("topic:")).map(str::to_owned).collect();
    let categories = words.iter().filter(|word| !word.starts_with("topic:"));
    let scope = pb::Scope { categories: categories.map(|word| category(word)).collect(), topics };
    (!words.is_empty()).then_some(scope)
}

pub(super) fn stamp(time: Time) -> Timestamp {
    let nanos = i32::try_from(time.millis().rem_euclid(1000)).unwrap() * 1_000_000;
    Timestamp { seconds: time.millis().div_euclid(1000), nanos }
}

pub(super) fn instant(stamp: &Timestamp) -> Time {
    assert_eq!(stamp.nanos % 1_000_000, 0, "times of the contract are in milliseconds");
    Time::from_millis(stamp.seconds * 1000 + i64::from(stamp.nanos) / 1_000_000).unwrap()
}

/// The same message to two recipients, who are one.
pub(super) fn batch(request: &pb::CheckSendRequest) -> pb::CheckSendBatchRequest {
    let request = request.clone();
    pb::CheckSendBatchRequest {
        sender: request.sender,
        recipients: vec![request.recipient.clone(), request.recipient],
        category: request.category,
        topic: request.topic,
        kind: request.kind,
        template: request.template,
        template_language: request.template_language,
        automated: request.automated,
        human_escalation: request.human_escalation,
        ..Default::default()
    }
}

/// The contract promises a stream the field numbers of the single call.
pub(super) fn streamed(request: &pb::CheckSendRequest) -> pb::StreamCheckSendRequest {
    pb::StreamCheckSendRequest::decode(request.encode_to_vec().as_slice()).unwrap()
}

/// The same of an answer.
pub(super) fn unstreamed(answer: &pb::StreamCheckSendResponse) -> pb::CheckSendResponse {
    pb::CheckSendResponse::decode(answer.encode_to_vec().as_slice()).unwrap()
}
