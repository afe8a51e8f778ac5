//! Delivery events and quality ratings.

use tonic::Status;

use super::{super::pb, Fields, timestamp};
use crate::{
    gate::{DeliveryEvent, FUTURE_TOLERANCE, SenderQuality},
    model::{Recipient, SenderId, Time},
    quality::{Counter, Counts, FailureClass, Happened, PERIODS, Rating, Split},
};

/// Events of one call; more are several calls, so that no answer waits for too much.
const EVENTS_MAX: usize = 10_000;
const ID_CHARACTERS_MAX: usize = 512;

/// Reads a batch. One bad event refuses all: each is named, and nothing of the batch is recorded.
pub(in crate::grpc) fn events(
    message: &pb::RecordDeliveryEventsRequest,
    now: Time,
) -> Result<(SenderId, Vec<DeliveryEvent>), Status> {
    let mut fields = Fields::default();
    let sender = fields.sender(&message.sender);
    if message.events.is_empty() {
        fields.bad("events", "must be at least one event");
    }
    if message.events.len() > EVENTS_MAX {
        fields.bad("events", format!("must be at most {EVENTS_MAX} events"));
    }
    let read = message.events.iter().take(EVENTS_MAX).enumerate();
    let events: Vec<_> = read.filter_map(|(place, event)| one(event, place, now, &mut fields)).collect();
    fields.finish(sender.map(|sender| (sender, events)))
}

fn one(event: &pb::DeliveryEvent, place: usize, now: Time, fields: &mut Fields) -> Option<DeliveryEvent> {
    let field = |name: &str| format!("events[{place}].{name}");
    if event.message_id.is_empty() {
        fields.bad(field("message_id"), "must be the platform's message ID");
    }
    fields.text(&field("message_id"), &event.message_id, ID_CHARACTERS_MAX);
    fields.text(&field("template"), &event.template, ID_CHARACTERS_MAX);
    let happened = happened(event);
    if happened.is_none() {
        fields.bad(field("type"), "must be SENT, DELIVERED, READ, FAILED, BLOCKED or REPORTED");
    }
    if event.error_code != 0 && !matches!(happened, Some(Happened::Failed(_))) {
        fields.bad(field("error_code"), "belongs to FAILED only");
    }
    let recipient = match event.recipient.as_str() {
        "" => None,
        text => fields.read::<Recipient, _>(&field("recipient"), Recipient::parse(text)),
    };
    let at = fields.time(&field("occurred_at"), event.occurred_at.as_ref());
    if at.is_some_and(|at| at > now + FUTURE_TOLERANCE) {
        fields.bad(field("occurred_at"), "must not be more than 5 minutes in the future");
    }
    if at.is_some_and(|at| at < Time::WHATSAPP_MIN) {
        fields.bad(field("occurred_at"), "must not be before 2009: nobody had WhatsApp yet");
    }
    let topic = fields.topic(&field("topic"), &event.topic);
    fields.text(&field("reservation_id"), &event.reservation_id, ID_CHARACTERS_MAX);
    let category = super::words::category(event.category);
    if category.is_none() {
        fields.bad(field("category"), super::words::CATEGORIES);
    }
    let category = category?;
    Some(DeliveryEvent {
        message_id: event.message_id.clone(),
        happened: happened?,
        code: event.error_code,
        recipient,
        at,
        template: Some(event.template.clone()).filter(|name| !name.is_empty()),
        category,
        topic,
        reservation: Some(event.reservation_id.clone()).filter(|token| !token.is_empty()),
    })
}

fn happened(event: &pb::DeliveryEvent) -> Option<Happened> {
    Some(match pb::DeliveryEventType::try_from(event.r#type).ok()? {
        pb::DeliveryEventType::Sent => Happened::Sent,
        pb::DeliveryEventType::Delivered => Happened::Delivered,
        pb::DeliveryEventType::Read => Happened::Read,
        pb::DeliveryEventType::Failed => Happened::Failed(FailureClass::of_code(event.error_code)),
        pb::DeliveryEventType::Blocked => Happened::Blocked,
        pb::DeliveryEventType::Reported => Happened::Reported,
        pb::DeliveryEventType::Unspecified => return None,
    })
}

