//! The quality of senders: what was counted, rated and remembered. The standing is a row of the registry, so that every
//! sidecar goes by the same one and a restart forgets nothing.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use super::{Gate, GateError, Observed};
use crate::{
    limits::Quota,
    model::{Millis, SenderId, Time},
    policy::{Measure, QualityRules},
    quality::{Counts, Grades, PERIODS, Rating, Splits, Standing, rated, worse},
    senders::{LearnedSender, StandingRow},
};

/// How often the senders whose messages something happened to are rated.
const RATE_EVERY: Duration = Duration::from_secs(30);

/// What the history is told by: fine enough for a day's shape, coarse enough for one line.
const STEP: Millis = Millis::hours(6);

/// What is known of the quality of a sender.
#[derive(Clone, Debug, PartialEq)]
pub struct SenderQuality {
    /// The sender, as it is counted.
    pub sender: SenderId,
    /// The rating that rules: the worse of ours and the platform's, and since when.
    pub ruling: (Rating, Time),
    /// Ours.
    pub standing: Standing,
    /// Ours is low, and has been for so long that more is to be done about it (E04).
    pub sustained: bool,
    /// The platform's last word.
    pub platform: Option<(Rating, Time)>,
    /// The counts over 1 hour, 24 hours and 7 days.
    pub periods: [Counts; PERIODS.len()],
    /// Those of 7 days told apart (E05).
    pub splits: Splits,
    /// A22: what is throttled or paused, and why.
    pub throttled: Option<String>,
}

impl SenderQuality {
    /// True when it says something else than before, and not only at another time.
    pub(super) fn is_news_after(&self, before: &Self) -> bool {
        let ratings =
            |quality: &Self| (quality.ruling.0, quality.standing.rating, quality.sustained, quality.platform);
        ratings(self) != ratings(before)
            || self.throttled != before.throttled
            || self.periods != before.periods
            || self.splits != before.splits
    }
}

/// The senders that something was counted of since this process began.
#[derive(Debug, Default)]
pub(super) struct Counted(Mutex<BTreeSet<SenderId>>);

impl Counted {
    pub(super) fn note(&self, sender: &SenderId) {
        let mut senders = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !senders.contains(sender) {
            senders.insert(sender.clone());
        }
    }

    fn all(&self) -> Vec<SenderId> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

impl Gate {
    /// Counts and rating of a sender now. A rating that changed is kept for all.
    ///
    /// # Errors
    /// When the sender is unknown, or the store failed.
    pub async fn quality(&self, sender: &SenderId) -> Result<SenderQuality, GateError> {
        Ok(self.quality_and_history(sender).await?.0)
    }

    /// The same, and the counts of the last 7 days by `STEP`, oldest first.
    ///
    /// # Errors
    /// When the sender is unknown, or the store failed.
    pub async fn quality_and_history(
        &self,
        sender: &SenderId,
    ) -> Result<(SenderQuality, Vec<(Time, Counts)>), GateError> {
        let now = self.clock.now();
        let profile = self.directory.load().find(sender).ok_or(GateError::UnknownSender)?;
        let tallied = self.tallied(sender, now).await?;
        let sender = self.counted_as(sender);
        let rules = profile.profile.rules.quality.rating;
        let before = profile.quality.standing.unwrap_or_else(|| Standing::unrated(now));
        let standing = rated(&rules, before, Grades::of(&rules, &tallied.history, now), now);
        if standing != before {
            let standing = Some(StandingRow::of(standing, now));
            let learned = LearnedSender { standing, ..LearnedSender::default() };
            // Who asks is answered all the same; whoever rates next keeps it.
            if let Err(error) = self.observe(&Observed::Sender(sender.clone(), learned)).await {
                tracing::debug!(%error, "a rating was not kept");
            }
        }
        let platform = profile.quality.platform;
        let ruling = worse(standing, platform);
        let periods = PERIODS.map(|period| tallied.history.over(period, now));
        if let Some(series) = self.metrics.senders.of(sender.as_str()) {
            series.tallied(&periods);
        }
        let history = tallied.history.steps(STEP, PERIODS.into_iter().max().unwrap_or_default(), now);
        let quality = SenderQuality {
            throttled: throttled(&profile.profile.rules.quality, ruling, now),
            ruling,
            sustained: standing.is_sustained(&rules, now),
            standing,
            platform,
            periods,
            splits: tallied.splits,
            sender,
        };
        Ok((quality, history))
    }

    /// How a sender is rated as far as is known without the store.
    pub(super) fn rated_as(&self, sender: &SenderId) -> (Option<Standing>, Option<(Rating, Time)>) {
        let profile = self.directory.load().find(sender);
        profile.map(|profile| (profile.quality.standing, profile.quality.platform)).unwrap_or_default()
    }

    /// Rates the senders that something was counted of, for as long as the server runs: a rating gets better, and lasts, by time
    /// alone.
    pub(super) async fn rate(&self) {
        loop {
            tokio::time::sleep(RATE_EVERY).await;
            for sender in self.counted.all() {
                if let Err(error) = self.quality(&sender).await {
                    tracing::debug!(%error, "a sender was not rated");
                }
            }
            self.measure_limits().await;
        }
    }
}

/// What is done about a rating.
pub(super) fn measure_of(rules: &QualityRules, (rating, since): (Rating, Time), now: Time) -> Measure {
    match rating {
        Rating::Low if now >= since + rules.rating.sustained_after => rules.sustained_low,
        Rating::Low => rules.low,
        Rating::Unrated | Rating::High | Rating::Medium => Measure::Nothing,
    }
}

/// What is done about a rating, in words.
fn throttled(rules: &QualityRules, ruling: (Rating, Time), now: Time) -> Option<String> {
    let sustained = now >= ruling.1 + rules.rating.sustained_after;
    let categories = rules.categories.iter().map(|category| category.word()).collect::<Vec<_>>().join(", ");
    let why = if sustained { "the rating has been low for long" } else { "the rating is low" };
    match measure_of(rules, ruling, now) {
        Measure::Nothing => None,
        Measure::Pause => Some(format!("{categories} is paused: {why}")),
        Measure::Throttle => {
            let Quota { max, per } = rules.throttle;
            let seconds = per.get() / 1000;
            Some(format!("{categories} is throttled to {max} messages in {seconds} s: {why}"))
        }
    }
}
