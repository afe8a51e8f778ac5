//! The only place between the contract and the domain. Reading collects every bad field before it gives up.

mod check;
mod consent;
mod contact;
mod entry;
mod quality;
mod words;

pub(super) use check::{batch, check, fields_of_stream, item_error, response, streamed};
pub(super) use consent::{block, confirmation, consistency_of_get, link, opt_in, opt_out, prompt, who};
pub(super) use contact::{contact, prompt_state, scope_status};
pub(super) use entry::entry;
pub(super) use quality::{events, point, quality, sender_of_quality, watched_sender};
pub(super) use words::{durability, finding, inbound_effect, obligations};

use prost_types::Timestamp;

use super::status;
use crate::{
    gate::{Consistency, FieldError, Revision},
    model::{Category, Recipient, Scope, ScopeSet, SenderId, Time, Topic},
};

/// Bad fields found so far.
#[derive(Debug, Default)]
pub(super) struct Fields(Vec<FieldError>);

impl Fields {
    pub(super) fn bad(&mut self, field: impl Into<String>, message: impl Into<String>) {
        self.0.push(FieldError::new(field, message));
    }

    /// A parsed value, or nothing after noting what was wrong.
    fn read<T, E: std::fmt::Display>(&mut self, field: &str, result: Result<T, E>) -> Option<T> {
        result.map_err(|error| self.bad(field, error.to_string())).ok()
    }

    pub(super) fn finish<T>(self, value: Option<T>) -> Result<T, tonic::Status> {
        match value {
            Some(value) if self.0.is_empty() => Ok(value),
            _ => Err(status::invalid(&self.0)),
        }
    }

    fn sender(&mut self, text: &str) -> Option<SenderId> {
        self.read("sender", SenderId::parse(text))
    }

    fn recipient(&mut self, field: &str, text: &str) -> Option<Recipient> {
        self.read(field, Recipient::parse(text))
    }

    pub(super) fn text<'a>(&mut self, field: &str, text: &'a str, characters_max: usize) -> &'a str {
        if text.chars().nth(characters_max).is_some() {
            self.bad(field, format!("must be at most {characters_max} characters"));
        } else if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
            self.bad(field, "must not contain control characters");
        }
        text
    }

    /// A text that is read and not kept: anything a person can write.
    pub(super) fn body<'a>(&mut self, field: &str, text: &'a str, characters_max: usize) -> &'a str {
        if text.chars().nth(characters_max).is_some() {
            self.bad(field, format!("must be at most {characters_max} characters"));
        }
        text
    }

    fn time(&mut self, field: &str, time: Option<&Timestamp>) -> Option<Time> {
        let time = time?;
        let millis = i64::from(time.nanos).checked_div(1_000_000).unwrap_or_default();
        let valid = (0..1_000_000_000).contains(&time.nanos);
        let read =
            time.seconds.checked_mul(1000).and_then(|s| s.checked_add(millis)).and_then(Time::from_millis);
        let read = read.filter(|_| valid);
        if read.is_none() {
            self.bad(field, "must be a time from 1970-01-01T00:00:00Z to 9999-12-31T23:59:59.999Z");
        }
        read
    }

    fn topic(&mut self, field: &str, text: &str) -> Option<Topic> {
        if text.is_empty() { None } else { self.read(field, Topic::parse(text)) }
    }

    fn scope(&mut self, scope: Option<&super::pb::Scope>) -> ScopeSet {
        let Some(scope) = scope else { return ScopeSet::everything() };
        let mut scopes = Vec::new();
        if scope.topics.len() > TOPICS_MAX {
            self.bad("scope.topics", format!("must be at most {TOPICS_MAX} topics"));
        }
        for (at, category) in scope.categories.iter().enumerate() {
            match words::category(*category) {
                Some(Some(category)) => scopes.push(Scope::Category(category)),
                Some(None) | None => self.bad(format!("scope.categories[{at}]"), words::CATEGORIES),
            }
        }
        for (at, topic) in scope.topics.iter().take(TOPICS_MAX).enumerate() {
            if let Some(topic) = self.read(&format!("scope.topics[{at}]"), Topic::parse(topic)) {
                scopes.push(Scope::Topic(topic));
            }
        }
        ScopeSet::of(scopes)
    }

    fn consistency(&mut self, consistency: Option<&super::pb::Consistency>) -> Consistency {
        use super::pb::consistency::Requirement;
        match consistency.and_then(|consistency| consistency.requirement.as_ref()) {
            None | Some(Requirement::MinimizeLatency(_) | Requirement::FullyConsistent(false)) => {
                Consistency::MinimizeLatency
            }
            Some(Requirement::FullyConsistent(true)) => Consistency::FullyConsistent,
            Some(Requirement::AtLeastAsFresh(token)) => match Revision::parse(token) {
                Some(revision) => Consistency::AtLeastAsFresh(revision),
                None => {
                    self.bad("consistency.at_least_as_fresh", "must be a `revision` of an earlier answer");
                    Consistency::FullyConsistent
                }
            },
        }
    }

    fn zone(&mut self, name: &str) -> Option<String> {
        if name.is_empty() {
            return None;
        }
        if jiff::tz::TimeZone::get(name).is_err() {
            self.bad("time_zone", "must be an IANA time zone such as `America/Sao_Paulo`");
        }
        Some(name.to_owned())
    }
}

const TOPICS_MAX: usize = 32;

/// A time of the domain as the contract has it.
pub(super) fn timestamp(time: Time) -> Timestamp {
    let nanos = i32::try_from(time.millis().rem_euclid(1000) * 1_000_000).unwrap_or_default();
    Timestamp { seconds: time.millis().div_euclid(1000), nanos }
}

/// A scope of the domain as the contract has it; everything is both lists empty.
pub(super) fn scope(scopes: &[Scope]) -> super::pb::Scope {
    let mut message = super::pb::Scope::default();
    for scope in scopes {
        match scope {
            Scope::Everything => {}
            Scope::Category(category) => message.categories.push(category_code(*category)),
            Scope::Topic(topic) => message.topics.push(topic.as_str().to_owned()),
        }
    }
    message
}

fn category_code(category: Category) -> i32 {
    words::category_code(category) as i32
}