/// Reads whose quality is asked for.
pub(in crate::grpc) fn sender_of_quality(message: &pb::GetSenderQualityRequest) -> Result<SenderId, Status> {
    let mut fields = Fields::default();
    let sender = fields.sender(&message.sender);
    fields.finish(sender)
}

/// Reads whose quality is watched; none = everybody's.
pub(in crate::grpc) fn watched_sender(
    message: &pb::WatchSenderQualityRequest,
) -> Result<Option<SenderId>, Status> {
    if message.sender.is_empty() {
        return Ok(None);
    }
    let mut fields = Fields::default();
    let sender = fields.sender(&message.sender);
    fields.finish(sender.map(Some))
}

/// The quality of a sender.
pub(in crate::grpc) fn quality(quality: &SenderQuality) -> pb::SenderQuality {
    let (ruling, since) = quality.ruling;
    let periods = PERIODS.into_iter().zip(&quality.periods);
    let week = PERIODS.last().copied().unwrap_or_default();
    let splits = quality.splits.iter().map(|(split, counts)| match split {
        Split::Template(name) => pb::QualitySplit {
            template: name.clone(),
            counts: Some(period(week, counts)),
            ..pb::QualitySplit::default()
        },
        Split::Method(name) => pb::QualitySplit {
            opt_in_method: name.clone(),
            counts: Some(period(week, counts)),
            ..pb::QualitySplit::default()
        },
    });
    pb::SenderQuality {
        sender: quality.sender.as_str().to_owned(),
        rating: rating(ruling).into(),
        since: Some(timestamp(since)),
        platform_rating: quality.platform.map_or(pb::Rating::Unspecified, |(given, _)| rating(given)).into(),
        periods: periods.map(|(length, counts)| period(length, counts)).collect(),
        throttled: quality.throttled.clone().unwrap_or_default(),
        own_rating: rating(quality.standing.rating).into(),
        sustained_low: quality.sustained,
        splits: splits.collect(),
    }
}

/// One step of its history.
pub(in crate::grpc) fn point(start: Time, counts: &Counts) -> pb::QualityPoint {
    pb::QualityPoint {
        start: Some(timestamp(start)),
        sent: counts.get(Counter::Sent),
        delivered: counts.get(Counter::Delivered),
        read: counts.get(Counter::Read),
        failed: counts.failed(),
        blocked: counts.get(Counter::Blocked),
        reported: counts.get(Counter::Reported),
    }
}

fn period(length: crate::model::Millis, counts: &Counts) -> pb::QualityPeriod {
    let failures = FailureClass::ALL.map(|class| (class, counts.get(Counter::Failed(class))));
    pb::QualityPeriod {
        period: Some(prost_types::Duration { seconds: length.get() / 1000, nanos: 0 }),
        sent: counts.get(Counter::Sent),
        delivered: counts.get(Counter::Delivered),
        read: counts.get(Counter::Read),
        failed: counts.failed(),
        blocked: counts.get(Counter::Blocked),
        reported: counts.get(Counter::Reported),
        negative_ratio: counts.negative_ratio().unwrap_or_default(),
        undelivered: counts.undelivered(),
        read_ratio: counts.read_ratio().unwrap_or_default(),
        failures: failures
            .into_iter()
            .filter(|(_, count)| *count > 0)
            .map(|(class, count)| pb::FailureCount { class: class.word().to_owned(), count })
            .collect(),
    }
}

const fn rating(rating: Rating) -> pb::Rating {
    match rating {
        Rating::Unrated => pb::Rating::Unspecified,
        Rating::High => pb::Rating::High,
        Rating::Medium => pb::Rating::Medium,
        Rating::Low => pb::Rating::Low,
    }
}
