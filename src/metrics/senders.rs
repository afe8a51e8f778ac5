//! Numbers by sender: what happened to messages, who opted in and out and how, and the rating. Each configured sender has
//! its own series, and all others share one: a label for each number that registers itself would be without bound.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock, atomic::AtomicU64},
};

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter as Series, family::Family, gauge::Gauge},
    registry::{Registry, Unit},
};

use super::words::snake;
use crate::{
    model::{
        Time,
        evidence::{Channel, Method},
    },
    quality::{Counter, Counts, FailureClass, PERIODS, Rating},
};

/// The label of senders that are not configured.
pub const OTHERS: &str = "other";

/// The label of people who opt out and never opted in.
const NO_METHOD: &str = "none";

/// The periods that numbers are told over, as labels.
const PERIOD_WORDS: [&str; PERIODS.len()] = ["1h", "24h", "7d"];

/// Whose rating it is, as labels.
const RATED_BY: [&str; 3] = ["ruling", "own", "platform"];

/// What is counted by sender.
#[derive(Debug)]
pub struct Senders {
    families: Families,
    opt_outs_by_method: Vec<Series>,
    each: RwLock<HashMap<String, Arc<SenderSeries>>>,
}

#[derive(Debug, Default)]
struct Families {
    messages: Family<MessageLabels, Series>,
    failures: Family<FailureLabels, Series>,
    opt_ins: Family<MethodLabels, Series>,
    opt_outs: Family<ChannelLabels, Series>,
    rating: Family<RatingLabels, Gauge>,
    since: Family<SenderLabels, Gauge<f64, AtomicU64>>,
    undelivered: Family<PeriodLabels, Gauge>,
    negative: Family<PeriodLabels, Gauge<f64, AtomicU64>>,
}

/// The series of one sender, held: nothing is looked up for an event.
#[derive(Debug)]
pub struct SenderSeries {
    /// By the place of what happened; failures share one series.
    messages: [Series; Counter::COUNT],
    failures: [Series; FailureClass::ALL.len()],
    opt_ins: [Series; Method::ALL.len()],
    opt_outs: [Series; Channel::ALL.len()],
    /// None of those that share their series.
    quality: Option<QualitySeries>,
}

#[derive(Debug)]
struct QualitySeries {
    rating: [Gauge; RATED_BY.len()],
    since: Gauge<f64, AtomicU64>,
    undelivered: [Gauge; PERIODS.len()],
    negative: [Gauge<f64, AtomicU64>; PERIODS.len()],
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SenderLabels {
    sender: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct MessageLabels {
    sender: String,
    happened: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct FailureLabels {
    sender: String,
    class: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct MethodLabels {
    sender: String,
    method: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ChannelLabels {
    sender: String,
    channel: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct LastMethodLabels {
    method: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RatingLabels {
    sender: String,
    by: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PeriodLabels {
    sender: String,
    period: &'static str,
}

impl Senders {
    pub(super) fn registered(r: &mut Registry) -> Self {
        let f = Families::default();
        let help = "What happened to messages, each thing once: sent, delivered, read, failed, blocked, reported; by configured \
            sender (other for the rest)";
        r.register("messages", help, f.messages.clone());
        let help = "Messages that failed, by configured sender and class of the error";
        r.register("message_failures", help, f.failures.clone());
        let help = "Opt-ins that took effect, by configured sender and the method they were given by";
        r.register("opt_ins", help, f.opt_ins.clone());
        let help = "Opt-outs that took effect, by configured sender and the channel they came through";
        r.register("opt_outs", help, f.opt_outs.clone());
        let by_method = Family::<LastMethodLabels, Series>::default();
        let methods = Method::ALL.iter().map(snake).chain([NO_METHOD.to_owned()]);
        let opt_outs_by_method =
            methods.map(|method| by_method.get_or_create_owned(&LastMethodLabels { method })).collect();
        let help = "Opt-outs that took effect, by the method of the latest opt-in of who opted out (none without one)";
        r.register("opt_outs_by_method", help, by_method);
        let help = "Rating of a configured sender: 0 unrated, 1 low, 2 medium, 3 high; by us (own), by the platform, and the \
            worse of both, which rules (ruling)";
        r.register("sender_rating", help, f.rating.clone());
        let help = "Since when the ruling rating holds, in Unix time; 0 while unrated";
        r.register_with_unit("sender_rating_since_timestamp", help, Unit::Seconds, f.since.clone());
        let help = "Messages sent and not delivered over 1 hour, 24 hours and 7 days, as this sidecar rated the sender last; a \
            phone that is off looks the same";
        r.register("sender_undelivered_messages", help, f.undelivered.clone());
        let help = "Blocks and reports per message delivered over 1 hour, 24 hours and 7 days, as this sidecar rated the sender \
            last";
        r.register("sender_negative_ratio", help, f.negative.clone());
        Self { families: f, opt_outs_by_method, each: RwLock::default() }
    }

    /// Makes the series of a sender, at zero: with those of its quality, if it has a label of its own.
    pub fn expect(&self, sender: &str) {
        let quality = (sender != OTHERS).then(|| self.families.quality(sender));
        let series = Arc::new(SenderSeries { quality, ..self.families.series(sender) });
        let mut each = self.each.write().unwrap_or_else(PoisonError::into_inner);
        each.entry(sender.to_owned()).or_insert(series);
    }

    /// The series of a sender that is expected; of any other, those of the rest.
    #[must_use]
    pub fn of(&self, sender: &str) -> Option<Arc<SenderSeries>> {
        let each = self.each.read().unwrap_or_else(PoisonError::into_inner);
        each.get(sender).or_else(|| each.get(OTHERS)).cloned()
    }

    /// Counts an opt-out by the method of the opt-in that it ended, if there was one.
    pub fn opted_out_after(&self, method: Option<Method>) {
        let place = method.map_or(Method::ALL.len(), |method| method as usize);
        if let Some(series) = self.opt_outs_by_method.get(place) {
            series.inc();
        }
    }
}

impl Families {
    fn series(&self, sender: &str) -> SenderSeries {
        let sender = sender.to_owned();
        let message = |counter: Counter| {
            let happened = counter.word();
            self.messages.get_or_create_owned(&MessageLabels { sender: sender.clone(), happened })
        };
        let failure = |class: FailureClass| {
            let class = class.word();
            self.failures.get_or_create_owned(&FailureLabels { sender: sender.clone(), class })
        };
        let opt_in = |method: Method| {
            let method = snake(&method);
            self.opt_ins.get_or_create_owned(&MethodLabels { sender: sender.clone(), method })
        };
        let opt_out = |channel: Channel| {
            let channel = snake(&channel);
            self.opt_outs.get_or_create_owned(&ChannelLabels { sender: sender.clone(), channel })
        };
        SenderSeries {
            messages: Counter::all().map(message),
            failures: FailureClass::ALL.map(failure),
            opt_ins: Method::ALL.map(opt_in),
            opt_outs: Channel::ALL.map(opt_out),
            quality: None,
        }
    }

    fn quality(&self, sender: &str) -> QualitySeries {
        let sender = sender.to_owned();
        let rating = |by| self.rating.get_or_create_owned(&RatingLabels { sender: sender.clone(), by });
        let of = |period| PeriodLabels { sender: sender.clone(), period };
        QualitySeries {
            rating: RATED_BY.map(rating),
            since: self.since.get_or_create_owned(&SenderLabels { sender: sender.clone() }),
            undelivered: PERIOD_WORDS.map(|period| self.undelivered.get_or_create_owned(&of(period))),
            negative: PERIOD_WORDS.map(|period| self.negative.get_or_create_owned(&of(period))),
        }
    }
}

impl SenderSeries {
    /// Counts what happened to a message.
    pub fn happened(&self, counter: Counter) {
        if let Some(series) = self.messages.get(counter.place()) {
            series.inc();
        }
        if let Counter::Failed(class) = counter
            && let Some(series) = self.failures.get(class as usize)
        {
            series.inc();
        }
    }

    /// Counts an opt-in.
    pub fn opted_in(&self, method: Method) {
        if let Some(series) = self.opt_ins.get(method as usize) {
            series.inc();
        }
    }

    /// Counts an opt-out.
    pub fn opted_out(&self, channel: Channel) {
        if let Some(series) = self.opt_outs.get(channel as usize) {
            series.inc();
        }
    }

    /// Tells the rating that rules and since when, ours, and the platform's.
    pub fn rated(&self, ruling: (Rating, Time), own: Rating, platform: Option<Rating>) {
        let Some(quality) = &self.quality else { return };
        let ratings = [ruling.0, own, platform.unwrap_or_default()];
        for (gauge, rating) in quality.rating.iter().zip(ratings) {
            gauge.set(number_of(rating));
        }
        let since = if ruling.0 == Rating::Unrated { 0 } else { ruling.1.millis() };
        #[expect(clippy::cast_precision_loss, reason = "milliseconds of this era are far below 2^53")]
        let seconds = since as f64 / 1000.0;
        quality.since.set(seconds);
    }

    /// Tells what was counted over each period.
    pub fn tallied(&self, periods: &[Counts; PERIODS.len()]) {
        let Some(quality) = &self.quality else { return };
        for ((counts, undelivered), negative) in
            periods.iter().zip(&quality.undelivered).zip(&quality.negative)
        {
            undelivered.set(i64::try_from(counts.undelivered()).unwrap_or(i64::MAX));
            negative.set(counts.negative_ratio().unwrap_or_default());
        }
    }
}

/// The better the greater, and 0 while nothing is said: what falls, falls.
const fn number_of(rating: Rating) -> i64 {
    match rating {
        Rating::Unrated => 0,
        Rating::Low => 1,
        Rating::Medium => 2,
        Rating::High => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Metrics;

    #[test]
    fn a_failure_counts_as_one_and_under_its_class() {
        let metrics = Metrics::new();
        metrics.senders.expect("1");
        metrics.senders.of("1").unwrap().happened(Counter::Failed(FailureClass::OptedOut));
        let text = metrics.render();
        for line in [
            "sendgate_messages_total{sender=\"1\",happened=\"failed\"} 1\n",
            "sendgate_message_failures_total{sender=\"1\",class=\"opted_out\"} 1\n",
            "sendgate_message_failures_total{sender=\"1\",class=\"other\"} 0\n",
        ] {
            assert!(text.contains(line), "{line}");
        }
    }

    #[test]
    fn who_is_not_expected_counts_among_the_others_and_is_not_rated() {
        let metrics = Metrics::new();
        metrics.senders.expect(OTHERS);
        metrics.senders.of("99").unwrap().opted_in(Method::Website);
        metrics.senders.of("99").unwrap().rated((Rating::Low, Time::EPOCH), Rating::Low, None);
        let text = metrics.render();
        assert!(text.contains("sendgate_opt_ins_total{sender=\"other\",method=\"website\"} 1\n"));
        assert!(!text.contains("99\"") && !text.contains("sendgate_sender_rating{"), "{text}");
    }

    #[test]
    fn the_worse_the_rating_the_smaller_its_number() {
        let mut ratings = [Rating::High, Rating::Low, Rating::Unrated, Rating::Medium];
        ratings.sort_by_key(|rating| number_of(*rating));
        assert_eq!(ratings, [Rating::Unrated, Rating::Low, Rating::Medium, Rating::High]);
    }
}
